//! The project's own chores: `cargo xtask demo | test | ci | tidy | bench | soak`.
//!
//! Does all set-up on a fresh machine by itself and says what to do where it cannot. Knows nothing about
//! what Stipple does: it builds, starts and checks, from outside.

// A command-line tool talks to its caller on standard output; everywhere else in the house that is refused.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bench;
mod ci;
mod demo;
mod run;
mod setup;
mod soak;
mod stamp;
mod tally;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask demo [--port N] [--fresh] [--release]   set up, build and serve a demo clinic on 127.0.0.1 (port 8080)
cargo xtask test [--only checks|rust|browser]       set up and run every check and test; the last line counts them
cargo xtask ci                                      what CI does: a clean clone of HEAD, then its .ci/run
cargo xtask tidy [--tighten | --accept]             house rules; --tighten lowers the size ratchet to what is there,
                                                    --accept also takes in what is new and too long
cargo xtask bench [NAME [ARGS…]]                    build a benchmark for release and run it; no name lists them
cargo xtask soak [--seed N] [--operations N]         a simulated clinic on both engines, audited; three processes on
                                                    PostgreSQL, one of them killed on the way";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    let outcome = match args.first().map(String::as_str) {
        Some("demo") => demo::demo(rest),
        Some("test") => test::test(rest),
        Some("ci") => ci::ci(rest),
        Some("tidy") => tidy::tidy(rest),
        Some("bench") => bench::bench(rest),
        Some("soak") => soak::soak(rest),
        Some("help" | "--help" | "-h") | None => {
            println!("{USAGE}");
            Ok(())
        }
        Some(other) => Err(format!("there is no chore {other:?}; these exist:\n{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            if !message.is_empty() {
                eprintln!("xtask: {message}");
            }
            ExitCode::FAILURE
        }
    }
}
