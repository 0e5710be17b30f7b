//! What is booked already, when a clinic changes for how many patients somebody may be on call, and whether while working
//! on another. One person's seats stand for that rule ([`crate::visit_types`]), so the seats of their booked visits are
//! written anew with it: whoever has hands on a patient has hands for nobody else under the new rule too.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use jiff::{Timestamp, tz::TimeZone};
use protocol::StaffNeed;
use record::{Appointment, ClinicSettings, Occupation, Owner, QUANTUM_SECONDS, ResourceKind};
use store::Tx;
use vocab::{AppointmentId, ResourceId};

use crate::{
    Env, Failure, FormErrors,
    diary::{book::site, phase_times},
    failure::bad_data,
    visit_types::{EXTRA_SEATS_FROM, person_seats},
    wait_list,
};

/// So many of the times that are in the way are named.
const NAMED_MAX: usize = 10;

/// What a person does for a patient during one phase of a booked visit.
struct Stretch {
    owner: AppointmentId,
    from: Timestamp,
    to: Timestamp,
    phase: u16,
    phase_name: String,
    has_hands_on: bool,
}

/// Gives everybody's booked visits the seats that the new settings ask for, from now on; whether any changed. Times that are
/// held for visitors are given up, for what they hold is not known phase by phase.
///
/// # Errors
/// If booked visits do not go together under the new settings: the times at which they do not. The caller's transaction
/// must not be kept then.
pub(super) fn reseat(
    tx: &mut Tx<'_>,
    env: &Env,
    before: &ClinicSettings,
    after: &ClinicSettings,
) -> Result<bool, Failure> {
    let rule = |settings: &ClinicSettings| (settings.on_call_limit, settings.needling_counts_as_on_call);
    if rule(before) == rule(after) {
        return Ok(false);
    }
    // Nobody books while this is decided.
    store::diary::lock(tx, env.clinic_id)?;
    let from = this_quantum(env.clock.now());
    let mut visits = load(tx, env, from)?;
    let people = people(tx, env)?;
    let mut stretches: BTreeMap<ResourceId, Vec<Stretch>> = BTreeMap::new();
    for visit in visits.values_mut() {
        visit.take_apart(env, before, &people, from, &mut stretches)?;
    }
    let mut in_the_way = Vec::new();
    for (person, mut stretches) in stretches {
        stretches.sort_by_key(|stretch| (stretch.from, stretch.to, stretch.owner));
        for (stretch, seats) in seated(stretches, after, &mut in_the_way) {
            if let Some(visit) = visits.get_mut(&stretch.owner) {
                visit.occupy(person, &stretch, seats);
            }
        }
    }
    if !in_the_way.is_empty() {
        return Err(not_together(&site(tx, env.clinic_id)?.1, before, in_the_way));
    }
    let changed: Vec<_> = visits.into_values().filter_map(Visit::changed).collect();
    // All of them first: one visit's new seat may be another's old one.
    for (id, _) in &changed {
        store::appointments::release(tx, env.clinic_id, *id)?;
    }
    for (id, occupations) in &changed {
        store::appointments::replace_occupations(tx, env.clinic_id, *id, occupations)?;
    }
    Ok(!changed.is_empty())
}

/// The first moment of the five minutes that this is in.
fn this_quantum(now: Timestamp) -> Timestamp {
    let second = now.as_second() - now.as_second().rem_euclid(QUANTUM_SECONDS);
    Timestamp::from_second(second).unwrap_or(now)
}

/// Everybody who can be on call or have hands on a patient, whether they still work here or not.
fn people(tx: &mut Tx<'_>, env: &Env) -> Result<BTreeSet<ResourceId>, Failure> {
    let all = store::resources::list(tx, env.clinic_id)?.into_iter();
    let people = all.filter(|one| matches!(one.kind, ResourceKind::Practitioner | ResourceKind::Assistant));
    Ok(people.map(|one| one.id).collect())
}

