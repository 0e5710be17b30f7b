//! The audit trail: append-only, chained, and every kind of tampering is found.

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use record::{Access, Actor, ActorKind, NewAuditEvent};
use store::{
    StoreError, access_log, appointments,
    audit::{self, Break, BreakKind, Filter},
};
use testkit::{Raw, SmallClinic, TestStore, at, id};
use vocab::ClinicId;

fn event(number: u128) -> NewAuditEvent {
    NewAuditEvent {
        at: at(number as i64),
        actor: Actor { kind: ActorKind::Staff, id: format!("staff-{number}") },
        operation_id: id(number),
        action: "appointment.book".into(),
        object_kind: "appointment".into(),
        object_id: format!("object-{number}"),
        detail: "start_at end_at".into(),
        reason: String::new(),
    }
}

fn append(test: &TestStore, clinic: ClinicId, numbers: std::ops::RangeInclusive<u128>) {
    let events: Vec<_> = numbers.map(event).collect();
    test.write(move |tx| audit::append(tx, clinic, &events)).unwrap();
}

fn verify(test: &TestStore, clinic: ClinicId) -> Result<u64, Break> {
    test.read(move |tx| audit::verify(tx, clinic)).unwrap()
}

/// What an intruder does who owns the database.
fn take_triggers_away(raw: &mut Raw) {
    match raw {
        Raw::Sqlite(_) => {
            for row in raw.texts("SELECT name FROM sqlite_schema WHERE type = 'trigger'") {
                raw.execute(&format!("DROP TRIGGER {}", row[0])).unwrap();
            }
        }
        Raw::Postgres(_) => raw.execute("DROP FUNCTION refuse_change() CASCADE").unwrap(),
    }
}

#[test]
fn events_are_chained_for_each_clinic() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let other = SmallClinic::write_numbered(&test, 2);
        assert_eq!(verify(&test, small.clinic), Err(Break { seq: 1, kind: BreakKind::Empty }));
        append(&test, small.clinic, 1..=3);
        append(&test, other.clinic, 1..=2);
        append(&test, small.clinic, 4..=5);
        assert_eq!((verify(&test, small.clinic), verify(&test, other.clinic)), (Ok(5), Ok(2)));
        let newest = test.read(|tx| audit::find(tx, small.clinic, &Filter::default(), 2)).unwrap();
        let seen: Vec<_> = newest.iter().map(|found| (found.seq, found.event.clone())).collect();
        assert_eq!(seen, vec![(5, event(5)), (4, event(4))], "{}", test.engine);
        let of_object = test.read(|tx| audit::of_object(tx, small.clinic, "object-3")).unwrap();
        assert_eq!((of_object.len(), of_object[0].seq), (1, 3));
        let head = test.read(|tx| audit::head(tx, small.clinic)).unwrap().unwrap();
        assert_eq!((head.seq, head.hash), (5, newest[0].hash));
        assert_eq!(verify(&test, id(999)), Err(Break { seq: 0, kind: BreakKind::NoHead }));
    }
}

#[test]
fn events_are_found_by_who_what_about_whom_and_when() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let other = SmallClinic::write_numbered(&test, 2);
        append(&test, other.clinic, 1..=3);
        let appointment = small.appointment(77, 600);
        let visit = appointment.id;
        test.write(move |tx| {
            appointments::insert(tx, small.clinic, &appointment, &[])?;
            let said = |number, kind, actor: &str, action: &str, object: String| NewAuditEvent {
                actor: Actor { kind, id: actor.into() },
                action: action.into(),
                object_id: object,
                ..event(number)
            };
            let events = [
                said(1, ActorKind::Staff, "s1", "appointment.book", visit.to_string()),
                said(2, ActorKind::Patient, &visit.to_string(), "appointment.confirm", visit.to_string()),
                said(3, ActorKind::Staff, "s2", "appointment.move", visit.to_string()),
                said(4, ActorKind::Staff, "s1", "staff.sign-in", "s1".into()),
                said(5, ActorKind::Visitor, "", "hold.place", "h".into()),
            ];
            audit::append(tx, small.clinic, &events)
        })
        .unwrap();
        let found = |filter: Filter| {
            let found = test.read(|tx| audit::find(tx, small.clinic, &filter, 100)).unwrap();
            found.iter().map(|event| event.seq).collect::<Vec<_>>()
        };
        let all = Filter::default;
        let words = |text: &str| Some(text.to_owned());
        assert_eq!(found(all()), [5, 4, 3, 2, 1], "{}", test.engine);
        assert_eq!(found(Filter { before: Some(3), ..all() }), [2, 1]);
        assert_eq!(found(Filter { actor_kind: Some(ActorKind::Staff), ..all() }), [4, 3, 1]);
        assert_eq!(found(Filter { actor_id: words("s1"), ..all() }), [4, 1]);
        assert_eq!(found(Filter { action: words("hold.place"), ..all() }), [5]);
        assert_eq!(found(Filter { about: words(&visit.to_string()), ..all() }), [3, 2, 1]);
        assert_eq!(found(Filter { about: words(&small.patient.to_string()), ..all() }), [3, 2, 1]);
        assert_eq!(found(Filter { about: words(&other.patient.to_string()), ..all() }), [0; 0]);
        assert_eq!(found(Filter { from_at: Some(at(2)), to_at: Some(at(4)), ..all() }), [3, 2], "half-open");
        let both = Filter { actor_id: words("s1"), about: words(&visit.to_string()), ..all() };
        assert_eq!(found(both), [1]);
        assert_eq!(found(Filter { action: words("' OR 1=1 --"), ..all() }), [0; 0]);
    }
}

