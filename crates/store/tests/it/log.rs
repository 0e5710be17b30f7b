//! SQLite's log: room made beforehand loses nothing, and what is in it finds its way into the database.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use record::NewJob;
use store::{Store, StoreLocation, jobs};
use testkit::{Raw, SmallClinic, TestStore, at};

fn database(test: &TestStore) -> PathBuf {
    let StoreLocation::Sqlite { path } = test.location() else { panic!("SQLite is asked for") };
    path.clone()
}

fn log(database: &Path) -> PathBuf {
    database.with_extension("sqlite-wal")
}

fn enqueue(test: &TestStore, small: SmallClinic, number: usize) {
    let job = NewJob { kind: "test".into(), subject_id: number.to_string(), run_at: at(0) };
    test.write(move |tx| jobs::enqueue(tx, small.clinic, &job)).unwrap();
}

/// The database as it is on the disk at this moment, with these of its files.
fn copy(database: &Path, folder: &Path, names: &[&str]) -> StoreLocation {
    fs::create_dir(folder).unwrap();
    for name in names {
        fs::copy(database.with_file_name(name), folder.join(name)).unwrap();
    }
    StoreLocation::Sqlite { path: folder.join("stipple.sqlite") }
}

#[test]
fn room_made_before_and_after_a_crash_loses_nothing() {
    let test = testkit::sqlite_store();
    let small = SmallClinic::write(&test);
    let path = database(&test);
    let folder = tempfile::tempdir().unwrap();
    enqueue(&test, small, 1);
    test.make_room();
    let long = fs::metadata(log(&path)).unwrap().len();
    assert!(long >= 32 * 1024 * 1024, "{long} bytes");
    enqueue(&test, small, 2);
    test.make_room();
    assert_eq!(fs::metadata(log(&path)).unwrap().len(), long, "there is room already");
    // What a kill leaves is read again, and room is made behind it.
    let left = copy(&path, &folder.path().join("left"), &["stipple.sqlite", "stipple.sqlite-wal"]);
    let store = Store::open(&left).unwrap();
    store.make_room();
    let job = NewJob { kind: "test".into(), subject_id: "3".into(), run_at: at(0) };
    store.write(move |tx| jobs::enqueue(tx, small.clinic, &job)).unwrap();
    drop(store);
    let StoreLocation::Sqlite { path: left_path } = &left else { unreachable!("it was made above") };
    assert!(!log(left_path).exists(), "a store that was closed has everything in one file");
    let subjects = Raw::open(&left).texts("SELECT subject_id FROM job ORDER BY subject_id");
    assert_eq!(subjects, [["1"], ["2"], ["3"]]);
}

#[test]
fn the_log_is_emptied_beside_those_who_write() {
    let test = testkit::sqlite_store();
    let small = SmallClinic::write(&test);
    let path = database(&test);
    enqueue(&test, small, 1);
    let folder = tempfile::tempdir().unwrap();
    let started = Instant::now();
    // Without its log the database file knows what was copied into it, and no more.
    for tries in 0.. {
        thread::yield_now();
        let alone = copy(&path, &folder.path().join(tries.to_string()), &["stipple.sqlite"]);
        let StoreLocation::Sqlite { path: alone } = alone else { unreachable!("it was made above") };
        let found = rusqlite::Connection::open(alone).and_then(|connection| {
            connection.query_row("SELECT count(*) FROM job", [], |row| row.get::<_, i64>(0))
        });
        if found == Ok(1) {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(10), "the log was not emptied: {found:?}");
    }
}
