//! The fit of the follow-up's light and colour to the baseline's, on skin that has not changed.
//!
//! What is fitted, each with the spread it is expected to have (a Gaussian prior):
//!
//! | unknown | with a card | without |
//! |---|---|---|
//! | tone curve (2), saturation (1) | the card's | fitted |
//! | level of the light (1) and its fall over the picture, order 2 (5) | fitted | fitted |
//! | tint of the whole picture (red, blue: 2) | the card's, within its error | fitted |
//! | fall of the tint over the picture, order 1 (4): lamps and walls have other colours | fitted, none at the card | fitted |
//! | overall change of the skin itself, a* and b* (2) | fitted, left in the result | cannot be told from tint: 0 |
//!
//! Level is anchored in X, not in Y: skin that reddens gets darker (L* falls by roughly a quarter to a half of the
//! rise of a*, because blood absorbs green and blue), and X, which is mostly red light, hardly moves.

use super::cells::{Cells, robust};
use super::cholesky::{Cholesky, accumulate};
use super::lab::{XYZ, lightness_function};
use super::tone::Tone;

/// Unknowns in the order of the fit.
pub(crate) const UNKNOWNS: usize = 17;
const CURVE: usize = 0;
const SATURATION: usize = 2;
const LEVEL: usize = 3;
const TINT: usize = 4;
const FALL: usize = 6;
const FALL_TINT: usize = 11;
const OVERALL: usize = 15;

/// Expected spreads. Curve, saturation: between two photographs of one camera on automatic. Fall of the tint: log units
/// over half the picture; two lamps of a room, or a coloured wall, differ by some per cent.
const CURVE_PRIOR: f64 = 0.15;
const SATURATION_PRIOR: f64 = 0.05;
const WIDE: f64 = 2.0;
const FALL_PRIOR: f64 = 1.0;
const FALL_TINT_PRIOR: f64 = 0.02;
const OVERALL_PRIOR: f64 = 4.0;
/// What is held.
const HELD: f64 = 1e-7;
/// What a card cannot say better: paint is not skin (metamerism), log units.
const CARD_FLOOR: f64 = 0.006;
/// Neighbouring cells err alike; a face is worth about this many independent ones.
const INDEPENDENT: f64 = 60.0;
/// Cells used at most.
const CELLS_MAX: usize = 2600;
/// Fewest cells of skin a fit is made from.
pub(crate) const CELLS_MIN: usize = 60;
/// Tukey's biweight.
const BIWEIGHT: f64 = 4.685;
/// Floors of the residual's standard deviation: 116 f(X), a*, b*.
const RESIDUAL_MIN: [f64; 3] = [0.3, 0.2, 0.2];
/// A region whose mean residual lies beyond this many robust standard deviations is suspected to have changed.
const SUSPECT: f64 = 2.5;
const ROUNDS: usize = 3;
const STEPS: usize = 7;

/// A follow-up's correction to the baseline's colours.
#[derive(Debug, Clone)]
pub struct Correction {
    /// Curve and matrix; with a card the card's, else with the fitted curve and saturation.
    pub(crate) tone: Tone,
    with_card: bool,
    anchor: [f64; 2],
    p: [f64; UNKNOWNS],
    normal: Cholesky,
}

/// Place-dependent terms of the fall: x, y, xx, xy, yy.
fn terms([x, y]: [f64; 2]) -> [f64; 5] {
    [x, y, x * x, x * y, y * y]
}

/// Logarithms of the gains for R, G, B that undo the light at a place. `anchor` is where tint does not fall: the card.
fn gains(p: &[f64; UNKNOWNS], anchor: [f64; 2], place: [f64; 2]) -> [f64; 3] {
    let fall: f64 = terms(place).iter().zip(&p[FALL..]).map(|(term, value)| term * value).sum();
    let green = p[LEVEL] + fall;
    let tint = |k: usize| {
        let slopes = &p[FALL_TINT + 2 * k..][..2];
        green + p[TINT + k] + slopes[0] * (place[0] - anchor[0]) + slopes[1] * (place[1] - anchor[1])
    };
    [tint(0), green, tint(1)]
}

