//! The one binary: parses arguments, calls the command, sets the exit code.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Practice software for micro-needling clinics.
#[derive(Debug, Parser)]
#[command(name = "stipple", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a treatment protocol, or answer from it for one person
    #[command(subcommand)]
    Protocol(stipple::protocol::Command),
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Protocol(command) => stipple::protocol::run(&command),
    }
}
