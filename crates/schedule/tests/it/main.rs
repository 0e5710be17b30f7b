//! The schedule crate from outside: its search against a slow reference, on clinics of every shape.

mod capacity;
mod clinic;
mod clock;
mod days;
mod decisions;
mod properties;
mod slow;
