//! The pages, a folder for each noun and a file for each verb. A page is a template and the data it shows.

pub mod appointments;
pub mod demo;
pub mod desk;
pub mod enquiries;
pub mod guides;
pub mod home;
pub mod prices;
pub mod privacy;
pub mod problems;
pub mod self_check;
pub mod team;
pub mod treatments;
pub mod wait_list;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

/// Renders a page with a status. Templates write into memory only, so a failure here is a fault of the program:
/// the reader gets a bare 500 and the shell's log its operation id.
pub fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
