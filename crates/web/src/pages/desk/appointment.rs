//! One appointment, as a panel beside the day or as a page of its own.

use super::audit::AuditRowView;
use super::{DeskFrame, StateView};
use crate::pages::appointments::VisitView;
use crate::view::{HiddenView, PhaseView};
use askama::Template;

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/desk/appointment.html")]
pub struct AppointmentPage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// The appointment.
    pub appointment: AppointmentView,
}

/// All staff see of an appointment.
#[derive(Debug)]
pub struct AppointmentView {
    /// Time, therapist, zones.
    pub visit: VisitView,
    /// Who comes.
    pub patient: String,
    /// Date of birth, in words; may be empty.
    pub born: String,
    /// Telephone.
    pub phone: String,
    /// E-mail.
    pub email: String,
    /// Where it stands.
    pub state: StateView,
    /// Room and device.
    pub place: String,
    /// The self-check in a line: "proceed, 24 November, protocol 2026.1".
    pub screening: String,
    /// The patient's remark; may be empty.
    pub note: String,
    /// Minute by minute, by the clock.
    pub phases: Vec<PhaseClockView>,
    /// Back to the day.
    pub day_href: String,
    /// Moving; empty when it cannot be moved.
    pub move_href: String,
    /// Cancelling; empty when it cannot be cancelled.
    pub cancel_href: String,
    /// Steps of the state, as buttons: "Arrived", "No-show".
    pub steps: Vec<StepButtonView>,
    /// Tokens for those buttons.
    pub hidden: Vec<HiddenView>,
    /// Who did what, newest first.
    pub history: Vec<AuditRowView>,
}

/// A phase by the clock.
#[derive(Debug)]
pub struct PhaseClockView {
    /// "10:25".
    pub at: String,
    /// Its name, length and presence.
    pub phase: PhaseView,
}

/// A button that moves the state on.
#[derive(Debug)]
pub struct StepButtonView {
    /// On the button.
    pub label: String,
    /// The sign.
    pub icon: &'static str,
    /// Where it sends.
    pub action: String,
}