/// Linear light and its derivatives by the two terms of the curve and by saturation.
fn light(p: &[f64; UNKNOWNS], card: Option<&Tone>, encoded: [f64; 3]) -> ([f64; 3], [[f64; 3]; 3]) {
    if let Some(tone) = card {
        return (tone.apply(encoded).map(|value| value.max(1e-5)), [[0.0; 3]; 3]);
    }
    let (mut unbent, mut by_gamma, mut by_s) = ([0.0; 3], [0.0; 3], [0.0; 3]);
    for channel in 0..3 {
        let v = encoded[channel];
        let bump = v * (1.0 - v);
        let s = bump * (2.0 * v - 1.0);
        let bent = (v + p[CURVE] * bump + p[CURVE + 1] * s).clamp(0.001, 1.2);
        let base = ((bent + 0.055) / 1.055).max(0.05);
        let slope = 2.4 / 1.055 * base.powf(1.4);
        unbent[channel] = base.powf(2.4);
        by_gamma[channel] = slope * bump;
        by_s[channel] = slope * s;
    }
    let saturation = p[SATURATION];
    let grey = |light: [f64; 3]| (0..3).map(|k| f64::from(XYZ[1][k]) * light[k]).sum::<f64>();
    let saturate = |light: [f64; 3]| {
        let grey = grey(light);
        light.map(|value| grey + (1.0 + saturation) * (value - grey))
    };
    let by_saturation = {
        let grey = grey(unbent);
        unbent.map(|value| value - grey)
    };
    (saturate(unbent).map(|value| value.max(1e-5)), [saturate(by_gamma), saturate(by_s), by_saturation])
}

/// 116 f(X), a*, b* of linear light, and their derivatives by the logarithm of each channel.
fn features(linear: [f64; 3]) -> ([f64; 3], [[f64; 3]; 3]) {
    let mut root = [0.0; 3];
    let mut slope = [[0.0; 3]; 3];
    for (k, row) in XYZ.iter().enumerate() {
        let t: f64 = (0..3).map(|c| f64::from(row[c]) * linear[c]).sum();
        root[k] = f64::from(lightness_function(t as f32));
        let by_t = 1.0 / (3.0 * root[k] * root[k]);
        slope[k] = [0, 1, 2].map(|c| by_t * f64::from(row[c]) * linear[c]);
    }
    let [x, y, z] = root;
    let row =
        |scale: f64, one: usize, other: usize| [0, 1, 2].map(|c| scale * (slope[one][c] - slope[other][c]));
    (
        [116.0 * x, 500.0 * (x - y), 200.0 * (y - z)],
        [slope[0].map(|v| 116.0 * v), row(500.0, 0, 1), row(200.0, 1, 2)],
    )
}

/// Derivatives of log R, log G, log B of the corrected follow-up by the unknowns.
fn log_slopes(
    anchor: [f64; 2],
    place: [f64; 2],
    light: [f64; 3],
    by_curve: [[f64; 3]; 3],
) -> [[f64; UNKNOWNS]; 3] {
    let terms = terms(place);
    let mut slopes = [[0.0; UNKNOWNS]; 3];
    for (channel, slopes) in slopes.iter_mut().enumerate() {
        for (at, by) in by_curve.iter().enumerate() {
            slopes[CURVE + at] = by[channel] / light[channel];
        }
        slopes[LEVEL] = 1.0;
        slopes[FALL..FALL + 5].copy_from_slice(&terms);
        if channel != 1 {
            let k = channel / 2;
            slopes[TINT + k] = 1.0;
            slopes[FALL_TINT + 2 * k] = place[0] - anchor[0];
            slopes[FALL_TINT + 2 * k + 1] = place[1] - anchor[1];
        }
    }
    slopes
}

/// What a card in both photographs says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FromCard<'a> {
    /// The follow-up's tone.
    pub(crate) tone: &'a Tone,
    /// Standard deviations of log(R / G) and log(B / G) of skin after it.
    pub(crate) spread: [f64; 2],
    /// Where the card lies in the follow-up, -1 to 1 along each edge.
    pub(crate) place: [f64; 2],
}

struct Fit<'a> {
    cells: &'a Cells,
    skin: &'a [usize],
    card: Option<&'a Tone>,
    anchor: [f64; 2],
    prior: [f64; UNKNOWNS],
    p: [f64; UNKNOWNS],
}

