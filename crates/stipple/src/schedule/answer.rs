//! Answers, one line each.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schedule::{Booked, Busy, Calendar, DayPlan, Decision, Query, Wish, check_plan, plan_day};
use serde::Serialize;

use super::instance::{Ask, Instance, Limits, Request, Terms};
use super::{BEGINNINGS, PLACINGS};

#[derive(Serialize)]
struct Line<'a, A> {
    id: &'a str,
    answer: A,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Vec<VisitLine<'a>>>,
}

#[derive(Serialize)]
struct StartLine {
    start: String,
    leads: Vec<String>,
}

#[derive(Serialize)]
struct CourseLine {
    chains: u128,
    earliest: Option<EarliestLine>,
}

#[derive(Serialize)]
struct EarliestLine {
    lead: String,
    days: Vec<String>,
}

#[derive(Serialize)]
struct BestLine {
    best: u64,
}

#[derive(Serialize)]
struct VisitLine<'a> {
    id: &'a str,
    visit: &'a str,
    phases: Vec<PhaseLine>,
}

#[derive(Serialize)]
struct PhaseLine {
    name: String,
    from: String,
    to: String,
    resources: Vec<String>,
}

/// Answers one instance.
///
/// # Errors
/// If a plan does not pass the independent check, or an answer cannot be written.
pub(super) fn answer(instance: &Instance, tries: u64) -> Result<String, String> {
    let calendar = Calendar::build(instance.site.clone(), instance.first_day, instance.days, &instance.busy)
        .map_err(|error| error.to_string())?;
    let last = i64::from(instance.days) - 1;
    let last = instance.first_day.saturating_add(jiff::ToSpan::days(last));
    let query = |limits| query(instance, limits, (instance.first_day, last));
    let id = instance.id.as_str();
    match &instance.ask {
        Ask::Starts { visit, limits } => {
            let starts = calendar.starts(&instance.visits[*visit], &query(limits));
            let line = |start: schedule::Start| StartLine {
                start: start.at.to_string(),
                leads: start.leads.iter().map(ToString::to_string).collect(),
            };
            write(&Line { id, answer: starts.into_iter().map(line).collect::<Vec<_>>(), plan: None })
        }
        Ask::Month { visit, limits } => {
            let month = calendar.month(&instance.visits[*visit], &query(limits));
            let answer: BTreeMap<String, u32> =
                month.into_iter().map(|(date, count)| (date.to_string(), count)).collect();
            write(&Line { id, answer, plan: None })
        }
        Ask::Course { visits, gap_days, limits } => {
            let visits: Vec<_> = visits.iter().map(|visit| &instance.visits[*visit]).collect();
            let course = calendar.course(&visits, *gap_days, &query(limits));
            let earliest = course.earliest.map(|(lead, days)| EarliestLine {
                lead: lead.to_string(),
                days: days.iter().map(ToString::to_string).collect(),
            });
            write(&Line { id, answer: CourseLine { chains: course.chains, earliest }, plan: None })
        }
        Ask::Pack { day, on_grid, requests } => {
            let wishes = wishes(instance, requests, *day, *on_grid, None);
            let plan = planned(instance, &calendar, &wishes, &[], tries)?;
            let weights = || requests.iter().zip(&plan.placed);
            let best =
                weights().filter(|(_, placed)| placed.is_some()).map(|(request, _)| request.weight).sum();
            write(&Line { id, answer: BestLine { best }, plan: Some(lines(instance, requests, &plan)) })
        }
        Ask::Repair { day, on_grid, requests, away, terms } => {
            let mut calendar = calendar;
            for (key, from, to) in away {
                calendar.send_away(key, *from, *to);
            }
            let wishes = wishes(instance, requests, *day, *on_grid, Some(terms));
            let taken: Vec<Busy> = away
                .iter()
                .flat_map(|(key, from, to)| {
                    let seats =
                        instance.site.resources.iter().find(|one| one.key == *key).map_or(1, |one| one.seats);
                    (0..seats).map(|_| Busy { key: key.clone(), from: *from, to: *to, leads: false })
                })
                .collect();
            let plan = planned(instance, &calendar, &wishes, &taken, tries)?;
            write(&Line {
                id,
                answer: BestLine { best: plan.cost },
                plan: Some(lines(instance, requests, &plan)),
            })
        }
    }
}

