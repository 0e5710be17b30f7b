//! Looks over what was entered for a course, field by field, and gathers every fault with its path.

use crate::{
    course::{
        AREA_OF_ALL_HANDS_MM2_MAX, Course, CourseFacts, Device, EXCLUSIONS_MAX, Fault, Hand, Limits,
        NEEDLES_MAX, PASSES_MAX, PUNCTURES_MAX, PUNCTURES_OF_ALL_HANDS_MAX, Purpose, Target, Zone, ZoneFacts,
    },
    ground::Ground,
    polygon::{Point, Polygon, PolygonFault, VERTICES_MAX, union_area_mm2},
};

/// The most borders that are compared with places on one zone, so that an answer comes in seconds.
const BORDERS_TESTED_MAX: f64 = 4e9;

/// The same for one place in every square that a border cuts; the search for the largest gap looks at many.
const BORDERS_BESIDE_MAX: f64 = 1e8;

/// The most squares in which evenness is judged on one zone, which bounds the memory they take.
const SQUARES_MAX: f64 = 4e6;

/// Looks at fields and gathers faults.
#[derive(Default)]
pub(crate) struct Look {
    pub(crate) faults: Vec<Fault>,
}

impl Look {
    pub(crate) fn fault(&mut self, path: impl Into<String>, message: String) {
        self.faults.push(Fault { path: path.into(), message });
    }

    /// A number from `lo` to `hi`; NaN is in no range.
    pub(crate) fn number(&mut self, path: impl Into<String>, value: f64, lo: f64, hi: f64) {
        if !(value >= lo && value <= hi) {
            self.fault(path, format!("must be from {lo} to {hi}, and is {value}"));
        }
    }

    fn pair(&mut self, path: &str, [from, to]: [f64; 2], lo: f64, hi: f64) {
        let before = self.faults.len();
        self.number(format!("{path}[0]"), from, lo, hi);
        self.number(format!("{path}[1]"), to, lo, hi);
        if self.faults.len() == before && from > to {
            self.fault(path, "must list the smaller number first".into());
        }
    }

    pub(crate) fn at_device(&mut self, device: &Device) {
        let count = device.needles_mm.len();
        if count == 0 || count > NEEDLES_MAX {
            self.fault("device.needles_mm", format!("needs 1 to {NEEDLES_MAX} needles, and has {count}"));
        }
        for (index, needle) in device.needles_mm.iter().take(NEEDLES_MAX).enumerate() {
            for (axis, &value) in needle.iter().enumerate() {
                self.number(format!("device.needles_mm[{index}][{axis}]"), value, -20.0, 20.0);
            }
        }
        self.number("device.strokes_per_s", device.strokes_per_s, 0.1, 1_000.0);
        self.number("device.depth_mm_max", device.depth_mm_max, 0.01, 10.0);
    }

    pub(crate) fn at_hand(&mut self, hand: &Hand) {
        self.number("hand.speed_cv", hand.speed_cv, 0.0, 2.0);
        self.number("hand.spacing_sd_mm", hand.spacing_sd_mm, 0.0, 50.0);
        self.number("hand.angle_sd_deg", hand.angle_sd_deg, 0.0, 45.0);
    }

    pub(crate) fn at_target(&mut self, target: &Target) {
        self.number("target.density_per_cm2", target.density_per_cm2, 0.1, 100_000.0);
        self.number("target.window_mm", target.window_mm, 0.25, 100.0);
        if let Some(cv_max) = target.cv_max {
            self.number("target.cv_max", cv_max, 0.0, 10.0);
        }
    }

    pub(crate) fn at_limits(&mut self, limits: &Limits) {
        self.number("limits.passes_max", limits.passes_max as f64, 1.0, PASSES_MAX as f64);
        self.pair("limits.spacing_mm", limits.spacing_mm, 0.01, 200.0);
        self.pair("limits.speed_mm_per_s", limits.speed_mm_per_s, 0.01, 2_000.0);
        self.number("limits.seconds_max", limits.seconds_max, 0.0, 86_400.0);
    }

    pub(crate) fn at_purpose(&mut self, facts: &CourseFacts, purpose: Purpose) {
        if purpose == Purpose::Plan {
            if facts.limits.is_none() {
                self.fault("limits", "is needed to plan".into());
            }
            if facts.target.is_some_and(|target| target.cv_max.is_none()) {
                self.fault("target.cv_max", "is needed to plan".into());
            }
        }
        if purpose != Purpose::Simulate && facts.target.is_none() {
            self.fault("target", "is needed to plan or check".into());
        }
        for (index, zone) in facts.zones.iter().enumerate() {
            if purpose != Purpose::Plan && zone.passes.is_empty() {
                self.fault(format!("zone[{index}].pass"), "needs at least one pass".into());
            }
        }
    }

