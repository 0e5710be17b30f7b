//! A small seeded source of chance: the same seed gives the same hand on every machine and any number of threads.
//!
//! xoshiro256++ (Blackman and Vigna, 2019), its state filled by SplitMix64. Every hand of every zone has a stream of
//! its own, so that the order in which hands are simulated changes nothing. Not for secrets.

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub struct Chance {
    state: [u64; 4],
    spare: Option<f64>,
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Chance {
    /// The stream of one hand (repetition) on one zone.
    pub fn of(seed: u64, zone: u64, hand: u64) -> Self {
        let mut mixed = seed;
        for part in [zone, hand] {
            mixed = split_mix(&mut mixed) ^ part;
        }
        let state = std::array::from_fn(|_| split_mix(&mut mixed));
        Self { state, spare: None }
    }

    fn bits(&mut self) -> u64 {
        let s = &mut self.state;
        let out = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        out
    }

    /// Evenly spread over 0 (included) to 1 (excluded).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// The sine and cosine of an angle of which each is alike.
    ///
    /// Twice the angle of a place spread evenly over the disc; without a trigonometric function.
    pub fn turn(&mut self) -> (f64, f64) {
        loop {
            let (a, b) = (2.0 * self.unit() - 1.0, 2.0 * self.unit() - 1.0);
            let square = a * a + b * b;
            if square > 1e-12 && square < 1.0 {
                return (2.0 * a * b / square, (a * a - b * b) / square);
            }
        }
    }

    /// Normal with mean 0 and standard deviation 1 (Marsaglia's polar method).
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (a, b) = (2.0 * self.unit() - 1.0, 2.0 * self.unit() - 1.0);
            let square = a * a + b * b;
            if square > 0.0 && square < 1.0 {
                let factor = (-2.0 * square.ln() / square).sqrt();
                self.spare = Some(b * factor);
                return a * factor;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_another_hand_gives_others() {
        let draw = |seed, zone, hand| {
            let mut chance = Chance::of(seed, zone, hand);
            (0..4).map(|_| chance.bits()).collect::<Vec<_>>()
        };
        assert_eq!(draw(7, 0, 0), draw(7, 0, 0));
        for other in [draw(8, 0, 0), draw(7, 1, 0), draw(7, 0, 1), draw(7, 1, 1)] {
            assert_ne!(draw(7, 0, 0), other);
        }
    }

    #[test]
    fn moments_are_those_of_the_named_distributions() {
        let mut chance = Chance::of(1, 0, 0);
        let n = 200_000;
        let (mut unit, mut sum, mut square, mut fourth) = (0.0, 0.0, 0.0, 0.0);
        for _ in 0..n {
            unit += chance.unit();
            let z = chance.normal();
            sum += z;
            square += z * z;
            fourth += z * z * z * z;
        }
        // The sums of sines and cosines, of their squares and of their product.
        let mut sums = [0.0; 4];
        for _ in 0..n {
            let (sine, cosine) = chance.turn();
            assert!((sine * sine + cosine * cosine - 1.0).abs() < 1e-12);
            for (sum, term) in sums.iter_mut().zip([sine, cosine, sine * sine - 0.5, sine * cosine]) {
                *sum += term / f64::from(n);
            }
        }
        assert!(sums.iter().all(|sum| sum.abs() < 0.008), "{sums:?}");
        let mean = |total: f64| total / f64::from(n);
        assert!((mean(unit) - 0.5).abs() < 0.003, "{}", mean(unit));
        assert!(mean(sum).abs() < 0.01, "{}", mean(sum));
        assert!((mean(square) - 1.0).abs() < 0.015, "{}", mean(square));
        assert!((mean(fourth) - 3.0).abs() < 0.12, "{}", mean(fourth));
    }
}
