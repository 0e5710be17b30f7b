//! Who did what to which record, and who saw whose data. Never what the data was.

use crate::words::words;
use jiff::Timestamp;
use vocab::{ClinicId, OperationId, PatientId};

words! {
    /// Who acts.
    ActorKind {
        /// A visitor without an account.
        Visitor = "visitor",
        /// A patient by their secret link.
        Patient = "patient",
        /// A signed-in member of staff.
        Staff = "staff",
        /// The program itself: a job, the demo's seed.
        System = "system",
        /// Somebody with a shell on the server.
        Operator = "operator",
    }
}

/// Who acts: a kind, and an id where the kind has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub kind: ActorKind,
    /// Their id as text; empty if they have none.
    pub id: String,
}

/// An event before it is chained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAuditEvent {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// In which request.
    pub operation_id: OperationId,
    /// What was done: `appointment.book`.
    pub action: String,
    /// To what kind of thing: `appointment`.
    pub object_kind: String,
    /// To which.
    pub object_id: String,
    /// Names of fields and ids only, never a patient's data: `start_at end_at`.
    pub detail: String,
    /// Why, if a reason was asked for.
    pub reason: String,
}

/// An event of the audit trail, as chained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// 1, 2, 3 … in each clinic, without a gap.
    pub seq: i64,
    /// What happened.
    pub event: NewAuditEvent,
    /// SHA-256 over the hash before and this event's bytes.
    pub hash: [u8; 32],
}

impl NewAuditEvent {
    /// The bytes that are hashed: a version, the clinic, the number, then every field with its length before it,
    /// so that no two events share their bytes.
    pub fn canonical_bytes(&self, clinic: ClinicId, seq: i64) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        bytes.push(1);
        bytes.extend(clinic.bits().to_be_bytes());
        bytes.extend(seq.to_be_bytes());
        bytes.extend(self.at.as_microsecond().to_be_bytes());
        bytes.extend(self.operation_id.bits().to_be_bytes());
        let texts = [
            self.actor.kind.as_str(),
            &self.actor.id,
            &self.action,
            &self.object_kind,
            &self.object_id,
            &self.detail,
            &self.reason,
        ];
        for text in texts {
            bytes.extend((text.len() as u64).to_be_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes
    }
}

/// Somebody saw a patient's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// In which request.
    pub operation_id: OperationId,
    /// Whose data.
    pub patient_id: PatientId,
    /// On which page: `day-view`.
    pub page: String,
}
