//! Choosing a time: a month with the number of times on each day, and the times of one day as one block each. Days
//! and filters are links, a time is a button that places a hold.

use super::VisitView;
use crate::frame::Frame;
use crate::view::HiddenView;
use askama::Template;

/// The page, for a first booking and for a move.
#[derive(Debug, Template)]
#[template(path = "pages/appointments/choose.html")]
pub struct ChoosePage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// "Choose a time", "Choose another time".
    pub title: String,
    /// What is being booked: "Micro-needling, cheeks and forehead".
    pub subject: String,
    /// How long it takes and why: "about two hours, of which 40 minutes are rest".
    pub length: String,
    /// The visit that would move; none for a new booking.
    pub moving: Option<VisitView>,
    /// What went wrong with the last choice, with the way on; empty if nothing did.
    pub refusal: String,
    /// Whose times are shown.
    pub practitioners: Vec<FilterView>,
    /// The month.
    pub month: MonthView,
    /// The chosen day; none while no day is chosen.
    pub day: Option<DayTimesView>,
    /// Where a chosen time is sent.
    pub action: String,
    /// Tokens and what else travels with the choice.
    pub hidden: Vec<HiddenView>,
    /// Where to be told about a freed time; empty when the clinic keeps no list.
    pub wait_list: String,
}

/// One way to narrow the times down.
#[derive(Debug)]
pub struct FilterView {
    /// "Anybody", "Jonas Weidt".
    pub label: String,
    /// The same page with this filter.
    pub href: String,
    /// It is the one in force.
    pub is_current: bool,
}

/// A month, in weeks.
#[derive(Debug)]
pub struct MonthView {
    /// "December 2026".
    pub title: String,
    /// The month before; none when it lies in the past.
    pub previous: Option<String>,
    /// The month after; none beyond the booking window.
    pub next: Option<String>,
    /// Short and long names of the week's days, in the clinic's order.
    pub weekdays: Vec<(String, String)>,
    /// Weeks of seven cells; `None` outside the month.
    pub weeks: Vec<Vec<Option<DayCellView>>>,
}

/// One day of the month.
#[derive(Debug)]
pub struct DayCellView {
    /// The day of the month.
    pub number: u32,
    /// "Tuesday 8 December".
    pub words: String,
    /// How many times are free.
    pub count: u32,
    /// The same page with this day; none when nothing is free.
    pub href: Option<String>,
    /// It is the day whose times are shown.
    pub is_chosen: bool,
    /// It is today.
    pub is_today: bool,
}

impl DayCellView {
    /// One to three dots for the eye: few, some, many.
    pub fn dots(&self) -> u32 {
        match self.count {
            0 => 0,
            1..=2 => 1,
            3..=6 => 2,
            _ => 3,
        }
    }
}

/// The times of one day.
#[derive(Debug)]
pub struct DayTimesView {
    /// "Tuesday 8 December".
    pub title: String,
    /// Morning, afternoon, evening; empty ones are left out.
    pub parts: Vec<PartOfDayView>,
    /// The nearest day that has a time, when this one has none: label and address.
    pub nearest: Option<(String, String)>,
}

/// A part of the day.
#[derive(Debug)]
pub struct PartOfDayView {
    /// "Morning".
    pub title: String,
    /// Its times, in order.
    pub times: Vec<TimeView>,
}

/// One time for the whole visit.
#[derive(Debug)]
pub struct TimeView {
    /// What the server receives: start and practitioner, signed or checked there.
    pub value: String,
    /// "10:00".
    pub starts: String,
    /// "12:05".
    pub ends: String,
    /// "of which 40 min rest with cream"; may be empty.
    pub rest: String,
    /// Who treats.
    pub practitioner: String,
}
