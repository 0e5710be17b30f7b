//! What pictures cost: `cargo run --release -p media --example door -- FILE...` sends each through the door and prints
//! the answer, the time until it was there, and what the worker spent.

use std::{path::PathBuf, time::Instant};

use media::{Door, DoorError, Limits};

#[expect(clippy::print_stdout, reason = "the example's answer")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    if files == ["media-worker"] {
        return Ok(media::worker::run()?);
    }
    let door = Door::new(PathBuf::from("/proc/self/exe"), vec!["media-worker".into()], 1, Limits::default());
    println!("  wall ms   cpu ms  memory MiB  answer");
    for name in files {
        let file = std::fs::read(&name)?;
        let started = Instant::now();
        let answer = door.prepare_metered(&file);
        let wall = started.elapsed().as_secs_f64() * 1e3;
        let (cpu, memory, text) = match answer {
            Ok((prepared, spent)) => {
                let facts = prepared.facts;
                let sides = format!("{} x {} {}", facts.stored_width, facts.stored_height, facts.format);
                let cpu = format!("{:.0}", spent.cpu_us as f64 / 1e3);
                (cpu, format!("{:.1}", spent.memory as f64 / (1 << 20) as f64), sides)
            }
            Err(DoorError::Refused(refusal)) => {
                ("-".to_owned(), "-".to_owned(), format!("{}: {refusal}", refusal.code()))
            }
            Err(fault) => return Err(fault.into()),
        };
        println!("{wall:9.0} {cpu:>8} {memory:>11}  {text}  {name}");
    }
    Ok(())
}
