//! Booking at the desk: time and therapist filled in by the click, six fields, one button.

use super::DeskFrame;
use super::offers::{OfferView, offer_of, offers};
use crate::fields::{Fields, hidden, practitioner, practitioners, shown};
use crate::frame::Frame;
use crate::pages::page;
use crate::shell::{
    ConfirmedStaff, Context, Problem, csrf::FORM_TOKEN_FIELD, guard::AnyStaff, token::TokenPurpose,
};
use crate::state::{Web, passing, problem};
use crate::view::{ChoiceView, FormErrorsView, HiddenView};
use crate::words;
use app::appointments::BookAppointment;
use app::diary::Rules;
use app::people::{Contact, parse_line};
use app::{Acting, Failure, FormErrors, Refusal};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde::Deserialize;
use std::time::Duration;
use vocab::{ResourceId, VisitTypeId, ZoneId};

/// The form.
#[derive(Debug, Template)]
#[template(path = "pages/desk/book.html")]
pub struct DeskBookPage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// Where the form is sent.
    pub action: String,
    /// Back to the day.
    pub day_href: String,
    /// Tokens and the idempotency key.
    pub hidden: Vec<HiddenView>,
    /// Kinds of visit. Field `visit_type`.
    pub visit_types: Vec<ChoiceView>,
    /// Therapists. Field `practitioner`.
    pub practitioners: Vec<ChoiceView>,
    /// Zones. Field `zones`, several.
    pub zones: Vec<ChoiceView>,
    /// What was typed.
    pub values: DeskBookValues,
    /// What is wrong with it.
    pub errors: FormErrorsView,
    /// Why the time cannot be had; empty if it can.
    pub refusal: String,
    /// Other times on offer, each a button of the same form.
    pub offers: Vec<OfferView>,
    /// The therapist is busy, and the visit can be squeezed in on an extra seat, with a reason.
    pub may_overbook: bool,
}

/// What was typed.
#[derive(Clone, Debug, Default)]
pub struct DeskBookValues {
    /// Field `date`, `2026-12-08`.
    pub date: String,
    /// Field `time`, `10:00`.
    pub time: String,
    /// Field `name`.
    pub name: String,
    /// Field `phone`.
    pub phone: String,
    /// Field `email`.
    pub email: String,
    /// Field `zones`: what was ticked.
    pub zones: Vec<String>,
    /// Field `note`.
    pub note: String,
    /// Field `tell_patient`.
    pub tell_patient: bool,
    /// Field `overbook_reason`.
    pub overbook_reason: String,
}

/// A booking form is good for a working day.
const FORM_AGE: (Duration, Duration) = (Duration::ZERO, Duration::from_secs(12 * 3_600));

/// What a click on the day fills in.
#[derive(Debug, Default, Deserialize)]
pub struct Clicked {
    day: Option<Date>,
    #[serde(default)]
    time: String,
    #[serde(default)]
    with: String,
}

/// `GET /desk/appointments/new`: the form, with the time and therapist that were clicked.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<AnyStaff>,
    Query(clicked): Query<Clicked>,
) -> Result<Response, Problem> {
    let acting =
        web.run_as_staff(&context, &staff, |_, acting| Ok(acting.clone())).await?.map_err(problem)?;
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let today = diary.rules.date_at(web.env.clock.now());
    let values = DeskBookValues {
        date: clicked.day.unwrap_or(today).to_string(),
        time: parse_line(&clicked.time, 5).unwrap_or_default(),
        tell_patient: true,
        ..DeskBookValues::default()
    };
    let form = Form { values, visit_type: "treatment", with: &clicked.with, ..Form::default() };
    Ok(form.page(&web, &context, &frame, &acting, &diary.rules, StatusCode::OK))
}

/// What the form may send.
const FIELDS: [&str; 13] = [
    "visit_type",
    "practitioner",
    "date",
    "time",
    "offer",
    "name",
    "phone",
    "email",
    "zones",
    "note",
    "tell_patient",
    "overbook",
    "overbook_reason",
];

