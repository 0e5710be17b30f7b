//! How long the questions of a desk take: all starts of ninety days, a month's counts, a course of four, one day, one
//! decision, each on bitmaps and by a scan of sorted interval lists in the same run, with equal answers.
//!
//! `cargo xtask bench schedule [SEED]`: ten therapists, three assistants, eight rooms, four pens and two photo
//! stations, booked by the crate itself, and therapists also with other work, until they are busy for more than half of
//! their time; a first visit of seven phases whose numbing takes 45 to 60 minutes. Times are the least and the middle of
//! many runs: the least is what a quiet core would show. Repeated questions find what is known of each lane, as they do
//! in a running server.

// A benchmark talks to its caller on standard output and measures real time.
#![allow(clippy::print_stdout)]

use std::{
    collections::BTreeSet,
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, date},
    tz::TimeZone,
};
use schedule::{
    Busy, Calendar, Claim, Phase, Query, Resource, ResourceKey, Role, SiteFacts, Takes, VisitType, Weekly,
};

const FIRST: Date = date(2027, 3, 1);
const DAYS: u16 = 90;
const COURSE_DAYS: u16 = 180;

fn main() {
    let seed = std::env::args().nth(1).and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let site = Arc::new(clinic());
    let (calendar, busy) = fill(&site, DAYS, seed);
    let visit = visit();
    let last = FIRST.saturating_add(i64::from(DAYS - 1).days());
    let month = FIRST.saturating_add(30.days());
    let scan = Scan::new(&site, &busy, DAYS);
    println!("{} resources, {DAYS} days, {} uses booked, seed {seed}", site.resources.len(), busy.len());
    for (kind, share) in booked_shares(&site, &scan, &busy) {
        println!("  {kind}: {share:.0} % of duty booked");
    }

    let all = Query::all(FIRST, last);
    let by_bits = starts(&calendar, &visit, &all);
    let by_scan = scan.starts(&visit, None, DAYS);
    assert_eq!(by_bits, by_scan, "bitmaps and interval scan differ");
    println!("{} pairs of start and lead; both ways agree, and each start is decided\n", by_bits.len());
    for (at, lead) in &by_bits {
        let query = Query { lead: Some(lead), ..all.clone() };
        calendar.decide(&visit, &query, *at).expect("what is offered can be decided");
    }
    drop(by_bits);

    println!("{:<34} {:>11} {:>11} {:>13} {:>7}", "question", "least", "middle", "interval scan", "ratio");
    let count = |query: &Query<'_>| calendar.starts(&visit, query).len();
    let bits = measure(|| count(&all));
    report(
        "90 days, any lead, all starts",
        bits,
        Some(measure_slow(|| scan.starts(&visit, None, DAYS).len())),
    );
    let lead: ResourceKey = "T1".into();
    let named = Query { lead: Some(&lead), ..all.clone() };
    let slow = measure_slow(|| scan.starts(&visit, Some(&lead), DAYS).len());
    report("90 days, named lead", measure(|| count(&named)), Some(slow));
    let one = Query::all(FIRST, month);
    let slow = measure_slow(|| scan.starts(&visit, None, 31).len());
    report("month view, 31 days with counts", measure(|| calendar.month(&visit, &one).len()), Some(slow));
    let day = Query::all(FIRST, FIRST);
    report("one day, any lead", measure(|| count(&day)), None);
    let at = calendar.starts(&visit, &all)[0].at;
    let decide = measure(|| usize::from(calendar.decide(&visit, &all, at).is_ok()));
    report("concrete resources for a start", decide, None);

    let (course, _) = fill(&site, COURSE_DAYS, seed);
    let whole = Query::all(FIRST, FIRST.saturating_add(i64::from(COURSE_DAYS - 1).days()));
    let four = [&visit, &visit, &visit, &visit];
    let chains = course.course(&four, (28, 42), &whole).chains;
    let time = measure(|| usize::from(course.course(&four, (28, 42), &whole).earliest.is_some()));
    report(&format!("course of 4, 180 days ({chains} ways)"), time, None);
    let entries: Vec<Busy> = busy.clone();
    let build = measure_slow(|| {
        let calendar = Calendar::build(Arc::clone(&site), FIRST, DAYS, &entries);
        usize::from(calendar.is_ok())
    });
    report("cold: calendar of all intervals", build, None);
}

