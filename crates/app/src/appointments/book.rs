//! Booking: the rules are run again, the time is decided again, and everything is written together.

use jiff::{Span, Timestamp, civil::Date};
use record::{Appointment, AppointmentStatus, NewAuditEvent, Patient};
use store::Tx;
use vocab::{HoldId, PatientId, ResourceId, VisitTypeId, ZoneId};

use super::{
    hold::{asked_at, give_up_own},
    key, link_expires, query,
    refused::{in_reach, told},
    telephone, tell, told_local,
};
use crate::{
    Acting, Action, Actor, Env, Failure, Refusal, Secret, audit,
    diary::{self, Book, Planned, Rules},
    jobs::Telling,
    people::Contact,
    protocols,
    screening::{self, RestsOn},
};

/// Book this visit for this person.
#[derive(Debug, Clone)]
pub struct BookAppointment {
    /// What kind of visit.
    pub visit_type: VisitTypeId,
    /// When it starts.
    pub start_at: Timestamp,
    /// With whom, if it matters.
    pub practitioner: Option<ResourceId>,
    /// Who comes.
    pub contact: Contact,
    /// Their date of birth, if it was asked.
    pub birth_on: Option<Date>,
    /// The hold that keeps the time, and the visitor it belongs to.
    pub hold: Option<(HoldId, Secret)>,
    /// The self-check it rests on.
    pub response: Option<Secret>,
    /// Where on the body, as the desk was told; a self-check says it itself.
    pub zones: Vec<ZoneId>,
    /// The same key twice is the same booking: letters and digits, at most 64.
    pub idempotency_key: String,
    /// For staff.
    pub note: String,
    /// Whether the patient is written to, if there is an address. Visitors always are.
    pub tell_patient: bool,
}

/// A booking that was made, or that the same key had made before.
#[derive(Debug, Clone)]
pub struct Booked {
    /// The appointment.
    pub appointment: Appointment,
    /// Opens its page.
    pub link: Secret,
    /// Whether the key was known: nothing new was written.
    pub is_repeat: bool,
}

/// Books a visit: for a visitor until the mail address is confirmed, for staff at once.
pub fn book(env: &Env, acting: &Acting, command: BookAppointment) -> Result<Booked, Failure> {
    let is_staff = matches!(acting.actor, Actor::Staff(_));
    acting.require(if is_staff { Action::ChangeDiary } else { Action::UsePublicPages })?;
    check_zones(env, &command)?;
    let acting = acting.clone();
    diary::change(env, move |tx, env, book| {
        let known = store::appointments::by_idempotency_key(tx, env.clinic_id, &command.idempotency_key)?;
        if let Some(appointment) = known {
            return repeated(tx, env, appointment, &command);
        }
        let now = env.clock.now();
        let rules = book.rules()?;
        in_reach(&rules, &acting, command.start_at, now)?;
        protocols::require_open(tx, env, &rules)?;
        let response = if is_staff {
            None
        } else {
            screening::permits(
                tx,
                env,
                &rules,
                command.response.as_ref(),
                &command.visit_type,
                command.start_at,
            )?
        };
        let held = give_up_own(tx, env, book, command.hold.as_ref())?;
        let birth_on = response.as_ref().and_then(|response| response.birth_on);
        if !is_staff {
            command.contact.address()?;
        }
        let patient = whose(tx, env, &command, birth_on, now)?;
        let elsewhere = patient.elsewhere(tx, env)?;
        let lead = key(command.practitioner);
        let asked_at = asked_at(held.as_ref(), &command.visit_type, command.start_at, now);
        let asked = query(&rules, &acting, command.start_at, lead.as_ref(), asked_at, &elsewhere);
        let planned = book.plan(&command.visit_type, &asked, command.start_at);
        let planned = told(planned, &acting, book.diary()?, &command.visit_type, command.start_at)?;
        let command = match is_staff {
            true => telephone::keep(tx, env, &acting, &patient, &command)?,
            false => telephone::remark(tx, env, &patient, &command)?,
        };
        let new = New { patient, response, planned, must_confirm: !is_staff, overbooked_for: "" };
        write(tx, env, &acting, book, &command, new)
    })
}

