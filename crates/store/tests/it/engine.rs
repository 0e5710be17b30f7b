//! Transactions, batches, crashes, locks and migrations.

use record::{NewJob, Owner};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Barrier,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use store::{Store, StoreError, StoreLocation, appointments, clinics, diary, jobs};
use testkit::{Raw, SmallClinic, at, id, occupation};

fn job(number: usize) -> NewJob {
    NewJob { kind: "test".into(), subject_id: number.to_string(), run_at: at(0) }
}

#[test]
fn one_failure_in_a_batch_does_not_hurt_the_others() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let test = Arc::new(test);
        // The first writer stays in its closure until all others are about to write, so that SQLite takes them as one
        // batch.
        let about_to_write = Arc::new(AtomicU32::new(0));
        let slow = thread::spawn({
            let (test, about_to_write) = (Arc::clone(&test), Arc::clone(&about_to_write));
            move || {
                test.write(move |tx| {
                    while about_to_write.load(Ordering::Acquire) < 30 {
                        thread::yield_now();
                    }
                    jobs::enqueue(tx, small.clinic, &job(1_000))
                })
            }
        });
        let writers: Vec<_> = (0..30)
            .map(|number| {
                let (test, about_to_write) = (Arc::clone(&test), Arc::clone(&about_to_write));
                thread::spawn(move || {
                    about_to_write.fetch_add(1, Ordering::Release);
                    test.write(move |tx| {
                        jobs::enqueue(tx, small.clinic, &job(number))?;
                        match number % 3 {
                            0 => Ok(()),
                            1 => Err(StoreError::Corrupt("a refusal of the closure's own")),
                            // A statement that fails, and a closure that does not care.
                            _ => {
                                let _ = clinics::insert(tx, &small.clinic_record());
                                Ok(())
                            }
                        }
                    })
                })
            })
            .collect();
        slow.join().unwrap().unwrap();
        for (number, writer) in writers.into_iter().enumerate() {
            let result = writer.join().unwrap();
            assert_eq!(result.is_ok(), number.is_multiple_of(3), "{}, {number}: {result:?}", test.engine);
        }
        let kept = test.raw().texts("SELECT subject_id FROM job");
        assert_eq!(kept.len(), 11, "{}", test.engine);
        for row in kept {
            let number: usize = row[0].parse().unwrap();
            assert!(number == 1_000 || number.is_multiple_of(3), "{}: {number} should be gone", test.engine);
        }
    }
}

#[test]
fn a_panic_reaches_its_own_caller_only() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            test.write(move |tx| -> Result<(), StoreError> {
                jobs::enqueue(tx, small.clinic, &job(1))?;
                panic!("on purpose");
            })
        }));
        assert!(panicked.is_err());
        test.write(move |tx| jobs::enqueue(tx, small.clinic, &job(2))).unwrap();
        assert_eq!(test.raw().texts("SELECT subject_id FROM job"), vec![vec!["2".to_owned()]]);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            test.read(|_| -> Result<(), StoreError> { panic!("on purpose") })
        }));
        assert!(panicked.is_err());
        assert_eq!(test.read(clinics::ids).unwrap(), vec![small.clinic], "{}", test.engine);
    }
}

#[test]
fn what_is_answered_is_committed() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let test = Arc::new(test);
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let test = Arc::clone(&test);
                thread::spawn(move || {
                    let mut raw = test.raw();
                    for round in 0..10 {
                        let number = writer * 100 + round;
                        test.write(move |tx| jobs::enqueue(tx, small.clinic, &job(number))).unwrap();
                        // Another connection sees only what is committed.
                        assert_eq!(raw.count(&format!("job WHERE subject_id = '{number}'")), 1);
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(test.raw().count("job"), 80);
    }
}

#[test]
fn a_reader_sees_one_moment() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let (before, after) = test
            .read(|tx| -> Result<_, StoreError> {
                let before = diary::version(tx, small.clinic)?;
                test.write(move |tx| {
                    let owner = Owner::Appointment(id(1));
                    diary::take(tx, small.clinic, owner, &[occupation(small.room, 0, 0, 60)])
                })?;
                Ok((before, diary::version(tx, small.clinic)?))
            })
            .unwrap();
        assert_eq!(before, after, "{}", test.engine);
        assert_eq!(test.read(|tx| diary::version(tx, small.clinic)).unwrap(), before + 1);
    }
}

