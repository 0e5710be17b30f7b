//! One appointment, as a panel beside the day or as a page of its own.

use super::audit::AuditRowView;
use super::needling::show::{PlanLineView, line};
use super::{DeskFrame, StateView};
use crate::fields::{Segment, hidden};
use crate::frame::Frame;
use crate::pages::appointments::VisitView;
use crate::pages::page;
use crate::pages::self_check::answer::{grouped, outcome_view};
use crate::shell::{ConfirmedStaff, Context, Problem, csrf::FORM_TOKEN_FIELD, guard::AnyStaff};
use crate::state::{Web, problem};
use crate::view::{HiddenView, PhaseView};
use crate::words::{self, VisitWords};
use app::appointments::VisitDetails;
use app::diary::Rules;
use app::jobs::Unsent;
use app::screening::{Cream, Told, cream_left};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use protocol::Protocol;
use vocab::{AppointmentId, RuleId};

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/desk/appointment.html")]
pub struct AppointmentPage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// The appointment.
    pub appointment: AppointmentView,
}

/// All staff see of an appointment.
#[derive(Debug)]
pub struct AppointmentView {
    /// Time, therapist, zones.
    pub visit: VisitView,
    /// Who comes.
    pub patient: String,
    /// Date of birth, in words; may be empty.
    pub born: String,
    /// Telephone; may be empty.
    pub phone: String,
    /// E-mail; may be empty.
    pub email: String,
    /// Where it stands.
    pub state: StateView,
    /// Room and device; empty once its time was given back.
    pub place: String,
    /// The self-check in a line: "go ahead, answered 24 November 2026, protocol 2026.1".
    pub screening: String,
    /// What whoever treats must know before anything else; empty where there is nothing, or it is not theirs to see.
    pub flags: Vec<CautionView>,
    /// What they tried before they came, for those who treat; empty where it was not asked or is not theirs to see.
    pub prior: String,
    /// The patient's remark; may be empty.
    pub note: String,
    /// The e-mail that has not left, if there is one.
    pub unsent: Option<Unsent>,
    /// Minute by minute, by the clock.
    pub phases: Vec<PhaseView>,
    /// Back to the day.
    pub day_href: String,
    /// Moving; empty when it cannot be moved.
    pub move_href: String,
    /// Cancelling; empty when it cannot be cancelled.
    pub cancel_href: String,
    /// Steps of the state, as buttons: "Arrived", "No-show".
    pub steps: Vec<StepButtonView>,
    /// Tokens for those buttons.
    pub hidden: Vec<HiddenView>,
    /// Needling plans that stand.
    pub plans: Vec<PlanLineView>,
    /// To plan the needling of a zone; empty when the visit will not take place, or nobody is needled at it.
    pub plan_href: String,
    /// Who did what, newest first.
    pub history: Vec<AuditRowView>,
}

/// What speaks for care, strictest first.
#[derive(Debug)]
pub struct CautionView {
    /// The class of colour.
    pub kind: &'static str,
    /// The sign.
    pub icon: &'static str,
    /// What follows: "a clinician decides".
    pub word: &'static str,
    /// What was answered, in the words of staff: "pregnancy".
    pub title: String,
    /// Where, until when, and why.
    pub detail: String,
}

/// A button that moves the state on.
#[derive(Debug)]
pub struct StepButtonView {
    /// On the button.
    pub label: String,
    /// The sign.
    pub icon: &'static str,
    /// Where it sends.
    pub action: String,
}

/// `GET /desk/appointments/{id}`: one appointment as a page of its own.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<AnyStaff>,
    Segment(id): Segment<AppointmentId>,
) -> Result<Response, Problem> {
    let (details, plans, acting) = web
        .run_as_staff(&context, &staff, move |env, acting| {
            let details = app::appointments::show(env, acting, id)?;
            Ok((details, app::needling::plans_of(env, acting, id)?, acting.clone()))
        })
        .await?
        .map_err(problem)?;
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let desk = DeskFrame::new(&web, &context, &frame, &acting, "day", "");
    let mut appointment = view(&web, &context, &diary.rules, &details);
    appointment.plans = plans.iter().map(|plan| line(plan, &details.appointment.zones)).collect();
    Ok(page(StatusCode::OK, &AppointmentPage { desk: &desk, appointment }))
}

