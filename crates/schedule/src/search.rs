//! All starts at once, for each lead.
//!
//! Two ways lead to the same bits. For a fixed vector of lengths every phase has a fixed offset, and the condition on a
//! kept role involves nothing but its own resource, so "some therapist" and "some room" separate: the product of the
//! roles' sizes becomes their sum ([`separable`]). Where one condition ties two kept roles together, or the lengths
//! can vary in too many ways, every binding of the kept roles is tried with a backward pass over the phases
//! ([`by_binding`]). Why both are exact: a phase needs its claims for its whole length, phases do not overlap in time,
//! and claims that share no resource are independent.

use crate::{
    bits,
    calendar::Calendar,
    hot::Hot,
    lane::Need,
    rows::{Id, Rows},
    shape::Shape,
};

/// More combinations of lengths than this go by binding.
const MOST_VECTORS: usize = 64;

/// What limits the starts of one search besides the resources.
#[derive(Debug)]
pub(crate) struct Gate {
    /// The first word looked at.
    pub(crate) from: usize,
    /// Where a visit may start, relative to `from`; as many words as are looked at.
    pub(crate) starts: Vec<u64>,
    /// Where the patient is free, if that is limited.
    pub(crate) client: Option<Vec<u64>>,
}

/// The starts of each lead who has any, in the site's order, relative to the gate's first word.
pub(crate) type Found = Vec<(u32, Vec<u64>)>;

/// Finds every start: in the calendar's own rows, or with a gate in open hours in those.
pub(crate) fn search(calendar: &Calendar, hot: Option<&Hot>, shape: &Shape, gate: &Gate) -> Found {
    let length = hot.map_or_else(|| calendar.length(), |hot| hot.length);
    let mut rows = Rows::new(calendar, hot, gate.from, gate.from + gate.starts.len());
    let mut found = if separates(shape) && vectors(shape).len() <= MOST_VECTORS {
        separable(&mut rows, shape, gate, length)
    } else {
        by_binding(&mut rows, shape, gate, length)
    };
    found.retain(|(_, row)| bits::any(row));
    found
}

/// Whether no condition ties two kept roles together.
fn separates(shape: &Shape) -> bool {
    shape.phases.iter().flat_map(|phase| &phase.parts).all(|part| part.kept.len() <= 1)
}

/// Every combination of lengths, each one length for each phase; stops when there are too many.
fn vectors(shape: &Shape) -> Vec<Vec<usize>> {
    let mut vectors: Vec<Vec<usize>> = vec![Vec::with_capacity(shape.phases.len())];
    for phase in &shape.phases {
        if phase.min == phase.max {
            vectors.iter_mut().for_each(|vector| vector.push(phase.min));
            continue;
        }
        if vectors.len() > MOST_VECTORS {
            break;
        }
        let longer = |vector: &Vec<usize>| {
            let vector = vector.clone();
            (phase.min..=phase.max).map(move |length| vector.iter().copied().chain([length]).collect())
        };
        vectors = vectors.iter().flat_map(longer).collect();
    }
    vectors
}

/// Whose condition a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// Nobody's in particular: pools that are asked afresh.
    Shared,
    /// The patient's.
    Client,
    /// A kept role's.
    Role(usize),
}

/// A condition on a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// The owner is free throughout, across phases.
    Run(Need, usize),
    /// A part of a phase, by their numbers, for so long.
    Part(usize, usize, usize),
    /// The supervision of a phase, for so long.
    Watch(usize, usize),
}

/// Pieces that keep their distances whatever the lengths of the elastic phases are.
type Chunk = Vec<(usize, Piece)>;

/// An owner's chunks, and where each stands for each vector.
struct Layout {
    owner: Owner,
    chunks: Vec<Chunk>,
    /// For each vector: offset and number of the chunk.
    placed: Vec<Vec<(usize, usize)>>,
}

impl Layout {
    fn new(shape: &Shape, owner: Owner, vectors: &[Vec<usize>]) -> Self {
        let mut layout = Self { owner, chunks: Vec::new(), placed: Vec::with_capacity(vectors.len()) };
        for vector in vectors {
            let placed = chunks(shape, owner, vector)
                .into_iter()
                .map(|(offset, chunk)| {
                    let known = layout.chunks.iter().position(|other| *other == chunk);
                    (
                        offset,
                        known.unwrap_or_else(|| {
                            layout.chunks.push(chunk);
                            layout.chunks.len() - 1
                        }),
                    )
                })
                .collect();
            layout.placed.push(placed);
        }
        layout
    }

    /// The row of every chunk under a binding.
    fn rows(
        &self,
        rows: &mut Rows<'_>,
        shape: &Shape,
        client: Option<Id>,
        binding: &[Option<u32>],
    ) -> Vec<Id> {
        self.chunks
            .iter()
            .map(|chunk| {
                let ids: Vec<(usize, Id)> = chunk
                    .iter()
                    .map(|(ahead, piece)| (*ahead, self.piece(rows, shape, client, binding, *piece)))
                    .collect();
                if let [(0, id)] = ids.as_slice() {
                    return *id;
                }
                let mut row = rows.ones();
                for (ahead, id) in ids {
                    bits::and_ahead(&mut row, rows.row(id), ahead);
                }
                rows.keep(row)
            })
            .collect()
    }

