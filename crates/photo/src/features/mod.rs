//! A start without a face: points of skin found in both photographs, matched one by one.
//!
//! Corners of locally normalised brightness at half and quarter size; upright descriptors of gradients, described at
//! several turns of the baseline, because a turn of the camera is one for the whole picture; nearest neighbours by the
//! ratio test; a consensus on one similarity; then only matches that move as their neighbours do.

mod consensus;
mod describe;
mod detect;
mod pair_up;

use crate::flow::Prepared;
use crate::scattered::Match;
use rayon::prelude::*;

/// Levels on which points are looked for.
const LEVELS: [usize; 2] = [1, 2];
/// The level whose points decide on the turn.
const DECIDING: usize = 2;
/// Turns of the follow-up against the baseline that are tried, degrees. A descriptor stands a turn of half a step.
const TURNS: [f32; 5] = [-24.0, -12.0, 0.0, 12.0, 24.0];
/// Matches that a start needs at least. Chance finds about five of a few hundred on one similarity.
pub(crate) const MATCHES_MIN: usize = 24;

/// A point of a photograph, px of its level.
#[derive(Debug, Clone, Copy)]
struct Corner {
    x: f32,
    y: f32,
    strength: f32,
}

/// Points of one level with their descriptors.
struct Described {
    corners: Vec<Corner>,
    descriptors: Vec<describe::Descriptor>,
}

/// Matched points, wrong ones left out; `None` if there are too few to start from.
pub(crate) fn matches(base: &Prepared, follow: &Prepared) -> Option<Vec<Match>> {
    let find =
        |prepared: &Prepared, level: usize| detect::corners(&prepared.bright[level], &prepared.skin[level]);
    let [of_base, of_follow] = [base, follow].map(|prepared| LEVELS.map(|level| find(prepared, level)));
    let upright: Vec<Described> = LEVELS
        .iter()
        .zip(of_follow)
        .map(|(level, corners)| describe::describe(&follow.bright[*level], corners, 0.0))
        .collect();
    let edge = base.size().0.max(base.size().1) as f32;
    let pairs_at = |degrees: f32, at: usize| {
        let turn = degrees.to_radians();
        let turned = describe::describe(&base.bright[LEVELS[at]], of_base[at].clone(), -turn);
        pair_up::pair_up(&turned, &upright[at], base.size(), follow.size(), turn, LEVELS[at])
    };
    let deciding = LEVELS.iter().position(|&level| level == DECIDING)?;
    let votes: Vec<(usize, f32, Vec<Match>)> = TURNS
        .par_iter()
        .map(|&degrees| {
            let pairs = pairs_at(degrees, deciding);
            (consensus::consensus(&pairs, edge).len(), degrees, pairs)
        })
        .collect();
    let (_, degrees, mut pairs) = votes.into_iter().max_by_key(|(count, ..)| *count)?;
    for at in (0..LEVELS.len()).filter(|&at| at != deciding) {
        pairs.extend(pairs_at(degrees, at));
    }
    let agreed = consensus::consensus(&pairs, edge);
    let kept = consensus::neighbourly(&agreed, edge);
    (kept.len() >= MATCHES_MIN).then_some(kept)
}
