//! One day as a board: who is free when, in a few words a resource, with visits put on and taken off again.

use jiff::{Timestamp, civil::Date};

use crate::{
    calendar::Calendar,
    decide::{Decision, PlannedPhase, Use},
    dice::Dice,
    lane::Need,
    model::{Query, ResourceKey, VisitType},
    rows::join,
    shape::{ClaimShape, Part, Relaxed, Shape},
};

use super::row::{EVERYTHING, NOTHING, Row, WORDS, ahead, and, any, cut, eroded, has, mask, or};

/// The state of one resource.
#[derive(Debug, Clone)]
struct Lot {
    /// Row j: at least j + 1 of the seats cannot be had.
    used: Vec<Row>,
    /// The same without the visits of the board.
    base: Vec<Row>,
    gap: usize,
    /// What the visits of the board take: from, to, seats.
    held: Vec<(usize, usize, usize)>,
    /// Visits it may still lead on this day.
    may_lead: usize,
    /// Eroded rows of the present state, by need and length.
    known: Vec<(Need, usize, Row)>,
}

impl Lot {
    fn take(&mut self, from: usize, to: usize, seats: usize) {
        let mask = mask(from.saturating_sub(self.gap), to + self.gap);
        for _ in 0..seats {
            let mut more = mask;
            for used in &mut self.used {
                for (used, more) in used.iter_mut().zip(&mut more) {
                    (*used, *more) = (*used | *more, *used & *more);
                }
            }
        }
        self.known.clear();
    }

    fn free(&self, need: Need) -> Row {
        let seats = match need {
            Need::Whole => self.used.len(),
            Need::Seats(seats) => usize::from(seats),
        };
        match self.used.len().checked_sub(seats) {
            Some(level) => self.used[level].map(|word| !word),
            None => NOTHING,
        }
    }
}

/// A kind of visit asked for on the day: its shape, and where it may start.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) visit: VisitType,
    pub(super) shape: Shape,
    /// Where it may start.
    pub(super) gate: Row,
    pub(super) client: Option<Row>,
    /// For each phase with supervision: where somebody who can supervise is on duty.
    watched: Vec<Row>,
    /// Every way to bind the kept roles, by lead.
    pub(super) bindings: Vec<Vec<Option<u32>>>,
}

/// A visit on the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    /// The first quantum of the board.
    pub(super) at: usize,
    pub(super) lead: u32,
    pub(super) lengths: Vec<usize>,
    /// Phase, claim, role, resource.
    uses: Vec<(usize, usize, usize, u32)>,
    /// Resource, from, to, seats.
    held: Vec<(u32, usize, usize, usize)>,
}

/// One day.
#[derive(Debug, Clone)]
pub(super) struct Board<'c> {
    calendar: &'c Calendar,
    /// The first word of the calendar's rows.
    from: usize,
    lots: Vec<Lot>,
}

/// A visit whose kept roles can be given to resources in more ways than this is not placed when a day is planned.
pub const MOST_BINDINGS: usize = 1 << 16;

impl<'c> Board<'c> {
    /// The board of a day of the calendar's horizon.
    pub(super) fn new(calendar: &'c Calendar, day: Date) -> Option<Self> {
        let wall = calendar.wall();
        let number = wall.days_between((day, Date::MAX)).next()?;
        let from = wall.days[number].from / 64;
        let to = (from + WORDS).min(wall.words());
        let lots = calendar.lanes().iter().zip(&calendar.site().resources).map(|(lane, resource)| {
            let level = |seats| cut(&lane.row(Need::Seats(seats), from, to)).map(|word| !word);
            let base: Vec<Row> = (1..=resource.seats).rev().map(level).collect();
            let may_lead = lane.may_lead(number).map_or(usize::MAX, usize::from);
            let gap = resource.gap_minutes.div_ceil(5) as usize;
            Lot { used: base.clone(), base, gap, held: Vec::new(), may_lead, known: Vec::new() }
        });
        Some(Self { calendar, from, lots: lots.collect() })
    }

    /// The instant of a quantum of the board.
    pub(super) fn instant(&self, at: usize) -> Timestamp {
        self.calendar.wall().at(self.from * 64 + at)
    }