    pub(crate) fn at_zone(&mut self, path: &str, facts: ZoneFacts) -> Option<Zone> {
        if facts.id.is_empty() || facts.id.chars().count() > 64 || facts.id.chars().any(char::is_control) {
            self.fault(format!("{path}.id"), "must be 1 to 64 letters".into());
        }
        self.number(format!("{path}.depth_mm"), facts.depth_mm, 0.0, 10.0);
        self.number(format!("{path}.depth_mm_max"), facts.depth_mm_max, 0.0, 10.0);
        if facts.passes.len() > PASSES_MAX {
            self.fault(format!("{path}.pass"), format!("may list at most {PASSES_MAX} passes"));
        }
        for (index, pass) in facts.passes.iter().take(PASSES_MAX).enumerate() {
            let path = format!("{path}.pass[{index}]");
            self.number(format!("{path}.direction_deg"), pass.direction_deg, -720.0, 720.0);
            self.number(format!("{path}.spacing_mm"), pass.spacing_mm, 0.01, 200.0);
            self.number(format!("{path}.speed_mm_per_s"), pass.speed_mm_per_s, 0.01, 2_000.0);
            self.number(format!("{path}.offset_mm"), pass.offset_mm, -200.0, 200.0);
        }
        let (polygon, exclusions) = self.at_outlines(path, &facts)?;
        let excluded = union_area_mm2(&exclusions);
        if excluded.is_none() {
            self.fault(
                format!("{path}.exclusions_mm"),
                "cross each other too often; join those that overlap".into(),
            );
        }
        let area_mm2 = polygon.area_mm2() - excluded?;
        if area_mm2 < 1e-3 {
            self.fault(format!("{path}.exclusions_mm"), "leave nothing of the zone".into());
        }
        let ZoneFacts { id, depth_mm, depth_mm_max, passes, .. } = facts;
        Some(Zone { id, polygon, exclusions, area_mm2, depth_mm, depth_mm_max, passes })
    }

    fn at_outlines(&mut self, path: &str, facts: &ZoneFacts) -> Option<(Polygon, Vec<Polygon>)> {
        let outlines = &facts.exclusions_mm;
        let total = facts.polygon_mm.len() + outlines.iter().map(Vec::len).sum::<usize>();
        if outlines.len() > EXCLUSIONS_MAX {
            self.fault(
                format!("{path}.exclusions_mm"),
                format!("may list at most {EXCLUSIONS_MAX} outlines"),
            );
            return None;
        }
        if total > VERTICES_MAX && facts.polygon_mm.len() <= VERTICES_MAX {
            let message =
                format!("has {total} points with its exclusions; at most {VERTICES_MAX} can be used");
            self.fault(format!("{path}.exclusions_mm"), message);
            return None;
        }
        let polygon = self.at_polygon(&format!("{path}.polygon_mm"), &facts.polygon_mm);
        let exclusions: Vec<Option<Polygon>> = outlines
            .iter()
            .enumerate()
            .map(|(index, outline)| self.at_polygon(&format!("{path}.exclusions_mm[{index}]"), outline))
            .collect();
        let polygon = polygon?;
        for (index, exclusion) in exclusions.iter().enumerate() {
            if exclusion.as_ref().is_some_and(|exclusion| !polygon.covers(exclusion)) {
                let message = "reaches outside the zone; cut it off at the zone's border".to_owned();
                self.fault(format!("{path}.exclusions_mm[{index}]"), message);
            }
        }
        Some((polygon, exclusions.into_iter().collect::<Option<Vec<_>>>()?))
    }

    fn at_polygon(&mut self, path: &str, points: &[Point]) -> Option<Polygon> {
        let fault = match Polygon::new(points) {
            Ok(polygon) => return Some(polygon),
            Err(fault) => fault,
        };
        match fault {
            PolygonFault::Coordinate(point, axis) => {
                self.fault(format!("{path}[{point}][{axis}]"), fault.to_string());
            }
            _ => self.fault(path, fault.to_string()),
        }
        None
    }

