//! The wait list: joining, being offered a time that became free, and being the first to take it.

use std::{
    sync::{Arc, Mutex},
    thread,
};

use app::{
    Acting, Failure, Secret,
    appointments::{Booked, TimesAsked, book, cancel, day_times},
    day_plan::{AwayFrom, note_absence},
    jobs::{Outlet, newest_messages, run_due},
    screening::Given,
    wait_list::{JoinWaitList, Standing, WaitPlace, answer_again, by_link, join, leave, list, remove, take},
};
use jiff::Span;
use notify::{Message, SendError};
use record::{DayPart, WaitState};
use vocab::{ResourceId, WaitOfferId};

use crate::{
    booking::{code, desk},
    house::{House, houses, name, secret},
};

/// An outlet that keeps what leaves.
#[derive(Default)]
struct Sink(Mutex<Vec<(String, String, String)>>);

impl Outlet for Sink {
    fn send(&self, message: &Message) -> Result<(), SendError> {
        let kept = (message.to.to_string(), message.subject.clone(), message.text.clone());
        self.0.lock().unwrap().push(kept);
        Ok(())
    }
}

pub(crate) fn wanted(who: &str, visit: &str, practitioner: Option<ResourceId>) -> JoinWaitList {
    JoinWaitList {
        visit_type: name(visit),
        practitioner,
        weekdays: vec![1, 2, 3, 4, 5, 6, 7],
        parts: DayPart::ALL.to_vec(),
        contact: app::people::Contact {
            name: format!("{who} Example"),
            email: Some(format!("{who}@example.org").parse().unwrap()),
            phone: String::new(),
        },
        response: None,
        idempotency_key: format!("join{who}"),
    }
}

/// Takes the demo's own people off the list.
pub(crate) fn empty(house: &House) {
    for place in list(&house.env, &desk()).unwrap() {
        remove(&house.env, &desk(), place.entry.id).unwrap();
    }
    assert!(list(&house.env, &desk()).unwrap().is_empty());
}

fn settle(house: &House, sink: &Sink) {
    while run_due(&house.env, sink).unwrap() {}
}

/// The secret in the newest letter to somebody.
fn link_of(sink: &Sink, who: &str) -> Secret {
    let letters = sink.0.lock().unwrap();
    let (_, _, text) = letters.iter().rfind(|(to, ..)| to.starts_with(&format!("{who}@"))).expect("a letter");
    let link = text.lines().find_map(|line| line.split_once("/wait-list/open/")).expect("a link");
    link.1.trim().parse().expect("a secret")
}

fn place(house: &House, link: &Secret) -> WaitPlace {
    by_link(&house.env, &house.visitor(), link).unwrap().expect("a place on the list")
}

/// A house whose only free time for `who` is one that a cancelled visit has just freed: five wait for it.
fn freed(sink: &Sink, house: &House) -> Booked {
    empty(house);
    let booked = house.booked();
    let lead = booked.appointment.lead_id;
    app::appointments::confirm(&house.env, &house.holder(booked.appointment.id), booked.appointment.id)
        .unwrap();
    for who in ["ann", "ben", "cleo", "dora", "emil"] {
        join(&house.env, &house.visitor(), wanted(who, "consultation", Some(lead))).unwrap();
        house.pass(Span::new().seconds(1));
    }
    settle(house, sink);
    cancel(&house.env, &desk(), booked.appointment.id, 0, false, "patient").unwrap();
    booked
}

fn offers(house: &House) -> Vec<(String, WaitOfferId)> {
    let places = list(&house.env, &desk()).unwrap();
    let open = places.iter().flat_map(|place| {
        let mine = place.offers.iter().filter(|(_, standing)| *standing == Standing::Open);
        mine.map(|(offer, _)| (place.entry.name.clone(), offer.id))
    });
    open.collect()
}

