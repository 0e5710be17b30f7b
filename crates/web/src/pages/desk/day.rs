//! The day view: a column for each therapist, time downwards, drawn by the server. Places are classes of a grid with
//! five-minute rows (`r12 s25`), because the pages allow no inline style.

use super::appointment::AppointmentView;
use super::{DeskFrame, StateView, clock};
use crate::fields::Segment;
use crate::frame::Frame;
use crate::pages::page;
use crate::shell::{ConfirmedStaff, Context, Problem, guard::AnyStaff};
use crate::state::{Web, problem};
use crate::view::Presence;
use crate::words;
use app::appointments::Day;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Redirect, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use record::{Appointment, AppointmentStatus, Owner, Patient, Resource};
use serde::Deserialize;
use std::collections::BTreeMap;
use vocab::{AppointmentId, HoldId};

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/desk/day.html")]
pub struct DayPage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// "Tuesday 8 December 2026".
    pub title: String,
    /// `2026-12-08`.
    pub date: String,
    /// The day before.
    pub previous: String,
    /// The day after.
    pub next: String,
    /// Today; empty when this is it.
    pub today: String,
    /// An empty booking form for this day.
    pub book: String,
    /// "11 visits, 2 unconfirmed".
    pub counts: String,
    /// First minute of the day that is drawn, a full hour.
    pub from_minute: u32,
    /// Last minute that is drawn, a full hour.
    pub to_minute: u32,
    /// The minute it is now, when the page shows today.
    pub now: Option<u32>,
    /// Therapists, in their order.
    pub columns: Vec<ColumnView>,
    /// The appointment whose panel is open.
    pub selected: Option<AppointmentView>,
}

impl DayPage<'_> {
    /// The hours that are drawn: minute and "09:00".
    fn hours(&self) -> Vec<(u32, String)> {
        (self.from_minute..=self.to_minute).step_by(60).map(|at| (at, format!("{:02}:00", at / 60))).collect()
    }

    /// The class of the row at which `minute` lies.
    fn row(&self, minute: &u32) -> String {
        format!("r{}", minute.saturating_sub(self.from_minute) / 5)
    }

    /// The classes of a stretch of time, cut to what is drawn and at least one row high.
    fn place(&self, from: &u32, to: &u32) -> String {
        let from = (*from).clamp(self.from_minute, self.to_minute);
        let to = (*to).clamp(from, self.to_minute);
        format!("{} s{}", self.row(&from), ((to - from).div_ceil(5)).max(1))
    }

    /// The class of how many rows are drawn.
    fn height(&self) -> String {
        format!("rows-{}", (self.to_minute - self.from_minute) / 60)
    }
}

/// One therapist's day.
#[derive(Debug)]
pub struct ColumnView {
    /// Name.
    pub name: String,
    /// "09:00–17:00", or "not here".
    pub shift: String,
    /// How many blocks stand beside each other at most: 1 to 4.
    pub lanes: u32,
    /// Closed hours, breaks, blocked time.
    pub shades: Vec<ShadeView>,
    /// Empty times that can be clicked.
    pub slots: Vec<SlotView>,
    /// The appointments, in order of their start.
    pub blocks: Vec<BlockView>,
}

/// A stretch in which nothing can be booked.
#[derive(Debug)]
pub struct ShadeView {
    /// First minute.
    pub from: u32,
    /// Minute after the last.
    pub to: u32,
    /// "Break", "Not here"; may be empty.
    pub word: String,
}

/// A time to click.
#[derive(Debug)]
pub struct SlotView {
    /// First minute.
    pub from: u32,
    /// Minute after the last.
    pub to: u32,
    /// "Book 10:30 with Jonas Weidt".
    pub words: String,
    /// The booking form with time and therapist filled in.
    pub href: String,
}

/// One appointment in a column.
#[derive(Debug)]
pub struct BlockView {
    /// Its panel.
    pub href: String,
    /// First minute.
    pub from: u32,
    /// Minute after the last.
    pub to: u32,
    /// Which lane, counted from 0.
    pub lane: u32,
    /// "10:00–12:05".
    pub times: String,
    /// Who comes.
    pub patient: String,
    /// "Needling 2 of 4, cheeks".
    pub title: String,
    /// Where.
    pub room: String,
    /// Where it stands.
    pub state: StateView,
    /// Its phases: minutes from the start, length, what staff do, word.
    pub phases: Vec<BlockPhaseView>,
    /// Signs that need attention.
    pub flags: Vec<FlagView>,
    /// Its panel is open.
    pub is_selected: bool,
}

