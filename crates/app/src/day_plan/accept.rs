//! Carrying out a plan of a day, wholly or in parts: just what was shown, or nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use record::{Appointment, AppointmentStep, NewAuditEvent, Occupation, Owner};
use store::Tx;
use vocab::AppointmentId;

use super::{
    Change, Effort, PlannedVisit, Proposal,
    facts::{DayFacts, Movable},
    proposal,
};
use crate::{
    Acting, Action, Env, Failure, Refusal, appointments,
    appointments::Day,
    audit,
    diary::{self, Book, Planned, Rules},
    jobs::Telling,
    wait_list,
};

/// The chosen parts of a plan.
#[derive(Debug, Clone)]
pub struct AcceptPlan {
    /// The day.
    pub date: Date,
    /// The seal of the plan that was shown.
    pub seal: String,
    /// With how many tries it was found.
    pub tries: u64,
    /// What moves.
    pub moves: BTreeSet<AppointmentId>,
    /// What is called off.
    pub cancels: BTreeSet<AppointmentId>,
    /// Whether the patients are written to, after the undo window.
    pub tell_patients: bool,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// Visits with another time or therapist.
    pub moved: usize,
    /// Visits called off.
    pub cancelled: usize,
    /// Visits that only had to change a room, a device or their length for it.
    pub rearranged: usize,
}

/// Carries out the chosen parts of a plan, all of them or none. The day is planned once more as it is now: if that does not
/// come to the plan that was shown, nothing is done. What was chosen is checked beside all that was not, and all claims
/// move in one transaction.
pub fn accept(env: &Env, acting: &Acting, command: AcceptPlan) -> Result<Accepted, Failure> {
    acting.require(Action::ChangeDiary)?;
    let acting = acting.clone();
    diary::change(env, move |tx, env, book| {
        let diary = book.diary()?;
        let day = as_it_is(tx, env, diary, command.date)?;
        let plan = proposal::make(tx, env, diary, &day, Effort::Tries(command.tries))?;
        if plan.seal != command.seal {
            return Err(Refusal::ChangedMeanwhile.into());
        }
        let moves = chosen(&plan, &command.moves, |change| matches!(change, Change::Moves(_)))?;
        let cancels = chosen(&plan, &command.cancels, |change| matches!(change, Change::CannotBeKept))?;
        let rearranged: Vec<&PlannedVisit> =
            plan.visits.iter().filter(|one| matches!(one.change, Change::Rearranged(_))).collect();
        let fitting = Fitting { env, diary, plan: &plan, cancels: &command.cancels };
        // A part may do without what the whole takes of those who stay.
        let (changing, planned) = match fitting.seats(tx, &moves)? {
            Some(planned) => (moves.clone(), planned),
            None => {
                let all: Vec<&PlannedVisit> = moves.iter().chain(&rearranged).copied().collect();
                let planned = fitting.seats(tx, &all)?.ok_or(Refusal::PlanApart)?;
                (all, planned)
            }
        };
        let mut work = Work { env, acting: &acting, tell: command.tell_patients, freed: Vec::new() };
        // First everything is let go, then everything is taken: two visits may change places.
        for one in cancels.iter().chain(&changing) {
            work.let_go(tx, book, one.appointment.id)?;
        }
        for one in &cancels {
            work.cancel(tx, one.appointment.clone())?;
        }
        let (moved, rearranged) = (moves.len(), changing.len() - moves.len());
        for (place, (one, planned)) in changing.iter().zip(planned).enumerate() {
            if place < moved {
                work.move_to(tx, book, one.appointment.clone(), planned)?;
            } else {
                work.rearrange(tx, book, one.appointment.clone(), planned)?;
            }
        }
        let freed = std::mem::take(&mut work.freed);
        for occupations in freed {
            wait_list::freed(tx, env, &occupations)?;
        }
        Ok(Accepted { moved, cancelled: cancels.len(), rearranged })
    })
}

/// The day in this transaction.
fn as_it_is(tx: &mut Tx<'_>, env: &Env, diary: &diary::Diary, date: Date) -> Result<Day, Failure> {
    let (from, to) = diary.rules.day(date)?;
    Ok(Day {
        date,
        rules: diary.rules.clone(),
        appointments: store::appointments::between(tx, env.clinic_id, from, to)?,
        occupations: store::diary::occupations_between(tx, env.clinic_id, from, to)?,
        // A plan weighs times, not answers.
        screened: BTreeMap::new(),
    })
}

/// The visits of the plan that were chosen; each must be one that the plan does this with.
fn chosen<'p>(
    plan: &'p Proposal,
    ids: &BTreeSet<AppointmentId>,
    is_so: fn(&Change) -> bool,
) -> Result<Vec<&'p PlannedVisit>, Failure> {
    let found: Vec<_> =
        plan.visits.iter().filter(|one| ids.contains(&one.appointment.id) && is_so(&one.change)).collect();
    if found.len() == ids.len() { Ok(found) } else { Err(Refusal::ChangedMeanwhile.into()) }
}

/// Where changes of a plan are looked at beside the rest of the day.
struct Fitting<'a> {
    env: &'a Env,
    diary: &'a diary::Diary,
    plan: &'a Proposal,
    cancels: &'a BTreeSet<AppointmentId>,
}

