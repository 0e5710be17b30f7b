//! What can go wrong between us and the database. No text here holds a value of a row.

use std::{fmt, io, path::PathBuf};

/// Why the store did not do what it was asked to.
#[derive(Debug)]
pub enum StoreError {
    /// Another hold or appointment has a seat at that time. A refusal, not a fault.
    Taken,
    /// An occupation is off the grid of five minutes, or has no good length.
    BadOccupation(record::BadOccupation),
    /// A row with that key is there already.
    Duplicate,
    /// Too many writers wait. Nothing was done; try again in a moment.
    Busy,
    /// The database cannot be reached. Nothing was done.
    Away,
    /// The connection broke, or the disk failed, during the commit: it may or may not have happened.
    /// An idempotency key tells which.
    OutcomeUnknown,
    /// The disk is full. Nothing was done.
    DiskFull,
    /// Another process works on this data folder.
    InUse {
        /// The lock file it holds.
        lock: PathBuf,
    },
    /// The schema was written by a newer program.
    SchemaNewer {
        /// The number of the newest migration in the database.
        found: i64,
        /// The newest we know.
        known: i64,
    },
    /// The schema is not up to date, and the store was opened only to read.
    SchemaOlder,
    /// The store was opened only to read.
    ReadOnly,
    /// A migration that was applied is not the one we know by that number.
    SchemaDiffers {
        /// Its number.
        version: i64,
    },
    /// SQLite is older than 3.51.3, which can damage its own log.
    SqliteTooOld {
        /// What was found.
        found: String,
    },
    /// The location cannot be used: what is wrong with it, and what to do.
    BadLocation(String),
    /// A file or folder could not be used.
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The database file is damaged, or the disk under it fails: what the engine says.
    Damaged(String),
    /// The database is empty, or not one of ours, and the store was opened only to read; or it is another program's.
    NotOurs,
    /// A value in the database is not what it must be. Which column, not which value.
    Corrupt(&'static str),
    /// A write was started inside a write; it would wait for itself for ever.
    Nested,
    /// The database refused a statement: its message with the engine's code, without values of rows.
    Database(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken => f.write_str("the time was taken meanwhile: offer other times"),
            Self::BadOccupation(bad) => bad.fmt(f),
            Self::Duplicate => f.write_str("a record with this key is there already"),
            Self::Busy => f.write_str("too many changes at once: try again in a moment"),
            Self::Away => f.write_str("the database cannot be reached: check that it runs, then try again"),
            Self::OutcomeUnknown => f.write_str(
                "the database did not say whether the change was kept: look, or repeat it with the same key",
            ),
            Self::DiskFull => f.write_str("the disk is full: free some space, nothing was changed"),
            Self::InUse { lock } => write!(
                f,
                "another process works on this data folder (it holds {}): stop it first, or choose another folder",
                lock.display()
            ),
            Self::SchemaNewer { found, known } => write!(
                f,
                "the database has schema {found}, this program knows {known} at most: use the newer program, or restore a backup made before the upgrade"
            ),
            Self::SchemaOlder => f.write_str(
                "the database is older than this program: start the server once, it brings it up to date",
            ),
            Self::ReadOnly => f.write_str("the database was opened only to read"),
            Self::SchemaDiffers { version } => write!(
                f,
                "migration {version} in the database is not the one this program knows: the database belongs to another build"
            ),
            Self::SqliteTooOld { found } => {
                write!(f, "SQLite {found} can damage its log: build with 3.51.3 or newer")
            }
            Self::BadLocation(what) => f.write_str(what),
            Self::File { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Corrupt(column) => write!(
                f,
                "the database holds a value in {column} that no program of ours writes: check it, or restore a backup"
            ),
            Self::Damaged(message) => write!(
                f,
                "the database file is damaged, or its disk fails ({message}): stop the program, keep a copy of the whole \
                 data folder as it is, and restore the last backup into a new folder"
            ),
            Self::NotOurs => f.write_str(
                "the database is empty or was made by another program: name the data folder or the database of the clinic",
            ),
            Self::Nested => f.write_str("a write was started inside a write"),
            Self::Database(message) => write!(f, "the database refused a statement: {message}"),
        }
    }
}

impl std::error::Error for StoreError {}

/// What a failed statement does to the transaction around it. PostgreSQL ends a transaction at the first failed
/// statement, SQLite does not: the stricter rule holds for both, so that what works on one works on the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Harm {
    /// The transaction is rolled back.
    Failed,
    /// The same, but doing it all again may go well: two transactions were in each other's way.
    Retry,
    /// The connection is gone.
    Broken,
}

impl StoreError {
    pub(crate) fn from_sqlite(error: rusqlite::Error) -> Self {
        use rusqlite::{Error, ErrorCode};
        let Error::SqliteFailure(failure, message) = error else {
            return match error {
                Error::SqlInputError { error, msg, .. }
                    if matches!(error.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) =>
                {
                    Self::Damaged(format!("SQLite {}: {msg}", error.extended_code))
                }
                Error::SqlInputError { error, msg, .. } => {
                    Self::Database(format!("SQLite {}: {msg}", error.extended_code))
                }
                // The other kinds can carry values; their names are enough.
                Error::InvalidColumnType(..) => Self::Corrupt("a column of an unexpected type"),
                _ => Self::Database("SQLite: a statement was used wrongly".into()),
            };
        };
        match (failure.code, failure.extended_code) {
            (_, rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY | rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE) => {
                Self::Duplicate
            }
            (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => Self::Busy,
            (ErrorCode::DiskFull, _) => Self::DiskFull,
            (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::SystemIoFailure, code) => {
                Self::Damaged(format!("SQLite {code}: {}", message.unwrap_or_default()))
            }
            // SQLite's own messages name tables and columns, never values.
            (_, code) => Self::Database(format!("SQLite {code}: {}", message.unwrap_or_default())),
        }
    }

    pub(crate) fn from_postgres(error: &postgres::Error) -> (Self, Harm) {
        use postgres::error::SqlState;
        let Some(db) = error.as_db_error() else {
            // A client-side failure that left the connection open is a wrong parameter or column, our own mistake.
            let closed = error.is_closed() || is_broken_pipe(error);
            return match closed {
                true => (Self::Away, Harm::Broken),
                false => (Self::Database("PostgreSQL: a statement was used wrongly".into()), Harm::Failed),
            };
        };
        let code = db.code();
        if *code == SqlState::UNIQUE_VIOLATION {
            // Somebody else has booked with the same key just now: done again, the closure finds that booking.
            let is_repeat = db.constraint().is_some_and(|name| name.contains("idempotency_key"));
            (Self::Duplicate, if is_repeat { Harm::Retry } else { Harm::Failed })
        } else if *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED {
            (Self::Busy, Harm::Retry)
        } else if *code == SqlState::DISK_FULL {
            (Self::DiskFull, Harm::Failed)
        } else if matches!(&code.code()[..2], "08" | "57") {
            // Connection trouble, or an administrator stopped the server or this session.
            (Self::Away, Harm::Broken)
        } else {
            // The message names tables and constraints; its detail could hold values and is left out.
            (Self::Database(format!("PostgreSQL {}: {}", code.code(), db.message())), Harm::Failed)
        }
    }
}

fn is_broken_pipe(error: &postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<io::Error>())
}
