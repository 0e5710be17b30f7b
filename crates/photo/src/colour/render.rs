//! The follow-up as it would look in the baseline's light, on the baseline's grid: for the eye, not for measuring.

use rayon::prelude::*;

use super::cells::place_of;
use super::field::Correction;
use super::lab::encoded_of;
use crate::map::Map;
use crate::photograph::Photograph;

/// Steps of the table that encodes linear light.
const STEPS: usize = 4096;

impl Correction {
    /// The follow-up registered to the baseline and in its colours. Where the follow-up shows nothing it is mid-grey.
    pub fn render(&self, follow: &Photograph, map: &Map) -> Vec<u8> {
        let (width, height) = (map.x.width, map.x.height);
        let light: Vec<f32> = (0..256).map(|code| self.tone.unbend(f64::from(code) / 255.0) as f32).collect();
        let encode: Vec<u8> = (0..=STEPS)
            .map(|step| (encoded_of((step as f64 / STEPS as f64).powi(2)) * 255.0).round().min(255.0) as u8)
            .collect();
        let mut rgb = vec![128u8; width * height * 3];
        rgb.par_chunks_mut(width * 3).enumerate().for_each(|(y, row)| {
            for (x, out) in row.chunks_exact_mut(3).enumerate() {
                let at = y * width + x;
                let (fx, fy) = (map.x.data[at], map.y.data[at]);
                let inside = fx >= 0.0
                    && fy >= 0.0
                    && fx < follow.width() as f32 - 1.0
                    && fy < follow.height() as f32 - 1.0;
                if !inside {
                    continue;
                }
                let seen = super::cells::sample(follow, &light, fx, fy).map(f64::from);
                let gain = self.gain(place_of(f64::from(fx), f64::from(fy), follow.width(), follow.height()));
                for (channel, out) in out.iter_mut().enumerate() {
                    let mix = self.tone.matrix[channel];
                    let linear = (mix[0] * seen[0] + mix[1] * seen[1] + mix[2] * seen[2]) * gain[channel];
                    // The table is even in the square root of light, where the eye is about even too.
                    *out = encode[(linear.clamp(0.0, 1.0).sqrt() * STEPS as f64) as usize];
                }
            }
        });
        rgb
    }
}
