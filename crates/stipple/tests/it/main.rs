//! The binary's commands from outside.

mod clinic_file;
#[path = "../../../photo/tests/it/drawn.rs"]
#[allow(dead_code, reason = "the drawing room of another crate's tests; not all of it is used here")]
mod drawn;
mod own_protocol;
mod photo;
mod pictures;
mod protocol;
mod real;
mod schedule;
mod staff;
mod vignettes;
