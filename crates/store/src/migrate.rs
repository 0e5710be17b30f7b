//! Brings a database's schema up to date: one folder of migrations for both engines, each in a transaction of its
//! own, so that one that was cut off has left nothing. Why not a crate: adr/0003.
//!
//! The files are written in the words both engines share. A line that begins with `--sqlite` or `--postgres`
//! followed by a blank counts only there; SQLite reads BIGINT and BOOLEAN as INTEGER and BYTEA as BLOB, which lets
//! its tables be STRICT.

use crate::StoreError;
use sha2::{Digest, Sha256};
use std::fmt::Write;

struct Migration {
    version: i64,
    name: &'static str,
    text: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "first", text: include_str!("../migrations/0001_first.sql") },
    Migration { version: 2, name: "wait_list", text: include_str!("../migrations/0002_wait_list.sql") },
    Migration {
        version: 3,
        name: "needling_plan",
        text: include_str!("../migrations/0003_needling_plan.sql"),
    },
    Migration { version: 4, name: "compact_keys", text: include_str!("../migrations/0004_compact_keys.sql") },
    Migration { version: 5, name: "secret_print", text: include_str!("../migrations/0005_secret_print.sql") },
    Migration { version: 6, name: "given_up", text: include_str!("../migrations/0006_given_up.sql") },
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Sqlite,
    Postgres,
}

const LEDGER: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
  version BIGINT PRIMARY KEY,
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL
)";
const APPLIED: &str = "SELECT version, sha256 FROM schema_migration ORDER BY version";

/// Brings a SQLite file up to date.
pub(crate) fn on_sqlite(connection: &mut rusqlite::Connection) -> Result<(), StoreError> {
    apply_to_sqlite(connection, MIGRATIONS)
}

/// Refuses a SQLite file that is not up to date.
pub(crate) fn check_sqlite(connection: &rusqlite::Connection) -> Result<(), StoreError> {
    if !has_ledger(connection)? {
        return Err(StoreError::NotOurs);
    }
    let applied = applied_to_sqlite(connection).map_err(StoreError::from_sqlite)?;
    match missing(&applied, MIGRATIONS)? {
        [] => Ok(()),
        _ => Err(StoreError::SchemaOlder),
    }
}

/// Refuses a SQLite file of another program's, before anything in it is changed.
pub(crate) fn refuse_foreign_sqlite(connection: &rusqlite::Connection) -> Result<(), StoreError> {
    let tables = "SELECT 1 FROM sqlite_schema WHERE type = 'table'";
    let is_empty = !exists(connection, tables)?;
    if is_empty || has_ledger(connection)? { Ok(()) } else { Err(StoreError::NotOurs) }
}

