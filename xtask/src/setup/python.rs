//! Python: programs of others that our tests and benchmarks need, in virtual environments below `target/`.

use crate::run::{Outcome, aloud, quietly, say};
use crate::stamp::{fingerprint, unless_done};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A virtual environment.
pub(crate) struct Environment {
    folder: &'static str,
    pinned: &'static str,
    purpose: &'static str,
}

/// The outside validators that read our calendar files.
pub(crate) const VALIDATORS: Environment = Environment {
    folder: "test-python",
    pinned: "xtask/python-requirements.txt",
    purpose: "Python packages for the calendar tests",
};

/// OpenCV, which our registration of photographs is compared with.
pub(crate) const OPENCV: Environment = Environment {
    folder: "bench-python",
    pinned: "xtask/bench-requirements.txt",
    purpose: "Python packages for the comparison with OpenCV",
};

/// Makes a virtual environment with its pinned packages, unless it is there. Answers its interpreter.
pub(crate) fn ensure(environment: &Environment, root: &Path, target: &Path) -> Outcome<PathBuf> {
    let folder = target.join(environment.folder);
    let python = folder.join("bin/python");
    let pinned = root.join(environment.pinned);
    let version = quietly(Command::new("python3").arg("--version"))?;
    let wanted = fingerprint(std::slice::from_ref(&pinned), &version)?;
    unless_done(&folder.join(".stamp"), &wanted, || {
        say(environment.purpose);
        quietly(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        // Every package is pinned with its hash, those that others need too, so nothing else comes in.
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
        aloud(install.args(["--require-hashes", "--requirement"]).arg(&pinned))
            .map_err(|error| format!("{error}; it needs the network once, then start again"))
    })?;
    Ok(python)
}
