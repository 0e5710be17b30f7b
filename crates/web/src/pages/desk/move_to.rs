//! Moving at the desk: from, to, and whether the patient is told.

use super::DeskFrame;
use super::book::OfferView;
use crate::pages::appointments::VisitView;
use crate::view::{ChoiceView, FormErrorsView, HiddenView};
use askama::Template;

/// The form.
#[derive(Debug, Template)]
#[template(path = "pages/desk/move_to.html")]
pub struct DeskMovePage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// Who comes.
    pub patient: String,
    /// As it is.
    pub from: VisitView,
    /// Where the form is sent.
    pub action: String,
    /// Back to the appointment.
    pub back_href: String,
    /// Tokens and the version of the appointment that was seen.
    pub hidden: Vec<HiddenView>,
    /// Therapists. Field `practitioner`.
    pub practitioners: Vec<ChoiceView>,
    /// Field `date`, as typed.
    pub date: String,
    /// Field `time`, as typed.
    pub time: String,
    /// Field `tell_patient`: yes or no, none chosen at first, because nothing is sent by accident.
    pub tell_patient: Vec<ChoiceView>,
    /// What is wrong with it.
    pub errors: FormErrorsView,
    /// Why the time cannot be had; empty if it can.
    pub refusal: String,
    /// Other times on offer.
    pub offers: Vec<OfferView>,
}
