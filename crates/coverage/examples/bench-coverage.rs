//! How fast hands are simulated: `cargo xtask bench coverage`.
//!
//! With `STIPPLE_PYTHON` set to a Python that has NumPy, as `cargo xtask bench` sets it, its `histogram2d` bins the same
//! punctures in the same run.
//! `--quick` runs everything once.
#![allow(clippy::print_stdout)] // a bench reports to its terminal

use std::{
    env,
    error::Error,
    fs::{self, File},
    hint::black_box,
    io::{BufWriter, Write},
    num::NonZeroUsize,
    process::{self, Command},
    thread,
    time::Instant,
};

use coverage::{
    Course, CourseFacts, Device, Hand, Limits, Pass, Point, Purpose, Target, TipRotation, ZoneFacts,
    density_map, plan, simulate, stipple,
};

const NUMPY: &str = "
import sys, time
import numpy as np
p = np.fromfile(sys.argv[1], dtype='<f8').reshape(-1, 2)
nx, ny, rounds = int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
start = time.thread_time()
for _ in range(rounds):
    counts, _, _ = np.histogram2d(p[:, 0], p[:, 1], bins=(nx, ny), range=((0, nx), (0, ny)))
print((time.thread_time() - start) / rounds, int(counts.sum()), np.__version__)
";

fn needles() -> Vec<Point> {
    (0..12)
        .map(|needle| {
            let (s, c) = (f64::from(needle) * std::f64::consts::TAU / 12.0).sin_cos();
            [0.9 * c, 0.9 * s]
        })
        .collect()
}

/// An oval of about `area_cm2` with two exclusions where eyes would be, at 275 punctures per cm² for each `dose`.
fn face(area_cm2: f64, dose: f64, hand: Hand, hands: u32) -> Result<CourseFacts, Box<dyn Error>> {
    let half = (area_cm2 * 100.0 / std::f64::consts::PI / 1.3).sqrt();
    let oval = |x: f64, y: f64, a: f64, b: f64, corners: u32| -> Vec<Point> {
        (0..corners)
            .map(|corner| {
                let (s, c) = (f64::from(corner) * std::f64::consts::TAU / f64::from(corners)).sin_cos();
                [x + a * c, y + b * s]
            })
            .collect()
    };
    let eye = |side: f64| oval(side * 0.42 * half, 0.3 * half, 0.2 * half, 0.1 * half, 16);
    let speed_mm_per_s = 2.0 * 100.0 * 12.0 * 90.0 / (275.0 * dose) / 2.0;
    let pass = |direction_deg| Pass { direction_deg, spacing_mm: 2.0, speed_mm_per_s, offset_mm: 1.0 };
    Ok(CourseFacts {
        seed: 7,
        hands,
        device: Device { needles_mm: needles(), strokes_per_s: 90.0, depth_mm_max: 2.5 },
        hand,
        target: Some(Target { density_per_cm2: 275.0, window_mm: 2.0, cv_max: Some(0.6) }),
        limits: Some(Limits {
            passes_max: 4,
            spacing_mm: [1.0, 4.0],
            speed_mm_per_s: [10.0, 600.0],
            seconds_max: 180.0,
        }),
        zones: vec![ZoneFacts {
            id: "face".into(),
            polygon_mm: oval(0.0, 0.0, half, 1.3 * half, 64),
            exclusions_mm: vec![eye(-1.0), eye(1.0)],
            depth_mm: 1.0,
            depth_mm_max: 1.5,
            passes: vec![pass(0.0), pass(90.0)],
        }],
    })
}

fn course(facts: CourseFacts, purpose: Purpose) -> Result<Course, Box<dyn Error>> {
    Course::new(facts, purpose).map_err(|faults| format!("{faults:?}").into())
}

/// The shortest of some rounds in seconds by the clock, and how long this thread was at work in each on average, which on
/// a machine with other work to do is the truer of the two (the clock again where Linux does not tell). Linux keeps that
/// account a few milliseconds behind, so it is read once before and once after half a second of rounds.
fn shortest<T>(rounds: u32, mut run: impl FnMut() -> T) -> (f64, f64) {
    let (mut best, mut count) = (f64::INFINITY, 0u32);
    let (began, worked) = (Instant::now(), at_work());
    while count < rounds || (rounds > 1 && began.elapsed().as_secs_f64() < 0.5) {
        let start = Instant::now();
        black_box(run());
        best = best.min(start.elapsed().as_secs_f64());
        count += 1;
    }
    let work = worked.zip(at_work()).map_or(best, |(from, to)| (to - from) / f64::from(count));
    (best, work)
}

/// How long this thread has been on a processor, in seconds.
fn at_work() -> Option<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split_whitespace().next()?.parse::<f64>().ok()? / 1e9)
}

const UNSTEADY: Hand =
    Hand { speed_cv: 0.15, spacing_sd_mm: 0.3, angle_sd_deg: 1.0, tip_rotation: TipRotation::Random };

