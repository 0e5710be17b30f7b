//! Holding a time, the form with one's details, and booking: nothing typed is lost, and nothing is booked twice.

use super::VisitView;
use super::booked::booked_href;
use super::choose::choose;
use super::confirm::{ConfirmPage, ContactValues};
use super::kept::{Kept, TYPED, has_any, typed};
use super::refused::{leads_to_times, sentence, stays_on_form, without_hold};
use super::times::Asked;
use crate::fields::{Fields, Segment, about_form, form_refusal, hidden, practitioner, shown};
use crate::frame::Frame;
use crate::pages::page;
use crate::shell::{Context, Problem, Purpose, csrf::FORM_TOKEN_FIELD};
use crate::state::{Web, limited, passing, problem, visitor_secret};
use crate::view::FormErrorsView;
use crate::words::{self, VisitWords};
use app::appointments::{BookAppointment, HoldTime, change_until_for, promised_until};
use app::diary::Rules;
use app::people::{Contact, parse_text};
use app::screening::{Cream, cream_left, zones_kept};
use app::{Acting, Env, Failure, FormErrors, Refusal, Secret};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::{Span, Timestamp, civil::Date};
use record::{AppointmentPhase, Hold};
use vocab::{HoldId, ResourceId, VisitTypeId, ZoneId};

/// `POST /holds`: keeps a time for ten minutes and goes to the form. Who has filled it in for another time finds it filled.
pub async fn place(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&[&["visit", "with", "time"], TYPED.as_slice()].concat())?;
    let wish = practitioner(&fields, "with")?;
    let command = HoldTime {
        visit_type: VisitTypeId::new(fields.one("visit")).map_err(|_| Problem::not_found())?,
        start_at: fields.parsed::<Timestamp>("time")?,
        practitioner: wish,
        visitor: visitor_secret(&context),
        response: Some(visitor_secret(&context)),
    };
    let asked = same_day(&web, &command.visit_type, command.start_at, wish)?;
    let acting = web.visitor(&context);
    match web.run(&context, move |env| app::appointments::hold(env, &acting, command)).await? {
        Ok(hold) if !has_any(&fields) => Ok(Redirect::to(&details_href(hold.id, wish)).into_response()),
        // Not by way of an address: what was typed has no place in one.
        Ok(hold) => blank(&web, &context, &frame, &hold, wish, typed(&fields)).await,
        Err(Failure::Refused(refusal)) => {
            choose(&web, &context, &frame, &asked, Kept::of(sentence(&refusal), &fields)).await
        }
        Err(failure) => Err(problem(failure)),
    }
}

/// The form beside a hold; `wish` is the therapist who was asked for, if it was one.
fn details_href(id: HoldId, wish: Option<ResourceId>) -> String {
    match wish {
        Some(with) => format!("{}?with={with}", hold_path(id)),
        None => hold_path(id),
    }
}

/// The page of times of the day on which somebody wanted `start_at`.
fn same_day(
    web: &Web,
    visit_type: &VisitTypeId,
    start_at: Timestamp,
    with: Option<ResourceId>,
) -> Result<Asked, Problem> {
    Ok(Asked {
        visit: Some(visit_type.to_string()),
        day: Some(date_of(web, start_at)?),
        with: with.map(|with| with.to_string()),
        ..Asked::default()
    })
}

fn date_of(web: &Web, at: Timestamp) -> Result<Date, Problem> {
    Ok(app::diary::current(&web.env).map_err(problem)?.rules.date_at(at))
}

/// `GET /holds/{id}`: the form with one's details beside the time that is held. `with` says who was asked for.
pub async fn details(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    Segment(id): Segment<HoldId>,
    asked: Asked,
) -> Result<Response, Problem> {
    let hold = own_hold(&web, &context, id).await?.ok_or_else(|| problem(Refusal::HoldOver.into()))?;
    let wish = asked.with.and_then(|with| with.parse().ok());
    blank(&web, &context, &frame, &hold, wish, ContactValues::default()).await
}

/// The form beside a time that is held, with nothing wrong with it yet.
async fn blank(
    web: &Web,
    context: &Context,
    frame: &Frame,
    hold: &Hold,
    wish: Option<ResourceId>,
    values: ContactValues,
) -> Result<Response, Problem> {
    let checked = self_checked(web, context, &hold.visit_type).await?;
    let (errors, token) = (FormErrorsView::default(), context.form_token());
    let form = Details { hold, is_held: true, wish, checked, values, errors, token };
    form.page(web, frame, StatusCode::OK)
}

