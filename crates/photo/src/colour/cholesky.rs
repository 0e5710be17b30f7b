//! Small dense symmetric systems: the normal equations of a fit with a dozen unknowns.

/// A symmetric positive definite matrix as its lower triangular factor.
#[derive(Debug, Clone)]
pub(crate) struct Cholesky {
    size: usize,
    lower: Vec<f64>,
}

impl Cholesky {
    /// Factors `matrix` (`size * size`, row by row, only the lower half is read). `None` if it is not positive
    /// definite or not finite.
    pub(crate) fn factor(matrix: &[f64], size: usize) -> Option<Self> {
        let mut lower = vec![0.0; size * size];
        for row in 0..size {
            for column in 0..=row {
                let dot: f64 = (0..column).map(|k| lower[row * size + k] * lower[column * size + k]).sum();
                let rest = matrix[row * size + column] - dot;
                if row == column {
                    if !(rest > 0.0 && rest.is_finite()) {
                        return None;
                    }
                    lower[row * size + row] = rest.sqrt();
                } else {
                    lower[row * size + column] = rest / lower[column * size + column];
                }
            }
        }
        Some(Self { size, lower })
    }

    /// The solution of `matrix * x = right`.
    pub(crate) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let (size, lower) = (self.size, &self.lower);
        let mut x = right.to_vec();
        for row in 0..size {
            let dot: f64 = (0..row).map(|k| lower[row * size + k] * x[k]).sum();
            x[row] = (x[row] - dot) / lower[row * size + row];
        }
        for row in (0..size).rev() {
            let dot: f64 = (row + 1..size).map(|k| lower[k * size + row] * x[k]).sum();
            x[row] = (x[row] - dot) / lower[row * size + row];
        }
        x
    }

    /// `vector' * inverse(matrix) * vector`: the variance of a linear function of what was fitted.
    pub(crate) fn spread(&self, vector: &[f64]) -> f64 {
        let (size, lower) = (self.size, &self.lower);
        let mut y = vector.to_vec();
        for row in 0..size {
            let dot: f64 = (0..row).map(|k| lower[row * size + k] * y[k]).sum();
            y[row] = (y[row] - dot) / lower[row * size + row];
        }
        y.iter().map(|value| value * value).sum()
    }
}

/// Adds one observation to normal equations: `weight * row * row'` and `weight * residual * row`.
pub(crate) fn accumulate(matrix: &mut [f64], right: &mut [f64], row: &[f64], residual: f64, weight: f64) {
    let size = row.len();
    for (i, &left) in row.iter().enumerate() {
        let scaled = weight * left;
        right[i] += scaled * residual;
        for (j, &value) in row.iter().enumerate().take(i + 1) {
            matrix[i * size + j] += scaled * value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_system_is_solved() {
        let matrix = [4.0, 2.0, 2.0, 3.0];
        let factor = Cholesky::factor(&matrix, 2).unwrap();
        let x = factor.solve(&[10.0, 9.0]);
        assert!((x[0] - 1.5).abs() < 1e-12 && (x[1] - 2.0).abs() < 1e-12, "{x:?}");
        // The inverse is [[3, -2], [-2, 4]] / 8.
        assert!((factor.spread(&[1.0, 0.0]) - 0.375).abs() < 1e-12);
    }

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        assert!(Cholesky::factor(&[1.0, 2.0, 2.0, 1.0], 2).is_none());
        assert!(Cholesky::factor(&[f64::NAN], 1).is_none());
    }
}
