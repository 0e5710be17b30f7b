//! Anything that can be booked.

use crate::words::words;
use vocab::{ResourceId, SiteId, Skill};

words! {
    /// What a resource is.
    ResourceKind {
        /// Somebody who treats.
        Practitioner = "practitioner",
        /// Somebody who prepares, watches and calms.
        Assistant = "assistant",
        /// A treatment room.
        Room = "room",
        /// A pen or another device.
        Device = "device",
        /// A place to wait with cream, usually with several seats.
        Lounge = "lounge",
        /// A place to take photographs.
        PhotoStation = "photo-station",
    }
}

/// Anything that can be booked: a practitioner, a room, a device, a lounge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its id.
    pub id: ResourceId,
    /// Where it is.
    pub site_id: SiteId,
    /// What it is.
    pub kind: ResourceKind,
    /// As staff and patients know it.
    pub name: String,
    /// What it is trained in or equipped for, sorted.
    pub skills: Vec<Skill>,
    /// How many can use it at once; at least 1.
    pub seats: u16,
    /// Free minutes before and after each use.
    pub gap_minutes: u16,
    /// The most visits it can lead on one local day.
    pub daily_cap: Option<u16>,
    /// Whether it can be booked; what is retired stays, because old visits name it.
    pub active: bool,
    /// Lists show resources by this number, then by name.
    pub position: u16,
}
