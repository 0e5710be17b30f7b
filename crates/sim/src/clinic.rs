//! The clinic that is simulated: drawn from the seed, so that each life has other hours, rules and clock changes.

use app::{
    Env, Failure,
    demo::Dice,
    visit_types::{NEEDLING, NUMBING_WATCH},
};
use jiff::{Timestamp, civil::Date};
use record::{
    Clinic, ClinicSettings, Closure, Resource, ResourceKind, Site, SpecialDay, WeeklyKind, WeeklyRule,
};
use store::Tx;
use vocab::{Currency, Jurisdiction, ResourceId, SiteId, Skill};

/// Ten days before clocks change, one way or the other, at places where they change by an hour and by half an hour.
const BEGINNINGS: [(&str, &str); 6] = [
    ("Europe/London", "2027-03-18T08:00:00Z"),
    ("Europe/London", "2027-10-21T08:00:00Z"),
    ("America/Toronto", "2027-03-04T13:00:00Z"),
    ("America/Toronto", "2027-10-28T13:00:00Z"),
    ("Australia/Lord_Howe", "2027-03-25T22:00:00Z"),
    ("Australia/Lord_Howe", "2027-09-23T22:00:00Z"),
];

/// What a clinic is made of.
#[derive(Debug, Clone)]
pub(crate) struct Drawn {
    /// The clinic with its rules.
    pub(crate) clinic: Clinic,
    /// Its site.
    pub(crate) site: Site,
    /// Whom and what it has.
    pub(crate) resources: Vec<Resource>,
    /// When they work.
    pub(crate) weekly: Vec<WeeklyRule>,
    /// When they work otherwise.
    pub(crate) special: Vec<SpecialDay>,
    /// When nobody works.
    pub(crate) closures: Vec<Closure>,
}

/// When a life with this seed begins.
pub(crate) fn beginning(seed: u64) -> (&'static str, Timestamp) {
    let (zone, at) = BEGINNINGS[usize::try_from(seed % 6).unwrap_or(0)];
    (zone, at.parse().expect("a moment"))
}

/// Draws a clinic, `size` times as large as the smallest.
pub(crate) fn draw(env: &Env, seed: u64, size: usize) -> Drawn {
    let mut dice = Dice::new(seed ^ 0x5EED);
    let (zone, begins) = beginning(seed);
    let site_id: SiteId = env.new_id();
    let clinic = Clinic {
        id: env.clinic_id,
        name: "Simulated Clinic".into(),
        jurisdiction: Jurisdiction::new("GB-ENG").expect("a name"),
        currency: Currency::new("GBP").expect("a currency"),
        is_demo: true,
        settings: ClinicSettings {
            contact_email: "desk@clinic.example".into(),
            contact_phone: "020 7946 0123".into(),
            min_notice_minutes: [0, 60, 240, 1440][dice.below(4)],
            offer_step_minutes: [5, 15, 20][dice.below(3)],
            horizon_days: 40,
            cut_off_hours: [2, 24][dice.below(2)],
            on_call_limit: 1 + dice.below(3) as u32,
            needling_counts_as_on_call: dice.below(2) == 0,
            ..ClinicSettings::default()
        },
    };
    let site = Site {
        id: site_id,
        name: "Simulated Clinic".into(),
        zone: zone.into(),
        address: "1 Mill Lane".into(),
        phone: None,
    };
    let resources = resources(env, site_id, &mut dice, size);
    let is_night = dice.below(3) == 0;
    let weekly = resources.iter().flat_map(|resource| hours(resource, is_night)).collect();
    let first = begins.to_zoned(jiff::tz::TimeZone::get(zone).expect("a zone")).date();
    let day = |ahead: usize| first.saturating_add(jiff::Span::new().days(ahead as i64));
    let special = vec![
        SpecialDay { resource_id: resources[0].id, on: day(dice.below(30)), hours: vec![] },
        SpecialDay { resource_id: resources[1].id, on: day(10), hours: vec![(60, 300), (660, 1200)] },
    ];
    let closed: Date = day(2 + dice.below(25));
    let closures = vec![Closure {
        site_id,
        from_local: closed.at(10, 0, 0, 0),
        to_local: closed.at(14, 30, 0, 0),
        reason: "fire drill".into(),
    }];
    Drawn { clinic, site, resources, weekly, special, closures }
}

