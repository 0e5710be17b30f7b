//! A clinic of a known size, written past the use cases: ten therapists with a room each, Monday to Saturday from nine
//! to one and from two to six, and on the next ninety days any number of visits of 30 or 45 minutes.

use app::demo::Dice;
use jiff::{
    Span, Timestamp,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use record::{
    Appointment, AppointmentPhase, AppointmentStatus, Clinic, ClinicSettings, Occupation, Patient, Resource,
    ResourceKind, Site, WeeklyKind, WeeklyRule,
};
use store::{Store, StoreError, StoreLocation, Tx};
use vocab::{Currency, Id, Jurisdiction, PatientId, ResourceId, Skill, VisitTypeId};

use crate::{Outcome, at};

/// Therapists, and rooms.
pub const THERAPISTS: usize = 10;
/// Days that are filled, as many as a visitor can book ahead.
pub const DAYS: i64 = 90;
/// The zone of the clinic.
pub const ZONE: &str = "Europe/London";
/// Hours of a day, in minutes from midnight.
const HOURS: [(u16, u16); 2] = [(9 * 60, 13 * 60), (14 * 60, 18 * 60)];
/// Pens to treat with.
const PENS: usize = 5;

/// How much is in it.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Patients.
    pub patients: usize,
    /// Visits.
    pub appointments: usize,
}

struct Writer {
    dice: Dice,
    now: Timestamp,
    zone: TimeZone,
    clinic: Clinic,
    site: Site,
    therapists: Vec<ResourceId>,
    rooms: Vec<ResourceId>,
}

/// Writes the clinic into an empty database. The same seed writes the same clinic.
pub fn fill(location: &StoreLocation, seed: u64, size: Size, now: Timestamp) -> Outcome {
    let store = Store::open(location).map_err(at("the database"))?;
    store
        .write(move |tx| {
            let mut writer = Writer::new(seed, now)?;
            writer.house(tx)?;
            let patients = writer.patients(tx, size.patients)?;
            writer.appointments(tx, &patients, size.appointments)
        })
        .map_err(|error: StoreError| format!("the clinic cannot be written: {error}"))
}

fn bad(what: &'static str) -> StoreError {
    StoreError::Corrupt(what)
}

/// Whose, on which date, from which minute of the day until which.
type HalfDay = (usize, Date, (u16, u16));

impl Writer {
    fn new(seed: u64, now: Timestamp) -> Result<Self, StoreError> {
        let mut dice = Dice::new(seed);
        let settings = ClinicSettings {
            contact_email: "hello@bench.example".into(),
            contact_phone: "020 7946 0123".into(),
            ..ClinicSettings::default()
        };
        let clinic = Clinic {
            id: id(&mut dice, now),
            name: "Bench".into(),
            jurisdiction: Jurisdiction::new("GB-ENG").map_err(|_| bad("clinic.jurisdiction"))?,
            currency: Currency::new("GBP").ok_or(bad("clinic.currency"))?,
            is_demo: true,
            settings,
        };
        let site = Site {
            id: id(&mut dice, now),
            name: "Bench".into(),
            zone: ZONE.into(),
            address: "1 Bench Row".into(),
            phone: None,
        };
        let zone = TimeZone::get(ZONE).map_err(|_| bad("site.zone"))?;
        Ok(Self { dice, now, zone, clinic, site, therapists: Vec::new(), rooms: Vec::new() })
    }

    fn house(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        store::clinics::insert(tx, &self.clinic)?;
        store::clinics::save_site(tx, self.clinic.id, &self.site)?;
        let mut position = 0;
        for number in 0..THERAPISTS {
            let name = format!("Therapist {number}");
            let skills = [app::visit_types::NEEDLING, app::visit_types::NUMBING_WATCH];
            let id = self.resource(tx, ResourceKind::Practitioner, name, &skills, &mut position)?;
            self.therapists.push(id);
        }
        for number in 0..THERAPISTS {
            let id = self.resource(tx, ResourceKind::Room, format!("Room {number}"), &[], &mut position)?;
            self.rooms.push(id);
        }
        for number in 0..PENS {
            self.resource(tx, ResourceKind::Device, format!("Pen {number}"), &[], &mut position)?;
        }
        Ok(())
    }

