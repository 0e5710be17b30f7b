//! My visit: reached by a secret link. Time, plan for the days before, what happens, calendar file, move, cancel.
//! Nothing changes until a button is pressed.

use super::{VISIT_FIELD, VisitView, about, is_about};
use crate::fields::{Fields, Segment, hidden};
use crate::frame::Frame;
use crate::pages::page;
use crate::prices::Cost;
use crate::shell::token::TokenPurpose;
use crate::shell::{Context, CookieName, LinkHolder, Problem, csrf::FORM_TOKEN_FIELD};
use crate::state::{Web, problem};
use crate::view::{HiddenView, PhaseView};
use crate::words::{self, VisitWords};
use app::Secret;
use app::appointments::VisitDetails;
use app::diary::Rules;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, SET_COOKIE};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use notify::Standing;
use record::{Appointment, AppointmentStatus, AppointmentStep};
use serde::Deserialize;
use std::time::Duration;
use vocab::AppointmentId;

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/appointments/show.html")]
pub struct VisitPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// The visit.
    pub visit: VisitView,
    /// Where it stands.
    pub state: VisitState,
    /// What has just happened: "Your visit was moved."; may be empty.
    pub news: String,
    /// Where times for such a visit are shown, for one that is off.
    pub again_href: String,
    /// The dated plan, in order.
    pub plan: Vec<PlanStepView>,
    /// Where a tick in the plan is sent; empty when ticks are not kept.
    pub plan_action: String,
    /// Minute by minute; empty for a consultation.
    pub phases: Vec<PhaseView>,
    /// The calendar file.
    pub calendar: String,
    /// What may be changed.
    pub change: ChangeView,
    /// Tokens for the buttons.
    pub hidden: Vec<HiddenView>,
    /// The secret address of this page, to copy; empty when it must not be shown.
    pub link: String,
}

/// Where a visit stands, for its patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VisitState {
    /// The address is not confirmed; the page offers the button. Action of the form, and the time it lapses.
    Unconfirmed {
        /// Where the button sends.
        action: String,
        /// "10:52".
        until: String,
    },
    /// It stands.
    Booked,
    /// It was cancelled.
    Cancelled,
    /// The address was not confirmed in time, so the time was given free.
    Lapsed,
    /// It is over.
    Past,
}

impl VisitState {
    /// Whether it is still to come.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Unconfirmed { .. } | Self::Booked)
    }

    /// Whether it did not come about.
    pub(super) fn is_off(&self) -> bool {
        matches!(self, Self::Cancelled | Self::Lapsed)
    }
}

/// What the patient may change by link.
#[derive(Clone, Debug)]
pub enum ChangeView {
    /// Until this time, in words, both links work.
    Open {
        /// "Sunday 6 December, 10:00".
        until: String,
        /// Where other times are shown.
        move_href: String,
        /// Where cancelling is asked about.
        cancel_href: String,
    },
    /// Too late for links: the telephone.
    ByPhone,
    /// Nothing to change any more.
    Closed,
}

/// One step of the plan.
#[derive(Debug)]
pub struct PlanStepView {
    /// A stable name of the step.
    pub id: String,
    /// `2026-11-24`.
    pub date: String,
    /// "Tuesday 24 November".
    pub day: String,
    /// "in 2 days", "today", "yesterday".
    pub distance: String,
    /// What to do.
    pub title: String,
    /// Why, and who to ask.
    pub words: String,
    /// Ticked.
    pub is_done: bool,
    /// Its day has come.
    pub is_due: bool,
    /// It is for some people only: those who take a certain medicine, or have had cold sores.
    pub is_conditional: bool,
}

/// The steps of one day of the plan. What is due already stands under one heading: somebody who booked late should
/// begin now, and not read that they are late.
#[derive(Debug)]
pub struct PlanDayView<'a> {
    /// The first step, which carries the date.
    pub first: &'a PlanStepView,
    /// All of them.
    pub steps: Vec<&'a PlanStepView>,
}

impl VisitPage<'_> {
    /// The steps for everybody, by day.
    fn plan_days(&self) -> Vec<PlanDayView<'_>> {
        let steps: Vec<&PlanStepView> = self.plan.iter().filter(|step| !step.is_conditional).collect();
        steps
            .chunk_by(|a, b| (a.is_due && b.is_due) || a.date == b.date)
            .filter_map(|steps| Some(PlanDayView { first: steps.first()?, steps: steps.to_vec() }))
            .collect()
    }

    /// The steps for some.
    fn plan_for_some(&self) -> Vec<&PlanStepView> {
        self.plan.iter().filter(|step| step.is_conditional).collect()
    }
}