#[test]
fn a_reader_cannot_write() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let result = test.read(|tx| jobs::enqueue(tx, small.clinic, &job(1)));
        assert!(matches!(result, Err(StoreError::Database(_))), "{}: {result:?}", test.engine);
        assert_eq!(test.raw().count("job"), 0);
    }
}

#[test]
fn a_crash_leaves_nothing_half() {
    // A second connection dies in the middle of a booking; the file as it is then is what a restart finds.
    for mut test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let mut raw = test.raw();
        raw.execute("BEGIN").unwrap();
        raw.execute("INSERT INTO claim (clinic_no, resource_no, seat, quantum) VALUES (1, 1, 0, 1)").unwrap();
        drop(raw);
        test.restart();
        assert_eq!(test.raw().count("claim"), 0, "{}", test.engine);
        test.write(move |tx| jobs::enqueue(tx, small.clinic, &job(1))).unwrap();
        test.restart();
        assert_eq!(test.raw().count("job"), 1, "{}: what was committed is there", test.engine);
    }
}

#[test]
fn a_second_process_is_refused_and_a_restart_is_not() {
    let mut test = testkit::sqlite_store();
    let second = Store::open(test.location()).err().expect("the folder is in use");
    assert!(matches!(second, StoreError::InUse { .. }));
    assert!(second.to_string().contains("stipple.lock"), "{second}");
    test.restart();
    assert_eq!(test.read(clinics::ids).unwrap(), vec![]);
}

#[test]
fn who_only_reads_works_beside_who_writes() {
    for place in testkit::places() {
        let early = Store::open_to_read(&place.location).err().expect("there is nothing to read yet");
        let is_missing = matches!(early, StoreError::NotOurs | StoreError::BadLocation(_));
        assert!(is_missing, "{}: {early}", place.engine);
        let test = place.open();
        let small = SmallClinic::write(&test);
        let beside = Store::open_to_read(test.location()).unwrap();
        assert_eq!(beside.read(clinics::ids).unwrap(), vec![small.clinic], "{}", test.engine);
        let refused = beside.write(move |tx| jobs::enqueue(tx, small.clinic, &job(1)));
        assert!(matches!(refused, Err(StoreError::ReadOnly)), "{}: {refused:?}", test.engine);
        test.write(move |tx| jobs::enqueue(tx, small.clinic, &job(2))).unwrap();
        let due = beside.read(|tx| jobs::set_aside(tx, small.clinic)).unwrap();
        assert_eq!(due, vec![], "{}", test.engine);
        assert_eq!(test.raw().count("job"), 1);
    }
}

#[test]
fn a_file_that_is_no_database_of_ours_is_told_as_what_it_is() {
    let place = testkit::sqlite_place();
    let StoreLocation::Sqlite { path } = &place.location else { panic!("a SQLite place has a file") };
    let opened = || [Store::open_to_read(&place.location).err(), Store::open(&place.location).err()];
    std::fs::write(path, "").unwrap();
    let empty = Store::open_to_read(&place.location).err();
    assert!(matches!(empty, Some(StoreError::NotOurs)), "{empty:?}");
    Raw::open(&place.location).execute("CREATE TABLE recipe (name TEXT)").unwrap();
    let before = std::fs::read(path).unwrap();
    for told in opened() {
        assert!(matches!(told, Some(StoreError::NotOurs)), "{told:?}");
    }
    assert_eq!(std::fs::read(path).unwrap(), before, "another program's file is left as it is");
    std::fs::write(path, "no database ".repeat(1_000)).unwrap();
    for told in opened() {
        let words = told.as_ref().map(ToString::to_string).unwrap_or_default();
        assert!(matches!(told, Some(StoreError::Damaged(_))) && words.contains("last backup"), "{told:?}");
    }
}

#[test]
fn a_write_inside_a_write_is_refused() {
    let test = Arc::new(testkit::sqlite_store());
    let small = SmallClinic::write(&test);
    let inner = Arc::clone(&test);
    let result: Result<(), StoreError> =
        test.write(move |_| inner.write(move |tx| jobs::enqueue(tx, small.clinic, &job(1))));
    assert!(matches!(result, Err(StoreError::Nested)));
}

