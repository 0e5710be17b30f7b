//! Whole days: who of the wait list fits, how a day is repaired when somebody falls ill, which offers keep it whole,
//! and how many visits it could hold at all.
//!
//! A day is a [`Board`](board::Board): a few words for each resource, copied and changed thousands of times a second. The
//! plans are found by greedy insertion and ruin-and-recreate ([`plan`]): take a few visits that lie near each other out
//! again, put what is waiting back in another order, keep the result unless it is worse. Chance comes from a seed, so
//! the same question gives the same plan.

mod board;
mod capacity;
mod chance;
mod offers;
mod plan;

pub use capacity::{Minutes, OnCall, Practice, Scheme, capacity};
pub use chance::Chance;
pub use offers::{Offer, Ranking, spread};
pub use plan::{Booked, Costs, DayPlan, Effort, Wish};
