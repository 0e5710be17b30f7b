//! What the measuring programs share: a plain HTTP client, the server as a child process, a clinic of a known size,
//! closed-loop load, and the commits that the same disk can do in the same minute.
//!
//! The programs are `race`, `kill` and `web`; each is run with `cargo xtask bench NAME` and prints its figures.

pub mod ceiling;
pub mod clinic;
pub mod database;
pub mod http;
pub mod load;
pub mod options;
pub mod server;
pub mod visitor;

use std::time::Duration;

/// What a program says when it cannot go on.
pub type Outcome<T = ()> = Result<T, String>;

/// Says what was being done when an error came up.
pub fn at<E: std::fmt::Display>(what: &str) -> impl Fn(E) -> String {
    move |error| format!("{what}: {error}")
}

/// Waits. A measuring program has to: the server refuses a form that is sent back faster than a person types.
#[expect(clippy::disallowed_methods, reason = "what is waited for is time itself")]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Now, for the days that are asked about.
#[expect(clippy::disallowed_methods, reason = "the server under test reads the same clock")]
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
