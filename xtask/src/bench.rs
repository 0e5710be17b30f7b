//! `cargo xtask bench NAME`: builds a benchmark for release and runs it.
//!
//! A benchmark is a program of the package `bench`, or an example named `bench-NAME` beside the crate it measures. If
//! that package has a `bench-NAME-requirements.txt`, the benchmark finds a Python with those packages in `STIPPLE_PYTHON`.

use crate::run::{Outcome, aloud, say};
use crate::setup::{node, python};
use crate::workspace::{Workspace, cargo};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// A benchmark: its name for a person, and what cargo builds.
#[derive(Debug, PartialEq, Eq)]
struct Benchmark {
    name: String,
    package: String,
    kind: String,
    target: String,
}

/// All benchmarks of the workspace, by package and name.
fn benchmarks(workspace: &Workspace) -> Vec<Benchmark> {
    let mut found = Vec::new();
    for package in &workspace.packages {
        for (kind, target) in &package.programs {
            let name = match (kind.as_str(), target.strip_prefix("bench-")) {
                ("bin", _) if package.name == "bench" => target.as_str(),
                ("example", Some(name)) => name,
                _ => continue,
            };
            found.push(Benchmark {
                name: name.to_owned(),
                package: package.name.clone(),
                kind: kind.clone(),
                target: target.clone(),
            });
        }
    }
    found
}

/// Builds and runs the named benchmark with the rest of the arguments; lists them when no name is given.
pub(crate) fn bench(args: &[String]) -> Outcome {
    let workspace = Workspace::load()?;
    let all = benchmarks(&workspace);
    let names = || all.iter().map(|bench| bench.name.as_str()).collect::<Vec<_>>().join(", ");
    let Some((name, rest)) = args.split_first() else {
        println!("benchmarks: {}", names());
        return Ok(());
    };
    let Some(chosen) = all.iter().find(|bench| bench.name == *name) else {
        return Err(format!("there is no benchmark {name:?}; there is: {}", names()));
    };
    say(&format!("cargo build --release, for {name}"));
    let kind = format!("--{}", chosen.kind);
    if chosen.package == "bench" {
        // These start the real program and talk to it.
        node::bundle(&workspace.root.join("crates/web/assets"))?;
        aloud(cargo().args(["build", "--quiet", "--release", "--package", "stipple"]))?;
    }
    aloud(cargo().args([
        "build",
        "--quiet",
        "--release",
        "--package",
        &chosen.package,
        &kind,
        &chosen.target,
    ]))?;
    let folder = if chosen.kind == "example" { "release/examples" } else { "release" };
    let mut program = Command::new(workspace.program(folder, &chosen.target));
    program
        .current_dir(&workspace.root)
        .env("STIPPLE_BIN", workspace.program("release", "stipple"))
        .args(rest);
    let measured = workspace.packages.iter().find(|package| package.name == chosen.package);
    let pinned = measured.map(|package| package.folder.join(format!("bench-{name}-requirements.txt")));
    if let Some(pinned) = pinned.filter(|pinned| pinned.is_file()) {
        program.env("STIPPLE_PYTHON", python::for_bench(&workspace.target, name, pinned)?);
    }
    Err(format!("{name} did not start: {}", program.exec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Package;
    use std::path::PathBuf;

    #[test]
    fn programs_of_bench_and_examples_named_so_are_benchmarks() {
        let package = |name: &str, programs: &[(&str, &str)]| Package {
            name: name.to_owned(),
            folder: PathBuf::new(),
            needs: Vec::new(),
            needs_for_tests: Vec::new(),
            programs: programs.iter().map(|(kind, name)| (kind.to_string(), name.to_string())).collect(),
        };
        let packages = vec![
            package("bench", &[("bin", "web")]),
            package("schedule", &[("example", "bench-schedule"), ("example", "demo")]),
            package("stipple", &[("bin", "stipple"), ("bin", "bench-not")]),
        ];
        let workspace = Workspace { root: PathBuf::new(), target: PathBuf::new(), packages };
        let names: Vec<String> = benchmarks(&workspace).into_iter().map(|bench| bench.name).collect();
        assert_eq!(names, ["web", "schedule"]);
    }
}
