//! Who did what, when, to what: newest first, and whether the chain of it is whole.

use super::DeskFrame;
use crate::frame::Frame;
use crate::pages::page;
use crate::shell::{Access, ConfirmedStaff, Context, Problem, access::Actor, guard::Role};
use crate::state::{Web, problem};
use crate::view::ChoiceView;
use crate::words;
use app::diary::Rules;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use record::{ActorKind, AuditEvent};
use serde::Deserialize;

/// The list.
#[derive(Debug, Template)]
#[template(path = "pages/desk/audit.html")]
pub struct AuditPage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// Whether every link of the chain fits, and until which event that was checked.
    pub chain: ChainView,
    /// Field `actor` of the filter.
    pub actors: Vec<ChoiceView>,
    /// Field `date` of the filter.
    pub date: String,
    /// The rows.
    pub rows: Vec<AuditRowView>,
    /// Older rows; empty at the end.
    pub older: String,
}

/// The state of the chain.
#[derive(Debug)]
pub enum ChainView {
    /// Every link fits; how many events.
    Whole(String),
    /// A link does not fit; where and what to do.
    Broken(String),
}

/// One event.
#[derive(Clone, Debug)]
pub struct AuditRowView {
    /// Instant, RFC 3339.
    pub instant: String,
    /// "8 Dec, 09:58:12".
    pub when: String,
    /// "Lea Brandt", "patient by link", "system".
    pub who: String,
    /// "moved".
    pub what: String,
    /// "visit 8 Dec 10:00, Ada B."; may be empty.
    pub subject: String,
    /// Where it can be opened; may be empty.
    pub href: String,
    /// Short head of its hash.
    pub hash: String,
}

/// Whoever may read the trail.
#[derive(Debug)]
pub enum Auditor {}
impl Role for Auditor {
    const ACCESS: Access = Access::of(&[Actor::ClinicalLead, Actor::Owner]);
}

/// So many events on a page.
const PAGE: usize = 100;

/// Which page of the trail.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    before: Option<i64>,
}

/// `GET /desk/audit`: the newest events, and whether the chain is whole.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<Auditor>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let (events, chain, names, acting) = web
        .run_as_staff(&context, &staff, move |env, acting| {
            let events = app::audit::newest(env, acting, asked.before, PAGE)?;
            Ok((events, app::audit::verify(env, acting)?, app::staff::list(env)?, acting.clone()))
        })
        .await?
        .map_err(problem)?;
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let desk = DeskFrame::new(&web, &context, &frame, &acting, "audit", "");
    let rows = events.iter().map(|event| {
        let mut row = row(&diary.rules, event);
        if let Some(member) = names.iter().find(|member| member.id.to_string() == event.event.actor.id) {
            row.who = member.name.clone();
        }
        row
    });
    let older = events.last().filter(|last| events.len() == PAGE && last.seq > 1);
    let audit = AuditPage {
        desk: &desk,
        chain: match chain {
            Ok(count) => ChainView::Whole(format!("{count} events")),
            Err(broken) => ChainView::Broken(broken),
        },
        actors: Vec::new(),
        date: String::new(),
        rows: rows.collect(),
        older: older.map(|last| format!("/desk/audit?before={}", last.seq)).unwrap_or_default(),
    };
    Ok(page(StatusCode::OK, &audit))
}

/// An event as a row.
pub(super) fn row(rules: &Rules, event: &AuditEvent) -> AuditRowView {
    let said = &event.event;
    let who = match said.actor.kind {
        ActorKind::Visitor => "visitor",
        ActorKind::Patient => "patient by link",
        ActorKind::Staff => "staff",
        ActorKind::System => "system",
        ActorKind::Operator => "operator",
    };
    let is_appointment = said.object_kind == "appointment";
    let short: String = said.object_id.chars().take(6).collect();
    AuditRowView {
        instant: said.at.to_string(),
        when: words::local(said.at, rules).strftime("%-d %b, %H:%M:%S").to_string(),
        who: who.into(),
        what: match said.reason.as_str() {
            "" => what(&said.action),
            reason => format!("{}: {reason}", what(&said.action)),
        },
        subject: if short.is_empty() {
            said.object_kind.clone()
        } else {
            format!("{} {short}", said.object_kind)
        },
        href: if is_appointment { format!("/desk/appointments/{}", said.object_id) } else { String::new() },
        hash: event.hash[..4].iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// What was done, in words.
fn what(action: &str) -> String {
    let known = match action {
        "appointment.book" => "booked",
        "appointment.confirm" => "confirmed the address",
        "appointment.move" => "moved",
        "appointment.cancel" => "cancelled",
        "appointment.overbook" => "squeezed in on an extra seat",
        "appointment.rearrange" => "changed the room or the device",
        "absence.note" => "noted as away",
        "absence.take-back" => "noted as here after all",
        "wait-list.join" => "joined the wait list",
        "wait-list.leave" => "left the wait list",
        "wait-list.remove" => "took off the wait list",
        "wait-list.offer" => "was offered a time",
        "wait-list.read" => "read the wait list",
        "clinic.plan-costs" => "changed what counts in a plan",
        "hold.place" => "held a time",
        "hold.release" => "let a time go",
        "enquiry.send" => "sent an enquiry",
        "enquiry.read" => "read the enquiries",
        "staff.sign-in" => "signed in",
        "staff.sign-in-failed" => "failed to sign in",
        "staff.sign-out" => "signed out",
        "staff.add" => "added to the staff",
        "protocol.sign-off" => "signed the protocol",
        "demo.fill" => "filled the demo",
        other => return other.replace(['.', '-'], " "),
    };
    known.to_owned()
}
