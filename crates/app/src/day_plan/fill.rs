//! Filling the gaps of a day from the wait list.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, civil::Date};
use record::{WaitEntry, WaitOffer, WaitOfferState, WaitState};
use schedule::{Booked as Was, Query, ResourceKey, Wish};
use store::Tx;
use vocab::{ResourceId, WaitEntryId};

use super::{Effort, facts::DayFacts, place_all, search};
use crate::{
    Acting, Action, Env, Failure, FormErrors, Refusal, appointments,
    appointments::{Day, New, UNDO_SECONDS},
    audit,
    diary::{self, Diary, Planned},
    protocols, screening, visit_types, wait_list,
};

/// Somebody of the list for whom the day has room.
#[derive(Debug, Clone)]
pub struct Found {
    /// Who.
    pub entry: WaitEntry,
    /// When and with whom.
    pub planned: Planned,
}

/// A day as it stands, and who of the list fits into it.
#[derive(Debug, Clone)]
pub struct Filling {
    /// As it stands.
    pub day: Day,
    /// Who fits, by beginning.
    pub found: Vec<Found>,
    /// How many more wait for such a day and do not fit.
    pub left_out: usize,
    /// How many more wait for such a day and were not tried, because as many as are tried wait longer.
    pub not_tried: usize,
}

/// What becomes of those who were chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HowToFill {
    /// They are asked by mail, after the undo window; the first to answer has the time.
    Offer,
    /// They have agreed, and are booked at once.
    Book {
        /// Whether they are written to, after the undo window.
        tell_patients: bool,
    },
}

/// The chosen parts of a filling.
#[derive(Debug, Clone)]
pub struct AcceptFill {
    /// The day.
    pub date: Date,
    /// Who, when, with whom.
    pub chosen: Vec<(WaitEntryId, Timestamp, ResourceId)>,
    /// What becomes of them.
    pub how: HowToFill,
}

/// More people than this are not tried to fit into one day.
const TRIED_MAX: usize = 60;

/// Finds who of the list fits into a day beside what is booked, as many as can be; whoever waits longer comes first where
/// two exclude each other. The look at the list is recorded.
pub fn propose_fill(env: &Env, acting: &Acting, date: Date, longer: bool) -> Result<Filling, Failure> {
    acting.require(Action::ChangeDiary)?;
    let diary = diary::refresh(env)?;
    let day = appointments::day(env, acting, date)?;
    let (candidates, not_tried) = candidates(env, acting, &diary, date)?;
    let facts = env.store.read(|tx| DayFacts::load(tx, env, &diary, date, &BTreeSet::new()))?;
    let wishes = candidates.iter().enumerate().map(|(place, one)| one.wish(&diary, place));
    let wishes = wishes.collect::<Result<Vec<_>, Failure>>()?;
    let effort = if longer { Effort::Longer } else { Effort::Soon };
    let (plan, _) = search(env, &facts, &wishes, effort);
    let planned = facts.planned(&wishes, &plan.placed)?;
    let mut found: Vec<Found> = Vec::new();
    for (one, planned) in candidates.iter().zip(planned) {
        found.extend(planned.map(|(_, planned)| Found { entry: one.entry.clone(), planned }));
    }
    found.sort_by_key(|one| (one.planned.start_at, one.entry.id));
    Ok(Filling { left_out: candidates.len() - found.len(), not_tried, day, found })
}

/// Somebody who could come on the day.
struct Candidate {
    entry: WaitEntry,
    lead: Option<ResourceKey>,
    /// The parts of the day in which they can come, in minutes.
    windows: Vec<(u16, u16)>,
    date: Date,
    now: Timestamp,
}

/// Those who wait longest for such a day, and how many more do.
fn candidates(
    env: &Env,
    acting: &Acting,
    diary: &Diary,
    date: Date,
) -> Result<(Vec<Candidate>, usize), Failure> {
    let (rules, acting, inside) = (diary.rules.clone(), acting.clone(), env.clone());
    env.store.write(move |tx| {
        let env = &inside;
        let now = env.clock.now();
        let weekday = date.weekday().to_monday_one_offset().unsigned_abs();
        let (noon, _) = rules.day(date)?;
        let (mut found, mut not_tried) = (Vec::new(), 0);
        for entry in store::wait_list::waiting(tx, env.clinic_id, now)? {
            if !entry.weekdays.contains(&weekday) || !wait_list::screened(tx, env, &rules, &entry, noon)? {
                continue;
            }
            if found.len() == TRIED_MAX {
                not_tried += 1;
                continue;
            }
            let lead = entry.practitioner_id.map(visit_types::key_of);
            let windows = entry.parts.iter().map(|part| part.minutes()).collect();
            found.push(Candidate { windows, lead, date, now, entry });
        }
        audit::note(tx, env, &acting, "wait-list.read", "wait-entry", "", &found.len().to_string())?;
        Ok((found, not_tried))
    })
}

impl Candidate {
    fn wish<'w>(&'w self, diary: &'w Diary, place: usize) -> Result<Wish<'w>, Failure> {
        let query = Query {
            lead: self.lead.as_ref(),
            windows: &self.windows,
            now: Some(self.now),
            ..Query::all(self.date, self.date)
        };
        let visit = diary.rules.visits.get(&self.entry.visit_type).ok_or(Failure::NotFound)?;
        // One visit more is always worth more than the order of waiting.
        Ok(Wish { visit, query, drop_cost: (2 * TRIED_MAX - place) as u64, booked: None })
    }
}