#[test]
fn migrations_run_once_and_refuse_what_is_newer_or_different() {
    for place in testkit::places() {
        let engine = place.engine;
        drop(Store::open(&place.location).expect("an empty database is brought up to date"));
        let columns = place.raw().columns();
        drop(Store::open(&place.location).expect("a second time nothing is left to do"));
        assert_eq!(place.raw().columns(), columns, "{engine}");

        place.raw().execute("INSERT INTO schema_migration VALUES (99, 'future', 'x')").unwrap();
        let newer = Store::open(&place.location).err().expect("a newer schema is refused");
        assert!(matches!(newer, StoreError::SchemaNewer { found: 99, .. }), "{engine}: {newer}");
        assert_eq!(place.raw().columns(), columns, "{engine}: nothing was touched");

        let mut raw = place.raw();
        raw.execute("DELETE FROM schema_migration WHERE version = 99").unwrap();
        raw.execute("UPDATE schema_migration SET sha256 = 'x' WHERE version = 1").unwrap();
        let differs = Store::open(&place.location).err().expect("another build's schema is refused");
        assert!(matches!(differs, StoreError::SchemaDiffers { version: 1 }), "{engine}: {differs}");
    }
}

#[test]
fn a_migration_that_was_cut_off_starts_again() {
    for place in testkit::places() {
        // What is left after a kill in the middle: a ledger without an entry, and what the engine rolls back.
        let mut raw = place.raw();
        if let Raw::Sqlite(_) = raw {
            raw.execute(
                "CREATE TABLE schema_migration (version BIGINT PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL)",
            )
            .unwrap();
        }
        raw.execute("BEGIN; CREATE TABLE clinic (half TEXT);").ok();
        drop(raw);
        let test = place.open();
        SmallClinic::write(&test);
    }
}

/// Ends all sessions of the store on its PostgreSQL server; how many there were.
fn end_sessions(location: &StoreLocation) -> usize {
    let StoreLocation::Postgres { schema: Some(schema), .. } = location else { return 0 };
    let sql = format!(
        "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE application_name = 'stipple:{schema}'"
    );
    Raw::open(location).texts(&sql).len()
}

#[test]
fn lost_connections_are_replaced() {
    for test in testkit::stores().into_iter().filter(|test| test.engine == "postgresql") {
        let small = SmallClinic::write(&test);
        assert!(end_sessions(test.location()) > 0);
        assert_eq!(test.read(clinics::ids).unwrap(), vec![small.clinic], "a read heals");
        assert!(end_sessions(test.location()) > 0);
        test.write(move |tx| jobs::enqueue(tx, small.clinic, &job(1))).unwrap();

        // In the middle of a transaction it is lost, and nothing of it remains.
        let location = test.location().clone();
        let lost = test.write(move |tx| {
            jobs::enqueue(tx, small.clinic, &job(2))?;
            end_sessions(&location);
            jobs::enqueue(tx, small.clinic, &job(3))
        });
        assert!(matches!(lost, Err(StoreError::Away)), "{lost:?}");
        assert_eq!(test.raw().count("job"), 1);
        test.write(move |tx| jobs::enqueue(tx, small.clinic, &job(4))).unwrap();
    }
}

#[test]
fn a_commit_without_an_answer_is_unknown() {
    for test in testkit::stores().into_iter().filter(|test| test.engine == "postgresql") {
        let small = SmallClinic::write(&test);
        test.raw()
            .execute(
                "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
                   $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
                 CREATE CONSTRAINT TRIGGER die AFTER INSERT ON job DEFERRABLE INITIALLY DEFERRED
                   FOR EACH ROW EXECUTE FUNCTION die()",
            )
            .unwrap();
        let unknown = test.write(move |tx| jobs::enqueue(tx, small.clinic, &job(1)));
        assert!(matches!(unknown, Err(StoreError::OutcomeUnknown)), "{unknown:?}");
        assert_eq!(test.read(clinics::ids).unwrap(), vec![small.clinic]);
    }
}

