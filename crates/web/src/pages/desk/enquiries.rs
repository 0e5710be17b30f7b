//! `GET /desk/enquiries`: the questions that came by the contact form, newest first.

use super::DeskFrame;
use crate::frame::Frame;
use crate::pages::page;
use crate::shell::{Access, ConfirmedStaff, Context, Problem, access::Actor, guard::Role};
use crate::state::{Web, problem};
use crate::words;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// So many enquiries are shown.
const ENQUIRIES: usize = 100;

/// Whoever answers enquiries.
#[derive(Debug)]
pub enum Answerer {}
impl Role for Answerer {
    const ACCESS: Access = Access::of(&[Actor::FrontDesk, Actor::ClinicalLead, Actor::Owner]);
}

/// The list.
#[derive(Debug, Template)]
#[template(path = "pages/desk/enquiries.html")]
pub struct EnquiriesPage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// The enquiries, newest first.
    pub enquiries: Vec<EnquiryView>,
}

/// One enquiry.
#[derive(Debug)]
pub struct EnquiryView {
    /// Instant, RFC 3339.
    pub instant: String,
    /// "23 Nov, 10:04".
    pub when: String,
    /// Who asks.
    pub name: String,
    /// Where the answer goes.
    pub email: String,
    /// Or there.
    pub phone: String,
    /// What they wrote.
    pub text: String,
}

/// Shows them.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<Answerer>,
) -> Result<Response, Problem> {
    let (found, acting) = web
        .run_as_staff(&context, &staff, |env, acting| {
            Ok((app::enquiries::newest(env, acting, ENQUIRIES)?, acting.clone()))
        })
        .await?
        .map_err(problem)?;
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let desk = DeskFrame::new(&web, &context, &frame, &acting, "enquiries", "");
    let enquiries = found.into_iter().map(|enquiry| EnquiryView {
        instant: enquiry.created_at.to_string(),
        when: words::local(enquiry.created_at, &diary.rules).strftime("%-d %b, %H:%M").to_string(),
        name: enquiry.name,
        email: enquiry.email,
        phone: enquiry.phone,
        text: enquiry.text,
    });
    Ok(page(StatusCode::OK, &EnquiriesPage { desk: &desk, enquiries: enquiries.collect() }))
}
