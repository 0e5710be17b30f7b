//! What the one binary does, command by command, so that tests can call it.

pub mod audit;
pub mod coverage;
pub mod demo;
pub mod json;
pub mod machine;
pub mod protocol;
pub mod protocols;
pub mod server;