fn write<A: Serialize>(line: &Line<'_, A>) -> Result<String, String> {
    serde_json::to_string(line).map_err(|error| error.to_string())
}

fn query<'a>(instance: &'a Instance, limits: &'a Limits, days: (Date, Date)) -> Query<'a> {
    Query {
        lead: limits.lead.as_ref(),
        days,
        windows: limits.window.as_slice(),
        now: instance.now,
        client_busy: &instance.client_busy,
        on_grid: true,
    }
}

fn wishes<'a>(
    instance: &'a Instance,
    requests: &'a [Request],
    day: Date,
    on_grid: bool,
    terms: Option<&Terms>,
) -> Vec<Wish<'a>> {
    let wish = |request: &'a Request| {
        // Each request is another patient's, so nobody's other bookings stand in its way.
        let query = Query { client_busy: &[], on_grid, ..query(instance, &request.limits, (day, day)) };
        let booked = request.booked.as_ref().zip(terms).map(|((at, lead), terms)| Booked {
            at: *at,
            lead,
            most_minutes: terms.most_minutes,
            change_lead_cost: terms.change_lead,
            move_cost: terms.per_five_minutes,
        });
        let query = if booked.is_some() { Query { now: None, ..query } } else { query };
        let drop_cost = terms.map_or(request.weight, |terms| terms.cancel);
        Wish { visit: &instance.visits[request.visit], query, drop_cost, booked }
    };
    requests.iter().map(wish).collect()
}

/// Plans the day and has every placed visit checked against everything else that is then busy.
fn planned(
    instance: &Instance,
    calendar: &Calendar,
    wishes: &[Wish<'_>],
    taken: &[Busy],
    most: u64,
) -> Result<DayPlan, String> {
    let ways = |wish: &Wish<'_>| calendar.ways(wish.visit).unwrap_or(u64::MAX).max(1);
    let placings = wishes.iter().map(ways).fold(1, u64::saturating_add);
    let most = most.min(PLACINGS / placings) / BEGINNINGS;
    // Another beginning now and then finds what one alone is too stuck to see.
    let mut plan = plan_day(calendar, wishes, 1, &mut |tries, _| tries < most);
    for seed in 2..=BEGINNINGS {
        if plan.proven {
            break;
        }
        let other = plan_day(calendar, wishes, seed, &mut |tries, _| tries < most);
        if other.cost < plan.cost {
            plan = other;
        }
    }
    let busy: Vec<Busy> = instance.busy.iter().chain(taken).cloned().collect();
    let placed = wishes.iter().zip(&plan.placed);
    let visits: Vec<_> =
        placed.filter_map(|(wish, one)| Some((wish.visit, &wish.query, one.as_ref()?))).collect();
    if let Some((_, violation)) = check_plan(&instance.site, &busy, &visits).first() {
        return Err(format!("the plan of {} is unsound, please report it: {violation}", instance.id));
    }
    Ok(plan)
}

fn lines<'a>(instance: &'a Instance, requests: &'a [Request], plan: &DayPlan) -> Vec<VisitLine<'a>> {
    let phases = |decision: &Decision| {
        let phase = |phase: &schedule::PlannedPhase| PhaseLine {
            name: phase.name.to_string(),
            from: phase.from.to_string(),
            to: phase.to.to_string(),
            resources: phase.uses.iter().map(|used| used.key.to_string()).collect(),
        };
        decision.phases.iter().map(phase).collect()
    };
    let placed = requests.iter().zip(&plan.placed).filter_map(|(request, placed)| {
        let visit = &instance.visits[request.visit].name;
        placed.as_ref().map(|decision| VisitLine { id: &request.id, visit, phases: phases(decision) })
    });
    placed.collect()
}
