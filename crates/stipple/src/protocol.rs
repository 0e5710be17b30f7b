//! `stipple protocol check`, `assess` and `export`: the protocol crate at a shell.

mod facts;

use std::{
    fmt::{self, Write as _},
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use ::protocol::{Assessment, Finding, LoadError, Protocol, load_dir, run_cases, screen, sign_off_list};
use clap::Subcommand;
use facts::{Spelling, parse_facts};
use serde::Serialize;

use crate::protocols;

/// The largest file of facts, in bytes.
const FACTS_SIZE_MAX: u64 = 1 << 20;

/// What can be done with a protocol.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Load a protocol, run its cases, and list what a clinician must still sign
    Check {
        /// The folder with the protocol's files
        dir: PathBuf,
    },
    /// Answer for one person: facts in, assessment out, both JSON
    Assess {
        /// The folder with the protocol's files
        dir: PathBuf,
        /// {"today", "birth_date", "jurisdiction", "zones": [ids], "answers": {"SCR-…": "yes" | "no" | "unsure" |
        /// {"days_ago": n}}}; a rule left out counts as answered no
        facts: PathBuf,
        /// Add to each finding its reason, zones, barred substances, tag and whether it ships confirmed
        #[arg(long)]
        reasons: bool,
    },
    /// Write the files of the protocol that ships into a new or empty folder, for a clinician to change
    Export {
        /// The new folder
        dir: PathBuf,
    },
}

/// Runs a command and prints what it says: exit code 0 when all is well, 1 when the protocol is wrong, 2 when the
/// input is, or cannot be read at all.
pub fn run(command: &Command) -> ExitCode {
    let (code, out, err) = match command {
        Command::Check { dir } => match check(dir) {
            Ok(report) => (0, report, String::new()),
            Err(CheckError::Unreadable(error)) => (2, String::new(), error),
            Err(CheckError::Wrong(report)) => (1, report, String::new()),
        },
        Command::Assess { dir, facts, reasons } => match assess(dir, facts, *reasons) {
            Ok(answer) => (0, answer, String::new()),
            Err(AssessError::Protocol(error)) => {
                (if matches!(error, LoadError::Wrong(_)) { 1 } else { 2 }, String::new(), error.to_string())
            }
            Err(AssessError::Facts(errors)) => (2, String::new(), errors.join("\n")),
        },
        Command::Export { dir } => match export(dir) {
            Ok(report) => (0, report, String::new()),
            Err(error) => (2, String::new(), format!("{}: {error}", dir.display())),
        },
    };
    // A closed pipe is nobody's fault: whoever reads has read enough.
    let _ = io::stdout().write_all(out.as_bytes());
    if !err.is_empty() {
        let _ = writeln!(io::stderr(), "{err}");
    }
    ExitCode::from(code)
}

/// Why a protocol cannot be used.
#[derive(Debug)]
pub enum CheckError {
    /// There is no folder that can be read: why.
    Unreadable(String),
    /// A report of every problem with file, line and hint, or of every case that did not come out as written.
    Wrong(String),
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(text) | Self::Wrong(text) => f.write_str(text),
        }
    }
}

/// Loads a protocol, runs its cases and lists what a clinician must still sign.
///
/// # Errors
///
/// [`CheckError`].
pub fn check(folder: &Path) -> Result<String, CheckError> {
    let protocol = load_dir(folder).map_err(|error| match &error {
        LoadError::Wrong(problems) => {
            let count = problems.len();
            CheckError::Wrong(format!("{error}\n{count} problem(s): the protocol cannot be used\n"))
        }
        _ => CheckError::Unreadable(error.to_string()),
    })?;
    let failures = run_cases(&protocol);
    if !failures.is_empty() {
        let lines: Vec<String> = failures.iter().map(ToString::to_string).collect();
        let report = format!("{}\n{} case(s) failed or missing\n", lines.join("\n"), failures.len());
        return Err(CheckError::Wrong(report));
    }
    Ok(report(&protocol))
}

fn report(protocol: &Protocol) -> String {
    let cases = protocol.cases.len() + protocol.rules.iter().map(|rule| rule.cases.len()).sum::<usize>();
    let unsigned = sign_off_list(protocol);
    let mut report = format!(
        "{} {}: {} rules, {cases} cases passed, {} zones, {} preparation items, {} visits, {} places\n",
        protocol.id,
        protocol.version,
        protocol.rules.len(),
        protocol.zones.len(),
        protocol.preparation.len(),
        protocol.visits.len(),
        protocol.jurisdictions.len(),
    );
    let _ = writeln!(report, "\nA clinician must still sign {} values:", unsigned.len());
    for item in &unsigned {
        let _ = writeln!(report, "  [{}] {}: {} ({})", item.tag, item.id, item.what, item.sources.join(", "));
        if let Some(note) = &item.note {
            let _ = writeln!(report, "        {note}");
        }
    }
    report
}

