//! When to try again to deliver a message that could not be delivered for now.

use std::time::Duration;

/// The pauses after each failed attempt, in minutes: soon at first, because a confirmation waits, then ever longer,
/// two and a half days in all. RFC 5321, section 4.5.4.1, wants four to five days of a mail server; ours is only the
/// way to one, and the visit may be over by then.
const PAUSES: [u64; 9] = [1, 2, 5, 15, 60, 240, 480, 960, 1_920];

/// How long to wait after the `attempt`-th failure (the first is 1). `None`: give up, and tell the staff.
pub fn retry_after(attempt: u32) -> Option<Duration> {
    let place = usize::try_from(attempt.checked_sub(1)?).ok()?;
    PAUSES.get(place).map(|minutes| Duration::from_secs(minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let pauses: Vec<Duration> = (1..).map_while(retry_after).collect();
        assert_eq!(pauses.first(), Some(&Duration::from_secs(60)));
        assert!(pauses.is_sorted_by(|sooner, later| sooner < later));
        let hours = pauses.iter().sum::<Duration>().as_secs() / 3600;
        assert_eq!(hours, 61);
        assert_eq!(retry_after(10), None);
        assert_eq!(retry_after(u32::MAX), None);
    }

    #[test]
    fn without_a_failure_there_is_nothing_to_repeat() {
        assert_eq!(retry_after(0), None);
    }
}
