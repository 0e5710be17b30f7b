//! Simple polygons in millimetres: read with care, measured exactly.
//!
//! Knows nothing about zones, pens or files.

use std::fmt;

/// A place on the skin in millimetres: x to the patient's left, y up.
pub type Point = [f64; 2];

/// The most vertices one zone may have, its exclusions included.
pub const VERTICES_MAX: usize = 10_000;

/// The furthest a coordinate may lie from the origin, in millimetres.
pub const COORDINATE_MM_MAX: f64 = 1_000.0;

/// Two places nearer than this, in millimetres, are the same place: far above rounding, far below any needle.
pub(crate) const SAME_MM: f64 = 1e-9;

/// The smallest area a polygon may have, in square millimetres.
const AREA_MM2_MIN: f64 = 1e-6;

/// A polygon that does not touch or cross itself and has an area. Its first vertex is not repeated at the end.
#[derive(Debug, Clone, PartialEq)]
pub struct Polygon {
    points: Vec<Point>,
}

/// Why a list of points is not a polygon we can work with. Indices count the points as given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PolygonFault {
    /// Fewer than three different points.
    TooFew,
    /// More than [`VERTICES_MAX`] points.
    TooMany(usize),
    /// A coordinate is NaN, infinite or further than [`COORDINATE_MM_MAX`] from the origin: point, axis.
    Coordinate(usize, usize),
    /// The area is zero.
    NoArea,
    /// The edges that begin at these two points touch or cross.
    Crosses(usize, usize),
}

impl fmt::Display for PolygonFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew => f.write_str("needs at least three different points"),
            Self::TooMany(count) => {
                write!(f, "has {count} points; at most {VERTICES_MAX} can be used, so simplify the outline")
            }
            Self::Coordinate(..) => {
                write!(f, "must be a number of millimetres from -{COORDINATE_MM_MAX} to {COORDINATE_MM_MAX}")
            }
            Self::NoArea => f.write_str("encloses no area; list the corners in order around the outline"),
            Self::Crosses(a, b) => write!(
                f,
                "touches or crosses itself: the edges from points {a} and {b} meet; list the corners in order around \
                 the outline"
            ),
        }
    }
}

impl Polygon {
    /// Reads corners in order around the outline, either way round; a first point repeated at the end, or a point
    /// repeated at once, is dropped.
    pub fn new(given: &[Point]) -> Result<Self, PolygonFault> {
        if given.len() > VERTICES_MAX + 1 {
            return Err(PolygonFault::TooMany(given.len()));
        }
        for (index, point) in given.iter().enumerate() {
            if let Some(axis) =
                point.iter().position(|value| value.is_nan() || value.abs() > COORDINATE_MM_MAX)
            {
                return Err(PolygonFault::Coordinate(index, axis));
            }
        }
        let mut points: Vec<Point> = Vec::with_capacity(given.len());
        let mut indices = Vec::with_capacity(given.len());
        for (index, &point) in given.iter().enumerate() {
            if points.last() != Some(&point) {
                points.push(point);
                indices.push(index);
            }
        }
        while points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        if points.len() > VERTICES_MAX {
            return Err(PolygonFault::TooMany(points.len()));
        }
        if points.len() < 3 {
            return Err(PolygonFault::TooFew);
        }
        if collinear(&points) {
            return Err(PolygonFault::NoArea);
        }
        let polygon = Self { points };
        if let Some((a, b)) = polygon.self_crossing() {
            return Err(PolygonFault::Crosses(indices[a.min(b)], indices[a.max(b)]));
        }
        if polygon.area_mm2() < AREA_MM2_MIN { Err(PolygonFault::NoArea) } else { Ok(polygon) }
    }

    /// The corners in order.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// The edges, each from a corner to the next.
    pub(crate) fn edges(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        let next = self.points.iter().cycle().skip(1);
        self.points.iter().copied().zip(next.copied())
    }

    /// The area in square millimetres.
    pub fn area_mm2(&self) -> f64 {
        // Taken from the first corner, so that a small outline far from the origin loses no digits.
        let [ox, oy] = self.points[0];
        let twice: f64 =
            self.edges().map(|(a, b)| (a[0] - ox) * (b[1] - oy) - (b[0] - ox) * (a[1] - oy)).sum();
        twice.abs() / 2.0
    }

