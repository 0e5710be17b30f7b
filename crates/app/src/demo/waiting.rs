//! Invented people on the demo's wait list, so that a time that becomes free goes to somebody.

use jiff::{Span, Timestamp, civil::Date};
use record::{DayPart, QuestionnaireResponse, ResponseState, WaitEntry, WaitState};
use store::Tx;
use vocab::{ConcernId, ResponseId, VisitTypeId, WaitEntryId, ZoneId};

use super::{Dice, people};
use crate::{Env, Failure, diary::Rules, failure::bad_data, screening};

/// So many wait.
const WAITING: usize = 6;

/// Puts them on the list; how many.
pub(super) fn write(tx: &mut Tx<'_>, env: &Env, rules: &Rules, dice: &mut Dice) -> Result<usize, Failure> {
    let now = env.clock.now();
    let before = |hours: usize| now.saturating_sub(Span::new().hours(hours as i64)).unwrap_or(now);
    let expires_at = now.saturating_add(Span::new().hours(24 * 60)).unwrap_or(Timestamp::MAX);
    for place in 0..WAITING {
        let person = people::person(dice, 900 + place);
        let treats = place % 3 != 2;
        let visit_type = VisitTypeId::new(if treats { "treatment" } else { "consultation" });
        let visit_type = visit_type.map_err(|_| bad_data("a name"))?;
        let response_id = if treats { Some(respond(tx, env, rules, expires_at, dice)?) } else { None };
        let id: WaitEntryId = env.new_id();
        let practitioner = rules.practitioners().nth(dice.below(6));
        let entry = WaitEntry {
            id,
            visit_type,
            practitioner_id: practitioner.map(|one| one.id),
            weekdays: if dice.below(2) == 0 { vec![1, 2, 3, 4, 5] } else { vec![1, 2, 3, 4, 5, 6] },
            parts: match dice.below(3) {
                0 => vec![DayPart::Morning, DayPart::Afternoon],
                _ => DayPart::ALL.to_vec(),
            },
            name: person.name,
            email: person.email,
            phone: person.phone,
            response_id,
            state: WaitState::Waiting,
            appointment_id: None,
            link_hash: env.link_key.wait_secret(id).hash(),
            idempotency_key: format!("demo-{id}"),
            created_at: before(24 * (WAITING - place) + dice.below(20)),
            expires_at,
        };
        store::wait_list::insert(tx, env.clinic_id, &entry)?;
    }
    Ok(WAITING)
}

/// A self-check of somebody of this age for the first concern on offer.
fn respond(
    tx: &mut Tx<'_>,
    env: &Env,
    rules: &Rules,
    expires_at: Timestamp,
    dice: &mut Dice,
) -> Result<ResponseId, Failure> {
    let concern = env.protocol.protocol.concerns.iter().find(|concern| concern.is_offered);
    let zones = concern.into_iter().flat_map(|concern| concern.zones.iter().take(1)).cloned().collect();
    let years = Span::new().years(30 + dice.below(25) as i64);
    let birth_on = rules.date_at(env.clock.now()).saturating_sub(years);
    all_no(tx, env, concern.map(|concern| concern.id.clone()), zones, birth_on, expires_at)
}

/// A self-check to which every answer was no.
pub(super) fn all_no(
    tx: &mut Tx<'_>,
    env: &Env,
    concern: Option<ConcernId>,
    zones: Vec<ZoneId>,
    birth_on: Date,
    expires_at: Timestamp,
) -> Result<ResponseId, Failure> {
    let asked = env.protocol.protocol.self_check().into_iter().flat_map(|(_, rules)| rules);
    let answers = asked.map(|rule| (rule.id.clone(), screening::Given::No)).collect();
    let response = QuestionnaireResponse {
        id: env.new_id(),
        protocol_sha256: env.protocol.sha256.clone(),
        state: ResponseState::Completed,
        concern,
        zones,
        birth_on: Some(birth_on),
        answers: screening::write_answers(&answers, None),
        outcome: Some(protocol::Outcome::Proceed.word().to_owned()),
        until_on: None,
        created_at: env.clock.now(),
        expires_at,
    };
    let token_hash = crate::Secret::new(&*env.chance).hash();
    store::responses::insert(tx, env.clinic_id, &response, &token_hash)?;
    Ok(response.id)
}
