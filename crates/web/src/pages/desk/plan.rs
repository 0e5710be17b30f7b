//! A day planned anew: who cannot come, the day before and after, and which changes are carried out. Nothing changes, and
//! nobody is told, until the chosen changes are accepted.

use std::collections::{BTreeMap, BTreeSet};

use super::day::{DayPage, FlagView, lay_out};
use super::draw::Drawn;
use super::move_to::{tell_choices, tells};
use super::{DeskFrame, StateView};
use crate::fields::{Fields, Segment, hidden, shown};
use crate::frame::Frame;
use crate::pages::page;
use crate::shell::{ConfirmedStaff, Context, Problem, csrf::FORM_TOKEN_FIELD, guard::AnyStaff};
use crate::state::{Web, problem};
use crate::view::{ChoiceView, FormErrorsView, HiddenView};
use crate::words;
use app::appointments::Day;
use app::day_plan::{AcceptPlan, Change, PlannedVisit, Proposal};
use app::diary::{Planned, Rules};
use app::{Failure, FormErrors};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use record::{Appointment, AppointmentStatus, Owner, ResourceKind};
use serde::Deserialize;
use vocab::{AppointmentId, ResourceId};

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/desk/plan.html")]
pub struct PlanPage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// "Tuesday 8 December 2026".
    pub title: String,
    /// Back to the day.
    pub day_href: String,
    /// Where the gaps are filled from the wait list.
    pub fill_href: String,
    /// Where an absence is sent.
    pub absence_action: String,
    /// Tokens.
    pub hidden: Vec<HiddenView>,
    /// Who can be away. Field `resource`.
    pub people: Vec<ChoiceView>,
    /// Who is away already.
    pub absences: Vec<AbsenceView>,
    /// "2 visits move, 1 cannot be kept".
    pub counts: String,
    /// How good the plan is, in words.
    pub quality: String,
    /// The same page with a longer search; empty when the plan cannot be better.
    pub longer_href: String,
    /// Where the chosen changes are sent.
    pub action: String,
    /// What would change, by time.
    pub changes: Vec<ChangeView>,
    /// Tokens, and which plan is meant. They travel with the chosen changes.
    pub plan_hidden: Vec<HiddenView>,
    /// Who keeps time and therapist and makes room all the same, by time.
    pub makes_room: Vec<ChangeView>,
    /// Field `tell_patient`.
    pub tell_patient: Vec<ChoiceView>,
    /// The day as it stands.
    pub before: DayPage<'a>,
    /// The day as it would be.
    pub after: DayPage<'a>,
    /// What is wrong with the form.
    pub errors: FormErrorsView,
    /// Why the changes were not carried out; empty if nothing was refused.
    pub refusal: String,
}

/// Somebody who is away.
#[derive(Debug)]
pub struct AbsenceView {
    /// Who.
    pub name: String,
    /// "all day", "from 09:00 to 13:00".
    pub when: String,
    /// Field `resource` of the button that takes it back.
    pub resource: String,
    /// Field `from` of the same.
    pub from: String,
}

/// One change of the plan.
#[derive(Debug)]
pub struct ChangeView {
    /// `move` or `cancel`.
    pub field: &'static str,
    /// What the box sends.
    pub value: String,
    /// Ticked.
    pub is_chosen: bool,
    /// Who comes.
    pub patient: String,
    /// Their telephone number.
    pub phone: String,
    /// "Micro-needling".
    pub visit: String,
    /// "10:00–12:05, Imani Reyes".
    pub from: String,
    /// "10:30–12:35, Mei Tanaka"; empty when the visit cannot be kept.
    pub to: String,
    /// "30 min later, another therapist".
    pub difference: String,
}

/// What else the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    #[serde(default)]
    longer: String,
}

/// `GET /desk/day/{date}/plan`: the day as it stands and as it could be.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<AnyStaff>,
    Segment(date): Segment<Date>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let again = Again { longer: asked.longer == "yes", ..Again::default() };
    draw(&web, &context, &frame, &staff, date, again, StatusCode::OK).await
}

/// What a form that comes back remembers.
#[derive(Default)]
pub(super) struct Again {
    longer: bool,
    /// Values of `move` and `cancel` that were sent; all are ticked when nothing was.
    chosen: Option<Vec<String>>,
    tell: String,
    errors: FormErrorsView,
    refusal: String,
}

impl Again {
    pub(super) fn with(errors: FormErrorsView) -> Self {
        Self { errors, ..Self::default() }
    }
}

