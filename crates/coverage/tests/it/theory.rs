//! Figures against what theory says they must be.

use std::num::NonZeroUsize;

use coverage::{Estimate, Figures, Hand, Purpose, TipRotation, check, density_map, plan, simulate, stipple};

use crate::{TWO, course, facts, pass, rectangle};

fn mean(value: Option<Estimate>) -> f64 {
    value.unwrap().mean
}

fn close(found: f64, expected: f64, share: f64) {
    assert!((found / expected - 1.0).abs() < share, "{found} is not {expected}");
}

/// A hand so unsteady that strikes are independent: lines thrown anywhere, tips turned.
const WILD: Hand =
    Hand { speed_cv: 1.0, spacing_sd_mm: 30.0, angle_sd_deg: 0.0, tip_rotation: TipRotation::Random };

#[test]
fn independent_random_strikes_give_poisson_counts() {
    // A hundred lines a millimetre, each thrown over 30 mm and with a strike every 40 mm, unsteadily: no line gives a
    // square two strikes, so what falls into squares in the middle is independent.
    let mut wild = facts(rectangle(100.0, 100.0), vec![[0.0, 0.0]], vec![pass(0.0, 0.01, 2_000.0, 0.0)]);
    wild.device.strokes_per_s = 50.0;
    wild.hand = WILD;
    wild.hands = 8;
    let course = course(wild);
    let (mut n, mut sum, mut square) = (0.0, 0.0, 0.0);
    for hand in 0..8 {
        let punctures = stipple(&course, 0, hand).unwrap().punctures;
        let mut counts = vec![0.0f64; 20 * 20];
        for [x, y] in punctures {
            if (40.0..60.0).contains(&x) && (40.0..60.0).contains(&y) {
                counts[(y - 40.0) as usize * 20 + (x - 40.0) as usize] += 1.0;
            }
        }
        for count in counts {
            n += 1.0;
            sum += count;
            square += count * count;
        }
    }
    let (mean, variance) = (sum / n, square / n - (sum / n) * (sum / n));
    // A hundred lines and a fortieth of a strike fall on every square millimetre, less the lines thrown out of the zone;
    // 3200 counts tell the ratio to about 2.5 %.
    close(mean, 100.0 / 40.0, 0.25);
    close(variance / mean, 1.0, 0.08);
}

#[test]
fn a_lattice_has_the_variance_of_its_remainders() {
    // One needle, 0.5 mm both ways: 4, 16 and 100 punctures in every square of 1, 2 and 5 mm, without exception.
    let even = course(facts(rectangle(50.0, 30.0), vec![[0.0, 0.0]], vec![pass(0.0, 0.5, 50.0, 0.25)]));
    let figures = simulate(&even, TWO).remove(0);
    assert_eq!(figures.cv.map(mean), [0.0; 3]);
    assert_eq!(mean(figures.density_per_cm2), 400.0);
    assert_eq!((mean(figures.share_under_half), mean(figures.share_over_double)), (0.0, 0.0));
    // Widest at the far corners: half a millimetre past the last strike, a quarter past the last line.
    assert!((mean(figures.gap_mm) - 1.25f64.sqrt()).abs() < 0.05, "{:?}", figures.gap_mm);
    // Lines 1.5 mm apart, first at 0.75: squares of 1 mm hold a line two times in three, 2 punctures each. Counts
    // are 2, 2 and 0 in turn: cv = sqrt(2/3 * 1/3) / (2/3) = sqrt(1/2).
    let lines = course(facts(rectangle(50.0, 30.0), vec![[0.0, 0.0]], vec![pass(0.0, 1.5, 50.0, 0.75)]));
    let figures = simulate(&lines, TWO).remove(0);
    close(mean(figures.cv[0]), 0.5f64.sqrt(), 1e-12);
}

#[test]
fn density_in_the_open_is_needles_by_strikes_by_time_by_area() {
    let needles: Vec<[f64; 2]> =
        (0..6).map(|i| [f64::from(i % 3) * 0.7 - 0.7, f64::from(i / 3) * 0.9 - 0.45]).collect();
    let mut open = facts(
        rectangle(200.0, 200.0),
        needles,
        vec![pass(31.0, 1.9, 77.0, 0.3), pass(110.0, 2.7, 130.0, 0.0)],
    );
    let expected = |facts: &coverage::CourseFacts| -> f64 {
        facts.zones[0].passes.iter().map(|p| 100.0 * 6.0 / (p.spacing_mm * p.speed_mm_per_s / 100.0)).sum()
    };
    for tip_rotation in [TipRotation::Fixed, TipRotation::Random] {
        open.hand = Hand { tip_rotation, speed_cv: 0.3, spacing_sd_mm: 0.4, angle_sd_deg: 1.0 };
        open.hands = 4;
        let punctures = stipple(&course(open.clone()), 0, 0).unwrap().punctures;
        let middle = punctures.iter().filter(|p| p.iter().all(|value| (20.0..180.0).contains(value))).count();
        close(middle as f64 / 256.0, expected(&open), 0.01);
    }
    // And the figures agree with one another: density * area = needles * strokes * seconds, less the border.
    let figures = simulate(&course(open), TWO).remove(0);
    let full = 6.0 * 100.0 * mean(figures.seconds) / 400.0;
    let density = mean(figures.density_per_cm2);
    assert!(density < full && density > 0.99 * full, "{density} {full}");
}