impl BlockView {
    /// Class of the rows a phase covers.
    fn phase_rows(&self, phase: &BlockPhaseView) -> String {
        format!("s{}", phase.minutes.div_ceil(5).max(1))
    }

    /// A short block gets one line only.
    fn size(&self) -> &'static str {
        match self.to.saturating_sub(self.from) {
            0..=20 => "tiny",
            21..=45 => "short",
            _ => "tall",
        }
    }
}

/// A sign on a block.
#[derive(Debug)]
pub struct FlagView {
    /// The icon, as `parts/icons.html` names it.
    pub icon: &'static str,
    /// "new", "consent open".
    pub word: String,
}

/// One phase of a block.
#[derive(Debug)]
pub struct BlockPhaseView {
    /// Its length.
    pub minutes: u32,
    /// What staff do meanwhile.
    pub presence: Presence,
    /// "needling"; shown where there is room.
    pub word: String,
}

/// Gives every block of a column its lane, so that blocks that overlap in time stand beside each other, and returns
/// how many lanes that takes (1 to 4; a fifth would share the last). Sorts the blocks by their start.
pub fn lay_out(blocks: &mut [BlockView]) -> u32 {
    const LANES_MAX: usize = 4;
    blocks.sort_by_key(|block| (block.from, block.to));
    let mut ends: Vec<u32> = Vec::new();
    for block in blocks {
        let free = ends.iter().position(|&end| end <= block.from);
        let lane = free.unwrap_or_else(|| {
            if ends.len() < LANES_MAX {
                ends.push(0);
            }
            ends.len() - 1
        });
        ends[lane] = ends[lane].max(block.to);
        block.lane = lane as u32;
    }
    (ends.len() as u32).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(from: u32, to: u32) -> BlockView {
        BlockView {
            href: String::new(),
            from,
            to,
            lane: 9,
            times: String::new(),
            patient: String::new(),
            title: String::new(),
            room: String::new(),
            state: StateView::Booked,
            phases: vec![],
            flags: vec![],
            is_selected: false,
        }
    }

    #[test]
    fn overlapping_blocks_stand_in_different_lanes() {
        for (times, lanes, expected) in [
            (&[][..], 1, &[][..]),
            (&[(540, 600), (600, 660)], 1, &[0, 0]),
            (&[(540, 660), (600, 630)], 2, &[0, 1]),
            (&[(600, 630), (540, 660), (660, 700)], 2, &[0, 1, 0]),
            (&[(0, 9), (0, 9), (0, 9), (0, 9), (0, 9)], 4, &[0, 1, 2, 3, 3]),
        ] {
            let mut blocks: Vec<BlockView> = times.iter().map(|&(from, to)| block(from, to)).collect();
            assert_eq!(lay_out(&mut blocks), lanes, "{times:?}");
            assert_eq!(blocks.iter().map(|block| block.lane).collect::<Vec<_>>(), expected, "{times:?}");
        }
    }

    #[test]
    fn places_are_cut_to_what_is_drawn() {
        let desk = DeskFrame {
            clinic: String::new(),
            user: String::new(),
            role: String::new(),
            theme: "",
            section: "day",
            hidden: vec![],
            news: String::new(),
            is_demo: false,
        };
        let page = DayPage {
            desk: &desk,
            title: String::new(),
            date: String::new(),
            previous: String::new(),
            next: String::new(),
            today: String::new(),
            book: String::new(),
            counts: String::new(),
            from_minute: 480,
            to_minute: 1080,
            now: None,
            columns: vec![],
            selected: None,
        };
        for (from, to, expected) in [
            (480, 485, "r0 s1"),
            (540, 665, "r12 s25"),
            (0, 500, "r0 s4"),
            (1070, 1440, "r118 s2"),
            (600, 602, "r24 s1"),
        ] {
            assert_eq!(page.place(&from, &to), expected);
        }
    }
}

/// What else the address says: which appointment is open, and what has just happened.
#[derive(Debug, Default, Deserialize)]
pub struct Opened {
    #[serde(default)]
    open: String,
    #[serde(default)]
    news: String,
}

/// `GET /desk`: today.
pub async fn today(State(web): State<Web>, _staff: ConfirmedStaff<AnyStaff>) -> Result<Redirect, Problem> {
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let today = diary.rules.date_at(web.env.clock.now());
    Ok(Redirect::to(&format!("/desk/day/{today}")))
}

