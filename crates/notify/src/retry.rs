//! When to try again to deliver a message that could not be delivered for now.

use std::time::Duration;

/// The pauses after the first failed attempts, in minutes: soon at first, because a confirmation waits, then ever longer.
const PAUSES: [u64; 6] = [1, 2, 5, 10, 20, 40];

/// The pause after every later one, in minutes. Nothing is given up: what stands in the way may be a set-up that somebody
/// mends after the weekend, and an hour later everything has left.
const LONGEST: u64 = 60;

/// How long to wait after the `attempt`-th failure; the first is 1.
pub fn retry_after(attempt: u32) -> Duration {
    let place = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    Duration::from_secs(PAUSES.get(place).unwrap_or(&LONGEST) * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour_and_never_end() {
        let pauses: Vec<Duration> = (1..=8).map(retry_after).collect();
        assert_eq!(pauses.first(), Some(&Duration::from_secs(60)));
        assert!(pauses.is_sorted(), "{pauses:?}");
        for many in [7, 100, u32::MAX] {
            assert_eq!(retry_after(many), Duration::from_secs(3_600));
        }
    }
}
