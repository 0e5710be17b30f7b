//! What the clinic keeps: entities and their legal state transitions.
//!
//! Knows which states exist and which step leads from one to the other. Does not know how anything is saved,
//! what time it is, or which rules decide. Instants are [`jiff::Timestamp`] and end in `_at`, civil dates end in
//! `_on`, wall-clock times end in `_local`.

mod appointment;
mod audit;
mod clinic;
mod diary;
mod hours;
mod needling;
mod outgoing;
mod people;
mod protocol;
mod resource;
mod response;
mod wait_list;
mod words;

pub use appointment::*;
pub use audit::*;
pub use clinic::*;
pub use diary::*;
pub use hours::*;
pub use needling::*;
pub use outgoing::*;
pub use people::*;
pub use protocol::*;
pub use resource::*;
pub use response::*;
pub use wait_list::*;
pub use words::NotAWord;
