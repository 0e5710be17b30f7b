//! `cargo xtask bench photo [FOLDER]`: registration beside OpenCV's, accuracy and time, in one run.
//!
//! FOLDER holds a folder for each pair, with `base.*`, `follow.*` (JPEG or PNG) and `points.csv` (columns id, xb, yb,
//! xf, yf: true places in both photographs, px, an integer being the centre of a pixel), or has them in `pairs`.
//! Without it, pairs of skin are drawn. Decoding is not timed. CPU seconds are those of the whole process, all threads.
#![allow(clippy::print_stdout, reason = "a benchmark prints its table")]
#![allow(clippy::disallowed_methods, reason = "a benchmark asks the clock")]

#[allow(dead_code, reason = "shared with the tests, which use more of it")]
#[path = "../../tests/it/drawn.rs"]
mod drawn;

use photo::{Options, Photograph, register};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Distance from the truth that a point counts with when a method gives no answer, px.
const LOST: f64 = 1000.0;
/// Median distance above which a pair has failed, px.
const FAILED: f64 = 10.0;
const OURS: &str = "photo";

/// What a method did on one pair.
#[derive(Default)]
struct Answer {
    misses: Vec<f64>,
    cpu: f64,
    wall: f64,
}

/// Answers by method, then by pair.
type Answers = BTreeMap<String, BTreeMap<String, Answer>>;

/// A point of a pair: id, place in the baseline, place in the follow-up.
type Point = (String, [f64; 2], [f64; 2]);

fn main() -> Outcome<()> {
    let folder = match std::env::args().nth(1) {
        Some(folder) => PathBuf::from(folder),
        None => draw(Path::new("target/bench-photo"))?,
    };
    let folder = if folder.join("pairs").is_dir() { folder.join("pairs") } else { folder };
    let mut pairs: Vec<PathBuf> =
        fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<Outcome<_>>()?;
    pairs.retain(|pair| pair.join("points.csv").is_file());
    pairs.sort();
    if pairs.is_empty() {
        return Err(format!("{} holds no pairs", folder.display()).into());
    }
    let mut answers = Answers::new();
    for pair in &pairs {
        answers.entry(OURS.to_owned()).or_default().insert(name_of(pair), ours(pair)?);
    }
    opencv(&folder, &pairs, &mut answers)?;
    print(&answers, pairs.len());
    Ok(())
}

fn name_of(pair: &Path) -> String {
    pair.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn points(pair: &Path) -> Outcome<Vec<Point>> {
    let text = fs::read_to_string(pair.join("points.csv"))?;
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = lines.next().ok_or("points.csv is empty")?;
    let column =
        |name: &str| head.iter().position(|head| *head == name).ok_or(format!("points.csv has no {name}"));
    let (id, xb, yb, xf, yf) = (column("id")?, column("xb")?, column("yb")?, column("xf")?, column("yf")?);
    lines
        .map(|row| {
            let number =
                |at: usize| Ok::<f64, Box<dyn Error>>(row.get(at).ok_or("a row is cut short")?.parse()?);
            Ok((row[id].to_owned(), [number(xb)?, number(yb)?], [number(xf)?, number(yf)?]))
        })
        .collect()
}

fn open(pair: &Path, name: &str) -> Outcome<Photograph> {
    let found = ["jpg", "png"].map(|ending| pair.join(format!("{name}.{ending}")));
    let path = found.iter().find(|path| path.is_file()).ok_or(format!("no {name} in {}", pair.display()))?;
    let picture = image::open(path)?.into_rgb8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    Photograph::from_srgb8(width, height, picture.into_raw()).map_err(|fault| format!("{fault:?}").into())
}

/// CPU seconds of this process so far, all threads, in hundredths (Linux, see proc(5)).
fn cpu_seconds() -> Outcome<f64> {
    let text = fs::read_to_string("/proc/self/stat")?;
    let rest = text.rsplit(')').next().ok_or("no fields")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / 100.0)
}

fn ours(pair: &Path) -> Outcome<Answer> {
    let (base, follow) = (open(pair, "base")?, open(pair, "follow")?);
    let (cpu, wall) = (cpu_seconds()?, Instant::now());
    let found = register(&base, &follow, &Options::default());
    let (cpu, wall) = (cpu_seconds()? - cpu, wall.elapsed().as_secs_f64());
    let miss = |(_, from, to): &Point| match &found {
        Ok(found) => {
            let (x, y) = found.map.at(from[0] as f32, from[1] as f32);
            (f64::from(x) - to[0]).hypot(f64::from(y) - to[1])
        }
        Err(_) => LOST,
    };
    Ok(Answer { misses: points(pair)?.iter().map(miss).collect(), cpu, wall })
}

