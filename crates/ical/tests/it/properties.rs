//! What holds for any text and any time.

use ical::{Party, to_ical};
use jiff::{SignedDuration, Timestamp, Zoned, civil::DateTime, tz::TimeZone};
use proptest::prelude::*;
use vocab::Interval;

use crate::{
    cases::{appointment, clinic},
    reader::{Property, read, unescape},
};

/// Texts that try to break a line, among any others.
fn any_text() -> impl Strategy<Value = String> {
    let parts = prop_oneof![
        3 => any::<char>().prop_map(String::from),
        1 => "[ -~]{0,40}",
        1 => prop::sample::select(vec![
            "\r\n", "\r", "\n", "\\n", "\\", ";", ",", ":", "\"", "\t", "\0", "\u{85}", "\u{2028}", "\u{b}",
            "\r\nATTENDEE:mailto:x@y.example", "\nEND:VEVENT", "😀", "é", "\u{202e}",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(parts, 0..60).prop_map(|parts| parts.concat())
}

/// What a text is after its journey: all line breaks alike, tabs as spaces, no other control characters.
fn arrived(text: &str) -> String {
    let breaks = ["\r\n", "\r", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}"];
    let mut text =
        breaks.iter().fold(text.to_owned(), |text, kind| text.replace(kind, "\n")).replace('\t', " ");
    text.retain(|c| c == '\n' || !c.is_control());
    text
}

fn value<'a>(properties: &'a [Property], name: &str) -> &'a Property {
    let event = properties.iter().position(|property| property.value == "VEVENT").unwrap();
    properties[event..].iter().find(|property| property.name == name).unwrap()
}

/// The instant that a DTSTART or DTEND names, read with the zone database.
fn instant(property: &Property) -> Timestamp {
    match property.value.strip_suffix('Z') {
        Some(utc) => utc.parse::<DateTime>().unwrap().to_zoned(TimeZone::UTC).unwrap().timestamp(),
        None => {
            let zone = property.parameters.strip_prefix("TZID=").unwrap();
            let local = property.value.parse::<DateTime>().unwrap();
            TimeZone::get(zone).unwrap().to_ambiguous_zoned(local).compatible().unwrap().timestamp()
        }
    }
}

proptest! {
    #[test]
    fn any_text_arrives_and_adds_no_line(summary in any_text(), location in any_text(), name in any_text()) {
        let mut event = appointment(1, "2026-11-24T10:00[Europe/London]", "2026-11-24T12:05[Europe/London]");
        let names = |file: &str| read(file).into_iter().map(|property| property.name).collect::<Vec<_>>();
        let expected = names(&to_ical(&event).unwrap());
        event.summary = summary.clone();
        event.location = format!("x{location}");
        event.organizer = Party { name: format!("x{name}"), ..clinic() };
        let file = to_ical(&event).unwrap();
        prop_assert_eq!(names(&file), expected);
        let properties = read(&file);
        prop_assert_eq!(unescape(&value(&properties, "SUMMARY").value), arrived(&summary));
        prop_assert_eq!(unescape(&value(&properties, "LOCATION").value), arrived(&format!("x{location}")));
        prop_assert_eq!(&value(&properties, "ORGANIZER").value, "mailto:desk@clinic.example");
    }

    #[test]
    fn any_time_in_any_zone_is_read_back(
        second in 0_i64..4_102_444_800,
        minutes in 1_i64..3_000,
        zone in prop::sample::select(vec![
            "Europe/London", "America/Toronto", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Cairo",
            "Asia/Gaza", "America/St_Johns", "Pacific/Apia", "Europe/Dublin", "UTC",
        ]),
    ) {
        let mut event = appointment(1, "2026-11-24T10:00[UTC]", "2026-11-24T12:05[UTC]");
        event.zone = TimeZone::get(zone).unwrap();
        let start = Timestamp::from_second(second).unwrap();
        event.when = Interval::new(start, start + SignedDuration::from_mins(minutes)).unwrap();
        let properties = read(&to_ical(&event).unwrap());
        prop_assert_eq!(instant(value(&properties, "DTSTART")), event.when.start());
        prop_assert_eq!(instant(value(&properties, "DTEND")), event.when.end());
    }
}

#[test]
fn each_half_hour_of_both_clock_change_nights_is_read_back() {
    for (zone, nights) in [
        ("Europe/London", ["2026-10-25", "2027-03-28"]),
        ("America/Toronto", ["2026-11-01", "2027-03-14"]),
        ("Australia/Lord_Howe", ["2026-10-04", "2027-04-04"]),
    ] {
        for night in nights {
            let midnight: Zoned = format!("{night}T00:00[{zone}]").parse().unwrap();
            for half_hour in 0..12 {
                let mut event = appointment(1, "2026-11-24T10:00[UTC]", "2026-11-24T12:05[UTC]");
                event.zone = midnight.time_zone().clone();
                let start = midnight.timestamp() + SignedDuration::from_mins(30 * half_hour);
                event.when = Interval::new(start, start + SignedDuration::from_mins(125)).unwrap();
                let properties = read(&to_ical(&event).unwrap());
                assert_eq!(instant(value(&properties, "DTSTART")), event.when.start(), "{zone} {start}");
                assert_eq!(instant(value(&properties, "DTEND")), event.when.end(), "{zone} {start}");
            }
        }
    }
}
