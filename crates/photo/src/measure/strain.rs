//! How much a face has moved within itself: a smile, a frown, a turned head.
//!
//! The map is compared with the affine map that fits the skin best. What is left inside a zone, as a gradient, is the
//! strain there. Skin that is strained is lit from another side and stretched, which no correction of the picture's
//! light undoes, so error bars grow with it.

use crate::colour::cells::Cells;
use crate::colour::cholesky::{Cholesky, accumulate};
use crate::map::Map;

/// Strain per zone label, without unit (0.1: lengths differ by about 10 %).
pub(crate) struct Strain {
    affine: [[f64; 3]; 2],
}

/// A least-squares plane over (x, y, value), its constant and its two slopes.
pub(crate) fn plane(points: impl Iterator<Item = (f64, f64, f64)>) -> Option<[f64; 3]> {
    let (mut matrix, mut right) = (vec![0.0; 9], vec![0.0; 3]);
    let mut count = 0;
    let mut origin = None;
    for (x, y, value) in points {
        let (ox, oy) = *origin.get_or_insert((x, y));
        accumulate(&mut matrix, &mut right, &[1.0, x - ox, y - oy], value, 1.0);
        count += 1;
    }
    if count < 4 {
        return None;
    }
    let solution = Cholesky::factor(&matrix, 3)?.solve(&right);
    let (ox, oy) = origin?;
    Some([solution[0] - solution[1] * ox - solution[2] * oy, solution[1], solution[2]])
}

fn middle(cells: &Cells, at: usize) -> (f64, f64) {
    let place = |at: usize| (at * cells.side) as f64 + (cells.side as f64 - 1.0) / 2.0;
    (place(at % cells.width), place(at / cells.width))
}

impl Strain {
    pub(crate) fn of(cells: &Cells, map: &Map) -> Self {
        let skin = cells.skin();
        let axis = |channel: usize| {
            let points = skin.iter().map(|&at| {
                let (x, y) = middle(cells, at);
                let (fx, fy) = map.at(x as f32, y as f32);
                (x, y, f64::from([fx, fy][channel]))
            });
            plane(points).unwrap_or([0.0, 1.0 - channel as f64, channel as f64])
        };
        Self { affine: [axis(0), axis(1)] }
    }

    /// Strain over some cells.
    pub(crate) fn over(&self, cells: &Cells, map: &Map, chosen: &[usize]) -> f64 {
        let mut square = 0.0;
        for channel in 0..2 {
            let [constant, by_x, by_y] = self.affine[channel];
            let points = chosen.iter().map(|&at| {
                let (x, y) = middle(cells, at);
                let (fx, fy) = map.at(x as f32, y as f32);
                (x, y, f64::from([fx, fy][channel]) - constant - by_x * x - by_y * y)
            });
            let [_, along, down] = plane(points).unwrap_or([0.0; 3]);
            square += along * along + down * down;
        }
        let scale =
            (self.affine[0][1] * self.affine[1][2] - self.affine[0][2] * self.affine[1][1]).abs().sqrt();
        (square / 2.0).sqrt() / scale.max(0.1)
    }
}
