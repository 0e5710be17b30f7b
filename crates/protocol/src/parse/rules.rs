//! Reads screening rules: questions, clauses with their conditions, and cases.

use vocab::{Jurisdiction, ProductId, RuleId, ZoneId};

use crate::{
    condition::{AnswerIs, Condition},
    model::{AnswerKind, AskedBy, Clause, Evidence, Protocol, Rule, UntilMode, ZonesHeld},
    outcome::{Outcome, Tag},
    parse::{Kind, Reading, cases, outcome_words},
    tree::{Fields, Node},
};

/// The most rules of a protocol.
const RULES_MAX: usize = 400;
/// How deep conditions may lie in each other.
const CONDITION_DEPTH_MAX: usize = 6;
/// The longest limit in days: ten years and a bit.
const DAYS_MAX: u32 = 3_660;
/// The highest age limit, in years.
const AGE_MAX: u32 = 120;

const ASKED_BY: [(&str, AskedBy); 5] = [
    ("self_check", AskedBy::SelfCheck),
    ("health_form", AskedBy::HealthForm),
    ("therapist_looks", AskedBy::TherapistLooks),
    ("birth_date", AskedBy::BirthDate),
    ("not_asked", AskedBy::NotAsked),
];

pub(super) fn read<'a>(reading: &mut Reading<'a>, root: &mut Fields<'a>, protocol: &mut Protocol) {
    for fields in root.tables(&mut reading.problems, "rule") {
        if protocol.rules.len() == RULES_MAX {
            let hint = format!("a protocol has at most {RULES_MAX} rules");
            reading.problems.add(&fields.place, "there are too many rules", hint);
            return;
        }
        protocol.rules.extend(read_rule(reading, fields));
    }
}

fn read_rule<'a>(reading: &mut Reading<'a>, mut fields: Fields<'a>) -> Option<Rule> {
    let id = reading.id(&mut fields, Kind::Rule, RuleId::new)?;
    let problems = &mut reading.problems;
    let condition = fields.text(problems, "condition");
    let asked_by = fields.choice(problems, "asked_by", &ASKED_BY);
    let label = fields.text(problems, "label");
    let question = fields.text(problems, "question");
    let hint = fields.optional_text(problems, "hint");
    let date_question = fields.optional_text(problems, "date_question");
    let asks_since_when = fields.flag(problems, "since", false);
    if asks_since_when && date_question.is_none() {
        let hint = "add `date_question = \"Since when …?\"`";
        problems.add(&fields.place, format!("the rule `{id}` asks since when but has no words for it"), hint);
    }
    let is_about_area = fields.flag(problems, "area", false);
    let note = fields.optional_text(problems, "note");
    let list = read_list(reading, &mut fields, asked_by);
    let evidence = reading.evidence(&mut fields, None);
    let clauses: Vec<Clause> = fields
        .tables(&mut reading.problems, "then")
        .into_iter()
        .map(|clause| read_clause(reading, clause, &evidence))
        .collect();
    if clauses.is_empty() {
        let hint = "add `[[rule.then]]` with when, outcome and reason";
        reading.problems.add(&fields.place, format!("the rule `{id}` says nothing follows"), hint);
    }
    let cases = cases::read(reading, &mut fields, "cases", Some(&id));
    let answer_kind = if date_question.is_some() { AnswerKind::Dated } else { AnswerKind::YesNo };
    if clauses.iter().any(|clause| clause.when.days().is_some()) && date_question.is_none() {
        let hint = "add `date_question = \"When …?\"`";
        reading.problems.add(
            &fields.place,
            format!("the rule `{id}` has a limit in days but asks no date"),
            hint,
        );
    }
    fields.finish(&mut reading.problems);
    Some(Rule {
        id,
        condition,
        asked_by,
        list,
        label,
        question,
        hint,
        date_question,
        asks_since_when,
        answer_kind,
        is_about_area,
        note,
        clauses,
        cases,
    })
}

