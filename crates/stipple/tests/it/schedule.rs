//! `stipple schedule solve`: known answers, and every kind of bad input.

use std::{fs, path::PathBuf, process::Command};

use serde_json::{Value, json};
use stipple::schedule::{SolveError, solve};

/// Enough for the days of the test data.
const TRIES: u64 = 40_000;

fn read(topic: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/scheduling").join(topic);
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{topic}: {error}"))
}

/// Solves a file and compares each answer with the known one.
fn compare(topic: &str, count: usize) {
    let text = read(&format!("{topic}.json"));
    let known: Value = serde_json::from_str(&text).expect("JSON");
    let known = known["instances"].as_array().expect("a list");
    let lines = solve(&text, TRIES).unwrap_or_else(|error| panic!("{error:?}"));
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((known.len(), lines.len()), (count, count), "{topic}");
    for (known, line) in known.iter().zip(&lines) {
        assert_eq!((&known["id"], &known["answer"]), (&line["id"], &line["answer"]));
        let planned = ["pack", "repair"].contains(&topic);
        assert_eq!(line.get("plan").is_some(), planned, "{}", known["id"]);
        if topic == "pack" {
            assert_eq!(weight(known, line), known["answer"]["best"].as_u64(), "{}", known["id"]);
        }
    }
}

/// What the requests of a plan weigh together.
fn weight(known: &Value, line: &Value) -> Option<u64> {
    let requests = known["ask"]["requests"].as_array()?;
    let weight =
        |visit: &Value| requests.iter().find(|request| request["id"] == visit["id"])?["weight"].as_u64();
    line["plan"].as_array()?.iter().map(weight).sum()
}

#[test]
fn starts_are_exactly_the_known_ones() {
    let topics = [
        ("one-therapist", 4),
        ("team", 8),
        ("named", 3),
        ("clock-change", 18),
        ("closures", 4),
        ("rules", 6),
        ("supervision", 4),
        ("flexible", 4),
        ("no-offer", 5),
    ];
    topics.into_iter().for_each(|(topic, count)| compare(topic, count));
}

#[test]
fn months_are_counted_exactly() {
    compare("month", 3);
}

#[test]
fn courses_are_counted_exactly() {
    compare("course", 4);
}

#[test]
fn waiting_lists_are_packed_as_well_as_can_be() {
    compare("pack", 6);
}

#[test]
fn days_are_repaired_at_the_least_cost() {
    compare("repair", 5);
}

/// One therapist, one room, one visit.
fn small() -> Value {
    let hours = json!([{"weekday": "*", "from": "09:00", "to": "10:00"}]);
    json!({"format": 1, "instances": [{
        "id": "small",
        "clinic": {"zone": "Europe/London", "quantum_min": 5},
        "horizon": {"first_day": "2027-06-01", "days": 1},
        "rules": {"offer_step_min": 30},
        "resources": [
            {"id": "T1", "kind": "therapist", "hours": hours},
            {"id": "R1", "kind": "room", "hours": hours},
        ],
        "visits": {"talk": {
            "roles": {"lead": {"kind": "therapist"}, "room": {"kind": ["room"]}},
            "phases": [{"name": "talk", "min": 30, "max": 30, "client": true, "claims": [["lead"], ["room"]]}],
        }},
        "ask": {"kind": "starts", "visit": "talk"},
    }]})
}

#[test]
fn a_small_instance_needs_only_what_it_must() {
    let expected = "{\"id\":\"small\",\"answer\":[{\"start\":\"2027-06-01T08:00:00Z\",\"leads\":[\"T1\"]},\
                    {\"start\":\"2027-06-01T08:30:00Z\",\"leads\":[\"T1\"]}]}\n";
    assert_eq!(solve(&small().to_string(), 1).as_deref(), Ok(expected));
}

