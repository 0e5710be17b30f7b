//! What each cell of the grid sees of a misfit: the sums of one Gauss-Newton step.
//!
//! With B the baseline and F the follow-up (both locally normalised), W the present map and `r = B - F∘W`, a small
//! further displacement d of the follow-up's coordinates changes r by `-gᵀ d`, where `g = M ½(∇B + ∇(F∘W))` and M is
//! the inverse transpose of the slope of W. The mean of both gradients makes the step exact to second order (Benhimane
//! and Malis 2004). Each pixel counts `1 / (1 + r² / c²)` (Cauchy), each cell the inverse of its residual variance.

use super::field::Field;
use crate::plane::Plane;
use crate::sample::{cubic_weights, split};
use rayon::prelude::*;

/// Pixels of a level along the edge of a cell.
pub(crate) const CELL: usize = 8;
/// Cell rows that one thread takes at a time; its first and last pixel row are warped twice.
const BAND: usize = 3;
/// Residual, in standard deviations of brightness, at which a pixel counts half.
const CAUCHY: f32 = 1.0;

/// Sums over a cell.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    pub(crate) xx: f32,
    pub(crate) xy: f32,
    pub(crate) yy: f32,
    pub(crate) bx: f32,
    pub(crate) by: f32,
    /// Weighted squares of baseline, follow-up and their product.
    pub(crate) base: f32,
    pub(crate) follow: f32,
    pub(crate) both: f32,
    /// Skin seen in both photographs, px.
    pub(crate) skin: f32,
}

/// One level of both photographs.
pub(crate) struct Pair<'a> {
    pub(crate) base: &'a Plane,
    pub(crate) follow: &'a Plane,
    /// Weight of each pixel of the baseline, 0 to 1.
    pub(crate) skin: &'a Plane,
    /// Pixels of the photograph along a pixel of this level.
    pub(crate) scale: f32,
}

/// A row of the follow-up on the baseline's grid; NaN where the map leaves the follow-up.
fn warp_row(follow: &Plane, field: &Field, y: usize, scale: f32, first: usize, out: &mut [f32]) {
    let width = follow.width;
    let (x_most, y_most) = (width as f32 - 3.0, follow.height as f32 - 3.0);
    let full_y = scale * (y as f32 + 0.5) - 0.5;
    let over = 1.0 / scale;
    let mut x = first;
    let last = first + out.len();
    while x < last {
        // Between two nodes the displacement is linear, so two values a cell are enough.
        let edge = ((x + CELL / 2) / CELL * CELL + CELL / 2).min(last);
        let place = |x: usize| scale * (x as f32 + 0.5) - 0.5;
        let at = field.at(place(x), full_y);
        let next = field.at(place(x + 1), full_y);
        let slope = [next[0] - at[0], next[1] - at[1]];
        for (along, out) in out[x - first..edge - first].iter_mut().enumerate() {
            let along_f = along as f32;
            let from_x = (x + along) as f32 + (at[0] + along_f * slope[0]) * over;
            let from_y = y as f32 + (at[1] + along_f * slope[1]) * over;
            *out = if from_x >= 1.0 && from_y >= 1.0 && from_x < x_most && from_y < y_most {
                cubic_inside(follow, from_x, from_y)
            } else {
                f32::NAN
            };
        }
        x = edge;
    }
}

/// Bicubic value where all sixteen neighbours are there.
#[inline]
fn cubic_inside(plane: &Plane, x: f32, y: f32) -> f32 {
    let (left, along) = split(x);
    let (top, down) = split(y);
    let (across, over) = (cubic_weights(along), cubic_weights(down));
    let first = (top as usize - 1) * plane.width + left as usize - 1;
    let mut columns = [0.0f32; 4];
    for (j, weight) in over.into_iter().enumerate() {
        let at = first + j * plane.width;
        let four = &plane.data[at..at + 4];
        for (column, value) in columns.iter_mut().zip(four) {
            *column += weight * value;
        }
    }
    columns[0] * across[0] + columns[1] * across[1] + columns[2] * across[2] + columns[3] * across[3]
}

