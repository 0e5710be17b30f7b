//! Wall-clock minutes of the day, for placing things on the day's grid.

use app::diary::Rules;
use jiff::{Timestamp, civil::Date};

use crate::words;

/// Minutes since midnight of `date` by the wall clock; a moment on another date is cut to the day's ends.
pub(super) fn minute(at: Timestamp, date: Date, rules: &Rules) -> u32 {
    let local = words::local(at, rules);
    match local.date().cmp(&date) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Greater => 1440,
        std::cmp::Ordering::Equal => local.hour().unsigned_abs() as u32 * 60 + local.minute().unsigned_abs() as u32,
    }
}

/// "09:30" for a minute of the day.
pub(super) fn words(minute: u32) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}
