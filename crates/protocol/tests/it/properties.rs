//! What must hold for every person and every protocol file, not only for the cases written down.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{
    Span,
    civil::{Date, date},
};
use proptest::{prelude::*, sample::subsequence};
use protocol::{Answer, Assessment, FactPlace, Offer, Outcome, Protocol, ScreeningFacts, run_cases, screen};
use vocab::{Jurisdiction, RuleId, ZoneId};

thread_local! {
    static PROTOCOL: Protocol = super::shipped();
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        Just(Answer::No),
        Just(Answer::Yes),
        Just(Answer::Unsure),
        Just(Answer::Unanswered),
        (0u32..400).prop_map(Answer::DaysAgo),
        zones(1).prop_map(Answer::In),
        (zones(1), 0u32..400).prop_map(|(zones, days)| Answer::InDaysAgo(zones, days)),
    ]
}

fn zones(least: usize) -> impl Strategy<Value = BTreeSet<ZoneId>> {
    let all: Vec<ZoneId> =
        PROTOCOL.with(|protocol| protocol.zones.iter().map(|zone| zone.id.clone()).collect());
    subsequence(all, least..4).prop_map(|zones| zones.into_iter().collect())
}

fn rule() -> impl Strategy<Value = RuleId> {
    let all: Vec<RuleId> =
        PROTOCOL.with(|protocol| protocol.rules.iter().map(|rule| rule.id.clone()).collect());
    prop::sample::select(all)
}

fn facts() -> impl Strategy<Value = ScreeningFacts> {
    let places: Vec<Jurisdiction> =
        PROTOCOL.with(|protocol| protocol.jurisdictions.iter().map(|place| place.id.clone()).collect());
    let answers = prop::collection::btree_map(rule(), answer(), 0..6);
    (0i64..3_000, 400i64..40_000, prop::sample::select(places), zones(1), answers).prop_map(
        |(day, age_days, jurisdiction, zones, answers)| {
            let today = date(2026, 1, 1).saturating_add(Span::new().days(day));
            let birth_date = today.saturating_sub(Span::new().days(age_days));
            let anaesthetic = BTreeSet::new();
            let answered_days_ago = 0;
            ScreeningFacts { today, answered_days_ago, birth_date, jurisdiction, zones, answers, anaesthetic }
        },
    )
}

