//! Outlines of zones: drawn on the map of a face and of a body, and true to scale in millimetres.
//!
//! The shapes are our own drawing of an ordinary adult, not a measurement: they serve to plan and to learn, and the page
//! says so. x grows to the patient's left, which is the right of who looks at the map.

use coverage::Point;

/// Which map an outline is drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyMap {
    /// 320 by 420 units; a unit is 0.72 mm.
    Face,
    /// 320 by 560 units; a unit is 2.3 mm.
    Body,
}

/// The height of the map of the face, in its units.
pub const FACE_HEIGHT: f64 = 420.0;
/// The height of the map of the body, in its units.
pub const BODY_HEIGHT: f64 = 560.0;

/// The middle of both maps, in their units.
const MIDDLE: f64 = 160.0;

/// Points put between two that are listed, so that an outline is round.
const BETWEEN: usize = 5;

impl BodyMap {
    fn height(self) -> f64 {
        match self {
            Self::Face => FACE_HEIGHT,
            Self::Body => BODY_HEIGHT,
        }
    }

    /// Millimetres of skin for each unit of the map.
    fn scale(self) -> f64 {
        match self {
            Self::Face => 0.72,
            Self::Body => 2.3,
        }
    }
}

type Listed = &'static [(f64, f64)];

/// An outline that can be chosen.
#[derive(Debug)]
pub struct Outline {
    /// `cheek-left`.
    pub id: &'static str,
    /// For people.
    pub label: &'static str,
    /// The zone of the protocol it lies in.
    pub zone: &'static str,
    /// Where it is drawn.
    pub map: BodyMap,
    /// Seen from the front; mirrored for the patient's left.
    listed: Listed,
    is_mirrored: bool,
    exclusions: &'static [Listed],
}

const FOREHEAD: Listed = &[
    (90.0, 122.0),
    (106.0, 88.0),
    (160.0, 66.0),
    (214.0, 88.0),
    (230.0, 122.0),
    (206.0, 140.0),
    (160.0, 146.0),
    (114.0, 140.0),
];
const CHEEK: Listed = &[
    (80.0, 204.0),
    (104.0, 202.0),
    (132.0, 216.0),
    (136.0, 238.0),
    (124.0, 262.0),
    (116.0, 292.0),
    (102.0, 300.0),
    (88.0, 274.0),
    (78.0, 238.0),
];
const NOSE: Listed = &[
    (154.0, 162.0),
    (166.0, 162.0),
    (170.0, 200.0),
    (182.0, 228.0),
    (174.0, 246.0),
    (160.0, 250.0),
    (146.0, 246.0),
    (138.0, 228.0),
    (150.0, 200.0),
];
const UPPER_LIP: Listed = &[
    (134.0, 270.0),
    (146.0, 258.0),
    (174.0, 258.0),
    (186.0, 270.0),
    (178.0, 277.0),
    (160.0, 272.0),
    (142.0, 277.0),
];
const CHIN: Listed =
    &[(134.0, 322.0), (160.0, 315.0), (186.0, 322.0), (182.0, 342.0), (160.0, 353.0), (138.0, 342.0)];
const NECK: Listed = &[
    (118.0, 366.0),
    (160.0, 380.0),
    (202.0, 366.0),
    (206.0, 390.0),
    (216.0, 408.0),
    (160.0, 415.0),
    (104.0, 408.0),
    (114.0, 390.0),
];
const WHOLE_FACE: Listed = &[
    (160.0, 56.0),
    (210.0, 72.0),
    (240.0, 112.0),
    (248.0, 160.0),
    (240.0, 222.0),
    (222.0, 280.0),
    (192.0, 332.0),
    (160.0, 350.0),
    (128.0, 332.0),
    (98.0, 280.0),
    (80.0, 222.0),
    (72.0, 160.0),
    (80.0, 112.0),
    (110.0, 72.0),
];
/// Inside the bony rim of the eye nobody is needled, nor on the red of the lips.
const EYE_RIGHT: Listed = &[
    (86.0, 178.0),
    (98.0, 162.0),
    (118.0, 158.0),
    (138.0, 166.0),
    (144.0, 182.0),
    (118.0, 198.0),
    (96.0, 194.0),
];
const EYE_LEFT: Listed = &[
    (234.0, 178.0),
    (222.0, 162.0),
    (202.0, 158.0),
    (182.0, 166.0),
    (176.0, 182.0),
    (202.0, 198.0),
    (224.0, 194.0),
];
const LIPS: Listed = &[(128.0, 288.0), (160.0, 275.0), (192.0, 288.0), (174.0, 306.0), (146.0, 306.0)];
const NECKLINE: Listed = &[
    (112.0, 112.0),
    (160.0, 122.0),
    (208.0, 112.0),
    (208.0, 130.0),
    (184.0, 142.0),
    (160.0, 146.0),
    (136.0, 142.0),
    (112.0, 130.0),
];
const ABDOMEN: Listed = &[
    (128.0, 220.0),
    (160.0, 212.0),
    (192.0, 220.0),
    (197.0, 250.0),
    (188.0, 278.0),
    (160.0, 288.0),
    (132.0, 278.0),
    (123.0, 250.0),
];
const NAVEL: Listed = &[(156.0, 250.0), (160.0, 246.0), (164.0, 250.0), (160.0, 254.0)];
const THIGH: Listed = &[
    (116.0, 330.0),
    (132.0, 322.0),
    (147.0, 332.0),
    (149.0, 372.0),
    (144.0, 408.0),
    (131.0, 418.0),
    (119.0, 408.0),
    (114.0, 372.0),
];

