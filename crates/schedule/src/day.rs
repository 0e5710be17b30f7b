//! One day planned as a whole: who of a waiting list fits in, or how to mend a day when somebody falls ill.
//!
//! Both are the same question: each wish costs something if it is dropped, and maybe something depending on where it is
//! placed; the least total is wanted. The answer is found by placing in random order at the least cost, then by
//! taking a few visits out and placing them again, many times, going on from plans that are no worse (ruin and
//! recreate; Schrimpf and others, J. Comput. Phys. 159, 2000). A plan is proven when no wish could cost less by itself.
//!
//! A day is a [`Board`]: a few words for each resource, searched and changed tens of thousands of times a second. The
//! same board ranks offers by what they cost the rest of the day ([`offers`]) and says how many visits a day could
//! hold at all ([`capacity`]).

mod board;
mod capacity;
mod offers;
mod row;

pub use board::MOST_BINDINGS;
pub use capacity::{Minutes, OnCall, Practice, Scheme, Table, capacities, capacity, capacity_while};
pub use offers::{Offer, Ranking, spread};

use jiff::Timestamp;

use crate::{
    calendar::Calendar,
    decide::Decision,
    dice::Dice,
    model::{Query, ResourceKey, VisitType},
};

use board::{Board, Job, Placed};
use row::{Row, WORDS, any, has, last, ones};

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

/// Plans a day on top of what is busy in `calendar`. The wishes' own bookings must not be in it. All wishes should be for
/// the same local day: starts more than 30 hours after the first day that any of them asks for are not looked at. `go_on` is
/// asked before each further try with the number of tries so far and the cost reached; tries are the same for the
/// same seed.
pub fn plan_day(
    calendar: &Calendar,
    wishes: &[Wish<'_>],
    seed: u64,
    go_on: &mut dyn FnMut(u64, u64) -> bool,
) -> DayPlan {
    let dropped = wishes.iter().map(|wish| wish.drop_cost).sum();
    let first = wishes.iter().map(|wish| wish.query.days.0).min();
    let Some(board) = first.and_then(|first| Board::new(calendar, first)) else {
        return DayPlan { cost: dropped, placed: vec![None; wishes.len()], proven: true };
    };
    let tasks = wishes.iter().map(|wish| Task::new(&board, wish)).collect();
    let mut planner = Planner::new(board, tasks, seed);
    planner.improve(go_on);
    planner.plan()
}

impl Job {
    /// Lets it start only from `from` until just before `to`.
    fn narrow(&mut self, from: usize, to: usize) {
        let allowed: Vec<usize> = ones(&self.gate).filter(|at| (from..to).contains(at)).collect();
        self.gate = Row::default();
        for at in allowed {
            self.gate[at / 64] |= 1 << (at % 64);
        }
    }
}

/// A wish made ready.
#[derive(Debug)]
struct Task {
    /// `None` if it can never be placed.
    job: Option<Job>,
    drop_cost: u64,
    booked: Option<Before>,
    /// Which visit type object it is of.
    kind: usize,
}

/// What it was booked as.
#[derive(Debug, Clone, Copy)]
struct Before {
    at: usize,
    lead: Option<u32>,
    change_lead_cost: u64,
    move_cost: u64,
}

impl Task {
    fn new(board: &Board<'_>, wish: &Wish<'_>) -> Self {
        let mut job = board.job(wish.visit, &wish.query);
        let booked = wish.booked.as_ref().map(|booked| {
            let at = board.place(booked.at).unwrap_or(WORDS * 64);
            let most = booked.most_minutes as usize / 5;
            if let Some(job) = &mut job {
                job.narrow(at.saturating_sub(most), at.saturating_add(most).saturating_add(1));
            }
            let Booked { change_lead_cost, move_cost, .. } = *booked;
            Before { at, lead: board.resource(booked.lead), change_lead_cost, move_cost }
        });
        Self { job, drop_cost: wish.drop_cost, booked, kind: std::ptr::from_ref(wish.visit).addr() }
    }

    /// What it costs to have it there.
    fn cost(&self, at: usize, lead: u32) -> u64 {
        self.booked.map_or(0, |booked| {
            let moved = booked.move_cost.saturating_mul(booked.at.abs_diff(at) as u64);
            moved.saturating_add(if booked.lead == Some(lead) { 0 } else { booked.change_lead_cost })
        })
    }

    /// Whether one cannot be placed where the other cannot either.
    fn same(&self, other: &Self) -> bool {
        match (&self.job, &other.job) {
            (Some(one), Some(two)) => {
                self.booked.is_none()
                    && other.booked.is_none()
                    && self.kind == other.kind
                    && (one.gate, one.client) == (two.gate, two.client)
                    && one.bindings == two.bindings
            }
            _ => false,
        }
    }
}

/// Which of several starts is taken.
#[derive(Debug, Clone, Copy)]
enum Taste {
    Early,
    Late,
    Tight,
    Any,
}

/// The search for the cheapest plan.
struct Planner<'c> {
    board: Board<'c>,
    tasks: Vec<Task>,
    placed: Vec<Option<Placed>>,
    cost: u64,
    best: (u64, Vec<Option<Placed>>),
    /// The sum of what each wish costs at least.
    floor: u64,
    dice: Dice,
    /// Scratch rows.
    rows: Vec<Row>,
    /// For each task the first that is the same.
    class: Vec<usize>,
}

