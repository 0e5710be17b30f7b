//! `cargo xtask ci`: what continuous integration does, before it does it.
//!
//! Clones HEAD, so that a file that was never added shows up here and not there, and runs the clone's `.ci/run`.

use crate::run::{Outcome, aloud, quietly, say};
use crate::workspace::{Workspace, root};
use std::process::Command;

/// Runs `.ci/run` in a clean clone below the target folder. What is not committed takes no part.
pub(crate) fn ci(args: &[String]) -> Outcome {
    if !args.is_empty() {
        return Err("ci takes nothing: it runs .ci/run in a clean clone of HEAD".to_owned());
    }
    let clone = Workspace::load()?.target.join("ci");
    if clone.exists() {
        std::fs::remove_dir_all(&clone).map_err(|error| format!("{}: {error}", clone.display()))?;
    }
    say(&format!("a clean clone of HEAD in {}", clone.display()));
    quietly(Command::new("git").args(["clone", "--quiet"]).arg(root()).arg(&clone))?;
    let mut run = Command::new(clone.join(".ci/run"));
    // The clone is a workspace of its own: nothing that cargo told us may lead it back here.
    let told = std::env::vars_os().map(|(name, _)| name);
    for name in told.filter(|name| name.to_string_lossy().starts_with("CARGO_")) {
        if name != "CARGO_HOME" && name != "CARGO_BUILD_JOBS" {
            run.env_remove(name);
        }
    }
    aloud(run.current_dir(&clone))
}
