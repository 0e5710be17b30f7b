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
    /// Write a clinic into an empty database
    Init(stipple::serve::Init),
    /// List what the clinical lead signs in the protocol, and sign it
    SignOff(stipple::sign_off::SignOff),
    /// Serve a clinic
    Serve(stipple::serve::Serve),
    /// Who can sign in: add people, give new passwords and roles, shut out and let in again
    #[command(subcommand)]
    Staff(stipple::staff::Command),
    /// Look after the audit trail
    #[command(subcommand)]
    Audit(stipple::audit::Command),
    /// How evenly an area is needled: simulate passes, plan them, or check them against their limits
    Coverage(stipple::coverage::Arguments),
    /// Decode one picture from standard input for the door for pictures; started by the program itself
    #[command(hide = true)]
    MediaWorker,
    /// Compare photographs of the same skin: register, measure, and say how sure
    #[command(subcommand)]
    Photo(stipple::photo::Command),
    /// Check a treatment protocol, answer from it for one person, or write the one that ships into a folder
    #[command(subcommand)]
    Protocol(stipple::protocol::Command),
    /// Ask the scheduler
    #[command(subcommand)]
    Schedule(stipple::schedule::Command),
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Demo(command) => ended(stipple::demo::run(&command)),
        Command::Init(command) => ended(stipple::serve::init(&command)),
        Command::SignOff(command) => ended(stipple::sign_off::run(&command)),
        Command::Serve(command) => ended(stipple::serve::run(&command)),
        Command::Staff(command) => ended(stipple::staff::run(&command)),
        Command::Audit(command) => ended(stipple::audit::run(&command)),
        Command::Coverage(arguments) => stipple::coverage::run(&arguments),
        Command::MediaWorker => ended(stipple::pictures::work()),
        Command::Photo(command) => stipple::photo::run(&command),
        Command::Protocol(command) => stipple::protocol::run(&command),
        Command::Schedule(command) => stipple::schedule::run(&command),
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
