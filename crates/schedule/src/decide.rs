//! From a start to concrete resources and times.
//!
//! Among the ways a visit can run from a start, the one that ends first is taken: elastic phases keep their least
//! length unless only a longer one works, for that uses the rooms least. Among those, the lead, the other kept roles and
//! the claims take the first that fits, in the site's order of resources and the visit's order of roles. So the
//! same facts always give the same decision.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    bits,
    calendar::Calendar,
    lane::Need,
    model::{Query, ResourceKey, Takes, VisitType},
    refuse::Refusal,
    rows::join,
    shape::{ClaimShape, Part, PhaseShape, Relaxed, Shape},
};

/// A visit with its times and resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The therapist the patient is told.
    pub lead: ResourceKey,
    /// In order, without gaps; phases of no length are left out.
    pub phases: Vec<PlannedPhase>,
}

/// A phase with its times and resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedPhase {
    /// As the visit type calls it.
    pub name: Arc<str>,
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after.
    pub to: Timestamp,
    /// Whether the patient is there.
    pub client: bool,
    /// One for each claim, in the claims' order.
    pub uses: Vec<Use>,
}

/// A resource that fills a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The role it fills.
    pub role: Arc<str>,
    /// Which resource.
    pub key: ResourceKey,
    /// How much of it.
    pub takes: Takes,
}

impl Decision {
    /// The first and the first-after moment of the whole visit.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        Some((self.phases.first()?.from, self.phases.last()?.to))
    }
}

/// One way to run a visit from a start: the binding of the kept roles and the lengths of the phases.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) lead: u32,
    pub(crate) binding: Vec<Option<u32>>,
    pub(crate) lengths: Vec<usize>,
    pub(crate) end: usize,
}

impl Calendar {
    /// Chooses concrete resources and times for a start; how is said at the module's head.
    ///
    /// # Errors
    /// The first reason why the visit cannot start then.
    pub fn decide(&self, visit: &VisitType, query: &Query<'_>, at: Timestamp) -> Result<Decision, Refusal> {
        let place = self.admit(query, at)?;
        let way = Shape::new(self, visit, query.lead, Relaxed::default())
            .and_then(|shape| Some((self.best_way(&shape, query.client_busy, place)?, shape)));
        let Some((way, shape)) = way else { return Err(self.refusal(visit, query, place)) };
        self.write(visit, &shape, &way, place).ok_or_else(|| self.refusal(visit, query, place))
    }

    /// What the query alone says about a start.
    fn admit(&self, query: &Query<'_>, at: Timestamp) -> Result<usize, Refusal> {
        let wall = self.wall();
        let aligned = at.subsec_nanosecond() == 0 && at.as_second() % crate::QUANTUM_SECONDS == 0;
        if !aligned {
            return Err(Refusal::OffGrid);
        }
        let place = wall.place(at).ok_or(Refusal::OutsideHorizon)?;
        let number = wall.day_of(place);
        if !wall.days_between(query.days).contains(&number) {
            return Err(Refusal::OutsideHorizon);
        }
        let earliest = query.now.map(|now| self.earliest(now));
        if let Some(first) = earliest.filter(|first| at < *first) {
            return Err(Refusal::TooSoon { first: wall.at(wall.not_before(first)) });
        }
        if query.on_grid && !bits::all_set(self.grid(), place, place + 1) {
            return Err(Refusal::OffGrid);
        }
        let is_inside = |window: &(u16, u16)| {
            wall.window(&wall.days[number], *window).iter().any(|(from, to)| (*from..*to).contains(&place))
        };
        if !query.windows.is_empty() && !query.windows.iter().any(is_inside) {
            return Err(Refusal::OutsideWindow);
        }
        Ok(place)
    }

    /// The way that ends first, leads who may lead no more left out.
    pub(crate) fn best_way(
        &self,
        shape: &Shape,
        client_busy: &[(Timestamp, Timestamp)],
        place: usize,
    ) -> Option<Way> {
        let day = self.wall().day_of(place);
        let mut best: Option<Way> = None;
        for lead in shape.pools[shape.lead].iter().filter(|lead| !self.lanes()[**lead as usize].capped(day)) {
            let mut trial =
                Trial { calendar: self, shape, client_busy, binding: vec![None; shape.pools.len()] };
            trial.binding[shape.lead] = Some(*lead);
            trial.bind(&shape.others, place, &mut best);
            if best.as_ref().is_some_and(|way| way.end == place + shape.shortest()) {
                break;
            }
        }
        best
    }

    /// Fills the claims of a way.
    pub(crate) fn write(
        &self,
        visit: &VisitType,
        shape: &Shape,
        way: &Way,
        place: usize,
    ) -> Option<Decision> {
        let trial = Trial { calendar: self, shape, client_busy: &[], binding: way.binding.clone() };
        let mut at = place;
        let mut phases = Vec::with_capacity(visit.phases.len());
        for ((phase, planned), length) in shape.phases.iter().zip(&visit.phases).zip(&way.lengths) {
            if *length == 0 {
                continue;
            }
            let mut chosen = Vec::with_capacity(planned.claims.len());
            for part in &phase.parts {
                chosen.extend(trial.fill(part, at, at + length)?);
            }
            chosen.sort_by_key(|(claim, ..)| *claim);
            let used = |(claim, role, resource): (usize, usize, u32)| {
                Some(Use {
                    role: visit.roles.get(role)?.name.clone(),
                    key: self.key(resource).clone(),
                    takes: planned.claims.get(claim)?.takes,
                })
            };
            phases.push(PlannedPhase {
                name: planned.name.clone(),
                from: self.wall().at(at),
                to: self.wall().at(at + length),
                client: planned.client,
                uses: chosen.into_iter().map(used).collect::<Option<_>>()?,
            });
            at += length;
        }
        Some(Decision { lead: self.key(way.lead).clone(), phases })
    }
}

