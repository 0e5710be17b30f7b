//! Booking for somebody who rings the desk: a telephone number is enough, and and no letter is written to nobody.

use app::{
    Acting, Failure,
    appointments::{Booked, MoveAppointment, TimesAsked, book, cancel, day_times, move_to, show},
    jobs::{Outlet, newest_messages, run_due},
};
use jiff::{Span, Timestamp};

use crate::{
    booking::{code, desk},
    house::{House, houses, name},
};

struct Nowhere;

impl Outlet for Nowhere {
    fn send(&self, _: &notify::Message) -> Result<(), notify::SendError> {
        Ok(())
    }
}

fn fields<T: std::fmt::Debug>(result: Result<T, Failure>) -> Vec<&'static str> {
    match result {
        Err(Failure::Form(errors)) => errors.iter().map(|(field, _)| field).collect(),
        other => panic!("form errors were expected, not {other:?}"),
    }
}

fn by_telephone(house: &House, place: usize, name: &str, tell: bool) -> Result<Booked, Failure> {
    let time = &house.times("consultation")[place];
    let mut command = house.command("consultation", time, &format!("ring-{name}-{}", time.start_at));
    command.contact.name = name.into();
    command.contact.email = None;
    command.contact.phone = "020 7946 0999".into();
    command.tell_patient = tell;
    book(&house.env, &desk(), command)
}

#[test]
fn somebody_without_a_mail_address_is_booked_and_known_again() {
    for house in houses() {
        let first = by_telephone(&house, 0, "Rita Rings", false).unwrap().appointment;
        let again = by_telephone(&house, 8, "rita rings", false).unwrap().appointment;
        let other = by_telephone(&house, 16, "Otto Other", false).unwrap().appointment;
        assert_eq!(first.patient_id, again.patient_id, "{}: telephone and name are theirs", house.engine);
        assert_ne!(first.patient_id, other.patient_id, "{}: a shared telephone", house.engine);
        let patient = show(&house.env, &desk(), first.id).unwrap().patient;
        assert_eq!((patient.email.as_str(), patient.phone.as_str()), ("", "020 7946 0999"));
    }
}

#[test]
fn without_an_address_everything_goes_on_and_no_letter_is_written() {
    for house in houses() {
        let booked = by_telephone(&house, 0, "Rita Rings", true).unwrap().appointment;
        let later = house.times("consultation").pop().unwrap();
        let command = MoveAppointment {
            id: booked.id,
            seen_sequence: 0,
            start_at: later.start_at,
            practitioner: None,
            hold: None,
            tell_patient: true,
        };
        let moved = move_to(&house.env, &desk(), command).unwrap();
        cancel(&house.env, &desk(), moved.id, 1, true, "clinic").unwrap();
        house.pass(Span::new().minutes(5));
        while run_due(&house.env, &Nowhere).unwrap() {}
        let to_nobody = newest_messages(&house.env, &desk(), 50).unwrap();
        assert!(to_nobody.iter().all(|message| !message.to.is_empty()), "{}", house.engine);
    }
}

#[test]
fn a_visitor_cannot_do_without_an_address() {
    for house in houses() {
        let time = &house.times("consultation")[0];
        let mut command = house.command("consultation", time, "visitor");
        command.contact.email = None;
        command.contact.phone = "020 7946 0999".into();
        assert_eq!(fields(book(&house.env, &house.visitor(), command)), ["email"], "{}", house.engine);
    }
}

/// A consultation at this minute, with whoever is there.
fn at(house: &House, acting: &Acting, start_at: &str, who: &str) -> Result<Booked, Failure> {
    let mut command =
        house.command("consultation", &house.times("consultation")[0], &format!("{who}-{start_at}"));
    command.start_at = start_at.parse().unwrap();
    command.practitioner = None;
    command.contact.name = who.into();
    book(&house.env, acting, command)
}

