//! Questions to a person.

pub mod ask;
