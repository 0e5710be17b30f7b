//! Judges passes against every limit, apart from the planner: it looks at the punctures themselves, with its own
//! geometry (winding numbers instead of ray crossings) and its own counts. What it finds in a plan is a bug of the
//! planner; what it finds in passes entered by hand is news.

use std::collections::{HashMap, HashSet};

use crate::{
    course::{Course, Zone},
    polygon::{Point, Polygon},
    simulate::{Stippling, stipple},
};

/// How far the density may be from the target, as a share of it. The practice paper's 250 to 300 per cm² is ± 9 %
/// around its middle [PRIME-2015].
pub const DENSITY_TOLERANCE: f64 = 0.10;

/// Punctures this near a border, in millimetres, may belong to either side.
const ON_BORDER_MM: f64 = 1e-6;

/// One limit that is not kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Breach {
    /// The zone's index.
    pub zone: usize,
    /// The path of the limit: `zone[0].depth_mm_max`.
    pub limit: String,
    /// What it allows.
    pub allowed: f64,
    /// What was found.
    pub found: f64,
    /// The same as a sentence.
    pub message: String,
}

/// Every breach of the course's passes, zone by zone. Figures are means over all hands; where needles fall is looked
/// at for the first hand.
pub fn check(course: &Course) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (index, zone) in course.zones().iter().enumerate() {
        let mut found = Found { zone: index, breaches: &mut breaches };
        found.depth(course, zone);
        found.settings(course, zone);
        let squares = course.target().map(|target| Squares::inside(zone, target.window_mm));
        let mut means = Means::default();
        for hand in 0..course.hands() {
            let Some(stippling) = stipple(course, index, hand) else { continue };
            if hand == 0 {
                found.strays(zone, &stippling.punctures);
            }
            means.add(squares.as_ref(), &stippling);
        }
        found.outcome(course, zone, &means);
    }
    breaches
}

struct Found<'a> {
    zone: usize,
    breaches: &'a mut Vec<Breach>,
}

impl Found<'_> {
    fn breach(&mut self, limit: impl Into<String>, allowed: f64, found: f64, message: String) {
        self.breaches.push(Breach { zone: self.zone, limit: limit.into(), allowed, found, message });
    }

    fn at_most(&mut self, limit: impl Into<String>, what: &str, unit: &str, found: f64, allowed: f64) {
        if found > allowed {
            self.breach(
                limit,
                allowed,
                found,
                format!("{what} is {found:.4}{unit}, and at most {allowed}{unit} is allowed"),
            );
        }
    }

    fn within(&mut self, limit: &str, what: &str, unit: &str, found: f64, [from, to]: [f64; 2]) {
        if found < from || found > to {
            let allowed = if found < from { from } else { to };
            self.breach(
                limit,
                allowed,
                found,
                format!("{what} is {found:.4}{unit}, and must be from {from} to {to}{unit}"),
            );
        }
    }

    fn depth(&mut self, course: &Course, zone: &Zone) {
        self.at_most("device.depth_mm_max", "the depth", " mm", zone.depth_mm, course.device().depth_mm_max);
        self.at_most(
            format!("zone[{}].depth_mm_max", self.zone),
            "the depth",
            " mm",
            zone.depth_mm,
            zone.depth_mm_max,
        );
    }

    fn settings(&mut self, course: &Course, zone: &Zone) {
        let Some(limits) = course.limits() else { return };
        let passes = zone.passes.len() as f64;
        self.at_most("limits.passes_max", "the number of passes", "", passes, limits.passes_max as f64);
        for (number, pass) in zone.passes.iter().enumerate() {
            let what = |field: &str| format!("zone[{}].pass[{number}].{field}", self.zone);
            let (spacing, speed) = (what("spacing_mm"), what("speed_mm_per_s"));
            self.within("limits.spacing_mm", &spacing, " mm", pass.spacing_mm, limits.spacing_mm);
            self.within("limits.speed_mm_per_s", &speed, " mm/s", pass.speed_mm_per_s, limits.speed_mm_per_s);
        }
    }

    fn strays(&mut self, zone: &Zone, punctures: &[Point]) {
        let outline = Outline::of(&zone.polygon);
        let outside = punctures.iter().filter(|&&place| !outline.holds(place, true)).count();
        if outside > 0 {
            let limit = format!("zone[{}].polygon_mm", self.zone);
            self.breach(limit, 0.0, outside as f64, format!("{outside} punctures fall outside the zone"));
        }
        for (number, exclusion) in zone.exclusions.iter().enumerate() {
            let outline = Outline::of(exclusion);
            let inside = punctures.iter().filter(|&&place| outline.holds(place, false)).count();
            if inside > 0 {
                let limit = format!("zone[{}].exclusions_mm[{number}]", self.zone);
                self.breach(limit, 0.0, inside as f64, format!("{inside} punctures fall into the exclusion"));
            }
        }
    }

    fn outcome(&mut self, course: &Course, zone: &Zone, means: &Means) {
        let hands = means.hands.max(1.0);
        if let Some(limits) = course.limits() {
            let seconds = means.strikes / hands / course.device().strokes_per_s;
            self.at_most("limits.seconds_max", "the time", " s", seconds, limits.seconds_max);
        }
        let Some(target) = course.target() else { return };
        let density = means.punctures / hands / (zone.area_mm2 / 100.0);
        let (from, to) = (1.0 - DENSITY_TOLERANCE, 1.0 + DENSITY_TOLERANCE);
        let range = [target.density_per_cm2 * from, target.density_per_cm2 * to];
        self.within("target.density_per_cm2", "the density", " per cm²", density, range);
        if let (Some(cv_max), true) = (target.cv_max, means.judged > 0.0) {
            let what = format!("the coefficient of variation in squares of {} mm", target.window_mm);
            self.at_most("target.cv_max", &what, "", means.cv / means.judged, cv_max);
        }
    }
}

