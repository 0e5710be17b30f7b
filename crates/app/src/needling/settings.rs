//! What staff choose on the page of plans, what comes of it, and a proposal.

use std::num::NonZeroUsize;

use coverage::{
    Breach, Course, CourseFacts, Device, Fault, Figures, Hand, Limits, Pass, Purpose, Target, TipRotation,
    ZoneFacts,
};

use super::{
    outlines::{Outline, outline},
    pens::{PenChoice, parse_number},
};
use crate::FormErrors;

/// The middle of 250 to 300 punctures per cm², a practice paper's aim [PRIME-2015]; no trial settles it.
pub const DENSITY_PER_CM2: f64 = 275.0;

/// In squares of 2 mm chance alone gives 0.30 at 275 per cm²: a plan should do no worse. A proposal, unconfirmed.
pub const CV_MAX: f64 = 0.3;

/// What the sliders and a proposal may use. Habits to choose from, no maker's limits and nobody's advice.
pub const LIMITS: Limits =
    Limits { passes_max: 6, spacing_mm: [0.5, 6.0], speed_mm_per_s: [5.0, 250.0], seconds_max: 1_800.0 };

/// How many hands are simulated at most, and so many punctures of all hands together: what one redraw may cost.
const HANDS_MAX: f64 = 16.0;
const PUNCTURES_OF_ALL_HANDS_MAX: f64 = 2e6;

/// No hand of a redraw has more punctures than this.
const PUNCTURES_MAX: f64 = 1e6;

/// How steadily the pen is moved. No published figures were found: these are examples to compare, and the page says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steadiness {
    /// Never errs.
    Exact,
    /// A practised hand.
    Steady,
    /// An ordinary one.
    Usual,
    /// A hurried or tired one.
    Unsteady,
}

impl Steadiness {
    /// All of them, the steadiest first.
    pub const ALL: [Self; 4] = [Self::Exact, Self::Steady, Self::Usual, Self::Unsteady];

    /// Its word in a form.
    pub fn word(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Steady => "steady",
            Self::Usual => "usual",
            Self::Unsteady => "unsteady",
        }
    }

    /// What is simulated for it.
    pub fn hand(self) -> Hand {
        let hand = |speed_cv, spacing_sd_mm, angle_sd_deg| Hand {
            speed_cv,
            spacing_sd_mm,
            angle_sd_deg,
            tip_rotation: TipRotation::Random,
        };
        match self {
            Self::Exact => Hand::default(),
            Self::Steady => hand(0.1, 0.2, 0.5),
            Self::Usual => hand(0.2, 0.5, 1.5),
            Self::Unsteady => hand(0.35, 0.9, 2.5),
        }
    }
}

/// What was chosen, as typed; the names are those of the form's fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// An outline's id.
    pub zone: String,
    /// A pen's id.
    pub pen: String,
    /// Punctures aimed at, per cm².
    pub density_per_cm2: String,
    /// The depth that is set.
    pub depth_mm: String,
    /// The deepest the clinic allows in this zone.
    pub depth_mm_max: String,
    /// How many passes.
    pub passes: String,
    /// From line to line.
    pub spacing_mm: String,
    /// Speed of the glide.
    pub speed_mm_per_s: String,
    /// A word of [`Steadiness`].
    pub hand: String,
}

impl Default for Typed {
    /// What the page opens with.
    fn default() -> Self {
        let text = |value: &str| value.to_owned();
        Self {
            zone: text("cheek-left"),
            pen: String::new(),
            density_per_cm2: DENSITY_PER_CM2.to_string(),
            depth_mm: text("1"),
            depth_mm_max: text("1.5"),
            passes: text("2"),
            spacing_mm: text("2"),
            speed_mm_per_s: text("100"),
            hand: text("steady"),
        }
    }
}

/// What was chosen, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Where.
    pub outline: &'static Outline,
    /// With what.
    pub pen: PenChoice,
    /// Punctures aimed at, per cm².
    pub density_per_cm2: f64,
    /// The depth that is set, in millimetres.
    pub depth_mm: f64,
    /// The deepest the clinic allows in this zone, in millimetres.
    pub depth_mm_max: f64,
    /// How many passes, their directions spread evenly over the half circle.
    pub passes: u32,
    /// From line to line, in millimetres.
    pub spacing_mm: f64,
    /// Speed of the glide.
    pub speed_mm_per_s: f64,
    /// The hand.
    pub hand: Steadiness,
}

/// What comes of settings.
#[derive(Debug, Clone)]
pub struct Assessed {
    /// The whole course, as it can be drawn and kept.
    pub course: Course,
    /// The figures over its hands.
    pub figures: Figures,
    /// Limits that are not kept, found by the checker.
    pub breaches: Vec<Breach>,
}

