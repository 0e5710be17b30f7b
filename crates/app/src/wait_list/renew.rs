//! The self-check answered again by somebody on the list, after the protocol has got other questions: the place stays.

use record::WaitState;

use super::last_that_counts;
use crate::{Acting, Action, Env, Failure, Refusal, Secret, audit, diary, screening};

/// Puts the self-check that is kept under `response` in the place of the one that somebody joined with, by the secret link. It
/// must allow the visit now or later, as it must to join.
pub fn answer_again(env: &Env, acting: &Acting, secret: &Secret, response: &Secret) -> Result<(), Failure> {
    acting.require(Action::UsePublicPages)?;
    let rules = diary::current(env)?.rules.clone();
    let (inside, acting) = (env.clone(), acting.clone());
    let (hash, response) = (secret.hash(), response.clone());
    env.store.write(move |tx| {
        let (env, now) = (&inside, inside.clock.now());
        let entry = store::wait_list::by_link(tx, env.clinic_id, &hash)?.ok_or(Failure::NotFound)?;
        if entry.state != WaitState::Waiting {
            return Err(Refusal::ChangedMeanwhile.into());
        }
        let last = last_that_counts(&rules, now);
        let rests_on = screening::permits(tx, env, &rules, Some(&response), &entry.visit_type, last)?;
        let rests_on = rests_on.ok_or(Refusal::SelfCheckMissing)?;
        let kept = screening::copy(tx, env, rests_on.id)?;
        if !store::wait_list::answered_again(tx, env.clinic_id, entry.id, kept)? {
            return Err(Refusal::ChangedMeanwhile.into());
        }
        let id = entry.id.to_string();
        audit::note(tx, env, &acting, "wait-list.answer-again", "wait-entry", &id, "response_id")
    })
}
