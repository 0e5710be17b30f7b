//! The project's own chores: `cargo xtask demo | test | ci | tidy | bench`.

fn main() {}
