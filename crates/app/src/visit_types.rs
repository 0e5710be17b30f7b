//! From the protocol's phases to what the schedule must find: who, which room, which device, for how long.
//!
//! - Work on the patient is planned at its usual length. Resting with cream is planned at least at its usual length
//!   and may be stretched by half an hour, so that a therapist who is a little late finds the patient still resting.
//! - The therapist stays the same, and so do room and device. What is needed again later is kept meanwhile: a room
//!   between two phases of one visit is not clean, and a prepared pen is nobody else's.
//! - Whoever works on a patient has hands for nobody else; whoever is on call for resting patients may be so for as
//!   many as the clinic's limit. One person's seats stand for that limit: hands take all of them, being on call one.

use std::sync::Arc;

use protocol::StaffNeed;
use record::{ClinicSettings, Resource, ResourceKind};
use schedule::{Claim, Phase, ResourceKey, Role, Takes, VisitType};
use vocab::ResourceId;

/// What somebody who leads a treatment is trained in.
pub const NEEDLING: &str = "needling";
/// What somebody who is on call for resting patients is trained in.
pub const NUMBING_WATCH: &str = "numbing-watch";

/// How much longer than usual a rest may be planned, in minutes.
const REST_STRETCH_MINUTES: u32 = 30;

/// The kind of resource that stands for being on call beside working on another patient.
const WATCH: &str = "watch";
const WATCH_SUFFIX: &str = "+watch";

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
fn span(visit: &protocol::VisitType, needs: impl Fn(&protocol::Phase) -> bool) -> std::ops::Range<usize> {
    let first = visit.phases.iter().position(&needs).unwrap_or(0);
    let after = visit.phases.iter().rposition(&needs).map_or(0, |last| last + 1);
    first..after
}

/// Minutes, rounded up to whole quanta.
fn whole_quanta(minutes: u32) -> u16 {
    u16::try_from(minutes.div_ceil(5) * 5).unwrap_or(u16::MAX)
}

/// A resource as the schedule sees it: one, or two where being on call is counted beside working.
pub(crate) fn resources_for_schedule(
    resource: &Resource,
    settings: &ClinicSettings,
    plain: schedule::Resource,
) -> Vec<schedule::Resource> {
    let is_person = matches!(resource.kind, ResourceKind::Practitioner | ResourceKind::Assistant);
    let limit = u16::try_from(settings.on_call_limit.max(1)).unwrap_or(u16::MAX);
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
    match key.0.strip_suffix(WATCH_SUFFIX) {
        Some(id) => Some((id.parse().ok()?, seat + 1)),
        None => Some((key.0.parse().ok()?, seat)),
    }
}

/// The reverse of [`stored_seat`].
pub(crate) fn schedule_key(
    resource: ResourceId,
    seat: u16,
    is_person: bool,
    settings: &ClinicSettings,
) -> ResourceKey {
    if is_person && settings.needling_counts_as_on_call && seat > 0 {
        format!("{resource}{WATCH_SUFFIX}").as_str().into()
    } else {
        key_of(resource)
    }
}
