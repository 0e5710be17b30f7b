//! The rows of the diary as they are read past the store.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use store::StoreLocation;

use super::texts;

/// Five minutes, in microseconds.
pub(super) const QUANTUM: i64 = 300_000_000;

/// An appointment or a hold.
#[derive(Debug, Clone)]
pub(super) struct Owner {
    pub(super) id: String,
    pub(super) is_hold: bool,
    pub(super) status: String,
    pub(super) visit_type: String,
    pub(super) patient: String,
    pub(super) lead: String,
    /// Microseconds.
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) sequence: u64,
    pub(super) created: i64,
    pub(super) confirm_by: Option<i64>,
    /// Name, minutes, whether the patient is there. Holds do not keep theirs.
    pub(super) phases: Vec<(String, i64, bool)>,
}

/// A seat in use.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) owner: String,
    pub(super) resource: String,
    pub(super) seat: u32,
    pub(super) from: i64,
    pub(super) to: i64,
}

/// Somebody or something that is booked.
#[derive(Debug, Clone)]
pub(super) struct Resource {
    pub(super) kind: String,
    pub(super) skills: String,
    /// Microseconds.
    pub(super) gap: i64,
    pub(super) cap: Option<u64>,
    /// Weekday, whether it is a break, from and to minute.
    pub(super) weekly: Vec<(i8, bool, i64, i64)>,
    /// Date and its hours.
    pub(super) special: Vec<(String, Vec<(i64, i64)>)>,
    /// Away from, until, and since when that was known.
    pub(super) away: Vec<(DateTime, DateTime, i64)>,
}

/// An entry of the audit trail.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) action: String,
    pub(super) object: String,
}

/// Everything that is looked at.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) zone: TimeZone,
    pub(super) notice: i64,
    pub(super) step: i64,
    pub(super) on_call_limit: usize,
    pub(super) needling_counts: bool,
    pub(super) resources: BTreeMap<String, Resource>,
    pub(super) closures: Vec<(DateTime, DateTime)>,
    pub(super) owners: BTreeMap<String, Owner>,
    pub(super) pieces: Vec<Piece>,
    /// Resource, seat, number of the quantum.
    pub(super) claims: Vec<(String, u32, i64)>,
    pub(super) events: Vec<Event>,
    /// When and by what kind of actor each visit was last planned.
    pub(super) plans: BTreeMap<String, (i64, String)>,
    /// Subjects of the letters that are still to be written.
    pub(super) jobs: Vec<String>,
    /// Keys of the messages.
    pub(super) messages: Vec<String>,
}

fn number(text: &str) -> i64 {
    text.parse().unwrap_or_else(|_| panic!("{text} is not a number"))
}

fn wall(text: &str) -> DateTime {
    text.parse().unwrap_or_else(|_| panic!("{text} is not a local time"))
}

