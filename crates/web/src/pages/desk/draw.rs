//! Draws a day: from appointments, holds and duty to columns, blocks and empty times in minutes of the wall clock.

use std::collections::BTreeMap;

use app::{appointments::Day, screening::Cream, visit_types::EXTRA_SEATS_FROM};
use jiff::{Timestamp, civil::Date};
use record::{Appointment, AppointmentStatus, Owner, Patient, Resource};
use vocab::{AppointmentId, HoldId};

use super::{
    DeskFrame, StateView,
    appointment::{AppointmentView, NO_SELF_CHECK},
    clock,
    day::{BlockPhaseView, BlockView, ColumnView, DayPage, FlagView, ShadeView, SlotView, lay_out},
};
use crate::pages::self_check::answer::{OutcomeView, cream_word, outcome_view};
use crate::{state::Web, words};

/// A day about to be drawn, as things stand now.
pub(super) struct Drawn<'a> {
    pub(super) web: &'a Web,
    pub(super) day: &'a Day,
    pub(super) now: Timestamp,
    pub(super) open: Option<AppointmentId>,
}

impl Drawn<'_> {
    pub(super) fn page<'d>(&self, desk: &'d DeskFrame, selected: Option<AppointmentView>) -> DayPage<'d> {
        let (date, rules) = (self.day.date, &*self.day.rules);
        let today = rules.date_at(self.now);
        let mut columns: Vec<ColumnView> = rules.practitioners().map(|one| self.column(one)).collect();
        let is_closed = columns.iter().all(|column| column.shift == NOT_HERE);
        if is_closed {
            columns.iter_mut().for_each(close);
        }
        let shown = columns.iter().flat_map(|column| &column.blocks);
        let (visits, unconfirmed) = shown.fold((0, 0), |(visits, unconfirmed), block| match block.state {
            StateView::Cancelled | StateView::Held => (visits, unconfirmed),
            StateView::Unconfirmed => (visits + 1, unconfirmed + 1),
            _ => (visits + 1, unconfirmed),
        });
        let ends = columns.iter().flat_map(|column| column.blocks.iter().map(|block| (block.from, block.to)));
        let open = columns.iter().filter_map(|column| on_duty(&column.shades));
        let (from, to) = ends
            .chain(open)
            .fold((8 * 60, 18 * 60), |(from, to), (start, end)| (from.min(start), to.max(end)));
        let (from_minute, to_minute) = (from / 60 * 60, to.div_ceil(60) * 60);
        let href = |day: Option<Date>| day.map(|day| format!("/desk/day/{day}")).unwrap_or_default();
        DayPage {
            desk,
            title: words::day_long(date),
            date: date.to_string(),
            previous: href(date.yesterday().ok()),
            next: href(date.tomorrow().ok()),
            today: if date == today { String::new() } else { href(Some(today)) },
            book: format!("/desk/appointments/new?day={date}"),
            plan: if date < today { String::new() } else { format!("/desk/day/{date}/plan") },
            counts: counts(visits, unconfirmed, is_closed),
            from_minute,
            to_minute,
            now: (date == today)
                .then(|| clock::minute(self.now, date, rules))
                .filter(|now| (from_minute..=to_minute).contains(now)),
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
            _ => NOT_HERE.into(),
        };
        ColumnView {
            name: resource.name.clone(),
            shift,
            lanes,
            shades: shades(&duty),
            calls: self.calls(resource),
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

    /// From when to when each occupation of the therapist lasts, in minutes of the day, and whose it is.
    fn busy(&self, resource: &Resource) -> impl Iterator<Item = (u32, u32, Owner)> {
        let mine = self.day.occupations.iter().filter(|(_, one)| one.resource_id == resource.id);
        mine.map(|(owner, one)| {
            let minute = |at| clock::minute(at, self.day.date, &self.day.rules);
            (minute(one.from_at), minute(one.to_at), *owner)
        })
    }

    /// When the therapist is on call for a patient whom somebody else treats: their own column shows no visit then, and no
    /// visit can begin.
    fn calls(&self, resource: &Resource) -> Vec<ShadeView> {
        let mut calls: Vec<ShadeView> = Vec::new();
        for (from, to, owner) in self.busy(resource) {
            let Owner::Appointment(id) = owner else { continue };
            let whose = self.day.appointments.iter().find(|(appointment, _)| appointment.id == id);
            let Some((appointment, patient)) = whose else { continue };
            if appointment.lead_id != resource.id {
                calls.push(ShadeView { from, to, word: format!("on call: {}", patient.name) });
            }
        }
        calls.sort_by(|one, other| (one.from, one.to, &one.word).cmp(&(other.from, other.to, &other.word)));
        // Several seats of one phase are one call.
        calls.dedup_by(|one, other| (one.from, one.to, &one.word) == (other.from, other.to, &other.word));
        calls
    }

    /// What numbing cream a visit can have.
    fn cream(&self, appointment: &Appointment) -> Cream {
        self.day.screened.get(&appointment.id).map_or(Cream::Any, |screened| screened.cream)
    }

    /// What the self-check came to, unless nothing speaks against the visit, and what numbing cream it leaves, whatever
    /// else it came to; that there is none, where one is needed.
    fn screened(&self, appointment: &Appointment) -> impl Iterator<Item = FlagView> + use<> {
        let outcome = self.day.screened.get(&appointment.id).and_then(|screened| screened.outcome);
        let cream = self.cream(appointment);
        let is_missing = app::appointments::is_unscreened(&self.day.rules, appointment, outcome);
        let is_about_cream = cream != Cream::Any || outcome == Some(protocol::Outcome::NotThisProduct);
        let outcome = outcome.map(outcome_view);
        let outcome =
            outcome.filter(|one| !matches!(one, OutcomeView::Proceed | OutcomeView::NotThisProduct));
        let flag = |icon, word: &str| FlagView { icon, word: word.into() };
        let missing = is_missing.then(|| flag("alert", NO_SELF_CHECK));
        let barred = is_about_cream.then(|| flag("alert", cream_word(cream)));
        let outcome = outcome.map(|outcome| flag(outcome.icon(), outcome.word(cream)));
        missing.into_iter().chain(barred).chain(outcome)
    }

    fn block(&self, appointment: &Appointment, patient: &Patient) -> BlockView {
        let (date, rules) = (self.day.date, &*self.day.rules);
        let protocol = &self.web.env.protocol.protocol;
        let visit = protocol.visit(&appointment.visit_type);
        let there = appointment.phases.iter().filter(|phase| phase.patient_present);
        let phases = there.filter_map(|phase| {
            let known = visit?.phases.iter().find(|known| known.id == phase.name)?;
            let presence = crate::site::presence(known.staff);
            let (title, _) = known.words(self.cream(appointment));
            Some(BlockPhaseView { minutes: phase.minutes.into(), presence, word: title.to_lowercase() })
        });
        let zones: Vec<String> = appointment
            .zones
            .iter()
            .filter_map(|id| protocol.zone(id))
            .map(|zone| zone.label.to_lowercase())
            .collect();
        let title = words::visit_title(protocol, &appointment.visit_type, &self.web.site);
        let owner = Owner::Appointment(appointment.id);
        let used = self.day.occupations.iter().filter(|(whose, _)| *whose == owner);
        let is_squeezed = used.clone().any(|(_, one)| one.seat >= EXTRA_SEATS_FROM);
        let squeezed = is_squeezed.then(|| FlagView { icon: "alert", word: "squeezed in".into() });
        BlockView {
            href: format!("/desk/day/{date}?open={}#appointment", appointment.id),
            from: clock::minute(appointment.start_at, date, rules),
            to: clock::minute(appointment.end_at, date, rules),
            lane: None,
            times: format!(
                "{}–{}",
                words::clock(appointment.start_at, rules),
                words::clock(appointment.end_at, rules)
            ),
            patient: patient.name.clone(),
            title: if zones.is_empty() { title } else { format!("{title}, {}", zones.join(", ")) },
            room: super::places(rules, used.clone().map(|(_, occupation)| occupation.resource_id)).join(", "),
            state: super::state_of(appointment, self.now),
            phases: phases.collect(),
            flags: self.screened(appointment).chain(squeezed).collect(),
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
            lane: None,
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

    /// Half hours on duty in which nothing begins, to click; none that are over.
    fn slots(&self, resource: &Resource, duty: &[(u32, u32)], blocks: &[BlockView]) -> Vec<SlotView> {
        let date = self.day.date;
        let mut slots = Vec::new();
        let today = self.day.rules.date_at(self.now);
        let now = clock::minute(self.now, today, &self.day.rules);
        let busy: Vec<(u32, u32, Owner)> = self.busy(resource).collect();
        for &(from, to) in duty {
            for start in (from..to).step_by(30) {
                let end = (start + 30).min(to);
                let kept = |block: &&BlockView| block.state != StateView::Cancelled;
                let is_over = date < today || date == today && start < now;
                let is_taken = busy.iter().any(|(from, to, _)| *from < end && start < *to)
                    || blocks.iter().filter(kept).any(|block| block.from < end && start < block.to);
                if is_over || is_taken {
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

/// Beside the name of a therapist who has no duty that day.
const NOT_HERE: &str = "not here";

/// A day on which nobody is here is said to be closed once, in its head, and not by each therapist.
fn close(column: &mut ColumnView) {
    column.shift.clear();
    column.shades.iter_mut().for_each(|shade| shade.word.clear());
}

/// "11 visits, 2 unconfirmed".
fn counts(visits: usize, unconfirmed: usize, is_closed: bool) -> String {
    let visits = match (visits, is_closed) {
        (0, true) => return "Closed".into(),
        (1, _) => "1 visit".to_owned(),
        _ => format!("{visits} visits"),
    };
    let unconfirmed = if unconfirmed == 0 { String::new() } else { format!(", {unconfirmed} unconfirmed") };
    format!("{}{visits}{unconfirmed}", if is_closed { "Closed, " } else { "" })
}

/// From when until when somebody is there whose off-duty stretches these are, breaks not left out.
fn on_duty(shades: &[ShadeView]) -> Option<(u32, u32)> {
    let (first, last) = (shades.first()?, shades.last()?);
    let from = if first.from == 0 { first.to } else { 0 };
    (from < last.from).then_some((from, last.from))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_reaches_from_the_first_duty_to_the_last() {
        for (duty, expected) in [
            (&[][..], None),
            (&[(540, 1080)], Some((540, 1080))),
            (&[(540, 720), (780, 1200)], Some((540, 1200))),
            (&[(0, 720)], Some((0, 720))),
        ] {
            assert_eq!(on_duty(&shades(duty)), expected, "{duty:?}");
        }
    }

    #[test]
    fn counts_in_words() {
        for (visits, unconfirmed, is_closed, expected) in [
            (0, 0, false, "0 visits"),
            (1, 1, false, "1 visit, 1 unconfirmed"),
            (2, 0, false, "2 visits"),
            (0, 0, true, "Closed"),
            (1, 0, true, "Closed, 1 visit"),
        ] {
            assert_eq!(counts(visits, unconfirmed, is_closed), expected);
        }
    }
}
