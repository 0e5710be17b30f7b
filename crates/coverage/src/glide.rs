//! One pass of the pen over the ground: where it strikes, and which needles puncture the zone.
//!
//! Knows nothing about what is made of the punctures: they go to a [`Sink`].

use crate::{
    chance::Chance,
    course::{Device, Hand, Pass, TipRotation},
    ground::Ground,
    polygon::{Point, Polygon},
};

/// How far into the pass a place is shifted before it is tested, in millimetres: along the glide and, much further,
/// across. A place on a border thus belongs to the zone when the zone lies ahead of it, exactly as the usual even-odd
/// test would have it in the turned frame, and rounding (some 1e-13 mm at most) decides nothing.
const AHEAD_MM: [f64; 2] = [1e-11, 1e-9];

/// Takes punctures one by one.
pub(crate) trait Sink {
    /// A puncture inside the zone, at a place in the zone's own frame.
    fn take(&mut self, place: Point);
}

/// The sine and cosine of an angle in degrees, exact at quarter turns.
pub(crate) fn sine_cosine(degrees: f64) -> (f64, f64) {
    let turned = degrees.rem_euclid(360.0);
    match turned {
        0.0 => (0.0, 1.0),
        90.0 => (1.0, 0.0),
        180.0 => (0.0, -1.0),
        270.0 => (-1.0, 0.0),
        _ => degrees.to_radians().sin_cos(),
    }
}

/// The frame of a pass: u along its lines, v across.
struct Frame {
    sine: f64,
    cosine: f64,
    lo: Point,
    hi: Point,
}

impl Frame {
    fn new(zone: &Polygon, direction_deg: f64) -> Self {
        let (sine, cosine) = sine_cosine(direction_deg);
        let (mut lo, mut hi) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for [x, y] in zone.points() {
            let turned = [x * cosine + y * sine, y * cosine - x * sine];
            for axis in 0..2 {
                lo[axis] = lo[axis].min(turned[axis]);
                hi[axis] = hi[axis].max(turned[axis]);
            }
        }
        Self { sine, cosine, lo, hi }
    }

    fn place(&self, [u, v]: Point) -> Point {
        [u * self.cosine - v * self.sine, u * self.sine + v * self.cosine]
    }
}

/// Strikes a tip at a place if it may, and gives its punctures to the sink.
struct Tip<'a, S> {
    ground: &'a Ground<'a>,
    /// From a place to where it is tested.
    ahead: Point,
    strikes: u64,
    sink: &'a mut S,
}

impl<S: Sink> Tip<'_, S> {
    #[inline]
    fn strike(&mut self, centre: Point, needles: &[Point]) {
        let tested = |[x, y]: Point| [x + self.ahead[0], y + self.ahead[1]];
        if self.ground.is_open(tested(centre)) {
            self.strikes += 1;
            for [dx, dy] in needles {
                self.sink.take([centre[0] + dx, centre[1] + dy]);
            }
            return;
        }
        let at = |[dx, dy]: &Point| [centre[0] + dx, centre[1] + dy];
        if !self.ground.in_zone(tested(centre))
            || needles.iter().any(|needle| self.ground.in_exclusion(tested(at(needle))))
        {
            return;
        }
        self.strikes += 1;
        for needle in needles {
            if self.ground.in_zone(tested(at(needle))) {
                self.sink.take(at(needle));
            }
        }
    }
}