/// Least and middle time of one run.
type Times = (Duration, Duration);

fn measure(work: impl FnMut() -> usize) -> Times {
    measure_for(work, Duration::from_millis(1500), 20_000)
}

fn measure_slow(work: impl FnMut() -> usize) -> Times {
    measure_for(work, Duration::from_millis(1500), 300)
}

fn measure_for(mut work: impl FnMut() -> usize, span: Duration, most: usize) -> Times {
    let begun = Instant::now();
    let mut times = Vec::new();
    while times.len() < 5 || (begun.elapsed() < span && times.len() < most) {
        let before = Instant::now();
        black_box(work());
        times.push(before.elapsed());
    }
    times.sort_unstable();
    (times[0], times[times.len() / 2])
}

fn report(question: &str, bits: Times, scan: Option<Times>) {
    let (slow, ratio) = scan.map_or_else(Default::default, |scan| {
        let ratio = scan.0.as_secs_f64() / bits.0.as_secs_f64();
        (format!("{:.0?}", scan.0), format!("{ratio:.0} ×"))
    });
    println!("{question:<34} {:>11} {:>11} {slow:>13} {ratio:>7}", show(bits.0), show(bits.1));
}

fn show(time: Duration) -> String {
    format!("{:.1} µs", time.as_secs_f64() * 1e6)
}

/// Every pair of start and lead.
fn starts(calendar: &Calendar, visit: &VisitType, query: &Query<'_>) -> BTreeSet<(Timestamp, ResourceKey)> {
    let starts = calendar.starts(visit, query).into_iter();
    starts.flat_map(|start| start.leads.into_iter().map(move |lead| (start.at, lead))).collect()
}

/// How much of the time on duty of each kind is booked, in percent.
fn booked_shares(site: &SiteFacts, scan: &Scan, busy: &[Busy]) -> Vec<(Arc<str>, f64)> {
    let mut kinds: Vec<Arc<str>> = site.resources.iter().map(|resource| resource.kind.clone()).collect();
    kinds.dedup();
    let share = |kind: &Arc<str>| {
        let mine: Vec<usize> =
            (0..site.resources.len()).filter(|index| site.resources[*index].kind == *kind).collect();
        let duty: i64 = mine.iter().map(|index| scan.duty[*index]).sum();
        let used = busy.iter().filter(|one| mine.iter().any(|index| site.resources[*index].key == one.key));
        let used: i64 = used.map(|one| (one.to.as_second() - one.from.as_second()) / 60).sum();
        100.0 * used as f64 / duty as f64
    };
    kinds.into_iter().map(|kind| (kind.clone(), share(&kind))).collect()
}

/// Books visits at random, thirteen a day, beside what therapists do otherwise.
fn fill(site: &Arc<SiteFacts>, days: u16, seed: u64) -> (Calendar, Vec<Busy>) {
    let mut calendar = Calendar::build(Arc::clone(site), FIRST, days, &[]).expect("the clinic is sound");
    let visit = visit();
    let mut dice = Dice(seed);
    let mut busy = Vec::new();
    for offset in 0..i64::from(days) {
        let day = FIRST.saturating_add(offset.days());
        for entry in other_work(site, day, &mut dice) {
            calendar.occupy(&entry);
            busy.push(entry);
        }
        for _ in 0..13 {
            let query = Query::all(day, day);
            let starts = calendar.starts(&visit, &query);
            if starts.is_empty() {
                break;
            }
            let start = &starts[dice.below(starts.len())];
            let lead = &start.leads[dice.below(start.leads.len())];
            let query = Query { lead: Some(lead), ..query };
            let decision = calendar.decide(&visit, &query, start.at).expect("it was offered");
            for entry in decision.busy(site) {
                calendar.occupy(&entry);
                busy.push(entry);
            }
        }
    }
    (calendar, busy)
}

