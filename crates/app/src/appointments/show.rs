//! Seeing one visit, and seeing the day.

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::Date;
use protocol::Outcome;
use record::{Appointment, AppointmentStatus, AuditEvent, Occupation, Owner, Patient, Staff};
use vocab::AppointmentId;

use crate::{
    Acting, Action, Actor, Env, Failure,
    actor::may,
    audit,
    diary::{self, Rules},
    jobs::{self, Unsent},
    screening::{self, Screened, Told},
};

/// One visit with whose it is.
#[derive(Debug, Clone)]
pub struct VisitDetails {
    /// The appointment.
    pub appointment: Appointment,
    /// Whose.
    pub patient: Patient,
    /// What the self-check it was booked on came to; `None` without one.
    pub screened: Option<Screened>,
    /// Whether it is a treatment still to come, and no self-check for it was finished.
    pub is_unscreened: bool,
    /// What it told; `None` without one, or for who may not see it.
    pub told: Option<Told>,
    /// What happened to it, oldest first; for staff only.
    pub history: Vec<AuditEvent>,
    /// All members of staff, because the history names them by number; for staff only.
    pub staff: Vec<Staff>,
    /// Whom and what it occupies and when; for staff only.
    pub occupations: Vec<Occupation>,
    /// The e-mail to the patient that has not left, if there is one; for staff only.
    pub unsent: Option<Unsent>,
}

/// One local day at the desk.
#[derive(Debug, Clone)]
pub struct Day {
    /// Which.
    pub date: Date,
    /// Clinic, site, resources.
    pub rules: Arc<Rules>,
    /// Appointments of any status, by beginning, with whose they are.
    pub appointments: Vec<(Appointment, Patient)>,
    /// What is occupied, by holds too.
    pub occupations: Vec<(Owner, Occupation)>,
    /// What the self-checks came to that the appointments rest on, of those that were finished.
    pub screened: BTreeMap<AppointmentId, Screened>,
}

/// Whether this is a treatment still to come for which no self-check was finished: nobody knows what speaks against it.
pub fn is_unscreened(rules: &Rules, appointment: &Appointment, outcome: Option<Outcome>) -> bool {
    use AppointmentStatus::{Arrived, Booked, Pending};
    let is_ahead = matches!(appointment.status, Pending | Booked | Arrived);
    is_ahead && outcome.is_none() && screening::treats(rules, &appointment.visit_type).unwrap_or(false)
}

/// The appointment that a secret link opens, if it has not run out.
pub fn by_link(env: &Env, secret_hash: &[u8; 32]) -> Result<Option<AppointmentId>, Failure> {
    let now = env.clock.now();
    let found = env.store.read(|tx| store::appointments::by_link(tx, env.clinic_id, secret_hash, now))?;
    Ok(found.map(|appointment| appointment.id))
}

/// One visit, for its patient by link or for staff. The look is recorded.
pub fn show(env: &Env, acting: &Acting, id: AppointmentId) -> Result<VisitDetails, Failure> {
    let is_staff = matches!(acting.actor, Actor::Staff(_));
    acting.require(if is_staff { Action::SeeDiary } else { Action::UseLink(id) })?;
    let acting = acting.clone();
    let rules = diary::current(env)?.rules.clone();
    let inside = env.clone();
    env.store.write(move |tx| {
        let env = &inside;
        let appointment = store::appointments::load(tx, env.clinic_id, id)?.ok_or(Failure::NotFound)?;
        let patient =
            store::patients::load(tx, env.clinic_id, appointment.patient_id)?.ok_or(Failure::NotFound)?;
        let (history, staff, occupations) = if is_staff {
            (
                store::audit::of_object(tx, env.clinic_id, &id.to_string())?,
                store::staff::list(tx, env.clinic_id)?,
                store::diary::occupations_of(tx, env.clinic_id, Owner::Appointment(id))?,
            )
        } else {
            Default::default()
        };
        let unsent = if is_staff { jobs::unsent(tx, env, &appointment)? } else { None };
        let page = if is_staff { "appointment" } else { "visit" };
        audit::seen(tx, env, &acting, page, [patient.id])?;
        // What was answered is the patient's and theirs who treat; the front desk learns what it came to.
        let sees_answers = !is_staff || may(&acting.actor, Action::SeeAnswers);
        let told = match appointment.response_id {
            Some(id) => screening::told(tx, env, &rules, id)?,
            None => None,
        };
        let (screened, told) = told.unzip();
        let told = told.filter(|_| sees_answers);
        let outcome = screened.as_ref().and_then(|screened| screened.outcome);
        let is_unscreened = is_unscreened(&rules, &appointment, outcome);
        Ok(VisitDetails {
            appointment,
            patient,
            screened,
            is_unscreened,
            told,
            history,
            staff,
            occupations,
            unsent,
        })
    })
}

/// The day as the desk sees it. The look at its patients is recorded.
pub fn day(env: &Env, acting: &Acting, date: Date) -> Result<Day, Failure> {
    acting.require(Action::SeeDiary)?;
    let rules = diary::current(env)?.rules.clone();
    let (from, to) = rules.day(date)?;
    let acting = acting.clone();
    let inside = env.clone();
    env.store.write(move |tx| {
        let env = &inside;
        let appointments = store::appointments::between(tx, env.clinic_id, from, to)?;
        let occupations = store::diary::occupations_between(tx, env.clinic_id, from, to)?;
        let mut patients: Vec<_> = appointments.iter().map(|(_, patient)| patient.id).collect();
        patients.sort_unstable();
        patients.dedup();
        audit::seen(tx, env, &acting, "day-view", patients)?;
        let mut screened = BTreeMap::new();
        for (id, response) in store::responses::finished_between(tx, env.clinic_id, from, to)? {
            screened.insert(id, screening::told_by(env, &rules, &response)?.0);
        }
        Ok(Day { date, rules: rules.clone(), appointments, occupations, screened })
    })
}
