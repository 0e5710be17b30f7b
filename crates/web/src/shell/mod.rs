//! The server shell: what stands between a socket and a page.
//!
//! It serves connections under caps and time-outs, refuses odd requests, finds out who asks, keeps to the table of
//! routes and actors, demands proof that a change comes from our own page, counts, sets the headers, turns every
//! failure into a page that says what to do, and writes one line per request. It knows no patient and no page.

pub mod access;
mod address;
mod blocking;
mod context;
pub mod cookie;
pub mod csrf;
mod door;
pub mod guard;
mod headers;
mod layer;
pub mod limit;
mod log;
mod peers;
mod ports;
mod problem;
mod serve;
pub(crate) mod squeeze;
pub mod token;
mod wire;

use std::{fmt, sync::Arc, time::Duration};

use tokio::sync::Semaphore;

pub use access::{Access, Actor, Admission, Routes, Terms};
pub use address::{Network, NotANetwork};
pub use blocking::Blocking;
pub use context::{Context, FormRefusal, TRAP_FIELD};
pub use cookie::{CookieName, Cookies};
pub use door::{Hosts, local_target};
pub use guard::ConfirmedStaff;
pub use layer::{Peer, refuse_path};
pub use limit::{Limiter, Limits, Purpose};
pub use log::{WriterLog, log_panics};
pub use ports::{Clock, Fault, LinkHolder, Log, Random, Sessions, StaffActor, TokenHash};
pub use problem::{FieldError, FormErrors, PlainPages, Problem, ProblemPage, ProblemPages, Resend};
pub use serve::{listen, serve, serve_io};
pub use token::{Signer, Token};

/// The numbers of the shell. `ShellConfig::demo()` and `ShellConfig::public()` are good starting points.
#[derive(Debug, Clone)]
pub struct ShellConfig {
    /// Whether people reach the site by `https` (usually through a proxy in front).
    pub https: bool,
    /// The names the site answers to.
    pub hosts: Hosts,
    /// Proxies whose `X-Forwarded-For` is believed. Empty: the peer's own address counts.
    pub trusted_proxies: Vec<Network>,
    /// Where people without a session are sent.
    pub sign_in_path: &'static str,
    /// Limits per purpose.
    pub limits: Limits,
    /// How many buckets the limiter remembers in each of its two generations.
    pub limiter_capacity: usize,
    /// Connections open at once. When all are taken, the one silent for longest makes room.
    pub connections_max: usize,
    /// Connections open at once from one address (IPv6: /64). Trusted proxies are exempt.
    pub connections_per_address: usize,
    /// The same for loopback addresses, where one machine may stand for many.
    pub connections_per_loopback: usize,
    /// For a request's head to arrive whole, and for a connection to wait for its next request.
    pub head_time: Duration,
    /// For a body: this long, plus what [`Self::body_rate`] grants.
    pub body_grace: Duration,
    /// The slowest a body may come, in bytes a second.
    pub body_rate: u32,
    /// The largest body of a route that states nothing else, in bytes.
    pub body_max: usize,
    /// All bodies in memory together, in bytes.
    pub body_budget: usize,
    /// For a reader of an answer: how long nothing may be taken, and the slowest it may be taken after that.
    pub write_grace: Duration,
    /// The slowest an answer may be read, in bytes a second.
    pub write_rate: u32,
    /// For a handler.
    pub handler_time: Duration,
    /// Handlers running at once; more are told to come back in a second.
    pub handlers_max: usize,
    /// Blocking work at once: so much that only reads, and as much again that may change something.
    pub blocking_threads: usize,
    /// Blocking work waiting.
    pub blocking_queue: usize,
    /// For running requests to finish when the server is stopped.
    pub stop_time: Duration,
    /// The least and the greatest age of a form when it is sent.
    pub form_age: (Duration, Duration),
}

