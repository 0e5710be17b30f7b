//! `GET /treatments/{id}`: what, how, for whom, minute by minute, risks, recovery, preparation, results.

use crate::fields::Segment;
use crate::frame::Frame;
use crate::pages::page;
use crate::shell::Problem;
use crate::view::{TreatmentView, ZoneView};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

/// The page of one treatment.
#[derive(Debug, Template)]
#[template(path = "pages/treatments/show.html")]
pub struct TreatmentPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// The treatment.
    pub treatment: &'a TreatmentView,
    /// The visit as a strip of dots.
    pub strip: &'a str,
    /// The months until a result.
    pub results: &'a str,
}

impl TreatmentPage<'_> {
    /// Zones that the map of dots knows; the others stand in the list only.
    fn is_drawn(&self, zone: &ZoneView) -> bool {
        crate::art::face::drawn_zones().any(|id| id == zone.id)
    }
}

/// Shows it.
pub async fn show(Segment(id): Segment<String>, frame: Frame) -> Result<Response, Problem> {
    let Some(at) = frame.site.treatments.iter().position(|treatment| treatment.id == id) else {
        return Err(Problem::not_found());
    };
    let drawings = frame.site.drawings();
    Ok(page(
        StatusCode::OK,
        &TreatmentPage {
            frame: &frame,
            treatment: &frame.site.treatments[at],
            strip: &drawings.strips[at],
            results: &drawings.results[at],
        },
    ))
}
