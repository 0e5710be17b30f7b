//! What happens in a simulated clinic, one step at a time, through the use cases and with the ledger kept.

use std::time::{Duration, Instant};

use app::{
    Acting, Actor, Env, Failure, Secret, StaffActor,
    appointments::{
        self, BookAppointment, HoldForMove, HoldTime, MoveAppointment, OfferedTime, TimesAsked, day_times,
    },
    demo::Dice,
    jobs::{self, Outlet},
    people::Contact,
    screening::{Given, SelfCheck, load, save},
};
use jiff::{SignedDuration, Span, Timestamp};
use record::{Absence, AppointmentStatus, ResourceKind, Role};
use vocab::{AppointmentId, ConcernId, OperationId, ResourceId, StaffId, VisitTypeId, ZoneId};

use crate::{ledger::Ledger, world::World};

/// A step of somebody in or around the clinic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A visitor keeps a time for a few minutes.
    Hold,
    /// A visitor books what they hold.
    BookHeld,
    /// A visitor or the desk books.
    Book,
    /// The same booking is sent once more.
    BookAgain,
    /// A patient presses the button in the mail.
    Confirm,
    /// A patient or the desk moves a visit.
    Move,
    /// A patient or the desk calls a visit off.
    Cancel,
    /// A visitor lets a hold go.
    Release,
    /// A therapist falls ill.
    FallIll,
    /// What is due is done: letters and messages.
    Work,
    /// What has run out is swept away.
    Sweep,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done and noted.
    Done,
    /// The clinic said no.
    Refused,
    /// There was nothing to do it with.
    Idle,
    /// It broke.
    Broken,
}

/// So many patients come to the clinic.
const PATIENTS: usize = 24;
/// A message about a change by the desk waits so long.
const UNDO_SECONDS: i64 = 120;

impl Step {
    /// Draws a step: mostly bookings, now and then an illness.
    pub fn draw(dice: &mut Dice) -> Self {
        match dice.below(100) {
            0..=17 => Self::Hold,
            18..=29 => Self::BookHeld,
            30..=49 => Self::Book,
            50..=53 => Self::BookAgain,
            54..=63 => Self::Confirm,
            64..=75 => Self::Move,
            76..=84 => Self::Cancel,
            85..=87 => Self::Release,
            88 => Self::FallIll,
            89..=95 => Self::Work,
            _ => Self::Sweep,
        }
    }
}

/// The people around one program: their dice, and whose patients they are.
#[derive(Debug, Clone)]
pub(crate) struct People {
    /// Chance for what they do.
    pub dice: Dice,
    /// Tells the patients and keys of several processes apart.
    pub name: String,
    /// So many steps were begun.
    pub count: u64,
    /// How many bookings were made, and how long the use case took for them.
    pub booked: (u32, Duration),
}

/// A step with everything it needs.
pub(crate) struct Walk<'w> {
    world: &'w World,
    people: &'w mut People,
    ledger: &'w mut Ledger,
    now: Timestamp,
}

type Ended = Result<Outcome, Failure>;

/// Carries a step out. Whatever is acknowledged is in the ledger afterwards.
pub(crate) fn carry_out(world: &World, people: &mut People, ledger: &mut Ledger, step: Step) -> Ended {
    people.count += 1;
    let now = world.env().clock.now();
    let mut walk = Walk { world, people, ledger, now };
    match step {
        Step::Hold => walk.hold(),
        Step::BookHeld => walk.book_held(),
        Step::Book => walk.book(),
        Step::BookAgain => walk.book_again(),
        Step::Confirm => walk.confirm(),
        Step::Move => walk.move_to(),
        Step::Cancel => walk.cancel(),
        Step::Release => walk.release(),
        Step::FallIll => walk.fall_ill(),
        Step::Work => walk.work(),
        Step::Sweep => {
            jobs::sweep(world.env())?;
            walk.ledger.run_out(now);
            Ok(Outcome::Done)
        }
    }
}

fn name(visit: &str) -> VisitTypeId {
    VisitTypeId::new(visit).expect("a name")
}