pub(super) async fn draw(
    web: &Web,
    context: &Context,
    frame: &Frame,
    staff: &ConfirmedStaff<AnyStaff>,
    date: Date,
    again: Again,
    status: StatusCode,
) -> Result<Response, Problem> {
    let longer = again.longer;
    let (proposal, acting) = web
        .run_as_staff(context, staff, move |env, acting| {
            Ok((app::day_plan::propose(env, acting, date, longer)?, acting.clone()))
        })
        .await?
        .map_err(problem)?;
    let desk = DeskFrame::new(web, context, frame, &acting, "day", "");
    let plan = plan_page(web, context, &desk, &proposal, again);
    Ok(page(status, &plan))
}

fn plan_page<'d>(
    web: &Web,
    context: &Context,
    desk: &'d DeskFrame,
    proposal: &Proposal,
    again: Again,
) -> PlanPage<'d> {
    let (date, rules) = (proposal.day.date, &*proposal.day.rules);
    let of = |is_so: fn(&Change) -> bool| proposal.visits.iter().filter(move |one| is_so(&one.change));
    let changes = of(|change| matches!(change, Change::Moves(_) | Change::CannotBeKept));
    let makes_room = of(|change| matches!(change, Change::Rearranged(_)));
    let view = |one: &PlannedVisit| change_view(web, &proposal.day, one, again.chosen.as_deref());
    let mut plan_hidden = vec![hidden(FORM_TOKEN_FIELD, context.form_token())];
    plan_hidden.push(hidden("plan", proposal.seal.clone()));
    plan_hidden.push(hidden("tries", proposal.tries.to_string()));
    plan_hidden.push(hidden("longer", if again.longer { "yes" } else { "" }));
    let (before, after) = boards(web, desk, proposal);
    let people = rules
        .resources
        .iter()
        .filter(|one| matches!(one.kind, ResourceKind::Practitioner | ResourceKind::Assistant));
    PlanPage {
        desk,
        title: words::day_long(date),
        day_href: format!("/desk/day/{date}"),
        fill_href: format!("/desk/day/{date}/fill"),
        absence_action: format!("/desk/day/{date}/absences"),
        hidden: vec![hidden(FORM_TOKEN_FIELD, context.form_token())],
        people: people.map(|one| ChoiceView::new(&one.id.to_string(), &one.name)).collect(),
        absences: proposal.absences.iter().filter_map(|one| absence_view(rules, date, one)).collect(),
        counts: counts(proposal),
        quality: quality(proposal, again.longer),
        longer_href: match proposal.is_proven || again.longer {
            true => String::new(),
            false => format!("/desk/day/{date}/plan?longer=yes"),
        },
        action: format!("/desk/day/{date}/plan"),
        changes: changes.map(view).collect(),
        plan_hidden,
        makes_room: makes_room.map(view).collect(),
        tell_patient: tell_choices(true, &again.tell),
        before,
        after,
        errors: again.errors,
        refusal: again.refusal,
    }
}

fn counts(proposal: &Proposal) -> String {
    let visits = |count: usize| if count == 1 { "1 visit".into() } else { format!("{count} visits") };
    match proposal.counts() {
        (0, 0) => "The day stands as it is.".into(),
        (moved, 0) => format!("{} would change. All can be kept.", visits(moved)),
        (0, lost) => format!("{} cannot be kept.", visits(lost)),
        (moved, lost) => format!("{} would change, {lost} cannot be kept.", visits(moved)),
    }
}

fn quality(proposal: &Proposal, longer: bool) -> String {
    if proposal.is_proven {
        return "No plan can change less.".into();
    }
    let looked = if longer { "a second" } else { "a moment" };
    format!("The best of {} plans tried in {looked}, weighed as the clinic has set.", proposal.tries)
}

fn absence_view(rules: &Rules, date: Date, absence: &record::Absence) -> Option<AbsenceView> {
    let midnight = date.at(0, 0, 0, 0);
    let next = date.tomorrow().ok()?.at(0, 0, 0, 0);
    let time = |at: DateTime| words::time(at.time());
    let when = match (absence.from_local <= midnight, absence.to_local >= next) {
        (true, true) => "all day".into(),
        (true, false) => format!("until {}", time(absence.to_local)),
        (false, true) => format!("from {}", time(absence.from_local)),
        (false, false) => format!("from {} to {}", time(absence.from_local), time(absence.to_local)),
    };
    Some(AbsenceView {
        name: rules.resource(absence.resource_id)?.name.clone(),
        when,
        resource: absence.resource_id.to_string(),
        from: absence.from_local.to_string(),
    })
}

