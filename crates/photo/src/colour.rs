//! Colour: brings the follow-up's colours to those of the baseline.

pub(crate) mod card;
pub(crate) mod cells;
pub(crate) mod chart;
pub(crate) mod cholesky;
pub(crate) mod field;
pub(crate) mod grid;
pub(crate) mod lab;
mod render;
pub(crate) mod tone;

pub use card::{Card, find_card};
pub use field::Correction;
