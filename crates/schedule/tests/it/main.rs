//! The schedule crate from outside: its search against a slow reference, on clinics of every shape.

mod clinic;
mod clock;
mod decisions;
mod properties;
mod slow;