/// So many plans are made from nothing before the best is changed bit by bit.
const FROM_NOTHING: u64 = 200;

/// After so many tries without a better plan, another beginning is looked for.
const PATIENCE: u64 = 1200;

impl<'c> Planner<'c> {
    fn new(mut board: Board<'c>, tasks: Vec<Task>, seed: u64) -> Self {
        let mut rows = Vec::new();
        let floor = tasks.iter().map(|task| least(&mut board, task, &mut rows)).sum();
        let cost = tasks.iter().map(|task| task.drop_cost).sum();
        let placed: Vec<Option<Placed>> = vec![None; tasks.len()];
        let class = (0..tasks.len())
            .map(|index| (0..index).find(|first| tasks[*first].same(&tasks[index])).unwrap_or(index))
            .collect();
        let best = (cost, placed.clone());
        Self { board, tasks, placed, cost, best, floor, dice: Dice::new(seed), rows, class }
    }

    /// Tries again and again, from the plan in hand.
    fn improve(&mut self, go_on: &mut dyn FnMut(u64, u64) -> bool) {
        let (mut tries, mut since) = (0, 0);
        while self.best.0 > self.floor && (tries == 0 || go_on(tries, self.best.0)) {
            if tries < FROM_NOTHING {
                self.ruin(self.tasks.len());
                self.recreate();
            } else {
                if tries == FROM_NOTHING || since > PATIENCE {
                    // Stuck: begin anew, from nothing as often as from the best plan so far.
                    if tries == FROM_NOTHING || self.dice.one_in(2) {
                        self.restore();
                    } else {
                        self.ruin(self.tasks.len());
                        self.recreate();
                    }
                    since = 0;
                }
                self.change();
            }
            since += 1;
            if self.cost < self.best.0 {
                self.best = (self.cost, self.placed.clone());
                since = 0;
            }
            tries += 1;
        }
        self.restore();
    }

    /// Takes a few visits out and places them again; goes back if that costs more, but for a little now and then.
    fn change(&mut self) {
        let before = (self.cost, self.placed.clone(), self.board.clone());
        let few = 2 + self.dice.below((self.tasks.len() / 2).clamp(2, 4));
        self.ruin(few);
        self.recreate();
        let slack = if self.dice.one_in(40) { before.0 / 20 + 1 } else { 0 };
        if self.cost > before.0 + slack {
            (self.cost, self.placed, self.board) = before;
        }
    }

    /// Goes back to the best plan.
    fn restore(&mut self) {
        for index in 0..self.tasks.len() {
            self.take(index);
        }
        for (index, placed) in self.best.1.clone().into_iter().enumerate() {
            if let Some(placed) = placed {
                self.board.take(&placed);
                self.note(index, placed);
            }
        }
    }

    /// Notes that a wish is on the board.
    fn note(&mut self, index: usize, placed: Placed) {
        let task = &self.tasks[index];
        self.cost = self.cost - task.drop_cost + task.cost(placed.at, placed.lead);
        self.placed[index] = Some(placed);
    }

    fn take(&mut self, index: usize) {
        if let Some(placed) = self.placed[index].take() {
            self.board.remove(&placed);
            let task = &self.tasks[index];
            self.cost = self.cost + task.drop_cost - task.cost(placed.at, placed.lead);
        }
    }

    /// Takes up to `most` visits out: neighbours in time, or any.
    fn ruin(&mut self, most: usize) {
        let mut on: Vec<usize> =
            (0..self.tasks.len()).filter(|index| self.placed[*index].is_some()).collect();
        self.dice.shuffle(&mut on);
        if let (Some(pivot), false) = (on.first().copied(), self.dice.one_in(3)) {
            let at = |index: usize| self.placed[index].as_ref().map_or(0, |placed| placed.at);
            let pivot = at(pivot);
            on.sort_by_key(|index| at(*index).abs_diff(pivot));
        }
        for index in on.into_iter().take(most) {
            self.take(index);
        }
    }

