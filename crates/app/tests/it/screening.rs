//! What the self-check allows, asked again at the moment of booking.

use app::{
    Failure, Refusal,
    appointments::{MoveAppointment, TimesAsked, book, cancel, day_times, move_to},
    screening::{self, Given, SelfCheck},
    wait_list,
};
use jiff::Span;
use protocol::Offer;
use record::QuestionnaireResponse;
use vocab::{ResponseId, RuleId};

use crate::{
    booking::{code, desk},
    house::{House, houses, name, secret},
    wait_list::wanted,
};

fn try_treatment(house: &House, seed: u64) -> Result<(), Refusal> {
    let time = house.times("treatment").into_iter().next().unwrap();
    let mut command = house.command("treatment", &time, &format!("key-{seed}"));
    command.response = Some(secret(seed));
    match book(&house.env, &house.visitor(), command) {
        Ok(_) => Ok(()),
        Err(Failure::Refused(refusal)) => Err(refusal),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn the_answers_decide_what_can_be_booked() {
    for house in houses() {
        assert_eq!(try_treatment(&house, 1), Err(Refusal::SelfCheckMissing));
        house.answer(&secret(2), &[]);
        assert_eq!(try_treatment(&house, 2), Ok(()), "{}", house.engine);
        house.answer(&secret(3), &[("SCR-PREG", Given::Yes)]);
        assert_eq!(try_treatment(&house, 3), Err(Refusal::SelfCheckSays(Offer::Enquiry)));
        house.answer(&secret(4), &[("SCR-DIAB", Given::Unsure)]);
        assert_eq!(try_treatment(&house, 4), Err(Refusal::SelfCheckSays(Offer::Consultation)));
    }
}

#[test]
fn a_wait_allows_only_later_times() {
    for house in houses() {
        let yesterday = "2026-11-22".parse().unwrap();
        house.answer(&secret(5), &[("SCR-SUNBURN", Given::On(yesterday))]);
        let first = "2026-12-06".parse().unwrap();
        assert_eq!(try_treatment(&house, 5), Err(Refusal::NotBefore(first)), "{}", house.engine);
    }
}

#[test]
fn a_wait_from_an_unknown_day_ends_on_the_day_that_was_told() {
    for house in houses() {
        house.answer(&secret(5), &[("SCR-PEEL-SUP", Given::Yes)]);
        let first = "2026-12-14".parse().unwrap();
        assert_eq!(try_treatment(&house, 5), Err(Refusal::NotBefore(first)), "{}", house.engine);
        house.pass(Span::new().hours(24 * 10));
        let seen = screening::load(&house.env, &house.visitor(), &secret(5)).unwrap().unwrap();
        assert_eq!(screening::assess(&house.env, &seen).unwrap().until, Some(first), "ten days later");
        house.pass(Span::new().hours(24 * 11));
        let seen = screening::load(&house.env, &house.visitor(), &secret(5)).unwrap().unwrap();
        assert_eq!(screening::assess(&house.env, &seen).unwrap().offer(), Offer::Treatment, "on the day");
    }
}

#[test]
fn nobody_moves_a_visit_to_before_its_wait_is_over() {
    for house in houses() {
        house.answer(&secret(5), &[("SCR-SUNBURN", Given::On("2026-11-22".parse().unwrap()))]);
        let first: jiff::civil::Date = "2026-12-06".parse().unwrap();
        let asked = TimesAsked { visit_type: name("treatment"), practitioner: None, not_before: None };
        let time_from = |day: jiff::civil::Date| {
            let mut days = day.series(Span::new().days(1)).take(20);
            days.find_map(|day| {
                day_times(&house.env, &house.visitor(), &asked, day).unwrap().into_iter().next()
            })
        };
        let mut command = house.command("treatment", &time_from(first).unwrap(), "key-5");
        command.response = Some(secret(5));
        let id = book(&house.env, &house.visitor(), command).unwrap().appointment.id;
        let early = MoveAppointment {
            id,
            seen_sequence: 0,
            start_at: time_from("2026-11-26".parse().unwrap()).unwrap().start_at,
            practitioner: None,
            hold: None,
            tell_patient: false,
        };
        for acting in [house.holder(id), desk()] {
            let refused = move_to(&house.env, &acting, early.clone());
            assert_eq!(code(refused), "not-before", "{}", house.engine);
        }
        // An upgrade brings other words; what was told stays told.
        let clinic = house.env.clinic_id;
        let of_old = move |tx: &mut store::Tx<'_>| {
            let appointment = store::appointments::load(tx, clinic, id)?.unwrap();
            let response = store::responses::load(tx, clinic, appointment.response_id.unwrap())?.unwrap();
            store::responses::update(
                tx,
                clinic,
                &QuestionnaireResponse { protocol_sha256: "old".into(), ..response },
            )
        };
        house.env.store.write(of_old).unwrap();
        assert_eq!(code(move_to(&house.env, &house.holder(id), early)), "not-before", "{}", house.engine);
    }
}

#[test]
fn a_consultation_needs_no_self_check() {
    for house in houses() {
        assert!(!house.booked().is_repeat);
    }
}

#[test]
fn whoever_is_not_suitable_sends_an_enquiry_and_books_no_consultation() {
    for house in houses() {
        house.answer(&secret(9), &[("SCR-PREG", Given::Yes)]);
        let mut command = house.command("consultation", &house.times("consultation")[0], "key-9");
        command.response = Some(secret(9));
        let refused = book(&house.env, &house.visitor(), command.clone()).unwrap_err();
        let says = Refusal::SelfCheckSays(Offer::Enquiry);
        assert!(matches!(&refused, Failure::Refused(refusal) if *refusal == says), "{}", house.engine);
        // A clinician who is to decide must be met.
        house.answer(&secret(9), &[("SCR-DIAB", Given::Yes)]);
        assert!(book(&house.env, &house.visitor(), command).is_ok(), "{}", house.engine);
    }
}

fn kept(house: &House, id: ResponseId) -> QuestionnaireResponse {
    let clinic = house.env.clinic_id;
    house.env.store.read(|tx| store::responses::load(tx, clinic, id)).unwrap().unwrap()
}

#[test]
fn a_later_self_check_leaves_what_a_booking_rests_on_as_it_was() {
    for house in houses() {
        house.answer(&secret(6), &[]);
        let time = house.times("treatment").into_iter().next().unwrap();
        let mut command = house.command("treatment", &time, "key-6a");
        command.response = Some(secret(6));
        let booked = book(&house.env, &house.visitor(), command).unwrap();
        let rests_on = booked.appointment.response_id.unwrap();
        let before = kept(&house, rests_on);

        // Somebody else at the same computer begins with a blank page and books nothing on answers that are not theirs.
        let begun = screening::load(&house.env, &house.visitor(), &secret(6)).unwrap();
        assert!(begun.is_none(), "{}", house.engine);
        assert_eq!(try_treatment(&house, 6), Err(Refusal::SelfCheckMissing));
        house.answer(&secret(6), &[("SCR-PREG", Given::Yes)]);
        assert!(kept(&house, rests_on) == before, "not one answer was written over");
        assert_eq!(try_treatment(&house, 6), Err(Refusal::SelfCheckSays(Offer::Enquiry)));
    }
}

#[test]
fn a_visit_that_was_called_off_keeps_its_answers_and_its_patient_need_not_give_them_again() {
    for house in houses() {
        house.answer(&secret(7), &[]);
        let time = house.times("treatment").into_iter().next().unwrap();
        let mut command = house.command("treatment", &time, "key-7a");
        command.response = Some(secret(7));
        let booked = book(&house.env, &house.visitor(), command).unwrap();
        let holder = house.holder(booked.appointment.id);
        cancel(&house.env, &holder, booked.appointment.id, 0, false, "").unwrap();
        let id = booked.appointment.response_id.unwrap();
        let before = kept(&house, id);
        assert!(screening::load(&house.env, &house.visitor(), &secret(7)).unwrap().is_some());
        house.answer(&secret(7), &[("SCR-PREG", Given::Yes)]);
        assert!(kept(&house, id) == before, "{}", house.engine);
    }
}

#[test]
fn a_later_self_check_leaves_what_the_wait_list_rests_on_as_it_was() {
    for house in houses() {
        house.answer(&secret(8), &[]);
        let joined = wait_list::JoinWaitList {
            response: Some(secret(8)),
            idempotency_key: "wait-8".into(),
            ..wanted("eve", "treatment", None)
        };
        wait_list::join(&house.env, &house.visitor(), joined).unwrap();
        let clinic = house.env.clinic_id;
        let read = || {
            house.env.store.read(|tx| {
                let entry = store::wait_list::by_idempotency_key(tx, clinic, "wait-8")?.unwrap();
                store::responses::load(tx, clinic, entry.response_id.unwrap())
            })
        };
        let before = read().unwrap().unwrap();
        house.answer(&secret(8), &[("SCR-PREG", Given::Yes)]);
        assert!(read().unwrap().unwrap() == before, "{}", house.engine);
        assert_eq!(try_treatment(&house, 8), Err(Refusal::SelfCheckSays(Offer::Enquiry)));
    }
}

#[test]
fn whoever_comes_back_after_the_answers_have_run_out_begins_anew() {
    for house in houses() {
        house.answer(&secret(11), &[]);
        let time = house.times("treatment").into_iter().next().unwrap();
        let mut command = house.command("treatment", &time, "key-11");
        command.response = Some(secret(11));
        let booked = book(&house.env, &house.visitor(), command).unwrap();
        let id = booked.appointment.response_id.unwrap();
        let before = kept(&house, id);
        house.pass(Span::new().hours(24 * 91));
        app::jobs::sweep(&house.env).unwrap();
        assert!(screening::load(&house.env, &house.visitor(), &secret(11)).unwrap().is_none());
        house.answer(&secret(11), &[("SCR-PREG", Given::Yes)]);
        assert!(screening::load(&house.env, &house.visitor(), &secret(11)).unwrap().is_some());
        assert!(kept(&house, id) == before, "{}", house.engine);
    }
}

#[test]
fn of_two_screens_sent_at_once_neither_takes_the_others_answers_back() {
    for house in houses() {
        let (acting, pregnancy) = (house.visitor(), RuleId::new("SCR-PREG").unwrap());
        let save = |visitor: u64, seen: &Option<SelfCheck>, check: &SelfCheck| {
            screening::save(&house.env, &acting, &secret(visitor), seen.clone(), check.clone())
        };
        let load = |visitor: u64| screening::load(&house.env, &acting, &secret(visitor)).unwrap();
        house.answer(&secret(9), &[]);
        let seen = load(9);
        let mut pregnant = seen.clone().unwrap();
        pregnant.answers.insert(pregnancy.clone(), Given::Yes);
        save(9, &seen, &pregnant).unwrap();
        // Made from what was seen before: it would say "no" again.
        let last = SelfCheck { is_complete: true, ..seen.clone().unwrap() };
        assert_eq!(code(save(9, &seen, &last)), "changed-meanwhile", "{}", house.engine);
        assert_eq!(load(9).unwrap().answers[&pregnancy], Given::Yes, "{}", house.engine);
        save(9, &load(9), &last).unwrap();

        save(10, &None, &pregnant).unwrap();
        assert_eq!(code(save(10, &None, &last)), "changed-meanwhile", "{}: both began", house.engine);
    }
}
