//! Screening: answers, zones, birth date and place in; one graded answer with all its reasons out.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use jiff::civil::Date;
use vocab::{Jurisdiction, ProductId, RuleId, ZoneId};

use crate::{
    condition::{Look, Until},
    model::{Clause, Protocol, Rule, UntilMode, Zone, ZonesHeld},
    outcome::{Outcome, Tag},
    tree::shorten,
};

/// More days than this are a slip of the pen: nobody remembers an event of 120 years ago.
const DAYS_AGO_MAX: u32 = 43_830;
/// Nobody is older, in years.
const AGE_MAX: u32 = 120;

/// What a person answered to one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// No.
    No,
    /// Yes, with nothing more known.
    Yes,
    /// Not sure.
    Unsure,
    /// The question was shown and not answered.
    Unanswered,
    /// Yes, so many whole days ago. For "until it is over" questions: since so many days it is over.
    DaysAgo(u32),
    /// Yes, in these zones.
    In(BTreeSet<ZoneId>),
    /// Both: yes, in these zones, so many whole days ago.
    InDaysAgo(BTreeSet<ZoneId>, u32),
}

impl Answer {
    pub(crate) fn is_yes(&self) -> bool {
        matches!(self, Self::Yes | Self::DaysAgo(_) | Self::In(_) | Self::InDaysAgo(..))
    }

    /// The zones it names, if it names any.
    pub(crate) fn zones(&self) -> Option<&BTreeSet<ZoneId>> {
        match self {
            Self::In(zones) | Self::InDaysAgo(zones, _) => Some(zones),
            _ => None,
        }
    }

    /// How many days ago, if it says so.
    pub(crate) fn days_ago(&self) -> Option<u32> {
        match self {
            Self::DaysAgo(days) | Self::InDaysAgo(_, days) => Some(*days),
            _ => None,
        }
    }

    pub(crate) fn is_unsure(&self) -> bool {
        matches!(self, Self::Unsure | Self::Unanswered)
    }
}

/// Everything a screening looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScreeningFacts {
    /// The day for which it is asked, in the clinic's time zone.
    pub today: Date,
    /// How many days before it the answers were given: what somebody did not say when, happened by then.
    pub answered_days_ago: u32,
    /// The person's.
    pub birth_date: Date,
    /// Where the clinic stands.
    pub jurisdiction: Jurisdiction,
    /// The zones asked for; at least one.
    pub zones: BTreeSet<ZoneId>,
    /// What was answered. A rule left out counts as asked and answered no.
    pub answers: BTreeMap<RuleId, Answer>,
    /// Substances of the numbing product chosen for the visit; empty when none is chosen yet.
    pub anaesthetic: BTreeSet<ProductId>,
}

/// Where in the facts a problem lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactPlace {
    /// `today`.
    Today,
    /// `birth_date`.
    BirthDate,
    /// `jurisdiction`.
    Jurisdiction,
    /// `zones`.
    Zones,
    /// One answer.
    Answer(RuleId),
    /// `anaesthetic`.
    Anaesthetic,
}

/// One thing in the facts that cannot be. Holds no birth date and no other datum of a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FactProblem {
    /// Where.
    pub place: FactPlace,
    /// What is wrong and what to do.
    pub message: String,
}

/// The facts cannot be screened; every reason is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Never empty.
    pub problems: Vec<FactProblem>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let messages: Vec<&str> = self.problems.iter().map(|problem| problem.message.as_str()).collect();
        f.write_str(&messages.join("; "))
    }
}

impl std::error::Error for Refusal {}

