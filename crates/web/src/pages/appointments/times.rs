//! Free times as an address asks for them, for the page and for programs.

use app::appointments::{Moving, OfferedTime, TimesAsked};
use app::diary::{Diary, Rules};
use app::{Acting, Failure, Refusal};
use axum::extract::{FromRequestParts, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use jiff::Span;
use jiff::civil::Date;
use std::sync::Arc;
use vocab::{ResourceId, VisitTypeId};

use super::closed::is_open;
use crate::shell::{Context, Problem};
use crate::state::{Web, problem};

/// What an address asks: `?visit=treatment&day=2026-12-08&with=…`. Nothing about a person.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The kind of visit; `treatment` if none is named.
    pub visit: Option<String>,
    /// A local date whose times are wanted.
    pub day: Option<Date>,
    /// Any date of the month that is wanted.
    pub month: Option<Date>,
    /// A therapist.
    pub with: Option<String>,
    /// `yes`: every time of the day, not only the few that leave it most whole.
    pub all: Option<String>,
}

/// What can be asked for.
const NAMES: [&str; 5] = ["visit", "day", "month", "with", "all"];

impl Asked {
    /// What an address asks, or all that is wrong with it: each parameter by its name, and the form it has.
    pub(super) fn parse(pairs: Vec<(String, String)>) -> Result<Self, Vec<&'static str>> {
        let mut asked = Self::default();
        let mut wrong = Vec::new();
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            match name.as_str() {
                "visit" if asked.visit.is_none() && VisitTypeId::new(&value).is_ok() => {
                    asked.visit = Some(value)
                }
                "visit" => wrong.push("Write visit once, as the name of a kind of visit such as treatment."),
                "day" if asked.day.is_none() && value.parse::<Date>().is_ok() => {
                    asked.day = value.parse().ok()
                }
                "day" => wrong.push("Write day once, as a date such as 2026-12-08."),
                "month" if asked.month.is_none() && month(&value).is_some() => asked.month = month(&value),
                "month" => {
                    wrong.push("Write month once, as 2026-12, or as any date in it such as 2026-12-08.")
                }
                "with" if asked.with.is_none() && value.parse::<ResourceId>().is_ok() => {
                    asked.with = Some(value)
                }
                "with" => {
                    wrong.push("Write with once, as the id of a therapist, or leave it out for anybody.")
                }
                "all" if asked.all.is_none() => asked.all = Some(value),
                "all" => wrong.push("Write all once, as yes."),
                _ => wrong.push("Only visit, day, month, with and all can be asked for."),
            }
        }
        wrong.dedup();
        if wrong.is_empty() { Ok(asked) } else { Err(wrong) }
    }
}

/// A date of the month that is written as `2026-12`, or as one of its dates.
fn month(text: &str) -> Option<Date> {
    text.parse().or_else(|_| format!("{text}-01").parse()).ok()
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let title = "The address was not understood";
        let refuse =
            |advice: String| Problem::new(StatusCode::BAD_REQUEST, "malformed-address", title, advice);
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let Query(mut pairs) =
            pairs.map_err(|_| refuse("What follows the question mark cannot be read.".into()))?;
        if !parts.uri.path().starts_with("/api/") {
            // Links in newsletters and social networks get names of their own; a program is told what it misspelt.
            pairs.retain(|(name, _)| NAMES.contains(&name.as_str()));
        }
        Self::parse(pairs).map_err(|wrong| refuse(wrong.join(" ")))
    }
}

/// Programs are told nothing that people are not: no times while nothing can be booked.
async fn ask_open(web: &Web, context: &Context) -> Result<(), Problem> {
    match is_open(web, context).await? {
        true => Ok(()),
        false => Err(problem(Refusal::ProtocolNotSigned.into())),
    }
}

/// A question about free times, understood.
pub(super) struct Wanted {
    pub(super) diary: Arc<Diary>,
    pub(super) asked: TimesAsked,
    pub(super) today: Date,
    /// The visit that would move, if it is for a move.
    pub(super) moving: Option<Moving>,
}

impl Wanted {
    pub(super) fn new(web: &Web, asked: &Asked, not_before: Option<Date>) -> Result<Self, Problem> {
        let diary = app::diary::current(&web.env).map_err(problem)?;
        let today = diary.rules.date_at(web.env.clock.now());
        let visit = asked.visit.as_deref().unwrap_or("treatment");
        let visit_type = VisitTypeId::new(visit).map_err(|_| Problem::not_found())?;
        let practitioner = asked
            .with
            .as_deref()
            .filter(|with| !with.is_empty())
            .map(|with| with.parse::<ResourceId>().map_err(|_| Problem::not_found()))
            .transpose()?;
        let no_such = |title: &str, advice: String| {
            Err(Problem::new(StatusCode::NOT_FOUND, "not-found", title.to_owned(), advice))
        };
        if !diary.rules.visits.contains_key(&visit_type) {
            let known: Vec<&str> = diary.rules.visits.keys().map(VisitTypeId::as_str).collect();
            return no_such(
                "There is no such kind of visit",
                format!("Write visit as one of: {}.", known.join(", ")),
            );
        }
        if practitioner.is_some_and(|with| diary.rules.practitioners().all(|one| one.id != with)) {
            let advice = "Leave out with, to see the times of everybody.".into();
            return no_such("There is no such therapist", advice);
        }
        Ok(Self { diary, asked: TimesAsked { visit_type, practitioner, not_before }, today, moving: None })
    }

