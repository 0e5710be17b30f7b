//! A demo clinic over a fresh store, with a clock that stands still until it is moved.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use app::{
    Acting, Actor, Env, Secret,
    appointments::{BookAppointment, Booked, OfferedTime, TimesAsked, book, day_times},
    demo::{Dice, SeededChance, fill},
    diary::DiaryCache,
    env::{Clock, LinkKey},
    people::Contact,
    protocols::ProtocolInForce,
    screening::{Given, SelfCheck, load, save},
};
use jiff::{Span, Timestamp, civil::Date};
use store::Store;
use testkit::TestPlace;
use vocab::{AppointmentId, ClinicId, ConcernId, OperationId, VisitTypeId, ZoneId};

/// A clock that stands still.
pub(crate) struct Standing(Mutex<Timestamp>);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A demo clinic. Its parts are dropped after the environment.
pub(crate) struct House {
    pub(crate) env: Env,
    pub(crate) engine: &'static str,
    pub(crate) place: TestPlace,
    clock: Arc<Standing>,
}

/// Monday, 23 November 2026, nine in the morning in London.
pub(crate) const MORNING: &str = "2026-11-23T09:00:00Z";

/// A house on each engine.
pub(crate) fn houses() -> Vec<House> {
    testkit::places().into_iter().map(House::new).collect()
}

impl House {
    fn new(place: TestPlace) -> Self {
        let store = Store::open(&place.location).expect("a fresh store can be opened");
        let clock = Arc::new(Standing(Mutex::new(MORNING.parse().unwrap())));
        let env = Env {
            store: Arc::new(store),
            clock: clock.clone(),
            chance: Arc::new(SeededChance::new(7)),
            clinic_id: ClinicId::from_bits(1),
            protocol: Arc::new(protocol()),
            diary: Arc::new(DiaryCache::new()),
            link_key: LinkKey::new([7; 32]),
            public_url: "http://127.0.0.1:8080".into(),
        };
        let acting = Acting { actor: Actor::System, operation_id: OperationId::from_bits(0) };
        fill(&env, &acting, 1, || "even small dots".into()).expect("the demo can be filled");
        Self { env, engine: place.engine, place, clock }
    }

    pub(crate) fn pass(&self, span: Span) {
        let mut now = self.clock.0.lock().unwrap();
        *now = now.checked_add(span).unwrap();
    }

    pub(crate) fn visitor(&self) -> Acting {
        Acting { actor: Actor::Visitor, operation_id: OperationId::from_bits(1) }
    }

    pub(crate) fn holder(&self, id: AppointmentId) -> Acting {
        Acting { actor: Actor::LinkHolder(id), operation_id: OperationId::from_bits(2) }
    }

    /// The free times of the first day that has any, two days from now or later.
    pub(crate) fn times(&self, visit: &str) -> Vec<OfferedTime> {
        let asked = TimesAsked { visit_type: name(visit), practitioner: None, not_before: None };
        let first: Date = "2026-11-26".parse().unwrap();
        let days = first.series(Span::new().days(1)).take(30);
        days.map(|day| day_times(&self.env, &self.visitor(), &asked, day).unwrap())
            .find(|times| times.len() > 2)
            .expect("the demo has free times")
    }

    /// The first free time a week or more after `at`.
    pub(crate) fn later_than(&self, at: Timestamp, visit: &str) -> OfferedTime {
        let asked = TimesAsked { visit_type: name(visit), practitioner: None, not_before: None };
        let first = at.to_zoned(jiff::tz::TimeZone::UTC).date().saturating_add(Span::new().days(7));
        let mut days = first.series(Span::new().days(1)).take(30);
        let found = days
            .find_map(|day| day_times(&self.env, &self.visitor(), &asked, day).unwrap().into_iter().next());
        found.expect("the demo has free times")
    }

    pub(crate) fn command(&self, visit: &str, time: &OfferedTime, key: &str) -> BookAppointment {
        BookAppointment {
            visit_type: name(visit),
            start_at: time.start_at,
            practitioner: Some(time.practitioners[0]),
            contact: Contact {
                name: "Ada Example".into(),
                email: Some("ada@example.org".parse().unwrap()),
                phone: String::new(),
            },
            birth_on: None,
            hold: None,
            response: None,
            zones: Vec::new(),
            idempotency_key: key.into(),
            note: String::new(),
            tell_patient: true,
        }
    }

    pub(crate) fn booked(&self) -> Booked {
        let time = &self.times("consultation")[0];
        book(&self.env, &self.visitor(), self.command("consultation", time, "first")).unwrap()
    }

    /// A complete self-check under `secret`, all answers no but those given.
    pub(crate) fn answer(&self, secret: &Secret, answers: &[(&str, Given)]) {
        let protocol = &self.env.protocol.protocol;
        let mut all: BTreeMap<_, _> = protocol
            .self_check()
            .into_iter()
            .flat_map(|(_, rules)| rules)
            .map(|rule| (rule.id.clone(), Given::No))
            .collect();
        for (rule, given) in answers {
            let known = all.get_mut(&vocab::RuleId::new(rule).unwrap());
            *known.unwrap_or_else(|| panic!("{rule} is asked in the self-check")) = given.clone();
        }
        let check = SelfCheck {
            concern: Some(ConcernId::new("acne-scars").unwrap()),
            zones: vec![ZoneId::new("cheek").unwrap()],
            birth_on: Some("1990-03-27".parse().unwrap()),
            answers: all,
            prior: None,
            answered_on: None,
            is_complete: true,
        };
        let seen = load(&self.env, &self.visitor(), secret).unwrap();
        save(&self.env, &self.visitor(), secret, seen, check).unwrap();
    }

    /// The sequence number that the page of an appointment shows.
    pub(crate) fn sequence(&self, id: AppointmentId) -> u32 {
        let load = |tx: &mut store::Tx<'_>| store::appointments::load(tx, self.env.clinic_id, id);
        self.env.store.read(load).unwrap().unwrap().sequence
    }

    /// Claims and occupations from now on that do not match: anything but 0 is a hole in the guard. Claims of the past
    /// are forgotten.
    pub(crate) fn unguarded(&self) -> u64 {
        let from = self.env.clock.now();
        self.env.store.read(|tx| store::diary::count_unguarded(tx, self.env.clinic_id, from)).unwrap()
    }
}

pub(crate) fn name(visit: &str) -> VisitTypeId {
    VisitTypeId::new(visit).unwrap()
}

pub(crate) fn secret(seed: u64) -> Secret {
    Secret::from_bits(Dice::new(seed).roll().into())
}

pub(crate) fn protocol() -> ProtocolInForce {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../protocols/micro-needling"));
    let mut files: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    ProtocolInForce::parse(&files).unwrap()
}
