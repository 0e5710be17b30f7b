//! `GET /treatments/{id}`: what, how, for whom, minute by minute, risks, recovery, preparation, results.

use crate::art::plots;
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
}

impl TreatmentPage<'_> {
    /// The visit as a strip of dots.
    fn strip(&self) -> String {
        let phases: Vec<plots::Phase> = self
            .treatment
            .phases
            .iter()
            .map(|phase| (phase.from_minute, phase.minutes, phase.presence.class()))
            .collect();
        plots::strip(&phases)
    }

    /// The months until a result.
    fn results(&self) -> String {
        let plan = self.treatment.plan;
        plots::results(plan.sessions, plan.interval_weeks, plan.seen_weeks, plan.judged_weeks)
    }

    /// Zones that the map of dots knows; the others stand in the list only.
    fn is_drawn(&self, zone: &ZoneView) -> bool {
        crate::art::face::drawn_zones().any(|id| id == zone.id)
    }
}

/// Shows it.
pub async fn show(Segment(id): Segment<String>, frame: Frame) -> Result<Response, Problem> {
    let Some(treatment) = frame.site.treatments.iter().find(|treatment| treatment.id == id) else {
        return Err(Problem::not_found());
    };
    Ok(page(StatusCode::OK, &TreatmentPage { frame: &frame, treatment }))
}
