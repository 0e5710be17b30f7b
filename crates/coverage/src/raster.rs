//! Squares laid over a polygon: which lie wholly inside, which are cut by its border; and how far each square of a
//! grid is from the nearest marked one.
//!
//! Knows nothing about zones or pens.

use crate::polygon::{Point, Polygon};

/// Borders nearer than this to a square's side, in millimetres, run along the side and do not cut the square.
const ALONG_MM: f64 = 1e-10;

/// Squares of one size in rows from the lower left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Grid {
    /// The lower left corner.
    pub(crate) origin: Point,
    /// The side of a square in millimetres.
    pub(crate) side: f64,
    /// Squares across and up.
    pub(crate) nx: usize,
    pub(crate) ny: usize,
}

/// How a square lies to a polygon when it is not wholly outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lies {
    Inside,
    Cut,
}

impl Grid {
    /// The squares from `lo` that are needed to reach `hi`.
    pub(crate) fn over(lo: Point, hi: Point, side: f64) -> Self {
        let count = |axis: usize| (((hi[axis] - lo[axis]) / side - ALONG_MM).ceil() as usize).max(1);
        Self { origin: lo, side, nx: count(0), ny: count(1) }
    }

    /// The same grid with one more square on every side.
    pub(crate) fn padded(self) -> Self {
        let origin = self.origin.map(|value| value - self.side);
        Self { origin, nx: self.nx + 2, ny: self.ny + 2, ..self }
    }

    pub(crate) fn squares(&self) -> usize {
        self.nx * self.ny
    }

    /// The square a place lies in; a square owns its left and lower side.
    #[inline]
    pub(crate) fn square_at(&self, [x, y]: Point) -> Option<usize> {
        let (across, up) = ((x - self.origin[0]) / self.side, (y - self.origin[1]) / self.side);
        if !(across >= 0.0 && up >= 0.0) {
            return None;
        }
        let (ix, iy) = (across as usize, up as usize);
        (ix < self.nx && iy < self.ny).then(|| iy * self.nx + ix)
    }

    /// The middle of a square.
    pub(crate) fn middle(&self, square: usize) -> Point {
        let (ix, iy) = (square % self.nx, square / self.nx);
        [self.origin[0] + (ix as f64 + 0.5) * self.side, self.origin[1] + (iy as f64 + 0.5) * self.side]
    }

    /// The rows or columns whose squares reach into `from..to` along an axis, clipped to the grid.
    fn reach(&self, axis: usize, from: f64, to: f64) -> std::ops::Range<usize> {
        let count = if axis == 0 { self.nx } else { self.ny };
        let first = ((from - self.origin[axis] + ALONG_MM) / self.side).floor().max(0.0) as usize;
        let end = ((to - self.origin[axis] - ALONG_MM) / self.side).ceil().max(0.0) as usize;
        first..end.min(count).max(first)
    }

    /// Calls `mark` once for every square that is not wholly outside the polygon.
    pub(crate) fn lay_over(&self, polygon: &Polygon, mut mark: impl FnMut(usize, Lies)) {
        let (lo, hi) = polygon.bounds();
        let rows = self.reach(1, lo[1], hi[1]);
        let edges: Vec<(Point, Point)> = polygon.edges().collect();
        let mut by_row: Vec<Vec<u32>> = vec![Vec::new(); rows.len()];
        for (index, (a, b)) in edges.iter().enumerate() {
            // One row more on each side: an edge that lies along a row's border still turns the count there.
            let (from, to) = (a[1].min(b[1]) - self.side, a[1].max(b[1]) + self.side);
            for row in self.reach(1, from, to) {
                if rows.contains(&row) {
                    by_row[row - rows.start].push(index as u32);
                }
            }
        }
        let mut cut = vec![false; self.nx];
        let mut crossings: Vec<f64> = Vec::new();
        for row in rows.clone() {
            cut.fill(false);
            crossings.clear();
            let low = self.origin[1] + row as f64 * self.side;
            let (high, middle) = (low + self.side, low + self.side / 2.0);
            for &index in &by_row[row - rows.start] {
                let (a, b) = edges[index as usize];
                for column in self.cut_columns(a, b, low, high) {
                    cut[column] = true;
                }
                if (a[1] > middle) != (b[1] > middle) {
                    crossings.push((b[0] - a[0]) * (middle - a[1]) / (b[1] - a[1]) + a[0]);
                }
            }
            crossings.sort_by(f64::total_cmp);
            self.mark_row(row, &cut, &crossings, &mut mark);
        }
    }

