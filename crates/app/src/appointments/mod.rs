//! Appointments: finding a time, holding it, booking it, confirming, moving, calling off, and seeing the day.

mod book;
mod change;
mod confirm;
mod hold;
mod moving;
mod refused;
mod show;
mod telephone;
mod times;

pub use book::{BookAppointment, Booked, book, overbook};
pub(crate) use book::{New, elsewhere, whose, write};
pub(crate) use change::telling;
pub use change::{MoveAppointment, cancel, move_to};
pub use confirm::confirm;
pub use hold::{HoldForMove, HoldTime, come_back, held, hold, hold_for_move, leave, promised_until, release};
pub use moving::{Moving, moving};
pub use refused::check_time;
pub(crate) use refused::told;
pub use show::{Day, VisitDetails, by_link, day, is_unscreened, show};
pub(crate) use telephone::remark;
pub use times::{
    OfferedTime, TimesAsked, day_offers, day_times, day_times_to_move, explain, month_counts,
    month_counts_to_move,
};

use jiff::{Span, Timestamp, tz::TimeZone};
use record::{Appointment, NewJob};
use schedule::Query;
use store::Tx;
use vocab::{PatientId, ResourceId};

use crate::{Acting, Actor, Env, Failure, diary::Rules, jobs, visit_types};

/// So long after the visit its link still opens the page.
const LINK_DAYS_AFTER: i64 = 2;

/// So long a message about a change by the desk waits, so that an undo sends nothing.
pub(crate) const UNDO_SECONDS: i64 = 120;

/// Until when the patient can move or cancel by link.
pub fn change_until(rules: &Rules, appointment: &Appointment) -> Timestamp {
    change_until_for(rules, appointment.start_at)
}

/// The same for a visit that begins then and is not booked yet.
pub fn change_until_for(rules: &Rules, start_at: Timestamp) -> Timestamp {
    let hours = i64::from(rules.clinic.settings.cut_off_hours);
    start_at.saturating_sub(Span::new().hours(hours)).unwrap_or(Timestamp::MIN)
}

pub(crate) fn link_expires(end_at: Timestamp) -> Timestamp {
    end_at.saturating_add(Span::new().hours(24 * LINK_DAYS_AFTER)).unwrap_or(Timestamp::MAX)
}

pub(crate) fn told_local(start_at: Timestamp, zone: &TimeZone) -> String {
    start_at.to_zoned(zone.clone()).to_string()
}

/// What is asked of the schedule: visitors keep to grid and notice, staff only to what is possible. How far ahead visitors
/// may look is not the schedule's to know: see [`refused::in_reach`].
pub(crate) fn query<'a>(
    rules: &Rules,
    acting: &Acting,
    at: Timestamp,
    lead: Option<&'a schedule::ResourceKey>,
    now: Timestamp,
    client_busy: &'a [(Timestamp, Timestamp)],
) -> Query<'a> {
    let is_staff = matches!(acting.actor, Actor::Staff(_) | Actor::System);
    let date = rules.date_at(at);
    Query {
        lead,
        days: (date, date),
        windows: &[],
        now: (!is_staff).then_some(now),
        client_busy,
        on_grid: !is_staff,
    }
}

pub(crate) fn key(practitioner: Option<ResourceId>) -> Option<schedule::ResourceKey> {
    practitioner.map(visit_types::key_of)
}

fn has_address(tx: &mut Tx<'_>, env: &Env, patient: PatientId) -> Result<bool, Failure> {
    let patient = store::patients::load(tx, env.clinic_id, patient)?;
    Ok(patient.is_some_and(|patient| !patient.email.is_empty()))
}

/// Has a letter about this state of the appointment written: at once for what the patient did, after the undo
/// window for what the desk did. To a patient without a mail address nothing is written.
pub(crate) fn tell(
    tx: &mut Tx<'_>,
    env: &Env,
    acting: &Acting,
    occasion: jobs::Telling,
    appointment: &Appointment,
) -> Result<(), Failure> {
    if !has_address(tx, env, appointment.patient_id)? {
        return Ok(());
    }
    let wait = if matches!(acting.actor, Actor::Staff(_)) { UNDO_SECONDS } else { 0 };
    let run_at = env.clock.now().saturating_add(Span::new().seconds(wait)).unwrap_or(Timestamp::MAX);
    let subject_id = jobs::subject(&occasion, appointment);
    Ok(store::jobs::enqueue(
        tx,
        env.clinic_id,
        &NewJob { kind: jobs::WRITE_LETTER.into(), subject_id, run_at },
    )?)
}
