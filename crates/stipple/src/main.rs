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
    /// Serve a demo clinic on this machine, to try everything on
    Demo(stipple::demo::Command),
    /// Look after the audit trail
    #[command(subcommand)]
    Audit(stipple::audit::Command),
    /// Check a treatment protocol, or answer from it for one person
    #[command(subcommand)]
    Protocol(stipple::protocol::Command),
    /// How evenly an area is needled: simulate passes, plan them, or check them against their limits
    Coverage(stipple::coverage::Arguments),
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Demo(command) => ended(stipple::demo::run(&command)),
        Command::Audit(command) => ended(stipple::audit::run(&command)),
        Command::Protocol(command) => stipple::protocol::run(&command),
        Command::Coverage(arguments) => stipple::coverage::run(&arguments),
    }
}

#[expect(clippy::print_stderr, reason = "the command's answer")]
fn ended(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("stipple: {message}");
            ExitCode::FAILURE
        }
    }
}
