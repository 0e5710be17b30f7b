//! A day planned anew: around a therapist who is away, and with people from the wait list.

use std::collections::{BTreeMap, BTreeSet};

use app::{
    appointments::{OfferedTime, TimesAsked, cancel, day, day_times, overbook, show},
    day_plan::{
        AcceptFill, AcceptPlan, Accepted, AwayFrom, Change, HowToFill, Proposal, accept, accept_fill,
        note_absence, propose, propose_fill, take_absence_back,
    },
    jobs::{WRITE_LETTER, newest_messages},
};
use jiff::{Span, Timestamp, civil::Date};
use record::{AppointmentStatus, DayPart, ResourceKind};
use vocab::{AppointmentId, ResourceId};

use crate::{
    booking::{code, desk},
    house::{House, houses},
    wait_list::{empty, wanted},
};

/// A day two days from now or later on which a therapist leads at least two visits and others lead some too.
fn busy_day(house: &House) -> (Date, ResourceId) {
    let first: Date = "2026-11-26".parse().unwrap();
    let days = first.series(Span::new().days(1)).take(30);
    days.filter(|date| date.weekday() != jiff::civil::Weekday::Saturday)
        .find_map(|date| {
            let day = day(&house.env, &desk(), date).unwrap();
            let leads: Vec<ResourceId> = day.appointments.iter().map(|(one, _)| one.lead_id).collect();
            let most = *leads.iter().max_by_key(|lead| leads.iter().filter(|one| one == lead).count())?;
            let count = leads.iter().filter(|one| **one == most).count();
            (count >= 2 && leads.len() > count).then_some((date, most))
        })
        .expect("the demo has busy days")
}

fn away(house: &House, date: Date, lead: ResourceId) -> AwayFrom {
    let away = AwayFrom {
        resource_id: lead,
        from_local: date.at(0, 0, 0, 0),
        to_local: date.tomorrow().unwrap().at(0, 0, 0, 0),
    };
    note_absence(&house.env, &desk(), away).unwrap();
    away
}

/// The visits of a plan with which it does this.
fn those(proposal: &Proposal, is_so: fn(&Change) -> bool) -> BTreeSet<AppointmentId> {
    proposal.visits.iter().filter(|one| is_so(&one.change)).map(|one| one.appointment.id).collect()
}

fn moves(proposal: &Proposal) -> BTreeSet<AppointmentId> {
    those(proposal, |change| matches!(change, Change::Moves(_)))
}

/// The first move alone.
fn first_move(proposal: &Proposal) -> BTreeSet<AppointmentId> {
    moves(proposal).into_iter().take(1).collect()
}

fn plan(proposal: &Proposal, moves: BTreeSet<AppointmentId>, tell_patients: bool) -> AcceptPlan {
    AcceptPlan {
        date: proposal.day.date,
        seal: proposal.seal.clone(),
        tries: proposal.tries,
        moves,
        cancels: BTreeSet::new(),
        tell_patients,
    }
}

/// What of a day's visits can be seen or felt: when, with whom, and in which rooms with which devices.
type Seen = BTreeMap<AppointmentId, (Timestamp, Timestamp, ResourceId, BTreeSet<ResourceId>)>;

fn seen(house: &House, date: Date) -> Seen {
    let day = day(&house.env, &desk(), date).unwrap();
    let kept = day.appointments.iter().filter(|(one, _)| one.status.keeps_time());
    let all = kept.map(|(one, _)| {
        let owner = record::Owner::Appointment(one.id);
        let mine = day.occupations.iter().filter(|(whose, _)| *whose == owner);
        (one.id, (one.start_at, one.end_at, one.lead_id, mine.map(|(_, one)| one.resource_id).collect()))
    });
    all.collect()
}

/// The same as a plan says it will be with all its moves, and what it cannot keep left as it is.
fn promised(house: &House, proposal: &Proposal) -> Seen {
    let mut all = seen(house, proposal.day.date);
    for one in &proposal.visits {
        if let Change::Moves(planned) | Change::Rearranged(planned) = &one.change {
            let things = planned.occupations.iter().map(|one| one.resource_id).collect();
            all.insert(one.appointment.id, (planned.start_at, planned.end_at, planned.lead_id, things));
        }
    }
    all
}

