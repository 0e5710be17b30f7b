//! One's place on the wait list, reached by the secret link of a letter: the times on offer, and the way off the list.
//! Nothing changes until a button is pressed.

use crate::fields::{Fields, Segment, hidden};
use crate::frame::Frame;
use crate::pages::appointments::show::news_href;
use crate::pages::page;
use crate::shell::{Context, CookieName, Problem, csrf::FORM_TOKEN_FIELD};
use crate::state::{Web, problem, visitor_secret};
use crate::view::HiddenView;
use crate::words;
use app::diary::Rules;
use app::wait_list::{Standing, WaitPlace};
use app::{Failure, Refusal, Secret};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use record::{DayPart, WaitEntry, WaitState};
use serde::Deserialize;
use vocab::{WaitEntryId, WaitOfferId};

/// The field in which a form says which place on the list it is about.
const PLACE_FIELD: &str = "entry";

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/wait_list/place.html")]
pub struct PlacePage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// "Micro-needling", "Consultation".
    pub subject: String,
    /// "Monday, Tuesday; morning or afternoon; with Imani Reyes".
    pub wish: String,
    /// Where they stand.
    pub state: WaitState,
    /// Until when they wait: "23 January 2027".
    pub until: String,
    /// A time they pressed was gone.
    pub is_gone: bool,
    /// Whether the self-check is to be answered again before anything is offered to them, and has been in this browser.
    pub answers: Answers,
    /// Times that can be taken now.
    pub open: Vec<OfferView>,
    /// Times that cannot, newest first.
    pub past: Vec<OfferView>,
    /// Tokens for the buttons.
    pub hidden: Vec<HiddenView>,
}

/// How the answers stand that a place on the list rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// They count.
    Count,
    /// The self-check has to be answered again.
    Asked,
    /// It was, in this browser, and the new answers are not with the place yet.
    Given,
}

/// One offer.
#[derive(Debug)]
pub struct OfferView {
    /// What the button sends.
    pub id: String,
    /// `2026-12-08`.
    pub date: String,
    /// "Tuesday 8 December 2026".
    pub day: String,
    /// "10:00–12:05".
    pub times: String,
    /// Who would treat them, as things stand; empty once it cannot be taken.
    pub with: String,
    /// Until when it can be taken: "14:30".
    pub until: String,
    /// What became of it: "somebody was quicker"; empty while it is open.
    pub word: &'static str,
}

/// `GET /wait-list/open/{secret}`: the link of a letter. Moves the secret into a cookie and out of the address.
pub async fn open(
    State(web): State<Web>,
    context: Context,
    Segment(secret): Segment<String>,
) -> Result<Response, Problem> {
    let secret: Secret = secret.parse().map_err(|_| Problem::not_found())?;
    load(&web, &context, secret.clone()).await?;
    let cookies = context.shell().cookies();
    let cookie = cookies.set(CookieName::WaitList, &secret.reveal(), None).ok_or_else(Problem::not_found)?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/wait-list")).into_response())
}

async fn load(web: &Web, context: &Context, secret: Secret) -> Result<WaitPlace, Problem> {
    let acting = web.visitor(context);
    let found = web.run(context, move |env| app::wait_list::by_link(env, &acting, &secret)).await?;
    found.map_err(problem)?.ok_or_else(Problem::not_found)
}

/// The secret that this browser holds.
fn held(context: &Context, headers: &HeaderMap) -> Result<Secret, Problem> {
    let text = context.shell().cookies().read(headers, CookieName::WaitList);
    text.and_then(|text| text.parse().ok()).ok_or_else(Problem::not_found)
}

/// Refuses a form that is about another place than the one whose link this browser opened last: all tabs share the
/// cookie that holds it.
fn is_about(fields: &Fields, place: &WaitPlace) -> Result<(), Problem> {
    match fields.one(PLACE_FIELD).parse::<WaitEntryId>() {
        Ok(id) if id == place.entry.id => Ok(()),
        _ => Err(Problem::refused(
            "other-place",
            "You have opened another place on the list meanwhile",
            "Nothing has been changed. Open the link in your e-mail about the place you mean again, then decide there.",
        )),
    }
}

/// The secret of the place that this browser holds, if the form is about it.
async fn held_as_asked(
    web: &Web,
    context: &Context,
    headers: &HeaderMap,
    fields: &Fields,
) -> Result<Secret, Problem> {
    let secret = held(context, headers)?;
    is_about(fields, &load(web, context, secret.clone()).await?)?;
    Ok(secret)
}

