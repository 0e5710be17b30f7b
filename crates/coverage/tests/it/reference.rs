//! The model once more, slow and simple: every strike and needle is tested against every corner, every window
//! against every puncture. What the crate answers for a fixed hand must be the same to the last puncture.

use coverage::{CourseFacts, Pass, Point, simulate, stipple};

use crate::{TWO, course, facts, pass};

fn inside(polygon: &[Point], [x, y]: Point) -> bool {
    let mut odd = false;
    for (i, a) in polygon.iter().enumerate() {
        let b = polygon[(i + 1) % polygon.len()];
        if (a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0] {
            odd = !odd;
        }
    }
    odd
}

/// The punctures and strikes of a fixed hand, as the issue words them. Corners are chosen so that no strike meets a
/// border, where the wording leaves a choice.
fn punctures(facts: &CourseFacts) -> (Vec<Point>, u64) {
    let zone = &facts.zones[0];
    let (mut found, mut strikes) = (Vec::new(), 0);
    for Pass { direction_deg, spacing_mm, speed_mm_per_s, offset_mm } in &zone.passes {
        let (s, c) = direction_deg.to_radians().sin_cos();
        let turned: Vec<Point> =
            zone.polygon_mm.iter().map(|[x, y]| [x * c + y * s, y * c - x * s]).collect();
        let min = |axis: usize| turned.iter().map(|p| p[axis]).fold(f64::INFINITY, f64::min);
        let max = |axis: usize| turned.iter().map(|p| p[axis]).fold(f64::NEG_INFINITY, f64::max);
        for k in 0.. {
            let v = min(1) + offset_mm + f64::from(k) * spacing_mm;
            if v > max(1) {
                break;
            }
            for n in 0.. {
                let u = min(0) + f64::from(n) * speed_mm_per_s / facts.device.strokes_per_s;
                if u > max(0) {
                    break;
                }
                let centre = [u * c - v * s, u * s + v * c];
                let needles: Vec<Point> =
                    facts.device.needles_mm.iter().map(|[x, y]| [centre[0] + x, centre[1] + y]).collect();
                let excluded = |p: &Point| zone.exclusions_mm.iter().any(|exclusion| inside(exclusion, *p));
                if inside(&zone.polygon_mm, centre) && !needles.iter().any(excluded) {
                    strikes += 1;
                    found.extend(needles.into_iter().filter(|p| inside(&zone.polygon_mm, *p)));
                }
            }
        }
    }
    (found, strikes)
}

