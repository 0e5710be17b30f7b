//! The clock and the chance of a simulation. Both can be told to die at one of their next uses, which is how the
//! program ends between two steps of a use case.

use std::{
    panic::resume_unwind,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use app::{Chance, Clock, demo::Dice};
use jiff::{SignedDuration, Timestamp};

/// What a thread unwinds with when the simulated program dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crash;

/// Time, chance, and when to die.
#[derive(Debug)]
pub struct Clockwork(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    now: Timestamp,
    /// Real time times this factor is added: for several processes with one clock.
    runs: Option<(Instant, i32)>,
    dice: Dice,
    /// So many more uses until the program dies.
    fuse: Option<u32>,
}

impl Clockwork {
    /// Stands still at a moment.
    pub const fn standing(now: Timestamp, seed: u64) -> Self {
        Self(Mutex::new(Inner { now, runs: None, dice: Dice::new(seed), fuse: None }))
    }

    /// Runs `factor` times as fast as real time.
    pub fn running(now: Timestamp, factor: i32, seed: u64) -> Self {
        let runs = Some((Instant::now(), factor));
        Self(Mutex::new(Inner { now, runs, dice: Dice::new(seed), fuse: None }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets time pass.
    pub fn pass(&self, seconds: i64) {
        let mut inner = self.lock();
        inner.now = inner.now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
    }

    /// Dies at use number `uses` from now on, counted from 0; `None`: lives.
    pub fn die_at(&self, uses: Option<u32>) {
        self.lock().fuse = uses;
    }

    fn used(&self) -> MutexGuard<'_, Inner> {
        let mut inner = self.lock();
        if let Some(fuse) = inner.fuse {
            inner.fuse = fuse.checked_sub(1);
            if fuse == 0 {
                drop(inner);
                resume_unwind(Box::new(Crash));
            }
        }
        inner
    }
}

impl Clock for Clockwork {
    fn now(&self) -> Timestamp {
        let inner = self.used();
        let Some((since, factor)) = inner.runs else { return inner.now };
        let passed = SignedDuration::try_from(since.elapsed()).unwrap_or_default().saturating_mul(factor);
        // Whole microseconds, as the database keeps them.
        let now = inner.now.saturating_add(passed).unwrap_or(Timestamp::MAX);
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}

impl Chance for Clockwork {
    fn bits(&self) -> u128 {
        let mut inner = self.used();
        (u128::from(inner.dice.roll()) << 64) | u128::from(inner.dice.roll())
    }
}