impl PartialEq for &'static Outline {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Settings {
    /// Reads what was typed; everything wrong at once. An empty pen is the first of the list.
    pub fn parse(typed: &Typed, pens: &[PenChoice]) -> Result<Self, FormErrors> {
        let mut errors = FormErrors::default();
        let outline = outline(&typed.zone);
        if outline.is_none() {
            errors.add("zone", "Choose a zone of the map.");
        }
        let pen =
            if typed.pen.is_empty() { pens.first() } else { pens.iter().find(|pen| pen.id == typed.pen) };
        if pen.is_none() {
            errors.add("pen", "Choose a pen of the list.");
        }
        let mut number = |field: &'static str, what: &str, text: &str, [from, to]: [f64; 2]| {
            let number = parse_number(text).filter(|number| (from..=to).contains(number));
            if number.is_none() {
                errors.add(field, format!("{what}: write a number from {from} to {to}."));
            }
            number.unwrap_or(from)
        };
        let density_per_cm2 = number("density_per_cm2", "Aim", &typed.density_per_cm2, [10.0, 1_000.0]);
        let depth_mm = number("depth_mm", "Depth", &typed.depth_mm, [0.1, 5.0]);
        let depth_mm_max = number("depth_mm_max", "Deepest here", &typed.depth_mm_max, [0.1, 5.0]);
        let passes = number("passes", "Passes", &typed.passes, [1.0, LIMITS.passes_max as f64]);
        let spacing_mm = number("spacing_mm", "Spacing", &typed.spacing_mm, LIMITS.spacing_mm);
        let speed_mm_per_s = number("speed_mm_per_s", "Speed", &typed.speed_mm_per_s, LIMITS.speed_mm_per_s);
        if passes.fract() != 0.0 {
            errors.add("passes", "Passes: write a whole number.");
        }
        let hand = Steadiness::ALL.into_iter().find(|hand| hand.word() == typed.hand);
        if hand.is_none() {
            errors.add("hand", "Choose a hand.");
        }
        match (outline, pen, hand) {
            (Some(outline), Some(pen), Some(hand)) if errors.is_empty() => Ok(Self {
                outline,
                pen: pen.clone(),
                density_per_cm2,
                depth_mm,
                depth_mm_max,
                passes: passes as u32,
                spacing_mm,
                speed_mm_per_s,
                hand,
            }),
            _ => Err(errors),
        }
    }

    fn facts(&self, hands: u32, passes: Vec<Pass>) -> CourseFacts {
        CourseFacts {
            seed: 1,
            hands,
            device: Device { ..self.pen.device.clone() },
            hand: self.hand.hand(),
            target: Some(Target {
                density_per_cm2: self.density_per_cm2,
                window_mm: 2.0,
                cv_max: Some(CV_MAX),
            }),
            limits: Some(LIMITS),
            zones: vec![ZoneFacts {
                id: self.outline.id.to_owned(),
                polygon_mm: self.outline.polygon_mm(),
                exclusions_mm: self.outline.exclusions_mm(),
                depth_mm: self.depth_mm,
                depth_mm_max: self.depth_mm_max,
                passes,
            }],
        }
    }

    fn all_passes(&self) -> Vec<Pass> {
        let pass = |number: u32| Pass {
            direction_deg: 180.0 * f64::from(number) / f64::from(self.passes),
            spacing_mm: self.spacing_mm,
            speed_mm_per_s: self.speed_mm_per_s,
            offset_mm: self.spacing_mm / 2.0,
        };
        (0..self.passes).map(pass).collect()
    }

    /// About how many punctures a hand makes: what a redraw costs.
    fn punctures(&self, density_per_cm2: f64) -> f64 {
        let points = self.outline.polygon_mm();
        let extent = |axis: usize| {
            let values = points.iter().map(|point| point[axis]);
            values.clone().fold(f64::MIN, f64::max) - values.fold(f64::MAX, f64::min)
        };
        density_per_cm2 * extent(0) * extent(1) / 100.0
    }

    fn density_in_the_open(&self) -> f64 {
        let needles = self.pen.device.needles_mm.len() as f64;
        100.0 * f64::from(self.passes) * needles * self.pen.device.strokes_per_s
            / (self.spacing_mm * self.speed_mm_per_s)
    }
}

/// So many hands as the work of one redraw allows, at least four.
fn hands_for(punctures: f64) -> u32 {
    (PUNCTURES_OF_ALL_HANDS_MAX / punctures.max(1.0)).clamp(4.0, HANDS_MAX) as u32
}

/// What comes of the settings, on one thread: a redraw must not take the machine from others.
pub fn assess(settings: &Settings) -> Result<Assessed, FormErrors> {
    let punctures = settings.punctures(settings.density_in_the_open());
    if punctures > PUNCTURES_MAX {
        let mut errors = FormErrors::default();
        errors.add(
            "speed_mm_per_s",
            format!(
                "This would be about {punctures:.0} punctures, more than can be drawn at once. Glide faster, space the \
                 lines wider or take fewer passes."
            ),
        );
        return Err(errors);
    }
    let facts = settings.facts(hands_for(punctures), settings.all_passes());
    let course = Course::new(facts, Purpose::Check).map_err(|faults| told(&faults))?;
    let figures = coverage::simulate(&course, NonZeroUsize::MIN).pop();
    let figures = figures.ok_or_else(|| told(&[]))?;
    let breaches = coverage::check(&course);
    Ok(Assessed { course, figures, breaches })
}

