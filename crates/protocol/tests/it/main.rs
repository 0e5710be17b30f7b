//! The crate from outside: the shipped protocol, planted errors, properties.

mod planted;
mod properties;
mod shipped;

use std::path::Path;

use protocol::Protocol;

/// The protocol that ships with the program.
fn shipped() -> Protocol {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocols/micro-needling");
    protocol::load_dir(&folder).unwrap_or_else(|error| panic!("{error}"))
}