fn assess(facts: &ScreeningFacts) -> Assessment {
    PROTOCOL.with(|protocol| screen(protocol, facts)).unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// Greater is stricter: the outcome, then an open end over a date, then the later date.
fn strictness(answer: &Assessment) -> (Outcome, bool, Option<Date>) {
    let open = answer.until.is_none() && answer.outcome > Outcome::Proceed;
    (answer.outcome, open, answer.until)
}

fn with(facts: &ScreeningFacts, rule: &RuleId, answer: Answer) -> ScreeningFacts {
    let mut facts = facts.clone();
    facts.answers.insert(rule.clone(), answer);
    facts
}

proptest! {
    #[test]
    fn adding_a_finding_never_makes_the_answer_milder(facts in facts(), rule in rule(), answer in answer()) {
        let before = assess(&with(&facts, &rule, Answer::No));
        let after = assess(&with(&facts, &rule, answer));
        prop_assert!(strictness(&after) >= strictness(&before));
        prop_assert!(after.zones_excluded.is_superset(&before.zones_excluded));
        prop_assert!(after.not_products.is_superset(&before.not_products));
        prop_assert!(after.findings.len() >= before.findings.len());
    }

    #[test]
    fn not_sure_is_never_milder_than_no_and_never_a_plain_yes(facts in facts(), rule in rule()) {
        let no = assess(&with(&facts, &rule, Answer::No));
        let yes = assess(&with(&facts, &rule, Answer::Yes));
        let unsure = assess(&with(&facts, &rule, Answer::Unsure));
        prop_assert!(strictness(&unsure) >= strictness(&no));
        prop_assert!(unsure.zones_excluded.is_superset(&yes.zones_excluded));
        prop_assert!(unsure.not_products.is_superset(&yes.not_products));
        if yes != no && rule.as_str() != "SCR-BBV" {
            prop_assert!(unsure.outcome >= Outcome::ClinicianDecides);
        }
        prop_assert_eq!(assess(&with(&facts, &rule, Answer::Unanswered)), unsure);
    }

    #[test]
    fn the_order_of_rules_does_not_matter(facts in facts(), turn in any::<u16>()) {
        let shuffled = PROTOCOL.with(|protocol| {
            let mut protocol = protocol.clone();
            let turn = usize::from(turn) % protocol.rules.len();
            protocol.rules.rotate_left(turn);
            protocol.rules.reverse();
            screen(&protocol, &facts)
        });
        let (one, other) = (assess(&facts), shuffled.unwrap_or_else(|refusal| panic!("{refusal}")));
        prop_assert_eq!(one, other);
    }

    #[test]
    fn a_longer_time_ago_is_never_stricter(facts in facts(), rule in rule(), days in 0u32..399) {
        let sooner = assess(&with(&facts, &rule, Answer::DaysAgo(days)));
        let longer = assess(&with(&facts, &rule, Answer::DaysAgo(days + 1)));
        prop_assert!(strictness(&longer) <= strictness(&sooner));
    }

    #[test]
    fn a_day_given_is_kept(facts in facts(), rule in rule(), days in 0u32..399) {
        // A wait that ends on a day has ended on that day, and not the day before, for the same event.
        let mut facts = facts;
        facts.answers = BTreeMap::from([(rule.clone(), Answer::DaysAgo(days))]);
        let answer = assess(&facts);
        for finding in answer.findings.iter().filter(|finding| finding.rule == rule) {
            let Some(until) = finding.until else { continue };
            prop_assert!(until > facts.today);
            let still_there = |day: Date| {
                let passed = u32::try_from(facts.today.until(day).map_or(0, |span| span.get_days())).unwrap_or(0);
                let mut later = facts.clone();
                later.today = day;
                later.answers = BTreeMap::from([(rule.clone(), Answer::DaysAgo(days + passed))]);
                let same = |other: &protocol::Finding| other.rule == rule && other.outcome == finding.outcome;
                assess(&later).findings.iter().any(same)
            };
            prop_assert!(!still_there(until));
            prop_assert!(still_there(until.saturating_sub(Span::new().days(1))));
        }
    }

    #[test]
    fn an_answer_is_all_of_a_piece(facts in facts()) {
        let answer = assess(&facts);
        prop_assert!(answer.findings.is_sorted_by(|one, other| one.strictness() >= other.strictness()));
        let worst = answer.findings.iter().map(|finding| finding.outcome).max();
        prop_assert_eq!(answer.outcome, worst.unwrap_or(Outcome::Proceed));
        prop_assert!(answer.zones_excluded.is_subset(&facts.zones));
        prop_assert!(answer.zones_left.is_disjoint(&answer.zones_excluded));
        prop_assert_eq!(answer.zones_left.len() + answer.zones_excluded.len(), facts.zones.len());
        for finding in &answer.findings {
            prop_assert!(!finding.reason.is_empty() && !finding.sources.is_empty());
            prop_assert!(finding.outcome != Outcome::Wait || finding.until.is_some() || finding.until_words.is_some());
        }
        let may_treat = matches!(answer.offer(), Offer::Treatment | Offer::TreatmentFrom(_));
        prop_assert!(!may_treat || (answer.outcome <= Outcome::Wait && !answer.zones_left.is_empty()));
    }

    #[test]
    fn no_text_brings_the_reader_down(text in "\\PC{0,200}", cut in 0usize..4_000, insert in "[\\[\\]{}=\"',.#\\n a-z0-9]{0,12}") {
        let _ = Protocol::parse(&[("a.toml", &text)]);
        // Damage done to a sound file gets further into the reader than noise does.
        let mut damaged = include_str!("../../../../protocols/micro-needling/screening.toml").to_owned();
        let mut at = cut.min(damaged.len());
        while !damaged.is_char_boundary(at) {
            at -= 1;
        }
        damaged.truncate(4_000);
        damaged.insert_str(at.min(damaged.len()), &insert);
        let _ = Protocol::parse(&[("a.toml", &damaged), ("b.md", &text)]);
    }
}

#[test]
fn every_rule_is_reached_by_a_case() {
    let protocol = super::shipped();
    assert_eq!(run_cases(&protocol), [], "a rule that no case reaches is reported there");
    let mut reached = BTreeSet::new();
    for case in protocol.rules.iter().flat_map(|rule| &rule.cases).chain(&protocol.cases) {
        let answer = screen(&protocol, &case.facts).unwrap_or_else(|refusal| panic!("{refusal}"));
        reached.extend(answer.findings.into_iter().map(|finding| finding.rule));
    }
    let rules = protocol.rules.iter().map(|rule| rule.id.clone());
    let fixed = protocol.zones.iter().filter_map(|zone| Some(zone.never.as_ref()?.rule.clone()));
    let all: BTreeSet<RuleId> = rules.chain(fixed).collect();
    assert_eq!(reached, all);
}

#[test]
fn impossible_facts_are_refused_with_every_reason() {
    let protocol = super::shipped();
    let name = |text: &str| RuleId::new(text).unwrap_or_else(|problem| panic!("{problem}"));
    let zone = |text: &str| ZoneId::new(text).unwrap_or_else(|problem| panic!("{problem}"));
    let place = |text: &str| Jurisdiction::new(text).unwrap_or_else(|problem| panic!("{problem}"));
    let sound = ScreeningFacts {
        today: date(2026, 11, 23),
        answered_days_ago: 0,
        birth_date: date(1990, 5, 5),
        jurisdiction: place("DE"),
        zones: BTreeSet::from([zone("cheek")]),
        answers: BTreeMap::new(),
        anaesthetic: BTreeSet::new(),
    };
    assert!(screen(&protocol, &sound).is_ok());
    let spoilt = ScreeningFacts {
        birth_date: date(2026, 11, 24),
        jurisdiction: place("ZZ"),
        zones: BTreeSet::from([zone("cheek"), zone("tail")]),
        answers: BTreeMap::from([
            (name("SCR-NONE"), Answer::Yes),
            (name("SCR-LASER"), Answer::DaysAgo(50_000)),
            (name("SCR-MOLE"), Answer::In(BTreeSet::from([zone("fin")]))),
            (name("SCR-TATTOO"), Answer::In(BTreeSet::new())),
        ]),
        ..sound.clone()
    };
    let problems = screen(&protocol, &spoilt).map_err(|refusal| refusal.problems).err().unwrap_or_default();
    let places: Vec<FactPlace> = problems.into_iter().map(|problem| problem.place).collect();
    let answer = |text: &str| FactPlace::Answer(name(text));
    assert_eq!(
        places,
        [
            FactPlace::BirthDate,
            FactPlace::Jurisdiction,
            FactPlace::Zones,
            answer("SCR-LASER"),
            answer("SCR-MOLE"),
            answer("SCR-NONE"),
            answer("SCR-TATTOO"),
        ]
    );
    for (facts, wrong) in [
        (ScreeningFacts { birth_date: date(1905, 1, 1), ..sound.clone() }, FactPlace::BirthDate),
        (ScreeningFacts { zones: BTreeSet::new(), ..sound.clone() }, FactPlace::Zones),
        (ScreeningFacts { today: date(9999, 12, 31), ..sound.clone() }, FactPlace::Today),
        (with(&sound, &name("SCR-LASER"), Answer::DaysAgo(14_000)), answer("SCR-LASER")),
    ] {
        let problems =
            screen(&protocol, &facts).map_err(|refusal| refusal.problems).err().unwrap_or_default();
        assert!(problems.iter().any(|problem| problem.place == wrong), "{wrong:?}: {problems:?}");
    }
}
