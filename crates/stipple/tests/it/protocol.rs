//! `stipple protocol check` and `assess`: what goes in, what comes out, and every kind of bad input.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use proptest::prelude::*;
use stipple::protocol::{assess, assess_text, check};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocols/micro-needling")
}

thread_local! {
    static PROTOCOL: protocol::Protocol =
        protocol::load_dir(&folder()).unwrap_or_else(|error| panic!("{error}"));
}

fn facts(zones: &str, answers: &str) -> String {
    format!(
        "{{\"today\": \"2026-11-23\", \"birth_date\": \"1990-05-05\", \"jurisdiction\": \"GB-ENG\", \
         \"zones\": {zones}, \"answers\": {answers}}}"
    )
}

fn answer(text: &str) -> Result<serde_json::Value, Vec<String>> {
    let json = PROTOCOL.with(|protocol| assess_text(protocol, text, false))?;
    Ok(serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}")))
}

#[test]
fn an_assessment_has_the_promised_form() {
    let text = facts("[\"cheek\"]", "{\"SCR-TOXIN\": {\"days_ago\": 3}, \"SCR-METHB\": \"yes\"}");
    let expected = serde_json::json!({
        "outcome": "wait",
        "until": "2026-12-04",
        "zones_excluded": [],
        "not_products": ["benzocaine", "prilocaine"],
        "findings": [
            {"rule": "SCR-TOXIN", "outcome": "wait", "until": "2026-12-04",
             "source": "BH, RENAJO, PROESTH, BALANCE, ESTHETIK"},
            {"rule": "SCR-METHB", "outcome": "not_this_product", "until": null, "source": "EMLA-US"},
        ],
    });
    assert_eq!(answer(&text), Ok(expected));
    let nothing = serde_json::json!({
        "outcome": "proceed", "until": null, "zones_excluded": [], "not_products": [], "findings": [],
    });
    assert_eq!(answer(&facts("[\"cheek\"]", "{}")), Ok(nothing));
}

#[test]
fn zones_come_back_in_the_words_they_were_asked_in() {
    let answer = |zones: &str, answers: &str| {
        answer(&facts(zones, answers)).map(|answer| answer["zones_excluded"].clone()).unwrap_or_default()
    };
    let tattoo = "{\"SCR-TATTOO\": \"yes\"}";
    assert_eq!(answer("[\"upper_lip\", \"Cheeks\"]", tattoo), serde_json::json!(["Cheeks", "upper_lip"]));
    let named = "{\"SCR-TATTOO\": {\"zones\": [\"cheek\", \"back\"]}}";
    assert_eq!(answer("[\"cheeks\", \"nose\"]", named), serde_json::json!(["cheeks"]));
    assert_eq!(
        answer("[\"face\"]", "{\"SCR-TATTOO\": {\"zones\": [\"nose\"]}}"),
        serde_json::json!(["nose"])
    );
    assert_eq!(answer("[\"face\"]", "{}"), serde_json::json!([]), "the face leaves out lips and eyelids");
}

#[test]
fn reasons_are_added_when_asked_for() {
    let text = facts("[\"cheek\"]", "{\"SCR-WOUND\": \"yes\"}");
    let json = PROTOCOL.with(|protocol| assess_text(protocol, &text, true)).unwrap_or_default();
    assert!(json.contains("\"until_words\": \"until the skin has healed\""), "{json}");
    assert!(json.contains("\"reason\"") && json.contains("\"confirmed\": true"), "{json}");
}

#[test]
fn all_errors_come_at_once_with_their_paths() {
    let text = r#"{"today": "2026-02-30", "birth_date": 1990, "jurisdiction": "Atlantis", "zones": ["cheek", "tail", 7],
        "answers": {"SCR-DIAB": "perhaps", "SCR-NONE": "yes", "SCR-WAX": null, "SCR-WAX": "no", "": "yes",
        "SCR-LASER": {"days_ago": -1}, "SCR-MDA": {"days_ago": 1.5}, "SCR-TAN": {"days_ago": 99999999999},
        "SCR-TOXIN": {"weeks_ago": 1}, "SCR-MOLE": {"zones": ["fin"]}, "SCR-PREG": true, "SCR-FILLER": ["yes"],
        "SCR-PEEL-SUP": {"days_ago": 1, "zones": []}}, "name": "x"}"#;
    let errors = answer(text).err().unwrap_or_default();
    for path in [
        "$: the key `name` is not known",
        "$.today: ",
        "$.birth_date: ",
        "$.jurisdiction: ",
        "$.zones[1]: ",
        "$.zones[2]: ",
        "$.answers: the key `SCR-WAX` stands twice",
        "$.answers[\"SCR-DIAB\"]: ",
        "$.answers[\"SCR-NONE\"]: ",
        "$.answers[\"SCR-WAX\"]: ",
        "$.answers[\"\"]: ",
        "$.answers[\"SCR-LASER\"].days_ago: ",
        "$.answers[\"SCR-MDA\"].days_ago: ",
        "$.answers[\"SCR-TAN\"].days_ago: ",
        "$.answers[\"SCR-TOXIN\"]: ",
        "$.answers[\"SCR-MOLE\"].zones[0]: ",
        "$.answers[\"SCR-PREG\"]: ",
        "$.answers[\"SCR-FILLER\"]: ",
        "$.answers[\"SCR-PEEL-SUP\"]: ",
    ] {
        assert!(errors.iter().any(|error| error.starts_with(path)), "{path}\n{errors:#?}");
    }
    assert_eq!(errors.len(), 19, "{errors:#?}");
}

