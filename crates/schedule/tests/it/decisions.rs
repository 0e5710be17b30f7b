//! Decisions, refusals, seats.

use std::sync::Arc;

use jiff::civil::date;
use schedule::{
    Busy, Calendar, CalendarError, Query, Reason, Refusal, ResourceKey, SiteFacts, Takes, check, seats,
};

use crate::clinic::{at, busy, phase, resource, role, site, treatment};

const DAY: jiff::civil::Date = date(2027, 6, 1);

fn clinic() -> SiteFacts {
    site(
        "UTC",
        vec![
            resource("T1", "therapist", (9, 12)),
            resource("T2", "therapist", (9, 12)),
            resource("R1", "room", (9, 12)),
        ],
    )
}

fn calendar(site: &SiteFacts, busy: &[Busy]) -> Calendar {
    Calendar::build(Arc::new(site.clone()), DAY, 7, busy).expect("a sound clinic")
}

fn nine() -> jiff::Timestamp {
    at("2027-06-01T09:00:00Z")
}

#[test]
fn an_elastic_phase_is_as_short_as_it_can_be() {
    let site = clinic();
    let taken = [busy("T1", "2027-06-01T10:00:00Z", "2027-06-01T10:10:00Z")];
    let query = Query::all(DAY, DAY);
    let named = ResourceKey::from("T1");
    let decision =
        calendar(&site, &taken).decide(&treatment(), &query, nine()).expect("both are free at nine");
    // T2 keeps to the least; T1 is in the site's order first, but can only with ten minutes more.
    assert_eq!((&*decision.lead.0, decision.phases[1].to.to_string()), ("T2", "2027-06-01T10:00:00Z".into()));
    let query = Query { lead: Some(&named), ..query };
    let decision = calendar(&site, &taken).decide(&treatment(), &query, nine()).expect("T1 is free at nine");
    assert_eq!(decision.phases[1].to.to_string(), "2027-06-01T10:10:00Z");
    assert_eq!(check(&site, &taken, &treatment(), &query, &decision), []);
}

#[test]
fn every_refusal_has_its_reason() {
    let plain = clinic();
    let room = busy("R1", "2027-06-01T09:00:00Z", "2027-06-01T12:00:00Z");
    let lead = busy("T1", "2027-06-01T09:00:00Z", "2027-06-01T12:00:00Z");
    let led = Busy { leads: true, ..busy("T1", "2027-06-01T11:45:00Z", "2027-06-01T11:50:00Z") };
    let mut capped = plain.clone();
    capped.resources[0].daily_cap = Some(1);
    capped.min_notice_minutes = 60;
    let elsewhere = [(nine(), at("2027-06-01T09:05:00Z"))];
    let (named, unknown) = (ResourceKey::from("T1"), ResourceKey::from("T9"));
    let all = Query::all(DAY, DAY);
    let of = |lead| Query { lead: Some(lead), ..all.clone() };
    let mut closed = plain.clone();
    closed.closures.push(schedule::LocalSpan { from: DAY.at(8, 0, 0, 0), to: DAY.at(9, 30, 0, 0) });
    let cases = [
        (&plain, vec![], all.clone(), "2027-06-01T09:05:00Z", "off-grid"),
        (&plain, vec![], all.clone(), "2027-06-01T09:03:00Z", "off-grid"),
        (&plain, vec![], all.clone(), "2027-06-02T09:00:00Z", "outside-horizon"),
        (&plain, vec![], all.clone(), "2028-06-02T09:00:00Z", "outside-horizon"),
        (
            &plain,
            vec![],
            Query { windows: &[(600, 700), (0, 60)], ..all.clone() },
            "2027-06-01T09:00:00Z",
            "outside-window",
        ),
        (&capped, vec![], Query { now: Some(nine()), ..all.clone() }, "2027-06-01T09:30:00Z", "too-soon"),
        (&closed, vec![], all.clone(), "2027-06-01T09:00:00Z", "closed"),
        (&plain, vec![lead], of(&named), "2027-06-01T09:00:00Z", "lead-busy"),
        (&capped, vec![led], of(&named), "2027-06-01T09:00:00Z", "lead-full"),
        (&plain, vec![], of(&unknown), "2027-06-01T09:00:00Z", "not-this-lead"),
        (&plain, vec![room], all.clone(), "2027-06-01T09:00:00Z", "nothing-free"),
        (
            &plain,
            vec![],
            Query { client_busy: &elsewhere, ..all.clone() },
            "2027-06-01T09:00:00Z",
            "client-busy",
        ),
        (&plain, vec![], all.clone(), "2027-06-01T11:00:00Z", "nothing-free"),
    ];
    for (site, taken, query, start, code) in cases {
        let refusal = calendar(site, &taken).decide(&treatment(), &query, at(start)).expect_err(code);
        assert_eq!(refusal.code(), code, "{start}: {refusal}");
    }
}