#[test]
fn a_day_that_stands_is_left_alone() {
    for house in houses() {
        let (date, _) = busy_day(&house);
        let proposal = propose(&house.env, &desk(), date, false).unwrap();
        assert_eq!(
            (proposal.counts(), proposal.cost, proposal.is_proven),
            ((0, 0), 0, true),
            "{}",
            house.engine
        );
        assert!(propose(&house.env, &house.visitor(), date, false).is_err());
    }
}

#[test]
fn an_absence_is_planned_around_and_accepted_whole() {
    for house in houses() {
        let (date, lead) = busy_day(&house);
        away(&house, date, lead);
        let proposal = propose(&house.env, &desk(), date, false).unwrap();
        let stranded: BTreeSet<_> =
            proposal.visits.iter().filter(|one| one.is_stranded).map(|one| one.appointment.id).collect();
        assert!(stranded.len() >= 2, "{}", house.engine);
        assert!(!moves(&proposal).is_empty(), "somebody else can take over some of them");
        for one in &proposal.visits {
            match &one.change {
                Change::Stays | Change::Rearranged(_) => assert!(!one.is_stranded),
                Change::Moves(planned) => {
                    assert_ne!(planned.lead_id, lead, "{}", house.engine);
                    let minutes = planned.start_at.duration_since(one.appointment.start_at).as_mins().abs();
                    assert!(minutes <= 60, "{minutes}");
                }
                Change::CannotBeKept => assert!(one.is_stranded || one.appointment.lead_id != lead),
            }
        }
        let before = newest_messages(&house.env, &house.visitor(), 100).unwrap().len();
        let chosen = moves(&proposal);
        let cancels = those(&proposal, |change| matches!(change, Change::CannotBeKept));
        let mut expected = promised(&house, &proposal);
        expected.retain(|id, _| !cancels.contains(id));
        let command = AcceptPlan { cancels: cancels.clone(), ..plan(&proposal, chosen.clone(), false) };
        let done = accept(&house.env, &desk(), command.clone()).unwrap();
        assert_eq!((done.moved, done.cancelled), (chosen.len(), cancels.len()));
        assert_eq!(house.unguarded(), 0, "{}", house.engine);
        assert_eq!(self::seen(&house, date), expected, "{}: just what was shown", house.engine);
        for id in &chosen {
            let seen = show(&house.env, &desk(), *id).unwrap();
            let event = &seen.history.last().unwrap().event;
            assert_eq!((event.action.as_str(), event.reason.as_str()), ("appointment.move", "day plan"));
        }
        for id in &cancels {
            let seen = show(&house.env, &desk(), *id).unwrap();
            assert_eq!(seen.appointment.status, AppointmentStatus::Cancelled);
        }
        assert_eq!(code(accept(&house.env, &desk(), command)), "changed-meanwhile", "accepted twice");
        let again = propose(&house.env, &desk(), date, false).unwrap();
        assert_eq!((again.counts(), again.cost), ((0, 0), 0), "the day stands: {}", house.engine);
        let now = house.env.clock.now();
        let due = house.env.store.read(|tx| store::jobs::has_due(tx, house.env.clinic_id, now)).unwrap();
        assert!(!due, "nobody was asked for");
        assert_eq!(newest_messages(&house.env, &house.visitor(), 100).unwrap().len(), before);
    }
}

#[test]
fn a_part_is_accepted_alone_and_its_patient_told_after_the_undo_window() {
    for house in houses() {
        let (date, lead) = busy_day(&house);
        away(&house, date, lead);
        let proposal = propose(&house.env, &desk(), date, false).unwrap();
        let first = first_move(&proposal);
        let done = accept(&house.env, &desk(), plan(&proposal, first.clone(), true)).unwrap();
        assert_eq!((done.moved, done.cancelled), (1, 0), "{}", house.engine);
        assert_eq!(house.unguarded(), 0);
        let clinic = house.env.clinic_id;
        let due = |house: &House| {
            house.env.store.read(|tx| store::jobs::has_due(tx, clinic, house.env.clock.now())).unwrap()
        };
        assert!(!due(&house), "the undo window is open");
        house.pass(Span::new().seconds(120));
        assert!(due(&house), "{WRITE_LETTER}");
        let left = propose(&house.env, &desk(), date, false).unwrap();
        assert!(left.visits.iter().all(|one| !first.contains(&one.appointment.id) || !one.is_stranded));
    }
}

