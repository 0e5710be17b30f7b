//! The wait list: who would come if a time became free, and which times they were offered.

use crate::words::words;
use jiff::Timestamp;
use vocab::{AppointmentId, ResourceId, ResponseId, VisitTypeId, WaitEntryId, WaitOfferId};

words! {
    /// Where somebody on the wait list stands.
    WaitState {
        /// Would come.
        Waiting = "waiting",
        /// Has a visit now.
        Booked = "booked",
        /// Is off the list, by their own wish, the desk's, or because the time to wait is over.
        Left = "left",
    }

    /// What has become of an offer. Whether an open one has run out says its time.
    WaitOfferState {
        /// Can be taken.
        Open = "open",
        /// Was taken by the one it was made to.
        Taken = "taken",
        /// Somebody else was quicker.
        Gone = "gone",
    }

    /// A part of the day by the wall clock, in which somebody can come.
    DayPart {
        /// Before 12:00.
        Morning = "morning",
        /// From 12:00 until before 17:00.
        Afternoon = "afternoon",
        /// From 17:00.
        Evening = "evening",
    }
}

impl DayPart {
    /// Its minutes of the day, half-open.
    pub const fn minutes(self) -> (u16, u16) {
        match self {
            Self::Morning => (0, 12 * 60),
            Self::Afternoon => (12 * 60, 17 * 60),
            Self::Evening => (17 * 60, 24 * 60),
        }
    }
}

/// Somebody on the wait list.
#[derive(Clone, PartialEq, Eq)]
pub struct WaitEntry {
    /// Its id.
    pub id: WaitEntryId,
    /// What kind of visit they wait for.
    pub visit_type: VisitTypeId,
    /// With whom, if it matters.
    pub practitioner_id: Option<ResourceId>,
    /// On which days of the week they can come, Monday is 1; sorted, never empty.
    pub weekdays: Vec<u8>,
    /// In which parts of the day; in order, never empty.
    pub parts: Vec<DayPart>,
    /// As they write it; empty once they have left.
    pub name: String,
    /// Where offers go; empty once they have left.
    pub email: String,
    /// As they write it, or empty.
    pub phone: String,
    /// The self-check it rests on.
    pub response_id: Option<ResponseId>,
    /// Where they stand.
    pub state: WaitState,
    /// What they were booked.
    pub appointment_id: Option<AppointmentId>,
    /// SHA-256 of the secret in their link.
    pub link_hash: [u8; 32],
    /// Chosen by the form: the same key twice is the same entry. Unique in the clinic.
    pub idempotency_key: String,
    /// When they joined; whoever waits longest is asked first.
    pub created_at: Timestamp,
    /// Until when they wait.
    pub expires_at: Timestamp,
}

/// Tells nobody's name.
impl std::fmt::Debug for WaitEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WaitEntry({}, {})", self.id, self.state)
    }
}

/// A time offered to somebody on the wait list. It keeps nothing: whoever books first has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitOffer {
    /// Its id.
    pub id: WaitOfferId,
    /// To whom.
    pub entry_id: WaitEntryId,
    /// When the visit would begin.
    pub start_at: Timestamp,
    /// When it would end.
    pub end_at: Timestamp,
    /// What has become of it.
    pub state: WaitOfferState,
    /// When it was made.
    pub offered_at: Timestamp,
    /// Until when it can be taken.
    pub expires_at: Timestamp,
}

impl WaitOffer {
    /// Whether it can still be taken at `now`, as far as the list knows.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state == WaitOfferState::Open && now < self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_make_a_whole_day() {
        let parts: Vec<(u16, u16)> = DayPart::ALL.iter().map(|part| part.minutes()).collect();
        assert_eq!((parts[0].0, parts[2].1), (0, 1440));
        assert!(parts.windows(2).all(|two| two[0].1 == two[1].0));
    }

    #[test]
    fn an_offer_ends_at_its_moment() {
        let second = |second| Timestamp::from_second(second).unwrap();
        let offer = |state| WaitOffer {
            id: WaitOfferId::from_bits(1),
            entry_id: WaitEntryId::from_bits(1),
            start_at: second(900),
            end_at: second(1800),
            state,
            offered_at: second(0),
            expires_at: second(60),
        };
        assert!(offer(WaitOfferState::Open).is_open(second(59)));
        assert!(!offer(WaitOfferState::Open).is_open(second(60)));
        assert!(!offer(WaitOfferState::Gone).is_open(second(0)));
    }
}
