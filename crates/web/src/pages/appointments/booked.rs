//! Booked: what was booked, and that the letter in the mailbox still needs a click.

use super::VisitView;
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
    /// The address written to, masked: "m•••@example.org".
    pub email_masked: String,
    /// Minutes after which an unconfirmed address frees the time; zero when it is confirmed already.
    pub confirm_within_minutes: u32,
    /// The calendar file.
    pub calendar: String,
    /// The page of the visit.
    pub visit_href: String,
}