/// `GET /visit/open/{secret}`: the link of a mail. Moves the secret into a cookie and out of the address; changes
/// nothing, however often a scanner follows it.
pub async fn open(
    State(web): State<Web>,
    context: Context,
    Segment(secret): Segment<String>,
) -> Result<Response, Problem> {
    let secret: Secret = secret.parse().map_err(|_| Problem::not_found())?;
    let hash = secret.hash();
    let found =
        web.run(&context, move |env| app::appointments::by_link(env, &hash)).await?.map_err(problem)?;
    found.ok_or_else(Problem::not_found)?;
    let cookies = context.shell().cookies();
    let cookie = cookies.set(CookieName::Link, &secret.reveal(), None).ok_or_else(Problem::not_found)?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/visit")).into_response())
}

/// What the page says has just happened.
#[derive(Debug, Default, Deserialize)]
pub struct News {
    #[serde(default)]
    news: String,
    /// Proof that it happened to this visit, in this browser, just now.
    #[serde(default)]
    t: String,
}

/// An address that has told its news is worth no more after so long.
const NEWS_AGE: (Duration, Duration) = (Duration::ZERO, Duration::from_secs(3_600));

fn news_holder(context: &Context, id: AppointmentId, news: &str) -> String {
    format!("{} {news} {id}", context.visitor())
}

/// The page of a visit with word of what has just happened to it. The address tells it of this visit alone.
pub(crate) fn news_href(context: &Context, id: AppointmentId, news: &str) -> String {
    let shell = context.shell();
    let holder = news_holder(context, id, news);
    let token = shell.signer().issue(TokenPurpose::Link, &holder, context.received_at(), shell.random_bits());
    format!("/visit?news={news}&t={token}")
}

impl News {
    /// The words, if it is true of this visit as it stands.
    fn words(&self, context: &Context, id: AppointmentId, state: &VisitState) -> &'static str {
        let words = match (self.news.as_str(), state) {
            ("confirmed", VisitState::Booked) => "Thank you. Your visit is booked.",
            ("moved", state) if state.is_open() => "Your visit has been moved.",
            ("taken", VisitState::Booked) => {
                "You were the first: the time is yours. We wrote you an e-mail about it."
            }
            ("cancelled", VisitState::Cancelled) => "We wrote you an e-mail about it.",
            _ => return "",
        };
        let holder = news_holder(context, id, &self.news);
        let signer = context.shell().signer();
        let checked = signer.check(TokenPurpose::Link, &holder, &self.t, context.received_at(), NEWS_AGE);
        if checked.is_ok() { words } else { "" }
    }
}

/// Where a visit stands now, and what its patient may still change.
pub(super) fn standing(web: &Web, rules: &Rules, appointment: &Appointment) -> (VisitState, ChangeView) {
    let now = web.env.clock.now();
    let lapses_at = appointment.confirm_by_at;
    let state = match appointment.status {
        AppointmentStatus::Pending if lapses_at.is_some_and(|at| at <= now) => VisitState::Lapsed,
        AppointmentStatus::Pending => VisitState::Unconfirmed {
            action: "/visit/confirm".into(),
            until: lapses_at.map(|at| words::clock(at, rules)).unwrap_or_default(),
        },
        AppointmentStatus::Cancelled if lapses_at.is_some() => VisitState::Lapsed,
        AppointmentStatus::Cancelled | AppointmentStatus::EnteredInError => VisitState::Cancelled,
        AppointmentStatus::Booked if appointment.end_at > now => VisitState::Booked,
        AppointmentStatus::Arrived => VisitState::Booked,
        _ => VisitState::Past,
    };
    let change_until = app::appointments::change_until(rules, appointment);
    let change = match state.is_open() {
        false => ChangeView::Closed,
        true if now >= change_until || appointment.status.apply(AppointmentStep::Move).is_err() => {
            ChangeView::ByPhone
        }
        true => ChangeView::Open {
            until: words::moment(change_until, rules),
            move_href: "/visit/move".into(),
            cancel_href: "/visit/cancel".into(),
        },
    };
    (state, change)
}

/// To the page of the visit, which says how it stands, from a question that cannot be asked of it any more.
pub(super) fn unless_open(web: &Web, details: &VisitDetails) -> Result<Option<Response>, Problem> {
    let diary = app::diary::current(&web.env).map_err(problem)?;
    match standing(web, &diary.rules, &details.appointment) {
        (_, ChangeView::Open { .. }) => Ok(None),
        _ => Ok(Some(Redirect::to("/visit").into_response())),
    }
}

