//! No statement looks through all rows of a clinic: time does not grow with history.

use std::{fs, path::Path};

/// Every SQL statement of the store: string literals that begin with its verbs.
fn statements() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for file in fs::read_dir(folder).expect("the source is there").flatten() {
        // The engines' own statements; all others are for both.
        if ["migrate.rs", "postgresql.rs", "sqlite.rs", "sqlite"].iter().any(|name| file.file_name() == *name)
        {
            continue;
        }
        let text = fs::read_to_string(file.path()).expect("the source is text");
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let verbs = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE "];
        let literals = text.split('"').skip(1);
        found.extend(
            literals.filter(|text| verbs.iter().any(|verb| text.starts_with(verb))).map(str::to_owned),
        );
    }
    found
}

/// What a plan may do in these tables, and why.
fn is_allowed(table: &str, sql: &str) -> bool {
    let has_one_row_a_clinic = ["clinic", "diary_version", "audit_head"].contains(&table);
    // A clinic has dozens of these, and they are asked for whole.
    let is_small = ["site", "resource", "weekly_rule", "special_day", "absence", "closure", "staff", "pen"]
        .contains(&table);
    // The newest of an index that is read backwards, up to a limit.
    let is_newest = sql.contains("ORDER BY created_at DESC") && ["message", "enquiry"].contains(&table);
    // SQLite plans for a change of a parent's key, which no statement makes.
    let is_parent_key = sql.contains("ON CONFLICT") && sql.contains("DO UPDATE");
    // Nightly jobs and repairs, and jobs that were set aside: bounded by what lies ahead, not by history.
    let is_upkeep = table == "claim" || sql.contains("AND set_aside");
    // Asked by an index that holds those who wait now, and not those who waited once.
    let is_waiting = table == "wait_entry" && sql.contains("state = 'waiting' AND expires_at > ")
        || table == "patient" && sql.contains("AND keys_due")
        || table == "message" && sql.contains("state = 'failed' AND body_text <> ''");
    has_one_row_a_clinic || is_waiting || is_small || is_newest || is_parent_key || is_upkeep
}

#[test]
fn no_statement_looks_through_a_clinic() {
    let test = testkit::sqlite_store();
    let mut raw = test.raw();
    let statements = statements();
    assert!(statements.len() > 80, "only {} statements were found", statements.len());
    for sql in statements {
        let plan = raw.sqlite_plan(sql.trim_end_matches(" FOR UPDATE"));
        assert!(!plan.is_empty() || sql.starts_with("INSERT"), "no plan for {sql}");
        for line in plan {
            let table = line.split(' ').nth(1).unwrap_or_default();
            let is_wide = line.starts_with("SCAN ") || line.ends_with("(clinic_id=?)");
            assert!(!is_wide || is_allowed(table, &sql), "{line}: {sql}");
        }
    }
}
