//! Values between pixel centres. Coordinates stay f32; no fraction is rounded to a table.

use crate::plane::Plane;

/// Whole part (rounded down) and fraction of a coordinate, without a call to the system's floor.
#[inline]
pub(crate) fn split(coordinate: f32) -> (i32, f32) {
    let whole = coordinate as i32;
    let whole = whole - i32::from((whole as f32) > coordinate);
    (whole, coordinate - whole as f32)
}

/// Bilinear value at (x, y); outside the plane the nearest border pixel counts.
#[inline]
pub fn bilinear(plane: &Plane, x: f32, y: f32) -> f32 {
    let (last_x, last_y) = (plane.width - 1, plane.height - 1);
    let (left, along) = split(x.clamp(0.0, last_x as f32));
    let (top, down) = split(y.clamp(0.0, last_y as f32));
    let (left, top) = (left as usize, top as usize);
    let (right, below) = ((left + 1).min(last_x), (top + 1).min(last_y));
    let upper = plane.at(left, top) + along * (plane.at(right, top) - plane.at(left, top));
    let lower = plane.at(left, below) + along * (plane.at(right, below) - plane.at(left, below));
    upper + down * (lower - upper)
}

/// Weights of the four neighbours for Catmull-Rom interpolation (Keys 1981, a = -1/2).
#[inline]
pub(crate) fn cubic_weights(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [
        0.5 * (-t + 2.0 * t2 - t3),
        0.5 * (2.0 - 5.0 * t2 + 3.0 * t3),
        0.5 * (t + 4.0 * t2 - 3.0 * t3),
        0.5 * (t3 - t2),
    ]
}

/// Bicubic (Catmull-Rom) value at (x, y); outside the plane the nearest border pixel counts.
#[inline]
pub fn bicubic(plane: &Plane, x: f32, y: f32) -> f32 {
    let (last_x, last_y) = (plane.width as i32 - 1, plane.height as i32 - 1);
    let (left, along) = split(x.clamp(0.0, last_x as f32));
    let (top, down) = split(y.clamp(0.0, last_y as f32));
    let (across, over) = (cubic_weights(along), cubic_weights(down));
    let mut sum = 0.0;
    for (j, weight) in (-1..).zip(over) {
        let row = plane.row((top + j).clamp(0, last_y) as usize);
        let mut line = 0.0;
        for (i, weight) in (-1..).zip(across) {
            line += weight * row[(left + i).clamp(0, last_x) as usize];
        }
        sum += weight * line;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_slope_is_sampled_exactly(x in 1.0f32..17.0, y in 1.0f32..12.0, a in -3.0f32..3.0, b in -3.0f32..3.0) {
            let slope = Plane::from_fn(20, 15, |x, y| a * x as f32 + b * y as f32 + 5.0);
            let expected = a * x + b * y + 5.0;
            prop_assert!((bilinear(&slope, x, y) - expected).abs() < 1e-3);
            prop_assert!((bicubic(&slope, x, y) - expected).abs() < 1e-3);
        }

        #[test]
        fn anywhere_is_answered(x in -1e9f32..1e9, y in -1e9f32..1e9) {
            let plane = Plane::from_fn(7, 5, |x, y| (x + y) as f32);
            for value in [bilinear(&plane, x, y), bicubic(&plane, x, y)] {
                prop_assert!((-1.0..=11.0).contains(&value));
            }
        }
    }

    #[test]
    fn centres_are_whole_numbers_and_thirds_are_not_rounded() {
        let plane = Plane::from_fn(6, 6, |x, y| ((x * 5 + y * 3) % 7) as f32);
        assert_eq!((bilinear(&plane, 3.0, 2.0), bicubic(&plane, 3.0, 2.0)), (plane.at(3, 2), plane.at(3, 2)));
        let third = plane.at(2, 2) + (plane.at(3, 2) - plane.at(2, 2)) / 3.0;
        assert!((bilinear(&plane, 2.0 + 1.0 / 3.0, 2.0) - third).abs() < 1e-6);
        assert_eq!(split(-0.25), (-1, 0.75));
    }
}
