//! Cancelling at the desk: who asked, why, and whether the patient is told.

use super::DeskFrame;
use crate::pages::appointments::VisitView;
use crate::view::{ChoiceView, FormErrorsView, HiddenView};
use askama::Template;

/// The form.
#[derive(Debug, Template)]
#[template(path = "pages/desk/cancel.html")]
pub struct DeskCancelPage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// Who would have come.
    pub patient: String,
    /// What would be cancelled.
    pub visit: VisitView,
    /// Where the form is sent.
    pub action: String,
    /// Back to the appointment.
    pub back_href: String,
    /// Tokens and the version of the appointment that was seen.
    pub hidden: Vec<HiddenView>,
    /// Field `reason`: patient asked, clinic cancels, …
    pub reasons: Vec<ChoiceView>,
    /// Field `note`, as typed.
    pub note: String,
    /// Field `tell_patient`.
    pub tell_patient: Vec<ChoiceView>,
    /// What is wrong with it.
    pub errors: FormErrorsView,
}