/// All staff see of an appointment.
pub(super) fn view(web: &Web, context: &Context, rules: &Rules, details: &VisitDetails) -> AppointmentView {
    let protocol = &web.env.protocol.protocol;
    let appointment = &details.appointment;
    let now = web.env.clock.now();
    let state = super::state_of(appointment, now);
    let can_change = matches!(state, StateView::Unconfirmed | StateView::Booked);
    let id = appointment.id;
    let phases = crate::site::booked_phases(protocol, rules, appointment, words::cream(details));
    let date = rules.date_at(appointment.start_at);
    AppointmentView {
        visit: VisitWords::of_details(details).view(protocol, rules, &web.site),
        patient: details.patient.name.clone(),
        born: details.patient.birth_on.map(|on| on.strftime("%-d %B %Y").to_string()).unwrap_or_default(),
        phone: details.patient.phone.clone(),
        email: details.patient.email.clone(),
        state,
        place: super::places(rules, details.occupations.iter().map(|used| used.resource_id)).join(", "),
        screening: screening(protocol, details),
        flags: unscreened(details)
            .into_iter()
            .chain(details.told.iter().flat_map(|told| flags(protocol, told, words::cream(details))))
            .collect(),
        prior: details
            .told
            .as_ref()
            .and_then(|told| told.prior.as_ref())
            .map(|prior| words::prior_treatments(protocol, prior))
            .unwrap_or_default(),
        note: appointment.note.clone(),
        unsent: details.unsent.clone(),
        phases: phases.into_iter().map(|(_, phase)| phase).collect(),
        day_href: format!("/desk/day/{date}"),
        move_href: if can_change { format!("/desk/appointments/{id}/move") } else { String::new() },
        cancel_href: if can_change { format!("/desk/appointments/{id}/cancel") } else { String::new() },
        steps: Vec::new(),
        plans: Vec::new(),
        plan_href: match state {
            StateView::Cancelled | StateView::NoShow => String::new(),
            _ if !app::screening::treats(rules, &appointment.visit_type).unwrap_or(false) => String::new(),
            _ => format!("/desk/needling-plans/new?appointment={id}"),
        },
        hidden: vec![hidden(FORM_TOKEN_FIELD, context.form_token())],
        history: details
            .history
            .iter()
            .rev()
            .map(|event| super::audit::row(rules, &details.staff, &[], event))
            .collect(),
    }
}

/// What the self-check came to, when, and by which version of the protocol: for all who work here.
fn screening(protocol: &Protocol, details: &VisitDetails) -> String {
    let Some(screened) = &details.screened else {
        return if details.appointment.response_id.is_some() {
            "forgotten".into()
        } else {
            "none yet".into()
        };
    };
    let outcome =
        screened.outcome.map_or("not complete", |outcome| outcome_view(outcome).word(screened.cream));
    let answered = screened.answered_on.strftime("%-d %B %Y");
    let version = match &screened.protocol_version {
        Some(version) => format!("protocol {version}"),
        None => "an earlier protocol: ask again".into(),
    };
    let concern = details.appointment.concern.as_ref().and_then(|id| protocol.concern(id));
    let concern = concern.map(|concern| format!("; {}", concern.label.to_lowercase())).unwrap_or_default();
    format!("{outcome}, answered {answered}, {version}{concern}")
}

/// On a treatment for which no self-check was finished.
pub(super) const NO_SELF_CHECK: &str = "no self-check";

/// That nobody has asked what speaks against the treatment: for all who work here.
fn unscreened(details: &VisitDetails) -> Option<CautionView> {
    details.is_unscreened.then(|| CautionView {
        kind: "warn",
        icon: "alert",
        word: NO_SELF_CHECK,
        title: "Nobody has asked yet what speaks against this treatment".into(),
        detail: "Go through the self-check together before anything touches the skin.".into(),
    })
}

/// What whoever treats must know: barred numbing first, since cream is the first thing that touches the skin, then every
/// finding, strictest first.
fn flags(protocol: &Protocol, told: &Told, cream: Cream) -> Vec<CautionView> {
    let barred: Vec<&str> = protocol
        .substances
        .iter()
        .filter(|substance| told.barred.contains(&substance.id))
        .map(|substance| substance.label.as_str())
        .collect();
    let about_cream = |kind, icon, title: &str| CautionView {
        kind,
        icon,
        word: "cream",
        title: title.into(),
        detail: format!("Barred: {}.", barred.join(", ")),
    };
    let mut flags = Vec::new();
    match cream {
        Cream::Any => {}
        Cream::Chosen => flags.push(about_cream("warn", "alert", "Not every numbing cream")),
        Cream::None => flags.push(about_cream("bad", "stop", "No numbing cream")),
    }
    let condition =
        |id: &RuleId| protocol.rule(id).map_or_else(|| id.to_string(), |rule| rule.condition.clone());
    for (is_unsure, group) in grouped(protocol, &told.findings, |rule| told.unsure.contains(rule)) {
        let conditions: Vec<String> = group.iter().map(|finding| condition(&finding.rule)).collect();
        let first = group[0];
        let outcome = outcome_view(first.outcome);
        let zones: Vec<String> =
            first.zones.iter().filter_map(|id| protocol.zone(id)).map(|zone| zone.label.clone()).collect();
        let until = match (&first.until, &first.until_words) {
            (Some(day), _) => format!("Until {}", day.strftime("%-d %B %Y")),
            (None, Some(words)) => words::capitalised(words),
            (None, None) => String::new(),
        };
        let reason = if group.len() > 1 { protocol.unsure_reason.clone() } else { first.reason.clone() };
        let parts = [zones.join(", "), until, reason];
        flags.push(CautionView {
            // Green would say that there is nothing to mind.
            kind: if first.outcome == protocol::Outcome::NotThisProduct { "warn" } else { outcome.kind() },
            icon: outcome.icon(),
            word: outcome.word(cream_left(protocol, &first.not_products)),
            title: if is_unsure {
                format!("Not sure: {}", conditions.join("; "))
            } else {
                conditions.join("; ")
            },
            detail: parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(". "),
        });
    }
    // What an earlier protocol asked cannot be judged by this one, but is not to be missed.
    if told.findings.is_empty() && !told.rules.is_empty() {
        let answered: Vec<String> = told.rules.iter().map(condition).collect();
        flags.push(CautionView {
            kind: "warn",
            icon: "alert",
            word: "ask again",
            title: answered.join("; "),
            detail: "Answered yes or not sure.".into(),
        });
    }
    flags
}