/// Books somebody with a therapist who is booked already, on purpose: on an extra seat, with a reason that the audit trail
/// keeps. Hours, rooms, devices and who is on call are decided and checked as ever; the named therapist alone is had twice,
/// and never three times.
pub fn overbook(
    env: &Env,
    acting: &Acting,
    command: BookAppointment,
    reason: &str,
) -> Result<Booked, Failure> {
    acting.require(Action::ChangeDiary)?;
    let (Some(lead), false) = (command.practitioner, reason.trim().is_empty()) else {
        let mut errors = crate::FormErrors::default();
        if command.practitioner.is_none() {
            errors.add("practitioner", "Choose whom the patient comes to beside another.");
        }
        if reason.trim().is_empty() {
            errors.add("overbook_reason", "Say why this is worth it; the audit trail keeps it.");
        }
        return Err(errors.into());
    };
    check_zones(env, &command)?;
    let (acting, reason) = (acting.clone(), reason.trim().to_owned());
    diary::change(env, move |tx, env, book| {
        let known = store::appointments::by_idempotency_key(tx, env.clinic_id, &command.idempotency_key)?;
        if let Some(appointment) = known {
            return repeated(tx, env, appointment, &command);
        }
        let rules = book.rules()?;
        protocols::require_open(tx, env, &rules)?;
        let now = env.clock.now();
        in_reach(&rules, &acting, command.start_at, now)?;
        let patient = whose(tx, env, &command, None, now)?;
        let elsewhere = patient.elsewhere(tx, env)?;
        let asked = query(&rules, &acting, command.start_at, None, now, &elsewhere);
        let planned = book.plan_extra(&command.visit_type, &asked, command.start_at, lead);
        let planned = told(planned, &acting, book.diary()?, &command.visit_type, command.start_at)?;
        let command = telephone::keep(tx, env, &acting, &patient, &command)?;
        let new = New { patient, response: None, planned, must_confirm: false, overbooked_for: &reason };
        write(tx, env, &acting, book, &command, new)
    })
}

/// The booking that a key has made before, if the same is asked again. Somebody else, or another time, is no repeat: the
/// form went through a second pair of hands, and neither may they learn what the first booked, nor think that theirs
/// was taken. A visit that was moved since is still the one that was booked.
fn repeated(
    tx: &mut Tx<'_>,
    env: &Env,
    appointment: Appointment,
    command: &BookAppointment,
) -> Result<Booked, Failure> {
    let patient = store::patients::load(tx, env.clinic_id, appointment.patient_id)?;
    let contact = &command.contact;
    let is_theirs = patient.is_some_and(|patient| {
        store::patients::is_named(&patient, &contact.name)
            && patient.email.to_lowercase()
                == contact.email.as_ref().map_or("", |email| email.as_str()).to_lowercase()
    });
    if !is_theirs || (appointment.sequence == 0 && appointment.start_at != command.start_at) {
        return Err(Refusal::FormUsed.into());
    }
    let link = env.link_key.secret(appointment.id);
    Ok(Booked { appointment, link, is_repeat: true })
}

/// Only places that are treated for something on offer, and never one where nobody is needled.
fn check_zones(env: &Env, command: &BookAppointment) -> Result<(), crate::FormErrors> {
    let mut errors = crate::FormErrors::default();
    let treated = |zone: &ZoneId| env.protocol.protocol.offered_zones().any(|known| known.id == *zone);
    if !command.zones.iter().all(treated) {
        errors.add("zones", "Choose from the places that are shown: no others are treated here.");
    }
    errors.into_result()
}

/// What is known of a booking when it is written.
pub(crate) struct New<'a> {
    /// Whose.
    pub(crate) patient: Whose,
    /// The self-check it rests on.
    pub(crate) response: Option<RestsOn>,
    /// When, with whom and what.
    pub(crate) planned: Planned,
    /// Whether the address is to be confirmed first.
    pub(crate) must_confirm: bool,
    /// Why a therapist is booked twice; empty if nobody is.
    pub(crate) overbooked_for: &'a str,
}

/// Writes a booking that was decided and checked, its audit event and its letter.
pub(crate) fn write(
    tx: &mut Tx<'_>,
    env: &Env,
    acting: &Acting,
    book: &mut Book,
    command: &BookAppointment,
    new: New<'_>,
) -> Result<Booked, Failure> {
    let rules = book.rules()?;
    let New { patient, response, planned, must_confirm, overbooked_for } = new;
    let patient_id = patient.write(tx, env)?;
    let appointment = appointment(env, &rules, command, patient_id, response, &planned, must_confirm);
    let (id, link) = (appointment.id, env.link_key.secret(appointment.id));
    store::appointments::insert(tx, env.clinic_id, &appointment, &planned.occupations)?;
    let action = if overbooked_for.is_empty() { "appointment.book" } else { "appointment.overbook" };
    let detail = "patient_id visit_type start_at end_at lead_id";
    let event = audit::event(env, acting, action, "appointment", &id.to_string(), detail);
    let event = NewAuditEvent { reason: overbooked_for.to_owned(), ..event };
    store::audit::append(tx, env.clinic_id, &[event])?;
    if command.tell_patient || must_confirm {
        let telling = if must_confirm { Telling::Confirm } else { Telling::Booked };
        tell(tx, env, acting, telling, &appointment)?;
    }
    book.occupy(&planned.occupations);
    Ok(Booked { appointment, link, is_repeat: false })
}

