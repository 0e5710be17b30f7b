//! Chance from a seed: the same seed gives the same numbers on every machine.

/// A sequence of numbers without visible order (SplitMix64: Steele, Lea, Flood 2014, doi 10.1145/2660193.2660195).
/// Not for secrets.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The sequence of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number less than `end`; 0 if `end` is 0.
    pub const fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.number() % end as u64) as usize }
    }

    /// True in `parts` of `of` cases.
    pub const fn odds(&mut self, parts: usize, of: usize) -> bool {
        self.below(of) < parts
    }

    /// Puts a list into any order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn a_seed_repeats_and_a_shuffle_keeps_everything() {
        let mut list: Vec<usize> = (0..50).collect();
        Chance::new(7).shuffle(&mut list);
        let mut again: Vec<usize> = (0..50).collect();
        Chance::new(7).shuffle(&mut again);
        assert_eq!(list, again);
        assert_ne!(list, (0..50).collect::<Vec<_>>());
        list.sort_unstable();
        assert_eq!(list, (0..50).collect::<Vec<_>>());
        assert_eq!(Chance::new(1).below(0), 0);
    }
}
