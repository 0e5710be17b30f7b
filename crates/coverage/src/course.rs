//! What is to be needled, with what and by whom: plain facts as they are entered, and a [`Course`] of them that has
//! been looked over as a whole, every fault found at once.

use std::fmt;

use crate::{
    look::Look,
    polygon::{Point, Polygon},
};

/// The most zones in one course.
pub const ZONES_MAX: usize = 64;
/// The most passes over one zone.
pub const PASSES_MAX: usize = 32;
/// The most needles in a cartridge.
pub const NEEDLES_MAX: usize = 200;
/// The most exclusions in one zone.
pub const EXCLUSIONS_MAX: usize = 200;
/// The most punctures of one hand on one zone.
pub const PUNCTURES_MAX: f64 = 1e7;
/// The most punctures of all hands on one zone together, so that an answer comes in seconds.
pub const PUNCTURES_OF_ALL_HANDS_MAX: f64 = 4e8;

/// The most square millimetres of all hands on one zone together, its bounding box taken.
pub const AREA_OF_ALL_HANDS_MM2_MAX: f64 = 4e7;

/// One thing wrong with what was entered: which field, and what it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field's path: `zone[0].pass[1].spacing_mm`.
    pub path: String,
    /// What it must be, as the rest of a sentence that begins with the path.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

/// A pen with a cartridge, from the maker's manual.
#[derive(Debug, Clone, PartialEq)]
pub struct Device {
    /// Where the needles stand, from the tip's centre.
    pub needles_mm: Vec<Point>,
    /// How often the pen strikes, per second.
    pub strokes_per_s: f64,
    /// The deepest setting in millimetres.
    pub depth_mm_max: f64,
}

impl Device {
    /// How far the furthest needle stands from the tip's centre, in millimetres.
    pub fn reach_mm(&self) -> f64 {
        self.needles_mm.iter().map(|n| n[0].hypot(n[1])).fold(0.0, f64::max)
    }
}

/// Whether the tip turns in the hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TipRotation {
    /// The needles keep their directions, whichever way the pen glides.
    #[default]
    Fixed,
    /// The tip lands turned by any angle, each alike, at every strike.
    Random,
}

/// How steadily the pen is moved. All zero and a fixed tip is a hand that never errs.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Hand {
    /// Coefficient of variation of the speed from strike to strike.
    pub speed_cv: f64,
    /// Standard deviation of a line's place across, in millimetres.
    pub spacing_sd_mm: f64,
    /// Standard deviation of a line's direction, in degrees.
    pub angle_sd_deg: f64,
    /// Whether the tip turns.
    pub tip_rotation: TipRotation,
}

impl Hand {
    /// Whether every repetition is the same as the first.
    pub fn is_exact(&self) -> bool {
        self.speed_cv == 0.0
            && self.spacing_sd_mm == 0.0
            && self.angle_sd_deg == 0.0
            && self.tip_rotation == TipRotation::Fixed
    }
}

/// What is aimed at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// Punctures per square centimetre.
    pub density_per_cm2: f64,
    /// The side of the squares in which evenness is judged, in millimetres.
    pub window_mm: f64,
    /// The largest coefficient of variation of the counts in those squares.
    pub cv_max: Option<f64>,
}

/// What a plan may use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// The most passes over a zone.
    pub passes_max: usize,
    /// The narrowest and widest spacing of lines, in millimetres.
    pub spacing_mm: [f64; 2],
    /// The slowest and fastest glide, in millimetres per second.
    pub speed_mm_per_s: [f64; 2],
    /// The longest the pen may run on one zone, in seconds.
    pub seconds_max: f64,
}

/// One pass: parallel lines over the whole zone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pass {
    /// The direction of the lines in degrees, anticlockwise from x.
    pub direction_deg: f64,
    /// From line to line, in millimetres.
    pub spacing_mm: f64,
    /// Speed of the glide in millimetres per second.
    pub speed_mm_per_s: f64,
    /// Of the first line from the zone's edge, in millimetres.
    pub offset_mm: f64,
}

impl Pass {
    /// From strike to strike along a line, in millimetres, when the hand is steady.
    pub fn step_mm(&self, device: &Device) -> f64 {
        self.speed_mm_per_s / device.strokes_per_s
    }
}

