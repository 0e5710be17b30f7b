//! The protocol that ships with the program: it loads clean, its cases come out as written, and it keeps what the
//! product promises.

use std::collections::BTreeSet;

use jiff::civil::date;
use protocol::{
    AskedBy, Cream, LegalKind, PhaseKind, PreparationKind, Tag, WhoAgrees, preparation, run_cases,
    sign_off_list,
};
use vocab::{Jurisdiction, RuleId, VisitTypeId};

/// Every row of section 2 of the clinical reference.
const ROWS: &str = "PREG BF U18 18-21 BLEED ANTICOAG ANTIPLT DIAB IMMUNO CHEMO RADIO AUTOIMM CARDIAC PACE EPIL LIVER \
    FEVER BBV BDD PSO ECZ ACNE ROS WOUND INFECT HSV-NOW HSV-HX KELOID SCAR-NEW CANCER MOLE TATTOO PIERCE SUNBURN TAN \
    FAKETAN FITZ MELASMA FACE-SURG ISO-NOW ISO-PAST RETIN-TOP PHOTOSENS ALL-STEEL ALL-NICKEL ALL-LIDO ALL-ESTER METHB \
    ANTIARR PCHE ALL-TOPICAL PRIOR-AE PEEL-SUP PEEL-DEEP LASER TOXIN FILLER WAX MDA NEEDLE-LAST";