/// Every wrong value is told with its path, and what is expected.
#[test]
fn wrong_values_are_told_with_their_paths() {
    let cases = [
        ("/format", json!(2), "$.format: must be from 1 to 1, found 2"),
        ("/instances", json!({}), "$.instances: expected a list, found an object"),
        ("/instances/0/id", json!(null), "$.instances[0].id: is missing"),
        ("/instances/0/clinic/zone", json!("Mars/Olympus"), "$.instances[0].clinic.zone: is not a time zone"),
        (
            "/instances/0/clinic/quantum_min",
            json!(1),
            "$.instances[0].clinic.quantum_min: must be from 5 to 5",
        ),
        (
            "/instances/0/horizon/days",
            json!(0),
            "$.instances[0].horizon.days: must be from 1 to 800, found 0",
        ),
        ("/instances/0/horizon/days", json!(-1), "$.instances[0].horizon.days: expected a whole number"),
        (
            "/instances/0/horizon/first_day",
            json!("1 June"),
            "$.instances[0].horizon.first_day: expected a date",
        ),
        (
            "/instances/0/resources/0/hours/0/from",
            json!("9:00"),
            "resources[0].hours[0].from: expected a time of day",
        ),
        (
            "/instances/0/resources/0/hours/0/to",
            json!("24:30"),
            "resources[0].hours[0].to: expected a time of day",
        ),
        (
            "/instances/0/resources/0/hours/0/to",
            json!("08:00"),
            "resources[0].hours[0]: must end after it begins",
        ),
        ("/instances/0/resources/0/hours/0/weekday", json!("Monday"), "hours[0].weekday: expected mon, tue"),
        ("/instances/0/resources/1/id", json!("T1"), "$.instances[0]: two resources are called T1"),
        (
            "/instances/0/visits/talk/roles",
            json!({}),
            "$.instances[0].visits.talk.roles: needs a role called lead",
        ),
        ("/instances/0/visits/talk/phases", json!([]), "visits.talk.phases: needs at least one phase"),
        (
            "/instances/0/visits/talk/phases/0/min",
            json!(31),
            "phases[0].min: must be a multiple of 5, found 31",
        ),
        ("/instances/0/visits/talk/phases/0/min", json!(60), "phases[0]: has a min above its max"),
        (
            "/instances/0/visits/talk/phases/0/claims/0/0",
            json!("nurse"),
            "claims[0][0]: is not a role of this visit",
        ),
        (
            "/instances/0/ask/visit",
            json!("walk"),
            "$.instances[0].ask.visit: is not a visit of this instance",
        ),
        ("/instances/0/ask/kind", json!("guess"), "$.instances[0].ask.kind: expected starts, month"),
    ];
    for (pointer, value, expected) in cases {
        let mut document = small();
        *document.pointer_mut(pointer).expect("a place") = value;
        let Err(SolveError::Input(errors)) = solve(&document.to_string(), 1) else {
            panic!("{pointer} was accepted");
        };
        assert!(errors.iter().any(|error| error.contains(expected)), "{pointer}: {errors:?}");
    }
}

#[test]
fn all_errors_are_told_at_once() {
    let mut document = small();
    document["instances"][0]["busy"] =
        json!([{"resource": "X", "from": "2027-06-01T08:01:00Z", "to": "now"}]);
    document["instances"][0]["rules"] = json!({});
    let Err(SolveError::Input(errors)) = solve(&document.to_string(), 1) else { panic!("accepted") };
    assert_eq!(
        errors,
        [
            "$.instances[0].rules.offer_step_min: is missing",
            "$.instances[0].busy[0].resource: is not the id of a resource of this instance",
            "$.instances[0].busy[0].from: must lie on a multiple of five minutes",
            "$.instances[0].busy[0].to: expected an instant such as 2027-06-01T08:00:00Z",
        ]
    );
}

/// Exit code 0 and lines on standard output, or exit code 2 and errors on standard error.
#[test]
fn the_command_ends_as_it_should() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |text: &str| {
        let file = folder.path().join("instances.json");
        fs::write(&file, text).expect("written");
        let output =
            Command::new(env!("CARGO_BIN_EXE_stipple")).args(["schedule", "solve"]).arg(file).output();
        let output = output.expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        (output.status.code(), text(&output.stdout).lines().count(), text(&output.stderr))
    };
    assert_eq!(run(&small().to_string()), (Some(0), 1, String::new()));
    let (code, lines, errors) = run("{\"format\": 1");
    assert_eq!((code, lines), (Some(2), 0));
    assert!(errors.contains("is not JSON"), "{errors}");
    let twice = small().to_string().replacen("\"id\":\"small\"", "\"id\":\"small\",\"id\":\"again\"", 1);
    let (code, lines, errors) = run(&twice);
    assert_eq!((code, lines), (Some(2), 0));
    assert!(errors.contains("$.instances[0].id: is given twice"), "{errors}");
}