/// A booked visit: what it occupies now, and what it shall.
struct Visit {
    appointment: Appointment,
    has: Vec<Occupation>,
    shall_have: Vec<Occupation>,
}

/// Every booked visit that occupies anything from this moment on. What is held is given up.
fn load(tx: &mut Tx<'_>, env: &Env, from: Timestamp) -> Result<BTreeMap<AppointmentId, Visit>, Failure> {
    let occupied = store::diary::occupations_between(tx, env.clinic_id, from, Timestamp::MAX)?;
    let owners: BTreeSet<Owner> = occupied.into_iter().map(|(owner, _)| owner).collect();
    let mut visits = BTreeMap::new();
    for owner in owners {
        let has = store::diary::occupations_of(tx, env.clinic_id, owner)?;
        match owner {
            Owner::Hold(id) => {
                store::holds::delete(tx, env.clinic_id, id)?;
                wait_list::freed(tx, env, &has)?;
            }
            Owner::Appointment(id) => {
                let appointment = store::appointments::load_to_change(tx, env.clinic_id, id)?;
                let appointment = appointment.ok_or_else(|| bad_data("time kept for no visit"))?;
                visits.insert(id, Visit { appointment, has, shall_have: Vec::new() });
            }
        }
    }
    Ok(visits)
}

impl Visit {
    /// What people do in it from this moment on, phase by phase. What is over, rooms, devices and extra seats stay.
    fn take_apart(
        &mut self,
        env: &Env,
        before: &ClinicSettings,
        people: &BTreeSet<ResourceId>,
        from: Timestamp,
        stretches: &mut BTreeMap<ResourceId, Vec<Stretch>>,
    ) -> Result<(), Failure> {
        let is_theirs = |one: &&Occupation| people.contains(&one.resource_id) && one.seat < EXTRA_SEATS_FROM;
        let (theirs, others): (Vec<&Occupation>, Vec<&Occupation>) = self.has.iter().partition(is_theirs);
        let over = theirs.iter().filter(|one| one.from_at < from);
        let over = over.map(|one| Occupation { to_at: one.to_at.min(from), ..(*one).clone() });
        self.shall_have = others.into_iter().cloned().chain(over).collect();
        let phases = phase_times(&self.appointment);
        let (begins, ends) = (phases.first().map(|phase| phase.1), phases.last().map(|phase| phase.2));
        if theirs.iter().any(|one| Some(one.from_at) < begins || Some(one.to_at) > ends) {
            return Err(bad_data("somebody is kept outside the phases of a visit"));
        }
        let to_come = phases.into_iter().enumerate().filter(|(_, phase)| phase.2 > from);
        for (place, (phase, begins, ends)) in to_come {
            let mut mine: BTreeMap<ResourceId, Vec<&Occupation>> = BTreeMap::new();
            for one in theirs.iter().filter(|one| one.from_at < ends && one.to_at > begins.max(from)) {
                mine.entry(one.resource_id).or_default().push(one);
            }
            for (person, mine) in mine {
                let starts = mine.iter().map(|one| one.from_at).min().unwrap_or(begins);
                let stops = mine.iter().map(|one| one.to_at).max().unwrap_or(ends);
                stretches.entry(person).or_default().push(Stretch {
                    owner: self.appointment.id,
                    from: starts.max(begins).max(from),
                    to: stops.min(ends),
                    phase: u16::try_from(place).unwrap_or(u16::MAX),
                    phase_name: phase.name.clone(),
                    has_hands_on: has_hands_on(env, before, &self.appointment, &phase.name, &mine),
                });
            }
        }
        Ok(())
    }