#[derive(Default)]
struct Means {
    hands: f64,
    strikes: f64,
    punctures: f64,
    /// Of the hands whose evenness can be told.
    cv: f64,
    judged: f64,
}

impl Means {
    fn add(&mut self, squares: Option<&Squares>, stippling: &Stippling) {
        self.hands += 1.0;
        self.strikes += stippling.strikes as f64;
        self.punctures += stippling.punctures.len() as f64;
        if let Some(cv) = squares.and_then(|squares| squares.variation(&stippling.punctures)) {
            self.cv += cv;
            self.judged += 1.0;
        }
    }
}

/// The most rows an outline is cut into, which bounds the memory of one with many long edges.
const ROWS_MAX: usize = 256;

/// A polygon cut into rows, so that a place is compared only with the edges at its height.
struct Outline {
    edges: Vec<(Point, Point)>,
    lo: f64,
    row_mm: f64,
    /// For every row the edges that reach into it.
    rows: Vec<Vec<u32>>,
}

impl Outline {
    fn of(polygon: &Polygon) -> Self {
        let (lo, hi) = polygon.bounds();
        let edges: Vec<(Point, Point)> = polygon.edges().collect();
        let mut rows = vec![Vec::new(); edges.len().min(ROWS_MAX)];
        let row_mm = (hi[1] - lo[1]) / rows.len() as f64;
        let mut outline = Self { edges, lo: lo[1], row_mm, rows: Vec::new() };
        for (index, (a, b)) in outline.edges.iter().enumerate() {
            let (from, to) = (a[1].min(b[1]) - ON_BORDER_MM, a[1].max(b[1]) + ON_BORDER_MM);
            let (first, last) = (outline.row(from, rows.len()), outline.row(to, rows.len()));
            rows[first..=last].iter_mut().for_each(|row| row.push(index as u32));
        }
        outline.rows = rows;
        outline
    }

    /// The row of a height; heights beyond the outline count to the nearest.
    fn row(&self, y: f64, count: usize) -> usize {
        (((y - self.lo) / self.row_mm).max(0.0) as usize).min(count - 1)
    }

    /// Whether a place lies inside, by how often the outline winds around it; a place on the border counts as
    /// `on_border` says.
    fn holds(&self, [x, y]: Point, on_border: bool) -> bool {
        let mut winding = 0;
        for &index in &self.rows[self.row(y, self.rows.len())] {
            let (a, b) = self.edges[index as usize];
            let near = |axis: usize, value: f64| {
                value >= a[axis].min(b[axis]) - ON_BORDER_MM && value <= a[axis].max(b[axis]) + ON_BORDER_MM
            };
            let cross = (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]);
            if near(0, x) && near(1, y) && cross.abs() <= ON_BORDER_MM * (b[0] - a[0]).hypot(b[1] - a[1]) {
                return on_border;
            }
            if a[1] <= y && b[1] > y && cross > 0.0 {
                winding += 1;
            } else if b[1] <= y && a[1] > y && cross < 0.0 {
                winding -= 1;
            }
        }
        winding != 0
    }
}

/// The squares of one side that lie wholly inside a zone, by column and row from its smallest x and y.
struct Squares {
    lo: Point,
    side: f64,
    /// A square's place among the counts.
    inside: HashMap<(i64, i64), usize>,
}

