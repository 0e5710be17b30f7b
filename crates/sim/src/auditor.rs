//! Looks at every row of the diary and says what is wrong. Reads the database past the store, with arithmetic of its
//! own on plain intervals; shares no code with planner, checker or book. Only the audit trail's digests are reckoned by
//! the store itself.

mod duty;
mod guard;
mod letters;
mod rows;
mod rules;

use jiff::Timestamp;
use store::StoreLocation;
use testkit::Raw;

use crate::{ledger::Ledger, world::World};
use rows::Rows;

/// Looks at a database.
#[derive(Debug, Default)]
pub struct Auditor {
    /// What was found, in words.
    pub found: Vec<String>,
}

impl Auditor {
    /// Audits a running clinic: what its ledger acknowledged, what the rows say of each other, and the rules.
    pub fn audit(world: &World, ledger: &Ledger, now: Timestamp) -> Self {
        let rows = Rows::read(&world.location);
        let mut auditor = Self::default();
        auditor.check_rows(&rows, now);
        auditor.check_ledger(&rows, ledger, now);
        auditor.check_chain(world);
        auditor
    }

    /// Audits what the rows say of each other, whoever wrote them.
    pub fn audit_rows(world: &World, now: Timestamp) -> Self {
        let rows = Rows::read(&world.location);
        let mut auditor = Self::default();
        auditor.check_rows(&rows, now);
        auditor.check_every_event(&rows);
        auditor.check_chain(world);
        auditor
    }

    fn check_rows(&mut self, rows: &Rows, now: Timestamp) {
        self.check_guard(rows, now);
        self.check_owners(rows);
        self.check_rules(rows);
        self.check_letters(rows);
    }

    fn add(&mut self, what: impl Into<String>) {
        // A first fault often makes many: a hundred tell enough.
        if self.found.len() < 100 {
            self.found.push(what.into());
        }
    }

    fn check_chain(&mut self, world: &World) {
        let clinic = world.env().clinic_id;
        let verified = world.env().store.read(|tx| store::audit::verify(tx, clinic));
        match verified {
            Ok(Ok(_)) => {}
            Ok(Err(broken)) => self.add(format!("the audit trail is broken: {broken:?}")),
            Err(error) => self.add(format!("the audit trail cannot be read: {error}")),
        }
    }
}

/// The rows of a query, all columns as text.
fn texts(location: &StoreLocation, sql: &str) -> Vec<Vec<String>> {
    Raw::open(location).texts(sql)
}
