//! Free times: of a day, the few to show first, counted over a month, and why there are none.

use jiff::{Span, Timestamp, civil::Date};
use record::ResourceKind;
use schedule::{Nothing, Query, Ranking};
use vocab::{ResourceId, VisitTypeId};

use super::Moving;
use crate::{
    Acting, Action, Actor, Env, Failure,
    diary::{self, Diary},
    visit_types,
};

/// Which times are wanted.
#[derive(Debug, Clone)]
pub struct TimesAsked {
    /// What kind of visit.
    pub visit_type: VisitTypeId,
    /// With whom, if it matters.
    pub practitioner: Option<ResourceId>,
    /// Not before this local date: what a self-check asks to wait for.
    pub not_before: Option<Date>,
}

/// A time that can be booked, shown as one time with its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedTime {
    /// When the patient comes.
    pub start_at: Timestamp,
    /// When the patient leaves.
    pub end_at: Timestamp,
    /// Who could lead it, in no particular order; never empty.
    pub practitioners: Vec<ResourceId>,
}

/// The free times of a local day, earliest first.
pub fn day_times(
    env: &Env,
    acting: &Acting,
    asked: &TimesAsked,
    date: Date,
) -> Result<Vec<OfferedTime>, Failure> {
    times_of(env, acting, &*diary::current(env)?, asked, None, date)
}

/// The free times of a local day for a visit that might move there: what it has now counts as free, except that it
/// is not offered its own time.
pub fn day_times_to_move(
    env: &Env,
    acting: &Acting,
    asked: &TimesAsked,
    moving: &Moving,
    date: Date,
) -> Result<Vec<OfferedTime>, Failure> {
    let diary = diary::current(env)?.without(&moving.own);
    let mut times = times_of(env, acting, &diary, asked, Some(moving), date)?;
    for time in &mut times {
        time.practitioners.retain(|lead| !moving.is_there(time.start_at, *lead));
    }
    times.retain(|time| !time.practitioners.is_empty());
    Ok(times)
}

fn times_of(
    env: &Env,
    acting: &Acting,
    diary: &Diary,
    asked: &TimesAsked,
    moving: Option<&Moving>,
    date: Date,
) -> Result<Vec<OfferedTime>, Failure> {
    let Some((mut asking, visit)) = Asking::new(env, acting, diary, asked, date, date)? else {
        return Ok(Vec::new());
    };
    asking.elsewhere = moving.map_or(&[][..], |moving| &moving.elsewhere);
    let query = asking.query();
    let mut starts = diary.calendar.starts(visit, &query);
    // Staff need no notice, but what is over is not offered to them either.
    let now = env.clock.now();
    starts.retain(|start| start.at >= now);
    // A visit of fixed length ends when its phases say. One that can stretch is decided as the hold will decide it, so
    // that the end that is shown is the end that is kept.
    let is_fixed = visit.phases.iter().all(|phase| phase.min_minutes == phase.max_minutes);
    let there = visit.phases.iter().rposition(|phase| phase.client).map_or(0, |last| last + 1);
    let minutes: i64 = visit.phases[..there].iter().map(|phase| i64::from(phase.min_minutes)).sum();
    let end_of = |start_at: Timestamp| {
        if is_fixed {
            return start_at.checked_add(Span::new().minutes(minutes)).ok();
        }
        let decision = diary.calendar.decide(visit, &query, start_at).ok()?;
        decision.phases.iter().rfind(|phase| phase.client).map(|phase| phase.to)
    };
    let times = starts.into_iter().filter_map(|start| {
        let practitioners = start
            .leads
            .iter()
            .filter_map(|lead| visit_types::stored_seat(lead, 0).map(|(resource, _)| resource));
        Some(OfferedTime {
            start_at: start.at,
            end_at: end_of(start.at)?,
            practitioners: practitioners.collect(),
        })
    });
    Ok(times.collect())
}

/// More ways to combine therapist, room and device than this are ranked by idle time alone, which is nearly as good and
/// some hundred times cheaper.
const COMBINATIONS_MAX: usize = 64;

