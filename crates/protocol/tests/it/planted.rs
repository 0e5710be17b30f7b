//! Errors planted in a small protocol are all found at once, on the right lines, with a hint.

use protocol::{Problem, Protocol, run_cases};

/// A protocol of the least size; each test spoils it in its own way.
const SMALL: &str = r#"[protocol]
id = "small"
version = "1"
title = "A small protocol"
unsure_reason = "Not sure is never a no."

[[source]]
key = "BOOK"
title = "A book"
reference = "Page 1"

[[substance]]
id = "lidocaine"
label = "lidocaine"

[[zone]]
id = "cheek"
label = "Cheek"
region = "face"

[[jurisdiction]]
id = "DE"
label = "Germany"
emergency = { number = "112", sources = ["BOOK"], tag = "V" }

[[screen]]
title = "Now"
[[screen.list]]
id = "now"
title = "Now?"
hint = "Tick."

[case_defaults]
today = "2026-11-23"
birth_date = "1990-05-05"
jurisdiction = "DE"
zones = ["cheek"]
"#;

const RULE: &str = r#"[[rule]]
id = "SCR-A"
condition = "a"
asked_by = "self_check"
list = "now"
label = "A"
question = "A?"
date_question = "When?"
sources = ["BOOK"]
tag = "V"
cases = [
  { answer = "no", outcome = "proceed" },
  { answer = "yes", outcome = "wait", until = "2026-11-26" },
  { answer = "unsure", outcome = "clinician_decides" },
  { answer = { days_ago = 2 }, outcome = "wait", until = "2026-11-24" },
  { answer = { days_ago = 3 }, outcome = "proceed" },
  { answer = { days_ago = 4 }, outcome = "proceed" },
]

[[rule.then]]
when = { within_days = 3 }
outcome = "wait"
reason = "Because."
"#;

fn parse(rules: &str) -> Result<Protocol, Vec<Problem>> {
    Protocol::parse(&[("small.toml", SMALL), ("rules.toml", rules)])
}

fn problems(rules: &str) -> Vec<Problem> {
    parse(rules).err().unwrap_or_default()
}

#[test]
fn the_small_protocol_is_sound() {
    let protocol = parse(RULE).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(run_cases(&protocol), []);
}

#[test]
fn several_errors_come_at_once_with_their_lines() {
    let spoilt = RULE
        .replace("list = \"now\"", "list = \"nwo\"")
        .replace("label = \"A\"", "label = 3")
        .replace("[\"BOOK\"]", "[\"BOK\"]")
        .replace("reason = \"Because.\"", "raeson = \"Because.\"")
        .replace("within_days = 3", "within_days = 0")
        .replace("days_ago = 4", "days_ago = -4");
    let found = problems(&spoilt);
    for (line, message, hint) in [
        (5, "the list `nwo` does not exist", "did you mean `now`?"),
        (6, "expected a text in quotes, found a whole number", "write a text in quotes here"),
        (9, "the source `BOK` does not exist", "did you mean `BOOK`?"),
        (17, "this number is outside its limits", "use a number from 0 to 4294967295"),
        (20, "`reason` is missing", "add `reason = …` to this table"),
        (21, "this number is outside its limits", "use a number from 1 to 3660"),
        (23, "the key `raeson` is not known here", ""),
    ] {
        let is_it = |problem: &&Problem| problem.line == line && problem.message == message;
        let problem =
            found.iter().find(is_it).unwrap_or_else(|| panic!("line {line}: {message}\n{found:#?}"));
        assert!(problem.file == "rules.toml" && problem.hint.contains(hint), "{problem:?}");
    }
    assert_eq!(found.len(), 7, "{found:#?}");
    assert!(found.is_sorted(), "{found:#?}");
}

#[test]
fn broken_toml_does_not_hide_other_errors() {
    let spoilt =
        RULE.replace("condition = \"a\"", "condition = = \"a\"").replace("tag = \"V\"", "tag = \"X\"");
    let found = problems(&spoilt);
    assert!(found.iter().any(|problem| problem.line == 3), "{found:#?}");
    assert!(
        found.iter().any(|problem| problem.line == 10 && problem.hint.contains("V, S, C, K, E")),
        "{found:#?}"
    );
}

#[test]
fn what_a_protocol_must_not_say_is_refused() {
    for (from, to, message) in [
        ("tag = \"V\"", "tag = \"K\"", "never a hard rule"),
        ("reason = \"Because.\"", "reason = \"Stop your blood thinner first.\"", "leave out a medicine"),
        ("date_question = \"When?\"\n", "", "asks no date"),
        ("date_question = \"When?\"\n", "since = true\n", "has no words for it"),
        ("list = \"now\"\n", "", "stands in no list"),
        ("when = { within_days = 3 }", "when = { not = { answer = \"yes\" } }", "cannot stand under `not`"),
        ("when = { within_days = 3 }", "when = { within_days = 3, age_below = 4 }", "exactly one key"),
        ("when = { within_days = 3 }", "when = { weather = 3 }", "not known"),
        ("when = { within_days = 3 }", "when = { all = [] }", "empty"),
        ("outcome = \"wait\"\nreason", "outcome = \"wait\"\nuntil = \"open\"\nreason", "says no condition"),
        (
            "outcome = \"wait\"\nreason",
            "outcome = \"wait\"\nuntil_words = \"after it is over\"\nreason",
            "does not say how long",
        ),
        ("outcome = \"wait\"\nreason", "outcome = \"zones_excluded\"\nreason", "none is held"),
        ("outcome = \"wait\"\nreason", "outcome = \"not_this_product\"\nreason", "no substance is barred"),
        (
            "outcome = \"wait\"\nreason",
            "outcome = \"wait\"\nrange_days = [5, 9]\nreason",
            "does not hold the limit",
        ),
        (
            "outcome = \"wait\"\nreason",
            "outcome = \"wait\"\nbars = [\"lidocane\"]\nreason",
            "substance `lidocane`",
        ),
        ("id = \"SCR-A\"", "id = \"not a name\"", "not a name"),
    ] {
        let spoilt = RULE.replacen(from, to, 1);
        assert_ne!(spoilt, RULE, "{from}");
        let found = problems(&spoilt);
        assert!(found.iter().any(|problem| problem.message.contains(message)), "{message}: {found:#?}");
    }
}

