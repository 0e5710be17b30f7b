//! How a plan of a day is made: who goes where, and what that takes of those who stay.

use std::collections::{BTreeMap, BTreeSet};

use record::{Appointment, Occupation, Owner};
use schedule::Decision;
use sha2::{Digest, Sha256};
use store::Tx;
use vocab::AppointmentId;

use super::{
    Change, Effort, PlannedVisit, Proposal, TRIES, absence,
    facts::{DayFacts, Movable, movable},
    place_all, search,
};
use crate::{
    Env, Failure,
    appointments::Day,
    diary::{Diary, Planned},
    failure::bad_data,
};

/// A decision with its seats.
type Placed = (Decision, Planned);

/// Plans the day anew as it is in this transaction. The same day and as many tries make the same plan.
pub(super) fn make(
    tx: &mut Tx<'_>,
    env: &Env,
    diary: &Diary,
    day: &Day,
    effort: Effort,
) -> Result<Proposal, Failure> {
    let movable = movable(diary, day, env.clock.now());
    let making = Making { env, diary, day, movable: &movable };
    let searched = making.search(tx, effort)?;
    let placed = making.with_least(tx, searched.placed)?;
    let mut visits = Vec::with_capacity(movable.len());
    for (one, placed) in movable.iter().zip(placed) {
        let (appointment, patient) = of_day(day, one.id)?;
        let (change, decision) = match placed {
            None => (Change::CannotBeKept, None),
            Some((_, planned)) if is_as_before(day, appointment, &planned) => (Change::Stays, None),
            Some((decision, planned)) if stays(appointment, &planned) => {
                (Change::Rearranged(planned), Some(decision))
            }
            Some((decision, planned)) => (Change::Moves(planned), Some(decision)),
        };
        visits.push(PlannedVisit {
            appointment: appointment.clone(),
            patient: patient.clone(),
            change,
            is_stranded: one.is_stranded,
            decision,
        });
    }
    let absences = absence::of_day(tx, env, day.date)?;
    let seal = seal(&visits);
    let Searched { cost, is_proven, tries, .. } = searched;
    Ok(Proposal { day: day.clone(), visits, absences, cost, is_proven, tries, seal })
}

/// What a search came to.
struct Searched {
    /// For each visit that may move, where it goes.
    placed: Vec<Option<Placed>>,
    cost: u64,
    is_proven: bool,
    /// Of the first search.
    tries: u64,
}

fn of_day(day: &Day, id: AppointmentId) -> Result<&(Appointment, record::Patient), Failure> {
    let found = day.appointments.iter().find(|(known, _)| known.id == id);
    found.ok_or_else(|| bad_data("a visit of the plan is not one of the day"))
}

/// Whether a visit keeps its time and its therapist.
fn stays(appointment: &Appointment, planned: &Planned) -> bool {
    planned.start_at == appointment.start_at && planned.lead_id == appointment.lead_id
}

/// Whether nothing at all changes for a visit.
fn is_as_before(day: &Day, appointment: &Appointment, planned: &Planned) -> bool {
    let owner = Owner::Appointment(appointment.id);
    let mine = day.occupations.iter().filter(|(whose, _)| *whose == owner).map(|(_, one)| one);
    let (mut before, mut after): (Vec<&Occupation>, Vec<&Occupation>) =
        (mine.collect(), planned.occupations.iter().collect());
    before.sort_unstable();
    after.sort_unstable();
    stays(appointment, planned) && planned.end_at == appointment.end_at && before == after
}

struct Making<'a> {
    env: &'a Env,
    diary: &'a Diary,
    day: &'a Day,
    movable: &'a [Movable],
}

