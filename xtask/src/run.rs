//! Running other programs: quietly, aloud, or aloud while reading along.
//!
//! Every function says which program failed and how; none of them knows why it was run.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// What a chore answers: nothing, or one message for a person, saying what to do next. An empty message means that
/// everything has been said already.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// Says on one line what is about to happen, so that a wait has a reason.
pub(crate) fn say(step: &str) {
    println!("· {step}");
}

/// A command line as a person would type it, for messages.
fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

fn no_start(command: &Command, error: &std::io::Error) -> String {
    if error.kind() == std::io::ErrorKind::NotFound {
        let program = command.get_program().to_string_lossy();
        return format!("{program} is not installed or not on PATH");
    }
    format!("{} did not start: {error}", line(command))
}

/// Runs a command with our own output and waits. An error when it cannot start or answers anything but zero.
pub(crate) fn aloud(command: &mut Command) -> Outcome {
    let status = command.stdin(Stdio::null()).status().map_err(|error| no_start(command, &error))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", line(command))) }
}

/// Runs a command and keeps its standard output; on failure the message holds what it wrote to both.
pub(crate) fn quietly(command: &mut Command) -> Outcome<String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| no_start(command, &error))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(format!("{} failed ({})\n{}{}", line(command), output.status, stdout, stderr.trim_end()))
}

/// Runs a command, passes each line on as it comes, and shows both streams to `read`. Answers whether the
/// command ended well; an error only when it cannot start.
pub(crate) fn read_along(command: &mut Command, read: &mut dyn FnMut(&str)) -> Outcome<bool> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| no_start(command, &error))?;
    let (send, lines) = std::sync::mpsc::channel();
    let streams: [Option<Box<dyn std::io::Read + Send>>; 2] = [
        child.stdout.take().map(|stream| Box::new(stream) as Box<dyn std::io::Read + Send>),
        child.stderr.take().map(|stream| Box::new(stream) as Box<dyn std::io::Read + Send>),
    ];
    for stream in streams.into_iter().flatten() {
        let send = send.clone();
        std::thread::spawn(move || {
            // By bytes, because a test may print what is no UTF-8, and that must not end the reading.
            for bytes in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                if send.send(String::from_utf8_lossy(&bytes).into_owned()).is_err() {
                    return;
                }
            }
        });
    }
    drop(send);
    for text in lines {
        println!("{text}");
        read(&text);
    }
    let status = child.wait().map_err(|error| format!("{} was lost: {error}", line(command)))?;
    Ok(status.success())
}

/// The bare version of a program ("20.11.1"), or why there is none.
pub(crate) fn version(program: &str) -> Outcome<String> {
    let answer = quietly(Command::new(program).arg("--version"))?;
    Ok(answer.trim().trim_start_matches('v').to_owned())
}

/// Reads a whole text file.
pub(crate) fn read_file(path: &Path) -> Outcome<String> {
    std::fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

/// Writes a whole text file, with the folders above it.
pub(crate) fn write_file(path: &Path, text: &str) -> Outcome {
    let folders = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    folders
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| format!("{} cannot be written: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named() {
        let error = quietly(&mut Command::new("stipple-no-such-program")).unwrap_err();
        assert_eq!(error, "stipple-no-such-program is not installed or not on PATH");
    }

    #[test]
    fn a_failure_keeps_what_was_said() {
        let error = quietly(Command::new("sh").args(["-c", "echo out; echo why >&2; exit 3"])).unwrap_err();
        assert!(
            error.contains("exit status: 3") && error.contains("out") && error.contains("why"),
            "{error}"
        );
    }

    #[test]
    fn both_streams_are_read_along() {
        let mut seen = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; printf 'bad \\377 byte\\nlast'; exit 1"]);
        let well = read_along(&mut command, &mut |line| seen.push(line.to_owned())).unwrap();
        seen.sort();
        assert!(!well);
        assert_eq!(seen, ["bad \u{fffd} byte", "last", "one", "two"]);
    }
}
