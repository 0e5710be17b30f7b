//! `cargo xtask soak`: the long simulation on both engines, with a private PostgreSQL that keeps what it commits.

use crate::run::{Outcome, aloud, say};
use crate::setup::{debian, postgres};
use crate::workspace::{Workspace, cargo};
use std::process::Command;

/// Builds the simulation for release and runs its long form; the arguments are `--seed N` and `--operations N`.
pub(crate) fn soak(args: &[String]) -> Outcome {
    let workspace = Workspace::load()?;
    debian::ensure(&[debian::POSTGRESQL])?;
    say("cargo build --release, for the simulation");
    aloud(cargo().args(["build", "--quiet", "--release", "--package", "sim"]))?;
    // Figures beside durable commits mean nothing on a server that does not wait for its disk.
    let cluster = postgres::Cluster::start_durable()?;
    let mut program = Command::new(workspace.program("release", "sim"));
    program.current_dir(&workspace.target).args(["soak", "--postgres", &cluster.url]).args(args);
    aloud(&mut program)
}