/// A visit tried under one binding, quantum by quantum.
struct Trial<'a> {
    calendar: &'a Calendar,
    shape: &'a Shape,
    client_busy: &'a [(Timestamp, Timestamp)],
    binding: Vec<Option<u32>>,
}

impl Trial<'_> {
    /// Tries every binding of `roles` and keeps the first of those that end first.
    fn bind(&mut self, roles: &[usize], place: usize, best: &mut Option<Way>) {
        let Some((role, rest)) = roles.split_first() else {
            if let Some((end, lengths)) = self.shortest(place)
                && best.as_ref().is_none_or(|way| end < way.end)
                && let Some(lead) = self.binding[self.shape.lead]
            {
                *best = Some(Way { lead, binding: self.binding.clone(), lengths, end });
            }
            return;
        };
        let shape = self.shape;
        let pool = &shape.pools[*role];
        if pool.is_empty() {
            self.binding[*role] = None;
            self.bind(rest, place, best);
        }
        for one in pool {
            self.binding[*role] = Some(*one);
            self.bind(rest, place, best);
            if best.as_ref().is_some_and(|way| way.end == place + shape.shortest()) {
                return;
            }
        }
    }

    /// The first end that can be reached from a start, and the lengths that reach it.
    fn shortest(&self, place: usize) -> Option<(usize, Vec<usize>)> {
        let phases = &self.shape.phases;
        let slack = self.shape.longest() - self.shape.shortest();
        // For each phase and each delay so far: the first end, once it is known.
        let mut known: Vec<Option<Option<(usize, usize)>>> = vec![None; phases.len() * (slack + 1)];
        let (end, _) = self.first_end(0, place, 0, slack, &mut known)?;
        let (mut delay, mut lengths) = (0, Vec::with_capacity(phases.len()));
        for (number, phase) in phases.iter().enumerate() {
            let (_, length) = known[number * (slack + 1) + delay].flatten()?;
            delay += length - phase.min;
            lengths.push(length);
        }
        Some((end, lengths))
    }

    fn first_end(
        &self,
        number: usize,
        at: usize,
        delay: usize,
        slack: usize,
        known: &mut [Option<Option<(usize, usize)>>],
    ) -> Option<(usize, usize)> {
        let Some(phase) = self.shape.phases.get(number) else {
            return (at <= self.calendar.length()).then_some((at, 0));
        };
        let slot = number * (slack + 1) + delay;
        if let Some(result) = known[slot] {
            return result;
        }
        let mut best: Option<(usize, usize)> = None;
        for length in phase.min..=phase.max {
            if !self.fits(phase, at, at + length) {
                continue;
            }
            let later = self.first_end(number + 1, at + length, delay + length - phase.min, slack, known);
            if let Some((end, _)) = later
                && best.is_none_or(|(first, _)| end < first)
            {
                best = Some((end, length));
            }
        }
        known[slot] = Some(best);
        best
    }

    /// Whether a phase can run from one place to another.
    fn fits(&self, phase: &PhaseShape, from: usize, to: usize) -> bool {
        if from == to {
            return true;
        }
        if to > self.calendar.length() {
            return false;
        }
        let (start, end) = (self.calendar.wall().at(from), self.calendar.wall().at(to));
        if phase.client && self.client_busy.iter().any(|(busy, until)| *busy < end && start < *until) {
            return false;
        }
        let lead = self.binding[self.shape.lead];
        if let Some(watch) =
            phase.watch.as_ref().filter(|watch| !lead.is_some_and(|lead| watch.free.contains(&lead)))
        {
            let lanes = self.calendar.lanes();
            let on_duty =
                |at| watch.watchers.iter().any(|one| bits::all_set(&lanes[*one as usize].duty, at, at + 1));
            if !(from..to).all(on_duty) {
                return false;
            }
        }
        phase.parts.iter().all(|part| self.fill(part, from, to).is_some())
    }

    /// The first way to fill the claims of a part: claim, role, resource.
    fn fill(&self, part: &Part, from: usize, to: usize) -> Option<Vec<(usize, usize, u32)>> {
        let mut filled = Vec::with_capacity(part.claims.len());
        self.fill_rest(&part.claims, from, to, &[], &mut filled).then_some(filled)
    }

    fn fill_rest(
        &self,
        claims: &[ClaimShape],
        from: usize,
        to: usize,
        chosen: &[(u32, Need)],
        filled: &mut Vec<(usize, usize, u32)>,
    ) -> bool {
        let Some((claim, rest)) = claims.split_first() else { return true };
        for role in &claim.roles {
            for resource in self.shape.options(*role, &self.binding) {
                let Some(joined) = join(chosen, *resource, claim.need) else { continue };
                let need =
                    joined.iter().find(|(other, _)| other == resource).map_or(claim.need, |(_, need)| *need);
                if !self.calendar.lanes()[*resource as usize].meets(need, from, to) {
                    continue;
                }
                filled.push((claim.place, *role, *resource));
                if self.fill_rest(rest, from, to, &joined, filled) {
                    return true;
                }
                filled.pop();
            }
        }
        false
    }
}
