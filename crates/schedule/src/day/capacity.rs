//! What if: how many visits a day could hold with so many therapists and rooms, and ways to use them.
//!
//! The numbers are ceilings for one kind of visit and punctual patients. They come from the same search that fills a
//! day, so each is a plan that exists; a better one may exist where the search was short.

use std::sync::Arc;

use jiff::{civil::date, tz::TimeZone};

use crate::{
    calendar::Calendar,
    model::{Claim, Phase, Query, Resource, Role, SiteFacts, Takes, VisitType, Weekly},
};

use super::{Wish, plan_day};

/// How long the parts of a visit last, in minutes that are multiples of five.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minutes {
    /// The talk at the beginning.
    pub consult: u16,
    /// Cleansing, and putting on the cream.
    pub cleanse: u16,
    /// The least and the most that the cream may act.
    pub numbing: (u16, u16),
    /// Needling itself.
    pub needling: u16,
    /// Calming the skin.
    pub calming: u16,
    /// The photograph and the discharge, outside the room.
    pub photo: u16,
    /// Making the room ready again; the last may run past closing.
    pub clean_down: u16,
}

/// How people and rooms are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// The therapist and the room stay with the patient for the whole visit.
    Held,
    /// The therapist leaves while the cream acts, always for its least time; the room stays taken.
    Gap,
    /// The cream acts as long as it suits within its limits, and any therapist does the calming.
    Phases,
    /// As phases, and one assistant can cleanse and calm.
    Assistant,
    /// As with an assistant, and the cream acts in a lounge; the patient may come back to another room.
    Lounge {
        /// How many can sit in it.
        seats: u16,
    },
}

/// Who watches over patients while the cream acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnCall {
    /// The most patients one person watches over.
    pub limit: u16,
    /// Whether somebody with hands on one patient can watch over others.
    pub while_hands_on: bool,
}

/// A clinic in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Practice {
    /// From opening to closing, at most 23 hours.
    pub open_minutes: u16,
    /// The parts of the visit.
    pub minutes: Minutes,
    /// Therapists on duty all day.
    pub therapists: u16,
    /// Rooms.
    pub rooms: u16,
    /// How both are used.
    pub scheme: Scheme,
    /// Who must be on call; `None` if nobody need be.
    pub on_call: Option<OnCall>,
}

/// What is asked of a whole table: a practice without its rooms and its way to use them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// From opening to closing, at most 23 hours.
    pub open_minutes: u16,
    /// The parts of the visit.
    pub minutes: Minutes,
    /// Therapists on duty all day.
    pub therapists: u16,
    /// Columns for 1 to so many rooms.
    pub rooms_max: u16,
    /// How many can sit in the lounge.
    pub lounge_seats: u16,
    /// Who must be on call; `None` if nobody need be.
    pub on_call: Option<OnCall>,
}

/// For each way to work, visits with 1, 2, 3 … rooms. A plan for fewer rooms is one for more, a plan that leaves a gap is one
/// of phases, and one without the assistant is one with: where the search for the better practice was short, the plan of the
/// lesser counts. `go_on` is asked as in [`capacity_while`], from 1 anew for each number.
pub fn capacities(table: &Table, go_on: &mut dyn FnMut(u64) -> bool) -> Vec<(Scheme, Vec<usize>)> {
    let Table { open_minutes, minutes, therapists, on_call, .. } = *table;
    let lounge = Scheme::Lounge { seats: table.lounge_seats };
    let mut rows: Vec<(Scheme, Vec<usize>)> = Vec::with_capacity(5);
    for scheme in [Scheme::Held, Scheme::Gap, Scheme::Phases, Scheme::Assistant, lounge] {
        let lesser = rows.last().filter(|_| matches!(scheme, Scheme::Phases | Scheme::Assistant));
        let lesser: Vec<usize> = lesser.map(|(_, visits)| visits.clone()).unwrap_or_default();
        let mut visits: Vec<usize> = Vec::with_capacity(usize::from(table.rooms_max));
        for rooms in 1..=table.rooms_max {
            let practice = Practice { open_minutes, minutes, therapists, rooms, scheme, on_call };
            let found = capacity_while(&practice, go_on);
            let before = visits.last().copied().unwrap_or(0);
            let beside = lesser.get(visits.len()).copied().unwrap_or(0);
            visits.push(found.max(before).max(beside));
        }
        rows.push((scheme, visits));
    }
    rows
}

/// Half past midnight, so that no clinic touches the day before.
const OPENS: u16 = 30;

/// How many visits a search of so many tries finds room for in one day. Practices without therapists, rooms or time hold
/// none.
pub fn capacity(practice: &Practice, tries: u64) -> usize {
    capacity_while(practice, &mut |tried| tried < tries)
}

