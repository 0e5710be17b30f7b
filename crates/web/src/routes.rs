//! Every address of the content pages, a line each.

use crate::frame::Site;
use crate::{assets, pages};
use axum::Router;
use axum::extract::FromRef;
use axum::routing::get;
use std::sync::Arc;

/// Pages that only read: the same for everybody, no session, nothing written.
pub fn content<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Arc<Site>: FromRef<S>,
{
    Router::new()
        .route("/", get(pages::home::show::show))
        .route("/treatments/{id}", get(pages::treatments::show::show))
        .route("/pen-or-roller", get(pages::guides::pen_or_roller::show))
        .route("/honest-answers", get(pages::guides::honest_answers::show))
        .route("/prices", get(pages::prices::show::show))
        .route("/team", get(pages::team::show::show))
        .route("/privacy", get(pages::privacy::show::show))
        .route("/clinic.css", get(assets::clinic_style))
        .route("/robots.txt", get(assets::robots))
        .route("/assets/{name}", get(assets::show))
}
