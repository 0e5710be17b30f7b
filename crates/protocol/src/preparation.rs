//! The dated plan of what to do before a visit, and from when life goes on as usual after it.

use jiff::{Span, civil::Date};
use vocab::RuleId;

use crate::{
    cream::Cream,
    model::{PreparationItem, PreparationKind, Protocol, WhoAgrees},
};

/// One line of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedTask {
    /// `PREP-RETINOL`.
    pub item: RuleId,
    /// The day it starts, or is done.
    pub due_on: Date,
    /// The first day it no longer holds, where it ends: for a pause, when to start again.
    pub ends_on: Option<Date>,
    /// What kind of thing it is.
    pub kind: PreparationKind,
    /// What to do, for the person.
    pub text: String,
    /// What to do when it ends, for the person.
    pub end_text: Option<String>,
    /// Who must agree first.
    pub who_agrees: WhoAgrees,
    /// Rules whose yes makes it matter; empty means it is for everybody.
    pub only_if: Vec<RuleId>,
    /// Keys into the bibliography.
    pub sources: Vec<String>,
    /// Whether the value ships confirmed.
    pub confirmed: bool,
}

/// The plan for a visit on a day, for somebody who can have this numbing cream: earliest first, then in the order of the
/// protocol. Nothing in it tells anybody to leave out a prescribed medicine: the loader refuses such texts.
pub fn preparation(protocol: &Protocol, visit_on: Date, cream: Cream) -> Vec<DatedTask> {
    let items = protocol.preparation.iter();
    let mut tasks: Vec<DatedTask> = items.map(|item| dated(item, visit_on, cream)).collect();
    tasks.sort_by_key(|task| task.due_on);
    tasks
}

fn dated(item: &PreparationItem, visit_on: Date, cream: Cream) -> DatedTask {
    let days = |days: u32| Span::new().days(i64::from(days));
    DatedTask {
        item: item.id.clone(),
        due_on: visit_on.saturating_sub(days(item.days_before.usual)),
        ends_on: item.restart_days.map(|restart| visit_on.saturating_add(days(restart.usual))),
        kind: item.kind,
        text: item.words(cream).to_owned(),
        end_text: item.restart_text.clone(),
        who_agrees: item.who_agrees,
        only_if: item.only_if.clone(),
        sources: item.evidence.sources.clone(),
        confirmed: item.evidence.tag.is_confirmed(),
    }
}
