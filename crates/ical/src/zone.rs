//! A VTIMEZONE (section 3.6.5) from the transitions that `jiff` knows.
//!
//! Most zones change their clocks by a yearly rule, and then two observances with an RRULE say all of the
//! future. A rule is written only if the next [`YEARS`] years bear it out; where the law is less regular
//! (Gaza's clocks follow the moon) every single transition is written instead.

use jiff::{
    SignedDuration, Timestamp,
    civil::{DateTime, Weekday},
    tz::{Offset, TimeZone},
};
use vocab::Interval;

use crate::{
    line::Lines,
    time::{local, offset},
};

/// How many years of transitions must agree before they count as a rule.
const YEARS: usize = 20;

/// How many transitions are looked at after the first: two a year, and room for some older, other ones.
const TRANSITIONS: usize = 2 * YEARS + 6;

/// How long before the first event the zone is right already: readers compare local times, which go backwards
/// in a repeated hour.
const LEAD: SignedDuration = SignedDuration::from_hours(24);

/// How far past the last event single transitions are written, so that a moved copy of the event still fits.
const MARGIN: SignedDuration = SignedDuration::from_hours(366 * 24);

/// The moment a zone's clocks are changed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Onset {
    at: Timestamp,
    /// What the clocks show at `at` before they are changed, which is how iCalendar dates an observance.
    wall: DateTime,
    from: Offset,
    to: Offset,
    name: String,
}

/// Adds a VTIMEZONE called `name` that is right for every moment of `span`, and beyond it by rule or margin.
pub(crate) fn write_zone(lines: &mut Lines, name: &str, zone: &TimeZone, span: Interval<Timestamp>) {
    lines.push("BEGIN", "VTIMEZONE");
    lines.push("TZID", name);
    let onsets = onsets(zone, span);
    if onsets.is_empty() {
        write_observance(lines, &unchanging(zone, span.start()), Kind::Standard, None);
    } else if let Some(rules) = yearly_rules(&onsets) {
        for (place, onset) in onsets.iter().take(rules.first + 2).enumerate() {
            let rule = place.checked_sub(rules.first).map(|which| rules.of[which].as_str());
            write_observance(lines, onset, kind(&onsets, place), rule);
        }
    } else {
        let until = span.end().saturating_add(MARGIN).unwrap_or(Timestamp::MAX);
        for (place, onset) in onsets.iter().enumerate().take_while(|(_, onset)| onset.at <= until) {
            write_observance(lines, onset, kind(&onsets, place), None);
        }
    }
    lines.push("END", "VTIMEZONE");
}

/// The transition in force [`LEAD`] before `span` and those after it: [`TRANSITIONS`] or as many as there are,
/// and all up to [`MARGIN`] after its end. Ascending.
fn onsets(zone: &TimeZone, span: Interval<Timestamp>) -> Vec<Onset> {
    let second = SignedDuration::from_secs(1);
    let start = span.start().saturating_sub(LEAD).unwrap_or(Timestamp::MIN);
    let until = span.end().saturating_add(MARGIN).unwrap_or(Timestamp::MAX);
    let later = zone
        .following(start)
        .enumerate()
        .take_while(|(place, transition)| *place < TRANSITIONS || transition.timestamp() <= until)
        .map(|(_, transition)| transition);
    // `preceding` leaves out a transition at the very moment it is asked for.
    zone.preceding(start.saturating_add(second).unwrap_or(Timestamp::MAX))
        .take(1)
        .chain(later)
        .map(|transition| {
            let at = transition.timestamp();
            let from = zone.to_offset(at.saturating_sub(second).unwrap_or(Timestamp::MIN));
            Onset {
                at,
                wall: from.to_datetime(at),
                from,
                to: transition.offset(),
                name: transition.abbreviation().to_owned(),
            }
        })
        .filter(|onset| (1..=9999).contains(&onset.wall.year()))
        .collect()
}