fn main() -> Result<(), Box<dyn Error>> {
    let rounds = if env::args().any(|argument| argument == "--quick") { 1 } else { 7 };
    let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    for (name, hand) in [("fixed hand", Hand::default()), ("unsteady hand, turning tip", UNSTEADY)] {
        let course = course(face(200.0, 40.0, hand, 1)?, Purpose::Simulate)?;
        let total = density_map(&course, 0, 0).ok_or("no zone")?.0 as f64;
        let (wall, work) = shortest(rounds, || density_map(&course, 0, 0));
        println!(
            "map, {name}: {total:.0} punctures in {:.2} ms, {:.2} ms of it at work: {:.0} million/s on one core",
            wall * 1e3,
            work * 1e3,
            total / work / 1e6
        );
    }
    let hands = 32;
    for (name, hand) in [("fixed hand", Hand::default()), ("unsteady hand, turning tip", UNSTEADY)] {
        let one = course(face(200.0, 1.0, hand, 1)?, Purpose::Simulate)?;
        let total = density_map(&one, 0, 0).ok_or("no zone")?.0;
        let map = shortest(rounds, || density_map(&one, 0, 0));
        let alone = shortest(rounds, || simulate(&one, NonZeroUsize::MIN));
        println!(
            "face, {name}: {total} punctures; map {:.2} ms, all figures {:.2} ms ({:.2} ms at work) a hand with layout",
            map.1 * 1e3,
            alone.0 * 1e3,
            alone.1 * 1e3
        );
    }
    let many = course(face(200.0, 1.0, UNSTEADY, hands)?, Purpose::Simulate)?;
    for count in [NonZeroUsize::MIN, threads] {
        let (seconds, _) = shortest(rounds, || simulate(&many, count));
        println!(
            "face, {hands} hands on {count} threads: {:.1} ms by the clock, {:.2} ms a hand",
            seconds * 1e3,
            seconds * 1e3 / f64::from(hands)
        );
    }
    plans(rounds, threads)?;
    match env::var_os("STIPPLE_PYTHON") {
        Some(python) => beside_numpy(&python, rounds)?,
        None => println!("NumPy: not compared; set STIPPLE_PYTHON to a Python that has it"),
    }
    Ok(())
}

/// Plans that are found, and one that cannot be: the slowest, because every number of passes is tried.
fn plans(rounds: u32, threads: NonZeroUsize) -> Result<(), Box<dyn Error>> {
    for (name, hand, cv_max) in [
        ("fixed hand", Hand::default(), 0.6),
        ("unsteady hand", UNSTEADY, 0.6),
        ("unsteady hand, evener than it can be", UNSTEADY, 0.05),
    ] {
        let mut facts = face(200.0, 1.0, hand, 32)?;
        facts.target = facts.target.map(|target| Target { cv_max: Some(cv_max), ..target });
        let wanted = course(facts, Purpose::Plan)?;
        let (wall, _) = shortest(rounds, || plan(&wanted, threads));
        let (_, alone) = shortest(rounds, || plan(&wanted, NonZeroUsize::MIN));
        let found = plan(&wanted, threads).ok_or("no limits")?.remove(0);
        println!(
            "plan for a face, {name}: {:.1} ms by the clock on {threads} threads, {:.1} ms of work on one; {}",
            wall * 1e3,
            alone * 1e3,
            found.map_or_else(|refusal| refusal.limit, |plan| format!("passes: {}", plan.passes.len()))
        );
    }
    Ok(())
}

fn beside_numpy(python: &std::ffi::OsStr, rounds: u32) -> Result<(), Box<dyn Error>> {
    let course = course(face(200.0, 40.0, UNSTEADY, 1)?, Purpose::Simulate)?;
    let punctures = stipple(&course, 0, 0).ok_or("no zone")?.punctures;
    let (lo, hi) = course.zones()[0].polygon.bounds();
    let path = env::temp_dir().join(format!("stipple-punctures-{}.f64", process::id()));
    let mut file = BufWriter::new(File::create(&path)?);
    for [x, y] in &punctures {
        file.write_all(&(x - lo[0]).to_le_bytes())?;
        file.write_all(&(y - lo[1]).to_le_bytes())?;
    }
    file.into_inner()?.sync_all()?;
    let side = |axis: usize| ((hi[axis] - lo[axis]).ceil() as u32).to_string();
    let output = Command::new(python)
        .args(["-c", NUMPY])
        .arg(&path)
        .args([side(0), side(1), rounds.to_string()])
        .output();
    fs::remove_file(&path)?;
    let text = String::from_utf8(output?.stdout)?;
    let words: Vec<&str> = text.split_whitespace().collect();
    let [seconds, counted, version] = words[..] else { return Err("NumPy did not answer".into()) };
    let (theirs, counted): (f64, usize) = (seconds.parse()?, counted.parse()?);
    if counted != punctures.len() {
        return Err(format!("NumPy counted {counted} of {} punctures", punctures.len()).into());
    }
    let (_, ours) = shortest(rounds, || density_map(&course, 0, 0));
    println!(
        "the same {counted} punctures: NumPy {version} histogram2d bins them in {:.1} ms of work; simulating and \
         binning them here takes {:.1} ms ({:.1} times as fast)",
        theirs * 1e3,
        ours * 1e3,
        theirs / ours
    );
    Ok(())
}
