//! What pages show, as plain data: every word ready to print, every number already chosen. Whoever calls maps
//! the protocol and the records into these; templates decide nothing but the look.

mod clinic;
mod form;
mod treatment;

pub use clinic::*;
pub use form::*;
pub use treatment::*;
