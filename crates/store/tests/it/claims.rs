//! A time cannot be taken twice, whoever tries.

use record::Owner;
use std::{
    sync::{Arc, Barrier},
    thread,
};
use store::{StoreError, diary};
use testkit::{SmallClinic, TestStore, at, id, occupation};

fn take(test: &TestStore, small: SmallClinic, number: u128, from: i64, to: i64) -> Result<(), StoreError> {
    test.write(move |tx| {
        let owner = Owner::Appointment(id(number));
        diary::take(tx, small.clinic, owner, &[occupation(small.room, 0, from, to)])
    })
}

#[test]
fn the_primary_key_refuses_raw_sql() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        take(&test, small, 1, 0, 10).unwrap();
        let mut raw = test.raw();
        let copy =
            |change: &str| format!("INSERT INTO claim SELECT clinic_no, resource_no, {change} FROM claim");
        let refused = raw.execute(&copy("seat, quantum")).unwrap_err();
        assert!(refused.to_lowercase().contains("unique"), "{}: {refused}", test.engine);
        let upsert = "UPDATE claim SET quantum = (SELECT min(quantum) FROM claim)";
        assert!(raw.execute(upsert).is_err(), "{}: a claim was moved onto another", test.engine);
        assert_eq!(raw.count("claim"), 2);
        raw.execute(&copy("seat + 1, quantum")).unwrap();
        assert_eq!(raw.count("claim"), 4, "another seat is another claim");
    }
}

#[test]
fn overlapping_is_taken_and_touching_is_not() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        take(&test, small, 1, 60, 120).unwrap();
        let cases = [(0, 60, true), (120, 180, true), (0, 65, false), (115, 300, false), (80, 90, false)];
        for (number, (from, to, free)) in (2..).zip(cases) {
            match take(&test, small, number, from, to) {
                Ok(()) => assert!(free, "{}: {from}..{to} was free", test.engine),
                Err(StoreError::Taken) => assert!(!free, "{}: {from}..{to} was taken", test.engine),
                Err(other) => panic!("{}: {other}", test.engine),
            }
        }
    }
}

#[test]
fn what_is_taken_twice_by_itself_is_refused_whole() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let result: Result<(), StoreError> = test.write(move |tx| {
            let twice = [occupation(small.pen, 0, 0, 60), occupation(small.pen, 0, 30, 90)];
            diary::take(tx, small.clinic, Owner::Appointment(id(1)), &twice)
        });
        assert!(matches!(result, Err(StoreError::Taken)), "{}", test.engine);
        assert_eq!(test.raw().count("claim"), 0);
        assert_eq!(test.raw().count("occupation"), 0);
    }
}

#[test]
fn seats_and_clinics_are_apart() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let other = SmallClinic::write_numbered(&test, 2);
        for (number, clinic, resource, seat) in [
            (1, small.clinic, small.room, 0),
            (2, small.clinic, small.room, 1),
            (3, other.clinic, other.room, 0),
        ] {
            let result: Result<(), StoreError> = test.write(move |tx| {
                let owner = Owner::Appointment(id(number));
                diary::take(tx, clinic, owner, &[occupation(resource, seat, 0, 60)])
            });
            result.unwrap();
        }
        let seen = |clinic| {
            test.read(move |tx| diary::occupations_between(tx, clinic, at(0), at(60))).unwrap().len()
        };
        assert_eq!((seen(small.clinic), seen(other.clinic)), (2, 1));
    }
}

#[test]
fn sixty_four_race_for_one_time_and_one_wins() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let test = Arc::new(test);
        let start = Arc::new(Barrier::new(64));
        let racers: Vec<_> = (0..64)
            .map(|racer| {
                let (test, start) = (Arc::clone(&test), Arc::clone(&start));
                thread::spawn(move || {
                    start.wait();
                    test.write(move |tx| {
                        let owner = Owner::Appointment(id(1000 + racer));
                        // Half of them want the pieces in another order: that must not end in a deadlock.
                        let mut visit = small.visit(0);
                        if racer % 2 == 0 {
                            visit.reverse();
                        }
                        diary::take(tx, small.clinic, owner, &visit)
                    })
                })
            })
            .collect();
        let mut won = 0;
        for racer in racers {
            match racer.join().unwrap() {
                Ok(()) => won += 1,
                Err(StoreError::Taken) => {}
                Err(other) => panic!("{}: {other}", test.engine),
            }
        }
        assert_eq!(won, 1, "{}", test.engine);
        assert_eq!(test.raw().count("claim"), 66);
        let unguarded = test.read(|tx| diary::count_unguarded(tx, small.clinic, at(-100))).unwrap();
        assert_eq!(unguarded, 0);
    }
}

