//! `GET /pen-or-roller`: the clinic's pen and the home roller, compared.

use crate::frame::Frame;
use crate::pages::page;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/guides/pen_or_roller.html")]
pub struct PenOrRollerPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
}

/// Shows it.
pub async fn show(frame: Frame) -> Response {
    page(StatusCode::OK, &PenOrRollerPage { frame: &frame })
}