/// `POST /holds/{id}/release`: gives the time up and goes back to the times, with what was typed for it.
pub async fn release(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    Segment(id): Segment<HoldId>,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&[&["hold", "visit", "time", "with", "wish", "back", "day"], TYPED.as_slice()].concat())?;
    let hold = own_hold(&web, &context, id).await?;
    tell_of(&web, &context, id, app::appointments::release).await?;
    if !fields.one("back").is_empty() {
        // Back to the page of times on which it was let go, where another time is being chosen.
        return Ok(Redirect::to(&back_href(&fields)).into_response());
    }
    // A hold that has run out is not known any more; the form still says what it was for.
    let of_form = || Some((VisitTypeId::new(fields.one("visit")).ok()?, fields.one("time").parse().ok()?));
    let Some((visit, start_at)) = hold.map(|hold| (hold.visit_type, hold.start_at)).or_else(of_form) else {
        return Ok(Redirect::to("/appointments/new").into_response());
    };
    if has_any(&fields) {
        let asked = same_day(&web, &visit, start_at, None)?;
        return choose(&web, &context, &frame, &asked, Kept::of(String::new(), &fields)).await;
    }
    let day = date_of(&web, start_at)?;
    Ok(Redirect::to(&format!("/appointments/new?visit={visit}&day={day}")).into_response())
}

/// `POST /holds/{id}/leave`: a script says that the page of the hold is left, for somewhere that is not ours.
pub async fn leave(
    State(web): State<Web>,
    context: Context,
    Segment(id): Segment<HoldId>,
) -> Result<StatusCode, Problem> {
    tell_of(&web, &context, id, app::appointments::leave).await.map(|()| StatusCode::NO_CONTENT)
}

/// `POST /holds/{id}/return`: a script says that the page of the hold is looked at, again or still.
pub async fn come_back(
    State(web): State<Web>,
    context: Context,
    Segment(id): Segment<HoldId>,
) -> Result<StatusCode, Problem> {
    tell_of(&web, &context, id, app::appointments::come_back).await.map(|()| StatusCode::NO_CONTENT)
}

fn back_href(fields: &Fields) -> String {
    let path = if fields.one("back") == "move" { "/visit/move" } else { "/appointments/new" };
    let visit = VisitTypeId::new(fields.one("visit")).ok().map(|visit| format!("visit={visit}"));
    let day = fields.one("day").parse::<Date>().ok().map(|day| format!("day={day}"));
    let with = fields.one("with").parse::<ResourceId>().ok().map(|with| format!("with={with}"));
    let asked: Vec<String> = [visit, day, with].into_iter().flatten().collect();
    format!("{path}?{}", asked.join("&"))
}

/// Does what the visitor says of a hold of theirs.
pub(super) async fn tell_of(
    web: &Web,
    context: &Context,
    id: HoldId,
    what: fn(&Env, &Acting, &Secret, HoldId) -> Result<(), Failure>,
) -> Result<(), Problem> {
    let (acting, visitor) = (web.visitor(context), visitor_secret(context));
    web.run(context, move |env| what(env, &acting, &visitor, id)).await?.map_err(problem)
}

/// The address of a hold.
pub(super) fn hold_path(id: HoldId) -> String {
    format!("/holds/{id}")
}

pub(super) async fn own_hold(web: &Web, context: &Context, id: HoldId) -> Result<Option<Hold>, Problem> {
    let (acting, visitor) = (web.visitor(context), visitor_secret(context));
    let held = web
        .run(context, move |env| app::appointments::held(env, &acting, &visitor))
        .await?
        .map_err(problem)?;
    Ok(held.into_iter().find(|hold| hold.id == id))
}

