//! The pages that only read, on a plain router: no session, no shell around them.

use axum::Router;
use axum::routing::get;
use std::sync::Arc;
use web::frame::Site;
use web::{assets, pages};

/// The content pages and the assets they need.
pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/", get(pages::home::show::show))
        .route("/treatments/{id}", get(pages::treatments::show::show))
        .route("/pen-or-roller", get(pages::guides::pen_or_roller::show))
        .route("/why-even-matters", get(pages::guides::why_even_matters::show))
        .route("/honest-answers", get(pages::guides::honest_answers::show))
        .route("/prices", get(pages::prices::show::show))
        .route("/team", get(pages::team::show::show))
        .route("/privacy", get(pages::privacy::show::show))
        .route("/clinic.css", get(assets::clinic_style))
        .route("/assets/{name}", get(assets::show))
}
