//! An independent check of a decision, by plain intervals of instants. It shares no code with the search: whatever it
//! finds in a decision of [`crate::Calendar::decide`] is a fault of one of the two.

use std::{fmt, sync::Arc};

use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{Date, DateTime, Time},
};

use crate::{
    decide::{Decision, PlannedPhase, Use},
    model::{Busy, Query, Resource, ResourceKey, SiteFacts, Takes, VisitType},
};

type Span = (Timestamp, Timestamp);

/// A rule that a decision breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// The visit type has no such phase, or not there.
    UnknownPhase(Arc<str>),
    /// A phase is missing that cannot be left out.
    MissingPhase(Arc<str>),
    /// A phase does not follow the one before without a gap.
    NotInSequence(Arc<str>),
    /// A phase is too short, too long or off the five-minute grain.
    Length(Arc<str>),
    /// A phase says wrongly whether the patient is there.
    Presence(Arc<str>),
    /// The uses of a phase do not match its claims one by one.
    Claims(Arc<str>),
    /// A resource cannot fill the role.
    Unfit {
        /// The phase.
        phase: Arc<str>,
        /// The resource.
        key: ResourceKey,
    },
    /// A kept role changes its resource.
    NotKept(Arc<str>),
    /// A resource is not on duty throughout.
    OffDuty {
        /// The phase.
        phase: Arc<str>,
        /// The resource.
        key: ResourceKey,
    },
    /// The site is closed during a phase.
    Closed(Arc<str>),
    /// More is used of a resource than it has.
    Overbooked {
        /// The phase.
        phase: Arc<str>,
        /// The resource.
        key: ResourceKey,
    },
    /// The lead leads too many visits that day.
    LeadFull(ResourceKey),
    /// The lead cannot lead this visit, or is not the one asked for.
    WrongLead(ResourceKey),
    /// The notice is too short.
    TooSoon,
    /// The start is not on offer.
    OffGrid,
    /// The start is not on the days asked for.
    OutsideDays,
    /// The start is not at the time of day asked for.
    OutsideWindow,
    /// The patient is elsewhere.
    ClientBusy(Arc<str>),
    /// Nobody who can supervise is on duty throughout.
    Unsupervised(Arc<str>),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownPhase(phase) => write!(f, "{phase} is not a phase of this visit at this place"),
            Self::MissingPhase(phase) => write!(f, "{phase} is missing"),
            Self::NotInSequence(phase) => write!(f, "{phase} does not follow the phase before at once"),
            Self::Length(phase) => write!(f, "{phase} has a length that is not allowed"),
            Self::Presence(phase) => write!(f, "{phase} says wrongly whether the patient is there"),
            Self::Claims(phase) => write!(f, "{phase} does not fill its claims one by one"),
            Self::Unfit { phase, key } => write!(f, "{key} cannot do its part in {phase}"),
            Self::NotKept(role) => write!(f, "{role} changes during the visit"),
            Self::OffDuty { phase, key } => write!(f, "{key} is off duty during {phase}"),
            Self::Closed(phase) => write!(f, "the site is closed during {phase}"),
            Self::Overbooked { phase, key } => write!(f, "{key} is taken during {phase}"),
            Self::LeadFull(key) => write!(f, "{key} leads too many visits that day"),
            Self::WrongLead(key) => write!(f, "{key} may not lead this visit"),
            Self::TooSoon => f.write_str("the visit starts too soon"),
            Self::OffGrid => f.write_str("the visit starts at a minute that is not on offer"),
            Self::OutsideDays => f.write_str("the visit is not on the days asked for"),
            Self::OutsideWindow => f.write_str("the visit is not at the time of day asked for"),
            Self::ClientBusy(phase) => write!(f, "the patient is elsewhere during {phase}"),
            Self::Unsupervised(phase) => write!(f, "nobody supervises {phase}"),
        }
    }
}

/// Checks a decision against the facts it should have been made from. An empty list means it keeps every rule.
pub fn check(
    site: &SiteFacts,
    busy: &[Busy],
    visit: &VisitType,
    query: &Query<'_>,
    decision: &Decision,
) -> Vec<Violation> {
    let mut checker = Checker { site, busy, visit, query, decision, found: Vec::new() };
    checker.check_start();
    let numbers = checker.match_phases();
    for (planned, number) in decision.phases.iter().zip(numbers) {
        if let Some(number) = number {
            checker.check_phase(planned, number);
        }
    }
    checker.check_kept();
    checker.found
}

