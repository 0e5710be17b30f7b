//! A smooth displacement: values at the nodes of a grid, linear between them.

use crate::plane::Plane;
use crate::sample::{cubic_weights, split};
use rayon::prelude::*;

/// Displacements from the baseline to the follow-up, px, at nodes `step` px apart. Node (i, j) lies at
/// `(step (i + 1/2) - 1/2, step (j + 1/2) - 1/2)`: in the middle of a cell of `step` by `step` pixels.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    pub(crate) step: f32,
    pub(crate) x: Vec<f32>,
    pub(crate) y: Vec<f32>,
}

/// Two nodes along one axis and how far a place lies from the first to the second; beyond the outermost nodes the
/// line through the last two goes on.
#[inline]
fn between(place: f32, step: f32, nodes: usize) -> (usize, f32) {
    let at = (place + 0.5) / step - 0.5;
    let first = (split(at).0.max(0) as usize).min(nodes.saturating_sub(2));
    (first, at - first as f32)
}

impl Field {
    /// Number of nodes along an edge of `length` px.
    pub(crate) fn nodes(length: usize, step: f32) -> usize {
        ((length as f32 / step).ceil() as usize).max(2)
    }

    /// A field over a picture, from a function of the place.
    pub(crate) fn from_fn(
        (width, height): (usize, usize),
        step: f32,
        displacement: impl Fn(f32, f32) -> [f32; 2],
    ) -> Self {
        let (columns, rows) = (Self::nodes(width, step), Self::nodes(height, step));
        let mut field = Self { columns, rows, step, x: Vec::new(), y: Vec::new() };
        for j in 0..rows {
            for i in 0..columns {
                let [x, y] = displacement(field.place(i), field.place(j));
                field.x.push(x);
                field.y.push(y);
            }
        }
        field
    }

    /// Where a node lies along its axis, px.
    #[inline]
    pub(crate) fn place(&self, node: usize) -> f32 {
        self.step * (node as f32 + 0.5) - 0.5
    }

    /// The displacement at a place of the baseline, px.
    #[inline]
    pub(crate) fn at(&self, x: f32, y: f32) -> [f32; 2] {
        let (i, along) = between(x, self.step, self.columns);
        let (j, down) = between(y, self.step, self.rows);
        let of = |values: &[f32]| {
            let (upper, lower) = (j * self.columns + i, (j + 1) * self.columns + i);
            let above = values[upper] + along * (values[upper + 1] - values[upper]);
            let below = values[lower] + along * (values[lower + 1] - values[lower]);
            above + down * (below - above)
        };
        [of(&self.x), of(&self.y)]
    }

    /// Values at the nodes brought to every pixel of a picture, linear between nodes.
    pub(crate) fn spread(&self, values: &[f32], width: usize, height: usize) -> Plane {
        let across: Vec<(usize, f32)> =
            (0..width).map(|x| between(x as f32, self.step, self.columns)).collect();
        let mut plane = Plane::filled(width, height, 0.0);
        plane.data.par_chunks_mut(width).enumerate().for_each_init(
            || vec![0.0f32; self.columns],
            |nodes, (y, row)| {
                let (j, down) = between(y as f32, self.step, self.rows);
                let (above, below) = values[j * self.columns..(j + 2) * self.columns].split_at(self.columns);
                for (node, (above, below)) in nodes.iter_mut().zip(above.iter().zip(below)) {
                    *node = above + down * (below - above);
                }
                for (out, &(i, along)) in row.iter_mut().zip(&across) {
                    *out = nodes[i] + along * (nodes[i + 1] - nodes[i]);
                }
            },
        );
        plane
    }

    /// The nodes around a place with their shares of it, which add up to 1.
    pub(crate) fn shares(&self, x: f32, y: f32) -> [(usize, f32); 4] {
        let (i, along) = between(x, self.step, self.columns);
        let (j, down) = between(y, self.step, self.rows);
        let first = j * self.columns + i;
        [
            (first, (1.0 - along) * (1.0 - down)),
            (first + 1, along * (1.0 - down)),
            (first + self.columns, (1.0 - along) * down),
            (first + self.columns + 1, along * down),
        ]
    }