impl Fitting<'_> {
    /// The seats of these visits just as the plan has them, beside all others as those are now; `None` if they do not fit.
    fn seats(&self, tx: &mut Tx<'_>, changing: &[&PlannedVisit]) -> Result<Option<Vec<Planned>>, Failure> {
        let rules = &self.diary.rules;
        let mut without = self.cancels.clone();
        without.extend(changing.iter().map(|one| one.appointment.id));
        let facts = DayFacts::load(tx, self.env, self.diary, self.plan.day.date, &without)?;
        let mut exact = Vec::with_capacity(changing.len());
        for one in changing {
            let (Change::Moves(planned) | Change::Rearranged(planned), Some(decision)) =
                (&one.change, &one.decision)
            else {
                return Err(crate::failure::bad_data("a visit that changes without a decision"));
            };
            let elsewhere = appointments::elsewhere(tx, self.env, one.appointment.patient_id)?;
            let was = (one.appointment.start_at, one.appointment.end_at);
            let elsewhere = elsewhere.into_iter().filter(|visit| *visit != was).collect();
            let visit = Movable::new(rules, &one.appointment, elsewhere);
            exact.push((visit.exactly((planned.lead_id, planned.start_at), &one.appointment), decision));
        }
        let wishes = exact.iter().map(|(visit, _)| visit.wish_exactly(rules));
        let wishes = wishes.collect::<Result<Vec<_>, _>>()?;
        let placed = wishes.iter().zip(&exact);
        let placed: Vec<_> =
            placed.map(|(wish, (_, decision))| (wish.visit, &wish.query, *decision)).collect();
        Ok(facts.seated(&placed)?.ok())
    }
}

struct Work<'a> {
    env: &'a Env,
    acting: &'a Acting,
    tell: bool,
    freed: Vec<Vec<Occupation>>,
}

impl Work<'_> {
    fn let_go(&mut self, tx: &mut Tx<'_>, book: &mut Book, id: AppointmentId) -> Result<(), Failure> {
        let before = store::diary::occupations_of(tx, self.env.clinic_id, Owner::Appointment(id))?;
        store::appointments::release(tx, self.env.clinic_id, id)?;
        book.free(&before);
        self.freed.push(before);
        Ok(())
    }

    fn take(
        &self,
        tx: &mut Tx<'_>,
        book: &mut Book,
        id: AppointmentId,
        planned: &Planned,
    ) -> Result<(), Failure> {
        store::diary::take(tx, self.env.clinic_id, Owner::Appointment(id), &planned.occupations)?;
        book.occupy(&planned.occupations);
        Ok(())
    }

    fn cancel(&self, tx: &mut Tx<'_>, mut appointment: Appointment) -> Result<(), Failure> {
        appointment.status = appointment.status.apply(AppointmentStep::Cancel)?;
        appointment.sequence += 1;
        // Called off by the clinic: it did not lapse.
        appointment.confirm_by_at = None;
        store::appointments::update(tx, self.env.clinic_id, &appointment)?;
        self.note(tx, "appointment.cancel", appointment.id, "status sequence")?;
        if self.tell {
            appointments::tell(tx, self.env, self.acting, Telling::Cancelled, &appointment)?;
        }
        Ok(())
    }

    fn move_to(
        &self,
        tx: &mut Tx<'_>,
        book: &mut Book,
        mut appointment: Appointment,
        planned: Planned,
    ) -> Result<(), Failure> {
        let was = (appointment.start_at, appointment.end_at);
        let rules = book.rules()?;
        appointment.status = appointment.status.apply(AppointmentStep::Move)?;
        appointment.start_at = planned.start_at;
        appointment.end_at = planned.end_at;
        appointment.lead_id = planned.lead_id;
        appointment.phases = planned.phases.clone();
        appointment.sequence += 1;
        appointment.link_expires_at = appointments::link_expires(planned.end_at);
        appointment.told_local = appointments::told_local(planned.start_at, &rules.zone);
        let telling = self.telling(&rules, &mut appointment, was);
        store::appointments::update(tx, self.env.clinic_id, &appointment)?;
        self.take(tx, book, appointment.id, &planned)?;
        self.note(tx, "appointment.move", appointment.id, "start_at end_at lead_id sequence")?;
        self.tell_of(tx, telling, &appointment)
    }

    fn telling(
        &self,
        rules: &Rules,
        appointment: &mut Appointment,
        was: (Timestamp, Timestamp),
    ) -> Option<Telling> {
        appointments::telling(self.acting, rules, appointment, self.tell, was, self.env.clock.now())
    }

    fn tell_of(
        &self,
        tx: &mut Tx<'_>,
        telling: Option<Telling>,
        appointment: &Appointment,
    ) -> Result<(), Failure> {
        telling.map_or(Ok(()), |telling| appointments::tell(tx, self.env, self.acting, telling, appointment))
    }

    /// Another room, device or length at the same time with the same therapist. Only the length is the patient's concern.
    fn rearrange(
        &self,
        tx: &mut Tx<'_>,
        book: &mut Book,
        mut appointment: Appointment,
        planned: Planned,
    ) -> Result<(), Failure> {
        let was = (appointment.start_at, appointment.end_at);
        let is_other_length = planned.end_at != appointment.end_at;
        appointment.sequence += u32::from(is_other_length);
        appointment.end_at = planned.end_at;
        appointment.phases = planned.phases.clone();
        let rules = book.rules()?;
        let telling = if is_other_length { self.telling(&rules, &mut appointment, was) } else { None };
        store::appointments::update(tx, self.env.clinic_id, &appointment)?;
        self.take(tx, book, appointment.id, &planned)?;
        self.note(tx, "appointment.rearrange", appointment.id, "end_at occupations sequence")?;
        self.tell_of(tx, telling, &appointment)
    }

    fn note(&self, tx: &mut Tx<'_>, action: &str, id: AppointmentId, detail: &str) -> Result<(), Failure> {
        let event = audit::event(self.env, self.acting, action, "appointment", &id.to_string(), detail);
        let event = NewAuditEvent { reason: "day plan".into(), ..event };
        store::audit::append(tx, self.env.clinic_id, &[event])?;
        Ok(())
    }
}
