//! `GET /privacy`: what is kept, why, how long, and what you can ask for.

use crate::frame::Frame;
use crate::pages::page;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/privacy/show.html")]
pub struct PrivacyPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
}

/// Shows it.
pub async fn show(frame: Frame) -> Response {
    page(StatusCode::OK, &PrivacyPage { frame: &frame })
}
