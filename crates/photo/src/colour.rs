//! Colour: brings the follow-up's colours to those of the baseline.

pub(crate) mod card;
pub(crate) mod cholesky;
pub(crate) mod lab;

pub use card::{Card, find_card};
