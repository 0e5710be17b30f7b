//! Moving by link to a time that overlaps the present one: what a visit has now does not stand in its own way, and
//! everybody else's does.

use std::thread;

use app::{
    Failure, Refusal,
    appointments::{
        Booked, HoldForMove, MoveAppointment, OfferedTime, TimesAsked, book, confirm, day_times,
        day_times_to_move, hold_for_move, move_to, moving, release, show,
    },
};
use jiff::{Span, Timestamp};
use record::Owner;
use vocab::{AppointmentId, ResourceId};

use crate::house::{House, houses, name, secret};

/// A treatment by a therapist whose day is otherwise free for half an hour after it, confirmed.
fn treated(house: &House) -> Booked {
    house.answer(&secret(1), &[]);
    let times = house.times("treatment");
    // The therapist is also free half an hour later: nothing but the visit itself will be in its way.
    let later = |time: &&OfferedTime| {
        times.iter().any(|other| {
            other.start_at == half_an_hour_after(time.start_at)
                && other.practitioners.contains(&time.practitioners[0])
        })
    };
    let time = times.iter().find(later).expect("the demo has two times half an hour apart");
    let mut command = house.command("treatment", time, "treated");
    command.response = Some(secret(1));
    let booked = book(&house.env, &house.visitor(), command).unwrap();
    confirm(&house.env, &house.holder(booked.appointment.id), booked.appointment.id).unwrap();
    booked
}

fn half_an_hour_after(at: Timestamp) -> Timestamp {
    at.checked_add(Span::new().minutes(30)).unwrap()
}

fn wish(id: AppointmentId, start_at: Timestamp, with: ResourceId, visitor: u64) -> HoldForMove {
    HoldForMove { id, start_at, practitioner: Some(with), visitor: secret(visitor) }
}

fn offered(house: &House, booked: &Booked) -> Vec<OfferedTime> {
    let id = booked.appointment.id;
    let asked = TimesAsked { visit_type: name("treatment"), practitioner: None, not_before: None };
    let date = booked.appointment.start_at.to_zoned(jiff::tz::TimeZone::get("Europe/London").unwrap()).date();
    let moving = moving(&house.env, &house.holder(id), id).unwrap();
    day_times_to_move(&house.env, &house.holder(id), &asked, &moving, date).unwrap()
}

#[test]
fn a_visit_moves_by_half_an_hour_over_its_own_time() {
    for house in houses() {
        let booked = treated(&house);
        let (id, was, with) =
            (booked.appointment.id, booked.appointment.start_at, booked.appointment.lead_id);
        let (acting, later) = (house.holder(id), half_an_hour_after(was));
        let has = |times: &[OfferedTime], at| {
            times.iter().any(|time| time.start_at == at && time.practitioners.contains(&with))
        };
        let asked = TimesAsked { visit_type: name("treatment"), practitioner: None, not_before: None };
        let date = was.to_zoned(jiff::tz::TimeZone::get("Europe/London").unwrap()).date();
        let others = day_times(&house.env, &house.visitor(), &asked, date).unwrap();
        assert!(!has(&others, later), "{}: for others the time is taken", house.engine);
        let mine = offered(&house, &booked);
        assert!(has(&mine, later) && !has(&mine, was), "{}: for the visit itself it is free", house.engine);

        let held = hold_for_move(&house.env, &acting, wish(id, later, with, 1)).unwrap();
        assert_eq!((held.start_at, held.lead_id), (later, with));
        assert_eq!(house.unguarded(), 0, "every five minutes is kept once");
        let hold = Some((held.id, secret(1)));
        let command = MoveAppointment {
            id,
            seen_sequence: 0,
            start_at: held.start_at,
            practitioner: Some(held.lead_id),
            hold,
            tell_patient: true,
        };
        let moved = move_to(&house.env, &acting, command).unwrap();
        assert_eq!((moved.start_at, moved.lead_id, moved.sequence), (later, with, 1));
        let kept = house.env.store.read(|tx| {
            let clinic = house.env.clinic_id;
            Ok::<_, store::StoreError>((
                store::diary::occupations_of(tx, clinic, Owner::Hold(held.id))?,
                store::diary::occupations_of(tx, clinic, Owner::Appointment(id))?,
            ))
        });
        let (of_hold, of_visit) = kept.unwrap();
        assert!(of_hold.is_empty() && of_visit.iter().all(|one| one.from_at >= was), "{}", house.engine);
        let fresh = offered(&house, &Booked { appointment: moved, ..booked });
        assert!(has(&fresh, was), "{}: the way back is open", house.engine);
        assert_eq!(house.unguarded(), 0);
    }
}

#[test]
fn a_hold_over_ones_own_time_that_is_let_go_leaves_the_visit_whole() {
    for house in houses() {
        let booked = treated(&house);
        let (id, later) = (booked.appointment.id, half_an_hour_after(booked.appointment.start_at));
        let acting = house.holder(id);
        let occupied = || {
            let owner = Owner::Appointment(id);
            house.env.store.read(|tx| store::diary::occupations_of(tx, house.env.clinic_id, owner)).unwrap()
        };
        let before = occupied();
        let with = booked.appointment.lead_id;
        let held = hold_for_move(&house.env, &acting, wish(id, later, with, 1)).unwrap();
        release(&house.env, &acting, &secret(1), held.id).unwrap();
        assert_eq!(occupied(), before, "{}", house.engine);
        // Let go by time, not by hand.
        hold_for_move(&house.env, &acting, wish(id, later, with, 1)).unwrap();
        house.pass(Span::new().minutes(11));
        app::jobs::sweep(&house.env).unwrap();
        assert_eq!(occupied(), before, "{}", house.engine);
        assert_eq!(house.unguarded(), 0);
    }
}

