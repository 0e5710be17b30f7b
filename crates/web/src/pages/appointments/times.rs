//! Free times as an address asks for them, for the page and for programs.

use app::appointments::{Moving, OfferedTime, TimesAsked};
use app::diary::{Diary, Rules};
use app::{Acting, Failure};
use axum::extract::{Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use jiff::Span;
use jiff::civil::Date;
use serde::Deserialize;
use std::sync::Arc;
use vocab::{ResourceId, VisitTypeId};

use crate::shell::{Context, Problem};
use crate::state::{Web, problem};

/// What an address asks: `?visit=treatment&day=2026-12-08&with=…`. Nothing about a person.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
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
        Ok(Self { diary, asked: TimesAsked { visit_type, practitioner, not_before }, today, moving: None })
    }

    /// The same question for a visit that might move.
    pub(super) fn to_move(mut self, moving: Moving) -> Self {
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

    /// The few times to show first, and how many there are.
    pub(super) fn offers(
        &self,
        web: &Web,
        acting: &Acting,
        day: Date,
        few: usize,
    ) -> Result<(Vec<OfferedTime>, usize), Failure> {
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
pub async fn day(
    State(web): State<Web>,
    context: Context,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
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

/// `GET /api/days?visit=treatment&month=2026-12-01`: how many times each day of a month has.
///
/// `{"zone", "days": [{"day", "times"}]}`, in order, only days that can be asked about.
pub async fn days(
    State(web): State<Web>,
    context: Context,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
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
