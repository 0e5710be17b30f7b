//! The wait list as its people see it: join, look, take a time, leave.

pub mod join;
pub mod place;