/// The same for as long as `go_on` says, which is asked before each further try with the number of tries so far.
pub fn capacity_while(practice: &Practice, go_on: &mut dyn FnMut(u64) -> bool) -> usize {
    let day = date(2001, 1, 1);
    let visit = practice.visit();
    let Ok(calendar) = Calendar::build(Arc::new(practice.site()), day, 1, &[]) else { return 0 };
    let wish = Wish { visit: &visit, query: Query::all(day, day), drop_cost: 1, booked: None };
    let wishes = vec![wish; practice.most()];
    plan_day(&calendar, &wishes, 1, &mut |tried, _| go_on(tried)).placed.iter().flatten().count()
}

impl Practice {
    /// More visits than this cannot be: the leads' or the rooms' time would not suffice.
    fn most(&self) -> usize {
        let minutes = &self.minutes;
        let held = minutes.cleanse + minutes.numbing.0 + minutes.calming + minutes.photo;
        let lead = minutes.consult
            + minutes.needling
            + match self.scheme {
                Scheme::Held => held,
                Scheme::Gap => minutes.cleanse + minutes.calming,
                Scheme::Phases => minutes.cleanse,
                Scheme::Assistant | Scheme::Lounge { .. } => 0,
            };
        let numbing = if matches!(self.scheme, Scheme::Lounge { .. }) { 0 } else { minutes.numbing.0 };
        let room = minutes.consult
            + minutes.cleanse
            + numbing
            + minutes.needling
            + minutes.calming
            + minutes.clean_down;
        let leads = u32::from(self.open_minutes) * u32::from(self.therapists) / u32::from(lead.max(5));
        let open = u32::from(self.open_minutes) + u32::from(minutes.clean_down);
        let rooms = open / u32::from(room.max(5)) * u32::from(self.rooms)
            + if matches!(self.scheme, Scheme::Lounge { .. }) { u32::from(self.rooms) } else { 0 };
        leads.min(rooms).min(500) as usize
    }

    fn site(&self) -> SiteFacts {
        let closes = OPENS.saturating_add(self.open_minutes).min(1440);
        let until = |to: u16| vec![Weekly { weekday: 1, from: OPENS, to: to.min(1440) }];
        let resource = |key: String, kind: &str, seats: u16, to: u16| Resource {
            key: key.as_str().into(),
            kind: kind.into(),
            skills: Vec::new(),
            seats: seats.max(1),
            gap_minutes: 0,
            daily_cap: None,
            hours: until(to),
            breaks: Vec::new(),
            special_days: Vec::new(),
            away: Vec::new(),
        };
        let (seats, watchers) = match self.on_call {
            Some(rule) if rule.while_hands_on => (1, rule.limit),
            Some(rule) => (rule.limit, 0),
            None => (1, 0),
        };
        let mut resources = Vec::new();
        let mut person = |key: String, kind: &str| {
            if watchers > 0 {
                resources.push(resource(format!("{key} on call"), "watch", watchers, closes));
            }
            resources.push(resource(key, kind, seats, closes));
        };
        (0..self.therapists).for_each(|number| person(format!("T{number}"), "therapist"));
        if matches!(self.scheme, Scheme::Assistant | Scheme::Lounge { .. }) {
            person("A".to_owned(), "assistant");
        }
        for number in 0..self.rooms {
            resources.push(resource(
                format!("R{number}"),
                "room",
                1,
                closes.saturating_add(self.minutes.clean_down),
            ));
        }
        if let Scheme::Lounge { seats } = self.scheme {
            resources.push(resource("L".to_owned(), "lounge", seats, closes));
        }
        SiteFacts {
            zone: TimeZone::UTC,
            resources,
            closures: Vec::new(),
            min_notice_minutes: 0,
            offer_step_minutes: 5,
        }
    }

