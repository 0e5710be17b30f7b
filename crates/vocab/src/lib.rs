//! Words of the trade, shared by every room of the house: typed ids, names out of a protocol, quantities
//! with their units, half-open intervals.
//!
//! Knows nothing about rules, storage, the web or wire formats.

mod id;
mod interval;
mod money;
mod name;

pub use id::*;
pub use interval::Interval;
pub use money::{Currency, Money};
pub use name::*;
