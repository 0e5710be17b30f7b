//! The demo clinic: three therapists, an assistant, four rooms, two pens, 400 patients and 90 days of bookings, all
//! invented and all from one seed. The same seed on the same day makes the same clinic.

mod asking;
mod holiday;
mod people;
mod waiting;

use jiff::{
    Span, Timestamp,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use record::{
    Appointment, AppointmentStatus, Clinic, ClinicSettings, Patient, Resource, ResourceKind, Role, Site,
    WeeklyKind, WeeklyRule,
};
use schedule::Query;
use store::Tx;
use vocab::{Currency, Jurisdiction, PatientId, ResourceId, SiteId, Skill, VisitTypeId, ZoneId};

use crate::{
    Acting, Chance, Env, Failure, audit,
    diary::{self, Book},
    failure::bad_data,
    staff::{self, NewStaff},
    visit_types::{NEEDLING, NUMBING_WATCH},
};

/// So many invented patients.
const PATIENTS: usize = 400;
/// Bookings begin so many days before today …
const DAYS_BACK: i64 = 6;
/// … and fill so many days.
const DAYS: i64 = 90;

/// A small seeded source of chance (SplitMix64): good enough to invent people, of no use for secrets.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice that always fall alike for the same seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which is at least 1.
    pub fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.roll()) * limit as u128) >> 64) as usize
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// Seeded chance for ids.
#[derive(Debug)]
pub struct SeededChance(std::sync::Mutex<Dice>);

impl SeededChance {
    /// Chance that always falls alike for the same seed. Never for secrets outside of a demo or a test.
    pub const fn new(seed: u64) -> Self {
        Self(std::sync::Mutex::new(Dice::new(seed)))
    }
}

impl Chance for SeededChance {
    fn bits(&self) -> u128 {
        let mut dice = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        (u128::from(dice.roll()) << 64) | u128::from(dice.roll())
    }
}

/// A sign-in of the demo clinic. Passwords are random for each data folder, never from the seed.
#[derive(Clone)]
pub struct SignIn {
    /// What the account may do.
    pub role: Role,
    /// What to type as a name.
    pub sign_in_name: String,
    /// What to type as a password.
    pub password: String,
}

/// Fills an empty database with the demo clinic. `env` works for the clinic that is made; `passwords` makes a fresh
/// password each time it is asked.
pub fn fill(
    env: &Env,
    acting: &Acting,
    seed: u64,
    mut passwords: impl FnMut() -> String,
) -> Result<Vec<SignIn>, Failure> {
    let house = House::new(env);
    let (inside, made) = (env.clone(), house.clone());
    env.store.write(move |tx| made.write(tx, &inside))?;
    let mut sign_ins = Vec::new();
    for (sign_in_name, name, role, resource_id) in house.staff() {
        let password = passwords();
        let new =
            NewStaff { sign_in_name: sign_in_name.to_owned(), name: name.to_owned(), role, resource_id };
        staff::add(env, acting, new, &password)?;
        sign_ins.push(SignIn { role, sign_in_name: sign_in_name.to_owned(), password });
    }
    let acting = acting.clone();
    diary::change(env, move |tx, env, book| {
        let mut dice = Dice::new(seed);
        let patients = write_patients(tx, env, &mut dice)?;
        let booked = write_bookings(tx, env, book, &mut dice, &patients)?;
        let waiting = waiting::write(tx, env, &*book.rules()?, &mut dice)?;
        let asking = asking::write(tx, env, seed)?;
        let detail =
            format!("patients {} appointments {booked} waiting {waiting} enquiries {asking}", patients.len());
        audit::note(tx, env, &acting, "demo.fill", "clinic", &env.clinic_id.to_string(), &detail)
    })?;
    Ok(sign_ins)
}

/// The clinic without people: ids are chosen once, so that writing twice writes the same.
#[derive(Debug, Clone)]
struct House {
    clinic: Clinic,
    site: Site,
    resources: Vec<Resource>,
}

