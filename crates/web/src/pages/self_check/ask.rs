//! One screen of the self-check. Works as a plain form: "none of these" and "not sure" stand below every list, and
//! nothing ticked is an error, never a no.

use crate::fields::{Fields, Segment, hidden, shown};
use crate::frame::Frame;
use crate::pages::page;
use crate::shell::{Context, Problem, csrf::FORM_TOKEN_FIELD};
use crate::state::{Web, problem, visitor_secret};
use crate::view::{ChoiceView, FormErrorsView, HiddenView, ZoneView};
use app::screening::{Given, SelfCheck};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use protocol::{AnswerKind, Protocol, Rule};

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
    /// Where "back" leads; none on the first screen.
    pub back: Option<String>,
    /// Tokens and the answers so far.
    pub hidden: Vec<HiddenView>,
    /// What is wrong with the answers just sent.
    pub errors: FormErrorsView,
}

/// The kinds of screen.
#[derive(Debug)]
pub enum ScreenBody {
    /// Grouped ticks with the two answers that end every list. Field names: `answers`.
    Ticks {
        /// The statements, in groups.
        groups: Vec<TickGroupView>,
        /// "None of these".
        none: ChoiceView,
        /// "Not sure".
        unsure: ChoiceView,
    },
    /// One of several. Field name: `answer`.
    One {
        /// What can be picked.
        choices: Vec<ChoiceView>,
    },
    /// Parts of face and body beside the drawn map. Field name: `zones`.
    Zones {
        /// What can be picked; the hint may be empty.
        zones: Vec<(ZoneView, bool)>,
    },
    /// Day, month and year of birth. Field names: `birth_day`, `birth_month`, `birth_year`.
    BirthDate {
        /// As typed.
        day: String,
        /// As typed.
        month: String,
        /// As typed.
        year: String,
    },
}

/// Statements under one heading.
#[derive(Debug)]
pub struct TickGroupView {
    /// The heading; empty when the screen's title says it all.
    pub title: String,
    /// The statements.
    pub ticks: Vec<TickView>,
}

/// One statement, and what is asked when it is ticked.
#[derive(Debug)]
pub struct TickView {
    /// The statement.
    pub choice: ChoiceView,
    /// "When was that?", shown once the statement is ticked.
    pub follow_up: Option<FollowUpView>,
}

/// A question that hangs on a tick.
#[derive(Debug)]
pub struct FollowUpView {
    /// The field's name, which is also its id.
    pub name: String,
    /// The question.
    pub label: String,
    /// The answers, "not sure" among them.
    pub choices: Vec<ChoiceView>,
}

/// The screens that come before the protocol's own: why, where, when born.
const OWN_SCREENS: usize = 3;

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
    // Later screens stand on the first: whoever jumps ahead begins at the beginning.
    if number as usize > OWN_SCREENS
        && (check.concern.is_none() || check.zones.is_empty() || check.birth_on.is_none())
    {
        return Ok(Redirect::to("/self-check/1").into_response());
    }
    let asked = screen.ask(&web, &check, None);
    Ok(screen.page(&context, &frame, asked, FormErrorsView::default(), StatusCode::OK))
}

/// `POST /self-check/{number}`: keeps the answers of a screen and goes to the next, or shows what is missing.
pub async fn answer(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    Segment(number): Segment<u32>,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&["answer", "answers", "zones", "birth_day", "birth_month", "birth_year", "when-*"])?;
    let screen = Screen::new(&web, number)?;
    let mut check = known(&web, &context).await?;
    let mut errors = app::FormErrors::default();
    screen.read(&web, &fields, &mut check, &mut errors)?;
    if !errors.is_empty() {
        let asked = screen.ask(&web, &check, Some(&fields));
        return Ok(screen.page(&context, &frame, asked, shown(&errors), StatusCode::UNPROCESSABLE_ENTITY));
    }
    let is_last = number == screen.of;
    check.is_complete =
        is_last && check.concern.is_some() && !check.zones.is_empty() && check.birth_on.is_some();
    let (secret, acting) = (visitor_secret(&context), web.visitor(&context));
    web.run(&context, move |env| app::screening::save(env, &acting, &secret, check))
        .await?
        .map_err(problem)?;
    let next = if is_last { "/self-check/answer".to_owned() } else { format!("/self-check/{}", number + 1) };
    Ok(Redirect::to(&next).into_response())
}

/// What this visitor answered so far.
pub(crate) async fn known(web: &Web, context: &Context) -> Result<SelfCheck, Problem> {
    let (secret, acting) = (visitor_secret(context), web.visitor(context));
    let found = web.run(context, move |env| app::screening::load(env, &acting, &secret)).await?;
    Ok(found.map_err(problem)?.unwrap_or_default())
}

/// One of the screens, by its number.
struct Screen {
    number: u32,
    of: u32,
}