fn change_view(web: &Web, day: &Day, one: &PlannedVisit, chosen: Option<&[String]>) -> ChangeView {
    let (visit, rules) = (&one.appointment, &*day.rules);
    let name = |id: ResourceId| rules.resource(id).map(|one| one.name.clone()).unwrap_or_default();
    let span =
        |from: Timestamp, to: Timestamp| format!("{}–{}", words::clock(from, rules), words::clock(to, rules));
    let (field, to, difference) = match &one.change {
        Change::Moves(planned) | Change::Rearranged(planned) => (
            "move",
            format!("{}, {}", span(planned.start_at, planned.end_at), name(planned.lead_id)),
            difference(day, visit, planned),
        ),
        Change::Stays | Change::CannotBeKept => ("cancel", String::new(), "no room that day".into()),
    };
    let value = visit.id.to_string();
    ChangeView {
        // What moves is ticked at first; to call a visit off is for somebody to decide.
        is_chosen: chosen.map_or(field == "move", |chosen| chosen.contains(&value)),
        field,
        value,
        patient: one.patient.name.clone(),
        phone: one.patient.phone.clone(),
        visit: words::visit_title(&web.env.protocol.protocol, &visit.visit_type, &web.site),
        from: format!("{}, {}", span(visit.start_at, visit.end_at), name(visit.lead_id)),
        to,
        difference,
    }
}

/// "30 min later, 15 min longer, another therapist, Room 2 instead of Room 3".
fn difference(day: &Day, visit: &Appointment, planned: &Planned) -> String {
    let minutes = |from: Timestamp, to: Timestamp| to.duration_since(from).as_mins();
    let of = |count: i64, more: &str, less: &str| match count {
        0 => None,
        1.. => Some(format!("{count} min {more}")),
        _ => Some(format!("{} min {less}", -count)),
    };
    let moved = of(minutes(visit.start_at, planned.start_at), "later", "earlier");
    let length = minutes(planned.start_at, planned.end_at) - minutes(visit.start_at, visit.end_at);
    let mut words = vec![moved.unwrap_or_else(|| "same time".into())];
    words.extend(of(length, "longer", "shorter"));
    if visit.lead_id != planned.lead_id {
        words.push("another therapist".into());
    }
    let owner = Owner::Appointment(visit.id);
    let before = day.occupations.iter().filter(|(whose, _)| *whose == owner).map(|(_, one)| one.resource_id);
    let (before, after): (BTreeSet<_>, BTreeSet<_>) =
        (before.collect(), planned.occupations.iter().map(|one| one.resource_id).collect());
    for kind in [ResourceKind::Assistant, ResourceKind::Room, ResourceKind::Device] {
        let names = |these: &BTreeSet<ResourceId>, others: &BTreeSet<ResourceId>| {
            let only = these.difference(others).filter_map(|id| day.rules.resource(*id));
            only.filter(|one| one.kind == kind).map(|one| one.name.clone()).collect::<Vec<_>>().join(" and ")
        };
        match (names(&after, &before), names(&before, &after)) {
            (now, was) if now.is_empty() && was.is_empty() => {}
            (now, was) if was.is_empty() => words.push(format!("{now} as well")),
            (now, was) if now.is_empty() => words.push(format!("without {was}")),
            (now, was) => words.push(format!("{now} instead of {was}")),
        }
    }
    if words.len() == 1 && minutes(visit.start_at, planned.start_at) == 0 {
        words.push("its parts at other times".into());
    }
    words.join(", ")
}

