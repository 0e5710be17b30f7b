//! How much softer and noisier one photograph is than the other.
//!
//! Roughness is a share of the fine detail, and a picture taken a little out of focus has less of it everywhere. So
//! before zones are compared, the power spectra of small tiles of the same skin in both photographs are: a Gaussian
//! blur takes a share `exp(-sigma^2 q^2)` of the power at the frequency q (radians a pixel), noise adds the same power
//! at all frequencies, and a change of contrast multiplies all of them.

use rayon::prelude::*;

use super::planes::Planes;
use crate::colour::cells::Cells;
use crate::colour::cholesky::{Cholesky, accumulate};
use crate::map::Map;

/// Side of a tile, px.
const TILE: usize = 32;
/// Tiles at most; they are chosen evenly.
const TILES_MAX: usize = 80;
/// Fewest tiles for a fit; with fewer the pictures are taken as equally sharp.
const TILES_MIN: usize = 6;
/// Frequencies compared, radians per px of the baseline. Below, the window smears; above, there is hardly any skin left
/// between noise and the steps of JPEG.
const Q_MIN: f64 = 0.35;
const Q_MAX: f64 = 2.1;
const BINS: usize = 14;
/// Largest difference of blur that is undone, px².
const BLUR_MAX: f64 = 4.0;

/// The follow-up against the baseline, in px of the baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sharpness {
    /// Variance of the Gaussian that the follow-up is blurred by, px²; negative if the baseline is the softer one.
    pub blur: f64,
    /// Variance of white noise in L* that the follow-up has more, per px²; negative if the baseline has more.
    pub noise: f64,
    /// Side of a pixel of the baseline in the follow-up, px.
    pub scale: f64,
}

impl Sharpness {
    /// Widens a Gaussian of the baseline to the sharpness of both, px of the baseline.
    pub(crate) fn base_sigma(&self, sigma: f64) -> f64 {
        (sigma * sigma + self.blur.max(0.0)).sqrt()
    }

    /// The same for the follow-up, px of the follow-up.
    pub(crate) fn follow_sigma(&self, sigma: f64) -> f64 {
        self.scale * (sigma * sigma + (-self.blur).max(0.0)).sqrt()
    }

    /// Power that the noise of the noisier picture has between two Gaussians, for baseline and follow-up (L* squared).
    pub(crate) fn noise_between(&self, fine: f64, coarse: f64) -> (f64, f64) {
        let between = |extra: f64| {
            let (one, other) = (fine * fine + extra, coarse * coarse + extra);
            (1.0 / one + 1.0 / other - 4.0 / (one + other)) / (4.0 * std::f64::consts::PI)
        };
        (
            (-self.noise).max(0.0) * between(self.blur.max(0.0)),
            self.noise.max(0.0) * between((-self.blur).max(0.0)),
        )
    }
}

/// Mean power by radial frequency.
type Spectrum = [f64; BINS];
/// The spectra of a tile in baseline and follow-up.
type Pair = (Spectrum, Spectrum);

/// Cosines and sines of a windowed discrete Fourier transform of one tile's row.
struct Transform {
    window: Vec<f32>,
    cosine: Vec<f32>,
    sine: Vec<f32>,
}

impl Transform {
    fn new() -> Self {
        let angle = |at: usize| 2.0 * std::f64::consts::PI * at as f64 / TILE as f64;
        let window = (0..TILE).map(|at| {
            (0.5 - 0.5 * (2.0 * std::f64::consts::PI * (at as f64 + 0.5) / TILE as f64).cos()) as f32
        });
        let table = |of: fn(f64) -> f64| {
            (0..TILE * TILE).map(|at| of(angle(at / TILE * (at % TILE) % TILE)) as f32).collect()
        };
        Self { window: window.collect(), cosine: table(f64::cos), sine: table(f64::sin) }
    }