#[test]
fn an_event_of_what_was_rolled_back_is_gone() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        append(&test, small.clinic, 1..=1);
        let failed: Result<(), StoreError> = test.write(move |tx| {
            audit::append(tx, small.clinic, &[event(2)])?;
            Err(StoreError::Duplicate)
        });
        failed.unwrap_err();
        append(&test, small.clinic, 3..=3);
        assert_eq!(verify(&test, small.clinic), Ok(2), "{}", test.engine);
    }
}

#[test]
fn the_trail_only_grows() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        append(&test, small.clinic, 1..=3);
        let access = Access {
            at: at(0),
            actor: event(1).actor,
            operation_id: id(1),
            patient_id: small.patient,
            page: "day-view".into(),
        };
        let accesses = vec![access.clone(), access.clone()];
        test.write(move |tx| access_log::append(tx, small.clinic, &accesses)).unwrap();
        let mut raw = test.raw();
        for sql in [
            "DELETE FROM audit_event",
            "DELETE FROM audit_event WHERE seq = 3",
            "UPDATE audit_event SET reason = 'x'",
            "DELETE FROM access_log",
            "UPDATE access_log SET page = 'x'",
            "DELETE FROM audit_head",
            "UPDATE audit_head SET seq = 1",
        ] {
            let refused = raw.execute(sql).unwrap_err();
            assert!(refused.contains("append-only"), "{}: {sql}: {refused}", test.engine);
        }
        if let Raw::Postgres(_) = raw {
            for table in ["audit_event", "access_log", "audit_head"] {
                assert!(raw.execute(&format!("TRUNCATE {table} CASCADE")).is_err(), "{table}");
            }
        }
        assert_eq!(verify(&test, small.clinic), Ok(3));
        let seen = test.read(|tx| access_log::of_patient(tx, small.clinic, small.patient)).unwrap();
        assert_eq!(seen, vec![access], "{}: once for each page and request", test.engine);
    }
}

#[test]
fn each_kind_of_tampering_is_found_where_it_is() {
    let cases: [(&str, &str, Break); 8] = [
        (
            "change",
            "UPDATE audit_event SET reason = 'x' WHERE seq = 4",
            Break { seq: 4, kind: BreakKind::Changed },
        ),
        ("deletion", "DELETE FROM audit_event WHERE seq = 4", Break { seq: 4, kind: BreakKind::Missing }),
        (
            "deletion of the first",
            "DELETE FROM audit_event WHERE seq = 1",
            Break { seq: 1, kind: BreakKind::Missing },
        ),
        (
            "swap",
            "UPDATE audit_event SET seq = 1000 WHERE seq = 4; UPDATE audit_event SET seq = 4 WHERE seq = 6;
             UPDATE audit_event SET seq = 6 WHERE seq = 1000",
            Break { seq: 4, kind: BreakKind::Changed },
        ),
        ("cut tail", "DELETE FROM audit_event WHERE seq > 7", Break { seq: 8, kind: BreakKind::Cut }),
        ("all gone", "DELETE FROM audit_event", Break { seq: 1, kind: BreakKind::Cut }),
        (
            "cut tail and head set back",
            "DELETE FROM audit_event WHERE seq > 7; UPDATE audit_head SET seq = 7",
            Break { seq: 7, kind: BreakKind::Changed },
        ),
        ("head gone", "DELETE FROM audit_head", Break { seq: 0, kind: BreakKind::NoHead }),
    ];
    for test in testkit::stores() {
        for (number, (what, sql, expected)) in (1..).zip(&cases) {
            let small = SmallClinic::write_numbered(&test, number);
            append(&test, small.clinic, 1..=10);
            let mut raw = test.raw();
            if number == 1 {
                take_triggers_away(&mut raw);
            }
            // Only this clinic's rows.
            let sql = sql.replace(" WHERE ", &format!(" WHERE clinic_id = '{}' AND ", small.clinic));
            let scope = format!(" WHERE clinic_id = '{}'", small.clinic);
            let sql: String = sql
                .split(';')
                .map(|one| if one.contains("WHERE") { format!("{one};") } else { format!("{one}{scope};") })
                .collect();
            raw.execute(&sql).unwrap();
            assert_eq!(verify(&test, small.clinic), Err(*expected), "{}: {what}", test.engine);
        }
    }
}

