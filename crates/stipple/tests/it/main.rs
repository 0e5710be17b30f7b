//! The binary's commands from outside.

mod protocol;
