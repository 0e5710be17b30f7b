//! Corners: places where brightness changes in both directions (Shi and Tomasi 1994).

use super::Corner;
use crate::filter::gaussian;
use crate::plane::Plane;
use rayon::prelude::*;

/// Of each square of this many pixels of the level the best corner is kept, so that points spread over all skin.
const SQUARE: usize = 9;
/// Standard deviation of the window, px of the level.
const WINDOW: f32 = 2.0;
/// Pixels at the border for which there is no descriptor.
const BORDER: usize = 16;

/// The corners of a level on skin.
pub(super) fn corners(bright: &Plane, skin: &Plane) -> Vec<Corner> {
    let strength = strength(bright);
    let (width, height) = (bright.width, bright.height);
    let rows: Vec<usize> = (BORDER..height.saturating_sub(BORDER)).step_by(SQUARE).collect();
    rows.par_iter()
        .flat_map_iter(|&top| {
            let strength = &strength;
            (BORDER..width.saturating_sub(BORDER)).step_by(SQUARE).filter_map(move |left| {
                let mut best: Option<Corner> = None;
                for y in top..(top + SQUARE).min(height - BORDER) {
                    for x in left..(left + SQUARE).min(width - BORDER) {
                        let here = strength.at(x, y);
                        if skin.at(x, y) > 0.5 && best.is_none_or(|best| here > best.strength) {
                            best = Some(Corner { x: x as f32, y: y as f32, strength: here });
                        }
                    }
                }
                best.filter(|best| is_peak(strength, best))
            })
        })
        .collect()
}

/// Whether a corner is the best among its eight neighbours, so not the slope of one next door.
fn is_peak(strength: &Plane, corner: &Corner) -> bool {
    let (x, y) = (corner.x as usize, corner.y as usize);
    (y - 1..=y + 1).all(|j| (x - 1..=x + 1).all(|i| strength.at(i, j) <= corner.strength))
}

/// The smaller eigenvalue of the structure tensor.
fn strength(bright: &Plane) -> Plane {
    let (right, below) = (bright.width - 1, bright.height - 1);
    let slope_x = |x: usize, y: usize| bright.at((x + 1).min(right), y) - bright.at(x.saturating_sub(1), y);
    let slope_y = |x: usize, y: usize| bright.at(x, (y + 1).min(below)) - bright.at(x, y.saturating_sub(1));
    let of = |product: &(dyn Fn(f32, f32) -> f32 + Sync)| {
        let raw = Plane::from_fn(bright.width, bright.height, |x, y| product(slope_x(x, y), slope_y(x, y)));
        gaussian(&raw, WINDOW)
    };
    let (xx, xy, yy) = (of(&|x, _| x * x), of(&|x, y| x * y), of(&|_, y| y * y));
    Plane::from_fn(bright.width, bright.height, |x, y| {
        let (half, apart) = (0.5 * (xx.at(x, y) + yy.at(x, y)), 0.5 * (xx.at(x, y) - yy.at(x, y)));
        half - (apart * apart + xy.at(x, y).powi(2)).sqrt()
    })
}
