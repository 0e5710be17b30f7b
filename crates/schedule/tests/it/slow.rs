//! A slow reference: every start, lead, length and resource tried one by one, on instants.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Time};
use schedule::{LocalSpan, Phase, Resource, ResourceKey, Takes};

use crate::clinic::Drawn;

const STEP: SignedDuration = SignedDuration::from_mins(5);

/// What is true of every resource at each five minutes of the horizon.
struct Slow<'a> {
    drawn: &'a Drawn,
    times: Vec<Timestamp>,
    /// For each resource and time: on duty, and how many seats are free.
    table: Vec<Vec<(bool, u16)>>,
}

/// Every start with its leads, sorted.
pub(crate) fn starts(drawn: &Drawn) -> BTreeMap<Timestamp, Vec<ResourceKey>> {
    let zone = &drawn.site.zone;
    let midnight = |offset: u16| {
        let date = drawn.first.checked_add(i64::from(offset).days()).expect("a date");
        zone.to_ambiguous_timestamp(date.to_datetime(Time::midnight())).compatible().expect("valid")
    };
    let mut times = vec![midnight(0)];
    while times[times.len() - 1] + STEP < midnight(drawn.days) {
        times.push(times[times.len() - 1] + STEP);
    }
    let of = |resource: &Resource| times.iter().map(|time| state(drawn, resource, *time)).collect();
    let table = drawn.site.resources.iter().map(of).collect();
    let slow = Slow { drawn, times, table };
    let mut found = BTreeMap::new();
    for number in 0..slow.times.len() {
        let leads: Vec<ResourceKey> = slow
            .leads()
            .filter(|lead| slow.can_start(*lead, number))
            .map(|lead| drawn.site.resources[lead].key.clone())
            .collect();
        if !leads.is_empty() {
            found.insert(slow.times[number], leads);
        }
    }
    found
}

fn state(drawn: &Drawn, resource: &Resource, time: Timestamp) -> (bool, u16) {
    let zone = &drawn.site.zone;
    let instant = |wall| zone.to_ambiguous_timestamp(wall).compatible().expect("valid");
    let in_span = |span: &LocalSpan| instant(span.from) <= time && time < instant(span.to);
    let mut on = false;
    for back in 0..=1 {
        let date = zone.to_datetime(time).date().checked_sub(back.days()).expect("a date");
        let minute = |minute: u16| date.to_datetime(Time::midnight()) + i64::from(minute).minutes();
        let weekday = date.weekday().to_monday_one_offset().unsigned_abs();
        let special = resource.special_days.iter().find(|(day, _)| *day == date);
        let hours: Vec<(u16, u16)> = match special {
            Some((_, hours)) => hours.clone(),
            None => resource.hours.iter().filter(|h| h.weekday == weekday).map(|h| (h.from, h.to)).collect(),
        };
        on |= hours.iter().any(|(from, to)| in_span(&LocalSpan { from: minute(*from), to: minute(*to) }));
    }
    for back in 0..=1 {
        let date = zone.to_datetime(time).date().checked_sub(back.days()).expect("a date");
        let minute = |minute: u16| date.to_datetime(Time::midnight()) + i64::from(minute).minutes();
        let weekday = date.weekday().to_monday_one_offset().unsigned_abs();
        let mut breaks = resource.breaks.iter().filter(|rest| rest.weekday == weekday);
        on &= !breaks.any(|rest| in_span(&LocalSpan { from: minute(rest.from), to: minute(rest.to) }));
    }
    on &= !resource.away.iter().any(in_span);
    let gap = SignedDuration::from_mins(i64::from(resource.gap_minutes));
    let touching = drawn
        .busy
        .iter()
        .filter(|busy| busy.key == resource.key && busy.from - gap <= time && time < busy.to + gap)
        .count();
    let closed = drawn.site.closures.iter().any(in_span);
    let free = resource.seats.saturating_sub(u16::try_from(touching).expect("few"));
    (on, if on && !closed { free } else { 0 })
}

