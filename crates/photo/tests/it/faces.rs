//! Landmarks, and what starts from them.

use crate::drawn::{FACE, Motion, OTHER, PLAIN, PUPILS, STILL, Skin, face, picture};
use photo::{Options, Refusal, Start, landmarks, register};

/// Landmarks around the right and the left eye of the canonical face: outer corner, inner corner, above, below.
const EYES: [[usize; 4]; 2] = [[33, 133, 159, 145], [263, 362, 386, 374]];
const TURNED: Motion = Motion { degrees: 7.0, size: 1.06, shift: [18.0, -12.0], bend: 3.0 };

#[test]
fn eyes_are_where_they_were_drawn() {
    for motion in [STILL, TURNED] {
        let found = landmarks::face(&face(Skin::of(3), motion, OTHER, 0.0)).expect("a face");
        assert_eq!(found.points.len(), landmarks::LANDMARKS);
        for (eye, pupil) in EYES.iter().zip(PUPILS) {
            let middle = [0, 1].map(|axis| eye.iter().map(|&at| found.points[at][axis]).sum::<f32>() / 4.0);
            let there = motion.there(pupil, FACE.map(|side| side as f64));
            let miss = (f64::from(middle[0]) - there[0]).hypot(f64::from(middle[1]) - there[1]);
            assert!(miss < 12.0, "{middle:?}, drawn at {there:?}");
        }
    }
}

#[test]
fn skin_alone_is_no_face() {
    assert_eq!(landmarks::face(&picture([480, 480], Skin::of(3), STILL, PLAIN, None)), None);
}

#[test]
fn a_face_is_registered_from_its_landmarks() {
    let base = face(Skin::of(3), STILL, PLAIN, 0.0);
    let follow = face(Skin { fresh: 0.3, today: 2, ..Skin::of(3) }, TURNED, OTHER, 23.0);
    for only in [None, Some(Start::Features)] {
        let found = register(&base, &follow, &Options { only }).expect("the same face");
        assert_eq!(found.start, only.unwrap_or(Start::Landmarks));
        assert!(found.faces.is_some());
        let mut misses = Vec::new();
        for y in (190..530).step_by(11) {
            for x in (150..420).step_by(11) {
                let [true_x, true_y] =
                    TURNED.there([f64::from(x), f64::from(y)], FACE.map(|side| side as f64));
                let (to_x, to_y) = found.map.at(x as f32, y as f32);
                misses.push((f64::from(to_x) - true_x).hypot(f64::from(to_y) - true_y));
            }
        }
        misses.sort_by(f64::total_cmp);
        let (median, most) = (misses[misses.len() / 2], misses[misses.len() * 19 / 20]);
        assert!(median < 0.2 && most < 0.6, "{only:?}: median {median}, 95 % {most}");
    }
}

#[test]
fn another_face_is_somebody_else() {
    let base = face(Skin::of(3), STILL, PLAIN, 0.0);
    let follow = face(Skin { build: 0.92, ..Skin::of(4000) }, TURNED, OTHER, 0.0);
    let refusal =
        register(&base, &follow, &Options::default()).map(|found| found.agreement).expect_err("two people");
    assert!(matches!(refusal, Refusal::NoAgreement { .. }), "{refusal:?}");
}

#[test]
fn a_start_that_is_not_there_is_refused() {
    let base = picture([480, 480], Skin::of(3), STILL, PLAIN, None);
    let options = Options { only: Some(Start::Landmarks) };
    assert_eq!(
        register(&base, &base, &options).map(|found| found.start).expect_err("no face"),
        Refusal::NoAgreement { agreement: 0.0 }
    );
}
