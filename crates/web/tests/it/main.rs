//! The content pages, in process: the router without a socket, an invented clinic behind it.

#[path = "../../examples/preview/sample.rs"]
mod sample;

mod content;