#[test]
fn what_is_over_is_neither_offered_nor_booked() {
    for house in houses() {
        house.pass(Span::new().hours(3).minutes(10));
        let asked = TimesAsked { visit_type: name("consultation"), practitioner: None, not_before: None };
        let now: Timestamp = "2026-11-23T12:10:00Z".parse().unwrap();
        let times = day_times(&house.env, &desk(), &asked, "2026-11-23".parse().unwrap()).unwrap();
        assert!(times.iter().all(|time| time.start_at >= now), "{}: {times:?}", house.engine);
        for gone in ["2026-11-22T10:00:00Z", "2026-11-23T09:00:00Z", "2026-11-23T11:50:00Z"] {
            assert_eq!(code(at(&house, &desk(), gone, "Rita Rings")), "over", "{}: {gone}", house.engine);
        }
        let begun = at(&house, &desk(), "2026-11-23T11:55:00Z", "Rita Rings");
        assert!(
            !matches!(begun, Err(Failure::Refused(app::Refusal::Over))),
            "a quarter of an hour: {begun:?}"
        );
        let booked = house.booked().appointment;
        let to = MoveAppointment {
            id: booked.id,
            seen_sequence: 0,
            start_at: "2026-11-23T10:00:00Z".parse().unwrap(),
            practitioner: None,
            hold: None,
            tell_patient: false,
        };
        assert_eq!(code(move_to(&house.env, &desk(), to)), "over");
    }
}

#[test]
fn a_refusal_names_the_clinics_hours_before_anything_else() {
    for house in houses() {
        let advice = |start_at: &str| match at(&house, &desk(), start_at, "Rita Rings") {
            Err(Failure::Refused(refusal)) => refusal.words_at_desk().1,
            other => panic!("a refusal was expected, not {other:?}"),
        };
        let closed = advice("2026-11-29T10:00:00Z");
        assert!(closed.starts_with("The clinic is closed on Sundays."), "{closed}");
        let early = advice("2026-12-01T06:00:00Z");
        assert!(early.starts_with("On Tuesdays the clinic opens at 09:00."), "{early}");
        let late = advice("2026-12-01T22:00:00Z");
        assert!(late.starts_with("On Tuesdays the clinic closes at "), "{late}");
    }
}

#[test]
fn nobody_but_staff_learns_that_somebody_has_another_visit() {
    for house in houses() {
        let first = &house.times("consultation")[0];
        let wanted = first.start_at.to_string();
        at(&house, &desk(), &wanted, "Ada Example").unwrap();
        let again = |acting: &Acting| {
            let mut command = house.command("consultation", first, &format!("again-{:?}", acting.actor));
            command.practitioner = None;
            book(&house.env, acting, command)
        };
        assert_eq!(code(again(&house.visitor())), "not-with-these", "{}", house.engine);
        assert_eq!(code(again(&desk())), "client-busy");
    }
}

#[test]
fn a_telephone_number_typed_at_the_desk_is_not_lost() {
    for house in houses() {
        let times = house.times("consultation");
        let with_phone = |place: usize, phone: &str| {
            let mut command = house.command("consultation", &times[place], &format!("phone-{place}"));
            command.contact.phone = phone.into();
            let booked = book(&house.env, &desk(), command).unwrap();
            let details = show(&house.env, &desk(), booked.appointment.id).unwrap();
            (details.patient.phone, details.appointment.note)
        };
        assert_eq!(with_phone(0, ""), (String::new(), String::new()));
        assert_eq!(
            with_phone(8, "020 7946 0001"),
            ("020 7946 0001".into(), String::new()),
            "{}",
            house.engine
        );
        assert_eq!(with_phone(16, "+44 20-7946-0001").1, "", "the same number");
        let (phone, note) = with_phone(24, "020 7946 0002");
        assert_eq!(phone, "020 7946 0001", "a record is not written over by the way");
        assert_eq!(note, "Telephone given for this visit: 020 7946 0002");
    }
}
