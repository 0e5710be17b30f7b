//! Every column is classified, on both engines.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const FILE: &str = include_str!("../../data-classes.toml");

#[derive(Deserialize)]
struct Classes {
    retention: BTreeMap<String, String>,
    #[serde(flatten)]
    tables: BTreeMap<String, Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    retention: String,
    exported: bool,
    columns: BTreeMap<String, Class>,
}

#[derive(Deserialize, PartialEq, Debug)]
#[serde(rename_all = "lowercase")]
enum Class {
    Identifying,
    Clinical,
    Operational,
    Secret,
}

/// What is in the schema and not in the file, and the other way round.
fn differences(classes: &Classes, columns: &[(String, String)]) -> Vec<String> {
    let real: BTreeSet<(&str, &str)> = columns.iter().map(|(t, c)| (t.as_str(), c.as_str())).collect();
    let listed: BTreeSet<(&str, &str)> = classes
        .tables
        .iter()
        .flat_map(|(name, table)| table.columns.keys().map(|column| (name.as_str(), column.as_str())))
        .collect();
    let missing = real.difference(&listed).map(|(t, c)| format!("{t}.{c} is not classified"));
    let stale = listed.difference(&real).map(|(t, c)| format!("{t}.{c} is classified but not there"));
    missing.chain(stale).collect()
}

#[test]
fn every_column_is_classified() {
    let classes: Classes = toml::from_str(FILE).expect("data-classes.toml can be read");
    for test in testkit::stores() {
        let mut raw = test.raw();
        let found = differences(&classes, &raw.columns());
        assert!(found.is_empty(), "{}: in data-classes.toml {}", test.engine, found.join(", "));
        raw.execute("ALTER TABLE patient ADD COLUMN shoe_size TEXT").unwrap();
        assert_eq!(differences(&classes, &raw.columns()), ["patient.shoe_size is not classified"]);
    }
}

#[test]
fn retention_is_known_and_secrets_are_named_as_such() {
    let classes: Classes = toml::from_str(FILE).expect("data-classes.toml can be read");
    for (name, table) in &classes.tables {
        assert!(classes.retention.contains_key(&table.retention), "{name}: {} is not known", table.retention);
        for (column, class) in &table.columns {
            let looks_secret =
                column.ends_with("_hash") && !matches!(name.as_str(), "audit_event" | "audit_head");
            assert!(!looks_secret || *class == Class::Secret, "{name}.{column} is a secret's hash");
        }
    }
    // What staff write about somebody; a closure's reason is written for everybody to see.
    for (name, table) in classes.tables.iter().filter(|(name, _)| *name != "closure") {
        let reason = table.columns.get("reason");
        assert!(
            reason.is_none_or(|class| *class != Class::Operational),
            "{name}.reason is what somebody wrote"
        );
    }
    assert!(!classes.tables["session"].exported, "sessions leave with nobody");
    let used: BTreeSet<_> = classes.tables.values().map(|table| &table.retention).collect();
    assert!(classes.retention.keys().all(|word| used.contains(word)), "a retention nobody uses");
}
