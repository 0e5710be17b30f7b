//! Times in words, as the clock on the clinic's wall shows them.

use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};
use vocab::Interval;

/// "Tuesday 24 November 2026, 10:00–12:05". Both ends have a date if they are on different days, and the name of the
/// local time if a clock change makes them ambiguous otherwise.
pub(crate) fn interval_words(when: Interval<Timestamp>, zone: &TimeZone) -> String {
    let start = when.start().to_zoned(zone.clone());
    let end = when.end().to_zoned(zone.clone());
    let named = start.offset() != end.offset() || is_repeated(&start) || is_repeated(&end);
    let time = |at: &Zoned| if named { at.strftime("%H:%M %Z") } else { at.strftime("%H:%M") }.to_string();
    let day = day_words(start.date());
    if start.date() == end.date() {
        format!("{day}, {}–{}", time(&start), time(&end))
    } else {
        format!("{day}, {} – {}, {}", time(&start), day_words(end.date()), time(&end))
    }
}

/// "14:35 on Tuesday 24 November 2026", with the name of the local time in an hour that comes twice.
pub(crate) fn moment_words(at: Timestamp, zone: &TimeZone) -> String {
    let at = at.to_zoned(zone.clone());
    let time = if is_repeated(&at) { at.strftime("%H:%M %Z") } else { at.strftime("%H:%M") };
    format!("{time} on {}", day_words(at.date()))
}

/// "Tuesday 24 November 2026".
fn day_words(on: Date) -> String {
    on.strftime("%A %-d %B %Y").to_string()
}

/// Whether the clocks show this time twice.
fn is_repeated(at: &Zoned) -> bool {
    at.time_zone().to_ambiguous_timestamp(at.datetime()).is_ambiguous()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_words() {
        for (zone, start, end, expected) in [
            (
                "Europe/London",
                "2026-11-24T10:00:00Z",
                "2026-11-24T12:05:00Z",
                "Tuesday 24 November 2026, 10:00–12:05",
            ),
            (
                "Europe/London",
                "2027-07-01T08:05:00Z",
                "2027-07-01T10:00:00Z",
                "Thursday 1 July 2027, 09:05–11:00",
            ),
            (
                "America/Toronto",
                "2026-11-25T04:00:00Z",
                "2026-11-25T06:00:00Z",
                "Tuesday 24 November 2026, 23:00 – Wednesday 25 November 2026, 01:00",
            ),
            (
                "Europe/London",
                "2026-10-24T23:30:00Z",
                "2026-10-25T01:30:00Z",
                "Sunday 25 October 2026, 00:30 BST–01:30 GMT",
            ),
            (
                "Europe/London",
                "2026-10-25T01:15:00Z",
                "2026-10-25T01:45:00Z",
                "Sunday 25 October 2026, 01:15 GMT–01:45 GMT",
            ),
            (
                "Europe/London",
                "2027-03-28T00:30:00Z",
                "2027-03-28T01:30:00Z",
                "Sunday 28 March 2027, 00:30 GMT–02:30 BST",
            ),
        ] {
            let when = Interval::new(start.parse().unwrap(), end.parse().unwrap()).unwrap();
            assert_eq!(interval_words(when, &TimeZone::get(zone).unwrap()), expected);
        }
    }

    #[test]
    fn a_moment_in_words() {
        let london = TimeZone::get("Europe/London").unwrap();
        for (at, expected) in [
            ("2026-11-02T14:35:00Z", "14:35 on Monday 2 November 2026"),
            ("2026-10-25T00:35:00Z", "01:35 BST on Sunday 25 October 2026"),
        ] {
            assert_eq!(moment_words(at.parse().unwrap(), &london), expected);
        }
    }
}
