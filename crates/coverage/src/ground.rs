//! The ground under the pen: one zone laid out in squares of a millimetre, so that most places need no geometry.
//!
//! A square is plain (wholly inside the zone, clear of exclusions), open (plain, and so is everything a tip centred
//! in it can reach), cut by a border, or out. Only places in cut squares are tested against the borders themselves.

use crate::{
    polygon::{Point, Polygon, crosses_ray},
    raster::{Grid, Lies},
};

const ZONE_IN: u8 = 1;
const ZONE_CUT: u8 = 2;
const EXCLUDED_IN: u8 = 4;
const EXCLUDED_CUT: u8 = 8;
const OPEN: u8 = 16;

/// The side of a square in millimetres; windows of whole millimetres are put together from these.
const SIDE_MM: f64 = 1.0;

#[derive(Debug, Clone, Copy)]
struct Border {
    from: Point,
    to: Point,
    /// 0 is the zone's outline, 1 and up its exclusions.
    polygon: u32,
}

/// A zone, its exclusions and the reach of a tip, ready to be needled.
#[derive(Debug)]
pub(crate) struct Ground<'a> {
    pub(crate) zone: &'a Polygon,
    pub(crate) exclusions: &'a [Polygon],
    /// Squares of a millimetre, one more on each side than the zone needs; the zone's smallest x and y lie at the
    /// corner of square (1, 1).
    pub(crate) grid: Grid,
    squares: Vec<u8>,
    borders: Vec<Border>,
    /// For every row the borders that reach into it: `of_row[row_start[r]..row_start[r + 1]]`.
    row_start: Vec<usize>,
    of_row: Vec<u32>,
}

impl<'a> Ground<'a> {
    /// Lays out a zone for a tip whose furthest needle is `reach_mm` from its centre.
    pub(crate) fn new(zone: &'a Polygon, exclusions: &'a [Polygon], reach_mm: f64) -> Self {
        let (lo, hi) = zone.bounds();
        let grid = Grid::over(lo, hi, SIDE_MM).padded();
        let mut squares = vec![0u8; grid.squares()];
        grid.lay_over(zone, |square, lies| {
            squares[square] |= if lies == Lies::Inside { ZONE_IN } else { ZONE_CUT };
        });
        for exclusion in exclusions {
            grid.lay_over(exclusion, |square, lies| {
                squares[square] |= if lies == Lies::Inside { EXCLUDED_IN } else { EXCLUDED_CUT };
            });
        }
        let distances = grid.distances(|square| squares[square] != ZONE_IN);
        // From any place in a square to any place in another it is at most a diagonal less than between middles.
        let clear = (reach_mm + 1e-3) / SIDE_MM + std::f64::consts::SQRT_2;
        for (square, &distance) in squares.iter_mut().zip(&distances) {
            if f64::from(distance) > clear {
                *square |= OPEN;
            }
        }
        let outlines = std::iter::once(zone).chain(exclusions).enumerate();
        let borders: Vec<Border> = outlines
            .flat_map(|(index, polygon)| {
                polygon.edges().map(move |(from, to)| Border { from, to, polygon: index as u32 })
            })
            .collect();
        let (row_start, of_row) = rows_of(&borders, &grid);
        Self { zone, exclusions, grid, squares, borders, row_start, of_row }
    }

    /// The mean number of borders a row holds, which is what testing one place in a cut square costs.
    pub(crate) fn borders_per_row(&self) -> usize {
        self.of_row.len() / self.grid.ny + 1
    }

    /// How many borders are looked at when one place in every cut square is tested.
    pub(crate) fn borders_beside_cut_squares(&self) -> usize {
        let rows = self.squares.chunks_exact(self.grid.nx).enumerate();
        rows.map(|(row, squares)| {
            let cut = squares.iter().filter(|&flags| flags & (ZONE_CUT | EXCLUDED_CUT) != 0).count();
            cut * (self.row_start[row + 1] - self.row_start[row])
        })
        .sum()
    }

    #[inline]
    fn square(&self, place: Point) -> (usize, u8) {
        self.grid.square_at(place).map_or((0, 0), |square| (square, self.squares[square]))
    }

    /// Whether a tip centred here strikes with all its needles inside the zone and clear of exclusions, without
    /// further testing.
    #[inline]
    pub(crate) fn is_open(&self, place: Point) -> bool {
        self.square(place).1 & OPEN != 0
    }

    /// Whether a place lies inside the zone's outline.
    #[inline]
    pub(crate) fn in_zone(&self, place: Point) -> bool {
        let (square, flags) = self.square(place);
        flags & ZONE_IN != 0 || (flags & ZONE_CUT != 0 && self.odd_crossings(square, place, true))
    }

    /// Whether a place lies inside any exclusion.
    #[inline]
    pub(crate) fn in_exclusion(&self, place: Point) -> bool {
        let (square, flags) = self.square(place);
        flags & EXCLUDED_IN != 0 || (flags & EXCLUDED_CUT != 0 && self.odd_crossings(square, place, false))
    }

    /// Whether a square lies wholly inside the zone and shares no more than a border with any exclusion.
    pub(crate) fn is_plain(&self, square: usize) -> bool {
        self.squares[square] & !OPEN == ZONE_IN
    }

    /// Whether a square may hold a place that can be needled.
    pub(crate) fn is_partly_treated(&self, square: usize) -> bool {
        let flags = self.squares[square];
        flags & (ZONE_IN | ZONE_CUT) != 0 && flags & EXCLUDED_IN == 0
    }

