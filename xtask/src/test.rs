//! `cargo xtask test`: every check and every test, after whatever set-up they need.
//!
//! Goes on after a failure, so that one run shows everything that is wrong. The last line is the sum.

use crate::run::{Outcome, aloud, quietly, read_along, read_file, say};
use crate::setup::{debian, node, postgres, python};
use crate::tally::Tally;
use crate::tidy;
use crate::workspace::{Workspace, cargo};
use std::process::Command;

/// The parts a run can be narrowed to.
const PARTS: [&str; 3] = ["checks", "rust", "browser"];

/// Which parts to run: all, or those named by `--only`.
fn parse(args: &[String]) -> Outcome<Vec<&'static str>> {
    let mut chosen = Vec::new();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let name = match (arg.as_str(), rest.next()) {
            ("--only", Some(name)) => name,
            _ => return Err("test knows --only checks, --only rust and --only browser".to_owned()),
        };
        let known = PARTS.iter().find(|part| *part == name);
        chosen.push(*known.ok_or_else(|| format!("--only {name}: there is checks, rust and browser"))?);
    }
    Ok(if chosen.is_empty() { PARTS.to_vec() } else { chosen })
}

/// Runs the tests and prints the sum as the last line, on failure too.
pub(crate) fn test(args: &[String]) -> Outcome {
    let parts = parse(args)?;
    let sum = match Workspace::load().and_then(|workspace| run_parts(&parts, &workspace)) {
        Ok(sum) => sum,
        Err(message) => {
            println!("set-up failed: {message}");
            Tally::one(false)
        }
    };
    println!("{} passed, {} failed", sum.passed, sum.failed);
    if sum.failed == 0 { Ok(()) } else { Err(String::new()) }
}

fn run_parts(parts: &[&str], workspace: &Workspace) -> Outcome<Tally> {
    let wants = |part: &str| parts.contains(&part);
    let mut needs = Vec::new();
    if wants("rust") {
        needs.extend([debian::POSTGRESQL, debian::PYTHON_VENV]);
    }
    if wants("browser") {
        needs.push(debian::CHROMIUM);
    }
    debian::ensure(&needs)?;
    // The bundle comes first: release builds embed it and the pages under test refer to it.
    node::bundle(&workspace.root.join("crates/web/assets"))?;
    let mut sum = Tally::default();
    if wants("checks") {
        sum.add(checks(workspace));
    }
    if wants("rust") {
        sum.add(rust_tests(workspace)?);
    }
    if wants("browser") {
        sum.add(browser_tests(workspace)?);
    }
    Ok(sum)
}

/// One check as a whole: passes or fails, and says so.
fn check(name: &str, outcome: Outcome) -> Tally {
    match &outcome {
        Ok(()) => println!("ok      {name}"),
        Err(message) => println!("FAILED  {name}: {message}"),
    }
    Tally::one(outcome.is_ok())
}

/// Form, lints, house rules, and the treatment protocol's own cases.
fn checks(workspace: &Workspace) -> Tally {
    let mut sum = Tally::default();
    sum.add(check("cargo fmt", aloud(cargo().args(["fmt", "--all", "--check"]))));
    say("cargo clippy");
    let clippy = ["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    sum.add(check("cargo clippy", aloud(cargo().args(clippy))));
    sum.add(check("tidy", tidy::check(workspace)));
    sum.add(check("stipple protocol check", check_protocols(workspace)));
    sum
}

fn check_protocols(workspace: &Workspace) -> Outcome {
    build_stipple()?;
    let mut stipple = Command::new(workspace.program("debug", "stipple"));
    stipple.args(["protocol", "check"]).arg(workspace.root.join("protocols/micro-needling"));
    quietly(&mut stipple).map(drop)
}

fn build_stipple() -> Outcome {
    say("cargo build --package stipple");
    aloud(cargo().args(["build", "--quiet", "--package", "stipple"]))
}

/// All Rust tests on both engines, by nextest where it is installed.
fn rust_tests(workspace: &Workspace) -> Outcome<Tally> {
    let python = python::ensure(&python::VALIDATORS, &workspace.root, &workspace.target)?;
    let cluster = postgres::Cluster::start()?;
    let run = |words: &[&str]| {
        say(&format!("cargo {}", words.join(" ")));
        let mut command = cargo();
        command.args(words).env("STIPPLE_TEST_POSTGRES", &cluster.url).env("STIPPLE_TEST_PYTHON", &python);
        let mut tally = Tally::default();
        read_along(&mut command, &mut |line| tally.read_rust(line)).map(|well| (tally, well))
    };
    if quietly(cargo().args(["nextest", "--version"])).is_err() {
        let (tally, well) = run(&["test", "--workspace", "--no-fail-fast"])?;
        return Ok(tally.ended(well));
    }
    let (tally, well) = run(&["nextest", "run", "--workspace", "--no-fail-fast", "--status-level", "fail"])?;
    let mut sum = tally.ended(well);
    // Nextest leaves out the examples in doc comments. There may be none, so only their failure counts.
    let (examples, well) = run(&["test", "--workspace", "--doc", "--quiet"])?;
    sum.add(examples);
    if !well && examples.failed == 0 {
        sum.add(Tally::one(false));
    }
    Ok(sum)
}

/// The journeys in `e2e/`, in Chromium, against the dev-profile program.
fn browser_tests(workspace: &Workspace) -> Outcome<Tally> {
    let folder = workspace.root.join("e2e");
    node::packages(&folder)?;
    build_stipple()?;
    say("browser journeys");
    let report = workspace.target.join("browser.tap");
    let mut node = Command::new("node");
    node.current_dir(&folder).env("STIPPLE_BIN", workspace.program("debug", "stipple"));
    // One journey at a time: two browsers on two cores make each other late.
    node.args([
        "--test",
        "--test-concurrency=1",
        "--test-reporter=spec",
        "--test-reporter-destination=stdout",
    ]);
    node.arg("--test-reporter=tap").arg(format!("--test-reporter-destination={}", report.display()));
    node.args(journeys(&folder)?);
    let _ = std::fs::remove_file(&report);
    let well = aloud(&mut node).is_ok();
    let mut tally = Tally::default();
    read_file(&report).unwrap_or_default().lines().for_each(|line| tally.read_tap(line));
    Ok(tally.ended(well))
}

/// The journey files in a fixed order; by name, because Node 20 takes no patterns.
fn journeys(folder: &std::path::Path) -> Outcome<Vec<std::path::PathBuf>> {
    let all = crate::stamp::files_below(folder);
    let found: Vec<_> =
        all.into_iter().filter(|path| path.to_string_lossy().ends_with(".test.mjs")).collect();
    if found.is_empty() { Err(format!("no *.test.mjs in {}", folder.display())) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_chosen_or_refused() {
        let parse = |line: &str| parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(parse("").unwrap(), PARTS);
        assert_eq!(parse("--only rust").unwrap(), ["rust"]);
        assert_eq!(parse("--only rust --only browser").unwrap(), ["rust", "browser"]);
        for line in ["--only", "--only rst", "rust"] {
            assert!(parse(line).unwrap_err().contains("checks"), "{line}");
        }
    }
}
