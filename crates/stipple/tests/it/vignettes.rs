//! People as a clinic meets them, one a row: `testdata/vignettes.json`. What must come out was worked out by hand from
//! the clinical reference, apart from the protocol and its own cases: each wait one day short of its end and at it, each
//! age on the birthday and the day before, in several places.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;
use stipple::protocol::assess_text;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn protocol() -> protocol::Protocol {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocols/micro-needling");
    protocol::load_dir(&folder).unwrap_or_else(|error| panic!("{error}"))
}

fn vignettes() -> Vec<Value> {
    serde_json::from_str(&read("testdata/vignettes.json")).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn everybody_is_answered_as_worked_out_by_hand() {
    let protocol = protocol();
    let mut wrong = Vec::new();
    for vignette in vignettes() {
        let (name, expected) = (&vignette["name"], &vignette["expect"]);
        let answer = assess_text(&protocol, &vignette["facts"].to_string(), false);
        let answer: Value = match answer {
            Ok(json) => serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}")),
            Err(errors) => panic!("{name}: {errors:?}"),
        };
        let keys = ["outcome", "until", "zones_excluded", "not_products"];
        wrong.extend(
            keys.iter()
                .filter(|key| answer[key] != expected[key])
                .map(|key| format!("{name}: {key} is {}, not {}", answer[key], expected[key])),
        );
        // Notes alone lead nowhere.
        let leads =
            if answer["outcome"] == "proceed" { &Value::Null } else { &answer["findings"][0]["rule"] };
        if *leads != expected["leads"] {
            wrong.push(format!("{name}: {leads} leads, not {}", expected["leads"]));
        }
    }
    assert_eq!(wrong, [""; 0], "{}", wrong.join("\n"));
}

#[test]
fn every_rule_is_met_by_somebody() {
    let met: BTreeSet<String> = vignettes()
        .iter()
        .flat_map(|vignette| {
            let answers =
                vignette["facts"]["answers"].as_object().into_iter().flat_map(|all| all.keys().cloned());
            answers.chain(vignette["expect"]["leads"].as_str().map(str::to_owned)).collect::<Vec<_>>()
        })
        .collect();
    let missed: Vec<String> =
        protocol().rules.iter().map(|rule| rule.id.to_string()).filter(|rule| !met.contains(rule)).collect();
    assert_eq!(missed, [""; 0]);
}