    /// Places what fits, what is dearer to drop first more often than not.
    fn recreate(&mut self) {
        let mut off: Vec<(u64, usize)> = (0..self.tasks.len())
            .filter(|index| self.placed[*index].is_none())
            .map(|index| (self.tasks[index].drop_cost.saturating_mul(1 + self.dice.below(64) as u64), index))
            .collect();
        off.sort_unstable_by(|one, other| other.cmp(one));
        let taste = match self.dice.below(8) {
            0..=2 => Taste::Early,
            3 => Taste::Late,
            4..=5 => Taste::Tight,
            _ => Taste::Any,
        };
        // Once one does not fit, none of the same kind will: every placing only takes away.
        let mut full = vec![false; self.tasks.len()];
        for (_, index) in off {
            if !full[self.class[index]] {
                full[self.class[index]] = !self.place(index, taste);
            }
        }
    }

    /// Places a wish; says whether it found room.
    fn place(&mut self, index: usize, taste: Taste) -> bool {
        let task = &self.tasks[index];
        let Some(job) = &task.job else { return false };
        let count = job.bindings.len();
        let turn = self.dice.below(count);
        let careless = self.dice.one_in(6);
        let mut best: Option<(i64, usize, usize)> = None;
        for number in (0..count).map(|step| (step + turn) % count) {
            let binding = &job.bindings[number];
            let starts = self.board.starts(job, binding, &mut self.rows);
            if !any(&starts) {
                continue;
            }
            let choice = if task.booked.is_some() {
                cheapest(task, job, binding, &starts, careless, &mut self.dice)
            } else {
                self.board.choose(job, binding, &starts, taste, &mut self.dice)
            };
            if let Some((score, start)) = choice
                && best.is_none_or(|(most, ..)| most < score)
            {
                best = Some((score, start, number));
            }
        }
        let Some((_, start, number)) = best else { return false };
        let placed = self.board.put(job, &job.bindings[number], start, Some(&mut self.dice), &mut self.rows);
        let found = placed.is_some();
        if let Some(placed) = placed {
            self.note(index, placed);
        }
        found
    }

    fn plan(self) -> DayPlan {
        let decisions = self
            .tasks
            .iter()
            .zip(&self.placed)
            .map(|(task, placed)| Some(self.board.decision(task.job.as_ref()?, placed.as_ref()?)));
        DayPlan { cost: self.cost, placed: decisions.collect(), proven: self.cost <= self.floor }
    }
}

/// The start of a booked visit that costs least, with a score: the cheaper, the higher.
fn cheapest(
    task: &Task,
    job: &Job,
    binding: &[Option<u32>],
    starts: &Row,
    careless: bool,
    dice: &mut Dice,
) -> Option<(i64, usize)> {
    let lead = binding[job.shape.lead]?;
    let mut best: Option<(i64, usize)> = None;
    for start in ones(starts) {
        let cost = task.cost(start, lead);
        if cost >= task.drop_cost {
            continue;
        }
        let noise = if careless { dice.below(12) as i64 } else { 0 };
        let score = -i64::try_from(cost).unwrap_or(i64::MAX / 64).saturating_add(noise).saturating_mul(16);
        if best.is_none_or(|(most, _)| most < score) {
            best = Some((score, start));
        }
    }
    best.map(|(score, start)| (score + dice.below(8) as i64, start))
}

impl Board<'_> {
    /// A start under a binding, with how good the taste finds it.
    fn choose(
        &self,
        job: &Job,
        binding: &[Option<u32>],
        starts: &Row,
        taste: Taste,
        dice: &mut Dice,
    ) -> Option<(i64, usize)> {
        let first = ones(starts).next()?;
        let last = last(starts)?;
        let random = |dice: &mut Dice| {
            let from = dice.below(last - first + 1) + first;
            (from..=last).find(|at| has(starts, *at)).unwrap_or(last)
        };
        Some(match taste {
            Taste::Early => (-(first as i64) * 4 + dice.below(4) as i64, first),
            Taste::Late => (last as i64 * 4 + dice.below(4) as i64, last),
            Taste::Any => (dice.below(1 << 20) as i64, random(dice)),
            Taste::Tight => {
                let shortest = job.shape.shortest();
                let idle = |at: usize| -(self.idle_beside(binding, at, shortest, 24) as i64);
                let some = [first, last, random(dice), random(dice)];
                let best = some.into_iter().max_by_key(|at| idle(*at)).unwrap_or(first);
                (idle(best) * 4 + dice.below(4) as i64, best)
            }
        })
    }
}

/// What a wish costs at least, with the day to itself.
fn least(board: &mut Board<'_>, task: &Task, rows: &mut Vec<Row>) -> u64 {
    let mut least = task.drop_cost;
    for (job, binding) in task.job.iter().flat_map(|job| job.bindings.iter().map(move |one| (job, one))) {
        let starts = board.starts(job, binding, rows);
        if let Some(lead) = binding[job.shape.lead] {
            least = ones(&starts).map(|at| task.cost(at, lead)).fold(least, u64::min);
        }
    }
    least
}