fn opencv(folder: &Path, pairs: &[PathBuf], answers: &mut Answers) -> Outcome<()> {
    let python = std::env::var("STIPPLE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/bench-photo/opencv.py");
    let out = std::env::temp_dir().join(format!("bench-photo-{}.csv", std::process::id()));
    let ended = Command::new(python).arg(script).arg(folder).arg(&out).status()?;
    if !ended.success() {
        return Err("OpenCV did not run; start it through `cargo xtask bench photo`".into());
    }
    let text = fs::read_to_string(&out)?;
    fs::remove_file(&out)?;
    let mut truth = BTreeMap::new();
    for pair in pairs {
        for (id, _, to) in points(pair)? {
            truth.insert((name_of(pair), id), to);
        }
    }
    for line in text.lines().skip(1) {
        // A method's name may hold a comma; then it stands in quotes.
        let (pair, rest) = line.split_once(',').ok_or("a row is cut short")?;
        let (method, rest) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once("\",").ok_or("a quote has no end")?,
            None => rest.split_once(',').ok_or("a row is cut short")?,
        };
        let fields: Vec<&str> = rest.split(',').collect();
        let (x, y): (f64, f64) = (fields[1].parse()?, fields[2].parse()?);
        let answer = answers.entry(method.to_owned()).or_default().entry(pair.to_owned()).or_default();
        if fields[0] == "cpu" {
            (answer.cpu, answer.wall) = (x, y);
        } else if let Some(to) = truth.get(&(pair.to_owned(), fields[0].to_owned())) {
            answer.misses.push((x - to[0]).hypot(y - to[1]).min(LOST));
        }
    }
    Ok(())
}

/// The value below which a share of the values lies, between neighbours in proportion.
fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len() - 1) as f64 * share;
    let (low, high) = (sorted[at as usize], sorted[(at as usize + 1).min(sorted.len() - 1)]);
    low + (high - low) * at.fract()
}

fn print(answers: &Answers, pairs: usize) {
    println!("{pairs} pairs; median and 95 % are medians over the pairs; seconds are means a pair, one run");
    println!(
        "| method | median px | 95 % px | worst 95 % px | < 1 px % | failed | CPU s | of ours | wall s |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mean_cpu = |answers: &BTreeMap<String, Answer>| {
        answers.values().map(|answer| answer.cpu).sum::<f64>() / answers.len() as f64
    };
    let ours = mean_cpu(&answers[OURS]);
    for (method, by_pair) in answers {
        let over =
            |share: f64| by_pair.values().map(|answer| quantile(&answer.misses, share)).collect::<Vec<_>>();
        let (middles, tails) = (over(0.5), over(0.95));
        let all: Vec<f64> = by_pair.values().flat_map(|answer| answer.misses.iter().copied()).collect();
        let near = 100.0 * all.iter().filter(|miss| **miss < 1.0).count() as f64 / all.len() as f64;
        let failed = middles.iter().filter(|middle| **middle > FAILED).count();
        let wall = by_pair.values().map(|answer| answer.wall).sum::<f64>() / by_pair.len() as f64;
        let cpu = mean_cpu(by_pair);
        println!(
            "| {method} | {:.2} | {:.2} | {:.2} | {near:.1} | {failed} | {cpu:.2} | {:.2} | {wall:.2} |",
            quantile(&middles, 0.5),
            quantile(&tails, 0.5),
            quantile(&tails, 1.0),
            cpu / ours,
        );
    }
}

/// Draws pairs of skin and of faces below a folder.
fn draw(folder: &Path) -> Outcome<PathBuf> {
    use drawn::{FACE, Motion, OTHER, PLAIN, STILL, Skin, face, picture};
    let easy = Motion { degrees: 3.0, size: 1.03, shift: [14.0, -9.0], bend: 2.0 };
    let hard = Motion { degrees: -11.0, size: 1.13, shift: [-30.0, 26.0], bend: 7.0 };
    for (name, motion, fresh) in [("easy", easy, 0.1), ("hard", hard, 0.4)] {
        for (kind, person) in [("skin", 31), ("face", 32)] {
            let today = Skin { fresh, today: 5, ..Skin::of(person) };
            let (base, follow) = if kind == "skin" {
                let then = picture(FACE, Skin::of(person), STILL, PLAIN, Some(0.0));
                (then, picture(FACE, today, motion, OTHER, Some(19.0)))
            } else {
                (face(Skin::of(person), STILL, PLAIN, 0.0), face(today, motion, OTHER, 19.0))
            };
            let pair = folder.join(format!("{kind}-{name}"));
            fs::create_dir_all(&pair)?;
            for (photograph, file) in [(&base, "base.png"), (&follow, "follow.png")] {
                let (width, height) = (photograph.width() as u32, photograph.height() as u32);
                image::save_buffer(pair.join(file), photograph.rgb(), width, height, image::ColorType::Rgb8)?;
            }
            let mut rows = String::from("id,xb,yb,xf,yf\n");
            for (at, place) in (0..400)
                .map(|at| [160.0 + 12.0 * (at % 20) as f64, 200.0 + 15.0 * (at / 20) as f64])
                .enumerate()
            {
                let [x, y] = motion.there(place, FACE.map(|side| side as f64));
                rows += &format!("{at},{},{},{x:.4},{y:.4}\n", place[0], place[1]);
            }
            fs::write(pair.join("points.csv"), rows)?;
        }
    }
    Ok(folder.to_owned())
}
