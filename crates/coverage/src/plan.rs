//! Plans passes: as few as reach the target evenly, within the limits, or a refusal that names the limit in the way.
//!
//! In the open `passes` equal passes of `needles` needles give `100 passes needles strokes_per_s / (spacing speed)`
//! punctures per cm² (spacing in mm, speed in mm/s), so density fixes the product of spacing and speed. What is left
//! to choose is how many passes, spread evenly over the half circle, and how wide the lines: those are simulated.

use std::num::NonZeroUsize;

use crate::{
    course::{Course, Limits, PASSES_MAX, Pass, Target},
    simulate::{Estimate, Figures, Layout, over_hands},
};

/// How far the density may be from the target, as a share of it, for a plan to count as reaching it.
pub const PLAN_DENSITY_TOLERANCE: f64 = 0.05;

/// How many spacings are tried for each number of passes.
const SPACINGS: usize = 7;

/// How many hands weigh a candidate; the best ones are then tried on all.
const HANDS_TO_WEIGH: u32 = 4;

/// How many of the best candidates are tried on all hands.
const FINALISTS: usize = 3;

/// The first pass's direction in degrees: along x, and, where that is not even enough, across the squares in which
/// evenness is counted, so that lines do not fall into step with them.
const FIRST_DEG: [f64; 2] = [0.0, 27.0];

/// How far from the limits a spacing may seem to lie and is still tried: near a border a zone gets fewer or more
/// punctures than the open, and only trying tells.
const BORDER_SLACK: f64 = 1.25;

/// A plan for one zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The passes, in order.
    pub passes: Vec<Pass>,
    /// What comes of them.
    pub figures: Figures,
}

/// Why there is no plan for a zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The path of the limit in the way: `limits.seconds_max`.
    pub limit: String,
    /// What it says.
    pub allowed: f64,
    /// What it would have to be, as far as can be told; for `target.cv_max` the best that was found.
    pub needed: f64,
    /// The same as a sentence, with what to do.
    pub message: String,
}

/// One way to needle the zone, and how it came out.
struct Tried {
    passes: Vec<Pass>,
    seconds: f64,
    density_per_cm2: f64,
    cv: f64,
}

/// What a planner needs to know of one zone.
struct Planner<'a> {
    course: &'a Course,
    target: Target,
    limits: Limits,
    layout: Layout<'a>,
    threads: NonZeroUsize,
    /// Spacing times speed of a single pass in the open, in mm²/s.
    product: f64,
}

/// Plans every zone, in order; passes already in the course are not looked at. `None` when the course has no target
/// or no limits, which [`Purpose::Plan`](crate::Purpose::Plan) makes sure of.
pub fn plan(course: &Course, threads: NonZeroUsize) -> Option<Vec<Result<Plan, Refusal>>> {
    let (target, limits) = (course.target?, course.limits?);
    let zones = 0..course.zones.len();
    Some(zones.map(|zone| plan_zone(course, zone, target, limits, threads)).collect())
}

fn plan_zone(
    course: &Course,
    index: usize,
    target: Target,
    limits: Limits,
    threads: NonZeroUsize,
) -> Result<Plan, Refusal> {
    let (zone, device) = (&course.zones[index], &course.device);
    let depths = [
        ("device.depth_mm_max".to_owned(), device.depth_mm_max),
        (format!("zone[{index}].depth_mm_max"), zone.depth_mm_max),
    ];
    for (limit, allowed) in depths {
        if zone.depth_mm > allowed {
            let needed = zone.depth_mm;
            let message = format!(
                "the depth of {needed} mm is more than {limit} allows ({allowed} mm): set a smaller depth"
            );
            return Err(Refusal { limit, allowed, needed, message });
        }
    }
    let punctures_per_s = device.needles_mm.len() as f64 * device.strokes_per_s;
    // Needles at the border miss the zone, so a plan takes a little longer than this: never less.
    let seconds =
        target.density_per_cm2 * zone.area_mm2 / 100.0 / punctures_per_s * (1.0 - PLAN_DENSITY_TOLERANCE);
    if seconds > limits.seconds_max {
        return Err(too_long(seconds, limits.seconds_max));
    }
    let product = 100.0 * punctures_per_s / target.density_per_cm2;
    let layout = Layout::new(course, index);
    if !layout.can_judge() {
        let (lo, hi) = zone.polygon.bounds();
        let needed = (hi[0] - lo[0]).min(hi[1] - lo[1]) / 4.0;
        let message = format!(
            "no square of {} mm lies wholly inside the zone, so evenness cannot be judged: choose a smaller \
             target.window_mm",
            target.window_mm
        );
        return Err(Refusal {
            limit: "target.window_mm".to_owned(),
            allowed: target.window_mm,
            needed,
            message,
        });
    }
    let planner = Planner { course, target, limits, layout, threads, product };
    planner.plan()
}

