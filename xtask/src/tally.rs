//! Counting: how many tests passed and failed, read from what the test runners write.
//!
//! A runner that fails without counting a failure (it did not build, it crashed) counts as one failure, and a
//! runner that ran nothing at all is a failure too: silence is not success.

/// So many passed, so many failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// One check that passed or failed as a whole.
    pub(crate) fn one(passed: bool) -> Self {
        Self { passed: u64::from(passed), failed: u64::from(!passed) }
    }

    /// Both together.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// Reads one line of a Rust test runner: the summary of nextest or of one binary of `cargo test`.
    pub(crate) fn read_rust(&mut self, line: &str) {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("test result: ") {
            self.passed += count(rest, "passed");
            self.failed += count(rest, "failed");
        } else if line.starts_with("Summary [") {
            // Whatever ran and did not pass failed, under whichever name (failed, timed out, exec failed).
            let (run, passed) =
                (count(line, "tests run").max(count(line, "test run")), count(line, "passed"));
            self.passed += passed;
            self.failed += run.saturating_sub(passed);
        }
    }

    /// Reads one line of Node's TAP report; only the totals at its end count.
    pub(crate) fn read_tap(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        if let (Some("#"), Some(kind), Some(number), None) =
            (words.next(), words.next(), words.next(), words.next())
            && let Ok(number) = number.parse::<u64>()
        {
            match kind {
                "pass" => self.passed += number,
                "fail" | "cancelled" | "todo" | "skipped" => self.failed += number,
                _ => {}
            }
        }
    }

    /// The tally of a runner that ended `well` or not, with silence and crashes counted as failures.
    pub(crate) fn ended(mut self, well: bool) -> Self {
        if self.failed == 0 && (!well || self.passed == 0) {
            self.failed = 1;
        }
        self
    }
}

/// The number just before `what`: 12 in "… 12 passed, …".
fn count(line: &str, what: &str) -> u64 {
    let before = line.find(what).map_or("", |at| &line[..at]);
    before.split_whitespace().next_back().and_then(|word| word.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(read: fn(&mut Tally, &str), lines: &[&str], passed: u64, failed: u64) {
        let mut tally = Tally::default();
        lines.iter().for_each(|line| read(&mut tally, line));
        assert_eq!(tally, Tally { passed, failed }, "{lines:?}");
    }

    #[test]
    fn rust_runners_are_counted() {
        let check = |lines: &[&str], passed, failed| check(Tally::read_rust, lines, passed, failed);
        check(&["     Summary [   0.012s] 10 tests run: 10 passed (1 leaky), 3 skipped"], 10, 0);
        check(&["     Summary [   2.5s] 5 tests run: 2 passed, 1 failed, 2 timed out, 0 skipped"], 2, 3);
        check(&["     Summary [   2.5s] 1 test run: 1 passed, 0 skipped"], 1, 0);
        check(&["     Summary [   2.5s] 1 test run: 0 passed, 1 failed, 0 skipped"], 0, 1);
        let cargo = "test result: FAILED. 4 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        check(&[cargo, "test result: ok. 3 passed; 0 failed; 0 ignored"], 7, 2);
        check(&["test tests::it_passed ... ok", "12 passed", "a summary of 3 tests run: 3 passed"], 0, 0);
    }

    #[test]
    fn node_is_counted() {
        let check = |lines: &[&str], passed, failed| check(Tally::read_tap, lines, passed, failed);
        check(&["# tests 7", "# pass 5", "# fail 1", "# cancelled 1", "# skipped 0", "# todo 0"], 5, 2);
        check(&["# Subtest: pass 5", "ok 1 - pass", "# pass 5 times"], 0, 0);
        check(&["# pass 5", "# skipped 2"], 5, 2);
    }

    #[test]
    fn silence_and_crashes_fail() {
        let cases = [
            ((0, 0), true, (0, 1)),
            ((3, 0), false, (3, 1)),
            ((3, 2), false, (3, 2)),
            ((3, 0), true, (3, 0)),
        ];
        for ((passed, failed), well, expected) in cases {
            let ended = Tally { passed, failed }.ended(well);
            assert_eq!((ended.passed, ended.failed), expected);
        }
    }
}
