//! The answer of the self-check: one of six outcomes, every finding with its reason and source, and what to do next.

use crate::frame::Frame;
use crate::view::SourceView;
use askama::Template;

/// The six outcomes, mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutcomeView {
    /// Nothing speaks against booking.
    Proceed,
    /// Fine, with some numbing creams left out.
    NotThisProduct,
    /// Fine, except for some zones.
    ZonesExcluded,
    /// Later.
    Wait,
    /// A clinician decides at a consultation.
    ClinicianDecides,
    /// Not suitable.
    NotSuitable,
}

impl OutcomeView {
    /// The class of colour.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Proceed | Self::NotThisProduct => "good",
            Self::ZonesExcluded => "note",
            Self::Wait | Self::ClinicianDecides => "warn",
            Self::NotSuitable => "bad",
        }
    }

    /// The sign beside the word.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Proceed => "tick",
            Self::NotThisProduct | Self::ZonesExcluded => "info",
            Self::Wait => "clock",
            Self::ClinicianDecides => "person",
            Self::NotSuitable => "stop",
        }
    }

    /// One or two words, for a finding.
    pub fn word(self) -> &'static str {
        match self {
            Self::Proceed => "go ahead",
            Self::NotThisProduct => "other cream",
            Self::ZonesExcluded => "leave out a zone",
            Self::Wait => "wait",
            Self::ClinicianDecides => "a clinician decides",
            Self::NotSuitable => "not suitable",
        }
    }

    /// The headline.
    pub fn headline(self) -> &'static str {
        match self {
            Self::Proceed => "Nothing you answered speaks against booking",
            Self::NotThisProduct => "You can book. We choose the numbing cream with care",
            Self::ZonesExcluded => "You can book, but not for every zone",
            Self::Wait => "Not yet",
            Self::ClinicianDecides => "A clinician should decide with you",
            Self::NotSuitable => "This treatment is not for you",
        }
    }
}

/// The answer.
#[derive(Debug, Template)]
#[template(path = "pages/self_check/answer.html")]
pub struct AnswerPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// The strictest outcome leads.
    pub outcome: OutcomeView,
    /// What it means, in two or three sentences.
    pub words: String,
    /// Until when to wait, in words: "from 8 December 2026", or a condition; empty when nothing is to be waited for.
    pub until: String,
    /// Every finding, strictest first.
    pub findings: Vec<FindingView>,
    /// The main button.
    pub next: NextStepView,
    /// Other ways on.
    pub others: Vec<NextStepView>,
    /// Where the answers can be changed.
    pub change: String,
    /// Which version of the protocol answered, and when.
    pub protocol_version: String,
    /// Values in it that no clinician has confirmed yet are marked.
    pub is_unconfirmed: bool,
}

/// One finding.
#[derive(Debug)]
pub struct FindingView {
    /// The rule's id, for talking to the clinic.
    pub rule: String,
    /// What was answered: "You have been tanning in the last two weeks".
    pub title: String,
    /// Why it matters and what to do.
    pub reason: String,
    /// What this one alone would mean.
    pub outcome: OutcomeView,
    /// Until when, in words; may be empty.
    pub until: String,
    /// Where the rule comes from.
    pub sources: Vec<SourceView>,
}

/// A way on.
#[derive(Debug)]
pub struct NextStepView {
    /// On the button.
    pub label: String,
    /// Where it leads.
    pub href: String,
}
