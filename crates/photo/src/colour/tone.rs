//! From a camera's encoded values to linear light in the colours of the baseline: one tone curve and a matrix.

use super::cholesky::{Cholesky, accumulate};
use super::lab::{encoded_of, linear_of};

/// A tone curve shared by the channels, then a 3x3 matrix on linear light.
///
/// The curve is `v + v (1 - v) (a + b (2 v - 1))` on encoded values: `a` bends it like a gamma, `b` like an S.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tone {
    pub(crate) curve: [f64; 2],
    pub(crate) matrix: [[f64; 3]; 3],
}

impl Tone {
    /// What leaves every colour as it is.
    pub(crate) const IDENTITY: Self =
        Self { curve: [0.0; 2], matrix: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]] };

    /// Linear light of one encoded value, before the matrix.
    pub(crate) fn unbend(&self, encoded: f64) -> f64 {
        let v = encoded.clamp(0.0, 1.0);
        linear_of((v + v * (1.0 - v) * (self.curve[0] + self.curve[1] * (2.0 * v - 1.0))).clamp(0.0, 1.2))
    }

    /// Linear light in the baseline's colours.
    pub(crate) fn apply(&self, encoded: [f64; 3]) -> [f64; 3] {
        let light = encoded.map(|value| self.unbend(value));
        self.matrix.map(|row| row[0] * light[0] + row[1] * light[1] + row[2] * light[2])
    }
}

/// A colour and what it should become.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    /// Encoded, as photographed.
    pub(crate) from: [f64; 3],
    /// Encoded, as it should be.
    pub(crate) to: [f64; 3],
    /// Place on the card in pitches from its middle, for a light that falls off across it.
    pub(crate) place: [f64; 2],
    /// 0 leaves it out.
    pub(crate) weight: f64,
}

/// A fitted tone, and how well it fits.
#[derive(Debug, Clone)]
pub(crate) struct ToneFit {
    pub(crate) tone: Tone,
    /// Normal equations at the solution, in units of the residual.
    normal: Cholesky,
}

/// Curve 2, matrix 9, fall of the light across the card 2.
const UNKNOWNS: usize = 13;
/// Spread that a tone curve between two photographs of a camera is expected to have.
const CURVE_PRIOR: f64 = 0.3;
/// A residual beyond this many standard deviations counts for nothing (Tukey's biweight).
const BIWEIGHT: f64 = 5.5;
/// No fit is trusted beyond half a code of 255.
const RESIDUAL_MIN: f64 = 0.5 / 255.0;

fn tone_of(p: &[f64]) -> Tone {
    Tone { curve: [p[0], p[1]], matrix: [[p[2], p[3], p[4]], [p[5], p[6], p[7]], [p[8], p[9], p[10]]] }
}

/// What is left of each target: three encoded differences. `shade` is the extra light on each patch, a factor.
fn residuals(p: &[f64], target: &Target, shade: f64) -> [f64; 3] {
    let tone = tone_of(p);
    let light = tone.apply(target.from);
    let fall = (p[11] * target.place[0] + p[12] * target.place[1]).exp() * shade;
    [0, 1, 2].map(|channel| encoded_of(light[channel] * fall) - target.to[channel])
}

/// Fits curve, matrix and fall of light. `None` with fewer than twelve targets or if nothing fits.
pub(crate) fn fit(targets: &[Target]) -> Option<ToneFit> {
    if targets.iter().filter(|target| target.weight > 0.0).count() < 12 {
        return None;
    }
    let mut p = vec![0.0; UNKNOWNS];
    for at in [2, 6, 10] {
        p[at] = 1.0;
    }
    let mut shade = vec![1.0; targets.len()];
    for _ in 0..3 {
        let (scale, normal) = descend(&mut p, targets, &shade)?;
        if !reshade(&p, targets, &mut shade, scale) {
            return Some(ToneFit { tone: tone_of(&p), normal });
        }
    }
    let (_, normal) = descend(&mut p, targets, &shade)?;
    Some(ToneFit { tone: tone_of(&p), normal })
}

