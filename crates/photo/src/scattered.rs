//! A smooth field through matched points, some of which may be wrong.

use crate::flow::field::Field;
use crate::flow::solve::System;

/// A place of the baseline and where it was found in the follow-up, px.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Match {
    pub(crate) base: [f32; 2],
    pub(crate) follow: [f32; 2],
}

/// Distance between nodes of the fitted field, px.
const STEP: f32 = 64.0;
const ROUNDS: usize = 10;

/// The affine map from base to follow, rows (xx, xy, x), (yx, yy, y), that fits best with each match weighted by
/// `1 / (1 + miss² / width²)`; `None` if the matches lie on one line.
pub(crate) fn affine(matches: &[Match], width: f32) -> Option<[[f32; 3]; 2]> {
    let mut weights = vec![1.0f64; matches.len()];
    let mut found = None;
    for _ in 0..ROUNDS {
        let map = weighted_affine(matches, &weights)?;
        for (weight, matched) in weights.iter_mut().zip(matches) {
            let [x, y] = apply(&map, matched.base);
            let miss = (x - matched.follow[0]).powi(2) + (y - matched.follow[1]).powi(2);
            *weight = f64::from(1.0 / (1.0 + miss / (width * width)));
        }
        found = Some(map);
    }
    found
}

/// Where an affine map takes a place.
pub(crate) fn apply(map: &[[f32; 3]; 2], [x, y]: [f32; 2]) -> [f32; 2] {
    map.map(|row| row[0] * x + row[1] * y + row[2])
}

fn weighted_affine(matches: &[Match], weights: &[f64]) -> Option<[[f32; 3]; 2]> {
    let total: f64 = weights.iter().sum();
    let mean = |of: &dyn Fn(&Match) -> f32| {
        matches.iter().zip(weights).map(|(matched, weight)| f64::from(of(matched)) * weight).sum::<f64>()
            / total
    };
    let centre = [mean(&|m| m.base[0]), mean(&|m| m.base[1])];
    let target = [mean(&|m| m.follow[0]), mean(&|m| m.follow[1])];
    let (mut xx, mut xy, mut yy, mut right) = (0.0, 0.0, 0.0, [[0.0f64; 2]; 2]);
    for (matched, weight) in matches.iter().zip(weights) {
        let [x, y] = [0, 1].map(|axis| f64::from(matched.base[axis]) - centre[axis]);
        xx += weight * x * x;
        xy += weight * x * y;
        yy += weight * y * y;
        for axis in 0..2 {
            let to = f64::from(matched.follow[axis]) - target[axis];
            right[axis][0] += weight * x * to;
            right[axis][1] += weight * y * to;
        }
    }
    let determinant = xx * yy - xy * xy;
    if determinant.is_nan() || determinant <= 1e-9 * (xx + yy).powi(2) {
        return None;
    }
    Some([0, 1].map(|axis| {
        let [x, y] = right[axis];
        let a = (yy * x - xy * y) / determinant;
        let b = (xx * y - xy * x) / determinant;
        [a as f32, b as f32, (target[axis] - a * centre[0] - b * centre[1]) as f32]
    }))
}

/// A field over a picture of `size` through the matches: affine far away, bent like a thin plate near them. `reach`
/// is the length in px over which it is smoothed, `width` the miss in px at which a match counts half.
pub(crate) fn fit(matches: &[Match], size: (usize, usize), reach: f32, width: f32) -> Option<Field> {
    let map = affine(matches, 4.0 * width)?;
    let mut field = Field::from_fn(size, STEP, |x, y| {
        let [to_x, to_y] = apply(&map, [x, y]);
        [to_x - x, to_y - y]
    });
    let anchor = field.clone();
    for round in 0..ROUNDS {
        let mut system = System::empty(field.x.len());
        // Wide at first, so that the true matches pull the field to themselves before they are judged.
        let width = width * (1.0 + 4.0 / (1.0 + round as f32));
        let mut total = 0.0;
        for matched in matches {
            let [x, y] = field.at(matched.base[0], matched.base[1]);
            let miss = [matched.follow[0] - matched.base[0] - x, matched.follow[1] - matched.base[1] - y];
            let weight = 1.0 / (1.0 + (miss[0].powi(2) + miss[1].powi(2)) / (width * width));
            for (node, share) in field.shares(matched.base[0], matched.base[1]) {
                let share = weight * share.max(0.0);
                system.xx[node] += share;
                system.yy[node] += share;
                system.bx[node] += share * miss[0];
                system.by[node] += share * miss[1];
                total += share;
            }
        }
        let touched = system.xx.iter().filter(|&&weight| weight > 0.0).count().max(1);
        let mean = total / touched as f32;
        system.stiffness = mean * (reach / STEP).powi(4);
        system.hold.fill(1e-4 * mean);
        system.step(&mut field, &anchor, 60);
    }
    Some(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there(x: f32, y: f32) -> [f32; 2] {
        [1.05 * x - 0.1 * y + 20.0 + 4.0 * (y / 150.0).sin(), 0.1 * x + 1.02 * y - 11.0]
    }

    /// A grid of true matches, of which every fourth is replaced by nonsense.
    fn matches() -> Vec<Match> {
        let place = |at: usize| [25.0 * (at % 20) as f32 + 10.0, 25.0 * (at / 20) as f32 + 10.0];
        let wrong = |at: usize| [((at * 7919) % 500) as f32, ((at * 104_729) % 500) as f32];
        (0..400)
            .map(|at| {
                let base = place(at);
                Match { base, follow: if at % 4 == 1 { wrong(at) } else { there(base[0], base[1]) } }
            })
            .collect()
    }

    #[test]
    fn wrong_matches_do_not_bend_the_field() {
        let field = fit(&matches(), (520, 520), 64.0, 4.0).expect("enough matches");
        for (x, y) in [(60.0, 60.0), (250.0, 260.0), (440.0, 120.0), (120.0, 430.0)] {
            let ([dx, dy], [to_x, to_y]) = (field.at(x, y), there(x, y));
            assert!((x + dx - to_x).hypot(y + dy - to_y) < 1.0, "{x} {y}: {dx} {dy}");
        }
    }

    #[test]
    fn matches_on_a_line_give_nothing() {
        let line: Vec<Match> =
            (0..40).map(|at| at as f32).map(|at| Match { base: [at, 2.0 * at], follow: [at, at] }).collect();
        assert_eq!(affine(&line, 4.0), None);
        assert!(fit(&[], (300, 300), 64.0, 4.0).is_none());
    }
}