    /// The smallest and the largest x and y.
    pub fn bounds(&self) -> (Point, Point) {
        self.points.iter().fold(([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]), |(lo, hi), p| {
            ([lo[0].min(p[0]), lo[1].min(p[1])], [hi[0].max(p[0]), hi[1].max(p[1])])
        })
    }

    /// Whether a place lies inside, by counting the edges to its right. A left or lower border belongs to the
    /// polygon, a right or upper one does not, so polygons laid side by side share no place.
    pub fn contains(&self, [x, y]: Point) -> bool {
        self.edges().fold(false, |inside, (a, b)| inside ^ crosses_ray(a, b, x, y))
    }

    fn touches_border(&self, point: Point) -> bool {
        self.edges().any(|(a, b)| distance_to_segment(point, a, b) <= SAME_MM)
    }

    /// Whether no part of `inner` lies outside; borders may be shared.
    pub(crate) fn covers(&self, inner: &Self) -> bool {
        let held = |point: Point| self.contains(point) || self.touches_border(point);
        inner.edges().all(|(a, b)| held(a) && held([f64::midpoint(a[0], b[0]), f64::midpoint(a[1], b[1])]))
            && !self.edges_cut(inner)
    }

    /// Whether the insides of two polygons share any place.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let ((alo, ahi), (blo, bhi)) = (self.bounds(), other.bounds());
        let apart = (0..2).any(|axis| ahi[axis] <= blo[axis] || bhi[axis] <= alo[axis]);
        let within = |outer: &Self, inner: &Self| {
            inner.points.iter().any(|&p| outer.contains(p) && !outer.touches_border(p))
        };
        !apart && (self.edges_cut(other) || within(self, other) || within(other, self) || self.covers(other))
    }

    fn edges_cut(&self, other: &Self) -> bool {
        other.edges().any(|(c, d)| self.edges().any(|(a, b)| cut_at(a, b, c, d).is_some()))
    }

    /// Two edges that meet where they should not. Edges are sorted by their left end, so that only those side by
    /// side are compared.
    fn self_crossing(&self) -> Option<(usize, usize)> {
        let n = self.points.len();
        let edge = |i: usize| (self.points[i], self.points[(i + 1) % n]);
        let mut order: Vec<usize> = (0..n).collect();
        let left = |i: usize| edge(i).0[0].min(edge(i).1[0]);
        order.sort_by(|&i, &j| left(i).total_cmp(&left(j)));
        for (place, &i) in order.iter().enumerate() {
            let (a, b) = edge(i);
            let (right, low, high) = (a[0].max(b[0]), a[1].min(b[1]), a[1].max(b[1]));
            for &j in &order[place + 1..] {
                if left(j) > right {
                    break;
                }
                let (c, d) = edge(j);
                if c[1].min(d[1]) > high || c[1].max(d[1]) < low {
                    continue;
                }
                let meets = if (i + 1) % n == j {
                    folds_back(a, b, d)
                } else if (j + 1) % n == i {
                    folds_back(c, d, b)
                } else {
                    touch(a, b, c, d)
                };
                if meets {
                    return Some((i, j));
                }
            }
        }
        None
    }
}

/// Whether an edge crosses the ray from a place to the right (even-odd rule, lower end included).
#[inline]
pub(crate) fn crosses_ray(a: Point, b: Point, x: f64, y: f64) -> bool {
    (a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]
}

fn cross(a: Point, b: Point, c: Point) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// Whether all points lie on one line, so that an outline of them has no inside.
fn collinear(points: &[Point]) -> bool {
    let first = points[0];
    let far = |p: &Point| (p[0] - first[0]).hypot(p[1] - first[1]);
    let end = points.iter().max_by(|a, b| far(a).total_cmp(&far(b))).copied().unwrap_or(first);
    let length = far(&end);
    length == 0.0 || points.iter().all(|&p| cross(first, end, p).abs() / length <= SAME_MM)
}

/// Whether the way a, b, c turns straight back at b.
fn folds_back(a: Point, b: Point, c: Point) -> bool {
    let along = (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]);
    cross(a, b, c) == 0.0 && along < 0.0
}

