//! Half-open intervals: the start belongs to them, the end does not.

/// From `start` until just before `end`. Never empty and never backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval<T> {
    start: T,
    end: T,
}

impl<T: Ord + Copy> Interval<T> {
    /// `None` if `end` is not after `start`.
    pub fn new(start: T, end: T) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// The first point inside.
    pub fn start(self) -> T {
        self.start
    }

    /// The first point no longer inside.
    pub fn end(self) -> T {
        self.end
    }

    /// Whether `point` is inside.
    pub fn contains(self, point: T) -> bool {
        self.start <= point && point < self.end
    }

    /// Whether the two share a point. Intervals that only touch do not.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

#[cfg(test)]
mod tests {
    use super::Interval;

    #[test]
    fn touching_is_not_overlapping() {
        for (start, end, overlaps) in
            [(0, 3, false), (0, 4, true), (3, 4, true), (4, 5, true), (5, 6, false), (0, 9, true)]
        {
            let three_to_five = Interval::new(3, 5).unwrap();
            let other = Interval::new(start, end).unwrap();
            assert_eq!(three_to_five.overlaps(other), overlaps, "{start}..{end}");
            assert_eq!(other.overlaps(three_to_five), overlaps, "{start}..{end}");
        }
        assert_eq!(Interval::new(3, 3), None);
        assert_eq!(Interval::new(3, 2), None);
    }
}
