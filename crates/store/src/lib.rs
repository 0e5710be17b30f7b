//! The only SQL. SQLite by default, PostgreSQL when one machine is not enough; one set of statements for both.
//!
//! Decides nothing: it loads and writes what it is told, in transactions that `app` opens. Every function takes the
//! clinic as scope, and the clinic's id leads every key. Knows no clock and no chance: instants and ids are parameters.

pub mod access_log;
pub mod appointments;
pub mod audit;
pub mod clinics;
pub mod diary;
pub mod enquiries;
pub mod holds;
pub mod hours;
pub mod jobs;
pub mod messages;
pub mod needling;
pub mod patients;
pub mod protocols;
pub mod resources;
pub mod responses;
pub mod staff;
pub mod wait_list;

mod error;
mod migrate;
mod postgresql;
mod sqlite;
mod tx;
mod value;

pub use error::StoreError;
pub use tx::Tx;

use std::path::PathBuf;

pub(crate) use value::{Row, Value};

/// Where the data are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreLocation {
    /// One file in a folder of its own, which is made if it is missing.
    Sqlite {
        /// The file.
        path: PathBuf,
    },
    /// A PostgreSQL server, version 15 or newer, on this machine or a trusted network.
    Postgres {
        /// `postgres://user@host:port/database`, or `key=value` pairs.
        url: String,
        /// The schema to work in; the role's default without it. Letters, digits and `_`, in lower case.
        schema: Option<String>,
    },
}

/// An open database with its schema up to date.
pub struct Store {
    engine: Engine,
    is_read_only: bool,
}

enum Engine {
    Sqlite(sqlite::Sqlite),
    Postgres(Box<postgresql::Postgres>),
}

/// So many readers of a SQLite file work at the same time.
const SQLITE_READERS: usize = 4;

/// So many connections to PostgreSQL are open at most.
const POSTGRES_CONNECTIONS: usize = 16;

impl Store {
    /// Opens the database, makes it if there is none, and brings its schema up to date.
    ///
    /// SQLite: takes the lock of the data folder, so that a second process is refused.
    pub fn open(location: &StoreLocation) -> Result<Self, StoreError> {
        let engine = match location {
            StoreLocation::Sqlite { path } => Engine::Sqlite(sqlite::Sqlite::open(path, SQLITE_READERS)?),
            StoreLocation::Postgres { url, schema } => {
                let schema = schema.as_deref();
                let opened = postgresql::Postgres::open(url, schema, POSTGRES_CONNECTIONS)?;
                Engine::Postgres(Box::new(opened))
            }
        };
        Ok(Self { engine, is_read_only: false })
    }

    /// Opens a database only to look at it, beside the process that works on it: takes no lock, makes and changes
    /// nothing, and refuses a schema that is not up to date.
    pub fn open_to_read(location: &StoreLocation) -> Result<Self, StoreError> {
        let engine = match location {
            StoreLocation::Sqlite { path } => Engine::Sqlite(sqlite::Sqlite::open_to_read(path)?),
            StoreLocation::Postgres { url, schema } => {
                Engine::Postgres(Box::new(postgresql::Postgres::open_to_read(url, schema.as_deref())?))
            }
        };
        Ok(Self { engine, is_read_only: true })
    }

    /// Takes the room on the disk that a busy hour needs, some dozens of megabytes, so that those who book do not have to
    /// wait for it: for a server's start. Does nothing on PostgreSQL, or if there is no room.
    pub fn make_room(&self) {
        if let Engine::Sqlite(sqlite) = &self.engine {
            sqlite.make_room();
        }
    }

    /// Lends `work` one consistent snapshot of the data. Nothing can be written.
    pub fn read<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.read(work),
            Engine::Postgres(postgres) => postgres.read(work),
        }
    }

    /// Lends `work` a transaction. `Ok` is returned only after it was durably committed; on `Err`, or if any
    /// statement failed, nothing of it remains.
    ///
    /// `work` may run on another thread (SQLite), and again if another that shares its commit failed (SQLite) or two
    /// transactions were in each other's way (PostgreSQL), so it owns what it uses and has no effects but those on the
    /// transaction. It must not call `write` itself.
    pub fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        if self.is_read_only {
            return Err(StoreError::ReadOnly.into());
        }
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.write(work),
            Engine::Postgres(postgres) => postgres.write(work),
        }
    }
}

/// Names with blanks between them: they hold none themselves.
fn join(names: impl Iterator<Item = impl AsRef<str>>) -> String {
    let mut joined = String::new();
    for name in names {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(name.as_ref());
    }
    joined
}
