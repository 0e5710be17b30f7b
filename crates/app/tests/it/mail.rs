//! A set-up that is wrong is waited out, one address that is refused is told to the desk, and nobody sends twice.

use std::sync::Mutex;

use app::{
    appointments::{TimesAsked, book, confirm, day_times, show},
    diary::refresh,
    jobs::{Mishap, Outlet, do_due, newest_messages, send_due, sweep},
};
use jiff::Span;
use notify::{Message, Reason, SendError};
use record::MessageState;
use vocab::{AppointmentId, MessageId};

use crate::{
    booking::desk,
    house::{House, houses, name},
};

/// An outlet that answers what it is told, and takes its time.
struct Post<'a> {
    house: &'a House,
    answer: Mutex<Result<(), SendError>>,
    seconds: i64,
    tried: Mutex<Vec<MessageId>>,
    mishaps: Mutex<Vec<Mishap>>,
}

impl<'a> Post<'a> {
    fn new(house: &'a House, answer: Result<(), SendError>) -> Self {
        let (tried, mishaps) = Default::default();
        Self { house, answer: Mutex::new(answer), seconds: 0, tried, mishaps }
    }

    /// Does what is due once; whether more waits.
    fn go(&self) -> bool {
        let note = |mishap| self.mishaps.lock().unwrap().push(mishap);
        while do_due(&self.house.env, &note).unwrap() {}
        send_due(&self.house.env, self, &note).unwrap()
    }

    fn tried(&self) -> Vec<MessageId> {
        std::mem::take(&mut *self.tried.lock().unwrap())
    }

    fn mishaps(&self) -> Vec<String> {
        self.mishaps.lock().unwrap().drain(..).map(|mishap| mishap.to_string()).collect()
    }
}

impl Outlet for Post<'_> {
    fn send(&self, message: &Message) -> Result<(), SendError> {
        self.tried.lock().unwrap().push(message.id);
        self.house.pass(Span::new().seconds(self.seconds));
        *self.answer.lock().unwrap()
    }
}

/// A visit ten days ahead, confirmed, in a clinic that is no demo any more.
fn booked(house: &House) -> AppointmentId {
    let asked = TimesAsked { visit_type: name("consultation"), practitioner: None, not_before: None };
    let times = day_times(&house.env, &house.visitor(), &asked, "2026-12-03".parse().unwrap()).unwrap();
    let booked = book(&house.env, &house.visitor(), house.command("consultation", &times[0], "key")).unwrap();
    let id = booked.appointment.id;
    confirm(&house.env, &house.holder(id), id).unwrap();
    let clinic = house.env.clinic_id;
    let change = move |tx: &mut store::Tx<'_>| {
        let mut real = store::clinics::load(tx, clinic)?.expect("the clinic is there");
        real.is_demo = false;
        store::clinics::update(tx, &real)
    };
    assert!(house.env.store.write(change).unwrap());
    refresh(&house.env).unwrap();
    id
}

#[test]
fn a_wrong_set_up_is_waited_out_for_as_long_as_the_visit_is_ahead() {
    for house in houses() {
        let id = booked(&house);
        let post = Post::new(&house, Err(SendError::Temporary(Reason::NoServer)));
        post.go();
        for _ in 0..24 * 7 {
            house.pass(Span::new().hours(1));
            post.go();
        }
        assert!(post.tried().len() > 150, "{}: at least once an hour", house.engine);
        let mishaps = post.mishaps();
        assert!(mishaps.iter().all(|line| line.contains("at=mail message=")), "{mishaps:?}");
        assert!(mishaps.last().unwrap().contains("class=no-server next=again"), "{mishaps:?}");
        let unsent = show(&house.env, &desk(), id).unwrap().unsent.expect("the desk is told");
        assert_eq!((unsent.why.as_str(), unsent.is_given_up), ("no mail server is set up", false));
        assert!(show(&house.env, &house.holder(id), id).unwrap().unsent.is_none(), "staff only");
        *post.answer.lock().unwrap() = Ok(());
        house.pass(Span::new().hours(1));
        while post.go() {}
        let messages = newest_messages(&house.env, &desk(), 10).unwrap();
        let sent = messages.iter().find(|message| message.event_key.starts_with("booked:")).unwrap();
        assert_eq!(sent.state, MessageState::Sent, "{}", house.engine);
        assert!(show(&house.env, &desk(), id).unwrap().unsent.is_none());
    }
}