impl Squares {
    fn inside(zone: &Zone, side: f64) -> Self {
        let (lo, hi) = zone.polygon.bounds();
        let whole = |from: f64, to: f64| ((to - from) / side + 1e-9).floor() as i64;
        let mut cut = HashSet::new();
        for polygon in std::iter::once(&zone.polygon).chain(&zone.exclusions) {
            for (a, b) in polygon.edges() {
                walk(a, b, lo, side, |square| {
                    cut.insert(square);
                });
            }
        }
        let outline = Outline::of(&zone.polygon);
        let exclusions: Vec<Outline> = zone.exclusions.iter().map(Outline::of).collect();
        let mut inside = HashMap::new();
        for column in 0..whole(lo[0], hi[0]) {
            for row in 0..whole(lo[1], hi[1]) {
                let middle = [lo[0] + (column as f64 + 0.5) * side, lo[1] + (row as f64 + 0.5) * side];
                if !cut.contains(&(column, row))
                    && outline.holds(middle, false)
                    && !exclusions.iter().any(|exclusion| exclusion.holds(middle, true))
                {
                    inside.insert((column, row), inside.len());
                }
            }
        }
        Self { lo, side, inside }
    }

    /// Standard deviation over mean of the counts, population form; `None` without squares or punctures.
    fn variation(&self, punctures: &[Point]) -> Option<f64> {
        let index =
            |place: &Point, axis: usize| ((place[axis] - self.lo[axis] + 1e-9) / self.side).floor() as i64;
        let mut counts = vec![0.0f64; self.inside.len()];
        for place in punctures {
            if let Some(&slot) = self.inside.get(&(index(place, 0), index(place, 1))) {
                counts[slot] += 1.0;
            }
        }
        let n = counts.len() as f64;
        let mean = counts.iter().sum::<f64>() / n;
        let spread: f64 = counts.iter().map(|count| (count - mean).powi(2)).sum();
        (mean > 0.0).then(|| (spread / n).sqrt() / mean)
    }
}

/// Visits every square whose inside a segment runs through: the segment is cut wherever it crosses a line of the
/// grid, and each piece lies in the square of its middle, unless it runs along a line.
fn walk(a: Point, b: Point, lo: Point, side: f64, mut visit: impl FnMut((i64, i64))) {
    let mut cuts = vec![0.0, 1.0];
    for axis in 0..2 {
        let (from, to) = ((a[axis] - lo[axis]) / side, (b[axis] - lo[axis]) / side);
        let (low, high) = (from.min(to).ceil() as i64, from.max(to).floor() as i64);
        if from != to {
            cuts.extend((low..=high).map(|line| (line as f64 - from) / (to - from)));
        }
    }
    cuts.sort_by(f64::total_cmp);
    for pair in cuts.windows(2) {
        let share = f64::midpoint(pair[0], pair[1]);
        let at = |axis: usize| (a[axis] + (b[axis] - a[axis]) * share - lo[axis]) / side;
        let (x, y) = (at(0), at(1));
        let along = |value: f64| (value - value.round()).abs() < 1e-9;
        if pair[1] - pair[0] > 1e-12 && !along(x) && !along(y) {
            visit((x.floor() as i64, y.floor() as i64));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_winding_tells_inside_from_outside_and_border() {
        let polygon = Polygon::new(&[[0.0, 0.0], [6.0, 0.0], [3.0, 2.0], [6.0, 6.0], [0.0, 6.0]]).unwrap();
        let outline = Outline::of(&polygon);
        let cases = [
            ([1.0, 1.0], true),
            ([5.0, 3.0], false),
            ([-1.0, 3.0], false),
            ([2.9, 2.0], true),
            ([3.1, 2.0], false),
        ];
        for (place, inside) in cases {
            assert_eq!(outline.holds(place, false), inside, "{place:?}");
            assert_eq!(outline.holds(place, true), inside, "{place:?}");
        }
        for place in [[0.0, 3.0], [3.0, 2.0], [4.5, 1.0], [6.0, 0.0]] {
            assert!(outline.holds(place, true) && !outline.holds(place, false), "{place:?}");
        }
    }

    #[test]
    fn strays_are_counted() {
        let square =
            |from: f64, to: f64| Polygon::new(&[[from, from], [to, from], [to, to], [from, to]]).unwrap();
        let zone = Zone {
            id: "z".into(),
            polygon: square(0.0, 10.0),
            exclusions: vec![square(4.0, 6.0)],
            area_mm2: 96.0,
            depth_mm: 1.0,
            depth_mm_max: 1.0,
            passes: Vec::new(),
        };
        let mut breaches = Vec::new();
        let at = [[1.0, 1.0], [5.0, 5.0], [4.0, 5.0], [10.0, 3.0], [10.1, 3.0], [-0.1, 11.0]];
        Found { zone: 0, breaches: &mut breaches }.strays(&zone, &at);
        let found: Vec<(&str, f64)> =
            breaches.iter().map(|breach| (breach.limit.as_str(), breach.found)).collect();
        assert_eq!(found, [("zone[0].polygon_mm", 2.0), ("zone[0].exclusions_mm[0]", 1.0)]);
    }
}
