//! What has to be measured, how exactly, and what must not be.

use crate::painted::{CARD, CardAt, DAY, LAMP, Light, Paint, SIZE, still, taken, zones};
use photo::measure::{
    CardUse, Change, Declined, Delta, MeasureRefusal, Metric, Note, Repeats, Zones, measure,
};
use photo::{Map, Photograph, find_card};
use proptest::prelude::*;

fn compared(base: &Photograph, follow: &Photograph, card: Option<CardAt>) -> Change {
    measure(base, follow, &still(card), &zones(), None, &Repeats::default()).expect("enough skin")
}

fn delta(change: &Change, zone: u8, metric: Metric) -> Delta {
    let zone = change.zones.iter().find(|found| found.zone == zone).expect("the zone");
    let deltas = zone.deltas.as_ref().expect("measured");
    *deltas.iter().find(|delta| delta.metric == metric).expect("the measure")
}

fn near(change: &Change, zone: u8, metric: Metric, wanted: f64, within: f64) {
    let found = delta(change, zone, metric);
    let miss = (found.delta - wanted).abs();
    assert!(miss <= within, "zone {zone} {}: {} instead of {wanted}", metric.name(), found.delta);
    assert!(miss <= found.mdc, "zone {zone} {}: {miss} beyond {}", metric.name(), found.mdc);
}

#[test]
fn a_picture_against_itself_shows_nothing() {
    let paint = Paint { person: 1, ..Paint::default() };
    for card in [None, Some(CARD)] {
        let base = taken(paint, DAY, card, 1);
        let change = compared(&base, &base, card);
        for zone in 1..=4 {
            for metric in Metric::ALL {
                let found = delta(&change, zone, metric);
                assert!(found.delta.abs() < 0.05, "{zone} {}: {}", metric.name(), found.delta);
                assert!(!found.is_change() && found.mdc > 0.0);
            }
        }
    }
}

#[test]
fn a_card_is_found_at_any_angle_and_in_shade() {
    let skin = Paint { person: 2, ..Paint::default() };
    for (degrees, pitch, shaded) in [
        (0.0, 30.0, false),
        (33.0, 26.0, true),
        (90.0, 22.0, false),
        (141.0, 30.0, true),
        (-77.0, 18.0, false),
    ] {
        let card = CardAt { middle: [260.0, 300.0], pitch, degrees, shaded };
        let found =
            find_card(&taken(skin, LAMP, Some(card), 3)).unwrap_or_else(|| panic!("{degrees} {pitch}"));
        let corners = [(0.0, 0.0), (6.0, 0.0), (6.0, 4.0), (0.0, 4.0)];
        for (seen, (column, row)) in found.outline().into_iter().zip(corners) {
            let [x, y] = card.at(column, row);
            let miss = (f64::from(seen[0]) - x).hypot(f64::from(seen[1]) - y);
            assert!(miss < 0.15 * pitch, "{degrees} deg: corner {column},{row} is {miss} px off");
        }
    }
}

#[test]
fn skin_and_tiles_are_no_card() {
    assert!(find_card(&taken(Paint::default(), DAY, None, 1)).is_none());
    // Grey tiles, and tiles of chance colours, stand in rows and columns too.
    for tint in [0u8, 90] {
        let mut rgb = Vec::new();
        for y in 0..400usize {
            for x in 0..400usize {
                let (column, row) = (x / 25, y / 25);
                let grout = x % 25 < 3 || y % 25 < 3;
                let code = if grout { 20 } else { 60 + (column * 53 + row * 31) as u8 % 140 };
                rgb.extend([code, code.wrapping_add(tint) / 2 + 40, code]);
            }
        }
        assert!(find_card(&Photograph::from_srgb8(400, 400, rgb).unwrap()).is_none());
    }
}

#[test]
fn redness_under_another_light_is_measured_with_a_card() {
    let (before, after) = (
        Paint { person: 3, ..Paint::default() },
        Paint { redness: -5.0, overall: 1.5, person: 3, ..Paint::default() },
    );
    for shaded in [false, true] {
        let other = CardAt { degrees: -6.0, shaded, ..CARD };
        let base = taken(before, DAY, Some(CARD), 1);
        let change = compared(&base, &taken(after, LAMP, Some(other), 2), Some(CARD));
        assert_eq!(change.card, CardUse::Both);
        near(&change, 1, Metric::A, -3.5, 0.5);
        for zone in 2..=4 {
            near(&change, zone, Metric::A, 1.5, 0.5);
        }
        near(&change, 4, Metric::Lightness, -0.375, 0.5);
        assert!(delta(&change, 1, Metric::A).is_change());
        assert!(!change.notes.contains(&Note::NoCard));
    }
}

#[test]
fn without_a_card_local_redness_is_seen_and_overall_redness_is_not() {
    let before = Paint { person: 4, ..Paint::default() };
    let base = taken(before, DAY, None, 1);
    let local = compared(&base, &taken(Paint { redness: 4.0, ..before }, LAMP, None, 2), None);
    assert!(local.card == CardUse::None && local.notes.contains(&Note::NoCard));
    near(&local, 1, Metric::A, 4.0, 0.5);
    for zone in 2..=4 {
        near(&local, zone, Metric::A, 0.0, 0.4);
    }
    let overall = compared(&base, &taken(Paint { overall: 3.0, ..before }, LAMP, None, 2), None);
    for zone in 1..=4 {
        assert!(delta(&overall, zone, Metric::A).delta.abs() < 0.5);
    }
}

