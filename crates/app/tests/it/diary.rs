//! The diary in memory and the database: what one believes after the other has taken something back.

use app::{
    Failure, Refusal,
    appointments::{HoldTime, OfferedTime, TimesAsked, confirm, day_times, hold},
    day_plan::{AwayFrom, note_absence},
    diary,
};
use jiff::{Span, civil::Date};
use vocab::ResourceId;

use crate::{
    booking::{code, desk},
    house::{House, houses, name, secret},
};

fn wanted(time: &OfferedTime, visitor: u64) -> HoldTime {
    HoldTime {
        visit_type: name("consultation"),
        start_at: time.start_at,
        practitioner: Some(time.practitioners[0]),
        visitor: secret(visitor),
        response: None,
    }
}

/// A request for a time that no visit can start at.
fn refuse_a_hold(house: &House, time: &OfferedTime) {
    let odd = HoldTime { start_at: time.start_at + Span::new().minutes(1), ..wanted(time, 99) };
    assert!(matches!(hold(&house.env, &house.visitor(), odd), Err(Failure::Refused(Refusal::NoSuchTime(_)))));
}

fn with(house: &House, on: Date, lead: ResourceId) -> Vec<OfferedTime> {
    let asked = TimesAsked { visit_type: name("consultation"), practitioner: Some(lead), not_before: None };
    day_times(&house.env, &house.visitor(), &asked, on).unwrap()
}

/// As the database has it, to somebody who begins with nothing in memory.
fn anew(house: &House, on: Date, lead: ResourceId) -> Vec<OfferedTime> {
    let mut env = house.env.clone();
    env.diary = std::sync::Arc::new(diary::DiaryCache::new());
    let asked = TimesAsked { visit_type: name("consultation"), practitioner: Some(lead), not_before: None };
    day_times(&env, &house.visitor(), &asked, on).unwrap()
}

#[test]
fn whoever_is_away_is_not_offered_after_a_refusal_beside_a_hold_that_ran_out() {
    for house in houses() {
        let time = house.times("consultation").remove(0);
        let (lead, on) =
            (time.practitioners[0], diary::current(&house.env).unwrap().rules.date_at(time.start_at));
        hold(&house.env, &house.visitor(), wanted(&time, 1)).unwrap();
        house.pass(Span::new().minutes(11));
        refuse_a_hold(&house, &time);
        assert_eq!(with(&house, on, lead), anew(&house, on, lead), "{}: freed all the same", house.engine);
        let (from_local, to_local) = (on.at(0, 0, 0, 0), on.tomorrow().unwrap().at(0, 0, 0, 0));
        note_absence(&house.env, &desk(), AwayFrom { resource_id: lead, from_local, to_local }).unwrap();
        assert!(with(&house, on, lead).is_empty(), "{}", house.engine);
        assert_eq!(
            code(hold(&house.env, &house.visitor(), wanted(&time, 2))),
            "lead-busy",
            "{}",
            house.engine
        );
    }
}

#[test]
fn a_late_confirmation_leaves_no_time_that_only_seems_busy() {
    for house in houses() {
        let booked = house.booked();
        let (id, lead) = (booked.appointment.id, booked.appointment.lead_id);
        let on = diary::current(&house.env).unwrap().rules.date_at(booked.appointment.start_at);
        house.pass(Span::new().minutes(25));
        let times = house.times("consultation");
        let (late, other) = (times.last().unwrap(), &times[times.len() / 2]);
        hold(&house.env, &house.visitor(), wanted(late, 1)).unwrap();
        house.pass(Span::new().minutes(6));
        assert_eq!(code(confirm(&house.env, &house.holder(id), id)), "confirmation-over");
        let is_free = with(&house, on, lead).iter().any(|time| time.start_at == booked.appointment.start_at);
        assert!(is_free, "{}: freed all the same", house.engine);
        house.pass(Span::new().minutes(5));
        hold(&house.env, &house.visitor(), wanted(other, 2)).unwrap();
        let lead = late.practitioners[0];
        assert_eq!(with(&house, on, lead), anew(&house, on, lead), "{}", house.engine);
        assert!(hold(&house.env, &house.visitor(), wanted(late, 3)).is_ok(), "{}", house.engine);
    }
}
