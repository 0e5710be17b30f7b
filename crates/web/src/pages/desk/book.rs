//! Booking at the desk: time and therapist filled in by the click, six fields, one button.

use super::DeskFrame;
use crate::view::{ChoiceView, FormErrorsView, HiddenView};
use askama::Template;

/// The form.
#[derive(Debug, Template)]
#[template(path = "pages/desk/book.html")]
pub struct DeskBookPage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// Where the form is sent.
    pub action: String,
    /// Back to the day.
    pub day_href: String,
    /// Tokens and the idempotency key.
    pub hidden: Vec<HiddenView>,
    /// Kinds of visit. Field `visit_type`.
    pub visit_types: Vec<ChoiceView>,
    /// Therapists. Field `practitioner`.
    pub practitioners: Vec<ChoiceView>,
    /// Zones. Field `zones`, several.
    pub zones: Vec<ChoiceView>,
    /// What was typed.
    pub values: DeskBookValues,
    /// What is wrong with it.
    pub errors: FormErrorsView,
    /// Why the time cannot be had; empty if it can.
    pub refusal: String,
    /// Other times on offer, each a button of the same form.
    pub offers: Vec<OfferView>,
}

/// What was typed.
#[derive(Clone, Debug, Default)]
pub struct DeskBookValues {
    /// Field `date`, `2026-12-08`.
    pub date: String,
    /// Field `time`, `10:00`.
    pub time: String,
    /// Field `name`.
    pub name: String,
    /// Field `phone`.
    pub phone: String,
    /// Field `email`.
    pub email: String,
    /// Field `note`.
    pub note: String,
    /// Field `tell_patient`.
    pub tell_patient: bool,
}

/// Another time.
#[derive(Debug)]
pub struct OfferView {
    /// Sent as `offer`.
    pub value: String,
    /// "10:30–12:35, Lea Brandt".
    pub label: String,
}
