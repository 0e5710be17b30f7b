//! In place of the times: why nothing can be booked here yet, and whom to ask.

use crate::frame::Frame;
use crate::pages::page;
use crate::shell::{Context, Problem};
use crate::state::{Web, problem};
use app::Refusal;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/appointments/closed.html")]
pub struct ClosedPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// Why.
    pub headline: String,
    /// What to do instead.
    pub words: String,
}

/// The page, if nothing can be booked because no clinician has signed the protocol off.
pub(crate) async fn closed(
    web: &Web,
    context: &Context,
    frame: &Frame,
    status: StatusCode,
) -> Result<Option<Response>, Problem> {
    if is_open(web, context).await? {
        return Ok(None);
    }
    let (headline, words) = Refusal::ProtocolNotSigned.words();
    Ok(Some(page(status, &ClosedPage { frame, headline, words })))
}

/// Whether visitors can book.
pub(super) async fn is_open(web: &Web, context: &Context) -> Result<bool, Problem> {
    match app::protocols::is_known_open(&web.env).map_err(problem)? {
        true => Ok(true),
        false => web.run(context, app::protocols::is_open).await?.map_err(problem),
    }
}
