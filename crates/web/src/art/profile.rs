//! The face in profile on the home page, drawn by dots alone: shade is distance to an outline plus a few soft
//! pools of shadow. It is nobody's face.

use super::stipple::{Sheet, paths, scatter};
use std::sync::LazyLock;

/// Width and height of the drawing's view box.
const SIZE: (f64, f64) = (760.0, 900.0);

/// The outline from the top of the head over the face to the chest, facing left.
const OUTLINE: &[(f64, f64)] = &[
    (600.0, 40.0),
    (480.0, 52.0),
    (372.0, 98.0),
    (296.0, 168.0),
    (258.0, 244.0),
    (246.0, 300.0),
    (248.0, 338.0),
    (262.0, 366.0),
    (256.0, 392.0),
    (236.0, 428.0),
    (212.0, 468.0),
    (198.0, 494.0),
    (202.0, 512.0),
    (226.0, 524.0),
    (240.0, 532.0),
    (236.0, 552.0),
    (220.0, 572.0),
    (216.0, 586.0),
    (232.0, 598.0),
    (238.0, 602.0),
    (226.0, 614.0),
    (226.0, 632.0),
    (244.0, 648.0),
    (246.0, 664.0),
    (236.0, 690.0),
    (244.0, 722.0),
    (272.0, 744.0),
    (318.0, 744.0),
    (372.0, 732.0),
    (412.0, 738.0),
    (430.0, 772.0),
    (430.0, 830.0),
    (418.0, 900.0),
];

/// A soft pool of shadow: centre, radii, turn in degrees, strength.
struct Pool(f64, f64, f64, f64, f64, f64);

const POOLS: &[Pool] = &[
    Pool(312.0, 352.0, 34.0, 15.0, 10.0, 0.85),  // the socket of the eye
    Pool(318.0, 380.0, 30.0, 5.0, 14.0, 1.3),    // the closed lid
    Pool(302.0, 312.0, 44.0, 7.0, -10.0, 0.95),  // the brow
    Pool(244.0, 510.0, 14.0, 7.0, -8.0, 1.0),    // the nostril
    Pool(252.0, 600.0, 24.0, 4.0, 4.0, 1.2),     // between the lips
    Pool(246.0, 580.0, 22.0, 11.0, -16.0, 0.55), // upper lip
    Pool(248.0, 622.0, 18.0, 10.0, 10.0, 0.4),   // lower lip
    Pool(262.0, 656.0, 22.0, 8.0, 10.0, 0.35),   // under the lip
    Pool(400.0, 600.0, 60.0, 120.0, 30.0, 0.32), // the hollow of the cheek
    Pool(500.0, 640.0, 46.0, 130.0, 36.0, 0.5),  // the angle of the jaw
    Pool(420.0, 770.0, 120.0, 34.0, -6.0, 0.75), // under the jaw
    Pool(540.0, 470.0, 26.0, 56.0, 12.0, 0.55),  // the ear
    Pool(556.0, 440.0, 34.0, 66.0, 12.0, 0.35),
    Pool(530.0, 240.0, 150.0, 130.0, -30.0, 0.34), // hair drawn back
    Pool(610.0, 330.0, 90.0, 170.0, 10.0, 0.3),
];

/// The drawing's inner SVG markup; the view box is [`VIEW_BOX`].
pub fn profile() -> &'static str {
    static DRAWN: LazyLock<String> = LazyLock::new(draw);
    &DRAWN
}

/// The view box the profile is drawn in.
pub const VIEW_BOX: &str = "150 20 610 880";

fn draw() -> String {
    let outline = smooth(OUTLINE);
    let sheet = Sheet { width: SIZE.0, height: SIZE.1, gap_min: 4.0, gap_max: 22.0 };
    let dots = scatter(sheet, 20, |x, y| {
        let (distance, inside) = outline_distance(&outline, x, y);
        if !inside {
            return None;
        }
        let shade = shade(distance, x, y);
        (shade > 0.035).then(|| 4.2 / shade.sqrt())
    });
    paths(&dots, &[(5.4, "dots-l"), (8.5, "dots-m"), (13.0, "dots-s"), (22.0, "dots-xs")])
}

/// How dark a place is: 0 white, 1 black.
fn shade(distance: f64, x: f64, y: f64) -> f64 {
    let rim = 0.9 * (-distance / 9.0).exp() + 0.32 * (-distance / 46.0).exp();
    let pools: f64 = POOLS
        .iter()
        .map(|&Pool(cx, cy, rx, ry, turn, strength)| {
            let (sin, cos) = turn.to_radians().sin_cos();
            let (dx, dy) = (x - cx, y - cy);
            let (u, v) = ((dx * cos + dy * sin) / rx, (dy * cos - dx * sin) / ry);
            strength * (-(u * u + v * v)).exp()
        })
        .sum();
    // The head dissolves towards the back and the chest, so that no hair and no ear need a hard line.
    let fade_back = 1.0 - smoothstep(430.0, 740.0, x + 0.25 * (y - 450.0).max(0.0));
    let fade_down = 1.0 - smoothstep(760.0, 890.0, y);
    let fade_up = smoothstep(20.0, 160.0, y + 0.2 * (x - 300.0).min(0.0));
    (0.09 + rim + pools).min(1.0) * fade_back * fade_down * (0.35 + 0.65 * fade_up)
}

fn smoothstep(from: f64, to: f64, value: f64) -> f64 {
    let t = ((value - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Catmull-Rom through the points, eight steps between two of them.
fn smooth(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let at = |index: isize| points[index.clamp(0, points.len() as isize - 1) as usize];
    let mut curve = Vec::with_capacity(points.len() * 8);
    for index in 0..points.len() as isize - 1 {
        let (a, b, c, d) = (at(index - 1), at(index), at(index + 1), at(index + 2));
        for step in 0..8 {
            let t = f64::from(step) / 8.0;
            let blend = |a: f64, b: f64, c: f64, d: f64| {
                0.5 * (2.0 * b
                    + (c - a) * t
                    + (2.0 * a - 5.0 * b + 4.0 * c - d) * t * t
                    + (3.0 * b - a - 3.0 * c + d) * t * t * t)
            };
            curve.push((blend(a.0, b.0, c.0, d.0), blend(a.1, b.1, c.1, d.1)));
        }
    }
    curve.push(at(points.len() as isize - 1));
    curve
}

/// Distance to the outline, and whether the place lies behind it (to its right, by even-odd crossings leftwards).
fn outline_distance(outline: &[(f64, f64)], x: f64, y: f64) -> (f64, bool) {
    let (mut nearest, mut crossings) = (f64::MAX, 0);
    for pair in outline.windows(2) {
        let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
        let (dx, dy) = (bx - ax, by - ay);
        let t = (((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
        nearest = nearest.min((x - ax - t * dx).powi(2) + (y - ay - t * dy).powi(2));
        if (ay > y) != (by > y) && ax + (y - ay) / dy * dx < x {
            crossings += 1;
        }
    }
    (nearest.sqrt(), crossings % 2 == 1)
}