/// `GET /visit`: the visit of the link that this browser holds.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    link: LinkHolder,
    Query(news): Query<News>,
) -> Result<Response, Problem> {
    let details = details(&web, &context, &link).await?;
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let rules = &diary.rules;
    let appointment = &details.appointment;
    let protocol = &web.env.protocol.protocol;
    let (state, change) = standing(&web, rules, appointment);
    let mut shown = VisitWords::of_details(&details).view(protocol, rules, &web.site);
    if state.is_off() {
        shown.cost = Cost::Unsaid;
    }
    let is_open = state.is_open();
    let visit = VisitPage {
        frame: &frame,
        visit: shown,
        news: news.words(&context, appointment.id, &state).into(),
        again_href: format!("/appointments/new?visit={}", appointment.visit_type),
        state,
        plan: if is_open { plan(&web, rules, &details) } else { Vec::new() },
        plan_action: String::new(),
        phases: match is_open {
            true => crate::site::booked_phases(protocol, rules, appointment, words::cream(&details))
                .into_iter()
                .filter_map(|(is_there, phase)| is_there.then_some(phase))
                .collect(),
            false => Vec::new(),
        },
        calendar: "/visit/calendar.ics".into(),
        change,
        hidden: vec![hidden(FORM_TOKEN_FIELD, context.form_token()), about(appointment.id)],
        link: String::new(),
    };
    Ok(page(StatusCode::OK, &visit))
}

/// The visit that this browser's link opens.
pub(super) async fn details(
    web: &Web,
    context: &Context,
    link: &LinkHolder,
) -> Result<VisitDetails, Problem> {
    let id = link.appointment_id;
    let acting = web.holder(context, id);
    web.run(context, move |env| app::appointments::show(env, &acting, id)).await?.map_err(problem)
}

/// The dated steps for a treatment; a consultation needs none.
fn plan(web: &Web, rules: &Rules, details: &VisitDetails) -> Vec<PlanStepView> {
    let appointment = &details.appointment;
    let protocol = &web.env.protocol.protocol;
    let treats = protocol
        .visit(&appointment.visit_type)
        .is_some_and(|visit| visit.phases.iter().any(|one| one.needs_device));
    if !treats {
        return Vec::new();
    }
    let today = rules.date_at(web.env.clock.now());
    let visit_on = rules.date_at(appointment.start_at);
    let tasks = protocol::preparation(protocol, visit_on, words::cream(details));
    let tasks = tasks.into_iter().filter(|task| task.due_on <= visit_on);
    // With a self-check on file, what it did not bring up is left out; without one it is marked as for some.
    let matters = |only_if: &[vocab::RuleId]| match &details.told {
        Some(told) => only_if.is_empty() || only_if.iter().any(|rule| told.rules.contains(rule)),
        None => true,
    };
    tasks
        .filter(|task| matters(&task.only_if))
        .map(|task| {
            let item = protocol.preparation.iter().find(|item| item.id == task.item);
            PlanStepView {
                id: task.item.to_string(),
                date: task.due_on.to_string(),
                day: words::day(task.due_on),
                distance: distance(today, task.due_on),
                title: item.map(|item| item.item.clone()).unwrap_or_default(),
                words: crate::site::agreed(&task.text, task.who_agrees),
                is_done: false,
                is_due: task.due_on <= today,
                is_conditional: details.told.is_none() && !task.only_if.is_empty(),
            }
        })
        .collect()
}

fn distance(today: Date, day: Date) -> String {
    match today.until(day).map_or(0, |span| span.get_days()) {
        0 => "today".into(),
        1 => "tomorrow".into(),
        -1 => "yesterday".into(),
        days if days > 0 => format!("in {days} days"),
        days => format!("{} days ago", -days),
    }
}

/// `POST /visit/confirm`: the press that confirms the address.
pub async fn confirm(
    State(web): State<Web>,
    context: Context,
    link: LinkHolder,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&[VISIT_FIELD])?;
    is_about(&fields, &link)?;
    let id = link.appointment_id;
    let acting = web.holder(&context, id);
    web.run(&context, move |env| app::appointments::confirm(env, &acting, id)).await?.map_err(problem)?;
    Ok(Redirect::to(&news_href(&context, id, "confirmed")).into_response())
}

/// `GET /visit/calendar.ics`: the visit for one's own calendar.
pub async fn calendar(
    State(web): State<Web>,
    context: Context,
    link: LinkHolder,
) -> Result<Response, Problem> {
    let details = details(&web, &context, &link).await?;
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let mut visit = app::jobs::visit(&diary.rules, &details.appointment).map_err(problem)?;
    let clinic = app::jobs::clinic(&web.env, &diary.rules).map_err(problem)?;
    let (state, _) = standing(&web, &diary.rules, &details.appointment);
    if matches!(state, VisitState::Lapsed) {
        // Nobody called it off, so its number still is that of a file which may lie in a calendar.
        visit.sequence += 1;
    }
    let standing = match state {
        VisitState::Unconfirmed { .. } => Standing::Unconfirmed,
        VisitState::Booked | VisitState::Past => Standing::Booked,
        VisitState::Cancelled | VisitState::Lapsed => Standing::Off,
    };
    let file = notify::calendar_download(&clinic, &visit, standing, web.env.clock.now())
        .map_err(|error| Problem::fault(std::sync::Arc::new(error)))?;
    let fields = [
        (CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"visit.ics\""),
    ];
    Ok((fields, file.ics).into_response())
}
