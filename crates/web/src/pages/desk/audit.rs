//! Who did what, when, to what: newest first, and whether the chain of it is whole.

use super::DeskFrame;
use crate::frame::Frame;
use crate::pages::page;
use crate::shell::{self, ConfirmedStaff, Context, Problem, access::Actor, guard::Role};
use crate::state::{Web, problem};
use crate::view::{ChoiceView, FormErrorsView};
use crate::words;
use app::audit::NamedVisit;
use app::diary::Rules;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;
use record::{Access, ActorKind, AuditEvent, Staff};
use serde::Deserialize;
use vocab::{AppointmentId, StaffId};

/// The list.
#[derive(Debug, Template)]
#[template(path = "pages/desk/audit.html")]
pub struct AuditPage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// Whether every link of the chain fits; not looked at when the list is narrowed down.
    pub chain: Option<ChainView>,
    /// The filter as it stands.
    pub filter: FilterView,
    /// What is wrong with it.
    pub errors: FormErrorsView,
    /// The rows.
    pub rows: Vec<AuditRowView>,
    /// Older rows; empty at the end.
    pub older: String,
    /// Back to the newest; empty on the first page.
    pub newest: String,
    /// Everything about the patient whose visit this is; empty without one.
    pub patient_href: String,
    /// Who looked at the data of the patient it is about.
    pub looks: Vec<AuditRowView>,
}

/// The filter.
#[derive(Debug)]
pub struct FilterView {
    /// Field `actor`.
    pub actors: Vec<ChoiceView>,
    /// Field `action`.
    pub actions: Vec<ChoiceView>,
    /// Field `about`: the number of a visit or patient, as typed.
    pub about: String,
    /// Field `from`, as typed.
    pub from: String,
    /// Field `to`, as typed.
    pub to: String,
    /// Whether anything is narrowed down.
    pub is_set: bool,
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
    /// "Lea Brandt", "a patient by link", "the program itself".
    pub who: String,
    /// "moved".
    pub what: String,
    /// "visit of Ada B., last set for 8 Dec 10:00"; may be empty.
    pub subject: String,
    /// Where it can be opened; may be empty.
    pub href: String,
    /// All events about the same thing; may be empty.
    pub about_href: String,
    /// Short head of its hash.
    pub hash: String,
}

/// Whoever may read the trail.
#[derive(Debug)]
pub enum Auditor {}
impl Role for Auditor {
    const ACCESS: shell::Access = shell::Access::of(&[Actor::ClinicalLead, Actor::Owner]);
}

/// So many events on a page.
const PAGE: usize = 100;

/// What is asked for, as typed. Numbers of visits and patients stand in the address, names never do.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Asked {
    actor: String,
    action: String,
    about: String,
    from: String,
    to: String,
    before: Option<i64>,
}

impl Asked {
    /// The question, and what is wrong with it.
    fn read(&self) -> (app::audit::Asked, FormErrorsView) {
        let mut errors = FormErrorsView::default();
        let mut day = |field: &str, text: &str| match text.trim() {
            "" => None,
            text => {
                let day = text.parse::<Date>().ok().filter(|day| (2000..=2200).contains(&day.year()));
                if day.is_none() {
                    errors.add(field, "Give the day as 2026-12-08.");
                }
                day
            }
        };
        let (from, to) = (day("from", &self.from), day("to", &self.to));
        if let (Some(from), Some(to)) = (from, to)
            && to < from
        {
            errors.add("to", "The last day lies before the first. Change one of them.");
        }
        let about = self.about.trim().to_ascii_lowercase();
        if !about.is_empty() && about.parse::<AppointmentId>().is_err() {
            errors.add(
                "about",
                "A number has 26 letters and digits. Copy it from a visit, or follow a row’s link.",
            );
        }
        let kind = ActorKind::ALL.iter().copied().find(|kind| kind.as_str() == self.actor);
        let staff = self.actor.parse::<StaffId>().ok();
        if kind.is_none() && staff.is_none() && !self.actor.is_empty() {
            errors.add("actor", "Choose one of the list.");
        }
        if !self.action.is_empty() && ACTIONS.iter().all(|(action, _)| *action != self.action) {
            errors.add("action", "Choose one of the list.");
        }
        let asked = app::audit::Asked {
            before: self.before,
            actor_kind: kind,
            staff,
            action: Some(self.action.clone()).filter(|action| !action.is_empty()),
            about: Some(about).filter(|about| !about.is_empty()),
            from,
            to,
        };
        (asked, errors)
    }

    fn is_set(&self) -> bool {
        [&self.actor, &self.action, &self.about, &self.from, &self.to].iter().any(|field| !field.is_empty())
    }

