//! What lies on the skin in one photograph only: loose hair, a thread, the edge of a lash.
//!
//! A hair is much darker or lighter than the skin, long and thin. No treatment makes such a change, so pixels under one
//! are left out of both photographs. Spots and scars are not long and thin in their difference, and stay in.

use rayon::prelude::*;

use crate::map::Map;
use crate::plane::Plane;
use crate::sample::bilinear;

use super::planes::Planes;

/// Least difference of L*, and in robust standard deviations of all differences.
const STEP_MIN: f32 = 9.0;
const STEP_SPREADS: f32 = 6.0;
/// A stray is at least this share of the picture's longest edge long, and its area at most this share of the square
/// over its length.
const LENGTH_MIN: f32 = 0.028;
const THICKNESS_MAX: f32 = 0.16;
/// Pixels around it that blur has reached.
const MARGIN: usize = 3;

/// True where a pixel of the window (row by row) lies under a stray. `base` and `follow` are L* after a light blur.
pub(crate) fn find(base: &Plane, follow: &Plane, origin: &Planes, other: &Planes, map: &Map) -> Vec<bool> {
    let (width, height) = (base.width, base.height);
    let long_edge = map.x.width.max(map.x.height) as f32;
    let mut difference = vec![0.0f32; width * height];
    difference.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
        for (x, out) in row.iter_mut().enumerate() {
            let at = (y + origin.top) * map.x.width + x + origin.left;
            if map.skin.data[at] < 0.25 {
                continue;
            }
            let (fx, fy) = (map.x.data[at] - other.left as f32, map.y.data[at] - other.top as f32);
            if follow.contains(fx, fy) {
                *out = bilinear(follow, fx, fy) - base.at(x, y);
            }
        }
    });
    let mut sizes: Vec<f64> = difference
        .iter()
        .step_by(7)
        .filter(|value| **value != 0.0)
        .map(|value| f64::from(value.abs()))
        .collect();
    let cut = (STEP_SPREADS * 1.4826 * crate::colour::cells::median(&mut sizes) as f32).max(STEP_MIN);
    let mut stray = vec![false; width * height];
    let mut seen: Vec<bool> = difference.iter().map(|value| value.abs() < cut).collect();
    let mut queue = Vec::new();
    for seed in 0..seen.len() {
        if seen[seed] {
            continue;
        }
        seen[seed] = true;
        queue.clear();
        queue.push(seed);
        let mut next = 0;
        while next < queue.len() {
            let (x, y) = (queue[next] % width, queue[next] / width);
            next += 1;
            for ny in y.saturating_sub(1)..=(y + 1).min(height - 1) {
                for nx in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                    let at = ny * width + nx;
                    if !seen[at] {
                        seen[at] = true;
                        queue.push(at);
                    }
                }
            }
        }
        if is_thread(&queue, width, long_edge) {
            mark(&mut stray, &queue, width, height);
        }
    }
    stray
}

fn is_thread(pixels: &[usize], width: usize, long_edge: f32) -> bool {
    let bounds = |of: fn(usize, usize) -> usize| {
        let (low, high) = pixels.iter().fold((usize::MAX, 0), |(low, high), &at| {
            let value = of(at, width);
            (low.min(value), high.max(value))
        });
        (high - low + 1) as f32
    };
    let length = bounds(|at, width| at % width).hypot(bounds(|at, width| at / width));
    length >= LENGTH_MIN * long_edge && (pixels.len() as f32) < THICKNESS_MAX * length * length
}

fn mark(stray: &mut [bool], pixels: &[usize], width: usize, height: usize) {
    for &at in pixels {
        let (x, y) = (at % width, at / width);
        for y in y.saturating_sub(MARGIN)..=(y + MARGIN).min(height - 1) {
            let row = y * width;
            stray[row + x.saturating_sub(MARGIN)..=row + (x + MARGIN).min(width - 1)].fill(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hair_is_a_thread_and_a_spot_is_not() {
        let width = 200;
        let hair: Vec<usize> =
            (0..80).flat_map(|at| [at * width + at / 2, at * width + at / 2 + 1]).collect();
        assert!(is_thread(&hair, width, 1000.0));
        let spot: Vec<usize> = (0..30).flat_map(|y| (0..30).map(move |x| y * width + x)).collect();
        assert!(!is_thread(&spot, width, 1000.0));
        assert!(!is_thread(&hair[..20], width, 1000.0), "too short");
        let mut stray = vec![false; width * 100];
        mark(&mut stray, &hair, width, 100);
        assert!(stray[10 * width + 5 + MARGIN] && !stray[10 * width + 30]);
    }
}
