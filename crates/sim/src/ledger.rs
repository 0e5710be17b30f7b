//! What the use cases have acknowledged, kept beside the database: a simple model of what must be in it.

use std::collections::{BTreeMap, BTreeSet};

use app::Secret;
use jiff::Timestamp;
use record::{Appointment, AppointmentStatus, Hold};
use vocab::{AppointmentId, HoldId};

/// Everything that was acknowledged and must therefore be there.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// Appointments as they were last acknowledged.
    pub visits: BTreeMap<AppointmentId, Visit>,
    /// Holds that were neither let go nor used.
    pub holds: BTreeMap<HoldId, (Hold, Secret)>,
    /// How many audit events each object must have, by action.
    pub events: BTreeMap<(String, String), u64>,
    /// The letters that were asked for: which, and from when on they are written.
    pub letters: BTreeMap<String, Timestamp>,
}

/// An appointment as it was last acknowledged.
#[derive(Debug, Clone)]
pub struct Visit {
    /// In which state.
    pub status: AppointmentStatus,
    /// From when.
    pub start_at: Timestamp,
    /// Until when the patient is there.
    pub end_at: Timestamp,
    /// With whom.
    pub lead: String,
    /// How often it was changed.
    pub sequence: u32,
    /// Until when it must be confirmed.
    pub confirm_by_at: Option<Timestamp>,
    /// The key it was booked with.
    pub idempotency_key: String,
}

impl Ledger {
    /// Notes an appointment as it is now.
    pub fn note(&mut self, appointment: &Appointment) {
        let visit = Visit {
            status: appointment.status,
            start_at: appointment.start_at,
            end_at: appointment.end_at,
            lead: appointment.lead_id.to_string(),
            sequence: appointment.sequence,
            confirm_by_at: appointment.confirm_by_at,
            idempotency_key: appointment.idempotency_key.clone(),
        };
        self.visits.insert(appointment.id, visit);
    }

    /// Notes an audit event.
    pub fn event(&mut self, action: &str, object: impl ToString) {
        *self.events.entry((action.to_owned(), object.to_string())).or_default() += 1;
    }

    /// Notes that a letter was asked for: `what` about this state of an appointment.
    pub fn letter(&mut self, what: &str, appointment: &Appointment, more: &str, run_at: Timestamp) {
        let subject = format!("{what}:{}:{}{more}", appointment.id, appointment.sequence);
        self.letters.insert(subject, run_at);
    }

    /// Time has passed and something was written since: what has run out by `now` is gone.
    pub fn run_out(&mut self, now: Timestamp) {
        self.holds.retain(|_, (hold, _)| hold.expires_at > now);
        for visit in self.visits.values_mut() {
            let is_late = visit.status == AppointmentStatus::Pending
                && visit.confirm_by_at.is_some_and(|confirm_by| confirm_by <= now);
            if is_late {
                visit.status = AppointmentStatus::Cancelled;
                visit.sequence += 1;
            }
        }
    }

    /// The appointments in a state that can still change.
    pub fn open(&self) -> Vec<AppointmentId> {
        let is_open =
            |visit: &Visit| matches!(visit.status, AppointmentStatus::Pending | AppointmentStatus::Booked);
        self.visits.iter().filter(|(_, visit)| is_open(visit)).map(|(id, _)| *id).collect()
    }

    /// The keys of all bookings, to see that none was made twice.
    pub fn keys(&self) -> BTreeSet<&str> {
        self.visits.values().map(|visit| visit.idempotency_key.as_str()).collect()
    }
}