/// A few free times of a local day to show first, spread over morning, afternoon and evening: those that leave the rest
/// of the day most whole. In order of time, `few` at most; and how many there are in all.
pub fn day_offers(
    env: &Env,
    acting: &Acting,
    asked: &TimesAsked,
    date: Date,
    few: usize,
) -> Result<(Vec<OfferedTime>, usize), Failure> {
    let all = day_times(env, acting, asked, date)?;
    let count = all.len();
    if count <= few {
        return Ok((all, count));
    }
    let diary = diary::current(env)?;
    let Some((asking, visit)) = Asking::new(env, acting, &diary, asked, date, date)? else {
        return Ok((Vec::new(), 0));
    };
    let resources = |kind| diary.rules.resources.iter().filter(|one| one.kind == kind).count().max(1);
    let leads = if asked.practitioner.is_some() { 1 } else { resources(ResourceKind::Practitioner) };
    let combinations = leads * resources(ResourceKind::Room) * resources(ResourceKind::Device);
    let ranking = if combinations <= COMBINATIONS_MAX { Ranking::Packable } else { Ranking::Idle };
    let ranked = diary.calendar.rank(visit, &asking.query(), date, ranking);
    let best = schedule::spread(&ranked, &diary.rules.zone, few);
    let shown = all.into_iter().filter(|time| best.iter().any(|offer| offer.at == time.start_at));
    Ok((shown.collect(), count))
}

/// How many free times each local day has, from `first` to `last`.
pub fn month_counts(
    env: &Env,
    acting: &Acting,
    asked: &TimesAsked,
    first: Date,
    last: Date,
) -> Result<Vec<(Date, u32)>, Failure> {
    let diary = diary::current(env)?;
    let Some((asking, visit)) = Asking::new(env, acting, &diary, asked, first, last)? else {
        return Ok(Vec::new());
    };
    Ok(diary.calendar.month(visit, &asking.query()))
}

/// The same for a visit that might move: what it has now counts as free.
pub fn month_counts_to_move(
    env: &Env,
    acting: &Acting,
    asked: &TimesAsked,
    moving: &Moving,
    first: Date,
    last: Date,
) -> Result<Vec<(Date, u32)>, Failure> {
    let diary = diary::current(env)?.without(&moving.own);
    let Some((mut asking, visit)) = Asking::new(env, acting, &diary, asked, first, last)? else {
        return Ok(Vec::new());
    };
    asking.elsewhere = &moving.elsewhere;
    Ok(diary.calendar.month(visit, &asking.query()))
}

/// Why there is nothing from `first` to `last`, and when there is.
pub fn explain(
    env: &Env,
    acting: &Acting,
    asked: &TimesAsked,
    first: Date,
    last: Date,
) -> Result<Option<Nothing>, Failure> {
    let diary = diary::current(env)?;
    let Some((asking, visit)) = Asking::new(env, acting, &diary, asked, first, last)? else {
        return Ok(None);
    };
    Ok(Some(diary.calendar.explain(visit, &asking.query())))
}

/// A question to the calendar, with what it borrows.
struct Asking<'a> {
    lead: Option<schedule::ResourceKey>,
    days: (Date, Date),
    now: Option<Timestamp>,
    elsewhere: &'a [(Timestamp, Timestamp)],
}

impl Asking<'_> {
    /// `None` if none of the days can be asked about: all lie in the past, too far ahead, or before the wait is over.
    fn new<'d>(
        env: &Env,
        acting: &Acting,
        diary: &'d Diary,
        asked: &TimesAsked,
        first: Date,
        last: Date,
    ) -> Result<Option<(Self, &'d schedule::VisitType)>, Failure> {
        acting.require(Action::UsePublicPages)?;
        let visit = diary.rules.visits.get(&asked.visit_type).ok_or(Failure::NotFound)?;
        if let Some(practitioner) = asked.practitioner {
            diary.rules.practitioners().find(|one| one.id == practitioner).ok_or(Failure::NotFound)?;
        }
        let now = env.clock.now();
        let today = diary.rules.date_at(now);
        let is_staff = matches!(acting.actor, Actor::Staff(_));
        let (calendar_first, calendar_days) = diary.calendar.horizon();
        let calendar_last = calendar_first.saturating_add(Span::new().days(i64::from(calendar_days) - 1));
        let furthest =
            if is_staff { calendar_last } else { diary.rules.furthest_day(now).min(calendar_last) };
        let from = first.max(today).max(asked.not_before.unwrap_or(Date::MIN));
        let to = last.min(furthest);
        if from > to {
            return Ok(None);
        }
        let lead = asked.practitioner.map(visit_types::key_of);
        Ok(Some((Self { lead, days: (from, to), now: (!is_staff).then_some(now), elsewhere: &[] }, visit)))
    }

    fn query(&self) -> Query<'_> {
        Query {
            now: self.now,
            lead: self.lead.as_ref(),
            client_busy: self.elsewhere,
            ..Query::all(self.days.0, self.days.1)
        }
    }
}