impl Making<'_> {
    /// Looks for the plan that costs least and asks nobody to call a visit off first: what cannot be kept stands where it
    /// is until somebody decides about it, so the others are planned beside it, until no more are lost by that.
    fn search(&self, tx: &mut Tx<'_>, effort: Effort) -> Result<Searched, Failure> {
        let rules = &self.diary.rules;
        let mut lost: BTreeSet<AppointmentId> = BTreeSet::new();
        let mut lost_cost = 0;
        let mut first_tries = None;
        loop {
            let able: Vec<&Movable> = self.movable.iter().filter(|one| !lost.contains(&one.id)).collect();
            let ids = able.iter().map(|one| one.id).collect();
            let facts = DayFacts::load(tx, self.env, self.diary, self.day.date, &ids)?;
            let wishes = able.iter().map(|one| one.wish(rules)).collect::<Result<Vec<_>, _>>()?;
            let effort = if first_tries.is_none() { effort } else { Effort::Tries(TRIES) };
            let (plan, tries) = search(self.env, &facts, &wishes, effort);
            let tries = *first_tries.get_or_insert(tries);
            let mut found: BTreeMap<AppointmentId, Placed> = BTreeMap::new();
            let mut more = Vec::new();
            for ((one, wish), placed) in able.iter().zip(&wishes).zip(facts.planned(&wishes, &plan.placed)?) {
                match placed {
                    Some(placed) => drop(found.insert(one.id, placed)),
                    None => more.push((one.id, wish.drop_cost)),
                }
            }
            if more.is_empty() {
                return Ok(Searched {
                    placed: self.movable.iter().map(|one| found.remove(&one.id)).collect(),
                    cost: plan.cost + lost_cost,
                    is_proven: plan.proven && lost.is_empty(),
                    tries,
                });
            }
            lost_cost += more.iter().map(|(_, cost)| cost).sum::<u64>();
            lost.extend(more.into_iter().map(|(id, _)| id));
        }
    }

    /// The same times and therapists with the least change of all else. The search gives rooms and devices as they come, so
    /// those who stay are left wholly as they are if the others find a place beside them; else those whose room or device is
    /// needed change it.
    fn with_least(&self, tx: &mut Tx<'_>, free: Vec<Option<Placed>>) -> Result<Vec<Option<Placed>>, Failure> {
        let mut moving = BTreeMap::new();
        let mut staying = BTreeMap::new();
        for (one, placed) in self.movable.iter().zip(&free) {
            let Some((_, planned)) = placed else { continue };
            let (appointment, _) = of_day(self.day, one.id)?;
            let exact = one.exactly((planned.lead_id, planned.start_at), appointment);
            let among = if stays(appointment, planned) { &mut staying } else { &mut moving };
            among.insert(one.id, exact);
        }
        let mut found = self.place(tx, &moving)?;
        if found.is_none() {
            moving.extend(staying);
            found = self.place(tx, &moving)?;
        }
        // What the search found goes together, with rooms and devices as they came.
        let Some(mut found) = found else { return Ok(free) };
        let mut placed = Vec::with_capacity(free.len());
        for (one, free) in self.movable.iter().zip(free) {
            placed.push(match (found.remove(&one.id), free) {
                (Some(settled), _) => Some(settled),
                (None, Some(free)) => Some(self.as_it_is(one.id, free)?),
                (None, None) => None,
            });
        }
        Ok(placed)
    }

    /// Places these beside all others as those are now.
    fn place(
        &self,
        tx: &mut Tx<'_>,
        wanted: &BTreeMap<AppointmentId, Movable>,
    ) -> Result<Option<BTreeMap<AppointmentId, Placed>>, Failure> {
        let without: BTreeSet<AppointmentId> = wanted.keys().copied().collect();
        let facts = DayFacts::load(tx, self.env, self.diary, self.day.date, &without)?;
        let wishes = wanted.values().map(|one| one.wish_exactly(&self.diary.rules));
        let wishes = wishes.collect::<Result<Vec<_>, _>>()?;
        let placed = place_all(self.env, &facts, &wishes)?;
        Ok(placed.map(|placed| without.into_iter().zip(placed).collect()))
    }

    /// A visit that stays wholly as it is.
    fn as_it_is(&self, id: AppointmentId, (decision, planned): Placed) -> Result<Placed, Failure> {
        let (appointment, _) = of_day(self.day, id)?;
        let owner = Owner::Appointment(id);
        let mine = self.day.occupations.iter().filter(|(whose, _)| *whose == owner);
        let planned = Planned {
            end_at: appointment.end_at,
            phases: appointment.phases.clone(),
            occupations: mine.map(|(_, one)| one.clone()).collect(),
            ..planned
        };
        Ok((decision, planned))
    }
}

/// Stands for all that a plan says, and for what it was made from.
fn seal(visits: &[PlannedVisit]) -> String {
    let mut all = Sha256::new();
    for one in visits {
        let visit = &one.appointment;
        all.update(format!("{} {} {:?}\n", visit.id, visit.sequence, one.change));
    }
    all.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
