//! Holds: a time kept for ten minutes for somebody who is still typing.

use jiff::{Span, Timestamp};
use record::{AppointmentStep, Hold, Occupation, Owner};
use store::Tx;
use vocab::{AppointmentId, HoldId, ResourceId, VisitTypeId};

use super::{
    change::may_still,
    key,
    moving::{Moving, beyond},
    query,
    refused::{in_reach, told},
};
use crate::{
    Acting, Action, Env, Failure, Refusal, Secret, audit,
    diary::{self, Book, Rules},
    protocols, screening, wait_list,
};

/// So many times one visitor can hold at once.
const HOLDS_PER_VISITOR: usize = 2;

/// So long a time stays held once its page was left. A page that is only loaded again, or comes back from the
/// background, is there before that.
const LEFT_SECONDS: i64 = 60;

/// Keep this time for me.
#[derive(Debug, Clone)]
pub struct HoldTime {
    /// What kind of visit.
    pub visit_type: VisitTypeId,
    /// When it starts.
    pub start_at: Timestamp,
    /// With whom, if it matters.
    pub practitioner: Option<ResourceId>,
    /// Tells one visitor from another.
    pub visitor: Secret,
    /// The self-check it rests on.
    pub response: Option<Secret>,
}

/// Keeps a time. The same time asked for again by the same visitor is the hold they have.
pub fn hold(env: &Env, acting: &Acting, command: HoldTime) -> Result<Hold, Failure> {
    acting.require(Action::UsePublicPages)?;
    let acting = acting.clone();
    diary::change(env, move |tx, env, book| {
        let rules = book.rules()?;
        protocols::require_open(tx, env, &rules)?;
        screening::permits(
            tx,
            env,
            &rules,
            command.response.as_ref(),
            &command.visit_type,
            command.start_at,
        )?;
        let wanted = Wanted {
            visit_type: &command.visit_type,
            start_at: command.start_at,
            practitioner: command.practitioner,
            visitor: &command.visitor,
            moving: None,
        };
        place(tx, env, &acting, book, &wanted)
    })
}

/// What is to be held, whatever it is for.
struct Wanted<'a> {
    visit_type: &'a VisitTypeId,
    start_at: Timestamp,
    practitioner: Option<ResourceId>,
    visitor: &'a Secret,
    /// The visit that would move there, if it is for a move.
    moving: Option<&'a Moving>,
}

fn place(
    tx: &mut Tx<'_>,
    env: &Env,
    acting: &Acting,
    book: &mut Book,
    wanted: &Wanted<'_>,
) -> Result<Hold, Failure> {
    let now = env.clock.now();
    let rules = book.rules()?;
    let visitor_hash = wanted.visitor.hash();
    let held = store::holds::of_visitor(tx, env.clinic_id, &visitor_hash, now)?;
    let is_same = |hold: &&Hold| {
        hold.start_at == wanted.start_at
            && hold.visit_type == *wanted.visit_type
            && wanted.practitioner.is_none_or(|with| with == hold.lead_id)
    };
    if let Some(same) = held.iter().find(is_same) {
        return Ok(same.clone());
    }
    if held.len() >= HOLDS_PER_VISITOR {
        return Err(Refusal::TooManyHolds.into());
    }
    let (own, elsewhere) = wanted.moving.map_or((&[][..], &[][..]), |one| (&one.own, &one.elsewhere));
    book.free(own);
    let lead = key(wanted.practitioner);
    let asked = query(&rules, acting, wanted.start_at, lead.as_ref(), now, elsewhere);
    in_reach(&rules, acting, wanted.start_at, now)?;
    // Whoever does not mind whom they see gets the therapist whose day stays most whole.
    let planned = book.plan_whole(wanted.visit_type, &asked, wanted.start_at);
    let planned = told(planned, acting, book.diary()?, wanted.visit_type, wanted.start_at)?;
    book.occupy(own);
    if wanted.moving.is_some_and(|one| one.is_there(planned.start_at, planned.lead_id)) {
        return Err(Refusal::AlreadyThere.into());
    }
    // The visit keeps what it has until it moves, so only what lies beyond it has to be kept as well.
    let occupations = beyond(&planned.occupations, own);
    let mut hold = Hold {
        id: env.new_id(),
        visitor_hash,
        site_id: rules.site.id,
        visit_type: wanted.visit_type.clone(),
        lead_id: planned.lead_id,
        start_at: planned.start_at,
        end_at: planned.end_at,
        expires_at: now,
        created_at: now,
    };
    hold.expires_at = promised_until(&rules, &hold);
    store::holds::insert(tx, env.clinic_id, &hold, &occupations)?;
    audit::note(tx, env, acting, "hold.place", "hold", &hold.id.to_string(), "start_at end_at lead_id")?;
    book.occupy(&occupations);
    Ok(hold)
}

/// Until when a time is held for whoever stays on its page. Once the page is left it may run out sooner.
pub fn promised_until(rules: &Rules, hold: &Hold) -> Timestamp {
    let minutes = i64::from(rules.clinic.settings.hold_minutes);
    hold.created_at.saturating_add(Span::new().minutes(minutes)).unwrap_or(Timestamp::MAX)
}

/// Keep this time for me while I decide whether to move to it.
#[derive(Debug, Clone)]
pub struct HoldForMove {
    /// Which appointment might move.
    pub id: AppointmentId,
    /// When the new time starts.
    pub start_at: Timestamp,
    /// With whom, if it matters.
    pub practitioner: Option<ResourceId>,
    /// Tells one visitor from another.
    pub visitor: Secret,
}

