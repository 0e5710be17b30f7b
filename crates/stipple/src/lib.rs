//! What the one binary does, command by command, so that tests can call it.

pub mod audit;
pub mod clinic_file;
pub mod coverage;
pub mod demo;
pub mod json;
pub mod machine;
pub mod photo;
pub mod pictures;
pub mod place;
pub mod protocol;
pub mod protocols;
pub mod schedule;
pub mod serve;
pub mod server;
pub mod sign_off;
pub mod staff;