    /// The columns whose open squares between the heights `low` and `high` an edge runs through.
    fn cut_columns(&self, a: Point, b: Point, low: f64, high: f64) -> std::ops::Range<usize> {
        let (a, b) = if a[1] <= b[1] { (a, b) } else { (b, a) };
        if b[1] <= low + ALONG_MM || a[1] >= high - ALONG_MM {
            return 0..0;
        }
        let at = |y: f64| if b[1] > a[1] { a[0] + (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) } else { a[0] };
        let from = if a[1] < low { at(low) } else { a[0] };
        let to = if b[1] > high { at(high) } else { b[0] };
        let (left, right) = (from.min(to), from.max(to));
        if right - left > 2.0 * ALONG_MM {
            return self.reach(0, left, right);
        }
        // Upright: it cuts one column, or none when it runs along a border.
        let place = (left - self.origin[0]) / self.side;
        let column = place.floor();
        let off = (place - place.round()).abs() * self.side;
        if off <= 2.0 * ALONG_MM || column < 0.0 || column as usize >= self.nx {
            0..0
        } else {
            column as usize..column as usize + 1
        }
    }

    fn mark_row(&self, row: usize, cut: &[bool], crossings: &[f64], mark: &mut impl FnMut(usize, Lies)) {
        let mut passed = 0;
        for (column, &is_cut) in cut.iter().enumerate() {
            let x = self.origin[0] + (column as f64 + 0.5) * self.side;
            while passed < crossings.len() && crossings[passed] <= x {
                passed += 1;
            }
            if is_cut {
                mark(row * self.nx + column, Lies::Cut);
            } else if passed % 2 == 1 {
                mark(row * self.nx + column, Lies::Inside);
            }
        }
    }

    /// For every square the distance from its middle to the middle of the nearest marked square, in squares'
    /// sides; infinite when none is marked.
    ///
    /// Exact, in time linear in the squares: first along columns, then the lower envelope of parabolas along rows
    /// (Felzenszwalb and Huttenlocher, 2012).
    pub(crate) fn distances(&self, marked: impl Fn(usize) -> bool) -> Vec<f32> {
        let (nx, ny) = (self.nx, self.ny);
        let mut squares = vec![f32::INFINITY; nx * ny];
        for row in 0..ny {
            for square in row * nx..(row + 1) * nx {
                squares[square] = match (marked(square), row) {
                    (true, _) => 0.0,
                    (false, 0) => f32::INFINITY,
                    (false, _) => squares[square - nx] + 1.0,
                };
            }
        }
        for square in (0..nx * ny.saturating_sub(1)).rev() {
            squares[square] = squares[square].min(squares[square + nx] + 1.0);
        }
        let mut envelope = Envelope::with_capacity(nx);
        for row in squares.chunks_exact_mut(nx) {
            envelope.apply(row);
        }
        squares
    }
}

/// Room for the lower envelope of one row, reused from row to row.
struct Envelope {
    heights: Vec<f32>,
    places: Vec<usize>,
    starts: Vec<f32>,
}

impl Envelope {
    fn with_capacity(capacity: usize) -> Self {
        let (heights, starts) = (Vec::with_capacity(capacity), Vec::with_capacity(capacity));
        Self { heights, places: Vec::with_capacity(capacity), starts }
    }