impl ShellConfig {
    /// For loopback over plain HTTP.
    pub fn demo() -> Self {
        Self {
            https: false,
            hosts: Hosts { names: Vec::new(), loopback: true },
            trusted_proxies: Vec::new(),
            sign_in_path: "/sign-in",
            limits: Limits::default(),
            limiter_capacity: 65_536,
            connections_max: 4_096,
            connections_per_address: 64,
            connections_per_loopback: 4_096,
            head_time: Duration::from_secs(10),
            body_grace: Duration::from_secs(10),
            body_rate: 8_192,
            body_max: 256 << 10,
            body_budget: 64 << 20,
            write_grace: Duration::from_secs(15),
            write_rate: 4_096,
            handler_time: Duration::from_secs(30),
            handlers_max: 512,
            blocking_threads: 16,
            blocking_queue: 512,
            stop_time: Duration::from_secs(10),
            form_age: (Duration::from_secs(2), Duration::from_secs(12 * 3_600)),
        }
    }

    /// For a site that people reach by `https` under these names.
    ///
    /// With a proxy in front, set [`Self::trusted_proxies`] too (a proxy on the same machine is `127.0.0.1`): otherwise
    /// all clients share the limits of the proxy's one address.
    pub fn public(names: Vec<String>) -> Self {
        let hosts = Hosts { names, loopback: false };
        Self { https: true, hosts, connections_per_loopback: 64, ..Self::demo() }
    }
}

/// What the shell takes from outside.
pub struct Ports {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// Log lines.
    pub log: Arc<dyn Log>,
    /// Who holds a session.
    pub sessions: Arc<dyn Sessions>,
    /// How problems look.
    pub pages: Arc<dyn ProblemPages>,
    /// The server's own secret, kept in its data folder; signs tokens.
    pub secret: [u8; 32],
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ports")
    }
}

/// The shell of one running server: its configuration, what it counts and what it signs with.
#[derive(Debug)]
pub struct Shell {
    config: ShellConfig,
    ports: Ports,
    limiter: Limiter,
    signer: Signer,
    blocking: Blocking,
    writing: Blocking,
    headers: headers::SecurityHeaders,
    places: Semaphore,
    body_budget: Semaphore,
}

impl Shell {
    /// A shell with these numbers and ports.
    pub fn new(config: ShellConfig, ports: Ports) -> Arc<Self> {
        let headers = headers::SecurityHeaders::new(config.https, config.hosts.names.is_empty());
        Arc::new(Self {
            limiter: Limiter::new(config.limits, config.limiter_capacity),
            signer: Signer::new(&ports.secret),
            blocking: Blocking::new(config.blocking_threads, config.blocking_queue),
            writing: Blocking::new(config.blocking_threads, config.blocking_queue),
            headers,
            places: Semaphore::new(config.handlers_max),
            body_budget: Semaphore::new(config.body_budget),
            config,
            ports,
        })
    }

    /// The numbers.
    pub fn config(&self) -> &ShellConfig {
        &self.config
    }

    /// Time.
    pub fn clock(&self) -> &dyn Clock {
        &*self.ports.clock
    }

    /// How cookies are written here.
    pub fn cookies(&self) -> Cookies {
        Cookies::new(self.config.https)
    }

    /// Signs and checks tokens.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Counts per purpose.
    pub fn limiter(&self) -> &Limiter {
        &self.limiter
    }

    /// Threads for work that blocks.
    pub fn blocking(&self) -> &Blocking {
        &self.blocking
    }

    /// Threads for work that may change something. They are others than those of [`Self::blocking`], so that a slow disk
    /// does not hold up those who only read.
    pub fn writing(&self) -> &Blocking {
        &self.writing
    }

    /// 128 unguessable bits.
    pub fn random_bits(&self) -> u128 {
        let mut bytes = [0; 16];
        self.ports.random.fill(&mut bytes);
        u128::from_le_bytes(bytes)
    }

    /// A secret of 128 bits for a session or a link, as 32 hexadecimal digits. Store only its [`TokenHash`].
    pub fn new_secret(&self) -> String {
        format!("{:032x}", self.random_bits())
    }

    fn log(&self) -> &dyn Log {
        &*self.ports.log
    }

    fn sessions(&self) -> Arc<dyn Sessions> {
        self.ports.sessions.clone()
    }

    fn pages(&self) -> &dyn ProblemPages {
        &*self.ports.pages
    }

    fn security_headers(&self) -> &headers::SecurityHeaders {
        &self.headers
    }

    fn places(&self) -> &Semaphore {
        &self.places
    }

    fn body_budget(&self) -> &Semaphore {
        &self.body_budget
    }
}
