//! A square cut out of a photograph at any place, size and angle, reduced to the input of a network.

use crate::photograph::{BLOCK, Blocks, Photograph};

/// A square of a photograph.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crop {
    /// Middle, px of the photograph.
    pub(super) centre: [f32; 2],
    /// Edge, px of the photograph.
    pub(super) side: f32,
    /// How far the square's x axis is turned from the photograph's, radians, x towards y.
    pub(super) angle: f32,
}

impl Crop {
    /// The smallest square around the whole photograph.
    pub(super) fn whole(photograph: &Photograph) -> Self {
        let (width, height) = (photograph.width() as f32, photograph.height() as f32);
        Self { centre: [0.5 * width - 0.5, 0.5 * height - 0.5], side: width.max(height), angle: 0.0 }
    }

    /// Where a place of the square lies in the photograph, px; (0, 0) is the square's upper left corner, (1, 1) its
    /// lower right.
    pub(super) fn place(&self, across: f32, down: f32) -> [f32; 2] {
        let (sine, cosine) = self.angle.sin_cos();
        let (x, y) = ((across - 0.5) * self.side, (down - 0.5) * self.side);
        [self.centre[0] + cosine * x - sine * y, self.centre[1] + sine * x + cosine * y]
    }

    /// `edge * edge` pixels of red, green, blue, each about a mean over the area it covers, scaled from 0..255 to
    /// `low..high`; what lies beside the photograph is black.
    pub(super) fn pixels(&self, source: &Source<'_>, edge: usize, low: f32, high: f32) -> Vec<f32> {
        // Two by two taps a pixel: of the photograph, or of its blocks where a pixel covers that much.
        const TAPS: usize = 2;
        let coarse = self.side / edge as f32 >= BLOCK as f32;
        let scale = (high - low) / (255 * TAPS * TAPS) as f32;
        let step = 1.0 / (edge * TAPS) as f32;
        let mut pixels = Vec::with_capacity(edge * edge * 3);
        let origin = self.place(0.5 * step, 0.5 * step);
        let (sine, cosine) = self.angle.sin_cos();
        let (along, across) = (cosine * self.side * step, sine * self.side * step);
        for y in 0..edge {
            for x in 0..edge {
                let mut sums = [0.0f32; 3];
                for tap in 0..TAPS * TAPS {
                    let (i, j) = ((x * TAPS + tap % TAPS) as f32, (y * TAPS + tap / TAPS) as f32);
                    let from_x = origin[0] + along * i - across * j;
                    let from_y = origin[1] + across * i + along * j;
                    let colour =
                        if coarse { source.block(from_x, from_y) } else { source.pixel(from_x, from_y) };
                    for (sum, value) in sums.iter_mut().zip(colour) {
                        *sum += value;
                    }
                }
                pixels.extend(sums.map(|sum| low + scale * sum));
            }
        }
        pixels
    }
}

/// What crops are cut from.
pub(super) struct Source<'a> {
    pub(super) photograph: &'a Photograph,
    pub(super) blocks: &'a Blocks,
}

impl Source<'_> {
    /// The nearest pixel, or black beside the photograph.
    fn pixel(&self, x: f32, y: f32) -> [f32; 3] {
        let (width, height) = (self.photograph.width(), self.photograph.height());
        let (x, y) = ((x + 0.5) as i32, (y + 0.5) as i32);
        if x < 0 || y < 0 || x as usize >= width || y as usize >= height {
            return [0.0; 3];
        }
        let at = (y as usize * width + x as usize) * 3;
        [0, 1, 2].map(|channel| f32::from(self.photograph.rgb()[at + channel]))
    }

    /// The value between the four blocks around a place, or black beside the photograph.
    fn block(&self, x: f32, y: f32) -> [f32; 3] {
        let (width, height) = (self.photograph.width() as f32, self.photograph.height() as f32);
        if x < -0.5 || y < -0.5 || x > width - 0.5 || y > height - 0.5 {
            return [0.0; 3];
        }
        let place = |along: f32, blocks: usize| {
            let at = ((along + 0.5) / BLOCK as f32 - 0.5).clamp(0.0, (blocks - 1) as f32);
            let first = at as usize;
            (first, (first + 1).min(blocks - 1), at - first as f32)
        };
        let (left, right, along) = place(x, self.blocks.width);
        let (top, below, down) = place(y, self.blocks.height);
        let at = |x: usize, y: usize| &self.blocks.rgb[y * self.blocks.width + x];
        let corners = [at(left, top), at(right, top), at(left, below), at(right, below)];
        std::array::from_fn(|channel| {
            let [a, b, c, d] = corners.map(|corner| corner[channel]);
            let (upper, lower) = (a + along * (b - a), c + along * (d - c));
            upper + down * (lower - upper)
        })
    }
}
