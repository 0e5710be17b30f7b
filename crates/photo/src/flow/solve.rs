//! The linear system of one step: what each node has observed, and how stiff the field is.
//!
//! A step d minimises `Σ (d - A⁻¹b)ᵀ A (d - A⁻¹b) + λ R(u + d) + Σ p |u + d - s|²`, where A (2 x 2) and b are what a
//! node has observed, R is the bending of a thin plate (the sum of squared second differences, Wahba 1990, section
//! 2.4), s the start and p how strongly a node is held to it. Conjugate gradients with the 2 x 2 blocks on the
//! diagonal as preconditioner.

use super::field::Field;

/// What the nodes have observed, row by row.
pub(crate) struct System {
    pub(crate) xx: Vec<f32>,
    pub(crate) xy: Vec<f32>,
    pub(crate) yy: Vec<f32>,
    pub(crate) bx: Vec<f32>,
    pub(crate) by: Vec<f32>,
    /// How strongly each node is held to the start.
    pub(crate) hold: Vec<f32>,
    /// Weight of the bending.
    pub(crate) stiffness: f32,
}

impl System {
    pub(crate) fn empty(nodes: usize) -> Self {
        let zeros = || vec![0.0; nodes];
        Self {
            xx: zeros(),
            xy: zeros(),
            yy: zeros(),
            bx: zeros(),
            by: zeros(),
            hold: zeros(),
            stiffness: 0.0,
        }
    }

    /// Moves `field` by the step that minimises the above; at most `rounds` conjugate gradients.
    pub(crate) fn step(&self, field: &mut Field, start: &Field, rounds: usize) {
        let nodes = field.x.len();
        let (columns, rows) = (field.columns, field.rows);
        let mut rest = [self.bx.clone(), self.by.clone()];
        let mut spare = vec![0.0f32; nodes];
        for (rest, (now, start)) in rest.iter_mut().zip([(&field.x, &start.x), (&field.y, &start.y)]) {
            bending(now, columns, rows, &mut spare);
            for at in 0..nodes {
                rest[at] -= self.stiffness * spare[at] + self.hold[at] * (now[at] - start[at]);
            }
        }
        let blocks = self.inverted_blocks(columns, rows);
        let mut moved = [vec![0.0f32; nodes], vec![0.0f32; nodes]];
        let mut eased = precondition(&blocks, &rest);
        let mut ahead = eased.clone();
        let mut size = dot(&rest, &eased);
        let enough = size * 1e-6;
        for _ in 0..rounds {
            if size <= enough || size <= f64::MIN_POSITIVE {
                break;
            }
            let pushed = self.apply(&ahead, columns, rows, &mut spare);
            let length = (size / dot(&ahead, &pushed)) as f32;
            for axis in 0..2 {
                for at in 0..nodes {
                    moved[axis][at] += length * ahead[axis][at];
                    rest[axis][at] -= length * pushed[axis][at];
                }
            }
            eased = precondition(&blocks, &rest);
            let next = dot(&rest, &eased);
            let keep = (next / size) as f32;
            size = next;
            for axis in 0..2 {
                for at in 0..nodes {
                    ahead[axis][at] = eased[axis][at] + keep * ahead[axis][at];
                }
            }
        }
        for (values, moved) in [&mut field.x, &mut field.y].into_iter().zip(&moved) {
            for (value, moved) in values.iter_mut().zip(moved) {
                *value += moved;
            }
        }
    }

    fn apply(&self, step: &[Vec<f32>; 2], columns: usize, rows: usize, spare: &mut [f32]) -> [Vec<f32>; 2] {
        let [x, y] = step;
        let nodes = x.len();
        let mut pushed = [vec![0.0f32; nodes], vec![0.0f32; nodes]];
        bending(x, columns, rows, spare);
        for at in 0..nodes {
            pushed[0][at] =
                self.stiffness * spare[at] + (self.xx[at] + self.hold[at]) * x[at] + self.xy[at] * y[at];
        }
        bending(y, columns, rows, spare);
        for at in 0..nodes {
            pushed[1][at] =
                self.stiffness * spare[at] + (self.yy[at] + self.hold[at]) * y[at] + self.xy[at] * x[at];
        }
        pushed
    }