#[test]
fn what_waited_until_its_visit_was_over_is_not_sent_any_more() {
    for house in houses() {
        booked(&house);
        let post = Post::new(&house, Err(SendError::Temporary(Reason::Connection)));
        post.go();
        house.pass(Span::new().hours(24 * 11));
        *post.answer.lock().unwrap() = Ok(());
        post.tried();
        while post.go() {}
        let messages = newest_messages(&house.env, &desk(), 10).unwrap();
        assert!(!messages.is_empty() && post.tried().len() < messages.len(), "{}", house.engine);
        let late = messages.iter().find(|message| message.event_key.starts_with("booked:")).unwrap();
        assert_ne!(late.state, MessageState::Queued);
    }
}

#[test]
fn one_refused_address_is_given_up_and_its_letter_stays_readable_until_the_visit() {
    for house in houses() {
        let id = booked(&house);
        let post = Post::new(&house, Err(SendError::Permanent(Reason::Answered(550))));
        while post.go() {}
        let line = post.mishaps().pop().unwrap();
        assert!(
            line.starts_with("level=error at=mail") && line.ends_with("class=refused next=given-up"),
            "{line}"
        );
        house.pass(Span::new().hours(2));
        sweep(&house.env).unwrap();
        let unsent = show(&house.env, &desk(), id).unwrap().unsent.expect("the desk is told");
        assert!(unsent.is_given_up && unsent.why.contains("refuses this address"), "{unsent:?}");
        assert!(unsent.text.contains("Dot & Meadow"), "{}: the desk can read it", house.engine);
        house.pass(Span::new().hours(24 * 11));
        sweep(&house.env).unwrap();
        assert!(show(&house.env, &desk(), id).unwrap().unsent.is_none());
        let messages = newest_messages(&house.env, &desk(), 10).unwrap();
        assert!(messages.iter().all(|message| message.text.is_empty()), "{}", house.engine);
    }
}

#[test]
fn a_server_that_is_away_is_asked_once_for_all_that_waits() {
    for house in houses() {
        house.booked();
        let other = house.times("consultation").pop().unwrap();
        book(&house.env, &house.visitor(), house.command("consultation", &other, "another")).unwrap();
        let post = Post::new(&house, Err(SendError::Temporary(Reason::Connection)));
        assert!(!post.go(), "there is no hurry: {}", house.engine);
        let first = post.tried();
        assert_eq!((first.len(), post.mishaps().len()), (1, 1), "{}", house.engine);
        house.pass(Span::new().minutes(1));
        post.go();
        let second = post.tried();
        assert_eq!(second.len(), 1);
        assert_ne!(first, second, "one that breaks every connection keeps no other from leaving");
        *post.answer.lock().unwrap() = Ok(());
        house.pass(Span::new().minutes(5));
        while post.go() {}
        assert!(post.tried().len() >= 2, "{}", house.engine);
    }
}

#[test]
fn a_slow_server_gets_no_more_than_can_be_sent_before_another_worker_may_begin() {
    for house in houses() {
        for (time, key) in house.times("consultation").iter().step_by(8).zip(["a", "b", "c", "d", "e"]) {
            let mut command = house.command("consultation", time, key);
            command.contact.email = Some(format!("{key}@example.org").parse().unwrap());
            book(&house.env, &house.visitor(), command).unwrap();
        }
        let waiting = {
            let post = Post::new(&house, Ok(()));
            while do_due(&house.env, &|_| ()).unwrap() {}
            newest_messages(&house.env, &desk(), 100).unwrap().len() - post.tried().len()
        };
        assert!(waiting >= 4, "{waiting}");
        let post = Post { seconds: 25, ..Post::new(&house, Ok(())) };
        assert!(post.go(), "the rest is due at once: {}", house.engine);
        assert_eq!(post.tried().len(), 3, "75 seconds of 60 are gone");
        while post.go() {}
        assert_eq!(post.tried().len(), waiting - 3, "{}: each of them once", house.engine);
    }
}
