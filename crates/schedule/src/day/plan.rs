//! Who of the wait list fits into a day, and the cheapest repair of a day: greedy insertion, then ruin-and-recreate.
//!
//! Both ask for the greatest total gain: of a wish its weight, of a booked visit what dropping it would cost less what
//! its changes cost. The gain that every visit could have if it were alone bounds the total from above; a plan that
//! reaches the bound is the best there is.

use jiff::{Timestamp, civil::Date};

use crate::{
    calendar::Calendar,
    decide::Decision,
    model::{Query, ResourceKey, VisitType},
};

use super::{
    board::{Board, Job, Placed, Row, any, has, ones},
    chance::Chance,
};

/// Somebody on the wait list.
#[derive(Debug, Clone)]
pub struct Wish<'a> {
    /// What they wait for.
    pub visit: &'a VisitType,
    /// With whom, at what time of day, and the rest; its days are replaced by the day that is filled.
    pub query: Query<'a>,
    /// What placing it is worth beside the other wishes.
    pub weight: u32,
}

/// A visit booked on a day that needs repair. It must not be among what is busy in the calendar.
#[derive(Debug, Clone)]
pub struct Booked<'a> {
    /// What was booked.
    pub visit: &'a VisitType,
    /// When it begins.
    pub at: Timestamp,
    /// Who leads it.
    pub lead: &'a ResourceKey,
    /// When its patient is elsewhere.
    pub client_busy: &'a [(Timestamp, Timestamp)],
    /// The most minutes it may be moved either way.
    pub may_move_minutes: u32,
}

/// What changes to a booked visit cost, in one unit of the clinic's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Costs {
    /// It is dropped.
    pub cancel: u32,
    /// Somebody else leads it.
    pub change_lead: u32,
    /// It begins five minutes earlier or later.
    pub per_five_minutes: u32,
}

/// How long to look for a better plan.
pub struct Effort<'a> {
    /// The same seed gives the same plan.
    pub seed: u64,
    /// The most rounds of taking visits out and putting them back.
    pub rounds: u32,
    /// Asked every 64 rounds: whether to go on. For a limit of time, which this crate does not know.
    pub go_on: &'a mut dyn FnMut() -> bool,
}

/// A plan of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayPlan {
    /// For each wish or booked visit, in the order given: its new decision, or nothing.
    pub visits: Vec<Option<Decision>>,
    /// The weight placed, or the cost of the repair.
    pub total: u64,
    /// Whether no plan can be better. If not, a better one may or may not exist.
    pub proven: bool,
}

impl std::fmt::Debug for Effort<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Effort")
            .field("seed", &self.seed)
            .field("rounds", &self.rounds)
            .finish_non_exhaustive()
    }
}