    /// Mean power by radial frequency; `scale` stretches the tile's own frequencies to those of the baseline.
    fn power(&self, tile: &[f32], scale: f64) -> Spectrum {
        let mean = tile.iter().sum::<f32>() / tile.len() as f32;
        let half = TILE / 2 + 1;
        let (mut real, mut imaginary) = (vec![0.0f32; TILE * half], vec![0.0f32; TILE * half]);
        let mut row = [0.0f32; TILE];
        for y in 0..TILE {
            for x in 0..TILE {
                row[x] = (tile[y * TILE + x] - mean) * self.window[x] * self.window[y];
            }
            for u in 0..half {
                let (cosine, sine) = (&self.cosine[u * TILE..][..TILE], &self.sine[u * TILE..][..TILE]);
                real[u * TILE + y] = row.iter().zip(cosine).map(|(value, by)| value * by).sum();
                imaginary[u * TILE + y] = row.iter().zip(sine).map(|(value, by)| value * by).sum();
            }
        }
        let energy: f32 = self.window.iter().map(|value| value * value).sum();
        let (mut sums, mut counts) = ([0.0; BINS], [0.0f64; BINS]);
        for u in 0..half {
            let (re, im) = (&real[u * TILE..][..TILE], &imaginary[u * TILE..][..TILE]);
            for v in 0..TILE {
                let frequency =
                    |at: usize| at.min(TILE - at) as f64 * 2.0 * std::f64::consts::PI / TILE as f64;
                let q = frequency(u).hypot(frequency(v)) * scale;
                if !(Q_MIN..Q_MAX).contains(&q) {
                    continue;
                }
                let (cosine, sine) = (&self.cosine[v * TILE..][..TILE], &self.sine[v * TILE..][..TILE]);
                let dot = |one: &[f32], other: &[f32]| one.iter().zip(other).map(|(a, b)| a * b).sum::<f32>();
                let power =
                    (dot(re, cosine) - dot(im, sine)).powi(2) + (dot(re, sine) + dot(im, cosine)).powi(2);
                let bin = (((q - Q_MIN) / (Q_MAX - Q_MIN)) * BINS as f64) as usize;
                sums[bin] += f64::from(power / (energy * energy));
                counts[bin] += 1.0;
            }
        }
        let mut mean = [f64::NAN; BINS];
        for ((mean, sum), count) in mean.iter_mut().zip(sums).zip(counts) {
            if count > 0.0 {
                *mean = sum / count / (scale * scale);
            }
        }
        mean
    }
}

fn tile(planes: &Planes, left: usize, top: usize) -> Option<Vec<f32>> {
    let plane = &planes.values[0];
    let (x, y) = (left.checked_sub(planes.left)?, top.checked_sub(planes.top)?);
    if x + TILE > plane.width || y + TILE > plane.height {
        return None;
    }
    Some((y..y + TILE).flat_map(|y| plane.row(y)[x..x + TILE].iter().copied()).collect())
}

/// Left upper corners of tiles that are skin all over.
fn corners(cells: &Cells) -> Vec<(usize, usize)> {
    let across = TILE.div_ceil(cells.side);
    let mut corners = Vec::new();
    for row in (0..cells.height.saturating_sub(across)).step_by((across / 2).max(1)) {
        for column in (0..cells.width.saturating_sub(across)).step_by((across / 2).max(1)) {
            let all = (row..row + across).all(|row| {
                (column..column + across).all(|column| cells.cells[row * cells.width + column].skin)
            });
            if all {
                corners.push((column * cells.side, row * cells.side));
            }
        }
    }
    let stride = corners.len().div_ceil(TILES_MAX).max(1);
    corners.into_iter().step_by(stride).collect()
}

/// Median over skin of the side of a baseline pixel in the follow-up.
fn scale(cells: &Cells, map: &Map) -> f64 {
    let mut sides: Vec<f64> = cells
        .skin()
        .iter()
        .map(|&at| {
            let middle = |at: usize| at * cells.side + cells.side / 2;
            let area = map.area_at(middle(at % cells.width), middle(at / cells.width));
            f64::from(area.max(0.0)).sqrt()
        })
        .collect();
    let scale = crate::colour::cells::median(&mut sides);
    if scale > 0.2 && scale < 5.0 { scale } else { 1.0 }
}