/// Glides one pass, and returns how often the pen struck.
///
/// Lines are taken in order of k, and strikes in order of n also where the hand glides back: the places are the
/// same, and no figure depends on the order.
pub(crate) fn glide<S: Sink>(
    ground: &Ground<'_>,
    device: &Device,
    hand: &Hand,
    pass: &Pass,
    chance: &mut Chance,
    sink: &mut S,
) -> u64 {
    let frame = Frame::new(ground.zone, pass.direction_deg);
    let mut needles = device.needles_mm.clone();
    let mut tip = Tip { ground, ahead: frame.place(AHEAD_MM), strikes: 0, sink };
    // Lognormal with mean 1 and the coefficient of variation asked for: a speed is never negative.
    let sigma = hand.speed_cv.powi(2).ln_1p().sqrt();
    let step = pass.step_mm(device);
    let middle = f64::midpoint(frame.lo[0], frame.hi[0]);
    let mut line = 0u32;
    loop {
        let planned = frame.lo[1] + pass.offset_mm + f64::from(line) * pass.spacing_mm;
        if planned > frame.hi[1] {
            break;
        }
        line += 1;
        let across =
            if hand.spacing_sd_mm > 0.0 { planned + hand.spacing_sd_mm * chance.normal() } else { planned };
        let tilt = if hand.angle_sd_deg > 0.0 { hand.angle_sd_deg * chance.normal() } else { 0.0 };
        let (sine, cosine) = sine_cosine(tilt);
        let (mut along, mut number) = (frame.lo[0], 0u32);
        while along <= frame.hi[0] {
            let from_middle = along - middle;
            let local = if tilt == 0.0 {
                [along, across]
            } else {
                [middle + from_middle * cosine, across + from_middle * sine]
            };
            if hand.tip_rotation == TipRotation::Random {
                let (s, c) = (chance.unit() * std::f64::consts::TAU).sin_cos();
                for (turned, [x, y]) in needles.iter_mut().zip(&device.needles_mm) {
                    *turned = [x * c - y * s, x * s + y * c];
                }
            }
            tip.strike(frame.place(local), &needles);
            if sigma > 0.0 {
                along += step * (sigma * chance.normal() - sigma * sigma / 2.0).exp();
            } else {
                number += 1;
                along = frame.lo[0] + f64::from(number) * step;
            }
        }
    }
    tip.strikes
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Places(Vec<Point>);

    impl Sink for Places {
        fn take(&mut self, place: Point) {
            self.0.push(place);
        }
    }

    fn glided(
        polygon: &[Point],
        exclusions: &[Vec<Point>],
        needles: &[Point],
        pass: Pass,
    ) -> (u64, Vec<Point>) {
        let zone = Polygon::new(polygon).unwrap();
        let exclusions: Vec<Polygon> = exclusions.iter().map(|e| Polygon::new(e).unwrap()).collect();
        let device = Device { needles_mm: needles.to_vec(), strokes_per_s: 10.0, depth_mm_max: 1.0 };
        let ground = Ground::new(&zone, &exclusions, device.reach_mm());
        let mut places = Places(Vec::new());
        let strikes = glide(&ground, &device, &Hand::default(), &pass, &mut Chance::of(0, 0, 0), &mut places);
        (strikes, places.0)
    }

    const SQUARE: [Point; 4] = [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]];

    #[test]
    fn a_border_counts_once_in_every_direction() {
        // Ten lines of ten strikes whichever way: near borders belong to the zone, far ones do not.
        for quarter in 0..4 {
            let pass = Pass {
                direction_deg: f64::from(quarter) * 90.0,
                spacing_mm: 1.0,
                speed_mm_per_s: 10.0,
                offset_mm: 0.0,
            };
            assert_eq!(glided(&SQUARE, &[], &[[0.0, 0.0]], pass).0, 100, "{quarter}");
        }
        // The same square and pass, both turned by 30 degrees.
        let (s, c) = 30f64.to_radians().sin_cos();
        let turned = SQUARE.map(|[x, y]| [x * c - y * s, x * s + y * c]);
        let pass = Pass { direction_deg: 30.0, spacing_mm: 1.0, speed_mm_per_s: 10.0, offset_mm: 0.0 };
        assert_eq!(glided(&turned, &[], &[[0.0, 0.0]], pass).0, 100);
    }

    #[test]
    fn needles_outside_do_not_count_and_none_enters_an_exclusion() {
        let pass = Pass { direction_deg: 0.0, spacing_mm: 1.0, speed_mm_per_s: 10.0, offset_mm: 0.5 };
        // Needles 0.75 to either side: of ten strikes a line, from 0 to 9, the left needle misses the zone at 0, the right one never.
        let pair = [[-0.75, 0.0], [0.75, 0.0]];
        let (strikes, places) = glided(&SQUARE, &[], &pair, pass);
        assert_eq!((strikes, places.len()), (100, 190));
        // An exclusion from 4.5 to 5.5 along, over the whole height: tips at 4 (right needle 4.75), 5 is clear on both
        // sides (4.25 and 5.75), and at 6 (left needle 5.25).
        let exclusion = vec![vec![[4.5, 0.0], [5.5, 0.0], [5.5, 10.0], [4.5, 10.0]]];
        let (strikes, places) = glided(&SQUARE, &exclusion, &pair, pass);
        assert_eq!((strikes, places.len()), (80, 150));
        assert!(places.iter().all(|p| !(4.5..5.5).contains(&p[0])));
    }

    #[test]
    fn needles_do_not_turn_with_the_glide() {
        let pass = Pass { direction_deg: 90.0, spacing_mm: 1.0, speed_mm_per_s: 10.0, offset_mm: 0.5 };
        let (_, places) = glided(&SQUARE, &[], &[[0.0, 0.25]], pass);
        assert!(places.iter().all(|p| (p[1] - p[1].floor() - 0.25).abs() < 1e-9), "{places:?}");
        assert_eq!(places.len(), 100);
    }
}
