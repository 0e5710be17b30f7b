//! Short lives of clinics on both engines: every crash and every fifty-fifth step is audited.

use app::Clock as _;
use sim::{Auditor, Life, Step, live};

/// Two lives an engine: clocks go forward in one and back in the other.
const SEEDS: [u64; 2] = [0, 5];

#[test]
fn an_auditor_finds_nothing_in_the_lives_of_clinics() {
    for seed in SEEDS {
        for place in testkit::places() {
            let report = live(place.location.clone(), seed, 220, 55);
            // A life in which nothing happens proves nothing.
            for step in
                [Step::Hold, Step::Book, Step::BookHeld, Step::Confirm, Step::Move, Step::Cancel, Step::Work]
            {
                assert!(report.count(step) > 0, "{} seed {seed}: no {step:?} in {report:?}", place.engine);
            }
            assert!(report.crashes > 3, "{} seed {seed}: {report:?}", place.engine);
        }
    }
}

/// An auditor that finds nothing in a damaged database would prove nothing.
#[test]
fn an_auditor_finds_what_was_damaged() {
    let place = testkit::sqlite_place();
    let mut life = Life::begin(place.location.clone(), 3, 1);
    while life.report.count(Step::Book) < 12 || life.ledger.holds.is_empty() {
        life.pause();
        let step = life.draw();
        life.plain(step);
    }
    life.audit();
    let damages = [
        ("DELETE FROM claim WHERE quantum = (SELECT max(quantum) FROM claim)", "not guarded"),
        (
            "INSERT INTO claim SELECT clinic_no, resource_no, 7, quantum FROM claim LIMIT 1",
            "claimed by nobody",
        ),
        ("UPDATE appointment SET status = 'cancelled' WHERE status = 'booked'", "occupies"),
        ("UPDATE appointment SET sequence = sequence + 1", "was acknowledged as"),
        ("DELETE FROM job; DELETE FROM message", "is nowhere"),
        (
            "UPDATE job SET subject_id = subject_id || '0'; UPDATE message SET event_key = event_key || '0'",
            "nobody asked",
        ),
        ("DELETE FROM weekly_rule WHERE kind = 'hours' AND weekday < 6", "off duty"),
        ("UPDATE clinic SET min_notice_minutes = 100000", "before its notice"),
        ("UPDATE clinic SET offer_step_minutes = 1439", "off the offer grid"),
        ("UPDATE resource SET daily_cap = 0", "too many"),
        ("UPDATE appointment SET phases = 'needling:30', end_at = start_at + 1800000000", "lacks device"),
        (
            "UPDATE appointment SET patient_id = (SELECT max(patient_id) FROM patient), end_at = start_at + 90000000000000",
            "two visits",
        ),
        ("UPDATE audit_head SET seq = seq + 1", "audit trail is broken"),
        (
            "DROP TRIGGER audit_event_stay; UPDATE audit_event SET object_id = 'x' WHERE seq = 1",
            "audit trail is broken",
        ),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    for (number, (sql, expected)) in damages.iter().enumerate() {
        // Each damage is done to a fresh copy.
        let copy = folder.path().join(format!("{number}/stipple.sqlite"));
        std::fs::create_dir(folder.path().join(number.to_string())).expect("a folder");
        place.raw().execute(&format!("VACUUM INTO '{}'", copy.display())).expect("copied");
        let mut raw = testkit::Raw::open(&store::StoreLocation::Sqlite { path: copy.clone() });
        raw.execute(sql).expect(sql);
        drop(raw);
        let location = store::StoreLocation::Sqlite { path: copy };
        let now = life.world.clockwork.now();
        let damaged = sim::World::start(location, 3, sim::Clockwork::standing(now, 3));
        let found = Auditor::audit(&damaged, &life.ledger, now).found;
        assert!(found.iter().any(|what| what.contains(expected)), "{sql}: {found:?}");
    }
}
