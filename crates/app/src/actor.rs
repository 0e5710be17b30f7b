//! Who acts, and who may do what. Every use case is told; nothing is taken from the surroundings.

use record::{ActorKind, Role};
use vocab::{AppointmentId, OperationId, ResourceId, StaffId};

use crate::Failure;

/// Who acts, as proven by the edge (a session, a secret link, nothing at all).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Somebody on the public pages, without proof of anything.
    Visitor,
    /// Somebody who holds the secret link of one appointment.
    LinkHolder(AppointmentId),
    /// A member of staff whose account is active and who has signed in.
    Staff(StaffActor),
    /// The clinic's own machinery: jobs and the demo's seed.
    System,
    /// Somebody with a shell on the server.
    Operator,
}

/// A signed-in member of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffActor {
    /// Which account.
    pub id: StaffId,
    /// The name colleagues know.
    pub name: String,
    /// What the account may do. Read afresh at every request, so a demotion acts on the next one.
    pub role: Role,
    /// The column of the diary that is theirs, if they treat.
    pub resource_id: Option<ResourceId>,
}

/// Who acts in which request: what the audit trail keeps.
#[derive(Debug, Clone)]
pub struct Acting {
    /// Who.
    pub actor: Actor,
    /// In which request; the same id stands in the log and on an error page.
    pub operation_id: OperationId,
}

/// What somebody wants to do. One word per kind of use case, so that the table in [`may`] can be read at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Take the self-check, look at free times, hold and book a time, send an enquiry.
    UsePublicPages,
    /// See, confirm, move or cancel this one appointment by its link.
    UseLink(AppointmentId),
    /// See the day and the people in it.
    SeeDiary,
    /// Book, move and cancel for a patient.
    ChangeDiary,
    /// See what more rooms or people would bring, and change what counts when a day is planned anew.
    PlanClinic,
    /// Read enquiries.
    SeeEnquiries,
    /// Read who did what.
    SeeAudit,
    /// See what a patient answered, beyond what it came to: for those who treat and decide.
    SeeAnswers,
    /// Read the protocol as the clinic signed it, and what is still to be signed.
    SeeProtocol,
    /// Sign the protocol off.
    SignProtocol,
    /// Plan how zones are needled, and keep plans with appointments.
    PlanNeedling,
    /// Enter pens from their manuals.
    EnterPens,
}

/// Whether `actor` may do `action`. What is not named here is refused.
pub fn may(actor: &Actor, action: Action) -> bool {
    use Role::{Assistant, ClinicalLead, FrontDesk, Owner, Practitioner};
    let role = match actor {
        Actor::System | Actor::Operator => return true,
        Actor::Visitor => return action == Action::UsePublicPages,
        Actor::LinkHolder(held) => {
            return action == Action::UseLink(*held) || action == Action::UsePublicPages;
        }
        Actor::Staff(staff) => staff.role,
    };
    match action {
        Action::UsePublicPages => true,
        Action::UseLink(_) => false,
        Action::SeeDiary | Action::ChangeDiary => {
            matches!(role, FrontDesk | Assistant | Practitioner | ClinicalLead | Owner)
        }
        Action::SeeAnswers => matches!(role, Assistant | Practitioner | ClinicalLead),
        Action::SeeEnquiries => matches!(role, FrontDesk | ClinicalLead | Owner),
        Action::SeeAudit | Action::PlanClinic => matches!(role, ClinicalLead | Owner),
        Action::SeeProtocol => matches!(role, Practitioner | ClinicalLead | Owner),
        Action::SignProtocol => matches!(role, ClinicalLead),
        Action::PlanNeedling => matches!(role, FrontDesk | Assistant | Practitioner | ClinicalLead | Owner),
        Action::EnterPens => matches!(role, Practitioner | ClinicalLead | Owner),
    }
}

impl Acting {
    /// Refuses what the policy does not allow. The refusal looks like absence: it tells nothing.
    pub fn require(&self, action: Action) -> Result<(), Failure> {
        if may(&self.actor, action) { Ok(()) } else { Err(Failure::NotFound) }
    }

    /// Who acts, as the audit trail and the access log write it.
    pub fn recorded(&self) -> record::Actor {
        let (kind, id) = match &self.actor {
            Actor::Visitor => (ActorKind::Visitor, String::new()),
            Actor::LinkHolder(appointment) => (ActorKind::Patient, appointment.to_string()),
            Actor::Staff(staff) => (ActorKind::Staff, staff.id.to_string()),
            Actor::System => (ActorKind::System, String::new()),
            Actor::Operator => (ActorKind::Operator, String::new()),
        };
        record::Actor { kind, id }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_one_appointment_and_nothing_of_the_desk() {
        let mine = AppointmentId::from_bits(1);
        let holder = Actor::LinkHolder(mine);
        assert!(may(&holder, Action::UseLink(mine)));
        assert!(!may(&holder, Action::UseLink(AppointmentId::from_bits(2))));
        assert!(!may(&Actor::Visitor, Action::UseLink(mine)));
        for action in [Action::SeeDiary, Action::ChangeDiary, Action::SeeAudit, Action::SignProtocol] {
            assert!(!may(&holder, action) && !may(&Actor::Visitor, action), "{action:?}");
        }
    }

    #[test]
    fn answers_are_for_those_who_treat_not_for_the_front_desk_or_the_owner() {
        for (role, sees) in [
            (Role::FrontDesk, false),
            (Role::Owner, false),
            (Role::Assistant, true),
            (Role::Practitioner, true),
            (Role::ClinicalLead, true),
        ] {
            let staff =
                StaffActor { id: StaffId::from_bits(1), name: String::new(), role, resource_id: None };
            assert_eq!(may(&Actor::Staff(staff), Action::SeeAnswers), sees, "{role}");
        }
    }

    #[test]
    fn only_the_clinical_lead_signs_the_protocol() {
        for &role in Role::ALL {
            let staff =
                StaffActor { id: StaffId::from_bits(1), name: String::new(), role, resource_id: None };
            assert_eq!(may(&Actor::Staff(staff), Action::SignProtocol), role == Role::ClinicalLead, "{role}");
        }
    }
}
