//! What stands in the diary: holds, and the intervals for which holds and appointments occupy resources.

use crate::words::words;
use jiff::Timestamp;
use vocab::{AppointmentId, HoldId, ResourceId, SiteId, VisitTypeId};

/// The grain of the diary: five minutes of UTC since the epoch, in seconds.
pub const QUANTUM_SECONDS: i64 = 300;

/// The longest one occupation can be, in seconds: a day. The search for occupations that reach into a
/// window need then look back no further.
pub const OCCUPATION_SECONDS_MAX: i64 = 86_400;

/// A time kept for somebody who is still typing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// SHA-256 of the secret in the visitor's cookie.
    pub visitor_hash: [u8; 32],
    /// Where.
    pub site_id: SiteId,
    /// What kind of visit.
    pub visit_type: VisitTypeId,
    /// Who leads it.
    pub lead_id: ResourceId,
    /// When the patient's part begins.
    pub start_at: Timestamp,
    /// When the patient's part ends.
    pub end_at: Timestamp,
    /// When it is nobody's any more.
    pub expires_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
}

words! {
    /// Which kind of thing occupies.
    OwnerKind {
        /// A hold.
        Hold = "hold",
        /// An appointment.
        Appointment = "appointment",
    }
}

/// What occupies resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// A hold.
    Hold(HoldId),
    /// An appointment.
    Appointment(AppointmentId),
}

impl Owner {
    /// Which kind of thing it is.
    pub const fn kind(self) -> OwnerKind {
        match self {
            Self::Hold(_) => OwnerKind::Hold,
            Self::Appointment(_) => OwnerKind::Appointment,
        }
    }
}

/// One seat of one resource is occupied from `from_at` until just before `to_at`, both multiples of five minutes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Occupation {
    /// Which resource.
    pub resource_id: ResourceId,
    /// Which of its seats, from 0. Deliberate overbooking is a further seat.
    pub seat: u16,
    /// The first moment.
    pub from_at: Timestamp,
    /// The first moment no longer occupied.
    pub to_at: Timestamp,
    /// Which phase of the visit, from 0.
    pub phase: u16,
    /// What the phase is called: `numbing`.
    pub phase_name: String,
}

/// Why an occupation cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadOccupation {
    /// Its ends are not multiples of five minutes.
    OffGrid,
    /// It is empty, backwards, or longer than a day.
    BadLength,
}

impl std::fmt::Display for BadOccupation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::OffGrid => "an occupation begins or ends between two multiples of five minutes",
            Self::BadLength => "an occupation is empty, backwards or longer than a day",
        })
    }
}

impl std::error::Error for BadOccupation {}

impl Occupation {
    /// The quanta it covers, half-open: five minutes of UTC each, counted since the epoch.
    pub fn quanta(&self) -> Result<std::ops::Range<i64>, BadOccupation> {
        let quantum = |at: Timestamp| {
            let seconds = at.as_second();
            (at.subsec_nanosecond() == 0 && seconds.rem_euclid(QUANTUM_SECONDS) == 0)
                .then(|| seconds.div_euclid(QUANTUM_SECONDS))
        };
        let (Some(from), Some(to)) = (quantum(self.from_at), quantum(self.to_at)) else {
            return Err(BadOccupation::OffGrid);
        };
        if from < to && to - from <= OCCUPATION_SECONDS_MAX / QUANTUM_SECONDS {
            Ok(from..to)
        } else {
            Err(BadOccupation::BadLength)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quanta_are_five_minutes_of_utc() {
        for (from, to, quanta) in [
            (0, 300, Ok(0..1)),
            (600, 3600, Ok(2..12)),
            (-300, 300, Ok(-1..1)),
            (0, 86_400, Ok(0..288)),
            (0, 86_700, Err(BadOccupation::BadLength)),
            (300, 300, Err(BadOccupation::BadLength)),
            (600, 300, Err(BadOccupation::BadLength)),
            (1, 300, Err(BadOccupation::OffGrid)),
            (0, 299, Err(BadOccupation::OffGrid)),
        ] {
            let occupation = Occupation {
                resource_id: ResourceId::from_bits(1),
                seat: 0,
                from_at: Timestamp::from_second(from).unwrap(),
                to_at: Timestamp::from_second(to).unwrap(),
                phase: 0,
                phase_name: "numbing".into(),
            };
            assert_eq!(occupation.quanta(), quanta, "{from}..{to}");
        }
    }
}