/// Carries out the chosen parts of a filling, all of them or none; how many.
pub fn accept_fill(env: &Env, acting: &Acting, command: AcceptFill) -> Result<usize, Failure> {
    acting.require(Action::ChangeDiary)?;
    let acting = acting.clone();
    diary::change(env, move |tx, env, book| {
        let now = env.clock.now();
        let rules = book.rules()?;
        protocols::require_open(tx, env, &rules)?;
        let mut entries = Vec::with_capacity(command.chosen.len());
        let mut ids: Vec<_> = command.chosen.clone();
        ids.sort_unstable();
        if ids.windows(2).any(|two| two[0].0 == two[1].0) {
            return Err(Refusal::PlanApart.into());
        }
        for (id, start_at, lead) in ids {
            let entry = store::wait_list::load_to_change(tx, env.clinic_id, id)?.ok_or(Failure::NotFound)?;
            if entry.state != WaitState::Waiting || start_at <= now {
                return Err(Refusal::ChangedMeanwhile.into());
            }
            entries.push((entry, start_at, lead));
        }
        let diary = book.diary()?;
        if entries.iter().any(|(_, start_at, _)| diary.rules.date_at(*start_at) != command.date) {
            return Err(Failure::NotFound);
        }
        let leads: Vec<ResourceKey> = entries.iter().map(|(_, _, lead)| visit_types::key_of(*lead)).collect();
        let facts = DayFacts::load(tx, env, diary, command.date, &BTreeSet::new())?;
        let wishes = entries.iter().zip(&leads).map(|((entry, start_at, _), lead)| {
            let visit = rules.visits.get(&entry.visit_type).ok_or(Failure::NotFound)?;
            let at = begins(visit, *start_at);
            let query = Query { lead: Some(lead), on_grid: false, ..Query::all(command.date, command.date) };
            let exact = Was { at, lead, most_minutes: 0, change_lead_cost: 0, move_cost: 0 };
            Ok(Wish { visit, query, drop_cost: 1, booked: Some(exact) })
        });
        let wishes = wishes.collect::<Result<Vec<_>, Failure>>()?;
        let planned = place_all(env, &facts, &wishes)?.ok_or(Refusal::PlanApart)?;
        if command.how == HowToFill::Offer {
            in_time_to_ask(env, &rules, planned.iter().map(|(_, planned)| planned))?;
        }
        for ((entry, start_at, _), (_, planned)) in entries.iter().zip(planned) {
            match command.how {
                HowToFill::Offer => offer(tx, env, &acting, &rules, entry, &planned)?,
                HowToFill::Book { tell_patients } => {
                    let response = screening::permits_entry(
                        tx,
                        env,
                        &rules,
                        entry.response_id,
                        &entry.visit_type,
                        *start_at,
                    )?;
                    let command = wait_list::booking(entry, *start_at, tell_patients)?;
                    let birth_on = response.as_ref().and_then(|response| response.birth_on);
                    let patient = appointments::whose(tx, env, &command, birth_on, now)?;
                    let elsewhere = patient.elsewhere(tx, env)?;
                    if elsewhere.iter().any(|(from, to)| *from < planned.end_at && planned.start_at < *to) {
                        return Err(Refusal::PlanApart.into());
                    }
                    let command = appointments::remark(tx, env, &patient, &command)?;
                    let new = New { patient, response, planned, must_confirm: false, overbooked_for: "" };
                    let booked = appointments::write(tx, env, &acting, book, &command, new)?;
                    store::wait_list::booked(tx, env.clinic_id, entry.id, booked.appointment.id)?;
                }
            }
        }
        Ok(entries.len())
    })
}

/// Somebody who answers by mail must still be able to.
fn in_time_to_ask<'p>(
    env: &Env,
    rules: &diary::Rules,
    mut planned: impl Iterator<Item = &'p Planned>,
) -> Result<(), FormErrors> {
    let soonest = env.clock.now().saturating_add(SignedDuration::from_mins(30)).unwrap_or(Timestamp::MAX);
    let mut errors = FormErrors::default();
    if planned.any(|one| wait_list::offered_until(env, rules, one.start_at) < soonest) {
        errors.add(
            "how",
            "It is too late to ask by mail: the clinic's notice is nearly over. Ring them, and book.",
        );
    }
    errors.into_result()
}

/// When the first phase begins of a visit whose patient comes at `start_at`.
fn begins(visit: &schedule::VisitType, start_at: Timestamp) -> Timestamp {
    let before: i64 =
        visit.phases.iter().take_while(|phase| !phase.client).map(|phase| i64::from(phase.min_minutes)).sum();
    start_at.saturating_sub(jiff::Span::new().minutes(before)).unwrap_or(start_at)
}

fn offer(
    tx: &mut Tx<'_>,
    env: &Env,
    acting: &Acting,
    rules: &diary::Rules,
    entry: &WaitEntry,
    planned: &Planned,
) -> Result<(), Failure> {
    let made = WaitOffer {
        id: env.new_id(),
        entry_id: entry.id,
        start_at: planned.start_at,
        end_at: planned.end_at,
        state: WaitOfferState::Open,
        offered_at: env.clock.now(),
        expires_at: wait_list::offered_until(env, rules, planned.start_at),
    };
    wait_list::write_offer(tx, env, acting, &made, UNDO_SECONDS)
}
