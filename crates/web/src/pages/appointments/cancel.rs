//! Cancelling a visit: asked once, plainly.

use super::VisitView;
use crate::frame::Frame;
use crate::view::HiddenView;
use askama::Template;

/// The question before the visit is cancelled.
#[derive(Debug, Template)]
#[template(path = "pages/appointments/cancel.html")]
pub struct CancelPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// What would be cancelled.
    pub visit: VisitView,
    /// Where the button sends.
    pub action: String,
    /// Back to the visit.
    pub keep_href: String,
    /// Where another time can be chosen instead.
    pub move_href: String,
    /// What it costs now: "Free until Sunday 6 December, 10:00."
    pub cost: String,
    /// Tokens.
    pub hidden: Vec<HiddenView>,
}