    /// The inverse of each node's block on the diagonal: (xx, xy, yy).
    fn inverted_blocks(&self, columns: usize, rows: usize) -> Vec<[f32; 3]> {
        let nodes = columns * rows;
        (0..nodes)
            .map(|at| {
                let (i, j) = (at % columns, at / columns);
                let bend =
                    self.stiffness * (bend_of(i, columns) + bend_of(j, rows) + twist_of(i, j, columns, rows));
                let own = bend + self.hold[at] + 1e-12;
                let (xx, xy, yy) = (self.xx[at] + own, self.xy[at], self.yy[at] + own);
                let over = 1.0 / (xx * yy - xy * xy);
                [yy * over, -xy * over, xx * over]
            })
            .collect()
    }
}

/// Sum of squares of a node's weights in the second differences along one axis.
fn bend_of(at: usize, nodes: usize) -> f32 {
    let middle = if at >= 1 && at + 1 < nodes { 4.0 } else { 0.0 };
    let first = if at + 2 < nodes { 1.0 } else { 0.0 };
    let last = if at >= 2 { 1.0 } else { 0.0 };
    middle + first + last
}

/// Twice the number of cells that a node is a corner of.
fn twist_of(i: usize, j: usize, columns: usize, rows: usize) -> f32 {
    let sides = |at: usize, nodes: usize| (usize::from(at > 0) + usize::from(at + 1 < nodes)) as f32;
    2.0 * sides(i, columns) * sides(j, rows)
}

fn precondition(blocks: &[[f32; 3]], rest: &[Vec<f32>; 2]) -> [Vec<f32>; 2] {
    let [x, y] = rest;
    let eased = |row: fn(&[f32; 3], f32, f32) -> f32| {
        blocks.iter().zip(x.iter().zip(y)).map(|(block, (x, y))| row(block, *x, *y)).collect()
    };
    [eased(|block, x, y| block[0] * x + block[1] * y), eased(|block, x, y| block[1] * x + block[2] * y)]
}

fn dot(one: &[Vec<f32>; 2], other: &[Vec<f32>; 2]) -> f64 {
    let along = |one: &[f32], other: &[f32]| -> f64 {
        one.chunks(64)
            .zip(other.chunks(64))
            .map(|(one, other)| f64::from(one.iter().zip(other).map(|(one, other)| one * other).sum::<f32>()))
            .sum()
    };
    along(&one[0], &other[0]) + along(&one[1], &other[1])
}

