//! A smaller picture out of a larger one, row by row: each pixel is the mean of the light that falls on it.
//!
//! The mean is taken of light, not of the numbers in the file, which are a curve of it; otherwise fine redness between
//! pale skin would come out too dark.

use std::sync::LazyLock;

use crate::raster::{Raster, Rows};

/// Light for each of the 256 sRGB values, 0 to 1 (IEC 61966-2-1).
static LIGHT: LazyLock<[f32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|value| {
        let value = value as f64 / 255.0;
        let light = match value <= 0.04045 {
            true => value / 12.92,
            false => ((value + 0.055) / 1.055).powf(2.4),
        };
        light as f32
    })
});

/// How finely light is divided on the way back. The darkest step of sRGB spans five of these.
const STEPS: usize = 16_384;

static VALUE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let value = |step| {
        let light = step as f64 / STEPS as f64;
        let value = match light <= 0.003_130_8 {
            true => 12.92 * light,
            false => 1.055 * light.powf(1.0 / 2.4) - 0.055,
        };
        (value * 255.0).round() as u8
    };
    (0..=STEPS).map(value).collect()
});

/// The upright size for which the longest side is at most `longest` pixels. Never larger, never zero.
pub(crate) fn within_side((width, height): (usize, usize), longest: usize) -> (usize, usize) {
    let side = width.max(height);
    if side <= longest {
        return (width, height);
    }
    let scaled = |one: usize| ((one * longest + side / 2) / side).max(1);
    (scaled(width), scaled(height))
}

/// The upright size for which there are at most `most` pixels. Never larger, never zero.
pub(crate) fn within_pixels((width, height): (usize, usize), most: u64) -> (usize, usize) {
    let pixels = (width * height) as f64;
    if pixels <= most as f64 {
        return (width, height);
    }
    let factor = (most as f64 / pixels).sqrt();
    let scaled = |one: usize| ((one as f64 * factor).floor() as usize).max(1);
    (scaled(width), scaled(height))
}

/// Takes the rows of a picture one after the other and gives those of a smaller one as soon as they are complete.
pub(crate) struct Shrinker {
    /// Sizes before and after.
    from: (usize, usize),
    to: (usize, usize),
    /// For each source column: the first column after it that it lights, and its share there; the rest of it lights
    /// the next one. A column is never wider than a target column, so it lights two at most.
    columns: Vec<(usize, f32)>,
    /// Light gathered for the row that is being made, by source column, and for the one after it.
    light: Vec<f32>,
    /// Rows taken in, and rows given.
    taken: usize,
    given: usize,
}

impl Shrinker {
    /// From one size to another that is larger in no direction.
    pub(crate) fn new(from: (usize, usize), to: (usize, usize)) -> Self {
        Self {
            from,
            to,
            columns: (0..from.0).map(|x| split(x, from.0, to.0)).collect(),
            light: vec![0.0; 3 * from.0],
            taken: 0,
            given: 0,
        }
    }

    /// Takes the next row of the picture. If it completes a row of the smaller one, that is written into `row`.
    pub(crate) fn take(&mut self, source: &[u8], row: &mut [u8]) -> bool {
        if self.from == self.to {
            row.copy_from_slice(source);
            return true;
        }
        let (target, share) = split(self.taken, self.from.1, self.to.1);
        self.taken += 1;
        debug_assert_eq!(target, self.given, "rows come in order");
        self.add(source, share);
        // The row is complete when this one reaches beyond it, or ends with it.
        if self.taken * self.to.1 < (self.given + 1) * self.from.1 {
            return false;
        }
        self.give(row);
        self.light.fill(0.0);
        if share < 1.0 {
            self.add(source, 1.0 - share);
        }
        self.given += 1;
        true
    }

    fn add(&mut self, source: &[u8], share: f32) {
        for (sum, value) in self.light.iter_mut().zip(source) {
            *sum += share * LIGHT[usize::from(*value)];
        }
    }

    /// Gathers the columns and turns light into values.
    fn give(&self, row: &mut [u8]) {
        let area = (self.from.0 as f64 / self.to.0 as f64) * (self.from.1 as f64 / self.to.1 as f64);
        let scale = (STEPS as f64 / area) as f32;
        let value = |light: f32| VALUE[((light * scale + 0.5) as usize).min(STEPS)];
        let mut sums = [0.0_f32; 3];
        let mut current = 0;
        for ((target, share), light) in self.columns.iter().zip(self.light.chunks_exact(3)) {
            if *target > current {
                for channel in 0..3 {
                    row[3 * current + channel] = value(sums[channel]);
                }
                (current, sums) = (*target, [0.0; 3]);
            }
            for channel in 0..3 {
                sums[channel] += share * light[channel];
            }
            if *share < 1.0 {
                for channel in 0..3 {
                    row[3 * current + channel] = value(sums[channel]);
                    sums[channel] = (1.0 - share) * light[channel];
                }
                current += 1;
            }
        }
        if current < self.to.0 {
            for channel in 0..3 {
                row[3 * current + channel] = value(sums[channel]);
            }
        }
    }
}

