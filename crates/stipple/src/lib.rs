//! What the one binary does, command by command, so that tests can call it.

pub mod json;
pub mod audit;
pub mod demo;
pub mod machine;
pub mod protocol;
pub mod protocols;
pub mod server;
