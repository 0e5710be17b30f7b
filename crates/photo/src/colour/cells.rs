//! Small squares of skin as both photographs show them: what the colour fit looks at.

use rayon::prelude::*;

use super::lab::{encoded_of, lab};
use super::tone::Tone;
use crate::map::Map;
use crate::photograph::Photograph;

/// Cells along the longest edge, at least; their side is at least 4 px.
const CELLS_LONG_EDGE: usize = 170;
/// Encoded values beyond which a cell is burnt out or black.
const BURNT: f64 = 0.985;
const BLACK: f64 = 0.02;
/// Rounds of trimming, and how far from the median skin a cell's colour may lie, in robust standard deviations.
const TRIM_ROUNDS: usize = 3;
const TRIM_TIGHT: f64 = 2.5;
const TRIM_FINAL: f64 = 3.5;
/// Floors of those standard deviations for L*, a*, b*: no skin is more even.
const SKIN_SPREAD_MIN: [f64; 3] = [3.0, 1.0, 1.0];
/// Step of L* to a neighbouring cell beyond which a cell lies on an edge: lids, brows, nostrils, lips.
const EDGE_MAX: f64 = 12.0;

/// One square.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    /// Place in the follow-up, -1 to 1 along each edge.
    pub(crate) place: [f64; 2],
    /// Mean linear light of the baseline, in true colours.
    pub(crate) base: [f64; 3],
    /// Mean of the follow-up, encoded as photographed.
    pub(crate) follow: [f64; 3],
    /// L*, a*, b* of the baseline.
    pub(crate) lab: [f64; 3],
    /// Whether registration calls it skin that both show.
    pub(crate) shown: bool,
    /// Whether its colour is also that of the rest of the skin, and evenly lit: what the fit looks at. A red patch may
    /// be shown and not be among it.
    pub(crate) skin: bool,
}

/// All squares, row by row on the baseline.
#[derive(Debug, Clone)]
pub(crate) struct Cells {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Side of a cell, px.
    pub(crate) side: usize,
    pub(crate) cells: Vec<Cell>,
}

/// Place in the follow-up as the colour field counts it.
pub(crate) fn place_of(x: f64, y: f64, width: usize, height: usize) -> [f64; 2] {
    [2.0 * x / width as f64 - 1.0, 2.0 * y / height as f64 - 1.0]
}

impl Cells {
    pub(crate) fn of(base: &Photograph, follow: &Photograph, map: &Map, base_tone: &Tone) -> Self {
        let long = base.width().max(base.height());
        let side = (long / CELLS_LONG_EDGE).max(4);
        let (width, height) = (base.width() / side, base.height() / side);
        let table: Vec<f32> =
            (0..256).map(|code| super::lab::linear_of(f64::from(code) / 255.0) as f32).collect();
        let base_table: Vec<f64> = (0..256).map(|code| base_tone.unbend(f64::from(code) / 255.0)).collect();
        let mut cells: Vec<Cell> = (0..width * height)
            .into_par_iter()
            .with_min_len(256)
            .map(|at| {
                cell(
                    base,
                    follow,
                    map,
                    base_tone,
                    (&table, &base_table),
                    (at % width * side, at / width * side),
                    side,
                )
            })
            .collect();
        leave_out_edges(&mut cells, width);
        leave_out_strange(&mut cells);
        Self { width, height, side, cells }
    }

    /// Places (in `cells`) of the skin.
    pub(crate) fn skin(&self) -> Vec<usize> {
        (0..self.cells.len()).filter(|&at| self.cells[at].skin).collect()
    }
}

