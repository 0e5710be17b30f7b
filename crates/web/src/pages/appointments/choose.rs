//! Choosing a time: a month with the number of times on each day, and the times of one day as one block each. Days
//! and filters are links, a time is a button that places a hold.

use super::VisitView;
use super::closed::closed;
use super::held::{HeldView, held};
use super::kept::Kept;
use super::times::{Asked, Wanted};
use crate::fields::hidden;
use crate::frame::Frame;
use crate::pages::page;
use crate::shell::{Context, Problem, csrf::FORM_TOKEN_FIELD};
use crate::state::{Web, problem};
use crate::view::{HiddenView, Presence};
use crate::words;
use app::Acting;
use app::screening::{Cream, cream_left};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Span;
use jiff::civil::Date;
use protocol::Offer;
use vocab::{ResourceId, VisitTypeId, ZoneId};

/// So many times of a day are shown first, those that leave the day most whole; the others on request.
const FEW: usize = 6;

/// The page, for a first booking and for a move.
#[derive(Debug, Template)]
#[template(path = "pages/appointments/choose.html")]
pub struct ChoosePage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// "Choose a time", "Choose another time".
    pub title: String,
    /// What is being booked: "Micro-needling, cheeks and forehead".
    pub subject: String,
    /// How long it takes and why: "about two hours, of which 40 minutes are rest".
    pub length: String,
    /// The visit that would move; none for a new booking.
    pub moving: Option<VisitView>,
    /// What went wrong with the last choice, with the way on; empty if nothing did.
    pub refusal: String,
    /// Whether what was typed for a refused time goes along to another one.
    pub keeps_typed: bool,
    /// Times that are held for this visitor already.
    pub holds: Vec<HeldView>,
    /// Whose times are shown.
    pub practitioners: Vec<FilterView>,
    /// The month.
    pub month: MonthView,
    /// The chosen day; none while no day is chosen.
    pub day: Option<DayTimesView>,
    /// Where a chosen time is sent.
    pub action: String,
    /// Tokens and what else travels with the choice.
    pub hidden: Vec<HiddenView>,
    /// How long a chosen time is held.
    pub hold_minutes: u32,
    /// Where to be told about a freed time; empty when the clinic keeps no list.
    pub wait_list: String,
}

/// One way to narrow the times down.
#[derive(Debug)]
pub struct FilterView {
    /// "Anybody", "Jonas Weidt".
    pub label: String,
    /// The same page with this filter.
    pub href: String,
    /// It is the one in force.
    pub is_current: bool,
}

/// A month, in weeks.
#[derive(Debug)]
pub struct MonthView {
    /// "December 2026".
    pub title: String,
    /// The last day that can be booked, "Monday 21 December", if it lies in this month; else empty.
    pub last_day: String,
    /// The month before; none when it lies in the past.
    pub previous: Option<String>,
    /// The month after; none beyond the booking window.
    pub next: Option<String>,
    /// Short and long names of the week's days, in the clinic's order.
    pub weekdays: Vec<(String, String)>,
    /// Weeks of seven cells; `None` outside the month.
    pub weeks: Vec<Vec<Option<DayCellView>>>,
}

/// One day of the month.
#[derive(Debug)]
pub struct DayCellView {
    /// The day of the month.
    pub number: u32,
    /// "Tuesday 8 December".
    pub words: String,
    /// How many times are free.
    pub count: u32,
    /// The same page with this day; none when nothing is free.
    pub href: Option<String>,
    /// It is the day whose times are shown.
    pub is_chosen: bool,
    /// It is today.
    pub is_today: bool,
}

impl DayCellView {
    /// One to three dots for the eye: few, some, many.
    pub fn dots(&self) -> u32 {
        match self.count {
            0 => 0,
            1..=2 => 1,
            3..=6 => 2,
            _ => 3,
        }
    }
}

/// The times of one day.
#[derive(Debug)]
pub struct DayTimesView {
    /// "Tuesday 8 December".
    pub title: String,
    /// Morning, afternoon, evening; empty ones are left out.
    pub parts: Vec<PartOfDayView>,
    /// How many times there are in all and the address that shows them, when only a few are shown.
    pub more: Option<(usize, String)>,
    /// The nearest day that has a time, when this one has none: label and address.
    pub nearest: Option<(String, String)>,
}

