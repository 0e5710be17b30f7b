//! One event, one letter: asked for once, written once, and never without a cause.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Span, Timestamp};

use super::{Auditor, rows::Rows};
use crate::ledger::Ledger;

impl Auditor {
    /// No letter twice, and none both written and still to be written.
    pub(super) fn check_letters(&mut self, rows: &Rows) {
        let mut seen = BTreeSet::new();
        for subject in rows.messages.iter().chain(&rows.jobs) {
            if !seen.insert(subject) {
                self.add(format!("the letter {subject} is there twice"));
            }
            let id = subject.split(':').nth(1).unwrap_or_default();
            if !rows.owners.contains_key(id) {
                self.add(format!("the letter {subject} is about nothing"));
            }
        }
    }

    /// Every letter that was asked for is there, unless something newer overtook it or its trace is old enough to be
    /// forgotten; and no other.
    pub(super) fn check_asked_letters(&mut self, rows: &Rows, ledger: &Ledger, now: Timestamp) {
        let kept_from = now.saturating_sub(Span::new().hours(24 * 90)).expect("a time of the simulation");
        let jobs: BTreeSet<&String> = rows.jobs.iter().collect();
        let messages: BTreeSet<&String> = rows.messages.iter().collect();
        for (subject, run_at) in &ledger.letters {
            if jobs.contains(subject) || messages.contains(subject) || *run_at < kept_from {
                continue;
            }
            let mut parts = subject.split(':');
            let (what, id, sequence) = (parts.next(), parts.next(), parts.next());
            let owner = id.and_then(|id| rows.owners.get(id));
            let overtaken = owner.is_some_and(|owner| {
                let newer = sequence.is_none_or(|sequence| owner.sequence.to_string() != sequence);
                newer || (what == Some("confirm") && owner.confirm_by.is_none())
            });
            if !overtaken {
                self.add(format!("the letter {subject} was asked for and is nowhere"));
            }
        }
        for subject in jobs.union(&messages).filter(|subject| !ledger.letters.contains_key(**subject)) {
            self.add(format!("nobody asked for the letter {subject}"));
        }
    }

    /// Without a ledger: every appointment has one event that booked it and one for each change since.
    pub(super) fn check_every_event(&mut self, rows: &Rows) {
        let mut counted: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for event in &rows.events {
            *counted.entry((event.object.as_str(), event.action.as_str())).or_default() += 1;
        }
        let count = |id: &str, action: &str| counted.get(&(id, action)).copied().unwrap_or(0);
        for owner in rows.owners.values().filter(|owner| !owner.is_hold) {
            let id = owner.id.as_str();
            let changes = count(id, "appointment.move")
                + count(id, "appointment.cancel")
                + count(id, "appointment.expire");
            if count(id, "appointment.book") != 1 || owner.sequence != changes {
                self.add(format!("{id} has {} changes and {changes} events of them", owner.sequence));
            }
            if owner.visit_type.is_empty() {
                self.add(format!("{id} is of no kind"));
            }
        }
    }
}
