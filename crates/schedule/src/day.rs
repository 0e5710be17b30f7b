//! One day planned as a whole: who of a waiting list fits in, or how to mend a day when somebody falls ill.
//!
//! Both are the same question: each wish costs something if it is dropped, and maybe something depending on where it is
//! placed; the least total is wanted. The answer is found by placing in random order at the least cost, then by
//! taking a few visits out and placing them again, many times, going on from plans that are no worse (ruin and
//! recreate; Schrimpf and others, J. Comput. Phys. 159, 2000). A plan is proven when no wish could cost less by itself.

use jiff::Timestamp;

use crate::{
    bits,
    calendar::Calendar,
    decide::{Decision, Way},
    dice::Dice,
    model::{Busy, Query, ResourceKey, VisitType},
    search::{Gate, search},
    shape::{Relaxed, Shape},
};

/// A visit that is wanted on a day.
#[derive(Debug, Clone)]
pub struct Wish<'a> {
    /// What.
    pub visit: &'a VisitType,
    /// When and with whom it may be.
    pub query: Query<'a>,
    /// What it costs to leave it out.
    pub drop_cost: u64,
    /// What it was booked as, if it was.
    pub booked: Option<Booked<'a>>,
}

/// A booking that may be moved.
#[derive(Debug, Clone)]
pub struct Booked<'a> {
    /// When it starts.
    pub at: Timestamp,
    /// Who leads it.
    pub lead: &'a ResourceKey,
    /// By how many minutes it may be moved at most.
    pub most_minutes: u32,
    /// What it costs if somebody else leads it.
    pub change_lead_cost: u64,
    /// What each five minutes of change cost.
    pub move_cost: u64,
}

/// A planned day.
#[derive(Debug, Clone)]
pub struct DayPlan {
    /// What the plan costs.
    pub cost: u64,
    /// For each wish in order, where it is placed, if it is.
    pub placed: Vec<Option<Decision>>,
    /// Whether no plan can cost less.
    pub proven: bool,
}

/// Plans a day on top of what is busy in `calendar`. The wishes' own bookings must not be in it. `go_on` is asked before
/// each further try with the number of tries so far and the cost reached; tries are the same for the same seed.
pub fn plan_day(
    calendar: &Calendar,
    wishes: &[Wish<'_>],
    seed: u64,
    go_on: &mut dyn FnMut(u64, u64) -> bool,
) -> DayPlan {
    let asks: Vec<Ask<'_>> = wishes.iter().map(|wish| Ask::new(calendar, wish)).collect();
    let mut planner = Planner {
        floor: 0,
        calendar: calendar.clone(),
        placed: vec![None; asks.len()],
        cost: asks.iter().map(|ask| ask.wish.drop_cost).sum(),
        asks,
        dice: Dice::new(seed),
    };
    planner.floor = (0..planner.asks.len()).map(|number| planner.least(number)).sum();
    planner.improve(go_on)
}

/// A wish made ready.
struct Ask<'a> {
    wish: &'a Wish<'a>,
    shape: Option<Shape>,
    gate: Gate,
    /// The place of the booked start, and the booked lead.
    booked: Option<(usize, Option<u32>)>,
}

/// Where a wish is placed.
#[derive(Debug, Clone)]
struct Placed {
    place: usize,
    end: usize,
    cost: u64,
    decision: Decision,
    busy: Vec<Busy>,
}

