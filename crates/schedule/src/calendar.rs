//! A calendar: what every resource of a site can still give over a horizon, and the questions asked of it.

use std::{collections::HashMap, fmt, sync::Arc};

use jiff::{Timestamp, civil::Date};

use crate::{
    bits,
    hot::Hot,
    lane::Lane,
    model::{Busy, Query, ResourceKey, SiteFacts, VisitType, Weekly},
    search::{Found, Gate, is_searchable, search},
    shape::{Relaxed, Shape},
    wall::{Day, MOST_DAYS, Wall},
};

/// The most resources of one site.
const MOST_RESOURCES: usize = 4096;

/// A bookable start and everybody who could lead it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// When the visit would begin.
    pub at: Timestamp,
    /// Who could lead it, sorted by key.
    pub leads: Vec<ResourceKey>,
}

/// One bit for each resource and five minutes of a horizon. Cloning is cheap: what is not changed is shared.
#[derive(Debug, Clone)]
pub struct Calendar {
    site: Arc<SiteFacts>,
    wall: Arc<Wall>,
    /// The starts on offer.
    grid: Arc<[u64]>,
    closed: Arc<[u64]>,
    index: Arc<HashMap<ResourceKey, usize>>,
    lanes: Vec<Arc<Lane>>,
    /// The open hours, if they are few.
    hot: Option<Arc<Hot>>,
}

/// Why no calendar can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CalendarError {
    /// No day, too many days, or days beyond the years that can be counted.
    Horizon {
        /// The days asked for.
        days: u16,
    },
    /// More resources than can be searched.
    TooManyResources {
        /// How many there are.
        count: usize,
    },
    /// Two resources share a key.
    DuplicateKey(ResourceKey),
    /// A resource without a seat.
    NoSeat(ResourceKey),
    /// Hours or a break that end before they begin, or on no weekday.
    Hours {
        /// Whose.
        key: ResourceKey,
        /// Which.
        weekday: u8,
        /// The minutes given.
        minutes: (u16, u16),
    },
    /// The offer grid has no step.
    NoStep,
}

impl fmt::Display for CalendarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Horizon { days } => {
                write!(f, "a calendar of {days} days cannot be made: ask for 1 to {MOST_DAYS} days")
            }
            Self::TooManyResources { count } => {
                write!(f, "the site has {count} resources: keep at most {MOST_RESOURCES} in use")
            }
            Self::DuplicateKey(key) => write!(f, "two resources are called {key}: rename one"),
            Self::NoSeat(key) => write!(f, "{key} has no seat: give it at least one, or take it away"),
            Self::Hours { key, weekday, minutes: (from, to) } => write!(
                f,
                "{key} has hours on weekday {weekday} from minute {from} to minute {to}: give a weekday from 1 to 7 and \
                 an end after the beginning, at most minute 1440; split hours at midnight"
            ),
            Self::NoStep => f.write_str("starts are offered every 0 minutes: give a step of at least 5"),
        }
    }
}

impl std::error::Error for CalendarError {}

impl Calendar {
    /// When a resource is on duty on a local date (inside its hours, not on a break, not away) while the site is
    /// open: half-open, in order. Empty for a resource or a date that the calendar does not have.
    pub fn duty(&self, key: &ResourceKey, date: Date) -> Vec<(Timestamp, Timestamp)> {
        let Some(lane) = self.index.get(key).map(|place| &self.lanes[*place]) else { return Vec::new() };
        let mut spans: Vec<(Timestamp, Timestamp)> = Vec::new();
        for day in self.wall.days_between((date, date)) {
            let day = &self.wall.days[day];
            let mut from = None;
            for place in day.from..=day.to {
                let is_on = place < day.to && lane.open[place / 64] >> (place % 64) & 1 == 1;
                match (is_on, from) {
                    (true, None) => from = Some(place),
                    (false, Some(start)) => {
                        spans.push((self.wall.at(start), self.wall.at(place)));
                        from = None;
                    }
                    _ => {}
                }
            }
        }
        spans
    }

    /// Lays out the horizon of `days` local days and counts what is busy. Busy entries of resources the site no
    /// longer has, or outside the horizon, are ignored.
    ///
    /// # Errors
    /// If the site's facts contradict themselves or the horizon is too long; see [`CalendarError`].
    pub fn build(
        site: Arc<SiteFacts>,
        first_day: Date,
        days: u16,
        busy: &[Busy],
    ) -> Result<Self, CalendarError> {
        assess(&site)?;
        let wall = (1..=MOST_DAYS)
            .contains(&days)
            .then(|| Wall::new(&site.zone, first_day, days))
            .flatten()
            .ok_or(CalendarError::Horizon { days })?;
        let mut closed = vec![0; wall.words()];
        for closure in &site.closures {
            let (from, to) = wall.span(closure, true);
            bits::set(&mut closed, from, to);
        }
        let mut lanes: Vec<Lane> =
            site.resources.iter().map(|resource| Lane::new(&wall, resource, &closed)).collect();
        let index: HashMap<ResourceKey, usize> = site
            .resources
            .iter()
            .enumerate()
            .map(|(place, resource)| (resource.key.clone(), place))
            .collect();
        for entry in busy {
            if let Some(place) = index.get(&entry.key) {
                lanes[*place].count(&wall, entry, true);
            }
        }
        Ok(Self {
            grid: wall.offer_grid(site.offer_step_minutes).into(),
            closed: closed.into(),
            hot: Hot::new(&lanes, wall.length).map(Arc::new),
            lanes: lanes.into_iter().map(Arc::new).collect(),
            index: Arc::new(index),
            wall: Arc::new(wall),
            site,
        })
    }

