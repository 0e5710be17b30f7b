//! The nights on which clocks change.

use std::sync::Arc;

use jiff::civil::date;
use schedule::{Calendar, LocalSpan, Query, VisitType, check};

use crate::clinic::{phase, resource, role, site};

/// A quarter of an hour with the lead.
fn short() -> VisitType {
    VisitType {
        name: "short".into(),
        roles: vec![role("lead", &["therapist"], true)],
        phases: vec![phase("talk", (15, 15), &[&[0]])],
    }
}

/// Hours from midnight until four on the day of the change: how many quarter-hour starts, the first and the last.
#[test]
fn a_night_has_as_many_starts_as_it_has_time() {
    let cases = [
        ("Europe/London", date(2027, 3, 28), 12, "2027-03-28T00:00:00Z", "2027-03-28T02:45:00Z"),
        ("Europe/London", date(2027, 10, 31), 20, "2027-10-30T23:00:00Z", "2027-10-31T03:45:00Z"),
        ("America/Toronto", date(2027, 3, 14), 12, "2027-03-14T05:00:00Z", "2027-03-14T07:45:00Z"),
        ("America/Toronto", date(2027, 11, 7), 20, "2027-11-07T04:00:00Z", "2027-11-07T08:45:00Z"),
        // The half hour is between 02:00 and 02:30.
        ("Australia/Lord_Howe", date(2027, 10, 3), 14, "2027-10-02T13:30:00Z", "2027-10-02T16:45:00Z"),
        ("Australia/Lord_Howe", date(2027, 4, 4), 18, "2027-04-03T13:00:00Z", "2027-04-03T17:15:00Z"),
    ];
    for (zone, day, count, first, last) in cases {
        let site = site(zone, vec![resource("T", "therapist", (0, 4))]);
        let calendar = Calendar::build(Arc::new(site), day, 1, &[]).expect("sound");
        let starts = calendar.starts(&short(), &Query::all(day, day));
        assert_eq!(starts.len(), count, "{zone} {day}");
        assert_eq!(starts[0].at.to_string(), first, "{zone} {day}");
        assert_eq!(starts[count - 1].at.to_string(), last, "{zone} {day}");
    }
}

/// A window is wall time: the repeated hour is offered twice, the skipped one never.
#[test]
fn a_window_in_the_changed_hour() {
    let cases = [(date(2027, 3, 28), 0), (date(2027, 10, 31), 8), (date(2027, 6, 1), 4)];
    for (day, count) in cases {
        let site = site("Europe/London", vec![resource("T", "therapist", (0, 4))]);
        let calendar = Calendar::build(Arc::new(site), day, 1, &[]).expect("sound");
        let query = Query { windows: &[(60, 120)], ..Query::all(day, day) };
        assert_eq!(calendar.starts(&short(), &query).len(), count, "{day}");
    }
}

/// Somebody who is back half a second after ten has no time at ten: the search and the checker agree on it.
#[test]
fn an_absence_that_ends_within_a_second_takes_all_of_its_five_minutes() {
    let day = date(2027, 6, 1);
    for (nanosecond, first) in [(0, "2027-06-01T10:00:00Z"), (500_000_000, "2027-06-01T10:15:00Z")] {
        let mut therapist = resource("T", "therapist", (0, 24));
        therapist.away.push(LocalSpan { from: day.at(0, 0, 0, 0), to: day.at(10, 0, 0, nanosecond) });
        let site = Arc::new(site("UTC", vec![therapist]));
        let calendar = Calendar::build(Arc::clone(&site), day, 1, &[]).expect("sound");
        let query = Query::all(day, day);
        let start = calendar.starts(&short(), &query)[0].at;
        assert_eq!(start.to_string(), first);
        let decision = calendar.decide(&short(), &query, start).expect("it was found");
        assert_eq!(check(&site, &[], &short(), &query, &decision), []);
    }
}