impl<'a> Ask<'a> {
    fn new(calendar: &Calendar, wish: &'a Wish<'a>) -> Self {
        let shape = Shape::new(calendar, wish.visit, wish.query.lead, Relaxed::default());
        let longest = shape.as_ref().map_or(0, Shape::longest);
        let mut gate = calendar.gate(&wish.query, longest);
        let booked = wish.booked.as_ref().map(|booked| {
            let (place, _) = calendar.wall().touched(booked.at, booked.at, 0);
            let most = usize::try_from(booked.most_minutes / 5).unwrap_or(usize::MAX);
            let base = gate.from * 64;
            let whole = gate.starts.len() * 64;
            bits::clear(&mut gate.starts, 0, place.saturating_sub(most).saturating_sub(base));
            bits::clear(
                &mut gate.starts,
                place.saturating_add(most).saturating_add(1).saturating_sub(base),
                whole,
            );
            let resources = &calendar.site().resources;
            let lead = resources.iter().position(|resource| resource.key == *booked.lead);
            (place, lead.and_then(|lead| u32::try_from(lead).ok()))
        });
        Self { wish, shape, gate, booked }
    }

    fn cost(&self, lead: u32, place: usize) -> u64 {
        match (&self.wish.booked, self.booked) {
            (Some(booked), Some((at, by))) => {
                let moved = u64::try_from(at.abs_diff(place)).unwrap_or(u64::MAX);
                let changed = if by == Some(lead) { 0 } else { booked.change_lead_cost };
                changed.saturating_add(moved.saturating_mul(booked.move_cost))
            }
            _ => 0,
        }
    }
}

/// Which of several starts of the same cost is taken.
#[derive(Debug, Clone, Copy)]
enum Taste {
    Early,
    Late,
    Any,
}

struct Planner<'a> {
    calendar: Calendar,
    asks: Vec<Ask<'a>>,
    placed: Vec<Option<Placed>>,
    cost: u64,
    /// The sum of what each wish costs at least.
    floor: u64,
    dice: Dice,
}

