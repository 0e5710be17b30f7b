//! Moving a visit: from here to there, changed by one button.

use super::choose::{Picker, Shown, subject};
use super::held::held;
use super::hold::{held_view, hold_path, own_hold, tell_of};
use super::refused::{sentence, without_hold};
use super::show::{details, news_href, unless_open};
use super::times::{Asked, Wanted};
use super::{VISIT_FIELD, VisitView, about, is_about};
use crate::fields::{Fields, Segment, hidden, practitioner};
use crate::frame::Frame;
use crate::pages::page;
use crate::shell::{Context, LinkHolder, Problem, csrf::FORM_TOKEN_FIELD};
use crate::state::{Web, problem, visitor_secret};
use crate::view::HiddenView;
use crate::words::{self, VisitWords};
use app::appointments::{HoldForMove, MoveAppointment, VisitDetails, promised_until};
use app::{Failure, Refusal};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use vocab::{HoldId, ResourceId};

/// The question before the move.
#[derive(Debug, Template)]
#[template(path = "pages/appointments/move_to.html")]
pub struct MovePage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// As it is.
    pub from: VisitView,
    /// As it would be.
    pub to: VisitView,
    /// Seconds until the hold on the new time ends.
    pub seconds_left: u32,
    /// The wall time at which it ends.
    pub held_until: String,
    /// The address of the hold, below which a script says whether the page is left.
    pub hold_path: String,
    /// Where the button sends.
    pub action: String,
    /// Where "keep it as it is" sends; it releases the hold.
    pub release_action: String,
    /// Tokens and the hold.
    pub hidden: Vec<HiddenView>,
}

/// `GET /visit/move`: other times for this visit.
pub async fn choose(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    link: LinkHolder,
    asked: Asked,
) -> Result<Response, Problem> {
    let details = details(&web, &context, &link).await?;
    if let Some(elsewhere) = unless_open(&web, &details)? {
        return Ok(elsewhere);
    }
    other_times(&web, &context, &frame, &details, asked, String::new(), StatusCode::OK).await
}

async fn other_times(
    web: &Web,
    context: &Context,
    frame: &Frame,
    details: &VisitDetails,
    asked: Asked,
    refusal: String,
    status: StatusCode,
) -> Result<Response, Problem> {
    let appointment = &details.appointment;
    // The kind of visit is the appointment's, whatever the address says.
    let asked = Asked { visit: Some(appointment.visit_type.to_string()), ..asked };
    let (acting, id) = (web.holder(context, appointment.id), appointment.id);
    let moving =
        web.run(context, move |env| app::appointments::moving(env, &acting, id)).await?.map_err(problem)?;
    let wanted = Wanted::new(web, &asked, None)?.for_move(moving);
    let acting = web.holder(context, id);
    let cream = words::cream(details);
    let picker = Picker { web, wanted: &wanted, asked: &asked, path: "/visit/move", acting, cream };
    let visit = VisitWords::of_details(details).view(&web.env.protocol.protocol, wanted.rules(), &web.site);
    let choose = picker.page(Shown {
        frame,
        title: "Choose another time",
        subject: subject(web, &appointment.visit_type, &appointment.zones),
        moving: Some(visit),
        refusal,
        keeps_typed: false,
        holds: held(web, context, &asked, true).await?,
        action: "/visit/move/hold",
        hidden: vec![
            hidden(FORM_TOKEN_FIELD, context.form_token()),
            about(appointment.id),
            hidden("with", asked.with.clone().unwrap_or_default()),
        ],
    })?;
    Ok(page(status, &choose))
}

/// `POST /visit/move/hold`: keeps the new time and asks once more.
pub async fn hold(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    link: LinkHolder,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&[VISIT_FIELD, "with", "time"])?;
    is_about(&fields, &link)?;
    let details = details(&web, &context, &link).await?;
    let start_at: Timestamp = fields.parsed("time")?;
    let with = practitioner(&fields, "with")?;
    let command = HoldForMove {
        id: link.appointment_id,
        start_at,
        practitioner: with,
        visitor: visitor_secret(&context),
    };
    let acting = web.holder(&context, link.appointment_id);
    match web.run(&context, move |env| app::appointments::hold_for_move(env, &acting, command)).await? {
        Ok(hold) => Ok(Redirect::to(&format!("/visit/move/{}", hold.id)).into_response()),
        Err(Failure::Refused(
            refusal @ (Refusal::TimeTaken
            | Refusal::NoSuchTime(_)
            | Refusal::NotOpen(_)
            | Refusal::Over
            | Refusal::NotWithThese
            | Refusal::NotBefore(_)
            | Refusal::AlreadyThere
            | Refusal::TooManyHolds),
        )) => {
            let with = with.map(|with| with.to_string());
            let asked = Asked { with, ..same_day(&web, start_at)? };
            let (status, words) = (StatusCode::CONFLICT, sentence(&refusal));
            other_times(&web, &context, &frame, &details, asked, words, status).await
        }
        Err(failure) => Err(problem(failure)),
    }
}

