//! Two servers on one database, each with a diary of its own in memory.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use app::{
    Env,
    appointments::{BookAppointment, OfferedTime, TimesAsked, book, day_times},
    diary::{DiaryCache, refresh},
};
use jiff::{Span, Timestamp, civil::Date};
use testkit::Raw;
use vocab::ResourceId;

use crate::{
    booking::code,
    house::{House, houses, name},
};

/// The houses on the engine that several servers can share.
fn shared() -> impl Iterator<Item = House> {
    houses().into_iter().filter(|house| house.engine == "postgresql")
}

fn another_server(house: &House) -> Env {
    let mut other = house.env.clone();
    other.diary = Arc::new(DiaryCache::new());
    refresh(&other).unwrap();
    other
}

#[test]
fn a_second_server_sees_and_respects_what_the_first_booked() {
    for house in shared() {
        let other = another_server(&house);
        let time = &house.times("consultation")[0];
        book(&house.env, &house.visitor(), house.command("consultation", time, "one")).unwrap();
        // The other server has not looked again: its own map still says that the time is free.
        let mut command = house.command("consultation", time, "two");
        command.contact.email = Some("other@example.org".parse().unwrap());
        assert_eq!(code(book(&other, &house.visitor(), command)), "lead-busy");
    }
}

/// Two consultations that overlap, with different therapists, and in different rooms if a third that begins when the
/// first ends has taken the room in between.
struct Overlap {
    first: (OfferedTime, ResourceId),
    second: (OfferedTime, ResourceId),
    between: (OfferedTime, ResourceId),
}

fn overlap(house: &House) -> Overlap {
    let asked = TimesAsked { visit_type: name("consultation"), practitioner: None, not_before: None };
    let first: Date = "2026-11-30".parse().unwrap();
    for day in first.series(Span::new().days(1)).take(40) {
        let times = day_times(&house.env, &house.visitor(), &asked, day).unwrap();
        let with = |at: Timestamp, not: &[ResourceId]| {
            let time = times.iter().find(|time| time.start_at == at)?;
            let who = time.practitioners.iter().find(|one| !not.contains(one))?;
            Some((time.clone(), *who))
        };
        for time in &times {
            let (Some(between), later) = (with(time.end_at, &[]), time.start_at + Span::new().minutes(15))
            else {
                continue;
            };
            let Some(first) = with(time.start_at, &[between.1]) else { continue };
            let Some(second) = with(later, &[between.1, first.1]) else { continue };
            return Overlap { first, second, between };
        }
    }
    panic!("the demo has no three therapists free at one time");
}

/// Waits until so many of the servers' sessions wait for a row that somebody else has.
fn wait_for_waiting(raw: &mut Raw, sessions: usize) {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(10) {
        let waiting = raw.texts(
            "SELECT pid::text FROM pg_stat_activity
             WHERE application_name = 'stipple:' || current_schema() AND wait_event_type = 'Lock'",
        );
        if waiting.len() == sessions {
            return;
        }
        thread::yield_now();
    }
    panic!("{sessions} sessions should wait");
}

#[test]
fn nobody_is_booked_into_two_visits_at_once_by_two_servers() {
    for house in shared() {
        let other = another_server(&house);
        let overlap = overlap(&house);
        let command = |(time, lead): &(OfferedTime, ResourceId), key: &str| BookAppointment {
            practitioner: Some(*lead),
            ..house.command("consultation", time, key)
        };
        // Ada is known; somebody else has the room that both would choose.
        let far = house.times("consultation").remove(0);
        book(&house.env, &house.visitor(), house.command("consultation", &far, "far")).unwrap();
        let mut between = command(&overlap.between, "between");
        between.contact.email = Some("other@example.org".parse().unwrap());
        book(&house.env, &house.visitor(), between).unwrap();
        refresh(&other).unwrap();

        // The first server has decided and written when it has to wait; then the second one comes.
        let (mut holder, mut looker) = (house.place.raw(), house.place.raw());
        holder.execute("BEGIN; UPDATE audit_head SET seq = seq").unwrap();
        let begin = |env: Env, command| {
            let visitor = house.visitor();
            thread::spawn(move || book(&env, &visitor, command))
        };
        let first = begin(house.env.clone(), command(&overlap.first, "first"));
        wait_for_waiting(&mut looker, 1);
        let second = begin(other.clone(), command(&overlap.second, "second"));
        wait_for_waiting(&mut looker, 2);
        holder.execute("COMMIT").unwrap();
        first.join().unwrap().unwrap();
        assert_eq!(code(second.join().unwrap()), "not-with-these");
    }
}