/// Whether it is noted which migrations were applied, as in each database of ours.
fn has_ledger(connection: &rusqlite::Connection) -> Result<bool, StoreError> {
    exists(connection, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migration'")
}

fn exists(connection: &rusqlite::Connection, sql: &str) -> Result<bool, StoreError> {
    connection.prepare(sql).and_then(|mut rows| rows.exists([])).map_err(StoreError::from_sqlite)
}

fn applied_to_sqlite(connection: &rusqlite::Connection) -> rusqlite::Result<Vec<(i64, String)>> {
    connection.prepare(APPLIED)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

fn apply_to_sqlite(connection: &mut rusqlite::Connection, known: &[Migration]) -> Result<(), StoreError> {
    let failed = StoreError::from_sqlite;
    connection.execute_batch(LEDGER).map_err(failed)?;
    let applied = applied_to_sqlite(connection).map_err(failed)?;
    let pending = missing(&applied, known)?;
    // A table that others refer to can only be made anew while nobody looks; then each reference is looked at.
    connection.pragma_update(None, "foreign_keys", false).map_err(failed)?;
    for migration in pending {
        let tx = connection.transaction().map_err(failed)?;
        tx.execute_batch(&spell(migration.text, Dialect::Sqlite)).map_err(failed)?;
        if tx.prepare("PRAGMA foreign_key_check").and_then(|mut check| check.exists([])).map_err(failed)? {
            return Err(StoreError::Corrupt("a reference to another table"));
        }
        tx.execute(
            "INSERT INTO schema_migration (version, name, sha256) VALUES (?1, ?2, ?3)",
            (migration.version, migration.name, sha256(migration.text)),
        )
        .map_err(failed)?;
        tx.commit().map_err(failed)?;
    }
    connection.pragma_update(None, "foreign_keys", true).map_err(failed)?;
    tell_sqlite_what_to_expect(connection).map_err(failed)
}

/// Writes SQLite's table of statistics as a large clinic would make it. Without it SQLite takes the first column of
/// an index for a good filter, but ours is the clinic, and looks through all of a clinic's rows where the second
/// column of another index would find one. With it plans are the same in a new database and in an old one.
fn tell_sqlite_what_to_expect(connection: &mut rusqlite::Connection) -> rusqlite::Result<()> {
    let tx = connection.transaction()?;
    tx.execute_batch("ANALYZE sqlite_schema; DELETE FROM sqlite_stat1")?;
    let indexes = tx
        .prepare(
            "SELECT t.name, CASE WHEN l.origin = 'pk' AND w.wr THEN t.name ELSE l.name END, l.[unique], l.partial,
               (SELECT count(*) FROM pragma_index_info(l.name))
             FROM sqlite_schema t JOIN pragma_table_list(t.name) w JOIN pragma_index_list(t.name) l
             WHERE t.type = 'table'",
        )?
        .query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    for (table, index, is_unique, is_partial, columns) in indexes {
        tx.execute(
            "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?1, ?2, ?3)",
            (table, index, expected_rows(is_unique, is_partial, columns)),
        )?;
    }
    tx.execute_batch("ANALYZE sqlite_schema")?;
    tx.commit()
}

/// How many rows an index has, then how many share its first column, its first two, and so on.
fn expected_rows(is_unique: bool, is_partial: bool, columns: u32) -> String {
    let all = if is_partial { 1_000 } else { 1_000_000 };
    let mut stat = all.to_string();
    for column in 1..=columns {
        let same = match (columns - column, is_unique) {
            (0, true) => 1,
            (0, false) => 10,
            _ if column == 1 => all,
            (1, _) => 20,
            _ => 200,
        };
        write!(stat, " {same}").expect("a String takes what is written");
    }
    stat
}

/// Refuses a PostgreSQL schema that is not up to date.
pub(crate) fn check_postgres(client: &mut postgres::Client) -> Result<(), StoreError> {
    let rows = client.query(APPLIED, &[]).map_err(|error| {
        let is_missing = error.code() == Some(&postgres::error::SqlState::UNDEFINED_TABLE);
        if is_missing { StoreError::NotOurs } else { StoreError::from_postgres(&error).0 }
    })?;
    let applied: Vec<(i64, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    match missing(&applied, MIGRATIONS)? {
        [] => Ok(()),
        _ => Err(StoreError::SchemaOlder),
    }
}

/// Brings a PostgreSQL schema up to date. Servers that start at the same time wait for each other.
pub(crate) fn on_postgres(client: &mut postgres::Client, schema: Option<&str>) -> Result<(), StoreError> {
    let failed = |error: postgres::Error| StoreError::from_postgres(&error).0;
    let mut tx = client.transaction().map_err(failed)?;
    // The number only has to be the same for all of us; the lock ends with the transaction.
    tx.batch_execute("SELECT pg_advisory_xact_lock(7310871)").map_err(failed)?;
    if schema.is_some() {
        // The name is the search path's only one; it was checked to be plain letters, digits and `_`.
        tx.batch_execute(
            "DO $$ BEGIN EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', current_setting('search_path')); END $$",
        )
        .map_err(failed)?;
    }
    tx.batch_execute(LEDGER).map_err(failed)?;
    let rows = tx.query(APPLIED, &[]).map_err(failed)?;
    let applied: Vec<(i64, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    for migration in missing(&applied, MIGRATIONS)? {
        tx.batch_execute(&spell(migration.text, Dialect::Postgres)).map_err(failed)?;
        tx.execute(
            "INSERT INTO schema_migration (version, name, sha256) VALUES ($1, $2, $3)",
            &[&migration.version, &migration.name, &sha256(migration.text)],
        )
        .map_err(failed)?;
    }
    tx.commit().map_err(failed)
}

/// Those of `known` that were not applied yet; refuses a database that is ahead of us or of another build.
fn missing<'m>(applied: &[(i64, String)], known: &'m [Migration]) -> Result<&'m [Migration], StoreError> {
    let newest = known.last().map_or(0, |migration| migration.version);
    if let Some(&(found, _)) = applied.last().filter(|(version, _)| *version > newest) {
        return Err(StoreError::SchemaNewer { found, known: newest });
    }
    for (index, (version, hash)) in applied.iter().enumerate() {
        if known[index].version != *version || sha256(known[index].text) != *hash {
            return Err(StoreError::SchemaDiffers { version: *version });
        }
    }
    Ok(&known[applied.len()..])
}

fn sha256(text: &str) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text) {
        write!(hex, "{byte:02x}").expect("a String takes what is written");
    }
    hex
}

