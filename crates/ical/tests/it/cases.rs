//! The appointments behind the golden files. What each of them must mean to an outside reader stands, written
//! independently, in `testdata/check.py`.

use ical::{CalendarEvent, Method, Party, PlanItem, PreparationPlan, Uid, When, plan_to_ical, to_ical};
use jiff::{Timestamp, Zoned, civil::date, tz::TimeZone};
use vocab::{AppointmentId, Interval};

/// An appointment between two times such as `2026-11-24T10:00:00+00:00[Europe/London]`.
pub(crate) fn appointment(id: u128, start: &str, end: &str) -> CalendarEvent {
    let (start, end): (Zoned, Zoned) = (start.parse().unwrap(), end.parse().unwrap());
    CalendarEvent {
        uid: Uid::new(AppointmentId::from_bits(id), "clinic.example").unwrap(),
        sequence: 0,
        method: Method::Request,
        is_tentative: false,
        stamp: at("2026-11-02T09:15:00Z"),
        when: Interval::new(start.timestamp(), end.timestamp()).unwrap(),
        zone: start.time_zone().clone(),
        summary: "Appointment at Harbour Clinic".to_owned(),
        location: "Harbour Clinic, 5 Quay Street, Leith".to_owned(),
        description: "Please come five minutes early.\nTo move or cancel, use the link in our message."
            .to_owned(),
        organizer: clinic(),
        attendee: Some(Party { name: String::new(), address: "robin@patient.example".to_owned() }),
        url: Some("https://clinic.example/contact".to_owned()),
    }
}

pub(crate) fn clinic() -> Party {
    Party { name: "Harbour Clinic".to_owned(), address: "desk@clinic.example".to_owned() }
}

/// Every golden file: its name and its content as made today.
pub(crate) fn golden_files() -> Vec<(&'static str, String)> {
    let london = appointment(1, "2026-11-24T10:00:00[Europe/London]", "2026-11-24T12:05:00[Europe/London]");
    let mut moved =
        appointment(1, "2027-04-06T14:30:00[Europe/London]", "2027-04-06T16:35:00[Europe/London]");
    moved.sequence = 1;
    let cancelled = CalendarEvent { method: Method::Cancel, sequence: 2, ..moved.clone() };
    let download = CalendarEvent { method: Method::Publish, attendee: None, ..london.clone() };
    let unconfirmed = CalendarEvent { is_tentative: true, ..download.clone() };
    let called_off = CalendarEvent { method: Method::Cancel, sequence: 1, ..unconfirmed.clone() };
    let singles = [
        ("london", london),
        ("london-moved", moved),
        ("london-cancelled", cancelled),
        ("london-download", download),
        ("london-download-unconfirmed", unconfirmed),
        ("london-download-cancelled", called_off),
        ("london-2075", appointment(2, "2075-07-01T09:00[Europe/London]", "2075-07-01T11:00[Europe/London]")),
        (
            "london-spring",
            appointment(3, "2027-03-28T00:30[Europe/London]", "2027-03-28T02:30[Europe/London]"),
        ),
        (
            // The end lies in the second pass of the repeated hour.
            "london-autumn",
            appointment(4, "2026-10-25T00:30+01:00[Europe/London]", "2026-10-25T01:30+00:00[Europe/London]"),
        ),
        ("toronto", appointment(5, "2026-10-31T15:00[America/Toronto]", "2026-10-31T17:00[America/Toronto]")),
        (
            "toronto-2006",
            appointment(6, "2006-11-01T15:00[America/Toronto]", "2006-11-01T17:00[America/Toronto]"),
        ),
        (
            "lord-howe",
            appointment(7, "2026-10-04T01:30[Australia/Lord_Howe]", "2026-10-04T03:00[Australia/Lord_Howe]"),
        ),
        (
            // 01:30 to 02:00 is repeated on 4 April: this is its second pass.
            "lord-howe-repeated",
            appointment(
                8,
                "2027-04-04T01:45+10:30[Australia/Lord_Howe]",
                "2027-04-04T03:00+10:30[Australia/Lord_Howe]",
            ),
        ),
        ("kolkata", appointment(9, "2026-11-24T10:00[Asia/Kolkata]", "2026-11-24T12:05[Asia/Kolkata]")),
        ("gaza", appointment(10, "2027-02-10T10:00[Asia/Gaza]", "2027-02-10T12:05[Asia/Gaza]")),
        ("dublin", appointment(11, "2026-11-24T10:00[Europe/Dublin]", "2026-11-24T12:05[Europe/Dublin]")),
        ("utc", appointment(12, "2026-11-24T10:00[UTC]", "2026-11-24T12:05[UTC]")),
        ("hostile", hostile()),
    ];
    let mut files: Vec<_> = singles.iter().map(|(name, event)| (*name, to_ical(event).unwrap())).collect();
    files.push(("plan", plan_to_ical(&plan()).unwrap()));
    files
}

/// Every text tries to be more than a text.
fn hostile() -> CalendarEvent {
    let attack = "Clinic\r\nATTENDEE:mailto:x@y.example\nEND:VEVENT\u{2028}BEGIN:VEVENT;a,b\\n\0\u{7}";
    CalendarEvent {
        summary: attack.to_owned(),
        location: format!("{}😀 é {attack}", "ü".repeat(60)),
        description: attack.to_owned(),
        organizer: Party { name: format!("\"{attack}\":;"), ..clinic() },
        ..appointment(13, "2026-11-24T10:00[Europe/London]", "2026-11-24T12:05[Europe/London]")
    }
}

/// Whole days around a visit, and a timed step on either side of the clock change in between.
fn plan() -> PreparationPlan {
    let zone = TimeZone::get("Europe/London").unwrap();
    let visit = Uid::new(AppointmentId::from_bits(14), "clinic.example").unwrap();
    let step = |number: u32, when: When| PlanItem {
        uid: visit.step(number),
        sequence: 0,
        title: format!("Step {number} of your plan"),
        description: "See the plan in our message.".to_owned(),
        when,
    };
    let hour = |start: &str, end: &str| When::At(Interval::new(at(start), at(end)).unwrap());
    PreparationPlan {
        stamp: at("2026-10-01T09:15:00Z"),
        zone,
        organizer: clinic(),
        items: vec![
            step(1, When::Day(date(2026, 10, 20))),
            step(2, hour("2026-10-24T17:00:00Z", "2026-10-24T17:15:00Z")),
            step(3, hour("2026-10-26T18:00:00Z", "2026-10-26T18:15:00Z")),
            step(4, When::Day(date(2026, 12, 31))),
        ],
    }
}

fn at(instant: &str) -> Timestamp {
    instant.parse().unwrap()
}
