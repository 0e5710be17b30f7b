//! The contact page: telephone, place, hours, and a form for a question. Sent by POST elsewhere; here it is shown,
//! empty, filled in again with what is wrong, or thanked for.

use crate::frame::Frame;
use crate::view::{ChoiceView, FormErrorsView, HiddenView};
use askama::Template;

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/enquiries/ask.html")]
pub struct EnquiryPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// Where the form is sent.
    pub action: String,
    /// Tokens.
    pub hidden: Vec<HiddenView>,
    /// What it is about. Field `topic`.
    pub topics: Vec<ChoiceView>,
    /// What was typed.
    pub values: EnquiryValues,
    /// What is wrong with it.
    pub errors: FormErrorsView,
    /// The question has been taken.
    pub is_sent: bool,
    /// "one working day".
    pub answered_within: String,
}

/// What was typed.
#[derive(Clone, Debug, Default)]
pub struct EnquiryValues {
    /// Field `name`.
    pub name: String,
    /// Field `email`.
    pub email: String,
    /// Field `phone`.
    pub phone: String,
    /// Field `question`.
    pub question: String,
}