fn read_list<'a>(reading: &mut Reading<'a>, fields: &mut Fields<'a>, asked_by: AskedBy) -> Option<String> {
    match (fields.optional("list"), asked_by) {
        (Some(node), AskedBy::SelfCheck) => {
            reading.pointer(&node, Kind::List, RuleId::new).map(|list| list.to_string())
        }
        (Some(node), _) => {
            let hint = "remove `list`, or write `asked_by = \"self_check\"`";
            reading.problems.add(&node.place, "only a rule of the self-check stands in a list", hint);
            None
        }
        (None, AskedBy::SelfCheck) => {
            let hint = "add `list = …`, the id of a `[[screen.list]]`";
            reading.problems.add(&fields.place, "a rule of the self-check stands in no list", hint);
            None
        }
        (None, _) => None,
    }
}

fn read_clause<'a>(reading: &mut Reading<'a>, mut fields: Fields<'a>, inherited: &Evidence) -> Clause {
    let when = match fields.required(&mut reading.problems, "when") {
        Some(node) => read_condition(reading, &node, 0, false),
        None => Condition::All(Vec::new()),
    };
    let outcome = fields.choice(&mut reading.problems, "outcome", &outcome_words());
    let until_modes =
        [("date", UntilMode::Date), ("date_if_told", UntilMode::DateIfTold), ("open", UntilMode::Open)];
    let until_mode = match fields.optional("until") {
        Some(node) => node.choice(&mut reading.problems, &until_modes),
        None => UntilMode::Date,
    };
    let until_words = fields.optional_text(&mut reading.problems, "until_words");
    let zones_held = [("none", ZonesHeld::None), ("asked", ZonesHeld::Asked), ("named", ZonesHeld::Named)];
    let zones = match fields.optional("zones") {
        Some(node) => node.choice(&mut reading.problems, &zones_held),
        None => ZonesHeld::None,
    };
    let bars = reading.pointers(&mut fields, "bars", Kind::Substance, ProductId::new).into_iter().collect();
    let reason = fields.text(&mut reading.problems, "reason");
    let first_step = fields.optional_text(&mut reading.problems, "first_step");
    let range_days = read_range_days(reading, &mut fields, &when);
    let mut evidence = reading.evidence(&mut fields, Some(inherited));
    if let Some(node) = fields.optional("days_tag") {
        // A clause is trusted no further than its number.
        evidence.tag =
            evidence.tag.max(node.choice(&mut reading.problems, &Tag::ALL.map(|tag| (tag.word(), tag))));
    }
    let clause = Clause {
        when,
        outcome,
        until_mode,
        until_words,
        range_days,
        zones,
        bars,
        reason,
        first_step,
        evidence,
    };
    check_clause(reading, &fields, &clause);
    fields.finish(&mut reading.problems);
    clause
}

fn read_range_days<'a>(
    reading: &mut Reading<'a>,
    fields: &mut Fields<'a>,
    when: &Condition,
) -> Option<(u32, u32)> {
    let node = fields.optional("range_days")?;
    let numbers = node.list(&mut reading.problems);
    let numbers: Vec<u32> =
        numbers.iter().map(|number| number.integer(&mut reading.problems, &(0..=DAYS_MAX))).collect();
    match (numbers.as_slice(), when.days()) {
        ([least, most], Some(days)) if (*least..=*most).contains(&days) => Some((*least, *most)),
        _ => {
            let hint = "write the shortest and longest of the sources, with the limit of `when` between them";
            reading.problems.add(&node.place, "the range does not hold the limit", hint);
            None
        }
    }
}

/// What makes no sense in a clause although each key reads well.
fn check_clause<'a>(reading: &mut Reading<'a>, fields: &Fields<'a>, clause: &Clause) {
    let mut wrong = |message: &str, hint: &str| reading.problems.add(&fields.place, message, hint);
    if clause.outcome > Outcome::Proceed && clause.evidence.tag == Tag::K {
        let hint = "read a source and raise the tag, or write `outcome = \"proceed\"`";
        wrong("a value tagged K (general knowledge) is never a hard rule", hint);
    }
    if clause.outcome == Outcome::ZonesExcluded && clause.zones == ZonesHeld::None {
        wrong("zones are excluded, but none is held", "add `zones = \"asked\"` or `zones = \"named\"`");
    }
    if clause.outcome == Outcome::NotThisProduct && clause.bars.is_empty() {
        wrong("a product is refused, but no substance is barred", "add `bars = […]`");
    }
    let may_be_open = clause.until_mode != UntilMode::Date || clause.when.days().is_none();
    if clause.outcome == Outcome::Wait && may_be_open && clause.until_words.is_none() {
        wrong("a wait without a date says no condition", "add `until_words = \"…\"` in plain words");
    }
    // "Not suitable, after the pregnancy" would say the opposite of what is meant.
    let goes_on = |words: &String| ["until ", "while "].iter().any(|begin| words.starts_with(begin));
    if clause.until_words.as_ref().is_some_and(|words| !goes_on(words)) {
        let hint =
            "begin it with `until` or `while`: it is read right after the outcome, as in \"wait until …\"";
        wrong("`until_words` does not say how long the outcome holds", hint);
    }
    if clause.outcome > Outcome::Proceed && clause.when == Condition::All(Vec::new()) {
        wrong("this clause would hold for everybody", "write a condition in `when`");
    }
}

