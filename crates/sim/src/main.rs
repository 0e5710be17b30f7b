//! `cargo xtask soak`: the long form of the simulation, on both engines, with three processes on PostgreSQL.
//!
//! `sim soak [--seed N] [--operations N] [--postgres URL]` lives one clinic on SQLite in this process, then starts three
//! processes of itself (`sim work …`) on one clinic in PostgreSQL, kills one of them on the way and starts another in
//! its place. Auditors look at everything; bookings per second stand beside the engine's own single-row durable
//! commits, measured before and after in the same run.

// A command talks to its caller on standard output.
#![allow(clippy::print_stdout)]

mod soak;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1).cloned()
    };
    let number = |name: &str, otherwise: u64| value(name).map_or(Ok(otherwise), |text| text.parse());
    let (Ok(seed), Ok(operations)) = (number("--seed", 1), number("--operations", 10_000)) else {
        println!("--seed and --operations are whole numbers");
        return ExitCode::from(2);
    };
    let outcome = match (arguments.first().map(String::as_str), value("--postgres")) {
        (Some("soak"), url) => soak::soak(seed, operations, url.as_deref()),
        (Some("work"), Some(url)) => {
            let begins = value("--begins").unwrap_or_default();
            soak::work(&url, seed, operations, &begins, &value("--name").unwrap_or_default())
        }
        _ => Err("usage: sim soak [--seed N] [--operations N] [--postgres URL]".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("{message}");
            ExitCode::FAILURE
        }
    }
}
