//! Counts punctures in squares, and says how even the counts are.

use crate::{
    glide::Sink,
    ground::Ground,
    polygon::Point,
    raster::{Grid, Lies},
};

/// A place this much up and to the right, in millimetres, is the one that is counted: punctures on a square's lower
/// left border belong to it whatever the rounding.
const UP_RIGHT_MM: f64 = 1e-9;

/// Squares of one side, and which of them lie wholly inside the treated zone.
#[derive(Debug, Clone)]
pub(crate) struct Windows {
    pub(crate) grid: Grid,
    pub(crate) whole: Vec<bool>,
}

impl Windows {
    /// Squares from the zone's smallest x and y.
    pub(crate) fn new(ground: &Ground<'_>, side_mm: f64) -> Self {
        let (lo, hi) = ground.zone.bounds();
        let grid = Grid::over(lo, hi, side_mm);
        let mut whole = vec![false; grid.squares()];
        grid.lay_over(ground.zone, |square, lies| whole[square] = lies == Lies::Inside);
        for exclusion in ground.exclusions {
            grid.lay_over(exclusion, |square, _| whole[square] = false);
        }
        Self { grid, whole }
    }

    /// The counts of the whole squares.
    pub(crate) fn of_whole<'a>(&'a self, counts: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
        counts.iter().zip(&self.whole).filter(|&(_, &whole)| whole).map(|(&count, _)| count)
    }
}

/// A density map: the counts of every square of a grid.
#[derive(Debug, Clone)]
pub(crate) struct Counts {
    grid: Grid,
    pub(crate) counts: Vec<u32>,
    pub(crate) total: u64,
    scale: f64,
    shift: Point,
}

impl Counts {
    pub(crate) fn over(grid: Grid) -> Self {
        let scale = 1.0 / grid.side;
        let shift = grid.origin.map(|value| UP_RIGHT_MM - value);
        Self { grid, counts: vec![0; grid.squares()], total: 0, scale, shift }
    }

    /// The square a place is counted in, if the grid has it.
    #[inline]
    fn square_at(&self, [x, y]: Point) -> Option<usize> {
        // Places taken lie inside the zone, so neither is negative beyond rounding; a cast saturates at zero.
        let ix = ((x + self.shift[0]) * self.scale) as u32 as usize;
        let iy = ((y + self.shift[1]) * self.scale) as u32 as usize;
        (ix < self.grid.nx).then(|| iy * self.grid.nx + ix)
    }

    /// The counts in squares of `per` times the side, for a grid that begins at the first square not padded.
    pub(crate) fn gathered(&self, windows: &Windows, per: usize) -> Vec<u32> {
        let mut gathered = vec![0u32; windows.grid.squares()];
        for (row, counts) in self.counts.chunks_exact(self.grid.nx).enumerate().skip(1) {
            let up = (row - 1) / per;
            if up >= windows.grid.ny {
                break;
            }
            let line = &mut gathered[up * windows.grid.nx..(up + 1) * windows.grid.nx];
            for (window, squares) in line.iter_mut().zip(counts[1..].chunks(per)) {
                *window += squares.iter().sum::<u32>();
            }
        }
        gathered
    }
}

impl Sink for Counts {
    #[inline]
    fn take(&mut self, place: Point) {
        self.total += 1;
        if let Some(count) = self.square_at(place).and_then(|square| self.counts.get_mut(square)) {
            *count += 1;
        }
    }
}

/// A density map that also remembers every puncture.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    pub(crate) counts: Counts,
    /// Counts in the windows of the target, when these are not made of whole squares.
    pub(crate) apart: Option<Counts>,
    /// From the lower left corner of the grid, in millimetres.
    pub(crate) places: Vec<[f32; 2]>,
}

impl Places {
    pub(crate) fn over(grid: Grid, apart: Option<Grid>) -> Self {
        Self { counts: Counts::over(grid), apart: apart.map(Counts::over), places: Vec::new() }
    }