/// What has just happened.
#[derive(Debug, Default, Deserialize)]
pub struct News {
    #[serde(default)]
    gone: String,
}

/// `GET /wait-list`: the place of the link that this browser holds.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    headers: HeaderMap,
    Query(News { gone }): Query<News>,
) -> Result<Response, Problem> {
    let place = load(&web, &context, held(&context, &headers)?).await?;
    draw(&web, &context, &frame, place, !gone.is_empty(), StatusCode::OK).await
}

/// `POST /wait-list/take`: the first to press it has the time.
pub async fn take(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&[PLACE_FIELD, "offer"])?;
    let offer: WaitOfferId = fields.parsed("offer")?;
    let secret = held_as_asked(&web, &context, &headers, &fields).await?;
    let (acting, mine) = (web.visitor(&context), secret.clone());
    let taken = web.run(&context, move |env| app::wait_list::take(env, &acting, &mine, offer)).await?;
    match taken {
        Ok(booked) => {
            // The page of the visit is theirs by another secret, which their letter has too.
            let cookies = context.shell().cookies();
            let link = booked.link.reveal();
            let cookie = cookies.set(CookieName::Link, &link, None).ok_or_else(Problem::not_found)?;
            Ok(([(SET_COOKIE, cookie)], Redirect::to(&news_href(&context, booked.appointment.id, "taken")))
                .into_response())
        }
        Err(Failure::Refused(Refusal::OfferGone)) => {
            let place = load(&web, &context, secret).await?;
            draw(&web, &context, &frame, place, true, StatusCode::CONFLICT).await
        }
        Err(failure) => Err(problem(failure)),
    }
}

/// `POST /wait-list/answers`: the self-check that was answered again in this browser goes with the place.
pub async fn answer_again(
    State(web): State<Web>,
    context: Context,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&[PLACE_FIELD])?;
    let secret = held_as_asked(&web, &context, &headers, &fields).await?;
    let (acting, response) = (web.visitor(&context), visitor_secret(&context));
    let answered = move |env: &app::Env| app::wait_list::answer_again(env, &acting, &secret, &response);
    web.run(&context, answered).await?.map_err(problem)?;
    Ok(Redirect::to("/wait-list").into_response())
}

/// How the answers stand that this place rests on.
async fn answers(web: &Web, context: &Context, place: &WaitPlace) -> Result<Answers, Problem> {
    if !place.must_answer_again {
        return Ok(Answers::Count);
    }
    let (acting, response) = (web.visitor(context), visitor_secret(context));
    let given = web.run(context, move |env| app::screening::load(env, &acting, &response)).await?;
    let is_complete = given.map_err(problem)?.is_some_and(|check| check.is_complete);
    Ok(if is_complete { Answers::Given } else { Answers::Asked })
}

/// The question before somebody leaves the list.
#[derive(Debug, Template)]
#[template(path = "pages/wait_list/leave.html")]
pub struct LeavePage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// "Micro-needling".
    pub subject: String,
    /// "Monday to Friday, morning".
    pub wish: String,
    /// Tokens for the button.
    pub hidden: Vec<HiddenView>,
}

/// `GET /wait-list/leave`: asks first, for the place does not come back.
pub async fn ask_to_leave(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let place = load(&web, &context, held(&context, &headers)?).await?;
    let entry = &place.entry;
    if entry.state != WaitState::Waiting {
        return Ok(Redirect::to("/wait-list").into_response());
    }
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let (subject, wish) = wanted(&web, &diary.rules, entry);
    let question = LeavePage { frame: &frame, subject, wish, hidden: about(&context, entry) };
    Ok(page(StatusCode::OK, &question))
}

/// The kind of visit that somebody waits for, and their wish, in words.
fn wanted(web: &Web, rules: &Rules, entry: &WaitEntry) -> (String, String) {
    let with = entry.practitioner_id.and_then(|id| rules.resource(id)).map(|one| one.name.as_str());
    let subject = words::visit_title(&web.env.protocol.protocol, &entry.visit_type, &web.site);
    (subject, wish_words(entry, with))
}

/// The hidden fields of a form about a place.
fn about(context: &Context, entry: &WaitEntry) -> Vec<HiddenView> {
    vec![hidden(FORM_TOKEN_FIELD, context.form_token()), hidden(PLACE_FIELD, entry.id.to_string())]
}

