//! `GET /treatments/{id}`: what, how, for whom, minute by minute, risks, recovery, preparation, results.

use crate::art::plots;
use crate::frame::Frame;
use crate::pages::page;
use crate::pages::problems::show::{Problem, problem};
use crate::view::{TreatmentView, ZoneView};
use askama::Template;
use axum::extract::Path;
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
pub async fn show(Path(id): Path<String>, frame: Frame) -> Response {
    let Some(treatment) = frame.site.treatments.iter().find(|treatment| treatment.id == id) else {
        return problem(&frame, Problem::NotFound);
    };
    page(StatusCode::OK, &TreatmentPage { frame: &frame, treatment })
}
