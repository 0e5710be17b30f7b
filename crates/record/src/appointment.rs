//! The promise of a visit and the states it goes through.

use crate::words::words;
use jiff::Timestamp;
use std::fmt;
use vocab::{AppointmentId, ConcernId, PatientId, ResourceId, ResponseId, SiteId, VisitTypeId, ZoneId};

words! {
    /// FHIR R4 `Appointment.status`, as far as we use it.
    AppointmentStatus {
        /// The mail address is not confirmed yet; the time is kept all the same.
        Pending = "pending",
        /// Promised.
        Booked = "booked",
        /// The patient is here.
        Arrived = "arrived",
        /// The visit took place.
        Fulfilled = "fulfilled",
        /// Called off, by either side or for want of a confirmation.
        Cancelled = "cancelled",
        /// The patient did not come.
        Noshow = "noshow",
        /// Written down by mistake.
        EnteredInError = "entered-in-error",
    }

    /// What can happen to an appointment.
    AppointmentStep {
        /// The mail address is confirmed.
        Confirm = "confirm",
        /// Another time.
        Move = "move",
        /// Called off.
        Cancel = "cancel",
        /// The patient is here.
        Arrive = "arrive",
        /// The visit took place.
        Fulfil = "fulfil",
        /// The patient did not come.
        MissVisit = "miss-visit",
        /// Arrived or missed was pressed by mistake.
        Undo = "undo",
        /// The whole appointment was written down by mistake.
        Void = "void",
    }
}

/// This step cannot be taken from this status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IllegalStep {
    /// What the appointment was.
    pub status: AppointmentStatus,
    /// What was tried.
    pub step: AppointmentStep,
}

impl fmt::Display for IllegalStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an appointment that is {} does not allow the step {}", self.status, self.step)
    }
}

impl std::error::Error for IllegalStep {}

impl AppointmentStatus {
    /// The status after `step`.
    pub const fn apply(self, step: AppointmentStep) -> Result<Self, IllegalStep> {
        use AppointmentStep as Step;
        match (self, step) {
            (Self::Pending, Step::Confirm) => Ok(Self::Booked),
            (Self::Pending, Step::Move) => Ok(Self::Pending),
            (Self::Booked, Step::Move) => Ok(Self::Booked),
            (Self::Pending | Self::Booked, Step::Cancel) => Ok(Self::Cancelled),
            (Self::Booked, Step::Arrive) => Ok(Self::Arrived),
            (Self::Arrived, Step::Fulfil) => Ok(Self::Fulfilled),
            (Self::Booked, Step::MissVisit) => Ok(Self::Noshow),
            (Self::Arrived | Self::Noshow, Step::Undo) => Ok(Self::Booked),
            (Self::Pending | Self::Booked | Self::Arrived | Self::Noshow | Self::Cancelled, Step::Void) => {
                Ok(Self::EnteredInError)
            }
            (status, step) => Err(IllegalStep { status, step }),
        }
    }

    /// Whether the time is kept: it occupies resources and is shown in the diary.
    /// A missed visit keeps its claims: its time is over, and undoing it must not need them anew.
    pub const fn keeps_time(self) -> bool {
        matches!(self, Self::Pending | Self::Booked | Self::Arrived | Self::Fulfilled | Self::Noshow)
    }

    /// Whether nothing more can happen, but being voided.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Fulfilled | Self::Cancelled | Self::Noshow | Self::EnteredInError)
    }
}

/// A part of a visit as it was planned. Written as `numbing-wait:60`, or `turnover:10!` if the patient has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppointmentPhase {
    /// Its name in the protocol: letters, digits and `-`.
    pub name: String,
    /// How long, a multiple of five.
    pub minutes: u16,
    /// Whether the patient is there.
    pub patient_present: bool,
}

impl fmt::Display for AppointmentPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}{}", self.name, self.minutes, if self.patient_present { "" } else { "!" })
    }
}

impl std::str::FromStr for AppointmentPhase {
    type Err = crate::NotAWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = crate::NotAWord { expected: "AppointmentPhase" };
        let (name, minutes) = text.split_once(':').ok_or(bad)?;
        let (minutes, patient_present) = match minutes.strip_suffix('!') {
            Some(minutes) => (minutes, false),
            None => (minutes, true),
        };
        let minutes = minutes.parse().map_err(|_| bad)?;
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if is_name { Ok(Self { name: name.to_owned(), minutes, patient_present }) } else { Err(bad) }
    }
}