    fn piece(
        &self,
        rows: &mut Rows<'_>,
        shape: &Shape,
        client: Option<Id>,
        binding: &[Option<u32>],
        piece: Piece,
    ) -> Id {
        match (piece, self.owner) {
            (Piece::Run(need, length), Owner::Role(role)) => match binding[role] {
                Some(resource) => rows.eroded(resource, need, length),
                None => rows.keep(rows.zeros()),
            },
            (Piece::Run(_, length), _) => {
                let mut row = client.map_or_else(|| rows.ones(), |id| rows.row(id).to_vec());
                bits::erode(&mut row, 1, length);
                rows.keep(row)
            }
            (Piece::Part(phase, part, length), _) => {
                let row = rows.part(shape, &shape.phases[phase].parts[part], length, binding);
                rows.keep(row)
            }
            (Piece::Watch(phase, length), _) => match &shape.phases[phase].watch {
                Some(watch) if !binding[shape.lead].is_some_and(|lead| watch.free.contains(&lead)) => {
                    rows.watched(watch, length)
                }
                _ => rows.keep(rows.ones()),
            },
        }
    }
}

/// The pieces of an owner for one vector, cut into chunks at the elastic phases.
fn chunks(shape: &Shape, owner: Owner, vector: &[usize]) -> Vec<(usize, Chunk)> {
    let elastic = |phase: usize| shape.phases[phase].min < shape.phases[phase].max;
    let mut chunks: Vec<(usize, Chunk)> = Vec::new();
    // The number of elastic phases before the last chunk's end; `None` if nothing may be added to it.
    let mut group: Option<usize> = None;
    let mut before = 0;
    let mut push = |at: usize, piece: Piece, fixed: Option<usize>| {
        match chunks.last_mut() {
            Some((start, chunk)) if fixed.is_some() && fixed == group => chunk.push((at - *start, piece)),
            _ => chunks.push((at, vec![(0, piece)])),
        }
        group = fixed;
    };
    // A run of one kept role or of the patient that may still grow: start, end, need, its group.
    let mut run: Option<(usize, usize, Need, Option<usize>)> = None;
    let mut at = 0;
    for (number, phase) in shape.phases.iter().enumerate() {
        let length = vector[number];
        let fixed = (!elastic(number)).then_some(before);
        before += usize::from(elastic(number));
        if length == 0 {
            continue;
        }
        let end = at + length;
        let held = match owner {
            Owner::Client => phase.client.then_some(Need::Seats(1)),
            Owner::Role(role) => phase
                .parts
                .iter()
                .filter_map(|part| part.pure())
                .find(|(other, _)| *other == role)
                .map(|(_, need)| need),
            Owner::Shared => None,
        };
        run = match (run, held) {
            (Some((start, until, need, group)), Some(more)) if until == at && need == more => {
                Some((start, end, need, group.filter(|_| group == fixed)))
            }
            (before, held) => {
                if let Some((start, until, need, group)) = before {
                    push(start, Piece::Run(need, until - start), group);
                }
                held.map(|need| (at, end, need, fixed))
            }
        };
        for (index, part) in phase.parts.iter().enumerate() {
            let mine = match owner {
                Owner::Shared => part.kept.is_empty(),
                Owner::Role(role) => part.kept == [role] && part.pure().is_none(),
                Owner::Client => false,
            };
            if mine {
                push(at, Piece::Part(number, index, length), fixed.filter(|_| run.is_none()));
            }
        }
        let watched = phase.watch.as_ref().is_some_and(|watch| match owner {
            Owner::Shared => !watch.by_lead,
            Owner::Role(role) => watch.by_lead && role == shape.lead,
            Owner::Client => false,
        });
        if watched {
            push(at, Piece::Watch(number, length), fixed.filter(|_| run.is_none()));
        }
        at = end;
    }
    if let Some((start, until, need, group)) = run {
        push(start, Piece::Run(need, until - start), group);
    }
    chunks
}

/// The bindings of one kept role: each resource, or nobody if there is none and it is not the lead.
fn candidates(shape: &Shape, role: usize) -> Vec<Option<u32>> {
    let pool = &shape.pools[role];
    if pool.is_empty() && role != shape.lead {
        vec![None]
    } else {
        pool.iter().map(|one| Some(*one)).collect()
    }
}

/// `target |= gate & (every chunk where it stands)`.
fn add(
    rows: &Rows<'_>,
    target: &mut [u64],
    gate: &[u64],
    scratch: &mut Vec<u64>,
    placed: &[(usize, usize)],
    ids: &[Id],
) {
    match placed {
        [] => bits::or(target, gate),
        [(offset, chunk)] => bits::or_gated_ahead(target, gate, rows.row(ids[*chunk]), *offset),
        [most @ .., (offset, chunk)] => {
            scratch.clear();
            scratch.extend_from_slice(gate);
            for (offset, chunk) in most {
                bits::and_ahead(scratch, rows.row(ids[*chunk]), *offset);
            }
            bits::or_gated_ahead(target, scratch, rows.row(ids[*chunk]), *offset);
        }
    }
}

