//! The audit trail: every change leaves one event in its own transaction; every look at a patient leaves a line.

use record::{Access, AuditEvent, NewAuditEvent};
use store::Tx;
use vocab::PatientId;

use crate::{Acting, Action, Env, Failure};

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

/// The newest events before the one numbered `before`, newest first.
pub fn newest(
    env: &Env,
    acting: &Acting,
    before: Option<i64>,
    limit: usize,
) -> Result<Vec<AuditEvent>, Failure> {
    acting.require(Action::SeeAudit)?;
    env.store.read(|tx| Ok(store::audit::newest(tx, env.clinic_id, before.unwrap_or(i64::MAX), limit)?))
}

/// How many events the chain has if it is whole, else where it breaks first and what to do.
pub fn verify(env: &Env, acting: &Acting) -> Result<Result<u64, String>, Failure> {
    acting.require(Action::SeeAudit)?;
    let found = env.store.read(|tx| store::audit::verify(tx, env.clinic_id))?;
    Ok(found.map_err(|broken| format!("{broken}. Restore a backup from before, and find out who could write to the database.")))
}