#[test]
fn a_plan_that_is_out_of_date_changes_nothing() {
    for house in houses() {
        let (date, lead) = busy_day(&house);
        away(&house, date, lead);
        let proposal = propose(&house.env, &desk(), date, false).unwrap();
        let chosen = moves(&proposal);
        let version = |house: &House| {
            house.env.store.read(|tx| store::diary::version(tx, house.env.clinic_id)).unwrap()
        };
        let before = version(&house);
        let refused = |command| code(accept(&house.env, &desk(), command));
        let other = AcceptPlan { seal: "another".into(), ..plan(&proposal, chosen.clone(), true) };
        assert_eq!(refused(other), "changed-meanwhile");
        let staying = those(&proposal, |change| matches!(change, Change::Stays));
        assert_eq!(refused(plan(&proposal, staying.clone(), true)), "changed-meanwhile", "it does not move");
        let off = AcceptPlan { cancels: staying, ..plan(&proposal, chosen.clone(), true) };
        assert_eq!(refused(off), "changed-meanwhile", "it is not called off");
        assert_eq!(version(&house), before, "{}", house.engine);
        let (id, sequence) = proposal
            .visits
            .iter()
            .find(|one| chosen.contains(&one.appointment.id))
            .map(|one| (one.appointment.id, one.appointment.sequence))
            .unwrap();
        cancel(&house.env, &desk(), id, sequence, false, "patient").unwrap();
        assert_eq!(refused(plan(&proposal, chosen, true)), "changed-meanwhile");
        assert_eq!(house.unguarded(), 0);
    }
}

#[test]
fn what_is_carried_out_is_what_was_shown_whoever_is_away() {
    for house in houses() {
        let first: Date = "2026-11-26".parse().unwrap();
        let people: Vec<ResourceId> =
            app::diary::current(&house.env).unwrap().rules.practitioners().map(|one| one.id).collect();
        let (mut carried_out, mut rearranged, mut lost) = (0, 0, 0);
        for date in first.series(Span::new().days(1)).take(12) {
            for lead in &people {
                let away = away(&house, date, *lead);
                let proposal = propose(&house.env, &desk(), date, false).unwrap();
                let again = propose(&house.env, &desk(), date, false).unwrap();
                assert_eq!(again.seal, proposal.seal, "the same day, the same plan");
                let chosen = moves(&proposal);
                let expected = promised(&house, &proposal);
                if !chosen.is_empty() {
                    // Also when something cannot be kept: nobody need be called off first.
                    let done = accept(&house.env, &desk(), plan(&proposal, chosen, false)).unwrap();
                    carried_out += done.moved;
                    rearranged += done.rearranged;
                    lost += those(&proposal, |change| matches!(change, Change::CannotBeKept)).len();
                }
                assert_eq!(seen(&house, date), expected, "{} {date}", house.engine);
                take_absence_back(&house.env, &desk(), *lead, away.from_local).unwrap();
            }
        }
        assert!(carried_out > 5 && rearranged > 0 && lost > 0, "{carried_out} {rearranged} {lost}");
        assert_eq!(house.unguarded(), 0, "{}", house.engine);
    }
}

#[test]
fn part_of_an_absence_noted_once_more_brings_nobody_back() {
    for house in houses() {
        let (date, lead) = busy_day(&house);
        let whole = away(&house, date, lead);
        let noted = || propose(&house.env, &desk(), date, false).unwrap().absences;
        let morning = AwayFrom { to_local: date.at(10, 0, 0, 0), ..whole };
        match note_absence(&house.env, &desk(), morning) {
            Err(app::Failure::Form(errors)) => {
                let (field, told) = errors.iter().next().unwrap();
                assert!(field == "to" && told.contains("until the end of the day"), "{told}");
            }
            other => panic!("a form error was expected, not {other:?}"),
        }
        assert_eq!(noted()[0].to_local, whole.to_local, "{}", house.engine);
        note_absence(&house.env, &desk(), whole).expect("the same once more");
        let longer = AwayFrom { to_local: date.tomorrow().unwrap().at(12, 0, 0, 0), ..whole };
        note_absence(&house.env, &desk(), longer).unwrap();
        assert_eq!((noted().len(), noted()[0].to_local), (1, longer.to_local), "{}", house.engine);
    }
}