impl Calendar {
    /// Places as much weight of the wait list into a day as it finds room for, beside what is busy. Nothing is placed
    /// if the day lies outside the horizon.
    pub fn fill(&self, day: Date, wishes: &[Wish<'_>], effort: Effort<'_>) -> DayPlan {
        let Some(board) = Board::new(self, day) else { return DayPlan::empty(wishes.len(), 0) };
        let tasks = wishes.iter().map(|wish| {
            let query = Query { days: (day, day), ..wish.query.clone() };
            let kind = std::ptr::from_ref(wish.visit).addr();
            Task { job: board.job(wish.visit, &query), aim: Aim::Weight(i64::from(wish.weight)), kind }
        });
        let tasks = tasks.collect();
        let mut search = Search::new(board, tasks, effort.seed);
        search.run(effort.rounds, effort.go_on);
        search.plan(|gain| gain)
    }

    /// Plans the booked visits of a day again: the cheapest repair it finds. What made the repair needful (somebody is
    /// away, a room is closed) is in the calendar already.
    pub fn repair(&self, day: Date, booked: &[Booked<'_>], costs: Costs, effort: Effort<'_>) -> DayPlan {
        let all = i64::from(costs.cancel) * booked.len() as i64;
        let Some(board) = Board::new(self, day) else { return DayPlan::empty(booked.len(), all) };
        let tasks = booked.iter().map(|visit| {
            let query = Query { on_grid: false, client_busy: visit.client_busy, ..Query::all(day, day) };
            let at = board.place(visit.at).unwrap_or(usize::MAX);
            let most = visit.may_move_minutes as usize / 5;
            let job = board.job(visit.visit, &query).map(|mut job| {
                job.narrow(at.saturating_sub(most), at.saturating_add(most).saturating_add(1));
                job
            });
            Task { job, aim: Aim::Keep { at, lead: self.lead_of(visit.lead), costs }, kind: 0 }
        });
        let tasks = tasks.collect();
        let mut search = Search::new(board, tasks, effort.seed);
        search.run(effort.rounds, effort.go_on);
        search.plan(|gain| all - gain)
    }
}

impl Calendar {
    fn lead_of(&self, key: &ResourceKey) -> Option<u32> {
        self.site()
            .resources
            .iter()
            .position(|resource| resource.key == *key)
            .and_then(|at| u32::try_from(at).ok())
    }
}

impl DayPlan {
    fn empty(visits: usize, total: i64) -> Self {
        Self { visits: vec![None; visits], total: total.unsigned_abs(), proven: true }
    }
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

/// What a visit is worth where.
#[derive(Debug)]
enum Aim {
    Weight(i64),
    Keep { at: usize, lead: Option<u32>, costs: Costs },
}

#[derive(Debug)]
struct Task {
    /// `None` if it can never be placed.
    job: Option<Job>,
    aim: Aim,
    /// Which visit type object it is of.
    kind: usize,
}

impl Task {
    fn gain(&self, at: usize, lead: u32) -> i64 {
        match &self.aim {
            Aim::Weight(weight) => *weight,
            Aim::Keep { at: booked, lead: with, costs } => {
                let changed = if *with == Some(lead) { 0 } else { i64::from(costs.change_lead) };
                let moved = booked.abs_diff(at) as i64 * i64::from(costs.per_five_minutes);
                i64::from(costs.cancel) - changed - moved
            }
        }
    }

    /// Whether one cannot be placed where the other cannot either.
    fn same(&self, other: &Self) -> bool {
        match (&self.job, &other.job) {
            (Some(one), Some(two)) => {
                matches!((&self.aim, &other.aim), (Aim::Weight(_), Aim::Weight(_)))
                    && self.kind == other.kind
                    && (one.gate, one.client) == (two.gate, two.client)
                    && one.bindings == two.bindings
            }
            _ => false,
        }
    }

    /// About what it is worth to place it, to choose whom to place first.
    fn worth(&self) -> i64 {
        match &self.aim {
            Aim::Weight(weight) => *weight,
            Aim::Keep { .. } => 1,
        }
    }
}

/// Where an inserted visit goes.
#[derive(Debug, Clone, Copy)]
enum Taste {
    First,
    Last,
    Tight,
    Any,
}

/// A search for the plan with the greatest gain.
struct Search<'c> {
    board: Board<'c>,
    tasks: Vec<Task>,
    placed: Vec<Option<Placed>>,
    gain: i64,
    best: (i64, Vec<Option<Placed>>),
    bound: i64,
    chance: Chance,
    rows: Vec<Row>,
    /// For each task the first that is the same.
    class: Vec<usize>,
}

impl<'c> Search<'c> {
    fn new(mut board: Board<'c>, tasks: Vec<Task>, seed: u64) -> Self {
        let mut rows = Vec::new();
        let bound = tasks.iter().map(|task| alone(&mut board, task, &mut rows)).sum();
        let none = vec![None; tasks.len()];
        let class = (0..tasks.len())
            .map(|index| (0..index).find(|first| tasks[*first].same(&tasks[index])).unwrap_or(index))
            .collect();
        Self {
            board,
            placed: none.clone(),
            tasks,
            gain: 0,
            best: (0, none),
            bound,
            chance: Chance::new(seed),
            rows,
            class,
        }
    }

    fn run(&mut self, rounds: u32, go_on: &mut dyn FnMut() -> bool) {
        let greedy = (rounds / 8).min(400);
        let mut since = 0;
        for round in 0..rounds {
            if self.best.0 >= self.bound || (round % 64 == 63 && !go_on()) {
                break;
            }
            if round < greedy {
                self.ruin(self.tasks.len());
                self.recreate();
            } else {
                since += 1;
                if since > 1200 {
                    // Stuck: begin anew, from nothing as often as from the best plan so far.
                    since = 0;
                    if self.chance.odds(1, 2) {
                        self.ruin(self.tasks.len());
                        self.recreate();
                    } else {
                        self.restore();
                    }
                } else if round == greedy {
                    self.restore();
                }
                let before = (self.gain, self.placed.clone(), self.board.clone());
                let most = 2 + self.chance.below((self.tasks.len() / 2).clamp(2, 4));
                self.ruin(most);
                self.recreate();
                let slack = if self.chance.odds(1, 40) { self.bound / 20 + 1 } else { 0 };
                if self.gain + slack < before.0 {
                    (self.gain, self.placed, self.board) = before;
                }
            }
            if self.gain > self.best.0 {
                self.best = (self.gain, self.placed.clone());
                since = 0;
            }
        }
        self.restore();
    }

    /// Goes back to the best plan.
    fn restore(&mut self) {
        for index in 0..self.tasks.len() {
            self.take_off(index);
        }
        for (index, placed) in self.best.1.clone().into_iter().enumerate() {
            if let (Some(placed), Some(_)) = (placed, &self.tasks[index].job) {
                self.put_on(index, placed);
            }
        }
    }

    fn put_on(&mut self, index: usize, placed: Placed) {
        self.board.take(&placed);
        self.gain += self.tasks[index].gain(placed.at, placed.lead);
        self.placed[index] = Some(placed);
    }

    fn take_off(&mut self, index: usize) {
        if let Some(placed) = self.placed[index].take() {
            self.board.remove(&placed);
            self.gain -= self.tasks[index].gain(placed.at, placed.lead);
        }
    }

    /// Takes up to `most` visits off: neighbours in time, or any.
    fn ruin(&mut self, most: usize) {
        let mut on: Vec<usize> =
            (0..self.tasks.len()).filter(|index| self.placed[*index].is_some()).collect();
        self.chance.shuffle(&mut on);
        if let (Some(pivot), true) = (on.first().copied(), self.chance.odds(2, 3)) {
            let at = |index: usize| self.placed[index].as_ref().map_or(0, |placed| placed.at);
            let pivot = at(pivot);
            on.sort_by_key(|index| at(*index).abs_diff(pivot));
        }
        for index in on.into_iter().take(most) {
            self.take_off(index);
        }
    }

    /// Puts back what fits, heavier visits first more often than not.
    fn recreate(&mut self) {
        let mut off: Vec<(i64, usize)> = (0..self.tasks.len())
            .filter(|index| self.placed[*index].is_none())
            .map(|index| (self.tasks[index].worth() * (1 + self.chance.below(64) as i64), index))
            .collect();
        off.sort_unstable_by(|one, other| other.cmp(one));
        let taste = match self.chance.below(8) {
            0..=2 => Taste::First,
            3 => Taste::Last,
            4..=5 => Taste::Tight,
            _ => Taste::Any,
        };
        // Once one does not fit, none of the same kind will: every insertion only takes away.
        let mut full = vec![false; self.tasks.len()];
        for (_, index) in off {
            if !full[self.class[index]] {
                full[self.class[index]] = !self.insert(index, taste);
            }
        }
    }

    /// Whether it found a place.
    fn insert(&mut self, index: usize, taste: Taste) -> bool {
        let task = &self.tasks[index];
        let Some(job) = &task.job else { return false };
        let count = job.bindings.len();
        let turn = self.chance.below(count.max(1));
        let careless = self.chance.odds(1, 6);
        let mut best: Option<(i64, usize, usize)> = None;
        for step in 0..count {
            let number = (step + turn) % count;
            let binding = &job.bindings[number];
            let starts = self.board.starts(job, binding, &mut self.rows);
            if !any(&starts) {
                continue;
            }
            let Some(lead) = binding[job.shape.lead] else { continue };
            let choice = match &task.aim {
                Aim::Keep { at, .. } => ones(&starts)
                    .map(|start| (task.gain(start, lead), start))
                    .filter(|(gain, _)| *gain > 0)
                    .map(|(gain, start)| {
                        let noise = if careless { self.chance.below(12) as i64 } else { 0 };
                        ((gain - noise) * 16, start.abs_diff(*at), start)
                    })
                    .max_by_key(|(score, moved, _)| (*score, std::cmp::Reverse(*moved)))
                    .map(|(score, _, start)| (score + self.chance.below(8) as i64, start)),
                Aim::Weight(_) => self.board.choose(job, binding, &starts, taste, &mut self.chance),
            };
            if let Some((score, start)) = choice
                && best.is_none_or(|(most, ..)| most < score)
            {
                best = Some((score, start, number));
            }
        }
        let Some((_, start, number)) = best else { return false };
        let binding = &job.bindings[number];
        if let Some(placed) = self.board.put(job, binding, start, Some(&mut self.chance), &mut self.rows) {
            self.gain += task.gain(placed.at, placed.lead);
            self.placed[index] = Some(placed);
        }
        self.placed[index].is_some()
    }

    fn plan(self, total: impl Fn(i64) -> i64) -> DayPlan {
        let visits = self
            .tasks
            .iter()
            .zip(&self.placed)
            .map(|(task, placed)| Some(self.board.decision(task.job.as_ref()?, placed.as_ref()?)));
        DayPlan {
            visits: visits.collect(),
            total: total(self.gain).unsigned_abs(),
            proven: self.gain >= self.bound,
        }
    }
}

impl Board<'_> {
    /// A start under a binding, with how good the taste finds it.
    fn choose(
        &self,
        job: &Job,
        binding: &[Option<u32>],
        starts: &Row,
        taste: Taste,
        chance: &mut Chance,
    ) -> Option<(i64, usize)> {
        let first = ones(starts).next()?;
        let last = starts
            .iter()
            .rposition(|word| *word != 0)
            .map(|at| at * 64 + 63 - starts[at].leading_zeros() as usize)?;
        let random = |chance: &mut Chance| {
            let from = chance.below(last - first + 1) + first;
            (from..=last).find(|at| has(starts, *at)).unwrap_or(last)
        };
        Some(match taste {
            Taste::First => (-(first as i64) * 4 + chance.below(4) as i64, first),
            Taste::Last => (last as i64 * 4 + chance.below(4) as i64, last),
            Taste::Any => (chance.below(1 << 20) as i64, random(chance)),
            Taste::Tight => {
                let shortest = job.shape.shortest();
                let idle = |at: usize| -(self.idle_beside(binding, at, shortest, 24) as i64);
                let some = [first, last, random(chance), random(chance)];
                let best = some.into_iter().max_by_key(|at| idle(*at)).unwrap_or(first);
                (idle(best) * 4 + chance.below(4) as i64, best)
            }
        })
    }
}

/// The most a visit could gain if it were alone.
fn alone(board: &mut Board<'_>, task: &Task, rows: &mut Vec<Row>) -> i64 {
    let Some(job) = &task.job else { return 0 };
    let mut most = 0;
    for binding in &job.bindings {
        let starts = board.starts(job, binding, rows);
        if let Some(lead) = binding[job.shape.lead] {
            most = ones(&starts).map(|at| task.gain(at, lead)).fold(most, i64::max);
        }
    }
    most
}
