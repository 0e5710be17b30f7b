//! The long form: ten thousand bookings, holds, moves and cancellations on each engine.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use app::Clock as _;
use jiff::{SignedDuration, Timestamp};
use sim::{Auditor, Clockwork, Life, Step, World};
use store::StoreLocation;
use testkit::Raw;

/// What counts as an operation.
const COUNTED: [Step; 5] = [Step::Hold, Step::BookHeld, Step::Book, Step::Move, Step::Cancel];
/// The clinic is so many times the smallest.
const SIZE: usize = 4;
/// An audit after so many operations.
const AUDIT_EVERY: u64 = 1_000;
/// So many processes share the clinic on PostgreSQL.
const PROCESSES: u64 = 3;
/// The processes' clock runs so much faster than real time.
const FASTER: i32 = 60;
/// The schema of the soak in its private database.
const SCHEMA: &str = "soak";

/// Runs both engines; without an address of a server, SQLite alone.
pub(crate) fn soak(seed: u64, operations: u64, url: Option<&str>) -> Result<(), String> {
    on_sqlite(seed, operations)?;
    match url {
        Some(url) => on_postgres(url, seed, operations),
        None => Ok(()),
    }
}

fn operations_of(life: &Life) -> u64 {
    COUNTED.iter().map(|step| life.report.count(*step)).sum()
}

fn on_sqlite(seed: u64, operations: u64) -> Result<(), String> {
    let folder = tempfile::tempdir_in(".").map_err(|error| error.to_string())?;
    let location = StoreLocation::Sqlite { path: folder.path().join("stipple.sqlite") };
    let commits = sqlite_commits(folder.path())?;
    let mut life = Life::begin(location, seed, SIZE);
    let mut audited = 0;
    while operations_of(&life) < operations {
        // One step in twenty may end suddenly.
        if life.report.done.values().sum::<u64>() % 20 == 19 {
            life.step();
        }
        life.pause();
        let step = life.draw();
        life.plain(step);
        if operations_of(&life) >= audited + AUDIT_EVERY {
            audited = operations_of(&life);
            life.audit();
        }
    }
    life.audit();
    let after = sqlite_commits(folder.path())?;
    println!(
        "SQLite, one process, seed {seed}: {} operations, the auditor found nothing",
        operations_of(&life)
    );
    println!(
        "  {:?}, {} refused, {} sudden ends, {} audits",
        life.report.done, life.report.refused, life.report.crashes, life.report.audits
    );
    println!(
        "  {:.0} bookings/s one after the other, beside {commits:.0} and {after:.0} single-row durable commits/s",
        life.bookings_per_second()
    );
    Ok(())
}

fn sqlite_commits(folder: &Path) -> Result<f64, String> {
    let mut raw = Raw::open(&StoreLocation::Sqlite { path: folder.join("one.sqlite") });
    raw.execute(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS one (a BIGINT)",
    )?;
    commits(&mut raw)
}

fn commits(raw: &mut Raw) -> Result<f64, String> {
    let (begun, mut count) = (Instant::now(), 0u32);
    while begun.elapsed() < Duration::from_secs(2) {
        raw.execute(&format!("INSERT INTO one VALUES ({count})"))?;
        count += 1;
    }
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}

fn location(url: &str) -> StoreLocation {
    StoreLocation::Postgres { url: url.to_owned(), schema: Some(SCHEMA.to_owned()) }
}

fn on_postgres(url: &str, seed: u64, operations: u64) -> Result<(), String> {
    let mut raw = Raw::open(&StoreLocation::Postgres { url: url.to_owned(), schema: None });
    raw.execute(&format!(
        "DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; DROP TABLE IF EXISTS one; CREATE TABLE one (a BIGINT)"
    ))?;
    let before = commits(&mut raw)?;
    drop(World::found(location(url), seed, SIZE));
    let begun = Instant::now();
    let told = work_together(url, seed, operations, begun)?;
    let took = begun.elapsed();
    let after = commits(&mut raw)?;
    let now = at(seed, took);
    let world = World::start(location(url), seed, Clockwork::standing(now, seed));
    let found = Auditor::audit_rows(&world, now).found;
    if !found.is_empty() {
        return Err(format!("the auditor found, with seed {seed}:\n{}", found.join("\n")));
    }
    let lost = lost(url, &told.acknowledged);
    if !lost.is_empty() {
        return Err(format!("acknowledged and lost, with seed {seed}:\n{}", lost.join("\n")));
    }
    println!(
        "PostgreSQL, {PROCESSES} processes, one killed and replaced, seed {seed}: {} operations in {took:.0?}, the \
         auditor found nothing, {} appointments acknowledged and all there",
        told.operations,
        told.acknowledged.len()
    );
    println!(
        "  {:.0} bookings/s of three processes together, each one after the other, beside {before:.0} and {after:.0} \
         single-row durable commits/s of one connection",
        told.rates.values().sum::<f64>()
    );
    Ok(())
}

