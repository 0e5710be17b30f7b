//! Sums over pixels, from which every measure of a zone or of a cell follows.

use rayon::prelude::*;

use super::metric::Metric;
use super::planes::Planes;
use super::sharpness::Sharpness;
use super::zones::Zones;
use crate::colour::cells::Cells;
use crate::colour::lab::ita;
use crate::filter::gaussian;
use crate::map::Map;
use crate::plane::Plane;

/// Standard deviation that softens the step at which a pixel counts as dark, L*: a pixel on the step counts half.
const DARK_SOFTNESS: f64 = 0.3;
/// How far below its surroundings a dark pixel lies, L*.
const DARK_STEP: f32 = 4.0;

/// Sums for one photograph: L*, a*, b*, log10 R, log10 G, fine and coarse energy, dark share.
pub(crate) type Sums = [f64; 8];

/// Sums over the same pixels in both photographs.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) count: f64,
    pub(crate) base: Sums,
    pub(crate) follow: Sums,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        self.count += other.count;
        for k in 0..8 {
            self.base[k] += other.base[k];
            self.follow[k] += other.follow[k];
        }
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        self.count -= other.count;
        for k in 0..8 {
            self.base[k] -= other.base[k];
            self.follow[k] -= other.follow[k];
        }
    }

    /// The measures of the baseline, in the order of [`Metric::ALL`]; roughness as root mean square.
    pub(crate) fn base_measures(&self, sharpness: &Sharpness) -> [f64; 9] {
        measures(&self.base.map(|sum| sum / self.count), noise(sharpness).map(|pair| pair.0))
    }

    /// Follow-up less baseline; roughness as log2 of the quotient.
    pub(crate) fn changes(&self, sharpness: &Sharpness) -> [f64; 9] {
        let base = self.base_measures(sharpness);
        let follow = measures(&self.follow.map(|sum| sum / self.count), noise(sharpness).map(|pair| pair.1));
        let mut changes = [0.0; 9];
        for (at, change) in changes.iter_mut().enumerate() {
            let rough = at == Metric::RoughFine.index() || at == Metric::RoughCoarse.index();
            *change = if rough { (follow[at] / base[at]).log2() } else { follow[at] - base[at] };
        }
        // The angle jumps where b* is negative and L* passes 50; the way round that is shorter is the change.
        let ita = &mut changes[Metric::Ita.index()];
        *ita = (*ita + 540.0).rem_euclid(360.0) - 180.0;
        changes
    }
}

/// Energy of noise in the fine and in the coarse band, for baseline and follow-up.
fn noise(sharpness: &Sharpness) -> [(f64, f64); 2] {
    [sharpness.noise_between(1.0, 4.0), sharpness.noise_between(4.0, 16.0)]
}

fn measures(mean: &Sums, noise: [f64; 2]) -> [f64; 9] {
    let [l, a, b, red, green, fine, coarse, dark] = *mean;
    // What noise leaves of the energy is never taken below a tenth of it.
    let rough = |energy: f64, noise: f64| (energy - noise).max(0.1 * energy).max(1e-6).sqrt();
    [
        l,
        a,
        b,
        ita(l, b),
        100.0 * (red - green),
        -100.0 * red,
        rough(fine, noise[0]),
        rough(coarse, noise[1]),
        100.0 * dark,
    ]
}

/// Fine and coarse energy and dark share of each pixel.
pub(crate) struct Texture {
    /// L* after the finest blur, in which strays are looked for.
    pub(crate) smooth: Plane,
    pub(crate) planes: [Plane; 3],
}

/// Works out the texture of L*. `sigma` widens a Gaussian to what both photographs show; `softness` is the standard
/// deviation of what noise the other photograph has more, L*.
pub(crate) fn texture(lightness: &Plane, sigma: impl Fn(f64) -> f64 + Sync, softness: f64) -> Texture {
    let blur = |width: f64| gaussian(lightness, sigma(width) as f32);
    let ((fine, middle), (coarse, wide)) =
        rayon::join(|| rayon::join(|| blur(1.0), || blur(4.0)), || rayon::join(|| blur(16.0), || blur(20.0)));
    let matched = sigma(0.0);
    let sharp = if matched > 0.3 { gaussian(lightness, matched as f32) } else { lightness.clone() };
    let squares = |one: &Plane, other: &Plane| zip(one, other, |one, other| (one - other) * (one - other));
    let width = (DARK_SOFTNESS.hypot(softness) * 3f64.sqrt() / std::f64::consts::PI) as f32;
    let dark = zip(&sharp, &wide, |here, around| logistic((around - here - DARK_STEP) / width));
    Texture { planes: [squares(&fine, &middle), squares(&middle, &coarse), dark], smooth: fine }
}