    /// The punctures sorted by square: those of square `i` are `places[starts[i]..starts[i + 1]]`.
    pub(crate) fn by_square(&self) -> (Vec<usize>, Vec<[f32; 2]>) {
        let grid = &self.counts.grid;
        let square = |&[x, y]: &[f32; 2]| {
            let row = (y as usize).min(grid.ny - 1);
            row * grid.nx + (x as usize).min(grid.nx - 1)
        };
        let mut starts = vec![0usize; grid.squares() + 1];
        for place in &self.places {
            starts[square(place) + 1] += 1;
        }
        for index in 0..grid.squares() {
            starts[index + 1] += starts[index];
        }
        let mut next = starts.clone();
        let mut sorted = vec![[0f32; 2]; self.places.len()];
        for place in &self.places {
            let slot = &mut next[square(place)];
            sorted[*slot] = *place;
            *slot += 1;
        }
        (starts, sorted)
    }
}

impl Sink for Places {
    #[inline]
    fn take(&mut self, place: Point) {
        self.counts.take(place);
        if let Some(apart) = &mut self.apart {
            apart.take(place);
        }
        self.places
            .push([(place[0] + self.counts.shift[0]) as f32, (place[1] + self.counts.shift[1]) as f32]);
    }
}

/// The coefficient of variation in its population form: the standard deviation (over n, not n - 1) by the mean.
/// `None` without counts, or when all are zero.
pub(crate) fn variation(counts: impl Iterator<Item = u32>) -> Option<f64> {
    let (mut n, mut sum, mut square) = (0u64, 0u64, 0u128);
    for count in counts {
        n += 1;
        sum += u64::from(count);
        square += u128::from(count) * u128::from(count);
    }
    if sum == 0 {
        return None;
    }
    // n * square - sum^2 is whole and exact: no digits are lost when the counts are nearly alike.
    let spread = u128::from(n) * square - u128::from(sum) * u128::from(sum);
    Some((spread as f64).sqrt() / sum as f64)
}

/// The shares of counts below half of what is expected, and above double. `None` without counts.
pub(crate) fn shares(counts: impl Iterator<Item = u32>, expected: f64) -> Option<(f64, f64)> {
    let (mut n, mut under, mut over) = (0u64, 0u64, 0u64);
    for count in counts {
        n += 1;
        under += u64::from(f64::from(count) < 0.5 * expected);
        over += u64::from(f64::from(count) > 2.0 * expected);
    }
    (n > 0).then(|| (under as f64 / n as f64, over as f64 / n as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::polygon::Polygon;

    #[test]
    fn variation_is_the_population_form() {
        let cases: [(&[u32], Option<f64>); 5] = [
            (&[], None),
            (&[0, 0], None),
            (&[4, 4, 4], Some(0.0)),
            (&[2, 4, 4, 4, 5, 5, 7, 9], Some(2.0 / 5.0)),
            (&[1_000_000_000, 1_000_000_002], Some(1.0 / 1_000_000_001.0)),
        ];
        for (counts, expected) in cases {
            assert_eq!(variation(counts.iter().copied()), expected, "{counts:?}");
        }
    }

    #[test]
    fn exactly_half_is_not_under_and_exactly_double_not_over() {
        assert_eq!(shares([4, 5, 10, 20, 21].into_iter(), 10.0), Some((0.2, 0.2)));
        assert_eq!(shares(std::iter::empty(), 10.0), None);
    }

    #[test]
    fn gathered_counts_are_those_of_larger_squares() {
        let zone = Polygon::new(&[[1.5, 2.0], [13.0, 2.0], [13.0, 9.5], [1.5, 9.5]]).unwrap();
        let ground = Ground::new(&zone, &[], 0.0);
        let mut small = Counts::over(ground.grid);
        for per in [2usize, 5] {
            let windows = Windows::new(&ground, per as f64);
            let mut large = Counts::over(windows.grid);
            small.counts.fill(0);
            for i in 0..700 {
                let place = [1.5 + f64::from(i * 7 % 230) * 0.05, 2.0 + f64::from(i * 11 % 150) * 0.05];
                small.take(place);
                large.take(place);
            }
            assert_eq!(small.gathered(&windows, per), large.counts);
            let whole = windows.whole.iter().filter(|&&whole| whole).count();
            assert_eq!(whole, if per == 2 { 15 } else { 2 });
        }
    }
}
