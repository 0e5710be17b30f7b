//! `GET /team`: who treats you.

use crate::frame::Frame;
use crate::pages::page;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/team/show.html")]
pub struct TeamPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
}

/// Shows it.
pub async fn show(frame: Frame) -> Response {
    page(StatusCode::OK, &TeamPage { frame: &frame })
}
