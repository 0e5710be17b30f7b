//! A square cut out of a photograph at any place, size and angle, reduced to the input of a network.

use crate::photograph::Photograph;

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

    /// `edge * edge` pixels of red, green, blue, each a mean over the area it covers, scaled from 0..255 to
    /// `low..high`; what lies beside the photograph is black.
    pub(super) fn pixels(&self, photograph: &Photograph, edge: usize, low: f32, high: f32) -> Vec<f32> {
        let taps = (self.side / edge as f32 / 1.5).ceil().clamp(1.0, 8.0) as usize;
        let (width, height, rgb) = (photograph.width(), photograph.height(), photograph.rgb());
        let scale = (high - low) / (255 * taps * taps) as f32;
        let step = 1.0 / (edge * taps) as f32;
        let mut pixels = Vec::with_capacity(edge * edge * 3);
        let origin = self.place(0.5 * step, 0.5 * step);
        let (sine, cosine) = self.angle.sin_cos();
        let (along, across) = (cosine * self.side * step, sine * self.side * step);
        for y in 0..edge {
            for x in 0..edge {
                let mut sums = [0u32; 3];
                for tap in 0..taps * taps {
                    let (i, j) = ((x * taps + tap % taps) as f32, (y * taps + tap / taps) as f32);
                    let from_x = (origin[0] + along * i - across * j + 0.5) as i32;
                    let from_y = (origin[1] + across * i + along * j + 0.5) as i32;
                    let inside = from_x >= 0 && from_y >= 0 && (from_x as usize) < width;
                    if inside && (from_y as usize) < height {
                        let at = (from_y as usize * width + from_x as usize) * 3;
                        for (sum, value) in sums.iter_mut().zip(&rgb[at..at + 3]) {
                            *sum += u32::from(*value);
                        }
                    }
                }
                pixels.extend(sums.map(|sum| low + scale * sum as f32));
            }
        }
        pixels
    }
}