/// Whether no border passes through a window, and its middle is treated.
fn whole(facts: &CourseFacts, corner: Point, side: f64) -> bool {
    let zone = &facts.zones[0];
    let middle = corner.map(|value| value + side / 2.0);
    if !inside(&zone.polygon_mm, middle) || zone.exclusions_mm.iter().any(|e| inside(e, middle)) {
        return false;
    }
    let [x, y] = corner;
    let corners = [[x, y], [x + side, y], [x + side, y + side], [x, y + side]];
    let turn = |a: Point, b: Point, c: Point| (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    std::iter::once(&zone.polygon_mm).chain(&zone.exclusions_mm).all(|polygon| {
        (0..polygon.len()).all(|i| {
            let (a, b) = (polygon[i], polygon[(i + 1) % polygon.len()]);
            let crosses = (0..4).any(|j| {
                let (c, d) = (corners[j], corners[(j + 1) % 4]);
                turn(a, b, c) * turn(a, b, d) < 0.0 && turn(c, d, a) * turn(c, d, b) < 0.0
            });
            !crosses && !(0..2).all(|axis| a[axis] > corner[axis] && a[axis] < corner[axis] + side)
        })
    })
}

/// The coefficient of variation in windows that lie wholly inside.
fn variation(facts: &CourseFacts, punctures: &[Point], side: f64) -> Option<f64> {
    let lo = |axis: usize| facts.zones[0].polygon_mm.iter().map(|p| p[axis]).fold(f64::INFINITY, f64::min);
    let mut counts = Vec::new();
    for i in 0..60 {
        for j in 0..60 {
            let corner = [lo(0) + f64::from(i) * side, lo(1) + f64::from(j) * side];
            if whole(facts, corner, side) {
                let here =
                    |p: &&Point| (0..2).all(|axis| (corner[axis]..corner[axis] + side).contains(&p[axis]));
                counts.push(punctures.iter().filter(here).count() as f64);
            }
        }
    }
    let n = counts.len() as f64;
    let mean = counts.iter().sum::<f64>() / n;
    (mean > 0.0).then(|| (counts.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / n).sqrt() / mean)
}

fn cases() -> Vec<CourseFacts> {
    let ring = |n: u32, r: f64| -> Vec<Point> {
        (0..n)
            .map(|i| {
                let (s, c) = (0.1 + f64::from(i) * std::f64::consts::TAU / f64::from(n)).sin_cos();
                [r * c, r * s]
            })
            .collect()
    };
    let crooked = vec![[0.3, -4.1], [33.7, 1.2], [27.0, 14.9], [38.1, 29.5], [4.0, 24.4], [11.0, 12.0]];
    let mut holes = facts(
        crooked.clone(),
        ring(12, 0.9),
        vec![pass(17.0, 1.7, 83.0, 0.4), pass(-61.5, 2.3, 140.0, 0.0), pass(203.0, 3.1, 55.0, 1.3)],
    );
    holes.zones[0].exclusions_mm =
        vec![vec![[15.0, 8.0], [22.0, 7.0], [19.0, 13.0]], vec![[18.0, 9.0], [24.0, 9.5], [20.0, 21.0]]];
    let far = crooked.iter().map(|[x, y]| [x - 700.0, y + 640.0]).collect();
    vec![
        holes,
        facts(crooked, vec![[0.0, 0.0]], vec![pass(0.0, 0.83, 41.0, 0.11), pass(90.0, 0.9, 37.0, 0.21)]),
        facts(far, ring(5, 2.2), vec![pass(123.4, 1.1, 77.0, -0.3)]),
    ]
}

#[test]
fn a_fixed_hand_gives_exactly_the_counts_of_the_reference() {
    for (number, facts) in cases().into_iter().enumerate() {
        let (expected, strikes) = punctures(&facts);
        let course = course(facts.clone());
        let mut found = stipple(&course, 0, 0).unwrap();
        assert_eq!((found.punctures.len(), found.strikes), (expected.len(), strikes), "case {number}");
        let figures = simulate(&course, TWO).remove(0);
        assert_eq!(figures.punctures.unwrap().mean, expected.len() as f64, "case {number}");
        assert!((figures.seconds.unwrap().mean - strikes as f64 / 100.0).abs() < 1e-9);
        for (slot, side) in [1.0, 2.0, 5.0].into_iter().enumerate() {
            let expected = variation(&facts, &expected, side).unwrap();
            assert!((figures.cv[slot].unwrap().mean - expected).abs() < 1e-9, "case {number}, {side} mm");
        }
        let mut expected = expected;
        let order = |a: &Point, b: &Point| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1]));
        expected.sort_by(order);
        found.punctures.sort_by(order);
        let apart = |(a, b): (&Point, &Point)| (a[0] - b[0]).hypot(a[1] - b[1]);
        assert!(expected.iter().zip(&found.punctures).map(apart).all(|d| d < 1e-9), "case {number}");
    }
}

#[test]
fn the_area_leaves_out_what_exclusions_share_once() {
    let figures = simulate(&course(cases().remove(0)), TWO).remove(0);
    let facts = cases().remove(0);
    let zone = &facts.zones[0];
    let (mut hits, steps) = (0u32, 1200);
    for i in 0..steps {
        for j in 0..steps {
            let place =
                [38.0 * (f64::from(i) + 0.5) / 1200.0 + 0.3, 34.0 * (f64::from(j) + 0.5) / 1200.0 - 4.2];
            let treated =
                inside(&zone.polygon_mm, place) && !zone.exclusions_mm.iter().any(|e| inside(e, place));
            hits += u32::from(treated);
        }
    }
    let tried = f64::from(hits) * 38.0 * 34.0 / 1_440_000.0 / 100.0;
    assert!((figures.area_cm2 - tried).abs() < 0.01, "{} {tried}", figures.area_cm2);
}
