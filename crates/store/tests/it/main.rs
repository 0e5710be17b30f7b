//! The store's contract: one suite, run on SQLite and PostgreSQL.

mod audit;
mod booking;
mod claims;
mod classes;
mod engine;
mod outgoing;
mod properties;
mod records;