#[test]
fn a_card_in_one_photograph_alone_is_of_no_use() {
    let paint = Paint { person: 5, ..Paint::default() };
    let (with, without) = (taken(paint, DAY, Some(CARD), 1), taken(paint, LAMP, None, 2));
    assert_eq!(compared(&with, &without, Some(CARD)).card, CardUse::BaseOnly);
    let other = compared(&without, &with, Some(CARD));
    assert!(other.card == CardUse::FollowOnly && other.notes.contains(&Note::NoCard));
}

#[test]
fn spots_and_texture_are_measured() {
    let before = Paint { person: 6, ..Paint::default() };
    let after = Paint { spots: 0.9, smoothing: 0.4, ..before };
    let base = taken(before, DAY, None, 1);
    let truth = compared(&base, &taken(after, DAY, None, 1), None);
    let change = compared(&base, &taken(after, LAMP, None, 2), None);
    let fewer = delta(&truth, 2, Metric::Dark).delta;
    assert!(fewer < -3.0, "the spots that were painted make {fewer} %");
    near(&change, 2, Metric::Dark, fewer, 1.0);
    // The edges of spots are fine structure too, so that the texture's share is less than what was painted.
    let smoother = delta(&truth, 3, Metric::RoughFine).delta;
    assert!((0.6f64.log2()..-0.15).contains(&smoother), "the smoothing that was painted makes {smoother}");
    near(&change, 3, Metric::RoughFine, smoother, 0.12);
    assert!(delta(&change, 3, Metric::RoughFine).is_change());
    near(&change, 1, Metric::RoughFine, 0.0, 0.1);
    near(&change, 4, Metric::Dark, 0.0, 1.0);
}

#[test]
fn swapping_the_photographs_negates_the_changes() {
    let before = Paint { person: 7, ..Paint::default() };
    let after = Paint { redness: 3.0, smoothing: 0.3, spots: 0.5, ..before };
    let (one, other) = (taken(before, DAY, Some(CARD), 1), taken(after, LAMP, Some(CARD), 2));
    for card in [None, Some(CARD)] {
        let (there, back) = if card.is_some() {
            (compared(&one, &other, card), compared(&other, &one, card))
        } else {
            let (one, other) = (taken(before, DAY, None, 1), taken(after, LAMP, None, 2));
            (compared(&one, &other, None), compared(&other, &one, None))
        };
        for zone in 1..=4 {
            for metric in Metric::ALL {
                let (there, back) = (delta(&there, zone, metric), delta(&back, zone, metric));
                let sum = (there.delta + back.delta).abs();
                assert!(sum <= there.mdc.max(back.mdc), "{zone} {}: {sum}", metric.name());
            }
        }
    }
}

#[test]
fn zones_that_cannot_be_measured_say_why() {
    let paint = Paint { person: 8, ..Paint::default() };
    let base = taken(paint, DAY, None, 1);
    let follow = taken(paint, LAMP, None, 2);
    let declined = |map: &Map, zones: &Zones| {
        let change = measure(&base, &follow, map, zones, None, &Repeats::default()).expect("enough skin");
        change.zones.iter().map(|zone| zone.deltas.as_ref().err().copied()).collect::<Vec<_>>()
    };
    let square = |side: usize| {
        let inside = |at: usize| {
            (60..60 + side).contains(&(at % SIZE[0])) && (60..60 + side).contains(&(at / SIZE[0]))
        };
        Zones::from_labels(SIZE[0], SIZE[1], (0..SIZE[0] * SIZE[1]).map(|at| u8::from(inside(at))).collect())
            .unwrap()
    };
    assert_eq!(declined(&still(None), &square(8)), [Some(Declined::TooSmall)]);
    assert_eq!(declined(&still(None), &square(80)), [None]);
    let mut away = still(None);
    for x in &mut away.x.data {
        *x -= 120.0;
    }
    assert_eq!(declined(&away, &square(80)), [Some(Declined::NotSeen)]);
    let mut bald = still(None);
    for (at, skin) in bald.skin.data.iter_mut().enumerate() {
        *skin = if at % SIZE[0] < 150 { 0.0 } else { 1.0 };
    }
    assert_eq!(declined(&bald, &square(80)), [Some(Declined::NotSkin)]);
    let wrong = Zones::from_labels(10, 10, vec![1; 100]).unwrap();
    let refused = measure(&base, &follow, &still(None), &wrong, None, &Repeats::default());
    assert_eq!(refused.err(), Some(MeasureRefusal::ZonesOfAnotherSize));
    let mut nothing = still(None);
    nothing.skin.data.fill(0.0);
    let refused = measure(&base, &follow, &nothing, &zones(), None, &Repeats::default());
    assert_eq!(refused.err(), Some(MeasureRefusal::TooLittleSkin));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the light, unchanged skin is not called changed: of 36 numbers at most three lie beyond their bars.
    #[test]
    fn light_alone_is_no_change(
        red in 0.85f64..1.15, blue in 0.85f64..1.15, level in 0.75f64..1.1,
        fall in (-0.15f64..0.15, -0.15f64..0.15), gamma in 0.93f64..1.08, person in 20u64..60, with_card: bool,
    ) {
        let card = with_card.then_some(CARD);
        let paint = Paint { person, ..Paint::default() };
        let light = Light { balance: [red * level, level, blue * level], fall: [fall.0, fall.1], gamma, noise: 1.0 };
        let change = compared(&taken(paint, DAY, card, 1), &taken(paint, light, card, person), card);
        let beyond = change.zones.iter().flat_map(|zone| zone.deltas.iter().flatten())
            .filter(|delta| delta.is_change()).count();
        prop_assert!(beyond <= 3, "{beyond} of 36");
    }
}
