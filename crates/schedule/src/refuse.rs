//! Why a visit cannot start at a time, or on any of the days asked for.
//!
//! What stands in the way is found by leaving one condition out at a time: if the visit then fits, that condition is
//! the reason.

use std::{fmt, sync::Arc};

use jiff::{Timestamp, civil::Date};

use crate::{
    bits,
    calendar::{Calendar, union},
    model::{Query, ResourceKey, VisitType},
    shape::{Relaxed, Shape},
};

/// Why a visit cannot start at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Starts are not offered at this minute.
    OffGrid,
    /// The time of day is not the one asked for.
    OutsideWindow,
    /// The notice would be too short.
    TooSoon {
        /// The first time the notice allows.
        first: Timestamp,
    },
    /// Not on the days asked for, or not planned that far.
    OutsideHorizon,
    /// The site is closed.
    Closed,
    /// The named therapist is busy or off duty.
    LeadBusy {
        /// Who.
        lead: ResourceKey,
    },
    /// The named therapist leads enough visits on this day.
    LeadFull {
        /// Who.
        lead: ResourceKey,
    },
    /// Everybody who could lead leads enough visits on this day.
    AllLeadsFull,
    /// The named therapist does not lead this kind of visit.
    NotThisLead,
    /// Nobody is on duty who could supervise.
    Unsupervised,
    /// Nothing of this kind is free for long enough.
    NothingFree {
        /// `room`, `therapist` …
        kind: Arc<str>,
        /// The next time the visit could start, if any.
        first: Option<Timestamp>,
    },
    /// The patient is elsewhere.
    ClientBusy,
}

impl Refusal {
    /// A name that stays the same from version to version.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OffGrid => "off-grid",
            Self::OutsideWindow => "outside-window",
            Self::TooSoon { .. } => "too-soon",
            Self::OutsideHorizon => "outside-horizon",
            Self::Closed => "closed",
            Self::LeadBusy { .. } => "lead-busy",
            Self::LeadFull { .. } => "lead-full",
            Self::AllLeadsFull => "all-leads-full",
            Self::NotThisLead => "not-this-lead",
            Self::Unsupervised => "unsupervised",
            Self::NothingFree { .. } => "nothing-free",
            Self::ClientBusy => "client-busy",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OffGrid => {
                f.write_str("visits do not start at this minute: choose one of the times on offer")
            }
            Self::OutsideWindow => f.write_str("this is outside the time of day asked for"),
            Self::TooSoon { first } => {
                write!(f, "this is too soon: the first time that can be booked is {first}")
            }
            Self::OutsideHorizon => f.write_str("this day is not open for booking"),
            Self::Closed => f.write_str("the site is closed then: choose another time"),
            Self::LeadBusy { lead } => write!(f, "{lead} is not free then: choose another time or therapist"),
            Self::LeadFull { lead } => {
                write!(f, "{lead} has as many visits as allowed that day: choose another day or therapist")
            }
            Self::AllLeadsFull => {
                f.write_str("every therapist has as many visits as allowed that day: choose another day")
            }
            Self::NotThisLead => {
                f.write_str("this therapist does not lead this kind of visit: choose another")
            }
            Self::Unsupervised => {
                f.write_str("nobody who can supervise is on duty then: choose another time")
            }
            Self::NothingFree { kind, first: Some(first) } => {
                write!(f, "no {kind} is free for long enough then; the next time is {first}")
            }
            Self::NothingFree { kind, first: None } => write!(f, "no {kind} is free for long enough then"),
            Self::ClientBusy => f.write_str("the patient has another visit then: choose another time"),
        }
    }
}

impl std::error::Error for Refusal {}

/// Why there is no start at all on the days asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nothing {
    /// Each would have to change, or one of them; never empty.
    pub reasons: Vec<Reason>,
    /// The first date from the first asked day on with a start, as far as the calendar goes.
    pub first_possible: Option<Date>,
}

/// What stands in the way of every start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The calendar does not reach these days.
    OutsideHorizon,
    /// The site is closed whenever a lead would be on duty.
    Closed,
    /// Nobody who could lead is on duty.
    NobodyOnDuty {
        /// The kind that leads.
        kind: Arc<str>,
    },
    /// The notice ends after the last start.
    TooSoon {
        /// The first time the notice allows.
        first: Timestamp,
    },
    /// There are starts at other times of day.
    OutsideWindow,
    /// There are starts at minutes that are not on offer.
    OffGrid,
    /// The patient is elsewhere.
    ClientBusy,
    /// The named therapist does not lead this kind of visit.
    NotThisLead,
    /// Others could lead, the named one cannot.
    LeadBusy {
        /// Who.
        lead: ResourceKey,
    },
    /// Whoever could lead leads enough on those days.
    LeadsFull,
    /// Nobody is on duty who could supervise.
    Unsupervised,
    /// Nothing of this kind is free for long enough.
    NoneLongEnough {
        /// `room`, `therapist` …
        kind: Arc<str>,
    },
    /// Each is free at times, but never all together.
    NeverTogether,
}