fn export(folder: &Path) -> io::Result<String> {
    let files = protocols::export(folder)?;
    let shown = folder.display();
    Ok(format!(
        "{files} files in {shown}. Change them, give the protocol a version of its own in protocol.toml, and see what \
         `stipple protocol check {shown}` says. The clinic works by them once its file says `protocol = \"{shown}\"` and \
         the clinical lead has signed\n"
    ))
}

/// Why there is no assessment.
#[derive(Debug)]
pub enum AssessError {
    /// The protocol did not load.
    Protocol(LoadError),
    /// The facts are wrong: every error, each with its JSON path.
    Facts(Vec<String>),
}

/// Answers for one person: the assessment as JSON.
///
/// # Errors
///
/// [`AssessError`], with all errors of the facts at once.
pub fn assess(folder: &Path, facts: &Path, reasons: bool) -> Result<String, AssessError> {
    let protocol = load_dir(folder).map_err(AssessError::Protocol)?;
    let text = read_facts(facts).map_err(|error| AssessError::Facts(vec![error]))?;
    assess_text(&protocol, &text, reasons).map_err(AssessError::Facts)
}

/// The same from facts already read.
///
/// # Errors
///
/// Every error of the facts, each with its JSON path.
pub fn assess_text(protocol: &Protocol, text: &str, reasons: bool) -> Result<String, Vec<String>> {
    let (facts, spelling) = parse_facts(protocol, text)?;
    let assessment = screen(protocol, &facts).map_err(|refusal| vec![format!("$: {refusal}")])?;
    let answer = AssessmentJson::of(&assessment, &spelling, reasons);
    let mut json = serde_json::to_string_pretty(&answer).map_err(|error| vec![format!("$: {error}")])?;
    json.push('\n');
    Ok(json)
}

fn read_facts(path: &Path) -> Result<String, String> {
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = fs::File::open(path).map_err(|error| named(&error))?;
    let mut text = String::new();
    file.take(FACTS_SIZE_MAX + 1).read_to_string(&mut text).map_err(|error| named(&error))?;
    if text.len() as u64 > FACTS_SIZE_MAX {
        return Err(named(&format!("larger than {FACTS_SIZE_MAX} bytes")));
    }
    Ok(text)
}

/// The wire twin of [`Assessment`].
#[derive(Debug, Serialize)]
struct AssessmentJson {
    outcome: &'static str,
    until: Option<String>,
    zones_excluded: Vec<String>,
    not_products: Vec<String>,
    findings: Vec<FindingJson>,
}

#[derive(Debug, Serialize)]
struct FindingJson {
    rule: String,
    outcome: &'static str,
    until: Option<String>,
    source: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    reasons: Option<ReasonsJson>,
}

#[derive(Debug, Serialize)]
struct ReasonsJson {
    reason: String,
    until_words: Option<String>,
    zones: Vec<String>,
    not_products: Vec<String>,
    tag: &'static str,
    confirmed: bool,
}

impl AssessmentJson {
    fn of(assessment: &Assessment, spelling: &Spelling, reasons: bool) -> Self {
        Self {
            outcome: assessment.outcome.word(),
            until: assessment.until.map(|day| day.to_string()),
            zones_excluded: spelling.as_asked(&assessment.zones_excluded),
            not_products: assessment.not_products.iter().map(ToString::to_string).collect(),
            findings: assessment
                .findings
                .iter()
                .map(|finding| FindingJson::of(finding, spelling, reasons))
                .collect(),
        }
    }
}

impl FindingJson {
    fn of(finding: &Finding, spelling: &Spelling, reasons: bool) -> Self {
        Self {
            rule: finding.rule.to_string(),
            outcome: finding.outcome.word(),
            until: finding.until.map(|day| day.to_string()),
            source: finding.sources.join(", "),
            reasons: reasons.then(|| ReasonsJson {
                reason: finding.reason.clone(),
                until_words: finding.until_words.clone(),
                zones: spelling.as_asked(&finding.zones),
                not_products: finding.not_products.iter().map(ToString::to_string).collect(),
                tag: finding.tag.word(),
                confirmed: finding.confirmed,
            }),
        }
    }
}
