//! What it costs.

pub mod show;