#[test]
fn it_loads_and_all_cases_pass() {
    let protocol = super::shipped();
    let failures: Vec<String> = run_cases(&protocol).iter().map(ToString::to_string).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_row_of_the_reference_is_a_rule_and_no_other() {
    let protocol = super::shipped();
    let rows: BTreeSet<String> = ROWS.split_whitespace().map(|row| format!("SCR-{row}")).collect();
    let rules: BTreeSet<String> = protocol.rules.iter().map(|rule| rule.id.to_string()).collect();
    assert_eq!(rules, rows);
}

#[test]
fn the_self_check_is_short_and_asks_only_what_it_may() {
    let protocol = super::shipped();
    let lists = protocol.self_check();
    assert!((1..=8).contains(&protocol.screens.len()), "with the two that are always asked, ten at most");
    for (list, rules) in &lists {
        assert!((1..=9).contains(&rules.len()), "{}: {} lines", list.id, rules.len());
    }
    let asked: usize = lists.iter().map(|(_, rules)| rules.len()).sum();
    assert_eq!(asked, protocol.rules_asked_by(AskedBy::SelfCheck).count());
    let looks: Vec<&str> =
        protocol.rules_asked_by(AskedBy::TherapistLooks).map(|rule| rule.id.as_str()).collect();
    assert_eq!(looks, ["SCR-MOLE"]);
}

#[test]
fn habits_and_proposals_ship_unconfirmed_and_wait_for_a_signature() {
    let protocol = super::shipped();
    let list = sign_off_list(&protocol);
    for rule in &protocol.rules {
        for clause in rule.clauses.iter().filter(|clause| !clause.evidence.tag.is_confirmed()) {
            assert!(list.iter().any(|item| item.id == rule.id.as_str()), "{} {:?}", rule.id, clause.evidence);
        }
    }
    assert!(
        list.iter().any(|item| item.id == "SCR-TOXIN" && item.what.contains("14 days (sources: 2 to 180)"))
    );
    assert!(list.iter().all(|item| item.tag != Tag::V && !item.sources.is_empty()));
    assert!(!list.iter().any(|item| item.id == "SCR-SCAR-NEW"), "a number read in a label ships confirmed");
}

#[test]
fn the_plan_counts_from_the_visit_and_keeps_prescribed_medicines() {
    let protocol = super::shipped();
    let tasks = preparation(&protocol, date(2026, 12, 10), Cream::Any);
    assert!(tasks.is_sorted_by_key(|task| task.due_on));
    let task =
        |id: &str| tasks.iter().find(|task| task.item.as_str() == id).unwrap_or_else(|| panic!("{id}"));
    assert_eq!(task("PREP-SUN").due_on, date(2026, 11, 26));
    assert_eq!(task("PREP-SUN").ends_on, Some(date(2026, 12, 24)));
    assert_eq!(task("PREP-RETINOL").due_on, date(2026, 12, 7));
    assert_eq!(task("PREP-ASPIRIN-RX").due_on, date(2026, 12, 10));
    for task in &tasks {
        let asks_doctor = task.who_agrees == WhoAgrees::Prescriber;
        assert!(
            !asks_doctor || matches!(task.kind, PreparationKind::AskPrescriber | PreparationKind::KeepTaking)
        );
    }
    for id in ["PREP-ASPIRIN-RX", "PREP-ANTICOAG", "PREP-ANTIBIOTICS"] {
        assert_eq!(task(id).kind, PreparationKind::KeepTaking, "{id}");
    }
}

#[test]
fn nobody_reads_of_cream_that_is_barred_for_them() {
    let protocol = super::shipped();
    let speaks_of_use = |text: &str| {
        ["put on the numbing cream", "cream works", "trace of cream", "apply it"]
            .iter()
            .any(|words| text.contains(words))
    };
    let plan = |cream| -> Vec<String> {
        let tasks = preparation(&protocol, date(2026, 12, 10), cream);
        let phases = protocol.visits.iter().flat_map(|visit| &visit.phases);
        let phases = phases.map(|phase| format!("{}. {}", phase.words(cream).0, phase.words(cream).1));
        tasks.into_iter().map(|task| task.text).chain(phases).collect()
    };
    for cream in [Cream::Any, Cream::Chosen] {
        assert_eq!(plan(cream).iter().filter(|text| speaks_of_use(text)).count(), 4, "{cream:?}");
    }
    let without = plan(Cream::None);
    assert!(!without.iter().any(|text| speaks_of_use(text)), "{without:#?}");
    assert!(without.iter().any(|text| text.starts_with("No numbing cream. No cream for you")));
    assert!(without.iter().any(|text| text.contains("Do not put on any numbing cream at home")));
}

#[test]
fn a_treatment_takes_about_two_hours_and_photographs_come_first() {
    let protocol = super::shipped();
    let visit = |id: &str| VisitTypeId::new(id).ok().and_then(|id| protocol.visit(&id)).cloned();
    let treatment = visit("treatment").unwrap_or_else(|| panic!("no treatment"));
    let consultation = visit("consultation").unwrap_or_else(|| panic!("no consultation"));
    let at = |kind: PhaseKind| treatment.phases.iter().position(|phase| phase.kind == kind);
    assert!(at(PhaseKind::Photos) < at(PhaseKind::NumbingApply));
    let minutes = |pick: fn(&protocol::Range) -> u32| -> u32 {
        treatment.phases.iter().map(|phase| pick(&phase.minutes)).sum()
    };
    // 95 minutes besides the wait for the cream, as the reference adds up.
    assert_eq!(minutes(|range| range.usual), 95 + 60);
    assert!(minutes(|range| range.least) < 95 && minutes(|range| range.most) > 155);
    assert_eq!(consultation.phases.len(), 1);
}

#[test]
fn laws_count_from_their_day_and_reach_the_parts_of_a_place() {
    let protocol = super::shipped();
    let laws = |place: &str, on| -> Vec<String> {
        let place = Jurisdiction::new(place).unwrap_or_else(|problem| panic!("{problem}"));
        protocol.legal_rules(&place, on).iter().map(|rule| rule.id.to_string()).collect()
    };
    let licence = RuleId::new("GB-SCT-LICENCE").map(|id| id.to_string()).unwrap_or_default();
    assert!(!laws("GB-SCT", date(2027, 9, 5)).contains(&licence));
    assert!(laws("GB-SCT", date(2027, 9, 6)).contains(&licence));
    assert!(!laws("GB-SCT", date(2026, 5, 11)).contains(&"GB-SCT-AGE".to_owned()));
    assert!(laws("GB-SCT", date(2026, 5, 12)).contains(&"GB-SCT-AGE".to_owned()));
    assert!(laws("US-CA", date(2026, 1, 1)).contains(&"US-LABEL-AGE".to_owned()));
    assert!(laws("GB-ENG", date(2030, 1, 1)).is_empty());
    let american = Jurisdiction::new("US").unwrap_or_else(|problem| panic!("{problem}"));
    let age = protocol.legal_rules(&american, date(2026, 1, 1));
    assert!(age.iter().any(|rule| rule.kind == LegalKind::LabelAge && rule.age_years == Some(22)));
}

#[test]
fn a_zone_is_known_by_any_of_its_names() {
    let protocol = super::shipped();
    for (word, zone) in [
        ("cheek", "cheek"),
        ("Cheeks", "cheek"),
        ("upper_lip", "upper-lip"),
        ("Décolleté", "decollete"),
        ("eyelids", "orbital-rim"),
        ("lips", "lips"),
        ("Surgical/burn scar", "scar"),
    ] {
        assert_eq!(protocol.zone_meant(word).map(|zone| zone.id.as_str()), Some(zone), "{word}");
    }
    assert!(protocol.zone_meant("tail").is_none() && protocol.zone_meant(" ").is_none());
    let mut words = BTreeSet::new();
    for zone in &protocol.zones {
        for word in zone.aliases.iter().map(String::as_str).chain([zone.id.as_str()]) {
            assert!(words.insert(word.to_lowercase()), "{word} means two zones");
        }
    }
}