    /// The same question for a visit that might move.
    pub(super) fn for_move(mut self, moving: Moving) -> Self {
        self.asked.not_before = moving.not_before;
        self.moving = Some(moving);
        self
    }

    pub(super) fn rules(&self) -> &Rules {
        &self.diary.rules
    }

    pub(super) fn day(&self, web: &Web, acting: &Acting, day: Date) -> Result<Vec<OfferedTime>, Failure> {
        match &self.moving {
            Some(moving) => app::appointments::day_times_to_move(&web.env, acting, &self.asked, moving, day),
            None => app::appointments::day_times(&web.env, acting, &self.asked, day),
        }
    }

    /// The few times to show first, and how many there are. For a move all are shown: the best may be half an hour away.
    pub(super) fn offers(
        &self,
        web: &Web,
        acting: &Acting,
        day: Date,
        few: usize,
    ) -> Result<(Vec<OfferedTime>, usize), Failure> {
        if self.moving.is_some() {
            let all = self.day(web, acting, day)?;
            let count = all.len();
            return Ok((all, count));
        }
        app::appointments::day_offers(&web.env, acting, &self.asked, day, few)
    }

    pub(super) fn month(&self, web: &Web, acting: &Acting, month: Date) -> Result<Vec<(Date, u32)>, Failure> {
        let (first, last) = (month.first_of_month(), month.last_of_month());
        match &self.moving {
            Some(moving) => {
                app::appointments::month_counts_to_move(&web.env, acting, &self.asked, moving, first, last)
            }
            None => app::appointments::month_counts(&web.env, acting, &self.asked, first, last),
        }
    }

    /// The last day a visitor can book.
    pub(super) fn last_day(&self) -> Date {
        self.today.saturating_add(Span::new().days(i64::from(self.rules().clinic.settings.horizon_days)))
    }
}

/// `GET /api/times?visit=treatment&day=2026-12-08`: the free times of a local day.
///
/// `{"day", "zone", "times": [{"start", "end", "practitioners": [ids]}]}`; instants in UTC (RFC 3339), earliest first.
pub async fn day(State(web): State<Web>, context: Context, asked: Asked) -> Result<Response, Problem> {
    ask_open(&web, &context).await?;
    let wanted = Wanted::new(&web, &asked, None)?;
    let day = asked.day.unwrap_or(wanted.today);
    let times = wanted.day(&web, &web.visitor(&context), day).map_err(problem)?;
    let mut json = format!(r#"{{"day":"{day}","zone":"{}","times":["#, wanted.rules().site.zone);
    for (place, time) in times.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        json.push_str(&format!(
            r#"{comma}{{"start":"{}","end":"{}","practitioners":["#,
            time.start_at, time.end_at
        ));
        for (place, practitioner) in time.practitioners.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            json.push_str(&format!(r#"{comma}"{practitioner}""#));
        }
        json.push_str("]}");
    }
    json.push_str("]}");
    Ok(([(CONTENT_TYPE, "application/json")], json).into_response())
}

/// `GET /api/days?visit=treatment&month=2026-12`: how many times each day of a month has.
///
/// `{"zone", "days": [{"day", "times"}]}`, in order, only days that can be asked about.
pub async fn days(State(web): State<Web>, context: Context, asked: Asked) -> Result<Response, Problem> {
    ask_open(&web, &context).await?;
    let wanted = Wanted::new(&web, &asked, None)?;
    let month = asked.month.or(asked.day).unwrap_or(wanted.today);
    let counts = wanted.month(&web, &web.visitor(&context), month).map_err(problem)?;
    let mut json = format!(r#"{{"zone":"{}","days":["#, wanted.rules().site.zone);
    for (place, (day, times)) in counts.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        json.push_str(&format!(r#"{comma}{{"day":"{day}","times":{times}}}"#));
    }
    json.push_str("]}");
    Ok(([(CONTENT_TYPE, "application/json")], json).into_response())
}

#[cfg(test)]
mod tests {
    use super::Asked;
    use jiff::civil::date;

    fn parse(pairs: &[(&str, &str)]) -> Result<Asked, Vec<&'static str>> {
        Asked::parse(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    #[test]
    fn a_month_is_written_with_or_without_a_day() {
        for (text, expected) in
            [("2026-12", Some(date(2026, 12, 1))), ("2026-12-31", Some(date(2026, 12, 31))), ("", None)]
        {
            assert_eq!(parse(&[("month", text)]).unwrap().month, expected, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_the_form_it_has() {
        for (name, value, form) in [
            ("month", "2026-13", "2026-12"),
            ("month", "december", "2026-12"),
            ("day", "2026-12", "2026-12-08"),
            ("day", "2026-02-30", "2026-12-08"),
            ("visit", "<b>", "treatment"),
            ("with", "Imani", "id of a therapist"),
        ] {
            let wrong = parse(&[(name, value)]).unwrap_err();
            assert_eq!(wrong.len(), 1, "{name}={value}");
            assert!(wrong[0].contains(&format!("Write {name} ")) && wrong[0].contains(form), "{}", wrong[0]);
        }
        assert_eq!(parse(&[("month", "x"), ("day", "y")]).unwrap_err().len(), 2, "all at once");
        assert_eq!(parse(&[("day", "2026-12-08"), ("day", "2026-12-09")]).unwrap_err().len(), 1);
        assert!(parse(&[("colour", "red")]).unwrap_err()[0].contains("Only visit, day, month"));
    }
}
