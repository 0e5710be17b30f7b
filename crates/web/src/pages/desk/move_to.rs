//! Moving at the desk: from, to, and whether the patient is told.

use super::DeskFrame;
use super::offers::OfferView;
use super::standing::{changed, over};
use crate::fields::{Fields, Segment, hidden, practitioners, shown};
use crate::frame::Frame;
use crate::pages::appointments::VisitView;
use crate::pages::page;
use crate::shell::{ConfirmedStaff, Context, Problem, csrf::FORM_TOKEN_FIELD, guard::AnyStaff};
use crate::state::{Web, problem};
use crate::view::{ChoiceView, FormErrorsView, HiddenView};
use crate::words::{self, VisitWords};
use app::appointments::{MoveAppointment, VisitDetails};
use app::{Acting, Failure, FormErrors, Refusal};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use record::AppointmentStep;
use vocab::AppointmentId;

/// The form.
#[derive(Debug, Template)]
#[template(path = "pages/desk/move_to.html")]
pub struct DeskMovePage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// Who comes.
    pub patient: String,
    /// As it is.
    pub from: VisitView,
    /// Where the form is sent.
    pub action: String,
    /// Back to the appointment.
    pub back_href: String,
    /// Tokens and the version of the appointment that was seen.
    pub hidden: Vec<HiddenView>,
    /// Therapists. Field `practitioner`.
    pub practitioners: Vec<ChoiceView>,
    /// Field `date`, as typed.
    pub date: String,
    /// Field `time`, as typed.
    pub time: String,
    /// Field `tell_patient`: yes or no, none chosen at first, because nothing is sent by accident. Empty if there is no
    /// address to write to.
    pub tell_patient: Vec<ChoiceView>,
    /// What is wrong with it.
    pub errors: FormErrorsView,
    /// Why the time cannot be had, or what has changed since the form was opened; empty if neither.
    pub refusal: String,
    /// Other times on offer.
    pub offers: Vec<OfferView>,
    /// Why it cannot be moved any more: then there is no form. Empty if it can.
    pub over: String,
}

/// `GET /desk/appointments/{id}/move`: from, to, and whether the patient is told.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<AnyStaff>,
    Segment(id): Segment<AppointmentId>,
) -> Result<Response, Problem> {
    let (details, acting) = load(&web, &context, &staff, id).await?;
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let start = words::local(details.appointment.start_at, &diary.rules);
    let form = Form {
        details: &details,
        date: start.date().to_string(),
        time: words::time(start.time()),
        with: details.appointment.lead_id.to_string(),
        tell: String::new(),
        errors: FormErrorsView::default(),
        refusal: String::new(),
        offers: Vec::new(),
    };
    Ok(form.page(&web, &context, &frame, &acting, StatusCode::OK))
}

/// The appointment, and who looks at it.
pub(super) async fn load(
    web: &Web,
    context: &Context,
    staff: &ConfirmedStaff<AnyStaff>,
    id: AppointmentId,
) -> Result<(VisitDetails, Acting), Problem> {
    web.run_as_staff(context, staff, move |env, acting| {
        Ok((app::appointments::show(env, acting, id)?, acting.clone()))
    })
    .await?
    .map_err(problem)
}

