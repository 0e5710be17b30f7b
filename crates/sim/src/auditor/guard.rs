//! Claims, occupations and their owners: each says the same.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use record::AppointmentStatus;

use super::{
    Auditor,
    rows::{Event, QUANTUM, Rows},
};
use crate::ledger::Ledger;

/// The event of a visit that was not confirmed in time.
const EXPIRE: &str = "appointment.expire";

/// States in which an appointment keeps its time.
const KEPT: [&str; 5] = ["pending", "booked", "arrived", "fulfilled", "noshow"];

impl Auditor {
    /// Claims are exactly the occupied quanta, and no seat is used twice.
    pub(super) fn check_guard(&mut self, rows: &Rows, now: Timestamp) {
        let mut used: BTreeMap<(&str, u32, i64), &str> = BTreeMap::new();
        for piece in &rows.pieces {
            for quantum in piece.from / QUANTUM..piece.to / QUANTUM {
                let place = (piece.resource.as_str(), piece.seat, quantum);
                if let Some(other) = used.insert(place, &piece.owner) {
                    self.add(format!("{place:?} is used twice: by {other} and {}", piece.owner));
                }
            }
        }
        let claims: BTreeSet<(&str, u32, i64)> = rows
            .claims
            .iter()
            .map(|(resource, seat, quantum)| (resource.as_str(), *seat, *quantum))
            .collect();
        for claim in claims.iter().filter(|claim| !used.contains_key(*claim)) {
            self.add(format!("{claim:?} is claimed by nobody"));
        }
        // Claims of yesterday and before may be forgotten.
        let from = now.as_microsecond() / QUANTUM - 288;
        for (place, owner) in used.iter().filter(|((.., quantum), _)| *quantum > from) {
            if !claims.contains(place) {
                self.add(format!("{place:?} of {owner} is not guarded by a claim"));
            }
        }
    }

    /// Who keeps time occupies it, and nobody else.
    pub(super) fn check_owners(&mut self, rows: &Rows) {
        let occupying: BTreeSet<&str> = rows.pieces.iter().map(|piece| piece.owner.as_str()).collect();
        for owner in rows.owners.values() {
            let keeps = owner.is_hold || KEPT.contains(&owner.status.as_str());
            if keeps != occupying.contains(owner.id.as_str()) {
                self.add(format!("{} is {} and occupies: {}", owner.id, owner.status, !keeps));
            }
        }
        for id in occupying.iter().filter(|id| !rows.owners.contains_key(**id)) {
            self.add(format!("{id} occupies time and is neither hold nor appointment"));
        }
    }

    /// What was acknowledged is there, and nothing else.
    pub(super) fn check_ledger(&mut self, rows: &Rows, ledger: &Ledger, now: Timestamp) {
        for (id, visit) in &ledger.visits {
            let Some(owner) = rows.owners.get(&id.to_string()) else {
                self.add(format!("{id} was acknowledged and is not there"));
                continue;
            };
            let told = (visit.status.as_str(), u64::from(visit.sequence));
            let ran_out = visit.status == AppointmentStatus::Pending
                && visit.confirm_by_at.is_some_and(|confirm_by| confirm_by <= now)
                && (owner.status.as_str(), owner.sequence) == ("cancelled", told.1 + 1);
            // Who is cancelled and was not called off by anybody was not confirmed in time.
            let called_off = ledger.events.contains_key(&("appointment.cancel".to_owned(), id.to_string()));
            let expired = owner.status == "cancelled" && !called_off;
            let is_expiry = |event: &&Event| event.action == EXPIRE && event.object == owner.id;
            let expiries = rows.events.iter().filter(is_expiry).count();
            if expiries != usize::from(expired) {
                self.add(format!("{id} expired: {expired}, noted {expiries} times"));
            }
            if (owner.status.as_str(), owner.sequence) != told && !ran_out {
                self.add(format!(
                    "{id} was acknowledged as {told:?}, is {} {}",
                    owner.status, owner.sequence
                ));
            }
            let place = (visit.start_at.as_microsecond(), visit.end_at.as_microsecond(), &visit.lead);
            if (owner.start, owner.end, &owner.lead) != place {
                self.add(format!("{id} was acknowledged for another time or therapist"));
            }
        }
        let known: BTreeSet<String> = ledger.visits.keys().map(ToString::to_string).collect();
        let held: BTreeSet<String> = ledger.holds.keys().map(ToString::to_string).collect();
        for owner in rows.owners.values() {
            if !owner.is_hold && !known.contains(&owner.id) {
                self.add(format!("appointment {} was never acknowledged", owner.id));
            }
            if owner.is_hold && !held.contains(&owner.id) {
                self.add(format!("hold {} was never acknowledged, or is over", owner.id));
            }
        }
        for (id, (hold, _)) in &ledger.holds {
            if hold.expires_at > now && !rows.owners.contains_key(&id.to_string()) {
                self.add(format!("hold {id} was acknowledged and is not there"));
            }
        }
        self.check_events(rows, ledger);
        self.check_asked_letters(rows, ledger, now);
    }

    /// Exactly the events of what was done.
    fn check_events(&mut self, rows: &Rows, ledger: &Ledger) {
        let mut counted: BTreeMap<(String, String), u64> = BTreeMap::new();
        for event in &rows.events {
            *counted.entry((event.action.clone(), event.object.clone())).or_default() += 1;
        }
        for (key, count) in &ledger.events {
            if counted.get(key) != Some(count) {
                self.add(format!("{key:?} was done {count} times, noted {:?}", counted.get(key)));
            }
        }
        for (key, count) in counted.iter().filter(|(key, _)| !ledger.events.contains_key(*key)) {
            let (action, _) = key;
            // Nobody in particular does this; it is counted with the visits.
            if action != EXPIRE {
                self.add(format!("{key:?} was never done, noted {count} times"));
            }
        }
    }
}
