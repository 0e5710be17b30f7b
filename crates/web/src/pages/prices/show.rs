//! `GET /prices`: what it costs, all of it.

use crate::frame::Frame;
use crate::pages::page;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/prices/show.html")]
pub struct PricesPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
}

/// Shows it.
pub async fn show(frame: Frame) -> Response {
    page(StatusCode::OK, &PricesPage { frame: &frame })
}