impl Fit<'_> {
    /// What is left of a cell, and its derivatives if asked for.
    fn look(&self, at: usize) -> ([f64; 3], [[f64; UNKNOWNS]; 3]) {
        let cell = &self.cells.cells[at];
        let (light, by_curve) = light(&self.p, self.card, cell.follow);
        let gains = gains(&self.p, self.anchor, cell.place);
        let corrected = [0, 1, 2].map(|c| light[c] * gains[c].exp());
        let (seen, by_log) = features(corrected);
        let (wanted, _) = features(cell.base);
        let logs = log_slopes(self.anchor, cell.place, light, by_curve);
        let mut slopes = [[0.0; UNKNOWNS]; 3];
        for (slopes, by_log) in slopes.iter_mut().zip(by_log) {
            for (k, slope) in slopes.iter_mut().enumerate() {
                *slope = (0..3).map(|c| by_log[c] * logs[c][k]).sum();
            }
        }
        slopes[1][OVERALL] = -1.0;
        slopes[2][OVERALL + 1] = -1.0;
        let overall = [0.0, self.p[OVERALL], self.p[OVERALL + 1]];
        ([0, 1, 2].map(|k| seen[k] - wanted[k] - overall[k]), slopes)
    }

    /// Gauss-Newton over the cells that are not suspected.
    fn descend(&mut self, unchanged: &[bool], start: [f64; UNKNOWNS]) -> Option<Cholesky> {
        let stride = self.skin.len().div_ceil(CELLS_MAX);
        let used: Vec<usize> = (0..self.skin.len())
            .filter(|at| at % stride == 0 && unchanged[*at])
            .map(|at| self.skin[at])
            .collect();
        let mut normal = None;
        for _ in 0..STEPS {
            let looks: Vec<_> = used.iter().map(|&at| self.look(at)).collect();
            let spread = [0, 1, 2].map(|k| {
                let left: Vec<f64> = looks.iter().map(|(left, _)| left[k]).collect();
                robust(&left).1.max(RESIDUAL_MIN[k])
            });
            let weight = |left: &[f64; 3]| -> f64 {
                (0..3).map(|k| (1.0 - (left[k] / (BIWEIGHT * spread[k])).powi(2)).max(0.0).powi(2)).product()
            };
            let weights: Vec<f64> = looks.iter().map(|(left, _)| weight(left)).collect();
            let independent = (INDEPENDENT / weights.iter().sum::<f64>().max(1.0)).min(1.0);
            let mut matrix = vec![0.0; UNKNOWNS * UNKNOWNS];
            let mut right = vec![0.0; UNKNOWNS];
            for ((left, slopes), weight) in looks.iter().zip(&weights) {
                for k in 0..3 {
                    let weight = weight * independent / (spread[k] * spread[k]);
                    accumulate(&mut matrix, &mut right, &slopes[k], left[k], weight);
                }
            }
            for at in 0..UNKNOWNS {
                let precision = self.prior[at].powi(-2);
                matrix[at * UNKNOWNS + at] += precision;
                right[at] += precision * (self.p[at] - start[at]);
            }
            let factor = Cholesky::factor(&matrix, UNKNOWNS)?;
            let step = factor.solve(&right);
            for (value, step) in self.p.iter_mut().zip(&step) {
                *value -= step;
            }
            normal = Some(factor);
            if step.iter().all(|step| step.abs() < 2e-4) {
                break;
            }
        }
        self.p.iter().all(|value| value.is_finite()).then_some(())?;
        normal
    }

    /// Cells in whose neighbourhood a* or b* has gone another way than everywhere else.
    fn suspect(&self) -> Vec<bool> {
        let (width, height) = (self.cells.width, self.cells.height);
        let left: Vec<[f64; 3]> = self.skin.iter().map(|&at| self.look(at).0).collect();
        let radius = ((self.skin.len() as f64).sqrt() * 0.06).round().max(1.0) as usize;
        let mut kept = vec![true; self.skin.len()];
        for k in 1..3 {
            let mut sums = super::grid::Sums::new(width, height);
            for (&at, left) in self.skin.iter().zip(&left) {
                sums.set(at, left[k]);
            }
            let sums = sums.add_up();
            let smooth: Vec<f64> =
                self.skin.iter().map(|&at| sums.mean_around(at % width, at / width, radius).0).collect();
            let (middle, spread) = robust(&smooth);
            for (kept, value) in kept.iter_mut().zip(&smooth) {
                *kept &= (value - middle).abs() < SUSPECT * spread.max(0.1);
            }
        }
        kept
    }
}

fn priors(card: Option<[f64; 2]>) -> [f64; UNKNOWNS] {
    let mut prior = [FALL_PRIOR; UNKNOWNS];
    prior[LEVEL] = WIDE;
    for k in 0..2 {
        prior[CURVE + k] = if card.is_some() { HELD } else { CURVE_PRIOR };
        prior[TINT + k] = card.map_or(WIDE, |spread| spread[k].hypot(CARD_FLOOR));
        prior[FALL_TINT + 2 * k] = FALL_TINT_PRIOR;
        prior[FALL_TINT + 2 * k + 1] = FALL_TINT_PRIOR;
        prior[OVERALL + k] = if card.is_some() { OVERALL_PRIOR } else { HELD };
    }
    prior[SATURATION] = if card.is_some() { HELD } else { SATURATION_PRIOR };
    prior
}

