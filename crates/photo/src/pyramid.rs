//! The same picture at full, half, quarter … size.
//!
//! A pixel of level n covers 2ⁿ by 2ⁿ pixels of the picture, so its centre x lies at `2ⁿ (x + 1/2) - 1/2`.

use crate::plane::Plane;
use rayon::prelude::*;

/// A plane at full, half, quarter … size, `levels` of them.
pub(crate) fn pyramid(plane: Plane, levels: usize) -> Vec<Plane> {
    let mut all = vec![plane];
    while all.len() < levels {
        all.push(halved(&all[all.len() - 1]));
    }
    all
}

/// Half the size, each value a mean over four by four with the weights 1, 3, 3, 1 both ways.
pub(crate) fn halved(plane: &Plane) -> Plane {
    let (width, height) = (plane.width.div_ceil(2), plane.height.div_ceil(2));
    let last = plane.height as isize - 1;
    let mut half = Plane::filled(width, height, 0.0);
    half.data.par_chunks_mut(width).enumerate().for_each_init(
        || vec![0.0f32; plane.width + 4],
        |sums, (y, row)| {
            let rows = [-1, 0, 1, 2].map(|at| plane.row((2 * y as isize + at).clamp(0, last) as usize));
            for (x, sum) in sums[1..=plane.width].iter_mut().enumerate() {
                *sum = rows[0][x] + rows[3][x] + 3.0 * (rows[1][x] + rows[2][x]);
            }
            sums[0] = sums[1];
            let border = sums[plane.width];
            sums[plane.width + 1..].fill(border);
            for (out, four) in row.iter_mut().zip(sums.windows(4).step_by(2)) {
                *out = (four[0] + four[3] + 3.0 * (four[1] + four[2])) / 64.0;
            }
        },
    );
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slope_keeps_its_place_at_every_size() {
        let slope = Plane::from_fn(97, 64, |x, y| 3.0 * x as f32 - 2.0 * y as f32);
        for (level, plane) in pyramid(slope, 4).iter().enumerate() {
            let full = |at: usize| (1 << level) as f32 * (at as f32 + 0.5) - 0.5;
            for y in 2..plane.height - 2 {
                for x in 2..plane.width - 3 {
                    let expected = 3.0 * full(x) - 2.0 * full(y);
                    assert!((plane.at(x, y) - expected).abs() < 1e-3, "level {level}: {x} {y}");
                }
            }
        }
    }
}