/// The sums of every cell, row by row, for the present map.
pub(crate) fn observe(pair: &Pair<'_>, field: &Field) -> Vec<Seen> {
    let (width, height) = (pair.base.width, pair.base.height);
    let columns = field.columns;
    let mut seen = vec![Seen::default(); columns * field.rows];
    seen.par_chunks_mut(columns * BAND).enumerate().for_each(|(band, cells)| {
        let top = band * BAND * CELL;
        let below = (top + cells.len() / columns * CELL).min(height);
        let Some((first, last)) = extent(pair.skin, top, below) else { return };
        let (first, last) = (first.saturating_sub(1), (last + 1).min(width));
        let span = last - first;
        let mut rows = [vec![0.0f32; span], vec![0.0f32; span], vec![0.0f32; span]];
        let mut sums: Columns = std::array::from_fn(|_| vec![0.0; span]);
        warp_row(pair.follow, field, top.saturating_sub(1), pair.scale, first, &mut rows[0]);
        warp_row(pair.follow, field, top, pair.scale, first, &mut rows[1]);
        for y in top..below {
            let next = (y + 1).min(height - 1);
            warp_row(pair.follow, field, next, pair.scale, first, &mut rows[2]);
            observe_row(pair, y, first, &rows, &mut sums);
            if (y + 1) % CELL == 0 || y + 1 == below {
                collect(&mut sums, first, &mut cells[(y - top) / CELL * columns..][..columns]);
            }
            rows.rotate_left(1);
        }
    });
    seen
}

/// First and one past the last pixel with skin in the rows from `top` to before `below`.
fn extent(skin: &Plane, top: usize, below: usize) -> Option<(usize, usize)> {
    let mut found: Option<(usize, usize)> = None;
    for y in top..below {
        let row = skin.row(y);
        if let Some(first) = row.iter().position(|&weight| weight > 0.0) {
            let last = row.iter().rposition(|&weight| weight > 0.0).unwrap_or(first) + 1;
            found = Some(found.map_or((first, last), |(low, high)| (low.min(first), high.max(last))));
        }
    }
    found
}

/// Sums down the columns of a cell row, one array for each of the fields of [`Seen`], in that order.
type Columns = [Vec<f32>; 9];

/// Adds one row of pixels to the columns; the outermost pixels of the span serve as neighbours only.
fn observe_row(pair: &Pair<'_>, y: usize, first: usize, rows: &[Vec<f32>; 3], columns: &mut Columns) {
    let base = pair.base;
    let span = rows[1].len();
    let of_base = |y: usize| &base.row(y.min(base.height - 1))[first..first + span];
    let (above, row, below) = (of_base(y.saturating_sub(1)), of_base(y), of_base(y + 1));
    let [above_warped, warped, below_warped] = [0, 1, 2].map(|at| &rows[at][..span]);
    let skin = &pair.skin.row(y)[first..first + span];
    let [xx, xy, yy, bx, by, bases, follows, both, area] =
        columns.each_mut().map(|column| &mut column[..span]);
    for x in 1..span - 1 {
        let slope_x = 0.25 * (warped[x + 1] - warped[x - 1] + row[x + 1] - row[x - 1]);
        let slope_y = 0.25 * (below_warped[x] - above_warped[x] + below[x] - above[x]);
        let miss = row[x] - warped[x];
        // Beside the follow-up one of them is NaN. A select, not a branch: what is not usable counts nothing.
        let usable = (slope_x + slope_y + miss).abs() < f32::INFINITY;
        let share = if usable { skin[x] } else { 0.0 };
        let (slope_x, slope_y) = if usable { (slope_x, slope_y) } else { (0.0, 0.0) };
        let (miss, value) = if usable { (miss, warped[x]) } else { (0.0, 0.0) };
        let weight = share / (1.0 + miss * miss * (1.0 / (CAUCHY * CAUCHY)));
        let (along, down) = (weight * slope_x, weight * slope_y);
        xx[x] += along * slope_x;
        xy[x] += along * slope_y;
        yy[x] += down * slope_y;
        bx[x] += along * miss;
        by[x] += down * miss;
        bases[x] += share * row[x] * row[x];
        follows[x] += share * value * value;
        both[x] += share * row[x] * value;
        area[x] += share;
    }
}

/// Sums the columns of each cell and leaves them empty.
fn collect(columns: &mut Columns, first: usize, cells: &mut [Seen]) {
    let span = columns[0].len();
    for (at, cell) in cells.iter_mut().enumerate() {
        let from = (at * CELL).max(first) - first;
        let to = ((at + 1) * CELL).clamp(first, first + span) - first;
        if from < to {
            let [xx, xy, yy, bx, by, base, follow, both, skin] =
                columns.each_ref().map(|column| column[from..to].iter().sum::<f32>());
            *cell = Seen { xx, xy, yy, bx, by, base, follow, both, skin };
        }
    }
    for column in columns {
        column.fill(0.0);
    }
}