    /// Whether any border runs through the upright square with this middle and half side.
    pub(crate) fn border_near(&self, [x, y]: Point, half: f64) -> bool {
        let row =
            |y: f64| ((y - self.grid.origin[1]) / SIDE_MM).clamp(0.0, (self.grid.ny - 1) as f64) as usize;
        (row(y - half)..=row(y + half))
            .any(|row| self.row(row).any(|border| segment_meets_square(border.from, border.to, [x, y], half)))
    }

    fn row(&self, row: usize) -> impl Iterator<Item = &Border> {
        self.of_row[self.row_start[row]..self.row_start[row + 1]]
            .iter()
            .map(|&index| &self.borders[index as usize])
    }

    /// Whether the number of borders to the right of a place is odd for the zone (or for any one exclusion).
    fn odd_crossings(&self, square: usize, [x, y]: Point, of_zone: bool) -> bool {
        let (mut odd, mut polygon) = (false, 0);
        for border in self.row(square / self.grid.nx) {
            if (border.polygon == 0) != of_zone {
                continue;
            }
            if border.polygon != polygon {
                if odd {
                    return true;
                }
                polygon = border.polygon;
            }
            odd ^= crosses_ray(border.from, border.to, x, y);
        }
        odd
    }
}

fn rows_of(borders: &[Border], grid: &Grid) -> (Vec<usize>, Vec<u32>) {
    let row = |y: f64| ((y - grid.origin[1]) / SIDE_MM).clamp(0.0, (grid.ny - 1) as f64) as usize;
    // A hair more than it spans, so that rounding never hides a border from the row it belongs to.
    let rows = |border: &Border| {
        let (a, b) = (border.from[1], border.to[1]);
        row(a.min(b) - 1e-6)..=row(a.max(b) + 1e-6)
    };
    let mut row_start = vec![0usize; grid.ny + 1];
    for border in borders {
        for row in rows(border) {
            row_start[row + 1] += 1;
        }
    }
    for row in 0..grid.ny {
        row_start[row + 1] += row_start[row];
    }
    let mut next = row_start.clone();
    let mut of_row = vec![0u32; row_start[grid.ny]];
    for (index, border) in borders.iter().enumerate() {
        for row in rows(border) {
            of_row[next[row]] = index as u32;
            next[row] += 1;
        }
    }
    (row_start, of_row)
}

/// Whether a segment shares a place with an upright square (Liang and Barsky's clipping).
fn segment_meets_square(a: Point, b: Point, middle: Point, half: f64) -> bool {
    let (mut from, mut to) = (0.0f64, 1.0f64);
    for axis in 0..2 {
        let (step, lo, hi) = (b[axis] - a[axis], middle[axis] - half, middle[axis] + half);
        if step == 0.0 {
            if a[axis] < lo || a[axis] > hi {
                return false;
            }
            continue;
        }
        let (p, q) = ((lo - a[axis]) / step, (hi - a[axis]) / step);
        from = from.max(p.min(q));
        to = to.min(p.max(q));
    }
    from <= to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_and_borders_agree_with_the_polygon_itself() {
        let zone =
            Polygon::new(&[[0.3, 0.1], [19.7, 2.2], [14.0, 9.0], [21.0, 17.5], [2.0, 14.4], [6.0, 8.0]])
                .unwrap();
        let exclusions = [
            Polygon::new(&[[7.0, 5.0], [12.0, 4.0], [10.0, 9.5]]).unwrap(),
            Polygon::new(&[[9.0, 6.0], [12.5, 6.0], [12.5, 9.0], [9.0, 9.0]]).unwrap(),
        ];
        let ground = Ground::new(&zone, &exclusions, 1.2);
        let (mut inside, mut excluded, mut open) = (0, 0, 0);
        for i in 0..250 {
            for j in 0..200 {
                let place = [-1.03 + f64::from(i) * 0.0937, -1.01 + f64::from(j) * 0.0991];
                let in_exclusion = exclusions.iter().any(|polygon| polygon.contains(place));
                assert_eq!(ground.in_zone(place), zone.contains(place), "{place:?}");
                assert_eq!(ground.in_exclusion(place), in_exclusion, "{place:?}");
                if ground.is_open(place) {
                    open += 1;
                    for turn in 0..12 {
                        let (s, c) = (f64::from(turn) * std::f64::consts::FRAC_PI_6).sin_cos();
                        let needle = [place[0] + 1.2 * c, place[1] + 1.2 * s];
                        assert!(zone.contains(needle) && !exclusions.iter().any(|e| e.contains(needle)));
                    }
                }
                inside += usize::from(zone.contains(place));
                excluded += usize::from(in_exclusion);
            }
        }
        assert!(inside > 15_000 && excluded > 1_000 && open > 500, "{inside} {excluded} {open}");
    }

    #[test]
    fn a_square_that_shares_only_a_border_with_an_exclusion_is_plain() {
        let zone = Polygon::new(&[[0.0, 0.0], [4.0, 0.0], [4.0, 3.0], [0.0, 3.0]]).unwrap();
        let exclusion = [Polygon::new(&[[1.0, 1.0], [2.0, 1.0], [2.0, 2.0], [1.0, 2.0]]).unwrap()];
        let ground = Ground::new(&zone, &exclusion, 0.0);
        let plain = (0..ground.grid.squares()).filter(|&square| ground.is_plain(square)).count();
        assert_eq!(plain, 11);
        let wider = [Polygon::new(&[[0.99, 1.0], [2.0, 1.0], [2.0, 2.0], [0.99, 2.0]]).unwrap()];
        let ground = Ground::new(&zone, &wider, 0.0);
        assert_eq!((0..ground.grid.squares()).filter(|&square| ground.is_plain(square)).count(), 10);
    }
}
