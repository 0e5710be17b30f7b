//! The largest disc without a puncture that is centred on treated skin.
//!
//! The distance to the nearest puncture changes by at most the way one moves, so a square whose middle is `f` from
//! the nearest puncture holds no place further than `f` plus half its diagonal. The search halves the most promising
//! square again and again until none can beat the best place found by more than [`SLACK_MM`].

use std::{cmp::Ordering, collections::BinaryHeap};

use crate::{ground::Ground, polygon::Point};

/// How much further than the best place found a better one may be, in millimetres. The diameter is reported in the
/// middle of what is possible, so it is within this much of the truth: better than the 0.1 mm promised.
const SLACK_MM: f64 = 0.04;

/// Half the diagonal of a square of a millimetre, and a hair for the rounding of places.
const HALF_DIAGONAL_MM: f64 = std::f64::consts::FRAC_1_SQRT_2 + 2e-3;

/// A square in which the best place may lie.
struct Candidate {
    /// No place in it is further from a puncture than this.
    bound: f64,
    /// From its middle to the nearest puncture, and how far that may be wrong.
    distance: f64,
    within: f64,
    middle: Point,
    half: f64,
    square: usize,
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        // Ties go by place, so that the answer is the same on every run.
        self.bound
            .total_cmp(&other.bound)
            .then(self.half.total_cmp(&other.half).reverse())
            .then(self.middle[1].total_cmp(&other.middle[1]))
            .then(self.middle[0].total_cmp(&other.middle[0]))
    }
}

struct Search<'a> {
    ground: &'a Ground<'a>,
    starts: &'a [usize],
    places: &'a [[f32; 2]],
}

/// The diameter in millimetres; `None` when nothing was punctured.
///
/// Punctures are sorted by square: those of square `i` are `places[starts[i]..starts[i + 1]]`.
pub(crate) fn gap_mm(ground: &Ground<'_>, starts: &[usize], places: &[[f32; 2]]) -> Option<f64> {
    if places.is_empty() {
        return None;
    }
    let search = Search { ground, starts, places };
    let grid = &ground.grid;
    let distances = grid.distances(|square| starts[square + 1] > starts[square]);
    // Where a whole square is treated, its middle is a place that counts.
    let mut best = (0..grid.squares())
        .filter(|&square| ground.is_plain(square))
        .map(|square| f64::from(distances[square]) - HALF_DIAGONAL_MM)
        .fold(0.0, f64::max);
    let mut heap: BinaryHeap<Candidate> = (0..grid.squares())
        .filter(|&square| ground.is_partly_treated(square))
        .filter_map(|square| {
            let distance = f64::from(distances[square]);
            let bound = distance + 2.0 * HALF_DIAGONAL_MM;
            let middle = grid.middle(square);
            (bound > best).then_some(Candidate {
                bound,
                distance,
                within: HALF_DIAGONAL_MM,
                middle,
                half: 0.5,
                square,
            })
        })
        .collect();
    while let Some(candidate) = heap.pop() {
        if candidate.bound <= best + SLACK_MM {
            break;
        }
        search.look_at(&candidate, &mut best, &mut heap);
    }
    Some(2.0 * best + SLACK_MM)
}

