//! The self-check: answers are kept under a secret in the visitor's cookie, and the rules are run on them again
//! whenever something depends on the outcome.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Span, Timestamp, civil::Date};
use protocol::{Answer, Assessment, Finding, Offer, Outcome, Protocol, ScreeningFacts};
pub use protocol::{Cream, cream_left};
use record::{Appointment, QuestionnaireResponse, ResponseState};
use store::Tx;
use vocab::{ConcernId, PriorTreatmentId, ProductId, ResponseId, RuleId, VisitTypeId, ZoneId};

use crate::{Env, Failure, Refusal, Secret, diary::Rules, failure::bad_data, visit_types::NEEDLING};

mod kept;
mod written;

pub(crate) use kept::copy;
use kept::{RESPONSE_DAYS, unless_booked};
pub use kept::{load, save};
use written::read_answers;
pub(crate) use written::write_answers;

/// What somebody answered to one question. Dates, not numbers of days: they stay true tomorrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// Ticked "none of these", or another question of the screen.
    No,
    /// Ticked.
    Yes,
    /// Ticked, and on this day.
    On(Date),
    /// Ticked, and in these zones; and on this day, if it was told.
    In {
        /// Some of the zones asked for, not all of them.
        zones: BTreeSet<ZoneId>,
        /// When, if it was told.
        on: Option<Date>,
    },
    /// Not sure.
    Unsure,
}

/// What is known of a self-check in progress.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SelfCheck {
    /// Why they come.
    pub concern: Option<ConcernId>,
    /// Where.
    pub zones: Vec<ZoneId>,
    /// When they were born.
    pub birth_on: Option<Date>,
    /// By rule; a question that is missing was not answered yet.
    pub answers: BTreeMap<RuleId, Given>,
    /// What was tried before; `None` if that was not asked yet. No rule looks at it.
    pub prior: Option<PriorTreatments>,
    /// The day of the last answer; `None` as long as nothing is kept.
    pub answered_on: Option<Date>,
    /// Whether it was completed.
    pub is_complete: bool,
}

impl SelfCheck {
    /// Takes over where they want to be treated. What was answered about the places asked for before says nothing of a
    /// place that is new: where it named some of them it counts for all until it is given again, and a "no" is open.
    pub fn set_zones(&mut self, protocol: &Protocol, zones: Vec<ZoneId>) {
        if !self.zones.is_empty() && zones.iter().any(|zone| !self.zones.contains(zone)) {
            for given in self.answers.values_mut() {
                if let Given::In { on, .. } = given {
                    *given = on.map_or(Given::Yes, Given::On);
                }
            }
            let is_open = |rule: &RuleId, given: &Given| {
                *given == Given::No && protocol.rule(rule).is_some_and(|rule| rule.is_about_area)
            };
            self.answers.retain(|rule, given| !is_open(rule, given));
        }
        self.zones = zones;
    }
}

/// What somebody has tried before they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriorTreatments {
    /// What was ticked.
    pub tried: BTreeSet<PriorTreatmentId>,
    /// Whether they were not sure about the rest. Not sure is never a no.
    pub is_unsure: bool,
}

/// The answer to a complete self-check, as of today.
pub fn assess(env: &Env, check: &SelfCheck) -> Result<Assessment, Failure> {
    let rules = crate::diary::current(env)?.rules.clone();
    let today = rules.date_at(env.clock.now());
    assess_on(env, &rules, check, today)
}

/// Where on the body a visit of this kind is kept with: a consultation with all that was asked for, a treatment without
/// what must be left out.
pub fn zones_kept(
    rules: &Rules,
    visit: &VisitTypeId,
    mut asked: Vec<ZoneId>,
    assessment: &Assessment,
) -> Result<Vec<ZoneId>, Failure> {
    if treats(rules, visit)? {
        asked.retain(|zone| assessment.zones_left.contains(zone));
    }
    Ok(asked)
}

