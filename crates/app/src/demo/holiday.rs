//! The next public holiday of the demo clinic, on which it is closed.

use jiff::{
    ToSpan,
    civil::{Date, Time, Weekday},
};
use record::Closure;
use vocab::SiteId;

use crate::{Failure, failure::bad_data};

/// The first public holiday after `today`: those of England that need no table of Easters.
pub(super) fn next(site_id: SiteId, today: Date) -> Result<Closure, Failure> {
    let bad = |_| bad_data("no holiday in the calendar");
    let mut holidays = Vec::new();
    for year in [today.year(), today.year() + 1] {
        for (month, day, reason) in
            [(1, 1, "New Year’s Day"), (12, 25, "Christmas Day"), (12, 26, "Boxing Day")]
        {
            holidays.push((Date::new(year, month, day).map_err(bad)?, reason));
        }
        for (month, nth, reason) in [(5, 1, "Early May"), (5, -1, "Spring"), (8, -1, "Summer")] {
            let monday =
                Date::new(year, month, 1).and_then(|first| first.nth_weekday_of_month(nth, Weekday::Monday));
            holidays.push((monday.map_err(bad)?, reason));
        }
    }
    let next = holidays.into_iter().filter(|(day, _)| *day > today).min_by_key(|(day, _)| *day);
    let (day, reason) = next.ok_or_else(|| bad_data("no holiday within two years"))?;
    let from_local = day.to_datetime(Time::midnight());
    let to_local = from_local.checked_add(1.day()).map_err(bad)?;
    let bank = if matches!(reason, "Early May" | "Spring" | "Summer") { " bank holiday" } else { "" };
    Ok(Closure { site_id, from_local, to_local, reason: format!("{reason}{bank}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_holiday_lies_after_today() {
        for (today, expected, reason) in [
            ("2026-11-23", "2026-12-25", "Christmas Day"),
            ("2026-12-25", "2026-12-26", "Boxing Day"),
            ("2026-12-31", "2027-01-01", "New Year’s Day"),
            ("2027-01-01", "2027-05-03", "Early May bank holiday"),
            ("2027-05-03", "2027-05-31", "Spring bank holiday"),
            ("2027-06-01", "2027-08-30", "Summer bank holiday"),
        ] {
            let closure = next(SiteId::from_bits(1), today.parse().unwrap()).unwrap();
            assert_eq!(
                (closure.from_local.date().to_string(), closure.reason.as_str()),
                (expected.into(), reason)
            );
            assert_eq!(closure.to_local, closure.from_local.checked_add(1.day()).unwrap());
        }
    }
}
