//! The rows one search works with: eroded once for each resource, need and length, and remembered.

use std::{collections::HashMap, sync::Arc};

use crate::{
    bits,
    calendar::Calendar,
    hot::Hot,
    lane::Need,
    shape::{ClaimShape, Part, Shape, Watch},
};

/// A row in [`Rows`].
pub(crate) type Id = usize;

/// A row that was made for this search, or one that is known for longer and of which a part is looked at.
enum Row {
    Made(Vec<u64>),
    Known(Arc<[u64]>),
}

/// Rows of one stretch of words.
pub(crate) struct Rows<'c> {
    calendar: &'c Calendar,
    /// If rows are those of open hours.
    hot: Option<&'c Hot>,
    /// The words that are looked at.
    pub(crate) from: usize,
    pub(crate) words: usize,
    rows: Vec<Row>,
    /// For each resource: need, length, row.
    eroded: Vec<Vec<(Need, usize, Id)>>,
    watched: HashMap<(Vec<u32>, usize), Id>,
}

impl<'c> Rows<'c> {
    pub(crate) fn new(calendar: &'c Calendar, hot: Option<&'c Hot>, from: usize, to: usize) -> Self {
        let eroded = vec![Vec::new(); calendar.lanes().len()];
        Self { calendar, hot, from, words: to - from, rows: Vec::new(), eroded, watched: HashMap::new() }
    }

    pub(crate) fn row(&self, id: Id) -> &[u64] {
        match &self.rows[id] {
            Row::Made(row) => row,
            Row::Known(row) => &row[self.from..self.from + self.words],
        }
    }

    pub(crate) fn keep(&mut self, row: Vec<u64>) -> Id {
        self.rows.push(Row::Made(row));
        self.rows.len() - 1
    }

    pub(crate) fn ones(&self) -> Vec<u64> {
        vec![u64::MAX; self.words]
    }

    pub(crate) fn zeros(&self) -> Vec<u64> {
        vec![0; self.words]
    }

    /// Where a resource can give `need` for `length` quanta in a row; `length` is at least 1.
    pub(crate) fn eroded(&mut self, resource: u32, need: Need, length: usize) -> Id {
        let known = &self.eroded[resource as usize];
        if let Some(hot) = self.hot {
            if let Some((.., id)) = known.iter().find(|(other, have, _)| (*other, *have) == (need, length)) {
                return *id;
            }
            let lane = &self.calendar.lanes()[resource as usize];
            self.rows.push(Row::Known(hot.eroded(lane, need, length)));
            let id = self.rows.len() - 1;
            self.eroded[resource as usize].push((need, length, id));
            return id;
        }
        let mut best: Option<(usize, Id)> = None;
        for (other, have, id) in known {
            if *other == need && *have <= length && best.is_none_or(|(most, _)| most < *have) {
                best = Some((*have, *id));
            }
        }
        let (have, mut row) = match best {
            Some((have, id)) if have == length => return id,
            Some((have, id)) => (have, self.row(id).to_vec()),
            None => {
                (1, self.calendar.lanes()[resource as usize].row(need, self.from, self.from + self.words))
            }
        };
        bits::erode(&mut row, have, length);
        let id = self.keep(row);
        self.eroded[resource as usize].push((need, length, id));
        id
    }

    /// Where a part of a phase of `length` quanta can be met under a binding.
    pub(crate) fn part(
        &mut self,
        shape: &Shape,
        part: &Part,
        length: usize,
        binding: &[Option<u32>],
    ) -> Vec<u64> {
        let mut found = self.zeros();
        if let [claim] = part.claims.as_slice() {
            for role in &claim.roles {
                for resource in shape.options(*role, binding) {
                    let id = self.eroded(*resource, claim.need, length);
                    bits::or(&mut found, self.row(id));
                }
            }
            return found;
        }
        let mut chosen = Vec::with_capacity(part.claims.len());
        self.tuples(shape, &part.claims, length, binding, &mut chosen, &mut found);
        found
    }

    /// Goes through every way to fill several claims at once with different resources or seats.
    fn tuples(
        &mut self,
        shape: &Shape,
        claims: &[ClaimShape],
        length: usize,
        binding: &[Option<u32>],
        chosen: &mut Vec<(u32, Need)>,
        found: &mut [u64],
    ) {
        let Some((claim, rest)) = claims.split_first() else {
            let mut both = self.ones();
            for (resource, need) in chosen.iter() {
                let id = self.eroded(*resource, *need, length);
                bits::and(&mut both, self.row(id));
            }
            bits::or(found, &both);
            return;
        };
        for role in &claim.roles {
            for resource in shape.options(*role, binding) {
                if let Some(added) = join(chosen, *resource, claim.need) {
                    let before = std::mem::replace(chosen, added);
                    self.tuples(shape, rest, length, binding, chosen, found);
                    *chosen = before;
                }
            }
        }
    }

    /// Where somebody who can supervise is on duty for `length` quanta, one after another if need be.
    pub(crate) fn watched(&mut self, watch: &Watch, length: usize) -> Id {
        if let Some(id) = self.watched.get(&(watch.watchers.clone(), length)) {
            return *id;
        }
        let mut row = self.zeros();
        for watcher in &watch.watchers {
            let duty = &self.calendar.lanes()[*watcher as usize].duty;
            match self.hot {
                Some(hot) => bits::or(&mut row, &hot.squeezed(duty)[self.from..self.from + self.words]),
                None => bits::or(&mut row, &duty[self.from..self.from + self.words]),
            }
        }
        bits::erode(&mut row, 1, length);
        let id = self.keep(row);
        self.watched.insert((watch.watchers.clone(), length), id);
        id
    }
}

/// Adds a claim on a resource to those already chosen; `None` if it cannot stand beside them.
pub(crate) fn join(chosen: &[(u32, Need)], resource: u32, need: Need) -> Option<Vec<(u32, Need)>> {
    let mut joined = chosen.to_vec();
    match joined.iter_mut().find(|(other, _)| *other == resource) {
        None => joined.push((resource, need)),
        Some((_, held)) => match (*held, need) {
            (Need::Seats(have), Need::Seats(more)) => *held = Need::Seats(have + more),
            _ => return None,
        },
    }
    Some(joined)
}
