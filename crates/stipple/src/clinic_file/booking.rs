//! The part of a clinic's file that says what its visitors may book: notice, horizon, holds, and the days it is closed.

use std::ops::RangeInclusive;

use jiff::civil::{Date, Time};
use record::{ClinicSettings, Closure};
use serde::Deserialize;
use toml::Spanned;
use vocab::SiteId;

use super::Problems;

/// The table `[booking]`. What is left out is as the program has it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct BookingEntry {
    min_notice_minutes: Option<Spanned<i64>>,
    offer_step_minutes: Option<Spanned<i64>>,
    horizon_days: Option<Spanned<i64>>,
    cut_off_hours: Option<Spanned<i64>>,
    hold_minutes: Option<Spanned<i64>>,
    confirm_minutes: Option<Spanned<i64>>,
    on_call_limit: Option<Spanned<i64>>,
    needling_counts_as_on_call: Option<bool>,
}

/// One of `[[closures]]`: whole days on which nobody can book.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClosureEntry {
    first_day: Spanned<String>,
    /// The same day if it is left out.
    last_day: Option<Spanned<String>>,
    reason: Spanned<String>,
}

impl BookingEntry {
    /// Puts what the table says in its place; what cannot be is told.
    pub(super) fn apply(&self, settings: &mut ClinicSettings, problems: &mut Problems<'_>) {
        let mut put = |key: &str, said: &Option<Spanned<i64>>, range: RangeInclusive<u32>, to: &mut u32| {
            let Some(said) = said else { return };
            match u32::try_from(*said.get_ref()).ok().filter(|number| range.contains(number)) {
                Some(number) => *to = number,
                None => problems.at(
                    &said.span(),
                    format!("booking.{key}: write a whole number from {} to {}", range.start(), range.end()),
                ),
            }
        };
        // The widest that still makes sense: a month of notice and cut-off, a year ahead, an hour of hold.
        put("min_notice_minutes", &self.min_notice_minutes, 0..=43_200, &mut settings.min_notice_minutes);
        put("offer_step_minutes", &self.offer_step_minutes, 5..=120, &mut settings.offer_step_minutes);
        put("horizon_days", &self.horizon_days, 1..=365, &mut settings.horizon_days);
        put("cut_off_hours", &self.cut_off_hours, 0..=720, &mut settings.cut_off_hours);
        put("hold_minutes", &self.hold_minutes, 2..=60, &mut settings.hold_minutes);
        put("confirm_minutes", &self.confirm_minutes, 5..=1_440, &mut settings.confirm_minutes);
        put("on_call_limit", &self.on_call_limit, 1..=20, &mut settings.on_call_limit);
        if let Some(step) = &self.offer_step_minutes
            && !settings.offer_step_minutes.is_multiple_of(5)
        {
            let words = "booking.offer_step_minutes: write a multiple of 5, such as 15";
            problems.at(&step.span(), words.to_owned());
        }
        if let Some(counts) = self.needling_counts_as_on_call {
            settings.needling_counts_as_on_call = counts;
        }
    }
}

impl ClosureEntry {
    /// The closure, from the first day's midnight to the one after the last day; `None` if something is wrong, which is told.
    pub(super) fn read(&self, place: usize, site_id: SiteId, problems: &mut Problems<'_>) -> Option<Closure> {
        let mut day = |key: &str, said: &Spanned<String>| {
            let day = said.get_ref().parse::<Date>().ok().filter(|day| (2000..2200).contains(&day.year()));
            if day.is_none() {
                problems
                    .at(&said.span(), format!("closures[{place}].{key}: write a day such as \"2026-12-25\""));
            }
            day
        };
        let first = day("first_day", &self.first_day);
        let last = match &self.last_day {
            Some(last) => day("last_day", last),
            None => first,
        };
        let reason = app::people::parse_line(self.reason.get_ref(), 100).filter(|reason| !reason.is_empty());
        if reason.is_none() {
            let words = "write why on one line of at most 100 letters, such as \"public holiday\"";
            problems.at(&self.reason.span(), format!("closures[{place}].reason: {words}"));
        }
        let (first, last) = (first?, last?);
        if last < first {
            let span = self.last_day.as_ref().map_or(self.first_day.span(), Spanned::span);
            problems
                .at(&span, format!("closures[{place}].last_day: write a day that is not before the first"));
            return None;
        }
        Some(Closure {
            site_id,
            from_local: first.to_datetime(Time::midnight()),
            to_local: last.tomorrow().ok()?.to_datetime(Time::midnight()),
            reason: reason?,
        })
    }
}
