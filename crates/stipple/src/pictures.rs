//! The door for pictures, wired to this program: its workers are the same binary with a hidden command.

use std::path::PathBuf;

use media::{Door, Limits};

/// The hidden command's name.
const WORKER: &str = "media-worker";

/// A door whose workers are this program, at most `at_once` of them at a time.
pub fn door(at_once: usize, limits: Limits) -> Result<Door, String> {
    Ok(Door::new(program()?, vec![WORKER.into()], at_once, limits))
}

/// The running program. On Linux by the link that leads to it also after an upgrade has put another in its place,
/// because the two ends of the pipe have to be of one version.
fn program() -> Result<PathBuf, String> {
    let link = PathBuf::from("/proc/self/exe");
    match link.exists() {
        true => Ok(link),
        false => std::env::current_exe().map_err(|error| format!("cannot find this program: {error}")),
    }
}

/// The hidden command: decodes one picture and ends.
pub fn work() -> Result<(), String> {
    media::worker::run().map_err(|error| format!("{WORKER} is started by the program itself: {error}"))
}
