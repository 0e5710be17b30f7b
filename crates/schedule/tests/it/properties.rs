//! What holds for every clinic.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use proptest::prelude::*;
use schedule::{Calendar, ResourceKey, check};

use crate::{
    clinic::{self, Dice},
    slow,
};

fn calendar(drawn: &clinic::Drawn) -> Calendar {
    Calendar::build(Arc::new(drawn.site.clone()), drawn.first, drawn.days, &drawn.busy)
        .expect("a sound clinic")
}

fn fast(drawn: &clinic::Drawn) -> BTreeMap<Timestamp, Vec<ResourceKey>> {
    calendar(drawn)
        .starts(&drawn.visit, &drawn.query())
        .into_iter()
        .map(|start| (start.at, start.leads))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_search_finds_exactly_what_trying_everything_finds(seed: u64) {
        let drawn = clinic::draw(seed);
        let (slow, fast) = (slow::starts(&drawn), fast(&drawn));
        prop_assert_eq!(slow, fast, "seed {}", seed);
    }

    #[test]
    fn every_start_can_be_decided_and_nothing_else(seed: u64) {
        let drawn = clinic::draw(seed);
        let calendar = calendar(&drawn);
        let query = drawn.query();
        let starts = fast(&drawn);
        let mut at = starts.keys().next().map_or_else(|| drawn.first.to_zoned(drawn.site.zone.clone()).expect("valid").timestamp(), |at| *at);
        for _ in 0..80 {
            match calendar.decide(&drawn.visit, &query, at) {
                Ok(decision) => {
                    prop_assert!(starts.get(&at).is_some_and(|leads| leads.contains(&decision.lead)), "seed {seed} {at}");
                    let found = check(&drawn.site, &drawn.busy, &drawn.visit, &query, &decision);
                    prop_assert_eq!(found, vec![], "seed {} {}", seed, at);
                }
                Err(refusal) => prop_assert!(!starts.contains_key(&at), "seed {seed} {at} {refusal}"),
            }
            at += jiff::SignedDuration::from_mins(5);
        }
        prop_assert!(!starts.is_empty() || !calendar.explain(&drawn.visit, &query).reasons.is_empty());
    }

    #[test]
    fn releasing_undoes_occupying(seed: u64) {
        let drawn = clinic::draw(seed);
        let mut calendar = calendar(&drawn);
        let before = calendar.starts(&drawn.visit, &drawn.query());
        let mut dice = Dice(seed);
        let mut held: Vec<schedule::Busy> = drawn.busy.iter().chain(&drawn.busy).cloned().collect();
        held.iter().for_each(|busy| calendar.occupy(busy));
        while !held.is_empty() {
            let one = usize::try_from(dice.below(held.len() as u64)).expect("small");
            calendar.release(&held.swap_remove(one));
        }
        prop_assert_eq!(before, calendar.starts(&drawn.visit, &drawn.query()));
    }

    #[test]
    fn the_month_counts_the_starts(seed: u64) {
        let drawn = clinic::draw(seed);
        let mut counted: BTreeMap<_, u32> = BTreeMap::new();
        for at in fast(&drawn).keys() {
            *counted.entry(drawn.site.zone.to_datetime(*at).date()).or_default() += 1;
        }
        let month = calendar(&drawn).month(&drawn.visit, &drawn.query());
        prop_assert_eq!(month.len(), usize::from(drawn.days));
        for (date, count) in month {
            prop_assert_eq!(counted.get(&date).copied().unwrap_or(0), count);
        }
    }
}

/// The drawn clinics are worth drawing: many have starts, and many of them not everywhere.
#[test]
fn drawn_clinics_are_of_every_kind() {
    let counts: Vec<usize> = (0..300).map(|seed| fast(&clinic::draw(seed)).len()).collect();
    let with = |range: std::ops::Range<usize>| counts.iter().filter(|count| range.contains(count)).count();
    assert!(with(0..1) > 30 && with(1..10) > 30 && with(10..1000) > 30, "{counts:?}");
}
