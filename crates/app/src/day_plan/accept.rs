//! Carrying out a plan of a day, wholly or in parts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use record::{Appointment, AppointmentStatus, AppointmentStep, NewAuditEvent, Occupation, Owner};
use store::Tx;
use vocab::{AppointmentId, ResourceId};

use super::{
    facts::{DayFacts, Movable, movable},
    place_all,
};
use crate::{
    Acting, Action, Env, Failure, Refusal, appointments,
    appointments::Day,
    audit,
    diary::{self, Book, Planned},
    jobs::Telling,
    wait_list,
};

/// A visit that is to have another time or therapist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptedMove {
    /// Which.
    pub id: AppointmentId,
    /// The sequence number that was on the page.
    pub seen_sequence: u32,
    /// When the patient is to come.
    pub start_at: Timestamp,
    /// Who is to lead it.
    pub lead_id: ResourceId,
}

/// The chosen parts of a plan.
#[derive(Debug, Clone)]
pub struct AcceptPlan {
    /// The day.
    pub date: Date,
    /// What moves.
    pub moves: Vec<AcceptedMove>,
    /// What is called off, with the sequence number that was on the page.
    pub cancels: Vec<(AppointmentId, u32)>,
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
    /// Visits that only had to change a room or a device for it.
    pub rearranged: usize,
}

/// Carries out the chosen parts of a plan, all of them or none: the day is planned once more as it is now, with every chosen
/// visit just where the plan had it, the plan is checked, and all claims move in one transaction.
pub fn accept(env: &Env, acting: &Acting, command: AcceptPlan) -> Result<Accepted, Failure> {
    acting.require(Action::ChangeDiary)?;
    let acting = acting.clone();
    diary::change(env, move |tx, env, book| {
        let mut work = Work { env, acting: &acting, tell: command.tell_patients, freed: Vec::new() };
        let mut moves = command.moves.clone();
        // Always in one order, so that two who accept at once do not wait for each other in a circle.
        moves.sort_by_key(|one| one.id);
        let mut changing = Vec::with_capacity(moves.len());
        for one in &moves {
            changing.push(work.load(tx, one.id, one.seen_sequence, AppointmentStep::Move)?);
        }
        for (id, seen_sequence) in &command.cancels {
            let appointment = work.load(tx, *id, *seen_sequence, AppointmentStep::Cancel)?;
            work.cancel(tx, book, appointment)?;
        }
        let (planned, others) = work.plan(tx, book, command.date, &changing, &moves)?;
        // First everything is let go, then everything is taken: two visits may change places.
        for appointment in changing.iter().chain(others.iter().map(|(appointment, _)| appointment)) {
            work.let_go(tx, book, appointment.id)?;
        }
        for (appointment, planned) in changing.into_iter().zip(planned) {
            work.move_to(tx, book, appointment, planned)?;
        }
        let rearranged = others.len();
        for (appointment, planned) in others {
            work.rearrange(tx, book, appointment, planned)?;
        }
        let freed = std::mem::take(&mut work.freed);
        for occupations in freed {
            wait_list::freed(tx, env, &occupations)?;
        }
        Ok(Accepted { moved: moves.len(), cancelled: command.cancels.len(), rearranged })
    })
}

struct Work<'a> {
    env: &'a Env,
    acting: &'a Acting,
    tell: bool,
    freed: Vec<Vec<Occupation>>,
}