/// A part of the day.
#[derive(Debug)]
pub struct PartOfDayView {
    /// "Morning".
    pub title: String,
    /// Its times, in order.
    pub times: Vec<TimeView>,
}

/// One time for the whole visit.
#[derive(Debug)]
pub struct TimeView {
    /// What the server receives: start and practitioner, signed or checked there.
    pub value: String,
    /// "10:00".
    pub starts: String,
    /// "12:05".
    pub ends: String,
    /// "of which 40 min rest with cream"; may be empty.
    pub rest: String,
    /// Who treats.
    pub practitioner: String,
}

/// `GET /appointments/new?visit=…`: free times for a new visit.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    asked: Asked,
) -> Result<Response, Problem> {
    choose(&web, &context, &frame, &asked, Kept::default()).await
}

/// The page for a new visit, with what went wrong before if anything did, and what is kept of it.
pub(super) async fn choose(
    web: &Web,
    context: &Context,
    frame: &Frame,
    asked: &Asked,
    kept: Kept,
) -> Result<Response, Problem> {
    let Kept { refusal, typed } = kept;
    let status = if refusal.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
    if let Some(closed) = closed(web, context, frame, status).await? {
        return Ok(closed);
    }
    let is_treatment = asked.visit.as_deref().is_none_or(|visit| visit == "treatment");
    let mut zones = Vec::new();
    let mut not_before = None;
    let mut cream = Cream::Any;
    let check = crate::pages::self_check::ask::known(web, context).await?;
    if is_treatment && !check.is_complete {
        return Ok(Redirect::to(&crate::pages::self_check::ask::first_open(web, &check)).into_response());
    }
    if check.is_complete {
        let assessment = app::screening::assess(&web.env, &check).map_err(problem)?;
        cream = cream_left(&web.env.protocol.protocol, &assessment.not_products);
        match assessment.offer() {
            Offer::Enquiry => return Ok(Redirect::to("/self-check/answer").into_response()),
            _ if !is_treatment => {}
            Offer::Treatment => {}
            Offer::TreatmentFrom(day) => not_before = Some(day),
            _ => return Ok(Redirect::to("/self-check/answer").into_response()),
        }
        if is_treatment {
            zones = assessment.zones_left.iter().cloned().collect();
        }
    }
    let wanted = Wanted::new(web, asked, not_before)?;
    let picker = Picker {
        web,
        wanted: &wanted,
        asked,
        path: "/appointments/new",
        acting: web.visitor(context),
        cream,
    };
    let visit = &wanted.asked.visit_type;
    let mut travelling = vec![
        hidden(FORM_TOKEN_FIELD, context.form_token()),
        hidden("visit", visit.as_str()),
        hidden("with", asked.with.clone().unwrap_or_default()),
    ];
    let keeps_typed = !typed.is_empty();
    travelling.extend(typed);
    let choose = picker.page(Shown {
        frame,
        title: "Choose a time",
        subject: subject(web, visit, &zones),
        moving: None,
        refusal,
        keeps_typed,
        holds: held(web, context, asked, false).await?,
        action: "/holds",
        hidden: travelling,
    })?;
    Ok(page(status, &choose))
}

/// What is to be booked, and where on the body: "Micro-needling, cheek".
pub(super) fn subject(web: &Web, visit: &VisitTypeId, zones: &[ZoneId]) -> String {
    let protocol = &web.env.protocol.protocol;
    let zones: Vec<String> =
        zones.iter().filter_map(|id| protocol.zone(id)).map(|zone| zone.label.to_lowercase()).collect();
    let title = words::visit_title(protocol, visit, &web.site);
    if zones.is_empty() { title } else { format!("{title}, {}", zones.join(", ")) }
}

/// Finds and lays out the times of a month and a day.
pub(super) struct Picker<'a> {
    pub(super) web: &'a Web,
    pub(super) wanted: &'a Wanted,
    pub(super) asked: &'a Asked,
    pub(super) path: &'a str,
    pub(super) acting: Acting,
    /// What numbing cream the visit can have.
    pub(super) cream: Cream,
}

