//! Holds: a time kept for ten minutes for somebody who is still typing.

use jiff::{Span, Timestamp};
use record::{Hold, Owner};
use store::Tx;
use vocab::{HoldId, ResourceId, VisitTypeId};

use super::{key, query};
use crate::{
    Acting, Action, Env, Failure, Refusal, Secret, audit,
    diary::{self, Book},
    screening,
};

/// So many times one visitor can hold at once.
const HOLDS_PER_VISITOR: usize = 2;

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
        let now = env.clock.now();
        let rules = book.rules()?;
        let visitor_hash = command.visitor.hash();
        let held = store::holds::of_visitor(tx, env.clinic_id, &visitor_hash, now)?;
        let is_same = |hold: &&Hold| {
            hold.start_at == command.start_at
                && hold.visit_type == command.visit_type
                && command.practitioner.is_none_or(|wanted| wanted == hold.lead_id)
        };
        if let Some(same) = held.iter().find(is_same) {
            return Ok(same.clone());
        }
        if held.len() >= HOLDS_PER_VISITOR {
            return Err(Refusal::TooManyHolds.into());
        }
        screening::permits(
            tx,
            env,
            &rules,
            command.response.as_ref(),
            &command.visit_type,
            command.start_at,
        )?;
        let lead = key(command.practitioner);
        let asked = query(&rules, &acting, command.start_at, lead.as_ref(), now, &[]);
        let planned = book.plan(&command.visit_type, &asked, command.start_at)?;
        let minutes = i64::from(rules.clinic.settings.hold_minutes);
        let hold = Hold {
            id: env.new_id(),
            visitor_hash,
            site_id: rules.site.id,
            visit_type: command.visit_type.clone(),
            lead_id: planned.lead_id,
            start_at: planned.start_at,
            end_at: planned.end_at,
            expires_at: now.saturating_add(Span::new().minutes(minutes)).unwrap_or(Timestamp::MAX),
            created_at: now,
        };
        store::holds::insert(tx, env.clinic_id, &hold, &planned.occupations)?;
        audit::note(tx, env, &acting, "hold.place", "hold", &hold.id.to_string(), "start_at end_at lead_id")?;
        book.occupy(&planned.occupations);
        Ok(hold)
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
            give_up(tx, env, book, id)?;
            audit::note(tx, env, &acting, "hold.release", "hold", &id.to_string(), "")?;
        }
        Ok(())
    })
}

/// Ends a hold and frees its time in the database and in the book.
pub(super) fn give_up(tx: &mut Tx<'_>, env: &Env, book: &mut Book, id: HoldId) -> Result<(), Failure> {
    let occupations = store::diary::occupations_of(tx, env.clinic_id, Owner::Hold(id))?;
    store::holds::delete(tx, env.clinic_id, id)?;
    book.free(&occupations);
    Ok(())
}