/// One rule's remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule, or the fixed exclusion of a zone.
    pub rule: RuleId,
    /// What follows from it alone.
    pub outcome: Outcome,
    /// The first day on which time alone no longer speaks against it; `None` when no date can be known.
    pub until: Option<Date>,
    /// When it ends, in plain words, where there is no date.
    pub until_words: Option<String>,
    /// Zones it holds back, of those asked for.
    pub zones: BTreeSet<ZoneId>,
    /// Numbing substances it bars.
    pub not_products: BTreeSet<ProductId>,
    /// In plain words.
    pub reason: String,
    /// What to do before anything else; `None` for most, and while it is not sure.
    pub first_step: Option<String>,
    /// Keys into the bibliography; never empty.
    pub sources: Vec<String>,
    /// How far the value can be trusted.
    pub tag: Tag,
    /// Whether the value ships confirmed (tags V and S).
    pub confirmed: bool,
}

impl Finding {
    /// Whether it says when it ends, as a date or in words.
    pub fn has_end(&self) -> bool {
        self.until.is_some() || self.until_words.is_some()
    }

    /// Greater is stricter: by outcome, then an open end over any date, then the later date.
    pub fn strictness(&self) -> (Outcome, bool, Option<Date>) {
        (self.outcome, self.until.is_none(), self.until)
    }
}

/// The answer for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// That of the strictest finding; [`Outcome::Proceed`] without any.
    pub outcome: Outcome,
    /// The latest end among the findings of that outcome; `None` if one of them has no date.
    pub until: Option<Date>,
    /// Zones held back, of those asked for, by any finding.
    pub zones_excluded: BTreeSet<ZoneId>,
    /// Numbing substances barred by any finding.
    pub not_products: BTreeSet<ProductId>,
    /// Zones asked for and not held back.
    pub zones_left: BTreeSet<ZoneId>,
    /// All findings, strictest first, then by rule.
    pub findings: Vec<Finding>,
}

/// What can be booked on an assessment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    /// A treatment of the zones left.
    Treatment,
    /// A treatment of the zones left, on this day or later.
    TreatmentFrom(Date),
    /// Nothing yet: a condition in words must be met first, then the questions are asked again.
    AskAgain,
    /// A consultation.
    Consultation,
    /// Only an enquiry.
    Enquiry,
}

impl Assessment {
    /// The findings of the outcome, which is that of the strictest.
    pub fn leading(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().take_while(|finding| finding.outcome == self.outcome)
    }

    /// What can be booked. The outcome says what the strictest finding says and no more; an assessment that holds
    /// back every zone still reads `zones_excluded`, since a finding often bars a part of a zone (a tattoo in it).
    /// But there is then nothing left to book a treatment of, so the offer is a consultation.
    pub fn offer(&self) -> Offer {
        match (self.outcome, self.until) {
            (Outcome::NotSuitable, _) => Offer::Enquiry,
            (Outcome::ClinicianDecides, _) => Offer::Consultation,
            _ if self.zones_left.is_empty() => Offer::Consultation,
            (Outcome::Wait, Some(day)) => Offer::TreatmentFrom(day),
            (Outcome::Wait, None) => Offer::AskAgain,
            _ => Offer::Treatment,
        }
    }

    fn of(mut findings: Vec<Finding>, asked: &BTreeSet<ZoneId>) -> Self {
        findings.sort_by(|one, other| {
            Reverse(one.strictness())
                .cmp(&Reverse(other.strictness()))
                .then_with(|| one.rule.cmp(&other.rule))
        });
        let leading = findings.first();
        let outcome = leading.map_or(Outcome::Proceed, |finding| finding.outcome);
        // An open end sorts first and any other by date, so the first finding's end is the latest.
        let until = leading.and_then(|finding| finding.until);
        let zones_excluded: BTreeSet<ZoneId> =
            findings.iter().flat_map(|finding| finding.zones.clone()).collect();
        let not_products = findings.iter().flat_map(|finding| finding.not_products.clone()).collect();
        let zones_left = asked.difference(&zones_excluded).cloned().collect();
        Self { outcome, until, zones_excluded, not_products, zones_left, findings }
    }
}