/// Checks the decisions of a plan beside each other: what is wrong, with the place of the decision it is wrong with.
/// An empty list means that there is an order in which each could have been booked when those before it were. The order
/// can matter where a resource of several seats wants a gap: two gaps may lie on a visit that had its seat before.
pub fn check_plan(
    site: &SiteFacts,
    busy: &[Busy],
    plan: &[(&VisitType, &Query<'_>, &Decision)],
) -> Vec<(usize, Violation)> {
    let mut left: Vec<usize> = (0..plan.len()).collect();
    loop {
        let mut found = Vec::new();
        let could_be_last = left.iter().position(|place| {
            let others = left.iter().filter(|other| *other != place);
            let taken = others.flat_map(|other| plan[*other].2.busy(site));
            let taken: Vec<Busy> = busy.iter().cloned().chain(taken).collect();
            let (visit, query, decision) = plan[*place];
            let violations = check(site, &taken, visit, query, decision);
            found.extend(violations.iter().map(|violation| (*place, violation.clone())));
            violations.is_empty()
        });
        match could_be_last {
            // Whoever could come last stays in nobody's way: the others need an order among themselves.
            Some(at) => left.swap_remove(at),
            None => return found,
        };
    }
}

struct Checker<'a> {
    site: &'a SiteFacts,
    busy: &'a [Busy],
    visit: &'a VisitType,
    query: &'a Query<'a>,
    decision: &'a Decision,
    found: Vec<Violation>,
}

impl Checker<'_> {
    fn add(&mut self, violation: Violation) {
        if !self.found.contains(&violation) {
            self.found.push(violation);
        }
    }

    fn local(&self, at: Timestamp) -> DateTime {
        self.site.zone.to_datetime(at)
    }

    fn resource(&self, key: &ResourceKey) -> Option<&Resource> {
        self.site.resources.iter().find(|resource| resource.key == *key)
    }

    /// The day, the time of day, the notice and the lead's number of visits.
    fn check_start(&mut self) {
        let Some(start) = self.decision.phases.first().map(|phase| phase.from) else {
            let first = self.visit.phases.first().map_or_else(|| "visit".into(), |phase| phase.name.clone());
            return self.add(Violation::MissingPhase(first));
        };
        let local = self.local(start);
        let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
        if local.date() < self.query.days.0 || local.date() > self.query.days.1 {
            self.add(Violation::OutsideDays);
        }
        let is_inside = |(from, to): &(u16, u16)| i64::from(*from) <= minute && minute < i64::from(*to);
        if !self.query.windows.is_empty() && !self.query.windows.iter().any(is_inside) {
            self.add(Violation::OutsideWindow);
        }
        let step = if self.query.on_grid { i64::from(self.site.offer_step_minutes) } else { 1 };
        if minute % step != 0 || start.as_second() % 300 != 0 || start.subsec_nanosecond() != 0 {
            self.add(Violation::OffGrid);
        }
        let notice = SignedDuration::from_mins(i64::from(self.site.min_notice_minutes));
        if self.query.now.is_some_and(|now| start.duration_since(now) < notice) {
            self.add(Violation::TooSoon);
        }
        let lead = &self.decision.lead;
        let asked = self.query.lead.is_none_or(|asked| asked == lead);
        if !asked || !self.fills("lead", lead) {
            self.add(Violation::WrongLead(lead.clone()));
        }
        let led =
            |busy: &&Busy| busy.leads && busy.key == *lead && self.local(busy.from).date() == local.date();
        let led = self.busy.iter().filter(led).count();
        if self.resource(lead).and_then(|lead| lead.daily_cap).is_some_and(|cap| led >= usize::from(cap)) {
            self.add(Violation::LeadFull(lead.clone()));
        }
    }

    /// Finds the place of each planned phase in the visit type, and what is missing between.
    fn match_phases(&mut self) -> Vec<Option<usize>> {
        let mut next = 0;
        let mut numbers = Vec::new();
        let mut until: Option<Timestamp> = None;
        for planned in &self.decision.phases {
            let rest = self.visit.phases.get(next..).unwrap_or_default();
            let Some(ahead) = rest.iter().position(|phase| phase.name == planned.name) else {
                self.add(Violation::UnknownPhase(planned.name.clone()));
                numbers.push(None);
                continue;
            };
            for skipped in rest[..ahead].iter().filter(|phase| phase.min_minutes > 0) {
                self.add(Violation::MissingPhase(skipped.name.clone()));
            }
            if until.is_some_and(|until| until != planned.from) {
                self.add(Violation::NotInSequence(planned.name.clone()));
            }
            until = Some(planned.to);
            numbers.push(Some(next + ahead));
            next += ahead + 1;
        }
        let rest = self.visit.phases.get(next..).unwrap_or_default();
        for skipped in rest.iter().filter(|phase| phase.min_minutes > 0) {
            self.add(Violation::MissingPhase(skipped.name.clone()));
        }
        numbers
    }

    fn check_phase(&mut self, planned: &PlannedPhase, number: usize) {
        let visit = self.visit;
        let phase = &visit.phases[number];
        let (from, to) = (planned.from, planned.to);
        let minutes = to.duration_since(from).as_secs() / 60;
        let name = || planned.name.clone();
        let allowed = i64::from(phase.min_minutes) <= minutes && minutes <= i64::from(phase.max_minutes);
        if !allowed || minutes <= 0 || to.as_second() % 300 != 0 {
            self.add(Violation::Length(name()));
        }
        if planned.client != phase.client {
            self.add(Violation::Presence(name()));
        }
        let elsewhere = |(busy, until): &Span| *busy < to && from < *until;
        if phase.client && self.query.client_busy.iter().any(elsewhere) {
            self.add(Violation::ClientBusy(name()));
        }
        let filled = planned.uses.len() == phase.claims.len()
            && planned.uses.iter().zip(&phase.claims).all(|(used, claim)| {
                let roles = claim.roles.iter().filter_map(|role| visit.roles.get(*role));
                roles.into_iter().any(|role| role.name == used.role) && used.takes == claim.takes
            });
        if !filled {
            self.add(Violation::Claims(name()));
        }
        for used in &planned.uses {
            self.check_use(planned, used);
        }
        if let Some(rule) = &phase.on_duty {
            let lead = self.resource(&self.decision.lead);
            let excused = rule
                .unless_lead_skill
                .as_ref()
                .is_some_and(|skill| lead.is_some_and(|lead| lead.skills.contains(skill)));
            if !excused && !self.supervised(&rule.skill, (from, to)) {
                self.add(Violation::Unsupervised(name()));
            }
        }
    }

    /// Whether a resource can fill a role of the visit.
    fn fills(&self, role: &str, key: &ResourceKey) -> bool {
        let resource = self.resource(key);
        self.visit.roles.iter().filter(|other| &*other.name == role).any(|role| {
            resource.is_some_and(|resource| {
                let skilled = role.skills.iter().all(|skill| resource.skills.contains(skill));
                let named = role.only.is_empty() || role.only.contains(key);
                role.kinds.contains(&resource.kind) && skilled && named && !role.not.contains(key)
            })
        })
    }

    fn check_use(&mut self, planned: &PlannedPhase, used: &Use) {
        let (phase, key) = (planned.name.clone(), used.key.clone());
        let span = (planned.from, planned.to);
        if !self.fills(&used.role, &used.key) {
            self.add(Violation::Unfit { phase: phase.clone(), key: key.clone() });
        }
        let Some(resource) = self.site.resources.iter().find(|resource| resource.key == used.key) else {
            return;
        };
        if !covers(&self.duty(resource, span), span) {
            self.add(Violation::OffDuty { phase: phase.clone(), key: key.clone() });
        }
        let closures = self.site.closures.iter().filter_map(|closure| self.span(closure.from, closure.to));
        if closures.into_iter().any(|closure| overlap(closure, span)) {
            self.add(Violation::Closed(phase.clone()));
        }
        let gap = SignedDuration::from_mins(i64::from(resource.gap_minutes));
        let around = |busy: &Busy| {
            let from = busy.from.checked_sub(gap).unwrap_or(busy.from);
            (from, busy.to.checked_add(gap).unwrap_or(busy.to))
        };
        let others: Vec<Span> = self
            .busy
            .iter()
            .filter(|busy| busy.key == used.key)
            .map(around)
            .filter(|busy| overlap(*busy, span))
            .collect();
        // Use is highest at the start of the phase or where some entry begins.
        let starts = others.iter().map(|(from, _)| (*from).max(span.0)).chain([span.0]);
        let peak = starts.map(|at| others.iter().filter(|(from, to)| *from <= at && at < *to).count()).max();
        let mine = planned.uses.iter().filter(|other| other.key == used.key).count();
        let seats = usize::from(resource.seats);
        let fits = match used.takes {
            Takes::Whole => peak == Some(0) && mine == 1,
            Takes::OneSeat => peak.is_some_and(|peak| peak + mine <= seats),
        };
        if !fits {
            self.add(Violation::Overbooked { phase, key });
        }
    }

    fn check_kept(&mut self) {
        let visit = self.visit;
        for role in &visit.roles {
            let uses = self.decision.phases.iter().flat_map(|phase| &phase.uses);
            let mut keys: Vec<&ResourceKey> =
                uses.filter(|used| used.role == role.name).map(|used| &used.key).collect();
            if &*role.name == "lead" {
                keys.push(&self.decision.lead);
            } else if !role.keep {
                continue;
            }
            if keys.windows(2).any(|pair| pair[0] != pair[1]) {
                self.add(Violation::NotKept(role.name.clone()));
            }
        }
    }

    fn span(&self, from: DateTime, to: DateTime) -> Option<Span> {
        let at = |wall| self.site.zone.to_ambiguous_timestamp(wall).compatible().ok();
        Some((at(from)?, at(to)?)).filter(|(from, to)| from < to)
    }

    fn of_day(&self, date: Date, from: u16, to: u16) -> Option<Span> {
        let midnight = date.to_datetime(Time::midnight());
        let wall = |minute: u16| midnight.checked_add(i32::from(minute).minutes()).ok();
        self.span(wall(from)?, wall(to)?)
    }

    /// The intervals in which a resource is on duty, around a span.
    fn duty(&self, resource: &Resource, around: Span) -> Vec<Span> {
        let (mut on, mut off) = (Vec::new(), Vec::new());
        let mut date = self.local(around.0).date().yesterday().unwrap_or(Date::MIN);
        let last = self.local(around.1).date();
        while date <= last {
            let weekday = date.weekday().to_monday_one_offset();
            let today = |weekly: u8| i16::from(weekly) == i16::from(weekday);
            match resource.special_days.iter().find(|(special, _)| *special == date) {
                Some((_, hours)) => {
                    on.extend(hours.iter().filter_map(|(from, to)| self.of_day(date, *from, *to)))
                }
                None => {
                    let hours = resource.hours.iter().filter(|hours| today(hours.weekday));
                    on.extend(hours.filter_map(|hours| self.of_day(date, hours.from, hours.to)));
                }
            }
            let breaks = resource.breaks.iter().filter(|rest| today(rest.weekday));
            off.extend(breaks.filter_map(|rest| self.of_day(date, rest.from, rest.to)));
            match date.tomorrow() {
                Ok(next) => date = next,
                Err(_) => break,
            }
        }
        off.extend(resource.away.iter().filter_map(|away| self.span(away.from, away.to)));
        off.into_iter().fold(on, |on, off| on.into_iter().flat_map(|on| without(on, off)).collect())
    }

    /// Whether at every moment of a span somebody with a skill is on duty.
    fn supervised(&self, skill: &Arc<str>, span: Span) -> bool {
        let skilled = self.site.resources.iter().filter(|resource| resource.skills.contains(skill));
        let duties: Vec<Span> = skilled.flat_map(|resource| self.duty(resource, span)).collect();
        covers(&duties, span)
    }
}

fn overlap(a: Span, b: Span) -> bool {
    a.0 < b.1 && b.0 < a.1
}

/// What of one span lies outside another.
fn without(span: Span, hole: Span) -> Vec<Span> {
    if !overlap(span, hole) {
        return vec![span];
    }
    [(span.0, hole.0), (hole.1, span.1)].into_iter().filter(|(from, to)| from < to).collect()
}

/// Whether spans together cover one.
fn covers(spans: &[Span], span: Span) -> bool {
    let mut until = span.0;
    while until < span.1 {
        let further =
            spans.iter().filter(|(from, to)| *from <= until && until < *to).map(|(_, to)| *to).max();
        match further {
            Some(to) => until = to,
            None => return false,
        }
    }
    true
}
