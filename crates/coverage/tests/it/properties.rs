//! Whatever is entered: an answer or a fault with a path, never a panic; and what must hold for every answer.

use coverage::{
    Course, CourseFacts, Device, Hand, Limits, Pass, Point, Purpose, Target, TipRotation, ZoneFacts, check,
    draw, plan, simulate, stipple,
};
use proptest::prelude::*;

use crate::TWO;

/// Any number at all, and often one that hurts.
fn hostile() -> BoxedStrategy<f64> {
    prop_oneof![
        4 => -50.0..50.0f64,
        2 => 0.5..20.0f64,
        1 => prop::sample::select(vec![0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, 1e-300, -1.0, 1e9]),
        1 => any::<f64>(),
    ]
    .boxed()
}

fn points(
    value: impl Strategy<Value = f64> + Clone,
    count: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<Point>> {
    prop::collection::vec([value.clone(), value], count)
}

/// Mostly sensible, so that faults are not all found at the door.
fn sensible(lo: f64, hi: f64) -> BoxedStrategy<f64> {
    prop_oneof![19 => lo..hi, 1 => hostile()].boxed()
}

fn any_pass() -> impl Strategy<Value = Pass> {
    (sensible(-360.0, 360.0), sensible(0.3, 5.0), sensible(5.0, 300.0), sensible(-2.0, 2.0)).prop_map(
        |(direction_deg, spacing_mm, speed_mm_per_s, offset_mm)| Pass {
            direction_deg,
            spacing_mm,
            speed_mm_per_s,
            offset_mm,
        },
    )
}

fn any_zone() -> impl Strategy<Value = ZoneFacts> {
    let outline = prop_oneof![
        2 => points(-20.0..20.0f64, 3..6),
        1 => points(hostile(), 0..8),
        3 => (1.0..30.0f64, 1.0..30.0f64).prop_map(|(w, h)| vec![[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]]),
    ];
    let exclusions = prop::collection::vec(points(sensible(0.0, 10.0), 3..5), 0..3);
    let depths = (sensible(0.1, 3.0), sensible(0.1, 3.0));
    (outline, exclusions, depths, prop::collection::vec(any_pass(), 0..4)).prop_map(
        |(polygon_mm, exclusions_mm, (depth_mm, depth_mm_max), passes)| ZoneFacts {
            id: "zone".into(),
            polygon_mm,
            exclusions_mm,
            depth_mm,
            depth_mm_max,
            passes,
        },
    )
}

fn any_hand() -> impl Strategy<Value = Hand> {
    (sensible(0.0, 0.5), sensible(0.0, 2.0), sensible(0.0, 10.0), any::<bool>()).prop_map(
        |(speed_cv, spacing_sd_mm, angle_sd_deg, random)| Hand {
            speed_cv,
            spacing_sd_mm,
            angle_sd_deg,
            tip_rotation: if random { TipRotation::Random } else { TipRotation::Fixed },
        },
    )
}

fn any_course() -> impl Strategy<Value = CourseFacts> {
    let device = (points(sensible(-1.5, 1.5), 1..8), sensible(20.0, 150.0), sensible(0.2, 3.0)).prop_map(
        |(needles_mm, strokes_per_s, depth_mm_max)| Device { needles_mm, strokes_per_s, depth_mm_max },
    );
    let target = (sensible(50.0, 400.0), sensible(0.5, 6.0), prop::option::of(sensible(0.1, 1.0)))
        .prop_map(|(density_per_cm2, window_mm, cv_max)| Target { density_per_cm2, window_mm, cv_max });
    let limits =
        (0usize..6, [sensible(0.3, 2.0), sensible(2.0, 5.0)], [sensible(2.0, 20.0), sensible(20.0, 400.0)])
            .prop_map(|(passes_max, spacing_mm, speed_mm_per_s)| Limits {
                passes_max,
                spacing_mm,
                speed_mm_per_s,
                seconds_max: 60.0,
            });
    (
        any::<u64>(),
        0u32..5,
        device,
        any_hand(),
        prop::option::of(target),
        prop::option::of(limits),
        any_zone(),
    )
        .prop_map(|(seed, hands, device, hand, target, limits, zone)| CourseFacts {
            seed,
            hands,
            device,
            hand,
            target,
            limits,
            zones: vec![zone],
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_course_gets_an_answer_or_a_path(facts in any_course()) {
        for purpose in [Purpose::Simulate, Purpose::Plan, Purpose::Check] {
            match Course::new(facts.clone(), purpose) {
                Err(faults) => {
                    prop_assert!(!faults.is_empty());
                    prop_assert!(faults.iter().all(|fault| !fault.path.is_empty() && !fault.message.is_empty()));
                }
                // A seldom course is allowed but slow in a debug build.
                Ok(course) if course.zones()[0].area_mm2 > 2_000.0 => (),
                Ok(course) => match purpose {
                    Purpose::Simulate => {
                        let figures = simulate(&course, TWO).remove(0);
                        prop_assert!(figures.area_cm2 > 0.0);
                        for cv in figures.cv.into_iter().flatten() {
                            prop_assert!(cv.lo >= 0.0 && cv.lo <= cv.mean && cv.mean <= cv.hi);
                        }
                        prop_assert!(draw::sheet(&course).to_svg("a course").ends_with("</svg>\n"));
                    }
                    Purpose::Plan => {
                        for plan in plan(&course, TWO).unwrap().into_iter().flatten() {
                            prop_assert!(!plan.passes.is_empty());
                            prop_assert!(plan.passes.len() <= course.limits().unwrap().passes_max);
                        }
                    }
                    Purpose::Check => {
                        // Strays are bugs, whatever the passes.
                        let strays = check(&course).into_iter().filter(|breach| breach.limit.contains("s_mm[") || breach.limit.ends_with("polygon_mm"));
                        prop_assert_eq!(strays.collect::<Vec<_>>(), vec![]);
                    }
                },
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        if let Err(faults) = Course::parse(&text, Purpose::Simulate) {
            prop_assert!(!faults.is_empty());
        }
    }

    #[test]
    fn moving_a_zone_moves_its_punctures(dx in -300i32..300, dy in -300i32..300, deg in -180i32..180) {
        let at = |dx: f64, dy: f64| {
            let zone = [[0.3, 0.7], [21.7, 2.9], [17.3, 13.1], [2.1, 11.9]].map(|[x, y]| [x + dx, y + dy]);
            let mut facts = crate::facts(zone.to_vec(), vec![[0.11, 0.23], [-0.37, 0.31]], vec![]);
            facts.zones[0].passes = vec![crate::pass(f64::from(deg) + 0.37, 1.37, 71.0, 0.19)];
            stipple(&crate::course(facts), 0, 0).unwrap().punctures
        };
        let (still, moved) = (at(0.0, 0.0), at(f64::from(dx), f64::from(dy)));
        prop_assert_eq!(still.len(), moved.len());
        for (a, b) in still.iter().zip(&moved) {
            prop_assert!((a[0] + f64::from(dx) - b[0]).hypot(a[1] + f64::from(dy) - b[1]) < 1e-9);
        }
    }
}

#[test]
fn hostile_files_are_refused_quickly() {
    let zone = |polygon: &str| {
        format!(
            "[device]\nneedles_mm=[[0,0]]\nstrokes_per_s=100\ndepth_mm_max=2\n[[zone]]\nid='z'\npolygon_mm={polygon}\n\
             depth_mm=1\ndepth_mm_max=1\n[[zone.pass]]\ndirection_deg=0\nspacing_mm=1\nspeed_mm_per_s=50\n"
        )
    };
    let circle: String = (0..100_000)
        .map(|i| {
            let (s, c) = (f64::from(i) * std::f64::consts::TAU / 100_000.0).sin_cos();
            format!("[{},{}],", 50.0 * c, 50.0 * s)
        })
        .collect();
    // Five thousand teeth a fifth of a millimetre wide, closed along the bottom: no fault but its size.
    let teeth: String = (0..4_999)
        .map(|i| f64::from(i) * 0.2 - 500.0)
        .map(|x| format!("[{x:.1},0],[{:.1},900],", x + 0.1))
        .collect();
    let comb = format!("{teeth}[499.9,-1],[-500,-1]");
    let deep = "[".repeat(200_000);
    let cases = [
        (zone(&format!("[{circle}]")), "zone[0].polygon_mm"),
        (zone(&format!("[{comb}]")), "zone[0].polygon_mm"),
        (zone(&format!("[{comb}]")).replace("spacing_mm=1", "spacing_mm=100"), "zone[0].polygon_mm"),
        (zone(&deep), ""),
        (zone("[[0,0],[1e308,0],[0,1e308]]"), "zone[0].polygon_mm[1][0]"),
        (zone("[[0,0],[9,9],[9,0],[0,9]]"), "zone[0].polygon_mm"),
        ("x = 1\n".repeat(2_000_000), ""),
        (format!("{}= 1", "a.".repeat(200_000)), ""),
    ];
    for (text, path) in cases {
        let faults = Course::parse(&text, Purpose::Simulate).unwrap_err();
        assert!(faults[0].path.starts_with(path), "{path}: {}", faults[0]);
        assert!(text.len() < 100_000 || !text.contains("900]") || faults[0].message.contains("intricate"));
        assert!(faults[0].to_string().len() < 400, "a fault must not repeat the whole file");
    }
}

#[test]
fn the_example_file_is_simulated_planned_and_kept_to() {
    let text = include_str!("../../cheek.toml");
    let figures = simulate(&Course::parse(text, Purpose::Simulate).unwrap(), TWO).remove(0);
    assert!((250.0..300.0).contains(&figures.density_per_cm2.unwrap().mean));
    assert!(plan(&Course::parse(text, Purpose::Plan).unwrap(), TWO).unwrap()[0].is_ok());
    assert_eq!(check(&Course::parse(text, Purpose::Check).unwrap()), []);
}