/// `POST /wait-list/leave`: off the list, and forgotten.
pub async fn leave(
    State(web): State<Web>,
    context: Context,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&[PLACE_FIELD])?;
    let secret = held_as_asked(&web, &context, &headers, &fields).await?;
    let acting = web.visitor(&context);
    web.run(&context, move |env| app::wait_list::leave(env, &acting, &secret)).await?.map_err(problem)?;
    Ok(Redirect::to("/wait-list").into_response())
}

async fn draw(
    web: &Web,
    context: &Context,
    frame: &Frame,
    place: WaitPlace,
    is_gone: bool,
    status: StatusCode,
) -> Result<Response, Problem> {
    let answers = answers(web, context, &place).await?;
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let rules = &diary.rules;
    let entry = &place.entry;
    let (open, past): (Vec<_>, Vec<_>) =
        place.offers.iter().partition(|(_, standing)| *standing == Standing::Open);
    let view = |(offer, standing): &(record::WaitOffer, Standing)| {
        let date = rules.date_at(offer.start_at);
        let lead = app::wait_list::offered_with(&diary, entry, offer.start_at, web.env.clock.now());
        let lead = lead.filter(|_| *standing == Standing::Open).and_then(|lead| rules.resource(lead));
        OfferView {
            with: lead.map(|lead| lead.name.clone()).unwrap_or_default(),
            id: offer.id.to_string(),
            date: date.to_string(),
            day: words::day_long(date),
            times: format!("{}–{}", words::clock(offer.start_at, rules), words::clock(offer.end_at, rules)),
            until: words::moment(offer.expires_at, rules),
            word: match standing {
                Standing::Open => "",
                Standing::Taken => "is yours",
                Standing::Gone => "somebody was quicker",
                Standing::Over => "the time to answer was over",
            },
        }
    };
    let (subject, wish) = wanted(web, rules, entry);
    let shown = PlacePage {
        frame,
        subject,
        wish,
        state: entry.state,
        until: rules.date_at(entry.expires_at).strftime("%-d %B %Y").to_string(),
        is_gone,
        answers,
        open: open.into_iter().map(view).collect(),
        past: past.into_iter().map(view).collect(),
        hidden: about(context, entry),
    };
    Ok(page(status, &shown))
}

/// "Monday to Friday, morning or afternoon, with Imani Reyes".
pub(crate) fn wish_words(entry: &WaitEntry, with: Option<&str>) -> String {
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let name = |day: u8| DAYS.get(usize::from(day).wrapping_sub(1)).copied().unwrap_or_default();
    let days = match entry.weekdays.as_slice() {
        [1, 2, 3, 4, 5, 6, 7] => "Any day".to_owned(),
        [first, .., last] if usize::from(last - first) + 1 == entry.weekdays.len() && last - first > 1 => {
            format!("{} to {}", name(*first), name(*last))
        }
        days => days.iter().map(|day| name(*day)).collect::<Vec<_>>().join(", "),
    };
    let parts = match entry.parts.as_slice() {
        all if all.len() == DayPart::ALL.len() => "any time".to_owned(),
        parts => parts.iter().map(|part| part.as_str()).collect::<Vec<_>>().join(" or "),
    };
    match with {
        Some(with) => format!("{days}, {parts}, with {with}"),
        None => format!("{days}, {parts}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use vocab::VisitTypeId;

    #[test]
    fn wishes_in_words() {
        use DayPart::{Afternoon, Evening, Morning};
        for (weekdays, parts, with, expected) in [
            (&[1, 2, 3, 4, 5][..], &[Morning][..], None, "Monday to Friday, morning"),
            (&[1, 2, 3, 4, 5, 6, 7], &[Morning, Afternoon, Evening], None, "Any day, any time"),
            (
                &[1, 2],
                &[Afternoon, Evening],
                Some("Imani"),
                "Monday, Tuesday, afternoon or evening, with Imani",
            ),
            (&[1, 3, 5], &[Evening], None, "Monday, Wednesday, Friday, evening"),
        ] {
            let entry = WaitEntry {
                id: WaitEntryId::from_bits(1),
                visit_type: VisitTypeId::new("treatment").unwrap(),
                practitioner_id: None,
                weekdays: weekdays.to_vec(),
                parts: parts.to_vec(),
                name: String::new(),
                email: String::new(),
                phone: String::new(),
                response_id: None,
                state: WaitState::Waiting,
                appointment_id: None,
                link_hash: [0; 32],
                idempotency_key: String::new(),
                created_at: Timestamp::UNIX_EPOCH,
                expires_at: Timestamp::UNIX_EPOCH,
            };
            assert_eq!(wish_words(&entry, with), expected);
        }
    }
}