/// The single observance of a zone whose clocks are never changed.
fn unchanging(zone: &TimeZone, at: Timestamp) -> Onset {
    let info = zone.to_offset_info(at);
    let name = info.abbreviation().to_owned();
    let epoch = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
    Onset { at: Timestamp::UNIX_EPOCH, wall: epoch, from: info.offset(), to: info.offset(), name }
}

/// Two alternating rules that hold from `first` on.
struct YearlyRules {
    /// The place of the first transition that follows them.
    first: usize,
    /// The RRULE of the transition at `first`, and of the one after it.
    of: [String; 2],
}

/// The rules that the transitions follow from some place on, if they do so for [`YEARS`].
fn yearly_rules(onsets: &[Onset]) -> Option<YearlyRules> {
    (0..TRANSITIONS).take_while(|first| first + 2 * YEARS <= onsets.len()).find_map(|first| {
        let rule = |offset: usize| {
            let every_other: Vec<&Onset> = onsets[first + offset..].iter().step_by(2).collect();
            yearly_rule(&every_other)
        };
        Some(YearlyRules { first, of: [rule(0)?, rule(1)?] })
    })
}

/// The rule of transitions that come once in each year: the same weekday of the same week of a month.
fn yearly_rule(onsets: &[&Onset]) -> Option<String> {
    let first = onsets.first()?;
    let like_first = |(years, onset): (usize, &&Onset)| {
        i64::from(onset.wall.year()) == i64::from(first.wall.year()) + years as i64
            && onset.wall.month() == first.wall.month()
            && onset.wall.weekday() == first.wall.weekday()
            && onset.wall.time() == first.wall.time()
            && (onset.from, onset.to, &onset.name) == (first.from, first.to, &first.name)
    };
    let week = |onset: &Onset| (onset.wall.day() - 1) / 7 + 1;
    let is_last = |onset: &Onset| onset.wall.day() + 7 > onset.wall.date().days_in_month();
    let week = if onsets.iter().all(|onset| is_last(onset)) {
        -1
    } else if onsets.iter().all(|onset| week(onset) == week(first)) {
        week(first)
    } else {
        return None;
    };
    let weekday = two_letters(first.wall.weekday());
    let month = first.wall.month();
    onsets
        .iter()
        .enumerate()
        .all(like_first)
        .then(|| format!("FREQ=YEARLY;BYMONTH={month};BYDAY={week}{weekday}"))
}

/// Which component an observance is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Standard,
    Daylight,
}

/// Clocks put forward that will be changed again are daylight time, all else is standard. The zone data's own
/// flag is not asked: for Ireland it calls the winter "daylight", because Irish law does.
fn kind(onsets: &[Onset], place: usize) -> Kind {
    let forward = onsets[place].to > onsets[place].from;
    if forward && place + 1 < onsets.len() { Kind::Daylight } else { Kind::Standard }
}

fn write_observance(lines: &mut Lines, onset: &Onset, kind: Kind, rule: Option<&str>) {
    let component = match kind {
        Kind::Standard => "STANDARD",
        Kind::Daylight => "DAYLIGHT",
    };
    lines.push("BEGIN", component);
    lines.push("DTSTART", &local(onset.wall));
    if let Some(rule) = rule {
        lines.push("RRULE", rule);
    }
    lines.push("TZOFFSETFROM", &offset(onset.from));
    lines.push("TZOFFSETTO", &offset(onset.to));
    lines.push("TZNAME", &onset.name);
    lines.push("END", component);
}