    /// The quantum of an instant, if it lies on the board.
    pub(super) fn place(&self, at: Timestamp) -> Option<usize> {
        self.calendar.wall().place(at)?.checked_sub(self.from * 64).filter(|place| *place < WORDS * 64)
    }

    /// Makes a visit ready; `None` if it can never be placed.
    pub(super) fn job(&self, visit: &VisitType, query: &Query<'_>) -> Option<Job> {
        let shape = Shape::new(self.calendar, visit, query.lead, Relaxed::default())?;
        let gate = self.calendar.gate(query, shape.longest());
        let mut bindings = vec![vec![None; shape.pools.len()]];
        for role in std::iter::once(shape.lead).chain(shape.others.iter().copied()) {
            let pool = &shape.pools[role];
            if pool.is_empty() && role != shape.lead {
                continue;
            }
            if bindings.len() * pool.len() > MOST_BINDINGS {
                return None;
            }
            let mut longer = Vec::with_capacity(bindings.len() * pool.len());
            for binding in bindings {
                for one in pool {
                    let mut binding = binding.clone();
                    binding[role] = Some(*one);
                    longer.push(binding);
                }
            }
            bindings = longer;
        }
        let watched = shape.phases.iter().map(|phase| {
            let mut row = NOTHING;
            for watcher in phase.watch.iter().flat_map(|watch| &watch.watchers) {
                let duty = &self.calendar.lanes()[*watcher as usize].duty;
                or(&mut row, &cut(&duty[self.from..duty.len().min(self.from + WORDS)]));
            }
            row
        });
        Some(Job {
            visit: visit.clone(),
            gate: self.aligned(&gate.starts, gate.from),
            client: gate.client.as_deref().map(|row| self.aligned(row, gate.from)),
            watched: watched.collect(),
            shape,
            bindings,
        })
    }

    /// A longer row that begins at another word of the calendar.
    fn aligned(&self, row: &[u64], from: usize) -> Row {
        let mut aligned = NOTHING;
        for (at, word) in aligned.iter_mut().enumerate() {
            *word = (self.from + at).checked_sub(from).and_then(|at| row.get(at)).copied().unwrap_or(0);
        }
        aligned
    }

    /// The number of a resource.
    pub(super) fn resource(&self, key: &ResourceKey) -> Option<u32> {
        self.calendar.place_of(key)
    }

    fn eroded(&mut self, resource: u32, need: Need, length: usize) -> Row {
        let lot = &mut self.lots[resource as usize];
        let mut best = None;
        for (other, have, row) in &lot.known {
            if *other == need && *have <= length && best.is_none_or(|(most, _)| most < *have) {
                best = Some((*have, *row));
            }
        }
        let (have, row) = best.unwrap_or_else(|| (1, lot.free(need)));
        if best.is_some() && have == length {
            return row;
        }
        let row = eroded(row, have, length);
        lot.known.push((need, length, row));
        row
    }

    fn part(&mut self, shape: &Shape, part: &Part, length: usize, binding: &[Option<u32>]) -> Row {
        let mut found = NOTHING;
        if let [claim] = part.claims.as_slice() {
            for role in &claim.roles {
                for resource in shape.options(*role, binding) {
                    or(&mut found, &self.eroded(*resource, claim.need, length));
                }
            }
            return found;
        }
        self.tuples(shape, &part.claims, length, binding, &mut Vec::new(), &mut found);
        found
    }

    fn tuples(
        &mut self,
        shape: &Shape,
        claims: &[ClaimShape],
        length: usize,
        binding: &[Option<u32>],
        chosen: &mut Vec<(u32, Need)>,
        found: &mut Row,
    ) {
        let Some((claim, rest)) = claims.split_first() else {
            let mut all = EVERYTHING;
            for (resource, need) in chosen.iter() {
                and(&mut all, &self.eroded(*resource, *need, length));
            }
            or(found, &all);
            return;
        };
        for role in &claim.roles {
            for resource in shape.options(*role, binding) {
                if let Some(added) = join(chosen, *resource, claim.need) {
                    let before = std::mem::replace(chosen, added);
                    self.tuples(shape, rest, length, binding, chosen, found);
                    *chosen = before;
                }
            }
        }
    }

