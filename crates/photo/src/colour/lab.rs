//! Linear sRGB to CIE L*a*b* (D65), and the cube root it needs.

/// Linear sRGB to CIE XYZ, each row divided by the white point D65, so that white is (1, 1, 1) (IEC 61966-2-1).
pub(crate) const XYZ: [[f32; 3]; 3] = [
    [0.412_456_4 / 0.950_47, 0.357_576_1 / 0.950_47, 0.180_437_5 / 0.950_47],
    [0.212_672_9, 0.715_152_2, 0.072_175],
    [0.019_333_9 / 1.088_83, 0.119_192 / 1.088_83, 0.950_304_1 / 1.088_83],
];

/// Cube root of a number from 0 up, relative error below 1e-6, without a call into the mathematics library.
#[inline]
pub(crate) fn cube_root(x: f32) -> f32 {
    // A third of the exponent, by way of the bits, is right to 5 %; two steps of Halley's rule do the rest.
    let mut y = f32::from_bits(x.to_bits() / 3 + 0x2a51_37a0);
    for _ in 0..2 {
        let cube = y * y * y;
        y *= (cube + 2.0 * x) / (2.0 * cube + x);
    }
    y
}

/// The function f of CIE L*a*b* for a value relative to white.
#[inline]
pub(crate) fn lightness_function(t: f32) -> f32 {
    let root = cube_root(t.max(0.008_856));
    if t > 0.008_856_452 { root } else { 7.787_037 * t + 16.0 / 116.0 }
}

/// f(X), f(Y), f(Z) of a linear sRGB colour.
#[inline]
pub(crate) fn cube_roots(linear: [f32; 3]) -> [f32; 3] {
    let [red, green, blue] = linear;
    let dot = |row: [f32; 3]| lightness_function(row[0] * red + row[1] * green + row[2] * blue);
    [dot(XYZ[0]), dot(XYZ[1]), dot(XYZ[2])]
}

/// L*, a*, b* of a linear sRGB colour (each channel 0 to 1; values outside are carried on).
#[inline]
pub(crate) fn lab(linear: [f32; 3]) -> [f32; 3] {
    let [x, y, z] = cube_roots(linear);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// Individual typology angle in degrees, atan2(L* - 50, b*) (Chardon et al. 1991).
pub(crate) fn ita(lightness: f64, b: f64) -> f64 {
    (lightness - 50.0).atan2(b).to_degrees()
}

/// Linear light of an encoded sRGB value, both 0 to 1 (IEC 61966-2-1).
pub(crate) fn linear_of(encoded: f64) -> f64 {
    if encoded <= 0.04045 { encoded / 12.92 } else { ((encoded + 0.055) / 1.055).powf(2.4) }
}

/// Encoded sRGB value of linear light, both 0 to 1; below 0 it is 0.
pub(crate) fn encoded_of(linear: f64) -> f64 {
    let linear = linear.max(0.0);
    if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cube_root_is_exact_enough() {
        let mut x = 1e-6f32;
        while x < 8.0 {
            let error = (cube_root(x) / x.cbrt() - 1.0).abs();
            assert!(error < 1e-6, "{x}: {error}");
            x *= 1.01;
        }
    }

    #[test]
    fn known_colours_have_their_known_values() {
        // sRGB primaries and greys in L*a*b* with D65, from the definition.
        let of = |rgb: [f64; 3]| lab(rgb.map(|code| linear_of(code / 255.0) as f32));
        let check = |rgb, known: [f32; 3]| {
            let got = of(rgb);
            assert!(got.iter().zip(known).all(|(got, known)| (got - known).abs() < 0.02), "{rgb:?} {got:?}");
        };
        check([255.0, 255.0, 255.0], [100.0, 0.0, 0.0]);
        check([255.0, 0.0, 0.0], [53.24, 80.09, 67.20]);
        check([0.0, 255.0, 0.0], [87.73, -86.18, 83.18]);
        check([0.0, 0.0, 255.0], [32.30, 79.19, -107.86]);
        check([119.0, 119.0, 119.0], [50.03, 0.0, 0.0]);
        check([0.0, 0.0, 0.0], [0.0, 0.0, 0.0]);
    }

    #[test]
    fn encoding_is_undone() {
        for code in 0..=1000 {
            let value = f64::from(code) / 1000.0;
            assert!((encoded_of(linear_of(value)) - value).abs() < 1e-6);
        }
    }
}