    /// Counts one seat of one resource as used.
    pub fn occupy(&mut self, busy: &Busy) {
        self.count(busy, true);
    }

    /// Takes back exactly one [`Calendar::occupy`] of the same entry.
    pub fn release(&mut self, busy: &Busy) {
        self.count(busy, false);
    }

    /// Takes a resource off duty at short notice, as if it had been away from the outset.
    pub fn send_away(&mut self, key: &ResourceKey, from: Timestamp, to: Timestamp) {
        if let Some(place) = self.index.get(key) {
            let (from, to) = self.wall.touched(from, to, 0);
            Arc::make_mut(&mut self.lanes[*place]).send_away(from, to);
        }
    }

    fn count(&mut self, busy: &Busy, more: bool) {
        if let Some(place) = self.index.get(&busy.key) {
            Arc::make_mut(&mut self.lanes[*place]).count(&self.wall, busy, more);
        }
    }

    /// The facts it was made from.
    pub const fn site(&self) -> &Arc<SiteFacts> {
        &self.site
    }

    /// The first local day and the number of days.
    pub fn horizon(&self) -> (Date, u16) {
        let days = &self.wall.days;
        (days.first().map_or(Date::MIN, |day| day.date), u16::try_from(days.len()).unwrap_or(u16::MAX))
    }

    /// How many ways there are to give the visit its kept resources: what a plan of a whole day tries for each wish. `None`
    /// if a visit ties so many roles together that no search tries every way in reasonable time; facts that come from
    /// outside are asked this first.
    pub fn ways(&self, visit: &VisitType) -> Option<u64> {
        match Shape::new(self, visit, None, Relaxed::default()) {
            Some(shape) => is_searchable(&shape).then(|| shape.ways().0),
            None => Some(0),
        }
    }

    /// Every bookable start the query allows, sorted by time, each with everybody who could lead it.
    pub fn starts(&self, visit: &VisitType, query: &Query<'_>) -> Vec<Start> {
        let (from, found) = self.find(visit, query, Relaxed::default());
        self.list(from, &found)
    }

    /// How many distinct starts each asked day of the horizon has; days without any included.
    pub fn month(&self, visit: &VisitType, query: &Query<'_>) -> Vec<(Date, u32)> {
        let (from, found) = self.find(visit, query, Relaxed::default());
        let row = union(&found);
        let base = from * 64;
        let counted = |day: &Day| {
            (day.date, bits::count(&row, day.from.saturating_sub(base), day.to.saturating_sub(base)))
        };
        self.wall.days[self.wall.days_between(query.days)].iter().map(counted).collect()
    }

    /// The bits of every lead, and the first word they begin at.
    pub(crate) fn find(&self, visit: &VisitType, query: &Query<'_>, relaxed: Relaxed) -> (usize, Found) {
        let Some(shape) = Shape::new(self, visit, query.lead, relaxed) else { return (0, Vec::new()) };
        let gate = self.gate(query, shape.longest());
        let mut found = match self.hot.as_deref().filter(|_| shape.is_dense()) {
            Some(hot) => {
                let squeezed = hot.gate(&gate);
                hot.spread(search(self, Some(hot), &shape, &squeezed), &squeezed, &gate)
            }
            None => search(self, None, &shape, &gate),
        };
        if !relaxed.caps {
            self.apply_caps(&mut found, gate.from, query);
        }
        (gate.from, found)
    }

    /// Where the query lets a visit start that lasts at most `longest` quanta.
    pub(crate) fn gate(&self, query: &Query<'_>, longest: usize) -> Gate {
        let days = &self.wall.days[self.wall.days_between(query.days)];
        let (Some(first), Some(last)) = (days.first(), days.last()) else {
            return Gate { from: 0, starts: Vec::new(), client: None };
        };
        let begin = query.now.map_or(0, |now| self.wall.not_before(self.earliest(now)));
        let from = first.from / 64;
        let words = bits::words_for(last.to + longest + 1).min(self.wall.words()) - from;
        let base = from * 64;
        let mut starts = vec![0; words];
        if query.windows.is_empty() {
            bits::set(&mut starts, first.from.max(begin) - base, last.to.max(base) - base);
        }
        for window in query.windows {
            for (from, to) in days.iter().flat_map(|day| self.wall.window(day, *window)) {
                bits::set(&mut starts, from.max(begin) - base, to - base);
            }
        }
        if query.on_grid {
            bits::and(&mut starts, &self.grid[from..from + words]);
        }
        let client = (!query.client_busy.is_empty()).then(|| {
            let mut free = vec![u64::MAX; words];
            for (busy_from, busy_to) in query.client_busy {
                let (busy_from, busy_to) = self.wall.touched(*busy_from, *busy_to, 0);
                bits::clear(&mut free, busy_from.saturating_sub(base), busy_to.saturating_sub(base));
            }
            free
        });
        Gate { from, starts, client }
    }

