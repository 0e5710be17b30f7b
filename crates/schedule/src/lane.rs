//! What one resource can still give, quantum by quantum.

use std::sync::Arc;

use jiff::civil::Date;

use crate::{
    bits,
    hot::Known,
    model::{Busy, MinuteOfDay, Resource, Takes},
    wall::Wall,
};

/// One resource over the horizon.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    /// On duty: inside hours, not on a break, not away. Busy or closed does not matter.
    pub(crate) duty: Arc<[u64]>,
    /// On duty while the site is open.
    pub(crate) open: Arc<[u64]>,
    /// At least one seat is free.
    pub(crate) any: Vec<u64>,
    /// Every seat is free.
    pub(crate) all: Vec<u64>,
    /// What searches have found out about it in its present state.
    pub(crate) known: Known,
    /// How many busy entries touch each quantum, with the gap around each.
    counts: Counts,
    /// How many visits it leads on each day.
    leads: Vec<u16>,
    seats: u16,
    gap: i64,
    cap: Option<u16>,
}

impl Lane {
    pub(crate) fn new(wall: &Wall, resource: &Resource, closed: &[u64]) -> Self {
        let duty = duty(wall, resource);
        let open: Vec<u64> = duty.iter().zip(closed).map(|(duty, closed)| duty & !closed).collect();
        Self {
            duty: duty.into(),
            any: open.clone(),
            all: open.clone(),
            known: Known::default(),
            open: open.into(),
            counts: Counts::new(wall.length),
            leads: vec![0; wall.days.len()],
            seats: resource.seats,
            gap: i64::from(resource.gap_minutes.div_ceil(5)),
            cap: resource.daily_cap,
        }
    }

    /// Counts one more busy entry, or one less.
    pub(crate) fn count(&mut self, wall: &Wall, busy: &Busy, more: bool) {
        self.known.forget();
        let change = |count: u16| if more { count.saturating_add(1) } else { count.saturating_sub(1) };
        let (from, to) = wall.touched(busy.from, busy.to, self.gap);
        for place in from..to {
            let count = change(self.counts.at(place));
            self.counts.put(place, count);
            let bit = 1 << (place % 64);
            let open = self.open[place / 64] & bit;
            let put = |word: &mut u64, free: bool| *word = (*word & !bit) | if free { open } else { 0 };
            put(&mut self.any[place / 64], count < self.seats);
            put(&mut self.all[place / 64], count == 0);
        }
        if let (true, Some(place)) = (busy.leads, wall.place(busy.from)) {
            let day = wall.day_of(place);
            self.leads[day] = change(self.leads[day]);
        }
    }

    /// Takes it off duty from one place until another.
    pub(crate) fn send_away(&mut self, from: usize, to: usize) {
        self.known.forget();
        for row in [&mut self.duty, &mut self.open] {
            bits::clear(Arc::make_mut(row), from, to);
        }
        bits::clear(&mut self.any, from, to);
        bits::clear(&mut self.all, from, to);
    }

    /// Whether it may lead no further visit on a day.
    pub(crate) fn capped(&self, day: usize) -> bool {
        self.cap.is_some_and(|cap| self.leads.get(day).is_some_and(|leads| *leads >= cap))
    }

    /// How many more visits it may lead on a day, if that is limited.
    pub(crate) fn may_lead(&self, day: usize) -> Option<u16> {
        Some(self.cap?.saturating_sub(self.leads.get(day).copied().unwrap_or(0)))
    }

    pub(crate) const fn has_cap(&self) -> bool {
        self.cap.is_some()
    }

    /// Whether `need` can be met in every quantum from `from` until `to`.
    pub(crate) fn meets(&self, need: Need, from: usize, to: usize) -> bool {
        match need {
            Need::Seats(1) => bits::all_set(&self.any, from, to),
            Need::Whole => bits::all_set(&self.all, from, to),
            Need::Seats(seats) => {
                bits::all_set(&self.any, from, to)
                    && (from..to).all(|place| self.counts.at(place).saturating_add(seats) <= self.seats)
            }
        }
    }

    /// The quanta of words `from..to` in which `need` can be met.
    pub(crate) fn row(&self, need: Need, from: usize, to: usize) -> Vec<u64> {
        match need {
            Need::Seats(1) => self.any[from..to].to_vec(),
            Need::Whole => self.all[from..to].to_vec(),
            Need::Seats(seats) => {
                let mut row = self.any[from..to].to_vec();
                for place in from * 64..self.counts.length.min(to * 64) {
                    if self.counts.at(place).saturating_add(seats) > self.seats {
                        bits::clear(&mut row, place - from * 64, place - from * 64 + 1);
                    }
                }
                row
            }
        }
    }
}

/// A number for each quantum, in sheets: a lane is copied each time a visit is booked while somebody still searches
/// the state before, and of these numbers, which are most of it, only the sheet that changes is.
#[derive(Debug, Clone)]
struct Counts {
    sheets: Vec<Arc<[u16; SHEET]>>,
    length: usize,
}

/// So many quanta stand on one sheet: a little less than two days.
const SHEET: usize = 512;

impl Counts {
    fn new(length: usize) -> Self {
        Self { sheets: std::iter::repeat_n(Arc::new([0; SHEET]), length.div_ceil(SHEET)).collect(), length }
    }

    fn at(&self, place: usize) -> u16 {
        self.sheets[place / SHEET][place % SHEET]
    }

    fn put(&mut self, place: usize, count: u16) {
        Arc::make_mut(&mut self.sheets[place / SHEET])[place % SHEET] = count;
    }
}

/// How much of one resource is wanted at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Need {
    /// So many seats.
    Seats(u16),
    /// All of it.
    Whole,
}

impl From<Takes> for Need {
    fn from(takes: Takes) -> Self {
        match takes {
            Takes::OneSeat => Self::Seats(1),
            Takes::Whole => Self::Whole,
        }
    }
}

/// The quanta in which a resource is on duty. What it has is rounded inward, what it lacks outward.
fn duty(wall: &Wall, resource: &Resource) -> Vec<u64> {
    let mut row = vec![0; wall.words()];
    for day in &wall.days {
        for (from, to) in hours_of(resource, day.date) {
            let (from, to) = wall.of_day(day, from, to, false);
            bits::set(&mut row, from, to.min(wall.length));
        }
        let weekday = weekday(day.date);
        for rest in resource.breaks.iter().filter(|rest| rest.weekday == weekday) {
            let (from, to) = wall.of_day(day, rest.from, rest.to, true);
            bits::clear(&mut row, from, to);
        }
    }
    for away in &resource.away {
        let (from, to) = wall.span(away, true);
        bits::clear(&mut row, from, to);
    }
    row
}

/// The hours of one date: a special day replaces the week's.
fn hours_of(resource: &Resource, date: Date) -> Vec<(MinuteOfDay, MinuteOfDay)> {
    match resource.special_days.iter().find(|(special, _)| *special == date) {
        Some((_, hours)) => hours.clone(),
        None => {
            let weekday = weekday(date);
            resource.hours.iter().filter(|hours| hours.weekday == weekday).map(|h| (h.from, h.to)).collect()
        }
    }
}

fn weekday(date: Date) -> u8 {
    date.weekday().to_monday_one_offset().unsigned_abs()
}