fn assess_on(env: &Env, rules: &Rules, check: &SelfCheck, today: Date) -> Result<Assessment, Failure> {
    let protocol = &env.protocol.protocol;
    let birth_date = check.birth_on.ok_or(Failure::Refused(Refusal::SelfCheckMissing))?;
    let mut answers = BTreeMap::new();
    for (_, asked) in protocol.self_check() {
        for rule in asked {
            let answer = check.answers.get(&rule.id).map_or(Answer::Unanswered, |given| answer(given, today));
            answers.insert(rule.id.clone(), answer);
        }
    }
    let facts = ScreeningFacts {
        today,
        answered_days_ago: check.answered_on.map_or(0, |day| days_since(day, today)),
        birth_date,
        jurisdiction: rules.clinic.jurisdiction.clone(),
        zones: check.zones.iter().cloned().collect(),
        answers,
        anaesthetic: BTreeSet::new(),
    };
    protocol::screen(protocol, &facts).map_err(|_| Failure::Refused(Refusal::SelfCheckMissing))
}

fn answer(given: &Given, today: Date) -> Answer {
    match given {
        Given::No => Answer::No,
        Given::Yes => Answer::Yes,
        Given::Unsure => Answer::Unsure,
        Given::On(date) => Answer::DaysAgo(days_since(*date, today)),
        Given::In { zones, on: None } => Answer::In(zones.clone()),
        Given::In { zones, on: Some(date) } => Answer::InDaysAgo(zones.clone(), days_since(*date, today)),
    }
}

fn days_since(date: Date, today: Date) -> u32 {
    let days = date.until(today).map_or(0, |span| span.get_days());
    u32::try_from(days).unwrap_or(0)
}

/// What a visit takes over from the self-check it rests on.
#[derive(Debug, Clone)]
pub(crate) struct RestsOn {
    /// The response.
    pub(crate) id: ResponseId,
    /// Why they come.
    pub(crate) concern: Option<ConcernId>,
    /// Where: for a treatment the zones that are left, for a consultation all that were asked for.
    pub(crate) zones: Vec<ZoneId>,
    /// When they were born.
    pub(crate) birth_on: Option<Date>,
    /// When the response is forgotten, should nothing come of it.
    pub(crate) expires_at: Timestamp,
}

impl RestsOn {
    fn new(response: &QuestionnaireResponse) -> Self {
        Self {
            id: response.id,
            concern: response.concern.clone(),
            zones: response.zones.clone(),
            birth_on: response.birth_on,
            expires_at: response.expires_at,
        }
    }
}

/// Whether the self-check allows a visit of this kind at this time; what the visit takes over, if there is a self-check.
///
/// A visit without a device (a consultation) needs no self-check: it is where open questions are decided. But whoever
/// was told that this is not for them asks first: nobody is called in for a talk whose end is known.
pub(crate) fn permits(
    tx: &mut Tx<'_>,
    env: &Env,
    rules: &Rules,
    secret: Option<&Secret>,
    visit_type: &VisitTypeId,
    start_at: Timestamp,
) -> Result<Option<RestsOn>, Failure> {
    let now = env.clock.now();
    let response = match secret {
        None => None,
        Some(secret) => {
            let found = store::responses::by_token_to_change(tx, env.clinic_id, &secret.hash(), now)?;
            unless_booked(tx, env, found)?
        }
    };
    permitted(env, rules, response, visit_type, start_at)
}

/// The same for somebody on the wait list, on the answers they joined with.
pub(crate) fn permits_entry(
    tx: &mut Tx<'_>,
    env: &Env,
    rules: &Rules,
    response: Option<ResponseId>,
    visit_type: &VisitTypeId,
    start_at: Timestamp,
) -> Result<Option<RestsOn>, Failure> {
    let response = match response {
        None => None,
        Some(id) => store::responses::load(tx, env.clinic_id, id)?,
    };
    permitted(env, rules, response, visit_type, start_at)
}

