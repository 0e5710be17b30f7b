//! Working hours, breaks, special days, absences and closures: local wall time, turned into instants elsewhere.

use crate::words::words;
use jiff::civil::{Date, DateTime};
use vocab::{ResourceId, SiteId};

/// Minutes since local midnight: 0 to 1440, where 1440 is the midnight that ends the day.
pub type MinuteOfDay = u16;

words! {
    /// What a weekly rule says.
    WeeklyKind {
        /// On duty.
        Hours = "hours",
        /// Off duty inside the hours.
        Break = "break",
    }
}

/// Every week, on this weekday, from `from_local` until just before `to_local`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WeeklyRule {
    /// Whose.
    pub resource_id: ResourceId,
    /// On or off duty.
    pub kind: WeeklyKind,
    /// ISO 8601: Monday is 1, Sunday is 7.
    pub weekday: u8,
    /// The first minute inside.
    pub from_local: MinuteOfDay,
    /// The first minute no longer inside; after `from_local`.
    pub to_local: MinuteOfDay,
}

/// The hours of one date, instead of that weekday's. No hours at all: off duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecialDay {
    /// Whose.
    pub resource_id: ResourceId,
    /// The local date.
    pub on: Date,
    /// Half-open, sorted, not touching.
    pub hours: Vec<(MinuteOfDay, MinuteOfDay)>,
}

/// A resource is away. Half-open, local wall time of its site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// Who.
    pub resource_id: ResourceId,
    /// The first moment away.
    pub from_local: DateTime,
    /// The first moment back.
    pub to_local: DateTime,
    /// For staff: `leave`, `training`, `repair`.
    pub reason: String,
}

/// A whole site is closed. Half-open, local wall time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closure {
    /// Where.
    pub site_id: SiteId,
    /// The first moment closed.
    pub from_local: DateTime,
    /// The first moment open again.
    pub to_local: DateTime,
    /// Shown to patients: `public holiday`.
    pub reason: String,
}
