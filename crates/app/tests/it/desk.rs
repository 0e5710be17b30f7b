//! Booking for somebody who rings the desk: a telephone number is enough, and no letter is promised to nobody.

use app::{
    Failure,
    appointments::{Booked, MoveAppointment, book, cancel, move_to, show},
    jobs::{Outlet, newest_messages, run_due},
};
use jiff::Span;

use crate::{
    booking::desk,
    house::{House, houses},
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
fn no_letter_is_promised_or_written_without_an_address() {
    for house in houses() {
        assert_eq!(fields(by_telephone(&house, 0, "Rita Rings", true)), ["tell_patient"]);
        let booked = by_telephone(&house, 0, "Rita Rings", false).unwrap().appointment;
        let later = house.times("consultation").pop().unwrap();
        let command = |tell_patient| MoveAppointment {
            id: booked.id,
            seen_sequence: 0,
            start_at: later.start_at,
            practitioner: None,
            hold: None,
            tell_patient,
        };
        assert_eq!(fields(move_to(&house.env, &desk(), command(true))), ["tell_patient"]);
        let moved = move_to(&house.env, &desk(), command(false)).unwrap();
        assert_eq!(fields(cancel(&house.env, &desk(), moved.id, 1, true, "clinic")), ["tell_patient"]);
        cancel(&house.env, &desk(), moved.id, 1, false, "clinic").unwrap();
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
