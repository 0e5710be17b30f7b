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

const MIGRATIONS: &[Migration] =
    &[Migration { version: 1, name: "first", text: include_str!("../migrations/0001_first.sql") }];

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
    let failed = StoreError::from_sqlite;
    connection.execute_batch(LEDGER).map_err(failed)?;
    let applied = connection
        .prepare(APPLIED)
        .and_then(|mut statement| {
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<Vec<_>, _>>()
        })
        .map_err(failed)?;
    for migration in missing(&applied, MIGRATIONS)? {
        let tx = connection.transaction().map_err(failed)?;
        tx.execute_batch(&spell(migration.text, Dialect::Sqlite)).map_err(failed)?;
        tx.execute(
            "INSERT INTO schema_migration (version, name, sha256) VALUES (?1, ?2, ?3)",
            (migration.version, migration.name, sha256(migration.text)),
        )
        .map_err(failed)?;
        tx.commit().map_err(failed)?;
    }
    Ok(())
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
