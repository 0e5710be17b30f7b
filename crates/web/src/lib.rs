//! HTTP and HTML: the only crate that knows them. It knows no SQL and decides nothing about patients or times.

pub mod shell;
