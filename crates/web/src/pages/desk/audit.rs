//! Who did what, when, to what: newest first, and whether the chain of it is whole.

use super::DeskFrame;
use crate::view::ChoiceView;
use askama::Template;

/// The list.
#[derive(Debug, Template)]
#[template(path = "pages/desk/audit.html")]
pub struct AuditPage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// Whether every link of the chain fits, and until which event that was checked.
    pub chain: ChainView,
    /// Field `actor` of the filter.
    pub actors: Vec<ChoiceView>,
    /// Field `date` of the filter.
    pub date: String,
    /// The rows.
    pub rows: Vec<AuditRowView>,
    /// Older rows; empty at the end.
    pub older: String,
}

/// The state of the chain.
#[derive(Debug)]
pub enum ChainView {
    /// Every link fits; how many events.
    Whole(String),
    /// A link does not fit; where and what to do.
    Broken(String),
}

/// One event.
#[derive(Clone, Debug)]
pub struct AuditRowView {
    /// Instant, RFC 3339.
    pub instant: String,
    /// "8 Dec, 09:58:12".
    pub when: String,
    /// "Lea Brandt", "patient by link", "system".
    pub who: String,
    /// "moved".
    pub what: String,
    /// "visit 8 Dec 10:00, Ada B."; may be empty.
    pub subject: String,
    /// Where it can be opened; may be empty.
    pub href: String,
    /// Short head of its hash.
    pub hash: String,
}