#[test]
fn a_freed_time_goes_to_three_after_the_undo_window_and_the_job_may_run_twice() {
    for house in houses() {
        let sink = Sink::default();
        freed(&sink, &house);
        settle(&house, &sink);
        assert_eq!(offers(&house).len(), 0, "{}: the undo window is open", house.engine);
        house.pass(Span::new().seconds(120));
        settle(&house, &sink);
        let first = offers(&house);
        let names: Vec<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["ann Example", "ben Example", "cleo Example"], "{}", house.engine);
        let letters = sink.0.lock().unwrap().len();
        // The same again, as when a server dies between doing the job and saying so.
        let job =
            house.env.store.read(|tx| store::jobs::has_due(tx, house.env.clinic_id, house.env.clock.now()));
        assert!(!job.unwrap());
        let clinic = house.env.clinic_id;
        let subject: Vec<_> = first.iter().map(|(_, id)| *id).collect();
        let offer =
            house.env.store.read(|tx| store::wait_list::load_offer(tx, clinic, subject[0])).unwrap().unwrap();
        let window = (offer.start_at.as_microsecond(), offer.end_at.as_microsecond());
        let now = house.env.clock.now();
        house
            .env
            .store
            .write(move |tx| {
                let job = record::NewJob {
                    kind: app::jobs::OFFER_FREED_TIME.into(),
                    subject_id: format!("{}:{}", window.0, window.1),
                    run_at: now,
                };
                store::jobs::enqueue(tx, clinic, &job)
            })
            .unwrap();
        settle(&house, &sink);
        assert_eq!(offers(&house), first, "{}", house.engine);
        assert_eq!(sink.0.lock().unwrap().len(), letters, "nobody is written to twice");
        // Whoever does not answer lets it pass, and the next are asked.
        house.pass(Span::new().minutes(121));
        settle(&house, &sink);
        let names: Vec<String> = offers(&house).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["dora Example", "emil Example"], "{}", house.engine);
    }
}