/// The migration's text as this engine reads it.
fn spell(text: &str, dialect: Dialect) -> String {
    let mut spelled = String::with_capacity(text.len());
    for line in text.lines() {
        let line = match (line.strip_prefix("--sqlite "), line.strip_prefix("--postgres "), dialect) {
            (Some(ours), _, Dialect::Sqlite) | (_, Some(ours), Dialect::Postgres) => ours,
            (None, None, _) => line,
            _ => continue,
        };
        match dialect {
            Dialect::Postgres => spelled.push_str(line),
            Dialect::Sqlite => {
                for (index, word) in line.split(' ').enumerate() {
                    if index > 0 {
                        spelled.push(' ');
                    }
                    let (word, tail) = word.split_at(word.trim_end_matches([',', ')']).len());
                    spelled.push_str(match word {
                        "BIGINT" | "BOOLEAN" => "INTEGER",
                        "BYTEA" => "BLOB",
                        word => word,
                    });
                    spelled.push_str(tail);
                }
            }
        }
        spelled.push('\n');
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_reads_its_own_lines() {
        let text = "CREATE TABLE a (x BIGINT, y BYTEA NOT NULL)\n--sqlite STRICT\n--postgres -- x\n;";
        assert_eq!(spell(text, Dialect::Sqlite), "CREATE TABLE a (x INTEGER, y BLOB NOT NULL)\nSTRICT\n;\n");
        assert_eq!(spell(text, Dialect::Postgres), "CREATE TABLE a (x BIGINT, y BYTEA NOT NULL)\n-- x\n;\n");
    }

    #[test]
    fn a_migration_that_fails_midway_leaves_nothing_and_runs_whole_later() {
        let first = || Migration { version: 1, name: "a", text: "CREATE TABLE a (x BIGINT);" };
        let broken = "CREATE TABLE b (x BIGINT); INSERT INTO a VALUES (1); CREATE TABLE a (x BIGINT);";
        let mended = "CREATE TABLE b (x BIGINT); INSERT INTO a VALUES (1);";
        let second = |text| Migration { version: 2, name: "b", text };
        let mut connection = rusqlite::Connection::open_in_memory().unwrap();
        apply_to_sqlite(&mut connection, &[first(), second(broken)]).unwrap_err();
        let count = |connection: &rusqlite::Connection, sql: &str| {
            connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
        };
        assert_eq!(count(&connection, "SELECT count(*) FROM sqlite_schema WHERE name = 'b'"), 0);
        assert_eq!(count(&connection, "SELECT max(version) FROM schema_migration"), 1);
        apply_to_sqlite(&mut connection, &[first(), second(mended)]).unwrap();
        assert_eq!(count(&connection, "SELECT count(*) FROM a"), 1);
        assert_eq!(count(&connection, "SELECT max(version) FROM schema_migration"), 2);
    }

    #[test]
    fn what_was_booked_before_keys_were_compact_is_there_after() {
        let mut connection = rusqlite::Connection::open_in_memory().unwrap();
        apply_to_sqlite(&mut connection, &MIGRATIONS[..3]).unwrap();
        connection
            .execute_batch(
                "INSERT INTO clinic (clinic_id, name, jurisdiction, currency, is_demo, contact_email, contact_phone,
                   min_notice_minutes, offer_step_minutes, horizon_days, cut_off_hours, hold_minutes, confirm_minutes,
                   on_call_limit, needling_counts_as_on_call)
                 SELECT column1, '', 'DE', 'EUR', 0, '', '', 0, 15, 90, 24, 10, 30, 3, 1 FROM (VALUES ('A'), ('B'));
                 INSERT INTO site SELECT clinic_id, 's', '', 'Europe/Berlin', '', NULL FROM clinic;
                 INSERT INTO resource
                 SELECT clinic_id, column1, 's', 'room', '', '', 1, 0, NULL, 1, 0
                 FROM clinic, (VALUES ('r2'), ('r1'));
                 INSERT INTO claim SELECT clinic_id, resource_id, 0, unicode(clinic_id) FROM resource;
                 INSERT INTO patient VALUES ('B', 'p', '', '', '', NULL, 0);
                 INSERT INTO appointment VALUES ('B', 'a', 's', 'p', 'treatment', 'booked', NULL, '', 0, 1, 'r1', 0,
                   'key', x'00', 0, NULL, '', '', '', NULL, 0);
                 INSERT INTO staff VALUES ('B', 'm', 'm', '', '', '', '', NULL);
                 INSERT INTO needling_plan VALUES ('B', 'n', 'a', '', '', '', '', '', 'm', 0);",
            )
            .unwrap();
        apply_to_sqlite(&mut connection, MIGRATIONS).unwrap();
        let claims =
            "SELECT group_concat(claim.clinic_no || clinic_id || resource_no || resource_id || quantum)
             FROM claim JOIN clinic USING (clinic_no) JOIN resource USING (clinic_id, resource_no)
             ORDER BY clinic_id, resource_id";
        let read = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(read(claims), "1A1r165,1A2r265,2B1r166,2B2r266");
        let plan = "SELECT lead_id FROM needling_plan JOIN appointment USING (clinic_id, appointment_id)";
        assert_eq!(read(plan), "r1");
        let orphan = connection.execute("DELETE FROM appointment", []);
        assert!(orphan.is_err(), "references are looked at again");
    }

    #[test]
    fn what_is_missing_is_applied_and_what_differs_is_refused() {
        let known =
            [Migration { version: 1, name: "a", text: "a" }, Migration { version: 2, name: "b", text: "b" }];
        let row = |version, text| (version, sha256(text));
        assert_eq!(missing(&[], &known).unwrap().len(), 2);
        assert_eq!(missing(&[row(1, "a")], &known).unwrap()[0].version, 2);
        assert!(missing(&[row(1, "a"), row(2, "b")], &known).unwrap().is_empty());
        assert!(matches!(
            missing(&[row(1, "changed")], &known),
            Err(StoreError::SchemaDiffers { version: 1 })
        ));
        assert!(matches!(missing(&[row(2, "b")], &known), Err(StoreError::SchemaDiffers { version: 2 })));
        assert!(matches!(
            missing(&[row(1, "a"), row(2, "b"), row(3, "c")], &known),
            Err(StoreError::SchemaNewer { found: 3, known: 2 })
        ));
    }
}
