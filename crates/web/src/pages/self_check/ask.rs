//! One screen of the self-check. Works as a plain form.

use super::lists::{Lists, TickListView};
use crate::art::face::{ZoneMap, maps_of};
use crate::fields::{Fields, Segment, form_refusal, hidden};
use crate::frame::Frame;
use crate::pages::page;
use crate::shell::{Context, FormRefusal, Problem, csrf::FORM_TOKEN_FIELD};
use crate::state::{Web, passing, problem, visitor_secret};
use crate::view::{ChoiceView, FormErrorsView, HiddenView, ZoneView};
use app::{Failure, Refusal, screening::SelfCheck};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use protocol::Protocol;

/// One screen, with what was answered before filled in.
#[derive(Debug, Template)]
#[template(path = "pages/self_check/ask.html")]
pub struct AskPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// Where the form is sent.
    pub action: String,
    /// This screen, counted from 1.
    pub number: u32,
    /// How many screens there are.
    pub of: u32,
    /// The question of the whole screen.
    pub title: String,
    /// How to answer it.
    pub hint: String,
    /// What is asked.
    pub body: ScreenBody,
    /// Whether there is a screen before this one.
    pub has_previous: bool,
    /// Tokens and the answers so far.
    pub hidden: Vec<HiddenView>,
    /// What is wrong with the answers just sent.
    pub errors: FormErrorsView,
}

/// The kinds of screen.
#[derive(Debug)]
pub enum ScreenBody {
    /// One or more lists of ticks. Field names: `list-` and the id of the list.
    Ticks {
        /// The lists.
        lists: Vec<TickListView>,
    },
    /// Why they come, one of several, and when they were born. Field names: `concern`, `birth_day`, `birth_month`,
    /// `birth_year`.
    You {
        /// What can be picked.
        concerns: Vec<ChoiceView>,
        /// As typed.
        day: String,
        /// As typed.
        month: String,
        /// As typed.
        year: String,
    },
    /// Parts of face and body beside the drawn map. Field name: `zones`.
    Zones {
        /// What can be picked; the hint may be empty.
        zones: Vec<(ZoneView, bool)>,
        /// Figures with what can be picked, and nothing that cannot.
        maps: Vec<ZoneMap>,
    },
}

/// The screens that come before the protocol's own: why and when born, and where.
const OWN_SCREENS: usize = 2;

/// The button that leads to the screen before, and what it sends.
const GO: (&str, &str) = ("go", "back");

/// So often a screen is kept anew when others are sent at the same moment.
const TRIES: usize = 5;

/// `GET /self-check`: the first screen.
pub async fn begin() -> Redirect {
    Redirect::to("/self-check/1")
}

/// `GET /self-check/{number}`: a screen, with what was answered before.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    Segment(number): Segment<u32>,
) -> Result<Response, Problem> {
    let check = known(&web, &context).await?;
    let screen = Screen::new(&web, number)?;
    if screen.is_ahead_of(&check) {
        return Ok(Redirect::to(&first_open(&web, &check)).into_response());
    }
    let asked = screen.ask(&web, &check, None)?;
    Ok(screen.page(context.form_token(), &frame, asked, FormErrorsView::default(), StatusCode::OK))
}

/// `POST /self-check/{number}`: keeps the answers of a screen and goes to the next, or shows what is missing.
pub async fn answer(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    Segment(number): Segment<u32>,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&[
        "concern",
        "zones",
        "birth_day",
        "birth_month",
        "birth_year",
        "list-*",
        "when-*",
        "where-*",
        GO.0,
    ])?;
    let screen = Screen::new(&web, number)?;
    for _ in 0..TRIES {
        if let Some(response) = screen.keep(&web, &context, &frame, &fields).await? {
            return Ok(response);
        }
    }
    Err(problem(Refusal::ChangedMeanwhile.into()))
}

/// What this visitor answered so far.
pub(crate) async fn known(web: &Web, context: &Context) -> Result<SelfCheck, Problem> {
    Ok(found(web, context).await?.unwrap_or_default())
}