#[test]
fn a_rule_defined_twice_is_refused() {
    let found = problems(&format!("{RULE}\n{RULE}"));
    assert!(found.iter().any(|problem| problem.message == "the rule `SCR-A` is defined twice"), "{found:#?}");
}

#[test]
fn photographs_after_numbing_are_refused_and_so_are_phases_of_numbing_without_a_second_text() {
    let phase = |id: &str, kind: &str| {
        format!(
            "[[visit.phases]]\nid = \"{id}\"\nkind = \"{kind}\"\ntitle = \"T\"\ntext = \"T\"\n\
             text_without_cream = \"U\"\nminutes = {{ usual = 5, least = 1, most = 9 }}\nstaff = \"hands_on\"\nsources = [\"BOOK\"]\ntag = \"V\"\n"
        )
    };
    let visit =
        |phases: [String; 2]| format!("{RULE}\n[[visit]]\nid = \"t\"\ntitle = \"T\"\n{}", phases.concat());
    let (photos, cream) = (phase("p", "photos"), phase("n", "numbing_apply"));
    assert!(parse(&visit([photos.clone(), cream.clone()])).is_ok());
    let found = problems(&visit([cream.clone(), photos.clone()]));
    assert!(
        found.iter().any(|problem| problem.message == "photographs come after numbing cream"),
        "{found:#?}"
    );
    let second = "text_without_cream = \"U\"\n";
    let (photos, cream) = (photos.replace(second, ""), cream.replace(second, ""));
    let found = problems(&visit([photos, cream.clone()]));
    let [problem] = &found[..] else { panic!("{found:#?}") };
    assert_eq!(problem.message, "this phase has no words for a visit without cream");
    let rest = cream.replace("numbing_apply", "numbing_wait").replace("\"n\"", "\"r\"");
    assert_eq!(problems(&visit([rest, cream])).len(), 2, "where it is waited for, too");
}

#[test]
fn limits_on_size_hold() {
    let large = "#".repeat((1 << 20) + 1);
    assert!(
        Protocol::parse(&[("large.toml", &large)]).is_err_and(|found| found[0].message.contains("too large"))
    );
    let many = vec![("a.md", ""); 101];
    assert!(Protocol::parse(&many).is_err_and(|found| found[0].message.contains("too many files")));
}

#[test]
fn a_case_that_lies_and_a_case_that_is_missing_are_reported() {
    let lies = RULE.replace("until = \"2026-11-24\"", "until = \"2026-11-25\"");
    let lacks = RULE.replace("  { answer = { days_ago = 3 }, outcome = \"proceed\" },\n", "");
    for (rules, message) in [
        (lies, "until expected 2026-11-25, came 2026-11-24"),
        (lacks, "no case answers { days_ago = 3 }: add one"),
        (
            RULE.replace("  { answer = \"unsure\", outcome = \"clinician_decides\" },\n", ""),
            "no case answers \"unsure\"",
        ),
    ] {
        let protocol = parse(&rules).unwrap_or_else(|problems| panic!("{problems:?}"));
        let failures = run_cases(&protocol);
        assert_eq!(failures.len(), 1, "{failures:?}");
        assert!(failures[0].to_string().contains(message), "{}", failures[0]);
    }
}

#[test]
fn every_limit_needs_its_cases() {
    let aged = RULE
        .replace(
            "when = { within_days = 3 }",
            "when = { all = [{ age_below = 40 }, { zone_in = [\"cheek\"] }] }",
        )
        .replace("outcome = \"wait\"\nreason", "outcome = \"not_suitable\"\nreason");
    let protocol = parse(&aged).unwrap_or_else(|problems| panic!("{problems:?}"));
    let failures: Vec<String> = run_cases(&protocol).iter().map(ToString::to_string).collect();
    for message in [
        "no case lies outside the age below 40",
        "no case lies outside its zones",
        "no case lies on the birthday of 40 years",
        "no case lies the day before the birthday of 40 years",
    ] {
        assert!(failures.iter().any(|failure| failure.contains(message)), "{message}: {failures:#?}");
    }
}

#[test]
fn a_numbing_product_chosen_for_the_visit_can_decide() {
    let rule = RULE
        .replace(
            "when = { within_days = 3 }",
            "when = { all = [{ answer = \"yes\" }, { anaesthetic_contains = \"lidocaine\" }] }",
        )
        .replace("outcome = \"wait\"\nreason", "outcome = \"clinician_decides\"\nreason");
    let rule = rule.split("cases = [").next().unwrap_or_default().to_owned()
        + "cases = [\n\
           { answer = \"no\", outcome = \"proceed\" },\n\
           { answer = \"yes\", outcome = \"proceed\" },\n\
           { answer = \"unsure\", outcome = \"proceed\" },\n\
           { answer = \"yes\", anaesthetic = [\"lidocaine\"], outcome = \"clinician_decides\" },\n\
           { answer = \"unsure\", anaesthetic = [\"lidocaine\"], outcome = \"clinician_decides\" },\n]\n"
        + rule.split("]\n\n").nth(1).unwrap_or_default();
    let protocol = parse(&rule).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(run_cases(&protocol), []);
}