impl Screen {
    fn new(web: &Web, number: u32) -> Result<Self, Problem> {
        let of = OWN_SCREENS + web.env.protocol.protocol.self_check().len();
        let of = u32::try_from(of).map_err(|_| Problem::not_found())?;
        if (1..=of).contains(&number) { Ok(Self { number, of }) } else { Err(Problem::not_found()) }
    }

    fn rules<'p>(&self, protocol: &'p Protocol) -> Option<(&'p protocol::Screen, Vec<&'p Rule>)> {
        protocol.self_check().into_iter().nth((self.number as usize).checked_sub(OWN_SCREENS + 1)?)
    }

    /// The question: title, hint and body, filled with what is known, or with what was just sent.
    fn ask(&self, web: &Web, check: &SelfCheck, sent: Option<&Fields>) -> (String, String, ScreenBody) {
        let protocol = &web.env.protocol.protocol;
        match self.number {
            1 => {
                let choice = |concern: &protocol::Concern| {
                    ChoiceView::new(concern.id.as_str(), &concern.label)
                        .with_hint(&concern.evidence_words)
                        .chosen(check.concern.as_ref() == Some(&concern.id))
                };
                let choices =
                    protocol.concerns.iter().filter(|concern| concern.is_offered).map(choice).collect();
                (
                    "What would you like to change?".into(),
                    "Choose what matters most.".into(),
                    ScreenBody::One { choices },
                )
            }
            2 => {
                let concern = check.concern.as_ref().and_then(|id| protocol.concern(id));
                let treated =
                    |zone: &&protocol::Zone| concern.is_none_or(|concern| concern.zones.contains(&zone.id));
                let zones = protocol.treatable_zones().filter(treated);
                let zones =
                    zones.map(|zone| (crate::site::zone(zone), check.zones.contains(&zone.id))).collect();
                (
                    "Where on you?".into(),
                    "Tick one or more. Left and right belong together.".into(),
                    ScreenBody::Zones { zones },
                )
            }
            3 => {
                let typed = |name: &str, known: Option<String>| {
                    sent.map_or_else(|| known.unwrap_or_default(), |sent| sent.one(name).to_owned())
                };
                let body = ScreenBody::BirthDate {
                    day: typed("birth_day", check.birth_on.map(|on| on.day().to_string())),
                    month: typed("birth_month", check.birth_on.map(|on| on.month().to_string())),
                    year: typed("birth_year", check.birth_on.map(|on| on.year().to_string())),
                };
                (
                    "When were you born?".into(),
                    "Some rules depend on age. For example 27 3 1990.".into(),
                    body,
                )
            }
            _ => {
                let Some((screen, rules)) = self.rules(protocol) else {
                    return (String::new(), String::new(), ScreenBody::One { choices: Vec::new() });
                };
                (
                    screen.title.clone(),
                    screen.hint.clone(),
                    ticks(&rules, check, today(web).unwrap_or(Date::MAX), sent),
                )
            }
        }
    }

    fn read(
        &self,
        web: &Web,
        fields: &Fields,
        check: &mut SelfCheck,
        errors: &mut app::FormErrors,
    ) -> Result<(), Problem> {
        let protocol = &web.env.protocol.protocol;
        match self.number {
            1 => match protocol.concerns.iter().find(|concern| concern.id.as_str() == fields.one("answer")) {
                Some(concern) if concern.is_offered => check.concern = Some(concern.id.clone()),
                _ => errors.add("answer", "Choose what you would like to change."),
            },
            2 => {
                let asked: Vec<&str> = fields.all("zones").collect();
                check.zones = protocol
                    .treatable_zones()
                    .filter(|zone| asked.contains(&zone.id.as_str()))
                    .map(|zone| zone.id.clone())
                    .collect();
                if check.zones.is_empty() {
                    errors.add("zones", "Tick at least one place.");
                }
            }
            3 => {
                let today = today(web)?;
                let part = |name| fields.one(name);
                let (day, month, year) = (part("birth_day"), part("birth_month"), part("birth_year"));
                let mut own = app::FormErrors::default();
                check.birth_on = app::people::parse_birth_date(day, month, year, today, &mut own);
                for (_, message) in own.iter() {
                    errors.add("birth_day", message);
                }
            }
            _ => {
                let (_, rules) = self.rules(protocol).ok_or_else(Problem::not_found)?;
                read_ticks(&rules, fields, today(web)?, check, errors);
            }
        }
        Ok(())
    }

    fn page(
        &self,
        context: &Context,
        frame: &Frame,
        (title, hint, body): (String, String, ScreenBody),
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
            back: (self.number > 1).then(|| format!("/self-check/{}", self.number - 1)),
            hidden: vec![hidden(FORM_TOKEN_FIELD, context.form_token())],
            errors,
        };
        page(status, &ask)
    }
}

fn today(web: &Web) -> Result<Date, Problem> {
    let diary = app::diary::current(&web.env).map_err(problem)?;
    Ok(diary.rules.date_at(web.env.clock.now()))
}

