//! Short lives of clinics on both engines: every crash and every fiftieth step is audited.

use sim::{Step, live};

/// Two lives an engine: clocks go forward in one and back in the other.
const SEEDS: [u64; 2] = [0, 5];

#[test]
fn an_auditor_finds_nothing_in_the_lives_of_clinics() {
    for seed in SEEDS {
        for place in testkit::places() {
            let report = live(place.location.clone(), seed, 400, 50);
            // A life in which nothing happens proves nothing.
            for step in [Step::Hold, Step::Book, Step::BookHeld, Step::Confirm, Step::Move, Step::Cancel, Step::Work] {
                assert!(report.count(step) > 0, "{} seed {seed}: no {step:?} in {report:?}", place.engine);
            }
            assert!(report.crashes > 5, "{} seed {seed}: {report:?}", place.engine);
        }
    }
}
