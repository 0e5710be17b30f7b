//! Workers that go wrong cost a refusal, a bounded time, and nothing else.

use std::{
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use media::{Door, DoorError, Limits, Refusal};

use crate::{
    door,
    draw::{self, skin},
    program,
};

fn picture() -> Vec<u8> {
    draw::jpeg(&skin(320, 240), 320, 240)
}

fn refusal(behaviour: &str, limits: Limits) -> Refusal {
    match door(behaviour, limits).open(&picture(), u64::MAX) {
        Err(DoorError::Refused(refusal)) => refusal,
        other => panic!("{behaviour}: {other:?}"),
    }
}

#[test]
fn a_worker_that_hangs_is_ended_at_the_deadline() {
    let time = Duration::from_millis(300);
    for behaviour in ["hang", "brood"] {
        let started = Instant::now();
        assert_eq!(refusal(behaviour, Limits { time, ..Limits::default() }), Refusal::TooSlow);
        let elapsed = started.elapsed();
        assert!(elapsed >= time && elapsed < time + Duration::from_secs(2), "{behaviour}: {elapsed:?}");
    }
}

#[test]
fn what_a_worker_has_started_ends_with_it() {
    // The shell waits for a child that holds the pipe open; ending the shell alone would leave us waiting for it.
    let time = Duration::from_millis(300);
    let script = vec!["-c".into(), "sleep 60; exit 0".into()];
    let door = Door::new("/bin/sh".into(), script, 1, Limits { time, ..Limits::default() });
    let started = Instant::now();
    assert!(matches!(door.prepare(&picture()), Err(DoorError::Refused(Refusal::TooSlow))));
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[test]
fn a_worker_that_breaks_costs_one_refusal() {
    for behaviour in ["babble", "boast", "stop", "panic", "nothing"] {
        assert_eq!(refusal(behaviour, Limits::default()), Refusal::Unreadable, "{behaviour}");
    }
    assert_eq!(refusal("abort", Limits::default()), Refusal::TooHeavy);
}

#[test]
fn a_worker_cannot_take_more_memory_than_it_may() {
    let started = Instant::now();
    assert_eq!(refusal("eat", Limits::default()), Refusal::TooHeavy);
    assert!(started.elapsed() < Limits::default().time);
}

/// The exit code of a worker that is run without a door.
fn exit_code(behaviour: &str) -> Option<i32> {
    std::process::Command::new(program()).arg(behaviour).status().unwrap().code()
}

#[test]
fn a_worker_can_neither_write_files_nor_keep_an_environment() {
    assert_eq!(exit_code("environment"), Some(1), "run by hand it has one, so the check can fail");
    // Behind the door it has none: the answer is in its exit code, which the door does not tell, so a shell asks.
    let ask = |script: &str| {
        let door = Door::new("/bin/sh".into(), vec!["-c".into(), script.into()], 1, Limits::default());
        door.prepare(&picture())
    };
    // With nothing set, the shell aborts itself, which the door tells apart from an ordinary end.
    let seen = ask("test -z \"$HOME$USER$CARGO\" && kill -ABRT $$");
    assert!(matches!(seen, Err(DoorError::Refused(Refusal::TooHeavy))), "{seen:?}");
    // As root, the limit of processes does not hold; files are refused to everybody.
    assert!(exit_code("stray") <= Some(1));
    assert!(!PathBuf::from("/tmp/media-faulty-worker").exists());
}

#[test]
fn a_program_that_is_missing_is_a_fault_and_no_refusal() {
    let door = Door::new("/nowhere/stipple".into(), Vec::new(), 1, Limits::default());
    assert!(matches!(door.prepare(&picture()), Err(DoorError::Fault(_))));
}

#[test]
fn what_is_too_large_never_reaches_a_worker() {
    let door =
        Door::new("/nowhere/stipple".into(), Vec::new(), 1, Limits { bytes: 100, ..Limits::default() });
    let refused = door.prepare(&picture());
    assert!(matches!(refused, Err(DoorError::Refused(Refusal::TooManyBytes { most: 100 }))), "{refused:?}");
}

#[test]
fn many_at_once_take_their_turns() {
    let door = door("work", Limits { time: Duration::from_secs(20), ..Limits::default() });
    let file = picture();
    thread::scope(|scope| {
        let turns: Vec<_> = (0..12).map(|_| scope.spawn(|| door.prepare(&file))).collect();
        for turn in turns {
            turn.join().unwrap().unwrap();
        }
    });
}

#[test]
fn a_door_works_on_after_every_fault() {
    // One place only: if a fault kept it, the second call would be refused as busy.
    let time = Duration::from_millis(200);
    let door = Door::new(program(), vec!["hang".into()], 1, Limits { time, ..Limits::default() });
    for _ in 0..3 {
        assert!(matches!(door.prepare(&picture()), Err(DoorError::Refused(Refusal::TooSlow))));
    }
}
