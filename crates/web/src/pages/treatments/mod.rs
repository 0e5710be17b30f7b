//! Treatments, as their visitors read about them.

pub mod show;