/// `POST /desk/appointments/{id}/move`: moves, or shows what is in the way.
pub async fn apply(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<AnyStaff>,
    Segment(id): Segment<AppointmentId>,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&["date", "time", "practitioner", "offer", "tell_patient", "sequence"])?;
    let (details, acting) = load(&web, &context, &staff, id).await?;
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let rules = diary.rules.clone();
    let mut errors = FormErrors::default();
    let offer = fields.one("offer");
    let start = if offer.is_empty() {
        super::book::wall_time(&fields, &rules, &mut errors)
    } else {
        super::offers::offer_of(offer, None)
    };
    let tell = tells(&fields, !details.patient.email.is_empty(), &mut errors);
    let line = |name: &str| fields.typed(name);
    let form = |errors, refusal: String, offers| Form {
        details: &details,
        date: line("date"),
        time: line("time"),
        with: line("practitioner"),
        tell: line("tell_patient"),
        errors,
        refusal,
        offers,
    };
    let (Some((start_at, practitioner)), Some(tell_patient), true) = (start, tell, errors.is_empty()) else {
        let form = form(shown(&errors), changed(&rules, &details, &fields), Vec::new());
        return Ok(form.page(&web, &context, &frame, &acting, StatusCode::UNPROCESSABLE_ENTITY));
    };
    let seen_sequence: u32 = fields.parsed("sequence")?;
    let command = MoveAppointment { id, seen_sequence, start_at, practitioner, hold: None, tell_patient };
    let moved = web
        .run_as_staff(&context, &staff, move |env, acting| app::appointments::move_to(env, acting, command))
        .await?;
    match moved {
        Ok(moved) => {
            let date = rules.date_at(moved.start_at);
            Ok(Redirect::to(&format!("/desk/day/{date}?open={id}&news=moved")).into_response())
        }
        Err(Failure::Form(errors)) => {
            let form = form(shown(&errors), String::new(), Vec::new());
            Ok(form.page(&web, &context, &frame, &acting, StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(Failure::Refused(Refusal::ChangedMeanwhile | Refusal::WrongState(_))) => {
            let (details, _) = load(&web, &context, &staff, id).await?;
            let refusal = changed(&rules, &details, &fields);
            let form = Form { details: &details, ..form(FormErrorsView::default(), refusal, Vec::new()) };
            Ok(form.page(&web, &context, &frame, &acting, StatusCode::CONFLICT))
        }
        Err(Failure::Refused(refusal)) => {
            let (visit_type, start) = (&details.appointment.visit_type, (start_at, practitioner));
            let offers = super::offers::offers(&web, &acting, &rules, visit_type, start, &refusal);
            let form = form(FormErrorsView::default(), super::book::refused(&refusal), offers);
            Ok(form.page(&web, &context, &frame, &acting, StatusCode::CONFLICT))
        }
        Err(failure) => Err(problem(failure)),
    }
}

/// Whether the patient is told: asked each time, because nothing is sent by accident, unless there is no address.
pub(super) fn tells(fields: &Fields, has_address: bool, errors: &mut FormErrors) -> Option<bool> {
    match fields.one("tell_patient") {
        _ if !has_address => Some(false),
        "yes" => Some(true),
        "no" => Some(false),
        _ => {
            errors.add("tell_patient", "Choose whether the patient is told.");
            None
        }
    }
}

/// The two answers to "tell the patient?"; none for somebody without an address.
pub(super) fn tell_choices(has_address: bool, chosen: &str) -> Vec<ChoiceView> {
    if !has_address {
        return Vec::new();
    }
    [("yes", "Yes, by e-mail in two minutes"), ("no", "No")]
        .map(|(value, label)| ChoiceView::new(value, label).chosen(value == chosen))
        .into()
}

struct Form<'a> {
    details: &'a VisitDetails,
    date: String,
    time: String,
    with: String,
    tell: String,
    errors: FormErrorsView,
    refusal: String,
    offers: Vec<OfferView>,
}

impl Form<'_> {
    fn page(
        self,
        web: &Web,
        context: &Context,
        frame: &Frame,
        acting: &Acting,
        status: StatusCode,
    ) -> Response {
        let desk = DeskFrame::new(web, context, frame, acting, "day", "");
        let Ok(diary) = app::diary::current(&web.env) else { return Problem::away(5).into_response() };
        let rules = &diary.rules;
        let appointment = &self.details.appointment;
        let id = appointment.id;
        let move_page = DeskMovePage {
            desk: &desk,
            patient: self.details.patient.name.clone(),
            from: VisitWords::of(appointment).view(&web.env.protocol.protocol, rules, &web.site),
            action: format!("/desk/appointments/{id}/move"),
            back_href: format!("/desk/day/{}?open={id}#appointment", rules.date_at(appointment.start_at)),
            hidden: vec![
                hidden(FORM_TOKEN_FIELD, context.form_token()),
                hidden("sequence", appointment.sequence.to_string()),
            ],
            practitioners: practitioners(rules, &self.with),
            date: self.date,
            time: self.time,
            tell_patient: tell_choices(!self.details.patient.email.is_empty(), &self.tell),
            errors: self.errors,
            refusal: self.refusal,
            offers: self.offers,
            over: over(self.details, AppointmentStep::Move),
        };
        page(status, &move_page)
    }
}