/// Compares the sharpness of two photographs on their skin.
pub(crate) fn compare(base: &Planes, follow: &Planes, map: &Map, cells: &Cells) -> Sharpness {
    let scale = scale(cells, map);
    let none = Sharpness { blur: 0.0, noise: 0.0, scale };
    let transform = Transform::new();
    let corners = corners(cells);
    let powers: Vec<_> = corners
        .par_iter()
        .filter_map(|&(left, top)| {
            let (x, y) = map.at((left + TILE / 2) as f32, (top + TILE / 2) as f32);
            let corner = |at: f32| (at.round() as i64 - TILE as i64 / 2).try_into().ok();
            let seen = tile(follow, corner(x)?, corner(y)?)?;
            let wanted = tile(base, left, top)?;
            Some((transform.power(&wanted, 1.0), transform.power(&seen, scale)))
        })
        .collect();
    if powers.len() < TILES_MIN {
        return none;
    }
    // Tiles that gained or lost most are those that were treated, or show a hair: the middle half decides.
    let mut order: Vec<(f64, usize)> = powers
        .iter()
        .enumerate()
        .map(|(at, (one, other))| {
            (
                (0..BINS)
                    .map(|bin| (other[bin] / one[bin]).ln())
                    .filter(|value| value.is_finite())
                    .sum::<f64>(),
                at,
            )
        })
        .collect();
    order.sort_by(|one, other| one.0.total_cmp(&other.0));
    let kept = &order[order.len() / 5..order.len() - order.len() / 5];
    let pooled = |of: fn(&Pair) -> &Spectrum| {
        let mut medians = [0.0; BINS];
        for (bin, median) in medians.iter_mut().enumerate() {
            let mut values: Vec<f64> =
                kept.iter().map(|&(_, at)| of(&powers[at])[bin]).filter(|value| value.is_finite()).collect();
            *median = crate::colour::cells::median(&mut values);
        }
        medians
    };
    let (one, other) = (pooled(|pair| &pair.0), pooled(|pair| &pair.1));
    solve(&one, &other).map_or(none, |(blur, noise)| Sharpness { blur, noise, scale })
}

/// Blur and noise that lead from one spectrum to the other, by Gauss-Newton on logarithms.
fn solve(one: &Spectrum, other: &Spectrum) -> Option<(f64, f64)> {
    let bins: Vec<usize> = (0..BINS).filter(|&bin| one[bin] > 1e-7 && other[bin] > 1e-7).collect();
    if bins.len() < 8 {
        return None;
    }
    let q2 = |bin: usize| (Q_MIN + (bin as f64 + 0.5) / BINS as f64 * (Q_MAX - Q_MIN)).powi(2);
    let unit = bins.iter().map(|&bin| one[bin].min(other[bin])).fold(f64::INFINITY, f64::min);
    let left = |p: &[f64; 3], bin: usize| {
        let expected = one[bin] * (p[2] - p[0] * q2(bin)).exp() + unit * p[1].max(0.0);
        (expected / (other[bin] + unit * (-p[1]).max(0.0))).ln()
    };
    let mut p = [0.2, 0.1, 0.0];
    for _ in 0..30 {
        let mut matrix = vec![0.0; 9];
        let mut right = vec![0.0; 3];
        for &bin in &bins {
            let here = left(&p, bin);
            let row: Vec<f64> = (0..3)
                .map(|at| {
                    let mut moved = p;
                    moved[at] += 1e-5;
                    (left(&moved, bin) - here) / 1e-5
                })
                .collect();
            // Skin's spectrum is not quite the same twice: its logarithm is trusted to about 0.2 a bin.
            let weight = 25.0 / (1.0 + (here / 0.3).powi(2));
            accumulate(&mut matrix, &mut right, &row, here, weight);
        }
        // Contrast of skin is expected to agree within a quarter, blur within 1.5 px², noise within 0.2 L*².
        for (at, spread) in [1.5, (0.2 / unit).min(5.0), 0.25f64].into_iter().enumerate() {
            matrix[at * 3 + at] += spread.powi(-2);
            right[at] += p[at] * spread.powi(-2);
        }
        let step = Cholesky::factor(&matrix, 3)?.solve(&right);
        for (value, step) in p.iter_mut().zip(&step) {
            *value -= step.clamp(-0.7, 0.7);
        }
        p[0] = p[0].clamp(-BLUR_MAX, BLUR_MAX);
        if step.iter().all(|step| step.abs() < 1e-5) {
            break;
        }
    }
    Some((p[0], unit * p[1]))
}