#[test]
fn each_kind_of_bad_input_is_refused() {
    let with_birth_date = |day: &str| facts("[\"cheek\"]", "{}").replace("1990-05-05", day);
    for (text, path) in [
        (String::new(), "$: this is not JSON"),
        ("[]".to_owned(), "$: expected an object"),
        ("{\"today\": ".to_owned(), "$: this is not JSON"),
        ("[".repeat(100_000), "$: this is not JSON"),
        ("{}".to_owned(), "$.answers: this is missing"),
        (with_birth_date("2026-11-24"), "$.birth_date: the birth date lies in the future"),
        (with_birth_date("1850-01-01"), "$.birth_date: the birth date is more than 120 years ago"),
        (with_birth_date("1990-05-05T10:00"), "$.birth_date: expected a date"),
        (with_birth_date("05/05/1990"), "$.birth_date: expected a date"),
        (facts("[]", "{}"), "$.zones: no zone is asked for"),
        (facts("\"cheek\"", "{}"), "$.zones: expected a list"),
        (facts("[\"cheek\"]", "[]"), "$.answers: expected an object"),
        (
            facts("[\"cheek\"]", "{\"SCR-WAX\": {\"days_ago\": 14000}}"),
            "$.answers[\"SCR-WAX\"]: `days_ago` lies before",
        ),
        (
            facts("[\"cheek\"]", "{\"SCR-WAX\": \"no\", \"SCR-WAX\": \"yes\"}"),
            "$.answers: the key `SCR-WAX` stands twice",
        ),
    ] {
        let errors = answer(&text).err().unwrap_or_default();
        assert!(errors.iter().any(|error| error.starts_with(path)), "{path}\n{errors:#?}");
    }
}

#[test]
fn errors_repeat_nothing_about_a_person() {
    let text = facts("[\"cheek\"]", "{}").replace("1990-05-05", "2030-12-31").replace("GB-ENG", "??");
    let errors = answer(&text).err().unwrap_or_default().join("\n");
    assert!(!errors.is_empty() && !errors.contains("2030") && !errors.contains("??"), "{errors}");
}

#[test]
fn check_reports_a_sound_protocol_and_a_spoilt_one() {
    let report = check(&folder()).unwrap_or_else(|error| panic!("{error}"));
    assert!(report.contains("micro-needling 2026.3: 60 rules"), "{report}");
    assert!(report.contains("A clinician must still sign") && report.contains("[E] SCR-TOXIN"), "{report}");

    let spoilt = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    for entry in fs::read_dir(folder()).into_iter().flatten().flatten() {
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        let text = text
            .replace("list = \"sun\"", "list = \"moon\"")
            .replace("region = \"back\"", "regoin = \"back\"");
        fs::write(spoilt.path().join(entry.file_name()), text).unwrap_or_else(|error| panic!("{error}"));
    }
    let report = check(spoilt.path()).err().map(|error| error.to_string()).unwrap_or_default();
    assert_eq!(report.matches("the list `moon` does not exist").count(), 3, "{report}");
    assert!(report.contains("zones.toml:") && report.contains("`region` is missing"), "{report}");
    assert!(check(Path::new("/nowhere")).is_err_and(|error| error.to_string().contains("cannot be read")));
}

#[test]
fn the_exit_code_says_whose_fault_it_is() {
    let scratch = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let write = |name: &str, text: &str| {
        let path = scratch.path().join(name);
        fs::write(&path, text).unwrap_or_else(|error| panic!("{error}"));
        path
    };
    let good = write("good.json", &facts("[\"cheek\"]", "{}"));
    let bad = write("bad.json", "{\"today\": 1}");
    let empty = scratch.path().join("empty");
    fs::create_dir(&empty).unwrap_or_else(|error| panic!("{error}"));
    let run = |arguments: &[&Path]| {
        let words = arguments.iter().map(|argument| argument.as_os_str());
        let output = Command::new(env!("CARGO_BIN_EXE_stipple")).arg("protocol").args(words).output();
        output.map(|output| (output.status.code(), output.stdout.is_empty(), output.stderr.is_empty()))
    };
    let (assess, check) = (Path::new("assess"), Path::new("check"));
    for (arguments, expected) in [
        (vec![check, &folder()], (Some(0), false, true)),
        (vec![check, &empty], (Some(1), false, true)),
        (vec![check, Path::new("/nowhere")], (Some(2), true, false)),
        (vec![check, &good], (Some(2), true, false)),
        (vec![assess, &folder(), &good], (Some(0), false, true)),
        (vec![assess, &folder(), &bad], (Some(2), true, false)),
        (vec![assess, &folder(), Path::new("/nowhere")], (Some(2), true, false)),
        (vec![assess, &empty, &good], (Some(1), true, false)),
        (vec![assess, Path::new("/nowhere"), &good], (Some(2), true, false)),
        (vec![assess, &folder(), scratch.path()], (Some(2), true, false)),
        (vec![assess], (Some(2), true, false)),
    ] {
        assert_eq!(run(&arguments).ok(), Some(expected), "{arguments:?}");
    }
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    let scratch = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let path = scratch.path().join("large.json");
    fs::write(&path, " ".repeat((1 << 20) + 1)).unwrap_or_else(|error| panic!("{error}"));
    let refused = assess(&folder(), &path, false).err().map(|error| format!("{error:?}")).unwrap_or_default();
    assert!(refused.contains("larger than"), "{refused}");
}

proptest! {
    #[test]
    fn no_text_brings_it_down(text in "\\PC{0,200}", cut in 0usize..200, insert in "[\\[\\]{}\",:.a-z0-9-]{0,8}") {
        let _ = answer(&text);
        let mut damaged = facts("[\"cheek\"]", "{\"SCR-WAX\": {\"days_ago\": 3}, \"SCR-PREG\": \"unsure\"}");
        damaged.insert_str(cut.min(damaged.len()), &insert);
        let _ = answer(&damaged);
    }
}
