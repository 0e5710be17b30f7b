//! Debian packages that the tests need and a fresh machine lacks.
//!
//! As root they are installed; otherwise the exact line to run is the error. Nothing else is ever installed
//! system-wide.

use crate::run::{Outcome, quietly, say};
use std::path::Path;
use std::process::Command;

/// Something the tests need from the system: how to see that it is there, and the package that brings it.
pub(crate) struct Need {
    /// The Debian package.
    pub(crate) package: &'static str,
    /// Whether the machine already has what the package brings, from wherever.
    pub(crate) is_there: fn() -> bool,
}

/// The browser the journeys drive.
pub(crate) const CHROMIUM: Need =
    Need { package: "chromium", is_there: || Path::new("/usr/bin/chromium").exists() };

/// The second database engine.
pub(crate) const POSTGRESQL: Need =
    Need { package: "postgresql", is_there: || super::postgres::programs().is_some() };

/// Python with what virtual environments need; Debian keeps `ensurepip` in a package of its own.
pub(crate) const PYTHON_VENV: Need = Need {
    package: "python3-venv",
    is_there: || quietly(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_ok(),
};

/// The packages among `needs` that are missing.
fn missing(needs: &[Need]) -> Vec<&'static str> {
    needs.iter().filter(|need| !(need.is_there)()).map(|need| need.package).collect()
}

/// The line a person runs to get these packages.
fn install_line(packages: &[&str]) -> String {
    format!(
        "sudo apt-get update && sudo apt-get install --yes --no-install-recommends {}",
        packages.join(" ")
    )
}

/// Whether this process may install packages.
pub(crate) fn is_root() -> bool {
    quietly(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Sees to it that every need is met, or says which line a person has to run.
pub(crate) fn ensure(needs: &[Need]) -> Outcome {
    let packages = missing(needs);
    if packages.is_empty() {
        return Ok(());
    }
    if !is_root() || quietly(Command::new("apt-get").arg("--version")).is_err() {
        return Err(format!(
            "missing on this machine: {}; run\n    {}",
            packages.join(", "),
            install_line(&packages)
        ));
    }
    say(&format!("apt-get install {}", packages.join(" ")));
    let apt = |words: &[&str]| {
        // RUNLEVEL=1 keeps a classic init from starting the packaged database service: we start our own.
        let mut command = Command::new("apt-get");
        command.args(["-qq", "-o", "Dpkg::Use-Pty=0"]).args(words);
        command.envs([("DEBIAN_FRONTEND", "noninteractive"), ("RUNLEVEL", "1")]);
        quietly(&mut command).map(drop)
    };
    apt(&["update"])?;
    apt(&[&["install", "--yes", "--no-install-recommends"], &packages[..]].concat())?;
    match &missing(needs)[..] {
        [] => Ok(()),
        still => Err(format!("{} installed, but not found where Debian puts it", still.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_asked_for() {
        let there = || Need { package: "there", is_there: || true };
        let away = Need { package: "away", is_there: || false };
        assert_eq!(missing(&[there(), away, there()]), ["away"]);
        assert!(ensure(&[there()]).is_ok());
        assert!(install_line(&["away", "more"]).ends_with("install --yes --no-install-recommends away more"));
    }
}