    /// The same field on other nodes, through Catmull-Rom splines.
    pub(crate) fn resampled(&self, size: (usize, usize), step: f32) -> Self {
        let cubic = |values: &[f32], x: f32, y: f32| {
            let (i, along) = between(x, self.step, self.columns);
            let (j, down) = between(y, self.step, self.rows);
            if !(0.0..=1.0).contains(&along) || !(0.0..=1.0).contains(&down) {
                return None;
            }
            let (across, over) = (cubic_weights(along), cubic_weights(down));
            let row = |j: isize| {
                let at = j.clamp(0, self.rows as isize - 1) as usize * self.columns;
                let value = |i: isize| values[at + i.clamp(0, self.columns as isize - 1) as usize];
                // Beyond the border the line goes on, so that a slope there is kept.
                let i = i as isize;
                let [second, third] = [value(i), value(i + 1)];
                let first = if i > 0 { value(i - 1) } else { 2.0 * second - third };
                let fourth = if i + 2 < self.columns as isize { value(i + 2) } else { 2.0 * third - second };
                across[0] * first + across[1] * second + across[2] * third + across[3] * fourth
            };
            let j = j as isize;
            let [second, third] = [row(j), row(j + 1)];
            let first = if j > 0 { row(j - 1) } else { 2.0 * second - third };
            let fourth = if j + 2 < self.rows as isize { row(j + 2) } else { 2.0 * third - second };
            Some(over[0] * first + over[1] * second + over[2] * third + over[3] * fourth)
        };
        Self::from_fn(size, step, |x, y| match (cubic(&self.x, x, y), cubic(&self.y, x, y)) {
            (Some(x), Some(y)) => [x, y],
            _ => self.at(x, y),
        })
    }

    /// How the place in the follow-up changes with the place in the baseline, at a node: rows (xx, xy), (yx, yy).
    pub(crate) fn slope(&self, i: usize, j: usize) -> [f32; 4] {
        let (left, right) = (i.saturating_sub(1), (i + 1).min(self.columns - 1));
        let (top, below) = (j.saturating_sub(1), (j + 1).min(self.rows - 1));
        let at = |values: &[f32], i: usize, j: usize| values[j * self.columns + i];
        let across = 1.0 / ((right - left) as f32 * self.step);
        let down = 1.0 / ((below - top) as f32 * self.step);
        let along = |values: &[f32]| (at(values, right, j) - at(values, left, j)) * across;
        let over = |values: &[f32]| (at(values, i, below) - at(values, i, top)) * down;
        [1.0 + along(&self.x), over(&self.x), along(&self.y), 1.0 + over(&self.y)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn affine(x: f32, y: f32) -> [f32; 2] {
        [0.1 * x - 0.05 * y + 3.0, 0.04 * x + 0.08 * y - 7.0]
    }

    proptest! {
        #[test]
        fn an_affine_field_is_the_same_on_any_nodes(
            x in 0.0f32..200.0, y in 0.0f32..150.0, step in 4.0f32..40.0, next in 4.0f32..40.0,
        ) {
            let field = Field::from_fn((200, 150), step, affine);
            let [to_x, to_y] = affine(x, y);
            for field in [&field, &field.resampled((200, 150), next)] {
                let [at_x, at_y] = field.at(x, y);
                prop_assert!((at_x - to_x).abs() < 1e-2 && (at_y - to_y).abs() < 1e-2, "{at_x} {at_y}");
            }
            let shared: f32 = field.shares(x, y).iter().map(|(node, share)| field.x[*node] * share).sum();
            prop_assert!((shared - to_x).abs() < 1e-2);
        }
    }

    #[test]
    fn what_is_spread_is_what_is_asked() {
        let field = Field::from_fn((53, 41), 8.0, |x, y| [(x * 0.1).sin() * 5.0, y]);
        let spread = field.spread(&field.x, 53, 41);
        for (x, y) in [(0, 0), (52, 40), (3, 4), (4, 3), (31, 22)] {
            assert!((spread.at(x, y) - field.at(x as f32, y as f32)[0]).abs() < 1e-5);
        }
        let [xx, xy, yx, yy] = Field::from_fn((90, 90), 8.0, affine).slope(4, 5);
        for (found, expected) in [(xx, 1.1), (xy, -0.05), (yx, 0.04), (yy, 1.08)] {
            assert!((found - expected).abs() < 1e-4);
        }
    }
}
