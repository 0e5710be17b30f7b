//! Nearest neighbours among descriptors, where the second nearest is clearly farther (Lowe 2004).

use super::Described;
use super::describe::{Descriptor, LENGTH};
use crate::scattered::Match;
use rayon::prelude::*;

/// Squared distance of the nearest over that of the second nearest, above which a match says nothing.
const RATIO_MAX: f32 = 0.8 * 0.8;
/// How far from where the turn alone takes it a point is looked for, as a share of the longer edge.
const WINDOW: f32 = 0.25;
/// A second nearest this near in the picture (px of the level) is the same place, not another.
const SAME: f32 = 6.0;

fn product(one: &Descriptor, other: &Descriptor) -> i32 {
    one.iter().zip(other).map(|(one, other)| i32::from(*one) * i32::from(*other)).sum()
}

/// Pairs of points of one level, px of the photographs. `turn` is the assumed turn of the follow-up, radians.
pub(super) fn pair_up(
    base: &Described,
    follow: &Described,
    base_size: (usize, usize),
    follow_size: (usize, usize),
    turn: f32,
    level: usize,
) -> Vec<Match> {
    let scale = (1usize << level) as f32;
    let middle = |(width, height): (usize, usize)| [0.5 * width as f32 / scale, 0.5 * height as f32 / scale];
    let (from, to) = (middle(base_size), middle(follow_size));
    let window = WINDOW * follow_size.0.max(follow_size.1) as f32 / scale;
    let (sine, cosine) = turn.sin_cos();
    let full = |place: f32| scale * (place + 0.5) - 0.5;
    let one = |at: usize| {
        let corner = &base.corners[at];
        let (x, y) = (corner.x - from[0], corner.y - from[1]);
        let (x, y) = (to[0] + cosine * x - sine * y, to[1] + sine * x + cosine * y);
        let near = |at: &usize| {
            let other = &follow.corners[*at];
            (other.x - x).abs() <= window && (other.y - y).abs() <= window
        };
        let mut best: Option<(i32, usize)> = None;
        let mut second = 0;
        for other in (0..follow.corners.len()).filter(near) {
            let likeness = product(&base.descriptors[at], &follow.descriptors[other]);
            match best {
                Some((most, _)) if likeness <= most => {
                    second = second.max(if same(follow, best, other) { 0 } else { likeness });
                }
                _ => {
                    if !same(follow, best, other) {
                        second = best.map_or(0, |(most, _)| most);
                    }
                    best = Some((likeness, other));
                }
            }
        }
        let (most, other) = best?;
        let distance = |likeness: i32| 2.0 * LENGTH * LENGTH - 2.0 * likeness as f32;
        let other = &follow.corners[other];
        (distance(most) < RATIO_MAX * distance(second))
            .then(|| Match { base: [full(corner.x), full(corner.y)], follow: [full(other.x), full(other.y)] })
    };
    (0..base.corners.len()).into_par_iter().filter_map(one).collect()
}

fn same(follow: &Described, best: Option<(i32, usize)>, other: usize) -> bool {
    best.is_some_and(|(_, best)| {
        let (one, other) = (&follow.corners[best], &follow.corners[other]);
        (one.x - other.x).abs() <= SAME && (one.y - other.y).abs() <= SAME
    })
}