fn permitted(
    env: &Env,
    rules: &Rules,
    response: Option<QuestionnaireResponse>,
    visit_type: &VisitTypeId,
    start_at: Timestamp,
) -> Result<Option<RestsOn>, Failure> {
    let response = response.filter(|response| response.state == ResponseState::Completed);
    let treats = treats(rules, visit_type)?;
    let Some(response) = response else {
        return if treats { Err(Refusal::SelfCheckMissing.into()) } else { Ok(None) };
    };
    let mut rests_on = RestsOn::new(&response);
    if response.protocol_sha256 != env.protocol.sha256 {
        return if treats { Err(Refusal::SelfCheckOutdated.into()) } else { Ok(Some(rests_on)) };
    }
    let today = rules.date_at(env.clock.now());
    let assessment = assess_on(env, rules, &self_check(rules, &response)?, today)?;
    match assessment.offer() {
        offer @ Offer::Enquiry => return Err(Refusal::SelfCheckSays(offer).into()),
        _ if !treats => {}
        offer => allows(offer, rules.date_at(start_at))?,
    }
    rests_on.zones = zones_kept(rules, visit_type, rests_on.zones, &assessment)?;
    Ok(Some(rests_on))
}

/// The same for a visit that is moved: on the answers it was booked on, if it was booked on any.
pub(crate) fn permits_move(
    tx: &mut Tx<'_>,
    env: &Env,
    rules: &Rules,
    appointment: &Appointment,
    start_at: Timestamp,
) -> Result<(), Failure> {
    match offer_to_move(tx, env, rules, appointment)? {
        Some(offer) => allows(offer, rules.date_at(start_at)),
        None => Ok(()),
    }
}

/// What the answers a visit was booked on allow today; `None` if it rests on none. Answers to another protocol than the one
/// in force cannot be judged anew: what they came to then still counts.
pub(crate) fn offer_to_move(
    tx: &mut Tx<'_>,
    env: &Env,
    rules: &Rules,
    appointment: &Appointment,
) -> Result<Option<Offer>, Failure> {
    let Some(id) = appointment.response_id else { return Ok(None) };
    let Some(response) = store::responses::load(tx, env.clinic_id, id)? else { return Ok(None) };
    if !treats(rules, &appointment.visit_type)? {
        return Ok(None);
    }
    if response.protocol_sha256 != env.protocol.sha256 {
        return Ok(kept_offer(&response));
    }
    let today = rules.date_at(env.clock.now());
    Ok(Some(assess_on(env, rules, &self_check(rules, &response)?, today)?.offer()))
}

/// What answers came to when they were given.
fn kept_offer(response: &QuestionnaireResponse) -> Option<Offer> {
    Some(match response.outcome.as_deref().and_then(outcome_of)? {
        Outcome::Proceed | Outcome::ZonesExcluded | Outcome::NotThisProduct => Offer::Treatment,
        Outcome::Wait => response.until_on.map_or(Offer::AskAgain, Offer::TreatmentFrom),
        Outcome::ClinicianDecides => Offer::Consultation,
        Outcome::NotSuitable => Offer::Enquiry,
    })
}

/// What a visit's self-check came to, for all who work at the clinic: they must know whether a clinician decides first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screened {
    /// The outcome on the day it was answered, as it was kept.
    pub outcome: Option<Outcome>,
    /// The day it was answered.
    pub answered_on: Date,
    /// The version of the protocol that answered; `None` if it was another than the one in force.
    pub protocol_version: Option<String>,
    /// What numbing cream that leaves: whoever prepares the visit must not be told of a cream that is barred.
    pub cream: Cream,
}

/// What a visit's self-check told, for its patient and for those who treat and decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Rules that were answered yes or not sure.
    pub rules: BTreeSet<RuleId>,
    /// Those of them that were answered not sure.
    pub unsure: BTreeSet<RuleId>,
    /// All findings of the day it was answered, strictest first; empty if the protocol in force cannot judge the answers.
    pub findings: Vec<Finding>,
    /// Numbing substances that the answers bar, as the protocol in force reads them.
    pub barred: BTreeSet<ProductId>,
    /// What was tried before, if it was asked.
    pub prior: Option<PriorTreatments>,
}

/// The outcome that was kept as this word.
fn outcome_of(word: &str) -> Option<Outcome> {
    Outcome::ALL.into_iter().find(|outcome| outcome.word() == word)
}

