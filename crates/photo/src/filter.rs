//! Gaussian blur and local normalisation.
//!
//! `gaussian` is a true (sampled) kernel up to a standard deviation of 3 px and three running means beyond, whose cost
//! does not grow with the width; the border pixel is repeated outwards in both.

use crate::plane::Plane;
use rayon::prelude::*;

/// Gaussian blur with the standard deviation `sigma` in px; 0 leaves the plane as it is.
pub fn gaussian(plane: &Plane, sigma: f32) -> Plane {
    if sigma <= 0.0 || plane.data.is_empty() {
        return plane.clone();
    }
    if sigma <= 3.0 { by_kernel(plane, &kernel(sigma)) } else { by_running_means(plane, sigma) }
}

/// Brightness with its local mean taken away, divided by its local standard deviation over a Gaussian window.
///
/// `sigma` is the window's standard deviation in px; `floor` is added to the variance, in squared units of the plane,
/// so that noise on a blank patch is not blown up.
pub fn local_normalise(plane: &Plane, sigma: f32, floor: f32) -> Plane {
    let mean = gaussian(plane, sigma);
    let mut residual = plane.clone();
    residual.data.par_iter_mut().with_min_len(4096).zip(&mean.data).for_each(|(out, mean)| *out -= mean);
    let variance = gaussian(&residual.mapped(|value| value * value), sigma);
    let scale = variance.mapped(|value| 1.0 / (value + floor).sqrt());
    residual.data.par_iter_mut().with_min_len(4096).zip(&scale.data).for_each(|(out, scale)| *out *= scale);
    residual
}

/// One half of a Gaussian kernel, from the middle outwards, of sum 1 over both halves.
fn kernel(sigma: f32) -> Vec<f32> {
    let radius = (3.5 * sigma).ceil() as usize;
    let half: Vec<f32> = (0..=radius).map(|at| (-0.5 * (at as f32 / sigma).powi(2)).exp()).collect();
    let sum = half[0] + 2.0 * half[1..].iter().sum::<f32>();
    half.iter().map(|weight| weight / sum).collect()
}

fn by_kernel(plane: &Plane, half: &[f32]) -> Plane {
    let (width, height, radius) = (plane.width, plane.height, half.len() - 1);
    let mut out = Plane::filled(width, height, 0.0);
    out.data.par_chunks_mut(width).enumerate().for_each_init(
        || vec![0.0f32; width + 2 * radius],
        |padded, (y, row)| {
            let middle = &mut padded[radius..radius + width];
            for (out, value) in middle.iter_mut().zip(plane.row(y)) {
                *out = half[0] * value;
            }
            for (at, weight) in half.iter().enumerate().skip(1) {
                let above = plane.row(y.saturating_sub(at));
                let below = plane.row((y + at).min(height - 1));
                for ((out, above), below) in middle.iter_mut().zip(above).zip(below) {
                    *out += weight * (above + below);
                }
            }
            let (first, last) = (padded[radius], padded[radius + width - 1]);
            padded[..radius].fill(first);
            padded[radius + width..].fill(last);
            for (out, value) in row.iter_mut().zip(&padded[radius..]) {
                *out = half[0] * value;
            }
            for (at, weight) in half.iter().enumerate().skip(1) {
                let left = &padded[radius - at..];
                let right = &padded[radius + at..];
                for ((out, left), right) in row.iter_mut().zip(left).zip(right) {
                    *out += weight * (left + right);
                }
            }
        },
    );
    out
}

/// Radii of three running means whose variances add up to sigma squared as nearly as whole numbers allow.
fn radii(sigma: f32) -> [usize; 3] {
    let wanted = sigma * sigma;
    let of = |radius: usize| ((2 * radius + 1).pow(2) - 1) as f32 / 12.0;
    let small = (0..).take_while(|&radius| 3.0 * of(radius) <= wanted).last().unwrap_or(0);
    let all = [0, 1, 2, 3].map(|large| (0..3).map(move |at| small + usize::from(at < large)));
    let miss = |radii: &[usize]| (radii.iter().map(|&radius| of(radius)).sum::<f32>() - wanted).abs();
    let mut best = [small; 3];
    for radii in all {
        let radii: Vec<usize> = radii.collect();
        if miss(&radii) < miss(&best) {
            best.copy_from_slice(&radii);
        }
    }
    best
}

