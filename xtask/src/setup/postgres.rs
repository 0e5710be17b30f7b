//! A private PostgreSQL for one run of the tests: own folder, own free port, loopback only, own password.
//!
//! A small shell beside it stops the server and removes the folder as soon as our end of its pipe closes, which
//! happens however we end: normally, by a panic, by Ctrl-C or by being killed.

use super::debian::is_root;
use crate::run::{Outcome, quietly, say};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What the guard runs: `$1` programs, `$2` cluster folder, `$3` port, `$4` whether commits wait for the disk. For tests
/// they do not, because the cluster dies with the run; what is tested against it is meaning, not power cuts.
const GUARD: &str = r#"
trap '' INT TERM HUP PIPE
export LC_ALL=C
cd "$2" || exit 1
if "$1/initdb" -D "$2/data" -U stipple --pwfile="$2/password" -A scram-sha-256 -E UTF8 --no-sync >"$2/log" 2>&1 &&
  "$1/pg_ctl" -D "$2/data" -w -l "$2/log" -o "-p $3 -c listen_addresses=127.0.0.1 \
-c unix_socket_directories= -c max_connections=300 -c shared_buffers=128MB \
-c fsync=$4 -c synchronous_commit=$4 -c full_page_writes=$4" start >/dev/null 2>&1
then echo ready; else cat "$2/log"; echo failed; fi
exec >/dev/null 2>&1
read _
"$1/pg_ctl" -D "$2/data" -m immediate stop
cd / && rm -rf "$2"
"#;

/// The folder with `initdb` and `pg_ctl`: Debian's newest version, else where PATH finds them.
pub(crate) fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    let mut folders: Vec<(u32, PathBuf)> = debian.collect();
    folders.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let everywhere = folders.into_iter().map(|(_, folder)| folder).chain(std::env::split_paths(&path));
    everywhere.into_iter().find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
}

/// A running cluster; dropping it stops the server and waits until the folder is gone.
pub(crate) struct Cluster {
    guard: Child,
    /// Where to connect: `postgres://stipple:…@127.0.0.1:port/postgres`, a superuser of this cluster.
    pub(crate) url: String,
}

impl Cluster {
    /// Makes and starts a cluster, as the user `postgres` when we are root, because the server refuses root.
    pub(crate) fn start() -> Outcome<Self> {
        Self::start_with("off")
    }

    /// The same with commits that wait for the disk.
    pub(crate) fn start_durable() -> Outcome<Self> {
        Self::start_with("on")
    }

    fn start_with(durability: &str) -> Outcome<Self> {
        let programs = programs().ok_or("PostgreSQL's initdb and pg_ctl are not installed")?;
        say("a private PostgreSQL for this run");
        let password = random_word()?;
        let folder = std::env::temp_dir().join(format!("stipple-postgres-{}", &random_word()?[..12]));
        let mut shell = if is_root() {
            let mut shell = Command::new("runuser");
            shell.args(["-u", "postgres", "--", "sh"]);
            shell
        } else {
            Command::new("sh")
        };
        prepare_folder(&folder, &password)?;
        // Any port that is free now; the moment between asking and binding is short and only ours to lose.
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(|error| format!("no free port on 127.0.0.1: {error}"))?
            .port();
        shell.args(["-c", GUARD, "guard"]).arg(programs).arg(&folder).arg(port.to_string()).arg(durability);
        // Its own process group, so that Ctrl-C ends us and the guard then ends the server in good order.
        shell.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        let guard = shell.spawn().map_err(|error| format!("the PostgreSQL guard did not start: {error}"))?;
        let url = format!("postgres://stipple:{password}@127.0.0.1:{port}/postgres");
        let mut cluster = Self { guard, url };
        cluster.await_ready().map(|()| cluster)
    }

    /// Reads what the guard says up to `ready` or `failed`; its pipe stays open longer than that.
    fn await_ready(&mut self) -> Outcome {
        let mut said = Vec::new();
        let lines = self.guard.stdout.take().map(|stdout| BufReader::new(stdout).lines());
        for line in lines.into_iter().flatten().map_while(Result::ok) {
            match line.as_str() {
                "ready" => return Ok(()),
                "failed" => break,
                _ => said.push(line),
            }
        }
        Err(format!("PostgreSQL did not start:\n{}", said.join("\n")))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// Makes the cluster's folder with its password file, readable by nobody but the server's user.
fn prepare_folder(folder: &Path, password: &str) -> Outcome {
    let path = folder.display().to_string();
    let file = folder.join("password");
    quietly(Command::new("mkdir").args(["-m", "700", &path]))?;
    std::fs::write(&file, password)
        .map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
    if is_root() {
        quietly(Command::new("chown").args(["-R", "postgres:", &path]))?;
    }
    Ok(())
}

/// 32 hexadecimal digits from the system's random source.
fn random_word() -> Outcome<String> {
    let mut bytes = [0_u8; 16];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .map_err(|error| format!("/dev/urandom cannot be read: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
