//! What if: visits a day by rooms and ways to work, for the clinic's own visit and on-call rule; and what counts when a day is
//! planned anew.

use super::DeskFrame;
use crate::fields::{Fields, hidden, shown};
use crate::frame::Frame;
use crate::pages::page;
use crate::shell::{
    Access, ConfirmedStaff, Context, Problem, access::Actor, csrf::FORM_TOKEN_FIELD, guard::Role,
};
use crate::state::{Web, problem};
use crate::view::{FormErrorsView, HiddenView};
use app::capacity::{Capacity, ROOMS_MAX, THERAPISTS_MAX, WhatIf};
use app::people::parse_line;
use app::{Acting, Failure, FormErrors};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use record::PlanCosts;
use schedule::Scheme;
use serde::Deserialize;

/// Whoever decides about rooms and people.
#[derive(Debug)]
pub enum Planner {}
impl Role for Planner {
    const ACCESS: Access = Access::of(&[Actor::ClinicalLead, Actor::Owner]);
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/desk/capacity.html")]
pub struct CapacityPage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// Field `hours`, as asked.
    pub hours: String,
    /// Field `therapists`.
    pub therapists: String,
    /// Field `rooms`.
    pub rooms: String,
    /// Field `lounge`.
    pub lounge: String,
    /// "3 therapists, 9 hours".
    pub subject: String,
    /// "3 rooms" over each column, and whether the clinic has so many.
    pub columns: Vec<(String, bool)>,
    /// A row for each way to work.
    pub rows: Vec<RowView>,
    /// What the clinic's own numbers say, in a sentence or two.
    pub reading: Vec<String>,
    /// The clinic's visit, in minutes.
    pub visit: String,
    /// The clinic's on-call rule.
    pub rule: String,
    /// Tokens.
    pub hidden: Vec<HiddenView>,
    /// Field and value of each cost, as typed.
    pub costs: Vec<CostView>,
    /// What is wrong with either form.
    pub errors: FormErrorsView,
}

/// A way to work.
#[derive(Debug)]
pub struct RowView {
    /// "Released while the cream works".
    pub title: &'static str,
    /// What that means.
    pub words: String,
    /// Visits a day, whether the clinic has so many rooms, and the class of the bar behind.
    pub cells: Vec<(usize, bool, String)>,
}

/// One number that counts when a day is planned anew.
#[derive(Debug)]
pub struct CostView {
    /// The field.
    pub name: &'static str,
    /// What it is.
    pub label: &'static str,
    /// In words.
    pub hint: &'static str,
    /// As typed.
    pub value: String,
}

/// What the address asks; empty fields mean the clinic's own numbers.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    #[serde(default)]
    hours: String,
    #[serde(default)]
    therapists: String,
    #[serde(default)]
    rooms: String,
    #[serde(default)]
    lounge: String,
    #[serde(default)]
    news: String,
}

/// `GET /desk/capacity`: the table.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<Planner>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let (own, _) = web
        .run_as_staff(&context, &staff, |env, acting| Ok((app::capacity::own(env, acting)?, acting.clone())))
        .await?
        .map_err(problem)?;
    let mut errors = FormErrors::default();
    let what_if = parse(&asked, own, &mut errors);
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let again = Again { typed: Vec::new(), errors: shown(&errors), news: asked.news.clone() };
    draw(&web, &context, &frame, &staff, what_if.unwrap_or(own), again, status).await
}

