//! Who works here.

pub mod show;