/// Where somebody whose self-check is not complete goes on: at the first screen that is not answered, or at the last.
pub(crate) fn first_open(web: &Web, check: &SelfCheck) -> String {
    let of = OWN_SCREENS + web.env.protocol.protocol.screens.len();
    let screens = (1..=of).filter_map(|number| Screen::new(web, u32::try_from(number).ok()?).ok());
    let open = screens.into_iter().find(|screen| screen.is_open(web, check));
    format!("/self-check/{}", open.map_or(of, |screen| screen.number as usize))
}

async fn found(web: &Web, context: &Context) -> Result<Option<SelfCheck>, Problem> {
    // Who comes for the first time has answered nothing.
    if !context.knows_visitor() {
        return Ok(None);
    }
    let (secret, acting) = (visitor_secret(context), web.visitor(context));
    let found = web.run(context, move |env| app::screening::load(env, &acting, &secret)).await?;
    found.map_err(problem)
}

/// Whether a person sent the screen, or what they should do. The first answers make a row, so they need a page of ours
/// and the time that filling it in takes; "none of these" later on may be quick.
fn is_persons(context: &Context, fields: &Fields, is_first: bool) -> Result<(), &'static str> {
    if !fields.trap().is_empty() {
        return Err(form_refusal(FormRefusal::Trap));
    }
    if !is_first {
        return Ok(());
    }
    if !context.knows_visitor() {
        return Err(COOKIES_REFUSED);
    }
    context.check_form(fields.token(), fields.trap()).map(|_| ()).map_err(form_refusal)
}

/// Without the cookie, no screen would know what was answered on the one before.
const COOKIES_REFUSED: &str = "We keep your answers together with one cookie, and your browser did not send it back. Please     allow cookies for this site and send this again; what you typed is still here. Or ring us: we ask the same questions.";

/// One of the screens, by its number.
struct Screen {
    number: u32,
    of: u32,
}

/// What a screen asks: its title, a line of help, and the questions.
type Asked = (String, String, ScreenBody);

impl Screen {
    fn new(web: &Web, number: u32) -> Result<Self, Problem> {
        let of = OWN_SCREENS + web.env.protocol.protocol.screens.len();
        let of = u32::try_from(of).map_err(|_| Problem::not_found())?;
        if (1..=of).contains(&number) { Ok(Self { number, of }) } else { Err(Problem::not_found()) }
    }

    /// Later screens stand on the first ones: whoever jumps ahead begins at the beginning.
    fn is_ahead_of(&self, check: &SelfCheck) -> bool {
        let lacks_first = check.concern.is_none() || check.birth_on.is_none();
        match self.number as usize {
            1 => false,
            OWN_SCREENS => lacks_first,
            _ => lacks_first || check.zones.is_empty(),
        }
    }

    /// Whether something on this screen has no answer yet.
    fn is_open(&self, web: &Web, check: &SelfCheck) -> bool {
        match self.number as usize {
            1 => check.concern.is_none() || check.birth_on.is_none(),
            OWN_SCREENS => check.zones.is_empty(),
            _ => self.lists(&web.env.protocol.protocol).is_ok_and(|lists| lists.are_open(check)),
        }
    }