/// The shared clock after so much real time.
fn at(seed: u64, passed: Duration) -> Timestamp {
    let passed = SignedDuration::try_from(passed).unwrap_or_default().saturating_mul(FASTER);
    World::begins(seed).saturating_add(passed).unwrap_or(Timestamp::MAX)
}

/// What the processes told.
#[derive(Default)]
struct Told {
    operations: u64,
    /// Bookings per second of each process that came to its end.
    rates: BTreeMap<u64, f64>,
    /// The newest acknowledged sequence number of each appointment.
    acknowledged: BTreeMap<String, u64>,
}

fn work_together(url: &str, seed: u64, operations: u64, begun: Instant) -> Result<Told, String> {
    let (send, lines) = mpsc::channel::<(u64, Option<String>)>();
    let start = |number: u64, operations: u64| -> Result<Child, String> {
        let mut child = spawn(url, seed * 100 + number, number, operations, at(seed, begun.elapsed()))?;
        let (send, output) = (send.clone(), child.stdout.take());
        thread::spawn(move || {
            let lines = output.map(|output| BufReader::new(output).lines());
            for line in lines.into_iter().flatten().map_while(Result::ok) {
                let _ = send.send((number, Some(line)));
            }
            let _ = send.send((number, None));
        });
        Ok(child)
    };
    let share = operations.div_ceil(PROCESSES);
    let mut children = BTreeMap::new();
    for number in 0..PROCESSES {
        children.insert(number, start(number, share)?);
    }
    let (mut told, mut of_first, mut is_killed) = (Told::default(), 0, false);
    let mut running = PROCESSES;
    while running > 0 {
        let (number, line) = lines.recv().map_err(|error| error.to_string())?;
        let Some(line) = line else {
            running -= 1;
            let ended = children.get_mut(&number).map(|child| child.wait());
            let was_killed = number == 0 && is_killed;
            if !was_killed && !matches!(ended, Some(Ok(status)) if status.success()) {
                return Err(format!("process {number} ended badly"));
            }
            if was_killed {
                children.insert(PROCESSES, start(PROCESSES, share.saturating_sub(of_first))?);
                running += 1;
            }
            continue;
        };
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["visit", id, sequence] => {
                told.acknowledged.insert((*id).to_owned(), sequence.parse().unwrap_or(0));
            }
            ["rate", rate] => {
                told.rates.insert(number, rate.parse().unwrap_or(0.0));
            }
            ["did"] => {
                told.operations += 1;
                of_first += u64::from(number == 0);
            }
            _ => println!("  process {number}: {line}"),
        }
        // In the middle of its work the first process is killed, with no chance to tidy up.
        if number == 0 && !is_killed && of_first > share / 2 {
            is_killed = true;
            if let Some(child) = children.get_mut(&0) {
                child.kill().map_err(|error| error.to_string())?;
            }
        }
    }
    Ok(told)
}

fn spawn(url: &str, seed: u64, number: u64, operations: u64, begins: Timestamp) -> Result<Child, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let words =
        ["work", "--postgres", url, "--seed", &seed.to_string(), "--operations", &operations.to_string()];
    Command::new(program)
        .args(words)
        .args(["--name", &format!("w{number}x"), "--begins", &begins.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())
}

/// One process: works until it has done its share, and tells each operation when it is acknowledged.
pub(crate) fn work(url: &str, seed: u64, operations: u64, begins: &str, name: &str) -> Result<(), String> {
    let begins = begins.parse().map_err(|_| "--begins is a moment".to_owned())?;
    let world = World::start(location(url), seed, Clockwork::running(begins, FASTER, seed));
    let mut life = Life::join(world, name);
    let mut known: BTreeMap<String, u32> = BTreeMap::new();
    while operations_of(&life) < operations {
        let step = life.draw();
        let done = life.plain(step);
        if done {
            for (id, visit) in &life.ledger.visits {
                if known.insert(id.to_string(), visit.sequence) != Some(visit.sequence) {
                    println!("visit {id} {}", visit.sequence);
                }
            }
        }
        if done && COUNTED.contains(&step) {
            println!("did");
        }
        life.ledger.run_out(life.world.clockwork.now());
    }
    println!("rate {:.1}", life.bookings_per_second());
    println!("{:?}, {} refused", life.report.done, life.report.refused);
    Ok(())
}

/// Appointments that were acknowledged and are not there, or older than acknowledged.
fn lost(url: &str, acknowledged: &BTreeMap<String, u64>) -> Vec<String> {
    let rows =
        Raw::open(&location(url)).texts("SELECT appointment_id, CAST(sequence AS TEXT) FROM appointment");
    let there: BTreeMap<&str, u64> =
        rows.iter().map(|row| (row[0].as_str(), row[1].parse().unwrap_or(0))).collect();
    let is_lost = |(id, sequence): &(&String, &u64)| there.get(id.as_str()).is_none_or(|is| is < sequence);
    acknowledged.iter().filter(is_lost).map(|(id, sequence)| format!("{id} {sequence}")).collect()
}
