//! A day planned anew: when somebody cannot come, and when there is room for the wait list.
//!
//! A plan is proposed from the day as it stands ([`propose`], [`propose_fill`]), shown, and carried out wholly or in parts
//! ([`accept`], [`accept_fill`]): decided once more on the day as it is then, checked, and written in one transaction. Nobody
//! is told before, nor without being asked for.

mod absence;
mod accept;
mod facts;
mod fill;
mod proposal;

pub use absence::{AwayFrom, note_absence, take_absence_back};
pub use accept::{AcceptPlan, Accepted, accept};
pub use fill::{AcceptFill, Filling, Found, HowToFill, accept_fill, propose_fill};

use jiff::{SignedDuration, Timestamp, civil::Date};
use record::{Absence, Appointment, Patient};
use schedule::{Decision, Wish};
use vocab::ResourceId;

use crate::{
    Acting, Action, Env, Failure, appointments,
    appointments::Day,
    diary::{self, Planned},
    failure::Fault,
};
use facts::DayFacts;

/// A plan is looked for within this time …
const SOON: SignedDuration = SignedDuration::from_millis(50);
/// … or, when somebody asks for a better one, within this.
const LONGER: SignedDuration = SignedDuration::from_secs(1);

/// However slow the clock, no more tries than this; the longer search gets twenty times as many.
const TRIES: u64 = 400;

/// What a plan does with a visit.
#[derive(Debug, Clone)]
pub enum Change {
    /// It stays as it is.
    Stays,
    /// It keeps its time and its therapist, and has another room or device or another length, so that others can move.
    Rearranged(Planned),
    /// It has another time, another therapist, or both.
    Moves(Planned),
    /// There is no room for it.
    CannotBeKept,
}

/// One visit of a plan.
#[derive(Debug, Clone)]
pub struct PlannedVisit {
    /// As it stands.
    pub appointment: Appointment,
    /// Whose.
    pub patient: Patient,
    /// What the plan does with it.
    pub change: Change,
    /// Whether its therapist is away for any of it.
    pub is_stranded: bool,
    /// How it was decided, if it is to change.
    decision: Option<Decision>,
}

/// A day as it stands and as it could be.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// As it stands.
    pub day: Day,
    /// The visits that have not begun, by beginning.
    pub visits: Vec<PlannedVisit>,
    /// Who is away for any of the day.
    pub absences: Vec<Absence>,
    /// What the plan costs.
    pub cost: u64,
    /// Whether no plan can cost less.
    pub is_proven: bool,
    /// How many ways were tried: so many find the same plan again on the same day.
    pub tries: u64,
    /// Stands for all that the plan says: whoever accepts it means this and nothing else.
    pub seal: String,
}

impl Proposal {
    /// How many visits move or change their therapist, and how many cannot be kept.
    pub fn counts(&self) -> (usize, usize) {
        let moved = self.visits.iter().filter(|one| matches!(one.change, Change::Moves(_))).count();
        let lost = self.visits.iter().filter(|one| matches!(one.change, Change::CannotBeKept)).count();
        (moved, lost)
    }
}

/// Plans the day anew around whoever is away, at least cost. `longer` looks for up to a second instead of 50 ms. Visits that
/// have begun, or are booked on an extra seat whose therapist is there, stay where they are.
pub fn propose(env: &Env, acting: &Acting, date: Date, longer: bool) -> Result<Proposal, Failure> {
    acting.require(Action::ChangeDiary)?;
    let diary = diary::refresh(env)?;
    let day = appointments::day(env, acting, date)?;
    let effort = if longer { Effort::Longer } else { Effort::Soon };
    env.store.read(|tx| proposal::make(tx, env, &diary, &day, effort))
}

/// How long a plan is looked for.
#[derive(Debug, Clone, Copy)]
enum Effort {
    /// As long as a person waits for a page.
    Soon,
    /// As long as somebody who asked for it waits.
    Longer,
    /// With so many tries.
    Tries(u64),
}

/// Looks for the cheapest plan in the time there is. The tries are the same for the same day.
fn search(env: &Env, facts: &DayFacts, wishes: &[Wish<'_>], effort: Effort) -> (schedule::DayPlan, u64) {
    let began = env.clock.now();
    let (most, budget) = match effort {
        Effort::Soon => (TRIES, SOON),
        Effort::Longer => (20 * TRIES, LONGER),
        // A machine that takes much longer than before finds less, and then the plan is not the one that was shown.
        Effort::Tries(tries) => (tries.min(20 * TRIES), LONGER * 2),
    };
    let mut tried = 1;
    let plan = schedule::plan_day(&facts.calendar, wishes, 1, &mut |tries, _| {
        let goes_on = tries < most && env.clock.now().duration_since(began) < budget;
        tried = if goes_on { tries + 1 } else { tries };
        goes_on
    });
    (plan, tried)
}

/// Finds a place for every wish just where it is asked for, whatever room and device that takes; `None` if they do not go
/// together.
fn place_all(
    env: &Env,
    facts: &DayFacts,
    wishes: &[Wish<'_>],
) -> Result<Option<Vec<(Decision, Planned)>>, Failure> {
    let (plan, _) = search(env, facts, wishes, Effort::Tries(TRIES));
    Ok(facts.planned(wishes, &plan.placed)?.into_iter().collect())
}

fn check_failed(what: String) -> Failure {
    Failure::Fault(Fault::CheckFailed(what))
}

/// The therapist and the instant a change asks for.
pub(crate) type Exact = (ResourceId, Timestamp);