/// Reads a condition: a table with exactly one key.
fn read_condition<'a>(
    reading: &mut Reading<'a>,
    node: &Node<'a>,
    depth: usize,
    under_not: bool,
) -> Condition {
    let nothing = Condition::All(Vec::new());
    if depth > CONDITION_DEPTH_MAX {
        reading.problems.add(
            &node.place,
            "conditions lie too deep in each other",
            "split the rule into clauses",
        );
        return nothing;
    }
    let Some(mut fields) = node.fields(&mut reading.problems) else { return nothing };
    let keys = fields.keys();
    let [key] = keys.as_slice() else {
        let hint = "write one of answer, within_days, told_within_days, age_below, zone_in, jurisdiction, \
                    anaesthetic_contains, all, any, not; join several with `all = [{…}, {…}]`";
        reading.problems.add(&node.place, "a condition has exactly one key", hint);
        return nothing;
    };
    let Some(value) = fields.optional(key) else { return nothing };
    let condition = read_atom(reading, key, &value, depth, under_not);
    if condition.is_none() {
        let hint = "use one of answer, within_days, told_within_days, age_below, zone_in, jurisdiction, \
                    anaesthetic_contains, all, any, not";
        reading.problems.add(&value.place, "this condition is not known", hint);
    }
    let condition = condition.unwrap_or(nothing);
    if under_not && condition.asks_an_answer() {
        let hint = "turn the condition round: a \"no\" must never count against somebody";
        reading.problems.add(&value.place, "an answer cannot stand under `not`", hint);
    }
    condition
}

fn read_atom<'a>(
    reading: &mut Reading<'a>,
    key: &str,
    value: &Node<'a>,
    depth: usize,
    under_not: bool,
) -> Option<Condition> {
    let problems = &mut reading.problems;
    Some(match key {
        "answer" => {
            Condition::Answer(value.choice(problems, &[("yes", AnswerIs::Yes), ("unsure", AnswerIs::Unsure)]))
        }
        "within_days" => Condition::WithinDays(value.integer(problems, &(1..=DAYS_MAX))),
        "told_within_days" => Condition::ToldWithinDays(value.integer(problems, &(1..=DAYS_MAX))),
        "age_below" => Condition::AgeBelow(value.integer(problems, &(1..=AGE_MAX))),
        "zone_in" => {
            let nodes = value.list(problems);
            let zones =
                nodes.iter().filter_map(|node| reading.pointer(node, Kind::ZoneOrRegion, ZoneId::new));
            Condition::ZoneIn(zones.collect())
        }
        "jurisdiction" => match reading.pointer(value, Kind::Jurisdiction, Jurisdiction::new) {
            Some(place) => Condition::JurisdictionIs(place),
            None => Condition::All(Vec::new()),
        },
        "anaesthetic_contains" => match reading.pointer(value, Kind::Substance, ProductId::new) {
            Some(product) => Condition::AnaestheticContains(product),
            None => Condition::All(Vec::new()),
        },
        "all" | "any" => {
            let parts = value.list(problems);
            if parts.is_empty() {
                problems.add(
                    &value.place,
                    "this list of conditions is empty",
                    "write at least one condition",
                );
            }
            let parts =
                parts.iter().map(|part| read_condition(reading, part, depth + 1, under_not)).collect();
            if key == "all" { Condition::All(parts) } else { Condition::Any(parts) }
        }
        "not" => Condition::Not(Box::new(read_condition(reading, value, depth + 1, true))),
        _ => return None,
    })
}
