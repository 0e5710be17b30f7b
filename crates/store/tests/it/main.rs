//! The store's contract: one suite, run on SQLite and PostgreSQL.

mod audit;
mod booking;
mod claims;
mod classes;
mod engine;
mod log;
mod needling;
mod outgoing;
mod plans;
mod properties;
mod records;
mod wait_list;