/// Keeps a time for an appointment that might move to it. The time it has now stays its own until the move itself,
/// and does not stand in the way of a new time that overlaps it.
pub fn hold_for_move(env: &Env, acting: &Acting, command: HoldForMove) -> Result<Hold, Failure> {
    acting.require(Action::UseLink(command.id))?;
    let acting = acting.clone();
    diary::change(env, move |tx, env, book| {
        let appointment =
            store::appointments::load(tx, env.clinic_id, command.id)?.ok_or(Failure::NotFound)?;
        let rules = book.rules()?;
        may_still(env, &acting, &rules, &appointment, appointment.sequence)?;
        appointment.status.apply(AppointmentStep::Move)?;
        screening::permits_move(tx, env, &rules, &appointment, command.start_at)?;
        let moving = Moving::load(tx, env, &rules, &appointment)?;
        let wanted = Wanted {
            visit_type: &appointment.visit_type,
            start_at: command.start_at,
            practitioner: command.practitioner,
            visitor: &command.visitor,
            moving: Some(&moving),
        };
        place(tx, env, &acting, book, &wanted)
    })
}

/// The visitor's holds that have not run out, oldest first.
pub fn held(env: &Env, acting: &Acting, visitor: &Secret) -> Result<Vec<Hold>, Failure> {
    acting.require(Action::UsePublicPages)?;
    let now = env.clock.now();
    env.store.read(|tx| Ok(store::holds::of_visitor(tx, env.clinic_id, &visitor.hash(), now)?))
}

/// Lets a hold go. One that is gone already, or somebody else's, is left as it is.
pub fn release(env: &Env, acting: &Acting, visitor: &Secret, id: HoldId) -> Result<(), Failure> {
    acting.require(Action::UsePublicPages)?;
    let (acting, visitor_hash) = (acting.clone(), visitor.hash());
    diary::change(env, move |tx, env, book| {
        let hold = store::holds::load(tx, env.clinic_id, id)?;
        if hold.is_some_and(|hold| hold.visitor_hash == visitor_hash) {
            let freed = give_up(tx, env, book, id)?;
            wait_list::freed(tx, env, &freed)?;
            audit::note(tx, env, &acting, "hold.release", "hold", &id.to_string(), "")?;
        }
        Ok(())
    })
}

/// The page of a hold was left, and nothing says for where: the hold runs out in a minute, unless [`come_back`] to.
pub fn leave(env: &Env, acting: &Acting, visitor: &Secret, id: HoldId) -> Result<(), Failure> {
    acting.require(Action::UsePublicPages)?;
    let soon = env.clock.now().saturating_add(Span::new().seconds(LEFT_SECONDS)).unwrap_or(Timestamp::MAX);
    set_end(env, visitor, id, move |hold| hold.expires_at.min(soon))
}

/// Somebody is on the page of a hold, again or still: it lasts as long as was promised.
pub fn come_back(env: &Env, acting: &Acting, visitor: &Secret, id: HoldId) -> Result<(), Failure> {
    acting.require(Action::UsePublicPages)?;
    let rules = diary::current(env)?.rules.clone();
    set_end(env, visitor, id, move |hold| promised_until(&rules, hold))
}

/// Gives a hold of this visitor's that has not run out another end. What it occupies stays as it is, so the diary does
/// not change.
fn set_end(
    env: &Env,
    visitor: &Secret,
    id: HoldId,
    end: impl Fn(&Hold) -> Timestamp + Send + 'static,
) -> Result<(), Failure> {
    let (clinic, visitor_hash, now) = (env.clinic_id, visitor.hash(), env.clock.now());
    env.store.write(move |tx| {
        let hold = store::holds::load(tx, clinic, id)?;
        let mine = hold.filter(|hold| hold.visitor_hash == visitor_hash && hold.expires_at > now);
        if let Some(hold) = mine.filter(|hold| hold.expires_at != end(hold)) {
            store::holds::set_expiry(tx, clinic, id, end(&hold))?;
        }
        Ok(())
    })
}

/// Ends the hold that somebody names, if it is theirs; the hold, if it was.
pub(super) fn give_up_own(
    tx: &mut Tx<'_>,
    env: &Env,
    book: &mut Book,
    named: Option<&(HoldId, Secret)>,
) -> Result<Option<Hold>, Failure> {
    let Some((id, visitor)) = named else { return Ok(None) };
    let hold = store::holds::load(tx, env.clinic_id, *id)?;
    let mine = hold.filter(|hold| hold.visitor_hash == visitor.hash());
    if mine.is_some() {
        give_up(tx, env, book, *id)?;
    }
    Ok(mine)
}

/// From when the notice of a time is counted: a time that is still held was asked for when it was held, and does not
/// become too soon while somebody types.
pub(super) fn asked_at(
    held: Option<&Hold>,
    visit_type: &VisitTypeId,
    start_at: Timestamp,
    now: Timestamp,
) -> Timestamp {
    held.filter(|hold| hold.expires_at > now && hold.start_at == start_at && hold.visit_type == *visit_type)
        .map_or(now, |hold| hold.created_at)
}

/// Ends a hold and frees its time in the database and in the book; what it occupied.
fn give_up(tx: &mut Tx<'_>, env: &Env, book: &mut Book, id: HoldId) -> Result<Vec<Occupation>, Failure> {
    let occupations = store::diary::occupations_of(tx, env.clinic_id, Owner::Hold(id))?;
    store::holds::delete(tx, env.clinic_id, id)?;
    book.free(&occupations);
    Ok(occupations)
}
