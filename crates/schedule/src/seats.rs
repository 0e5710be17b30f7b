//! Concrete seats for a decision. The search only counts seats; the database wants to know which.

use std::fmt;

use jiff::Timestamp;

use crate::{
    decide::Decision,
    model::{Busy, ResourceKey, SiteFacts, Takes},
};

/// A seat that a decision uses for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatUse {
    /// The place of the phase in [`Decision::phases`].
    pub phase: usize,
    /// Which resource.
    pub key: ResourceKey,
    /// Which of its seats, from 0.
    pub seat: u16,
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after.
    pub to: Timestamp,
}

/// A resource has no seat left for a phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSeat {
    /// The place of the phase in [`Decision::phases`].
    pub phase: usize,
    /// Which resource.
    pub key: ResourceKey,
}

impl fmt::Display for NoSeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has just been taken: look for a time again", self.key)
    }
}

impl std::error::Error for NoSeat {}

/// Gives every use of a decision its seats: all of them to [`Takes::Whole`], and to [`Takes::OneSeat`] the lowest that is
/// free throughout. If each quantum has a free seat but none is free throughout, the use changes seats on the way.
/// `busy` lists what is taken already: resource, seat, from, to.
///
/// # Errors
/// If a resource is unknown or has too few free seats at some moment.
pub fn seats(
    busy: &[(ResourceKey, u16, Timestamp, Timestamp)],
    site: &SiteFacts,
    decision: &Decision,
) -> Result<Vec<SeatUse>, NoSeat> {
    let mut given: Vec<SeatUse> = Vec::new();
    for (phase, planned) in decision.phases.iter().enumerate() {
        for used in &planned.uses {
            let none = || NoSeat { phase, key: used.key.clone() };
            let resource =
                site.resources.iter().find(|resource| resource.key == used.key).ok_or_else(none)?;
            // Until when a seat is free from a moment on; `None` if it is taken at that moment.
            let free_until = |given: &[SeatUse], seat: u16, at: Timestamp| {
                let theirs = busy.iter().filter(|(key, other, ..)| *key == used.key && *other == seat);
                let mine = given.iter().filter(|other| other.key == used.key && other.seat == seat);
                let taken =
                    theirs.map(|(.., from, to)| (*from, *to)).chain(mine.map(|one| (one.from, one.to)));
                let later = taken.filter(|(_, to)| *to > at);
                let next = later.map(|(from, _)| from).min().unwrap_or(planned.to).min(planned.to);
                (next > at).then_some(next)
            };
            let give = |given: &mut Vec<SeatUse>, seat, from, to| {
                given.push(SeatUse { phase, key: used.key.clone(), seat, from, to });
            };
            match used.takes {
                Takes::Whole => {
                    for seat in 0..resource.seats {
                        if free_until(&given, seat, planned.from) != Some(planned.to) {
                            return Err(none());
                        }
                        give(&mut given, seat, planned.from, planned.to);
                    }
                }
                Takes::OneSeat => {
                    let mut at = planned.from;
                    while at < planned.to {
                        let free = (0..resource.seats)
                            .filter_map(|seat| Some((free_until(&given, seat, at)?, seat)));
                        // The longest free, and of those the lowest number.
                        let best = free.max_by_key(|(until, seat)| (*until, std::cmp::Reverse(*seat)));
                        let (until, seat) = best.ok_or_else(none)?;
                        give(&mut given, seat, at, until);
                        at = until;
                    }
                }
            }
        }
    }
    Ok(given)
}

impl Decision {
    /// What the decision makes busy, one entry for each seat: to [`crate::Calendar::occupy`] with. The lead's first entry
    /// counts toward the daily cap. Resources the site does not know are left out.
    pub fn busy(&self, site: &SiteFacts) -> Vec<Busy> {
        let mut entries = Vec::new();
        let mut counted = false;
        for phase in &self.phases {
            for used in &phase.uses {
                let seats = site
                    .resources
                    .iter()
                    .find(|resource| resource.key == used.key)
                    .map_or(0, |one| one.seats);
                let times = if used.takes == Takes::Whole { seats } else { seats.min(1) };
                for _ in 0..times {
                    let leads = !counted && used.key == self.lead;
                    counted |= leads;
                    entries.push(Busy { key: used.key.clone(), from: phase.from, to: phase.to, leads });
                }
            }
        }
        entries
    }
}
