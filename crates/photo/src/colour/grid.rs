//! Means over squares of a grid of which only some places hold a value.

/// Values by place, not yet added up.
#[derive(Debug, Clone)]
pub(crate) struct Sums {
    width: usize,
    height: usize,
    /// Value and 1 where there is a value, (0, 0) elsewhere, with a border of zeros above and to the left.
    table: Vec<(f64, f64)>,
}

impl Sums {
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self { width, height, table: vec![(0.0, 0.0); (width + 1) * (height + 1)] }
    }

    /// Puts a value at a place counted row by row.
    pub(crate) fn set(&mut self, at: usize, value: f64) {
        let (x, y) = (at % self.width, at / self.width);
        self.table[(y + 1) * (self.width + 1) + x + 1] = (value, 1.0);
    }

    /// From values to running sums.
    pub(crate) fn add_up(mut self) -> Summed {
        let stride = self.width + 1;
        for y in 1..=self.height {
            let mut row = (0.0, 0.0);
            for x in 1..=self.width {
                let at = y * stride + x;
                row = (row.0 + self.table[at].0, row.1 + self.table[at].1);
                let above = self.table[at - stride];
                self.table[at] = (row.0 + above.0, row.1 + above.1);
            }
        }
        Summed(self)
    }
}

/// Running sums, from which the mean over any square follows at once.
#[derive(Debug, Clone)]
pub(crate) struct Summed(Sums);

impl Summed {
    /// Mean of the values within `radius` of a place, and how many there are.
    pub(crate) fn mean_around(&self, x: usize, y: usize, radius: usize) -> (f64, f64) {
        let sums = &self.0;
        let stride = sums.width + 1;
        let (left, right) = (x.saturating_sub(radius), (x + radius + 1).min(sums.width));
        let (top, below) = (y.saturating_sub(radius), (y + radius + 1).min(sums.height));
        let at = |x: usize, y: usize| sums.table[y * stride + x];
        let (a, b, c, d) = (at(left, top), at(right, top), at(left, below), at(right, below));
        let count = d.1 - b.1 - c.1 + a.1;
        ((d.0 - b.0 - c.0 + a.0) / count.max(1.0), count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_with_a_value_count() {
        let mut sums = Sums::new(4, 3);
        sums.set(0, 2.0);
        sums.set(5, 4.0);
        sums.set(11, 100.0);
        let sums = sums.add_up();
        assert_eq!(sums.mean_around(0, 0, 1), (3.0, 2.0));
        assert_eq!(sums.mean_around(3, 2, 0), (100.0, 1.0));
        assert_eq!(sums.mean_around(3, 0, 0), (0.0, 0.0));
    }
}