impl Work<'_> {
    /// A visit as it was seen on the page, which may take the step.
    fn load(
        &self,
        tx: &mut Tx<'_>,
        id: AppointmentId,
        seen_sequence: u32,
        step: AppointmentStep,
    ) -> Result<Appointment, Failure> {
        let found = store::appointments::load_to_change(tx, self.env.clinic_id, id)?;
        let appointment = found.ok_or(Failure::NotFound)?;
        if appointment.sequence != seen_sequence || appointment.start_at <= self.env.clock.now() {
            return Err(Refusal::ChangedMeanwhile.into());
        }
        appointment.status.apply(step)?;
        Ok(appointment)
    }

    /// Where each chosen visit can be had just as it was proposed; if that takes other rooms or devices for visits that were
    /// not chosen, which.
    #[expect(clippy::type_complexity, reason = "two lists that belong together, for one caller")]
    fn plan(
        &self,
        tx: &mut Tx<'_>,
        book: &Book,
        date: Date,
        changing: &[Appointment],
        moves: &[AcceptedMove],
    ) -> Result<(Vec<Planned>, Vec<(Appointment, Planned)>), Failure> {
        let diary = book.diary()?;
        let mut chosen = Vec::with_capacity(changing.len());
        for (appointment, one) in changing.iter().zip(moves) {
            if diary.rules.date_at(one.start_at) != date {
                return Err(Failure::NotFound);
            }
            let was = (appointment.start_at, appointment.end_at);
            let mut elsewhere = appointments::elsewhere(tx, self.env, appointment.patient_id)?;
            elsewhere.retain(|visit| *visit != was);
            let visit = Movable::new(&diary.rules, appointment, elsewhere);
            chosen.push(visit.exactly((one.lead_id, one.start_at), appointment));
        }
        let mut without: BTreeSet<AppointmentId> = changing.iter().map(|one| one.id).collect();
        let facts = DayFacts::load(tx, self.env, diary, date, &without)?;
        let wishes =
            chosen.iter().map(|one| one.wish_exactly(&diary.rules)).collect::<Result<Vec<_>, _>>()?;
        if let Some(planned) = place_all(self.env, &facts, &wishes)? {
            return Ok((planned, Vec::new()));
        }
        // Once more, and now the others of the day may change rooms and devices, but neither time nor therapist.
        let (from, to) = diary.rules.day(date)?;
        let day = Day {
            date,
            rules: diary.rules.clone(),
            appointments: store::appointments::between(tx, self.env.clinic_id, from, to)?,
            occupations: store::diary::occupations_between(tx, self.env.clinic_id, from, to)?,
            // A plan weighs times, not answers.
            outcomes: BTreeMap::new(),
        };
        let mut staying = movable(diary, &day, self.env.clock.now());
        staying.retain(|one| !without.contains(&one.id) && !one.is_stranded);
        without.extend(staying.iter().map(|one| one.id));
        let facts = DayFacts::load(tx, self.env, diary, date, &without)?;
        let all = chosen.iter().chain(&staying);
        let wishes = all.map(|one| one.wish_exactly(&diary.rules)).collect::<Result<Vec<_>, _>>()?;
        let mut planned = place_all(self.env, &facts, &wishes)?.ok_or(Refusal::PlanApart)?;
        let mut others = Vec::new();
        for (one, planned) in staying.iter().zip(planned.split_off(chosen.len())) {
            let mut before =
                store::diary::occupations_of(tx, self.env.clinic_id, Owner::Appointment(one.id))?;
            let mut after = planned.occupations.clone();
            before.sort_unstable();
            after.sort_unstable();
            if before != after {
                let appointment = store::appointments::load_to_change(tx, self.env.clinic_id, one.id)?;
                others.push((appointment.ok_or(Failure::NotFound)?, planned));
            }
        }
        Ok((planned, others))
    }

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

    fn cancel(
        &mut self,
        tx: &mut Tx<'_>,
        book: &mut Book,
        mut appointment: Appointment,
    ) -> Result<(), Failure> {
        appointment.status = appointment.status.apply(AppointmentStep::Cancel)?;
        appointment.sequence += 1;
        self.let_go(tx, book, appointment.id)?;
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
        let zone = book.rules()?.zone.clone();
        appointment.status = appointment.status.apply(AppointmentStep::Move)?;
        appointment.start_at = planned.start_at;
        appointment.end_at = planned.end_at;
        appointment.lead_id = planned.lead_id;
        appointment.phases = planned.phases.clone();
        appointment.sequence += 1;
        appointment.link_expires_at = appointments::link_expires(planned.end_at);
        appointment.told_local = appointments::told_local(planned.start_at, &zone);
        store::appointments::update(tx, self.env.clinic_id, &appointment)?;
        self.take(tx, book, appointment.id, &planned)?;
        self.note(tx, "appointment.move", appointment.id, "start_at end_at lead_id sequence")?;
        if self.tell && appointment.status == AppointmentStatus::Booked {
            appointments::tell(tx, self.env, self.acting, Telling::Moved { was }, &appointment)?;
        }
        Ok(())
    }

    /// Another room or device at the same time with the same therapist: nothing a patient need be told.
    fn rearrange(
        &self,
        tx: &mut Tx<'_>,
        book: &mut Book,
        mut appointment: Appointment,
        planned: Planned,
    ) -> Result<(), Failure> {
        appointment.end_at = planned.end_at;
        appointment.phases = planned.phases.clone();
        store::appointments::update(tx, self.env.clinic_id, &appointment)?;
        self.take(tx, book, appointment.id, &planned)?;
        self.note(tx, "appointment.rearrange", appointment.id, "occupations")
    }

    fn note(&self, tx: &mut Tx<'_>, action: &str, id: AppointmentId, detail: &str) -> Result<(), Failure> {
        let event = audit::event(self.env, self.acting, action, "appointment", &id.to_string(), detail);
        let event = NewAuditEvent { reason: "day plan".into(), ..event };
        store::audit::append(tx, self.env.clinic_id, &[event])?;
        Ok(())
    }
}
