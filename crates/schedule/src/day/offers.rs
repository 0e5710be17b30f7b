//! Which of the possible starts to show first: those that cost the rest of the day least.
//!
//! Two measures. *Idle beside*: the minutes left unused right before and after the visit by its therapist and its room,
//! cheap and good. *Packable visits lost*: how many fewer visits a greedy filling finds room for once the offer is
//! taken; better, and dear, so it only re-orders the best by the first measure. How much either gains over "earliest"
//! and over letting people choose freely is what `cargo xtask bench offers` prints.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    calendar::Calendar,
    decide::Decision,
    model::{Query, ResourceKey, VisitType},
};

use super::{
    board::{Board, Job, Placed},
    row::{Row, has, last, ones},
};

/// A start to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// When the visit would begin.
    pub at: Timestamp,
    /// Who would lead it.
    pub lead: ResourceKey,
    /// How many fewer visits of the same kind the day could still take; `None` if the offer was not among the best by
    /// idle time, or that was not asked for.
    pub visits_lost: Option<u32>,
    /// Idle minutes right beside the visit, of therapist and room together.
    pub idle_minutes: u32,
}

/// By what offers are ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ranking {
    /// The earliest first.
    Earliest,
    /// The least idle time beside them first.
    Idle,
    /// The best of those by idle time, re-ordered by packable visits lost.
    Packable,
}

/// So many offers by idle time are looked at more closely.
const CLOSER: usize = 20;

/// Idle time farther from a visit than this many quanta is room for another.
const BESIDE: usize = 24;

impl Calendar {
    /// Every start of a day with the lead who suits it best, best start first. The query's days are replaced.
    pub fn rank(&self, visit: &VisitType, query: &Query<'_>, day: Date, ranking: Ranking) -> Vec<Offer> {
        let query = Query { days: (day, day), ..query.clone() };
        let Some(mut board) = Board::new(self, day) else { return Vec::new() };
        let Some(job) = board.job(visit, &query) else { return Vec::new() };
        let mut rows = Vec::new();
        let mut found = candidates(&mut board, &job, &mut rows);
        match ranking {
            Ranking::Earliest => {}
            Ranking::Idle => found.sort_by_key(|candidate| candidate.idle),
            Ranking::Packable => {
                found.sort_by_key(|candidate| candidate.idle);
                let Some(filler) = board.job(visit, &Query::all(day, day)) else { return Vec::new() };
                look_closer(&mut board, &job, &filler, &mut found, &mut rows);
            }
        }
        let offer = |candidate: Candidate| {
            let lead = job.bindings[candidate.binding][job.shape.lead]?;
            Some(Offer {
                at: board.instant(candidate.at),
                lead: self.key(lead).clone(),
                visits_lost: candidate.lost,
                idle_minutes: u32::try_from(candidate.idle * 5).unwrap_or(u32::MAX),
            })
        };
        found.into_iter().filter_map(offer).collect()
    }
}

impl Calendar {
    /// Chooses concrete resources for a start so that the day stays whole: among the ways that end first, as
    /// [`Calendar::decide`] does, the one that leaves least idle time beside it. `None` if the visit cannot start then;
    /// [`Calendar::decide`] says why.
    pub fn place(&self, visit: &VisitType, query: &Query<'_>, at: Timestamp) -> Option<Decision> {
        let place = self.wall().place(at)?;
        let day = self.wall().days.get(self.wall().day_of(place))?.date;
        let mut board = Board::new(self, day)?;
        let job = board.job(visit, query)?;
        let start = board.place(at)?;
        let (mut rows, shortest) = (Vec::new(), job.shape.shortest());
        let mut best: Option<((usize, usize), Placed)> = None;
        for binding in &job.bindings {
            if !has(&board.starts(&job, binding, &mut rows), start) {
                continue;
            }
            let idle = board.idle_beside(binding, start, shortest, BESIDE);
            let Some(placed) = board.put(&job, binding, start, None, &mut rows) else { continue };
            board.remove(&placed);
            let rank = (placed.lengths.iter().sum(), idle);
            if best.as_ref().is_none_or(|(least, _)| rank < *least) {
                best = Some((rank, placed));
            }
        }
        best.map(|(_, placed)| board.decision(&job, &placed))
    }
}

