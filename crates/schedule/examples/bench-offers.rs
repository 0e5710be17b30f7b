//! What ranking offers gains: a clinic of three therapists, an assistant, four rooms and two pens is asked forty times a day,
//! half the time for a certain therapist; three times are shown and one of them is taken by chance.
//!
//! `cargo xtask bench offers [DAYS [SEED]]` prints visits a day with their standard error, the gain over letting people
//! choose freely and over "the earliest three", and the time to rank one request. The same seed gives the same visits.

// A benchmark talks to its caller on standard output and measures real time.
#![allow(clippy::print_stdout)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{
    civil::{Date, date},
    tz::TimeZone,
};
use schedule::{
    Calendar, Claim, Offer, Phase, Query, Ranking, Resource, ResourceKey, Role, SiteFacts, Takes, VisitType,
    Weekly, spread,
};

const DAY: Date = date(2027, 6, 7);
const REQUESTS: usize = 40;
const SHOWN: usize = 3;

/// How the times to show are chosen.
#[derive(Clone, Copy)]
enum Policy {
    Free,
    Ranked(Ranking),
    Spread,
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let days = arguments.next().unwrap_or(100).max(2);
    let seed = arguments.next().unwrap_or(1);
    println!("{days} days, {REQUESTS} requests a day, {SHOWN} times shown, seed {seed}");
    for step in [15, 5] {
        println!(
            "\nstarts every {step} minutes       visits/day   s.e.  over free  over earliest  time/request"
        );
        let (mut free, mut earliest) = (0.0, 0.0);
        for (name, policy) in [
            ("free choice", Policy::Free),
            ("earliest three", Policy::Ranked(Ranking::Earliest)),
            ("least idle beside", Policy::Ranked(Ranking::Idle)),
            ("fewest packable lost", Policy::Ranked(Ranking::Packable)),
            ("the same, spread", Policy::Spread),
        ] {
            let (visits, spent) = simulate(policy, step, days, seed);
            let mean = visits.iter().sum::<f64>() / days as f64;
            let variance = visits.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / (days as f64 - 1.0);
            let error = (variance / days as f64).sqrt();
            match policy {
                Policy::Free => free = mean,
                Policy::Ranked(Ranking::Earliest) => earliest = mean,
                _ => {}
            }
            let over = |other: f64| {
                if other > 0.0 { format!("{:+.1} %", (mean / other - 1.0) * 100.0) } else { "–".to_owned() }
            };
            println!(
                "{name:<26} {mean:>12.2} {error:>6.2} {:>10} {:>14} {:>13.0?}",
                over(free),
                over(earliest),
                spent / (days as u32 * REQUESTS as u32)
            );
        }
    }
}

/// Visits of each day, and the time spent on choosing what to show.
fn simulate(policy: Policy, step: u32, days: u64, seed: u64) -> (Vec<f64>, Duration) {
    let site = Arc::new(clinic(step));
    let visits = [visit(true), visit(false)];
    let leads: Vec<ResourceKey> = (1..=3).map(|number| format!("T{number}").as_str().into()).collect();
    let mut spent = Duration::ZERO;
    let day = |number: u64| {
        let mut dice = Dice(seed.wrapping_mul(1 << 32) + number);
        let mut calendar = Calendar::build(Arc::clone(&site), DAY, 1, &[]).expect("the clinic is sound");
        let mut booked = 0.0;
        for _ in 0..REQUESTS {
            let visit = &visits[dice.below(2)];
            let lead = (dice.below(2) == 0).then(|| &leads[dice.below(3)]);
            let choice = dice.below(1 << 20);
            let query = Query { lead, ..Query::all(DAY, DAY) };
            let before = Instant::now();
            let shown = show(&calendar, visit, &query, policy);
            spent += before.elapsed();
            let Some(offer) = shown.get(choice % shown.len().max(1)) else { continue };
            let query = Query { lead: Some(&offer.lead), ..query };
            let decision = match policy {
                Policy::Free | Policy::Ranked(Ranking::Earliest) => {
                    calendar.decide(visit, &query, offer.at).ok()
                }
                _ => calendar.place(visit, &query, offer.at),
            };
            let decision = decision.expect("it was offered");
            decision.busy(&site).iter().for_each(|busy| calendar.occupy(busy));
            booked += 1.0;
        }
        booked
    };
    ((0..days).map(day).collect(), spent)
}

