//! `stipple schedule`: questions to the schedule crate at a shell: `solve` in the format of the bench instances, `capacity` for
//! what a day could hold.

mod answer;
mod capacity;
mod instance;
mod limits;
mod node;

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Subcommand;

use crate::json::Json;
use node::{Errors, Node};

/// The largest file of instances, in bytes.
const FILE_SIZE_MAX: u64 = 1 << 26;

/// A day is planned again and again at most so many times. Most days of ten visits come to their best within a few
/// thousand.
const TRIES: u64 = 80_000;

/// The tries are made from so many beginnings.
const BEGINNINGS: u64 = 4;

/// So many placings are tried at most, over all requests and all ways to give each its resources; a few seconds.
const PLACINGS: u64 = 1 << 25;

/// What can be asked of the scheduler.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Answer every instance of the files: one JSON object a line, {"id", "answer"} and for pack and repair "plan"
    Solve {
        /// Files of instances: {"format": 1, "instances": [...]}; answers in them are not read
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// How many visits a day could hold, by rooms, therapists and ways to work
    Capacity(capacity::Capacity),
}

/// Runs a command and prints what it says: exit code 0 when all is well, 1 when a plan does not pass its check, 2 when
/// the input is wrong.
pub fn run(command: &Command) -> ExitCode {
    let (mut code, mut out, mut err) = (0, String::new(), String::new());
    let files = match command {
        Command::Solve { files } => files.as_slice(),
        Command::Capacity(asked) => {
            match capacity::answer(asked) {
                Ok(text) => out = text,
                Err(error) => (code, err) = (2, format!("stipple: {error}\n")),
            }
            &[]
        }
    };
    for file in files {
        match solve_file(file) {
            Ok(lines) => out.push_str(&lines),
            Err(SolveError::Input(errors)) => {
                code = 2;
                for error in errors {
                    let _ = writeln!(err, "{}: {error}", file.display());
                }
            }
            Err(SolveError::Unsound(fault)) => {
                code = code.max(1);
                let _ = writeln!(err, "{}: {fault}", file.display());
            }
        }
    }
    // A closed pipe is nobody's fault: whoever reads has read enough.
    let _ = io::stdout().write_all(out.as_bytes());
    let _ = io::stderr().write_all(err.as_bytes());
    ExitCode::from(code)
}

/// Why a file has no answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SolveError {
    /// Everything that is wrong in it, each with its path in the document.
    Input(Vec<String>),
    /// A plan that the independent checker does not accept: a fault of this program.
    Unsound(String),
}

/// Answers every instance of a file, one line each.
///
/// # Errors
/// If the file cannot be read or is not in the format; then nothing of it is answered.
pub fn solve_file(file: &Path) -> Result<String, SolveError> {
    let input = |error: String| SolveError::Input(vec![error]);
    let size = fs::metadata(file).map_err(|error| input(format!("cannot be read: {error}")))?.len();
    if size > FILE_SIZE_MAX {
        return Err(input(format!("is larger than {FILE_SIZE_MAX} bytes: split it into several files")));
    }
    let text = fs::read_to_string(file).map_err(|error| input(format!("cannot be read: {error}")))?;
    solve(&text, TRIES)
}

/// Answers every instance of a document, one line each. A day to be packed or repaired is planned at most `tries`
/// times.
///
/// # Errors
/// As [`solve_file`].
pub fn solve(text: &str, tries: u64) -> Result<String, SolveError> {
    let json: Json = serde_json::from_str(text)
        .map_err(|error| SolveError::Input(vec![format!("is not JSON: {error}")]))?;
    let mut errors = Errors::default();
    let document = Node::root(&json);
    let format = document.field("format", &mut errors);
    if let Some(format) = format
        && format.whole(1, 1, &mut errors).is_none()
    {
        errors.add(&format.path, "this program reads format 1");
    }
    let nodes =
        document.field("instances", &mut errors).map(|list| list.list(&mut errors)).unwrap_or_default();
    let instances: Vec<_> = nodes.iter().filter_map(|node| instance::parse(node, &mut errors)).collect();
    if !errors.is_empty() {
        return Err(SolveError::Input(errors.into_list()));
    }
    let mut lines = String::new();
    for instance in &instances {
        lines.push_str(&answer::answer(instance, tries).map_err(SolveError::Unsound)?);
        lines.push('\n');
    }
    Ok(lines)
}