#[test]
fn a_server_that_is_not_there_is_away() {
    let location = StoreLocation::Postgres { url: "postgres://nobody@127.0.0.1:1/none".into(), schema: None };
    assert!(matches!(Store::open(&location), Err(StoreError::Away)));
}

#[test]
fn a_closure_runs_again_when_two_transactions_are_in_each_others_way() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let test = Arc::new(test);
        for number in [1, 2] {
            let from = i64::try_from(number).unwrap() * 300;
            test.write(move |tx| {
                let appointment = small.appointment(number, from);
                appointments::insert(tx, small.clinic, &appointment, &small.visit(from))
            })
            .unwrap();
        }
        let is_postgres = test.engine == "postgresql";
        let met = Arc::new(Barrier::new(2));
        let runs = Arc::new(AtomicU32::new(0));
        let threads: Vec<_> = [(1, 2), (2, 1)]
            .into_iter()
            .map(|(first, second)| {
                let (test, runs, met) = (Arc::clone(&test), Arc::clone(&runs), Arc::clone(&met));
                thread::spawn(move || {
                    test.write(move |tx| -> Result<(), StoreError> {
                        let run = runs.fetch_add(1, Ordering::Relaxed);
                        appointments::load_to_change(tx, small.clinic, id(first))?;
                        // On PostgreSQL each now holds what the other wants. SQLite has one writer at a time.
                        if run < 2 && is_postgres {
                            met.wait();
                        }
                        let mut found = appointments::load_to_change(tx, small.clinic, id(second))?.unwrap();
                        found.sequence += 1;
                        appointments::update(tx, small.clinic, &found)?;
                        Ok(())
                    })
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap().unwrap();
        }
        // More than three if the second try met the other one again.
        let expected = if is_postgres { 3..=8 } else { 2..=2 };
        assert!(expected.contains(&runs.load(Ordering::Relaxed)), "{}", test.engine);
        for number in [1, 2] {
            let found = test.read(|tx| appointments::load(tx, small.clinic, id(number))).unwrap().unwrap();
            assert_eq!(found.sequence, 1, "{}", test.engine);
        }
    }
}

#[test]
fn bad_locations_say_what_to_do() {
    for (location, word) in [
        (StoreLocation::Postgres { url: "not an address".into(), schema: None }, "postgres://"),
        (
            StoreLocation::Postgres {
                url: "postgres://127.0.0.1/x".into(),
                schema: Some("a; DROP TABLE x".into()),
            },
            "lower-case",
        ),
        (StoreLocation::Sqlite { path: "/proc/nowhere/stipple.sqlite".into() }, "/proc/nowhere"),
    ] {
        let error = Store::open(&location).err().expect("a bad location is refused").to_string();
        assert!(error.contains(word), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stipple.sqlite");
    std::fs::write(
        &path,
        "this is no database, but it is long enough to look like a file of one".repeat(100),
    )
    .unwrap();
    let location = StoreLocation::Sqlite { path };
    assert!(Store::open(&location).is_err());
}

/// A stand-in for a disk that does not answer: somebody else keeps the database's only pen.
#[test]
fn writers_behind_a_disk_that_hangs_are_told_in_time_and_nothing_is_half_done() {
    let test = testkit::sqlite_store();
    let small = SmallClinic::write(&test);
    let mut hanging = test.raw();
    hanging.execute("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    thread::scope(|scope| {
        let writers: Vec<_> = (0..40)
            .map(|number| {
                let test = &test;
                scope.spawn(move || test.write(move |tx| jobs::enqueue(tx, small.clinic, &job(number))))
            })
            .collect();
        // Those who only read do not wait.
        let reading = Instant::now();
        test.read(|tx| store::clinics::load(tx, small.clinic)).unwrap();
        assert!(reading.elapsed() < Duration::from_secs(2), "a reader waited for a writer");
        for writer in writers {
            assert!(matches!(writer.join().unwrap(), Err(StoreError::Busy)));
        }
    });
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    hanging.execute("ROLLBACK").unwrap();
    // It goes on by itself, and what was refused was not done behind anybody's back.
    test.write(move |tx| jobs::enqueue(tx, small.clinic, &job(99))).unwrap();
    assert_eq!(hanging.texts("SELECT CAST(count(*) AS TEXT) FROM job")[0][0], "1");
}
