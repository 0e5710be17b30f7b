//! A photograph as 8-bit sRGB, and the planes made from it.

use crate::plane::Plane;
use rayon::prelude::*;

/// Shortest edge of a photograph that can be compared, in pixels.
pub const SHORT_EDGE_MIN: usize = 160;

/// Longest edge of a photograph that can be compared, in pixels. Reduce larger ones first; about 1.5 megapixels are
/// enough for a face.
pub const LONG_EDGE_MAX: usize = 4096;

/// Most pixels of a photograph that can be compared; what registration needs grows with them, about 80 bytes each.
pub const PIXELS_MAX: usize = 4_000_000;

/// Why bytes are not a photograph that can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhotographFault {
    /// The number of bytes is not three times width times height.
    Length,
    /// An edge is shorter than [`SHORT_EDGE_MIN`].
    TooSmall,
    /// An edge is longer than [`LONG_EDGE_MAX`], or there are more than [`PIXELS_MAX`] pixels.
    TooLarge,
}

/// A photograph: sRGB, 8 bits a channel, upright.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photograph {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Photograph {
    /// A photograph from `width * height` triples of red, green, blue, row by row from the top.
    ///
    /// # Errors
    ///
    /// If the length does not fit the size, an edge is outside [`SHORT_EDGE_MIN`] to [`LONG_EDGE_MAX`], or there are more
    /// than [`PIXELS_MAX`] pixels.
    pub fn from_srgb8(width: usize, height: usize, rgb: Vec<u8>) -> Result<Self, PhotographFault> {
        if width.min(height) < SHORT_EDGE_MIN {
            return Err(PhotographFault::TooSmall);
        }
        if width.max(height) > LONG_EDGE_MAX || width * height > PIXELS_MAX {
            return Err(PhotographFault::TooLarge);
        }
        if rgb.len() != width * height * 3 {
            return Err(PhotographFault::Length);
        }
        Ok(Self { width, height, rgb })
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The bytes: red, green, blue of each pixel, row by row.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// Red, green and blue in linear light, 0 to 1 (IEC 61966-2-1).
    pub fn linear(&self) -> [Plane; 3] {
        let table: Vec<f32> = (0..=255u8).map(|code| linear_of(f32::from(code) / 255.0)).collect();
        [0, 1, 2].map(|channel| self.plane_of(|pixel| table[usize::from(pixel[channel])]))
    }

    /// Brightness as the eye orders it: 0.299 R + 0.587 G + 0.114 B of the encoded values, 0 to 255.
    pub fn luma(&self) -> Plane {
        self.plane_of(|pixel| {
            let [red, green, blue] = [0, 1, 2].map(|channel| f32::from(pixel[channel]));
            0.299 * red + 0.587 * green + 0.114 * blue
        })
    }

    /// A plane from a function of each pixel's three bytes.
    pub fn plane_of(&self, value: impl Fn(&[u8]) -> f32 + Sync) -> Plane {
        let mut plane = Plane::filled(self.width, self.height, 0.0);
        plane.data.par_chunks_mut(self.width).zip(self.rgb.par_chunks(self.width * 3)).for_each(
            |(out, pixels)| {
                for (out, pixel) in out.iter_mut().zip(pixels.chunks_exact(3)) {
                    *out = value(pixel);
                }
            },
        );
        plane
    }
}

/// Pixels of the photograph along a block.
pub(crate) const BLOCK: usize = 4;

/// Mean red, green and blue, 0 to 255, of each block of [`BLOCK`] by [`BLOCK`] pixels; those at the right and lower
/// border may be smaller.
pub(crate) struct Blocks {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) rgb: Vec<[f32; 3]>,
}

impl Blocks {
    pub(crate) fn of(photograph: &Photograph) -> Self {
        let (width, height) = (photograph.width.div_ceil(BLOCK), photograph.height.div_ceil(BLOCK));
        let mut rgb = vec![[0.0f32; 3]; width * height];
        rgb.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
            let (from, to) = (y * BLOCK, ((y + 1) * BLOCK).min(photograph.height));
            let mut sums = vec![[0u32; 3]; width];
            for y in from..to {
                let line = &photograph.rgb[y * photograph.width * 3..][..photograph.width * 3];
                for (sum, block) in sums.iter_mut().zip(line.chunks(BLOCK * 3)) {
                    for pixel in block.chunks_exact(3) {
                        for (sum, value) in sum.iter_mut().zip(pixel) {
                            *sum += u32::from(*value);
                        }
                    }
                }
            }
            for (x, (out, sum)) in row.iter_mut().zip(sums).enumerate() {
                let count = (((x + 1) * BLOCK).min(photograph.width) - x * BLOCK) * (to - from);
                *out = sum.map(|sum| sum as f32 / count as f32);
            }
        });
        Self { width, height, rgb }
    }
}

/// Linear light of an encoded sRGB value, both 0 to 1.
fn linear_of(encoded: f32) -> f32 {
    if encoded <= 0.04045 { encoded / 12.92 } else { ((encoded + 0.055) / 1.055).powf(2.4) }
}
