//! `stipple coverage simulate|plan|check FILE [--json] [--svg OUT]`.
//!
//! Exit code 0: done, and the answer is yes; 1: the answer is no (a plan refused, a limit not kept); 2: the file or
//! the command line is wrong. Answers go to standard output, what is wrong to standard error.

use std::{
    fmt::Write as _,
    fs::File,
    io::{self, Read, Write as _},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
};

use clap::{Args, ValueEnum};
use coverage::{Course, Estimate, FILE_BYTES_MAX, Figures, Pass, Purpose, WINDOW_SIDES_MM, draw, report};

/// What to do with a course file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Task {
    /// What comes of the passes in the file
    Simulate,
    /// The fewest passes that reach the file's target evenly within its limits
    Plan,
    /// Every limit that the passes in the file do not keep
    Check,
}

/// The arguments of `stipple coverage`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// What to do
    pub task: Task,
    /// The course, a TOML file
    pub file: PathBuf,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
    /// Draw every zone (stippled map and density map) into this SVG file
    #[arg(long, value_name = "OUT")]
    pub svg: Option<PathBuf>,
}

/// An answer: its text, whether it is yes, and the course it can be drawn from.
struct Answer {
    text: String,
    yes: bool,
    drawn: Course,
}

/// Runs the command, prints its answer, and says how it went.
pub fn run(arguments: &Arguments) -> ExitCode {
    let outcome = answer(arguments).and_then(|answer| {
        if let Some(path) = &arguments.svg {
            let svg = draw::sheet(&answer.drawn).to_svg("Where the needles go, and how dense");
            std::fs::write(path, svg).map_err(|error| vec![format!("{}: {error}", path.display())])?;
        }
        match io::stdout().write_all(answer.text.as_bytes()) {
            // Whoever reads the answer may stop early (`| head`).
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(vec![format!("standard output: {error}")])
            }
            _ => Ok(answer.yes),
        }
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(faults) => {
            for fault in faults {
                // Nothing can be done when standard error is closed.
                let _ = writeln!(io::stderr(), "error: {fault}");
            }
            ExitCode::from(2)
        }
    }
}

fn answer(arguments: &Arguments) -> Result<Answer, Vec<String>> {
    let purpose = match arguments.task {
        Task::Simulate => Purpose::Simulate,
        Task::Plan => Purpose::Plan,
        Task::Check => Purpose::Check,
    };
    let text =
        read(&arguments.file).map_err(|error| vec![format!("{}: {error}", arguments.file.display())])?;
    let course = Course::parse(&text, purpose)
        .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<String>>())?;
    let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    Ok(match arguments.task {
        Task::Simulate => simulate(course, threads, arguments.json),
        Task::Plan => plan(course, threads, arguments.json),
        Task::Check => check(course, arguments.json),
    })
}

/// Reads a file of at most the size a course may have, and a byte more, so that the reader can say it is too large.
fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(FILE_BYTES_MAX as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}

fn simulate(course: Course, threads: NonZeroUsize, json: bool) -> Answer {
    let figures = coverage::simulate(&course, threads);
    let text = if json {
        format!("{:#}\n", report::simulation(&course, &figures))
    } else {
        let zones = course.zones().iter().zip(&figures);
        zones.map(|(zone, figures)| format!("{}\n{}", zone.id, figures_text(figures))).collect()
    };
    Answer { text, yes: true, drawn: course }
}

fn plan(course: Course, threads: NonZeroUsize, json: bool) -> Answer {
    let plans = coverage::plan(&course, threads).unwrap_or_default();
    let mut drawn = course.clone();
    let mut text = String::new();
    for (index, (zone, plan)) in course.zones().iter().zip(&plans).enumerate() {
        match plan {
            Ok(plan) => {
                drawn = drawn.with_passes(index, &plan.passes);
                let passes: String = plan.passes.iter().map(pass_text).collect();
                let _ = write!(text, "{}\n{passes}{}", zone.id, figures_text(&plan.figures));
            }
            Err(refusal) => {
                let _ = writeln!(text, "{}\n  no plan: {}", zone.id, refusal.message);
            }
        }
    }
    if json {
        text = format!("{:#}\n", report::plans(&course, &plans));
    }
    Answer { text, yes: plans.iter().all(Result::is_ok), drawn }
}

fn check(course: Course, json: bool) -> Answer {
    let breaches = coverage::check(&course);
    let mut text = String::new();
    for breach in &breaches {
        let id = course.zones().get(breach.zone).map_or("", |zone| &zone.id);
        let _ = writeln!(text, "{id}: {}: {}", breach.limit, breach.message);
    }
    if breaches.is_empty() {
        text.push_str("every limit is kept\n");
    }
    if json {
        text = format!("{:#}\n", report::breaches(&course, &breaches));
    }
    Answer { text, yes: breaches.is_empty(), drawn: course }
}