/// Gauss-Newton with Tukey weights. Standard deviation of what is left, and the normal equations in its units.
fn descend(p: &mut [f64], targets: &[Target], shade: &[f64]) -> Option<(f64, Cholesky)> {
    let mut normal = None;
    let mut scale = 0.0;
    for round in 0..25 {
        let left: Vec<[f64; 3]> =
            targets.iter().zip(shade).map(|(target, &shade)| residuals(p, target, shade)).collect();
        let mut sizes: Vec<f64> = targets
            .iter()
            .zip(&left)
            .filter(|(target, _)| target.weight > 0.0)
            .flat_map(|(_, left)| left.map(f64::abs))
            .collect();
        sizes.sort_by(f64::total_cmp);
        // Unknowns eat residual: 72 readings less 13.
        scale = (1.4826 * sizes[sizes.len() / 2] * 1.1).max(RESIDUAL_MIN);
        let mut matrix = vec![0.0; UNKNOWNS * UNKNOWNS];
        let mut right = vec![0.0; UNKNOWNS];
        for ((target, left), &shade) in targets.iter().zip(&left).zip(shade) {
            let worst = left.iter().fold(0.0f64, |worst, value| worst.max(value.abs()));
            // The first rounds start far away and take everything.
            let cut = if round < 3 { f64::INFINITY } else { BIWEIGHT * scale };
            let robust = (1.0 - (worst / cut).powi(2)).max(0.0).powi(2);
            let weight = target.weight * robust / (scale * scale);
            if weight > 0.0 {
                let slopes = slopes(p, target, left, shade);
                for channel in 0..3 {
                    let row: Vec<f64> = slopes.iter().map(|slope| slope[channel]).collect();
                    accumulate(&mut matrix, &mut right, &row, left[channel], weight);
                }
            }
        }
        for at in 0..2 {
            matrix[at * UNKNOWNS + at] += 1.0 / CURVE_PRIOR.powi(2);
            right[at] += p[at] / CURVE_PRIOR.powi(2);
        }
        let factor = Cholesky::factor(&matrix, UNKNOWNS)?;
        let step = factor.solve(&right);
        for (value, step) in p.iter_mut().zip(&step) {
            *value -= step;
        }
        let largest = step.iter().fold(0.0f64, |largest, step| largest.max(step.abs()));
        normal = Some(factor);
        if round > 5 && largest < 1e-6 {
            break;
        }
    }
    p.iter().all(|value| value.is_finite()).then_some(())?;
    Some((scale, normal?))
}

fn slopes(p: &[f64], target: &Target, left: &[f64; 3], shade: f64) -> Vec<[f64; 3]> {
    const STEP: f64 = 1e-5;
    (0..UNKNOWNS)
        .map(|at| {
            let mut moved = p.to_vec();
            moved[at] += STEP;
            let other = residuals(&moved, target, shade);
            [0, 1, 2].map(|channel| (other[channel] - left[channel]) / STEP)
        })
        .collect()
}

/// Patches that are all darker or all lighter than the fit says lie in a shadow or in a glare: each is given a light
/// of its own, so that its colour still counts and its brightness no longer does. Whether any was found.
fn reshade(p: &[f64], targets: &[Target], shade: &mut [f64], scale: f64) -> bool {
    let mut found = false;
    for (target, shade) in targets.iter().zip(shade) {
        let left = residuals(p, target, *shade);
        let mean = left.iter().sum::<f64>() / 3.0;
        if mean.abs() < 4.0 * scale || *shade != 1.0 {
            continue;
        }
        let got: f64 =
            [0, 1, 2].map(|channel| linear_of((left[channel] + target.to[channel]).max(0.0))).iter().sum();
        let wanted: f64 = target.to.map(linear_of).iter().sum();
        *shade = (wanted / got.max(1e-6)).clamp(0.2, 5.0);
        found = true;
    }
    found
}

impl ToneFit {
    /// Standard deviations of log(R / G) and log(B / G) of a colour after the fit (encoded as photographed).
    pub(crate) fn ratio_spread(&self, encoded: [f64; 3]) -> [f64; 2] {
        const STEP: f64 = 1e-5;
        let mut p = vec![self.tone.curve[0], self.tone.curve[1]];
        p.extend(self.tone.matrix.iter().flatten());
        p.extend([0.0, 0.0]);
        let ratios = |p: &[f64]| {
            let [red, green, blue] = tone_of(p).apply(encoded).map(|value| value.max(1e-5));
            [(red / green).ln(), (blue / green).ln()]
        };
        let here = ratios(&p);
        let mut slopes = [vec![0.0; UNKNOWNS], vec![0.0; UNKNOWNS]];
        for at in 0..UNKNOWNS {
            let mut moved = p.clone();
            moved[at] += STEP;
            let there = ratios(&moved);
            for (slopes, (there, here)) in slopes.iter_mut().zip(there.iter().zip(here)) {
                slopes[at] = (there - here) / STEP;
            }
        }
        slopes.map(|slopes| self.normal.spread(&slopes).sqrt())
    }
}