impl Search<'_> {
    /// Measures the middle of a square exactly, and puts its quarters back while they may hold something better.
    fn look_at(&self, candidate: &Candidate, best: &mut f64, heap: &mut BinaryHeap<Candidate>) {
        let Candidate { middle, half, square, .. } = *candidate;
        let plain = self.ground.is_plain(square);
        let bordered = !plain && self.ground.border_near(middle, half);
        let treated = plain || (self.ground.in_zone(middle) && !self.ground.in_exclusion(middle));
        if !treated && !bordered {
            return;
        }
        let distance = self.nearest(
            middle,
            candidate.distance - candidate.within,
            candidate.distance + candidate.within,
        );
        if treated {
            *best = best.max(distance);
        }
        let diagonal = half * std::f64::consts::SQRT_2;
        if distance + diagonal <= *best + SLACK_MM || diagonal < SLACK_MM / 4.0 {
            return;
        }
        let (quarter, within) = (half / 2.0, diagonal / 2.0);
        for (right, up) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
            heap.push(Candidate {
                bound: distance + diagonal,
                distance,
                within,
                middle: [middle[0] + right * quarter, middle[1] + up * quarter],
                half: quarter,
                square,
            });
        }
    }

    /// The distance from a place to the nearest puncture, which is known to lie between `from` and `to`: only the
    /// squares of that ring are looked into.
    fn nearest(&self, place: Point, from: f64, to: f64) -> f64 {
        let grid = &self.ground.grid;
        let (x, y) = (place[0] - grid.origin[0], place[1] - grid.origin[1]);
        let (from, to) = (from - 2e-3, to + 2e-3);
        let mut best = f64::INFINITY;
        let rows = (y - to).floor().max(0.0) as usize..=((y + to).floor() as usize).min(grid.ny - 1);
        for row in rows {
            // The nearest and the furthest a place in this row can be, across rows.
            let (low, high) = (row as f64 - y, row as f64 + 1.0 - y);
            let near = if low > 0.0 { low } else { (-high).max(0.0) };
            let far = low.abs().max(high.abs());
            if near > to {
                continue;
            }
            let outer = (to * to - near * near).max(0.0).sqrt();
            let inner = if from > far { (from * from - far * far).sqrt() } else { 0.0 };
            let column = |x: f64| x.floor().clamp(0.0, (grid.nx - 1) as f64) as usize;
            let (left, right) =
                (column(x - outer)..=column(x - inner), column(x + inner)..=column(x + outer));
            let right = (*right.start()).max(left.end() + 1)..=*right.end();
            for columns in [left, right] {
                if columns.is_empty() {
                    continue;
                }
                // Squares of a row lie side by side, and so do their punctures.
                let (first, last) = (row * grid.nx + columns.start(), row * grid.nx + columns.end());
                for &[px, py] in &self.places[self.starts[first]..self.starts[last + 1]] {
                    let (dx, dy) = (f64::from(px) - x, f64::from(py) - y);
                    best = best.min(dx * dx + dy * dy);
                }
            }
        }
        best.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{chance::Chance, glide::Sink, polygon::Polygon, tally::Places};

    fn gap(zone: &Polygon, exclusions: &[Polygon], at: &[Point]) -> Option<f64> {
        let ground = Ground::new(zone, exclusions, 0.0);
        let mut punctures = Places::over(ground.grid, None);
        at.iter().for_each(|&place| punctures.take(place));
        let (starts, places) = punctures.by_square();
        gap_mm(&ground, &starts, &places)
    }

    #[test]
    fn known_gaps_are_found() {
        let zone = Polygon::new(&[[0.0, 0.0], [30.0, 0.0], [30.0, 20.0], [0.0, 20.0]]).unwrap();
        let lattice: Vec<Point> =
            (0..=10).flat_map(|i| (0..=10).map(move |j| [f64::from(i) * 3.0, f64::from(j) * 2.0])).collect();
        let cases: [(&[Point], Option<f64>); 4] = [
            (&[], None),
            (&[[0.0, 0.0]], Some(2.0 * 1300f64.sqrt())),
            (&[[15.0, 10.0]], Some(2.0 * 325f64.sqrt())),
            (&lattice, Some(13f64.sqrt())),
        ];
        for (at, expected) in cases {
            match (gap(&zone, &[], at), expected) {
                (Some(found), Some(expected)) => {
                    assert!((found - expected).abs() <= 0.041, "{found} {expected}")
                }
                (found, expected) => assert_eq!(found, expected),
            }
        }
    }

    #[test]
    fn the_search_agrees_with_trying_many_places() {
        let zone = Polygon::new(&[[0.0, 0.0], [24.0, 3.0], [12.0, 9.0], [25.0, 19.0], [-3.0, 16.0]]).unwrap();
        let exclusions = [Polygon::new(&[[3.0, 8.0], [9.0, 7.0], [8.0, 12.0]]).unwrap()];
        for seed in 0..6 {
            let mut chance = Chance::of(seed, 0, 0);
            let mut at = Vec::new();
            while at.len() < 20 + 60 * seed as usize {
                let place = [-3.0 + 28.0 * chance.unit(), 19.0 * chance.unit()];
                if zone.contains(place) && !exclusions[0].contains(place) {
                    at.push(place);
                }
            }
            let inside = (0..=560)
                .flat_map(|i| (0..=380).map(move |j| [-3.0 + f64::from(i) * 0.05, f64::from(j) * 0.05]));
            let inside = inside.filter(|&place| zone.contains(place) && !exclusions[0].contains(place));
            // Corners are hard to meet by chance, so the borders are tried as well.
            let along = |(a, b): (Point, Point)| {
                (0..=600)
                    .map(move |i| f64::from(i) / 600.0)
                    .map(move |t| [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t])
            };
            let borders = zone.edges().chain(exclusions[0].edges()).flat_map(along);
            let nearest = |place: Point| {
                at.iter().map(|p| (p[0] - place[0]).hypot(p[1] - place[1])).fold(f64::INFINITY, f64::min)
            };
            let widest = inside.chain(borders).map(|place| 2.0 * nearest(place)).fold(0.0, f64::max);
            let found = gap(&zone, &exclusions, &at).unwrap();
            // The tried places are at most 0.036 mm from the best one.
            assert!(found > widest - 0.041 && found < widest + 0.115, "{seed}: {found} {widest}");
        }
    }
}
