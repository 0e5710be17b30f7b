//! Patients, members of staff and their sessions, and people who only ask.

use crate::words::words;
use jiff::{Timestamp, civil::Date};
use vocab::{EnquiryId, PatientId, ResourceId, SessionId, StaffId};

/// A person who is, or asks to be, treated.
#[derive(Clone, PartialEq, Eq)]
pub struct Patient {
    /// Their id.
    pub id: PatientId,
    /// As they write it.
    pub name: String,
    /// Where messages go; empty if they are reached by telephone only.
    pub email: String,
    /// As they write it, or empty.
    pub phone: String,
    /// Ages are reckoned from it.
    pub birth_on: Option<Date>,
    /// When the record was made.
    pub created_at: Timestamp,
}

/// Names nobody: a patient may end up in a log by way of an error.
impl std::fmt::Debug for Patient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Patient({})", self.id)
    }
}

words! {
    /// What a member of staff may do is decided by their role.
    Role {
        /// Settings, roles, exports.
        Owner = "owner",
        /// The protocol and decisions that wait for a clinician.
        ClinicalLead = "clinical-lead",
        /// Treats.
        Practitioner = "practitioner",
        /// Prepares and watches.
        Assistant = "assistant",
        /// Books and receives.
        FrontDesk = "front-desk",
    }

    /// Whether a member of staff may sign in.
    StaffState {
        /// Invited, has not set a password.
        Pending = "pending",
        /// May sign in.
        Active = "active",
        /// May not sign in any more; the record stays because the audit trail names it.
        Disabled = "disabled",
    }
}

impl StaffState {
    /// Whether this state may follow that one: pending to active, both to disabled, and back from disabled to
    /// pending, because somebody who returns sets a new password.
    pub const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Pending, Self::Active)
                | (Self::Pending | Self::Active, Self::Disabled)
                | (Self::Disabled, Self::Pending)
        )
    }
}

/// A member of staff who can sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct Staff {
    /// Their id.
    pub id: StaffId,
    /// What they type to sign in: lower case, unique in the clinic.
    pub sign_in_name: String,
    /// As colleagues know them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may sign in.
    pub state: StaffState,
    /// A PHC string of argon2id; empty while pending.
    pub password_hash: String,
    /// The resource they are when they treat.
    pub resource_id: Option<ResourceId>,
}

/// Hides the password's hash.
impl std::fmt::Debug for Staff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Staff({}, {}, {})", self.id, self.role, self.state)
    }
}

/// The session of a signed-in member of staff. Its secret is known to the browser only; its hash is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id, which is no secret.
    pub id: SessionId,
    /// Whose.
    pub staff_id: StaffId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used.
    pub seen_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
}

words! {
    /// What has become of an enquiry.
    EnquiryState {
        /// Nobody has answered.
        Open = "open",
        /// Somebody has.
        Answered = "answered",
    }
}

/// A question sent to the clinic.
#[derive(Clone, PartialEq, Eq)]
pub struct Enquiry {
    /// Its id.
    pub id: EnquiryId,
    /// Who asks.
    pub name: String,
    /// Where the answer goes.
    pub email: String,
    /// Or there.
    pub phone: String,
    /// What they wrote.
    pub text: String,
    /// What has become of it.
    pub state: EnquiryState,
    /// When it came.
    pub created_at: Timestamp,
}

/// Names nobody.
impl std::fmt::Debug for Enquiry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Enquiry({}, {})", self.id, self.state)
    }
}

#[cfg(test)]
mod tests {
    use super::{StaffState::*, *};

    #[test]
    fn staff_states_follow_each_other() {
        let legal = [(Pending, Active), (Pending, Disabled), (Active, Disabled), (Disabled, Pending)];
        for &from in StaffState::ALL {
            for &to in StaffState::ALL {
                assert_eq!(from.may_become(to), legal.contains(&(from, to)), "{from} to {to}");
            }
        }
    }

    #[test]
    fn debug_text_names_nobody() {
        let patient = Patient {
            id: PatientId::from_bits(1),
            name: "Marker Name".into(),
            email: "marker@example.org".into(),
            phone: "555".into(),
            birth_on: None,
            created_at: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(format!("{patient:?}"), format!("Patient({})", patient.id));
    }
}