/// `GET /desk/day/{date}`: the day, a column for each therapist.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<AnyStaff>,
    Segment(date): Segment<Date>,
    Query(opened): Query<Opened>,
) -> Result<Response, Problem> {
    let open: Option<AppointmentId> = opened.open.parse().ok();
    let (day, details, acting) = web
        .run_as_staff(&context, &staff, move |env, acting| {
            let day = app::appointments::day(env, acting, date)?;
            let details = match open {
                Some(id) => Some(app::appointments::show(env, acting, id)?),
                None => None,
            };
            Ok((day, details, acting.clone()))
        })
        .await?
        .map_err(problem)?;
    let desk = DeskFrame::new(&web, &context, &frame, &acting, "day", &opened.news);
    let now = web.env.clock.now();
    let selected = details.map(|details| super::appointment::view(&web, &context, &day.rules, &details, &day.occupations));
    let drawn = Drawn { web: &web, day: &day, now, open };
    Ok(page(StatusCode::OK, &drawn.page(&desk, selected)))
}

struct Drawn<'a> {
    web: &'a Web,
    day: &'a Day,
    now: Timestamp,
    open: Option<AppointmentId>,
}

impl Drawn<'_> {
    fn page<'d>(&self, desk: &'d DeskFrame, selected: Option<AppointmentView>) -> DayPage<'d> {
        let (date, rules) = (self.day.date, &*self.day.rules);
        let today = rules.date_at(self.now);
        let columns: Vec<ColumnView> = rules.practitioners().map(|one| self.column(one)).collect();
        let shown = columns.iter().flat_map(|column| &column.blocks);
        let (visits, unconfirmed) = shown.fold((0, 0), |(visits, unconfirmed), block| match block.state {
            StateView::Cancelled | StateView::Held => (visits, unconfirmed),
            StateView::Unconfirmed => (visits + 1, unconfirmed + 1),
            _ => (visits + 1, unconfirmed),
        });
        let ends = columns.iter().flat_map(|column| column.blocks.iter().map(|block| (block.from, block.to)));
        let open = columns.iter().flat_map(|column| column.slots.iter().map(|slot| (slot.from, slot.to)));
        let (from, to) = ends.chain(open).fold((8 * 60, 18 * 60), |(from, to), (start, end)| (from.min(start), to.max(end)));
        let href = |day: Option<Date>| day.map(|day| format!("/desk/day/{day}")).unwrap_or_default();
        DayPage {
            desk,
            title: words::day_long(date),
            date: date.to_string(),
            previous: href(date.yesterday().ok()),
            next: href(date.tomorrow().ok()),
            today: if date == today { String::new() } else { href(Some(today)) },
            book: format!("/desk/appointments/new?day={date}"),
            counts: match unconfirmed {
                0 => format!("{visits} visits"),
                _ => format!("{visits} visits, {unconfirmed} unconfirmed"),
            },
            from_minute: from / 60 * 60,
            to_minute: to.div_ceil(60) * 60,
            now: (date == today).then(|| clock::minute(self.now, date, rules)),
            columns,
            selected,
        }
    }

    fn column(&self, resource: &Resource) -> ColumnView {
        let duty = self.duty(resource);
        let mut blocks = self.blocks(resource);
        let lanes = lay_out(&mut blocks);
        let shift = match (duty.first(), duty.last()) {
            (Some((from, _)), Some((_, to))) => format!("{}–{}", clock::words(*from), clock::words(*to)),
            _ => "not here".into(),
        };
        ColumnView {
            name: resource.name.clone(),
            shift,
            lanes,
            shades: shades(&duty),
            slots: self.slots(resource, &duty, &blocks),
            blocks,
        }
    }

    /// When the therapist is on duty, in minutes of the day, as the schedule knows it.
    fn duty(&self, resource: &Resource) -> Vec<(u32, u32)> {
        let diary = app::diary::current(&self.web.env);
        let Ok(diary) = diary else { return Vec::new() };
        diary
            .duty(resource.id, self.day.date)
            .into_iter()
            .map(|(from, to)| {
                let date = self.day.date;
                (clock::minute(from, date, &self.day.rules), clock::minute(to, date, &self.day.rules))
            })
            .collect()
    }

    fn blocks(&self, resource: &Resource) -> Vec<BlockView> {
        let mine = self.day.appointments.iter().filter(|(appointment, _)| appointment.lead_id == resource.id);
        let mut blocks: Vec<BlockView> = mine
            .filter(|(appointment, _)| appointment.status != AppointmentStatus::EnteredInError)
            .map(|(appointment, patient)| self.block(appointment, patient))
            .collect();
        blocks.extend(self.holds(resource));
        blocks.sort_by_key(|block| (block.from, block.to));
        blocks
    }

    fn block(&self, appointment: &Appointment, patient: &Patient) -> BlockView {
        let (date, rules) = (self.day.date, &*self.day.rules);
        let protocol = &self.web.env.protocol.protocol;
        let visit = protocol.visit(&appointment.visit_type);
        let there = appointment.phases.iter().filter(|phase| phase.patient_present);
        let phases = there.filter_map(|phase| {
            let known = visit?.phases.iter().find(|known| known.id == phase.name)?;
            let presence = crate::site::presence(known.staff);
            Some(BlockPhaseView { minutes: phase.minutes.into(), presence, word: known.title.to_lowercase() })
        });
        let zones: Vec<String> =
            appointment.zones.iter().filter_map(|id| protocol.zone(id)).map(|zone| zone.label.to_lowercase()).collect();
        let title = words::visit_title(protocol, &appointment.visit_type, &self.web.site);
        let owner = Owner::Appointment(appointment.id);
        let used = self.day.occupations.iter().filter(|(whose, _)| *whose == owner);
        BlockView {
            href: format!("/desk/day/{date}?open={}", appointment.id),
            from: clock::minute(appointment.start_at, date, rules),
            to: clock::minute(appointment.end_at, date, rules),
            lane: 0,
            times: format!("{}–{}", words::clock(appointment.start_at, rules), words::clock(appointment.end_at, rules)),
            patient: patient.name.clone(),
            title: if zones.is_empty() { title } else { format!("{title}, {}", zones.join(", ")) },
            room: super::places(rules, used.map(|(_, occupation)| occupation.resource_id)).join(", "),
            state: super::state_of(appointment, self.now),
            phases: phases.collect(),
            flags: Vec::new(),
            is_selected: self.open == Some(appointment.id),
        }
    }

    /// Times that somebody holds while typing.
    fn holds(&self, resource: &Resource) -> Vec<BlockView> {
        let (date, rules) = (self.day.date, &*self.day.rules);
        let mut spans: BTreeMap<HoldId, (Timestamp, Timestamp, bool)> = BTreeMap::new();
        for (owner, occupation) in &self.day.occupations {
            let Owner::Hold(id) = owner else { continue };
            let span = spans.entry(*id).or_insert((occupation.from_at, occupation.to_at, false));
            span.0 = span.0.min(occupation.from_at);
            span.1 = span.1.max(occupation.to_at);
            span.2 |= occupation.resource_id == resource.id && occupation.phase == 0;
        }
        let mine = spans.into_values().filter(|(_, _, is_mine)| *is_mine);
        mine.map(|(from, to, _)| BlockView {
            href: format!("/desk/day/{date}"),
            from: clock::minute(from, date, rules),
            to: clock::minute(to, date, rules),
            lane: 0,
            times: format!("{}–{}", words::clock(from, rules), words::clock(to, rules)),
            patient: "somebody is booking online".into(),
            title: String::new(),
            room: String::new(),
            state: StateView::Held,
            phases: Vec::new(),
            flags: Vec::new(),
            is_selected: false,
        })
        .collect()
    }

    /// Half hours on duty in which nothing begins, to click.
    fn slots(&self, resource: &Resource, duty: &[(u32, u32)], blocks: &[BlockView]) -> Vec<SlotView> {
        let date = self.day.date;
        let mut slots = Vec::new();
        for &(from, to) in duty {
            for start in (from..to).step_by(30) {
                let end = (start + 30).min(to);
                let kept = |block: &&BlockView| block.state != StateView::Cancelled;
                if blocks.iter().filter(kept).any(|block| block.from < end && start < block.to) {
                    continue;
                }
                let time = clock::words(start);
                slots.push(SlotView {
                    from: start,
                    to: end,
                    words: format!("Book {time} with {}", resource.name),
                    href: format!("/desk/appointments/new?day={date}&time={time}&with={}", resource.id),
                });
            }
        }
        slots
    }
}

/// Off-duty stretches between midnight and midnight.
fn shades(duty: &[(u32, u32)]) -> Vec<ShadeView> {
    let mut shades = Vec::new();
    let mut from = 0;
    for (place, &(start, end)) in duty.iter().enumerate() {
        if start > from {
            let word = if place == 0 { "" } else { "Break" };
            shades.push(ShadeView { from, to: start, word: word.into() });
        }
        from = end;
    }
    let word = if duty.is_empty() { "Not here" } else { "" };
    shades.push(ShadeView { from, to: 1440, word: word.into() });
    shades
}