/// A zone as entered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ZoneFacts {
    /// Its name.
    pub id: String,
    /// Its outline.
    pub polygon_mm: Vec<Point>,
    /// Outlines inside it that no needle may enter.
    pub exclusions_mm: Vec<Vec<Point>>,
    /// The depth that is set, in millimetres.
    pub depth_mm: f64,
    /// The deepest the zone allows, in millimetres.
    pub depth_mm_max: f64,
    /// The passes, in order.
    pub passes: Vec<Pass>,
}

/// A course as entered.
#[derive(Debug, Clone, PartialEq)]
pub struct CourseFacts {
    /// Where chance begins.
    pub seed: u64,
    /// How many hands (repetitions) are simulated.
    pub hands: u32,
    /// The pen.
    pub device: Device,
    /// The hand.
    pub hand: Hand,
    /// The aim, if there is one.
    pub target: Option<Target>,
    /// What a plan may use.
    pub limits: Option<Limits>,
    /// The zones.
    pub zones: Vec<ZoneFacts>,
}

/// How many hands are simulated unless said otherwise.
pub const HANDS_DEFAULT: u32 = 32;

/// What a course is wanted for, because each needs other fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Needs passes.
    Simulate,
    /// Needs a target with `cv_max`, and limits.
    Plan,
    /// Needs passes and a target.
    Check,
}

/// A zone that can be needled.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    /// Its name.
    pub id: String,
    /// Its outline.
    pub polygon: Polygon,
    /// Outlines inside it that no needle may enter; they may overlap.
    pub exclusions: Vec<Polygon>,
    /// The area without exclusions, in square millimetres.
    pub area_mm2: f64,
    /// The depth that is set, in millimetres.
    pub depth_mm: f64,
    /// The deepest the zone allows, in millimetres.
    pub depth_mm_max: f64,
    /// The passes, in order; may be empty when a plan is wanted.
    pub passes: Vec<Pass>,
}

/// A course every number of which has been looked over.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    pub(crate) seed: u64,
    pub(crate) hands: u32,
    pub(crate) device: Device,
    pub(crate) hand: Hand,
    pub(crate) target: Option<Target>,
    pub(crate) limits: Option<Limits>,
    pub(crate) zones: Vec<Zone>,
}

impl Course {
    /// Looks over what was entered; all faults at once.
    pub fn new(facts: CourseFacts, purpose: Purpose) -> Result<Self, Vec<Fault>> {
        let mut look = Look::default();
        look.at_device(&facts.device);
        look.at_hand(&facts.hand);
        look.number("hands", f64::from(facts.hands), 1.0, 10_000.0);
        if let Some(target) = &facts.target {
            look.at_target(target);
        }
        if let Some(limits) = &facts.limits {
            look.at_limits(limits);
        }
        look.at_purpose(&facts, purpose);
        if facts.zones.is_empty() || facts.zones.len() > ZONES_MAX {
            look.fault("zone", format!("needs 1 to {ZONES_MAX} zones"));
        }
        let mut zones = Vec::new();
        for (index, zone) in facts.zones.into_iter().take(ZONES_MAX).enumerate() {
            if zones.iter().any(|earlier: &Zone| earlier.id == zone.id) {
                look.fault(format!("zone[{index}].id"), "must differ from the other zones' ids".into());
            }
            zones.extend(look.at_zone(&format!("zone[{index}]"), zone));
        }
        let CourseFacts { seed, hands, device, hand, target, limits, .. } = facts;
        let course = Self { seed, hands, device, hand, target, limits, zones };
        if look.faults.is_empty() {
            look.at_work(&course, purpose);
        }
        if look.faults.is_empty() { Ok(course) } else { Err(look.faults) }
    }

    /// The zones.
    pub fn zones(&self) -> &[Zone] {
        &self.zones
    }

    /// The pen.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The hand.
    pub fn hand(&self) -> &Hand {
        &self.hand
    }

    /// The aim, if there is one.
    pub fn target(&self) -> Option<&Target> {
        self.target.as_ref()
    }

    /// What a plan may use, if it was said.
    pub fn limits(&self) -> Option<&Limits> {
        self.limits.as_ref()
    }

    /// How many repetitions are simulated: one when every hand is the same.
    pub fn hands(&self) -> u32 {
        if self.hand.is_exact() { 1 } else { self.hands }
    }

    /// The same course with these passes over one of its zones, for instance those of a plan.
    pub fn with_passes(&self, zone: usize, passes: &[Pass]) -> Self {
        let mut course = self.clone();
        if let Some(zone) = course.zones.get_mut(zone) {
            zone.passes = passes.to_vec();
        }
        course
    }
}
