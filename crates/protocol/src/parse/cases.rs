//! Reads cases: facts and the answer expected for them. What a case does not say stands in `[case_defaults]`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use toml::de::DeValue;
use vocab::{Jurisdiction, ProductId, RuleId, ZoneId};

use crate::{
    cases::Case,
    parse::{Kind, Reading, outcome_words},
    screen::{Answer, ScreeningFacts},
    tree::{Fields, Node},
};

/// The facts of a case that says nothing else.
#[derive(Debug, Clone)]
pub(super) struct CaseDefaults {
    today: Date,
    birth_date: Date,
    jurisdiction: Jurisdiction,
    zones: BTreeSet<ZoneId>,
}

pub(super) fn read_defaults<'a>(reading: &mut Reading<'a>, root: &mut Fields<'a>) {
    let Some(node) = root.optional("case_defaults") else { return };
    let Some(mut fields) = node.fields(&mut reading.problems) else { return };
    if reading.case_defaults.is_some() {
        reading.problems.add(&node.place, "`[case_defaults]` stands twice", "keep it in one file only");
    }
    let mut date = |fields: &mut Fields<'a>, key| {
        fields.required(&mut reading.problems, key).map(|node| node.date(&mut reading.problems))
    };
    let today = date(&mut fields, "today");
    let birth_date = date(&mut fields, "birth_date");
    let jurisdiction = fields
        .required(&mut reading.problems, "jurisdiction")
        .and_then(|node| reading.pointer(&node, Kind::Jurisdiction, Jurisdiction::new));
    let zones = reading.pointers(&mut fields, "zones", Kind::Zone, ZoneId::new).into_iter().collect();
    fields.finish(&mut reading.problems);
    if let (Some(today), Some(birth_date), Some(jurisdiction)) = (today, birth_date, jurisdiction) {
        reading.case_defaults = Some(CaseDefaults { today, birth_date, jurisdiction, zones });
    }
}

/// Reads the cases under `key`. Cases of a rule say `answer`, the others `answers` by rule.
pub(super) fn read<'a>(
    reading: &mut Reading<'a>,
    parent: &mut Fields<'a>,
    key: &str,
    rule: Option<&RuleId>,
) -> Vec<Case> {
    let tables = parent.tables(&mut reading.problems, key);
    if let Some(first) = tables.first().filter(|_| reading.case_defaults.is_none()) {
        let hint = "add `[case_defaults]` with today, birth_date, jurisdiction and zones to one file";
        reading.problems.add(&first.place, "there are cases, but no defaults for them", hint);
        return Vec::new();
    }
    tables.into_iter().filter_map(|fields| read_case(reading, fields, rule)).collect()
}

fn read_case<'a>(reading: &mut Reading<'a>, mut fields: Fields<'a>, rule: Option<&RuleId>) -> Option<Case> {
    let CaseDefaults { today, birth_date, jurisdiction, zones } = reading.case_defaults.clone()?;
    let mut facts = ScreeningFacts {
        today,
        answered_days_ago: 0,
        birth_date,
        jurisdiction,
        zones,
        answers: BTreeMap::new(),
        anaesthetic: BTreeSet::new(),
    };
    if let Some(node) = fields.optional("today") {
        facts.today = node.date(&mut reading.problems);
    }
    if let Some(node) = fields.optional("birth_date") {
        facts.birth_date = node.date(&mut reading.problems);
    }
    if let Some(node) = fields.optional("jurisdiction") {
        facts.jurisdiction = reading.pointer(&node, Kind::Jurisdiction, Jurisdiction::new)?;
    }
    if fields.optional("zones").is_some() {
        facts.zones = reading.pointers(&mut fields, "zones", Kind::Zone, ZoneId::new).into_iter().collect();
    }
    facts.anaesthetic = substances(reading, &mut fields, "anaesthetic");
    if let Some(rule) = rule
        && let Some(node) = fields.optional("answer")
    {
        facts.answers.insert(rule.clone(), read_answer(reading, &node));
    }
    if let Some(node) = fields.optional("answers") {
        read_answers(reading, &node, &mut facts.answers);
    }
    let outcome = fields.choice(&mut reading.problems, "outcome", &outcome_words());
    let until = fields.optional("until").map(|node| node.date(&mut reading.problems));
    let zones_excluded =
        reading.pointers(&mut fields, "zones_excluded", Kind::Zone, ZoneId::new).into_iter().collect();
    let not_products = substances(reading, &mut fields, "not_products");
    let place = (fields.place.source.name.to_owned(), fields.place.line_and_column().0);
    fields.finish(&mut reading.problems);
    Some(Case { place, facts, outcome, until, zones_excluded, not_products })
}

fn substances<'a>(reading: &mut Reading<'a>, fields: &mut Fields<'a>, key: &str) -> BTreeSet<ProductId> {
    reading.pointers(fields, key, Kind::Substance, ProductId::new).into_iter().collect()
}

fn read_answers<'a>(reading: &mut Reading<'a>, node: &Node<'a>, answers: &mut BTreeMap<RuleId, Answer>) {
    let Some(mut fields) = node.fields(&mut reading.problems) else { return };
    for key in fields.keys() {
        let Some(answer) = fields.optional(&key) else { continue };
        match RuleId::new(&key) {
            Ok(rule) => {
                reading.point(Kind::Rule, &key, &answer.place);
                answers.insert(rule, read_answer(reading, &answer));
            }
            Err(problem) => {
                reading.problems.add(&answer.place, "this is not a rule's id", problem.to_string())
            }
        }
    }
}

fn read_answer<'a>(reading: &mut Reading<'a>, node: &Node<'a>) -> Answer {
    const WORDS: [(&str, u8); 4] = [("no", 0), ("yes", 1), ("unsure", 2), ("unanswered", 3)];
    if !matches!(node.value, DeValue::Table(_)) {
        return match node.choice(&mut reading.problems, &WORDS) {
            0 => Answer::No,
            1 => Answer::Yes,
            2 => Answer::Unsure,
            _ => Answer::Unanswered,
        };
    }
    let Some(mut fields) = node.fields(&mut reading.problems) else { return Answer::No };
    let days = fields.optional("days_ago").map(|days| days.integer(&mut reading.problems, &(0..=u32::MAX)));
    let names_zones = fields.optional("zones").is_some();
    let mut zones = || reading.pointers(&mut fields, "zones", Kind::Zone, ZoneId::new).into_iter().collect();
    let answer = match (days, names_zones) {
        (Some(days), false) => Answer::DaysAgo(days),
        (Some(days), true) => Answer::InDaysAgo(zones(), days),
        (None, true) => Answer::In(zones()),
        (None, false) => {
            let hint = "write { days_ago = 3 }, { zones = [\"cheek\"] } or both";
            reading.problems.add(&node.place, "this answer says neither days nor zones", hint);
            Answer::No
        }
    };
    fields.finish(&mut reading.problems);
    answer
}
