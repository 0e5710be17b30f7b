//! A clinic changes for how many patients somebody may be on call: what is booked follows, or the change is refused.

use std::collections::BTreeSet;

use app::{
    Acting, Actor, Failure,
    appointments::{HoldTime, TimesAsked, book, cancel, day, day_times, held, hold},
    diary::{current, phase_times},
    settings::follow_file,
};
use jiff::{Span, Timestamp, civil::Date};
use protocol::StaffNeed;
use record::{AppointmentStatus, ClinicSettings, Owner, ResourceKind};
use vocab::{AppointmentId, OperationId, ResourceId};

use crate::{
    booking::desk,
    house::{House, houses, name, secret},
};

const DAYS: [&str; 2] = ["2026-11-26", "2026-11-27"];

fn operator() -> Acting {
    Acting { actor: Actor::Operator, operation_id: OperationId::from_bits(5) }
}

/// A clinic's file with this rule about being on call, and all else as it is.
fn follow(house: &House, on_call_limit: u32, needling_counts_as_on_call: bool) -> Result<bool, Failure> {
    let settings = current(&house.env).unwrap().rules.clinic.settings.clone();
    let settings = ClinicSettings { on_call_limit, needling_counts_as_on_call, ..settings };
    follow_file(&house.env, &operator(), Some(&settings), None)
}

/// Books treatments at the desk until none fits any more.
fn fill(house: &House) {
    let asked = TimesAsked { visit_type: name("treatment"), practitioner: None, not_before: None };
    // Keys of forms that none before had.
    house.pass(Span::new().seconds(1));
    for date in DAYS {
        let mut number = 0;
        while let Some(time) =
            day_times(&house.env, &desk(), &asked, date.parse().unwrap()).unwrap().into_iter().next()
        {
            number += 1;
            let now = house.env.clock.now();
            let mut command =
                house.command("treatment", &time, &format!("{date}-{number}-{}", now.as_second()));
            command.contact.name = format!("Number {number} on {date} at {now}");
            book(&house.env, &desk(), command).unwrap();
        }
    }
}

/// What somebody does for a patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Use {
    person: ResourceId,
    from: Timestamp,
    to: Timestamp,
    has_hands_on: bool,
    visit: AppointmentId,
    seats: usize,
}

/// All that people do on those days from now on, by the phases of the visits.
fn uses(house: &House) -> Vec<Use> {
    let now = house.env.clock.now();
    let mut uses = Vec::new();
    for date in DAYS {
        let day = day(&house.env, &desk(), date.parse::<Date>().unwrap()).unwrap();
        for (appointment, _) in day.appointments.iter().filter(|(one, _)| one.status.keeps_time()) {
            let visits = &house.env.protocol.protocol.visits;
            let visit = visits.iter().find(|visit| visit.id == appointment.visit_type).unwrap();
            for (phase, from, to) in phase_times(appointment).into_iter().filter(|phase| phase.2 > now) {
                let staff = visit.phases.iter().find(|known| known.id == phase.name).unwrap().staff;
                let mine = day.occupations.iter().filter(|(owner, one)| {
                    let person = day.rules.resource(one.resource_id).unwrap().kind;
                    *owner == Owner::Appointment(appointment.id)
                        && matches!(person, ResourceKind::Practitioner | ResourceKind::Assistant)
                        && one.from_at < to
                        && one.to_at > from
                });
                let mine: Vec<_> = mine.map(|(_, one)| (one.resource_id, one.seat)).collect();
                for person in mine.iter().map(|one| one.0).collect::<BTreeSet<_>>() {
                    let seats = mine.iter().filter(|one| one.0 == person).map(|one| one.1);
                    let seats = seats.collect::<BTreeSet<_>>().len();
                    let has_hands_on = staff != StaffNeed::OnCall;
                    uses.push(Use { person, from, to, has_hands_on, visit: appointment.id, seats });
                }
            }
        }
    }
    uses
}

/// Visits in which somebody is on call for more than `limit`, or for anybody while working on another if that does not count.
fn apart(house: &House, limit: usize, counts: bool) -> BTreeSet<AppointmentId> {
    let uses = uses(house);
    let mut apart = BTreeSet::new();
    for one in &uses {
        let beside = |other: &&Use| {
            other.person == one.person
                && other.visit != one.visit
                && other.from < one.to
                && other.to > one.from
        };
        let beside: Vec<&Use> = uses.iter().filter(beside).collect();
        let hands = beside.iter().any(|other| other.has_hands_on);
        // At the moment when this one begins.
        let on_call = beside.iter().filter(|other| !other.has_hands_on && other.from <= one.from).count();
        let is_apart = match one.has_hands_on {
            true => hands || (!counts && !beside.is_empty()),
            false => (!counts && hands) || on_call + 1 > limit,
        };
        if is_apart {
            apart.insert(one.visit);
        }
    }
    apart
}

