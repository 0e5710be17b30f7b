//! Cancelling at the desk: who asked, why, and whether the patient is told.

use super::DeskFrame;
use super::move_to::{load, tell_choices, tells};
use super::standing::{changed, over};
use crate::fields::{Fields, Segment, hidden, shown};
use crate::frame::Frame;
use crate::pages::appointments::VisitView;
use crate::pages::page;
use crate::shell::{ConfirmedStaff, Context, Problem, csrf::FORM_TOKEN_FIELD, guard::AnyStaff};
use crate::state::{Web, problem};
use crate::view::{ChoiceView, FormErrorsView, HiddenView};
use crate::words::VisitWords;
use app::people::parse_line;
use app::{Failure, FormErrors, Refusal};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use record::AppointmentStep;
use vocab::AppointmentId;

/// The form.
#[derive(Debug, Template)]
#[template(path = "pages/desk/cancel.html")]
pub struct DeskCancelPage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// Who would have come.
    pub patient: String,
    /// What would be cancelled.
    pub visit: VisitView,
    /// Where the form is sent.
    pub action: String,
    /// Back to the appointment.
    pub back_href: String,
    /// Tokens and the version of the appointment that was seen.
    pub hidden: Vec<HiddenView>,
    /// Field `reason`: patient asked, clinic cancels, …
    pub reasons: Vec<ChoiceView>,
    /// Field `note`, as typed.
    pub note: String,
    /// Field `tell_patient`; empty if there is no address to write to.
    pub tell_patient: Vec<ChoiceView>,
    /// What is wrong with it.
    pub errors: FormErrorsView,
    /// What has changed since the form was opened; empty if nothing has.
    pub changed: String,
    /// Why it cannot be cancelled any more: then there is no form. Empty if it can.
    pub over: String,
}

const REASONS: [(&str, &str); 4] = [
    ("patient", "The patient asked"),
    ("ill", "A therapist is ill"),
    ("clinic", "The clinic cannot"),
    ("other", "Another reason"),
];

/// `GET /desk/appointments/{id}/cancel`: why, and whether the patient is told.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<AnyStaff>,
    Segment(id): Segment<AppointmentId>,
) -> Result<Response, Problem> {
    form(&web, &context, &frame, &staff, id, None, FormErrorsView::default(), StatusCode::OK).await
}

/// `POST /desk/appointments/{id}/cancel`: calls the visit off.
pub async fn apply(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<AnyStaff>,
    Segment(id): Segment<AppointmentId>,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&["reason", "note", "tell_patient", "sequence"])?;
    let mut errors = FormErrors::default();
    let reason = REASONS.iter().find(|(value, _)| *value == fields.one("reason"));
    if reason.is_none() {
        errors.add("reason", "Choose why.");
    }
    let note = parse_line(fields.one("note"), 200);
    if note.is_none() {
        errors.add("note", "Write one line of at most 200 letters.");
    }
    let (details, _) = load(&web, &context, &staff, id).await?;
    let tell = tells(&fields, !details.patient.email.is_empty(), &mut errors);
    let (Some((reason, _)), Some(note), Some(tell_patient)) = (reason, note, tell) else {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return form(&web, &context, &frame, &staff, id, Some(&fields), shown(&errors), status).await;
    };
    let seen_sequence: u32 = fields.parsed("sequence")?;
    let why = if note.is_empty() { (*reason).to_owned() } else { format!("{reason}: {note}") };
    let cancelled = web
        .run_as_staff(&context, &staff, move |env, acting| {
            app::appointments::cancel(env, acting, id, seen_sequence, tell_patient, &why)
        })
        .await?;
    let cancelled = match cancelled {
        Err(Failure::Form(errors)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return form(&web, &context, &frame, &staff, id, Some(&fields), shown(&errors), status).await;
        }
        Err(Failure::Refused(Refusal::ChangedMeanwhile | Refusal::WrongState(_))) => {
            let (errors, status) = (FormErrorsView::default(), StatusCode::CONFLICT);
            return form(&web, &context, &frame, &staff, id, Some(&fields), errors, status).await;
        }
        cancelled => cancelled.map_err(problem)?,
    };
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let date = diary.rules.date_at(cancelled.start_at);
    Ok(Redirect::to(&format!("/desk/day/{date}?news=cancelled")).into_response())
}

#[expect(clippy::too_many_arguments, reason = "a form again is made of all that the request brought")]
async fn form(
    web: &Web,
    context: &Context,
    frame: &Frame,
    staff: &ConfirmedStaff<AnyStaff>,
    id: AppointmentId,
    sent: Option<&Fields>,
    errors: FormErrorsView,
    status: StatusCode,
) -> Result<Response, Problem> {
    let (details, acting) = load(web, context, staff, id).await?;
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let rules = &diary.rules;
    let desk = DeskFrame::new(web, context, frame, &acting, "day", "");
    let appointment = &details.appointment;
    let typed = |name: &str| sent.map(|sent| sent.typed(name)).unwrap_or_default();
    let chosen = typed("reason");
    let cancel = DeskCancelPage {
        desk: &desk,
        patient: details.patient.name.clone(),
        visit: VisitWords::of(appointment).view(&web.env.protocol.protocol, rules, &web.site),
        action: format!("/desk/appointments/{id}/cancel"),
        back_href: format!("/desk/day/{}?open={id}#appointment", rules.date_at(appointment.start_at)),
        hidden: vec![
            hidden(FORM_TOKEN_FIELD, context.form_token()),
            hidden("sequence", appointment.sequence.to_string()),
        ],
        reasons: REASONS.map(|(value, label)| ChoiceView::new(value, label).chosen(value == chosen)).into(),
        note: typed("note"),
        tell_patient: tell_choices(!details.patient.email.is_empty(), &typed("tell_patient")),
        errors,
        changed: sent.map(|sent| changed(rules, &details, sent)).unwrap_or_default(),
        over: over(&details, AppointmentStep::Cancel),
    };
    Ok(page(status, &cancel))
}
