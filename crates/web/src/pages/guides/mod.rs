//! Guides: longer answers, written once, the same for every clinic.

pub mod honest_answers;
pub mod pen_or_roller;
pub mod why_even_matters;
