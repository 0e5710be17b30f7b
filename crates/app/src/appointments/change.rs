//! Moving an appointment and calling it off, by the patient's link or at the desk.

use jiff::Timestamp;
use record::{Appointment, AppointmentStatus, AppointmentStep, NewAuditEvent, Owner};
use vocab::{AppointmentId, HoldId, ResourceId};

use super::{
    book::{confirm_by, elsewhere},
    change_until,
    hold::{asked_at, give_up_own},
    key, link_expires, query,
    refused::{in_reach, told},
    tell, told_local,
};
use crate::{
    Acting, Action, Actor, Env, Failure, Refusal, Secret, audit,
    diary::{self, Rules},
    jobs::Telling,
    screening, wait_list,
};

/// Have this visit at another time.
#[derive(Debug, Clone)]
pub struct MoveAppointment {
    /// Which.
    pub id: AppointmentId,
    /// The sequence number that was on the page: if somebody else changed the appointment meanwhile, nothing is done.
    pub seen_sequence: u32,
    /// The new start.
    pub start_at: Timestamp,
    /// With whom, if it matters.
    pub practitioner: Option<ResourceId>,
    /// The hold that keeps the new time, and the visitor it belongs to.
    pub hold: Option<(HoldId, Secret)>,
    /// Whether the patient is written to, if there is an address. A patient who moves by link always is.
    pub tell_patient: bool,
}

/// Moves an appointment. To the time it has already: nothing happens.
pub fn move_to(env: &Env, acting: &Acting, command: MoveAppointment) -> Result<Appointment, Failure> {
    require_change(acting, command.id)?;
    let acting = acting.clone();
    diary::change(env, move |tx, env, book| {
        let mut appointment =
            store::appointments::load_to_change(tx, env.clinic_id, command.id)?.ok_or(Failure::NotFound)?;
        let is_there = appointment.start_at == command.start_at
            && command.practitioner.is_none_or(|wanted| wanted == appointment.lead_id);
        if is_there && appointment.status.keeps_time() {
            give_up_own(tx, env, book, command.hold.as_ref())?;
            return Ok(appointment);
        }
        let rules = book.rules()?;
        let now = env.clock.now();
        may_still(env, &acting, &rules, &appointment, command.seen_sequence)?;
        appointment.status = appointment.status.apply(AppointmentStep::Move)?;
        in_reach(&rules, &acting, command.start_at, now)?;
        match screening::permits_move(tx, env, &rules, &appointment, command.start_at) {
            // What a clinician decides about, the desk moves for them; before the day on which a wait ends nobody does.
            Err(Failure::Refused(Refusal::SelfCheckSays(_))) if matches!(acting.actor, Actor::Staff(_)) => {}
            permitted => permitted?,
        }
        let held = give_up_own(tx, env, book, command.hold.as_ref())?;
        let before = store::diary::occupations_of(tx, env.clinic_id, Owner::Appointment(appointment.id))?;
        book.free(&before);
        wait_list::freed(tx, env, &before)?;
        let was = (appointment.start_at, appointment.end_at);
        let mut elsewhere = elsewhere(tx, env, appointment.patient_id)?;
        elsewhere.retain(|visit| *visit != was);
        let lead = key(command.practitioner);
        let asked_at = asked_at(held.as_ref(), &appointment.visit_type, command.start_at, now);
        let asked = query(&rules, &acting, command.start_at, lead.as_ref(), asked_at, &elsewhere);
        let planned = book.plan(&appointment.visit_type, &asked, command.start_at);
        let planned = told(planned, &acting, book.diary()?, &appointment.visit_type, command.start_at)?;
        appointment.start_at = planned.start_at;
        appointment.end_at = planned.end_at;
        appointment.lead_id = planned.lead_id;
        appointment.phases = planned.phases;
        appointment.sequence += 1;
        appointment.link_expires_at = link_expires(planned.end_at);
        appointment.told_local = told_local(planned.start_at, &rules.zone);
        let telling = telling(&acting, &rules, &mut appointment, command.tell_patient, was, now);
        store::appointments::update(tx, env.clinic_id, &appointment)?;
        store::appointments::replace_occupations(tx, env.clinic_id, appointment.id, &planned.occupations)?;
        let detail = "start_at end_at lead_id sequence";
        audit::note(
            tx,
            env,
            &acting,
            "appointment.move",
            "appointment",
            &appointment.id.to_string(),
            detail,
        )?;
        if let Some(telling) = telling {
            tell(tx, env, &acting, telling, &appointment)?;
        }
        book.occupy(&planned.occupations);
        Ok(appointment)
    })
}