impl Planner<'_> {
    /// What a wish costs at least, with the day to itself.
    fn least(&self, number: usize) -> u64 {
        let ask = &self.asks[number];
        self.options(number)
            .iter()
            .map(|(lead, place)| ask.cost(*lead, *place))
            .min()
            .unwrap_or(ask.wish.drop_cost)
            .min(ask.wish.drop_cost)
    }

    /// Every lead and start of a wish as things stand.
    fn options(&self, number: usize) -> Vec<(u32, usize)> {
        let ask = &self.asks[number];
        let Some(shape) = &ask.shape else { return Vec::new() };
        let base = ask.gate.from * 64;
        let found = search(&self.calendar, shape, &ask.gate);
        let mut options = Vec::new();
        for (lead, row) in &found {
            let lane = &self.calendar.lanes()[*lead as usize];
            let allowed =
                |place: &usize| !lane.has_cap() || !lane.capped(self.calendar.wall().day_of(*place));
            options.extend(bits::ones(row).map(|bit| base + bit).filter(allowed).map(|place| (*lead, place)));
        }
        options
    }

    /// Places a wish at the least cost, or now and then a little above it.
    fn place(&mut self, number: usize, taste: Taste) {
        let mut options = self.options(number);
        let ask = &self.asks[number];
        options.retain(|(lead, place)| ask.cost(*lead, *place) < ask.wish.drop_cost);
        let Some(least) = options.iter().map(|(lead, place)| ask.cost(*lead, *place)).min() else { return };
        let allowed = if self.dice.one_in(4) { least + least / 4 + 1 } else { least };
        options.retain(|(lead, place)| ask.cost(*lead, *place) <= allowed);
        let chosen = match taste {
            Taste::Any => self.dice.below(options.len()),
            Taste::Early | Taste::Late => {
                let edge = options.iter().map(|(_, place)| *place);
                let edge = if matches!(taste, Taste::Early) { edge.min() } else { edge.max() };
                options.retain(|(_, place)| Some(*place) == edge);
                self.dice.below(options.len())
            }
        };
        if let Some((lead, place)) = options.get(chosen).copied()
            && let Some(placed) = self.write(number, lead, place)
        {
            self.put(number, placed);
        }
    }

    fn write(&mut self, number: usize, lead: u32, place: usize) -> Option<Placed> {
        let loose = self.dice.one_in(3);
        let ask = &mut self.asks[number];
        let shape = ask.shape.as_mut()?;
        shape.pools.iter_mut().for_each(|pool| self.dice.shuffle(pool));
        let query = &ask.wish.query;
        let way: Way =
            self.calendar.some_way(shape, query.client_busy, place, lead, loose.then_some(&mut self.dice))?;
        let decision = self.calendar.write(ask.wish.visit, shape, &way, place)?;
        let busy = decision.busy(self.calendar.site());
        Some(Placed { place, end: way.end, cost: ask.cost(lead, place), decision, busy })
    }

    fn put(&mut self, number: usize, placed: Placed) {
        placed.busy.iter().for_each(|busy| self.calendar.occupy(busy));
        self.cost = self.cost - self.asks[number].wish.drop_cost + placed.cost;
        self.placed[number] = Some(placed);
    }

    fn take(&mut self, number: usize) -> Option<Placed> {
        let placed = self.placed[number].take()?;
        placed.busy.iter().for_each(|busy| self.calendar.release(busy));
        self.cost = self.cost + self.asks[number].wish.drop_cost - placed.cost;
        Some(placed)
    }

    /// Tries again and again, from the plan in hand.
    fn improve(mut self, go_on: &mut dyn FnMut(u64, u64) -> bool) -> DayPlan {
        let mut best = (self.cost, self.placed.clone());
        let mut tries = 0;
        while best.0 > self.floor && (tries == 0 || go_on(tries, best.0)) {
            let before = self.cost;
            let taken = self.ruin(tries);
            let kept: Vec<usize> =
                (0..self.asks.len()).filter(|number| self.placed[*number].is_some()).collect();
            self.recreate();
            if self.cost < best.0 {
                best = (self.cost, self.placed.clone());
            }
            if self.cost > before && !self.tolerates(before, tries) {
                for number in (0..self.asks.len()).filter(|number| !kept.contains(number)) {
                    self.take(number);
                }
                for (number, placed) in taken {
                    self.put(number, placed);
                }
            }
            tries += 1;
        }
        let placed = best.1.into_iter().map(|placed| placed.map(|placed| placed.decision)).collect();
        DayPlan { cost: best.0, placed, proven: best.0 <= self.floor }
    }

    /// Whether a plan that costs more than the one before is still worth going on from: now and then, a little.
    fn tolerates(&mut self, before: u64, tries: u64) -> bool {
        let patience = if tries % 1000 < 500 { 12 } else { 60 };
        self.cost <= before + before / 10 + 2 && self.dice.one_in(patience)
    }

    /// Takes out a few visits that are near each other in time, or any, or all.
    fn ruin(&mut self, tries: u64) -> Vec<(usize, Placed)> {
        let mut numbers: Vec<usize> =
            (0..self.asks.len()).filter(|number| self.placed[*number].is_some()).collect();
        if tries % 64 != 63 {
            let few = 1 + self.dice.below(4);
            self.dice.shuffle(&mut numbers);
            if let (true, Some(first)) = (self.dice.one_in(2), numbers.first().copied()) {
                let middle =
                    |number: usize| self.placed[number].as_ref().map_or(0, |one| one.place + one.end);
                let centre = middle(first);
                numbers.sort_by_key(|number| middle(*number).abs_diff(centre));
            }
            numbers.truncate(few);
        }
        numbers.into_iter().filter_map(|number| Some((number, self.take(number)?))).collect()
    }

    /// Places what is not placed, in an order that is mostly by what dropping costs.
    fn recreate(&mut self) {
        let mut numbers: Vec<usize> =
            (0..self.asks.len()).filter(|number| self.placed[*number].is_none()).collect();
        self.dice.shuffle(&mut numbers);
        if self.dice.one_in(2) {
            numbers.sort_by_key(|number| std::cmp::Reverse(self.asks[*number].wish.drop_cost));
        }
        let taste = [Taste::Early, Taste::Late, Taste::Any][self.dice.below(3)];
        for number in numbers {
            self.place(number, taste);
        }
    }
}
