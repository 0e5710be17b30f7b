//! Holding, booking, confirming, moving and calling off.

use std::thread;

use app::{
    Acting, Actor, Failure, Refusal, StaffActor,
    appointments::{
        HoldTime, MoveAppointment, OfferedTime, TimesAsked, book, cancel, come_back, confirm, day, day_times,
        held, hold, leave, move_to, show,
    },
};
use jiff::Span;
use record::{AppointmentStatus, Role};
use vocab::{OperationId, StaffId};

use crate::house::{House, houses, name, secret};

pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, Failure>) -> &'static str {
    match result {
        Err(Failure::Refused(refusal)) => refusal.code(),
        Err(Failure::NotFound) => "not-found",
        other => panic!("a refusal was expected, not {other:?}"),
    }
}

pub(crate) fn desk() -> Acting {
    staff(Role::FrontDesk)
}

pub(crate) fn staff(role: Role) -> Acting {
    let staff = StaffActor { id: StaffId::from_bits(9), name: "Desk".into(), role, resource_id: None };
    Acting { actor: Actor::Staff(staff), operation_id: OperationId::from_bits(3) }
}

#[test]
fn a_repeated_booking_is_the_same_booking() {
    for house in houses() {
        let time = &house.times("consultation")[0];
        let first = book(&house.env, &house.visitor(), house.command("consultation", time, "key")).unwrap();
        let again = book(&house.env, &house.visitor(), house.command("consultation", time, "key")).unwrap();
        assert!(!first.is_repeat && again.is_repeat, "{}", house.engine);
        assert_eq!(first.appointment.id, again.appointment.id);
        assert_eq!(first.link, again.link);
        assert_eq!(first.appointment.status, AppointmentStatus::Pending);
    }
}

#[test]
fn a_key_that_has_booked_for_one_books_for_nobody_else() {
    for house in houses() {
        let times = house.times("consultation");
        let visitor = house.visitor();
        let first = book(&house.env, &visitor, house.command("consultation", &times[0], "key")).unwrap();
        let mut other_name = house.command("consultation", &times[0], "key");
        other_name.contact.name = "Bea Example".into();
        let mut other_address = house.command("consultation", &times[0], "key");
        other_address.contact.email = Some("bea@example.org".parse().unwrap());
        let other_time = house.command("consultation", &times[1], "key");
        for other in [other_name, other_address, other_time] {
            assert_eq!(code(book(&house.env, &visitor, other)), "form-used", "{}", house.engine);
        }
        let mut same = house.command("consultation", &times[0], "key");
        same.contact.name = "ada EXAMPLE".into();
        assert!(book(&house.env, &visitor, same).unwrap().is_repeat, "a name is a name in any letters");

        // Moved since, it is still what this form has booked.
        let id = first.appointment.id;
        let to = MoveAppointment {
            id,
            seen_sequence: 0,
            start_at: times[1].start_at,
            practitioner: None,
            hold: None,
            tell_patient: true,
        };
        move_to(&house.env, &house.holder(id), to).unwrap();
        let again = book(&house.env, &visitor, house.command("consultation", &times[0], "key")).unwrap();
        assert!(again.is_repeat && again.appointment.id == id);
    }
}

#[test]
fn only_what_lapsed_keeps_the_moment_by_which_it_was_to_be_confirmed() {
    for house in houses() {
        let called_off = house.booked().appointment.id;
        let visit = cancel(&house.env, &house.holder(called_off), called_off, 0, true, "").unwrap();
        assert_eq!(visit.confirm_by_at, None, "{}", house.engine);
        let time = &house.times("consultation")[0];
        let command = house.command("consultation", time, "second");
        let lapsed = book(&house.env, &house.visitor(), command).unwrap().appointment.id;
        house.pass(Span::new().minutes(30));
        app::jobs::sweep(&house.env).unwrap();
        let seen = show(&house.env, &house.holder(lapsed), lapsed).unwrap().appointment;
        assert!(seen.status == AppointmentStatus::Cancelled && seen.confirm_by_at.is_some());
    }
}

