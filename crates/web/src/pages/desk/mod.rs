//! The staff side: an instrument. Dense, quiet, keyboard first; state by colour and icon and word.

pub mod appointment;
pub mod audit;
pub mod book;
pub mod cancel;
pub mod day;
pub mod move_to;
pub mod sign_in;

use crate::view::HiddenView;

/// What surrounds every staff page.
#[derive(Clone, Debug)]
pub struct DeskFrame {
    /// Over the door.
    pub clinic: String,
    /// Who is signed in.
    pub user: String,
    /// As what.
    pub role: String,
    /// `light` or `dark` when chosen, else empty.
    pub theme: &'static str,
    /// The section this page belongs to: `day`, `audit`.
    pub section: &'static str,
    /// Tokens for the sign-out button.
    pub hidden: Vec<HiddenView>,
    /// What has just happened; may be empty.
    pub news: String,
    /// An invented clinic.
    pub is_demo: bool,
}

impl DeskFrame {
    /// The address under which an asset is served now.
    pub fn asset(&self, name: &str) -> String {
        crate::assets::address(name)
    }
}

/// Where an appointment stands, as staff see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateView {
    /// Somebody is filling in the form.
    Held,
    /// The address is not confirmed yet.
    Unconfirmed,
    /// It stands.
    Booked,
    /// The patient is here.
    Arrived,
    /// Cream is on.
    Numbing,
    /// Being treated.
    Treating,
    /// Over.
    Done,
    /// Nobody came.
    NoShow,
    /// Cancelled.
    Cancelled,
}

impl StateView {
    /// All of them, in the order of the legend.
    pub const ALL: [Self; 9] = [
        Self::Held,
        Self::Unconfirmed,
        Self::Booked,
        Self::Arrived,
        Self::Numbing,
        Self::Treating,
        Self::Done,
        Self::NoShow,
        Self::Cancelled,
    ];

    /// The class of colour.
    pub fn class(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Unconfirmed => "unconfirmed",
            Self::Booked => "booked",
            Self::Arrived => "arrived",
            Self::Numbing => "numbing",
            Self::Treating => "treating",
            Self::Done => "done",
            Self::NoShow => "no-show",
            Self::Cancelled => "cancelled",
        }
    }

    /// The sign.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Held => "clock",
            Self::Unconfirmed => "mail",
            Self::Booked => "calendar",
            Self::Arrived => "door",
            Self::Numbing => "rest",
            Self::Treating => "spark",
            Self::Done => "tick",
            Self::NoShow => "alert",
            Self::Cancelled => "cross",
        }
    }

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Unconfirmed => "unconfirmed",
            Self::Booked => "booked",
            Self::Arrived => "arrived",
            Self::Numbing => "numbing",
            Self::Treating => "treating",
            Self::Done => "done",
            Self::NoShow => "no-show",
            Self::Cancelled => "cancelled",
        }
    }
}
