//! Small clinics to search in: written by hand, or drawn from a seed.

use std::sync::Arc;

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Time, date},
    tz::TimeZone,
};
use schedule::{
    Busy, Claim, LocalSpan, OnDuty, Phase, Resource, ResourceKey, Role, SiteFacts, Takes, VisitType, Weekly,
};

/// On duty every day from one hour until another.
pub(crate) fn resource(key: &str, kind: &str, hours: (u16, u16)) -> Resource {
    let daily = (1..=7).map(|weekday| Weekly { weekday, from: hours.0 * 60, to: hours.1 * 60 });
    Resource {
        key: key.into(),
        kind: kind.into(),
        skills: vec![],
        seats: 1,
        gap_minutes: 0,
        daily_cap: None,
        hours: daily.collect(),
        breaks: vec![],
        special_days: vec![],
        away: vec![],
    }
}

pub(crate) fn site(zone: &str, resources: Vec<Resource>) -> SiteFacts {
    SiteFacts {
        zone: TimeZone::get(zone).expect("a zone of the bundled database"),
        resources,
        closures: vec![],
        min_notice_minutes: 0,
        offer_step_minutes: 15,
    }
}

pub(crate) fn role(name: &str, kinds: &[&str], keep: bool) -> Role {
    let kinds = kinds.iter().map(|kind| Arc::from(*kind)).collect();
    Role { name: name.into(), kinds, skills: vec![], only: vec![], not: vec![], keep }
}

/// A phase whose claims each take all of one resource.
pub(crate) fn phase(name: &str, minutes: (u16, u16), claims: &[&[usize]]) -> Phase {
    let claims = claims.iter().map(|roles| Claim { roles: roles.to_vec(), takes: Takes::Whole }).collect();
    Phase {
        name: name.into(),
        min_minutes: minutes.0,
        max_minutes: minutes.1,
        claims,
        client: true,
        on_duty: None,
    }
}

/// Lead and room: talk, numbing without the lead, needling, and a clean-down without the patient.
pub(crate) fn treatment() -> VisitType {
    let mut phases = vec![
        phase("talk", (15, 15), &[&[0], &[1]]),
        phase("numbing", (45, 60), &[&[1]]),
        phase("needling", (30, 30), &[&[0], &[1]]),
        phase("clean-down", (10, 10), &[&[1]]),
    ];
    phases[3].client = false;
    VisitType {
        name: "treatment".into(),
        roles: vec![role("lead", &["therapist"], true), role("room", &["room"], true)],
        phases,
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

pub(crate) fn busy(key: &str, from: &str, to: &str) -> Busy {
    Busy { key: key.into(), from: at(from), to: at(to), leads: false }
}

/// Chance from a seed: SplitMix64.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    pub(crate) fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn minute(&mut self, from: u64, to: u64) -> u16 {
        u16::try_from((from + self.below(to - from)) / 5 * 5).expect("a minute of the day")
    }
}

/// A clinic, a visit and what is asked.
#[derive(Debug, Clone)]
pub(crate) struct Drawn {
    pub(crate) site: SiteFacts,
    pub(crate) first: Date,
    pub(crate) days: u16,
    pub(crate) busy: Vec<Busy>,
    pub(crate) visit: VisitType,
    pub(crate) lead: Option<ResourceKey>,
    pub(crate) windows: Vec<(u16, u16)>,
    pub(crate) now: Option<Timestamp>,
    pub(crate) client_busy: Vec<(Timestamp, Timestamp)>,
    pub(crate) on_grid: bool,
}

impl Drawn {
    pub(crate) fn query(&self) -> schedule::Query<'_> {
        schedule::Query {
            lead: self.lead.as_ref(),
            days: (self.first, self.first.checked_add(i64::from(self.days - 1).days()).expect("a date")),
            windows: &self.windows,
            now: self.now,
            client_busy: &self.client_busy,
            on_grid: self.on_grid,
        }
    }
}

/// Days on which the clocks change, and one on which they do not.
const DAYS: [(&str, Date); 7] = [
    ("Europe/London", date(2027, 3, 28)),
    ("Europe/London", date(2027, 10, 31)),
    ("America/Toronto", date(2027, 3, 14)),
    ("America/Toronto", date(2027, 11, 7)),
    ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("Australia/Lord_Howe", date(2027, 10, 3)),
    ("Asia/Kathmandu", date(2027, 6, 9)),
];

