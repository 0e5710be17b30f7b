//! `GET /honest-answers`: questions that deserve a straight answer.

use crate::frame::Frame;
use crate::pages::page;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/guides/honest_answers.html")]
pub struct HonestAnswersPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
}

/// Shows it.
pub async fn show(frame: Frame) -> Response {
    page(StatusCode::OK, &HonestAnswersPage { frame: &frame })
}
