//! What pictures cost: `cargo run --release -p media --example door -- SECONDS FILE...` sends each through the door, with
//! this deadline, and prints the answer, the time until it was there, and what the worker spent.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use media::{Door, DoorError, Limits};

#[expect(clippy::print_stdout, reason = "the example's answer")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments == ["media-worker"] {
        return Ok(media::worker::run()?);
    }
    let (seconds, files) = arguments.split_first().ok_or("a deadline in seconds, and files")?;
    let limits = Limits { time: Duration::try_from_secs_f64(seconds.parse()?)?, ..Limits::default() };
    let door = Door::new(PathBuf::from("/proc/self/exe"), vec!["media-worker".into()], 1, limits);
    println!("  wall ms   cpu ms  memory MiB  answer");
    for name in files {
        let file = std::fs::read(name)?;
        let started = Instant::now();
        let (answer, spent) = door.prepare_metered(&file);
        let wall = started.elapsed().as_secs_f64() * 1e3;
        let (cpu, memory) = spent.map_or(("-".to_owned(), "-".to_owned()), |spent| {
            (
                format!("{:.0}", spent.cpu_us as f64 / 1e3),
                format!("{:.1}", spent.memory as f64 / (1 << 20) as f64),
            )
        });
        let text = match answer {
            Ok(prepared) => {
                let facts = prepared.facts;
                format!("{} x {} {}", facts.stored_width, facts.stored_height, facts.format)
            }
            Err(DoorError::Refused(refusal)) => format!("{}: {refusal}", refusal.code()),
            Err(fault) => return Err(fault.into()),
        };
        println!("{wall:9.0} {cpu:>8} {memory:>11}  {text}  {name}");
    }
    Ok(())
}