/// Which target the source line `nth` of `from` lights first when there are `to` of them, and its share there.
fn split(nth: usize, from: usize, to: usize) -> (usize, f32) {
    // In units of 1 / (from * to): a source line is `to` wide, a target line `from`.
    let target = nth * to / from;
    let edge = (target + 1) * from;
    let share = (edge - nth * to).min(to) as f32 / to as f32;
    (target, share)
}

/// A smaller upright picture, of which one row at a time exists.
pub(crate) struct Scaled<'a> {
    rows: Rows<'a>,
    shrinker: Shrinker,
    next: usize,
}

impl<'a> Scaled<'a> {
    /// A picture that is no larger than the raster.
    pub(crate) fn new(raster: &'a Raster, size: (usize, usize)) -> Self {
        let rows = Rows::new(raster);
        let shrinker = Shrinker::new(rows.size(), size);
        Self { rows, shrinker, next: 0 }
    }

    /// Width and height.
    pub(crate) fn size(&self) -> (usize, usize) {
        self.shrinker.to
    }

    /// Writes the next row into `row`, three times the width long.
    pub(crate) fn next_row(&mut self, row: &mut [u8]) {
        while self.next < self.rows.size().1 {
            let source = self.rows.row(self.next);
            self.next += 1;
            if self.shrinker.take(source, row) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shrink(raster: &Raster, size: (usize, usize)) -> Vec<u8> {
        let mut scaled = Scaled::new(raster, size);
        let mut rgb = vec![0; 3 * size.0 * size.1];
        rgb.chunks_exact_mut(3 * size.0).for_each(|row| scaled.next_row(row));
        rgb
    }

    fn raster(width: usize, height: usize, rgb: Vec<u8>) -> Raster {
        Raster { width, height, rgb, orientation: Default::default() }
    }

    #[test]
    fn the_mean_is_of_light() {
        // Half black, half white is as bright as the sRGB value 188, not 128.
        let board: Vec<u8> =
            (0..16).flat_map(|nth| [if (nth / 4 + nth) % 2 == 0 { 0 } else { 255 }; 3]).collect();
        let board = raster(4, 4, board);
        let small = shrink(&board, (2, 2));
        assert!(small.iter().all(|value| *value == 188), "{small:?}");
    }

    #[test]
    fn an_even_picture_keeps_its_value_at_every_size() {
        for value in 0..=255 {
            let even = raster(13, 7, vec![value; 3 * 13 * 7]);
            for (width, height) in [(13, 7), (12, 7), (5, 3), (1, 1)] {
                let small = shrink(&even, (width, height));
                assert!(small.iter().all(|seen| *seen == value), "{value} at {width}: {small:?}");
            }
        }
    }

    #[test]
    fn no_light_is_lost_and_none_moves() {
        // One white line on black, at each place and for many sizes: all of its light arrives, at the same place.
        for (from, to) in [(29, 28), (29, 11), (30, 10), (7, 3), (64, 1), (5, 4)] {
            for at in 0..from {
                let mut rgb = vec![0; 3 * from];
                rgb[3 * at] = 255;
                for (picture, size) in
                    [(raster(from, 1, rgb.clone()), (to, 1)), (raster(1, from, rgb), (1, to))]
                {
                    let small = shrink(&picture, size);
                    let light: Vec<f32> = small.chunks_exact(3).map(|p| LIGHT[usize::from(p[0])]).collect();
                    let sum: f32 = light.iter().sum();
                    let want = to as f32 / from as f32;
                    assert!((sum - want).abs() < 0.02, "{from} to {to} at {at}: {sum} for {want}");
                    let centre: f32 = light.iter().zip(0..).map(|(one, nth)| one * (nth as f32 + 0.5)).sum();
                    let off = (centre / sum * from as f32 / to as f32 - at as f32 - 0.5).abs();
                    // As far as half a target column, which is all that is known of it inside.
                    assert!(off <= 0.5 * from as f32 / to as f32, "{from} to {to} at {at}: off by {off}");
                }
            }
        }
    }

    #[test]
    fn sizes_shrink_and_never_grow_or_vanish() {
        assert_eq!(within_side((4000, 3000), 1600), (1600, 1200));
        assert_eq!(within_side((300, 200), 1600), (300, 200));
        assert_eq!(within_side((16_000, 16), 320), (320, 1));
        assert_eq!(within_pixels((4000, 3000), 3_000_000), (2000, 1500));
        assert_eq!(within_pixels((40, 30), 3_000_000), (40, 30));
        assert_eq!(within_pixels((10_000, 1), 10), (316, 1));
    }
}
