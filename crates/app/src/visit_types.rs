//! From the protocol's phases to what the schedule must find: who, which room, which device, for how long.
//!
//! - Work on the patient is planned at its usual length. Resting with cream is planned at least at its usual length
//!   and may be stretched by half an hour, so that a therapist who is a little late finds the patient still resting.
//! - The therapist stays the same, and so do room and device. What is needed again later is kept meanwhile: a room
//!   between two phases of one visit is not clean, and a prepared pen is nobody else's.
//! - Whoever works on a patient has hands for nobody else; whoever is on call for resting patients may be so for as
//!   many as the clinic's limit. One person's seats stand for that limit: hands take all of them, being on call one.

use std::{ops::Range, sync::Arc};

use protocol::StaffNeed;
use record::{ClinicSettings, Resource, ResourceKind};
use schedule::{Claim, Phase, ResourceKey, Role, SiteFacts, Takes, VisitType};
use vocab::ResourceId;

/// What somebody who leads a treatment is trained in.
pub const NEEDLING: &str = "needling";
/// What somebody who is on call for resting patients is trained in.
pub const NUMBING_WATCH: &str = "numbing-watch";

/// How much longer than usual a rest may be planned, in minutes.
pub(crate) const REST_STRETCH_MINUTES: u32 = 30;

/// The kind of resource that stands for being on call beside working on another patient.
pub(crate) const WATCH: &str = "watch";
const WATCH_SUFFIX: &str = "+watch";
/// The twin of a therapist who is booked twice on purpose.
const EXTRA_SUFFIX: &str = "+extra";

/// From this number on, a seat in the database is an extra one: somebody booked twice on purpose, with a reason. Searches
/// do not know such seats, so nothing else is ever put on them.
pub const EXTRA_SEATS_FROM: u16 = 1000;

const LEAD: usize = 0;
const ROOM: usize = 1;
const DEVICE: usize = 2;
const HELPER: usize = 3;
const ON_CALL: usize = 4;

/// What the schedule must find for this kind of visit.
pub fn for_schedule(visit: &protocol::VisitType, settings: &ClinicSettings) -> VisitType {
    let treats = visit.phases.iter().any(|phase| phase.needs_device);
    let room = span(visit, |phase| phase.needs_room);
    let device = span(visit, |phase| phase.needs_device);
    let phases = visit.phases.iter().enumerate().map(|(place, phase)| {
        let mut claims = Vec::new();
        match phase.staff {
            StaffNeed::HandsOn if phase.patient_present => claims.push(whole(&[LEAD])),
            // Readying the room, and sitting with somebody who cools down, can be anybody's.
            StaffNeed::HandsOn => claims.push(whole(&[HELPER, LEAD])),
            StaffNeed::InRoom => claims.push(whole(&[LEAD, HELPER])),
            StaffNeed::OnCall => claims.push(Claim { roles: vec![ON_CALL], takes: Takes::OneSeat }),
            StaffNeed::None => {}
        }
        if room.contains(&place) {
            claims.push(whole(&[ROOM]));
        }
        if device.contains(&place) {
            claims.push(whole(&[DEVICE]));
        }
        let least = whole_quanta(phase.minutes.usual);
        let most = match phase.staff {
            StaffNeed::OnCall => {
                whole_quanta(phase.minutes.most.min(phase.minutes.usual + REST_STRETCH_MINUTES))
            }
            _ => least,
        };
        Phase {
            name: phase.id.as_str().into(),
            min_minutes: least,
            max_minutes: most.max(least),
            claims,
            client: phase.patient_present,
            on_duty: None,
        }
    });
    let on_call_kinds: &[&str] = if settings.needling_counts_as_on_call {
        &[WATCH]
    } else {
        &[ResourceKind::Practitioner.as_str(), ResourceKind::Assistant.as_str()]
    };
    let lead_skills: &[&str] = if treats { &[NEEDLING] } else { &[] };
    VisitType {
        name: visit.id.as_str().into(),
        phases: phases.collect(),
        roles: vec![
            role("lead", &[ResourceKind::Practitioner.as_str()], lead_skills, true),
            role("room", &[ResourceKind::Room.as_str()], &[], true),
            role("device", &[ResourceKind::Device.as_str()], &[], true),
            role("helper", &[ResourceKind::Assistant.as_str()], &[], false),
            role("on-call", on_call_kinds, &[NUMBING_WATCH], false),
        ],
    }
}

fn role(name: &str, kinds: &[&str], skills: &[&str], keep: bool) -> Role {
    let texts = |texts: &[&str]| texts.iter().map(|text| Arc::from(*text)).collect();
    Role { name: name.into(), kinds: texts(kinds), skills: texts(skills), only: vec![], not: vec![], keep }
}

fn whole(roles: &[usize]) -> Claim {
    Claim { roles: roles.to_vec(), takes: Takes::Whole }
}

/// From the first phase that needs it to the last.
fn span(visit: &protocol::VisitType, needs: impl Fn(&protocol::Phase) -> bool) -> Range<usize> {
    let first = visit.phases.iter().position(&needs).unwrap_or(0);
    let after = visit.phases.iter().rposition(&needs).map_or(0, |last| last + 1);
    first..after
}

