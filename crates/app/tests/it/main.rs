//! The integration tests of the crate, in one binary: the main journey over a real store of each engine.

mod booking;
mod house;
mod letters;
mod moving;
mod protocols;
mod screening;
