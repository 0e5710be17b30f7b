//! Sign-in of staff.

use super::DeskFrame;
use crate::view::{FormErrorsView, HiddenView};
use askama::Template;

/// The form.
#[derive(Debug, Template)]
#[template(path = "pages/desk/sign_in.html")]
pub struct SignInPage<'a> {
    /// Clinic and colours; nobody is signed in yet.
    pub desk: &'a DeskFrame,
    /// Where the form is sent.
    pub action: String,
    /// Tokens and where to go afterwards.
    pub hidden: Vec<HiddenView>,
    /// The name as typed; the password is never sent back.
    pub name: String,
    /// What is wrong: one message for name and password alike, so that it tells nobody which names exist.
    pub errors: FormErrorsView,
}
