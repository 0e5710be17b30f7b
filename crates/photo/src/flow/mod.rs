//! Dense registration: a smooth field refined from coarse to fine by Gauss-Newton steps on locally normalised
//! brightness.

pub(crate) mod field;
pub(crate) mod observe;
pub(crate) mod solve;
pub(crate) mod trust;

use crate::plane::Plane;
use field::Field;
use observe::{CELL, Pair, Seen, observe};
use solve::System;

/// A photograph ready to be registered: locally normalised brightness and skin, each from full size down.
pub(crate) struct Prepared {
    pub(crate) bright: Vec<Plane>,
    pub(crate) skin: Vec<Plane>,
}

impl Prepared {
    /// Width and height of the photograph, px.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.bright[0].width, self.bright[0].height)
    }
}

/// How one level is refined.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pass {
    /// 0 is full size.
    pub(crate) level: usize,
    pub(crate) steps: usize,
    /// Length over which the field is smoothed where the skin is of average contrast, px of the level.
    pub(crate) reach: f32,
    pub(crate) rounds: usize,
    /// Added to the residual variance of a cell before it is divided by; in variances of brightness.
    pub(crate) floor: f32,
    /// Whether cells that agree no better than chance count nothing, so that the field is carried on over them from
    /// around; not at the coarsest level, where nothing may agree yet.
    pub(crate) gated: bool,
}

/// Mean squared difference of two pictures of variance 1 that have nothing to do with each other.
const UNRELATED: f32 = 2.0;

/// How strongly a cell without skin is held to the start, as a share of what a cell of skin observes.
const HOLD: f32 = 1e-4;

/// Refines `start` in the passes given, coarse to fine.
pub(crate) fn refine(base: &Prepared, follow: &Prepared, start: &Field, passes: &[Pass]) -> Field {
    let size = base.size();
    let mut field = start.clone();
    for pass in passes {
        let scale = (1usize << pass.level) as f32;
        let step = scale * CELL as f32;
        let anchor = start.resampled(size, step);
        field = field.resampled(size, step);
        let pair = Pair {
            base: &base.bright[pass.level],
            follow: &follow.bright[pass.level],
            skin: &base.skin[pass.level],
            scale,
        };
        for _ in 0..pass.steps {
            let seen = observe(&pair, &field);
            let system = assemble(&seen, &field, &follow.skin, pass);
            system.step(&mut field, &anchor, pass.rounds);
        }
    }
    field
}

/// Skin of the follow-up around the place a node is mapped to, 0 to 1.
fn follow_skin(field: &Field, node: usize, skin: &[Plane], level: usize) -> f32 {
    let (i, j) = (node % field.columns, node / field.columns);
    // A level up to eight times smaller averages over the cell.
    let level = (level + 3).min(skin.len() - 1);
    let scale = (1usize << level) as f32;
    let x = (field.place(i) + field.x[node] + 0.5) / scale - 0.5;
    let y = (field.place(j) + field.y[node] + 0.5) / scale - 0.5;
    if skin[level].contains(x, y) { crate::sample::bilinear(&skin[level], x, y) } else { 0.0 }
}

/// Share of skin around each node of a field that both photographs show, 0 to 1.
pub(crate) fn shared_skin(base: &Prepared, follow: &Prepared, field: &Field) -> Vec<f32> {
    let own = |node: usize| {
        let level = base.skin.len().min(4) - 1;
        let scale = (1usize << level) as f32;
        let place = |at: f32| (at + 0.5) / scale - 0.5;
        let (x, y) = (field.place(node % field.columns), field.place(node / field.columns));
        crate::sample::bilinear(&base.skin[level], place(x), place(y))
    };
    (0..field.x.len()).map(|node| own(node) * follow_skin(field, node, &follow.skin, 0)).collect()
}