/// Therapists do other things as well: some hours of each day.
fn other_work(site: &SiteFacts, day: Date, dice: &mut Dice) -> Vec<Busy> {
    let midnight = day.to_zoned(site.zone.clone()).expect("a date of our century").timestamp();
    let therapists = site.resources.iter().filter(|resource| &*resource.kind == "therapist");
    let mut work = Vec::new();
    for therapist in therapists {
        for half in [9 * 60, 14 * 60] {
            let from = midnight + (half + 5 * dice.below(24) as i64).minutes();
            let to = from + (30 + 5 * dice.below(16) as i64).minutes();
            work.push(Busy { key: therapist.key.clone(), from, to, leads: false });
        }
    }
    work
}

fn clinic() -> SiteFacts {
    let named = |letter: char, kind: &'static str, count: u16| {
        (1..=count).map(move |number| (format!("{letter}{number}"), kind))
    };
    let hours: Vec<Weekly> =
        (1..=5).map(|weekday| Weekly { weekday, from: 9 * 60, to: 17 * 60 + 30 }).collect();
    let resource = |(key, kind): (String, &str)| {
        let lunch = 12 * 60 + 30 * u16::from(key.ends_with(['1', '3', '5']));
        let rests = matches!(kind, "therapist" | "assistant");
        let rest = |weekday| Weekly { weekday, from: lunch, to: lunch + 30 };
        Resource {
            key: key.as_str().into(),
            kind: kind.into(),
            skills: Vec::new(),
            seats: 1,
            gap_minutes: 0,
            daily_cap: None,
            hours: hours.clone(),
            breaks: if rests { (1..=5).map(rest).collect() } else { Vec::new() },
            special_days: Vec::new(),
            away: Vec::new(),
        }
    };
    let resources = named('T', "therapist", 10)
        .chain(named('A', "assistant", 3))
        .chain(named('R', "room", 8))
        .chain(named('P', "pen", 4))
        .chain(named('F', "photo", 2));
    SiteFacts {
        zone: TimeZone::get("Europe/London").expect("a zone of the bundled database"),
        resources: resources.map(resource).collect(),
        closures: Vec::new(),
        min_notice_minutes: 0,
        offer_step_minutes: 15,
    }
}

fn visit() -> VisitType {
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
        claims: claims.iter().map(|roles| Claim { roles: roles.to_vec(), takes: Takes::OneSeat }).collect(),
        client: true,
        on_duty: None,
    };
    VisitType {
        name: "first".into(),
        roles: vec![
            role("lead", &["therapist"], true),
            role("room", &["room"], true),
            role("pen", &["pen"], false),
            role("photo", &["photo"], false),
            role("helper", &["assistant"], false),
            role("anyone", &["therapist", "assistant"], false),
        ],
        phases: vec![
            phase("consult", (15, 15), &[&[0], &[1]]),
            phase("cleanse", (10, 10), &[&[0, 4], &[1]]),
            phase("numbing", (45, 60), &[&[1]]),
            phase("needling", (30, 30), &[&[0], &[1], &[2]]),
            phase("calming", (15, 15), &[&[5], &[1]]),
            phase("photo", (5, 5), &[&[3]]),
            phase("clean-down", (10, 10), &[&[1]]),
        ],
    }
}

/// The comparison: for each resource its free intervals in order, and for each start and lead the first way that
/// works, by binary search.
struct Scan {
    keys: Vec<ResourceKey>,
    kinds: Vec<Arc<str>>,
    /// Minutes since the first midnight, half-open.
    free: Vec<Vec<(i64, i64)>>,
    /// Minutes on duty.
    duty: Vec<i64>,
    days: Vec<(i64, Timestamp)>,
    origin: i64,
}

