//! Holds, appointments, what runs out and what is repeated.

use record::{AppointmentStatus, Owner};
use std::{
    sync::{Arc, Barrier},
    thread,
};
use store::{StoreError, appointments, diary, holds};
use testkit::{SmallClinic, at, id};
use vocab::AppointmentId;

#[test]
fn a_hold_that_runs_out_is_freed_and_no_sooner() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let hold = small.hold(50, 0, 10);
        test.write({
            let hold = hold.clone();
            move |tx| holds::insert(tx, small.clinic, &hold, &small.visit(0))
        })
        .unwrap();
        assert_eq!(test.read(|tx| holds::load(tx, small.clinic, hold.id)).unwrap(), Some(hold.clone()));
        let of_visitor =
            |now| test.read(move |tx| holds::of_visitor(tx, small.clinic, &[7; 32], at(now))).unwrap().len();
        assert_eq!((of_visitor(9), of_visitor(10)), (1, 0));
        let free = |now| test.write(move |tx| holds::free_expired(tx, small.clinic, at(now))).unwrap();
        assert_eq!(free(9), holds::Freed::default(), "{}", test.engine);
        assert_eq!(test.raw().count("claim"), 66);
        assert_eq!(free(10).holds, vec![hold.id]);
        for table in ["hold", "claim", "occupation"] {
            assert_eq!(test.raw().count(table), 0, "{}: {table}", test.engine);
        }
        assert_eq!(free(10), holds::Freed::default());
    }
}

#[test]
fn an_unconfirmed_appointment_is_cancelled_and_its_time_freed() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let mut pending = small.appointment(60, 0);
        pending.status = AppointmentStatus::Pending;
        pending.confirm_by_at = Some(at(30));
        let booked = small.appointment(61, 600);
        test.write({
            let (pending, booked) = (pending.clone(), booked.clone());
            move |tx| -> Result<(), StoreError> {
                appointments::insert(tx, small.clinic, &pending, &small.visit(0))?;
                appointments::insert(tx, small.clinic, &booked, &small.visit(600))
            }
        })
        .unwrap();
        let free = |now| test.write(move |tx| holds::free_expired(tx, small.clinic, at(now))).unwrap();
        assert_eq!(free(29).appointments, vec![]);
        assert_eq!(free(30).appointments, vec![pending.id], "{}", test.engine);
        let load = |id| test.read(move |tx| appointments::load(tx, small.clinic, id)).unwrap().unwrap();
        assert_eq!(load(pending.id).status, AppointmentStatus::Cancelled);
        assert_eq!(load(booked.id), booked);
        let claims = test.raw().count("claim");
        assert_eq!(claims, 66, "{}: the booked one keeps its time", test.engine);
    }
}

#[test]
fn a_hold_becomes_an_appointment_without_losing_its_time() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let appointment = small.appointment(70, 0);
        let owner = Owner::Appointment(appointment.id);
        let (first, second) = test
            .write({
                let appointment = appointment.clone();
                move |tx| -> Result<_, StoreError> {
                    holds::insert(tx, small.clinic, &small.hold(71, 0, 10), &small.visit(0))?;
                    let first = appointments::insert_from_hold(tx, small.clinic, &appointment, id(71))?;
                    let second = appointments::insert_from_hold(tx, small.clinic, &appointment, id(71))?;
                    Ok((first, second))
                }
            })
            .unwrap();
        assert!(first && !second, "{}: a hold is used once", test.engine);
        let mut found = test.read(|tx| diary::occupations_of(tx, small.clinic, owner)).unwrap();
        let mut visit = small.visit(0);
        found.sort();
        visit.sort();
        assert_eq!(found, visit);
        assert_eq!(test.raw().count("claim"), 66);
        assert_eq!(test.raw().count("hold"), 0);
    }
}

#[test]
fn a_hold_that_is_let_go_frees_its_time() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let deleted = test.write(move |tx| -> Result<_, StoreError> {
            holds::insert(tx, small.clinic, &small.hold(80, 0, 10), &small.visit(0))?;
            Ok((holds::delete(tx, small.clinic, id(80))?, holds::delete(tx, small.clinic, id(80))?))
        });
        assert_eq!(deleted.unwrap(), (true, false));
        assert_eq!(test.raw().count("claim"), 0, "{}", test.engine);
    }
}

/// Frees what has run out while another transaction changes `longer` and is not over; what was freed.
fn freed_beside(test: testkit::TestStore, small: SmallClinic, longer: &str) -> holds::Freed {
    let mut other = test.raw();
    let mut look = test.raw();
    let is_postgresql = test.engine == "postgresql";
    other.execute("BEGIN").unwrap();
    other.execute(&format!("UPDATE {longer}")).unwrap();
    let sweeper =
        thread::spawn(move || test.write(move |tx| holds::free_expired(tx, small.clinic, at(10))).unwrap());
    if is_postgresql {
        // Until it has found what had run out, and waits to free it.
        let own = other.texts("SELECT CAST(pg_backend_pid() AS TEXT)").remove(0).remove(0);
        let waits = format!("pg_stat_activity WHERE {own} = ANY(pg_blocking_pids(pid))");
        while !sweeper.is_finished() && look.count(&waits) == 0 {
            thread::yield_now();
        }
    }
    other.execute("COMMIT").unwrap();
    sweeper.join().unwrap()
}

