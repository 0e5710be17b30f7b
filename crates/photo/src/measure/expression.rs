//! A smile between two photographs, told by the landmarks of the mouth.
//!
//! A smile folds and shades the skin around the mouth corners, which no correction of light undoes: between a neutral
//! and a smiling face of the same minute L* at the corners differs by up to seven. Error bars there grow with how much
//! wider or narrower the mouth has become in eye distances.

use crate::landmarks::Face;

/// Corners of the mouth and outer corners of the eyes among the landmarks.
const MOUTH: [usize; 2] = [61, 291];
const EYES: [usize; 2] = [33, 263];
/// Change of the mouth's width that landmarks alone may pretend (log units).
const PRETENDED: f64 = 0.05;

/// How much the mouth has changed, and where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Expression {
    /// Change of the mouth's width in eye distances beyond what landmarks pretend, log units, 0 or more.
    pub(crate) change: f64,
    /// Corners of the mouth in the baseline, px.
    corners: [[f64; 2]; 2],
    /// Width of the mouth in the baseline, px.
    width: f64,
}

fn distance(face: &Face, [one, other]: [usize; 2]) -> Option<f64> {
    let (one, other) = (face.points.get(one)?, face.points.get(other)?);
    let distance = f64::from(one[0] - other[0]).hypot(f64::from(one[1] - other[1]));
    (distance > 1.0).then_some(distance)
}

impl Expression {
    /// `None` if a landmark is missing.
    pub(crate) fn between([base, follow]: &[Face; 2]) -> Option<Self> {
        let relative = |face: &Face| Some(distance(face, MOUTH)? / distance(face, EYES)?);
        let change = ((relative(follow)? / relative(base)?).ln().abs() - PRETENDED).max(0.0);
        let corners = [base.points.get(MOUTH[0])?.map(f64::from), base.points.get(MOUTH[1])?.map(f64::from)];
        Some(Self { change, corners, width: distance(base, MOUTH)? })
    }

    /// The change as far as it reaches a place: whole at a corner of the mouth, none two thirds of a mouth away.
    pub(crate) fn at(&self, x: f64, y: f64) -> f64 {
        let far = self
            .corners
            .iter()
            .map(|corner| (corner[0] - x).hypot(corner[1] - y))
            .fold(f64::INFINITY, f64::min)
            / self.width;
        self.change * (-(far / 0.4).powi(2)).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(mouth: f32) -> Face {
        let mut points = vec![[0.0; 2]; crate::landmarks::LANDMARKS];
        (points[33], points[263]) = ([100.0, 100.0], [200.0, 100.0]);
        (points[61], points[291]) = ([150.0 - mouth / 2.0, 200.0], [150.0 + mouth / 2.0, 200.0]);
        Face { points }
    }

    #[test]
    fn a_smile_is_told_and_reaches_the_corners() {
        let smile = Expression::between(&[face(50.0), face(62.0)]).unwrap();
        assert!((smile.change - (1.24f64.ln() - PRETENDED)).abs() < 1e-6);
        assert!((smile.at(125.0, 200.0) - smile.change).abs() < 1e-9);
        assert!(smile.at(150.0, 100.0) < 1e-3 * smile.change);
        let back = Expression::between(&[face(62.0), face(50.0)]).unwrap();
        assert!((back.change - smile.change).abs() < 1e-9);
        assert_eq!(Expression::between(&[face(50.0), face(51.0)]).unwrap().change, 0.0);
        assert!(Expression::between(&[face(0.0), face(50.0)]).is_none());
    }
}
