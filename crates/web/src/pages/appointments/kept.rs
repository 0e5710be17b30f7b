//! What was typed for a time that somebody else took or that was given up: it goes along to another time, from day to
//! day, in hidden fields. No address ever holds it, so the links of the page of times are buttons as long as something is kept.

use super::choose::choose;
use super::confirm::ContactValues;
use super::times::Asked;
use crate::fields::{Fields, hidden};
use crate::frame::Frame;
use crate::shell::{Context, Problem};
use crate::state::Web;
use crate::view::HiddenView;
use axum::extract::{Query, State};
use axum::http::Uri;
use axum::response::Response;

/// The fields of the form with one's details.
pub(super) const TYPED: [&str; 5] = ["name", "email", "phone", "note", "agree"];

/// What the page of times has to say and to keep.
#[derive(Default)]
pub(super) struct Kept {
    /// Why the time that was wanted cannot be had, and what to do; empty once that was said.
    pub(super) refusal: String,
    /// What was typed.
    pub(super) typed: Vec<HiddenView>,
}

impl Kept {
    pub(super) fn of(refusal: String, fields: &Fields) -> Self {
        let sent = TYPED.iter().filter(|name| !fields.one(name).is_empty());
        Self { refusal, typed: sent.map(|name| hidden(name, fields.one(name))).collect() }
    }
}

/// Whether anything comes along with the choice of a time.
pub(super) fn has_any(fields: &Fields) -> bool {
    TYPED.iter().any(|name| !fields.one(name).is_empty())
}

/// What was typed, for the form that shows it again.
pub(super) fn typed(fields: &Fields) -> ContactValues {
    ContactValues {
        name: fields.typed("name"),
        email: fields.typed("email"),
        phone: fields.typed("phone"),
        note: fields.one("note").to_owned(),
        agree: !fields.one("agree").is_empty(),
    }
}

/// `POST /appointments/new`: the page of times that a button leads to, with what is kept. Writes nothing.
pub async fn go_on(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&[&["to", "visit", "with"], TYPED.as_slice()].concat())?;
    let address: Uri = fields.parsed("to")?;
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(&address);
    let Query(pairs) = pairs.map_err(|_| Problem::not_found())?;
    let asked = Asked::parse(pairs).map_err(|_| Problem::not_found())?;
    choose(&web, &context, &frame, &asked, Kept::of(String::new(), &fields)).await
}