impl Reason {
    /// A name that stays the same from version to version.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OutsideHorizon => "outside-horizon",
            Self::Closed => "closed",
            Self::NobodyOnDuty { .. } => "nobody-on-duty",
            Self::TooSoon { .. } => "too-soon",
            Self::OutsideWindow => "outside-window",
            Self::OffGrid => "off-grid",
            Self::ClientBusy => "client-busy",
            Self::NotThisLead => "not-this-lead",
            Self::LeadBusy { .. } => "lead-busy",
            Self::LeadsFull => "leads-full",
            Self::Unsupervised => "unsupervised",
            Self::NoneLongEnough { .. } => "none-long-enough",
            Self::NeverTogether => "never-together",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutsideHorizon => f.write_str("these days are not open for booking yet"),
            Self::Closed => f.write_str("the site is closed"),
            Self::NobodyOnDuty { kind } => write!(f, "no {kind} for this visit is on duty"),
            Self::TooSoon { first } => write!(f, "the first time that can be booked is {first}"),
            Self::OutsideWindow => f.write_str("nothing is free at this time of day; there are other times"),
            Self::OffGrid => f.write_str("nothing is free at the minutes on offer"),
            Self::ClientBusy => f.write_str("the patient has another visit"),
            Self::NotThisLead => f.write_str("this therapist does not lead this kind of visit"),
            Self::LeadBusy { lead } => write!(f, "{lead} is not free for long enough; others are"),
            Self::LeadsFull => f.write_str("the therapists have as many visits as allowed"),
            Self::Unsupervised => f.write_str("nobody who can supervise is on duty"),
            Self::NoneLongEnough { kind } => write!(f, "no {kind} is free for long enough"),
            Self::NeverTogether => f.write_str("what the visit needs is never free at the same time"),
        }
    }
}

/// Which kind a role asks for first.
fn kind(visit: &VisitType, role: usize) -> Arc<str> {
    let kinds = visit.roles.get(role).map(|role| &role.kinds);
    kinds.and_then(|kinds| kinds.first()).map_or_else(|| "therapist".into(), Arc::clone)
}

/// One bit for every role.
const fn every_role(visit: &VisitType) -> u64 {
    if visit.roles.len() >= 64 { u64::MAX } else { (1 << visit.roles.len()) - 1 }
}

fn without(role: usize) -> u64 {
    1u64.checked_shl(u32::try_from(role).unwrap_or(64)).unwrap_or(0)
}

/// The roles that stand in the way: those each of which alone would have to go, or else those that could not be filled even
/// if all others were.
fn culprits(visit: &VisitType, fits: impl Fn(Relaxed) -> bool) -> Vec<usize> {
    let roles = || (0..visit.roles.len()).filter(|role| without(*role) != 0);
    let drop = |roles| Relaxed { roles, ..Relaxed::default() };
    let alone: Vec<usize> = roles().filter(|role| fits(drop(without(*role)))).collect();
    if !alone.is_empty() {
        return alone;
    }
    roles().filter(|role| !fits(drop(every_role(visit) & !without(*role)))).collect()
}

impl Calendar {
    /// Why a visit that the query admits cannot start at a place.
    pub(crate) fn refusal(&self, visit: &VisitType, query: &Query<'_>, place: usize) -> Refusal {
        let lead_role = visit.roles.iter().position(|role| &*role.name == "lead").unwrap_or(0);
        let Some(shape) = Shape::new(self, visit, query.lead, Relaxed::default()) else {
            return Refusal::NothingFree { kind: kind(visit, lead_role), first: None };
        };
        let pool = &shape.pools[shape.lead];
        let day = self.wall().day_of(place);
        let full = |lead: &u32| self.lanes()[*lead as usize].capped(day);
        match (pool.is_empty(), query.lead) {
            (true, Some(_)) => return Refusal::NotThisLead,
            (true, None) => return Refusal::NothingFree { kind: kind(visit, lead_role), first: None },
            (false, _) if bits::any_set(self.closed(), place, place + shape.shortest().max(1)) => {
                return Refusal::Closed;
            }
            (false, Some(lead)) if pool.iter().all(full) => return Refusal::LeadFull { lead: lead.clone() },
            (false, None) if pool.iter().all(full) => return Refusal::AllLeadsFull,
            (false, _) => {}
        }
        if self.best_way(&shape, &[], place).is_some() {
            return Refusal::ClientBusy;
        }
        let fits = |relaxed: Relaxed| {
            Shape::new(self, visit, query.lead, relaxed)
                .is_some_and(|shape| self.best_way(&shape, query.client_busy, place).is_some())
        };
        if fits(Relaxed { supervision: true, ..Relaxed::default() }) {
            return Refusal::Unsupervised;
        }
        let culprit = culprits(visit, fits).first().copied().unwrap_or(lead_role);
        match query.lead {
            Some(lead) if culprit == lead_role => Refusal::LeadBusy { lead: lead.clone() },
            _ => Refusal::NothingFree { kind: kind(visit, culprit), first: self.next(visit, query, place) },
        }
    }