fn two_letters(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "MO",
        Weekday::Tuesday => "TU",
        Weekday::Wednesday => "WE",
        Weekday::Thursday => "TH",
        Weekday::Friday => "FR",
        Weekday::Saturday => "SA",
        Weekday::Sunday => "SU",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of the zone that tell one observance from another, for an event of two hours.
    fn observances(name: &str, start: &str) -> Vec<String> {
        let start: Timestamp = start.parse().unwrap();
        let span = Interval::new(start, start + SignedDuration::from_hours(2)).unwrap();
        let mut lines = Lines::default();
        write_zone(&mut lines, name, &TimeZone::get(name).unwrap(), span);
        let kept = ["BEGIN:S", "BEGIN:D", "DTSTART", "RRULE", "TZOFFSETT"];
        let mut out: Vec<String> = Vec::new();
        for line in lines.finish().lines().filter(|line| kept.iter().any(|start| line.starts_with(start))) {
            let value = line.split_once(':').unwrap().1;
            if line.starts_with("BEGIN") {
                out.push(value.to_owned());
            } else if let Some(observance) = out.last_mut() {
                *observance += &format!(" {value}");
            }
        }
        out
    }

    #[test]
    fn yearly_rules_are_found() {
        for (name, start, expected) in [
            (
                "Europe/London",
                "2026-11-24T10:00:00Z",
                vec![
                    "STANDARD 20261025T020000 FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU +0000",
                    "DAYLIGHT 20270328T010000 FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU +0100",
                ],
            ),
            (
                "America/Toronto",
                "2026-07-01T14:00:00Z",
                vec![
                    "DAYLIGHT 20260308T020000 FREQ=YEARLY;BYMONTH=3;BYDAY=2SU -0400",
                    "STANDARD 20261101T020000 FREQ=YEARLY;BYMONTH=11;BYDAY=1SU -0500",
                ],
            ),
            // Half an hour, and the summer begins in October.
            (
                "Australia/Lord_Howe",
                "2026-11-24T00:00:00Z",
                vec![
                    "DAYLIGHT 20261004T020000 FREQ=YEARLY;BYMONTH=10;BYDAY=1SU +1100",
                    "STANDARD 20270404T020000 FREQ=YEARLY;BYMONTH=4;BYDAY=1SU +1030",
                ],
            ),
            // Past the end of every table: the rule alone gives the transitions.
            (
                "Europe/London",
                "2075-07-01T10:00:00Z",
                vec![
                    "DAYLIGHT 20750331T010000 FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU +0100",
                    "STANDARD 20751027T020000 FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU +0000",
                ],
            ),
            // Before 2007 the rule of Ontario was another one: its transitions are written singly.
            (
                "America/Toronto",
                "2006-07-01T14:00:00Z",
                vec![
                    "DAYLIGHT 20060402T020000 -0400",
                    "STANDARD 20061029T020000 -0500",
                    "DAYLIGHT 20070311T020000 FREQ=YEARLY;BYMONTH=3;BYDAY=2SU -0400",
                    "STANDARD 20071104T020000 FREQ=YEARLY;BYMONTH=11;BYDAY=1SU -0500",
                ],
            ),
        ] {
            assert_eq!(observances(name, start), expected, "{name} {start}");
        }
    }

    #[test]
    fn zones_that_do_not_change_have_one_observance() {
        for (name, expected) in [
            ("Asia/Tokyo", "STANDARD 19510909T010000 +0900"),
            ("Asia/Kolkata", "STANDARD 19451015T000000 +0530"),
            ("Etc/GMT+5", "STANDARD 19700101T000000 -0500"),
        ] {
            assert_eq!(observances(name, "2026-11-24T10:00:00Z"), [expected]);
        }
    }

    #[test]
    fn the_transition_a_day_before_the_start_is_in_force() {
        let after = observances("Europe/London", "2026-10-26T01:00:00Z");
        assert!(after[0].starts_with("STANDARD 20261025T020000"), "{after:?}");
        let before = observances("Europe/London", "2026-10-26T00:59:59Z");
        assert!(before[0].starts_with("DAYLIGHT 20260329T010000"), "{before:?}");
    }

    #[test]
    fn irregular_zones_are_written_singly() {
        // Gaza pauses summer time for Ramadan. Egypt ends it at the midnight after the last Thursday of October,
        // which is sometimes the first of November.
        for (name, start, least) in
            [("Asia/Gaza", "2026-11-24T10:00:00Z", 3), ("Africa/Cairo", "2026-11-24T10:00:00Z", 3)]
        {
            let observances = observances(name, start);
            assert!(observances.len() >= least, "{name}: {observances:?}");
            assert!(observances.iter().all(|one| !one.contains("FREQ")), "{name}: {observances:?}");
        }
    }
}