/// By when an address is to be confirmed that is asked for now.
pub(super) fn confirm_by(rules: &Rules, now: Timestamp) -> Timestamp {
    let minutes = i64::from(rules.clinic.settings.confirm_minutes);
    now.saturating_add(Span::new().minutes(minutes)).unwrap_or(Timestamp::MAX)
}

/// The appointment as it is written: pending until the address is confirmed if `must_confirm`, booked otherwise.
fn appointment(
    env: &Env,
    rules: &Rules,
    command: &BookAppointment,
    patient_id: PatientId,
    response: Option<RestsOn>,
    planned: &Planned,
    must_confirm: bool,
) -> Appointment {
    let now = env.clock.now();
    let mut zones =
        response.as_ref().map_or_else(|| command.zones.clone(), |response| response.zones.clone());
    zones.sort_unstable();
    zones.dedup();
    let id = env.new_id();
    Appointment {
        id,
        site_id: rules.site.id,
        patient_id,
        visit_type: command.visit_type.clone(),
        status: if must_confirm { AppointmentStatus::Pending } else { AppointmentStatus::Booked },
        concern: response.as_ref().and_then(|response| response.concern.clone()),
        zones,
        start_at: planned.start_at,
        end_at: planned.end_at,
        lead_id: planned.lead_id,
        phases: planned.phases.clone(),
        sequence: 0,
        idempotency_key: command.idempotency_key.clone(),
        link_hash: env.link_key.secret(id).hash(),
        link_expires_at: link_expires(planned.end_at),
        confirm_by_at: must_confirm.then(|| confirm_by(rules, now)),
        told_local: told_local(planned.start_at, &rules.zone),
        note: command.note.clone(),
        response_id: response.map(|response| response.id),
        created_at: now,
    }
}

/// Who comes: somebody the clinic knows, or somebody new, who is written with the booking and not before it is decided.
pub(crate) enum Whose {
    /// A patient with a record.
    Known(PatientId),
    /// One without.
    New(Patient),
}

impl Whose {
    /// When they are here for another visit.
    pub(crate) fn elsewhere(
        &self,
        tx: &mut Tx<'_>,
        env: &Env,
    ) -> Result<Vec<(Timestamp, Timestamp)>, Failure> {
        match self {
            Self::Known(patient) => elsewhere(tx, env, *patient),
            Self::New(_) => Ok(Vec::new()),
        }
    }

    fn write(self, tx: &mut Tx<'_>, env: &Env) -> Result<PatientId, Failure> {
        match self {
            Self::Known(patient) => Ok(patient),
            Self::New(patient) => {
                store::patients::add(tx, env.clinic_id, &patient)?;
                Ok(patient.id)
            }
        }
    }
}

/// The patient of this name and address, or, without an address, of this name and telephone number; else a new one. A
/// known patient's data are never changed by a form that anybody can fill in.
pub(crate) fn whose(
    tx: &mut Tx<'_>,
    env: &Env,
    command: &BookAppointment,
    screened_birth_on: Option<Date>,
    now: Timestamp,
) -> Result<Whose, Failure> {
    let contact = &command.contact;
    let birth_on = command.birth_on.or(screened_birth_on);
    let known = match &contact.email {
        Some(email) => store::patients::by_email(tx, env.clinic_id, email.as_str(), &contact.name, birth_on)?,
        None => store::patients::by_phone(tx, env.clinic_id, &contact.phone, &contact.name)?,
    };
    if let Some(known) = known {
        return Ok(Whose::Known(known.id));
    }
    Ok(Whose::New(Patient {
        id: env.new_id(),
        name: contact.name.clone(),
        email: contact.email.as_ref().map(ToString::to_string).unwrap_or_default(),
        phone: contact.phone.clone(),
        birth_on,
        created_at: now,
    }))
}

/// When this patient is here for another visit.
pub(crate) fn elsewhere(
    tx: &mut Tx<'_>,
    env: &Env,
    patient: PatientId,
) -> Result<Vec<(Timestamp, Timestamp)>, Failure> {
    let visits = store::appointments::of_patient(tx, env.clinic_id, patient)?;
    let kept = visits.iter().filter(|visit| visit.status.keeps_time());
    Ok(kept.map(|visit| (visit.start_at, visit.end_at)).collect())
}
