//! How data is kept.

pub mod show;