/// `POST /appointments`: books. A mistyped form comes back filled; a time that is gone comes back with others.
pub async fn book(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&["hold", "visit", "time", "with", "wish", "name", "email", "phone", "note", "agree"])?;
    let visit_type = VisitTypeId::new(fields.one("visit")).map_err(|_| Problem::not_found())?;
    let start_at: Timestamp = fields.parsed("time")?;
    let (with, wish) = (practitioner(&fields, "with")?, practitioner(&fields, "wish")?);
    let hold_id: Option<HoldId> = fields.one("hold").parse().ok();
    let held = match hold_id {
        Some(id) => own_hold(&web, &context, id).await?,
        None => None,
    };
    let mut errors = FormErrors::default();
    let (contact, note) = parse(&fields, &mut errors);
    let token = context.check_form(fields.token(), fields.trap());
    if let Err(refusal) = &token {
        errors.add("name", form_refusal(*refusal));
    }
    let same = context.form_token_again(fields.token());
    let again = async |errors: FormErrorsView, status, token: String| {
        let stand_in = held.clone().unwrap_or_else(|| unheld(&web, &visit_type, start_at, with));
        let checked = self_checked(&web, &context, &visit_type).await?;
        let (is_held, values) = (held.is_some(), typed(&fields));
        let form = Details { hold: &stand_in, is_held, wish, checked, values, errors, token };
        form.page(&web, &frame, status)
    };
    let (Some(contact), Some(note), Ok(token), true) = (contact, note, token, errors.is_empty()) else {
        return again(shown(&errors), StatusCode::UNPROCESSABLE_ENTITY, same).await;
    };
    if let Err((problem, words)) = limited(&context, Purpose::Booking) {
        let form = again(about_form("name", words), problem.status(), same).await?;
        return Ok(problem.told_by(form));
    }
    let command = BookAppointment {
        visit_type: visit_type.clone(),
        start_at,
        practitioner: held.as_ref().map(|hold| hold.lead_id).or(with),
        contact,
        birth_on: None,
        hold: hold_id.map(|id| (id, visitor_secret(&context))),
        response: Some(visitor_secret(&context)),
        zones: Vec::new(),
        idempotency_key: token.idempotency_key(),
        note,
        tell_patient: true,
    };
    let acting = web.visitor(&context);
    match web.run(&context, move |env| app::appointments::book(env, &acting, command)).await? {
        Ok(booked) => Ok(Redirect::to(&booked_href(&context, &booked)).into_response()),
        Err(Failure::Refused(refusal)) if leads_to_times(&refusal) => {
            let asked = same_day(&web, &visit_type, start_at, wish)?;
            let refused = held.as_ref().filter(|hold| hold.start_at == start_at);
            let words = without_hold(&web, &context, refused, &refusal).await?;
            choose(&web, &context, &frame, &asked, Kept::of(words, &fields)).await
        }
        Err(Failure::Form(errors)) => again(shown(&errors), StatusCode::UNPROCESSABLE_ENTITY, same).await,
        Err(Failure::Refused(refusal)) if stays_on_form(&refusal) => {
            again(about_form("name", sentence(&refusal)), StatusCode::CONFLICT, context.form_token()).await
        }
        Err(failure) => {
            let (problem, words) = passing(&context, failure)?;
            // With the same token: should the booking have been kept after all, sending it again finds it.
            let form = again(about_form("name", words), problem.status(), same).await?;
            Ok(problem.told_by(form))
        }
    }
}

/// What this visitor's self-check makes of a visit of this kind.
struct Checked {
    /// Where on the body it will be kept with.
    zones: Vec<ZoneId>,
    /// What numbing cream is left.
    cream: Cream,
    /// The visit needs a finished self-check, and there is none that another visit does not rest on.
    is_missing: bool,
}

async fn self_checked(web: &Web, context: &Context, visit: &VisitTypeId) -> Result<Checked, Problem> {
    let check = crate::pages::self_check::ask::known(web, context).await?;
    let diary = app::diary::current(&web.env).map_err(problem)?;
    if !check.is_complete {
        let is_missing = app::screening::treats(&diary.rules, visit).map_err(problem)?;
        return Ok(Checked { zones: Vec::new(), cream: Cream::Any, is_missing });
    }
    let assessment = app::screening::assess(&web.env, &check).map_err(problem)?;
    let zones = zones_kept(&diary.rules, visit, check.zones, &assessment).map_err(problem)?;
    let cream = cream_left(&web.env.protocol.protocol, &assessment.not_products);
    Ok(Checked { zones, cream, is_missing: false })
}

/// Who comes and what they want us to know, or everything that is wrong with it.
fn parse(fields: &Fields, errors: &mut FormErrors) -> (Option<Contact>, Option<String>) {
    let contact = Contact::parse(fields.one("name"), fields.one("email"), fields.one("phone"), errors);
    let note = parse_text(fields.one("note"));
    if note.is_none() {
        errors.add("note", "Write at most 4,000 letters.");
    }
    if fields.one("agree").is_empty() {
        errors.add("agree", "Tick the box if you agree; without it we cannot book.");
    }
    (contact, note)
}