    /// The protocol's part of this screen.
    fn lists<'p>(&self, protocol: &'p Protocol) -> Result<Lists<'p>, Problem> {
        let place = (self.number as usize).checked_sub(OWN_SCREENS + 1).ok_or_else(Problem::not_found)?;
        let screen = protocol.screens.get(place).ok_or_else(Problem::not_found)?;
        Ok(Lists { protocol, screen, asks_prior: self.number == self.of })
    }

    /// The first field of this screen, for what is wrong with all of it.
    fn first_field(&self, web: &Web) -> String {
        match self.number {
            1 => "concern".into(),
            2 => "zones".into(),
            _ => self
                .lists(&web.env.protocol.protocol)
                .map_or_else(|_| String::new(), |lists| lists.first_field()),
        }
    }

    /// What is asked, filled with what is known, or with what was just sent.
    fn ask(&self, web: &Web, check: &SelfCheck, sent: Option<&Fields>) -> Result<Asked, Problem> {
        let protocol = &web.env.protocol.protocol;
        match self.number {
            1 => Ok(ask_you(protocol, check, sent)),
            2 => Ok(ask_zones(protocol, check)),
            _ => {
                let lists = self.lists(protocol)?;
                let body = ScreenBody::Ticks { lists: lists.views(check, today(web)?, sent) };
                Ok((lists.title(), String::new(), body))
            }
        }
    }

    /// Takes the answers of this screen over, or notes what is wrong with them.
    fn read(
        &self,
        web: &Web,
        fields: &Fields,
        check: &mut SelfCheck,
        errors: &mut FormErrorsView,
    ) -> Result<(), Problem> {
        let protocol = &web.env.protocol.protocol;
        match self.number {
            1 => read_you(protocol, fields, today(web)?, check, errors),
            2 => {
                let asked: Vec<&str> = fields.all("zones").collect();
                let zones = zones_of(protocol, check).filter(|zone| asked.contains(&zone.id.as_str()));
                let zones = zones.map(|zone| zone.id.clone()).collect();
                check.set_zones(protocol, zones);
                if check.zones.is_empty() {
                    errors.add("zones", "Tick at least one place.");
                }
            }
            _ => self.lists(protocol)?.read(fields, today(web)?, check, errors),
        }
        Ok(())
    }

    fn before(&self) -> String {
        format!("/self-check/{}", self.number - 1)
    }

    /// Keeps the answers of this screen beside those that were given before, and goes on or shows what is missing. Who goes
    /// back need not have answered all of it; what is ticked is kept.
    /// `None`: another screen was kept meanwhile, so what was known is to be looked up again.
    async fn keep(
        &self,
        web: &Web,
        context: &Context,
        frame: &Frame,
        fields: &Fields,
    ) -> Result<Option<Response>, Problem> {
        let seen = found(web, context).await?;
        let mut check = seen.clone().unwrap_or_default();
        if self.is_ahead_of(&check) {
            return Ok(Some(Redirect::to(&first_open(web, &check)).into_response()));
        }
        let mut errors = FormErrorsView::default();
        self.read(web, fields, &mut check, &mut errors)?;
        let goes_back = self.number > 1 && fields.one(GO.0) == GO.1;
        if goes_back {
            errors = FormErrorsView::default();
            if let Some(seen) = seen.as_ref().filter(|_| check.zones.is_empty()) {
                check.zones.clone_from(&seen.zones);
            }
            if seen.as_ref() == Some(&check) {
                return Ok(Some(Redirect::to(&self.before()).into_response()));
            }
        }
        if errors.is_empty()
            && let Err(message) = is_persons(context, fields, seen.is_none())
        {
            errors.add(&self.first_field(web), message);
        }
        if !errors.is_empty() {
            let asked = self.ask(web, &check, Some(fields))?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let token = context.form_token_again(fields.token());
            return Ok(Some(self.page(token, frame, asked, errors, status)));
        }
        let is_last = self.number == self.of && !goes_back;
        check.is_complete =
            is_last && check.concern.is_some() && !check.zones.is_empty() && check.birth_on.is_some();
        let (secret, acting, kept) = (visitor_secret(context), web.visitor(context), check.clone());
        let saved = web.run(context, move |env| app::screening::save(env, &acting, &secret, seen, kept));
        match saved.await? {
            Ok(()) if is_last => Ok(Some(Redirect::to("/self-check/answer").into_response())),
            Ok(()) if goes_back => Ok(Some(Redirect::to(&self.before()).into_response())),
            Ok(()) => {
                let next = format!("/self-check/{}", self.number + 1);
                Ok(Some(Redirect::to(&next).into_response()))
            }
            Err(Failure::Refused(Refusal::ChangedMeanwhile)) => Ok(None),
            Err(failure) => {
                let (problem, words) = passing(context, failure)?;
                let asked = self.ask(web, &check, Some(fields))?;
                errors.add(&self.first_field(web), words);
                // With the same token: sent again in a moment, it is old enough.
                let token = fields.token().to_owned();
                Ok(Some(problem.told_by(self.page(token, frame, asked, errors, StatusCode::OK))))
            }
        }
    }

    fn page(
        &self,
        token: String,
        frame: &Frame,
        (title, hint, body): Asked,
        errors: FormErrorsView,
        status: StatusCode,
    ) -> Response {
        let ask = AskPage {
            frame,
            action: format!("/self-check/{}", self.number),
            number: self.number,
            of: self.of,
            title,
            hint,
            body,
            has_previous: self.number > 1,
            hidden: vec![hidden(FORM_TOKEN_FIELD, token)],
            errors,
        };
        page(status, &ask)
    }
}