#[test]
fn a_refusal_names_the_kind_and_the_next_time() {
    let site = clinic();
    let taken = [busy("R1", "2027-06-01T09:00:00Z", "2027-06-01T12:00:00Z")];
    let query = Query::all(DAY, date(2027, 6, 7));
    let refusal = calendar(&site, &taken).decide(&treatment(), &query, nine()).expect_err("no room");
    let next = Some(at("2027-06-02T09:00:00Z"));
    assert_eq!(refusal, Refusal::NothingFree { kind: "room".into(), first: next });
    let nothing = calendar(&site, &taken).explain(&treatment(), &Query::all(DAY, DAY));
    assert_eq!(nothing.reasons, [Reason::NoneLongEnough { kind: "room".into() }]);
    assert_eq!(nothing.first_possible, Some(date(2027, 6, 2)));
}

#[test]
fn one_seat_shares_and_whole_does_not() {
    let mut site = clinic();
    site.resources[2].seats = 2;
    let mut visit = treatment();
    let taken = [busy("R1", "2027-06-01T09:00:00Z", "2027-06-01T12:00:00Z")];
    assert_eq!(calendar(&site, &taken).starts(&visit, &Query::all(DAY, DAY)), []);
    for claim in visit.phases.iter_mut().flat_map(|phase| &mut phase.claims) {
        claim.takes = Takes::OneSeat;
    }
    assert!(!calendar(&site, &taken).starts(&visit, &Query::all(DAY, DAY)).is_empty());
}

#[test]
fn seats_are_the_lowest_free_and_change_only_if_they_must() {
    let mut site = clinic();
    site.resources[2].seats = 2;
    let mut visit = treatment();
    visit.roles = vec![role("lead", &["therapist"], true), role("room", &["room"], true)];
    visit.phases = vec![phase("wait", (60, 60), &[&[1]])];
    visit.phases[0].claims[0].takes = Takes::OneSeat;
    let decision = calendar(&site, &[]).decide(&visit, &Query::all(DAY, DAY), nine()).expect("free");
    let (nine, half, ten) = (nine(), at("2027-06-01T09:30:00Z"), at("2027-06-01T10:00:00Z"));
    let taken = |rows: &[(u16, jiff::Timestamp, jiff::Timestamp)]| {
        let rows: Vec<_> = rows.iter().map(|(seat, from, to)| ("R1".into(), *seat, *from, *to)).collect();
        let given = seats(&rows, &site, &decision).map_err(|none| none.key);
        given.map(|given| given.iter().map(|one| (one.seat, one.from, one.to)).collect::<Vec<_>>())
    };
    assert_eq!(taken(&[]), Ok(vec![(0, nine, ten)]));
    assert_eq!(taken(&[(0, nine, half)]), Ok(vec![(1, nine, ten)]));
    assert_eq!(taken(&[(0, nine, half), (1, half, ten)]), Ok(vec![(1, nine, half), (0, half, ten)]));
    assert_eq!(taken(&[(0, nine, ten), (1, half, ten)]), Err("R1".into()));
}

#[test]
fn whole_gives_every_seat() {
    let mut site = clinic();
    site.resources[2].seats = 3;
    let decision = calendar(&site, &[]).decide(&treatment(), &Query::all(DAY, DAY), nine()).expect("free");
    let given = seats(&[], &site, &decision).expect("free");
    let first: Vec<_> =
        given.iter().filter(|one| one.phase == 0).map(|one| (&*one.key.0, one.seat)).collect();
    assert_eq!(first, [("T1", 0), ("R1", 0), ("R1", 1), ("R1", 2)]);
    let entries = decision.busy(&site);
    assert_eq!(entries.iter().filter(|entry| entry.leads).count(), 1);
    assert_eq!(entries.len(), given.len());
}

#[test]
fn facts_that_contradict_themselves_are_refused() {
    let sound = clinic();
    let build = |change: fn(&mut SiteFacts), days| {
        let mut site = sound.clone();
        change(&mut site);
        Calendar::build(Arc::new(site), DAY, days, &[]).expect_err("unsound")
    };
    assert_eq!(build(|_| (), 0), CalendarError::Horizon { days: 0 });
    assert_eq!(build(|site| site.offer_step_minutes = 0, 1), CalendarError::NoStep);
    assert_eq!(
        build(|site| site.resources[1].key = "T1".into(), 1),
        CalendarError::DuplicateKey("T1".into())
    );
    assert_eq!(build(|site| site.resources[0].seats = 0, 1), CalendarError::NoSeat("T1".into()));
    let backwards = build(|site| site.resources[0].hours[0].to = 10, 1).to_string();
    assert!(backwards.contains("T1") && backwards.contains("from minute 540 to minute 10"), "{backwards}");
}
