//! Calendars, multi-phase search, decisions and their checker. Pure: no clock, no chance, no storage.
//!
//! A visit is a sequence of phases; each phase has a length range and claims; each claim names one or several
//! roles, of which one is filled. Time inside is a whole number of quanta of UTC ([`Quantum`]), so clock changes need
//! no code in the search; wall clock exists only where hours come in and labels go out.

mod bits;
mod calendar;
mod check;
mod course;
mod day;
mod decide;
mod dice;
mod hot;
mod lane;
mod model;
mod refuse;
mod rows;
mod search;
mod seats;
mod shape;
mod wall;

pub use calendar::{Calendar, CalendarError, Start};
pub use check::{Violation, check, check_plan};
pub use course::Course;
pub use day::{
    Booked, DayPlan, Minutes, Offer, OnCall, Practice, Ranking, Scheme, Table, Wish, capacities, capacity,
    capacity_while, plan_day, spread,
};
pub use decide::{Decision, PlannedPhase, Use};
pub use model::*;
pub use refuse::{Nothing, Reason, Refusal};
pub use seats::{NoSeat, SeatUse, seats};
