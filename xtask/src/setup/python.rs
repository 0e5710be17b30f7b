//! Python: the outside validators that read our calendar files, in a virtual environment below `target/`.

use crate::run::{Outcome, aloud, quietly, say};
use crate::stamp::{fingerprint, unless_done};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes the virtual environment with the pinned packages, unless it is there. Answers its interpreter.
pub(crate) fn ensure(root: &Path, target: &Path) -> Outcome<PathBuf> {
    let folder = target.join("test-python");
    let python = folder.join("bin/python");
    let pinned = root.join("xtask/python-requirements.txt");
    let version = quietly(Command::new("python3").arg("--version"))?;
    let wanted = fingerprint(std::slice::from_ref(&pinned), &version)?;
    unless_done(&folder.join(".stamp"), &wanted, || {
        say("Python packages for the calendar tests");
        quietly(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        // Every package is pinned with its hash, those that others need too, so nothing else comes in.
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
        aloud(install.args(["--require-hashes", "--requirement"]).arg(&pinned))
            .map_err(|error| format!("{error}; it needs the network once, then start again"))
    })?;
    Ok(python)
}
