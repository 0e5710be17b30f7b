//! A real clinic in a folder of its own, made and served by the same commands that somebody at a shell would type.

use std::{fs, path::PathBuf, process::Command, sync::Arc};

use app::{Env, env::Clock};
use clap::Parser;
use jiff::Timestamp;
use stipple::serve;

const EXAMPLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operating/clinic.toml"));

/// Monday, 23 November 2026, nine in the morning in London.
struct Monday;

impl Clock for Monday {
    fn now(&self) -> Timestamp {
        "2026-11-23T09:00:00Z".parse().unwrap()
    }
}

#[derive(Parser)]
struct Served {
    #[command(flatten)]
    serve: serve::Serve,
}

pub(crate) struct Real {
    place: tempfile::TempDir,
}

impl Real {
    /// A folder with a clinic's file and nothing else. `more` stands at the top of the file.
    pub(crate) fn new(more: &str) -> Self {
        let place = tempfile::tempdir().unwrap();
        let (file, _mail) = EXAMPLE.split_once("\n[mail]").unwrap();
        fs::write(place.path().join("clinic.toml"), format!("{more}\n{file}\n")).unwrap();
        Self { place }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// What the program says to this command line, typed in the folder; an error if it fails.
    pub(crate) fn run(&self, line: &str) -> Result<String, String> {
        let program = env!("CARGO_BIN_EXE_stipple");
        let output =
            Command::new(program).args(line.split(' ')).current_dir(self.place.path()).output().unwrap();
        let said = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        if output.status.success() { Ok(said(output.stdout)) } else { Err(said(output.stderr)) }
    }

    /// The environment that `stipple serve` would serve, on a Monday, and what it says of a missing signature.
    pub(crate) fn serve(&self, more: &[&str]) -> Result<(Env, Option<String>), String> {
        let (clinic, data) = (self.path("clinic.toml"), self.path("data"));
        let fixed = ["serve".as_ref(), clinic.as_os_str(), "--data".as_ref(), data.as_os_str()];
        let url = ["--public-url".as_ref(), "https://clinic.example".as_ref()];
        let more = more.iter().map(|word| word.as_ref());
        let command = Served::parse_from(fixed.into_iter().chain(url).chain(more)).serve;
        let running = serve::prepare(&command)?;
        let told = serve::unsigned(&command, &running.env)?;
        Ok((Env { clock: Arc::new(Monday), ..running.env }, told))
    }
}