/// How long ago, as people remember it: the value says the fewest days it can mean, so that a wait is never cut short.
const WHENS: [(&str, &str); 7] = [
    ("unsure", "I am not sure when"),
    ("0", "Today, or it still goes on"),
    ("1", "In the last three days"),
    ("4", "Four to seven days ago"),
    ("8", "One to two weeks ago"),
    ("15", "Two to four weeks ago"),
    ("29", "One to three months ago"),
];

fn ticks(rules: &[&Rule], check: &SelfCheck, today: Date, sent: Option<&Fields>) -> ScreenBody {
    let is_sent = |value: &str| sent.is_some_and(|sent| sent.all("answers").any(|sent| sent == value));
    let given = |rule: &Rule| check.answers.get(&rule.id);
    let tick = |rule: &&Rule| {
        let is_ticked = is_sent(rule.id.as_str())
            || matches!(given(rule), Some(Given::Yes | Given::On(_) | Given::In(_)));
        let name = format!("when-{}", rule.id);
        let follow_up = (rule.answer_kind == AnswerKind::Dated).then(|| {
            let choices = longer_ago(rule);
            let chosen = sent
                .map_or_else(|| known_when(given(rule), today, &choices), |sent| sent.one(&name).to_owned());
            FollowUpView {
                label: rule.date_question.clone().unwrap_or_else(|| "When was that?".into()),
                choices: choices
                    .into_iter()
                    .map(|(value, label)| {
                        let is_chosen = chosen == value;
                        ChoiceView::new(&value, &label).chosen(is_chosen)
                    })
                    .collect(),
                name,
            }
        });
        let mut choice = ChoiceView::new(rule.id.as_str(), &rule.label).chosen(is_ticked);
        choice.hint = rule.hint.clone().unwrap_or_default();
        TickView { choice, follow_up }
    };
    let is_answered = rules.iter().all(|rule| check.answers.contains_key(&rule.id));
    let all_no = is_answered && rules.iter().all(|rule| given(rule) == Some(&Given::No));
    let any_unsure = rules.iter().any(|rule| given(rule) == Some(&Given::Unsure));
    ScreenBody::Ticks {
        groups: vec![TickGroupView { title: String::new(), ticks: rules.iter().map(tick).collect() }],
        none: ChoiceView::new("none", "None of these").chosen(is_sent("none") || sent.is_none() && all_no),
        unsure: ChoiceView::new("unsure", "I am not sure about one of these")
            .chosen(is_sent("unsure") || sent.is_none() && any_unsure),
    }
}

/// The choice that was made before: the longest ago that the kept date is not before.
fn known_when(given: Option<&Given>, today: Date, choices: &[(String, String)]) -> String {
    let Some(Given::On(on)) = given else { return "unsure".into() };
    let days = on.until(today).map_or(0, |span| span.get_days());
    let fits = |choice: &&(String, String)| choice.0.parse::<i32>().is_ok_and(|least| least <= days);
    choices.iter().rfind(fits).map_or_else(|| "unsure".into(), |(value, _)| value.clone())
}

/// The choices of "when": what is usual, and beyond it the steps that this rule's limits need.
fn longer_ago(rule: &Rule) -> Vec<(String, String)> {
    let mut choices: Vec<(String, String)> =
        WHENS.iter().map(|(value, label)| ((*value).into(), (*label).into())).collect();
    let longest = rule.clauses.iter().filter_map(|clause| clause.when.longest_days()).max().unwrap_or(0);
    let mut from = 92;
    for (days, label) in
        [(182, "Three to six months ago"), (365, "Six months to a year ago"), (730, "One to two years ago")]
    {
        if longest >= from {
            choices.push((from.to_string(), label.into()));
            from = days + 1;
        }
    }
    choices.push((from.max(longest + 1).to_string(), "Longer ago".into()));
    choices
}

fn read_ticks(
    rules: &[&Rule],
    fields: &Fields,
    today: Date,
    check: &mut SelfCheck,
    errors: &mut app::FormErrors,
) {
    let ticked: Vec<&str> = fields.all("answers").collect();
    let has = |value: &str| ticked.contains(&value);
    let any = rules.iter().any(|rule| has(rule.id.as_str()));
    if !any && !has("none") && !has("unsure") {
        errors
            .add("answers", "Tick what applies, or “None of these”, or “I am not sure about one of these”.");
        return;
    }
    if has("none") && (any || has("unsure")) {
        errors.add("answers", "You ticked “None of these” and something else. Which is right?");
        return;
    }
    for rule in rules {
        let given = if has(rule.id.as_str()) {
            let when = fields.one(&format!("when-{}", rule.id));
            match (rule.answer_kind, when.parse::<i32>()) {
                (AnswerKind::Dated, Ok(days)) => {
                    Given::On(today.saturating_sub(jiff::Span::new().days(days.clamp(0, 36_500))))
                }
                _ => Given::Yes,
            }
        } else if has("unsure") {
            // Not sure is never a no: whatever of this screen is not ticked stays open.
            Given::Unsure
        } else {
            Given::No
        };
        check.answers.insert(rule.id.clone(), given);
    }
}