#[test]
fn whoever_works_on_a_patient_is_not_on_call_when_the_limit_is_raised() {
    for house in houses() {
        fill(&house);
        // In the middle of the first day: what has begun goes on, and what is over stays as it was.
        house.pass(Span::new().hours(74).minutes(7));
        assert!(follow(&house, 3, false).unwrap());
        assert_eq!(house.unguarded(), 0, "{}", house.engine);
        let short = uses(&house).into_iter().find(|one| one.has_hands_on && one.seats != 3);
        assert_eq!(short, None, "{}: hands take all of a person", house.engine);
        fill(&house);
        assert_eq!(apart(&house, 3, false), BTreeSet::new(), "{}", house.engine);
        assert_eq!(house.unguarded(), 0, "{}", house.engine);
    }
}

#[test]
fn a_limit_of_one_is_raised_phase_by_phase() {
    for house in houses() {
        // The demo's own visits have two on call with one at once: these are called off.
        let first: Date = "2026-11-23".parse().unwrap();
        for date in first.series(Span::new().days(1)).take(90) {
            for (one, _) in day(&house.env, &desk(), date).unwrap().appointments {
                if matches!(one.status, AppointmentStatus::Pending | AppointmentStatus::Booked) {
                    cancel(&house.env, &desk(), one.id, one.sequence, false, "").unwrap();
                }
            }
        }
        assert!(follow(&house, 1, false).unwrap());
        fill(&house);
        assert!(follow(&house, 2, false).unwrap());
        let odd = uses(&house).into_iter().find(|one| one.seats != if one.has_hands_on { 2 } else { 1 });
        assert_eq!((odd, house.unguarded()), (None, 0), "{}", house.engine);
        assert!(follow(&house, 2, true).unwrap());
        let odd = uses(&house).into_iter().find(|one| one.seats != 1);
        assert_eq!((odd, house.unguarded()), (None, 0), "{}", house.engine);
        fill(&house);
        assert_eq!(apart(&house, 2, true), BTreeSet::new(), "{}", house.engine);
    }
}

#[test]
fn a_rule_that_booked_visits_do_not_keep_is_refused_whole() {
    for house in houses() {
        assert!(follow(&house, 2, true).unwrap());
        fill(&house);
        let in_the_way = apart(&house, 2, false);
        assert!(!in_the_way.is_empty(), "{}: somebody is on call while working", house.engine);
        let before = uses(&house);
        match follow(&house, 2, false) {
            Err(Failure::Form(errors)) => {
                let (field, told) = errors.iter().next().unwrap();
                assert_eq!(field, "on_call_limit");
                assert!(told.contains(" November 2026 1") && told.contains(" to 1"), "{told}");
                assert!(told.contains("on_call_limit = 2 and needling_counts_as_on_call = true"), "{told}");
                assert!(!told.contains("Number"), "{told}: no names");
            }
            other => panic!("{}: a refusal was expected, not {other:?}", house.engine),
        }
        let kept = current(&house.env).unwrap().rules.clinic.settings.needling_counts_as_on_call;
        assert!(kept && uses(&house) == before && house.unguarded() == 0, "{}", house.engine);
        for visit in in_the_way {
            let sequence = house.sequence(visit);
            cancel(&house.env, &desk(), visit, sequence, false, "").unwrap();
        }
        assert!(follow(&house, 2, false).unwrap(), "{}: nothing is in the way any more", house.engine);
        assert_eq!(house.unguarded(), 0, "{}", house.engine);
        fill(&house);
        assert_eq!(apart(&house, 2, false), BTreeSet::new(), "{}", house.engine);
    }
}

#[test]
fn seats_beyond_a_lower_limit_go() {
    for house in houses() {
        assert!(follow(&house, 4, false).unwrap());
        fill(&house);
        for visit in apart(&house, 2, false) {
            let sequence = house.sequence(visit);
            cancel(&house.env, &desk(), visit, sequence, false, "").unwrap();
        }
        assert!(follow(&house, 2, false).unwrap(), "{}", house.engine);
        let odd = uses(&house).into_iter().find(|one| one.seats != if one.has_hands_on { 2 } else { 1 });
        assert_eq!((odd, house.unguarded()), (None, 0), "{}", house.engine);
    }
}

#[test]
fn what_is_held_is_given_up_when_the_rule_changes_and_only_then() {
    for house in houses() {
        let time = house.times("consultation").remove(0);
        let wanted = HoldTime {
            visit_type: name("consultation"),
            start_at: time.start_at,
            practitioner: None,
            visitor: secret(1),
            response: None,
        };
        hold(&house.env, &house.visitor(), wanted).unwrap();
        let is_held = || held(&house.env, &house.visitor(), &secret(1)).unwrap().len();
        let settings = current(&house.env).unwrap().rules.clinic.settings.clone();
        let other = ClinicSettings { horizon_days: settings.horizon_days + 1, ..settings };
        assert!(follow_file(&house.env, &operator(), Some(&other), None).unwrap());
        assert_eq!(is_held(), 1, "{}", house.engine);
        assert!(follow(&house, 3, false).unwrap());
        assert_eq!((is_held(), house.unguarded()), (0, 0), "{}", house.engine);
    }
}
