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
