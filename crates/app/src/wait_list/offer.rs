//! A time that became free is offered to three of the list: the job that does it, and how it is caused.
//!
//! The job names the stretch of time that became free and nothing else. It may run twice without harm: while offers for the
//! stretch are open it only comes back when they have run out, and nobody is asked again about a stretch that they let pass.

use std::collections::BTreeSet;

use jiff::{Span, Timestamp};
use record::{LeasedJob, NewJob, Occupation, WaitEntry, WaitOffer, WaitOfferState};
use schedule::{Query, Ranking};
use store::Tx;

use super::{fits, offered_until, screened, write_offer};
use crate::{
    Acting, Actor, Env, Failure,
    appointments::UNDO_SECONDS,
    diary::{self, Diary},
    failure::bad_data,
    jobs, visit_types,
};

/// So many are offered one time.
const OFFERED_TO: usize = 3;

/// A visit that begins so many hours before a stretch may still reach into it.
const VISIT_HOURS_MAX: i64 = 12;

/// Notes that this time is free now: after the undo window it is offered to the list.
pub(crate) fn freed(tx: &mut Tx<'_>, env: &Env, occupations: &[Occupation]) -> Result<(), Failure> {
    match store::diary::window(occupations) {
        Some(window) => freed_window(tx, env, window),
        None => Ok(()),
    }
}

/// The same for a stretch of time.
pub(crate) fn freed_window(
    tx: &mut Tx<'_>,
    env: &Env,
    (from, to): (Timestamp, Timestamp),
) -> Result<(), Failure> {
    let now = env.clock.now();
    if to <= now || !store::wait_list::has_any(tx, env.clinic_id, now)? {
        return Ok(());
    }
    let run_at = now.saturating_add(Span::new().seconds(UNDO_SECONDS)).unwrap_or(Timestamp::MAX);
    enqueue(tx, env, (from, to), run_at)
}

fn enqueue(
    tx: &mut Tx<'_>,
    env: &Env,
    (from, to): (Timestamp, Timestamp),
    run_at: Timestamp,
) -> Result<(), Failure> {
    let subject_id = format!("{}:{}", from.as_microsecond(), to.as_microsecond());
    let job = NewJob { kind: jobs::OFFER_FREED_TIME.into(), subject_id, run_at };
    Ok(store::jobs::enqueue(tx, env.clinic_id, &job)?)
}

/// Does the job.
pub(crate) fn offer_freed(env: &Env, job: &LeasedJob) -> Result<(), Failure> {
    let window = parse(&job.subject_id).ok_or_else(|| bad_data("a job for no stretch of time"))?;
    let (job, acting) = (job.clone(), Acting { actor: Actor::System, operation_id: env.new_id() });
    diary::change(env, move |tx, env, book| {
        if let Some(again_at) = offer(tx, env, &acting, book.diary()?, window)? {
            enqueue(tx, env, window, again_at)?;
        }
        // Put off just now, the job is not the one that was leased, and stays.
        store::jobs::finish(tx, env.clinic_id, &job)?;
        Ok(())
    })
}

fn parse(subject: &str) -> Option<(Timestamp, Timestamp)> {
    let (from, to) = subject.split_once(':')?;
    let instant = |text: &str| Timestamp::from_microsecond(text.parse().ok()?).ok();
    Some((instant(from)?, instant(to)?))
}

/// Offers a time in the stretch to up to three; when to look again, if there is a reason to.
fn offer(
    tx: &mut Tx<'_>,
    env: &Env,
    acting: &Acting,
    diary: &Diary,
    (from, to): (Timestamp, Timestamp),
) -> Result<Option<Timestamp>, Failure> {
    let now = env.clock.now();
    let reach = from.saturating_sub(Span::new().hours(VISIT_HOURS_MAX)).unwrap_or(Timestamp::MIN);
    let mut known = store::wait_list::offers_between(tx, env.clinic_id, reach, to)?;
    known.retain(|offer| offer.end_at > from);
    if let Some(until) = known.iter().filter(|offer| offer.is_open(now)).map(|offer| offer.expires_at).max() {
        return Ok(Some(until));
    }
    // Open still, and run out: they let it pass, and others are asked about this stretch now.
    let passed: BTreeSet<_> = known
        .iter()
        .filter(|offer| offer.state == WaitOfferState::Open)
        .map(|offer| offer.entry_id)
        .collect();
    let mut chosen: Option<(WaitEntry, WaitOffer)> = None;
    let mut addresses = BTreeSet::new();
    for entry in store::wait_list::waiting(tx, env.clinic_id, now)? {
        if addresses.len() == OFFERED_TO {
            break;
        }
        if addresses.contains(&entry.email) || passed.contains(&entry.id) {
            continue;
        }
        let time = match &chosen {
            Some((first, offer)) => {
                let same = first.visit_type == entry.visit_type && fits(diary, &entry, offer.start_at, now);
                same.then_some((offer.start_at, offer.end_at))
            }
            None => best(diary, &entry, (from, to), now).into_iter().next(),
        };
        let Some((start_at, end_at)) = time else { continue };
        if !screened(tx, env, &diary.rules, &entry, start_at)? {
            continue;
        }
        let expires_at = offered_until(env, &diary.rules, start_at);
        let made = WaitOffer {
            id: env.new_id(),
            entry_id: entry.id,
            start_at,
            end_at,
            state: WaitOfferState::Open,
            offered_at: now,
            expires_at,
        };
        write_offer(tx, env, acting, &made, 0)?;
        addresses.insert(entry.email.clone());
        chosen.get_or_insert((entry, made));
    }
    Ok(chosen.map(|(_, offer)| offer.expires_at))
}

/// The times that suit an entry and touch the stretch, with their ends; those that leave the day most whole first.
fn best(
    diary: &Diary,
    entry: &WaitEntry,
    (from, to): (Timestamp, Timestamp),
    now: Timestamp,
) -> Vec<(Timestamp, Timestamp)> {
    let Some(visit) = diary.rules.visits.get(&entry.visit_type) else { return Vec::new() };
    let lead = entry.practitioner_id.map(visit_types::key_of);
    let day = diary.rules.date_at(from.max(now));
    let query = Query { lead: lead.as_ref(), now: Some(now), ..Query::all(day, day) };
    let ranked = diary.calendar.rank(visit, &query, day, Ranking::Idle);
    let ends = |offer: schedule::Offer| {
        let decision = diary.calendar.decide(visit, &query, offer.at).ok()?;
        let there = || decision.phases.iter().filter(|phase| phase.client);
        Some((there().next()?.from, there().next_back()?.to))
    };
    ranked
        .into_iter()
        .filter(|offer| offer.at < to)
        .filter_map(ends)
        .filter(|(start, end)| *end > from && *start < to && fits(diary, entry, *start, now))
        .collect()
}
