//! Closed-loop load: so many clients, each with one connection, each sending its next request when the answer is there.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use crate::{Outcome, http::Connection, server::Server};

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// How many clients there were.
    pub clients: usize,
    /// How long each wanted answer took, shortest first.
    pub latencies: Vec<Duration>,
    /// Answers that say no (409): somebody else was there first. They count for nothing.
    pub refused: usize,
    /// Answers with any other status.
    pub odd: usize,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// CPU time of the server meanwhile, in seconds.
    pub cpu: f64,
}

impl Figures {
    /// Wanted answers a second.
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// The latency that this share of answers keeps within, in milliseconds.
    pub fn quantile(&self, share: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let place = (share * last as f64).round() as usize;
        self.latencies.get(place).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
    }

    /// CPU time of the server for each answer, in milliseconds.
    pub fn cpu_ms(&self) -> f64 {
        self.cpu * 1000.0 / self.latencies.len() as f64
    }
}

/// One client's part of [`run`]: what it sends, in order.
pub type Script = Vec<Vec<u8>>;

/// Has each client send its script. With `repeat` it begins again at the end, until the time is over; otherwise it
/// stops when all is sent or the time is over.
pub fn run(
    server: &Server,
    scripts: &[Script],
    wanted: u16,
    repeat: bool,
    time: Duration,
) -> Outcome<Figures> {
    let address = server.address;
    let cpu = server.cpu();
    let began = Instant::now();
    let done: Vec<Outcome<Figures>> = thread::scope(|scope| {
        let send = |script| scope.spawn(move || send_all(address, script, wanted, repeat, began, time));
        let running: Vec<_> = scripts.iter().map(send).collect();
        running
            .into_iter()
            .map(|one| one.join().unwrap_or_else(|_| Err("a client panicked".into())))
            .collect()
    });
    let elapsed = began.elapsed();
    let mut figures =
        Figures { clients: scripts.len(), elapsed, cpu: server.cpu() - cpu, ..Figures::default() };
    for one in done {
        let one = one?;
        figures.latencies.extend(one.latencies);
        figures.refused += one.refused;
        figures.odd += one.odd;
    }
    figures.latencies.sort_unstable();
    Ok(figures)
}

fn send_all(
    address: SocketAddr,
    script: &Script,
    wanted: u16,
    repeat: bool,
    began: Instant,
    time: Duration,
) -> Outcome<Figures> {
    let mut connection = Connection::open(address).map_err(|error| error.to_string())?;
    let mut figures = Figures { latencies: Vec::with_capacity(4_096), ..Figures::default() };
    loop {
        for request in script {
            let sent = Instant::now();
            if sent.duration_since(began) >= time {
                return Ok(figures);
            }
            let answer = connection.send(request).map_err(|error| format!("under load: {error}"))?;
            match answer.status {
                status if status == wanted => figures.latencies.push(sent.elapsed()),
                409 => figures.refused += 1,
                _ => figures.odd += 1,
            }
        }
        if !repeat || script.is_empty() {
            return Ok(figures);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_reckoned_from_latencies() {
        let figures = Figures {
            clients: 1,
            latencies: (1..=100).map(Duration::from_millis).collect(),
            elapsed: Duration::from_secs(4),
            cpu: 0.5,
            ..Figures::default()
        };
        assert_eq!((figures.rate(), figures.cpu_ms()), (25.0, 5.0));
        assert_eq!(
            (figures.quantile(0.5), figures.quantile(0.99), figures.quantile(1.0)),
            (51.0, 99.0, 100.0)
        );
    }
}
