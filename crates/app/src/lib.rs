//! Use cases: who may do what, when, and what follows from it.
//!
//! A use case is a plain, synchronous function: it checks the policy, asks the clock, opens a transaction, turns
//! records into facts, lets the pure crates decide, has the decision checked, and writes the change, its audit event
//! and the jobs it causes together. Knows no HTTP and no HTML.

pub mod actor;
pub mod appointments;
pub mod audit;
pub mod capacity;
pub mod day_plan;
pub mod demo;
pub mod diary;
pub mod enquiries;
pub mod env;
pub mod failure;
pub mod jobs;
pub mod needling;
pub mod password;
pub mod people;
pub mod protocols;
pub mod screening;
pub mod secret;
pub mod settings;
pub mod staff;
pub mod visit_types;
pub mod wait_list;

pub use actor::{Acting, Action, Actor, StaffActor, may};
pub use env::{Chance, Clock, Env};
pub use failure::{Failure, FormErrors, Refusal};
pub use secret::Secret;
