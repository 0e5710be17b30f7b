//! When somebody or something is on duty, by plain intervals of microseconds.

use jiff::{
    ToSpan,
    civil::{Date, DateTime, Time},
};

use super::rows::{Resource, Rows};

/// The stretches of a span in which a resource is not on duty, as it was known at a moment; empty if it always is.
pub(super) fn off_duty(
    rows: &Rows,
    resource: &Resource,
    (from, to): (i64, i64),
    known: i64,
) -> Vec<(i64, i64)> {
    let (mut on, mut off) = (Vec::new(), Vec::new());
    let mut date = rows.local(from).date().saturating_sub(2.days());
    let last = rows.local(to).date();
    while date <= last {
        let weekday = date.weekday().to_monday_one_offset();
        let minute = |minute: i64| rows.instant(wall(date, minute));
        let special = resource.special.iter().find(|(day, _)| *day == date.to_string());
        let weekly = resource.weekly.iter().filter(|(day, ..)| *day == weekday);
        for (_, is_break, begin, end) in weekly {
            if *is_break {
                off.push((minute(*begin), minute(*end)));
            } else if special.is_none() {
                on.push((minute(*begin), minute(*end)));
            }
        }
        for (begin, end) in special.iter().flat_map(|(_, hours)| hours) {
            on.push((minute(*begin), minute(*end)));
        }
        date = date.saturating_add(1.day());
    }
    let spans = |(from, to): &(DateTime, DateTime)| (rows.instant(*from), rows.instant(*to));
    off.extend(rows.closures.iter().map(spans));
    let away = resource.away.iter().filter(|(_, _, since)| *since < known);
    off.extend(away.map(|(from, to, _)| (rows.instant(*from), rows.instant(*to))));
    // What no hours cover is off duty as well.
    let mut rest = vec![(from, to)];
    for hours in on {
        rest = rest.into_iter().flat_map(|span| without(span, hours)).collect();
    }
    let inside = |(begin, end): (i64, i64)| {
        let cut = (begin.max(from), end.min(to));
        (cut.0 < cut.1).then_some(cut)
    };
    rest.extend(off.into_iter().filter_map(inside));
    rest
}

fn wall(date: Date, minute: i64) -> DateTime {
    date.to_datetime(Time::midnight()).saturating_add(minute.minutes())
}

/// What of one span lies outside another.
fn without(span: (i64, i64), hole: (i64, i64)) -> impl Iterator<Item = (i64, i64)> {
    let parts = if hole.0 < span.1 && span.0 < hole.1 {
        [(span.0, hole.0.max(span.0)), (hole.1.min(span.1), span.1)]
    } else {
        [span, (span.1, span.1)]
    };
    parts.into_iter().filter(|(from, to)| from < to)
}