/// Fits the correction. `None` with too little skin.
pub(crate) fn fit(cells: &Cells, card: Option<FromCard<'_>>) -> Option<Correction> {
    let skin = cells.skin();
    if skin.len() < CELLS_MIN {
        return None;
    }
    let tone = card.map(|card| card.tone);
    let anchor = card.map_or([0.0; 2], |card| card.place);
    let mut fit = Fit {
        cells,
        skin: &skin,
        card: tone,
        anchor,
        prior: priors(card.map(|card| card.spread)),
        p: [0.0; UNKNOWNS],
    };
    let ratio = |channel: usize| {
        let mut logs: Vec<f64> = skin
            .iter()
            .map(|&at| {
                (cells.cells[at].base[channel] / light(&fit.p, tone, cells.cells[at].follow).0[channel]).ln()
            })
            .collect();
        super::cells::median(&mut logs)
    };
    let [red, green, blue] = [ratio(0), ratio(1), ratio(2)];
    if tone.is_some() {
        fit.p[LEVEL] = red;
    } else {
        fit.p[LEVEL] = green;
        fit.p[TINT] = red - green;
        fit.p[TINT + 1] = blue - green;
    }
    let start = if tone.is_some() { [0.0; UNKNOWNS] } else { fit.p };
    let mut unchanged = vec![true; skin.len()];
    let mut normal = fit.descend(&unchanged, start)?;
    for _ in 1..ROUNDS {
        let kept = fit.suspect();
        // When half of the skin is suspected, suspicion tells nothing.
        if kept.iter().filter(|&&kept| kept).count() * 2 < kept.len() {
            break;
        }
        unchanged = kept;
        normal = fit.descend(&unchanged, start)?;
    }
    let p = fit.p;
    let tone = tone.copied().unwrap_or_else(|| tone_of(&p));
    Some(Correction { tone, with_card: card.is_some(), anchor, p, normal })
}

fn tone_of(p: &[f64; UNKNOWNS]) -> Tone {
    let mut matrix = Tone::IDENTITY.matrix;
    for (row, values) in matrix.iter_mut().enumerate() {
        for (column, value) in values.iter_mut().enumerate() {
            let own = if row == column { 1.0 + p[SATURATION] } else { 0.0 };
            *value = own - p[SATURATION] * f64::from(XYZ[1][column]);
        }
    }
    Tone { curve: [p[CURVE], p[CURVE + 1]], matrix }
}

impl Correction {
    /// Gains for R, G, B at a place of the follow-up (-1 to 1 along each edge).
    pub(crate) fn gain(&self, place: [f64; 2]) -> [f64; 3] {
        gains(&self.p, self.anchor, place).map(f64::exp)
    }

    /// Mean derivatives, over cells, of L*, a*, b*, ln R and ln G by the unknowns.
    pub(crate) fn slopes(&self, cells: &Cells, chosen: &[usize]) -> [[f64; UNKNOWNS]; 5] {
        let mut mean = [[0.0; UNKNOWNS]; 5];
        let share = 1.0 / chosen.len().max(1) as f64;
        for &at in chosen {
            let cell = &cells.cells[at];
            let (light, by_curve) = light(&self.p, self.with_card.then_some(&self.tone), cell.follow);
            let logs = log_slopes(self.anchor, cell.place, light, by_curve);
            let gains = self.gain(cell.place);
            let (_, by_log) = features([0, 1, 2].map(|c| light[c] * gains[c]));
            for k in 0..UNKNOWNS {
                let of = |row: [f64; 3]| (0..3).map(|c| row[c] * logs[c][k]).sum::<f64>() * share;
                let (x, a, b) = (of(by_log[0]), of(by_log[1]), of(by_log[2]));
                // L* = 116 f(Y) - 16 and a* = 500 (f(X) - f(Y)).
                let values = [x - 0.232 * a, a, b, logs[0][k] * share, logs[1][k] * share];
                for (mean, value) in mean.iter_mut().zip(values) {
                    mean[k] += value;
                }
            }
        }
        mean
    }

    /// Standard deviation that the fit leaves in a linear function of the unknowns.
    pub(crate) fn spread(&self, slopes: &[f64]) -> f64 {
        self.normal.spread(slopes).sqrt()
    }
}
