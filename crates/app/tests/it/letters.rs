//! Letters are written once, and a mail server that is away loses none.

use std::sync::Mutex;

use app::{
    appointments::{MoveAppointment, cancel, confirm, move_to, show},
    diary::refresh,
    enquiries,
    jobs::{Outlet, newest_messages, run_due, sweep},
};
use jiff::Span;
use notify::{Message, SendError};
use record::MessageState;

use crate::house::{House, houses};

/// An outlet that refuses while it is told to.
#[derive(Default)]
struct Sink {
    is_away: Mutex<bool>,
    got: Mutex<Vec<String>>,
}

impl Outlet for Sink {
    fn send(&self, message: &Message) -> Result<(), SendError> {
        if *self.is_away.lock().unwrap() {
            return Err(SendError::Temporary(notify::Reason::Connection));
        }
        self.got.lock().unwrap().push(message.subject.clone());
        Ok(())
    }
}

fn settle(house: &House, sink: &Sink) {
    while run_due(&house.env, sink).unwrap() {}
}

#[test]
fn each_step_writes_one_letter_with_its_calendar() {
    for house in houses() {
        let sink = Sink::default();
        let id = house.booked().appointment.id;
        settle(&house, &sink);
        confirm(&house.env, &house.holder(id), id).unwrap();
        settle(&house, &sink);
        settle(&house, &sink);
        cancel(&house.env, &house.holder(id), id, 0, true, "").unwrap();
        settle(&house, &sink);
        assert_eq!(sink.got.lock().unwrap().len(), 3, "{}", house.engine);
        let messages = newest_messages(&house.env, &house.visitor(), 10).unwrap();
        assert!(messages.iter().all(|message| message.state == MessageState::Sent));
        let with_calendar = messages.iter().filter(|message| message.calendar.is_some()).count();
        assert_eq!(
            with_calendar, 2,
            "booked and cancelled carry a calendar file, the request to confirm does not"
        );
        for message in &messages {
            assert!(message.text.contains("Dot & Meadow"));
            assert!(!message.subject.to_lowercase().contains("needling"));
        }
    }
}

#[test]
fn a_mail_server_that_is_away_loses_nothing() {
    for house in houses() {
        let sink = Sink::default();
        *sink.is_away.lock().unwrap() = true;
        let id = house.booked().appointment.id;
        settle(&house, &sink);
        assert!(sink.got.lock().unwrap().is_empty());
        confirm(&house.env, &house.holder(id), id).expect("booking never waits for mail");
        *sink.is_away.lock().unwrap() = false;
        settle(&house, &sink);
        house.pass(Span::new().hours(1));
        settle(&house, &sink);
        let got = sink.got.lock().unwrap();
        assert_eq!(got.len(), 1, "{}: nobody is asked to confirm what is confirmed", house.engine);
        assert!(!got[0].starts_with("Please confirm"), "{got:?}");
    }
}

#[test]
fn outside_the_demo_a_letter_is_forgotten_once_it_is_sent_and_its_trace_after_ninety_days() {
    for house in houses() {
        let sink = Sink::default();
        let contact = house.command("consultation", &house.times("consultation")[0], "").contact;
        enquiries::send(&house.env, &house.visitor(), 77, contact, "Does it hurt?".into()).unwrap();
        house.booked();
        let clinic = house.env.clinic_id;
        let change = move |tx: &mut store::Tx<'_>| {
            let mut real = store::clinics::load(tx, clinic)?.expect("the demo's clinic is there");
            real.is_demo = false;
            store::clinics::update(tx, &real)
        };
        assert!(house.env.store.write(change).unwrap());
        refresh(&house.env).unwrap();
        settle(&house, &sink);
        assert_eq!(sink.got.lock().unwrap().len(), 3, "{}: all were sent whole", house.engine);
        let desk = crate::booking::desk();
        let kept = || newest_messages(&house.env, &desk, 100).unwrap();
        let asked = || {
            let asked =
                |tx: &mut store::Tx<'_>| store::enquiries::load(tx, clinic, vocab::EnquiryId::from_bits(77));
            house.env.store.read(asked).unwrap().is_some()
        };
        assert!(kept().iter().all(|message| message.state == MessageState::Sent && message.text.is_empty()));
        assert!(kept().iter().all(|message| message.html.is_none() && message.calendar.is_none()));
        house.pass(Span::new().hours(24 * 90));
        sweep(&house.env).unwrap();
        assert_eq!((kept().len(), asked()), (3, true), "{}", house.engine);
        house.pass(Span::new().seconds(1));
        sweep(&house.env).unwrap();
        assert_eq!((kept().len(), asked()), (0, false), "{}", house.engine);
    }
}

#[test]
fn whom_the_desk_moves_before_they_confirmed_is_asked_again_with_the_new_time() {
    for house in houses() {
        let sink = Sink::default();
        let first = house.booked().appointment;
        settle(&house, &sink);
        house.pass(Span::new().minutes(29));
        let command = MoveAppointment {
            id: first.id,
            seen_sequence: 0,
            start_at: house.times("consultation").pop().unwrap().start_at,
            practitioner: None,
            hold: None,
            tell_patient: true,
        };
        let desk = crate::booking::desk();
        let moved = move_to(&house.env, &desk, command).unwrap();
        house.pass(Span::new().minutes(3));
        sweep(&house.env).unwrap();
        settle(&house, &sink);
        let mut letters = newest_messages(&house.env, &desk, 50).unwrap();
        letters.retain(|letter| letter.subject.starts_with("Please confirm"));
        assert_eq!(letters.len(), 2, "{}", house.engine);
        let letter = letters.iter().max_by_key(|letter| letter.created_at).unwrap();
        let time = moved.start_at.to_zoned(jiff::tz::TimeZone::get("Europe/London").unwrap());
        assert!(letter.text.contains(&time.strftime("%H:%M").to_string()), "{}", letter.text);
        confirm(&house.env, &house.holder(first.id), first.id).expect("the new letter is worth a whole term");
        let details = show(&house.env, &house.holder(first.id), first.id).unwrap();
        assert_eq!(details.appointment.start_at, moved.start_at);
    }
}