    /// Refuses what would take too long or too much memory, before any of it is done.
    pub(crate) fn at_work(&mut self, course: &Course, purpose: Purpose) {
        let hands = f64::from(course.hands());
        let needles = course.device.needles_mm.len() as f64;
        for (index, zone) in course.zones.iter().enumerate() {
            let (lo, hi) = zone.polygon.bounds();
            let (width, height) = (hi[0] - lo[0], hi[1] - lo[1]);
            let path = format!("zone[{index}]");
            let side = course.target.map_or(1.0, |target| target.window_mm);
            if (width / side + 1.0) * (height / side + 1.0) > SQUARES_MAX {
                let message =
                    format!("is too small for {path}: it would be cut into more than {SQUARES_MAX} squares");
                self.fault("target.window_mm", message);
            }
            let mut punctures = 0.0;
            if purpose == Purpose::Plan {
                punctures = course.target.map_or(0.0, |t| t.density_per_cm2 * width * height / 100.0);
            }
            for (number, pass) in zone.passes.iter().enumerate().filter(|_| purpose != Purpose::Plan) {
                // A box turned any way is at most as long and as wide as the diagonal.
                let diagonal = width.hypot(height);
                let lines = diagonal / pass.spacing_mm + 1.0;
                let here = lines * (diagonal / pass.step_mm(&course.device) + 1.0) * needles;
                if here > PUNCTURES_MAX {
                    let message = format!(
                        "would make about {here:.0} punctures; at most {PUNCTURES_MAX} can be simulated: glide faster or space lines wider"
                    );
                    self.fault(format!("{path}.pass[{number}].speed_mm_per_s"), message);
                }
                punctures += here;
            }
            if purpose == Purpose::Check {
                self.at_checking(course, zone, &path, punctures);
            }
            if punctures > PUNCTURES_MAX {
                let message = format!(
                    "would get about {punctures:.0} punctures; at most {PUNCTURES_MAX} can be simulated"
                );
                self.fault(path.clone(), message);
            }
            // Testing a place beside a border takes as long as its row of squares has borders.
            let ground = Ground::new(&zone.polygon, &zone.exclusions, course.device.reach_mm());
            let beside = ground.borders_beside_cut_squares() as f64 * hands;
            if punctures * hands * ground.borders_per_row() as f64 > BORDERS_TESTED_MAX
                || beside > BORDERS_BESIDE_MAX
            {
                let message =
                    "is too intricate for so many punctures; simplify the outline or simulate fewer hands"
                        .into();
                self.fault(format!("{path}.polygon_mm"), message);
            }
            if punctures * hands > PUNCTURES_OF_ALL_HANDS_MAX
                || width * height * hands > AREA_OF_ALL_HANDS_MM2_MAX
            {
                self.fault(
                    "hands",
                    format!("{hands} are too many for {path}; fewer hands, or a smaller zone"),
                );
            }
        }
    }

