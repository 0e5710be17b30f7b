//! The wait list at the desk: who waits for what, since when, and what they were offered.

use super::DeskFrame;
use crate::fields::{Fields, Segment, hidden};
use crate::frame::Frame;
use crate::pages::page;
use crate::pages::wait_list::place::wish_words;
use crate::shell::{ConfirmedStaff, Context, Problem, csrf::FORM_TOKEN_FIELD, guard::AnyStaff};
use crate::state::{Web, problem};
use crate::view::HiddenView;
use crate::words;
use app::diary::Rules;
use app::wait_list::{Standing, WaitPlace};
use app::{Acting, Env};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use vocab::WaitEntryId;

/// The list.
#[derive(Debug, Template)]
#[template(path = "pages/desk/wait_list.html")]
pub struct WaitListPage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// Who waits, longest first.
    pub entries: Vec<WaitEntryView>,
    /// Where the gaps of today are filled.
    pub fill_href: String,
}

/// Somebody who waits.
#[derive(Debug)]
pub struct WaitEntryView {
    /// Their place, counted from 1.
    pub number: usize,
    /// As they write it.
    pub name: String,
    /// Where offers go.
    pub email: String,
    /// Or there.
    pub phone: String,
    /// "Micro-needling".
    pub visit: String,
    /// "Monday to Friday, morning".
    pub wish: String,
    /// Instant, RFC 3339.
    pub instant: String,
    /// "23 Nov".
    pub since: String,
    /// "until 22 Jan".
    pub until: String,
    /// Whether the self-check is to be answered again before anything is offered to them.
    pub must_answer_again: bool,
    /// "Tue 8 Dec, 10:00: open until 14:30", newest first.
    pub offers: Vec<String>,
    /// Where they are taken off the list.
    pub remove: String,
}

/// The question before somebody is taken off the list.
#[derive(Debug, Template)]
#[template(path = "pages/desk/take_off.html")]
pub struct TakeOffPage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// Who waits.
    pub entry: WaitEntryView,
    /// Tokens for the button.
    pub hidden: Vec<HiddenView>,
}

/// What has just happened.
#[derive(Debug, Default, Deserialize)]
pub struct News {
    #[serde(default)]
    news: String,
}

/// Everybody who waits, for whoever looks.
async fn all(
    web: &Web,
    context: &Context,
    staff: &ConfirmedStaff<AnyStaff>,
) -> Result<(Vec<WaitPlace>, Acting), Problem> {
    let listed = |env: &Env, acting: &Acting| Ok((app::wait_list::list(env, acting)?, acting.clone()));
    web.run_as_staff(context, staff, listed).await?.map_err(problem)
}

/// `GET /desk/wait-list`: everybody who waits.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<AnyStaff>,
    Query(News { news }): Query<News>,
) -> Result<Response, Problem> {
    let (places, acting) = all(&web, &context, &staff).await?;
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let rules = &diary.rules;
    let desk = DeskFrame::new(&web, &context, &frame, &acting, "wait-list", &news);
    let entries = places.iter().enumerate().map(|(place, one)| view(&web, rules, place + 1, one));
    let today = rules.date_at(web.env.clock.now());
    let list = WaitListPage {
        desk: &desk,
        entries: entries.collect(),
        fill_href: format!("/desk/day/{}/fill", today.tomorrow().unwrap_or(today)),
    };
    Ok(page(StatusCode::OK, &list))
}

fn view(web: &Web, rules: &Rules, number: usize, place: &WaitPlace) -> WaitEntryView {
    let entry = &place.entry;
    let short = |at| words::local(at, rules).strftime("%-d %b").to_string();
    let with = entry.practitioner_id.and_then(|id| rules.resource(id)).map(|one| one.name.as_str());
    let offers = place.offers.iter().take(3).map(|(offer, standing)| {
        let when = words::local(offer.start_at, rules).strftime("%a %-d %b, %H:%M");
        let until = words::local(offer.expires_at, rules).strftime("%H:%M");
        match standing {
            Standing::Open => format!("{when}: open until {until}"),
            Standing::Taken => format!("{when}: taken"),
            Standing::Gone => format!("{when}: gone"),
            Standing::Over => format!("{when}: not answered"),
        }
    });
    WaitEntryView {
        number,
        name: entry.name.clone(),
        email: entry.email.clone(),
        phone: entry.phone.clone(),
        visit: words::visit_title(&web.env.protocol.protocol, &entry.visit_type, &web.site),
        wish: wish_words(entry, with),
        instant: entry.created_at.to_string(),
        since: short(entry.created_at),
        until: short(entry.expires_at),
        must_answer_again: place.must_answer_again,
        offers: offers.collect(),
        remove: format!("/desk/wait-list/{}/remove", entry.id),
    }
}

/// `GET /desk/wait-list/{id}/remove`: asks first, for what is forgotten does not come back.
pub async fn ask(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<AnyStaff>,
    Segment(id): Segment<WaitEntryId>,
) -> Result<Response, Problem> {
    let (places, acting) = all(&web, &context, &staff).await?;
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let Some(place) = places.iter().position(|one| one.entry.id == id) else {
        // Off the list already: the list says so best.
        return Ok(Redirect::to("/desk/wait-list").into_response());
    };
    let desk = DeskFrame::new(&web, &context, &frame, &acting, "wait-list", "");
    let question = TakeOffPage {
        desk: &desk,
        entry: view(&web, &diary.rules, place + 1, &places[place]),
        hidden: vec![hidden(FORM_TOKEN_FIELD, context.form_token())],
    };
    Ok(page(StatusCode::OK, &question))
}

/// `POST /desk/wait-list/{id}/remove`: takes somebody off the list.
pub async fn remove(
    State(web): State<Web>,
    context: Context,
    staff: ConfirmedStaff<AnyStaff>,
    Segment(id): Segment<WaitEntryId>,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&[])?;
    web.run_as_staff(&context, &staff, move |env, acting| app::wait_list::remove(env, acting, id))
        .await?
        .map_err(problem)?;
    Ok(Redirect::to("/desk/wait-list?news=removed").into_response())
}
