//! Set-up: what a fresh machine lacks, brought in by the tools it has. Each piece is skipped when it is there.

pub(crate) mod debian;
pub(crate) mod node;
pub(crate) mod postgres;
pub(crate) mod python;