#[test]
fn of_many_at_once_one_gets_the_time() {
    for house in houses() {
        let time = house.times("consultation")[0].clone();
        let results: Vec<_> = thread::scope(|scope| {
            let tries: Vec<_> = (0..24)
                .map(|index| {
                    let (house, time) = (&house, &time);
                    scope.spawn(move || {
                        let mut command = house.command("consultation", time, &format!("key-{index}"));
                        command.contact.email = Some(format!("p{index}@example.org").parse().unwrap());
                        book(&house.env, &house.visitor(), command)
                    })
                })
                .collect();
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let (booked, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        assert_eq!((booked.len(), refused.len()), (1, 23), "{}", house.engine);
        for one in refused {
            assert!(["lead-busy", "time-taken"].contains(&code(one)));
        }
        assert_eq!(house.unguarded(), 0);
    }
}

/// Moves the clock to a minute before `start_at` would be too soon to be asked for.
fn a_minute_before_too_soon(house: &House, start_at: jiff::Timestamp) {
    let notice = app::diary::current(&house.env).unwrap().rules.clinic.settings.min_notice_minutes;
    let last = start_at.checked_sub(Span::new().minutes(i64::from(notice) + 1)).unwrap();
    house.pass(house.env.clock.now().until(last).unwrap());
}

#[test]
fn a_time_that_is_held_does_not_become_too_soon_while_somebody_types() {
    for house in houses() {
        let (acting, time) = (house.visitor(), house.times("consultation")[0].clone());
        a_minute_before_too_soon(&house, time.start_at);
        let wanted = |visitor| HoldTime {
            visit_type: name("consultation"),
            start_at: time.start_at,
            practitioner: Some(time.practitioners[0]),
            visitor: secret(visitor),
            response: None,
        };
        let held = hold(&house.env, &acting, wanted(1)).unwrap();
        house.pass(Span::new().minutes(4));
        let mut command = house.command("consultation", &time, "typed");
        command.hold = Some((held.id, secret(2)));
        assert_eq!(code(book(&house.env, &acting, command.clone())), "too-soon", "{}", house.engine);
        command.hold = Some((held.id, secret(1)));
        assert!(book(&house.env, &acting, command).is_ok(), "{}", house.engine);
    }
}

#[test]
fn a_hold_that_has_run_out_keeps_no_notice() {
    for house in houses() {
        let (acting, time) = (house.visitor(), house.times("consultation")[0].clone());
        a_minute_before_too_soon(&house, time.start_at);
        let wanted = HoldTime {
            visit_type: name("consultation"),
            start_at: time.start_at,
            practitioner: Some(time.practitioners[0]),
            visitor: secret(1),
            response: None,
        };
        let held = hold(&house.env, &acting, wanted).unwrap();
        house.pass(Span::new().minutes(11));
        let mut command = house.command("consultation", &time, "late");
        command.hold = Some((held.id, secret(1)));
        assert_eq!(code(book(&house.env, &acting, command)), "too-soon", "{}", house.engine);
    }
}

#[test]
fn a_hold_keeps_the_time_until_it_runs_out() {
    for house in houses() {
        let times = house.times("consultation");
        let wanted = |index: usize, visitor: u64| HoldTime {
            visit_type: name("consultation"),
            start_at: times[index].start_at,
            practitioner: Some(times[index].practitioners[0]),
            visitor: secret(visitor),
            response: None,
        };
        let acting = house.visitor();
        let held = hold(&house.env, &acting, wanted(0, 1)).unwrap();
        assert_eq!(hold(&house.env, &acting, wanted(0, 1)).unwrap().id, held.id, "asked twice, held once");
        assert_eq!(code(hold(&house.env, &acting, wanted(0, 2))), "lead-busy");
        let mut with_hold = house.command("consultation", &times[0], "with-hold");
        assert_eq!(code(book(&house.env, &acting, with_hold.clone())), "lead-busy");
        with_hold.hold = Some((held.id, secret(2)));
        assert_eq!(
            code(book(&house.env, &acting, with_hold.clone())),
            "lead-busy",
            "somebody else's hold opens nothing"
        );
        with_hold.hold = Some((held.id, secret(1)));
        assert!(book(&house.env, &acting, with_hold).is_ok());

        let last = times.len() - 1;
        hold(&house.env, &acting, wanted(last, 3)).unwrap();
        house.pass(Span::new().minutes(9).seconds(59));
        assert_eq!(code(hold(&house.env, &acting, wanted(last, 4))), "lead-busy");
        house.pass(Span::new().seconds(1));
        assert!(hold(&house.env, &acting, wanted(last, 4)).is_ok(), "{}", house.engine);
        assert_eq!(house.unguarded(), 0);
    }
}

#[test]
fn a_hold_whose_page_is_left_runs_out_in_a_minute_unless_somebody_comes_back() {
    for house in houses() {
        let time = house.times("consultation").remove(0);
        let wanted = |visitor: u64| HoldTime {
            visit_type: name("consultation"),
            start_at: time.start_at,
            practitioner: Some(time.practitioners[0]),
            visitor: secret(visitor),
            response: None,
        };
        let (acting, seconds) = (house.visitor(), |count: i64| Span::new().seconds(count));
        let others = || hold(&house.env, &acting, wanted(2));
        let id = hold(&house.env, &acting, wanted(1)).unwrap().id;

        leave(&house.env, &acting, &secret(2), id).unwrap();
        house.pass(seconds(61));
        assert_eq!(code(others()), "lead-busy", "{}: a stranger cannot end it", house.engine);

        leave(&house.env, &acting, &secret(1), id).unwrap();
        house.pass(seconds(59));
        come_back(&house.env, &acting, &secret(1), id).unwrap();
        house.pass(Span::new().minutes(7));
        assert_eq!(code(others()), "lead-busy", "it lasts as long as was promised");
        leave(&house.env, &acting, &secret(1), id).unwrap();
        leave(&house.env, &acting, &secret(1), id).unwrap();
        house.pass(seconds(59));
        come_back(&house.env, &acting, &secret(1), id).unwrap();
        house.pass(seconds(1));
        assert!(others().is_ok(), "{}: and no longer", house.engine);
        come_back(&house.env, &acting, &secret(1), id).unwrap();
        assert!(held(&house.env, &acting, &secret(1)).unwrap().is_empty(), "what is gone stays gone");

        let theirs = held(&house.env, &acting, &secret(2)).unwrap().remove(0).id;
        leave(&house.env, &acting, &secret(2), theirs).unwrap();
        house.pass(seconds(60));
        assert!(hold(&house.env, &acting, wanted(1)).is_ok(), "{}: left is let go", house.engine);
        assert_eq!(house.unguarded(), 0);
    }
}

#[test]
fn one_patient_is_known_again_however_the_name_is_spaced_and_whether_or_not_a_birth_date_is_told() {
    for house in houses() {
        house.answer(&secret(5), &[]);
        let time = house.times("treatment").into_iter().next().unwrap();
        let mut treatment = house.command("treatment", &time, "treatment");
        treatment.response = Some(secret(5));
        let booked = book(&house.env, &house.visitor(), treatment).unwrap().appointment;
        let inside = |time: &&OfferedTime| {
            booked.start_at < time.start_at
                && time.end_at < booked.end_at
                && time.practitioners.iter().any(|one| *one != booked.lead_id)
        };
        let on = app::diary::current(&house.env).unwrap().rules.date_at(booked.start_at);
        let asked = TimesAsked { visit_type: name("consultation"), practitioner: None, not_before: None };
        let times = day_times(&house.env, &house.visitor(), &asked, on).unwrap();
        let time = times.iter().find(inside).expect("others have time meanwhile");
        for (key, spelled) in
            [("plain", "Ada Example"), ("spaced", "ada  EXAMPLE"), ("marked", "Áda Example")]
        {
            let mut consultation = house.command("consultation", time, key);
            consultation.practitioner = None;
            consultation.contact.name = spelled.into();
            // A stranger must not learn who is a patient here.
            for (acting, expected) in [(house.visitor(), "not-with-these"), (desk(), "client-busy")] {
                let refused = code(book(&house.env, &acting, consultation.clone()));
                assert_eq!(refused, expected, "{}: {spelled}", house.engine);
            }
        }
    }
}

#[test]
fn one_visitor_holds_two_times_at_most() {
    for house in houses() {
        let times = house.times("consultation");
        let wanted = |index: usize| HoldTime {
            visit_type: name("consultation"),
            start_at: times[index].start_at,
            practitioner: None,
            visitor: secret(1),
            response: None,
        };
        hold(&house.env, &house.visitor(), wanted(0)).unwrap();
        hold(&house.env, &house.visitor(), wanted(1)).unwrap();
        assert_eq!(code(hold(&house.env, &house.visitor(), wanted(2))), "too-many-holds");
    }
}

#[test]
fn an_address_that_is_not_confirmed_frees_the_time() {
    for house in houses() {
        let booked = house.booked();
        let id = booked.appointment.id;
        let time = house.times("consultation");
        assert!(time.iter().all(|time| time.start_at != booked.appointment.start_at
            || !time.practitioners.contains(&booked.appointment.lead_id)));
        house.pass(Span::new().minutes(30));
        app::jobs::sweep(&house.env).unwrap();
        let seen = show(&house.env, &house.holder(id), id).unwrap().appointment;
        assert_eq!(seen.status, AppointmentStatus::Cancelled, "{}", house.engine);
        assert_eq!(code(confirm(&house.env, &house.holder(id), id)), "confirmation-over");
        let times = house.times("consultation");
        assert!(times.iter().any(|time| time.start_at == booked.appointment.start_at));
        assert_eq!(house.unguarded(), 0);
    }
}

#[test]
fn a_confirmed_visit_moves_and_is_called_off_by_link() {
    for house in houses() {
        let booked = house.booked();
        let id = booked.appointment.id;
        let holder = house.holder(id);
        confirm(&house.env, &holder, id).unwrap();
        confirm(&house.env, &holder, id).expect("pressed twice");
        let times = house.times("consultation");
        let other = times.iter().rfind(|time| time.start_at != booked.appointment.start_at).unwrap();
        let command = |seen_sequence| MoveAppointment {
            id,
            seen_sequence,
            start_at: other.start_at,
            practitioner: None,
            hold: None,
            tell_patient: true,
        };
        assert_eq!(code(move_to(&house.env, &holder, command(7))), "changed-meanwhile");
        let moved = move_to(&house.env, &holder, command(0)).unwrap();
        assert_eq!((moved.start_at, moved.sequence), (other.start_at, 1));
        assert_eq!(move_to(&house.env, &holder, command(0)).unwrap().sequence, 1, "moved there already");
        assert_eq!(code(cancel(&house.env, &holder, id, 0, true, "")), "changed-meanwhile");
        let cancelled = cancel(&house.env, &holder, id, 1, true, "").unwrap();
        assert_eq!((cancelled.status, cancelled.sequence), (AppointmentStatus::Cancelled, 2));
        assert_eq!(cancel(&house.env, &holder, id, 1, true, "").unwrap().sequence, 2, "called off already");
        assert_eq!(code(move_to(&house.env, &holder, command(2))), "wrong-state", "{}", house.engine);
        assert_eq!(house.unguarded(), 0);
    }
}

#[test]
fn after_the_cut_off_the_telephone_is_named_and_the_desk_still_can() {
    for house in houses() {
        let booked = house.booked();
        let id = booked.appointment.id;
        confirm(&house.env, &house.holder(id), id).unwrap();
        let cut_off = booked.appointment.start_at.checked_sub(Span::new().hours(48)).unwrap();
        house
            .pass(house.env.clock.now().until(cut_off).unwrap().checked_sub(Span::new().seconds(1)).unwrap());
        let holder = house.holder(id);
        let late = |house: &House| cancel(&house.env, &holder, id, 0, true, "");
        house.pass(Span::new().seconds(1));
        let Err(Failure::Refused(refusal @ Refusal::PastCutOff { .. })) = late(&house) else {
            panic!("{}: too late to cancel by link", house.engine);
        };
        assert!(refusal.words().1.contains("020 7946 0123"));
        assert!(cancel(&house.env, &desk(), id, 0, false, "patient").is_ok());
    }
}

#[test]
fn others_cannot_use_a_link_that_is_not_theirs() {
    for house in houses() {
        let id = house.booked().appointment.id;
        let stranger = house.holder(vocab::AppointmentId::from_bits(5));
        assert_eq!(code(show(&house.env, &stranger, id)), "not-found");
        assert_eq!(code(confirm(&house.env, &stranger, id)), "not-found");
        assert_eq!(code(cancel(&house.env, &stranger, id, 0, true, "")), "not-found");
        assert_eq!(code(show(&house.env, &house.visitor(), id)), "not-found");
        assert_eq!(code(day(&house.env, &stranger, "2026-11-26".parse().unwrap())), "not-found");
    }
}

#[test]
fn every_change_leaves_an_event_and_every_look_a_line() {
    for house in houses() {
        let booked = house.booked();
        let id = booked.appointment.id;
        confirm(&house.env, &house.holder(id), id).unwrap();
        cancel(&house.env, &desk(), id, 0, false, "patient").unwrap();
        let seen = show(&house.env, &desk(), id).unwrap();
        let actions: Vec<&str> = seen.history.iter().map(|event| event.event.action.as_str()).collect();
        assert_eq!(
            actions,
            ["appointment.book", "appointment.confirm", "appointment.cancel"],
            "{}",
            house.engine
        );
        assert_eq!(seen.history[2].event.reason, "patient");
        let looks = house
            .env
            .store
            .read(|tx| store::access_log::of_patient(tx, house.env.clinic_id, seen.patient.id))
            .unwrap();
        assert_eq!(looks.len(), 1);
        let whole = house.env.store.read(|tx| store::audit::verify(tx, house.env.clinic_id)).unwrap();
        assert!(whole.is_ok());
    }
}

#[test]
fn visitors_look_no_further_ahead_than_the_clinic_plans() {
    for house in houses() {
        let rules = app::diary::current(&house.env).unwrap().rules.clone();
        let last = rules.furthest_day(house.env.clock.now());
        let asked = TimesAsked { visit_type: name("consultation"), practitioner: None, not_before: None };
        // As the desk is shown them, which may look further.
        let on = |day: jiff::civil::Date| day_times(&house.env, &desk(), &asked, day).unwrap();
        let first_from = |day: jiff::civil::Date| {
            let days = day.series(Span::new().days(1)).take(7);
            let on_the_grid = |time: &OfferedTime| time.start_at.as_second() % (15 * 60) == 0;
            days.flat_map(on).find(on_the_grid).expect("somebody works in that week")
        };
        let near = first_from(last.checked_sub(Span::new().days(6)).unwrap());
        let far = first_from(last.tomorrow().unwrap());
        let visitor = house.visitor();
        let keep = |time: &OfferedTime, seed| {
            let wanted = HoldTime {
                visit_type: name("consultation"),
                start_at: time.start_at,
                practitioner: None,
                visitor: secret(seed),
                response: None,
            };
            hold(&house.env, &visitor, wanted)
        };
        assert_eq!(code(keep(&far, 1)), "outside-horizon", "{}", house.engine);
        keep(&near, 1).unwrap();
        let id = house.booked().appointment.id;
        assert_eq!(
            code(book(&house.env, &visitor, house.command("consultation", &far, "far"))),
            "outside-horizon"
        );
        let there = |seen_sequence| MoveAppointment {
            id,
            seen_sequence,
            start_at: far.start_at,
            practitioner: None,
            hold: None,
            tell_patient: false,
        };
        assert_eq!(code(move_to(&house.env, &house.holder(id), there(0))), "outside-horizon");
        move_to(&house.env, &desk(), there(0)).expect("the desk looks further");
    }
}

#[test]
fn a_telephone_number_that_a_returning_visitor_types_is_not_lost() {
    for house in houses() {
        let times = house.times("consultation");
        let with_phone = |place: usize, phone: &str, note: &str| {
            let mut command = house.command("consultation", &times[place], &format!("again-{place}"));
            command.contact.phone = phone.into();
            command.note = note.into();
            let booked = book(&house.env, &house.visitor(), command).unwrap();
            let details = show(&house.env, &desk(), booked.appointment.id).unwrap();
            (details.patient.phone, details.appointment.note)
        };
        assert_eq!(with_phone(0, "", ""), (String::new(), String::new()));
        let given = "Telephone given for this visit: 020 7946 0001";
        let (phone, note) = with_phone(8, "020 7946 0001", "");
        assert_eq!((phone.as_str(), note.as_str()), ("", given), "{}: the record stays", house.engine);
        let (phone, note) = with_phone(16, "020 7946 0001", "I may be late.");
        assert_eq!((phone, note), (String::new(), format!("I may be late. ({given})")));
        let mut new = house.command("consultation", &times[24], "somebody-new");
        new.contact.name = "Nora New".into();
        new.contact.phone = "020 7946 0002".into();
        let new = book(&house.env, &house.visitor(), new).unwrap().appointment;
        let details = show(&house.env, &desk(), new.id).unwrap();
        assert_eq!(
            (details.patient.phone.as_str(), details.appointment.note.as_str()),
            ("020 7946 0002", "")
        );
    }
}
