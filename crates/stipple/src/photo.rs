//! `stipple photo compare BASE FOLLOW …` and `stipple photo compare-set DIR …`.
//!
//! Exit code 0: compared; 3: these pictures are not compared, and the reason stands on standard output in JSON; 2: the
//! command line or a file beside the pictures is wrong, told on standard error. A set in which some pairs are refused
//! still ends with 0, and each refusal is told.

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Subcommand};
use media::Limits;
use serde_json::json;

mod answer;
mod pair;
mod report;
mod set;
mod table;

use pair::Failure;

/// Photographs a clinic's computer reads at once for one command: both of a pair.
const READ_AT_ONCE: usize = 2;

/// What to do with photographs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Register a follow-up photograph to its baseline and measure what changed
    Compare(CompareArguments),
    /// Compare every pair of a folder and write tables for a scorer
    CompareSet(SetArguments),
}

/// The arguments of `stipple photo compare`.
#[derive(Debug, Args)]
pub struct CompareArguments {
    /// The earlier photograph: JPEG, PNG or WebP
    pub base: PathBuf,
    /// The later photograph
    pub follow: PathBuf,
    /// Zones to measure: grey levels 1 to 255 on black, on the baseline's pixels. Without it, parts of the face, or all
    /// skin
    #[arg(long, value_name = "ZONES.png")]
    pub zones: Option<PathBuf>,
    /// Places on the baseline to find in the follow-up: columns id,xb,yb. Answered with --json too
    #[arg(long, value_name = "POINTS.csv")]
    pub points: Option<PathBuf>,
    /// Where they are written: id,x,y
    #[arg(long, value_name = "P.csv", requires = "points")]
    pub out_points: Option<PathBuf>,
    /// Where changes are written: zone,metric,delta,mdc
    #[arg(long, value_name = "D.csv")]
    pub out_deltas: Option<PathBuf>,
    /// A folder for a page with slider, heat map and table
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// The arguments of `stipple photo compare-set`.
#[derive(Debug, Args)]
pub struct SetArguments {
    /// The folder, with pairs/<name>/ and real/pairs.csv
    pub folder: PathBuf,
    /// pair,id,x,y
    #[arg(long, value_name = "P.csv")]
    pub out_points: Option<PathBuf>,
    /// pair,zone,metric,delta,mdc
    #[arg(long, value_name = "D.csv")]
    pub out_deltas: Option<PathBuf>,
    /// pair,seconds
    #[arg(long, value_name = "T.csv")]
    pub out_times: Option<PathBuf>,
    /// base,follow,id,x,y
    #[arg(long, value_name = "R.csv")]
    pub out_real_points: Option<PathBuf>,
    /// base,follow,zone,metric,delta,mdc
    #[arg(long, value_name = "N.csv")]
    pub out_real_deltas: Option<PathBuf>,
}

/// Runs a command, prints its answer, and says how it went.
pub fn run(command: &Command) -> ExitCode {
    // Whoever waits at a terminal sees what goes on; a log does not need it.
    let shown = io::stderr().is_terminal();
    let tell = move |step: &str| {
        if shown {
            // Nothing can be done when standard error is closed.
            let _ = writeln!(io::stderr(), "{step} …");
        }
    };
    let outcome = match command {
        Command::Compare(arguments) => compare(arguments, &tell),
        Command::CompareSet(arguments) => compare_set(arguments, &tell),
    };
    let (text, code) = match outcome {
        Ok(text) => (text, 0),
        Err(Failure::Refused { code, reason }) => {
            let _ = writeln!(io::stderr(), "refused: {reason}");
            (format!("{:#}\n", json!({ "refusal": { "code": code, "reason": reason } })), 3)
        }
        Err(Failure::Input(fault)) => {
            let _ = writeln!(io::stderr(), "error: {fault}");
            return ExitCode::from(2);
        }
    };
    match io::stdout().write_all(text.as_bytes()) {
        // Whoever reads the answer may stop early (`| head`).
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = writeln!(io::stderr(), "error: standard output: {error}");
            ExitCode::from(2)
        }
        _ => ExitCode::from(code),
    }
}

fn compare(arguments: &CompareArguments, tell: &dyn Fn(&str)) -> Result<String, Failure> {
    // What can be wrong without looking at a picture is told first.
    if arguments.points.is_some() && arguments.out_points.is_none() && !arguments.json {
        return Err("--points: say where the places go, with --out-points P.csv or --json".to_owned().into());
    }
    let points = arguments
        .points
        .as_ref()
        .map(|path| {
            let text = table::read(path)?;
            table::points(&text, ["id", "xb", "yb"]).map_err(|fault| format!("{}: {fault}", path.display()))
        })
        .transpose()?;
    let door = crate::pictures::door(READ_AT_ONCE, Limits::default())?;
    let compared =
        pair::compare(&door, &arguments.base, &arguments.follow, arguments.zones.as_deref(), tell)?;
    let places = points.map(|points| compared.places(&points));
    if let (Some(places), Some(path)) = (&places, &arguments.out_points) {
        let mut text = "id,x,y\n".to_owned();
        table::write_points(&mut text, "", places);
        table::write(path, text.as_bytes())?;
    }
    if let Some(path) = &arguments.out_deltas {
        let mut text = answer::DELTAS_HEADER.to_owned();
        answer::delta_rows(&mut text, "", &compared);
        table::write(path, text.as_bytes())?;
    }
    if let Some(folder) = &arguments.report {
        tell("writing the report");
        report::write(folder, &compared)?;
    }
    Ok(if arguments.json {
        format!("{:#}\n", answer::json(&compared, places.as_deref()))
    } else {
        answer::text(&compared)
    })
}

fn compare_set(arguments: &SetArguments, tell: &dyn Fn(&str)) -> Result<String, Failure> {
    let door = crate::pictures::door(READ_AT_ONCE, Limits::default())?;
    let refused = set::run(&door, arguments, tell)?;
    Ok(if refused == 0 {
        "every pair was compared\n".to_owned()
    } else {
        format!("{refused} pairs were refused\n")
    })
}