    /// The same question as an address, from another event on.
    fn href(&self, before: Option<i64>) -> String {
        let fields = [
            ("actor", &self.actor),
            ("action", &self.action),
            ("about", &self.about),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let before = before.map(|before| before.to_string()).unwrap_or_default();
        let asked: Vec<String> = fields
            .into_iter()
            .chain([("before", &before)])
            // Only what was read without an error gets here: letters, digits and `-`.
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(name, value)| format!("{name}={}", value.trim()))
            .collect();
        if asked.is_empty() { "/desk/audit".into() } else { format!("/desk/audit?{}", asked.join("&")) }
    }

    fn view(&self, staff: &[Staff]) -> FilterView {
        let choice =
            |value: &str, label: &str, chosen: &str| ChoiceView::new(value, label).chosen(value == chosen);
        let mut actors = vec![choice("", "Everybody", &self.actor)];
        for member in staff {
            actors.push(choice(&member.id.to_string(), &member.name, &self.actor));
        }
        for &kind in ActorKind::ALL {
            actors.push(choice(kind.as_str(), kind_of(kind), &self.actor));
        }
        let actions = ACTIONS.iter().map(|(action, words)| choice(action, words, &self.action));
        FilterView {
            actors,
            actions: [choice("", "Anything", &self.action)].into_iter().chain(actions).collect(),
            about: self.about.trim().to_owned(),
            from: self.from.trim().to_owned(),
            to: self.to.trim().to_owned(),
            is_set: self.is_set(),
        }
    }
}

/// `GET /desk/audit`: the newest events that fit the filter, and, unless it is narrowed down, whether the chain is
/// whole.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<Auditor>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let (question, errors) = asked.read();
    let is_wrong = !errors.is_empty();
    let checks_chain = !asked.is_set() && asked.before.is_none();
    let (found, chain, names, acting) = web
        .run_as_staff(&context, &staff, move |env, acting| {
            let found = match is_wrong {
                true => app::audit::Found::default(),
                false => app::audit::find(env, acting, &question, PAGE)?,
            };
            let chain = checks_chain.then(|| app::audit::verify(env, acting)).transpose()?;
            Ok((found, chain, app::staff::list(env)?, acting.clone()))
        })
        .await?
        .map_err(problem)?;
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let desk = DeskFrame::new(&web, &context, &frame, &acting, "audit", "");
    let rows = found.events.iter().map(|event| row(&diary.rules, &names, &found.visits, event));
    let looks = found.looks.iter().map(|look| look_row(&diary.rules, &names, look));
    let older = found.events.last().filter(|last| found.events.len() == PAGE && last.seq > 1);
    let whole_patient =
        found.patient.map(|patient| patient.to_string()).filter(|id| *id != asked.about.trim());
    let audit = AuditPage {
        desk: &desk,
        chain: chain.map(|chain| match chain {
            Ok(count) => ChainView::Whole(format!("{count} events")),
            Err(broken) => ChainView::Broken(broken),
        }),
        filter: asked.view(&names),
        rows: rows.collect(),
        older: older.map(|last| asked.href(Some(last.seq))).unwrap_or_default(),
        newest: if asked.before.is_some() && !is_wrong { asked.href(None) } else { String::new() },
        patient_href: whole_patient.map(|id| format!("/desk/audit?about={id}")).unwrap_or_default(),
        looks: looks.collect(),
        errors,
    };
    Ok(page(if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &audit))
}

