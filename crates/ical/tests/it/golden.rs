//! Golden files: a changed byte is a decision, not an accident.

use std::{collections::BTreeSet, fs, path::PathBuf};

use ical::{CalendarError, CalendarEvent, Method, PreparationPlan, plan_to_ical, to_ical};
use jiff::{Timestamp, tz::TimeZone};
use vocab::Interval;

use crate::cases::{appointment, clinic, golden_files};

pub(crate) fn testdata() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

/// With `STIPPLE_BLESS=1` the files are written anew first; look at the difference before you commit it.
#[test]
fn files_are_as_committed() {
    let files = golden_files();
    for (name, made) in &files {
        let path = testdata().join(format!("{name}.ics"));
        if std::env::var_os("STIPPLE_BLESS").is_some() {
            fs::write(&path, made).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(made, &kept, "{name}.ics differs; if that is meant: STIPPLE_BLESS=1 cargo test -p ical");
    }
    let named: BTreeSet<String> = files.iter().map(|(name, _)| format!("{name}.ics")).collect();
    let found: BTreeSet<String> = fs::read_dir(testdata())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".ics"))
        .collect();
    assert_eq!(named, found, "a golden file without a case, or the other way round");
}

#[test]
fn what_cannot_be_written_is_refused() {
    type Change<'a> = &'a dyn Fn(&mut CalendarEvent);
    let good = || appointment(1, "2026-11-24T10:00[Europe/London]", "2026-11-24T12:05[Europe/London]");
    let between = |start: &str, end: &str| {
        Interval::new(start.parse::<Timestamp>().unwrap(), end.parse().unwrap()).unwrap()
    };
    let with = |change: Change<'_>| {
        let mut event = good();
        change(&mut event);
        to_ical(&event).err()
    };
    let too_long = |property| Some(CalendarError::TooLong { property, limit: 8_000 });
    let cases: [(Option<CalendarError>, Change<'_>); 11] = [
        (None, &|_| ()),
        (Some(CalendarError::NobodyAsked), &|event| event.attendee = None),
        (None, &|event| (event.attendee, event.method) = (None, Method::Cancel)),
        (None, &|event| (event.attendee, event.method) = (None, Method::Publish)),
        (Some(CalendarError::NotAnAddress), &|event| event.organizer.address = "desk".to_owned()),
        (Some(CalendarError::NotALink), &|event| event.url = Some("ftp://clinic.example".to_owned())),
        (too_long("SUMMARY"), &|event| event.summary = "x".repeat(8_001)),
        (too_long("LOCATION"), &|event| event.location = "x".repeat(8_001)),
        (Some(CalendarError::OutOfRange), &|event| event.stamp = Timestamp::MAX),
        (Some(CalendarError::OutOfRange), &|event| {
            event.when = between("1960-01-01T00:00:00Z", "1980-01-01T00:00:00Z")
        }),
        (Some(CalendarError::TooShort), &|event| {
            event.when = between("2026-11-24T10:00:00.1Z", "2026-11-24T10:00:00.9Z")
        }),
    ];
    for (place, (expected, change)) in cases.into_iter().enumerate() {
        assert_eq!(with(change), expected, "case {place}");
    }
}

#[test]
fn an_empty_plan_is_refused() {
    let plan = PreparationPlan {
        stamp: Timestamp::UNIX_EPOCH,
        zone: TimeZone::UTC,
        organizer: clinic(),
        items: Vec::new(),
    };
    assert_eq!(plan_to_ical(&plan), Err(CalendarError::EmptyPlan));
}