/// The page of times of the day on which `start_at` lies, with whomever.
fn same_day(web: &Web, start_at: Timestamp) -> Result<Asked, Problem> {
    let diary = app::diary::current(&web.env).map_err(problem)?;
    Ok(Asked { day: Some(diary.rules.date_at(start_at)), ..Asked::default() })
}

/// `GET /visit/move/{hold}`: from here to there, and one button.
pub async fn ask(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    link: LinkHolder,
    Segment(hold): Segment<HoldId>,
) -> Result<Response, Problem> {
    let details = details(&web, &context, &link).await?;
    if let Some(elsewhere) = unless_open(&web, &details)? {
        return Ok(elsewhere);
    }
    let hold = own_hold(&web, &context, hold).await?.ok_or_else(|| problem(Refusal::HoldOver.into()))?;
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let rules = &diary.rules;
    let until = promised_until(rules, &hold);
    let seconds = until.duration_since(web.env.clock.now()).as_secs();
    let ask = MovePage {
        frame: &frame,
        from: VisitWords::of_details(&details).view(&web.env.protocol.protocol, rules, &web.site),
        to: held_view(&web, rules, &hold, &details.appointment.zones, words::cream(&details)),
        seconds_left: u32::try_from(seconds).unwrap_or(0),
        held_until: words::clock(until, rules),
        hold_path: hold_path(hold.id),
        action: "/visit/move".into(),
        release_action: "/visit/move/keep".into(),
        hidden: vec![
            hidden(FORM_TOKEN_FIELD, context.form_token()),
            about(details.appointment.id),
            hidden("hold", hold.id.to_string()),
            hidden("sequence", details.appointment.sequence.to_string()),
            hidden("time", hold.start_at.to_string()),
            hidden("with", hold.lead_id.to_string()),
        ],
    };
    Ok(page(StatusCode::OK, &ask))
}

/// The fields of the question.
const ASKED: [&str; 5] = [VISIT_FIELD, "hold", "sequence", "time", "with"];

/// `POST /visit/move`: moves to the time that is held. A visit that is there already, because the button was pressed
/// twice, stays there.
pub async fn apply(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    link: LinkHolder,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&ASKED)?;
    is_about(&fields, &link)?;
    let id: HoldId = fields.parsed("hold")?;
    let seen_sequence: u32 = fields.parsed("sequence")?;
    let moved = || Redirect::to(&news_href(&context, link.appointment_id, "moved")).into_response();
    let Some(hold) = own_hold(&web, &context, id).await? else {
        let (start_at, lead_id): (Timestamp, ResourceId) = (fields.parsed("time")?, fields.parsed("with")?);
        let visit = details(&web, &context, &link).await?.appointment;
        let is_there = visit.start_at == start_at && visit.lead_id == lead_id && visit.status.keeps_time();
        return if is_there { Ok(moved()) } else { Err(problem(Refusal::HoldOver.into())) };
    };
    let command = MoveAppointment {
        id: link.appointment_id,
        seen_sequence,
        start_at: hold.start_at,
        practitioner: Some(hold.lead_id),
        hold: Some((id, visitor_secret(&context))),
        tell_patient: true,
    };
    let acting = web.holder(&context, link.appointment_id);
    match web.run(&context, move |env| app::appointments::move_to(env, &acting, command)).await? {
        Ok(_) => Ok(moved()),
        Err(Failure::Refused(
            refusal @ (Refusal::TimeTaken
            | Refusal::NoSuchTime(_)
            | Refusal::NotOpen(_)
            | Refusal::Over
            | Refusal::NotBefore(_)),
        )) => {
            let words = without_hold(&web, &context, Some(&hold), hold.start_at, &refusal).await?;
            let (details, asked) = (details(&web, &context, &link).await?, same_day(&web, hold.start_at)?);
            other_times(&web, &context, &frame, &details, asked, words, StatusCode::CONFLICT).await
        }
        Err(failure) => Err(problem(failure)),
    }
}

/// `POST /visit/move/keep`: leaves everything as it is.
pub async fn keep(
    State(web): State<Web>,
    context: Context,
    _link: LinkHolder,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&ASKED)?;
    let id: HoldId = fields.parsed("hold")?;
    tell_of(&web, &context, id, app::appointments::release).await?;
    Ok(Redirect::to("/visit").into_response())
}
