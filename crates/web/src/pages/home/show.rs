//! `GET /`: who we are, what it is, how to start.

use crate::frame::Frame;
use crate::pages::page;
use crate::shell::Problem;
use crate::view::TreatmentView;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

/// The home page, written from the first treatment.
#[derive(Debug, Template)]
#[template(path = "pages/home/show.html")]
pub struct HomePage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// The main treatment.
    pub treatment: &'a TreatmentView,
}

/// Shows it; a site without a treatment has no home page.
pub async fn show(frame: Frame) -> Result<Response, Problem> {
    let Some(treatment) = frame.site.treatments.first() else {
        return Err(Problem::not_found());
    };
    Ok(page(StatusCode::OK, &HomePage { frame: &frame, treatment }))
}
