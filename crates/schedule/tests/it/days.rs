//! Whole days: plans keep every rule, and a single visit is placed exactly when the search finds a start.

use std::sync::Arc;

use proptest::prelude::*;
use schedule::{
    Booked, Busy, Calendar, DayPlan, Decision, LocalSpan, Query, Ranking, ResourceKey, SiteFacts, Takes,
    Wish, check_plan, plan_day, spread,
};

use crate::clinic::{self, at, phase, resource, role, site, treatment};

fn calendar(site: &SiteFacts, first: jiff::civil::Date, days: u16, busy: &[Busy]) -> Calendar {
    Calendar::build(Arc::new(site.clone()), first, days, busy).expect("a sound clinic")
}

/// What stands against a plan: every decision is checked beside what was busy and all the others.
fn objections(
    site: &SiteFacts,
    busy: &[Busy],
    wishes: &[Wish<'_>],
    decisions: &[Option<Decision>],
) -> Vec<String> {
    let placed = wishes.iter().zip(decisions);
    let plan: Vec<_> =
        placed.filter_map(|(wish, one)| Some((wish.visit, &wish.query, one.as_ref()?))).collect();
    check_plan(site, busy, &plan).iter().map(|(place, one)| format!("{place}: {one}")).collect()
}

fn plan(calendar: &Calendar, wishes: &[Wish<'_>], seed: u64) -> DayPlan {
    plan_day(calendar, wishes, seed, &mut |tries, _| tries < 40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_wish_is_placed_exactly_when_the_day_has_a_start(seed: u64) {
        let drawn = clinic::draw(seed);
        let calendar = calendar(&drawn.site, drawn.first, drawn.days, &drawn.busy);
        let query = Query { days: (drawn.first, drawn.first), ..drawn.query() };
        let starts = calendar.starts(&drawn.visit, &query);
        let ranked = calendar.rank(&drawn.visit, &drawn.query(), drawn.first, Ranking::Earliest);
        prop_assert_eq!(
            ranked.iter().map(|offer| offer.at).collect::<Vec<_>>(),
            starts.iter().map(|start| start.at).collect::<Vec<_>>(),
            "seed {}", seed
        );
        for (start, offer) in starts.iter().zip(&ranked) {
            prop_assert!(start.leads.contains(&offer.lead), "seed {seed}");
            let placed = calendar.place(&drawn.visit, &query, start.at).expect("it is a start");
            let found = schedule::check(&drawn.site, &drawn.busy, &drawn.visit, &query, &placed);
            prop_assert_eq!(found, vec![], "seed {}", seed);
            let decided = calendar.decide(&drawn.visit, &query, start.at).expect("it is a start");
            prop_assert_eq!(placed.span(), decided.span(), "as short as can be: seed {}", seed);
        }
        let wish = Wish { visit: &drawn.visit, query: query.clone(), drop_cost: 3, booked: None };
        let plan = plan(&calendar, &[wish], seed);
        prop_assert_eq!(plan.placed[0].is_some(), !starts.is_empty(), "seed {}", seed);
        prop_assert!(plan.proven);
        let better = calendar.rank(&drawn.visit, &drawn.query(), drawn.first, Ranking::Packable);
        prop_assert_eq!(better.len(), ranked.len());
    }

    #[test]
    fn a_filled_day_keeps_every_rule(seed: u64) {
        let drawn = clinic::draw(seed);
        let calendar = calendar(&drawn.site, drawn.first, drawn.days, &drawn.busy);
        let query = Query { days: (drawn.first, drawn.first), ..drawn.query() };
        let wishes: Vec<Wish<'_>> = (1..=4)
            .map(|drop_cost| Wish { visit: &drawn.visit, query: query.clone(), drop_cost, booked: None })
            .collect();
        let plan = plan(&calendar, &wishes, seed);
        prop_assert_eq!(objections(&drawn.site, &drawn.busy, &wishes, &plan.placed), Vec::<String>::new(), "seed {}", seed);
        prop_assert_eq!(plan.cost, cost(&wishes, &plan));
    }

    #[test]
    fn a_repaired_day_keeps_every_rule_and_costs_what_it_says(seed: u64) {
        repair_days_of(seed);
    }
}

#[test]
fn days_that_were_once_repaired_wrongly() {
    // A lead who was already at work beside a visit of the day.
    repair_days_of(1_002_941_747_339_331_599);
}

/// A day's visits planned anew, undisturbed and with somebody ill: every rule kept, and the cost as counted.
fn repair_days_of(seed: u64) {
    let drawn = clinic::draw(seed);
    let mut day = calendar(&drawn.site, drawn.first, drawn.days, &drawn.busy);
    let free =
        Query { on_grid: false, client_busy: &drawn.client_busy, ..Query::all(drawn.first, drawn.first) };
    let mut decisions: Vec<Decision> = Vec::new();
    while let Some(start) = day.starts(&drawn.visit, &free).first().filter(|_| decisions.len() < 4) {
        let decision = day.decide(&drawn.visit, &free, start.at).expect("it was offered");
        decision.busy(&drawn.site).iter().for_each(|busy| day.occupy(busy));
        decisions.push(decision);
    }
    let wishes: Vec<Wish<'_>> = decisions
        .iter()
        .map(|decision| {
            let booked = booked(decision.span().expect("it has phases").0, &decision.lead);
            Wish { visit: &drawn.visit, query: free.clone(), drop_cost: 1000, booked: Some(booked) }
        })
        .collect();
    let whole = calendar(&drawn.site, drawn.first, drawn.days, &drawn.busy);
    let mut sick = drawn.site.clone();
    let span = LocalSpan { from: drawn.first.at(0, 0, 0, 0), to: drawn.first.at(12, 0, 0, 0) };
    sick.resources[0].away.push(span);
    let without = calendar(&sick, drawn.first, drawn.days, &drawn.busy);
    for (site, calendar) in [(&drawn.site, whole), (&sick, without)] {
        let plan = plan(&calendar, &wishes, seed);
        assert_eq!(
            objections(site, &drawn.busy, &wishes, &plan.placed),
            Vec::<String>::new(),
            "seed {}",
            seed
        );
        assert_eq!(plan.cost, cost(&wishes, &plan), "seed {}", seed);
    }
}

fn booked(at: jiff::Timestamp, lead: &ResourceKey) -> Booked<'_> {
    Booked { at, lead, most_minutes: 60, change_lead_cost: 100, move_cost: 1 }
}

/// What a plan costs, counted from its decisions.
fn cost(wishes: &[Wish<'_>], plan: &DayPlan) -> u64 {
    let one = |(wish, now): (&Wish<'_>, &Option<Decision>)| match (now, &wish.booked) {
        (None, _) => wish.drop_cost,
        (Some(_), None) => 0,
        (Some(decision), Some(booked)) => {
            let (start, _) = decision.span().expect("it has phases");
            let moved = start.duration_since(booked.at).abs().as_mins().unsigned_abs() / 5;
            assert!(moved * 5 <= u64::from(booked.most_minutes));
            moved * booked.move_cost + if decision.lead == *booked.lead { 0 } else { booked.change_lead_cost }
        }
    };
    wishes.iter().zip(&plan.placed).map(one).sum()
}

#[test]
fn an_undisturbed_day_needs_no_repair_and_a_sick_lead_is_replaced() {
    let mut facts = site(
        "Europe/London",
        vec![
            resource("T1", "therapist", (9, 17)),
            resource("T2", "therapist", (9, 17)),
            resource("R1", "room", (9, 17)),
            resource("R2", "room", (9, 17)),
        ],
    );
    let day = jiff::civil::date(2027, 6, 7);
    let (visit, lead) = (treatment(), ResourceKey::from("T1"));
    let wish = Wish {
        visit: &visit,
        query: Query { on_grid: false, ..Query::all(day, day) },
        drop_cost: 1000,
        booked: Some(booked(at("2027-06-07T09:00:00Z"), &lead)),
    };
    let repair = |facts: &SiteFacts| plan(&calendar(facts, day, 1, &[]), std::slice::from_ref(&wish), 1);
    let whole = repair(&facts);
    assert_eq!((whole.cost, whole.proven), (0, true));
    facts.resources[0].away.push(LocalSpan { from: day.at(9, 0, 0, 0), to: day.at(13, 0, 0, 0) });
    let sick = repair(&facts);
    assert_eq!((sick.cost, sick.proven), (100, true));
    assert_eq!(sick.placed[0].as_ref().expect("it is kept").lead, ResourceKey::from("T2"));
    facts.resources[1].away = facts.resources[0].away.clone();
    let none = repair(&facts);
    assert_eq!((none.cost, none.placed), (1000, vec![None]));
}

#[test]
fn a_person_on_call_for_two_is_not_on_call_for_three() {
    let mut facts =
        site("UTC", vec![resource("T1", "therapist", (9, 12)), resource("W", "watcher", (9, 12))]);
    facts.resources[0].seats = 3;
    facts.resources[1].seats = 2;
    facts.resources.extend((0..3).map(|number| resource(&format!("R{number}"), "room", (9, 12))));
    let mut visit = treatment();
    visit.roles.push(role("watch", &["watcher"], false));
    visit.phases = vec![phase("numbing", (180, 180), &[&[0], &[1], &[2]])];
    let day = jiff::civil::date(2027, 6, 7);
    for (takes, placed) in [(Takes::OneSeat, 2), (Takes::Whole, 1)] {
        visit.phases[0].claims[0].takes = Takes::OneSeat;
        visit.phases[0].claims[2].takes = takes;
        let wish = Wish { visit: &visit, query: Query::all(day, day), drop_cost: 1, booked: None };
        let plan = plan(&calendar(&facts, day, 1, &[]), &vec![wish; 3], 1);
        assert_eq!(plan.placed.iter().flatten().count(), placed, "{takes:?}");
    }
}

#[test]
fn few_offers_are_spread_and_the_best_leaves_no_hole() {
    let facts =
        site("Europe/London", vec![resource("T1", "therapist", (9, 20)), resource("R1", "room", (9, 20))]);
    let day = jiff::civil::date(2027, 6, 7);
    let visit = treatment();
    let calendar = calendar(&facts, day, 1, &[]);
    let ranked = calendar.rank(&visit, &Query::all(day, day), day, Ranking::Packable);
    assert_eq!(ranked[0].visits_lost, Some(1));
    assert!(
        ranked.iter().any(|offer| offer.visits_lost > Some(1)),
        "some start in the middle costs two visits"
    );
    let few = spread(&ranked, &facts.zone, 3);
    let hours: Vec<i8> = few.iter().map(|offer| facts.zone.to_datetime(offer.at).hour()).collect();
    assert!(hours.iter().any(|hour| *hour < 12), "{hours:?}");
    assert!(hours.iter().any(|hour| (12..17).contains(hour)), "{hours:?}");
    assert!(hours.iter().any(|hour| *hour >= 17), "{hours:?}");
    assert_eq!(spread(&ranked, &facts.zone, 1), ranked[..1]);
    let earliest = calendar.rank(&visit, &Query::all(day, day), day, Ranking::Earliest);
    assert!(earliest.is_sorted_by_key(|offer| offer.at));
}