/// The promise of a visit (FHIR R4 `Appointment`).
#[derive(Clone, PartialEq, Eq)]
pub struct Appointment {
    /// Its id.
    pub id: AppointmentId,
    /// Where.
    pub site_id: SiteId,
    /// Whose.
    pub patient_id: PatientId,
    /// What kind of visit.
    pub visit_type: VisitTypeId,
    /// Where it stands.
    pub status: AppointmentStatus,
    /// Why they come.
    pub concern: Option<ConcernId>,
    /// Where on the body, sorted.
    pub zones: Vec<ZoneId>,
    /// When the patient's part begins.
    pub start_at: Timestamp,
    /// When the patient's part ends.
    pub end_at: Timestamp,
    /// Who leads the visit.
    pub lead_id: ResourceId,
    /// What the visit was planned to be made of, in order from [`Self::start_at`]. Frozen: a newer protocol does not
    /// change it.
    pub phases: Vec<AppointmentPhase>,
    /// iCalendar's SEQUENCE: one more after each change the patient is told.
    pub sequence: u32,
    /// Chosen by the form: the same key twice is the same booking. Unique in the clinic.
    pub idempotency_key: String,
    /// SHA-256 of the secret in the patient's link.
    pub link_hash: [u8; 32],
    /// When the link ceases to work.
    pub link_expires_at: Timestamp,
    /// While pending: until when the mail address must be confirmed. It stays on one that lapsed for want of it, and on no
    /// other.
    pub confirm_by_at: Option<Timestamp>,
    /// The wall time the patient was told, as text: if the zone's rules change, it shows which visits moved.
    pub told_local: String,
    /// For staff.
    pub note: String,
    /// The self-check it was booked on.
    pub response_id: Option<ResponseId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Tells nothing about the patient.
impl fmt::Debug for Appointment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Appointment({}, {}, {})", self.id, self.status, self.start_at)
    }
}

#[cfg(test)]
mod tests {
    use super::{AppointmentStatus as Status, AppointmentStep as Step};

    #[test]
    fn every_pair_of_status_and_step() {
        let legal = [
            (Status::Pending, Step::Confirm, Status::Booked),
            (Status::Pending, Step::Move, Status::Pending),
            (Status::Pending, Step::Cancel, Status::Cancelled),
            (Status::Pending, Step::Void, Status::EnteredInError),
            (Status::Booked, Step::Move, Status::Booked),
            (Status::Booked, Step::Cancel, Status::Cancelled),
            (Status::Booked, Step::Arrive, Status::Arrived),
            (Status::Booked, Step::MissVisit, Status::Noshow),
            (Status::Booked, Step::Void, Status::EnteredInError),
            (Status::Arrived, Step::Fulfil, Status::Fulfilled),
            (Status::Arrived, Step::Undo, Status::Booked),
            (Status::Arrived, Step::Void, Status::EnteredInError),
            (Status::Noshow, Step::Undo, Status::Booked),
            (Status::Noshow, Step::Void, Status::EnteredInError),
            (Status::Cancelled, Step::Void, Status::EnteredInError),
        ];
        for &from in Status::ALL {
            for &step in Step::ALL {
                let expected = legal.iter().find(|l| l.0 == from && l.1 == step).map(|l| l.2);
                assert_eq!(from.apply(step).ok(), expected, "{from}, {step}");
            }
        }
    }

    #[test]
    fn phases_are_read_as_written() {
        for text in ["numbing-wait:60", "turnover:10!"] {
            assert_eq!(text.parse::<super::AppointmentPhase>().unwrap().to_string(), text);
        }
        for text in ["", "60", ":60", "a b:60", "needling:", "needling:-5", "needling:30!!"] {
            assert!(text.parse::<super::AppointmentPhase>().is_err(), "{text}");
        }
    }

    #[test]
    fn words_are_read_as_written() {
        for &status in Status::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        assert!("no-show".parse::<Status>().is_err());
    }
}
