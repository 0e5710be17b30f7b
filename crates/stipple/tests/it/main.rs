//! The binary's commands from outside.

mod pictures;
mod protocol;
mod schedule;
mod vignettes;