impl Slow<'_> {
    fn fills(&self, role: usize, resource: usize) -> bool {
        let (role, resource) = (&self.drawn.visit.roles[role], &self.drawn.site.resources[resource]);
        role.kinds.contains(&resource.kind) && role.skills.iter().all(|skill| resource.skills.contains(skill))
    }

    fn leads(&self) -> impl Iterator<Item = usize> + '_ {
        let named = |lead: &usize| {
            self.drawn.lead.as_ref().is_none_or(|key| self.drawn.site.resources[*lead].key == *key)
        };
        (0..self.drawn.site.resources.len()).filter(|one| self.fills(0, *one)).filter(named)
    }

    fn can_start(&self, lead: usize, number: usize) -> bool {
        let (drawn, time) = (self.drawn, self.times[number]);
        let local = drawn.site.zone.to_datetime(time);
        let minute =
            u32::try_from(local.hour()).expect("valid") * 60 + u32::try_from(local.minute()).expect("valid");
        let inside = |(from, to): &(u16, u16)| (u32::from(*from)..u32::from(*to)).contains(&minute);
        let in_window = drawn.windows.is_empty() || drawn.windows.iter().any(inside);
        let on_grid = !drawn.on_grid || minute % drawn.site.offer_step_minutes == 0;
        let notice = SignedDuration::from_mins(i64::from(drawn.site.min_notice_minutes));
        let soon = drawn.now.is_some_and(|now| time < now + notice);
        let resource = &drawn.site.resources[lead];
        let same_day = |busy: &&schedule::Busy| {
            busy.leads
                && busy.key == resource.key
                && drawn.site.zone.to_datetime(busy.from).date() == local.date()
        };
        let led = drawn.busy.iter().filter(same_day).count();
        let full = resource.daily_cap.is_some_and(|cap| led >= usize::from(cap));
        let mut binding = vec![None; drawn.visit.roles.len()];
        binding[0] = Some(lead);
        in_window && on_grid && !soon && !full && self.runs(0, number, &binding)
    }

    fn runs(&self, phase: usize, at: usize, binding: &[Option<usize>]) -> bool {
        let Some(facts) = self.drawn.visit.phases.get(phase) else { return true };
        (facts.min_minutes..=facts.max_minutes).step_by(5).any(|minutes| {
            let to = at + usize::from(minutes) / 5;
            if to == at {
                return self.runs(phase + 1, at, binding);
            }
            to <= self.times.len()
                && self.circumstances(facts, at, to, binding[0])
                && self.claims(phase, 0, (at, to), binding, &mut vec![])
        })
    }

    fn circumstances(&self, facts: &Phase, at: usize, to: usize, lead: Option<usize>) -> bool {
        let times = &self.times[at..to];
        let elsewhere =
            |time: &Timestamp| self.drawn.client_busy.iter().any(|(from, to)| from <= time && time < to);
        if facts.client && times.iter().any(elsewhere) {
            return false;
        }
        let Some(rule) = &facts.on_duty else { return true };
        let has = |resource: usize, skill| self.drawn.site.resources[resource].skills.contains(skill);
        if rule.unless_lead_skill.as_ref().is_some_and(|skill| has(lead.expect("bound"), skill)) {
            return true;
        }
        (at..to).all(|time| (0..self.table.len()).any(|one| has(one, &rule.skill) && self.table[one][time].0))
    }

    /// Fills one claim after another in every way, and then runs the later phases.
    fn claims(
        &self,
        phase: usize,
        claim: usize,
        (at, to): (usize, usize),
        binding: &[Option<usize>],
        taken: &mut Vec<(usize, Takes)>,
    ) -> bool {
        let Some(facts) = self.drawn.visit.phases[phase].claims.get(claim) else {
            return self.runs(phase + 1, to, binding);
        };
        for role in &facts.roles {
            for one in (0..self.table.len()).filter(|one| self.fills(*role, *one)) {
                if binding[*role].is_some_and(|bound| bound != one) {
                    continue;
                }
                let mine = || taken.iter().filter(|(other, _)| *other == one);
                let shared = mine().all(|(_, takes)| *takes == Takes::OneSeat);
                let also = u16::try_from(mine().count()).expect("few");
                let fits = (at..to).all(|time| match facts.takes {
                    Takes::OneSeat => shared && self.table[one][time].1 > also,
                    Takes::Whole => {
                        also == 0 && self.table[one][time].1 == self.drawn.site.resources[one].seats
                    }
                });
                if !fits {
                    continue;
                }
                let mut bound = binding.to_vec();
                if self.drawn.visit.roles[*role].keep {
                    bound[*role] = Some(one);
                }
                taken.push((one, facts.takes));
                let done = self.claims(phase, claim + 1, (at, to), &bound, taken);
                taken.pop();
                if done {
                    return true;
                }
            }
        }
        false
    }
}
