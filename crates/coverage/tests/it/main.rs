//! The crate from outside: against theory, against a slow and simple reference, and with hostile input.

mod properties;
mod reference;
mod theory;

use std::num::NonZeroUsize;

use coverage::{Course, CourseFacts, Device, Hand, Limits, Pass, Point, Purpose, Target, ZoneFacts};

/// Two threads, as on the smallest machine that counts.
pub(crate) const TWO: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

/// A course over one zone, with a hand that never errs.
pub(crate) fn facts(polygon_mm: Vec<Point>, needles_mm: Vec<Point>, passes: Vec<Pass>) -> CourseFacts {
    CourseFacts {
        seed: 11,
        hands: 32,
        device: Device { needles_mm, strokes_per_s: 100.0, depth_mm_max: 2.5 },
        hand: Hand::default(),
        target: Some(Target { density_per_cm2: 275.0, window_mm: 2.0, cv_max: Some(0.5) }),
        limits: Some(Limits {
            passes_max: 4,
            spacing_mm: [0.5, 4.0],
            speed_mm_per_s: [5.0, 500.0],
            seconds_max: 120.0,
        }),
        zones: vec![ZoneFacts {
            id: "zone".into(),
            polygon_mm,
            exclusions_mm: Vec::new(),
            depth_mm: 1.0,
            depth_mm_max: 1.5,
            passes,
        }],
    }
}

pub(crate) fn pass(direction_deg: f64, spacing_mm: f64, speed_mm_per_s: f64, offset_mm: f64) -> Pass {
    Pass { direction_deg, spacing_mm, speed_mm_per_s, offset_mm }
}

pub(crate) fn rectangle(width: f64, height: f64) -> Vec<Point> {
    vec![[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]]
}

pub(crate) fn course(facts: CourseFacts) -> Course {
    Course::new(facts, Purpose::Simulate).unwrap()
}