fn assemble(seen: &[Seen], field: &Field, skin: &[Plane], pass: &Pass) -> System {
    let nodes = seen.len();
    let mut system = System::empty(nodes);
    let full = (CELL * CELL) as f32;
    let scale = (1usize << pass.level) as f32;
    let mut typical = Vec::new();
    let variance = residual_variance(seen, field.columns, field.rows);
    for (at, cell) in seen.iter().enumerate() {
        if cell.skin <= 0.0 {
            continue;
        }
        let trust = if pass.gated { (1.0 - variance[at] / UNRELATED).clamp(0.01, 1.0) } else { 1.0 };
        let weight = trust * follow_skin(field, at, skin, pass.level) / (variance[at] + pass.floor);
        let [a, b, c, d] = field.slope(at % field.columns, at / field.columns);
        let determinant = a * d - b * c;
        if determinant < 0.2 {
            continue;
        }
        // M, the inverse transpose of the slope; displacements are in px of the photograph, sums in px of the level.
        let m = [d, -c, -b, a].map(|value| value / (determinant * scale));
        let left = [m[0] * cell.xx + m[1] * cell.xy, m[0] * cell.xy + m[1] * cell.yy];
        let right = [m[2] * cell.xx + m[3] * cell.xy, m[2] * cell.xy + m[3] * cell.yy];
        system.xx[at] = weight * (left[0] * m[0] + left[1] * m[1]);
        system.xy[at] = weight * (left[0] * m[2] + left[1] * m[3]);
        system.yy[at] = weight * (right[0] * m[2] + right[1] * m[3]);
        system.bx[at] = weight * (m[0] * cell.bx + m[1] * cell.by);
        system.by[at] = weight * (m[2] * cell.bx + m[3] * cell.by);
        if cell.skin > 0.5 * full {
            typical.push(0.5 * (system.xx[at] + system.yy[at]));
        }
    }
    // The median, because eyes and brows have a hundred times the contrast of a cheek.
    let mean = crate::register::median(typical).max(1e-9);
    system.stiffness = mean * (pass.reach / CELL as f32).powi(4);
    for (hold, cell) in system.hold.iter_mut().zip(seen) {
        let bare = 1.0 - (cell.skin / full).min(1.0);
        *hold = mean * (HOLD * bare + 1e-6);
    }
    system
}

/// Mean squared residual around each cell, over three by three cells.
fn residual_variance(seen: &[Seen], columns: usize, rows: usize) -> Vec<f32> {
    let mut variance = vec![UNRELATED; seen.len()];
    for (at, variance) in variance.iter_mut().enumerate() {
        let (i, j) = (at % columns, at / columns);
        let (mut misfit, mut skin) = (0.0, 0.0);
        for y in j.saturating_sub(1)..(j + 2).min(rows) {
            for x in i.saturating_sub(1)..(i + 2).min(columns) {
                let cell = &seen[y * columns + x];
                misfit += cell.base + cell.follow - 2.0 * cell.both;
                skin += cell.skin;
            }
        }
        if skin > 0.0 {
            *variance = misfit / skin;
        }
    }
    variance
}

/// Correlation of both photographs around each node under a map, over three by three cells of a level; `None` where
/// less than half of them is skin.
pub(crate) fn agreement(base: &Prepared, follow: &Prepared, field: &Field, level: usize) -> Vec<Option<f32>> {
    let scale = (1usize << level) as f32;
    let field = field.resampled(base.size(), scale * CELL as f32);
    let pair =
        Pair { base: &base.bright[level], follow: &follow.bright[level], skin: &base.skin[level], scale };
    let seen = observe(&pair, &field);
    let (columns, rows) = (field.columns, field.rows);
    (0..seen.len())
        .map(|at| {
            let (i, j) = (at % columns, at / columns);
            let mut sum = Seen::default();
            for y in j.saturating_sub(1)..(j + 2).min(rows) {
                for x in i.saturating_sub(1)..(i + 2).min(columns) {
                    let cell = &seen[y * columns + x];
                    sum.base += cell.base;
                    sum.follow += cell.follow;
                    sum.both += cell.both;
                    sum.skin += cell.skin * follow_skin(&field, at, &follow.skin, level);
                }
            }
            (sum.skin > 4.5 * (CELL * CELL) as f32)
                .then(|| sum.both / (sum.base * sum.follow).sqrt().max(1e-6))
        })
        .collect()
}
