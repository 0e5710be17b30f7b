//! The audit trail: every change leaves one event in its own transaction; every look at a patient leaves a line.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};
use record::{Access, ActorKind, AuditEvent, NewAuditEvent};
use store::Tx;
use vocab::{AppointmentId, PatientId, StaffId};

use crate::{Acting, Action, Env, Failure, actor::may, diary};

/// Appends an event. `detail` holds names of fields and ids only, never a patient's data.
pub(crate) fn note(
    tx: &mut Tx<'_>,
    env: &Env,
    acting: &Acting,
    action: &str,
    object_kind: &str,
    object_id: &str,
    detail: &str,
) -> Result<(), Failure> {
    let event = event(env, acting, action, object_kind, object_id, detail);
    store::audit::append(tx, env.clinic_id, &[event])?;
    Ok(())
}

/// An event without a reason.
pub(crate) fn event(
    env: &Env,
    acting: &Acting,
    action: &str,
    object_kind: &str,
    object_id: &str,
    detail: &str,
) -> NewAuditEvent {
    NewAuditEvent {
        at: env.clock.now(),
        actor: acting.recorded(),
        operation_id: acting.operation_id,
        action: action.to_owned(),
        object_kind: object_kind.to_owned(),
        object_id: object_id.to_owned(),
        detail: detail.to_owned(),
        reason: String::new(),
    }
}

/// Notes that the clinic was written into the database.
pub fn made(tx: &mut Tx<'_>, env: &Env, acting: &Acting) -> Result<(), Failure> {
    note(tx, env, acting, "clinic.make", "clinic", &env.clinic_id.to_string(), "")
}

/// Notes that these patients' data were seen on a page.
pub(crate) fn seen(
    tx: &mut Tx<'_>,
    env: &Env,
    acting: &Acting,
    page: &str,
    patients: impl IntoIterator<Item = PatientId>,
) -> Result<(), Failure> {
    let at = env.clock.now();
    let actor = acting.recorded();
    let accesses: Vec<Access> = patients
        .into_iter()
        .map(|patient_id| Access {
            at,
            actor: actor.clone(),
            operation_id: acting.operation_id,
            patient_id,
            page: page.to_owned(),
        })
        .collect();
    Ok(store::access_log::append(tx, env.clinic_id, &accesses)?)
}

/// Which events are asked for; what is left out narrows nothing.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Only events before this number: the next page.
    pub before: Option<i64>,
    /// Only what actors of this kind did.
    pub actor_kind: Option<ActorKind>,
    /// Only what this member of the staff did.
    pub staff: Option<StaffId>,
    /// Only this action.
    pub action: Option<String>,
    /// Only what concerns this appointment, patient or other thing; for a patient, their appointments too.
    pub about: Option<String>,
    /// Only from this local day on.
    pub from: Option<Date>,
    /// Only until this local day, which counts.
    pub to: Option<Date>,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Newest first.
    pub events: Vec<AuditEvent>,
    /// Whose data it concerns, if it was asked about one appointment or patient.
    pub patient: Option<PatientId>,
    /// Who looked at that patient's data, latest first.
    pub looks: Vec<Access>,
    /// The visits among what the events are about.
    pub visits: Vec<NamedVisit>,
}

/// A visit as people speak of it: by its time and whose it is.
#[derive(Clone)]
pub struct NamedVisit {
    /// Which.
    pub id: AppointmentId,
    /// When it begins now.
    pub start_at: Timestamp,
    /// Who comes.
    pub patient: String,
}

/// Names nobody.
impl std::fmt::Debug for NamedVisit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NamedVisit({}, {})", self.id, self.start_at)
    }
}

/// The newest events that fit, newest first; and, about one patient, who looked at their data. The visits are named, so the
/// look at their patients is recorded.
pub fn find(env: &Env, acting: &Acting, asked: &Asked, limit: usize) -> Result<Found, Failure> {
    acting.require(Action::SeeAudit)?;
    let rules = diary::current(env)?.rules.clone();
    let filter = store::audit::Filter {
        before: asked.before,
        actor_kind: asked.actor_kind,
        actor_id: asked.staff.map(|id| id.to_string()),
        action: asked.action.clone(),
        about: asked.about.clone(),
        from_at: asked.from.map(|day| rules.day(day)).transpose()?.map(|(from, _)| from),
        to_at: asked.to.map(|day| rules.day(day)).transpose()?.map(|(_, to)| to),
    };
    let (inside, acting, asked) = (env.clone(), acting.clone(), asked.clone());
    env.store.write(move |tx| {
        let env = &inside;
        let events = store::audit::find(tx, env.clinic_id, &filter, limit)?;
        let patient = match asked.about.as_deref() {
            Some(about) => patient_of(tx, env, about)?,
            None => None,
        };
        let mut looks = match patient {
            Some(patient) => store::access_log::of_patient(tx, env.clinic_id, patient)?,
            None => Vec::new(),
        };
        looks.truncate(limit);
        let visits = visits(tx, env, &acting, &events)?;
        Ok(Found { events, patient, looks, visits })
    })
}

/// The visits that these events are about, for who may see the diary.
fn visits(
    tx: &mut Tx<'_>,
    env: &Env,
    acting: &Acting,
    events: &[AuditEvent],
) -> Result<Vec<NamedVisit>, Failure> {
    if !may(&acting.actor, Action::SeeDiary) {
        return Ok(Vec::new());
    }
    let about = events.iter().map(|event| &event.event).filter(|event| event.object_kind == "appointment");
    let ids: BTreeSet<AppointmentId> = about.filter_map(|event| event.object_id.parse().ok()).collect();
    let (mut named, mut patients) = (Vec::with_capacity(ids.len()), BTreeSet::new());
    for id in ids {
        let Some(appointment) = store::appointments::load(tx, env.clinic_id, id)? else { continue };
        let Some(patient) = store::patients::load(tx, env.clinic_id, appointment.patient_id)? else {
            continue;
        };
        patients.insert(patient.id);
        named.push(NamedVisit { id, start_at: appointment.start_at, patient: patient.name });
    }
    seen(tx, env, acting, "audit", patients)?;
    Ok(named)
}

/// Whose this is, if it is the id of a patient or of an appointment.
fn patient_of(tx: &mut Tx<'_>, env: &Env, about: &str) -> Result<Option<PatientId>, Failure> {
    if let Ok(id) = about.parse::<AppointmentId>()
        && let Some(appointment) = store::appointments::load(tx, env.clinic_id, id)?
    {
        return Ok(Some(appointment.patient_id));
    }
    let Ok(id) = about.parse::<PatientId>() else { return Ok(None) };
    Ok(store::patients::load(tx, env.clinic_id, id)?.map(|patient| patient.id))
}

/// How many events the chain has if it is whole, else where it breaks first and what to do.
pub fn verify(env: &Env, acting: &Acting) -> Result<Result<u64, String>, Failure> {
    acting.require(Action::SeeAudit)?;
    let found = env.store.read(|tx| store::audit::verify(tx, env.clinic_id))?;
    Ok(found.map_err(|broken| {
        format!("{broken}. Restore a backup from before, and find out who could write to the database.")
    }))
}