#[test]
fn of_those_who_press_at_once_one_wins_and_the_others_stay_on_the_list() {
    for house in houses() {
        let sink = Sink::default();
        let booked = freed(&sink, &house);
        house.pass(Span::new().seconds(120));
        settle(&house, &sink);
        let links: Vec<(Secret, WaitOfferId)> = ["ann", "ben", "cleo"]
            .map(|who| {
                let link = link_of(&sink, who);
                let place = place(&house, &link);
                assert_eq!(place.offers.len(), 1, "{who}");
                assert_eq!(place.offers[0].1, Standing::Open);
                assert_eq!(place.offers[0].0.start_at, booked.appointment.start_at);
                (link, place.offers[0].0.id)
            })
            .into();
        let results: Vec<Result<Booked, Failure>> = thread::scope(|scope| {
            let tries: Vec<_> = links
                .iter()
                .map(|(link, offer)| scope.spawn(|| take(&house.env, &house.visitor(), link, *offer)))
                .collect();
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(results.iter().filter(|one| one.is_ok()).count(), 1, "{}", house.engine);
        for (result, (link, offer)) in results.into_iter().zip(&links) {
            let place = place(&house, link);
            match result {
                Ok(taken) => {
                    assert_eq!(taken.appointment.status, record::AppointmentStatus::Booked);
                    assert_eq!(place.entry.state, WaitState::Booked);
                    assert_eq!(place.offers[0].1, Standing::Taken);
                    let again = take(&house.env, &house.visitor(), link, *offer).unwrap();
                    assert!(again.is_repeat && again.appointment.id == taken.appointment.id);
                }
                refused => {
                    assert_eq!(code(refused), "offer-gone");
                    assert_eq!((place.entry.state, place.offers[0].1), (WaitState::Waiting, Standing::Gone));
                }
            }
        }
        assert_eq!(house.unguarded(), 0);
    }
}

#[test]
fn an_offer_stays_open_to_one_who_is_elsewhere_at_that_time() {
    for house in houses() {
        let sink = Sink::default();
        let booked = freed(&sink, &house);
        house.pass(Span::new().seconds(120));
        settle(&house, &sink);
        let link = link_of(&sink, "ann");
        let offer = place(&house, &link).offers[0].0.id;
        let on = app::diary::current(&house.env).unwrap().rules.date_at(booked.appointment.start_at);
        let asked = TimesAsked { visit_type: name("consultation"), practitioner: None, not_before: None };
        let times = day_times(&house.env, &house.visitor(), &asked, on).unwrap();
        let lead = booked.appointment.lead_id;
        let (time, other) = times
            .iter()
            .find_map(|time| {
                let other = time.practitioners.iter().find(|one| **one != lead)?;
                let overlaps =
                    time.start_at < booked.appointment.end_at && booked.appointment.start_at < time.end_at;
                overlaps.then_some((time, *other))
            })
            .expect("others have time then");
        let mut command = house.command("consultation", time, "anns");
        command.practitioner = Some(other);
        command.contact.name = "ann Example".into();
        command.contact.email = Some("ann@example.org".parse().unwrap());
        book(&house.env, &desk(), command).unwrap();
        assert_eq!(
            code(take(&house.env, &house.visitor(), &link, offer)),
            "not-with-these",
            "{}",
            house.engine
        );
        assert_eq!(place(&house, &link).offers[0].1, Standing::Open);
        // Whoever is not there any more by the clinic's own hours leaves an offer that is gone.
        let (from_local, to_local) = (on.at(0, 0, 0, 0), on.tomorrow().unwrap().at(0, 0, 0, 0));
        for one in app::diary::current(&house.env).unwrap().rules.practitioners() {
            let away = AwayFrom { resource_id: one.id, from_local, to_local };
            note_absence(&house.env, &desk(), away).unwrap();
        }
        assert_eq!(code(take(&house.env, &house.visitor(), &link, offer)), "offer-gone", "{}", house.engine);
    }
}

#[test]
fn a_telephone_number_of_somebody_known_goes_with_the_visit() {
    for house in houses() {
        let sink = Sink::default();
        empty(&house);
        let times = house.times("consultation");
        let mut first = house.command("consultation", &times[0], "ann-before");
        first.contact.name = "ann Example".into();
        first.contact.email = Some("ann@example.org".parse().unwrap());
        let first = book(&house.env, &desk(), first).unwrap().appointment;
        let mut wish = wanted("ann", "consultation", Some(first.lead_id));
        wish.contact.phone = "020 7946 0003".into();
        join(&house.env, &house.visitor(), wish).unwrap();
        settle(&house, &sink);
        cancel(&house.env, &desk(), first.id, 0, false, "patient").unwrap();
        house.pass(Span::new().seconds(120));
        settle(&house, &sink);
        let link = link_of(&sink, "ann");
        let offer = place(&house, &link).offers[0].0.id;
        let taken = take(&house.env, &house.visitor(), &link, offer).unwrap().appointment;
        assert_eq!(taken.patient_id, first.patient_id, "{}", house.engine);
        assert_eq!(taken.note, "Telephone given for this visit: 020 7946 0003");
        let known = app::appointments::show(&house.env, &desk(), taken.id).unwrap().patient;
        assert_eq!(known.phone, "", "{}: the record stays as it was", house.engine);
    }
}

#[test]
fn what_leaves_says_nothing_of_health_and_a_link_opens_one_place() {
    for house in houses() {
        let sink = Sink::default();
        freed(&sink, &house);
        house.pass(Span::new().seconds(120));
        settle(&house, &sink);
        for (_, subject, text) in sink.0.lock().unwrap().iter() {
            for word in ["needling", "consultation", "scar", "acne", "skin"] {
                assert!(
                    !subject.to_lowercase().contains(word) && !text.to_lowercase().contains(word),
                    "{word}"
                );
            }
        }
        assert!(newest_messages(&house.env, &house.visitor(), 50).unwrap().len() >= 9);
        let (ann, ben) = (link_of(&sink, "ann"), link_of(&sink, "ben"));
        let bens = place(&house, &ben).offers[0].0.id;
        assert_eq!(code(take(&house.env, &house.visitor(), &ann, bens)), "not-found", "{}", house.engine);
        assert!(by_link(&house.env, &house.visitor(), &secret(99)).unwrap().is_none());
    }
}

#[test]
fn whoever_leaves_is_forgotten_and_offered_nothing() {
    for house in houses() {
        let sink = Sink::default();
        freed(&sink, &house);
        let ann = link_of(&sink, "ann");
        leave(&house.env, &house.visitor(), &ann).unwrap();
        leave(&house.env, &house.visitor(), &ann).expect("pressed twice");
        let entry = place(&house, &ann).entry;
        assert_eq!((entry.state, entry.name.as_str(), entry.email.as_str()), (WaitState::Left, "", ""));
        house.pass(Span::new().seconds(120));
        settle(&house, &sink);
        let names: Vec<String> = offers(&house).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["ben Example", "cleo Example", "dora Example"], "{}", house.engine);
        house.pass(Span::new().hours(24 * 61));
        app::jobs::sweep(&house.env).unwrap();
        assert!(list(&house.env, &desk()).unwrap().is_empty(), "sixty days are the longest wait");
    }
}

#[test]
fn the_self_check_decides_who_may_join() {
    for house in houses() {
        empty(&house);
        let join_with = |key: &str, response: Option<u64>| {
            let mut command = wanted(key, "treatment", None);
            command.response = response.map(secret);
            join(&house.env, &house.visitor(), command)
        };
        assert_eq!(code(join_with("none", None)), "self-check-missing", "{}", house.engine);
        house.answer(&secret(41), &[]);
        join_with("fine", Some(41)).unwrap();
        join_with("fine", Some(41)).expect("sent twice");
        house.answer(&secret(42), &[("SCR-BLEED", Given::Unsure)]);
        assert_eq!(code(join_with("unsure", Some(42))), "self-check-says-no");
        assert_eq!(list(&house.env, &desk()).unwrap().len(), 1);
        let visitor: Acting = house.visitor();
        assert_eq!(code(list(&house.env, &visitor)), "not-found");
    }
}

#[test]
fn an_offer_made_at_night_can_be_answered_in_the_morning_and_names_the_therapist() {
    for house in houses() {
        house.pass(Span::new().hours(13));
        let sink = Sink::default();
        let booked = freed(&sink, &house);
        house.pass(Span::new().seconds(120));
        settle(&house, &sink);
        let places = list(&house.env, &desk()).unwrap();
        let until: Vec<_> = places
            .iter()
            .flat_map(|place| &place.offers)
            .map(|(offer, _)| offer.expires_at.to_string())
            .collect();
        assert_eq!(until, ["2026-11-24T10:00:00Z"; 3], "{}: asked at ten in the evening", house.engine);
        let rules = app::diary::current(&house.env).unwrap().rules.clone();
        let lead = &rules.resource(booked.appointment.lead_id).unwrap().name;
        let letters = sink.0.lock().unwrap();
        let offers: Vec<_> =
            letters.iter().filter(|(_, subject, _)| subject.starts_with("A time is free")).collect();
        assert!(
            offers.len() == 3 && offers.iter().all(|(.., text)| text.contains(lead.as_str())),
            "{offers:?}"
        );
    }
}

#[test]
fn by_day_an_offer_runs_out_by_the_clock() {
    for (hours, until) in [
        (0, "2026-11-23T11:02"),
        (10, "2026-11-23T21:02"),
        (11, "2026-11-24T10:00"),
        (22, "2026-11-24T10:00"),
        (23, "2026-11-24T10:02"),
    ] {
        let house = houses().remove(0);
        house.pass(Span::new().hours(hours));
        let sink = Sink::default();
        freed(&sink, &house);
        house.pass(Span::new().seconds(120));
        settle(&house, &sink);
        let places = list(&house.env, &desk()).unwrap();
        let (offer, _) = &places.iter().find(|place| !place.offers.is_empty()).unwrap().offers[0];
        assert!(offer.expires_at.to_string().starts_with(until), "{hours}: {}", offer.expires_at);
    }
}

#[test]
fn whoever_waits_on_questions_that_have_changed_answers_again_and_keeps_the_place() {
    for mut house in houses() {
        let sink = Sink::default();
        empty(&house);
        house.answer(&secret(51), &[]);
        let mut wish = wanted("ann", "treatment", None);
        wish.response = Some(secret(51));
        join(&house.env, &house.visitor(), wish).unwrap();
        house.pass(Span::new().seconds(1));
        join(&house.env, &house.visitor(), wanted("ben", "consultation", None)).unwrap();
        settle(&house, &sink);
        let (ann, ben) = (link_of(&sink, "ann"), link_of(&sink, "ben"));
        assert!(!place(&house, &ann).must_answer_again, "{}", house.engine);
        let joined = place(&house, &ann).entry;
        let mut changed = crate::house::protocol();
        changed.sha256 = "f".repeat(64);
        house.env.protocol = Arc::new(changed);
        house.env.diary = Arc::new(app::diary::DiaryCache::new());
        assert!(place(&house, &ann).must_answer_again, "{}", house.engine);
        assert!(!place(&house, &ben).must_answer_again, "a consultation needs no self-check");
        let marked: Vec<bool> =
            list(&house.env, &desk()).unwrap().iter().map(|place| place.must_answer_again).collect();
        assert_eq!(marked, [true, false], "{}: the desk sees it", house.engine);
        let again = |seed| answer_again(&house.env, &house.visitor(), &ann, &secret(seed));
        assert_eq!(code(again(52)), "self-check-missing");
        assert_eq!(code(again(51)), "self-check-outdated");
        house.answer(&secret(53), &[("SCR-BLEED", Given::Unsure)]);
        assert_eq!(code(again(53)), "self-check-says-no");
        assert!(place(&house, &ann).must_answer_again);
        house.answer(&secret(54), &[]);
        again(54).unwrap();
        let kept = place(&house, &ann);
        assert!(!kept.must_answer_again, "{}", house.engine);
        assert_eq!((kept.entry.id, kept.entry.created_at), (joined.id, joined.created_at), "the same place");
        assert_ne!(kept.entry.response_id, joined.response_id);
        leave(&house.env, &house.visitor(), &ann).unwrap();
        assert_eq!(code(again(54)), "changed-meanwhile");
    }
}
