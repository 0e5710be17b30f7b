//! Test databases of both engines, and a small clinic to put into them; for tests only.
//!
//! `for test in testkit::stores() { … }` runs a test on a fresh SQLite file and in a fresh schema of the PostgreSQL
//! server that `STIPPLE_TEST_POSTGRES` names. Nothing is left out silently: without a server the test fails and says
//! what to run, unless `STIPPLE_TEST_ENGINES=sqlite` asks for SQLite alone.

mod clinic;
mod raw;

pub use clinic::{SmallClinic, at, id, occupation};
pub use raw::Raw;

use std::{
    env,
    ops::Deref,
    process,
    sync::atomic::{AtomicUsize, Ordering},
};
use store::{Store, StoreLocation};
use tempfile::TempDir;

/// An open store on a fresh database, which is removed with it.
pub struct TestStore {
    /// `sqlite` or `postgresql`, for messages.
    pub engine: &'static str,
    location: StoreLocation,
    // Closed before the database is removed.
    store: Option<Store>,
    _place: Place,
}

/// A fresh, empty place for a database, which is removed with it.
pub struct TestPlace {
    /// `sqlite` or `postgresql`, for messages.
    pub engine: &'static str,
    /// Where it is.
    pub location: StoreLocation,
    place: Place,
}

enum Place {
    Folder(#[allow(dead_code, reason = "held for its drop, which removes the folder")] TempDir),
    Schema { url: String, schema: String },
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Self::Schema { url, schema } = self {
            let mut raw = Raw::postgres(url, None);
            // A schema that stays behind harms nobody: the next one has another name, and the server is private.
            let _ = raw.execute(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE"));
        }
    }
}

/// A fresh, empty place on each engine.
pub fn places() -> Vec<TestPlace> {
    let mut places = vec![sqlite_place()];
    match env::var("STIPPLE_TEST_ENGINES").as_deref() {
        Ok("sqlite") => {}
        Ok(other) => panic!("STIPPLE_TEST_ENGINES={other} is not known: leave it out, or set it to sqlite"),
        Err(_) => places.push(postgres_place()),
    }
    places
}

/// An open store on a fresh database of each engine.
pub fn stores() -> Vec<TestStore> {
    places().into_iter().map(TestPlace::open).collect()
}

/// An open store on a fresh SQLite file only, for what is not about the engine.
pub fn sqlite_store() -> TestStore {
    sqlite_place().open()
}

/// A place for a fresh SQLite store.
pub fn sqlite_place() -> TestPlace {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("stipple.sqlite");
    TestPlace { engine: "sqlite", location: StoreLocation::Sqlite { path }, place: Place::Folder(folder) }
}

fn postgres_place() -> TestPlace {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let Ok(url) = env::var("STIPPLE_TEST_POSTGRES") else {
        panic!(
            "no PostgreSQL server for the tests: run `cargo xtask test`, which starts a private one, or set \
             STIPPLE_TEST_POSTGRES=postgres://user@127.0.0.1:5432/database, or set STIPPLE_TEST_ENGINES=sqlite to \
             test SQLite alone"
        );
    };
    let schema = format!("test_{}_{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let mut raw = Raw::postgres(&url, None);
    raw.execute(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).expect("an old schema can be dropped");
    TestPlace {
        engine: "postgresql",
        location: StoreLocation::Postgres { url: url.clone(), schema: Some(schema.clone()) },
        place: Place::Schema { url, schema },
    }
}

impl TestPlace {
    /// Opens a store here; the place must outlive it.
    pub fn open_store(&self) -> Store {
        Store::open(&self.location).expect("a fresh store can be opened")
    }

    /// Opens a store here.
    pub fn open(self) -> TestStore {
        let store = Store::open(&self.location).expect("a fresh store can be opened");
        TestStore { engine: self.engine, location: self.location, store: Some(store), _place: self.place }
    }

    /// A connection past the store.
    pub fn raw(&self) -> Raw {
        Raw::open(&self.location)
    }
}

impl TestStore {
    /// A connection past the store, as an intruder or a repairer would have it.
    pub fn raw(&self) -> Raw {
        Raw::open(&self.location)
    }

    /// Where the database is.
    pub fn location(&self) -> &StoreLocation {
        &self.location
    }

    /// Closes the store and opens it again, as a restart does.
    pub fn restart(&mut self) {
        self.store = None;
        self.store = Some(Store::open(&self.location).expect("a store can be opened again"));
    }
}

impl Deref for TestStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        self.store.as_ref().expect("the store is open but while it restarts")
    }
}