    /// The earliest start that the notice allows.
    pub(crate) fn earliest(&self, now: Timestamp) -> Timestamp {
        let notice = jiff::SignedDuration::from_mins(i64::from(self.site.min_notice_minutes));
        now.checked_add(notice).unwrap_or(Timestamp::MAX)
    }

    /// Takes away the starts of leads who may lead no more on a day.
    fn apply_caps(&self, found: &mut Found, from: usize, query: &Query<'_>) {
        let base = from * 64;
        for (lead, row) in found.iter_mut() {
            let lane = &self.lanes[*lead as usize];
            if !lane.has_cap() {
                continue;
            }
            for number in self.wall.days_between(query.days) {
                if lane.capped(number) {
                    let day = &self.wall.days[number];
                    bits::clear(row, day.from.saturating_sub(base), day.to.saturating_sub(base));
                }
            }
        }
        found.retain(|(_, row)| bits::any(row));
    }

    fn list(&self, from: usize, found: &Found) -> Vec<Start> {
        let mut leads: Vec<(&ResourceKey, &[u64])> = found
            .iter()
            .map(|(lead, row)| (&self.site.resources[*lead as usize].key, row.as_slice()))
            .collect();
        leads.sort_by_key(|(key, _)| *key);
        bits::ones(&union(found))
            .map(|bit| {
                let can = |row: &[u64]| row[bit / 64] >> (bit % 64) & 1 == 1;
                let mut those = Vec::with_capacity(leads.len());
                those.extend(leads.iter().filter(|(_, row)| can(row)).map(|(key, _)| (*key).clone()));
                Start { at: self.wall.at(from * 64 + bit), leads: those }
            })
            .collect()
    }

    /// The number of a resource.
    pub(crate) fn place_of(&self, key: &ResourceKey) -> Option<u32> {
        self.index.get(key).and_then(|place| u32::try_from(*place).ok())
    }

    pub(crate) fn lanes(&self) -> &[Arc<Lane>] {
        &self.lanes
    }

    pub(crate) fn wall(&self) -> &Wall {
        &self.wall
    }

    /// The quanta in which the whole site is closed.
    pub(crate) fn closed(&self) -> &[u64] {
        &self.closed
    }

    /// Quanta in the horizon.
    pub(crate) fn length(&self) -> usize {
        self.wall.length
    }

    /// The starts on offer.
    pub(crate) fn grid(&self) -> &[u64] {
        &self.grid
    }

    pub(crate) fn key(&self, resource: u32) -> &ResourceKey {
        &self.site.resources[resource as usize].key
    }
}

/// The starts that anybody has.
pub(crate) fn union(found: &Found) -> Vec<u64> {
    let mut row = found.first().map_or_else(Vec::new, |(_, row)| row.clone());
    for (_, other) in found.iter().skip(1) {
        bits::or(&mut row, other);
    }
    row
}

/// Looks for facts that contradict themselves.
fn assess(site: &SiteFacts) -> Result<(), CalendarError> {
    if site.offer_step_minutes == 0 {
        return Err(CalendarError::NoStep);
    }
    if site.resources.len() > MOST_RESOURCES {
        return Err(CalendarError::TooManyResources { count: site.resources.len() });
    }
    let mut keys = std::collections::HashSet::new();
    for resource in &site.resources {
        let key = &resource.key;
        if !keys.insert(key) {
            return Err(CalendarError::DuplicateKey(key.clone()));
        }
        if resource.seats == 0 {
            return Err(CalendarError::NoSeat(key.clone()));
        }
        let special = resource.special_days.iter().flat_map(|(date, hours)| {
            let weekday = date.weekday().to_monday_one_offset().unsigned_abs();
            hours.iter().map(move |(from, to)| Weekly { weekday, from: *from, to: *to })
        });
        for hours in resource.hours.iter().chain(&resource.breaks).copied().chain(special) {
            if !(1..=7).contains(&hours.weekday) || hours.from >= hours.to || hours.to > 1440 {
                let minutes = (hours.from, hours.to);
                return Err(CalendarError::Hours { key: key.clone(), weekday: hours.weekday, minutes });
            }
        }
    }
    Ok(())
}