fn resources(env: &Env, site_id: SiteId, dice: &mut Dice, size: usize) -> Vec<Resource> {
    let skill = |name: &&str| Skill::new(name).expect("a name");
    let mut resources: Vec<Resource> = Vec::new();
    let mut add = |kind, name: &str, skills: &[&str], gap_minutes, daily_cap| {
        resources.push(Resource {
            id: env.new_id(),
            site_id,
            kind,
            name: name.to_owned(),
            skills: skills.iter().map(skill).collect(),
            seats: 1,
            gap_minutes,
            daily_cap,
            active: true,
            position: u16::try_from(resources.len()).unwrap_or(u16::MAX),
        });
    };
    let full = [NEEDLING, NUMBING_WATCH];
    for number in 0..size {
        let mut named = |kind, letter: &str, skills: &[&str], gap_minutes, daily_cap| {
            add(kind, &format!("{letter}{number}"), skills, gap_minutes, daily_cap);
        };
        named(ResourceKind::Practitioner, "T1", &full, 0, Some(1 + dice.below(3) as u16));
        named(ResourceKind::Practitioner, "T2", &full, if dice.below(2) == 0 { 10 } else { 0 }, None);
        named(ResourceKind::Practitioner, "T3", &[NEEDLING], 0, None);
        named(ResourceKind::Assistant, "A1", &[NUMBING_WATCH], 0, None);
        for (letter, gap_minutes) in [("R1", 0), ("R2", 0), ("R3", 15)] {
            named(ResourceKind::Room, letter, &[], gap_minutes, None);
        }
        for letter in ["P1", "P2"] {
            named(ResourceKind::Device, letter, &[], 0, None);
        }
    }
    resources
}

fn hours(resource: &Resource, is_night: bool) -> Vec<WeeklyRule> {
    let rule = |kind, weekday, from_local, to_local| {
        let resource_id: ResourceId = resource.id;
        WeeklyRule { resource_id, kind, weekday, from_local, to_local }
    };
    let is_person = matches!(resource.kind, ResourceKind::Practitioner | ResourceKind::Assistant);
    // A night clinic is open through the hour in which clocks change.
    let (from, to): (u16, u16) = if is_night { (0, 9 * 60) } else { (9 * 60, 18 * 60) };
    let mut rules = Vec::new();
    for weekday in 1..=7 {
        if !is_person {
            rules.push(rule(WeeklyKind::Hours, weekday, from.saturating_sub(60), to + 120));
            continue;
        }
        if weekday == 6 {
            continue;
        }
        rules.push(rule(WeeklyKind::Hours, weekday, from, to));
        let rest = from + 180 + 30 * (resource.position % 4);
        rules.push(rule(WeeklyKind::Break, weekday, rest, rest + 30));
    }
    rules
}

impl Drawn {
    /// Writes it into an empty database.
    pub(crate) fn write(&self, tx: &mut Tx<'_>) -> Result<(), Failure> {
        let id = self.clinic.id;
        store::clinics::insert(tx, &self.clinic)?;
        store::clinics::save_site(tx, id, &self.site)?;
        for resource in &self.resources {
            store::resources::save(tx, id, resource)?;
            let mine: Vec<WeeklyRule> =
                self.weekly.iter().filter(|rule| rule.resource_id == resource.id).copied().collect();
            store::hours::replace_weekly(tx, id, resource.id, &mine)?;
        }
        for day in &self.special {
            store::hours::save_special_day(tx, id, day)?;
        }
        for closure in &self.closures {
            store::hours::save_closure(tx, id, closure)?;
        }
        Ok(())
    }
}
