//! Which matches are true: those that agree on one similarity of the whole, and then move as their neighbours do.

use crate::scattered::Match;

/// Similarities that are tried.
const TRIALS: usize = 600;
/// How far from the similarity a match may lie, as a share of the longer edge: skin moves by itself, and a similarity
/// is not a perspective.
const MISS_MAX: f32 = 0.04;
/// How far from its neighbours a match may lie, as a share of the longer edge.
const APART_MAX: f32 = 0.007;
const NEIGHBOURS: usize = 9;
/// Size of a similarity, and its turn in radians, beyond which no camera was held.
const SIZES: std::ops::RangeInclusive<f32> = 0.6..=1.7;
const TURN_MAX: f32 = 0.7;

/// A turn and size as a complex number, and a shift: `z -> a z + b`.
type Similarity = [f32; 4];

fn place(map: &Similarity, [x, y]: [f32; 2]) -> [f32; 2] {
    [map[0] * x - map[1] * y + map[2], map[1] * x + map[0] * y + map[3]]
}

fn through(one: &Match, other: &Match, apart_min: f32) -> Option<Similarity> {
    let [x, y] = [0, 1].map(|axis| other.base[axis] - one.base[axis]);
    let [to_x, to_y] = [0, 1].map(|axis| other.follow[axis] - one.follow[axis]);
    let square = x * x + y * y;
    if square < apart_min * apart_min {
        return None;
    }
    let (a, b) = ((to_x * x + to_y * y) / square, (to_y * x - to_x * y) / square);
    let size = a.hypot(b);
    let usual = SIZES.contains(&size) && b.atan2(a).abs() <= TURN_MAX;
    let shift = [
        one.follow[0] - a * one.base[0] + b * one.base[1],
        one.follow[1] - b * one.base[0] - a * one.base[1],
    ];
    usual.then_some([a, b, shift[0], shift[1]])
}

fn miss(map: &Similarity, matched: &Match) -> [f32; 2] {
    let to = place(map, matched.base);
    [matched.follow[0] - to[0], matched.follow[1] - to[1]]
}

/// Xorshift; a fixed seed, so that the same photographs give the same answer.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end
    }
}

/// The largest set of matches near one similarity (Fischler and Bolles 1981).
pub(super) fn consensus(matches: &[Match], edge: f32) -> Vec<Match> {
    if matches.len() < 3 {
        return Vec::new();
    }
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let limit = (MISS_MAX * edge).powi(2);
    let near = |map: &Similarity, matched: &Match| {
        let [x, y] = miss(map, matched);
        x * x + y * y <= limit
    };
    let mut best: (f32, Option<Similarity>) = (0.0, None);
    for _ in 0..TRIALS {
        let (one, other) = (chance.below(matches.len()), chance.below(matches.len()));
        let Some(map) = through(&matches[one], &matches[other], 0.08 * edge) else { continue };
        // Truncated squares and not a bare count, so that among as many the nearer ones win.
        let score = matches
            .iter()
            .map(|matched| {
                let [x, y] = miss(&map, matched);
                (1.0 - (x * x + y * y) / limit).max(0.0)
            })
            .sum::<f32>();
        if score > best.0 {
            best = (score, Some(map));
        }
    }
    let Some(map) = best.1 else { return Vec::new() };
    matches.iter().filter(|matched| near(&map, matched)).copied().collect()
}

/// The matches whose displacement is near the median of their neighbours', looked at twice.
pub(super) fn neighbourly(matches: &[Match], edge: f32) -> Vec<Match> {
    let mut kept = matches.to_vec();
    for _ in 0..2 {
        if kept.len() <= NEIGHBOURS {
            return kept;
        }
        let Some(map) = crate::scattered::affine(&kept, 0.01 * edge) else { return Vec::new() };
        let misses: Vec<[f32; 2]> = kept
            .iter()
            .map(|matched| {
                let to = crate::scattered::apply(&map, matched.base);
                [matched.follow[0] - to[0], matched.follow[1] - to[1]]
            })
            .collect();
        let fits = (0..kept.len()).filter(|&at| moves_along(at, &kept, &misses, APART_MAX * edge));
        kept = fits.map(|at| kept[at]).collect();
    }
    kept
}

fn moves_along(at: usize, matches: &[Match], misses: &[[f32; 2]], limit: f32) -> bool {
    let here = matches[at].base;
    let mut near: Vec<(f32, usize)> = (0..matches.len())
        .filter(|&other| other != at)
        .map(|other| {
            let there = matches[other].base;
            ((there[0] - here[0]).powi(2) + (there[1] - here[1]).powi(2), other)
        })
        .collect();
    near.select_nth_unstable_by(NEIGHBOURS - 1, |one, other| one.0.total_cmp(&other.0));
    let usual = [0, 1].map(|axis| {
        let mut along: Vec<f32> = near[..NEIGHBOURS].iter().map(|(_, other)| misses[*other][axis]).collect();
        along.sort_by(f32::total_cmp);
        along[NEIGHBOURS / 2]
    });
    (misses[at][0] - usual[0]).hypot(misses[at][1] - usual[1]) <= limit
}