fn ask_you(protocol: &Protocol, check: &SelfCheck, sent: Option<&Fields>) -> Asked {
    let chosen = match sent {
        Some(sent) => sent.one("concern").to_owned(),
        None => check.concern.as_ref().map(ToString::to_string).unwrap_or_default(),
    };
    let concern = |concern: &protocol::Concern| {
        ChoiceView::new(concern.id.as_str(), &concern.label)
            .with_hint(&concern.evidence_words)
            .chosen(concern.id.as_str() == chosen)
    };
    let typed = |name: &str, known: Option<String>| {
        sent.map_or_else(|| known.unwrap_or_default(), |sent| sent.one(name).to_owned())
    };
    let body = ScreenBody::You {
        concerns: protocol.concerns.iter().filter(|one| one.is_offered).map(concern).collect(),
        day: typed("birth_day", check.birth_on.map(|on| on.day().to_string())),
        month: typed("birth_month", check.birth_on.map(|on| on.month().to_string())),
        year: typed("birth_year", check.birth_on.map(|on| on.year().to_string())),
    };
    ("What would you like to change?".into(), "Choose what matters most.".into(), body)
}

fn read_you(
    protocol: &Protocol,
    fields: &Fields,
    today: Date,
    check: &mut SelfCheck,
    errors: &mut FormErrorsView,
) {
    match protocol.concerns.iter().find(|concern| concern.id.as_str() == fields.one("concern")) {
        Some(concern) if concern.is_offered => {
            check.concern = Some(concern.id.clone());
            check.zones.retain(|zone| concern.zones.contains(zone));
        }
        _ => errors.add("concern", "Choose what you would like to change."),
    }
    let part = |name| fields.one(name);
    let (day, month, year) = (part("birth_day"), part("birth_month"), part("birth_year"));
    let mut own = app::FormErrors::default();
    check.birth_on = app::people::parse_birth_date(day, month, year, today, &mut own);
    for (_, message) in own.iter() {
        errors.add("birth_day", message);
    }
}

/// The places that are treated for what they come for.
fn zones_of<'p>(
    protocol: &'p Protocol,
    check: &SelfCheck,
) -> impl Iterator<Item = &'p protocol::Zone> + use<'p> {
    let concern = check.concern.as_ref().and_then(|id| protocol.concern(id));
    protocol
        .treatable_zones()
        .filter(move |zone| concern.is_none_or(|concern| concern.zones.contains(&zone.id)))
}

fn ask_zones(protocol: &Protocol, check: &SelfCheck) -> Asked {
    let zones = zones_of(protocol, check);
    let zones: Vec<_> = zones.map(|zone| (crate::site::zone(zone), check.zones.contains(&zone.id))).collect();
    let maps = maps_of(&zones.iter().map(|(zone, _)| zone.id.as_str()).collect::<Vec<_>>());
    let hint = "Tick one or more. Left and right belong together.";
    ("Where on you?".into(), hint.into(), ScreenBody::Zones { zones, maps })
}

fn today(web: &Web) -> Result<Date, Problem> {
    let diary = app::diary::current(&web.env).map_err(problem)?;
    Ok(diary.rules.date_at(web.env.clock.now()))
}
