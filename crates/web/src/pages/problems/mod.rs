//! Pages for when something is not as hoped.

pub mod show;