fn parse(asked: &Asked, own: WhatIf, errors: &mut FormErrors) -> Option<WhatIf> {
    let mut number = |field: &'static str, text: &str, otherwise: u16, most: u16| {
        let text = text.trim();
        let number = if text.is_empty() { Some(otherwise) } else { text.parse::<u16>().ok() };
        let number = number.filter(|number| (1..=most).contains(number));
        if number.is_none() {
            errors.add(field, format!("Give a whole number from 1 to {most}."));
        }
        number
    };
    let hours = number("hours", &asked.hours, own.open_minutes.div_ceil(60), 14);
    let therapists = number("therapists", &asked.therapists, own.therapists, THERAPISTS_MAX);
    let rooms = number("rooms", &asked.rooms, own.rooms_max, ROOMS_MAX);
    let lounge = number("lounge", &asked.lounge, own.lounge_seats, 12);
    Some(WhatIf {
        open_minutes: if asked.hours.trim().is_empty() { own.open_minutes } else { hours? * 60 },
        therapists: therapists?,
        rooms_max: rooms?,
        lounge_seats: lounge?,
    })
}

struct Again {
    typed: Vec<(String, String)>,
    errors: FormErrorsView,
    news: String,
}

async fn draw(
    web: &Web,
    context: &Context,
    frame: &Frame,
    staff: &ConfirmedStaff<Planner>,
    asked: WhatIf,
    again: Again,
    status: StatusCode,
) -> Result<Response, Problem> {
    let (found, acting): (Capacity, Acting) = web
        .run_as_staff(context, staff, move |env, acting| {
            Ok((app::capacity::answer(env, acting, asked)?, acting.clone()))
        })
        .await?
        .map_err(problem)?;
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let desk = DeskFrame::new(web, context, frame, &acting, "capacity", &again.news);
    let minutes = &found.minutes;
    let capacity = CapacityPage {
        desk: &desk,
        hours: hours(asked.open_minutes),
        therapists: asked.therapists.to_string(),
        rooms: asked.rooms_max.to_string(),
        lounge: asked.lounge_seats.to_string(),
        subject: format!("{}, {} hours", people(asked.therapists), hours(asked.open_minutes)),
        columns: (1..=asked.rooms_max).map(|count| (rooms(count), count == found.rooms)).collect(),
        rows: rows(&found),
        reading: reading(&found),
        visit: format!(
            "Talk {}, cleansing and cream {}, rest {} to {}, needling {}, calming {}, discharge {}, making ready {} minutes.",
            minutes.consult,
            minutes.cleanse,
            minutes.numbing.0,
            minutes.numbing.1,
            minutes.needling,
            minutes.calming,
            minutes.photo,
            minutes.clean_down
        ),
        rule: app::capacity::rule_words(&diary.rules),
        hidden: vec![hidden(FORM_TOKEN_FIELD, context.form_token())],
        costs: costs(&found, &again.typed),
        errors: again.errors,
    };
    Ok(page(status, &capacity))
}

fn people(therapists: u16) -> String {
    if therapists == 1 { "1 therapist".into() } else { format!("{therapists} therapists") }
}

fn rooms(count: u16) -> String {
    if count == 1 { "1 room".into() } else { format!("{count} rooms") }
}

fn hours(minutes: u16) -> String {
    match minutes % 60 {
        0 => (minutes / 60).to_string(),
        rest => format!("{}:{rest:02}", minutes / 60),
    }
}

fn rows(found: &Capacity) -> Vec<RowView> {
    let most = found.rows.iter().flat_map(|row| &row.visits).copied().max().unwrap_or(1).max(1);
    let row = |row: &app::capacity::CapacityRow| {
        let (title, words) = match row.scheme {
            Scheme::Held => ("Held", "Therapist and room stay for the whole visit.".to_owned()),
            Scheme::Gap => {
                ("Gap", "The therapist leaves while the cream works; the room stays taken.".to_owned())
            }
            Scheme::Phases => {
                ("Phases", "The rest stretches as it suits, and any therapist calms.".to_owned())
            }
            Scheme::Assistant => ("With an assistant", "One assistant cleanses and calms.".to_owned()),
            Scheme::Lounge { seats } => (
                "And a lounge",
                format!("The cream works in a lounge with {seats} seats; the room is free meanwhile."),
            ),
        };
        let cells = row.visits.iter().zip(1..).map(|(visits, rooms)| {
            let tenths = (visits * 10).div_ceil(most);
            (*visits, rooms == found.rooms, format!("fill-{tenths}"))
        });
        RowView { title, words, cells: cells.collect() }
    };
    found.rows.iter().map(row).collect()
}