/// A time that is not held any more, as the form shows it.
fn unheld(web: &Web, visit_type: &VisitTypeId, start_at: Timestamp, with: Option<ResourceId>) -> Hold {
    let there = usual_phases(web, visit_type).into_iter().filter(|phase| phase.patient_present);
    let minutes: i64 = there.map(|phase| i64::from(phase.minutes)).sum();
    Hold {
        id: HoldId::from_bits(0),
        visitor_hash: [0; 32],
        site_id: vocab::SiteId::from_bits(0),
        visit_type: visit_type.clone(),
        lead_id: with.unwrap_or(ResourceId::from_bits(0)),
        start_at,
        end_at: start_at.saturating_add(Span::new().minutes(minutes)).unwrap_or(start_at),
        expires_at: start_at,
        created_at: start_at,
    }
}

struct Details<'a> {
    hold: &'a Hold,
    /// Whether it still is; if not, the page says that the time is free again.
    is_held: bool,
    /// Who was asked for, whoever it is held with.
    wish: Option<ResourceId>,
    checked: Checked,
    values: ContactValues,
    errors: FormErrorsView,
    token: String,
}

impl Details<'_> {
    fn page(self, web: &Web, frame: &Frame, status: StatusCode) -> Result<Response, Problem> {
        let diary = app::diary::current(&web.env).map_err(problem)?;
        let rules = &diary.rules;
        let hold = self.hold;
        let now = web.env.clock.now();
        let until = if self.is_held { promised_until(rules, hold) } else { now };
        let seconds = until.duration_since(now).as_secs();
        let confirm = ConfirmPage {
            frame,
            visit: held_view(web, rules, hold, &self.checked.zones, self.checked.cream),
            seconds_left: u32::try_from(seconds).unwrap_or(0),
            held_until: words::clock(until, rules),
            hold_path: hold_path(hold.id),
            action: "/appointments".into(),
            release_action: format!("{}/release", hold_path(hold.id)),
            hidden: vec![
                hidden(FORM_TOKEN_FIELD, self.token),
                hidden("hold", hold.id.to_string()),
                hidden("visit", hold.visit_type.as_str()),
                hidden("time", hold.start_at.to_string()),
                hidden("with", hold.lead_id.to_string()),
                hidden("wish", self.wish.map(|with| with.to_string()).unwrap_or_default()),
            ],
            needs_self_check: self.checked.is_missing,
            values: self.values,
            errors: self.errors,
            policy: policy(rules, hold.start_at, now),
        };
        Ok(page(status, &confirm))
    }
}

/// A held time in words; `zones` is what it will be booked for, `cream` whether any can be had.
pub(super) fn held_view(web: &Web, rules: &Rules, hold: &Hold, zones: &[ZoneId], cream: Cream) -> VisitView {
    let protocol = &web.env.protocol.protocol;
    let phases = usual_phases(web, &hold.visit_type);
    let visit = VisitWords {
        visit_type: &hold.visit_type,
        start_at: hold.start_at,
        end_at: hold.end_at,
        lead_id: hold.lead_id,
        phases: &phases,
        zones,
        cream,
    };
    visit.view(protocol, rules, &web.site)
}

/// The phases of a visit at their usual lengths, as long as it is only held.
fn usual_phases(web: &Web, visit_type: &VisitTypeId) -> Vec<AppointmentPhase> {
    let visit = web.env.protocol.protocol.visit(visit_type);
    let phases = visit.into_iter().flat_map(|visit| &visit.phases);
    let usual = phases.map(|phase| AppointmentPhase {
        name: phase.id.clone(),
        minutes: u16::try_from(phase.minutes.usual).unwrap_or(u16::MAX),
        patient_present: phase.patient_present,
    });
    usual.collect()
}

/// What is agreed to, as it holds for this visit: nobody agrees to what has run out already.
fn policy(rules: &Rules, start_at: Timestamp, now: Timestamp) -> Vec<String> {
    let settings = &rules.clinic.settings;
    let until = change_until_for(rules, start_at);
    let change = match until > now {
        true => format!("You can move or cancel free of charge until {}.", words::moment(until, rules)),
        false => format!(
            "This visit is within {} hours: to change it, please call {}.",
            settings.cut_off_hours, settings.contact_phone
        ),
    };
    vec![change, "A clinician checks again at your visit and may decide that waiting is better.".into()]
}
