//! Every rule carries its cases: answers in, outcome out. They are run by `check`, and they must stand on both
//! sides of every limit.

use std::{collections::BTreeSet, fmt};

use jiff::civil::Date;
use vocab::{ProductId, RuleId, ZoneId};

use crate::{
    condition::{AnswerIs, Condition, Look, birthday},
    model::{Protocol, Rule, UntilMode},
    outcome::Outcome,
    screen::{Answer, ScreeningFacts, screen},
};

/// Facts and the whole answer expected for them.
#[derive(Debug, Clone)]
pub struct Case {
    /// The file it stands in, and the line.
    pub place: (String, usize),
    /// What is put to the rules.
    pub facts: ScreeningFacts,
    /// The outcome expected.
    pub outcome: Outcome,
    /// The day expected; `None` expects none.
    pub until: Option<Date>,
    /// Zones expected to be held back, exactly.
    pub zones_excluded: BTreeSet<ZoneId>,
    /// Substances expected to be barred, exactly.
    pub not_products: BTreeSet<ProductId>,
}

/// A case that did not come out as written, or one that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFailure {
    /// The rule it belongs to; `None` for cases over several rules.
    pub rule: Option<RuleId>,
    /// File and line of the case, or of nothing if it is missing.
    pub place: Option<(String, usize)>,
    /// What was expected and what came, or which case is missing.
    pub message: String,
}

impl fmt::Display for CaseFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((file, line)) = &self.place {
            write!(f, "{file}:{line}: ")?;
        }
        if let Some(rule) = &self.rule {
            write!(f, "{rule}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// Runs all cases, and looks for limits that no case stands at. Empty means all is well.
pub fn run_cases(protocol: &Protocol) -> Vec<CaseFailure> {
    let mut failures = Vec::new();
    for rule in &protocol.rules {
        for case in &rule.cases {
            failures.extend(run(protocol, Some(rule), case));
        }
        failures.extend(missing(protocol, rule).into_iter().map(|message| CaseFailure {
            rule: Some(rule.id.clone()),
            place: rule.cases.first().map(|case| case.place.clone()),
            message,
        }));
    }
    failures.extend(protocol.cases.iter().filter_map(|case| run(protocol, None, case)));
    failures
}

fn run(protocol: &Protocol, rule: Option<&Rule>, case: &Case) -> Option<CaseFailure> {
    let message = match screen(protocol, &case.facts) {
        Err(refusal) => format!("the case's facts are refused: {refusal}"),
        Ok(answer) => {
            let mut wrong = Vec::new();
            let mut compare = |what: &str, expected: String, came: String| {
                if expected != came {
                    wrong.push(format!("{what} expected {expected}, came {came}"));
                }
            };
            compare("outcome", case.outcome.to_string(), answer.outcome.to_string());
            compare("until", day(case.until), day(answer.until));
            compare("zones_excluded", names(&case.zones_excluded), names(&answer.zones_excluded));
            compare("not_products", names(&case.not_products), names(&answer.not_products));
            if wrong.is_empty() {
                return None;
            }
            wrong.join("; ")
        }
    };
    Some(CaseFailure { rule: rule.map(|rule| rule.id.clone()), place: Some(case.place.clone()), message })
}

fn day(day: Option<Date>) -> String {
    day.map_or("no date".to_owned(), |day| day.to_string())
}

fn names<T: fmt::Display>(names: &BTreeSet<T>) -> String {
    format!("[{}]", names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

/// Which cases a rule lacks: a yes, a no and a not sure where somebody answers; each clause reached; each part
/// of each clause once true and once false; and for a limit the day before it, on it and after it.
fn missing(protocol: &Protocol, rule: &Rule) -> Vec<String> {
    let answer_in = |case: &Case| case.facts.answers.get(&rule.id).cloned().unwrap_or(Answer::No);
    let has = |wanted: &dyn Fn(&Answer) -> bool| rule.cases.iter().any(|case| wanted(&answer_in(case)));
    let mut missing = Vec::new();
    if rule.clauses.iter().any(|clause| clause.when.asks_an_answer()) {
        for (word, is_there) in [
            ("yes", has(&Answer::is_yes)),
            ("no", has(&|answer| *answer == Answer::No)),
            ("unsure", has(&Answer::is_unsure)),
        ] {
            if !is_there {
                missing.push(format!("no case answers \"{word}\": add one"));
            }
        }
    }
    for (number, clause) in rule.clauses.iter().enumerate() {
        let holds = |condition: &Condition, case: &Case| {
            let answer = answer_in(case);
            let look = Look { protocol, facts: &case.facts, answer: &answer };
            condition.holds(look, UntilMode::Date).is_some()
        };
        if !rule.cases.iter().any(|case| holds(&clause.when, case)) {
            missing.push(format!("no case reaches clause {}: add one", number + 1));
        }
        let mut atoms = Vec::new();
        clause.when.atoms(&mut atoms);
        for atom in atoms {
            for wanted in [true, false] {
                if !rule.cases.iter().any(|case| holds(atom, case) == wanted) {
                    let side = if wanted { "inside" } else { "outside" };
                    missing.push(format!(
                        "clause {}: no case lies {side} {}: add one",
                        number + 1,
                        words(atom)
                    ));
                }
            }
            missing.extend(missing_at_limit(rule, atom, &answer_in));
        }
    }
    missing
}

fn missing_at_limit(rule: &Rule, atom: &Condition, answer_in: &dyn Fn(&Case) -> Answer) -> Vec<String> {
    let mut missing = Vec::new();
    match atom {
        Condition::WithinDays(days) | Condition::ToldWithinDays(days) => {
            for wanted in [days.saturating_sub(1), *days, days + 1] {
                if !rule.cases.iter().any(|case| answer_in(case) == Answer::DaysAgo(wanted)) {
                    missing.push(format!("no case answers {{ days_ago = {wanted} }}: add one"));
                }
            }
        }
        Condition::AgeBelow(years) => {
            let offsets: BTreeSet<i32> = rule.cases.iter().map(|case| days_past(case, *years)).collect();
            for (wanted, when) in [(-1, "the day before"), (0, "on"), (1, "the day after")] {
                if !offsets.contains(&wanted) {
                    missing.push(format!("no case lies {when} the birthday of {years} years: add one"));
                }
            }
        }
        _ => {}
    }
    missing
}

fn days_past(case: &Case, years: u32) -> i32 {
    birthday(case.facts.birth_date, years).until(case.facts.today).map_or(i32::MAX, |span| span.get_days())
}

fn words(atom: &Condition) -> String {
    match atom {
        Condition::Answer(AnswerIs::Yes) => "the answer yes".to_owned(),
        Condition::Answer(AnswerIs::Unsure) => "the answer unsure".to_owned(),
        Condition::WithinDays(days) | Condition::ToldWithinDays(days) => format!("{days} days"),
        Condition::AgeBelow(years) => format!("the age below {years}"),
        Condition::ZoneIn(_) => "its zones".to_owned(),
        Condition::JurisdictionIs(place) => format!("the jurisdiction {place}"),
        Condition::AnaestheticContains(product) => format!("numbing with {product}"),
        Condition::All(_) | Condition::Any(_) | Condition::Not(_) => "its condition".to_owned(),
    }
}
