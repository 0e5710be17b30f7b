//! A self-check between its screens, and until somebody books on it.

use jiff::{Span, Timestamp};
use record::{QuestionnaireResponse, ResponseState};
use store::{StoreError, Tx};
use vocab::ResponseId;

use super::{SelfCheck, assess_on, self_check, write_answers};
use crate::{Acting, Action, Env, Failure, Refusal, Secret, diary::Rules, failure::Fault};

/// A self-check that nobody books on is forgotten after so many days.
pub(super) const RESPONSE_DAYS: i64 = 90;

/// The self-check kept under this secret, if it is there and answers the protocol in force. What a visit rests on is the
/// visit's: whoever opens the self-check after booking, perhaps somebody else at the same computer, begins a new one.
pub fn load(env: &Env, acting: &Acting, secret: &Secret) -> Result<Option<SelfCheck>, Failure> {
    acting.require(Action::UsePublicPages)?;
    let (now, rules) = (env.clock.now(), crate::diary::current(env)?.rules.clone());
    env.store.read(|tx| {
        let found = store::responses::by_token(tx, env.clinic_id, &secret.hash(), now)?;
        as_asked_now(tx, env, &rules, found)
    })
}

/// A response as the self-check goes on with it: not if it is a visit's, nor if it answers another protocol.
fn as_asked_now(
    tx: &mut Tx<'_>,
    env: &Env,
    rules: &Rules,
    found: Option<QuestionnaireResponse>,
) -> Result<Option<SelfCheck>, Failure> {
    let found = unless_booked(tx, env, found)?;
    found
        .filter(|response| response.protocol_sha256 == env.protocol.sha256)
        .map(|found| self_check(rules, &found))
        .transpose()
}

/// Nothing, if a visit that stands rests on the response already.
pub(super) fn unless_booked(
    tx: &mut Tx<'_>,
    env: &Env,
    found: Option<QuestionnaireResponse>,
) -> Result<Option<QuestionnaireResponse>, Failure> {
    match found {
        Some(found) if store::responses::is_booked_on(tx, env.clinic_id, found.id)? => Ok(None),
        found => Ok(found),
    }
}

/// Keeps a self-check under this secret, as far as it has come, if it still is as [`load`] has `seen` it: of two screens
/// that are sent at once, the second must not take the first one's answers back. When complete, its outcome is kept too.
///
/// Answers that a visit rests on are never written over: the secret is taken from them, and what is given now is a new
/// response.
pub fn save(
    env: &Env,
    acting: &Acting,
    secret: &Secret,
    seen: Option<SelfCheck>,
    check: SelfCheck,
) -> Result<(), Failure> {
    acting.require(Action::UsePublicPages)?;
    let (inside, token_hash) = (env.clone(), secret.hash());
    let kept = env.store.write(move |tx| {
        let env = &inside;
        let now = env.clock.now();
        let rules = crate::diary::current(env)?.rules.clone();
        let today = rules.date_at(now);
        let check = SelfCheck { answered_on: Some(today), ..check.clone() };
        let assessment = if check.is_complete { Some(assess_on(env, &rules, &check, today)?) } else { None };
        store::responses::unlink_expired(tx, env.clinic_id, &token_hash, &nobodys(env), now)?;
        let mut known = store::responses::by_token_to_change(tx, env.clinic_id, &token_hash, now)?;
        if as_asked_now(tx, env, &rules, known.clone())? != seen {
            return Err(Refusal::ChangedMeanwhile.into());
        }
        if let Some(kept) = &known
            && store::responses::is_referred_to(tx, env.clinic_id, kept.id)?
        {
            store::responses::unlink(tx, env.clinic_id, kept.id, &nobodys(env))?;
            known = None;
        }
        let days = Span::new().hours(24 * RESPONSE_DAYS);
        let response = QuestionnaireResponse {
            id: known.as_ref().map_or_else(|| env.new_id(), |known| known.id),
            protocol_sha256: env.protocol.sha256.clone(),
            state: if check.is_complete { ResponseState::Completed } else { ResponseState::InProgress },
            concern: check.concern.clone(),
            zones: check.zones.clone(),
            birth_on: check.birth_on,
            answers: write_answers(&check.answers, check.prior.as_ref()),
            outcome: assessment.as_ref().map(|assessment| assessment.outcome.word().to_owned()),
            until_on: assessment.as_ref().and_then(|assessment| assessment.until),
            created_at: known.as_ref().map_or(now, |known| known.created_at),
            expires_at: now.saturating_add(days).unwrap_or(Timestamp::MAX),
        };
        if known.is_some() {
            store::responses::update(tx, env.clinic_id, &response)?;
        } else {
            store::responses::insert(tx, env.clinic_id, &response, &token_hash)?;
        }
        Ok(())
    });
    match kept {
        // Both found nothing, and the other was quicker.
        Err(Failure::Fault(Fault::Store(StoreError::Duplicate))) => Err(Refusal::ChangedMeanwhile.into()),
        kept => kept,
    }
}

/// The hash of a secret that nobody was ever told.
fn nobodys(env: &Env) -> [u8; 32] {
    Secret::new(&*env.chance).hash()
}

/// A copy of a response that no secret opens: what somebody joins the wait list with stays as it is, while they may go on
/// and book, or answer anew.
pub(crate) fn copy(tx: &mut Tx<'_>, env: &Env, id: ResponseId) -> Result<ResponseId, Failure> {
    let response = store::responses::load(tx, env.clinic_id, id)?.ok_or(Failure::NotFound)?;
    let copy = QuestionnaireResponse { id: env.new_id(), ..response };
    store::responses::insert(tx, env.clinic_id, &copy, &nobodys(env))?;
    Ok(copy.id)
}
