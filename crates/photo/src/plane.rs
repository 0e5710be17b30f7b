//! One channel of a picture as f32, row by row.

use rayon::prelude::*;

/// A grid of f32 values. `data[y * width + x]` is the value at the pixel whose centre is (x, y).
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    /// Pixels in a row.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
    /// `width * height` values, row by row from the top.
    pub data: Vec<f32>,
}

impl Plane {
    /// A plane with one value everywhere.
    pub fn filled(width: usize, height: usize, value: f32) -> Self {
        Self { width, height, data: vec![value; width * height] }
    }

    /// A plane from a function of the pixel's centre.
    pub fn from_fn(width: usize, height: usize, value: impl Fn(usize, usize) -> f32 + Sync) -> Self {
        let mut plane = Self::filled(width, height, 0.0);
        plane.data.par_chunks_mut(width.max(1)).enumerate().for_each(|(y, row)| {
            for (x, out) in row.iter_mut().enumerate() {
                *out = value(x, y);
            }
        });
        plane
    }

    /// The value at a pixel inside the plane.
    #[inline]
    pub fn at(&self, x: usize, y: usize) -> f32 {
        self.data[y * self.width + x]
    }

    /// One row.
    #[inline]
    pub fn row(&self, y: usize) -> &[f32] {
        &self.data[y * self.width..(y + 1) * self.width]
    }

    /// Whether a coordinate lies on the plane, borders of the outer pixels included.
    #[inline]
    pub fn contains(&self, x: f32, y: f32) -> bool {
        x >= -0.5 && y >= -0.5 && x <= self.width as f32 - 0.5 && y <= self.height as f32 - 0.5
    }

    /// The same grid with each value changed.
    #[must_use]
    pub fn mapped(&self, change: impl Fn(f32) -> f32 + Sync) -> Self {
        let data = self.data.par_iter().with_min_len(4096).map(|&value| change(value)).collect();
        Self { width: self.width, height: self.height, data }
    }
}