/// Who can write the head too is found by the head that was kept elsewhere.
#[test]
fn a_head_kept_elsewhere_finds_a_trail_that_fits_itself() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let other = SmallClinic::write_numbered(&test, 2);
        append(&test, small.clinic, 1..=7);
        let against = |kept: audit::Head| {
            test.read(move |tx| audit::verify_against(tx, small.clinic, Some(kept))).unwrap()
        };
        let early = test.read(|tx| audit::head(tx, small.clinic)).unwrap().unwrap();
        append(&test, small.clinic, 8..=10);
        let late = test.read(|tx| audit::head(tx, small.clinic)).unwrap().unwrap();
        assert_eq!((against(early), against(late)), (Ok(late), Ok(late)), "{}", test.engine);
        assert_eq!(late.to_string().parse(), Ok(late), "as it is printed it is read");
        for bad in ["", "10", "10:", "0:00", &late.to_string()[1..60]] {
            assert!(bad.parse::<audit::Head>().is_err(), "{bad}");
        }

        // The tail is cut and the head set back to fit.
        let mut raw = test.raw();
        take_triggers_away(&mut raw);
        let (clinic, hash) = (small.clinic, early.to_string().split_off(2));
        let hash = match &raw {
            Raw::Sqlite(_) => format!("x'{hash}'"),
            Raw::Postgres(_) => format!("decode('{hash}', 'hex')"),
        };
        raw.execute(&format!(
            "DELETE FROM audit_event WHERE clinic_id = '{clinic}' AND seq > 7;
             UPDATE audit_head SET seq = 7, hash = {hash} WHERE clinic_id = '{clinic}'"
        ))
        .unwrap();
        assert_eq!(verify(&test, clinic), Ok(7), "the chain alone cannot know");
        assert_eq!(against(late), Err(Break { seq: 10, kind: BreakKind::EndsBefore }));
        append(&test, clinic, 11..=15);
        assert_eq!(against(late), Err(Break { seq: 10, kind: BreakKind::NotAsKept }));
        assert_eq!(verify(&test, other.clinic), Err(Break { seq: 1, kind: BreakKind::Empty }));
    }
}

/// A thousand copies of a trail, each tampered with once at random: a thousand are found.
#[test]
fn a_thousand_tampered_copies_are_found() {
    let test = testkit::sqlite_store();
    let small = SmallClinic::write(&test);
    append(&test, small.clinic, 1..=12);
    let mut raw = test.raw();
    take_triggers_away(&mut raw);
    let mut chance = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let columns = [
        "at",
        "actor_kind",
        "actor_id",
        "operation_id",
        "action",
        "object_kind",
        "object_id",
        "detail",
        "reason",
        "hash",
    ];
    raw.execute("CREATE TABLE copy AS SELECT * FROM audit_event").unwrap();
    for round in 0..1_000 {
        let seq = chance.next_u32() % 12 + 1;
        let other = (seq % 12) + 1;
        let column = columns[chance.next_u32() as usize % columns.len()];
        let sql = match chance.next_u32() % 4 {
            0 => match column {
                "at" => format!("UPDATE audit_event SET at = at + 1 WHERE seq = {seq}"),
                "hash" => format!("UPDATE audit_event SET hash = randomblob(32) WHERE seq = {seq}"),
                text => format!("UPDATE audit_event SET {text} = {text} || 'x' WHERE seq = {seq}"),
            },
            1 => format!("DELETE FROM audit_event WHERE seq = {seq}"),
            2 => format!(
                "UPDATE audit_event SET seq = 99 WHERE seq = {seq}; UPDATE audit_event SET seq = {seq} WHERE seq = \
                 {other}; UPDATE audit_event SET seq = {other} WHERE seq = 99"
            ),
            _ => format!("DELETE FROM audit_event WHERE seq >= {seq}"),
        };
        raw.execute(&sql).unwrap();
        assert!(verify(&test, small.clinic).is_err(), "round {round}: not found: {sql}");
        raw.execute("DELETE FROM audit_event; INSERT INTO audit_event SELECT * FROM copy").unwrap();
    }
    assert_eq!(verify(&test, small.clinic), Ok(12));
}