/// What differs between a new visit and a move.
pub(super) struct Shown<'a> {
    pub(super) frame: &'a Frame,
    pub(super) title: &'a str,
    pub(super) subject: String,
    pub(super) moving: Option<VisitView>,
    pub(super) refusal: String,
    pub(super) keeps_typed: bool,
    pub(super) holds: Vec<HeldView>,
    pub(super) action: &'a str,
    pub(super) hidden: Vec<HiddenView>,
}

impl Picker<'_> {
    pub(super) fn page<'f>(&self, shown: Shown<'f>) -> Result<ChoosePage<'f>, Problem> {
        let wanted = self.wanted;
        let earliest = wanted.asked.not_before.unwrap_or(wanted.today).max(wanted.today);
        let month = self.asked.day.or(self.asked.month).unwrap_or(earliest);
        let month = month.clamp(earliest.min(wanted.last_day()), wanted.last_day());
        let counts = wanted.month(self.web, &self.acting, month).map_err(problem)?;
        let day = self.asked.day.map(|day| self.day(day)).transpose()?;
        let wait_list = match &shown.moving {
            None => format!("/wait-list/new?visit={}", wanted.asked.visit_type),
            Some(_) => String::new(),
        };
        Ok(ChoosePage {
            frame: shown.frame,
            title: shown.title.to_owned(),
            subject: shown.subject,
            length: self.length(),
            moving: shown.moving,
            refusal: shown.refusal,
            keeps_typed: shown.keeps_typed,
            holds: shown.holds,
            practitioners: self.filters(),
            month: self.month(month, &counts),
            day,
            action: shown.action.to_owned(),
            hidden: shown.hidden,
            hold_minutes: self.wanted.rules().clinic.settings.hold_minutes,
            wait_list,
        })
    }

    fn href(&self, name: &str, date: Option<Date>, with: Option<ResourceId>) -> String {
        let visit = &self.wanted.asked.visit_type;
        let mut href = format!("{}?visit={visit}", self.path);
        if let Some(date) = date {
            href.push_str(&format!("&{name}={date}"));
        }
        if let Some(with) = with {
            href.push_str(&format!("&with={with}"));
        }
        href
    }

    fn length(&self) -> String {
        let phases =
            crate::site::phases(&self.web.env.protocol.protocol, self.wanted.asked.visit_type.as_str());
        let minutes = phases.iter().map(|phase| phase.minutes).sum();
        let rest =
            phases.iter().filter(|phase| phase.presence == Presence::OnCall).map(|phase| phase.minutes).sum();
        let whole = crate::site::about(minutes);
        match rest {
            0 => format!("It takes {whole}."),
            rest if self.cream == Cream::None => {
                format!(
                    "It takes {whole}, of which {} is rest. {}",
                    crate::site::about(rest),
                    words::NO_CREAM
                )
            }
            rest => format!(
                "It takes {whole}, of which {} is rest while the cream works.",
                crate::site::about(rest)
            ),
        }
    }

    fn filters(&self) -> Vec<FilterView> {
        let (with, day) = (self.wanted.asked.practitioner, self.asked.day);
        let date = day.or(self.asked.month);
        let name = if day.is_some() { "day" } else { "month" };
        let anybody = FilterView {
            label: "Anybody".into(),
            href: self.href(name, date, None),
            is_current: with.is_none(),
        };
        let each = self.wanted.rules().practitioners().map(|one| FilterView {
            label: one.name.clone(),
            href: self.href(name, date, Some(one.id)),
            is_current: with == Some(one.id),
        });
        std::iter::once(anybody).chain(each).collect()
    }

    fn month(&self, month: Date, counts: &[(Date, u32)]) -> MonthView {
        let with = self.wanted.asked.practitioner;
        let first = month.first_of_month();
        let last = month.last_of_month();
        let step = |date: Date| self.href("month", Some(date), with);
        let previous = first.yesterday().ok().filter(|day| *day >= self.wanted.today).map(step);
        let next = last.tomorrow().ok().filter(|day| *day <= self.wanted.last_day()).map(step);
        let blank = first.weekday().to_monday_zero_offset() as usize;
        let mut cells: Vec<Option<DayCellView>> = (0..blank).map(|_| None).collect();
        for date in first.series(Span::new().days(1)).take(month.days_in_month() as usize) {
            let count =
                counts.binary_search_by_key(&date, |(day, _)| *day).map_or(0, |place| counts[place].1);
            cells.push(Some(DayCellView {
                number: date.day().unsigned_abs().into(),
                words: words::day(date),
                count,
                href: (count > 0).then(|| self.href("day", Some(date), with)),
                is_chosen: self.asked.day == Some(date),
                is_today: date == self.wanted.today,
            }));
        }
        while !cells.len().is_multiple_of(7) {
            cells.push(None);
        }
        let mut weeks = Vec::with_capacity(6);
        while !cells.is_empty() {
            let rest = cells.split_off(7.min(cells.len()));
            weeks.push(std::mem::replace(&mut cells, rest));
        }
        let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        MonthView {
            title: words::month(first),
            last_day: match self.wanted.last_day() {
                day if (first..=last).contains(&day) => words::day(day),
                _ => String::new(),
            },
            previous,
            next,
            weekdays: weekdays.iter().map(|long| (long[..2].to_owned(), (*long).to_owned())).collect(),
            weeks,
        }
    }

    fn day(&self, day: Date) -> Result<DayTimesView, Problem> {
        let rules = self.wanted.rules();
        let few = if self.asked.all.as_deref() == Some("yes") { usize::MAX } else { FEW };
        let (times, count) = self.wanted.offers(self.web, &self.acting, day, few).map_err(problem)?;
        let rest = self.rest();
        let mut parts: Vec<PartOfDayView> = Vec::new();
        for time in &times {
            let start = words::local(time.start_at, rules);
            let title = match start.hour() {
                0..12 => "Morning",
                12..17 => "Afternoon",
                _ => "Evening",
            };
            if parts.last().is_none_or(|part| part.title != title) {
                parts.push(PartOfDayView { title: title.into(), times: Vec::new() });
            }
            let Some(part) = parts.last_mut() else { continue };
            let with = self.wanted.asked.practitioner;
            let names: Vec<&str> = time
                .practitioners
                .iter()
                .filter_map(|id| rules.resource(*id))
                .map(|one| one.name.as_str())
                .collect();
            part.times.push(TimeView {
                value: time.start_at.to_string(),
                starts: words::time(start.time()),
                ends: words::clock(time.end_at, rules),
                rest: rest.clone(),
                practitioner: match (with, names.as_slice()) {
                    (Some(_), [name, ..]) | (None, [name]) => (*name).to_owned(),
                    (None, [one, other]) => format!("{one} or {other}"),
                    (None, names) => format!("any of {} therapists", names.len()),
                    (Some(_), []) => String::new(),
                },
            });
        }
        let nearest = if times.is_empty() { self.nearest(day)? } else { None };
        let all = || format!("{}&all=yes", self.href("day", Some(day), self.wanted.asked.practitioner));
        let more = (count > times.len()).then(|| (count, all()));
        Ok(DayTimesView { title: words::day(day), parts, more, nearest })
    }

    fn rest(&self) -> String {
        let phases =
            crate::site::phases(&self.web.env.protocol.protocol, self.wanted.asked.visit_type.as_str());
        match phases
            .iter()
            .filter(|phase| phase.presence == Presence::OnCall)
            .map(|phase| phase.minutes)
            .sum()
        {
            0 => String::new(),
            minutes if self.cream == Cream::None => format!("of which {minutes} min rest"),
            minutes => format!("of which {minutes} min rest with cream"),
        }
    }

    /// The next day that has a time, as the engine explains it.
    fn nearest(&self, day: Date) -> Result<Option<(String, String)>, Problem> {
        let explained = app::appointments::explain(
            &self.web.env,
            &self.acting,
            &self.wanted.asked,
            day,
            self.wanted.last_day(),
        );
        let first = explained.map_err(problem)?.and_then(|nothing| nothing.first_possible);
        let with = self.wanted.asked.practitioner;
        Ok(first.map(|day| (format!("See {}", words::day(day)), self.href("day", Some(day), with))))
    }
}