fn too_long(needed: f64, allowed: f64) -> Refusal {
    let message = format!(
        "the density asked for takes {needed:.1} s of this pen on this zone, and limits.seconds_max allows {allowed} s: \
         allow more time, aim at a lower density or treat a smaller zone"
    );
    Refusal { limit: "limits.seconds_max".to_owned(), allowed, needed, message }
}

impl Planner<'_> {
    fn plan(&self) -> Result<Plan, Refusal> {
        let cv_max = self.target.cv_max.unwrap_or(f64::INFINITY);
        let mut closest: Option<Refusal> = None;
        let ways = (1..=self.limits.passes_max).flat_map(|count| FIRST_DEG.map(|first| (count, first)));
        for (count, first_deg) in ways {
            let mut tried = self.try_all(count, first_deg);
            tried.sort_by(|a, b| a.cv.total_cmp(&b.cv));
            let finalists =
                tried.iter().filter(|tried| self.in_the_way(tried, cv_max).is_none()).take(FINALISTS);
            for Tried { passes, .. } in finalists {
                let figures = self.layout.figures(passes, self.threads);
                let mean = |estimate: Option<Estimate>| estimate.map_or(0.0, |estimate| estimate.mean);
                let outcome = Tried {
                    passes: passes.clone(),
                    seconds: mean(figures.seconds),
                    density_per_cm2: mean(figures.density_per_cm2),
                    cv: mean(figures.cv_target),
                };
                match self.in_the_way(&outcome, cv_max) {
                    None => return Ok(Plan { passes: outcome.passes, figures }),
                    Some(refusal) => closest = Some(nearer(closest, refusal)),
                }
            }
            for refusal in tried.iter().filter_map(|tried| self.in_the_way(tried, cv_max)) {
                closest = Some(nearer(closest, refusal));
            }
        }
        Err(closest.unwrap_or_else(|| self.out_of_range()))
    }

    /// Spacings worth trying for so many passes: those for which the speed is within its limits too. Closest first,
    /// in equal ratios.
    fn spacings(&self, passes: usize) -> Vec<f64> {
        let Limits { spacing_mm, speed_mm_per_s, .. } = self.limits;
        let product = self.product * passes as f64;
        let from = spacing_mm[0].max(product / speed_mm_per_s[1]);
        let to = spacing_mm[1].min(product / speed_mm_per_s[0]);
        if !(from > 0.0 && from <= to * BORDER_SLACK) {
            return Vec::new();
        }
        let (from, to) = (from.min(to).max(spacing_mm[0]), to.max(from).min(spacing_mm[1]));
        let ratio = (to / from).max(1.0);
        let last = if ratio > 1.0 + 1e-9 { SPACINGS - 1 } else { 0 };
        (0..=last).map(|i| from * ratio.powf(i as f64 / last.max(1) as f64)).collect()
    }

    /// So many passes at every spacing worth trying. What is lost at the border hardly depends on the spacing, so
    /// each begins with the speed that was right for the one before.
    fn try_all(&self, count: usize, first_deg: f64) -> Vec<Tried> {
        let (mut kept, mut all) = (1.0, Vec::new());
        for spacing_mm in self.spacings(count) {
            let tried = self.try_out(count, first_deg, spacing_mm, kept);
            if let Some(pass) = tried.passes.first() {
                let product = pass.spacing_mm * pass.speed_mm_per_s;
                kept = (product / (self.product * count as f64)).clamp(0.1, 1.0);
            }
            all.push(tried);
        }
        all
    }

    /// Passes at a spacing, their speed set so that the density comes out right: `kept` is the share of punctures
    /// that is thought not to be lost at the border.
    fn try_out(&self, count: usize, first_deg: f64, spacing_mm: f64, kept: f64) -> Tried {
        let Limits { spacing_mm: spacings, speed_mm_per_s: speeds, .. } = self.limits;
        let mut spacing_mm = hundredths(spacing_mm).clamp(spacings[0], spacings[1]);
        let mut speed = kept * self.product * count as f64 / spacing_mm;
        let hands = HANDS_TO_WEIGH.min(self.course.hands());
        let mut weighed = None;
        for _ in 0..3 {
            let speed_mm_per_s = hundredths(speed).clamp(speeds[0], speeds[1]);
            let passes: Vec<Pass> = (0..count)
                .map(|pass| Pass {
                    direction_deg: first_deg + 180.0 * pass as f64 / count as f64,
                    spacing_mm,
                    speed_mm_per_s,
                    offset_mm: spacing_mm / 2.0,
                })
                .collect();
            let now = self.weigh(&passes, hands);
            let off = now.density_per_cm2 / self.target.density_per_cm2;
            weighed = Some(now);
            if (off - 1.0).abs() < PLAN_DENSITY_TOLERANCE / 5.0 || off == 0.0 {
                break;
            }
            speed = speed_mm_per_s * off;
            // What the speed may not give, the spacing does.
            let rest = speed / speed.clamp(speeds[0], speeds[1]);
            spacing_mm = hundredths(spacing_mm * rest).clamp(spacings[0], spacings[1]);
        }
        weighed.unwrap_or(Tried { passes: Vec::new(), seconds: 0.0, density_per_cm2: 0.0, cv: f64::INFINITY })
    }

    fn weigh(&self, passes: &[Pass], hands: u32) -> Tried {
        let glances = over_hands(hands, self.threads, |hand| self.layout.glance(passes, hand));
        let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / glances.len().max(1) as f64;
        Tried {
            passes: passes.to_vec(),
            seconds: mean(&mut glances.iter().map(|glance| glance.seconds)),
            density_per_cm2: mean(&mut glances.iter().map(|glance| glance.density_per_cm2)),
            cv: mean(&mut glances.iter().map(|glance| glance.cv.unwrap_or(0.0))),
        }
    }

    /// What stands between a candidate and the aim, if anything.
    fn in_the_way(&self, tried: &Tried, cv_max: f64) -> Option<Refusal> {
        let target = self.target.density_per_cm2;
        let off = tried.density_per_cm2 / target - 1.0;
        if off.abs() > PLAN_DENSITY_TOLERANCE {
            let speeds = self.limits.speed_mm_per_s;
            let (allowed, way) = if off < 0.0 { (speeds[0], "slowly") } else { (speeds[1], "fast") };
            let needed = tried.passes.first().map_or(0.0, |pass| pass.speed_mm_per_s) * (1.0 + off);
            let message = format!(
                "{} passes reach {:.0} punctures per cm² instead of {target}: limits.speed_mm_per_s does not let the \
                 pen glide {way} enough ({needed:.2} mm/s would do)",
                tried.passes.len(),
                tried.density_per_cm2
            );
            return Some(Refusal { limit: "limits.speed_mm_per_s".to_owned(), allowed, needed, message });
        }
        if tried.seconds > self.limits.seconds_max {
            return Some(too_long(tried.seconds, self.limits.seconds_max));
        }
        (tried.cv > cv_max).then(|| {
            let message = format!(
                "the most even plan within the limits has a coefficient of variation of {:.3} in squares of {} mm, and \
                 target.cv_max asks for {cv_max}: allow more passes or closer lines, a steadier hand, larger squares or \
                 a larger cv_max",
                tried.cv, self.target.window_mm
            );
            Refusal { limit: "target.cv_max".to_owned(), allowed: cv_max, needed: tried.cv, message }
        })
    }

    /// No spacing and speed within the limits give the density with any number of passes: says which limit to move.
    fn out_of_range(&self) -> Refusal {
        let Limits { spacing_mm, speed_mm_per_s, passes_max, .. } = self.limits;
        let (slowest, fastest) = (spacing_mm[0] * speed_mm_per_s[0], spacing_mm[1] * speed_mm_per_s[1]);
        let target = self.target.density_per_cm2;
        let passes = (slowest / self.product).ceil();
        let (limit, allowed, needed, advice) = if self.product * passes_max as f64 >= slowest {
            // Even one pass at the fastest and widest is too dense.
            let needed = self.product / spacing_mm[1];
            let limit = if self.product > fastest { "limits.speed_mm_per_s" } else { "limits.spacing_mm" };
            (limit, speed_mm_per_s[1], needed, "allow a faster glide or wider lines")
        } else if passes <= PASSES_MAX as f64 {
            (
                "limits.passes_max",
                passes_max as f64,
                passes,
                "allow more passes, closer lines or a slower glide",
            )
        } else {
            let needed = self.product * passes_max as f64 / spacing_mm[0];
            ("limits.speed_mm_per_s", speed_mm_per_s[0], needed, "allow a slower glide or closer lines")
        };
        let message = format!(
            "{target} punctures per cm² cannot be reached: {limit} allows {allowed}, and {needed:.2} would do; {advice}"
        );
        Refusal { limit: limit.to_owned(), allowed, needed, message }
    }
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// Of two refusals the one to tell: evenness is judged only where density and time are right, so it says more; then
/// time; and of the same kind the one that needs less.
fn nearer(known: Option<Refusal>, other: Refusal) -> Refusal {
    let rank = |refusal: &Refusal| match refusal.limit.as_str() {
        "target.cv_max" => 0,
        "limits.seconds_max" => 1,
        _ => 2,
    };
    let short = |refusal: &Refusal| (refusal.needed - refusal.allowed).abs();
    match known {
        Some(known) if (rank(&known), short(&known)) <= (rank(&other), short(&other)) => known,
        _ => other,
    }
}
