//! The self-check: a few screens of questions and a graded answer.

pub mod answer;
pub mod ask;
pub mod lists;
