//! Which lattice is the card, which way round it lies, and where each patch is.

use super::flat::Flat;
use super::lattice::{Lattice, MEMBERS_MIN};
use super::reference::{COLUMNS, PATCHES, ROWS};
use crate::colour::cholesky::{Cholesky, accumulate};

/// Least share of the patches' variance that a straight line per channel has to explain.
const FIT_MIN: f64 = 0.88;
/// By how much it has to be better than the card turned by half or moved by a column.
const LEAD_MIN: f64 = 0.04;

/// The eight numbers of a projective transformation from card places (column, row) to px.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Homography([f64; 8]);

impl Homography {
    /// Px of a place on the card; whole numbers are the middles of patches.
    pub(crate) fn at(&self, column: f64, row: f64) -> (f64, f64) {
        let h = &self.0;
        let w = h[6] * column + h[7] * row + 1.0;
        ((h[0] * column + h[1] * row + h[2]) / w, (h[3] * column + h[4] * row + h[5]) / w)
    }

    /// Least squares over (column, row, x, y), in the linear form, whose bias is small for a card seen nearly head-on.
    fn fit(places: &[[f64; 4]]) -> Option<Self> {
        let mut matrix = vec![0.0; 64];
        let mut right = vec![0.0; 8];
        for &[column, row, x, y] in places {
            let one = [column, row, 1.0, 0.0, 0.0, 0.0, -x * column, -x * row];
            let other = [0.0, 0.0, 0.0, column, row, 1.0, -y * column, -y * row];
            accumulate(&mut matrix, &mut right, &one, x, 1.0);
            accumulate(&mut matrix, &mut right, &other, y, 1.0);
        }
        // A whiff of ridge on the two perspective terms alone, scaled to px², keeps few patches from bending it.
        for at in [6, 7] {
            matrix[at * 8 + at] *= 1.0 + 1e-6;
        }
        let solution = Cholesky::factor(&matrix, 8)?.solve(&right);
        Some(Self(solution.try_into().ok()?))
    }
}

/// How a lattice's columns and rows lie on the card: a quarter turn and the place of the lattice's origin.
#[derive(Debug, Clone, Copy)]
struct Pose {
    quarters: u8,
    column: i32,
    row: i32,
}

impl Pose {
    fn place(self, column: i32, row: i32) -> Option<(i32, i32)> {
        let (turned_column, turned_row) = match self.quarters {
            0 => (column, row),
            1 => (-row, column),
            2 => (-column, -row),
            _ => (row, -column),
        };
        let (column, row) = (turned_column + self.column, turned_row + self.row);
        ((0..COLUMNS).contains(&column) && (0..ROWS).contains(&row)).then_some((column, row))
    }
}

/// Share of the variance of the known patches' colours that a line per channel explains.
fn explained(pairs: &[([f64; 3], [f64; 3])]) -> f64 {
    let n = pairs.len() as f64;
    let (mut left, mut all) = (0.0, 0.0);
    for channel in 0..3 {
        let mean_r = pairs.iter().map(|pair| pair.0[channel]).sum::<f64>() / n;
        let mean_f = pairs.iter().map(|pair| pair.1[channel]).sum::<f64>() / n;
        let (mut rr, mut rf, mut ff) = (0.0, 0.0, 0.0);
        for (reference, found) in pairs {
            let (r, f) = (reference[channel] - mean_r, found[channel] - mean_f);
            rr += r * r;
            rf += r * f;
            ff += f * f;
        }
        // A card seen in its negative would fit as well; no camera does that.
        left += if rf > 0.0 { ff - rf * rf / rr.max(1e-9) } else { ff };
        all += ff;
    }
    1.0 - left / all.max(1e-9)
}

fn score(flats: &[Flat], lattice: &Lattice, pose: Pose) -> Option<f64> {
    let mut pairs = Vec::with_capacity(24);
    let mut members = 0;
    for &(at, column, row) in &lattice.members {
        let Some((column, row)) = pose.place(column, row) else { continue };
        members += 1;
        if let Some(reference) = PATCHES[(row * COLUMNS + column) as usize] {
            pairs.push((reference.map(f64::from), flats[at].rgb.map(f64::from)));
        }
    }
    // Strays beside the card may join the lattice, but most of it has to be card.
    let enough = members >= MEMBERS_MIN && pairs.len() >= 8 && 4 * members >= 3 * lattice.members.len();
    enough.then(|| explained(&pairs) * (members as f64 / 24.0).powf(0.05))
}

/// The card's transformation, if a lattice is a card without doubt.
pub(crate) fn identify(flats: &[Flat], lattice: &Lattice) -> Option<Homography> {
    let mut scored = Vec::new();
    for quarters in 0..4 {
        for column in -6..=12 {
            for row in -6..=12 {
                let pose = Pose { quarters, column, row };
                if let Some(score) = score(flats, lattice, pose) {
                    scored.push((score, pose));
                }
            }
        }
    }
    scored.sort_by(|one, other| other.0.total_cmp(&one.0));
    let &(best, pose) = scored.first()?;
    let lead = scored.get(1).map_or(1.0, |next| best - next.0);
    if best < FIT_MIN || lead < LEAD_MIN {
        return None;
    }
    let mut places: Vec<[f64; 4]> = lattice
        .members
        .iter()
        .filter_map(|&(at, column, row)| {
            let (column, row) = pose.place(column, row)?;
            Some([f64::from(column), f64::from(row), f64::from(flats[at].x), f64::from(flats[at].y)])
        })
        .collect();
    let first = Homography::fit(&places)?;
    let pitch = distance(first.at(2.0, 1.0), first.at(3.0, 1.0));
    places.retain(|&[column, row, x, y]| distance(first.at(column, row), (x, y)) < 0.15 * pitch);
    if places.len() < MEMBERS_MIN { None } else { Homography::fit(&places) }
}

fn distance(one: (f64, f64), other: (f64, f64)) -> f64 {
    (one.0 - other.0).hypot(one.1 - other.1)
}
