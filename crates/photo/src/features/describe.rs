//! What the skin around a point looks like: gradients in eight directions over four by four fields.
//!
//! As in SIFT (Lowe 2004), but upright, with the gradient shared among directions by its rectified component along each
//! (as in DAISY, Tola et al. 2010), which needs no angle.

use super::{Corner, Described};
use crate::plane::Plane;
use crate::sample::bilinear;
use rayon::prelude::*;

const FIELDS: usize = 4;
const DIRECTIONS: usize = 8;
/// Samples along the edge of the patch, and the distance between them in px of the level.
const SAMPLES: usize = 16;
const SPACING: f32 = 1.5;
/// Numbers of a descriptor.
pub(super) const NUMBERS: usize = FIELDS * FIELDS * DIRECTIONS;
/// Length of a descriptor; whole numbers, so that products are fast.
pub(super) const LENGTH: f32 = 1024.0;
/// Largest share that a single number may have of the length, so that one edge does not decide.
const SHARE_MAX: f32 = 0.2;

pub(super) type Descriptor = [i16; NUMBERS];

/// Describes points in a frame turned by `turn` radians (x towards y).
pub(super) fn describe(bright: &Plane, corners: Vec<Corner>, turn: f32) -> Described {
    let weights = field_weights();
    let descriptors = corners.par_iter().map(|corner| describe_one(bright, corner, turn, &weights)).collect();
    Described { corners, descriptors }
}

/// For each sample along one axis: the first of two fields it belongs to (one before the first field is possible)
/// and its shares in both.
fn field_weights() -> [(isize, f32, f32, f32); SAMPLES] {
    std::array::from_fn(|sample| {
        let place = (sample as f32 + 0.5) * FIELDS as f32 / SAMPLES as f32 - 0.5;
        let first = place.floor();
        let off = (sample as f32 + 0.5) / SAMPLES as f32 - 0.5;
        let faded = (-0.5 * (off / 0.5).powi(2)).exp();
        (first as isize, 1.0 - (place - first), place - first, faded)
    })
}

fn describe_one(
    bright: &Plane,
    corner: &Corner,
    turn: f32,
    weights: &[(isize, f32, f32, f32); SAMPLES],
) -> Descriptor {
    let (sine, cosine) = turn.sin_cos();
    let mut patch = [0.0f32; (SAMPLES + 2) * (SAMPLES + 2)];
    for (at, value) in patch.iter_mut().enumerate() {
        let along = |at: usize| (at as f32 - 0.5 * (SAMPLES + 1) as f32) * SPACING;
        let (x, y) = (along(at % (SAMPLES + 2)), along(at / (SAMPLES + 2)));
        *value = bilinear(bright, corner.x + cosine * x - sine * y, corner.y + sine * x + cosine * y);
    }
    let mut sums = [[0.0f32; DIRECTIONS]; FIELDS * FIELDS];
    for (j, over) in weights.iter().enumerate() {
        for (i, across) in weights.iter().enumerate() {
            let at = (j + 1) * (SAMPLES + 2) + i + 1;
            let x = patch[at + 1] - patch[at - 1];
            let y = patch[at + SAMPLES + 2] - patch[at - SAMPLES - 2];
            let parts = directions(x, y, over.3 * across.3);
            for (row, down) in [(over.0, over.1), (over.0 + 1, over.2)] {
                for (column, along) in [(across.0, across.1), (across.0 + 1, across.2)] {
                    let fields = 0..FIELDS as isize;
                    if fields.contains(&row) && fields.contains(&column) {
                        let field = &mut sums[(row * FIELDS as isize + column) as usize];
                        for (sum, part) in field.iter_mut().zip(parts) {
                            *sum += down * along * part;
                        }
                    }
                }
            }
        }
    }
    settled(sums.as_flattened())
}

/// The parts of a gradient along eight directions, none below zero.
fn directions(x: f32, y: f32, weight: f32) -> [f32; DIRECTIONS] {
    let (p, q) = ((x + y) * std::f32::consts::FRAC_1_SQRT_2, (y - x) * std::f32::consts::FRAC_1_SQRT_2);
    [x, p, y, q, -x, -p, -y, -q].map(|part| weight * part.max(0.0))
}

/// Unit length, no number too large, unit length again, as whole numbers.
fn settled(sums: &[f32]) -> Descriptor {
    let length = |values: &[f32]| values.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-6);
    let first = length(sums);
    let capped: Vec<f32> = sums.iter().map(|value| (value / first).min(SHARE_MAX)).collect();
    let second = length(&capped);
    std::array::from_fn(|at| (capped[at] / second * LENGTH) as i16)
}