/// Values that do not belong where they are put.
fn strange(dice: &mut u64) -> Value {
    *dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(5),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("*"),
        json!("24:00"),
        json!("00:00"),
        json!("-9999-01-01"),
        json!("9999-12-31"),
        json!("9999-12-30T22:00:00Z"),
        json!("2027-03-28T01:30"),
        json!("T1"),
        json!("lead"),
        json!([]),
        json!({}),
        json!([[]]),
        json!([["lead"], ["lead"], ["room", "lead"]]),
        json!({"from": "00:00", "to": "24:00"}),
    ];
    values[usize::try_from(*dice >> 33).expect("31 bits") % values.len()].clone()
}

/// Puts strange values in some places of a document; how many places it has.
fn spoil(value: &mut Value, dice: &mut u64, one_in: u64) {
    *dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    if (*dice >> 33).is_multiple_of(one_in) {
        *value = strange(dice);
        return;
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| spoil(item, dice, one_in)),
        Value::Object(entries) => entries.iter_mut().for_each(|(_, item)| spoil(item, dice, one_in)),
        _ => {}
    }
}

/// Spoilt documents are answered or refused with paths, soon, and nothing panics.
#[test]
fn spoilt_instances_are_refused_with_paths() {
    let mut dice = 1;
    let (mut answered, mut refused) = (0, 0);
    for topic in ["rules", "supervision", "repair", "course"] {
        let whole: Value = serde_json::from_str(&read(&format!("{topic}.json"))).expect("JSON");
        let mut one = whole.clone();
        one["instances"] = json!([whole["instances"][0]]);
        for _ in 0..60 {
            let mut spoilt = one.clone();
            spoil(&mut spoilt["instances"][0], &mut dice, 150);
            match solve(&spoilt.to_string(), 1) {
                Ok(_) => answered += 1,
                Err(SolveError::Input(errors)) => {
                    refused += 1;
                    assert!(errors.iter().all(|error| error.starts_with('$')), "{errors:?}");
                }
                Err(SolveError::Unsound(fault)) => panic!("{fault}: {spoilt}"),
            }
        }
    }
    assert!(answered > 5 && refused > 50, "{answered} answered, {refused} refused");
}

/// What would take a day is told apart from what takes a second.
#[test]
fn what_nobody_can_search_is_refused() {
    let mut document = small();
    let instance = &mut document["instances"][0];
    let roles: Vec<String> = (0..12).map(|number| format!("r{number}")).collect();
    let staff: Vec<Value> = (0..12)
        .map(|number| json!({"id": format!("A{number}"), "kind": "assistant", "hours": [{"weekday": "*", "from": "09:00", "to": "10:00"}]}))
        .collect();
    instance["resources"].as_array_mut().expect("a list").extend(staff);
    for role in &roles {
        instance["visits"]["talk"]["roles"][role] = json!({"kind": "assistant", "keep": true});
    }
    let together: Vec<Vec<&String>> = roles.iter().map(|role| vec![role]).collect();
    let phase = json!({"name": "all", "min": 5, "max": 5, "claims": together});
    instance["visits"]["talk"]["phases"] = json!([phase.clone(), phase]);
    let Err(SolveError::Input(errors)) = solve(&document.to_string(), 1) else { panic!("accepted") };
    assert!(errors[0].contains("visits.talk: ties so many roles"), "{errors:?}");
    document = small();
    document["instances"][0]["horizon"]["days"] = json!(800);
    let many = (0..600).map(|number| json!({"id": format!("R{number}x"), "kind": "room", "hours": []}));
    document["instances"][0]["resources"].as_array_mut().expect("a list").extend(many);
    let Err(SolveError::Input(errors)) = solve(&document.to_string(), 1) else { panic!("accepted") };
    assert!(errors[0].contains("resources times days"), "{errors:?}");
}
