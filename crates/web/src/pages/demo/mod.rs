//! What only a demo clinic has.

pub mod mail;