    fn resource(
        &mut self,
        tx: &mut Tx<'_>,
        kind: ResourceKind,
        name: String,
        skills: &[&str],
        position: &mut u16,
    ) -> Result<ResourceId, StoreError> {
        let skills = skills.iter().map(|name| Skill::new(name).map_err(|_| bad("resource.skills")));
        let resource = Resource {
            id: id(&mut self.dice, self.now),
            site_id: self.site.id,
            kind,
            name,
            skills: skills.collect::<Result<_, _>>()?,
            seats: 1,
            gap_minutes: 0,
            daily_cap: None,
            active: true,
            position: *position,
        };
        *position += 1;
        store::resources::save(tx, self.clinic.id, &resource)?;
        let hours = (1..=6).flat_map(|weekday| HOURS.map(|(from, to)| (weekday, from, to)));
        let rules: Vec<WeeklyRule> = hours
            .map(|(weekday, from_local, to_local)| WeeklyRule {
                resource_id: resource.id,
                kind: WeeklyKind::Hours,
                weekday,
                from_local,
                to_local,
            })
            .collect();
        store::hours::replace_weekly(tx, self.clinic.id, resource.id, &rules)?;
        Ok(resource.id)
    }

    fn patients(&mut self, tx: &mut Tx<'_>, count: usize) -> Result<Vec<PatientId>, StoreError> {
        let mut ids = Vec::with_capacity(count);
        for number in 0..count {
            let patient = Patient {
                id: id(&mut self.dice, self.now),
                name: format!("Known Person {number}"),
                email: format!("known.{number}@example.org"),
                phone: "020 7946 0002".into(),
                birth_on: None,
                created_at: self.now,
            };
            store::patients::save(tx, self.clinic.id, &patient)?;
            ids.push(patient.id);
        }
        Ok(ids)
    }

    /// Spreads the visits evenly over all half days of all therapists, at a chance place on the offered grid.
    fn appointments(
        &mut self,
        tx: &mut Tx<'_>,
        patients: &[PatientId],
        count: usize,
    ) -> Result<(), StoreError> {
        let halves = self.half_days()?;
        let mut written = 0;
        for (number, (therapist, date, (from, to))) in halves.iter().enumerate() {
            // So many by now, that at the end it is all of them.
            let wanted = count * (number + 1) / halves.len();
            let mut at = *from;
            while written < wanted {
                let minutes = if self.dice.below(2) == 0 { 30 } else { 45 };
                let left = usize::from(to.saturating_sub(at + minutes)) / 15;
                // A little slack before each, and enough room behind for those that are still to come here.
                let still = (wanted - written - 1) * 3;
                let slack = left.saturating_sub(still).min(3);
                at += 15 * u16::try_from(self.dice.below(slack + 1)).unwrap_or(0);
                if at + minutes > *to {
                    break;
                }
                let patient = patients[self.dice.below(patients.len())];
                self.appointment(tx, patient, *therapist, *date, (at, minutes))?;
                written += 1;
                at += minutes;
            }
        }
        if written == count { Ok(()) } else { Err(bad("appointment: that many do not fit")) }
    }

    /// Every half day of every therapist: which therapist, which date, from when until when.
    fn half_days(&self) -> Result<Vec<HalfDay>, StoreError> {
        let today = self.now.to_zoned(self.zone.clone()).date();
        let first = today.tomorrow().map_err(|_| bad("date"))?;
        let dates = first.series(Span::new().days(1)).take(usize::try_from(DAYS).unwrap_or(0));
        let open = dates.filter(|date| date.weekday() != Weekday::Sunday);
        let halves = open.flat_map(|date| {
            (0..THERAPISTS).flat_map(move |therapist| HOURS.map(|hours| (therapist, date, hours)))
        });
        Ok(halves.collect())
    }