impl House {
    fn new(env: &Env) -> Self {
        let site_id: SiteId = env.new_id();
        let skill = |name: &str| Skill::new(name).expect("a plain word is a name");
        let mut resources = Vec::new();
        let mut add = |kind, name: &str, skills: &[&str]| {
            resources.push(Resource {
                id: env.new_id(),
                site_id,
                kind,
                name: name.to_owned(),
                skills: skills.iter().map(|name| skill(name)).collect(),
                seats: 1,
                gap_minutes: 0,
                daily_cap: None,
                active: true,
                position: u16::try_from(resources.len()).unwrap_or(u16::MAX),
            });
        };
        for name in ["Imani Reyes", "Jonas Lindqvist", "Mei Tanaka"] {
            add(ResourceKind::Practitioner, name, &[NEEDLING, NUMBING_WATCH]);
        }
        add(ResourceKind::Assistant, "Noor Haddad", &[NUMBING_WATCH]);
        for name in ["Room 1", "Room 2", "Room 3", "Room 4"] {
            add(ResourceKind::Room, name, &[]);
        }
        for name in ["Pen A", "Pen B"] {
            add(ResourceKind::Device, name, &[]);
        }
        let clinic = Clinic {
            id: env.clinic_id,
            name: "Dot & Meadow".into(),
            jurisdiction: Jurisdiction::new("GB-ENG").expect("a plain word is a name"),
            currency: Currency::new("GBP").expect("three letters are a currency"),
            is_demo: true,
            settings: ClinicSettings {
                contact_email: "hello@dot-and-meadow.example".into(),
                contact_phone: "020 7946 0123".into(),
                ..ClinicSettings::default()
            },
        };
        let site = Site {
            id: site_id,
            name: "Dot & Meadow".into(),
            zone: "Europe/London".into(),
            address: "12 Meadow Lane\nLondon N1".into(),
            phone: None,
        };
        Self { clinic, site, resources }
    }

    fn staff(&self) -> Vec<(&'static str, &str, Role, Option<ResourceId>)> {
        let treats = |place: usize| (self.resources[place].name.as_str(), Some(self.resources[place].id));
        let (imani, imani_id) = treats(0);
        let (jonas, jonas_id) = treats(1);
        let (mei, mei_id) = treats(2);
        let (noor, noor_id) = treats(3);
        vec![
            ("desk", "Sam Okafor", Role::FrontDesk, None),
            ("imani", imani, Role::ClinicalLead, imani_id),
            ("jonas", jonas, Role::Practitioner, jonas_id),
            ("mei", mei, Role::Practitioner, mei_id),
            ("noor", noor, Role::Assistant, noor_id),
            ("owner", "Rosa Quinn", Role::Owner, None),
        ]
    }

    fn write(&self, tx: &mut Tx<'_>, env: &Env) -> Result<(), Failure> {
        store::clinics::insert(tx, &self.clinic)?;
        store::clinics::save_site(tx, env.clinic_id, &self.site)?;
        for resource in &self.resources {
            store::resources::save(tx, env.clinic_id, resource)?;
            store::hours::replace_weekly(tx, env.clinic_id, resource.id, &hours(resource))?;
        }
        let zone = TimeZone::get(&self.site.zone).map_err(|_| bad_data("the demo's own zone is none"))?;
        let today = env.clock.now().to_zoned(zone).date();
        Ok(store::hours::save_closure(tx, env.clinic_id, &holiday::next(self.site.id, today)?)?)
    }
}

/// Rooms and pens are there from seven to nine; people work from nine to six on weekdays with an hour's break, one
/// of them until eight on Thursdays, and in turns on Saturdays until two.
fn hours(resource: &Resource) -> Vec<WeeklyRule> {
    let rule = |kind, weekday, from_hour: u16, to_hour: u16| WeeklyRule {
        resource_id: resource.id,
        kind,
        weekday,
        from_local: from_hour * 60,
        to_local: to_hour * 60,
    };
    let is_person = matches!(resource.kind, ResourceKind::Practitioner | ResourceKind::Assistant);
    if !is_person {
        return (1..=6).map(|weekday| rule(WeeklyKind::Hours, weekday, 7, 21)).collect();
    }
    let mut rules = Vec::new();
    for weekday in 1..=5 {
        let is_late = weekday == 4 && matches!(resource.position, 1 | 3);
        rules.push(rule(WeeklyKind::Hours, weekday, 9, if is_late { 20 } else { 18 }));
        let lunch = 12 + resource.position % 2;
        rules.push(rule(WeeklyKind::Break, weekday, lunch, lunch + 1));
    }
    if matches!(resource.position, 0 | 3) {
        rules.push(rule(WeeklyKind::Hours, 6, 9, 14));
    }
    rules
}

fn write_patients(tx: &mut Tx<'_>, env: &Env, dice: &mut Dice) -> Result<Vec<PatientId>, Failure> {
    let created_at = env.clock.now();
    let mut ids = Vec::with_capacity(PATIENTS);
    for index in 0..PATIENTS {
        let person = people::person(dice, index);
        let birth_on =
            Date::new(1956 + dice.below(48) as i16, 1 + dice.below(12) as i8, 1 + dice.below(28) as i8);
        let patient = Patient {
            id: env.new_id(),
            name: person.name,
            email: person.email,
            phone: person.phone,
            birth_on: birth_on.ok(),
            created_at,
        };
        store::patients::save(tx, env.clinic_id, &patient)?;
        ids.push(patient.id);
    }
    Ok(ids)
}