/// Gradient (halved) of the sum of squared second differences: xx² + 2 xy² + yy², with free borders.
fn bending(values: &[f32], columns: usize, rows: usize, out: &mut [f32]) {
    out.fill(0.0);
    for (row, out) in values.chunks_exact(columns).zip(out.chunks_exact_mut(columns)) {
        for i in 1..columns.saturating_sub(1) {
            let bend = row[i - 1] - 2.0 * row[i] + row[i + 1];
            out[i - 1] += bend;
            out[i] -= 2.0 * bend;
            out[i + 1] += bend;
        }
    }
    let mut bends = vec![0.0f32; columns];
    for j in 1..rows.saturating_sub(1) {
        let three = &values[(j - 1) * columns..(j + 2) * columns];
        let (above, rest) = three.split_at(columns);
        let (middle, below) = rest.split_at(columns);
        for (i, bend) in bends.iter_mut().enumerate() {
            *bend = above[i] - 2.0 * middle[i] + below[i];
        }
        let (above, rest) = out[(j - 1) * columns..(j + 2) * columns].split_at_mut(columns);
        let (middle, below) = rest.split_at_mut(columns);
        for (i, bend) in bends.iter().enumerate() {
            above[i] += bend;
            middle[i] -= 2.0 * bend;
            below[i] += bend;
        }
    }
    for j in 0..rows - 1 {
        let (above, below) = values[j * columns..(j + 2) * columns].split_at(columns);
        for i in 0..columns - 1 {
            bends[i] = 2.0 * (above[i] - above[i + 1] - below[i] + below[i + 1]);
        }
        let (above, below) = out[j * columns..(j + 2) * columns].split_at_mut(columns);
        for i in 0..columns - 1 {
            above[i] += bends[i];
            above[i + 1] -= bends[i];
            below[i] -= bends[i];
            below[i + 1] += bends[i];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Energy of a step from a field that is zero, as the module's head states it, without the start.
    fn energy(system: &System, field: &Field) -> f64 {
        let mut bend = vec![0.0; field.x.len()];
        let mut sum = 0.0;
        for values in [&field.x, &field.y] {
            bending(values, field.columns, field.rows, &mut bend);
            sum += bend
                .iter()
                .zip(values)
                .map(|(bend, value)| f64::from(system.stiffness * bend * value))
                .sum::<f64>();
        }
        for at in 0..field.x.len() {
            let (x, y) = (field.x[at], field.y[at]);
            let seen = system.xx[at] * x * x + 2.0 * system.xy[at] * x * y + system.yy[at] * y * y;
            sum += f64::from(seen - 2.0 * (system.bx[at] * x + system.by[at] * y));
        }
        sum
    }

    fn observed() -> (System, Field) {
        let field = Field::from_fn((160, 120), 8.0, |_, _| [0.0, 0.0]);
        let mut system = System::empty(field.x.len());
        for at in (0..field.x.len()).step_by(3) {
            let turn = at as f32;
            (system.xx[at], system.yy[at], system.xy[at]) =
                (2.0 + turn.sin(), 2.0 - turn.sin(), 0.5 * turn.cos());
            (system.bx[at], system.by[at]) = ((0.3 * turn).sin(), (0.7 * turn).cos());
        }
        system.stiffness = 0.5;
        (system, field)
    }

    #[test]
    fn the_step_is_the_least() {
        let (system, start) = observed();
        let mut field = start.clone();
        system.step(&mut field, &start, 400);
        let least = energy(&system, &field);
        assert!(least < 0.0);
        for node in [0, 7, 100, field.x.len() - 1] {
            for change in [-0.01, 0.01] {
                let mut other = field.clone();
                other.x[node] += change;
                other.y[node] -= change;
                assert!(energy(&system, &other) > least, "node {node}");
            }
        }
    }

    #[test]
    fn a_plate_through_few_points_is_flat_between_them() {
        let start = Field::from_fn((160, 120), 8.0, |_, _| [0.0, 0.0]);
        let wanted = Field::from_fn((160, 120), 8.0, |x, y| [0.02 * x, 1.0 - 0.01 * y]);
        let mut system = System::empty(start.x.len());
        for at in [0, 19, 130, 290] {
            (system.xx[at], system.yy[at]) = (1.0, 1.0);
            (system.bx[at], system.by[at]) = (wanted.x[at], wanted.y[at]);
        }
        system.stiffness = 1.0;
        let mut field = start.clone();
        system.step(&mut field, &start, 4000);
        for (found, wanted) in field.x.iter().zip(&wanted.x).chain(field.y.iter().zip(&wanted.y)) {
            assert!((found - wanted).abs() < 0.05, "{found}, not {wanted}");
        }
    }

    #[test]
    fn where_nothing_is_seen_the_start_holds() {
        let start = Field::from_fn((160, 120), 8.0, |x, _| [0.001 * x * x, -2.0]);
        let mut field = Field::from_fn((160, 120), 8.0, |_, _| [0.0, 0.0]);
        let mut system = System::empty(start.x.len());
        system.hold.fill(1.0);
        system.step(&mut field, &start, 100);
        assert!(field.x.iter().zip(&start.x).all(|(found, start)| (found - start).abs() < 1e-3));
    }
}