    fn apply(&mut self, row: &mut [f32]) {
        self.heights.clear();
        self.heights.extend(row.iter().map(|d| d * d));
        self.places.clear();
        self.starts.clear();
        for (place, &height) in self.heights.iter().enumerate() {
            if height.is_infinite() {
                continue;
            }
            let mut start = f32::NEG_INFINITY;
            while let (Some(&last), Some(&last_start)) = (self.places.last(), self.starts.last()) {
                let (q, p) = (place as f32, last as f32);
                start = ((height + q * q) - (self.heights[last] + p * p)) / (2.0 * (q - p));
                if start > last_start {
                    break;
                }
                self.places.pop();
                self.starts.pop();
                start = f32::NEG_INFINITY;
            }
            self.places.push(place);
            self.starts.push(start);
        }
        if self.places.is_empty() {
            return;
        }
        let mut parabola = 0;
        for (place, distance) in row.iter_mut().enumerate() {
            while parabola + 1 < self.starts.len() && self.starts[parabola + 1] <= place as f32 {
                parabola += 1;
            }
            let off = place as f32 - self.places[parabola] as f32;
            *distance = (off * off + self.heights[self.places[parabola]]).sqrt();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(polygon: &[Point], grid: Grid) -> String {
        let mut picture = vec!['.'; grid.squares()];
        grid.lay_over(&Polygon::new(polygon).unwrap(), |square, lies| {
            picture[square] = if lies == Lies::Inside { '#' } else { '+' };
        });
        let rows: Vec<String> = picture.chunks(grid.nx).rev().map(|row| row.iter().collect()).collect();
        rows.join("/")
    }

    #[test]
    fn squares_are_told_apart_at_the_border() {
        let four = Grid { origin: [0.0, 0.0], side: 1.0, nx: 4, ny: 3 };
        let cases: [(&[Point], &str); 6] = [
            (&[[0.0, 0.0], [4.0, 0.0], [4.0, 3.0], [0.0, 3.0]], "####/####/####"),
            (&[[1.0, 1.0], [3.0, 1.0], [3.0, 2.0], [1.0, 2.0]], "..../.##./...."),
            (&[[0.5, 0.0], [4.0, 0.0], [4.0, 2.5], [0.5, 2.5]], "++++/+###/+###"),
            (&[[1.2, 1.2], [1.8, 1.2], [1.8, 1.8], [1.2, 1.8]], "..../.+../...."),
            (&[[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]], "+.../#+../##+."),
            (&[[-1.0, -1.0], [9.0, -1.0], [9.0, 9.0], [-1.0, 9.0]], "####/####/####"),
        ];
        for (polygon, picture) in cases {
            assert_eq!(laid(polygon, four), picture, "{polygon:?}");
        }
    }

    #[test]
    fn rounding_does_not_cut_a_square_off() {
        // 0.1 + 0.2 is a hair more than 0.3: a border there must still run along the squares of 0.1.
        let grid = Grid::over([0.1, 0.1], [0.1 + 0.2, 0.1 + 0.2], 0.1);
        assert_eq!((grid.nx, grid.ny), (2, 2));
        let end = 0.1 + 0.2;
        assert_eq!(laid(&[[0.1, 0.1], [end, 0.1], [end, end], [0.1, end]], grid), "##/##");
    }

    #[test]
    fn distances_are_those_of_trying_every_square() {
        let grid = Grid { origin: [0.0, 0.0], side: 1.0, nx: 17, ny: 13 };
        for marks in [vec![0], vec![220, 3, 77], vec![100, 101, 16], (0..221).step_by(29).collect()] {
            let distances = grid.distances(|square| marks.contains(&square));
            for (square, &distance) in distances.iter().enumerate() {
                let nearest = marks.iter().map(|&mark| {
                    let (a, b) = (grid.middle(square), grid.middle(mark));
                    (a[0] - b[0]).hypot(a[1] - b[1])
                });
                let nearest = nearest.fold(f64::INFINITY, f64::min);
                assert!((f64::from(distance) - nearest).abs() < 1e-5, "{marks:?} {square}");
            }
        }
        assert!(grid.distances(|_| false).iter().all(|d| d.is_infinite()));
    }
}