impl Scan {
    fn new(site: &SiteFacts, busy: &[Busy], days: u16) -> Self {
        let midnight = |offset: i64| {
            let date = FIRST.saturating_add(offset.days());
            date.to_zoned(site.zone.clone()).expect("a date of our century").timestamp()
        };
        let origin = midnight(0).as_second();
        let days: Vec<(i64, Timestamp)> = (0..i64::from(days))
            .map(|offset| ((midnight(offset).as_second() - origin) / 60, midnight(offset)))
            .collect();
        let (mut free, mut duty) = (Vec::new(), Vec::new());
        for resource in &site.resources {
            let mut open = Vec::new();
            for (offset, (minutes, _)) in days.iter().enumerate() {
                let date = FIRST.saturating_add((offset as i64).days());
                let weekday = date.weekday().to_monday_one_offset() as u8;
                let today = |weekly: &&Weekly| weekly.weekday == weekday;
                for hours in resource.hours.iter().filter(today) {
                    open.push((minutes + i64::from(hours.from), minutes + i64::from(hours.to)));
                }
                for rest in resource.breaks.iter().filter(today) {
                    open = cut(open, (minutes + i64::from(rest.from), minutes + i64::from(rest.to)));
                }
            }
            duty.push(open.iter().map(|(from, to)| to - from).sum());
            for entry in busy.iter().filter(|entry| entry.key == resource.key) {
                let minutes = |at: Timestamp| (at.as_second() - origin) / 60;
                open = cut(open, (minutes(entry.from), minutes(entry.to)));
            }
            free.push(open);
        }
        let keys = site.resources.iter().map(|resource| resource.key.clone()).collect();
        let kinds = site.resources.iter().map(|resource| resource.kind.clone()).collect();
        Self { keys, kinds, free, duty, days, origin }
    }

    fn is_free(&self, resource: usize, from: i64, to: i64) -> bool {
        let free = &self.free[resource];
        let place = free.partition_point(|(begin, _)| *begin <= from);
        place > 0 && to <= free[place - 1].1
    }

    fn starts(
        &self,
        visit: &VisitType,
        named: Option<&ResourceKey>,
        days: u16,
    ) -> BTreeSet<(Timestamp, ResourceKey)> {
        let pools: Vec<Vec<usize>> = visit
            .roles
            .iter()
            .map(|role| (0..self.keys.len()).filter(|one| role.kinds.contains(&self.kinds[*one])).collect())
            .collect();
        let mut found = BTreeSet::new();
        for (midnight, _) in &self.days[..usize::from(days)] {
            for start in (0..24 * 60).step_by(15).map(|minute| midnight + minute) {
                for lead in &pools[0] {
                    if named.is_some_and(|named| *named != self.keys[*lead]) {
                        continue;
                    }
                    if !self.leads_first(visit, *lead, start) {
                        continue;
                    }
                    let run = |room: &usize| self.run(visit, &pools, 0, start, (*lead, *room));
                    if pools[1].iter().any(run) {
                        let at = Timestamp::from_second(self.origin + start * 60).expect("in range");
                        found.insert((at, self.keys[*lead].clone()));
                    }
                }
            }
        }
        found
    }

    /// Whether the lead is free for the first phase if only the lead will do: saves looking at every room.
    fn leads_first(&self, visit: &VisitType, lead: usize, from: i64) -> bool {
        let Some(first) = visit.phases.first() else { return true };
        let needs_lead = first.claims.iter().any(|claim| claim.roles == [0]);
        !needs_lead || self.is_free(lead, from, from + i64::from(first.min_minutes))
    }

    fn run(
        &self,
        visit: &VisitType,
        pools: &[Vec<usize>],
        phase: usize,
        from: i64,
        kept: (usize, usize),
    ) -> bool {
        let Some(facts) = visit.phases.get(phase) else { return true };
        (facts.min_minutes..=facts.max_minutes).step_by(5).any(|minutes| {
            let to = from + i64::from(minutes);
            let claims = facts.claims.iter().all(|claim| {
                claim.roles.iter().any(|role| match role {
                    0 => self.is_free(kept.0, from, to),
                    1 => self.is_free(kept.1, from, to),
                    other => pools[*other].iter().any(|one| self.is_free(*one, from, to)),
                })
            });
            claims && self.run(visit, pools, phase + 1, to, kept)
        })
    }
}

/// What of some intervals lies outside another.
fn cut(intervals: Vec<(i64, i64)>, hole: (i64, i64)) -> Vec<(i64, i64)> {
    let outside = |(from, to): (i64, i64)| {
        let parts = if hole.0 < to && from < hole.1 {
            [(from, hole.0.max(from)), (hole.1.min(to), to)]
        } else {
            [(from, to), (to, to)]
        };
        parts.into_iter().filter(|(from, to)| from < to)
    };
    intervals.into_iter().flat_map(outside).collect()
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