#[test]
fn what_is_released_is_free_again() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let owner = Owner::Appointment(id(1));
        let result: Result<(), StoreError> = test.write(move |tx| {
            diary::take(tx, small.clinic, owner, &small.visit(0))?;
            let mut released = diary::release(tx, small.clinic, owner)?;
            let mut visit = small.visit(0);
            released.sort();
            visit.sort();
            assert_eq!(released, visit);
            assert_eq!(diary::release(tx, small.clinic, owner)?, vec![]);
            diary::take(tx, small.clinic, Owner::Appointment(id(2)), &small.visit(5))
        });
        result.unwrap();
        assert_eq!(test.raw().count("claim"), 66, "{}", test.engine);
        let of = |owner| test.read(move |tx| diary::occupations_of(tx, small.clinic, owner)).unwrap().len();
        assert_eq!((of(owner), of(Owner::Appointment(id(2)))), (0, 6));
    }
}

#[test]
fn bad_occupations_are_refused() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        for (from, to) in [(0, 3), (1, 5), (10, 10), (10, 5), (0, 24 * 60 + 5)] {
            let result = take(&test, small, 1, from, to);
            assert!(matches!(result, Err(StoreError::BadOccupation(_))), "{}: {from}..{to}", test.engine);
        }
        take(&test, small, 1, 0, 24 * 60).unwrap();
        // The day-long one reaches into the last five minutes of its day and no further.
        let seen = |from, to| {
            let found = test.read(move |tx| diary::occupations_between(tx, small.clinic, at(from), at(to)));
            found.unwrap().len()
        };
        assert_eq!((seen(24 * 60 - 5, 24 * 60), seen(24 * 60, 24 * 60 + 5), seen(-5, 0)), (1, 0, 0));
    }
}

#[test]
fn caches_learn_what_changed() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let version = || test.read(|tx| diary::version(tx, small.clinic)).unwrap();
        let before = version();
        take(&test, small, 1, 60, 120).unwrap();
        take(&test, small, 2, 60, 120).unwrap_err();
        assert_eq!(version(), before + 1, "{}: what was refused changes nothing", test.engine);
        let since = |number| test.read(move |tx| diary::changes_since(tx, small.clinic, number)).unwrap();
        let window = diary::Change::Window { from_at: at(60), to_at: at(120) };
        assert_eq!(since(before), Some(vec![window]));
        assert_eq!(since(before + 1), Some(vec![]));
        assert_eq!(since(before + 2), None, "a version of the future is not ours");
        let mut raw = test.raw();
        raw.execute(&format!("DELETE FROM diary_change WHERE version = {}", before + 1)).unwrap();
        assert_eq!(since(before), None, "what was forgotten cannot be told");
    }
}

#[test]
fn past_claims_are_forgotten_and_the_guard_still_compares() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        take(&test, small, 1, 0, 60).unwrap();
        take(&test, small, 2, 60, 120).unwrap();
        let gone = test.write(move |tx| diary::forget_past_claims(tx, small.clinic, at(60)));
        assert_eq!(gone.unwrap(), 12, "{}", test.engine);
        let unguarded =
            |from| test.read(move |tx| diary::count_unguarded(tx, small.clinic, at(from))).unwrap();
        assert_eq!((unguarded(60), unguarded(0)), (0, 12));
        test.raw().execute("DELETE FROM claim WHERE quantum = (SELECT min(quantum) FROM claim)").unwrap();
        assert_eq!(unguarded(60), 1);
    }
}