impl Rows {
    pub(super) fn read(location: &StoreLocation) -> Self {
        let all = |sql: &str| texts(location, sql);
        let settings = all("SELECT CAST(min_notice_minutes AS TEXT), CAST(offer_step_minutes AS TEXT),
             CAST(on_call_limit AS TEXT), CAST(needling_counts_as_on_call AS TEXT) FROM clinic");
        let zone = all("SELECT zone FROM site");
        let closures = all("SELECT from_local, to_local FROM closure");
        let claims = all("SELECT resource_id, CAST(seat AS TEXT), CAST(quantum AS TEXT) FROM claim
             JOIN clinic ON clinic.clinic_no = claim.clinic_no
             JOIN resource ON resource.clinic_id = clinic.clinic_id AND resource.resource_no = claim.resource_no");
        let events =
            all("SELECT CAST(at AS TEXT), actor_kind, action, object_id FROM audit_event ORDER BY seq");
        let pieces = all("SELECT owner_id, resource_id, CAST(seat AS TEXT), CAST(from_at AS TEXT),
             CAST(to_at AS TEXT) FROM occupation");
        let first = |rows: Vec<Vec<String>>| rows.into_iter().flatten().collect();
        let planning = ["appointment.book", "appointment.move", "hold.place"];
        let plans = events.iter().filter(|row: &&Vec<String>| planning.contains(&row[2].as_str()));
        let plans = plans.map(|row| (row[3].clone(), (number(&row[0]), row[1].clone()))).collect();
        Self {
            zone: TimeZone::get(&zone[0][0]).expect("a zone"),
            notice: number(&settings[0][0]) * 60_000_000,
            step: number(&settings[0][1]),
            on_call_limit: usize::try_from(number(&settings[0][2])).expect("a small number"),
            needling_counts: ["1", "true"].contains(&settings[0][3].as_str()),
            resources: resources(location),
            closures: closures.iter().map(|row| (wall(&row[0]), wall(&row[1]))).collect(),
            owners: owners(location),
            pieces: pieces
                .into_iter()
                .map(|row| Piece {
                    seat: row[2].parse().expect("a seat"),
                    from: number(&row[3]),
                    to: number(&row[4]),
                    owner: row[0].clone(),
                    resource: row[1].clone(),
                })
                .collect(),
            claims: claims
                .into_iter()
                .map(|row| (row[0].clone(), row[1].parse().expect("a seat"), number(&row[2])))
                .collect(),
            events: events
                .into_iter()
                .map(|row| Event { action: row[2].clone(), object: row[3].clone() })
                .collect(),
            jobs: first(all("SELECT subject_id FROM job WHERE kind = 'write-letter'")),
            plans,
            messages: first(all("SELECT event_key FROM message")),
        }
    }

    /// A moment in local time.
    pub(super) fn local(&self, at: i64) -> DateTime {
        self.zone.to_datetime(Timestamp::from_microsecond(at).expect("in range"))
    }

    /// A local time as microseconds: skipped means the offset before, repeated the first (RFC 5545).
    pub(super) fn instant(&self, wall: DateTime) -> i64 {
        let at = self.zone.to_ambiguous_timestamp(wall).compatible().expect("in range");
        at.as_microsecond()
    }
}

fn resources(location: &StoreLocation) -> BTreeMap<String, Resource> {
    let all = |sql: &str| texts(location, sql);
    let weekly = all("SELECT resource_id, CAST(weekday AS TEXT), kind, CAST(from_local AS TEXT),
         CAST(to_local AS TEXT) FROM weekly_rule");
    let special = all("SELECT resource_id, special_on, hours FROM special_day");
    let absences = all("SELECT resource_id, from_local, to_local, reason FROM absence");
    let mut resources = BTreeMap::new();
    for row in all("SELECT resource_id, kind, skills, CAST(gap_minutes AS TEXT),
         coalesce(CAST(daily_cap AS TEXT), '') FROM resource")
    {
        let mine = |rows: &[Vec<String>]| -> Vec<Vec<String>> {
            rows.iter().filter(|other| other[0] == row[0]).cloned().collect()
        };
        let span = |text: &str| {
            let (from, to) = text.split_once('-').expect("hours are from-to");
            (number(from), number(to))
        };
        let resource = Resource {
            kind: row[1].clone(),
            skills: row[2].clone(),
            gap: number(&row[3]) * 60_000_000,
            cap: row[4].parse().ok(),
            weekly: mine(&weekly)
                .iter()
                .map(|rule| {
                    let weekday = rule[1].parse().expect("a weekday");
                    (weekday, rule[2] == "break", number(&rule[3]), number(&rule[4]))
                })
                .collect(),
            special: mine(&special)
                .iter()
                .map(|day| (day[1].clone(), day[2].split_whitespace().map(span).collect()))
                .collect(),
            away: mine(&absences)
                .iter()
                .map(|one| {
                    let known = one[3].strip_prefix("ill ").map_or(i64::MIN, number);
                    (wall(&one[1]), wall(&one[2]), known)
                })
                .collect(),
        };
        resources.insert(row[0].clone(), resource);
    }
    resources
}

fn owners(location: &StoreLocation) -> BTreeMap<String, Owner> {
    let mut owners = BTreeMap::new();
    let appointments = texts(
        location,
        "SELECT appointment_id, status, visit_type, patient_id, lead_id, CAST(start_at AS TEXT),
           CAST(end_at AS TEXT), CAST(sequence AS TEXT), CAST(created_at AS TEXT),
           coalesce(CAST(confirm_by_at AS TEXT), ''), phases FROM appointment",
    );
    for row in appointments {
        let phase = |text: &str| {
            let (name, minutes) = text.split_once(':').expect("a phase is name:minutes");
            (name.to_owned(), number(minutes.trim_end_matches('!')), !minutes.ends_with('!'))
        };
        let owner = Owner {
            id: row[0].clone(),
            is_hold: false,
            status: row[1].clone(),
            visit_type: row[2].clone(),
            patient: row[3].clone(),
            lead: row[4].clone(),
            start: number(&row[5]),
            end: number(&row[6]),
            sequence: row[7].parse().expect("a number"),
            created: number(&row[8]),
            confirm_by: row[9].parse().ok(),
            phases: row[10].split_whitespace().map(phase).collect(),
        };
        owners.insert(owner.id.clone(), owner);
    }
    let holds = texts(
        location,
        "SELECT hold_id, visit_type, lead_id, CAST(start_at AS TEXT), CAST(end_at AS TEXT),
           CAST(created_at AS TEXT) FROM hold",
    );
    for row in holds {
        let owner = Owner {
            id: row[0].clone(),
            is_hold: true,
            status: "held".into(),
            visit_type: row[1].clone(),
            patient: String::new(),
            lead: row[2].clone(),
            start: number(&row[3]),
            end: number(&row[4]),
            sequence: 0,
            created: number(&row[5]),
            confirm_by: None,
            phases: Vec::new(),
        };
        owners.insert(owner.id.clone(), owner);
    }
    owners
}