/// What one more room, an assistant and a lounge would bring with the clinic's own rooms.
fn reading(found: &Capacity) -> Vec<String> {
    let at = |row: usize, rooms: u16| {
        let place = usize::from(rooms).checked_sub(1)?;
        found.rows.get(row)?.visits.get(place).copied()
    };
    let Some(now) = at(2, found.rooms) else { return Vec::new() };
    let mut reading = vec![format!("With {} the phases allow {now} visits a day.", rooms(found.rooms))];
    let mut gain = |what: &str, then: Option<usize>| {
        if let Some(then) = then {
            reading.push(match then.saturating_sub(now) {
                0 => format!("{what} would bring nothing."),
                1 => format!("{what} would bring 1 visit a day."),
                more => format!("{what} would bring {more} visits a day."),
            });
        }
    };
    gain("One more room", at(2, found.rooms + 1));
    gain("An assistant", at(3, found.rooms));
    gain("An assistant and a lounge", at(4, found.rooms));
    reading
}

const COSTS: [(&str, &str, &str); 5] = [
    ("drop", "A visit that cannot be kept", "The higher beside the others, the more is moved to keep it."),
    ("change_lead", "Another therapist", "For each visit that somebody else leads than before."),
    (
        "move_minute",
        "Each minute earlier or later",
        "For each visit that begins at another time than it did.",
    ),
    ("move_minutes_max", "Most minutes a visit moves", "What patients accept without being asked first."),
    ("wait_offer_minutes", "Minutes to answer an offer", "Then a freed time is offered to the next three."),
];

fn costs(found: &Capacity, typed: &[(String, String)]) -> Vec<CostView> {
    let known = |name: &str| match name {
        "drop" => found.costs.drop,
        "change_lead" => found.costs.change_lead,
        "move_minute" => found.costs.move_minute,
        "move_minutes_max" => found.costs.move_minutes_max,
        _ => found.wait_offer_minutes,
    };
    let view = |(name, label, hint): (&'static str, &'static str, &'static str)| {
        let again = typed.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone());
        CostView { name, label, hint, value: again.unwrap_or_else(|| known(name).to_string()) }
    };
    COSTS.map(view).into()
}

/// `POST /desk/capacity/costs`: changes what counts when a day is planned anew.
pub async fn set_costs(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<Planner>,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&COSTS.map(|(name, ..)| name))?;
    let mut errors = FormErrors::default();
    let mut number = |name: &'static str| {
        let number = fields.one(name).trim().parse::<u32>().ok();
        if number.is_none() {
            errors.add(name, "Give a whole number.");
        }
        number
    };
    let numbers = COSTS.map(|(name, ..)| number(name));
    let done = match numbers {
        [Some(drop), Some(change_lead), Some(move_minute), Some(move_minutes_max), Some(minutes)] => {
            let costs = PlanCosts { drop, change_lead, move_minute, move_minutes_max };
            let set =
                move |env: &app::Env, acting: &Acting| app::capacity::set_costs(env, acting, costs, minutes);
            web.run_as_staff(&context, &staff, set).await?
        }
        _ => Err(errors.into()),
    };
    match done {
        Ok(()) => Ok(Redirect::to("/desk/capacity?news=costs").into_response()),
        Err(Failure::Form(errors)) => {
            let own = web.run_as_staff(&context, &staff, app::capacity::own).await?.map_err(problem)?;
            let line = |name: &str| (name.to_owned(), parse_line(fields.one(name), 20).unwrap_or_default());
            let typed = COSTS.iter().map(|(name, ..)| line(name)).collect();
            let again = Again { typed, errors: shown(&errors), news: String::new() };
            draw(&web, &context, &frame, &staff, own, again, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(failure) => Err(problem(failure)),
    }
}