    /// Where one phase can run for `length` quanta.
    fn phase(&mut self, job: &Job, number: usize, length: usize, binding: &[Option<u32>]) -> Row {
        let phase = &job.shape.phases[number];
        let mut here = EVERYTHING;
        for part in &phase.parts {
            and(&mut here, &self.part(&job.shape, part, length, binding));
        }
        let free = |watch: &crate::shape::Watch| {
            binding[job.shape.lead].is_some_and(|lead| watch.free.contains(&lead))
        };
        if phase.watch.as_ref().is_some_and(|watch| !free(watch)) {
            and(&mut here, &eroded(job.watched[number], 1, length));
        }
        if let (true, Some(client)) = (phase.client, &job.client) {
            and(&mut here, &eroded(*client, 1, length));
        }
        here
    }

    /// For each phase and at last for the end: where the rest of the visit can run from.
    fn backward(&mut self, job: &Job, binding: &[Option<u32>], rows: &mut Vec<Row>) {
        rows.clear();
        let ends = (self.calendar.length() + 1).saturating_sub(self.from * 64);
        let mut later = mask(0, ends);
        rows.push(later);
        for (number, phase) in job.shape.phases.iter().enumerate().rev() {
            let mut now = if phase.min == 0 { later } else { NOTHING };
            if any(&later) {
                for length in phase.min.max(1)..=phase.max {
                    let mut here = ahead(&later, length);
                    if any(&here) {
                        and(&mut here, &self.phase(job, number, length, binding));
                        or(&mut now, &here);
                    }
                }
            }
            later = now;
            rows.push(later);
        }
        rows.reverse();
    }

    /// Where a visit can start under a binding.
    pub(super) fn starts(&mut self, job: &Job, binding: &[Option<u32>], rows: &mut Vec<Row>) -> Row {
        if binding[job.shape.lead].is_none_or(|lead| self.lots[lead as usize].may_lead == 0) {
            return NOTHING;
        }
        self.backward(job, binding, rows);
        let mut starts = rows[0];
        and(&mut starts, &job.gate);
        starts
    }

    /// Chooses lengths and resources for a start found by [`Board::starts`] under the same binding and state, and
    /// takes them. With chance, phases may be longer than need be and resources others than the first.
    pub(super) fn put(
        &mut self,
        job: &Job,
        binding: &[Option<u32>],
        at: usize,
        chance: Option<&mut Dice>,
        rows: &mut Vec<Row>,
    ) -> Option<Placed> {
        self.backward(job, binding, rows);
        let mut chance = chance;
        let mut placed = Placed {
            at,
            lead: binding[job.shape.lead]?,
            lengths: Vec::with_capacity(job.shape.phases.len()),
            uses: Vec::new(),
            held: Vec::new(),
        };
        let mut now = at;
        for (number, phase) in job.shape.phases.iter().enumerate() {
            let mut lengths: Vec<usize> =
                (phase.min..=phase.max).filter(|length| has(&rows[number + 1], now + length)).collect();
            if let Some(chance) = chance.as_deref_mut().filter(|_| phase.min < phase.max)
                && chance.one_in(4)
            {
                chance.shuffle(&mut lengths);
            }
            let length = lengths
                .into_iter()
                .find(|length| *length == 0 || has(&self.phase(job, number, *length, binding), now))?;
            placed.lengths.push(length);
            if length > 0 {
                for part in &phase.parts {
                    let turn = chance
                        .as_deref_mut()
                        .map_or(0, |chance| if chance.one_in(3) { chance.below(64) } else { 0 });
                    let mut filled = Vec::with_capacity(part.claims.len());
                    self.fill(&job.shape, &part.claims, (now, length, turn), binding, &[], &mut filled)
                        .then_some(())?;
                    for (claim, role, resource) in filled {
                        placed.uses.push((number, claim, role, resource));
                        let whole = job.visit.phases[number].claims[claim].takes == crate::Takes::Whole;
                        let seats = if whole { self.lots[resource as usize].used.len() } else { 1 };
                        placed.held.push((resource, now, now + length, seats));
                    }
                }
            }
            now += length;
        }
        self.take(&placed);
        Some(placed)
    }

