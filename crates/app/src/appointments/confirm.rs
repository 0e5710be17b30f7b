//! Confirming the mail address: the press of a button on the page that the link opens.

use record::{AppointmentStatus, AppointmentStep};
use vocab::AppointmentId;

use super::tell;
use crate::{Acting, Action, Env, Failure, Refusal, audit, diary, jobs::Telling};

/// Confirms the address of a pending appointment. Pressed twice, nothing more happens.
pub fn confirm(env: &Env, acting: &Acting, id: AppointmentId) -> Result<(), Failure> {
    acting.require(Action::UseLink(id))?;
    let acting = acting.clone();
    diary::change(env, move |tx, env, _book| {
        let mut appointment =
            store::appointments::load_to_change(tx, env.clinic_id, id)?.ok_or(Failure::NotFound)?;
        match appointment.status {
            AppointmentStatus::Booked => return Ok(()),
            // What was not confirmed in time is mostly cancelled and its time freed when this transaction began. What
            // somebody called off has no moment by which it was to be confirmed.
            _ if appointment.confirm_by_at.is_some_and(|by| by <= env.clock.now()) => {
                return Err(Refusal::ConfirmationOver.into());
            }
            _ => {}
        }
        appointment.status = appointment.status.apply(AppointmentStep::Confirm)?;
        appointment.confirm_by_at = None;
        store::appointments::update(tx, env.clinic_id, &appointment)?;
        audit::note(tx, env, &acting, "appointment.confirm", "appointment", &id.to_string(), "status")?;
        tell(tx, env, &acting, Telling::Booked, &appointment)
    })
}