#[test]
fn an_absence_taken_back_leaves_the_day_as_it_was() {
    for house in houses() {
        let (date, lead) = busy_day(&house);
        let away = away(&house, date, lead);
        assert!(propose(&house.env, &desk(), date, false).unwrap().cost > 0);
        take_absence_back(&house.env, &desk(), lead, away.from_local).unwrap();
        take_absence_back(&house.env, &desk(), lead, away.from_local).expect("pressed twice");
        let proposal = propose(&house.env, &desk(), date, false).unwrap();
        assert_eq!((proposal.cost, proposal.absences.len()), (0, 0), "{}", house.engine);
    }
}

#[test]
fn overbooking_is_an_extra_seat_with_a_reason_and_never_a_second_one() {
    for house in houses() {
        let taken = house.booked().appointment;
        let time = app::appointments::OfferedTime {
            start_at: taken.start_at,
            end_at: taken.end_at,
            practitioners: vec![taken.lead_id],
        };
        let command = |key: &str| {
            let mut command = house.command("consultation", &time, key);
            command.contact.email = Some(format!("{key}@example.org").parse().unwrap());
            command.contact.name = format!("{key} Example");
            command
        };
        let plain = app::appointments::book(&house.env, &desk(), command("plain"));
        assert_eq!(code(plain), "lead-busy", "{}", house.engine);
        assert!(matches!(overbook(&house.env, &desk(), command("none"), " "), Err(app::Failure::Form(_))));
        assert!(overbook(&house.env, &house.visitor(), command("visitor"), "why").is_err());
        let extra = overbook(&house.env, &desk(), command("extra"), "comes from far away").unwrap();
        assert_eq!(extra.appointment.lead_id, taken.lead_id);
        let again = overbook(&house.env, &desk(), command("extra"), "comes from far away").unwrap();
        assert!(again.is_repeat);
        assert_eq!(code(overbook(&house.env, &desk(), command("third"), "why not")), "lead-busy");
        let seen = show(&house.env, &desk(), extra.appointment.id).unwrap();
        let event = &seen.history.last().unwrap().event;
        assert_eq!(
            (event.action.as_str(), event.reason.as_str()),
            ("appointment.overbook", "comes from far away")
        );
        let date = app::diary::current(&house.env).unwrap().rules.date_at(taken.start_at);
        let day = day(&house.env, &desk(), date).unwrap();
        let owner = record::Owner::Appointment(extra.appointment.id);
        let rooms = |owner| {
            let mine = day.occupations.iter().filter(move |(whose, _)| *whose == owner);
            let kinds = mine.filter(|(_, one)| {
                day.rules.resource(one.resource_id).is_some_and(|one| one.kind == ResourceKind::Room)
            });
            kinds.map(|(_, one)| one.resource_id).collect::<BTreeSet<_>>()
        };
        let other = record::Owner::Appointment(taken.id);
        assert!(rooms(owner).is_disjoint(&rooms(other)), "a room is never had twice");
        let seats = day.occupations.iter().filter(|(whose, one)| *whose == owner && one.seat >= 1000);
        assert!(seats.count() > 0, "an extra seat of the therapist's");
        // The plan of the day leaves it where it is.
        assert_eq!(propose(&house.env, &desk(), date, false).unwrap().cost, 0, "{}", house.engine);
        assert_eq!(house.unguarded(), 0);
    }
}