fn streaky(passes: &[(f64, f64)]) -> Figures {
    let passes = passes.iter().map(|&(direction, offset)| pass(direction, 4.0, 50.0, offset)).collect();
    simulate(&course(facts(rectangle(80.0, 80.0), vec![[0.0, 0.0]], passes)), TWO).remove(0)
}

#[test]
fn the_same_way_again_does_not_cure_streaks_and_across_does() {
    let once = streaky(&[(0.0, 2.0)]);
    let again = streaky(&[(0.0, 2.0), (0.0, 2.0)]);
    let across = streaky(&[(0.0, 2.0), (90.0, 2.0)]);
    assert!(mean(once.streak) > 20.0);
    // Twice the same: variance times 4, Poisson's times 2. Across: an even layer is added, so the variance stays.
    close(mean(again.streak), 2.0 * mean(once.streak), 1e-6);
    close(mean(across.streak), 0.5 * mean(once.streak), 0.1);
    assert_eq!(mean(again.cv[1]), mean(once.cv[1]));
    assert!(mean(across.cv[1]) < 0.75 * mean(once.cv[1]), "{:?} {:?}", across.cv, once.cv);
    assert!(
        (mean(again.gap_mm) - mean(once.gap_mm)).abs() < 1e-9
            && mean(across.gap_mm) < mean(once.gap_mm) + 0.05
    );
}

#[test]
fn counting_has_no_bias_at_borders() {
    // One needle at the centre reaches every border. Over lattices in many directions the strips along the four
    // borders are as dense as the middle.
    let (mut strips, mut inner, turns) = ([0.0f64; 4], 0.0, 90);
    for turn in 0..turns {
        let (degrees, offset) = (1.3 + 4.0 * f64::from(turn), f64::from(turn % 10) / 10.0);
        let course =
            course(facts(rectangle(40.0, 40.0), vec![[0.0, 0.0]], vec![pass(degrees, 1.0, 100.0, offset)]));
        for [x, y] in stipple(&course, 0, 0).unwrap().punctures {
            for (strip, near) in strips.iter_mut().zip([x, y, 40.0 - x, 40.0 - y]) {
                *strip += f64::from(u8::from(near < 0.5));
            }
            inner += f64::from(u8::from((10.0..30.0).contains(&x) && (10.0..30.0).contains(&y)));
        }
    }
    let total = f64::from(turns);
    close(inner / total, 400.0, 0.005);
    for strip in strips {
        close(strip / total, 20.0, 0.03);
    }
}

#[test]
fn results_converge_and_do_not_depend_on_the_threads() {
    let needles = vec![[0.5, 0.0], [-0.5, 0.0], [0.0, 0.5], [0.0, -0.5]];
    let mut noisy =
        facts(rectangle(60.0, 40.0), needles, vec![pass(0.0, 1.5, 100.0, 0.7), pass(90.0, 1.5, 100.0, 0.7)]);
    noisy.hand =
        Hand { speed_cv: 0.3, spacing_sd_mm: 0.5, angle_sd_deg: 2.0, tip_rotation: TipRotation::Random };
    let of = |seed, hands, threads| {
        let mut facts = noisy.clone();
        (facts.seed, facts.hands) = (seed, hands);
        simulate(&course(facts), NonZeroUsize::new(threads).unwrap()).remove(0)
    };
    assert_eq!(of(5, 16, 1), of(5, 16, 3));
    assert_ne!(of(5, 4, 1), of(6, 4, 1));
    let spread = |hands: u32| {
        let means: Vec<f64> = (0..8).map(|seed| mean(of(100 + seed, hands, 2).cv[1])).collect();
        let middle = means.iter().sum::<f64>() / 8.0;
        (means.iter().map(|m| (m - middle).powi(2)).sum::<f64>() / 7.0).sqrt()
    };
    // Sixteen times the hands, a quarter of the spread; the bounds leave room for chance.
    let (few, many) = (spread(2), spread(32));
    assert!(many < 0.6 * few, "{many} {few}");
    let figures = of(1, 64, 2);
    for estimate in [figures.punctures, figures.cv[0], figures.gap_mm, figures.streak] {
        let Estimate { mean, lo, hi } = estimate.unwrap();
        assert!(lo < mean && mean < hi);
    }
}

