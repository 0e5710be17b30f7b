//! What the one binary does, command by command, so that tests can call it.

pub mod json;
pub mod protocol;
