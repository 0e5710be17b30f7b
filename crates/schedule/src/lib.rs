//! Calendars, multi-phase search, decisions and their checker. Pure: no clock, no chance, no storage.
//!
//! A visit is a sequence of phases; each phase has a length range and claims; each claim names one or several
//! roles, of which one is filled. Time inside is a whole number of quanta of UTC ([`Quantum`]), so clock changes need
//! no code in the search; wall clock exists only where hours come in and labels go out.

mod model;

pub use model::*;