/// An event as a row. `visits` are those whose time and patient the reader may see.
pub(super) fn row(rules: &Rules, staff: &[Staff], visits: &[NamedVisit], event: &AuditEvent) -> AuditRowView {
    let said = &event.event;
    let (kind, id) = (said.object_kind.replace('-', " "), said.object_id.as_str());
    let is_appointment = kind == "appointment";
    let visit = visits.iter().find(|visit| is_appointment && visit.id.to_string() == id);
    let resource = id.parse().ok().and_then(|id| rules.resource(id)).map(|resource| resource.name.clone());
    // The beginning of a number is the time it was made at, which all of one hour share.
    let (_, end) = id.split_at(id.len().saturating_sub(6));
    AuditRowView {
        instant: said.at.to_string(),
        when: words::local(said.at, rules).strftime("%-d %b, %H:%M:%S").to_string(),
        who: who(&said.actor, staff),
        what: match said.reason.as_str() {
            "" => what(&said.action),
            reason => format!("{}: {reason}", what(&said.action)),
        },
        subject: match (visit, name_of(id, staff)) {
            _ if kind == "resource" && resource.is_some() => resource.unwrap_or_default(),
            (Some(visit), _) => {
                let when = words::local(visit.start_at, rules).strftime("%-d %b %H:%M");
                format!("visit of {}, last set for {when}", short(&visit.patient))
            }
            (None, Some(name)) => format!("{kind} {name}"),
            (None, None) => format!("{kind} {end}").trim_end().to_owned(),
        },
        href: if is_appointment { format!("/desk/appointments/{id}") } else { String::new() },
        about_href: if id.is_empty() { String::new() } else { format!("/desk/audit?about={id}") },
        hash: event.hash[..4].iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// "Ada B." for "Ada Mary Brandt": enough to know them again in a long list.
fn short(name: &str) -> String {
    let mut words = name.split_whitespace();
    let given = words.next().unwrap_or_default();
    match words.next_back().and_then(|family| family.chars().next()) {
        Some(initial) => format!("{given} {initial}."),
        None => given.to_owned(),
    }
}

/// The member of staff with this number.
fn name_of<'a>(id: &str, staff: &'a [Staff]) -> Option<&'a str> {
    staff.iter().find(|member| member.id.to_string() == id).map(|member| member.name.as_str())
}

/// A look at a patient's data as a row.
fn look_row(rules: &Rules, staff: &[Staff], look: &Access) -> AuditRowView {
    AuditRowView {
        instant: look.at.to_string(),
        when: words::local(look.at, rules).strftime("%-d %b, %H:%M:%S").to_string(),
        who: who(&look.actor, staff),
        what: format!("looked at the {}", look.page.replace('-', " ")),
        subject: String::new(),
        href: String::new(),
        about_href: String::new(),
        hash: String::new(),
    }
}

fn who(actor: &record::Actor, staff: &[Staff]) -> String {
    let known = name_of(&actor.id, staff);
    known.unwrap_or_else(|| kind_of(actor.kind)).to_owned()
}

/// Somebody of this kind, in the filter and in a row alike.
fn kind_of(kind: ActorKind) -> &'static str {
    match kind {
        ActorKind::Visitor => "a visitor",
        ActorKind::Patient => "a patient by link",
        ActorKind::Staff => "somebody of the staff",
        ActorKind::System => "the program itself",
        ActorKind::Operator => "whoever runs the machine",
    }
}

/// What can be done, with the words for it.
const ACTIONS: &[(&str, &str)] = &[
    ("appointment.book", "booked"),
    ("appointment.confirm", "confirmed the address"),
    ("appointment.move", "moved"),
    ("appointment.cancel", "cancelled"),
    ("appointment.expire", "was not confirmed in time"),
    ("secret.replace", "replaced the key that links are made with"),
    ("appointment.overbook", "squeezed in on an extra seat"),
    ("appointment.rearrange", "rearranged with the day"),
    ("appointment.plan-needling", "planned the needling of a zone"),
    ("patient.add-telephone", "added a telephone number"),
    ("absence.note", "noted an absence"),
    ("absence.take-back", "took an absence back"),
    ("clinic.plan-costs", "changed what a rearranged day may cost"),
    ("pen.enter", "entered a pen"),
    ("wait-list.join", "joined the wait list"),
    ("wait-list.answer-again", "answered the self-check again"),
    ("wait-list.offer", "offered a freed time"),
    ("wait-list.leave", "left the wait list"),
    ("wait-list.remove", "took somebody off the wait list"),
    ("wait-list.read", "read the wait list"),
    ("hold.place", "held a time"),
    ("hold.release", "let a time go"),
    ("enquiry.send", "sent an enquiry"),
    ("enquiry.read", "read the enquiries"),
    ("enquiry.answer", "answered an enquiry"),
    ("enquiry.reopen", "put an enquiry back among those that wait"),
    ("staff.sign-in", "signed in"),
    ("staff.sign-in-failed", "failed to sign in"),
    ("staff.sign-out", "signed out"),
    ("staff.add", "added to the staff"),
    ("staff.password", "made a new password"),
    ("staff.disable", "shut somebody out"),
    ("staff.enable", "let somebody in again"),
    ("staff.role", "gave another role"),
    ("protocol.sign-off", "signed the protocol"),
    ("clinic.make", "made the clinic"),
    ("clinic.follow-file", "changed what the clinic’s file says of booking and closures"),
    ("demo.fill", "filled the demo"),
];

/// What was done, in words.
fn what(action: &str) -> String {
    let known = ACTIONS.iter().find(|(known, _)| *known == action);
    known.map_or_else(|| action.replace(['.', '-'], " "), |(_, words)| (*words).to_owned())
}