/// The day as it stands and as it would be, drawn alike.
fn boards<'d>(web: &Web, desk: &'d DeskFrame, proposal: &Proposal) -> (DayPage<'d>, DayPage<'d>) {
    let now = web.env.clock.now();
    let drawn = |day: &Day| Drawn { web, day, now, open: None }.page(desk, None);
    let mut before = drawn(&proposal.day);
    let mut after = drawn(&day_after(proposal));
    let rules = &*proposal.day.rules;
    let href = |id: AppointmentId| format!("/desk/day/{}?open={id}#appointment", proposal.day.date);
    let changes: BTreeMap<String, &PlannedVisit> =
        proposal.visits.iter().map(|one| (href(one.appointment.id), one)).collect();
    let flag = |icon, word: String| FlagView { icon, word };
    for block in before.columns.iter_mut().flat_map(|column| &mut column.blocks) {
        let Some(one) = changes.get(&block.href) else { continue };
        match &one.change {
            Change::CannotBeKept => block.flags.push(flag("stop", "cannot be kept".into())),
            Change::Moves(_) => block.flags.push(flag("move", "changes".into())),
            Change::Rearranged(_) => block.flags.push(flag("move", "makes room".into())),
            Change::Stays => {}
        }
    }
    for block in after.columns.iter_mut().flat_map(|column| &mut column.blocks) {
        let Some(one) = changes.get(&block.href) else { continue };
        if let Change::Rearranged(_) = &one.change {
            block.flags.push(flag("move", "makes room".into()));
            block.is_selected = true;
        }
        if let Change::Moves(planned) = &one.change {
            if planned.start_at != one.appointment.start_at {
                let was = words::clock(one.appointment.start_at, rules);
                block.flags.push(flag("move", format!("was {was}")));
            }
            if planned.lead_id != one.appointment.lead_id {
                let was = rules.resource(one.appointment.lead_id);
                let was = was.and_then(|one| one.name.split(' ').next()).unwrap_or_default();
                block.flags.push(flag("person", format!("was {was}")));
            }
            block.is_selected = true;
        }
    }
    for board in [&mut before, &mut after] {
        for column in &mut board.columns {
            column.slots.clear();
            column.blocks.retain(|block| block.state != StateView::Cancelled);
            column.lanes = lay_out(&mut column.blocks);
        }
    }
    let (from, to) = (before.from_minute.min(after.from_minute), before.to_minute.max(after.to_minute));
    for board in [&mut before, &mut after] {
        (board.from_minute, board.to_minute) = (from, to);
    }
    (before, after)
}

/// The day with the plan carried out.
fn day_after(proposal: &Proposal) -> Day {
    let mut day = proposal.day.clone();
    for one in &proposal.visits {
        let owner = Owner::Appointment(one.appointment.id);
        let Some((appointment, _)) =
            day.appointments.iter_mut().find(|(known, _)| known.id == one.appointment.id)
        else {
            continue;
        };
        match &one.change {
            Change::Stays => {}
            Change::CannotBeKept => {
                appointment.status = AppointmentStatus::Cancelled;
                day.occupations.retain(|(whose, _)| *whose != owner);
            }
            Change::Moves(planned) | Change::Rearranged(planned) => {
                appointment.start_at = planned.start_at;
                appointment.end_at = planned.end_at;
                appointment.lead_id = planned.lead_id;
                appointment.phases = planned.phases.clone();
                day.occupations.retain(|(whose, _)| *whose != owner);
                let now_there = planned.occupations.iter().map(|one| (owner, one.clone()));
                day.occupations.extend(now_there);
            }
        }
    }
    day
}

/// `POST /desk/day/{date}/plan`: carries the chosen changes out, all or none.
pub async fn accept(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<AnyStaff>,
    Segment(date): Segment<Date>,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&["plan", "tries", "longer", "move", "cancel", "tell_patient"])?;
    let mut errors = FormErrors::default();
    let ids = |name| fields.all(name).map(|id| id.parse().ok()).collect::<Option<BTreeSet<AppointmentId>>>();
    let (Some(moves), Some(cancels)) = (ids("move"), ids("cancel")) else {
        return Err(Problem::not_found());
    };
    let (seal, tries) = (fields.one("plan").to_owned(), fields.parsed("tries")?);
    if moves.is_empty() && cancels.is_empty() {
        errors.add("changes", "Tick at least one change, or leave the day as it is.");
    }
    let tell = tells(&fields, true, &mut errors);
    let chosen: Vec<String> = fields.all("move").chain(fields.all("cancel")).map(str::to_owned).collect();
    let again = |errors, refusal| Again {
        chosen: Some(chosen.clone()),
        tell: fields.one("tell_patient").to_owned(),
        errors,
        refusal,
        longer: fields.one("longer") == "yes",
    };
    let (Some(tell_patients), true) = (tell, errors.is_empty()) else {
        let again = again(shown(&errors), String::new());
        return draw(&web, &context, &frame, &staff, date, again, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let command = AcceptPlan { date, seal, tries, moves, cancels, tell_patients };
    let done = web
        .run_as_staff(&context, &staff, move |env, acting| app::day_plan::accept(env, acting, command))
        .await?;
    match done {
        Ok(_) => Ok(Redirect::to(&format!("/desk/day/{date}?news=planned")).into_response()),
        Err(Failure::Refused(refusal)) => {
            let again = again(FormErrorsView::default(), super::book::refused(&refusal));
            draw(&web, &context, &frame, &staff, date, again, StatusCode::CONFLICT).await
        }
        Err(failure) => Err(problem(failure)),
    }
}
