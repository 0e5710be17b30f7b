//! Node: the front-end bundle and the packages of the browser journeys.

use crate::run::{Outcome, aloud, say, version};
use crate::stamp::{files_below, fingerprint, unless_done};
use std::path::Path;
use std::process::Command;

/// The oldest major version of Node that runs the browser journeys.
const NODE_MAJOR_MIN: u32 = 20;

/// What to do when Node or npm is missing or too old.
const HOW: &str = "install Node.js 20 or newer with npm (Debian 13: apt-get install nodejs npm)";

/// The version of Node, when it is there and new enough. Asked at every start, so npm, which is slow to answer, is
/// asked only when it has something to do.
fn node_version() -> Outcome<String> {
    let node = version("node").map_err(|error| format!("{error}; {HOW}"))?;
    match major(&node) {
        Some(major) if major >= NODE_MAJOR_MIN => Ok(node),
        _ => Err(format!("Node.js {node} is too old; {HOW}")),
    }
}

/// Runs npm aloud in `folder`.
fn npm(folder: &Path, words: &[&str]) -> Outcome {
    version("npm").map_err(|error| format!("{error}; {HOW}"))?;
    let verbs: Vec<&str> = words.iter().copied().filter(|word| !word.starts_with("--")).collect();
    say(&format!("npm {} in {}", verbs.join(" "), folder.display()));
    aloud(Command::new("npm").args(words).current_dir(folder))
}

fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

/// `npm ci` in `folder`, unless that was done for this lock file and this Node.
pub(crate) fn packages(folder: &Path) -> Outcome {
    let node = node_version()?;
    let lock = folder.join("package-lock.json");
    let wanted = fingerprint(&[folder.join("package.json"), lock], &node)?;
    unless_done(&folder.join("node_modules/.stamp"), &wanted, || {
        npm(folder, &["ci", "--loglevel=error", "--no-audit", "--no-fund"])
            .map_err(|error| format!("{error}; it needs the network once, then start again"))
    })
}

/// Bundles the scripts and styles in `folder` (its `build` script writes `dist/`), unless nothing changed.
pub(crate) fn bundle(folder: &Path) -> Outcome {
    let wanted = fingerprint(&files_below(folder), &node_version()?)?;
    unless_done(&folder.join("dist/.stamp"), &wanted, || {
        packages(folder)?;
        npm(folder, &["run", "--silent", "build"])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        let cases = [("20.11.1", Some(20)), ("8.0.0", Some(8)), ("22", Some(22)), ("", None), ("x.1", None)];
        for (text, expected) in cases {
            assert_eq!(major(text), expected, "{text:?}");
        }
    }
}