/// Whether two segments share a point.
fn touch(a: Point, b: Point, c: Point, d: Point) -> bool {
    let (abc, abd, cda, cdb) = (cross(a, b, c), cross(a, b, d), cross(c, d, a), cross(c, d, b));
    let within = |p: Point, q: Point, r: Point| {
        (0..2).all(|axis| r[axis] >= p[axis].min(q[axis]) && r[axis] <= p[axis].max(q[axis]))
    };
    ((abc > 0.0) != (abd > 0.0)
        && (cda > 0.0) != (cdb > 0.0)
        && abc != 0.0
        && abd != 0.0
        && cda != 0.0
        && cdb != 0.0)
        || (abc == 0.0 && within(a, b, c))
        || (abd == 0.0 && within(a, b, d))
        || (cda == 0.0 && within(c, d, a))
        || (cdb == 0.0 && within(c, d, b))
}

/// The height y at which two segments cut through each other; touching is no cut.
fn cut_at(a: Point, b: Point, c: Point, d: Point) -> Option<f64> {
    let far = |p: Point, q: Point, r: Point| cross(p, q, r) / (q[0] - p[0]).hypot(q[1] - p[1]);
    let (c_off, d_off, a_off, b_off) = (far(a, b, c), far(a, b, d), far(c, d, a), far(c, d, b));
    let apart = |m: f64, n: f64| m.abs() > SAME_MM && n.abs() > SAME_MM && (m > 0.0) != (n > 0.0);
    (apart(c_off, d_off) && apart(a_off, b_off)).then(|| c[1] + (d[1] - c[1]) * c_off / (c_off - d_off))
}