    fn fill(
        &mut self,
        shape: &Shape,
        claims: &[ClaimShape],
        when: (usize, usize, usize),
        binding: &[Option<u32>],
        chosen: &[(u32, Need)],
        filled: &mut Vec<(usize, usize, u32)>,
    ) -> bool {
        let Some((claim, rest)) = claims.split_first() else { return true };
        let (at, length, turn) = when;
        for step in 0..claim.roles.len() {
            let role = &claim.roles[(step + turn / 8) % claim.roles.len()];
            let options = shape.options(*role, binding);
            for index in 0..options.len() {
                let resource = options[(index + turn) % options.len()];
                let Some(joined) = join(chosen, resource, claim.need) else { continue };
                let need =
                    joined.iter().find(|(other, _)| *other == resource).map_or(claim.need, |(_, need)| *need);
                if !has(&self.eroded(resource, need, length), at) {
                    continue;
                }
                filled.push((claim.place, *role, resource));
                if self.fill(shape, rest, when, binding, &joined, filled) {
                    return true;
                }
                filled.pop();
            }
        }
        false
    }

    /// Puts a visit on that was on before and still fits.
    pub(super) fn take(&mut self, placed: &Placed) {
        for (resource, from, to, seats) in &placed.held {
            let lot = &mut self.lots[*resource as usize];
            lot.held.push((*from, *to, *seats));
            lot.take(*from, *to, *seats);
        }
        let lead = &mut self.lots[placed.lead as usize];
        lead.may_lead = lead.may_lead.saturating_sub(usize::from(lead.may_lead != usize::MAX));
    }

    /// Takes a visit off.
    pub(super) fn remove(&mut self, placed: &Placed) {
        for (resource, from, to, seats) in &placed.held {
            let lot = &mut self.lots[*resource as usize];
            if let Some(index) = lot.held.iter().position(|held| held == &(*from, *to, *seats)) {
                lot.held.swap_remove(index);
            }
            lot.used.clone_from(&lot.base);
            for (from, to, seats) in std::mem::take(&mut lot.held) {
                lot.take(from, to, seats);
                lot.held.push((from, to, seats));
            }
        }
        let lead = &mut self.lots[placed.lead as usize];
        lead.may_lead += usize::from(lead.may_lead != usize::MAX);
    }

    /// Idle quanta right before and right after a visit of `lasts` quanta at `at`, at most `most` on each side, for its
    /// kept resources together. Time that is closed or used counts as none.
    pub(super) fn idle_beside(&self, binding: &[Option<u32>], at: usize, lasts: usize, most: usize) -> usize {
        let idle = |resource: u32| {
            let free = self.lots[resource as usize].free(Need::Seats(1));
            let before = (1..=most.min(at)).take_while(|back| has(&free, at - back)).count();
            let after = (0..most).take_while(|on| has(&free, at + lasts + on)).count();
            before + after
        };
        binding.iter().flatten().map(|resource| idle(*resource)).sum()
    }

    /// The decision that a placed visit stands for.
    pub(super) fn decision(&self, job: &Job, placed: &Placed) -> Decision {
        let mut at = placed.at;
        let mut phases = Vec::with_capacity(placed.lengths.len());
        for ((number, phase), length) in job.visit.phases.iter().enumerate().zip(&placed.lengths) {
            if *length > 0 {
                let mut uses: Vec<_> = placed.uses.iter().filter(|(of, ..)| *of == number).collect();
                uses.sort_by_key(|(_, claim, ..)| *claim);
                let used = |(_, claim, role, resource): &(usize, usize, usize, u32)| Use {
                    role: job.visit.roles[*role].name.clone(),
                    key: self.calendar.key(*resource).clone(),
                    takes: phase.claims[*claim].takes,
                };
                phases.push(PlannedPhase {
                    name: phase.name.clone(),
                    from: self.instant(at),
                    to: self.instant(at + length),
                    client: phase.client,
                    uses: uses.into_iter().map(used).collect(),
                });
            }
            at += length;
        }
        Decision { lead: self.calendar.key(placed.lead).clone(), phases }
    }
}
