//! What the self-check allows, asked again at the moment of booking.

use app::{Failure, Refusal, appointments::book, screening::Given};
use protocol::Offer;

use crate::house::{House, houses, secret};

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
fn a_consultation_needs_no_self_check() {
    for house in houses() {
        assert!(!house.booked().is_repeat);
    }
}