/// `POST /desk/appointments`: books, or shows what is wrong with everything typed still there.
pub async fn book(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<AnyStaff>,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&FIELDS)?;
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let rules = diary.rules.clone();
    let acting =
        web.run_as_staff(&context, &staff, |_, acting| Ok(acting.clone())).await?.map_err(problem)?;
    let visit_type = VisitTypeId::new(fields.one("visit_type")).map_err(|_| Problem::not_found())?;
    let again = || Form {
        values: typed(&fields),
        visit_type: visit_type.as_str(),
        with: fields.one("practitioner"),
        ..Form::default()
    };
    let mut errors = FormErrors::default();
    let start = start(&fields, &rules, &mut errors)?;
    let command = match parse(&context, &fields, visit_type.clone(), start, errors)? {
        Ok(command) => command,
        Err(errors) => {
            let (refusal, offers) = match start {
                Some(start) => time_beside(&web, &acting, &rules, &visit_type, start),
                None => Default::default(),
            };
            let form = Form { errors: shown(&errors), refusal, offers, ..again() };
            return Ok(form.page(&web, &context, &frame, &acting, &rules, StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    let (start_at, wished) = (command.start_at, command.practitioner);
    let writes_to_nobody = command.tell_patient && command.contact.email.is_none();
    let squeezes_in = fields.one("overbook") == "yes";
    let reason = parse_line(fields.one("overbook_reason"), 200).unwrap_or_default();
    let booked = web.run_as_staff(&context, &staff, move |env, acting| match squeezes_in {
        true => app::appointments::overbook(env, acting, command, &reason),
        false => app::appointments::book(env, acting, command),
    });
    match booked.await? {
        Err(Failure::Form(errors)) => {
            let form = Form { errors: shown(&errors), may_overbook: squeezes_in, ..again() };
            Ok(form.page(&web, &context, &frame, &acting, &rules, StatusCode::UNPROCESSABLE_ENTITY))
        }
        Ok(booked) => {
            let date = rules.date_at(booked.appointment.start_at);
            let id = booked.appointment.id;
            let news = match (squeezes_in, writes_to_nobody) {
                (true, _) => "squeezed",
                (false, true) => "booked-unwritten",
                (false, false) => "booked",
            };
            Ok(Redirect::to(&format!("/desk/day/{date}?open={id}&news={news}")).into_response())
        }
        Err(Failure::Refused(refusal)) => {
            let may_overbook = refusal.code() == "lead-busy" && !squeezes_in;
            let offers = offers(&web, &acting, &rules, &visit_type, (start_at, wished), &refusal);
            let refusal = refused(&refusal);
            let form = Form { refusal, offers, may_overbook, ..again() };
            Ok(form.page(&web, &context, &frame, &acting, &rules, StatusCode::CONFLICT))
        }
        Err(failure) => {
            let (problem, refusal) = passing(&context, failure)?;
            let form = Form { refusal, token: fields.token(), ..again() };
            Ok(problem.told_by(form.page(&web, &context, &frame, &acting, &rules, StatusCode::OK)))
        }
    }
}

/// What is in the way of a time that was asked for, beside the other mistakes of the form, and the times instead.
fn time_beside(
    web: &Web,
    acting: &Acting,
    rules: &Rules,
    visit_type: &VisitTypeId,
    (start_at, practitioner): (Timestamp, Option<ResourceId>),
) -> (String, Vec<OfferView>) {
    match app::appointments::check_time(&web.env, acting, visit_type, start_at, practitioner) {
        Err(Failure::Refused(refusal)) => {
            let start = (start_at, practitioner);
            (refused(&refusal), offers(web, acting, rules, visit_type, start, &refusal))
        }
        _ => Default::default(),
    }
}

/// When the visit is to start and with whom: as it was typed, or as an offer was pressed.
fn start(
    fields: &Fields,
    rules: &Rules,
    errors: &mut FormErrors,
) -> Result<Option<(Timestamp, Option<ResourceId>)>, Problem> {
    let with = practitioner(fields, "practitioner")?;
    Ok(match fields.one("offer") {
        "" => wall_time(fields, rules, errors),
        offer => offer_of(offer, with),
    })
}

/// The booking that the form asks for, or everything that is wrong with it, beside what is wrong with its time.
fn parse(
    context: &Context,
    fields: &Fields,
    visit_type: VisitTypeId,
    start: Option<(Timestamp, Option<ResourceId>)>,
    mut errors: FormErrors,
) -> Result<Result<BookAppointment, FormErrors>, Problem> {
    let (name, email, phone) = (fields.one("name"), fields.one("email"), fields.one("phone"));
    let contact = Contact::parse_at_desk(name, email, phone, &mut errors);
    let zones = fields.all("zones").map(ZoneId::new).collect::<Result<Vec<_>, _>>();
    if zones.is_err() {
        errors.add("zones", "Choose from the places that are shown.");
    }
    let note = parse_line(fields.one("note"), 400);
    if note.is_none() {
        errors.add("note", "Write one line of at most 400 letters.");
    }
    let signer = context.shell().signer();
    let key =
        signer.check(TokenPurpose::Form, context.visitor(), fields.token(), context.received_at(), FORM_AGE);
    if key.is_err() {
        errors.add(
            "date",
            "This page was open for a long time. Everything you typed is still here: send it again.",
        );
    }
    let (Some((start_at, practitioner)), Some(contact), Ok(zones), Some(note), Ok(key), true) =
        (start, contact, zones, note, key, errors.is_empty())
    else {
        return Ok(Err(errors));
    };
    Ok(Ok(BookAppointment {
        visit_type,
        start_at,
        practitioner,
        contact,
        birth_on: None,
        hold: None,
        response: None,
        zones,
        idempotency_key: key.idempotency_key(),
        note,
        tell_patient: !fields.one("tell_patient").is_empty(),
    }))
}

/// A refusal in one line.
pub(super) fn refused(refusal: &Refusal) -> String {
    let (title, advice) = refusal.words_at_desk();
    format!("{title}. {advice}")
}

/// The start that date and time name by the wall clock; a time that the clock skips that day does not exist.
pub(super) fn wall_time(
    fields: &Fields,
    rules: &Rules,
    errors: &mut FormErrors,
) -> Option<(Timestamp, Option<ResourceId>)> {
    let date = fields.one("date").parse::<Date>();
    let time = fields.one("time").parse::<Time>();
    if date.is_err() {
        errors.add("date", "Give the day as 2026-12-08.");
    }
    if time.is_err() {
        errors.add("time", "Give the time as 10:00.");
    }
    let local = date.ok()?.to_datetime(time.ok()?);
    let zoned = local.to_zoned(rules.zone.clone()).ok().filter(|zoned| zoned.datetime() == local);
    if zoned.is_none() {
        errors.add("time", "The clocks change that night and this time does not exist. Choose another.");
    }
    let with = fields.one("practitioner").parse().ok();
    zoned.map(|zoned| (zoned.timestamp(), with))
}

fn typed(fields: &Fields) -> DeskBookValues {
    let line = |name: &str| fields.typed(name);
    DeskBookValues {
        date: line("date"),
        time: line("time"),
        name: line("name"),
        phone: line("phone"),
        email: line("email"),
        zones: fields.all("zones").map(str::to_owned).collect(),
        note: line("note"),
        tell_patient: !fields.one("tell_patient").is_empty(),
        overbook_reason: line("overbook_reason"),
    }
}

#[derive(Default)]
struct Form<'a> {
    values: DeskBookValues,
    visit_type: &'a str,
    with: &'a str,
    errors: FormErrorsView,
    refusal: String,
    offers: Vec<OfferView>,
    may_overbook: bool,
    /// The token to show again, so that a booking that was kept after all is found again; a fresh one if empty.
    token: &'a str,
}

impl Form<'_> {
    fn page(
        self,
        web: &Web,
        context: &Context,
        frame: &Frame,
        acting: &Acting,
        rules: &Rules,
        status: StatusCode,
    ) -> Response {
        let desk = DeskFrame::new(web, context, frame, acting, "day", "");
        let token = if self.token.is_empty() { context.form_token() } else { self.token.to_owned() };
        let protocol = &web.env.protocol.protocol;
        let visits = protocol.visits.iter().map(|visit| {
            let id = visit.id.as_str();
            ChoiceView::new(id, &words::visit_title(protocol, &visit.id, &web.site))
                .chosen(id == self.visit_type)
        });
        let zones = protocol.offered_zones().map(|zone| {
            let id = zone.id.as_str();
            ChoiceView::new(id, &zone.label).chosen(self.values.zones.iter().any(|ticked| ticked == id))
        });
        let book = DeskBookPage {
            desk: &desk,
            action: "/desk/appointments".into(),
            day_href: format!("/desk/day/{}", self.values.date),
            hidden: vec![hidden(FORM_TOKEN_FIELD, token)],
            visit_types: visits.collect(),
            practitioners: practitioners(rules, self.with),
            zones: zones.collect(),
            values: self.values,
            errors: self.errors,
            refusal: self.refusal,
            offers: self.offers,
            may_overbook: self.may_overbook,
        };
        page(status, &book)
    }
}
