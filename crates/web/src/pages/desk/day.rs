//! The day view: a column for each therapist, time downwards, drawn by the server. Places are classes of a grid with
//! five-minute rows (`r12 s25`), because the pages allow no inline style.

use super::appointment::AppointmentView;
use super::draw::Drawn;
use super::{DeskFrame, StateView};
use crate::fields::Segment;
use crate::frame::Frame;
use crate::pages::page;
use crate::shell::{ConfirmedStaff, Context, Problem, guard::AnyStaff};
use crate::state::{Web, problem};
use crate::view::Presence;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Redirect, Response};
use jiff::civil::Date;
use serde::Deserialize;
use vocab::AppointmentId;

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
    /// The day planned anew; empty once it is over.
    pub plan: String,
    /// "11 visits, 2 unconfirmed", "Closed".
    pub counts: String,
    /// First minute of the day that is drawn, a full hour.
    pub from_minute: u32,
    /// Last minute that is drawn, a full hour.
    pub to_minute: u32,
    /// The minute it is now, when the page shows today and that part of it.
    pub now: Option<u32>,
    /// Therapists, in their order.
    pub columns: Vec<ColumnView>,
    /// The appointment whose panel is open.
    pub selected: Option<AppointmentView>,
}

impl DayPage<'_> {
    /// The hours that are drawn: minute and "09:00".
    pub(super) fn hours(&self) -> Vec<(u32, String)> {
        (self.from_minute..=self.to_minute).step_by(60).map(|at| (at, format!("{:02}:00", at / 60))).collect()
    }

    /// The states of the visits that are drawn, in their order: what the legend explains.
    pub(super) fn states(&self) -> Vec<StateView> {
        let drawn = self.columns.iter().flat_map(|column| &column.blocks).map(|block| block.state);
        StateView::ALL.into_iter().filter(|state| drawn.clone().any(|drawn| drawn == *state)).collect()
    }

    /// The class of the row at which `minute` lies.
    pub(super) fn row(&self, minute: &u32) -> String {
        format!("r{}", minute.saturating_sub(self.from_minute) / 5)
    }

    /// The classes of a stretch of time, cut to what is drawn and at least one row high.
    pub(super) fn place(&self, from: &u32, to: &u32) -> String {
        let from = (*from).clamp(self.from_minute, self.to_minute);
        let to = (*to).clamp(from, self.to_minute);
        format!("{} s{}", self.row(&from), ((to - from).div_ceil(5)).max(1))
    }

    /// The class of how many rows are drawn.
    pub(super) fn height(&self) -> String {
        format!("rows-{}", (self.to_minute - self.from_minute) / 60)
    }
}

/// One therapist's day.
#[derive(Debug)]
pub struct ColumnView {
    /// Name.
    pub name: String,
    /// "09:00–17:00", or "not here"; empty on a closed day.
    pub shift: String,
    /// How many blocks stand beside each other at most: 1 to 4.
    pub lanes: u32,
    /// Closed hours, breaks, blocked time.
    pub shades: Vec<ShadeView>,
    /// When they are on call for somebody else's patient.
    pub calls: Vec<ShadeView>,
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
    /// "Break", "Not here", "on call: Freya Almeida"; may be empty.
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
    /// Which lane, counted from 0; none when the block has the whole width. Set by [`lay_out`].
    pub lane: Option<u32>,
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
    pub(super) fn phase_rows(&self, phase: &BlockPhaseView) -> String {
        format!("s{}", phase.minutes.div_ceil(5).max(1))
    }

    /// "10:00": what a short block shows first.
    pub(super) fn start(&self) -> &str {
        self.times.split_once('–').map_or(&self.times, |(start, _)| start)
    }

    /// "12:05".
    pub(super) fn end(&self) -> &str {
        self.times.split_once('–').map_or("", |(_, end)| end)
    }

    /// The class of its lane.
    pub(super) fn lane_class(&self) -> String {
        self.lane.map_or_else(|| "lane-all".into(), |lane| format!("lane-{lane}"))
    }

    /// A short block gets one line only.
    pub(super) fn size(&self) -> &'static str {
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

/// Gives every block of a column its lane, so that blocks that overlap in time stand beside each other while a block
/// alone keeps the whole width; returns how many lanes the column needs (1 to 4; a fifth would share the last).
/// Sorts the blocks by their start.
pub fn lay_out(blocks: &mut [BlockView]) -> u32 {
    const LANES_MAX: usize = 4;
    blocks.sort_by_key(|block| (block.from, block.to));
    let mut lanes = 1;
    // A bunch is a run of blocks linked by overlaps; lanes begin anew with each.
    for bunch in blocks.chunk_by_mut(overlaps_what_came_before()) {
        let mut ends: Vec<u32> = Vec::new();
        for block in bunch.iter_mut() {
            let free = ends.iter().position(|&end| end <= block.from);
            let lane = free.unwrap_or_else(|| {
                if ends.len() < LANES_MAX {
                    ends.push(0);
                }
                ends.len() - 1
            });
            ends[lane] = ends[lane].max(block.to);
            block.lane = Some(lane as u32);
        }
        if ends.len() == 1 {
            bunch.iter_mut().for_each(|block| block.lane = None);
        }
        lanes = lanes.max(ends.len() as u32);
    }
    lanes
}

/// Remembers the latest end of the bunch, because a long block may reach past its next neighbour.
fn overlaps_what_came_before() -> impl FnMut(&BlockView, &BlockView) -> bool {
    let mut bunch_end = 0;
    move |before, after| {
        bunch_end = bunch_end.max(before.to);
        let overlaps = after.from < bunch_end;
        if !overlaps {
            bunch_end = 0;
        }
        overlaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(from: u32, to: u32) -> BlockView {
        BlockView {
            href: String::new(),
            from,
            to,
            lane: Some(9),
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
            (&[(540, 600), (600, 660)], 1, &[None, None]),
            (&[(540, 660), (600, 630)], 2, &[Some(0), Some(1)]),
            (&[(600, 630), (540, 660), (660, 700)], 2, &[Some(0), Some(1), None]),
            (&[(540, 660), (550, 560), (570, 580)], 2, &[Some(0), Some(1), Some(1)]),
            (&[(0, 9), (0, 9), (0, 9), (0, 9), (0, 9)], 4, &[Some(0), Some(1), Some(2), Some(3), Some(3)]),
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
            sees_enquiries: false,
            sees_audit: false,
            sees_capacity: false,
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
            plan: String::new(),
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

/// A day that was typed.
#[derive(Debug, Default, Deserialize)]
pub struct Jump {
    #[serde(default)]
    date: String,
}

/// `GET /desk?date=…`: the day that was typed, or today.
pub async fn today(
    State(web): State<Web>,
    _staff: ConfirmedStaff<AnyStaff>,
    Query(Jump { date }): Query<Jump>,
) -> Result<Redirect, Problem> {
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let day = date.parse().unwrap_or_else(|_| diary.rules.date_at(web.env.clock.now()));
    Ok(Redirect::to(&format!("/desk/day/{day}")))
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
    let selected = details.map(|details| super::appointment::view(&web, &context, &day.rules, &details));
    let drawn = Drawn { web: &web, day: &day, now, open };
    Ok(page(StatusCode::OK, &drawn.page(&desk, selected)))
}