#[test]
fn the_list_fills_the_gaps_of_a_day() {
    for house in houses() {
        empty(&house);
        for who in ["ann", "ben", "cleo"] {
            app::wait_list::join(&house.env, &house.visitor(), wanted(who, "consultation", None)).unwrap();
            house.pass(Span::new().seconds(1));
        }
        let (date, _) = busy_day(&house);
        let filling = propose_fill(&house.env, &desk(), date, false).unwrap();
        assert_eq!((filling.found.len(), filling.left_out), (3, 0), "{}", house.engine);
        let chosen: Vec<_> = filling
            .found
            .iter()
            .map(|one| (one.entry.id, one.planned.start_at, one.planned.lead_id))
            .collect();
        let fill = |chosen: &[_], how| AcceptFill { date, chosen: chosen.to_vec(), how };
        let asked = accept_fill(&house.env, &desk(), fill(&chosen[..1], HowToFill::Offer)).unwrap();
        assert_eq!(asked, 1);
        let now = HowToFill::Book { tell_patients: false };
        assert_eq!(accept_fill(&house.env, &desk(), fill(&chosen[1..], now)).unwrap(), 2);
        assert_eq!(code(accept_fill(&house.env, &desk(), fill(&chosen[1..], now))), "changed-meanwhile");
        assert_eq!(house.unguarded(), 0, "{}", house.engine);
        let left = app::wait_list::list(&house.env, &desk()).unwrap();
        assert_eq!((left.len(), left[0].offers.len()), (1, 1));
    }
}

#[test]
fn a_wish_for_mornings_or_evenings_is_tried_for_both() {
    for house in houses() {
        empty(&house);
        let date: Date = "2026-11-26".parse().unwrap();
        let rules = app::diary::current(&house.env).unwrap().rules.clone();
        let zone = rules.zone.clone();
        let asked = TimesAsked {
            visit_type: crate::house::name("consultation"),
            practitioner: None,
            not_before: None,
        };
        let times = day_times(&house.env, &desk(), &asked, date).unwrap();
        let evening = |time: &&OfferedTime| time.start_at.to_zoned(zone.clone()).hour() >= 17;
        let lead = times.iter().find(evening).expect("somebody is there in the evening").practitioners[0];
        let away =
            AwayFrom { resource_id: lead, from_local: date.at(0, 0, 0, 0), to_local: date.at(12, 0, 0, 0) };
        note_absence(&house.env, &desk(), away).unwrap();
        let mut wish = wanted("ann", "consultation", Some(lead));
        wish.parts = vec![DayPart::Morning, DayPart::Evening];
        app::wait_list::join(&house.env, &house.visitor(), wish).unwrap();
        let filling = propose_fill(&house.env, &desk(), date, false).unwrap();
        let found: Vec<i8> =
            filling.found.iter().map(|one| one.planned.start_at.to_zoned(zone.clone()).hour()).collect();
        assert!(found.len() == 1 && found[0] >= 17, "{}: {found:?}", house.engine);
    }
}

#[test]
fn of_a_long_list_it_is_said_how_many_were_not_tried() {
    for house in houses() {
        empty(&house);
        let (date, lead) = busy_day(&house);
        for number in 0..62 {
            let wish = wanted(&format!("w{number}"), "consultation", Some(lead));
            app::wait_list::join(&house.env, &house.visitor(), wish).unwrap();
        }
        let filling = propose_fill(&house.env, &desk(), date, false).unwrap();
        let (tried, not_tried) = (filling.found.len() + filling.left_out, filling.not_tried);
        assert_eq!((tried, not_tried), (60, 2), "{}", house.engine);
    }
}

#[test]
fn costs_are_the_clinics_and_are_checked() {
    for house in houses() {
        let owner = crate::booking::staff(record::Role::Owner);
        let costs = record::PlanCosts { drop: 500, change_lead: 0, move_minute: 3, move_minutes_max: 0 };
        assert_eq!(code(app::capacity::set_costs(&house.env, &desk(), costs, 60)), "not-found");
        let none = record::PlanCosts { drop: 0, ..costs };
        assert!(matches!(app::capacity::set_costs(&house.env, &owner, none, 60), Err(app::Failure::Form(_))));
        app::capacity::set_costs(&house.env, &owner, costs, 60).unwrap();
        let (date, lead) = busy_day(&house);
        away(&house, date, lead);
        let proposal = propose(&house.env, &desk(), date, false).unwrap();
        for one in &proposal.visits {
            if let Change::Moves(planned) = &one.change {
                assert_eq!(planned.start_at, one.appointment.start_at, "{}: nothing may move", house.engine);
            }
        }
        assert_eq!(proposal.cost % 500, 0, "a change of therapist is free now");
        let done = accept(&house.env, &desk(), plan(&proposal, moves(&proposal), false)).unwrap();
        assert_eq!(
            done,
            Accepted { moved: moves(&proposal).len(), cancelled: 0, rearranged: done.rearranged }
        );
    }
}
