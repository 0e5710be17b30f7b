//! How far unchanged skin of a zone's size seems to change: the pair's own repeatability.
//!
//! A window as large as the zone is laid over all skin that both photographs show, and the changes inside it are
//! compared. Most skin has not changed, so their robust spread says what light, shine, expression, noise, JPEG and
//! registration together do to a zone of this size in these two photographs. It needs no model of any of them.

use std::collections::BTreeMap;

use super::sharpness::Sharpness;
use super::tally::Tally;
use crate::colour::cells::{Cells, robust};

/// Share of a window that has to be skin.
const FULL: f64 = 0.7;

/// Blocks along a zone's side.
const BLOCKS: f64 = 4.0;

/// Running sums of tallies over cells, from which any window follows at once.
pub(crate) struct Windows<'a> {
    cells: &'a Cells,
    table: Vec<Tally>,
}

/// What windows of one size say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    /// Median change by measure.
    pub(crate) middle: [f64; 9],
    /// Robust standard deviation by measure.
    pub(crate) spread: [f64; 9],
    /// About how many windows do not overlap.
    pub(crate) independent: f64,
}

impl<'a> Windows<'a> {
    pub(crate) fn new(cells: &'a Cells, tallies: &[Tally]) -> Self {
        let stride = cells.width + 1;
        let mut table = vec![Tally::default(); stride * (cells.height + 1)];
        for row in 0..cells.height {
            let mut sum = Tally::default();
            for column in 0..cells.width {
                sum.add(&tallies[row * cells.width + column]);
                let mut both = sum;
                both.add(&table[row * stride + column + 1]);
                table[(row + 1) * stride + column + 1] = both;
            }
        }
        Self { cells, table }
    }

    /// The tally of a square of cells (corners half-open), inside the grid.
    pub(crate) fn square(&self, left: usize, top: usize, right: usize, below: usize) -> Tally {
        let stride = self.cells.width + 1;
        let mut sum = self.table[below * stride + right];
        sum.add(&self.table[top * stride + left]);
        sum.subtract(&self.table[top * stride + right]);
        sum.subtract(&self.table[below * stride + left]);
        sum
    }

    /// Spread of changes over windows of `pixels` px.
    pub(crate) fn spread(&self, pixels: f64, sharpness: &Sharpness) -> Spread {
        let size = ((pixels.sqrt() / self.cells.side as f64).round() as usize).clamp(1, 40);
        let step = (size / 3).max(1);
        let full = ((size * self.cells.side) as f64).powi(2);
        let mut changes: [Vec<f64>; 9] = Default::default();
        for top in (0..=self.cells.height.saturating_sub(size)).step_by(step) {
            for left in (0..=self.cells.width.saturating_sub(size)).step_by(step) {
                let tally = self.square(left, top, left + size, top + size);
                if tally.count < FULL * full {
                    continue;
                }
                for (changes, change) in changes.iter_mut().zip(tally.changes(sharpness)) {
                    changes.push(change);
                }
            }
        }
        let count = changes[0].len() as f64;
        let (mut middle, mut spread) = ([0.0; 9], [0.0; 9]);
        for (at, changes) in changes.iter().enumerate() {
            (middle[at], spread[at]) = robust(changes);
        }
        Spread { middle, spread, independent: count * (step as f64 / size as f64).powi(2) }
    }

    /// Standard errors of the changes over some cells, taken block by block: neighbouring pixels err alike, blocks less.
    pub(crate) fn unevenness(&self, chosen: &[usize], sharpness: &Sharpness) -> [f64; 9] {
        let size = (((chosen.len() as f64).sqrt() / BLOCKS).round() as usize).max(1);
        let mut blocks: BTreeMap<(usize, usize), Tally> = BTreeMap::new();
        for &at in chosen {
            let (column, row) = (at % self.cells.width, at / self.cells.width);
            let sum = blocks.entry((row / size, column / size)).or_default();
            sum.add(&self.square(column, row, column + 1, row + 1));
        }
        let full = (size * size * self.cells.side * self.cells.side) as f64;
        let changes: Vec<[f64; 9]> =
            blocks.values().filter(|sum| sum.count > 0.3 * full).map(|sum| sum.changes(sharpness)).collect();
        let count = changes.len() as f64;
        let mut errors = [0.0; 9];
        if count < 3.0 {
            return errors;
        }
        for (at, error) in errors.iter_mut().enumerate() {
            let mean = changes.iter().map(|change| change[at]).sum::<f64>() / count;
            let square =
                changes.iter().map(|change| (change[at] - mean).powi(2)).sum::<f64>() / (count - 1.0);
            *error = (square / count).sqrt();
        }
        errors
    }
}