/// Screens one person.
///
/// # Errors
///
/// A [`Refusal`] with every problem, if the facts name what the protocol does not know or cannot be true.
pub fn screen(protocol: &Protocol, facts: &ScreeningFacts) -> Result<Assessment, Refusal> {
    let problems = check_facts(protocol, facts);
    if !problems.is_empty() {
        return Err(Refusal { problems });
    }
    let mut findings = Vec::new();
    for rule in &protocol.rules {
        findings.extend(findings_of(protocol, facts, rule));
    }
    findings.extend(facts.zones.iter().filter_map(|id| fixed_exclusion(protocol.zone(id)?)));
    Ok(Assessment::of(findings, &facts.zones))
}

fn findings_of(protocol: &Protocol, facts: &ScreeningFacts, rule: &Rule) -> Vec<Finding> {
    let given = facts.answers.get(&rule.id).unwrap_or(&Answer::No);
    let elsewhere = rule.is_about_area && given.zones().is_some_and(|zones| zones.is_disjoint(&facts.zones));
    let answer = if elsewhere { &Answer::No } else { given };
    let look = Look { protocol, facts, answer };
    let mut findings: Vec<Finding> =
        rule.clauses.iter().filter_map(|clause| finding_of(rule, clause, look)).collect();
    if answer.is_unsure() && !has_own_unsure_clause(rule) {
        findings.extend(unsure_finding(protocol, rule, look));
    }
    findings
}

fn finding_of(rule: &Rule, clause: &Clause, look: Look<'_>) -> Option<Finding> {
    let until = clause.when.holds(look, clause.until_mode)?;
    let zones = match (clause.zones, look.answer.zones()) {
        (ZonesHeld::None, _) => BTreeSet::new(),
        (_, Some(named)) => named.intersection(&look.facts.zones).cloned().collect(),
        (ZonesHeld::Asked, _) => look.facts.zones.clone(),
        (ZonesHeld::Named, _) => BTreeSet::new(),
    };
    if clause.outcome == Outcome::ZonesExcluded && zones.is_empty() {
        return None;
    }
    let until = match until {
        Until::Day(day) if clause.until_mode != UntilMode::Open => Some(day),
        _ => None,
    };
    Some(Finding {
        rule: rule.id.clone(),
        outcome: clause.outcome,
        until,
        until_words: if until.is_some() { None } else { clause.until_words.clone() },
        zones,
        not_products: clause.bars.clone(),
        reason: clause.reason.clone(),
        first_step: clause.first_step.clone(),
        sources: clause.evidence.sources.clone(),
        tag: clause.evidence.tag,
        confirmed: clause.evidence.tag.is_confirmed(),
    })
}

/// "Not sure" asks what a yes would have led to. If to anything, a clinician decides, and what a yes would have
/// held back is held back until then.
fn unsure_finding(protocol: &Protocol, rule: &Rule, look: Look<'_>) -> Option<Finding> {
    let yes = Look { answer: &Answer::Yes, ..look };
    let if_yes: Vec<Finding> = rule
        .clauses
        .iter()
        .filter(|clause| clause.when.asks_an_answer())
        .filter_map(|clause| finding_of(rule, clause, yes))
        .collect();
    let strictest = if_yes.iter().max_by_key(|finding| finding.strictness())?;
    Some(Finding {
        outcome: Outcome::ClinicianDecides,
        until: None,
        until_words: None,
        zones: if_yes.iter().flat_map(|finding| finding.zones.clone()).collect(),
        not_products: if_yes.iter().flat_map(|finding| finding.not_products.clone()).collect(),
        reason: format!("{} {}", protocol.unsure_reason, strictest.reason),
        first_step: None,
        ..strictest.clone()
    })
}

fn has_own_unsure_clause(rule: &Rule) -> bool {
    rule.clauses.iter().any(|clause| clause.when.mentions_unsure())
}

