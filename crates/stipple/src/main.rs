//! Stipple: practice software for clinics that offer micro-needling. This file only chooses what to run.

mod coverage;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "stipple", version, about = "Practice software for clinics that offer micro-needling")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// How evenly an area is needled: simulate passes, plan them, or check them against their limits
    Coverage(coverage::Arguments),
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Coverage(arguments) => coverage::run(&arguments),
    }
}