/// The fast way: see the module.
fn separable(rows: &mut Rows<'_>, shape: &Shape, gate: &Gate, length: usize) -> Found {
    let vectors = vectors(shape);
    let client = gate.client.as_ref().map(|row| rows.keep(row.clone()));
    let mut binding = vec![None; shape.pools.len()];
    let mut common = vec![Layout::new(shape, Owner::Shared, &vectors)];
    if client.is_some() {
        common.push(Layout::new(shape, Owner::Client, &vectors));
    }
    let common: Vec<(Vec<Id>, Layout)> =
        common.into_iter().map(|layout| (layout.rows(rows, shape, client, &binding), layout)).collect();
    let mut owned = |role: usize, rows: &mut Rows<'_>| {
        let layout = Layout::new(shape, Owner::Role(role), &vectors);
        let each: Vec<Vec<Id>> = candidates(shape, role)
            .into_iter()
            .map(|one| {
                binding[role] = one;
                layout.rows(rows, shape, client, &binding)
            })
            .collect();
        (layout, each)
    };
    let others: Vec<(Layout, Vec<Vec<Id>>)> = shape.others.iter().map(|role| owned(*role, rows)).collect();
    let (leads, each_lead) = owned(shape.lead, rows);
    let mut found: Found = shape.pools[shape.lead].iter().map(|lead| (*lead, rows.zeros())).collect();
    let mut scratch = Vec::with_capacity(rows.words);
    for (number, vector) in vectors.iter().enumerate() {
        let mut open = gate.starts.clone();
        cut(&mut open, gate.from, length, vector.iter().sum());
        for (ids, layout) in &common {
            for (offset, chunk) in &layout.placed[number] {
                bits::and_ahead(&mut open, rows.row(ids[*chunk]), *offset);
            }
        }
        for (layout, each) in &others {
            let mut some = rows.zeros();
            for ids in each {
                add(rows, &mut some, &open, &mut scratch, &layout.placed[number], ids);
            }
            open = some;
        }
        if bits::any(&open) {
            for ((_, target), ids) in found.iter_mut().zip(&each_lead) {
                add(rows, target, &open, &mut scratch, &leads.placed[number], ids);
            }
        }
    }
    found
}

/// Takes away the starts from which a visit of `lasts` quanta would leave the horizon.
fn cut(row: &mut [u64], from: usize, length: usize, lasts: usize) {
    let last = (length + 1).saturating_sub(lasts + from * 64);
    bits::clear(row, last, row.len() * 64);
}

/// The general way: every binding of the kept roles, and for each a backward pass over the phases.
fn by_binding(rows: &mut Rows<'_>, shape: &Shape, gate: &Gate, length: usize) -> Found {
    let mut binding = vec![None; shape.pools.len()];
    let client = gate.client.as_ref().map(|row| rows.keep(row.clone()));
    let mut found = Found::new();
    for lead in &shape.pools[shape.lead] {
        binding[shape.lead] = Some(*lead);
        let mut row = rows.zeros();
        bind(rows, shape, &shape.others, &mut binding, &mut |rows, binding| {
            let starts = backward(rows, shape, client, binding, (gate.from, length));
            bits::or(&mut row, &starts);
        });
        bits::and(&mut row, &gate.starts);
        found.push((*lead, row));
    }
    found
}

fn bind(
    rows: &mut Rows<'_>,
    shape: &Shape,
    roles: &[usize],
    binding: &mut Vec<Option<u32>>,
    then: &mut dyn FnMut(&mut Rows<'_>, &[Option<u32>]),
) {
    let Some((role, rest)) = roles.split_first() else {
        then(rows, binding);
        return;
    };
    for one in candidates(shape, *role) {
        binding[*role] = one;
        bind(rows, shape, rest, binding, then);
    }
}

/// Where the phases can run one after another under a binding.
fn backward(
    rows: &mut Rows<'_>,
    shape: &Shape,
    client: Option<Id>,
    binding: &[Option<u32>],
    (from, length): (usize, usize),
) -> Vec<u64> {
    let mut later = rows.ones();
    cut(&mut later, from, length, 0);
    for phase in shape.phases.iter().rev() {
        let mut now = rows.zeros();
        for lasts in phase.min..=phase.max {
            if lasts == 0 {
                bits::or(&mut now, &later);
                continue;
            }
            let mut here = rows.ones();
            for part in &phase.parts {
                bits::and(&mut here, &rows.part(shape, part, lasts, binding));
            }
            if let Some(watch) = &phase.watch
                && !binding[shape.lead].is_some_and(|lead| watch.free.contains(&lead))
            {
                let id = rows.watched(watch, lasts);
                bits::and(&mut here, rows.row(id));
            }
            if let (true, Some(id)) = (phase.client, client) {
                let mut free = rows.row(id).to_vec();
                bits::erode(&mut free, 1, lasts);
                bits::and(&mut here, &free);
            }
            bits::or_gated_ahead(&mut now, &here, &later, lasts);
        }
        later = now;
    }
    later
}