impl Walk<'_> {
    fn env(&self) -> &Env {
        self.world.env()
    }

    fn acting(&mut self, actor: Actor) -> Acting {
        Acting { actor, operation_id: OperationId::from_bits(u128::from(self.people.dice.roll())) }
    }

    fn desk(&mut self) -> Acting {
        let id = StaffId::from_bits(9);
        self.acting(Actor::Staff(StaffActor {
            id,
            name: "Desk".into(),
            role: Role::FrontDesk,
            resource_id: None,
        }))
    }

    /// A time that is offered, most often; else any five minutes of the coming weeks.
    fn time(
        &mut self,
        acting: &Acting,
        visit: &VisitTypeId,
    ) -> Result<Option<(Timestamp, Option<ResourceId>)>, Failure> {
        if self.people.dice.below(6) == 0 {
            let ahead = self.people.dice.below(20 * 288) as i64 * 300;
            let at = self.now.as_second() / 300 * 300 + ahead;
            return Ok(Timestamp::from_second(at).ok().map(|at| (at, None)));
        }
        let zone = app::diary::current(self.env())?.rules.zone.clone();
        let ahead = self.people.dice.below(24) as i64;
        let today = self.now.to_zoned(zone).date();
        let asked = TimesAsked { visit_type: visit.clone(), practitioner: None, not_before: None };
        for day in ahead..ahead + 4 {
            let date = today.saturating_add(Span::new().days(day));
            let times: Vec<OfferedTime> = day_times(self.env(), acting, &asked, date)?;
            if !times.is_empty() {
                let time = &times[self.people.dice.below(times.len())];
                let with = time.practitioners[self.people.dice.below(time.practitioners.len())];
                return Ok(Some((time.start_at, (self.people.dice.below(2) == 0).then_some(with))));
            }
        }
        Ok(None)
    }

    fn visit_type(&mut self) -> VisitTypeId {
        name(if self.people.dice.below(3) == 0 { "consultation" } else { "treatment" })
    }

    fn secret(&mut self) -> Secret {
        Secret::from_bits((u128::from(self.people.dice.roll()) << 64) | u128::from(self.people.dice.roll()))
    }

    /// The answers of somebody whom nothing keeps from a treatment.
    fn self_check(&mut self, acting: &Acting) -> Result<Secret, Failure> {
        let secret = self.secret();
        let rules = self.env().protocol.protocol.self_check();
        let answers = rules.into_iter().flat_map(|(_, rules)| rules).map(|rule| (rule.id.clone(), Given::No));
        let check = SelfCheck {
            concern: ConcernId::new("acne-scars").ok(),
            zones: ZoneId::new("cheek").into_iter().collect(),
            birth_on: "1990-03-27".parse().ok(),
            answers: answers.collect(),
            prior: None,
            answered_on: None,
            is_complete: true,
        };
        let seen = load(self.env(), acting, &secret)?;
        save(self.env(), acting, &secret, seen, check)?;
        Ok(secret)
    }

    fn response(&mut self, acting: &Acting, visit: &VisitTypeId) -> Result<Option<Secret>, Failure> {
        if visit.as_str() == "treatment" { self.self_check(acting).map(Some) } else { Ok(None) }
    }

    fn hold(&mut self) -> Ended {
        let (acting, visit_type, visitor) = (self.acting(Actor::Visitor), self.visit_type(), self.secret());
        let Some((start_at, practitioner)) = self.time(&acting, &visit_type)? else {
            return Ok(Outcome::Idle);
        };
        let response = self.response(&acting, &visit_type)?;
        let command = HoldTime { visit_type, start_at, practitioner, visitor: visitor.clone(), response };
        let hold = appointments::hold(self.env(), &acting, command)?;
        self.ledger.run_out(self.now);
        self.ledger.event("hold.place", hold.id);
        self.ledger.holds.insert(hold.id, (hold, visitor));
        Ok(Outcome::Done)
    }

    fn command(&mut self, acting: &Acting) -> Result<Option<BookAppointment>, Failure> {
        let visit_type = self.visit_type();
        let Some((start_at, practitioner)) = self.time(acting, &visit_type)? else { return Ok(None) };
        let patient = self.people.dice.below(PATIENTS);
        let is_staff = matches!(acting.actor, Actor::Staff(_));
        let response = if is_staff { None } else { self.response(acting, &visit_type)? };
        let contact = Contact {
            name: format!("Patient {patient}"),
            email: Some(format!("p{patient}.{}@example.org", self.people.name).parse().expect("an address")),
            phone: String::new(),
        };
        Ok(Some(BookAppointment {
            visit_type,
            start_at,
            practitioner,
            contact,
            birth_on: None,
            hold: None,
            response,
            zones: Vec::new(),
            idempotency_key: format!("{}{}", self.people.name, self.people.count),
            note: String::new(),
            tell_patient: self.people.dice.below(4) > 0,
        }))
    }

    fn book(&mut self) -> Ended {
        let acting = if self.people.dice.below(2) == 0 { self.desk() } else { self.acting(Actor::Visitor) };
        let Some(command) = self.command(&acting)? else { return Ok(Outcome::Idle) };
        self.book_with(&acting, command)
    }

    fn book_with(&mut self, acting: &Acting, command: BookAppointment) -> Ended {
        let is_staff = matches!(acting.actor, Actor::Staff(_));
        let (told, hold) = (command.tell_patient, command.hold.as_ref().map(|(id, _)| *id));
        let begun = Instant::now();
        let booked = appointments::book(self.env(), acting, command)?;
        self.people.booked.0 += 1;
        self.people.booked.1 += begun.elapsed();
        assert!(!booked.is_repeat, "a fresh key is no repeat");
        self.ledger.run_out(self.now);
        if let Some(hold) = hold {
            self.ledger.holds.remove(&hold);
        }
        self.ledger.note(&booked.appointment);
        self.ledger.event("appointment.book", booked.appointment.id);
        if is_staff && told {
            self.ledger.letter("booked", &booked.appointment, "", self.after_undo());
        } else if !is_staff {
            self.ledger.letter("confirm", &booked.appointment, "", self.now);
        }
        Ok(Outcome::Done)
    }

    fn after_undo(&self) -> Timestamp {
        self.now.saturating_add(SignedDuration::from_secs(UNDO_SECONDS)).unwrap_or(Timestamp::MAX)
    }

    fn book_held(&mut self) -> Ended {
        let ids: Vec<_> = self.ledger.holds.keys().copied().collect();
        if ids.is_empty() {
            return Ok(Outcome::Idle);
        }
        let (hold, visitor) = self.ledger.holds[&ids[self.people.dice.below(ids.len())]].clone();
        let acting = self.acting(Actor::Visitor);
        let Some(other) = self.command(&acting)? else { return Ok(Outcome::Idle) };
        let response = self.response(&acting, &hold.visit_type)?;
        let command = BookAppointment {
            visit_type: hold.visit_type.clone(),
            start_at: hold.start_at,
            practitioner: Some(hold.lead_id),
            hold: Some((hold.id, visitor)),
            response,
            ..other
        };
        self.book_with(&acting, command)
    }

    /// The same key books nothing twice, even if everything else in the form is different.
    fn book_again(&mut self) -> Ended {
        let keys: Vec<String> = self.ledger.keys().into_iter().map(str::to_owned).collect();
        if keys.is_empty() {
            return Ok(Outcome::Idle);
        }
        let acting = self.acting(Actor::Visitor);
        let Some(command) = self.command(&acting)? else { return Ok(Outcome::Idle) };
        let key = keys[self.people.dice.below(keys.len())].clone();
        let again = BookAppointment { idempotency_key: key.clone(), ..command };
        let booked = appointments::book(self.env(), &acting, again)?;
        assert!(booked.is_repeat, "the key {key} booked twice");
        self.ledger.run_out(self.now);
        Ok(Outcome::Done)
    }

    fn some_visit(&mut self) -> Option<AppointmentId> {
        let open = self.ledger.open();
        (!open.is_empty()).then(|| open[self.people.dice.below(open.len())])
    }

    fn confirm(&mut self) -> Ended {
        let pending = |id: &AppointmentId| self.ledger.visits[id].status == AppointmentStatus::Pending;
        let pending: Vec<AppointmentId> = self.ledger.open().into_iter().filter(pending).collect();
        if pending.is_empty() {
            return Ok(Outcome::Idle);
        }
        let id = pending[self.people.dice.below(pending.len())];
        let acting = self.acting(Actor::LinkHolder(id));
        let is_late = self.ledger.visits[&id].confirm_by_at.is_some_and(|confirm_by| confirm_by <= self.now);
        let done = appointments::confirm(self.env(), &acting, id);
        // What a refusal did is undone: what has run out is cleared by the next step that is carried out.
        if let Err(failure) = done {
            assert!(
                !matches!(failure, Failure::Refused(_)) || is_late,
                "a visit could not be confirmed in time"
            );
            return Err(failure);
        }
        assert!(!is_late, "a visit was confirmed too late");
        self.ledger.run_out(self.now);
        let appointment = self.load(id)?;
        self.ledger.note(&appointment);
        self.ledger.event("appointment.confirm", id);
        self.ledger.letter("booked", &appointment, "", self.now);
        Ok(Outcome::Done)
    }

    fn load(&self, id: AppointmentId) -> Result<record::Appointment, Failure> {
        let env = self.env();
        let found =
            env.store.read(|tx| Ok::<_, Failure>(store::appointments::load(tx, env.clinic_id, id)?))?;
        found.ok_or(Failure::NotFound)
    }

    fn move_to(&mut self) -> Ended {
        let Some(id) = self.some_visit() else { return Ok(Outcome::Idle) };
        let before = self.ledger.visits[&id].clone();
        let is_link = self.people.dice.below(2) == 0;
        let acting = if is_link { self.acting(Actor::LinkHolder(id)) } else { self.desk() };
        let visit_type = self.load(id)?.visit_type;
        let Some((start_at, practitioner)) = self.time(&acting, &visit_type)? else {
            return Ok(Outcome::Idle);
        };
        let mut hold = None;
        if is_link && self.people.dice.below(2) == 0 {
            let visitor = self.secret();
            let command = HoldForMove { id, start_at, practitioner, visitor: visitor.clone() };
            let held = appointments::hold_for_move(self.env(), &acting, command)?;
            self.ledger.run_out(self.now);
            self.ledger.event("hold.place", held.id);
            self.ledger.holds.insert(held.id, (held.clone(), visitor.clone()));
            hold = Some((held.id, visitor));
        }
        let tell_patient = self.people.dice.below(3) > 0;
        let held = hold.as_ref().map(|(id, _)| *id);
        let command = MoveAppointment {
            id,
            seen_sequence: before.sequence,
            start_at,
            practitioner,
            hold,
            tell_patient,
        };
        let moved = appointments::move_to(self.env(), &acting, command)?;
        self.ledger.run_out(self.now);
        if moved.sequence == before.sequence {
            return Ok(Outcome::Done);
        }
        if let Some(held) = held {
            self.ledger.holds.remove(&held);
        }
        self.ledger.note(&moved);
        self.ledger.event("appointment.move", id);
        if moved.status == AppointmentStatus::Booked && (tell_patient || is_link) {
            let was = format!(":{}:{}", before.start_at.as_microsecond(), before.end_at.as_microsecond());
            let run_at = if is_link { self.now } else { self.after_undo() };
            self.ledger.letter("moved", &moved, &was, run_at);
        }
        if moved.status == AppointmentStatus::Pending && tell_patient && !is_link {
            let run_at = self.after_undo();
            self.ledger.letter("confirm", &moved, "", run_at);
        }
        Ok(Outcome::Done)
    }

    fn cancel(&mut self) -> Ended {
        let Some(id) = self.some_visit() else { return Ok(Outcome::Idle) };
        let seen = self.ledger.visits[&id].sequence;
        let is_link = self.people.dice.below(2) == 0;
        let acting = if is_link { self.acting(Actor::LinkHolder(id)) } else { self.desk() };
        let tell_patient = self.people.dice.below(3) > 0;
        let cancelled = appointments::cancel(self.env(), &acting, id, seen, tell_patient, "asked for")?;
        self.ledger.run_out(self.now);
        if self.ledger.visits[&id].status == AppointmentStatus::Cancelled {
            return Ok(Outcome::Done);
        }
        self.ledger.note(&cancelled);
        self.ledger.event("appointment.cancel", id);
        if tell_patient || is_link {
            let run_at = if is_link { self.now } else { self.after_undo() };
            self.ledger.letter("cancelled", &cancelled, "", run_at);
        }
        Ok(Outcome::Done)
    }

    fn release(&mut self) -> Ended {
        let ids: Vec<_> = self.ledger.holds.keys().copied().collect();
        if ids.is_empty() {
            return Ok(Outcome::Idle);
        }
        let (hold, visitor) = self.ledger.holds[&ids[self.people.dice.below(ids.len())]].clone();
        let acting = self.acting(Actor::Visitor);
        appointments::release(self.env(), &acting, &visitor, hold.id)?;
        self.ledger.run_out(self.now);
        if self.ledger.holds.remove(&hold.id).is_some() {
            self.ledger.event("hold.release", hold.id);
        }
        Ok(Outcome::Done)
    }

    /// From now on, for one to three days. When it was written is in its reason: visits planned before are not at fault.
    fn fall_ill(&mut self) -> Ended {
        let rules = app::diary::current(self.env())?.rules.clone();
        let therapists: Vec<ResourceId> = rules
            .resources
            .iter()
            .filter(|resource| resource.kind == ResourceKind::Practitioner)
            .map(|resource| resource.id)
            .collect();
        let from = self.now.to_zoned(rules.zone.clone()).datetime();
        let absence = Absence {
            resource_id: therapists[self.people.dice.below(therapists.len())],
            from_local: from.with().second(0).subsec_nanosecond(0).build().unwrap_or(from),
            to_local: from.saturating_add(Span::new().days(1 + self.people.dice.below(3) as i64)),
            reason: format!("ill {}", self.now.as_microsecond()),
        };
        let clinic = self.env().clinic_id;
        self.env().store.write(move |tx| store::hours::save_absence(tx, clinic, &absence))?;
        app::diary::refresh(self.env())?;
        Ok(Outcome::Done)
    }

    fn work(&mut self) -> Ended {
        let outlet = Post(self.people.dice.below(3) == 0);
        for _ in 0..100 {
            if !jobs::run_due(self.env(), &outlet)? {
                return Ok(Outcome::Done);
            }
        }
        panic!("the work never ends")
    }
}

/// Takes every message, or is out of order for now.
struct Post(bool);

impl Outlet for Post {
    fn send(&self, _: &notify::Message) -> Result<(), notify::SendError> {
        if self.0 { Err(notify::SendError::Temporary(notify::Reason::Answered(451))) } else { Ok(()) }
    }
}
