//! A simulated clinic: months of its life from a seed, through the real use cases and a clock that is set by hand.
//!
//! Visitors hold, book, confirm, move and call off; the desk does the same; therapists fall ill; statements fail and
//! the program dies between two steps; clocks change. An [`Auditor`] with a simple model of its own looks at the
//! database past the store and knows nothing of planner, checker or book. The same seed gives the same life, so a
//! failure names its seed and [`live`] replays it.

mod auditor;
mod clinic;
mod clock;
mod crash;
mod ledger;
mod life;
mod steps;
mod world;

pub use auditor::Auditor;
pub use clock::{Clockwork, Crash};
pub use ledger::Ledger;
pub use life::{Life, Report, live};
pub use steps::{Outcome, Step};
pub use world::World;
