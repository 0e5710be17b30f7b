//! The questions that came by the contact form: those that wait, and those that were answered.

use super::DeskFrame;
use crate::fields::{Fields, Segment, hidden};
use crate::frame::Frame;
use crate::pages::page;
use crate::shell::{
    Access, ConfirmedStaff, Context, Problem, access::Actor, csrf::FORM_TOKEN_FIELD, guard::Role,
};
use crate::state::{Web, problem};
use crate::view::HiddenView;
use crate::words;
use app::diary::Rules;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use record::{Enquiry, EnquiryState};
use serde::Deserialize;
use vocab::EnquiryId;

/// So many answered enquiries are shown.
const ANSWERED: usize = 50;

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
    /// Those nobody has answered, longest wait first.
    pub open: Vec<EnquiryView>,
    /// Those somebody has, newest first.
    pub answered: Vec<EnquiryView>,
    /// Tokens for the buttons.
    pub hidden: Vec<HiddenView>,
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
    /// Where its button sends: answered, or not answered after all.
    pub action: String,
}

/// What has just happened.
#[derive(Debug, Default, Deserialize)]
pub struct News {
    #[serde(default)]
    news: String,
}

/// `GET /desk/enquiries`: shows them.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<Answerer>,
    Query(News { news }): Query<News>,
) -> Result<Response, Problem> {
    let ((open, answered), acting) = web
        .run_as_staff(&context, &staff, |env, acting| {
            Ok((app::enquiries::list(env, acting, ANSWERED)?, acting.clone()))
        })
        .await?
        .map_err(problem)?;
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let desk = DeskFrame::new(&web, &context, &frame, &acting, "enquiries", &news);
    let views = |found: Vec<Enquiry>| found.into_iter().map(|one| view(one, &diary.rules)).collect();
    let enquiries = EnquiriesPage {
        desk: &desk,
        open: views(open),
        answered: views(answered),
        hidden: vec![hidden(FORM_TOKEN_FIELD, context.form_token())],
    };
    Ok(page(StatusCode::OK, &enquiries))
}

fn view(enquiry: Enquiry, rules: &Rules) -> EnquiryView {
    let step = match enquiry.state {
        EnquiryState::Open => "answered",
        EnquiryState::Answered => "open",
    };
    EnquiryView {
        instant: enquiry.created_at.to_string(),
        when: words::local(enquiry.created_at, rules).strftime("%-d %b, %H:%M").to_string(),
        name: enquiry.name,
        email: enquiry.email,
        phone: enquiry.phone,
        text: enquiry.text,
        action: format!("/desk/enquiries/{}/{step}", enquiry.id),
    }
}

/// `POST /desk/enquiries/{id}/answered`: somebody has answered.
pub async fn answered(
    State(web): State<Web>,
    context: Context,
    staff: ConfirmedStaff<Answerer>,
    Segment(id): Segment<EnquiryId>,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&[])?;
    set_state(&web, &context, &staff, id, EnquiryState::Answered).await
}

/// `POST /desk/enquiries/{id}/open`: nobody has, after all.
pub async fn reopen(
    State(web): State<Web>,
    context: Context,
    staff: ConfirmedStaff<Answerer>,
    Segment(id): Segment<EnquiryId>,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&[])?;
    set_state(&web, &context, &staff, id, EnquiryState::Open).await
}

async fn set_state(
    web: &Web,
    context: &Context,
    staff: &ConfirmedStaff<Answerer>,
    id: EnquiryId,
    state: EnquiryState,
) -> Result<Response, Problem> {
    web.run_as_staff(context, staff, move |env, acting| app::enquiries::set_state(env, acting, id, state))
        .await?
        .map_err(problem)?;
    Ok(Redirect::to(&format!("/desk/enquiries?news=enquiry-{state}")).into_response())
}
