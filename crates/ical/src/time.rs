//! Instants and dates in the forms of section 3.3.4 and 3.3.5, and the choice between local time and UTC.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::{Offset, TimeZone},
};
use vocab::Interval;

use crate::{CalendarError, line::Lines, zone};

/// The clock on which the times of one file are written.
pub(crate) struct Clock<'a> {
    zone: &'a TimeZone,
    /// The zone's IANA name. `None`: it has none, or none that is safe to write, and all is written in UTC.
    name: Option<&'a str>,
}

impl<'a> Clock<'a> {
    pub(crate) fn new(zone: &'a TimeZone) -> Self {
        let is_safe = |name: &&str| {
            *name != "UTC" && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-_/".contains(&b))
        };
        Self { zone, name: zone.iana_name().filter(is_safe) }
    }

    /// Adds the VTIMEZONE that the times within `span` need, if they need one.
    pub(crate) fn write_zone(&self, lines: &mut Lines, span: Interval<Timestamp>) {
        if let Some(name) = self.name {
            zone::write_zone(lines, name, self.zone, span);
        }
    }

    /// Adds DTSTART and DTEND. Both are in local time, which a calendar program can show with its zone, unless
    /// one of them falls into the hour that a clock change repeats: its second pass has no local name, so
    /// then both are in UTC.
    pub(crate) fn write_interval(&self, lines: &mut Lines, when: Interval<Timestamp>) {
        let ends = [("DTSTART", when.start()), ("DTEND", when.end())];
        match self.name.filter(|_| ends.iter().all(|&(_, at)| self.is_named_by_local_time(at))) {
            Some(zone) => {
                for (property, at) in ends {
                    lines.push(&format!("{property};TZID={zone}"), &local(self.zone.to_datetime(at)));
                }
            }
            None => {
                for (property, at) in ends {
                    lines.push(property, &utc(at));
                }
            }
        }
    }

    /// Whether the local time of `at` leads back to `at`. Section 3.3.5 reads a repeated time as its first pass,
    /// and so does the `compatible` choice.
    fn is_named_by_local_time(&self, at: Timestamp) -> bool {
        let local = self.zone.to_datetime(at);
        self.zone.to_ambiguous_timestamp(local).compatible().is_ok_and(|read| read == at)
    }
}

/// `at` without its fraction of a second, if a calendar can hold it: from 1970 to 9998.
pub(crate) fn in_range(at: Timestamp) -> Result<Timestamp, CalendarError> {
    let whole = Timestamp::from_second(at.as_second()).map_err(|_| CalendarError::OutOfRange)?;
    let year = Offset::UTC.to_datetime(whole).year();
    if (1970..=9998).contains(&year) { Ok(whole) } else { Err(CalendarError::OutOfRange) }
}

/// Both ends [`in_range`], and still apart without their fractions.
pub(crate) fn interval_in_range(when: Interval<Timestamp>) -> Result<Interval<Timestamp>, CalendarError> {
    Interval::new(in_range(when.start())?, in_range(when.end())?).ok_or(CalendarError::TooShort)
}

/// An instant in UTC: `20261124T100000Z`.
pub(crate) fn utc(at: Timestamp) -> String {
    format!("{}Z", local(Offset::UTC.to_datetime(at)))
}

/// A time on a wall clock: `20261124T100000`.
pub(crate) fn local(at: DateTime) -> String {
    format!("{}T{:02}{:02}{:02}", day(at.date()), at.hour(), at.minute(), at.second())
}

/// A civil date: `20261124`.
pub(crate) fn day(on: Date) -> String {
    format!("{:04}{:02}{:02}", on.year(), on.month(), on.day())
}

/// A distance from UTC: `+0100`, with seconds only where history has them.
pub(crate) fn offset(offset: Offset) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.unsigned_abs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if rest == 0 {
        format!("{sign}{hours:02}{minutes:02}")
    } else {
        format!("{sign}{hours:02}{minutes:02}{rest:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets() {
        for (seconds, expected) in [
            (0, "+0000"),
            (3600, "+0100"),
            (-18_000, "-0500"),
            (37_800, "+1030"),
            (-12_600, "-0330"),
            (-2_670, "-004430"),
        ] {
            assert_eq!(offset(Offset::from_seconds(seconds).unwrap()), expected);
        }
    }

    #[test]
    fn years_that_calendars_hold() {
        for (at, expected) in [
            ("1969-12-31T23:59:59Z", false),
            ("1970-01-01T00:00:00Z", true),
            ("9998-12-31T23:59:59Z", true),
            ("9999-01-01T00:00:00Z", false),
        ] {
            assert_eq!(in_range(at.parse().unwrap()).is_ok(), expected, "{at}");
        }
    }
}
