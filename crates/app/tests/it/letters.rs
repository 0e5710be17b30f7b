//! Letters are written once, and a mail server that is away loses none.

use std::sync::Mutex;

use app::{
    appointments::{MoveAppointment, book, cancel, confirm, move_to, show},
    diary::refresh,
    enquiries,
    jobs::{Outlet, newest_messages, run_due, sweep},
};
use jiff::Span;
use notify::{Message, SendError};
use record::{MessageKind, MessageState};

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
            assert!(!message.text.contains("plan"), "a consultation has none: {}", message.text);
        }
        let rules = app::diary::current(&house.env).unwrap().rules.clone();
        let mut appointment = show(&house.env, &house.holder(id), id).unwrap().appointment;
        assert!(!app::jobs::visit(&rules, &appointment).unwrap().has_plan);
        appointment.visit_type = crate::house::name("treatment");
        assert!(app::jobs::visit(&rules, &appointment).unwrap().has_plan);
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

/// A visit as the desk books and changes it, with whether the patient is to be told.
struct AtDesk<'h> {
    house: &'h House,
    times: Vec<app::appointments::OfferedTime>,
    visit: record::Appointment,
}

impl<'h> AtDesk<'h> {
    fn booked(house: &'h House, tell: bool) -> Self {
        let times = house.times("consultation");
        let mut command = house.command("consultation", &times[0], "at-desk");
        command.tell_patient = tell;
        let visit = book(&house.env, &crate::booking::desk(), command).unwrap().appointment;
        Self { house, times, visit }
    }

    /// Moves it to the time at this place of the list.
    fn moved(&mut self, place: usize, tell: bool) {
        let time = &self.times[place];
        let command = MoveAppointment {
            id: self.visit.id,
            seen_sequence: self.visit.sequence,
            start_at: time.start_at,
            practitioner: Some(time.practitioners[0]),
            hold: None,
            tell_patient: tell,
        };
        self.visit = move_to(&self.house.env, &crate::booking::desk(), command).unwrap();
    }

    /// The letters about it once the undo window is over: kind, and whether it tells the time as it is now.
    fn letters(&self) -> Vec<(MessageKind, bool)> {
        self.house.pass(Span::new().minutes(3));
        settle(self.house, &Sink::default());
        let about = format!(":{}:", self.visit.id);
        let mut letters = newest_messages(&self.house.env, &crate::booking::desk(), 100).unwrap();
        letters.retain(|letter| letter.event_key.contains(&about));
        letters.sort_by_key(|letter| letter.created_at);
        let time = self.visit.start_at.to_zoned(jiff::tz::TimeZone::get("Europe/London").unwrap());
        let (time, sequence) =
            (time.strftime("%H:%M").to_string(), format!("SEQUENCE:{}\r\n", self.visit.sequence));
        let is_true = |letter: &record::Message| {
            letter.text.contains(&time)
                && letter.calendar.as_ref().is_some_and(|file| file.contains(&sequence))
        };
        letters.iter().map(|letter| (letter.kind, is_true(letter))).collect()
    }
}

#[test]
fn a_quiet_change_does_not_drop_what_was_to_be_told_before_it() {
    use MessageKind::{Booked, Moved};
    for house in houses() {
        let mut visit = AtDesk::booked(&house, true);
        visit.moved(8, false);
        assert_eq!(visit.letters(), [(Booked, true)], "{}: booked, with the time it has now", house.engine);
        visit.moved(4, true);
        visit.moved(12, false);
        assert_eq!(visit.letters()[1..], [(Moved, true)], "{}: moved, to where it is now", house.engine);
        visit.moved(8, false);
        assert_eq!(visit.letters().len(), 2, "{}: what was told stays told", house.engine);
        visit.moved(4, true);
        visit.moved(8, false);
        assert_eq!(visit.letters().len(), 2, "{}: back where the patient knows it", house.engine);
    }
}

#[test]
fn of_several_changes_that_are_told_the_last_letter_is_written() {
    use MessageKind::{Booked, Moved};
    for house in houses() {
        let mut visit = AtDesk::booked(&house, true);
        visit.moved(8, true);
        assert_eq!(visit.letters(), [(Moved, true)], "{}", house.engine);
        let sequence = visit.visit.sequence;
        visit.moved(4, false);
        cancel(&house.env, &crate::booking::desk(), visit.visit.id, sequence + 1, false, "").unwrap();
        assert_eq!(visit.letters().len(), 1, "{}: called off in silence", house.engine);
    }
    for house in houses() {
        let mut visit = AtDesk::booked(&house, true);
        visit.moved(8, true);
        visit.moved(0, false);
        assert_eq!(visit.letters(), [(Booked, true)], "{}: nobody knows of a move and back", house.engine);
    }
    for house in houses() {
        let visit = AtDesk::booked(&house, true);
        cancel(&house.env, &crate::booking::desk(), visit.visit.id, 0, false, "").unwrap();
        assert_eq!(visit.letters(), [], "{}: booked and called off again", house.engine);
    }
}
