//! What a photograph's pixels are in the units of the measures.

use rayon::prelude::*;

use crate::colour::cells::place_of;
use crate::colour::field::Correction;
use crate::colour::lab::lab;
use crate::colour::tone::Tone;
use crate::photograph::Photograph;
use crate::plane::Plane;

/// A part of a photograph in L*, a*, b* and the logarithms (base 10) of linear red and green.
#[derive(Debug, Clone)]
pub(crate) struct Planes {
    /// First column and row of the photograph that is kept.
    pub(crate) left: usize,
    pub(crate) top: usize,
    /// L*, a*, b*, log10 R, log10 G.
    pub(crate) values: [Plane; 5],
}

/// Columns, from and to (half-open), then rows.
pub(crate) type Window = [usize; 4];

/// How far apart the light's gain is worked out exactly; between, it is drawn straight.
const GAIN_STEP: usize = 16;

/// Logarithm to base 10 of a positive number, absolute error below 1e-6.
#[inline]
fn log10(x: f32) -> f32 {
    let bits = x.to_bits();
    // The mantissa is brought to between sqrt(1/2) and sqrt(2), where the series of artanh is short.
    let exponent = ((bits.wrapping_sub(0x3f35_04f3)) as i32) >> 23;
    let mantissa = f32::from_bits(bits.wrapping_sub((exponent << 23) as u32));
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let s2 = s * s;
    let series = 2.0 * s * (1.0 + s2 * (1.0 / 3.0 + s2 * (0.2 + s2 * (1.0 / 7.0))));
    (series + exponent as f32 * std::f32::consts::LN_2) * std::f32::consts::LOG10_E
}

impl Planes {
    /// Works out the window of a photograph. `correction` undoes the light of a follow-up.
    pub(crate) fn of(
        photograph: &Photograph,
        tone: &Tone,
        correction: Option<&Correction>,
        window: Window,
    ) -> Self {
        let [left, right, top, below] = window;
        let (width, height) = (right - left, below - top);
        let mut values = [0; 5].map(|_| Plane::filled(width, height, 0.0));
        let table: Vec<f32> = (0..256).map(|code| tone.unbend(f64::from(code) / 255.0) as f32).collect();
        let matrix = tone.matrix.map(|row| row.map(|value| value as f32));
        let [l, a, b, red, green] = &mut values;
        let rows =
            l.data.par_chunks_mut(width).zip(a.data.par_chunks_mut(width)).zip(b.data.par_chunks_mut(width));
        let rows = rows.zip(red.data.par_chunks_mut(width)).zip(green.data.par_chunks_mut(width));
        rows.enumerate().for_each(|(y, ((((l, a), b), red), green))| {
            let start = ((y + top) * photograph.width() + left) * 3;
            let pixels = &photograph.rgb()[start..start + width * 3];
            for first in (0..width).step_by(GAIN_STEP) {
                let last = (first + GAIN_STEP).min(width);
                let gain_at = |x: usize| {
                    correction.map_or([1.0; 3], |correction| {
                        let (x, y) = ((x + left) as f64, (y + top) as f64);
                        correction.gain(place_of(x, y, photograph.width(), photograph.height()))
                    })
                };
                let (here, there) = (gain_at(first), gain_at(last));
                let slope = [0, 1, 2].map(|c| ((there[c] - here[c]) / (last - first) as f64) as f32);
                let here = here.map(|value| value as f32);
                for (step, x) in (first..last).enumerate() {
                    let light = [0, 1, 2].map(|c| table[usize::from(pixels[x * 3 + c])]);
                    let step = step as f32;
                    let linear = [0, 1, 2].map(|c| {
                        let row = matrix[c];
                        let value = row[0] * light[0] + row[1] * light[1] + row[2] * light[2];
                        (value * (here[c] + step * slope[c])).max(1e-4)
                    });
                    [l[x], a[x], b[x]] = lab(linear);
                    red[x] = log10(linear[0]);
                    green[x] = log10(linear[1]);
                }
            }
        });
        Self { left, top, values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_exact_enough() {
        let mut x = 1e-5f32;
        while x < 100.0 {
            assert!((log10(x) - x.log10()).abs() < 1e-6, "{x}: {} {}", log10(x), x.log10());
            x *= 1.003;
        }
    }
}