fn write_bookings(
    tx: &mut Tx<'_>,
    env: &Env,
    book: &mut Book,
    dice: &mut Dice,
    patients: &[PatientId],
) -> Result<usize, Failure> {
    let rules = book.rules()?;
    let now = env.clock.now();
    let first = rules.date_at(now).saturating_sub(Span::new().days(DAYS_BACK));
    let treatment = VisitTypeId::new("treatment").map_err(|_| bad_data("a name"))?;
    let consultation = VisitTypeId::new("consultation").map_err(|_| bad_data("a name"))?;
    let mut booked = 0;
    for date in first.series(Span::new().days(1)).take(DAYS as usize) {
        // The near days are fuller than the far ones, and Saturdays are short.
        let ahead = first.until(date).map_or(0, |span| span.get_days());
        let wanted = match date.weekday() {
            Weekday::Sunday => 0,
            Weekday::Saturday => 2,
            _ => 4 - usize::try_from(ahead / 45).unwrap_or(0),
        };
        // A patient comes at most once a day here, so nobody needs to be in two places.
        let mut patient = dice.below(patients.len());
        for _ in 0..wanted {
            let visit_type = if dice.below(4) == 0 { &consultation } else { &treatment };
            let query = Query::all(date, date);
            let starts = book.starts(visit_type, &query)?;
            if starts.is_empty() {
                continue;
            }
            let start_at = starts[dice.below(starts.len())];
            patient = (patient + 1) % patients.len();
            write_booking(tx, env, book, visit_type, &query, start_at, patients[patient], dice)?;
            booked += 1;
        }
    }
    Ok(booked)
}

/// One place or two that lie beside each other in the protocol, sorted as an appointment keeps them.
fn zones(concern: &protocol::Concern, dice: &mut Dice) -> Vec<ZoneId> {
    let (first, count) = (dice.below(concern.zones.len().max(1)), 1 + dice.below(2));
    let mut zones: Vec<ZoneId> = concern.zones.iter().cycle().skip(first).take(count).cloned().collect();
    zones.sort_unstable();
    zones.dedup();
    zones
}

#[expect(
    clippy::too_many_arguments,
    reason = "a booking has that many parts, and nobody else makes one like it"
)]
fn write_booking(
    tx: &mut Tx<'_>,
    env: &Env,
    book: &mut Book,
    visit_type: &VisitTypeId,
    query: &Query<'_>,
    start_at: Timestamp,
    patient_id: PatientId,
    dice: &mut Dice,
) -> Result<(), Failure> {
    let rules = book.rules()?;
    let now = env.clock.now();
    let planned = book.plan(visit_type, query, start_at)?;
    let id = env.new_id();
    let concerns: Vec<&protocol::Concern> =
        env.protocol.protocol.concerns.iter().filter(|concern| concern.is_offered).collect();
    let concern = concerns[dice.below(concerns.len())];
    let mut own_dice = Dice::new(dice.roll());
    let zones = zones(concern, &mut own_dice);
    // Some rang the desk, and nobody has asked them yet.
    let is_asked = visit_type.as_str() == "treatment" && own_dice.below(9) > 0;
    let patient = store::patients::load(tx, env.clinic_id, patient_id)?;
    let response_id = match patient.and_then(|patient| patient.birth_on).filter(|_| is_asked) {
        Some(birth_on) => {
            let concern = Some(concern.id.clone());
            Some(waiting::all_no(tx, env, concern, zones.clone(), birth_on, planned.end_at)?)
        }
        None => None,
    };
    let status = match (planned.end_at <= now, dice.below(12)) {
        (true, 0) => AppointmentStatus::Noshow,
        (true, _) => AppointmentStatus::Fulfilled,
        (false, _) if planned.start_at <= now => AppointmentStatus::Arrived,
        (false, _) => AppointmentStatus::Booked,
    };
    let appointment = Appointment {
        id,
        site_id: rules.site.id,
        patient_id,
        visit_type: visit_type.clone(),
        status,
        concern: Some(concern.id.clone()),
        zones,
        start_at: planned.start_at,
        end_at: planned.end_at,
        lead_id: planned.lead_id,
        phases: planned.phases,
        sequence: 0,
        idempotency_key: format!("demo-{id}"),
        link_hash: env.link_key.secret(id).hash(),
        link_expires_at: planned.end_at,
        confirm_by_at: None,
        told_local: planned.start_at.to_zoned(rules.zone.clone()).to_string(),
        note: String::new(),
        response_id,
        created_at: now,
    };
    store::appointments::insert(tx, env.clinic_id, &appointment, &planned.occupations)?;
    book.occupy(&planned.occupations);
    Ok(())
}