fn by_running_means(plane: &Plane, sigma: f32) -> Plane {
    let width = plane.width;
    let radii = radii(sigma);
    let mut across = plane.clone();
    across.data.par_chunks_mut(width).for_each_init(
        || vec![0.0f32; width],
        |spare, row| {
            for radius in radii {
                spare.copy_from_slice(row);
                running_mean(spare, row, radius);
            }
        },
    );
    // Down the columns whole strips of rows are summed at once, which keeps the inner loop along memory.
    for radius in radii {
        across = running_mean_down(&across, radius);
    }
    across
}

fn running_mean(from: &[f32], to: &mut [f32], radius: usize) {
    let last = from.len() - 1;
    let scale = 1.0 / (2 * radius + 1) as f64;
    let mut sum = f64::from(from[0]) * (radius + 1) as f64;
    sum += (1..=radius).map(|at| f64::from(from[at.min(last)])).sum::<f64>();
    for (at, out) in to.iter_mut().enumerate() {
        *out = (sum * scale) as f32;
        sum += f64::from(from[(at + radius + 1).min(last)]) - f64::from(from[at.saturating_sub(radius)]);
    }
}

/// Rows whose running sums one thread keeps; not by the number of threads, or rounding would depend on it.
const STRIP: usize = 96;

fn running_mean_down(plane: &Plane, radius: usize) -> Plane {
    let (width, height) = (plane.width, plane.height);
    let scale = 1.0 / (2 * radius + 1) as f32;
    let mut out = Plane::filled(width, height, 0.0);
    out.data.par_chunks_mut(width * STRIP).enumerate().for_each(|(part, rows)| {
        let first = part * STRIP;
        let mut sum = vec![0.0f32; width];
        for at in 0..=2 * radius {
            let y = (first + at).saturating_sub(radius).min(height - 1);
            for (sum, value) in sum.iter_mut().zip(plane.row(y)) {
                *sum += value;
            }
        }
        for (y, row) in (first..).zip(rows.chunks_mut(width)) {
            let next = plane.row((y + radius + 1).min(height - 1));
            let gone = plane.row(y.saturating_sub(radius));
            for (((out, sum), next), gone) in row.iter_mut().zip(&mut sum).zip(next).zip(gone) {
                *out = *sum * scale;
                *sum += next - gone;
            }
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Variance of the blur of a single bright pixel along x, px².
    fn spread(sigma: f32) -> (f32, f32) {
        let mut point = Plane::filled(161, 121, 0.0);
        point.data[60 * 161 + 80] = 1.0;
        let blurred = gaussian(&point, sigma);
        let sum: f32 = blurred.data.iter().sum();
        let along =
            (0..161).map(|x| (0..121).map(|y| blurred.at(x, y)).sum::<f32>() * (x as f32 - 80.0).powi(2));
        (sum, along.sum::<f32>() / sum)
    }

    #[test]
    fn a_blur_is_as_wide_as_asked_and_loses_nothing() {
        for sigma in [0.7, 1.5, 3.0, 3.1, 6.0, 12.0] {
            let (sum, variance) = spread(sigma);
            assert!((sum - 1.0).abs() < 1e-3, "{sigma}: sum {sum}");
            assert!((variance.sqrt() - sigma).abs() < 0.05 * sigma, "{sigma}: {}", variance.sqrt());
        }
        let even = Plane::filled(50, 40, 7.0);
        for sigma in [0.0, 2.0, 9.0] {
            assert!(gaussian(&even, sigma).data.iter().all(|value| (value - 7.0).abs() < 1e-4), "{sigma}");
        }
    }

    #[test]
    fn local_normalisation_forgets_light() {
        let texture = |x: usize, y: usize| ((x * 7 + y * 13) % 31) as f32 + ((x * y) % 17) as f32;
        let plain = Plane::from_fn(90, 70, texture);
        let lit = Plane::from_fn(90, 70, |x, y| 1.7 * texture(x, y) + 40.0 + 0.2 * x as f32);
        let (one, other) = (local_normalise(&plain, 4.0, 1e-3), local_normalise(&lit, 4.0, 1e-3));
        for y in 15..55 {
            for x in 15..75 {
                assert!((one.at(x, y) - other.at(x, y)).abs() < 0.02, "{x} {y}");
            }
        }
    }
}