    fn appointment(
        &mut self,
        tx: &mut Tx<'_>,
        patient_id: PatientId,
        therapist: usize,
        date: Date,
        (at, minutes): (u16, u16),
    ) -> Result<(), StoreError> {
        let (hour, minute) = (at / 60, at % 60);
        let local = date.at(i8::try_from(hour).unwrap_or(0), i8::try_from(minute).unwrap_or(0), 0, 0);
        let start_at = local.to_zoned(self.zone.clone()).map_err(|_| bad("start"))?.timestamp();
        let end_at =
            start_at.saturating_add(Span::new().minutes(i64::from(minutes))).map_err(|_| bad("end"))?;
        let id: vocab::AppointmentId = id(&mut self.dice, self.now);
        let lead_id = self.therapists[therapist];
        let occupation = |resource_id, seat| Occupation {
            resource_id,
            seat,
            from_at: start_at,
            to_at: end_at,
            phase: 0,
            phase_name: "consultation".into(),
        };
        // Hands take both of a person's seats: those for being on call beside something else.
        let occupations =
            [occupation(lead_id, 0), occupation(lead_id, 1), occupation(self.rooms[therapist], 0)];
        let mut link_hash = [0; 32];
        link_hash[..16].copy_from_slice(&bits(&mut self.dice).to_be_bytes());
        let phases = vec![AppointmentPhase { name: "consultation".into(), minutes, patient_present: true }];
        let appointment = Appointment {
            id,
            site_id: self.site.id,
            patient_id,
            visit_type: VisitTypeId::new("consultation").map_err(|_| bad("visit_type"))?,
            status: AppointmentStatus::Booked,
            concern: None,
            zones: Vec::new(),
            start_at,
            end_at,
            lead_id,
            phases,
            sequence: 0,
            idempotency_key: format!("bench-{id}"),
            link_hash,
            link_expires_at: end_at,
            confirm_by_at: None,
            told_local: local.to_string(),
            note: String::new(),
            response_id: None,
            created_at: self.now,
        };
        store::appointments::insert(tx, self.clinic.id, &appointment, &occupations)
    }
}

fn bits(dice: &mut Dice) -> u128 {
    (u128::from(dice.roll()) << 64) | u128::from(dice.roll())
}

/// Ids begin with the time, as the server makes them.
fn id<K>(dice: &mut Dice, now: Timestamp) -> Id<K> {
    let milliseconds = u128::from(now.as_millisecond().max(0).unsigned_abs());
    Id::from_bits(milliseconds << 80 | bits(dice) >> 48)
}

/// The clinic's open days that a visitor can book, nearest first. The day after tomorrow is the first: notice is a day.
pub fn bookable_days(now: Timestamp) -> Outcome<Vec<Date>> {
    let zone = TimeZone::get(ZONE).map_err(at("the clinic's zone"))?;
    let first = now.to_zoned(zone).date().saturating_add(Span::new().days(2));
    let days = first.series(Span::new().days(1)).take(usize::try_from(DAYS - 3).unwrap_or(0));
    Ok(days.filter(|date| date.weekday() != Weekday::Sunday).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clinic_holds_what_was_asked_and_every_minute_is_guarded() {
        let folder = std::env::temp_dir().join(format!("stipple-bench-clinic-{}", std::process::id()));
        let location = StoreLocation::Sqlite { path: folder.join("stipple.sqlite") };
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        fill(&location, 1, Size { patients: 20, appointments: 700 }, now).unwrap();
        let store = Store::open(&location).unwrap();
        let (visits, unguarded) = store
            .read(|tx| {
                let clinic = store::clinics::ids(tx)?[0];
                let visits = store::appointments::between(tx, clinic, now, Timestamp::MAX)?.len();
                Ok::<_, StoreError>((visits, store::diary::count_unguarded(tx, clinic, now)?))
            })
            .unwrap();
        drop(store);
        std::fs::remove_dir_all(folder).unwrap();
        assert_eq!((visits, unguarded), (700, 0));
    }
}
