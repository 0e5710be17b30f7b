//! A visit that might move: what it has now does not stand in its own way.

use jiff::{Timestamp, civil::Date};
use protocol::Offer;
use record::{Appointment, Occupation, Owner};
use store::Tx;
use vocab::{AppointmentId, ResourceId, VisitTypeId};

use super::book::elsewhere;
use crate::{Acting, Action, Actor, Env, Failure, diary, diary::Rules, screening};

/// What a search for another time needs to know of the visit that might move.
#[derive(Debug, Clone)]
pub struct Moving {
    /// What kind of visit it is.
    pub visit_type: VisitTypeId,
    /// Not before this local date: what the self-check it was booked on asks to wait for.
    pub not_before: Option<Date>,
    /// What it occupies now.
    pub(crate) own: Vec<Occupation>,
    /// When the patient is here for other visits; half-open.
    pub(crate) elsewhere: Vec<(Timestamp, Timestamp)>,
    start_at: Timestamp,
    lead_id: ResourceId,
}

/// The visit as it would move, for its patient by link or for staff.
pub fn moving(env: &Env, acting: &Acting, id: AppointmentId) -> Result<Moving, Failure> {
    let is_staff = matches!(acting.actor, Actor::Staff(_));
    acting.require(if is_staff { Action::ChangeDiary } else { Action::UseLink(id) })?;
    let rules = diary::current(env)?.rules.clone();
    env.store.read(|tx| {
        let appointment = store::appointments::load(tx, env.clinic_id, id)?.ok_or(Failure::NotFound)?;
        Moving::load(tx, env, &rules, &appointment)
    })
}

impl Moving {
    pub(super) fn load(
        tx: &mut Tx<'_>,
        env: &Env,
        rules: &Rules,
        appointment: &Appointment,
    ) -> Result<Self, Failure> {
        let not_before = match screening::offer_to_move(tx, env, rules, appointment)? {
            Some(Offer::TreatmentFrom(day)) => Some(day),
            _ => None,
        };
        let was = (appointment.start_at, appointment.end_at);
        let mut elsewhere = elsewhere(tx, env, appointment.patient_id)?;
        elsewhere.retain(|visit| *visit != was);
        Ok(Self {
            visit_type: appointment.visit_type.clone(),
            not_before,
            own: store::diary::occupations_of(tx, env.clinic_id, Owner::Appointment(appointment.id))?,
            elsewhere,
            start_at: appointment.start_at,
            lead_id: appointment.lead_id,
        })
    }

    /// Whether this is the time it has already: nothing would move.
    pub(super) fn is_there(&self, start_at: Timestamp, lead_id: ResourceId) -> bool {
        self.start_at == start_at && self.lead_id == lead_id
    }
}

/// The parts of `wanted` that lie outside `own`, seat by seat: what has to be kept besides what is kept already.
pub(super) fn beyond(wanted: &[Occupation], own: &[Occupation]) -> Vec<Occupation> {
    let mut parts = Vec::new();
    for whole in wanted {
        let mut mine: Vec<_> = own
            .iter()
            .filter(|one| one.resource_id == whole.resource_id && one.seat == whole.seat)
            .map(|one| (one.from_at, one.to_at))
            .collect();
        mine.sort_unstable();
        let (mut from, mut is_first) = (whole.from_at, true);
        let mut keep = |from: Timestamp, to: Timestamp| {
            if from < to {
                // Only the first part of what begins a visit begins it: a therapist's visits are counted by it.
                let phase = if is_first { whole.phase } else { whole.phase.max(1) };
                is_first = false;
                parts.push(Occupation { from_at: from, to_at: to, phase, ..whole.clone() });
            }
        };
        for (start, end) in mine {
            keep(from, start.min(whole.to_at));
            from = from.max(end);
        }
        keep(from, whole.to_at);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(quantum: i64) -> Timestamp {
        Timestamp::from_second(1_795_420_800 + quantum * 300).unwrap()
    }

    fn occupation(resource: u128, seat: u16, from: i64, to: i64) -> Occupation {
        Occupation {
            resource_id: ResourceId::from_bits(resource),
            seat,
            from_at: at(from),
            to_at: at(to),
            phase: 0,
            phase_name: String::new(),
        }
    }

    fn check(wanted: (i64, i64), own: &[(u128, u16, i64, i64)], expected: &[(i64, i64, u16)]) {
        let own: Vec<_> = own.iter().map(|one| occupation(one.0, one.1, one.2, one.3)).collect();
        let parts = beyond(&[occupation(1, 0, wanted.0, wanted.1)], &own);
        let expected: Vec<_> =
            expected.iter().map(|(from, to, phase)| (at(*from), at(*to), *phase)).collect();
        let parts: Vec<_> = parts.iter().map(|part| (part.from_at, part.to_at, part.phase)).collect();
        assert_eq!(parts, expected, "{wanted:?} beyond {own:?}");
    }

    #[test]
    fn what_is_kept_already_is_not_kept_again() {
        check((10, 20), &[], &[(10, 20, 0)]);
        check((10, 20), &[(1, 0, 0, 10)], &[(10, 20, 0)]);
        check((10, 20), &[(1, 0, 20, 30)], &[(10, 20, 0)]);
        check((10, 20), &[(1, 0, 5, 15)], &[(15, 20, 0)]);
        check((10, 20), &[(1, 0, 15, 25)], &[(10, 15, 0)]);
        check((10, 20), &[(1, 0, 10, 20)], &[]);
        check((10, 20), &[(1, 0, 0, 30)], &[]);
        check((10, 20), &[(1, 0, 12, 15)], &[(10, 12, 0), (15, 20, 1)]);
        check((10, 20), &[(1, 0, 16, 18), (1, 0, 12, 15)], &[(10, 12, 0), (15, 16, 1), (18, 20, 1)]);
        check((10, 20), &[(1, 0, 12, 16), (1, 0, 16, 18)], &[(10, 12, 0), (18, 20, 1)]);
    }

    #[test]
    fn another_seat_or_resource_does_not_count() {
        check((10, 20), &[(1, 1, 10, 20), (2, 0, 10, 20)], &[(10, 20, 0)]);
    }
}