    /// The first start after a place.
    fn next(&self, visit: &VisitType, query: &Query<'_>, place: usize) -> Option<Timestamp> {
        let wall = self.wall();
        let last = wall.days.last()?.date;
        let rest = Query { days: (wall.days[wall.day_of(place)].date, last), ..query.clone() };
        let (from, found) = self.find(visit, &rest, Relaxed::default());
        bits::ones(&union(&found))
            .map(|bit| from * 64 + bit)
            .find(|start| *start > place)
            .map(|start| wall.at(start))
    }

    /// Says why a query has no start; asked when [`Calendar::starts`] is empty.
    pub fn explain(&self, visit: &VisitType, query: &Query<'_>) -> Nothing {
        let last = self.wall().days.last().map_or(query.days.1, |day| day.date);
        let onward = Query { days: (query.days.0, last), ..query.clone() };
        let first_possible =
            self.month(visit, &onward).into_iter().find(|(_, starts)| *starts > 0).map(|(date, _)| date);
        Nothing { reasons: self.reasons(visit, query), first_possible }
    }

    fn reasons(&self, visit: &VisitType, query: &Query<'_>) -> Vec<Reason> {
        let days = self.wall().days_between(query.days);
        let (Some(first), Some(last)) =
            (self.wall().days[days.clone()].first(), self.wall().days[days].last())
        else {
            return vec![Reason::OutsideHorizon];
        };
        let lead_role = visit.roles.iter().position(|role| &*role.name == "lead").unwrap_or(0);
        let Some(shape) = Shape::new(self, visit, query.lead, Relaxed::default()) else {
            return vec![Reason::NobodyOnDuty { kind: kind(visit, lead_role) }];
        };
        let pool = &shape.pools[shape.lead];
        if let (true, Some(_)) = (pool.is_empty(), query.lead) {
            return vec![Reason::NotThisLead];
        }
        let lanes = || pool.iter().map(|lead| &self.lanes()[*lead as usize]);
        if !lanes().any(|lane| bits::any_set(&lane.duty, first.from, last.to)) {
            return vec![Reason::NobodyOnDuty { kind: kind(visit, lead_role) }];
        }
        if !lanes().any(|lane| bits::any_set(&lane.open, first.from, last.to)) {
            return vec![Reason::Closed];
        }
        let mut reasons = self.loosened(visit, query);
        if reasons.is_empty() {
            let fits = |relaxed| !self.find(visit, query, relaxed).1.is_empty();
            let blocked = culprits(visit, fits)
                .into_iter()
                .map(|role| Reason::NoneLongEnough { kind: kind(visit, role) });
            reasons.extend(blocked);
            reasons.dedup();
        }
        if reasons.is_empty() {
            reasons.push(Reason::NeverTogether);
        }
        reasons
    }

    /// The conditions of the query or the rules any one of which could go and there would be a start.
    fn loosened(&self, visit: &VisitType, query: &Query<'_>) -> Vec<Reason> {
        let mut reasons = Vec::new();
        let mut offer = |changed: Query<'_>, relaxed: Relaxed, reason: Reason| {
            if !self.find(visit, &changed, relaxed).1.is_empty() {
                reasons.push(reason);
            }
        };
        let strict = Relaxed::default();
        if let Some(now) = query.now {
            let first = self.wall().at(self.wall().not_before(self.earliest(now)));
            offer(Query { now: None, ..query.clone() }, strict, Reason::TooSoon { first });
        }
        if !query.windows.is_empty() {
            offer(Query { windows: &[], ..query.clone() }, strict, Reason::OutsideWindow);
        }
        if query.on_grid {
            offer(Query { on_grid: false, ..query.clone() }, strict, Reason::OffGrid);
        }
        if !query.client_busy.is_empty() {
            offer(Query { client_busy: &[], ..query.clone() }, strict, Reason::ClientBusy);
        }
        if let Some(lead) = query.lead {
            offer(Query { lead: None, ..query.clone() }, strict, Reason::LeadBusy { lead: lead.clone() });
        }
        offer(query.clone(), Relaxed { caps: true, ..strict }, Reason::LeadsFull);
        offer(query.clone(), Relaxed { supervision: true, ..strict }, Reason::Unsupervised);
        reasons
    }
}
