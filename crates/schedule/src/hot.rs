//! Open hours only. A clinic is open for a third of the week, and a visit whose every phase claims something runs in
//! open hours from its first moment to its last. So a search need not look at the rest: the stretches in which
//! anything at all is open are put one after another, with one closed quantum between them that nothing runs across.

use std::sync::{Arc, PoisonError, RwLock};

use crate::{
    bits,
    lane::{Lane, Need},
    search::{Found, Gate},
};

/// Where the open stretches of a horizon lie once everything else is left out.
#[derive(Debug)]
pub(crate) struct Hot {
    /// In order, not touching.
    stretches: Vec<Stretch>,
    /// How many quanta there are, the closed ones between the stretches included.
    pub(crate) length: usize,
}

#[derive(Debug, Clone, Copy)]
struct Stretch {
    /// The first place of the horizon in it …
    from: usize,
    /// … and the first after it.
    to: usize,
    /// Where its first place lies.
    at: usize,
}

/// Rows of a lane in open hours, eroded, for as long as the lane stays as it is.
#[derive(Debug, Default)]
pub(crate) struct Known(RwLock<Vec<(Need, usize, Arc<[u64]>)>>);

/// More rows than this are not remembered for one lane.
const MOST_KNOWN: usize = 24;

impl Clone for Known {
    /// A lane is copied to be changed, and then nothing is known of it.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Known {
    /// The lane has changed.
    pub(crate) fn forget(&mut self) {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Hot {
    /// `None` if there is too little to leave out.
    pub(crate) fn new(lanes: &[Lane], length: usize) -> Option<Self> {
        let mut open = vec![0; bits::words_for(length + 1)];
        lanes.iter().for_each(|lane| bits::or(&mut open, &lane.open));
        let (mut stretches, mut at, mut place): (Vec<Stretch>, _, _) = (Vec::new(), 0, 0);
        while let Some(from) = bits::next_one(&open, place) {
            let to = bits::next_zero(&open, from).min(length);
            stretches.push(Stretch { from, to, at });
            at += to - from + 1;
            place = to;
        }
        (at * 10 < length * 8).then_some(Self { stretches, length: at })
    }

    /// The words of a row.
    fn words(&self) -> usize {
        bits::words_for(self.length + 1)
    }

    /// The stretches that touch places `from..to`.
    fn touching(&self, from: usize, to: usize) -> &[Stretch] {
        let first = self.stretches.partition_point(|stretch| stretch.to <= from);
        let last = self.stretches.partition_point(|stretch| stretch.from < to);
        &self.stretches[first..last.max(first)]
    }

    /// A row of the whole horizon without what is closed.
    pub(crate) fn squeezed(&self, row: &[u64]) -> Vec<u64> {
        let mut hot = vec![0; self.words()];
        for Stretch { from, to, at } in &self.stretches {
            bits::copy(&mut hot, *at, row, *from, to - from);
        }
        hot
    }

    /// The same question in open hours.
    pub(crate) fn gate(&self, gate: &Gate) -> Gate {
        let base = gate.from * 64;
        let touching = self.touching(base, base + gate.starts.len() * 64);
        let (Some(first), Some(last)) = (touching.first(), touching.last()) else {
            return Gate { from: 0, starts: Vec::new(), client: None };
        };
        let from = first.at / 64;
        let words = (bits::words_for(last.at + last.to - last.from + 1) + 1).min(self.words()) - from;
        let squeeze = |row: &[u64]| {
            let mut hot = vec![0; words];
            for Stretch { from: begin, to, at } in touching {
                // Of a stretch that began before the rows, only what lies in them is known.
                let begin_in = (*begin).max(base);
                bits::copy(&mut hot, at + begin_in - begin - from * 64, row, begin_in - base, to - begin_in);
            }
            hot
        };
        Gate { from, starts: squeeze(&gate.starts), client: gate.client.as_deref().map(squeeze) }
    }

    /// What was found in open hours, in the rows of the gate that was asked.
    pub(crate) fn spread(&self, found: Found, hot: &Gate, gate: &Gate) -> Found {
        let base = gate.from * 64;
        let touching = self.touching(base, base + gate.starts.len() * 64);
        let spread = |row: Vec<u64>| {
            let mut wide = vec![0; gate.starts.len()];
            for Stretch { from: begin, to, at } in touching {
                let begin_in = (*begin).max(base);
                let source = at + begin_in - begin - hot.from * 64;
                bits::copy(&mut wide, begin_in - base, &row, source, to - begin_in);
            }
            wide
        };
        found.into_iter().map(|(lead, row)| (lead, spread(row))).collect()
    }

    /// Where a lane can give `need` for `length` quanta in a row, over all open hours.
    pub(crate) fn eroded(&self, lane: &Lane, need: Need, length: usize) -> Arc<[u64]> {
        let known = lane.known.0.read().unwrap_or_else(PoisonError::into_inner);
        let fits = known.iter().filter(|(other, have, _)| *other == need && *have <= length);
        let best = fits.max_by_key(|(_, have, _)| *have).map(|(_, have, row)| (*have, Arc::clone(row)));
        drop(known);
        let (have, mut row) = match best {
            Some((have, row)) if have == length => return row,
            Some((have, row)) => (have, row.to_vec()),
            None => (1, self.squeezed(&lane.row(need, 0, lane.any.len()))),
        };
        bits::erode(&mut row, have, length);
        let row: Arc<[u64]> = row.into();
        let mut known = lane.known.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST_KNOWN {
            known.push((need, length, Arc::clone(&row)));
        }
        row
    }
}
