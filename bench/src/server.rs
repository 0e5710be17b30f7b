//! The real program as a child process: started, timed, measured by `/proc`, stopped or killed.

use std::{
    env,
    fs::{self, File},
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    Outcome, at,
    http::{Connection, get},
    pause,
};

/// Ticks a second of the CPU times in `/proc`; the same on all Linux machines of today (`getconf CLK_TCK`).
const TICKS_PER_SECOND: f64 = 100.0;

/// A running server. Dropped, it is killed.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From the start of the process until the front page was there.
    pub first_page: Duration,
}

/// How a server is started.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// The data folder.
    pub data: &'a Path,
    /// A PostgreSQL database instead of a file.
    pub database: Option<&'a str>,
    /// Whether requests are counted, as for a real clinic.
    pub limits: bool,
}

impl Server {
    /// Starts `stipple demo` and waits for its front page. The program is named by `STIPPLE_BIN`.
    pub fn start(how: Start<'_>) -> Outcome<Self> {
        let program = env::var_os("STIPPLE_BIN").ok_or("STIPPLE_BIN must name the program to measure")?;
        fs::create_dir_all(how.data).map_err(at("the data folder"))?;
        let log = File::options()
            .create(true)
            .append(true)
            .open(how.data.join("server.log"))
            .map_err(at("the server's log"))?;
        let mut command = Command::new(&program);
        command.arg("demo").args(["--port", &free_port()?.to_string()]).arg("--data").arg(how.data);
        if let Some(url) = how.database {
            command.args(["--database", url]);
        }
        if !how.limits {
            command.arg("--no-limits");
        }
        let began = Instant::now();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{} did not start: {error}", program.display()))?;
        let said = child.stdout.take().map(BufReader::new);
        let ready = said.into_iter().flat_map(BufRead::lines).map_while(Result::ok).find_map(|line| {
            let address = line.strip_prefix("ready http://")?;
            address.parse::<SocketAddr>().ok()
        });
        let Some(address) = ready else {
            // It may run on without being ready; nothing is to be left behind.
            let _ = child.kill();
            let _ = child.wait();
            let log = fs::read_to_string(how.data.join("server.log")).unwrap_or_default();
            return Err(format!("the server did not become ready:\n{}", log.trim_end()));
        };
        let mut server = Self { child, address, first_page: Duration::ZERO };
        let page = Connection::open(address).and_then(|mut connection| connection.send(&get(address, "/", "")));
        server.first_page = began.elapsed();
        match page.map_err(at("the front page"))?.status {
            200 => Ok(server),
            status => Err(format!("the front page answered {status}")),
        }
    }

    /// CPU time used so far, all threads, user and system, in seconds (to 10 ms).
    pub fn cpu(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        parse_cpu(&stat).unwrap_or(f64::NAN)
    }

    /// Memory in use: (now, most so far), in MiB.
    pub fn memory(&self) -> (f64, f64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let value = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib / 1024.0)
        };
        (value("VmRSS:").unwrap_or(f64::NAN), value("VmHWM:").unwrap_or(f64::NAN))
    }

    /// Waits until the server has nothing left to do: letters are written after the bookings they are about.
    pub fn rest(&self, at_most: Duration) {
        let began = Instant::now();
        let mut before = self.cpu();
        while began.elapsed() < at_most {
            pause(Duration::from_millis(600));
            let now = self.cpu();
            if now - before < 0.02 {
                return;
            }
            before = now;
        }
    }

    /// `kill -9`: the process gets no chance to tidy up.
    pub fn kill(mut self) -> Outcome {
        self.child.kill().map_err(at("kill -9"))?;
        self.child.wait().map(drop).map_err(at("waiting for the killed server"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails only if it has ended already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// User and system time from a line of `/proc/PID/stat`, in seconds.
fn parse_cpu(stat: &str) -> Option<f64> {
    // The name in brackets may hold blanks; everything after it does not.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

/// A port that is free now.
fn free_port() -> Outcome<u16> {
    let probe = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(at("a free port"))?;
    Ok(probe.local_addr().map_err(at("a free port"))?.port())
}

#[cfg(test)]
mod tests {
    use super::parse_cpu;

    #[test]
    fn cpu_time_is_read_past_an_odd_name() {
        let stat = "12 (a b) c) S 1 12 12 0 -1 4194304 100 0 0 0 150 50 7 8 20 0 9 0 1234";
        assert_eq!(parse_cpu(stat), Some(2.0));
        assert_eq!(parse_cpu("12 (a"), None);
    }
}