fn pass_text(pass: &Pass) -> String {
    let Pass { direction_deg, spacing_mm, speed_mm_per_s, offset_mm } = pass;
    format!(
        "  pass: direction {direction_deg} deg, lines {spacing_mm} mm apart, {speed_mm_per_s} mm/s, first line at \
         {offset_mm} mm\n"
    )
}

fn figures_text(figures: &Figures) -> String {
    let mut text = format!("  area                {:.2} cm2\n", figures.area_cm2);
    let mut row = |name: &str, value: Option<Estimate>, unit: &str| {
        let value = value.map_or("not to be told".to_owned(), |Estimate { mean, lo, hi }| {
            if lo == hi {
                format!("{mean:.3}{unit}")
            } else {
                format!("{mean:.3}{unit} ({lo:.3} to {hi:.3})")
            }
        });
        let _ = writeln!(text, "  {name:<19} {value}");
    };
    row("time", figures.seconds, " s");
    row("punctures", figures.punctures, "");
    row("density", figures.density_per_cm2, " per cm2");
    for (side, cv) in WINDOW_SIDES_MM.iter().zip(figures.cv) {
        row(&format!("variation in {side} mm"), cv, "");
    }
    row("under half", figures.share_under_half, "");
    row("over double", figures.share_over_double, "");
    row("largest gap", figures.gap_mm, " mm");
    row("streaks", figures.streak, "");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const COURSE: &str = r#"
        seed = 1
        [device]
        needles_mm = [[0.0, 0.0]]
        strokes_per_s = 100.0
        depth_mm_max = 2.5
        [target]
        density_per_cm2 = 100.0
        cv_max = 0.5
        [limits]
        passes_max = 4
        spacing_mm = [0.5, 3.0]
        speed_mm_per_s = [10.0, 400.0]
        seconds_max = 60.0
        [[zone]]
        id = "cheek"
        polygon_mm = [[0, 0], [30, 0], [30, 20], [0, 20]]
        depth_mm = 1.0
        depth_mm_max = 1.5
        [[zone.pass]]
        direction_deg = 0
        spacing_mm = 1.0
        speed_mm_per_s = 100.0
    "#;

    fn answered(task: Task, text: &str, json: bool) -> Result<Answer, Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("course.toml");
        std::fs::write(&file, text).unwrap();
        answer(&Arguments { task, file, json, svg: None })
    }

    #[test]
    fn the_three_tasks_answer_in_json() {
        let zone = |task| {
            let answer = answered(task, COURSE, true).unwrap();
            assert!(answer.yes, "{}", answer.text);
            serde_json::from_str::<serde_json::Value>(&answer.text).unwrap()
        };
        let simulated = zone(Task::Simulate);
        assert_eq!(simulated["zones"][0]["punctures"]["mean"], 600.0);
        assert_eq!(simulated["zones"][0]["cv"]["1"]["hi"], 0.0);
        assert_eq!(simulated["zones"][0]["area_cm2"]["mean"], 6.0);
        assert!(zone(Task::Plan)["zones"][0]["passes"][0]["spacing_mm"].as_f64().unwrap() >= 0.5);
        assert_eq!(zone(Task::Check)["breaches"], serde_json::json!([]));
    }

    #[test]
    fn no_is_told_apart_from_a_wrong_file() {
        let hasty = COURSE.replace("seconds_max = 60.0", "seconds_max = 1.0");
        let refused = answered(Task::Plan, &hasty, true).unwrap();
        let told: serde_json::Value = serde_json::from_str(&refused.text).unwrap();
        assert_eq!(told["zones"][0]["refusal"]["limit"], "limits.seconds_max");
        assert!(!refused.yes);
        let deep = COURSE.replace("depth_mm = 1.0", "depth_mm = 2.0");
        assert!(!answered(Task::Check, &deep, false).unwrap().yes);
        let wrong = COURSE.replace("spacing_mm = 1.0", "spacing_mm = 0");
        let faults = answered(Task::Simulate, &wrong, false).err().unwrap();
        assert!(faults[0].starts_with("zone[0].pass[0].spacing_mm: "), "{faults:?}");
    }

    #[test]
    fn a_picture_is_written_and_a_folder_that_is_not_there_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("course.toml");
        std::fs::write(&file, COURSE).unwrap();
        let drawn = |svg: PathBuf| {
            run(&Arguments { task: Task::Simulate, file: file.clone(), json: true, svg: Some(svg) })
        };
        let out = folder.path().join("course.svg");
        assert_eq!(drawn(out.clone()), ExitCode::SUCCESS);
        let svg = std::fs::read_to_string(out).unwrap();
        assert!(svg.starts_with("<svg ") && svg.matches("h0").count() == 600 && svg.ends_with("</svg>\n"));
        assert_eq!(drawn(folder.path().join("none/course.svg")), ExitCode::from(2));
    }
}
