//! The wait list and its offers, on both engines.

use record::{DayPart, WaitEntry, WaitOffer, WaitOfferState, WaitState};
use store::{StoreError, wait_list};
use testkit::{SmallClinic, TestStore, at, id};
use vocab::{VisitTypeId, WaitEntryId};

fn entry(small: &SmallClinic, number: u128, email: &str) -> WaitEntry {
    WaitEntry {
        id: id(number),
        visit_type: VisitTypeId::new("treatment").unwrap(),
        practitioner_id: Some(small.practitioner),
        weekdays: vec![1, 3, 7],
        parts: vec![DayPart::Morning, DayPart::Evening],
        name: "Wanda Waits".into(),
        email: email.into(),
        phone: "0".into(),
        response_id: Some(id(70)),
        state: WaitState::Waiting,
        appointment_id: None,
        link_hash: [number as u8; 32],
        idempotency_key: format!("key{number}"),
        created_at: at(number as i64),
        expires_at: at(10_000),
    }
}

fn insert(test: &TestStore, small: &SmallClinic, entry: &WaitEntry) -> Result<(), StoreError> {
    let (clinic, entry) = (small.clinic, entry.clone());
    test.write(move |tx| wait_list::insert(tx, clinic, &entry))
}

#[test]
fn entries_are_read_as_written_longest_wait_first_and_forgotten() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let clinic = small.clinic;
        let (first, second) = (entry(&small, 81, "a@example.org"), entry(&small, 82, "a@example.org"));
        insert(&test, &small, &second).unwrap();
        insert(&test, &small, &first).unwrap();
        let again = WaitEntry { idempotency_key: "other".into(), id: id(83), ..first.clone() };
        assert!(insert(&test, &small, &again).is_err(), "{}: two with one link", test.engine);
        let waiting = |now| test.read(|tx| wait_list::waiting(tx, clinic, at(now))).unwrap();
        assert_eq!(waiting(200), [first.clone(), second.clone()], "{}", test.engine);
        assert!(waiting(10_000).is_empty(), "whose time to wait is over");
        assert_eq!(test.read(|tx| wait_list::by_link(tx, clinic, &[81; 32])).unwrap(), Some(first.clone()));
        assert_eq!(test.read(|tx| wait_list::count_of(tx, clinic, "a@example.org")).unwrap(), 2);
        let other = id(999);
        assert!(test.read(|tx| wait_list::waiting(tx, other, at(200))).unwrap().is_empty(), "another clinic");
        let left = |id: WaitEntryId| test.write(move |tx| wait_list::left(tx, clinic, id)).unwrap();
        assert!(left(first.id) && !left(first.id));
        let kept = test.read(|tx| wait_list::load(tx, clinic, first.id)).unwrap().unwrap();
        assert_eq!(
            (kept.state, kept.name.as_str(), kept.email.as_str(), kept.phone.as_str()),
            (WaitState::Left, "", "", "")
        );
        let forget = |now, before| {
            test.write(move |tx| wait_list::forget_expired(tx, clinic, at(now), at(before))).unwrap()
        };
        assert_eq!(forget(10_000, 9_999), 1, "the second leaves when its time is over");
        assert_eq!(forget(10_000, 10_000), 2, "{}: both are forgotten", test.engine);
        assert!(test.read(|tx| wait_list::load(tx, clinic, second.id)).unwrap().is_none());
    }
}

#[test]
fn a_time_is_offered_once_and_settled_once() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let clinic = small.clinic;
        let one = entry(&small, 81, "a@example.org");
        insert(&test, &small, &one).unwrap();
        let offer = |number: u128, offered: i64| WaitOffer {
            id: id(number),
            entry_id: one.id,
            start_at: at(900),
            end_at: at(1800),
            state: WaitOfferState::Open,
            offered_at: at(offered),
            expires_at: at(offered + 60),
        };
        let write = |offer: WaitOffer| test.write(move |tx| wait_list::offer(tx, clinic, &offer)).unwrap();
        assert_eq!(write(offer(91, 10)), id(91));
        assert_eq!(write(offer(92, 20)), id(91), "{}: the same time keeps its id", test.engine);
        let known = test.read(|tx| wait_list::offers_to(tx, clinic, one.id)).unwrap();
        assert_eq!(known, [WaitOffer { id: id(91), ..offer(92, 20) }]);
        let between =
            |from, to| test.read(|tx| wait_list::offers_between(tx, clinic, at(from), at(to))).unwrap().len();
        assert_eq!((between(900, 901), between(901, 2_000), between(0, 900)), (1, 0, 0), "half-open");
        let settle = |state| test.write(move |tx| wait_list::settle(tx, clinic, id(91), state)).unwrap();
        assert!(settle(WaitOfferState::Taken) && !settle(WaitOfferState::Gone), "{}", test.engine);
        let kept = test.read(|tx| wait_list::load_offer(tx, clinic, id(91))).unwrap().unwrap();
        assert_eq!(kept.state, WaitOfferState::Taken);
        let appointment = id(95);
        let booked = || test.write(move |tx| wait_list::booked(tx, clinic, id(81), appointment)).unwrap();
        assert!(booked() && !booked());
        assert!(!test.read(|tx| wait_list::has_any(tx, clinic, at(100))).unwrap());
    }
}