/// Minutes, rounded up to whole quanta.
fn whole_quanta(minutes: u32) -> u16 {
    u16::try_from(minutes.div_ceil(5) * 5).unwrap_or(u16::MAX)
}

/// The seats of one person in the database: those that hands on a patient take, all of them, and those of which being on call
/// takes one.
pub(crate) fn person_seats(settings: &ClinicSettings) -> (Range<u16>, Range<u16>) {
    let limit = on_call_limit(settings);
    if settings.needling_counts_as_on_call {
        (0..1, 1..limit.saturating_add(1))
    } else {
        (0..limit, 0..limit)
    }
}

fn on_call_limit(settings: &ClinicSettings) -> u16 {
    u16::try_from(settings.on_call_limit.max(1)).unwrap_or(u16::MAX)
}

/// A resource as the schedule sees it: one, or two where being on call is counted beside working.
pub(crate) fn resources_for_schedule(
    resource: &Resource,
    settings: &ClinicSettings,
    plain: schedule::Resource,
) -> Vec<schedule::Resource> {
    let is_person = matches!(resource.kind, ResourceKind::Practitioner | ResourceKind::Assistant);
    let limit = on_call_limit(settings);
    if !is_person {
        return vec![plain];
    }
    if !settings.needling_counts_as_on_call {
        return vec![schedule::Resource { seats: limit, ..plain }];
    }
    let watch = schedule::Resource {
        key: format!("{}{WATCH_SUFFIX}", resource.id).as_str().into(),
        kind: WATCH.into(),
        seats: limit,
        daily_cap: None,
        gap_minutes: 0,
        ..plain.clone()
    };
    vec![schedule::Resource { seats: 1, ..plain }, watch]
}

/// How the schedule calls a resource.
pub(crate) fn key_of(resource: ResourceId) -> ResourceKey {
    resource.to_string().as_str().into()
}

/// The resource and seat in the database that the schedule's resource and seat stand for.
pub(crate) fn stored_seat(key: &ResourceKey, seat: u16) -> Option<(ResourceId, u16)> {
    if let Some(id) = key.0.strip_suffix(WATCH_SUFFIX) {
        return Some((id.parse().ok()?, seat + 1));
    }
    if let Some(id) = key.0.strip_suffix(EXTRA_SUFFIX) {
        return Some((id.parse().ok()?, EXTRA_SEATS_FROM + seat));
    }
    Some((key.0.parse().ok()?, seat))
}

/// The reverse of [`stored_seat`]: the schedule's resource, and which of its seats.
pub(crate) fn schedule_seat(
    resource: ResourceId,
    seat: u16,
    is_person: bool,
    settings: &ClinicSettings,
) -> (ResourceKey, u16) {
    if seat >= EXTRA_SEATS_FROM {
        return (extra_key(resource), seat - EXTRA_SEATS_FROM);
    }
    if is_person && settings.needling_counts_as_on_call && seat > 0 {
        (format!("{resource}{WATCH_SUFFIX}").as_str().into(), seat - 1)
    } else {
        (key_of(resource), seat)
    }
}

/// Which of a schedule's resource's seats a seat in the database is.
pub(crate) fn seat_of(key: &ResourceKey, stored: u16) -> u16 {
    if key.0.ends_with(WATCH_SUFFIX) {
        stored.saturating_sub(1)
    } else if key.0.ends_with(EXTRA_SUFFIX) {
        stored.saturating_sub(EXTRA_SEATS_FROM)
    } else {
        stored
    }
}

fn extra_key(resource: ResourceId) -> ResourceKey {
    format!("{resource}{EXTRA_SUFFIX}").as_str().into()
}

/// The facts and the kind of visit with which this therapist can be booked once more, on purpose: a twin with the same
/// hours and one seat, who may lead and do nothing else. All other rules stay as they are.
pub(crate) fn with_extra(
    site: &SiteFacts,
    visit: &VisitType,
    resource: ResourceId,
) -> Option<(SiteFacts, VisitType, ResourceKey)> {
    let plain = site.resources.iter().find(|one| one.key == key_of(resource))?;
    let key = extra_key(resource);
    let twin =
        schedule::Resource { key: key.clone(), seats: 1, gap_minutes: 0, daily_cap: None, ..plain.clone() };
    let mut site = site.clone();
    site.resources.push(twin);
    let mut visit = visit.clone();
    for role in visit.roles.iter_mut().filter(|role| &*role.name != "lead") {
        role.not.push(key.clone());
    }
    Some((site, visit, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_read_as_they_are_stored() {
        let id = ResourceId::from_bits(7);
        for (counts, is_person, seats) in
            [(false, true, [0, 1, 1000, 1001]), (true, true, [0, 1, 2, 1000]), (true, false, [0, 1, 2, 3])]
        {
            let settings = ClinicSettings { needling_counts_as_on_call: counts, ..ClinicSettings::default() };
            for stored in seats {
                let (key, seat) = schedule_seat(id, stored, is_person, &settings);
                assert_eq!(stored_seat(&key, seat), Some((id, stored)), "{stored} {key}");
            }
        }
    }
}
