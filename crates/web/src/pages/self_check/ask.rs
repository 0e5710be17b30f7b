//! One screen of the self-check. Works as a plain form: "none of these" and "not sure" stand below every list, and
//! nothing ticked is an error, never a no.

use crate::frame::Frame;
use crate::view::{ChoiceView, FormErrorsView, HiddenView, ZoneView};
use askama::Template;

/// One screen, with what was answered before filled in.
#[derive(Debug, Template)]
#[template(path = "pages/self_check/ask.html")]
pub struct AskPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// Where the form is sent.
    pub action: String,
    /// This screen, counted from 1.
    pub number: u32,
    /// How many screens there are.
    pub of: u32,
    /// The question of the whole screen.
    pub title: String,
    /// How to answer it.
    pub hint: String,
    /// What is asked.
    pub body: ScreenBody,
    /// Where "back" leads; none on the first screen.
    pub back: Option<String>,
    /// Tokens and the answers so far.
    pub hidden: Vec<HiddenView>,
    /// What is wrong with the answers just sent.
    pub errors: FormErrorsView,
}

/// The kinds of screen.
#[derive(Debug)]
pub enum ScreenBody {
    /// Grouped ticks with the two answers that end every list. Field names: `answers`.
    Ticks {
        /// The statements, in groups.
        groups: Vec<TickGroupView>,
        /// "None of these".
        none: ChoiceView,
        /// "Not sure".
        unsure: ChoiceView,
    },
    /// One of several. Field name: `answer`.
    One {
        /// What can be picked.
        choices: Vec<ChoiceView>,
    },
    /// Parts of face and body beside the drawn map. Field name: `zones`.
    Zones {
        /// What can be picked; the hint may be empty.
        zones: Vec<(ZoneView, bool)>,
    },
    /// Day, month and year of birth. Field names: `birth_day`, `birth_month`, `birth_year`.
    BirthDate {
        /// As typed.
        day: String,
        /// As typed.
        month: String,
        /// As typed.
        year: String,
    },
}

/// Statements under one heading.
#[derive(Debug)]
pub struct TickGroupView {
    /// The heading; empty when the screen's title says it all.
    pub title: String,
    /// The statements.
    pub ticks: Vec<TickView>,
}

/// One statement, and what is asked when it is ticked.
#[derive(Debug)]
pub struct TickView {
    /// The statement.
    pub choice: ChoiceView,
    /// "When was that?", shown once the statement is ticked.
    pub follow_up: Option<FollowUpView>,
}

/// A question that hangs on a tick.
#[derive(Debug)]
pub struct FollowUpView {
    /// The field's name, which is also its id.
    pub name: String,
    /// The question.
    pub label: String,
    /// The answers, "not sure" among them.
    pub choices: Vec<ChoiceView>,
}
