//! What came of settings, as pictures, figures and sentences: the part of the page that is drawn again at every change.

use askama::Template;
use coverage::{Breach, Course, Estimate, Figures, draw};

use crate::view::HiddenView;

/// With more dots than this a map is no longer read but only loaded: then the middle is shown.
const DOTS_MAX: f64 = 12_000.0;

/// The side of the middle that is shown then, in millimetres.
const CLOSE_UP_MM: f64 = 40.0;

/// Around a picture, so that its border is not cut, in millimetres.
const MARGIN_MM: f64 = 0.5;

/// The part of the page that a change draws again.
#[derive(Debug, Template)]
#[template(path = "parts/needling_drawing.html")]
pub struct DrawingView {
    /// In a sentence: for those who hear the page.
    pub summary: String,
    /// What the stippled map shows.
    pub dots_caption: String,
    /// The stippled map.
    pub dots: PictureView,
    /// The density map.
    pub density: PictureView,
    /// Its legend: class and words.
    pub legend: Vec<(String, &'static str)>,
    /// The figures.
    pub figures: Vec<FigureView>,
    /// How many hands the ranges are of; 1 for a hand that never errs.
    pub hands: u32,
    /// That it is for another place than the visit it would be kept with; may be empty.
    pub warning: String,
    /// Limits that are not kept, in words.
    pub breaches: Vec<String>,
    /// Where the plan is kept; empty when there is no appointment to keep it with.
    pub action: String,
    /// Tokens, the appointment and what is drawn.
    pub hidden: Vec<HiddenView>,
}

/// A picture with its view box.
#[derive(Debug, Default)]
pub struct PictureView {
    /// With room around it.
    pub view_box: String,
    /// What is inside the `<svg>`.
    pub shapes: String,
}

/// A figure in words.
#[derive(Debug)]
pub struct FigureView {
    /// What it is.
    pub name: &'static str,
    /// The mean over hands with its unit.
    pub value: String,
    /// From where to where the middle 95 % of hands lie; empty for a hand that never errs.
    pub range: String,
    /// What it means.
    pub hint: String,
}

impl PictureView {
    pub(super) fn of(picture: Option<draw::Picture>) -> Self {
        let Some(draw::Picture { width_mm, height_mm, shapes }) = picture else { return Self::default() };
        let view_box = format!(
            "-{MARGIN_MM} -{MARGIN_MM} {:.2} {:.2}",
            width_mm + 2.0 * MARGIN_MM,
            height_mm + 2.0 * MARGIN_MM
        );
        Self { view_box, shapes }
    }
}

impl DrawingView {
    /// Of a course with one zone.
    pub(super) fn new(course: &Course, figures: &Figures, breaches: &[Breach]) -> Self {
        let dots = mean(figures.punctures);
        let (picture, dots_caption) = if dots > DOTS_MAX {
            let caption =
                format!("The middle {CLOSE_UP_MM:.0} mm: every puncture of one hand, {dots:.0} in all");
            (draw::close_up(course, 0, 0, CLOSE_UP_MM), caption)
        } else {
            (draw::stippled_map(course, 0, 0), format!("Every puncture of one hand, {dots:.0} in all"))
        };
        let rows = figure_rows(course, figures);
        let summary = format!(
            "{:.0} punctures per cm² in {}; variation {:.2} in squares of 2 mm.",
            mean(figures.density_per_cm2),
            minutes(mean(figures.seconds)),
            mean(figures.cv[1])
        );
        Self {
            summary,
            dots_caption,
            dots: PictureView::of(picture),
            density: PictureView::of(draw::density_map(course, 0, 0)),
            legend: legend(),
            figures: rows,
            hands: course.hands(),
            warning: String::new(),
            breaches: breaches.iter().map(breach).collect(),
            action: String::new(),
            hidden: Vec::new(),
        }
    }
}

/// The classes of a density map with their words.
pub(crate) fn legend() -> Vec<(String, &'static str)> {
    draw::DENSITY_CLASSES
        .iter()
        .enumerate()
        .map(|(class, (_, _, words))| (format!("d{class}"), *words))
        .collect()
}

fn mean(estimate: Option<Estimate>) -> f64 {
    estimate.map_or(0.0, |estimate| estimate.mean)
}

/// Seconds as people say them.
fn minutes(seconds: f64) -> String {
    let whole = seconds.round();
    match whole {
        _ if whole < 100.0 => format!("{whole:.0} s"),
        _ => format!("{:.0} min {:02.0} s", (whole / 60.0).floor(), whole % 60.0),
    }
}

fn figure_rows(course: &Course, figures: &Figures) -> Vec<FigureView> {
    let aim = course.target().map_or(0.0, |target| target.density_per_cm2);
    // Counts of independent random punctures in squares of 2 mm vary by one over the root of their mean.
    let by_chance = 1.0 / (mean(figures.density_per_cm2) * 0.04).max(f64::MIN_POSITIVE).sqrt();
    let number = |digits: usize| move |value: f64| format!("{value:.digits$}");
    let percent = |value: f64| format!("{:.1}", 100.0 * value);
    let of_squares = || "of 2 mm squares".to_owned();
    vec![
        row("Density", figures.density_per_cm2, number(0), " per cm²", format!("aim {aim:.0}")),
        row("Pen time", figures.seconds, minutes, "", "strikes only, without turns and lifts".into()),
        row("Variation, 1 mm", figures.cv[0], number(2), "", "standard deviation by mean".into()),
        row("Variation, 2 mm", figures.cv[1], number(2), "", format!("chance alone gives {by_chance:.2}")),
        row("Variation, 5 mm", figures.cv[2], number(2), "", String::new()),
        row("Under half the aim", figures.share_under_half, percent, " %", of_squares()),
        row("Over double the aim", figures.share_over_double, percent, " %", of_squares()),
        row("Largest gap", figures.gap_mm, number(1), " mm", "a disc without a puncture".into()),
        row("Streaks", figures.streak, number(1), "", "about 1 for chance; far more for lines".into()),
    ]
}

fn row(
    name: &'static str,
    estimate: Option<Estimate>,
    words: impl Fn(f64) -> String,
    unit: &str,
    hint: String,
) -> FigureView {
    let Some(Estimate { mean, lo, hi }) = estimate else {
        return FigureView { name, value: "too small to say".into(), range: String::new(), hint };
    };
    let (from, to) = (words(lo), words(hi));
    let range = if from == to { String::new() } else { format!("{from} to {to}") };
    FigureView { name, value: format!("{}{unit}", words(mean)), range, hint }
}

/// A breach for somebody who has not read the file's paths.
fn breach(breach: &Breach) -> String {
    let Breach { limit, allowed, found, message, .. } = breach;
    match limit.as_str() {
        "device.depth_mm_max" => {
            format!("The depth of {found} mm is more than the pen reaches ({allowed} mm).")
        }
        "zone[0].depth_mm_max" => {
            format!("The depth of {found} mm is more than you allow in this zone ({allowed} mm).")
        }
        "target.density_per_cm2" if found < allowed => {
            format!("The density of {found:.0} per cm² is too low; at least {allowed:.0} counts as on aim.")
        }
        "target.density_per_cm2" => {
            format!("The density of {found:.0} per cm² is too high; at most {allowed:.0} counts as on aim.")
        }
        "target.cv_max" => {
            format!("It is too uneven: the variation of {found:.2} in squares of 2 mm is over {allowed:.2}.")
        }
        "limits.seconds_max" => {
            format!("It takes {}, longer than {}.", minutes(*found), minutes(*allowed))
        }
        _ => format!("{message}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_said_as_people_do() {
        for (seconds, words) in [(0.0, "0 s"), (99.4, "99 s"), (119.7, "2 min 00 s"), (754.0, "12 min 34 s")]
        {
            assert_eq!(minutes(seconds), words);
        }
    }

    #[test]
    fn a_small_map_shows_all_dots_and_a_large_one_its_middle() {
        let course = draw::example(draw::ExampleHand::Even).unwrap();
        let figures = coverage::simulate(&course, std::num::NonZeroUsize::MIN).remove(0);
        let drawing = DrawingView::new(&course, &figures, &[]);
        assert!(drawing.dots_caption.starts_with("Every puncture"));
        assert_eq!(drawing.dots.view_box, "-0.5 -0.5 61.00 41.00");
        let many = Figures { punctures: Some(Estimate { mean: 2e4, lo: 2e4, hi: 2e4 }), ..figures };
        assert_eq!(DrawingView::new(&course, &many, &[]).dots.view_box, "-0.5 -0.5 41.00 41.00");
    }
}