    fn occupy(&mut self, person: ResourceId, stretch: &Stretch, seats: Range<u16>) {
        for seat in seats {
            let before = self
                .shall_have
                .iter_mut()
                .find(|one| one.resource_id == person && one.seat == seat && one.to_at == stretch.from);
            // One use that runs on through several phases is one interval.
            if let Some(before) = before {
                before.to_at = stretch.to;
                continue;
            }
            self.shall_have.push(Occupation {
                resource_id: person,
                seat,
                from_at: stretch.from,
                to_at: stretch.to,
                phase: stretch.phase,
                phase_name: stretch.phase_name.clone(),
            });
        }
    }

    /// What it shall occupy, if that is something else than now.
    fn changed(mut self) -> Option<(AppointmentId, Vec<Occupation>)> {
        // As the store lists them.
        self.shall_have.sort_by_key(|one| (one.from_at, one.resource_id, one.seat));
        (self.shall_have != self.has).then_some((self.appointment.id, self.shall_have))
    }
}

/// Whether somebody works on the patient in this phase. Of a phase that the protocol does not know any more the seats tell: all
/// that the old rule gave to hands.
fn has_hands_on(
    env: &Env,
    before: &ClinicSettings,
    appointment: &Appointment,
    phase: &str,
    mine: &[&Occupation],
) -> bool {
    let visits = &env.protocol.protocol.visits;
    let visit = visits.iter().find(|visit| visit.id == appointment.visit_type);
    match visit.and_then(|visit| visit.phases.iter().find(|known| known.id == phase)) {
        Some(phase) => phase.staff != StaffNeed::OnCall,
        None => {
            let (hands, _) = person_seats(before);
            let seats: BTreeSet<u16> = mine.iter().map(|one| one.seat).collect();
            hands.into_iter().all(|seat| seats.contains(&seat))
        }
    }
}

/// One person's stretches, given by beginning, with their seats; notes those that do not go together.
fn seated(
    stretches: Vec<Stretch>,
    settings: &ClinicSettings,
    in_the_way: &mut Vec<(Timestamp, Timestamp)>,
) -> Vec<(Stretch, Range<u16>)> {
    let (hands, on_call) = person_seats(settings);
    let mut free_from = vec![Timestamp::MIN; usize::from(hands.end.max(on_call.end))];
    let mut given = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        let is_free = |seat: &u16| free_from[usize::from(*seat)] <= stretch.from;
        let seats = if stretch.has_hands_on {
            hands.clone().all(|seat| is_free(&seat)).then(|| hands.clone())
        } else {
            on_call.clone().find(is_free).map(|seat| seat..seat + 1)
        };
        let Some(seats) = seats else {
            in_the_way.push((stretch.from, stretch.to));
            continue;
        };
        for seat in seats.clone() {
            free_from[usize::from(seat)] = stretch.to;
        }
        given.push((stretch, seats));
    }
    given
}

/// Why the new settings cannot be had yet: where booked visits are in the way, and what to do.
fn not_together(zone: &TimeZone, before: &ClinicSettings, mut times: Vec<(Timestamp, Timestamp)>) -> Failure {
    times.sort_unstable();
    times.dedup();
    let wall = |at: Timestamp| at.to_zoned(zone.clone());
    let named = times.iter().take(NAMED_MAX).map(|(from, to)| {
        format!("{} to {}", wall(*from).strftime("%-d %B %Y %H:%M"), wall(*to).strftime("%H:%M"))
    });
    let mut named = named.collect::<Vec<_>>().join(", ");
    if times.len() > NAMED_MAX {
        named = format!("{named} and {} more", times.len() - NAMED_MAX);
    }
    let mut errors = FormErrors::default();
    errors.add(
        "on_call_limit",
        format!(
            "Visits that are booked already do not go together with the new booking.on_call_limit and \
             booking.needling_counts_as_on_call: somebody would be on call for too many patients, or while working on \
             another, at {named}. Nothing was changed. Write on_call_limit = {} and needling_counts_as_on_call = {} as \
             before, start, move one of the visits at each of these times at the desk, and change the file then.",
            before.on_call_limit, before.needling_counts_as_on_call
        ),
    );
    errors.into()
}