#[test]
fn a_density_map_counts_what_is_simulated() {
    let course = course(facts(rectangle(31.5, 20.0), vec![[0.2, 0.1]], vec![pass(20.0, 1.0, 60.0, 0.0)]));
    let (total, counts) = density_map(&course, 0, 0).unwrap();
    let punctures = stipple(&course, 0, 0).unwrap().punctures;
    assert_eq!(total, punctures.len() as u64);
    assert_eq!(counts.iter().map(|&count| u64::from(count)).sum::<u64>(), total);
    // One square of margin on every side of 32 by 20.
    assert_eq!(counts.len(), 34 * 22);
    let in_one =
        punctures.iter().filter(|p| (4.0..5.0).contains(&p[0]) && (7.0..8.0).contains(&p[1])).count();
    assert_eq!(counts[8 * 34 + 5] as usize, in_one);
}

#[test]
fn a_plan_keeps_every_limit_and_the_checker_agrees() {
    let ring: Vec<[f64; 2]> = (0..6)
        .map(|i| {
            let (s, c) = (f64::from(i) * std::f64::consts::TAU / 6.0).sin_cos();
            [0.8 * c, 0.8 * s]
        })
        .collect();
    let mut wanted = facts(vec![[0.0, 0.0], [70.0, 5.0], [80.0, 60.0], [10.0, 50.0]], ring, Vec::new());
    wanted.zones[0].exclusions_mm = vec![vec![[30.0, 20.0], [40.0, 20.0], [35.0, 30.0]]];
    wanted.hand =
        Hand { speed_cv: 0.1, spacing_sd_mm: 0.2, angle_sd_deg: 0.5, tip_rotation: TipRotation::Random };
    let course = coverage::Course::new(wanted.clone(), Purpose::Plan).unwrap();
    let found = plan(&course, TWO).unwrap().remove(0).unwrap();
    close(mean(found.figures.density_per_cm2), 275.0, 0.05);
    assert!(mean(found.figures.cv_target) <= 0.5);
    assert_eq!(check(&course.with_passes(0, &found.passes)), []);

    // The same passes break limits that are drawn tighter, and the checker names each.
    let mut tight = wanted.clone();
    tight.zones[0].passes = found.passes.clone();
    tight.zones[0].depth_mm = 2.6;
    tight.target.as_mut().unwrap().density_per_cm2 = 400.0;
    tight.target.as_mut().unwrap().cv_max = Some(0.01);
    let limits = tight.limits.as_mut().unwrap();
    limits.seconds_max = 1.0;
    limits.spacing_mm = [0.01, 0.02];
    limits.speed_mm_per_s = [1.0, 2.0];
    let breaches = check(&coverage::Course::new(tight, Purpose::Check).unwrap());
    let names: Vec<&str> = breaches.iter().map(|breach| breach.limit.as_str()).collect();
    for limit in [
        "device.depth_mm_max",
        "zone[0].depth_mm_max",
        "limits.spacing_mm",
        "limits.speed_mm_per_s",
        "limits.seconds_max",
        "target.density_per_cm2",
        "target.cv_max",
    ] {
        assert!(names.contains(&limit), "{limit} not among {names:?}");
    }
}

#[test]
fn a_refused_plan_names_the_limit_in_the_way() {
    type Change = fn(&mut coverage::CourseFacts);
    let cases: [(Change, &str); 8] = [
        (|f| f.zones[0].depth_mm = 1.6, "zone[0].depth_mm_max"),
        (|f| (f.zones[0].depth_mm, f.zones[0].depth_mm_max) = (3.0, 4.0), "device.depth_mm_max"),
        (|f| f.limits.as_mut().unwrap().seconds_max = 10.0, "limits.seconds_max"),
        (|f| f.limits.as_mut().unwrap().passes_max = 1, "limits.passes_max"),
        (|f| f.limits.as_mut().unwrap().speed_mm_per_s = [1400.0, 1500.0], "limits.speed_mm_per_s"),
        (|f| f.limits.as_mut().unwrap().speed_mm_per_s = [0.5, 0.6], "limits.speed_mm_per_s"),
        (|f| f.target.as_mut().unwrap().cv_max = Some(0.0), "target.cv_max"),
        (|f| f.target.as_mut().unwrap().window_mm = 50.0, "target.window_mm"),
    ];
    for (change, limit) in cases {
        let mut wanted = facts(rectangle(60.0, 41.0), vec![[0.0, 0.0]], Vec::new());
        wanted.limits.as_mut().unwrap().spacing_mm = [1.0, 3.0];
        if limit == "limits.passes_max" {
            // Closest and slowest one pass gives 100 per cm²; three would do.
            wanted.limits.as_mut().unwrap().speed_mm_per_s = [100.0, 500.0];
        }
        if limit == "target.cv_max" {
            wanted.hand = Hand { speed_cv: 0.2, ..Hand::default() };
        }
        change(&mut wanted);
        let course = coverage::Course::new(wanted, Purpose::Plan).unwrap();
        let refusal = plan(&course, TWO).unwrap().remove(0).unwrap_err();
        assert_eq!(refusal.limit, limit, "{refusal:?}");
        assert!(
            !refusal.message.is_empty() && refusal.needed.is_finite() && refusal.needed != refusal.allowed
        );
    }
}
