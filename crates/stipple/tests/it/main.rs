//! The binary's commands from outside.

mod protocol;
mod schedule;
mod vignettes;
