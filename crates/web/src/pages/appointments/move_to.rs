//! Moving a visit: from here to there, changed by one button.

use super::VisitView;
use crate::frame::Frame;
use crate::view::HiddenView;
use askama::Template;

/// The question before the move.
#[derive(Debug, Template)]
#[template(path = "pages/appointments/move_to.html")]
pub struct MovePage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// As it is.
    pub from: VisitView,
    /// As it would be.
    pub to: VisitView,
    /// Seconds until the hold on the new time ends.
    pub seconds_left: u32,
    /// The wall time at which it ends.
    pub held_until: String,
    /// Where the button sends.
    pub action: String,
    /// Where "keep it as it is" sends; it releases the hold.
    pub release_action: String,
    /// Tokens and the hold.
    pub hidden: Vec<HiddenView>,
}