fn show(calendar: &Calendar, visit: &VisitType, query: &Query<'_>, policy: Policy) -> Vec<Offer> {
    match policy {
        Policy::Free => calendar.rank(visit, query, DAY, Ranking::Earliest),
        Policy::Ranked(ranking) => {
            let mut ranked = calendar.rank(visit, query, DAY, ranking);
            ranked.truncate(SHOWN);
            ranked
        }
        Policy::Spread => {
            spread(&calendar.rank(visit, query, DAY, Ranking::Packable), &calendar.site().zone, SHOWN)
        }
    }
}

fn clinic(step: u32) -> SiteFacts {
    let staff =
        (1..=3).map(|number| (format!("T{number}"), "therapist")).chain([("A1".to_owned(), "assistant")]);
    let rooms = (1..=4).map(|number| (format!("R{number}"), "room"));
    let pens = (1..=2).map(|number| (format!("P{number}"), "pen"));
    let hours: Vec<Weekly> =
        (1..=7).map(|weekday| Weekly { weekday, from: 9 * 60, to: 17 * 60 + 30 }).collect();
    let resource = |(key, kind): (String, &str)| Resource {
        key: key.as_str().into(),
        kind: kind.into(),
        skills: Vec::new(),
        seats: 1,
        gap_minutes: 0,
        daily_cap: None,
        hours: hours.clone(),
        breaks: Vec::new(),
        special_days: Vec::new(),
        away: Vec::new(),
    };
    SiteFacts {
        zone: TimeZone::UTC,
        resources: staff.chain(rooms).chain(pens).chain([("F1".to_owned(), "photo")]).map(resource).collect(),
        closures: Vec::new(),
        min_notice_minutes: 0,
        offer_step_minutes: step,
    }
}

/// A first visit begins with a talk; later ones do not.
fn visit(first: bool) -> VisitType {
    let role = |name: &str, kinds: &[&str], keep: bool| Role {
        name: name.into(),
        kinds: kinds.iter().map(|kind| Arc::from(*kind)).collect(),
        skills: Vec::new(),
        only: Vec::new(),
        not: Vec::new(),
        keep,
    };
    let phase = |name: &str, (min_minutes, max_minutes): (u16, u16), claims: &[&[usize]]| Phase {
        name: name.into(),
        min_minutes,
        max_minutes,
        claims: claims.iter().map(|roles| Claim { roles: roles.to_vec(), takes: Takes::Whole }).collect(),
        client: true,
        on_duty: None,
    };
    let mut phases = vec![
        phase("cleanse", (10, 10), &[&[4, 0], &[1]]),
        phase("numbing", (45, 60), &[&[1]]),
        phase("needling", (30, 30), &[&[0], &[1], &[2]]),
        phase("calming", (15, 15), &[&[5], &[1]]),
        phase("photo", (5, 5), &[&[3]]),
        phase("clean-down", (10, 10), &[&[1]]),
    ];
    if first {
        phases.insert(0, phase("consult", (15, 15), &[&[0], &[1]]));
    }
    let roles = vec![
        role("lead", &["therapist"], true),
        role("room", &["room"], true),
        role("pen", &["pen"], false),
        role("photo", &["photo"], false),
        role("helper", &["assistant"], false),
        role("anyone", &["therapist", "assistant"], false),
    ];
    VisitType { name: if first { "first" } else { "repeat" }.into(), roles, phases }
}

/// Chance from a seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}