    /// The checker looks at every border for every puncture and every square.
    fn at_checking(&mut self, course: &Course, zone: &Zone, path: &str, punctures: f64) {
        let (lo, hi) = zone.polygon.bounds();
        let side = course.target.map_or(1.0, |target| target.window_mm);
        let squares = (hi[0] - lo[0]) * (hi[1] - lo[1]) / (side * side);
        let borders =
            std::iter::once(&zone.polygon).chain(&zone.exclusions).map(|p| p.points().len()).sum::<usize>();
        if (punctures + squares) * borders as f64 > 1e9 {
            let message = "is too intricate to check; simplify the outline".to_owned();
            self.fault(format!("{path}.polygon_mm"), message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::Pass;

    fn facts() -> CourseFacts {
        CourseFacts {
            seed: 1,
            hands: 4,
            device: Device { needles_mm: vec![[0.0, 0.0]], strokes_per_s: 100.0, depth_mm_max: 2.5 },
            hand: Hand::default(),
            target: Some(Target { density_per_cm2: 275.0, window_mm: 2.0, cv_max: Some(0.3) }),
            limits: Some(Limits {
                passes_max: 4,
                spacing_mm: [1.0, 4.0],
                speed_mm_per_s: [5.0, 50.0],
                seconds_max: 60.0,
            }),
            zones: vec![ZoneFacts {
                id: "cheek".into(),
                polygon_mm: vec![[0.0, 0.0], [20.0, 0.0], [20.0, 20.0], [0.0, 20.0]],
                exclusions_mm: vec![vec![[5.0, 5.0], [8.0, 5.0], [8.0, 8.0]]],
                depth_mm: 1.0,
                depth_mm_max: 1.5,
                passes: vec![Pass {
                    direction_deg: 0.0,
                    spacing_mm: 1.0,
                    speed_mm_per_s: 20.0,
                    offset_mm: 0.0,
                }],
            }],
        }
    }

    fn paths(change: impl FnOnce(&mut CourseFacts), purpose: Purpose) -> Vec<String> {
        let mut facts = facts();
        change(&mut facts);
        Course::new(facts, purpose).err().unwrap_or_default().into_iter().map(|fault| fault.path).collect()
    }

    #[test]
    fn each_fault_names_its_field() {
        type Change = Box<dyn FnOnce(&mut CourseFacts)>;
        let cases: Vec<(Change, &str)> = vec![
            (Box::new(|f| f.hands = 0), "hands"),
            (Box::new(|f| f.device.needles_mm.clear()), "device.needles_mm"),
            (Box::new(|f| f.device.needles_mm[0][1] = f64::NAN), "device.needles_mm[0][1]"),
            (Box::new(|f| f.device.strokes_per_s = 0.0), "device.strokes_per_s"),
            (Box::new(|f| f.hand.speed_cv = -0.1), "hand.speed_cv"),
            (Box::new(|f| f.hand.angle_sd_deg = f64::INFINITY), "hand.angle_sd_deg"),
            (Box::new(|f| f.zones[0].passes[0].spacing_mm = 0.0), "zone[0].pass[0].spacing_mm"),
            (Box::new(|f| f.zones[0].passes[0].speed_mm_per_s = -1.0), "zone[0].pass[0].speed_mm_per_s"),
            (Box::new(|f| f.zones[0].passes[0].speed_mm_per_s = 0.01), "hands"),
            (Box::new(|f| f.zones[0].passes[0].direction_deg = 1e300), "zone[0].pass[0].direction_deg"),
            (Box::new(|f| f.zones[0].passes.clear()), "zone[0].pass"),
            (Box::new(|f| f.zones.clear()), "zone"),
            (Box::new(|f| f.zones.push(f.zones[0].clone())), "zone[1].id"),
            (Box::new(|f| f.zones[0].polygon_mm[2] = [6.0, 6.0]), "zone[0].exclusions_mm[0]"),
            (Box::new(|f| f.zones[0].polygon_mm.swap(1, 2)), "zone[0].polygon_mm"),
            (Box::new(|f| f.zones[0].exclusions_mm[0][0] = [50.0, 50.0]), "zone[0].exclusions_mm[0]"),
            (
                Box::new(|f| f.zones[0].exclusions_mm[0] = f.zones[0].polygon_mm.clone()),
                "zone[0].exclusions_mm",
            ),
            (Box::new(|f| f.limits.as_mut().unwrap().spacing_mm = [4.0, 1.0]), "limits.spacing_mm"),
            (
                Box::new(|f| {
                    f.target.as_mut().unwrap().window_mm = 0.25;
                    f.zones[0].polygon_mm[2] = [1000.0, 1000.0];
                }),
                "target.window_mm",
            ),
            (Box::new(|f| f.target.as_mut().unwrap().density_per_cm2 = f64::NAN), "target.density_per_cm2"),
        ];
        assert_eq!(paths(|_| (), Purpose::Simulate), Vec::<String>::new());
        for (number, (change, path)) in cases.into_iter().enumerate() {
            let found = paths(
                |facts| {
                    change(facts);
                    if path == "hands" && facts.hands > 0 {
                        facts.hands = 10_000;
                        facts.hand.speed_cv = 0.1;
                        facts.zones[0].passes[0].spacing_mm = 0.5;
                        facts.zones[0].passes[0].speed_mm_per_s = 0.5;
                    }
                },
                Purpose::Simulate,
            );
            assert!(found.iter().any(|found| found == path), "case {number}: {path} not among {found:?}");
        }
    }

    #[test]
    fn each_purpose_needs_its_own_fields() {
        assert_eq!(paths(|f| f.limits = None, Purpose::Plan), ["limits"]);
        assert_eq!(paths(|f| f.target.as_mut().unwrap().cv_max = None, Purpose::Plan), ["target.cv_max"]);
        assert_eq!(paths(|f| f.target = None, Purpose::Check), ["target"]);
        assert_eq!(paths(|f| f.target = None, Purpose::Simulate), Vec::<String>::new());
        assert_eq!(paths(|f| f.zones[0].passes.clear(), Purpose::Plan), Vec::<String>::new());
    }
}
