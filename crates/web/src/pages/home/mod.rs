//! The front door.

pub mod show;