/// A small clinic with a little of everything, open for some hours of one day around which clocks may change.
pub(crate) fn draw(seed: u64) -> Drawn {
    let mut dice = Dice(seed);
    let (zone, changing) = DAYS[usize::try_from(dice.below(7)).expect("small")];
    let first = if dice.one_in(3) { changing.yesterday().expect("a date") } else { changing };
    let opens = if dice.one_in(2) { dice.below(3) } else { 9 + dice.below(3) };
    let kinds = [
        ("T", "therapist", 1 + dice.below(3)),
        ("A", "assistant", dice.below(3)),
        ("R", "room", 1 + dice.below(3)),
    ];
    let mut resources = vec![];
    for (letter, kind, count) in
        kinds.into_iter().chain([("L", "lounge", dice.below(2)), ("P", "pen", 1 + dice.below(2))])
    {
        for number in 0..count {
            resources.push(draw_resource(&mut dice, &format!("{letter}{number}"), kind, changing, opens));
        }
    }
    let mut site = site(zone, resources);
    site.offer_step_minutes = [5, 10, 15, 30][usize::try_from(dice.below(4)).expect("small")];
    site.min_notice_minutes = 60;
    if dice.one_in(5) {
        let from = dice.minute(opens * 60, opens * 60 + 300);
        site.closures.push(local(changing, from, from + 30));
    }
    let midnight =
        site.zone.to_ambiguous_timestamp(changing.to_datetime(Time::midnight())).compatible().expect("valid");
    let some_span = |dice: &mut Dice| {
        let from = i64::try_from(opens * 60 + dice.below(300)).expect("small") / 5 * 5;
        let length = 5 + i64::try_from(dice.below(12) * 5).expect("small");
        (midnight + from.minutes(), midnight + (from + length).minutes())
    };
    let busy = (0..dice.below(9))
        .map(|_| {
            let key = site.resources
                [usize::try_from(dice.below(site.resources.len() as u64)).expect("small")]
            .key
            .clone();
            let (from, to) = some_span(&mut dice);
            Busy { key, from, to, leads: dice.one_in(2) }
        })
        .collect();
    let client_busy = (0..dice.below(2)).map(|_| some_span(&mut dice)).collect();
    Drawn {
        busy,
        client_busy,
        first,
        days: if first == changing { 1 } else { 2 },
        lead: dice.one_in(4).then(|| "T0".into()),
        windows: draw_windows(&mut dice, opens),
        now: dice.one_in(3).then(|| some_span(&mut dice).0),
        on_grid: !dice.one_in(4),
        visit: draw_visit(&mut dice),
        site,
    }
}

fn local(date: Date, from: u16, to: u16) -> LocalSpan {
    let wall = |minute: u16| date.to_datetime(Time::midnight()) + i64::from(minute).minutes();
    LocalSpan { from: wall(from), to: wall(to) }
}

/// At which times of the day a visit may start: mostly any, else in one stretch or in two, apart or not.
fn draw_windows(dice: &mut Dice, opens: u64) -> Vec<(u16, u16)> {
    let count = if dice.one_in(3) { 1 + dice.below(2) } else { 0 };
    let one = |_| {
        let from = dice.minute(opens * 60, opens * 60 + 300);
        (from, dice.minute(u64::from(from) + 5, opens * 60 + 420))
    };
    (0..count).map(one).collect()
}

fn draw_resource(dice: &mut Dice, key: &str, kind: &str, changing: Date, opens: u64) -> Resource {
    let mut resource = resource(key, kind, (0, 24));
    let weekday = changing.weekday().to_monday_one_offset().unsigned_abs();
    let from = dice.minute(opens * 60, opens * 60 + 90);
    let closes = if dice.one_in(6) { 24 * 60 } else { dice.minute(opens * 60 + 150, opens * 60 + 420) };
    resource.hours = vec![Weekly { weekday, from, to: closes }];
    if dice.one_in(4) {
        resource.special_days.push((changing, vec![(from, from + 60), (from + 70, closes.max(from + 100))]));
    }
    if dice.one_in(3) {
        let rest = dice.minute(opens * 60 + 60, opens * 60 + 180);
        resource.breaks.push(Weekly { weekday, from: rest, to: rest + 20 });
    }
    if dice.one_in(5) {
        let away = dice.minute(opens * 60, opens * 60 + 200);
        resource.away.push(local(changing, away, away + 45));
    }
    if kind == "lounge" || dice.one_in(6) {
        resource.seats = 2 + u16::try_from(dice.below(2)).expect("small");
    }
    if dice.one_in(6) {
        resource.gap_minutes = 10;
    }
    if dice.one_in(4) {
        resource.daily_cap = Some(1 + u16::try_from(dice.below(2)).expect("small"));
    }
    if dice.one_in(2) {
        resource.skills.push("supervise".into());
    }
    if dice.one_in(2) {
        resource.skills.push("independent".into());
    }
    resource
}

/// Roles: 0 lead, 1 room, 2 helper, 3 anyone, 4 lounge, 5 pen, 6 second (kept).
const CLAIMS: [&[&[usize]]; 12] = [
    &[&[0], &[1]],
    &[&[0, 2], &[1]],
    &[&[1]],
    &[&[1, 4]],
    &[&[0], &[1], &[5]],
    &[&[3], &[1]],
    &[&[0], &[3]],
    &[&[3], &[3]],
    &[&[6], &[1]],
    &[&[0], &[6]],
    &[&[4], &[4]],
    &[],
];

fn draw_visit(dice: &mut Dice) -> VisitType {
    let keep_room = !dice.one_in(3);
    let roles = vec![
        role("lead", &["therapist"], true),
        role("room", &["room"], keep_room),
        role("helper", &["assistant"], false),
        role("anyone", &["therapist", "assistant"], false),
        role("lounge", &["lounge"], false),
        role("pen", &["pen"], false),
        role("second", &["assistant", "therapist"], true),
    ];
    let phases = (0..1 + dice.below(4))
        .map(|number| {
            let claims = CLAIMS[usize::try_from(dice.below(12)).expect("small")];
            let min = u16::try_from(dice.below(5) * 5).expect("small");
            let more = if dice.one_in(2) { u16::try_from(dice.below(4) * 5).expect("small") } else { 0 };
            let mut phase = phase(&format!("p{number}"), (min, min + more), claims);
            for claim in &mut phase.claims {
                claim.takes = if dice.one_in(2) { Takes::Whole } else { Takes::OneSeat };
            }
            phase.client = !dice.one_in(4);
            phase.on_duty = dice.one_in(5).then(|| OnDuty {
                skill: "supervise".into(),
                unless_lead_skill: dice.one_in(2).then(|| "independent".into()),
            });
            phase
        })
        .chain([phase("last", (10, 10), &[&[0], &[1]])])
        .collect();
    VisitType { name: "drawn".into(), roles, phases }
}