/// What a response came to, and what it told; `None` if it is forgotten.
pub(crate) fn told(
    tx: &mut Tx<'_>,
    env: &Env,
    rules: &Rules,
    id: ResponseId,
) -> Result<Option<(Screened, Told)>, Failure> {
    let response = store::responses::load(tx, env.clinic_id, id)?;
    response.map(|response| told_by(env, rules, &response)).transpose()
}

/// What a response came to, and what it told.
pub(crate) fn told_by(
    env: &Env,
    rules: &Rules,
    response: &QuestionnaireResponse,
) -> Result<(Screened, Told), Failure> {
    let protocol = &env.protocol.protocol;
    let check = self_check(rules, response)?;
    let is_in_force = response.protocol_sha256 == env.protocol.sha256;
    let answered_on = answered_on(rules, response);
    let mut findings = match assess_on(env, rules, &check, answered_on) {
        Ok(assessment) => assessment.findings,
        Err(Failure::Refused(_)) => Vec::new(),
        Err(failure) => return Err(failure),
    };
    // What was answered bars a cream whichever version asked; what was not asked yet bars none.
    findings.retain(|finding| is_in_force || check.answers.contains_key(&finding.rule));
    let barred = findings.iter().flat_map(|finding| finding.not_products.iter().cloned()).collect();
    if !is_in_force {
        findings.clear();
    }
    let screened = Screened {
        outcome: response.outcome.as_deref().and_then(outcome_of),
        answered_on,
        protocol_version: is_in_force.then(|| protocol.version.clone()),
        cream: cream_left(protocol, &barred),
    };
    let answered = |wanted: fn(&Given) -> bool| {
        let found = check.answers.iter().filter(|(_, given)| wanted(given));
        found.map(|(rule, _)| rule.clone()).collect()
    };
    let told = Told {
        rules: answered(|given| *given != Given::No),
        unsure: answered(|given| *given == Given::Unsure),
        findings,
        barred,
        prior: check.prior,
    };
    Ok((screened, told))
}

fn allows(offer: Offer, day: Date) -> Result<(), Failure> {
    match offer {
        Offer::Treatment => Ok(()),
        Offer::TreatmentFrom(first) if first <= day => Ok(()),
        Offer::TreatmentFrom(first) => Err(Refusal::NotBefore(first).into()),
        other => Err(Refusal::SelfCheckSays(other).into()),
    }
}

/// Whether skin is needled in this kind of visit: its lead must be trained for it.
pub fn treats(rules: &Rules, visit_type: &VisitTypeId) -> Result<bool, Failure> {
    let visit = rules.visits.get(visit_type).ok_or(Failure::NotFound)?;
    Ok(visit.roles.iter().any(|role| role.skills.iter().any(|skill| &**skill == NEEDLING)))
}

/// The day of the last answer: what is kept was written so long before it is forgotten.
fn answered_on(rules: &Rules, response: &QuestionnaireResponse) -> Date {
    let kept_at = response.expires_at.saturating_sub(Span::new().hours(24 * RESPONSE_DAYS));
    rules.date_at(kept_at.unwrap_or(Timestamp::MIN).max(response.created_at))
}

fn self_check(rules: &Rules, response: &QuestionnaireResponse) -> Result<SelfCheck, Failure> {
    let (answers, prior) = read_answers(&response.answers)
        .ok_or_else(|| bad_data(format!("the answers of response {}", response.id)))?;
    Ok(SelfCheck {
        concern: response.concern.clone(),
        zones: response.zones.clone(),
        birth_on: response.birth_on,
        answers,
        prior,
        answered_on: Some(answered_on(rules, response)),
        is_complete: response.state == ResponseState::Completed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_becomes_a_number_of_days() {
        let today = jiff::civil::date(2026, 11, 23);
        for (on, days) in
            [((2026, 11, 23), 0), ((2026, 11, 1), 22), ((2025, 11, 23), 365), ((2026, 11, 24), 0)]
        {
            let given = Given::On(jiff::civil::date(on.0, on.1, on.2));
            assert_eq!(answer(&given, today), Answer::DaysAgo(days));
        }
    }
}
