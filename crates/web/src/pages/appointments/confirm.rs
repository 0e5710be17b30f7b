//! Your details: the time is held for some minutes, the form asks only what the clinic must know.

use super::VisitView;
use crate::frame::Frame;
use crate::view::{FormErrorsView, HiddenView};
use askama::Template;

/// The form.
#[derive(Debug, Template)]
#[template(path = "pages/appointments/confirm.html")]
pub struct ConfirmPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// What is about to be booked.
    pub visit: VisitView,
    /// Seconds until the hold ends, by the server's clock.
    pub seconds_left: u32,
    /// The wall time at which it ends: "10:42".
    pub held_until: String,
    /// The address of the hold, below which a script says whether the page is left.
    pub hold_path: String,
    /// Where the form is sent.
    pub action: String,
    /// Where "choose another time" sends the form; it releases the hold.
    pub release_action: String,
    /// Tokens, the hold, the idempotency key.
    pub hidden: Vec<HiddenView>,
    /// Whether the self-check comes first: the page says so, and where it is.
    pub needs_self_check: bool,
    /// What was typed.
    pub values: ContactValues,
    /// What is wrong with it.
    pub errors: FormErrorsView,
    /// The policy; the page adds what is kept, with the link to the privacy page.
    pub policy: Vec<String>,
}

/// What the form asks, as typed.
#[derive(Clone, Debug, Default)]
pub struct ContactValues {
    /// Field `name`.
    pub name: String,
    /// Field `email`.
    pub email: String,
    /// Field `phone`.
    pub phone: String,
    /// Field `note`.
    pub note: String,
    /// Field `agree`.
    pub agree: bool,
}
