//! One line per request, and nothing in it that tells whom it was about.
//!
//! A line names the route's template, never the path, query, address or anything typed. Lines are handed to a writer
//! thread; when it cannot keep up they are dropped and counted, because a slow disk must not slow a booking.

use std::{
    fmt::Write as _,
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use super::ports::{Clock, Fault, Log};

/// What is said about one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestLine<'a> {
    pub(super) at: Timestamp,
    pub(super) method: &'a str,
    pub(super) route: &'a str,
    pub(super) status: u16,
    pub(super) took: Duration,
    pub(super) operation: &'a str,
    pub(super) actor: &'a str,
}

impl RequestLine<'_> {
    pub(super) fn text(&self) -> String {
        let mut line = String::with_capacity(160);
        let micros = self.took.as_micros();
        let _ = write!(line, "time={} method=", self.at);
        push_escaped(&mut line, self.method);
        line.push_str(" route=");
        push_escaped(&mut line, self.route);
        let _ =
            write!(line, " status={} us={micros} op={} actor={}", self.status, self.operation, self.actor);
        line
    }
}

/// How long a chain of causes may get in the log.
const CHAIN_MAX: usize = 2_048;

/// The line for a fault: the whole chain of causes, once.
pub(super) fn fault_line(at: Timestamp, operation: &str, fault: &Fault) -> String {
    let mut chain = fault.to_string();
    let mut cause = fault.source();
    while let Some(next) = cause {
        let _ = write!(chain, ": {next}");
        cause = next.source();
        if chain.len() > CHAIN_MAX {
            break;
        }
    }
    if let Some((cut, _)) = chain.char_indices().find(|(at, _)| *at >= CHAIN_MAX) {
        chain.truncate(cut);
    }
    let mut line = format!("time={at} fault op={operation} chain=\"");
    push_escaped(&mut line, &chain);
    line.push('"');
    line
}

/// Appends `text` so that it stays one line and one field: controls, quotes and anything beyond ASCII are escaped.
fn push_escaped(line: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '"' | '\\' => {
                line.push('\\');
                line.push(letter);
            }
            ' '..='~' => line.push(letter),
            other => line.extend(other.escape_unicode()),
        }
    }
}

/// Logs where a panic was, never its text, which could hold anything. For the program to call once at start.
pub fn log_panics(log: Arc<dyn Log>, clock: Arc<dyn Clock>) {
    std::panic::set_hook(Box::new(move |info| {
        let place = info.location().map_or_else(String::new, |at| format!("{}:{}", at.file(), at.line()));
        let mut line = format!("time={} panic at=", clock.now());
        push_escaped(&mut line, &place);
        log.line(line);
    }));
}

/// How much may wait to be written.
const WAITING_MAX: usize = 1 << 20;

/// How long lines are gathered before they are written together, which saves a wake-up per request.
const GATHER: Duration = Duration::from_millis(20);

/// A log written by a thread of its own, usually to standard error.
#[derive(Debug)]
pub struct WriterLog {
    shared: Arc<Shared>,
    writer: Option<std::thread::JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    text: String,
    dropped: u64,
    ended: bool,
}

impl WriterLog {
    /// Starts the writer thread. What `sink` refuses is lost, and no request notices.
    pub fn start(sink: impl Write + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        let writer =
            std::thread::Builder::new().name("log".into()).spawn(move || write_all(&theirs, sink))?;
        Ok(Self { shared, writer: Some(writer) })
    }
}

fn write_all(shared: &Shared, mut sink: impl Write) {
    let mut batch = String::new();
    loop {
        let mut waiting = shared.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while waiting.text.is_empty() && !waiting.ended {
            waiting = shared.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        // Only the end of the log cuts the gathering short.
        if !waiting.ended {
            let gathered = shared.wake.wait_timeout_while(waiting, GATHER, |waiting| !waiting.ended);
            waiting = gathered.unwrap_or_else(PoisonError::into_inner).0;
        }
        std::mem::swap(&mut batch, &mut waiting.text);
        if waiting.dropped > 0 {
            let _ = writeln!(batch, "log dropped={}", std::mem::take(&mut waiting.dropped));
        }
        let ended = waiting.ended;
        drop(waiting);
        let _ = sink.write_all(batch.as_bytes()).and_then(|()| sink.flush());
        batch.clear();
        if ended {
            return;
        }
    }
}

impl Log for WriterLog {
    fn line(&self, line: String) {
        let mut waiting = self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.text.len() + line.len() > WAITING_MAX {
            waiting.dropped += 1;
            return;
        }
        let first = waiting.text.is_empty();
        waiting.text.push_str(&line);
        waiting.text.push('\n');
        drop(waiting);
        if first {
            self.shared.wake.notify_one();
        }
    }
}

impl Drop for WriterLog {
    /// Writes what is waiting.
    fn drop(&mut self) {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
        self.shared.wake.notify_all();
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_in_a_field_stays_in_one_line() {
        let line = RequestLine {
            at: Timestamp::UNIX_EPOCH,
            method: "GET\r\nstatus=200",
            route: "/a/{id}\u{2028}\u{1b}[31m\"",
            status: 404,
            took: Duration::from_micros(1_250),
            operation: "0op",
            actor: "nobody",
        };
        assert_eq!(
            line.text(),
            "time=1970-01-01T00:00:00Z method=GET\\u{d}\\u{a}status=200 \
             route=/a/{id}\\u{2028}\\u{1b}[31m\\\" status=404 us=1250 op=0op actor=nobody"
        );
    }

    #[derive(Debug)]
    struct Outer(io::Error);
    impl std::fmt::Display for Outer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("could not\nsave")
        }
    }
    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn a_fault_is_told_with_its_causes_and_cut_when_long() {
        let fault: Fault = Arc::new(Outer(io::Error::other("disk full")));
        let line = fault_line(Timestamp::UNIX_EPOCH, "0op", &fault);
        assert_eq!(line, "time=1970-01-01T00:00:00Z fault op=0op chain=\"could not\\u{a}save: disk full\"");
        let fault: Fault = Arc::new(io::Error::other("ü".repeat(10_000)));
        let line = fault_line(Timestamp::UNIX_EPOCH, "0op", &fault);
        assert!(line.is_ascii() && line.len() < 9 * CHAIN_MAX);
    }

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);
    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_arrive_whole_and_the_end_waits_for_them() {
        let sink = Sink::default();
        let log = WriterLog::start(sink.clone()).unwrap();
        for n in 0..1_000 {
            log.line(format!("line {n}"));
        }
        drop(log);
        let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1_000);
        assert!(text.ends_with("line 999\n"));
    }

    /// A disk that is full.
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_and_a_flood_do_no_harm() {
        let log = WriterLog::start(Full).unwrap();
        let long = "x".repeat(1 << 16);
        for _ in 0..200 {
            log.line(long.clone());
        }
        assert!(log.shared.waiting.lock().unwrap().text.len() <= WAITING_MAX);
    }
}