const fn on(
    map: BodyMap,
    id: &'static str,
    label: &'static str,
    zone: &'static str,
    listed: Listed,
) -> Outline {
    Outline { id, label, zone, map, listed, is_mirrored: false, exclusions: &[] }
}

/// All outlines, in the order in which they are offered.
pub const OUTLINES: &[Outline] = &[
    Outline {
        exclusions: &[EYE_RIGHT, EYE_LEFT, LIPS],
        ..on(BodyMap::Face, "face", "Whole face", "face", WHOLE_FACE)
    },
    on(BodyMap::Face, "forehead", "Forehead", "forehead", FOREHEAD),
    on(BodyMap::Face, "cheek-right", "Right cheek", "cheek", CHEEK),
    Outline { is_mirrored: true, ..on(BodyMap::Face, "cheek-left", "Left cheek", "cheek", CHEEK) },
    on(BodyMap::Face, "nose", "Nose", "nose", NOSE),
    on(BodyMap::Face, "upper-lip", "Upper lip", "upper-lip", UPPER_LIP),
    on(BodyMap::Face, "chin", "Chin", "chin", CHIN),
    on(BodyMap::Face, "neck", "Neck", "neck", NECK),
    on(BodyMap::Body, "decollete", "Décolleté", "decollete", NECKLINE),
    Outline { exclusions: &[NAVEL], ..on(BodyMap::Body, "abdomen", "Abdomen", "abdomen", ABDOMEN) },
    on(BodyMap::Body, "thigh-right", "Right thigh", "thighs", THIGH),
    Outline { is_mirrored: true, ..on(BodyMap::Body, "thigh-left", "Left thigh", "thighs", THIGH) },
];

/// The outline of this id.
pub fn outline(id: &str) -> Option<&'static Outline> {
    OUTLINES.iter().find(|outline| outline.id == id)
}

impl Outline {
    /// In units of its map, y down as the map is drawn.
    pub fn on_map(&self) -> Vec<Point> {
        self.rounded(self.listed)
    }

    /// In millimetres, y up, the origin in the middle of the map.
    pub fn polygon_mm(&self) -> Vec<Point> {
        self.scaled(self.listed)
    }

    /// What no needle may enter, in millimetres.
    pub fn exclusions_mm(&self) -> Vec<Vec<Point>> {
        self.exclusions.iter().map(|listed| self.scaled(listed)).collect()
    }

    /// Hundredths of a millimetre are finer than anything here, and keep a saved course short.
    fn scaled(&self, listed: Listed) -> Vec<Point> {
        let (scale, height) = (self.map.scale(), self.map.height());
        let hundredths = |value: f64| (value * 100.0).round() / 100.0;
        self.rounded(listed)
            .into_iter()
            .map(|[x, y]| [hundredths((x - MIDDLE) * scale), hundredths((height / 2.0 - y) * scale)])
            .collect()
    }

    /// A closed curve through the listed points (Catmull and Rom's), as a polygon.
    fn rounded(&self, listed: Listed) -> Vec<Point> {
        let count = listed.len();
        let at = |index: usize| {
            let (x, y) = listed[index % count];
            [if self.is_mirrored { 2.0 * MIDDLE - x } else { x }, y]
        };
        let steps = BETWEEN + 1;
        (0..count * steps)
            .map(|step| {
                let (index, t) = (step / steps, (step % steps) as f64 / steps as f64);
                let [a, b, c, d] = [at(index + count - 1), at(index), at(index + 1), at(index + 2)];
                std::array::from_fn(|axis| {
                    let (a, b, c, d) = (a[axis], b[axis], c[axis], d[axis]);
                    let bend = 2.0 * a - 5.0 * b + 4.0 * c - d;
                    let twist = 3.0 * b - a - 3.0 * c + d;
                    0.5 * (2.0 * b + (c - a) * t + bend * t * t + twist * t * t * t)
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use coverage::Polygon;

    #[test]
    fn every_outline_is_a_polygon_of_a_believable_size() {
        let range = |map| if map == BodyMap::Face { 2.0..320.0 } else { 60.0..400.0 };
        for outline in OUTLINES {
            let polygon = Polygon::new(&outline.polygon_mm()).unwrap();
            let area_cm2 = polygon.area_mm2() / 100.0;
            assert!(range(outline.map).contains(&area_cm2), "{}: {area_cm2} cm2", outline.id);
            for exclusion in outline.exclusions_mm() {
                Polygon::new(&exclusion).unwrap();
            }
        }
    }

    #[test]
    fn left_is_the_patients_left_and_the_mirror_of_right() {
        let x = |id: &str| {
            let points = outline(id).unwrap().polygon_mm();
            points.iter().map(|point| point[0]).sum::<f64>() / points.len() as f64
        };
        assert!(x("cheek-left") > 10.0 && (x("cheek-left") + x("cheek-right")).abs() < 0.1);
        assert!(x("thigh-left") > 10.0 && x("forehead").abs() < 0.1);
        assert!(outline("eyelid").is_none());
    }
}
