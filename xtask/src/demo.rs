//! `cargo xtask demo`: from a clone to a clinic in the browser.
//!
//! Builds what changed and then becomes the program itself, so that Ctrl-C and the exit code are the program's.

use crate::run::{Outcome, aloud};
use crate::setup::node;
use crate::workspace::{Workspace, cargo};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    port: u16,
    fresh: bool,
    release: bool,
}

fn parse(args: &[String]) -> Outcome<Options> {
    let mut options = Options { port: 8080, fresh: false, release: false };
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "--fresh" => options.fresh = true,
            "--release" => options.release = true,
            "--port" => {
                let port = rest.next().ok_or("--port needs a number, such as --port 8081")?;
                options.port =
                    port.parse().map_err(|_| format!("--port needs a number up to 65535, not {port:?}"))?;
            }
            other => return Err(format!("demo knows --port N, --fresh and --release, not {other:?}")),
        }
    }
    Ok(options)
}

/// Sets up, builds and starts the demo clinic in `data/demo`.
pub(crate) fn demo(args: &[String]) -> Outcome {
    let options = parse(args)?;
    let workspace = Workspace::load()?;
    node::bundle(&workspace.root.join("crates/web/assets"))?;
    let mut build = cargo();
    // Not quietly: the first build takes minutes, and cargo shows how far it is.
    build.args(["build", "--package", "stipple"]);
    if options.release {
        build.arg("--release");
    }
    aloud(&mut build)?;
    let program = workspace.program(if options.release { "release" } else { "debug" }, "stipple");
    let mut stipple = Command::new(&program);
    stipple.current_dir(&workspace.root);
    stipple.args(["demo", "--port", &options.port.to_string(), "--data", "data/demo"]);
    if options.fresh {
        stipple.arg("--fresh");
    }
    Err(format!("{} did not start: {}", program.display(), stipple.exec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_or_refused() {
        let parse = |line: &str| parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let usual = || Options { port: 8080, fresh: false, release: false };
        assert_eq!(parse(""), Ok(usual()));
        assert_eq!(parse("--port 0 --fresh"), Ok(Options { port: 0, fresh: true, ..usual() }));
        assert_eq!(parse("--release"), Ok(Options { release: true, ..usual() }));
        for (line, told) in [("--port", "number"), ("--port 65536", "65535"), ("--prot 1", "--port N")] {
            assert!(parse(line).unwrap_err().contains(told), "{line}");
        }
    }
}
