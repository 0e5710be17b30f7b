//! A whole life of a clinic, step by step, with audits on the way; a failure tells how to live it again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use app::{Clock, Failure};
use store::StoreLocation;

use crate::{
    auditor::Auditor,
    clock::Crash,
    crash::{Fault, WRITTEN, picture},
    ledger::Ledger,
    steps::{Outcome, People, Step, carry_out},
    world::World,
};

/// How a life went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Steps that were done, by name.
    pub done: std::collections::BTreeMap<String, u64>,
    /// Steps that the clinic refused.
    pub refused: u64,
    /// Times the program died or a statement failed.
    pub crashes: u64,
    /// Audits that found nothing.
    pub audits: u64,
}

impl Report {
    /// How many steps of a kind were done.
    pub fn count(&self, step: Step) -> u64 {
        self.done.get(&format!("{step:?}")).copied().unwrap_or(0)
    }
}

/// Lives `steps` steps of the clinic of a seed in an empty database, with an audit after every crash and after every
/// `audit_every` steps.
///
/// # Panics
/// If an audit finds anything, naming the seed and the step.
pub fn live(location: StoreLocation, seed: u64, steps: u64, audit_every: u64) -> Report {
    let mut life = Life::begin(location, seed, 1);
    for number in 1..=steps {
        let before = life.report.crashes;
        life.step();
        if life.report.crashes > before || number % audit_every == 0 || number == steps {
            life.audit();
        }
    }
    life.report
}

/// A life under way.
pub struct Life {
    /// The program.
    pub world: World,
    /// What it acknowledged.
    pub ledger: Ledger,
    /// How it went so far.
    pub report: Report,
    people: People,
    last: Option<Step>,
}

impl Life {
    /// Founds the clinic of a seed in an empty database.
    pub fn begin(location: StoreLocation, seed: u64, size: usize) -> Self {
        Self::join(World::found(location, seed, size), "s")
    }

    /// Lives in a clinic that others may live in too; `name` tells their patients apart.
    pub fn join(world: World, name: &str) -> Self {
        let people = People { dice: world.dice(), name: name.to_owned(), count: 0 };
        Self { world, people, ledger: Ledger::default(), report: Report::default(), last: None }
    }

    /// Looks at everything.
    ///
    /// # Panics
    /// If anything is wrong.
    pub fn audit(&mut self) {
        let found = Auditor::audit(&self.world, &self.ledger, self.world.clockwork.now()).found;
        let (seed, number) = (self.world.seed, self.people.count);
        assert!(
            found.is_empty(),
            "seed {seed} step {number} ({:?}), replay with sim::live(location, {seed}, {number}, 1):\n{}",
            self.last,
            found.join("\n")
        );
        self.report.audits += 1;
    }

    /// Lets some time pass and takes one step, which may end suddenly.
    pub fn step(&mut self) -> Step {
        self.pause();
        let step = Step::draw(&mut self.people.dice);
        match self.people.dice.below(12) {
            0 => self.die_in(step),
            1 => self.fail_in(step),
            _ => drop(self.plain(step)),
        }
        self.last = Some(step);
        step
    }

    /// Seconds, minutes, or until tomorrow.
    pub fn pause(&mut self) {
        let dice = &mut self.people.dice;
        let pause = match dice.below(20) {
            0 => 3_600 * (1 + dice.below(20)),
            1..=3 => 600 + dice.below(3_000),
            _ => 1 + dice.below(240),
        };
        self.world.clockwork.pass(pause as i64);
    }

    /// Takes a step that nothing interrupts; whether it was done.
    ///
    /// # Panics
    /// If it breaks.
    pub fn plain(&mut self, step: Step) -> bool {
        let ended = carry_out(&self.world, &mut self.people, &mut self.ledger, step);
        match &ended {
            Ok(Outcome::Done) => *self.report.done.entry(format!("{step:?}")).or_default() += 1,
            Ok(_) => {}
            Err(Failure::Fault(fault)) => {
                panic!("seed {} step {}: {fault:?}", self.world.seed, self.people.count)
            }
            Err(_) => self.report.refused += 1,
        }
        matches!(ended, Ok(Outcome::Done))
    }

    /// Chance for what happens next.
    pub fn draw(&mut self) -> Step {
        Step::draw(&mut self.people.dice)
    }

    /// The program dies somewhere inside the step, and mostly is started again.
    fn die_in(&mut self, step: Step) {
        let uses = self.people.dice.below(24) as u32;
        self.world.clockwork.die_at(Some(uses));
        let (world, people, ledger) = (&self.world, &mut self.people, &mut self.ledger);
        let ended = catch_unwind(AssertUnwindSafe(|| carry_out(world, people, ledger, step)));
        self.world.clockwork.die_at(None);
        match ended {
            Ok(_) => {}
            Err(panic) if panic.is::<Crash>() => {
                self.report.crashes += 1;
                if self.people.dice.below(3) > 0 {
                    self.world.restart();
                }
            }
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    /// A statement of the step fails; nothing of its transaction may remain.
    fn fail_in(&mut self, step: Step) {
        let table = WRITTEN[self.people.dice.below(WRITTEN.len())];
        // What has run out would be cleared by the first part of a step that is several: then there is nothing to compare.
        let is_single = matches!(step, Step::Confirm | Step::Cancel | Step::Release | Step::Sweep);
        let before = is_single.then(|| picture(&self.world.location));
        let fault = Fault::lay(&self.world.location, table);
        let ended = carry_out(&self.world, &mut self.people, &mut self.ledger, step);
        drop(fault);
        if let Err(Failure::Fault(_)) = ended {
            self.report.crashes += 1;
            if let Some(before) = before {
                for (was, is) in before.iter().zip(&picture(&self.world.location)) {
                    let (seed, count) = (self.world.seed, self.people.count);
                    assert!(was == is, "seed {seed} step {count}: a failed {step:?} changed {}", was.0);
                }
            }
        }
    }
}