fn distance_to_segment(p: Point, a: Point, b: Point) -> f64 {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let along = (((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    (p[0] - a[0] - along * dx).hypot(p[1] - a[1] - along * dy)
}

/// The area that several polygons cover together, in square millimetres; `None` when they cut each other so often
/// (more than [`VERTICES_MAX`] times) that it would take too long.
///
/// Exact: between two successive heights at which a corner lies or two outlines cut, the covered length is linear
/// in the height, so its value half-way times the height difference is the area of the slice.
pub(crate) fn union_area_mm2(polygons: &[Polygon]) -> Option<f64> {
    let mixed: Vec<usize> = (0..polygons.len())
        .filter(|&i| (0..polygons.len()).any(|j| i != j && polygons[i].overlaps(&polygons[j])))
        .collect();
    let alone: f64 = (0..polygons.len()).filter(|i| !mixed.contains(i)).map(|i| polygons[i].area_mm2()).sum();
    let mut heights: Vec<f64> = Vec::new();
    for (place, &i) in mixed.iter().enumerate() {
        heights.extend(polygons[i].points.iter().map(|p| p[1]));
        let crowded = heights.len();
        for &j in &mixed[place + 1..] {
            for (a, b) in polygons[i].edges() {
                heights.extend(polygons[j].edges().filter_map(|(c, d)| cut_at(a, b, c, d)));
                if heights.len() > crowded + VERTICES_MAX {
                    return None;
                }
            }
        }
    }
    if heights.len() > 2 * VERTICES_MAX {
        return None;
    }
    heights.sort_by(f64::total_cmp);
    let slices = heights.windows(2).filter(|slice| slice[1] > slice[0]);
    let together: f64 = slices
        .map(|slice| {
            let y = f64::midpoint(slice[0], slice[1]);
            covered_length(mixed.iter().map(|&i| &polygons[i]), y) * (slice[1] - slice[0])
        })
        .sum();
    Some(alone + together)
}

/// How much of the horizontal line at height `y` lies in any of the polygons.
fn covered_length<'a>(polygons: impl Iterator<Item = &'a Polygon>, y: f64) -> f64 {
    let mut spans: Vec<(f64, f64)> = Vec::new();
    for polygon in polygons {
        let mut xs: Vec<f64> = polygon
            .edges()
            .filter(|(a, b)| (a[1] > y) != (b[1] > y))
            .map(|(a, b)| (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0])
            .collect();
        xs.sort_by(f64::total_cmp);
        spans.extend(xs.chunks_exact(2).map(|pair| (pair[0], pair[1])));
    }
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut total, mut reached) = (0.0, f64::NEG_INFINITY);
    for (from, to) in spans {
        total += (to - from.max(reached)).max(0.0);
        reached = reached.max(to);
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rectangle(x: f64, y: f64, width: f64, height: f64) -> Polygon {
        Polygon::new(&[[x, y], [x + width, y], [x + width, y + height], [x, y + height]]).unwrap()
    }

    #[test]
    fn what_is_no_polygon_is_refused_with_its_reason() {
        let cases: [(&[Point], PolygonFault); 9] = [
            (&[], PolygonFault::TooFew),
            (&[[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]], PolygonFault::TooFew),
            (&[[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]], PolygonFault::NoArea),
            (&[[0.0, 0.0], [5.0, 0.0], [5.0, f64::NAN]], PolygonFault::Coordinate(2, 1)),
            (&[[0.0, 0.0], [f64::INFINITY, 0.0], [5.0, 1.0]], PolygonFault::Coordinate(1, 0)),
            (&[[0.0, 0.0], [1000.1, 0.0], [5.0, 1.0]], PolygonFault::Coordinate(1, 0)),
            (&[[0.0, 0.0], [4.0, 4.0], [4.0, 0.0], [0.0, 4.0]], PolygonFault::Crosses(0, 2)),
            // A spike: out along the base and straight back.
            (&[[0.0, 0.0], [6.0, 0.0], [4.0, 0.0], [4.0, 4.0]], PolygonFault::Crosses(0, 1)),
            // A corner that touches another edge.
            (&[[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [2.0, 0.0], [0.0, 4.0]], PolygonFault::Crosses(0, 3)),
        ];
        for (points, fault) in cases {
            assert_eq!(Polygon::new(points), Err(fault), "{points:?}");
        }
        let many: Vec<Point> = (0..100_000).map(|i| [f64::from(i) * 0.001, f64::from(i % 2)]).collect();
        assert_eq!(Polygon::new(&many), Err(PolygonFault::TooMany(100_000)));
    }

    #[test]
    fn repeated_points_are_dropped_and_both_ways_round_are_one() {
        let open = Polygon::new(&[[0.0, 0.0], [4.0, 0.0], [4.0, 3.0]]).unwrap();
        let closed = Polygon::new(&[[0.0, 0.0], [4.0, 0.0], [4.0, 0.0], [4.0, 3.0], [0.0, 0.0]]).unwrap();
        let turned = Polygon::new(&[[4.0, 3.0], [4.0, 0.0], [0.0, 0.0]]).unwrap();
        assert_eq!(open, closed);
        assert_eq!((open.area_mm2(), turned.area_mm2()), (6.0, 6.0));
    }

    #[test]
    fn left_and_lower_borders_belong_to_the_polygon() {
        let square = rectangle(0.0, 0.0, 2.0, 2.0);
        let cases = [
            ([0.0, 0.0], true),
            ([0.0, 1.0], true),
            ([1.0, 0.0], true),
            ([2.0, 1.0], false),
            ([1.0, 2.0], false),
        ];
        for (point, inside) in cases {
            assert_eq!(square.contains(point), inside, "{point:?}");
        }
    }

    #[test]
    fn covering_allows_a_shared_border_and_refuses_a_hair_outside() {
        let outer = Polygon::new(&[[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [5.0, 4.0], [0.0, 10.0]]).unwrap();
        assert!(outer.covers(&rectangle(0.0, 0.0, 2.0, 2.0)));
        assert!(!outer.covers(&rectangle(-0.001, 0.0, 2.0, 2.0)));
        assert!(!outer.covers(&rectangle(20.0, 0.0, 2.0, 2.0)));
        // All corners inside, but the notch is bridged.
        assert!(!outer.covers(&rectangle(1.0, 1.0, 8.0, 5.0)));
    }

    #[test]
    fn a_union_counts_what_is_shared_once() {
        let cross = [rectangle(0.0, 4.0, 10.0, 2.0), rectangle(4.0, 0.0, 2.0, 10.0)];
        assert!((union_area_mm2(&cross).unwrap() - 36.0).abs() < 1e-9);
        let apart = [rectangle(0.0, 0.0, 1.0, 1.0), rectangle(1.0, 0.0, 1.0, 1.0)];
        assert_eq!(union_area_mm2(&apart), Some(2.0));
        let same = [rectangle(0.0, 0.0, 3.0, 1.0), rectangle(0.0, 0.0, 3.0, 1.0)];
        assert!((union_area_mm2(&same).unwrap() - 3.0).abs() < 1e-12);
        let nested = [rectangle(0.0, 0.0, 3.0, 3.0), rectangle(1.0, 1.0, 1.0, 1.0)];
        assert!((union_area_mm2(&nested).unwrap() - 9.0).abs() < 1e-12);
    }
}
