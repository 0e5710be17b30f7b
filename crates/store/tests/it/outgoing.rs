//! Jobs and messages: leased by one, done at least once, written once.

use record::{Message, MessageKind, MessageState, NewJob};
use store::{jobs, messages};
use testkit::{SmallClinic, TestStore, at, id};
use vocab::ClinicId;

fn enqueue(test: &TestStore, clinic: ClinicId, subject: &str, minute: i64) {
    let job = NewJob { kind: "remind".into(), subject_id: subject.into(), run_at: at(minute) };
    test.write(move |tx| jobs::enqueue(tx, clinic, &job)).unwrap();
}

fn lease(test: &TestStore, clinic: ClinicId, now: i64, until: i64) -> Vec<record::LeasedJob> {
    test.write(move |tx| jobs::lease(tx, clinic, at(now), at(until), 10)).unwrap()
}

fn subjects(jobs: &[record::LeasedJob]) -> Vec<&str> {
    jobs.iter().map(|job| job.subject_id.as_str()).collect()
}

#[test]
fn a_due_job_is_leased_once_and_again_when_the_lease_runs_out() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        enqueue(&test, small.clinic, "b", 2);
        enqueue(&test, small.clinic, "a", 5);
        enqueue(&test, small.clinic, "later", 50);
        assert_eq!(lease(&test, small.clinic, 1, 10), vec![]);
        let first = lease(&test, small.clinic, 5, 10);
        assert_eq!(subjects(&first), ["b", "a"], "{}: earliest first", test.engine);
        assert_eq!(lease(&test, small.clinic, 9, 20), vec![], "{}: leased", test.engine);
        let again = lease(&test, small.clinic, 10, 20);
        assert_eq!((subjects(&again), again[0].attempts), (vec!["b", "a"], 2));
        let finish = |job: &record::LeasedJob| {
            let job = job.clone();
            test.write(move |tx| jobs::finish(tx, small.clinic, &job)).unwrap()
        };
        assert!(!finish(&first[0]), "{}: who lost the lease does not finish it", test.engine);
        assert!(finish(&again[0]));
        assert!(!finish(&again[0]));
        assert_eq!(test.raw().count("job"), 2);
    }
}

#[test]
fn a_failing_job_is_tried_again_and_then_set_aside() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        enqueue(&test, small.clinic, "a", 0);
        let fail = |next: Option<i64>, now| {
            let job = lease(&test, small.clinic, now, now + 5).remove(0);
            test.write(move |tx| jobs::fail(tx, small.clinic, &job, "no answer", next.map(at))).unwrap()
        };
        assert!(fail(Some(10), 0));
        assert_eq!(lease(&test, small.clinic, 9, 20), vec![]);
        assert!(fail(None, 10));
        assert_eq!(lease(&test, small.clinic, 1_000, 2_000), vec![], "{}", test.engine);
        let set_aside = || test.read(|tx| jobs::set_aside(tx, small.clinic)).unwrap();
        assert_eq!(set_aside(), vec![("remind".into(), "a".into(), "no answer".into())]);
        enqueue(&test, small.clinic, "a", 0);
        assert_eq!(set_aside(), vec![]);
        assert_eq!(lease(&test, small.clinic, 1_000, 2_000)[0].attempts, 1);
        assert!(test.write(move |tx| jobs::cancel(tx, small.clinic, "remind", "a")).unwrap());
    }
}

fn message(number: u128, event_key: &str) -> Message {
    Message {
        id: id(number),
        kind: MessageKind::Booked,
        event_key: event_key.into(),
        to: "testa@example.org".into(),
        subject: "Your visit".into(),
        text: "See you then.".into(),
        html: Some("<p>See you then.</p>".into()),
        calendar: Some("BEGIN:VCALENDAR".into()),
        state: MessageState::Queued,
        attempts: 0,
        next_attempt_at: at(0),
        created_at: at(0),
        sent_at: None,
    }
}

#[test]
fn one_event_is_one_message() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let enqueue =
            |message: Message| test.write(move |tx| messages::enqueue(tx, small.clinic, &message)).unwrap();
        assert!(enqueue(message(1, "booked-1")));
        assert!(!enqueue(message(2, "booked-1")), "{}", test.engine);
        let found = test.read(|tx| messages::newest(tx, small.clinic, 10)).unwrap();
        assert_eq!(found, vec![message(1, "booked-1")]);
    }
}

#[test]
fn a_message_is_leased_sent_or_given_up() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        for number in 1..=2 {
            let message = message(number, &format!("booked-{number}"));
            test.write(move |tx| messages::enqueue(tx, small.clinic, &message)).unwrap();
        }
        let lease = |now, until| {
            let leased = test.write(move |tx| messages::lease(tx, small.clinic, at(now), at(until), 10));
            leased.unwrap().iter().map(|message| message.id).collect::<Vec<_>>()
        };
        assert_eq!(lease(0, 5), vec![id(1), id(2)]);
        assert_eq!(lease(4, 9), vec![], "{}: leased", test.engine);
        test.write(move |tx| messages::sent(tx, small.clinic, id(1), at(1))).unwrap();
        test.write(move |tx| messages::failed(tx, small.clinic, id(2), "451", Some(at(60)))).unwrap();
        assert_eq!((lease(59, 70), lease(60, 70)), (vec![], vec![id(2)]));
        test.write(move |tx| messages::failed(tx, small.clinic, id(2), "550", None)).unwrap();
        assert_eq!(lease(1_000, 2_000), vec![]);
        let load = |id| test.read(move |tx| messages::load(tx, small.clinic, id)).unwrap().unwrap();
        let (sent, failed) = (load(id(1)), load(id(2)));
        assert_eq!((sent.state, sent.sent_at, sent.attempts), (MessageState::Sent, Some(at(1)), 1));
        assert_eq!((failed.state, failed.sent_at, failed.attempts), (MessageState::Failed, None, 2));
    }
}
