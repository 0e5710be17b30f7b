//! The crate from outside: pictures that are right, damaged or hostile, workers that go wrong, a shelf that is killed.
//!
//! Every picture is drawn here; none is of a person.

#![expect(clippy::print_stdout, reason = "figures for whoever asks with --no-capture")]

mod damage;
mod door;
mod draw;
mod hostile;
mod pictures;
mod shelf;

use std::path::PathBuf;

use media::{Door, Limits};

/// The program with working and faulty workers.
pub(crate) fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_media-faulty-worker"))
}

/// A door whose workers behave as named.
pub(crate) fn door(behaviour: &str, limits: Limits) -> Door {
    Door::new(program(), vec![behaviour.into()], 2, limits)
}

/// Limits for small drawings.
pub(crate) fn small() -> Limits {
    Limits { shortest_side: 1, ..Limits::default() }
}
