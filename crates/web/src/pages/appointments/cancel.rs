//! Cancelling a visit: asked once, plainly.

use super::show::{details, news_href, unless_open};
use super::{VISIT_FIELD, VisitView, about, is_about};
use crate::fields::{Fields, hidden};
use crate::frame::Frame;
use crate::pages::page;
use crate::shell::{Context, LinkHolder, Problem, csrf::FORM_TOKEN_FIELD};
use crate::state::{Web, problem};
use crate::view::HiddenView;
use crate::words::{self, VisitWords};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

/// The question before the visit is cancelled.
#[derive(Debug, Template)]
#[template(path = "pages/appointments/cancel.html")]
pub struct CancelPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// What would be cancelled.
    pub visit: VisitView,
    /// Where the button sends.
    pub action: String,
    /// Back to the visit.
    pub keep_href: String,
    /// Where another time can be chosen instead.
    pub move_href: String,
    /// What it costs now: "Free until Sunday 6 December, 10:00."
    pub cost: String,
    /// Tokens.
    pub hidden: Vec<HiddenView>,
}

/// `GET /visit/cancel`: asks.
pub async fn ask(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    link: LinkHolder,
) -> Result<Response, Problem> {
    let details = details(&web, &context, &link).await?;
    if let Some(elsewhere) = unless_open(&web, &details)? {
        return Ok(elsewhere);
    }
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let rules = &diary.rules;
    let appointment = &details.appointment;
    let until = app::appointments::change_until(rules, appointment);
    let cancel = CancelPage {
        frame: &frame,
        visit: VisitWords::of_details(&details).view(&web.env.protocol.protocol, rules, &web.site),
        action: "/visit/cancel".into(),
        keep_href: "/visit".into(),
        move_href: "/visit/move".into(),
        cost: format!("Free until {}.", words::moment(until, rules)),
        hidden: vec![
            hidden(FORM_TOKEN_FIELD, context.form_token()),
            about(appointment.id),
            hidden("sequence", appointment.sequence.to_string()),
        ],
    };
    Ok(page(StatusCode::OK, &cancel))
}

/// `POST /visit/cancel`: calls the visit off.
pub async fn apply(
    State(web): State<Web>,
    context: Context,
    link: LinkHolder,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&[VISIT_FIELD, "sequence"])?;
    is_about(&fields, &link)?;
    let seen_sequence: u32 = fields.parsed("sequence")?;
    let id = link.appointment_id;
    let acting = web.holder(&context, id);
    let work = move |env: &app::Env| app::appointments::cancel(env, &acting, id, seen_sequence, true, "");
    web.run(&context, work).await?.map_err(problem)?;
    Ok(Redirect::to(&news_href(&context, id, "cancelled")).into_response())
}
