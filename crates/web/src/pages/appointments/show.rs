//! My visit: reached by a secret link. Time, plan for the days before, what happens, calendar file, move, cancel.
//! Nothing changes until a button is pressed.

use super::VisitView;
use crate::frame::Frame;
use crate::view::{HiddenView, PhaseView};
use askama::Template;

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/appointments/show.html")]
pub struct VisitPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// The visit.
    pub visit: VisitView,
    /// Where it stands.
    pub state: VisitState,
    /// What has just happened: "Your visit was moved."; may be empty.
    pub news: String,
    /// The dated plan, in order.
    pub plan: Vec<PlanStepView>,
    /// Where a tick in the plan is sent; empty when ticks are not kept.
    pub plan_action: String,
    /// Minute by minute; empty for a consultation.
    pub phases: Vec<PhaseView>,
    /// The calendar file.
    pub calendar: String,
    /// What may be changed.
    pub change: ChangeView,
    /// Tokens for the buttons.
    pub hidden: Vec<HiddenView>,
    /// The secret address of this page, to copy; empty when it must not be shown.
    pub link: String,
}

/// Where a visit stands, for its patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VisitState {
    /// The address is not confirmed; the page offers the button. Action of the form, and the time it lapses.
    Unconfirmed {
        /// Where the button sends.
        action: String,
        /// "10:52".
        until: String,
    },
    /// It stands.
    Booked,
    /// It was cancelled.
    Cancelled,
    /// It is over.
    Past,
}

/// What the patient may change by link.
#[derive(Clone, Debug)]
pub enum ChangeView {
    /// Until this time, in words, both links work.
    Open {
        /// "Sunday 6 December, 10:00".
        until: String,
        /// Where other times are shown.
        move_href: String,
        /// Where cancelling is asked about.
        cancel_href: String,
    },
    /// Too late for links: the telephone.
    ByPhone,
    /// Nothing to change any more.
    Closed,
}

/// One step of the plan.
#[derive(Debug)]
pub struct PlanStepView {
    /// A stable name of the step.
    pub id: String,
    /// `2026-11-24`.
    pub date: String,
    /// "Tuesday 24 November".
    pub day: String,
    /// "in 2 days", "today", "yesterday".
    pub distance: String,
    /// What to do.
    pub title: String,
    /// Why, and who to ask.
    pub words: String,
    /// Ticked.
    pub is_done: bool,
    /// Its day has come.
    pub is_due: bool,
}
