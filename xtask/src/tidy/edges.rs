//! Who may depend on whom: the direction of dependencies as a table, compared with what cargo says.

use crate::workspace::Package;

/// Where each outside crate is argued for.
pub(crate) const DEPENDENCIES_ADR: &str = "adr/0002-dependencies.md";

/// Each crate with the crates of the house it may use. A new line or a new name in one needs a line in an ADR.
const EDGES: &[(&str, &[&str])] = &[
    ("vocab", &[]),
    ("protocol", &["vocab"]),
    ("schedule", &["vocab"]),
    ("coverage", &["vocab"]),
    ("photo", &["vocab"]),
    ("record", &["vocab"]),
    ("store", &["record", "vocab"]),
    ("ical", &["record", "vocab"]),
    ("notify", &["ical", "record", "vocab"]),
    ("media", &["vocab"]),
    ("app", &["coverage", "media", "notify", "protocol", "record", "schedule", "store", "vocab"]),
    ("web", &["app", "coverage", "ical", "media", "notify", "protocol", "record", "schedule", "vocab"]),
    (
        "stipple",
        &[
            "app", "coverage", "ical", "media", "notify", "photo", "protocol", "record", "schedule", "store",
            "vocab", "web",
        ],
    ),
    ("testkit", &["app", "ical", "notify", "protocol", "record", "schedule", "store", "vocab", "web"]),
    ("sim", &["app", "notify", "record", "store", "testkit", "vocab"]),
    (
        "bench",
        &[
            "app", "ical", "notify", "photo", "protocol", "record", "schedule", "sim", "store", "testkit",
            "vocab", "web",
        ],
    ),
    ("xtask", &[]),
];

/// Outside crates that only some rooms may know, because knowing them is what the room is for.
const OWNED: &[(&str, &[&str])] = &[
    ("argon2", &["app"]),
    ("askama", &["web"]),
    ("axum", &["web", "stipple"]),
    ("clap", &["stipple"]),
    ("getrandom", &["stipple"]),
    ("hyper", &["web", "stipple"]),
    ("hyper-util", &["web", "stipple"]),
    ("lettre", &["notify"]),
    ("postgres", &["store"]),
    ("rusqlite", &["store"]),
    ("tokio", &["web", "stipple"]),
    ("tower", &["web", "stipple"]),
];

/// Crates that any test may use.
const FOR_TESTS: &[&str] = &["testkit"];

fn row<'a>(table: &'a [(&str, &'a [&'a str])], name: &str) -> Option<&'a [&'a str]> {
    table.iter().find(|(row, _)| *row == name).map(|(_, names)| *names)
}

/// Edges that the tables do not have, packages without a line, and outside crates nobody argued for.
pub(crate) fn check(packages: &[Package], argued: &str) -> Vec<String> {
    let mut violations = Vec::new();
    for package in packages {
        let name = &package.name;
        let Some(allowed) = row(EDGES, name) else {
            violations
                .push(format!("{name}: no line in the table of {}; add one, argued in an ADR", file!()));
            continue;
        };
        let folder = package.folder.file_name().unwrap_or_default().to_string_lossy();
        if folder != *name {
            violations.push(format!(
                "{name}: lies in a folder named {folder}; a folder is named after its package"
            ));
        }
        let needs = package.needs.iter().map(|need| (need, false));
        for (need, for_tests) in needs.chain(package.needs_for_tests.iter().map(|need| (need, true))) {
            let may = allowed.contains(&need.as_str()) || (for_tests && FOR_TESTS.contains(&need.as_str()));
            let of_the_house = row(EDGES, need).is_some() || packages.iter().any(|other| other.name == *need);
            if of_the_house && !may {
                violations.push(format!("{name} must not use {need}; a new edge needs a line in an ADR"));
            } else if !of_the_house && !argued.contains(&format!("`{need}`")) {
                violations.push(format!("{name} uses {need}, which {DEPENDENCIES_ADR} does not argue for"));
            }
            let owners = row(OWNED, need);
            let owned_elsewhere = owners.is_some_and(|owners| !owners.contains(&name.as_str()));
            if owned_elsewhere && name != "bench" && name != "testkit" && !for_tests {
                violations.push(format!(
                    "{name} must not know {need}; that is for {}",
                    owners.unwrap_or_default().join(", ")
                ));
            }
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn package(name: &str, needs: &[&str], needs_for_tests: &[&str]) -> Package {
        let words = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Package {
            name: name.to_owned(),
            folder: PathBuf::from(format!("/w/crates/{name}")),
            needs: words(needs),
            needs_for_tests: words(needs_for_tests),
            programs: Vec::new(),
        }
    }

    fn check_one(package: Package) -> Vec<String> {
        check(&[package], "`jiff` tells the time; `rusqlite`, `proptest`")
    }

    #[test]
    fn what_the_table_has_passes() {
        let fine = [
            package("vocab", &["jiff"], &["proptest"]),
            package("app", &["store", "schedule", "vocab"], &["testkit"]),
            package("store", &["record", "rusqlite"], &[]),
        ];
        assert_eq!(fine.map(check_one).concat(), Vec::<String>::new());
    }

    #[test]
    fn planted_edges_are_found() {
        let cases = [
            (package("schedule", &["record"], &[]), "schedule must not use record"),
            (package("schedule", &["protocol"], &[]), "schedule must not use protocol"),
            (package("schedule", &["testkit"], &[]), "schedule must not use testkit"),
            (package("vocab", &[], &["store"]), "vocab must not use store"),
            (package("web", &["rusqlite"], &[]), "web must not know rusqlite; that is for store"),
            (package("vocab", &["left-pad"], &[]), "vocab uses left-pad, which adr/"),
            (package("helpers", &[], &[]), "helpers: no line in the table"),
        ];
        for (planted, told) in cases {
            let found = check_one(planted);
            assert!(found.len() == 1 && found[0].starts_with(told), "{told}: {found:?}");
        }
        let moved = Package { folder: PathBuf::from("/w/crates/words"), ..package("vocab", &[], &[]) };
        assert!(check_one(moved)[0].contains("a folder named words"));
    }

    #[test]
    fn no_edge_leads_in_a_circle() {
        // Rows are in such an order that each uses only rows above it; then no circle can be written.
        for (at, (name, uses)) in EDGES.iter().enumerate() {
            let above: Vec<&str> = EDGES[..at].iter().map(|(name, _)| *name).collect();
            assert!(uses.iter().all(|used| above.contains(used)), "{name} uses a row below it");
        }
    }
}
