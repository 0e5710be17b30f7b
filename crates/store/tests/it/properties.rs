//! Whatever is taken, released and passed on: claims and occupations agree, and no seat is taken twice.

use proptest::prelude::*;
use record::{Occupation, Owner};
use std::collections::BTreeMap;
use store::{Store, StoreError, diary};
use testkit::{SmallClinic, at, id, occupation};

#[derive(Debug, Clone)]
enum Step {
    Take(u128, Vec<(u8, u16, i64, i64)>),
    Release(u128),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let piece = (0u8..3, 0u16..2, 0i64..20, 1i64..8);
    let step = prop_oneof![
        3 => (0u128..8, prop::collection::vec(piece, 1..4)).prop_map(|(owner, pieces)| Step::Take(owner, pieces)),
        1 => (0u128..8).prop_map(Step::Release),
    ];
    prop::collection::vec(step, 1..25)
}

/// The model: which quantum of which seat is whose.
type Model = BTreeMap<(vocab::ResourceId, u16, i64), u128>;

fn occupations(small: &SmallClinic, pieces: &[(u8, u16, i64, i64)]) -> Vec<Occupation> {
    let resources = [small.room, small.pen, small.practitioner];
    let make = |&(resource, seat, from, length): &(u8, u16, i64, i64)| {
        occupation(resources[usize::from(resource)], seat, from * 5, (from + length) * 5)
    };
    pieces.iter().map(make).collect()
}

/// What the model says to a take: `None` if it is refused. An owner takes once, until it releases.
fn taken(model: &Model, owner: u128, occupations: &[Occupation]) -> Option<Model> {
    if model.values().any(|of| *of == owner) {
        return None;
    }
    let mut after = model.clone();
    for occupation in occupations {
        for quantum in occupation.quanta().unwrap() {
            let claim = (occupation.resource_id, occupation.seat, quantum);
            if after.insert(claim, owner).is_some() {
                return None;
            }
        }
    }
    Some(after)
}

fn run(store: &Store, small: SmallClinic, steps: &[Step]) -> Result<(), TestCaseError> {
    // What a case that failed left behind does not fail the next one, which proptest tries to make smaller.
    store
        .write(move |tx| -> Result<(), StoreError> {
            for owner in 0..8 {
                diary::release(tx, small.clinic, Owner::Appointment(id(owner)))?;
            }
            Ok(())
        })
        .unwrap();
    let mut model = Model::new();
    for step in steps {
        match step {
            Step::Take(owner, pieces) => {
                let wanted = occupations(&small, pieces);
                let expected = taken(&model, *owner, &wanted);
                let who = Owner::Appointment(id(*owner));
                let result = store.write(move |tx| diary::take(tx, small.clinic, who, &wanted));
                match (result, expected) {
                    (Ok(()), Some(after)) => model = after,
                    (Err(StoreError::Taken), None) => {}
                    (result, expected) => {
                        prop_assert!(false, "{result:?}, expected free: {}", expected.is_some());
                    }
                }
            }
            Step::Release(owner) => {
                let who = Owner::Appointment(id(*owner));
                store.write(move |tx| diary::release(tx, small.clinic, who).map(drop)).unwrap();
                model.retain(|_, of| of != owner);
            }
        }
        let unguarded = store.read(|tx| diary::count_unguarded(tx, small.clinic, at(0))).unwrap();
        prop_assert_eq!(unguarded, 0);
    }
    let kept = store.read(|tx| diary::occupations_between(tx, small.clinic, at(0), at(1_000))).unwrap();
    let quanta: usize = kept.iter().map(|(_, piece)| piece.quanta().unwrap().count()).sum();
    prop_assert_eq!(quanta, model.len());
    Ok(())
}

#[test]
fn claims_follow_the_model() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
            cases: 40,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        runner.run(&steps(), |steps| run(&test, small, &steps)).expect(test.engine);
    }
}
