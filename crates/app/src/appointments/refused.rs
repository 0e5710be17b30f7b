//! Why a time is refused, said to whoever asked: the clinic's hours and the clock before what the search could not find,
//! and nothing about a person to anybody but staff.

use jiff::{SignedDuration, Span, Timestamp, civil::Time};
use vocab::{ResourceId, VisitTypeId};

use super::{key, query};
use crate::{
    Acting, Action, Actor, Env, Failure, Refusal,
    diary::{self, Diary, Rules},
    failure::NotOpen,
    protocols,
};

/// So long after it began a visit can still be written down at the desk.
const BEGUN: SignedDuration = SignedDuration::from_mins(15);

/// So many weeks tell what is usual on a day of the week.
const WEEKS: i64 = 5;

/// Refuses a time that is over, or on a day further ahead than the clinic plans. Staff may write down a visit that has just
/// begun, and look further ahead than others.
pub(super) fn in_reach(
    rules: &Rules,
    acting: &Acting,
    start_at: Timestamp,
    now: Timestamp,
) -> Result<(), Refusal> {
    let is_staff = matches!(acting.actor, Actor::Staff(_));
    let grace = if is_staff { BEGUN } else { SignedDuration::ZERO };
    if now.duration_since(start_at) > grace {
        return Err(Refusal::Over);
    }
    if !is_staff && rules.date_at(start_at) > rules.furthest_day(now) {
        return Err(Refusal::NoSuchTime(schedule::Refusal::OutsideHorizon));
    }
    Ok(())
}

/// The plan, or why there is none as this actor may know it.
pub(crate) fn told<T>(
    plan: Result<T, Failure>,
    acting: &Acting,
    diary: &Diary,
    visit_type: &VisitTypeId,
    start_at: Timestamp,
) -> Result<T, Failure> {
    use schedule::Refusal as Why;
    plan.map_err(|failure| match failure {
        Failure::Refused(Refusal::NoSuchTime(Why::ClientBusy))
            if !matches!(acting.actor, Actor::Staff(_)) =>
        {
            Refusal::NotWithThese.into()
        }
        Failure::Refused(Refusal::NoSuchTime(
            why @ (Why::Closed
            | Why::LeadBusy { .. }
            | Why::NothingFree { .. }
            | Why::Unsupervised
            | Why::ClientBusy),
        )) => match not_open(diary, visit_type, start_at) {
            Some(closed) => Refusal::NotOpen(closed).into(),
            None if matches!(acting.actor, Actor::Staff(_)) && is_off_duty(diary, &why, start_at) => {
                Refusal::OffDuty.into()
            }
            None => Refusal::NoSuchTime(why).into(),
        },
        other => other,
    })
}

/// Whether the therapist who is said to be busy is not on duty at all when the visit begins.
fn is_off_duty(diary: &Diary, why: &schedule::Refusal, start_at: Timestamp) -> bool {
    let schedule::Refusal::LeadBusy { lead } = why else { return false };
    // A twin for an extra seat has no hours of its own to speak of.
    let Ok(lead) = lead.0.parse::<ResourceId>() else { return false };
    let duty = diary.duty(lead, diary.rules.date_at(start_at));
    !duty.iter().any(|(from, to)| *from <= start_at && start_at < *to)
}

/// Whether staff could book this time for somebody who has no other visit: a form says so beside its other mistakes.
pub fn check_time(
    env: &Env,
    acting: &Acting,
    visit_type: &VisitTypeId,
    start_at: Timestamp,
    practitioner: Option<ResourceId>,
) -> Result<(), Failure> {
    acting.require(Action::ChangeDiary)?;
    let (diary, now) = (diary::current(env)?, env.clock.now());
    in_reach(&diary.rules, acting, start_at, now)?;
    env.store.read(|tx| protocols::require_open(tx, env, &diary.rules))?;
    let visit = diary.rules.visits.get(visit_type).ok_or(Failure::NotFound)?;
    let lead = key(practitioner);
    let asked = query(&diary.rules, acting, start_at, lead.as_ref(), now, &[]);
    let decision = diary.calendar.decide(visit, &asked, start_at);
    let decision = decision.map_err(|refusal| Refusal::NoSuchTime(refusal).into());
    told(decision, acting, &diary, visit_type, start_at).map(|_| ())
}

/// Whether the clinic, as its therapists usually work, is closed for a part of the visit.
fn not_open(diary: &Diary, visit_type: &VisitTypeId, start_at: Timestamp) -> Option<NotOpen> {
    let zone = &diary.rules.zone;
    let start = start_at.to_zoned(zone.clone());
    let (day, weekday) = (start.date(), start.weekday());
    let duty = |date| diary.rules.practitioners().flat_map(move |one| diary.duty(one.id, date));
    let usual: Vec<(Time, Time)> = (0..WEEKS)
        .filter_map(|week| day.checked_add(Span::new().weeks(week)).ok())
        .flat_map(duty)
        .map(|(from, to)| (zone.to_datetime(from).time(), zone.to_datetime(to).time()))
        .collect();
    let (Some(opens), Some(closes)) =
        (usual.iter().map(|one| one.0).min(), usual.iter().map(|one| one.1).max())
    else {
        return Some(NotOpen::On(weekday));
    };
    if duty(day).next().is_none() {
        return Some(NotOpen::ThatDay);
    }
    let phases = &diary.rules.visits.get(visit_type)?.phases;
    let minutes: i64 = phases.iter().map(|phase| i64::from(phase.min_minutes)).sum();
    let end = start.datetime().checked_add(Span::new().minutes(minutes)).ok()?;
    if start.time() < opens {
        return Some(NotOpen::Before(opens, weekday));
    }
    (end > day.to_datetime(closes)).then_some(NotOpen::Beyond(closes, weekday))
}