    fn visit(&self) -> VisitType {
        const LEAD: usize = 0;
        const ROOM: usize = 1;
        const THERAPIST: usize = 2;
        const ASSISTANT: usize = 3;
        const WATCH: usize = 4;
        const LOUNGE: usize = 5;
        const AFTER: usize = 6;
        let role = |name: &str, kinds: &[&str], keep: bool| Role {
            name: name.into(),
            kinds: kinds.iter().map(|kind| Arc::from(*kind)).collect(),
            skills: Vec::new(),
            only: Vec::new(),
            not: Vec::new(),
            keep,
        };
        let watch: &[&str] = match self.on_call {
            Some(rule) if rule.while_hands_on => &["watch"],
            _ => &["therapist", "assistant"],
        };
        let roles = vec![
            role("lead", &["therapist"], true),
            role("room", &["room"], true),
            role("therapist", &["therapist"], false),
            role("assistant", &["assistant"], false),
            role("watch", watch, false),
            role("lounge", &["lounge"], false),
            role("room after", &["room"], true),
        ];
        let lounge = matches!(self.scheme, Scheme::Lounge { .. });
        let (cleanse, calming): (&[usize], &[usize]) = match self.scheme {
            Scheme::Held | Scheme::Gap => (&[LEAD], &[LEAD]),
            Scheme::Phases => (&[LEAD], &[THERAPIST]),
            Scheme::Assistant | Scheme::Lounge { .. } => (&[ASSISTANT, LEAD], &[ASSISTANT, THERAPIST]),
        };
        let held: &[usize] = if self.scheme == Scheme::Held { &[LEAD] } else { &[] };
        let after = if lounge { AFTER } else { ROOM };
        let whole = |roles: &[usize]| Claim { roles: roles.to_vec(), takes: Takes::Whole };
        let phase = |name: &str, (min, max): (u16, u16), claims: Vec<Claim>| Phase {
            name: name.into(),
            min_minutes: min,
            max_minutes: max,
            claims: claims.into_iter().filter(|claim| !claim.roles.is_empty()).collect(),
            client: true,
            on_duty: None,
        };
        let fixed = |minutes: u16| (minutes, minutes);
        let minutes = &self.minutes;
        let numbing = match self.scheme {
            Scheme::Held | Scheme::Gap => fixed(minutes.numbing.0),
            _ => minutes.numbing,
        };
        let rest = Claim { roles: vec![if lounge { LOUNGE } else { ROOM }], takes: Takes::OneSeat };
        let mut resting = vec![rest, whole(held)];
        // Whoever stays with the patient anyway watches over them too.
        if self.on_call.is_some() && self.scheme != Scheme::Held {
            resting.push(Claim { roles: vec![WATCH], takes: Takes::OneSeat });
        }
        let phases = vec![
            phase("consult", fixed(minutes.consult), vec![whole(&[LEAD]), whole(&[ROOM])]),
            phase("cleanse", fixed(minutes.cleanse), vec![whole(cleanse), whole(&[ROOM])]),
            phase("numbing", numbing, resting),
            phase("needling", fixed(minutes.needling), vec![whole(&[LEAD]), whole(&[after])]),
            phase("calming", fixed(minutes.calming), vec![whole(calming), whole(&[after])]),
            phase("photo", fixed(minutes.photo), vec![whole(held)]),
            phase("clean-down", fixed(minutes.clean_down), vec![whole(&[after])]),
        ];
        VisitType { name: "visit".into(), roles, phases }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTES: Minutes = Minutes {
        consult: 15,
        cleanse: 10,
        numbing: (45, 60),
        needling: 30,
        calming: 15,
        photo: 5,
        clean_down: 10,
    };

    fn visits(hours: u16, therapists: u16, rooms: u16, scheme: Scheme, on_call: Option<OnCall>) -> usize {
        let practice =
            Practice { open_minutes: hours * 60, minutes: MINUTES, therapists, rooms, scheme, on_call };
        capacity(&practice, 400)
    }

    /// Ceilings that an exact solver has proven for this visit: a short search comes within one and never above.
    #[test]
    fn proven_ceilings_are_reached_within_one() {
        let lounge = Scheme::Lounge { seats: 3 };
        for (hours, therapists, rooms, scheme, most) in [
            (8, 1, 1, Scheme::Held, 3),
            (8, 1, 3, Scheme::Held, 4),
            (8, 1, 3, Scheme::Gap, 5),
            (8, 1, 3, Scheme::Phases, 5),
            (8, 1, 3, Scheme::Assistant, 8),
            (8, 1, 1, lounge, 4),
            (8, 2, 4, Scheme::Held, 8),
            (8, 2, 2, Scheme::Phases, 6),
            (8, 2, 2, lounge, 10),
            (10, 1, 2, Scheme::Gap, 7),
        ] {
            let found = visits(hours, therapists, rooms, scheme, None);
            assert!(
                (most - 1..=most).contains(&found),
                "{hours} h, {therapists}/{rooms}, {scheme:?}: {found}"
            );
        }
    }

    #[test]
    fn a_lone_therapist_who_must_be_at_hand_can_needle_nobody_else() {
        let strict = OnCall { limit: 2, while_hands_on: false };
        let loose = OnCall { while_hands_on: true, ..strict };
        assert_eq!(visits(8, 1, 3, Scheme::Phases, Some(loose)), 5);
        assert_eq!(visits(8, 1, 3, Scheme::Phases, Some(strict)), 4);
        assert_eq!(visits(0, 1, 3, Scheme::Phases, None), 0);
        assert_eq!(visits(8, 0, 3, Scheme::Phases, None), 0);
    }
}
