//! Python: the outside validators that read our calendar files, and what a benchmark is compared with, each in a
//! virtual environment below `target/`.

use crate::run::{Outcome, aloud, quietly, say};
use crate::stamp::{fingerprint, unless_done};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes the tests' virtual environment with the pinned packages, unless it is there. Answers its interpreter.
pub(crate) fn ensure(root: &Path, target: &Path) -> Outcome<PathBuf> {
    environment(&target.join("test-python"), root.join("xtask/python-requirements.txt"), "the calendar tests")
}

/// The same for a benchmark, from the requirements beside the crate it measures.
pub(crate) fn for_bench(target: &Path, name: &str, pinned: PathBuf) -> Outcome<PathBuf> {
    environment(&target.join(format!("bench-python-{name}")), pinned, &format!("the benchmark {name}"))
}

fn environment(folder: &Path, pinned: PathBuf, what: &str) -> Outcome<PathBuf> {
    let python = folder.join("bin/python");
    let version = quietly(Command::new("python3").arg("--version"))?;
    let wanted = fingerprint(std::slice::from_ref(&pinned), &version)?;
    unless_done(&folder.join(".stamp"), &wanted, || {
        say(&format!("Python packages for {what}"));
        quietly(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))?;
        // Every package is pinned with its hash, those that others need too, so nothing else comes in.
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
        aloud(install.args(["--require-hashes", "--requirement"]).arg(&pinned))
            .map_err(|error| format!("{error}; it needs the network once, then start again"))
    })?;
    Ok(python)
}