fn fixed_exclusion(zone: &Zone) -> Option<Finding> {
    let never = zone.never.as_ref()?;
    Some(Finding {
        rule: never.rule.clone(),
        outcome: Outcome::ZonesExcluded,
        until: None,
        until_words: None,
        zones: BTreeSet::from([zone.id.clone()]),
        not_products: BTreeSet::new(),
        reason: never.reason.clone(),
        first_step: None,
        sources: never.evidence.sources.clone(),
        tag: never.evidence.tag,
        confirmed: never.evidence.tag.is_confirmed(),
    })
}

fn check_facts(protocol: &Protocol, facts: &ScreeningFacts) -> Vec<FactProblem> {
    let mut problems = Vec::new();
    let mut add = |place, message: String| problems.push(FactProblem { place, message });
    if !(2000..=2200).contains(&facts.today.year()) {
        add(FactPlace::Today, "today must lie between the years 2000 and 2200".to_owned());
    }
    if facts.birth_date > facts.today {
        add(FactPlace::BirthDate, "the birth date lies in the future: check the year".to_owned());
    } else if facts.today.year() - facts.birth_date.year() > AGE_MAX as i16 {
        add(FactPlace::BirthDate, format!("the birth date is more than {AGE_MAX} years ago: check the year"));
    }
    if protocol.jurisdiction(&facts.jurisdiction).is_none() {
        let known: Vec<&str> = protocol.jurisdictions.iter().map(|place| place.id.as_str()).collect();
        let message = format!(
            "the jurisdiction `{}` is not in the protocol; known: {}",
            facts.jurisdiction,
            known.join(", ")
        );
        add(FactPlace::Jurisdiction, message);
    }
    if facts.zones.is_empty() {
        add(FactPlace::Zones, "no zone is asked for: name at least one".to_owned());
    }
    for zone in facts.zones.iter().filter(|zone| protocol.zone(zone).is_none()) {
        add(FactPlace::Zones, unknown_zone(protocol, zone.as_str()));
    }
    for product in &facts.anaesthetic {
        if !protocol.substances.iter().any(|substance| substance.id == *product) {
            add(FactPlace::Anaesthetic, format!("the numbing substance `{product}` is not in the protocol"));
        }
    }
    for (rule, answer) in &facts.answers {
        if protocol.rule(rule).is_none() {
            let message = format!("the rule `{rule}` is not in the protocol: check the spelling of its id");
            add(FactPlace::Answer(rule.clone()), message);
        }
        for message in check_answer(protocol, facts, answer) {
            add(FactPlace::Answer(rule.clone()), message);
        }
    }
    problems
}

fn check_answer(protocol: &Protocol, facts: &ScreeningFacts, answer: &Answer) -> Vec<String> {
    let mut messages = match answer.days_ago() {
        None => Vec::new(),
        Some(days) if days > DAYS_AGO_MAX => {
            vec![format!("`days_ago` is more than {DAYS_AGO_MAX}: check the number")]
        }
        Some(days) => {
            let age_days = facts.birth_date.until(facts.today).map_or(i32::MAX, |age| age.get_days());
            let is_before_birth = facts.birth_date <= facts.today && i64::from(days) > i64::from(age_days);
            if is_before_birth {
                vec!["`days_ago` lies before the birth date: check both".to_owned()]
            } else {
                Vec::new()
            }
        }
    };
    if let Some(zones) = answer.zones() {
        if zones.is_empty() {
            messages.push("the answer names no zone: name one, or say yes".to_owned());
        }
        let unknown = zones.iter().filter(|zone| protocol.zone(zone).is_none());
        messages.extend(unknown.map(|zone| unknown_zone(protocol, zone.as_str())));
    }
    messages
}

/// The message for a zone the protocol does not know, with those it does.
pub(crate) fn unknown_zone(protocol: &Protocol, word: &str) -> String {
    let known: Vec<&str> = protocol.zones.iter().map(|zone| zone.id.as_str()).collect();
    format!("the zone `{}` is not in the protocol; known: {}", shorten(word), known.join(", "))
}