/// What the patient is told of a move. Whom the desk moved before their address was confirmed is asked for it once more: the
/// letter with the new time leaves after the undo window, and is worth a whole term from now on.
pub(crate) fn telling(
    acting: &Acting,
    rules: &Rules,
    appointment: &mut Appointment,
    tell_patient: bool,
    was: (Timestamp, Timestamp),
    now: Timestamp,
) -> Option<Telling> {
    let is_holder = matches!(acting.actor, Actor::LinkHolder(_));
    match appointment.status {
        AppointmentStatus::Booked if tell_patient || is_holder => Some(Telling::Moved { was }),
        AppointmentStatus::Pending if tell_patient && !is_holder => {
            appointment.confirm_by_at = Some(confirm_by(rules, now)).max(appointment.confirm_by_at);
            Some(Telling::Confirm)
        }
        _ => None,
    }
}

/// Calls an appointment off and frees its time. Called off already: nothing happens. `reason` is kept in the trail; it
/// is a word of the desk's, not of the patient's.
pub fn cancel(
    env: &Env,
    acting: &Acting,
    id: AppointmentId,
    seen_sequence: u32,
    tell_patient: bool,
    reason: &str,
) -> Result<Appointment, Failure> {
    require_change(acting, id)?;
    let (acting, reason) = (acting.clone(), reason.to_owned());
    diary::change(env, move |tx, env, book| {
        let mut appointment =
            store::appointments::load_to_change(tx, env.clinic_id, id)?.ok_or(Failure::NotFound)?;
        if appointment.status == AppointmentStatus::Cancelled {
            return Ok(appointment);
        }
        let rules = book.rules()?;
        may_still(env, &acting, &rules, &appointment, seen_sequence)?;
        appointment.status = appointment.status.apply(AppointmentStep::Cancel)?;
        // What somebody called off did not lapse; only what did keeps the moment by which it was to be confirmed.
        appointment.confirm_by_at = None;
        appointment.sequence += 1;
        let occupations = store::diary::occupations_of(tx, env.clinic_id, Owner::Appointment(id))?;
        store::appointments::release(tx, env.clinic_id, id)?;
        store::appointments::update(tx, env.clinic_id, &appointment)?;
        let event = audit::event(
            env,
            &acting,
            "appointment.cancel",
            "appointment",
            &id.to_string(),
            "status sequence",
        );
        store::audit::append(tx, env.clinic_id, &[NewAuditEvent { reason: reason.clone(), ..event }])?;
        if tell_patient || matches!(acting.actor, Actor::LinkHolder(_)) {
            tell(tx, env, &acting, Telling::Cancelled, &appointment)?;
        }
        book.free(&occupations);
        wait_list::freed(tx, env, &occupations)?;
        Ok(appointment)
    })
}

fn require_change(acting: &Acting, id: AppointmentId) -> Result<(), Failure> {
    match &acting.actor {
        Actor::Staff(_) => acting.require(Action::ChangeDiary),
        _ => acting.require(Action::UseLink(id)),
    }
}

/// A patient can change a visit until the cut-off; nobody changes what has changed since they looked.
pub(super) fn may_still(
    env: &Env,
    acting: &Acting,
    rules: &Rules,
    appointment: &Appointment,
    seen_sequence: u32,
) -> Result<(), Failure> {
    if matches!(acting.actor, Actor::LinkHolder(_)) {
        let change_until = change_until(rules, appointment);
        if env.clock.now() >= change_until {
            let phone = rules.clinic.settings.contact_phone.clone();
            return Err(Refusal::PastCutOff { change_until, phone }.into());
        }
    }
    if appointment.sequence != seen_sequence {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    Ok(())
}