#[test]
fn what_is_given_more_time_just_now_is_not_freed() {
    let longer = [
        "hold SET expires_at = expires_at + 1200000000",
        "appointment SET confirm_by_at = confirm_by_at + 1200000000",
    ];
    for (place, longer) in longer.into_iter().enumerate() {
        for test in testkit::stores() {
            let small = SmallClinic::write(&test);
            let hold = small.hold(50, 0, 10);
            let mut pending = small.appointment(60, 600);
            pending.status = AppointmentStatus::Pending;
            pending.confirm_by_at = Some(at(10));
            let ids = (hold.id, pending.id);
            test.write(move |tx| -> Result<(), StoreError> {
                holds::insert(tx, small.clinic, &hold, &small.visit(0))?;
                appointments::insert(tx, small.clinic, &pending, &small.visit(600))
            })
            .unwrap();
            let engine = test.engine;
            let freed = freed_beside(test, small, longer);
            let expected = if place == 0 { (vec![], vec![ids.1]) } else { (vec![ids.0], vec![]) };
            assert_eq!((freed.holds, freed.appointments), expected, "{engine}: {longer}");
        }
    }
}

#[test]
fn the_same_key_again_gives_the_first_answer() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let test = Arc::new(test);
        let start = Arc::new(Barrier::new(16));
        let senders: Vec<_> = (0..16)
            .map(|sender| {
                let (test, start) = (Arc::clone(&test), Arc::clone(&start));
                thread::spawn(move || -> Result<AppointmentId, StoreError> {
                    let mut appointment = small.appointment(2000 + sender, 0);
                    appointment.idempotency_key = "the-same-form".into();
                    start.wait();
                    test.write(move |tx| {
                        let key = &appointment.idempotency_key;
                        if let Some(first) = appointments::by_idempotency_key(tx, small.clinic, key)? {
                            return Ok(first.id);
                        }
                        appointments::insert(tx, small.clinic, &appointment, &small.visit(0))?;
                        Ok(appointment.id)
                    })
                })
            })
            .collect();
        let mut answers: Vec<_> =
            senders.into_iter().map(|sender| sender.join().unwrap().expect("all are answered")).collect();
        answers.sort_unstable();
        answers.dedup();
        assert_eq!(answers.len(), 1, "{}", test.engine);
        assert_eq!(test.raw().count("appointment"), 1);
        // Without asking first it is a plain refusal.
        let again = test.write(move |tx| {
            let mut appointment = small.appointment(3000, 600);
            appointment.idempotency_key = "the-same-form".into();
            appointments::insert(tx, small.clinic, &appointment, &small.visit(600))
        });
        assert!(matches!(again, Err(StoreError::Duplicate)), "{}: {again:?}", test.engine);
        assert_eq!(test.raw().count("claim"), 66);
    }
}

#[test]
fn two_who_change_one_appointment_wait_for_each_other() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let appointment = small.appointment(90, 0);
        test.write({
            let appointment = appointment.clone();
            move |tx| appointments::insert(tx, small.clinic, &appointment, &small.visit(0))
        })
        .unwrap();
        let test = Arc::new(test);
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let test = Arc::clone(&test);
                thread::spawn(move || {
                    test.write(move |tx| -> Result<(), StoreError> {
                        let mut found =
                            appointments::load_to_change(tx, small.clinic, id(90))?.expect("it is there");
                        found.sequence += 1;
                        assert!(appointments::update(tx, small.clinic, &found)?);
                        Ok(())
                    })
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap().unwrap();
        }
        let found = test.read(|tx| appointments::load(tx, small.clinic, id(90))).unwrap().unwrap();
        assert_eq!(found.sequence, 8, "{}: no change was lost", test.engine);
    }
}

#[test]
fn a_move_to_a_taken_time_leaves_everything_as_it_was() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        for (number, from) in [(95, 0), (96, 300)] {
            test.write(move |tx| {
                let appointment = small.appointment(number, from);
                appointments::insert(tx, small.clinic, &appointment, &small.visit(from))
            })
            .unwrap();
        }
        let moved = |to| {
            test.write(move |tx| {
                appointments::replace_occupations(tx, small.clinic, id(95), &small.visit(to))
            })
        };
        assert!(matches!(moved(310), Err(StoreError::Taken)), "{}", test.engine);
        let first = test.read(|tx| diary::occupations_of(tx, small.clinic, Owner::Appointment(id(95))));
        assert_eq!(first.unwrap()[0].from_at, at(0));
        moved(10).unwrap();
        assert_eq!(test.raw().count("claim"), 132);
        assert_eq!(test.read(|tx| diary::count_unguarded(tx, small.clinic, at(0))).unwrap(), 0);
    }
}

#[test]
fn appointments_are_found_by_time_link_and_patient() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let appointment = small.appointment(97, 60);
        test.write({
            let appointment = appointment.clone();
            move |tx| appointments::insert(tx, small.clinic, &appointment, &small.visit(60))
        })
        .unwrap();
        let between = |from, to| {
            test.read(move |tx| appointments::between(tx, small.clinic, at(from), at(to))).unwrap()
        };
        assert_eq!(between(0, 61), vec![(appointment.clone(), small.patient_record())], "{}", test.engine);
        assert_eq!(between(179, 200).len(), 1);
        assert_eq!((between(0, 60).len(), between(180, 200).len()), (0, 0));
        let by_link = |hash: [u8; 32], now| {
            test.read(move |tx| appointments::by_link(tx, small.clinic, &hash, at(now))).unwrap()
        };
        let hash = appointment.link_hash;
        assert_eq!(by_link(hash, 0), Some(appointment.clone()));
        assert_eq!(by_link(hash, 60 + 100_000), None, "an expired link opens nothing");
        assert_eq!(by_link([9; 32], 0), None);
        let of_patient = test.read(|tx| appointments::of_patient(tx, small.clinic, small.patient));
        assert_eq!(of_patient.unwrap(), vec![appointment.clone()]);
        let elsewhere = test.read(|tx| appointments::load(tx, id(999), appointment.id)).unwrap();
        assert_eq!(elsewhere, None, "another clinic sees nothing");
    }
}