#[test]
fn a_new_time_that_is_held_does_not_become_too_soon_before_it_is_confirmed() {
    for house in houses() {
        let booked = house.booked();
        let id = booked.appointment.id;
        confirm(&house.env, &house.holder(id), id).unwrap();
        let notice = app::diary::current(&house.env).unwrap().rules.clinic.settings.min_notice_minutes;
        let near = house.times("consultation").into_iter().next().unwrap();
        // The visit itself is far enough away to be moved; the new time is just far enough to be prepared for.
        let to = MoveAppointment {
            id,
            seen_sequence: 0,
            start_at: house.later_than(booked.appointment.start_at, "consultation").start_at,
            practitioner: None,
            hold: None,
            tell_patient: true,
        };
        move_to(&house.env, &house.holder(id), to).unwrap();
        let last = near.start_at.checked_sub(Span::new().minutes(i64::from(notice) + 1)).unwrap();
        house.pass(house.env.clock.now().until(last).unwrap());
        let held =
            hold_for_move(&house.env, &house.holder(id), wish(id, near.start_at, near.practitioners[0], 1))
                .unwrap();
        house.pass(Span::new().minutes(4));
        let command = MoveAppointment {
            id,
            seen_sequence: 1,
            start_at: held.start_at,
            practitioner: Some(held.lead_id),
            hold: Some((held.id, secret(1))),
            tell_patient: true,
        };
        let moved = move_to(&house.env, &house.holder(id), command).unwrap();
        assert_eq!((moved.start_at, moved.sequence), (near.start_at, 2), "{}", house.engine);
    }
}

#[test]
fn its_own_time_is_no_new_time_and_a_stranger_has_none() {
    for house in houses() {
        let booked = treated(&house);
        let (id, was, with) =
            (booked.appointment.id, booked.appointment.start_at, booked.appointment.lead_id);
        let refused = hold_for_move(&house.env, &house.holder(id), wish(id, was, with, 1));
        assert!(matches!(refused, Err(Failure::Refused(Refusal::AlreadyThere))), "{}", house.engine);
        let stranger = house.holder(AppointmentId::from_bits(5));
        let refused = hold_for_move(&house.env, &stranger, wish(id, half_an_hour_after(was), with, 1));
        assert!(matches!(refused, Err(Failure::NotFound)));
        assert!(matches!(moving(&house.env, &stranger, id), Err(Failure::NotFound)));
        house.pass(house.env.clock.now().until(was).unwrap());
        let late = hold_for_move(&house.env, &house.holder(id), wish(id, half_an_hour_after(was), with, 1));
        assert!(matches!(late, Err(Failure::Refused(Refusal::PastCutOff { .. }))), "{}", house.engine);
    }
}

#[test]
fn movers_and_bookers_race_for_the_half_hour_after_the_visit() {
    for house in houses() {
        let booked = treated(&house);
        let (id, with) = (booked.appointment.id, booked.appointment.lead_id);
        let later = half_an_hour_after(booked.appointment.start_at);
        let after = booked.appointment.end_at;
        thread::scope(|scope| {
            for visitor in 2..14 {
                let house = &house;
                scope.spawn(move || {
                    let acting = house.holder(id);
                    let Ok(held) = hold_for_move(&house.env, &acting, wish(id, later, with, visitor)) else {
                        return;
                    };
                    let command = MoveAppointment {
                        id,
                        seen_sequence: 0,
                        start_at: held.start_at,
                        practitioner: Some(held.lead_id),
                        hold: Some((held.id, secret(visitor))),
                        tell_patient: true,
                    };
                    let _ = move_to(&house.env, &acting, command);
                });
                scope.spawn(move || {
                    let time = OfferedTime { start_at: after, end_at: after, practitioners: vec![with] };
                    let mut command = house.command("consultation", &time, &format!("after-{visitor}"));
                    command.contact.email = Some(format!("p{visitor}@example.org").parse().unwrap());
                    let _ = book(&house.env, &house.visitor(), command);
                });
            }
        });
        assert_eq!(house.unguarded(), 0, "{}", house.engine);
        let visit = show(&house.env, &house.holder(id), id).unwrap().appointment;
        let ends = if visit.sequence == 1 { later } else { booked.appointment.start_at };
        assert_eq!(visit.start_at, ends, "{}: moved once or not at all", house.engine);
        let kept = house.env.store.read(|tx| {
            store::diary::occupations_between(
                tx,
                house.env.clinic_id,
                booked.appointment.start_at,
                after.checked_add(Span::new().hours(3)).unwrap(),
            )
        });
        let mut of_lead: Vec<_> =
            kept.unwrap().into_iter().filter(|(_, one)| one.resource_id == with && one.seat == 0).collect();
        of_lead.sort_by_key(|(_, one)| one.from_at);
        assert!(of_lead.windows(2).all(|pair| pair[0].1.to_at <= pair[1].1.from_at), "{}", house.engine);
    }
}
