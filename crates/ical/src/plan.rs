//! The dated steps before and after a visit as one calendar file of several events.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use vocab::Interval;

use crate::{
    CalendarError, Method, Party, Uid,
    event::{begin_calendar, write_identity, write_party},
    line::Lines,
    time::{Clock, day, in_range, interval_in_range},
};

/// The steps of a plan, for the patient's own calendar. Always [`Method::Publish`]: a plan asks nobody.
#[derive(Debug, Clone, PartialEq)]
pub struct PreparationPlan {
    /// When this state of the plan was decided.
    pub stamp: Timestamp,
    /// The zone in which timed items are shown.
    pub zone: TimeZone,
    /// The clinic.
    pub organizer: Party,
    /// The steps, in any order, at least one.
    pub items: Vec<PlanItem>,
}

/// One step of a plan. `title` and `description` say nothing about health: "Step 2 of your plan" does, no
/// medicine, symptom or treatment does.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanItem {
    /// Its own and stable: see [`Uid::step`].
    pub uid: Uid,
    /// One more each time the step moves.
    pub sequence: u32,
    /// The title.
    pub title: String,
    /// Neutral words; empty for none.
    pub description: String,
    /// When it is to be done.
    pub when: When,
}

/// When a step is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Some time during this day, wherever the patient is.
    Day(Date),
    /// At this time, half-open.
    At(Interval<Timestamp>),
}

/// The calendar file of a plan, with CR LF line ends and lines of at most 75 octets. Its events leave the
/// patient's time free.
pub fn plan_to_ical(plan: &PreparationPlan) -> Result<String, CalendarError> {
    if plan.items.is_empty() {
        return Err(CalendarError::EmptyPlan);
    }
    let clock = Clock::new(&plan.zone);
    let mut lines = Lines::default();
    begin_calendar(&mut lines, Method::Publish);
    if let Some(span) = span(&plan.items)? {
        clock.write_zone(&mut lines, span);
    }
    for item in &plan.items {
        lines.push("BEGIN", "VEVENT");
        write_identity(&mut lines, &item.uid, item.sequence, plan.stamp)?;
        match item.when {
            When::Day(on) => write_day(&mut lines, on)?,
            When::At(when) => clock.write_interval(&mut lines, interval_in_range(when)?),
        }
        lines.push_text("SUMMARY", &item.title)?;
        if !item.description.is_empty() {
            lines.push_text("DESCRIPTION", &item.description)?;
        }
        write_party(&mut lines, "ORGANIZER", &plan.organizer)?;
        lines.push("TRANSP", "TRANSPARENT");
        lines.push("CLASS", "PRIVATE");
        lines.push("END", "VEVENT");
    }
    lines.push("END", "VCALENDAR");
    Ok(lines.finish())
}

/// An all-day event: its end is the next day, which is no longer part of it.
fn write_day(lines: &mut Lines, on: Date) -> Result<(), CalendarError> {
    in_range(on.to_zoned(TimeZone::UTC).map_err(|_| CalendarError::OutOfRange)?.timestamp())?;
    let next = on.tomorrow().map_err(|_| CalendarError::OutOfRange)?;
    lines.push("DTSTART;VALUE=DATE", &day(on));
    lines.push("DTEND;VALUE=DATE", &day(next));
    Ok(())
}

/// From the first start to the last end of the timed items. `None` if all are whole days.
fn span(items: &[PlanItem]) -> Result<Option<Interval<Timestamp>>, CalendarError> {
    let mut span: Option<Interval<Timestamp>> = None;
    for item in items {
        if let When::At(when) = item.when {
            let when = interval_in_range(when)?;
            let (start, end) = span.map_or((when.start(), when.end()), |span| {
                (span.start().min(when.start()), span.end().max(when.end()))
            });
            span = Interval::new(start, end);
        }
    }
    Ok(span)
}