fn zip(one: &Plane, other: &Plane, of: impl Fn(f32, f32) -> f32 + Sync) -> Plane {
    let values = one.data.par_iter().with_min_len(4096).zip(&other.data);
    Plane {
        width: one.width,
        height: one.height,
        data: values.map(|(&one, &other)| of(one, other)).collect(),
    }
}

/// 1 / (1 + exp(-x)), exactly 0 and 1 a little further out.
fn logistic(x: f32) -> f32 {
    if x < -9.0 {
        0.0
    } else if x > 9.0 {
        1.0
    } else {
        1.0 / (1.0 + (-x).exp())
    }
}

/// One photograph, ready to be summed.
pub(crate) struct Side<'a> {
    pub(crate) planes: &'a Planes,
    pub(crate) texture: &'a Texture,
}

impl Side<'_> {
    fn all(&self) -> [&Plane; 8] {
        let [l, a, b, red, green] = &self.planes.values;
        let [fine, coarse, dark] = &self.texture.planes;
        [l, a, b, red, green, fine, coarse, dark]
    }
}

/// Tallies by cell and by label.
pub(crate) struct Tallies {
    pub(crate) cells: Vec<Tally>,
    pub(crate) zones: Vec<Tally>,
}

/// Sums over every zone and over every cell that is skin or lies in a zone. A pixel counts if the follow-up shows it and no stray lies on
/// it.
pub(crate) fn tally(
    base: &Side<'_>,
    follow: &Side<'_>,
    map: &Map,
    cells: &Cells,
    zones: &Zones,
    stray: &[bool],
) -> Tallies {
    let (left, top) = (base.planes.left, base.planes.top);
    let window_width = base.planes.values[0].width;
    let (below, right) = (top + base.planes.values[0].height, left + window_width);
    let (of_base, of_follow) = (base.all(), follow.all());
    let side = cells.side;
    let rows: Vec<(Vec<Tally>, Vec<Tally>)> = (0..zones.height().div_ceil(side))
        .into_par_iter()
        .map(|row| {
            let mut in_row = vec![Tally::default(); cells.width];
            let mut in_zones = Vec::new();
            for y in (row * side).max(top)..((row + 1) * side).min(below) {
                for x in left..right {
                    let at = y * zones.width() + x;
                    let label = usize::from(zones.labels()[at]);
                    let column = x / side;
                    let in_grid = column < cells.width && row < cells.height;
                    let in_cell = in_grid && (label > 0 || cells.cells[row * cells.width + column].skin);
                    if (label == 0 && !in_cell) || stray[(y - top) * window_width + x - left] {
                        continue;
                    }
                    let fx = map.x.data[at] - follow.planes.left as f32;
                    let fy = map.y.data[at] - follow.planes.top as f32;
                    let Some(place) = Place::inside(of_follow[0], fx, fy) else { continue };
                    let here = (y - top) * window_width + x - left;
                    let mut one = Tally { count: 1.0, ..Tally::default() };
                    for k in 0..8 {
                        one.base[k] = f64::from(of_base[k].data[here]);
                        one.follow[k] = f64::from(place.read(of_follow[k]));
                    }
                    if in_cell {
                        in_row[column].add(&one);
                    }
                    if label > 0 {
                        if in_zones.is_empty() {
                            in_zones = vec![Tally::default(); 256];
                        }
                        in_zones[label].add(&one);
                    }
                }
            }
            (in_row, in_zones)
        })
        .collect();
    let mut by_cell = Vec::with_capacity(cells.cells.len());
    let mut by_zone = vec![Tally::default(); 256];
    for (row, (in_row, in_zones)) in rows.into_iter().enumerate() {
        if row < cells.height {
            by_cell.extend(in_row);
        }
        for (sum, part) in by_zone.iter_mut().zip(in_zones) {
            sum.add(&part);
        }
    }
    Tallies { cells: by_cell, zones: by_zone }
}

/// A place between four pixels, and their shares.
struct Place {
    at: usize,
    shares: [f32; 4],
}

impl Place {
    fn inside(plane: &Plane, x: f32, y: f32) -> Option<Self> {
        if !(x >= 1.0 && y >= 1.0 && x < plane.width as f32 - 2.0 && y < plane.height as f32 - 2.0) {
            return None;
        }
        let (left, top) = (x as usize, y as usize);
        let (along, down) = (x - left as f32, y - top as f32);
        let shares = [(1.0 - along) * (1.0 - down), along * (1.0 - down), (1.0 - along) * down, along * down];
        Some(Self { at: top * plane.width + left, shares })
    }

    #[inline]
    fn read(&self, plane: &Plane) -> f32 {
        let (upper, lower) = (&plane.data[self.at..self.at + 2], &plane.data[self.at + plane.width..][..2]);
        self.shares[0] * upper[0]
            + self.shares[1] * upper[1]
            + self.shares[2] * lower[0]
            + self.shares[3] * lower[1]
    }
}
