//! The integration tests of the crate, in one binary.

#[path = "../../examples/preview/content.rs"]
mod content;
#[path = "../../examples/preview/sample.rs"]
mod sample;

mod booking;
mod clinic;
mod cream;
mod desk;
mod desk_refusals;
mod holds;
mod journey;
mod needling;
mod pages;
mod planning;
mod properties;
mod self_check;
mod self_check_places;
mod shell;
mod visit;
