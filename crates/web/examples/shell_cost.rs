//! What the shell costs a request: the same route bare and behind the shell, in process, on one thread.
//!
//! `cargo run --release -p web --example shell_cost`

#![allow(clippy::print_stdout, reason = "an example that prints its figures")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, body::Body, http::Request, response::Html, routing::get};
use http_body_util::BodyExt;
use jiff::Timestamp;
use tower::ServiceExt;
use web::shell::{
    Access, Clock, Fault, Limits, LinkHolder, PlainPages, Ports, Random, Routes, Sessions, Shell,
    ShellConfig, StaffActor, TokenHash, WriterLog,
};

struct Running(Instant);

impl Clock for Running {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + self.0.elapsed()
    }
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

struct Counted(AtomicU64);

impl Random for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let n = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            chunk.copy_from_slice(&n.to_le_bytes()[..chunk.len()]);
        }
    }
}

struct Nobody;

impl Sessions for Nobody {
    fn staff(&self, _: &TokenHash) -> Result<Option<StaffActor>, Fault> {
        Ok(None)
    }
    fn link(&self, _: &TokenHash) -> Result<Option<LinkHolder>, Fault> {
        Ok(None)
    }
}

async fn page() -> Html<&'static str> {
    Html("<h1>Home</h1>")
}

/// Microseconds a request, the best of several rounds: other programs on the machine only ever add.
async fn measure(router: &Router, path: &str) -> f64 {
    const REQUESTS: u32 = 50_000;
    let mut best = f64::INFINITY;
    for _ in 0..7 {
        let began = Instant::now();
        for _ in 0..REQUESTS {
            let request = Request::builder()
                .uri(path)
                .header("host", "127.0.0.1:8080")
                .header(
                    "user-agent",
                    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                )
                .header("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
                .header("cookie", "stipple-visitor=00112233445566778899aabbccddeeff")
                .body(Body::empty());
            let response = router.clone().oneshot(request.expect("a request")).await.expect("never fails");
            assert!(response.status().is_success());
            let _ = response.into_body().collect().await.expect("a body");
        }
        best = best.min(began.elapsed().as_secs_f64() * 1e6 / f64::from(REQUESTS));
    }
    best
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let bare = Router::new().route("/", get(page));
    for (name, limits) in [("limits free", Limits::free()), ("limits counting", counting())] {
        let ports = Ports {
            clock: Arc::new(Running(Instant::now())),
            random: Arc::new(Counted(AtomicU64::new(0))),
            log: Arc::new(WriterLog::start(std::fs::File::create("/dev/null")?)?),
            sessions: Arc::new(Nobody),
            pages: Arc::new(PlainPages),
            secret: [1; 32],
        };
        let shell = Shell::new(ShellConfig { limits, ..ShellConfig::demo() }, ports);
        let shelled = Routes::new(shell).get("/", Access::ANYONE, page).into_router(());
        let (without, with) = (measure(&bare, "/").await, measure(&shelled, "/").await);
        println!("{name}: bare {without:.2} us, shell {with:.2} us, difference {:.2} us", with - without);
    }
    Ok(())
}

/// Limits that count and never refuse.
fn counting() -> Limits {
    let mut limits = Limits::default();
    limits.pages.address.burst = u32::MAX;
    limits.pages.site.burst = u32::MAX;
    limits
}
