//! Flat areas that stand in rows and columns as the patches of a card do.

use super::flat::Flat;

/// Fewest areas that make a lattice; fewer could be tiles, a keyboard or a shirt.
pub(crate) const MEMBERS_MIN: usize = 11;

/// Flat areas with whole-numbered places in one lattice.
#[derive(Debug, Clone)]
pub(crate) struct Lattice {
    /// Index of the flat area, column, row.
    pub(crate) members: Vec<(usize, i32, i32)>,
}

type Step = (f32, f32);

fn length(step: Step) -> f32 {
    step.0.hypot(step.1)
}

/// The steps to the next column and the next row, seen from one area: its nearest alike neighbour, and the nearest
/// one across.
fn steps(flats: &[Flat], seed: usize) -> Option<(Step, Step)> {
    let from = flats[seed];
    let mut near: Vec<Step> = flats
        .iter()
        .enumerate()
        .filter(|&(at, flat)| at != seed && alike(from, *flat))
        .map(|(_, flat)| (flat.x - from.x, flat.y - from.y))
        .filter(|&step| (0.9 * from.side..2.2 * from.side).contains(&length(step)))
        .collect();
    near.sort_by(|one, other| length(*one).total_cmp(&length(*other)));
    let along = *near.first()?;
    let across = *near.iter().find(|&&step| {
        let cosine = (step.0 * along.0 + step.1 * along.1) / (length(step) * length(along));
        cosine.abs() < 0.35 && (0.65..1.55).contains(&(length(step) / length(along)))
    })?;
    // Columns and rows turn like x and y, so that a lattice is never seen in a mirror.
    let turned = along.0 * across.1 - along.1 * across.0 > 0.0;
    Some((along, if turned { across } else { (-across.0, -across.1) }))
}

fn alike(one: Flat, other: Flat) -> bool {
    (0.6..1.67).contains(&(one.side / other.side))
}

/// Walks from a seed to all areas that stand where the steps say, learning the steps anew from each pair of
/// neighbours, because perspective changes them across the card.
fn walk(flats: &[Flat], seed: usize) -> Option<Lattice> {
    let (along, across) = steps(flats, seed)?;
    let mut place: Vec<Option<(i32, i32)>> = vec![None; flats.len()];
    let mut local = vec![(along, across); flats.len()];
    place[seed] = Some((0, 0));
    let mut queue = std::collections::VecDeque::from([seed]);
    let mut taken = std::collections::BTreeSet::from([(0, 0)]);
    while let Some(at) = queue.pop_front() {
        let Some((column, row)) = place[at] else { continue };
        let (along, across) = local[at];
        let ways = [(1, 0, along), (-1, 0, along), (0, 1, across), (0, -1, across)];
        for (columns, rows, step) in ways {
            let sign = (columns + rows) as f32;
            let wanted = (flats[at].x + sign * step.0, flats[at].y + sign * step.1);
            let spot = (column + columns, row + rows);
            if taken.contains(&spot) || spot.0.abs() > 6 || spot.1.abs() > 6 {
                continue;
            }
            let distance = |flat: &Flat| (flat.x - wanted.0).hypot(flat.y - wanted.1);
            let next = (0..flats.len())
                .filter(|&next| place[next].is_none() && alike(flats[at], flats[next]))
                .min_by(|&one, &other| distance(&flats[one]).total_cmp(&distance(&flats[other])));
            let Some(next) = next.filter(|&next| distance(&flats[next]) < 0.22 * length(step)) else {
                continue;
            };
            let seen = (sign * (flats[next].x - flats[at].x), sign * (flats[next].y - flats[at].y));
            let blend = |old: Step| (0.5 * (old.0 + seen.0), 0.5 * (old.1 + seen.1));
            local[next] = if columns != 0 { (blend(along), across) } else { (along, blend(across)) };
            place[next] = Some(spot);
            taken.insert(spot);
            queue.push_back(next);
        }
    }
    let members: Vec<_> =
        (0..flats.len()).filter_map(|at| place[at].map(|(column, row)| (at, column, row))).collect();
    (members.len() >= MEMBERS_MIN).then_some(Lattice { members })
}

/// All lattices with enough members, largest first; an area belongs to one of them at most.
pub(crate) fn find(flats: &[Flat]) -> Vec<Lattice> {
    let mut used = vec![false; flats.len()];
    let mut lattices = Vec::new();
    for seed in 0..flats.len() {
        if used[seed] {
            continue;
        }
        if let Some(lattice) = walk(flats, seed) {
            for &(at, ..) in &lattice.members {
                used[at] = true;
            }
            lattices.push(lattice);
        }
    }
    lattices.sort_by_key(|lattice| std::cmp::Reverse(lattice.members.len()));
    lattices
}