/// Settings with the fewest passes that reach the aim evenly, or the sentence that says which limit is in the way.
pub fn propose(settings: &Settings) -> Result<Result<Settings, String>, FormErrors> {
    let hands = hands_for(2.0 * settings.punctures(settings.density_per_cm2)).min(8);
    let course =
        Course::new(settings.facts(hands, Vec::new()), Purpose::Plan).map_err(|faults| told(&faults))?;
    let plans = coverage::plan(&course, NonZeroUsize::MIN).unwrap_or_default();
    Ok(match plans.into_iter().next() {
        Some(Ok(plan)) => match plan.passes.first() {
            // In steps that a slider has and a hand can tell apart; what comes of them is assessed anew.
            Some(pass) => Ok(Settings {
                passes: plan.passes.len() as u32,
                spacing_mm: (pass.spacing_mm * 20.0).round() / 20.0,
                speed_mm_per_s: (pass.speed_mm_per_s * 2.0).round() / 2.0,
                ..settings.clone()
            }),
            None => Err("No pass was found.".to_owned()),
        },
        Some(Err(refusal)) => Err(refusal.message),
        None => Err("There is nothing to plan.".to_owned()),
    })
}

/// The form has its own limits, so this is told only of a pen that the model cannot take.
fn told(faults: &[Fault]) -> FormErrors {
    let mut errors = FormErrors::default();
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    errors.add("pen", format!("This cannot be simulated: {}.", faults.join("; ")));
    errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::needling::OUTLINES;

    fn pens() -> Vec<PenChoice> {
        super::super::pens::examples().into()
    }

    fn settings(change: impl FnOnce(&mut Typed)) -> Result<Settings, Vec<&'static str>> {
        let mut typed = Typed::default();
        change(&mut typed);
        Settings::parse(&typed, &pens())
            .map_err(|errors| errors.iter().map(|(field, _)| field).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_typed_is_read_or_told_by_field() {
        assert_eq!(settings(|_| ()).unwrap().pen.id, "example-6");
        assert_eq!(settings(|typed| typed.speed_mm_per_s = "62,5".into()).unwrap().speed_mm_per_s, 62.5);
        type Change = fn(&mut Typed);
        let cases: [(Change, &str); 9] = [
            (|typed| typed.zone = "eyelid".into(), "zone"),
            (|typed| typed.pen = "none".into(), "pen"),
            (|typed| typed.density_per_cm2 = "nan".into(), "density_per_cm2"),
            (|typed| typed.depth_mm = "-1".into(), "depth_mm"),
            (|typed| typed.passes = "7".into(), "passes"),
            (|typed| typed.passes = "1.5".into(), "passes"),
            (|typed| typed.spacing_mm = "0".into(), "spacing_mm"),
            (|typed| typed.speed_mm_per_s = "1e9".into(), "speed_mm_per_s"),
            (|typed| typed.hand = "shaky".into(), "hand"),
        ];
        for (change, field) in cases {
            assert_eq!(settings(change).unwrap_err(), [field]);
        }
    }

    #[test]
    fn every_outline_is_assessed_with_every_pen_and_a_deep_one_is_found() {
        for outline in OUTLINES {
            for pen in pens() {
                let settings = settings(|typed| {
                    (typed.zone, typed.pen) = (outline.id.into(), pen.id.clone());
                    typed.hand = "exact".into();
                    typed.depth_mm = "2".into();
                });
                let assessed = assess(&settings.unwrap()).unwrap();
                assert!(assessed.figures.punctures.unwrap().mean > 100.0, "{}", outline.id);
                let limits: Vec<&str> = assessed.breaches.iter().map(|breach| &*breach.limit).collect();
                assert!(limits.contains(&"zone[0].depth_mm_max"), "{limits:?}");
            }
        }
    }

    #[test]
    fn work_is_bounded_by_a_word_at_the_field() {
        let dense = settings(|typed| {
            (typed.zone, typed.passes) = ("abdomen".into(), "6".into());
            (typed.spacing_mm, typed.speed_mm_per_s) = ("0.5".into(), "5".into());
        });
        let errors = assess(&dense.unwrap()).unwrap_err();
        assert_eq!(errors.iter().next().unwrap().0, "speed_mm_per_s");
        assert_eq!((hands_for(0.0), hands_for(2e5), hands_for(1e9)), (16, 10, 4));
    }

    #[test]
    fn a_proposal_reaches_the_aim_or_names_the_limit() {
        let proposed = propose(&settings(|typed| typed.pen = "example-12".into()).unwrap()).unwrap().unwrap();
        let assessed = assess(&proposed).unwrap();
        assert_eq!(assessed.breaches, []);
        let deep = propose(&settings(|typed| typed.depth_mm = "2".into()).unwrap()).unwrap();
        assert!(deep.unwrap_err().contains("depth_mm_max"));
    }
}