/// A start, under the binding that leaves least idle time beside it.
#[derive(Debug, Clone)]
struct Candidate {
    at: usize,
    binding: usize,
    idle: usize,
    lost: Option<u32>,
}

/// Every start, in order of time.
fn candidates(board: &mut Board<'_>, job: &Job, rows: &mut Vec<Row>) -> Vec<Candidate> {
    let shortest = job.shape.shortest();
    let mut found: Vec<Candidate> = Vec::new();
    for (number, binding) in job.bindings.iter().enumerate() {
        let starts = board.starts(job, binding, rows);
        for at in ones(&starts) {
            let idle = board.idle_beside(binding, at, shortest, BESIDE);
            match found.binary_search_by_key(&at, |candidate| candidate.at) {
                Ok(known) if found[known].idle <= idle => {}
                Ok(known) => found[known] = Candidate { at, binding: number, idle, lost: None },
                Err(place) => found.insert(place, Candidate { at, binding: number, idle, lost: None }),
            }
        }
    }
    found
}

/// Re-orders the first [`CLOSER`] by the visits lost.
fn look_closer(board: &mut Board<'_>, job: &Job, filler: &Job, found: &mut [Candidate], rows: &mut Vec<Row>) {
    let before = packable(board, filler, rows);
    let first = found.len().min(CLOSER);
    for candidate in &mut found[..first] {
        if let Some(placed) = board.put(job, &job.bindings[candidate.binding], candidate.at, None, rows) {
            let after = packable(board, filler, rows);
            board.remove(&placed);
            candidate.lost = Some(before.saturating_sub(after));
        }
    }
    found[..first].sort_by_key(|candidate| (candidate.lost.unwrap_or(u32::MAX), candidate.idle));
}

/// How many visits a greedy filling finds room for: each as early as it can be, or each as late, whichever holds more.
fn packable(board: &mut Board<'_>, filler: &Job, rows: &mut Vec<Row>) -> u32 {
    let early = pass(board, filler, rows, |starts| ones(starts).next().map(|at| (at, at)));
    let late = pass(board, filler, rows, |starts| last(starts).map(|at| (usize::MAX - at, at)));
    early.max(late)
}

/// One greedy filling: again and again the start that `choose` ranks lowest, until there is none.
fn pass(
    board: &mut Board<'_>,
    filler: &Job,
    rows: &mut Vec<Row>,
    choose: impl Fn(&Row) -> Option<(usize, usize)>,
) -> u32 {
    let mut placed = Vec::new();
    loop {
        let mut first: Option<(usize, usize, usize)> = None;
        for (number, binding) in filler.bindings.iter().enumerate() {
            let starts = board.starts(filler, binding, rows);
            if let Some((rank, at)) = choose(&starts)
                && first.is_none_or(|(least, ..)| rank < least)
            {
                first = Some((rank, at, number));
            }
        }
        let Some((_, at, number)) = first else { break };
        match board.put(filler, &filler.bindings[number], at, None, rows) {
            Some(one) => placed.push(one),
            None => break,
        }
    }
    for one in &placed {
        board.remove(one);
    }
    u32::try_from(placed.len()).unwrap_or(u32::MAX)
}

/// The first `few` of ranked offers, spread over the parts of the day: the best of the morning (before 12:00), of the
/// afternoon (before 17:00) and of the evening come first, in the order of their rank, then the next best.
pub fn spread(ranked: &[Offer], zone: &TimeZone, few: usize) -> Vec<Offer> {
    let part = |offer: &Offer| match zone.to_datetime(offer.at).hour() {
        ..12 => 0,
        12..17 => 1,
        17.. => 2,
    };
    let mut seen = [false; 3];
    let (mut best, mut rest) = (Vec::new(), Vec::new());
    for offer in ranked {
        let list = if std::mem::replace(&mut seen[part(offer)], true) { &mut rest } else { &mut best };
        list.push(offer.clone());
    }
    best.append(&mut rest);
    best.truncate(few);
    best
}