/// Reads one cell on every second pixel.
fn cell(
    base: &Photograph,
    follow: &Photograph,
    map: &Map,
    base_tone: &Tone,
    (table, base_table): (&[f32], &[f64]),
    (left, top): (usize, usize),
    side: usize,
) -> Cell {
    let (last_x, last_y) = (follow.width() as f32 - 1.0, follow.height() as f32 - 1.0);
    let (mut light, mut seen, mut skin, mut count) = ([0.0f64; 3], [0.0f64; 3], 0.0f32, 0.0f64);
    let (mut place, mut inside) = ([0.0f64; 2], true);
    for y in (top..top + side).step_by(2) {
        for x in (left..left + side).step_by(2) {
            let at = y * base.width() + x;
            let (fx, fy) = (map.x.data[at], map.y.data[at]);
            inside &= fx >= 0.0 && fy >= 0.0 && fx <= last_x && fy <= last_y;
            if !inside {
                return Cell {
                    place: [0.0; 2],
                    base: [0.0; 3],
                    follow: [0.0; 3],
                    lab: [0.0; 3],
                    shown: false,
                    skin: false,
                };
            }
            skin += map.skin.data[at];
            count += 1.0;
            place[0] += f64::from(fx);
            place[1] += f64::from(fy);
            let pixel = &base.rgb()[at * 3..at * 3 + 3];
            for (light, &code) in light.iter_mut().zip(pixel) {
                *light += base_table[usize::from(code)];
            }
            for (seen, value) in seen.iter_mut().zip(sample(follow, table, fx, fy)) {
                *seen += f64::from(value);
            }
        }
    }
    let light = light.map(|sum| sum / count);
    let base = base_tone.matrix.map(|row| row[0] * light[0] + row[1] * light[1] + row[2] * light[2]);
    let follow_encoded = seen.map(|sum| encoded_of(sum / count));
    let fair = |value: f64| value > BLACK && value < BURNT;
    let readable =
        follow_encoded.iter().all(|&value| fair(value)) && base.iter().all(|&value| fair(encoded_of(value)));
    Cell {
        place: place_of(place[0] / count, place[1] / count, follow.width(), follow.height()),
        base,
        follow: follow_encoded,
        lab: lab(base.map(|value| value as f32)).map(f64::from),
        shown: f64::from(skin) >= 0.5 * count,
        skin: readable && f64::from(skin) >= 0.5 * count,
    }
}

/// Bilinear linear light of a place inside the photograph; `table` gives the light of each code.
pub(crate) fn sample(photograph: &Photograph, table: &[f32], x: f32, y: f32) -> [f32; 3] {
    let (width, height) = (photograph.width(), photograph.height());
    let (left, top) = (x as usize, y as usize);
    let (along, down) = (x - left as f32, y - top as f32);
    let (right, below) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
    let rgb = photograph.rgb();
    let at = |x: usize, y: usize, channel: usize| table[usize::from(rgb[(y * width + x) * 3 + channel])];
    [0, 1, 2].map(|channel| {
        let upper = at(left, top, channel) * (1.0 - along) + at(right, top, channel) * along;
        let lower = at(left, below, channel) * (1.0 - along) + at(right, below, channel) * along;
        upper * (1.0 - down) + lower * down
    })
}

fn leave_out_edges(cells: &mut [Cell], width: usize) {
    let steps: Vec<f64> = (0..cells.len())
        .map(|at| {
            let here = cells[at].lab[0];
            let (column, row) = (at % width, at / width);
            let mut largest = 0.0f64;
            let mut look = |next: usize| largest = largest.max((cells[next].lab[0] - here).abs());
            if column > 0 {
                look(at - 1);
            }
            if column + 1 < width {
                look(at + 1);
            }
            if row > 0 {
                look(at - width);
            }
            if at + width < cells.len() {
                look(at + width);
            }
            largest
        })
        .collect();
    for (cell, step) in cells.iter_mut().zip(steps) {
        cell.skin &= step < EDGE_MAX;
    }
}

/// Median of values, 0 of none.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// Median and robust standard deviation (1.4826 times the median absolute deviation).
pub(crate) fn robust(values: &[f64]) -> (f64, f64) {
    let mut sorted = values.to_vec();
    let middle = median(&mut sorted);
    for value in &mut sorted {
        *value = (*value - middle).abs();
    }
    (middle, 1.4826 * median(&mut sorted))
}

/// Leaves out cells whose colour is not that of the rest: brows, lips, beard, what the mask let through.
fn leave_out_strange(cells: &mut [Cell]) {
    let mut chosen: Vec<usize> = (0..cells.len()).filter(|&at| cells[at].skin).collect();
    let all = chosen.clone();
    for round in 0..=TRIM_ROUNDS {
        if chosen.len() < 20 {
            return;
        }
        let spread = [0, 1, 2].map(|k| {
            let values: Vec<f64> = chosen.iter().map(|&at| cells[at].lab[k]).collect();
            let (middle, spread) = robust(&values);
            (middle, spread.max(SKIN_SPREAD_MIN[k]))
        });
        let reach = if round == TRIM_ROUNDS { TRIM_FINAL } else { TRIM_TIGHT };
        let near = |cell: &Cell| (0..3).all(|k| (cell.lab[k] - spread[k].0).abs() < reach * spread[k].1);
        chosen = all.iter().copied().filter(|&at| near(&cells[at])).collect();
    }
    for cell in cells.iter_mut() {
        cell.skin = false;
    }
    for at in chosen {
        cells[at].skin = true;
    }
}
