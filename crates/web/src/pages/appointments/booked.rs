//! Booked: what was booked, and that the e-mail still needs a click. Says so too once the visit is off again.

use super::VisitView;
use super::show::VisitState;
use crate::frame::Frame;
use askama::Template;

/// The page after booking.
#[derive(Debug, Template)]
#[template(path = "pages/appointments/booked.html")]
pub struct BookedPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// What was booked.
    pub visit: VisitView,
    /// How it stands now: the page may be opened again, or the form sent again, after it was called off.
    pub state: VisitState,
    /// The address written to, masked: "m•••@example.org".
    pub email_masked: String,
    /// Where another time is booked, should this one be off.
    pub again_href: String,
}
