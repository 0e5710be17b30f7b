//! A day planned anew: who cannot come, the day before and after, and which changes are carried out. Nothing changes, and
//! nobody is told, until the chosen changes are accepted.

use std::collections::BTreeMap;

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
use app::day_plan::{AcceptPlan, AcceptedMove, Change, PlannedVisit, Proposal};
use app::diary::Rules;
use app::{Failure, FormErrors};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use record::{AppointmentStatus, Owner, ResourceKind};
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
    let changed: Vec<&PlannedVisit> =
        proposal.visits.iter().filter(|one| !matches!(one.change, Change::Stays)).collect();
    let changes = changed.iter().map(|one| change_view(web, rules, one, again.chosen.as_deref()));
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
        changes: changes.collect(),
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
    format!("The best of {} plans tried in {looked}, at the clinic's costs.", proposal.tries)
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

fn change_view(web: &Web, rules: &Rules, one: &PlannedVisit, chosen: Option<&[String]>) -> ChangeView {
    let visit = &one.appointment;
    let name = |id: ResourceId| rules.resource(id).map(|one| one.name.clone()).unwrap_or_default();
    let span =
        |from: Timestamp, to: Timestamp| format!("{}–{}", words::clock(from, rules), words::clock(to, rules));
    let (field, value, to, difference) = match &one.change {
        Change::Moves(planned) => (
            "move",
            format!("{}~{}~{}~{}", visit.id, visit.sequence, planned.start_at, planned.lead_id),
            format!("{}, {}", span(planned.start_at, planned.end_at), name(planned.lead_id)),
            difference(visit.start_at, planned.start_at, visit.lead_id != planned.lead_id),
        ),
        _ => ("cancel", format!("{}~{}", visit.id, visit.sequence), String::new(), "no room that day".into()),
    };
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

fn difference(was: Timestamp, now: Timestamp, other_lead: bool) -> String {
    let minutes = now.duration_since(was).as_mins();
    let moved = match minutes {
        0 => "same time".to_owned(),
        1.. => format!("{minutes} min later"),
        _ => format!("{} min earlier", -minutes),
    };
    if other_lead { format!("{moved}, another therapist") } else { moved }
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
            Change::Stays => {}
        }
    }
    for block in after.columns.iter_mut().flat_map(|column| &mut column.blocks) {
        let Some(one) = changes.get(&block.href) else { continue };
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
            Change::Moves(planned) => {
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
    fields.only(&["move", "cancel", "tell_patient"])?;
    let mut errors = FormErrors::default();
    let moves: Option<Vec<AcceptedMove>> = fields.all("move").map(parse_move).collect();
    let cancels: Option<Vec<(AppointmentId, u32)>> = fields.all("cancel").map(parse_cancel).collect();
    let (Some(moves), Some(cancels)) = (moves, cancels) else { return Err(Problem::not_found()) };
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
        ..Again::default()
    };
    let (Some(tell_patients), true) = (tell, errors.is_empty()) else {
        let again = again(shown(&errors), String::new());
        return draw(&web, &context, &frame, &staff, date, again, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let command = AcceptPlan { date, moves, cancels, tell_patients };
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

fn parse_move(value: &str) -> Option<AcceptedMove> {
    let mut parts = value.split('~');
    let one = AcceptedMove {
        id: parts.next()?.parse().ok()?,
        seen_sequence: parts.next()?.parse().ok()?,
        start_at: parts.next()?.parse().ok()?,
        lead_id: parts.next()?.parse().ok()?,
    };
    parts.next().is_none().then_some(one)
}

fn parse_cancel(value: &str) -> Option<(AppointmentId, u32)> {
    let (id, sequence) = value.split_once('~')?;
    Some((id.parse().ok()?, sequence.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_in_words() {
        let at = |minute: i64| Timestamp::from_second(minute * 60).unwrap();
        for (was, now, other, expected) in [
            (600, 600, true, "same time, another therapist"),
            (600, 630, false, "30 min later"),
            (600, 585, true, "15 min earlier, another therapist"),
        ] {
            assert_eq!(difference(at(was), at(now), other), expected);
        }
    }

    #[test]
    fn only_whole_changes_are_read() {
        let id = "00000000000000000000000001";
        let whole = format!("{id}~0~2026-12-08T10:00:00Z~{id}");
        assert!(parse_move(&whole).is_some() && parse_cancel(&format!("{id}~3")).is_some());
        for bad in
            ["", "~~~", &format!("{whole}~1"), &whole[1..], &format!("{id}~-1~2026-12-08T10:00:00Z~{id}")]
        {
            assert!(parse_move(bad).is_none(), "{bad}");
        }
        assert!(parse_cancel(id).is_none());
    }
}
