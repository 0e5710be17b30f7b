//! `GET /why-even-matters`: an even hand beside an uneven one, drawn by the same code that plans a zone at the desk.

use std::num::NonZeroUsize;
use std::sync::LazyLock;

use crate::frame::Frame;
use crate::pages::page;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use coverage::Estimate;
use coverage::draw::{self, ExampleHand};

/// The size of the drawn piece of skin in millimetres: small enough that dots are seen one by one.
const PIECE_MM: [f64; 2] = [30.0, 20.0];

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/guides/why_even_matters.html")]
pub struct WhyEvenMattersPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// Even and uneven.
    pub hands: &'a [HandView],
    /// Twice the same way, and once across.
    pub ways: &'a [HandView],
    /// Class and words of the density map's colours.
    pub legend: Vec<(String, &'static str)>,
}

/// One way to needle the same piece of skin.
#[derive(Debug)]
pub struct HandView {
    /// In a word or two.
    pub title: &'static str,
    /// What was done.
    pub words: &'static str,
    /// View box of both pictures.
    pub view_box: String,
    /// Every puncture.
    pub dots: String,
    /// How dense.
    pub density: String,
    /// "1642".
    pub punctures: String,
    /// Seconds.
    pub seconds: String,
    /// Share of squares with less than half of what was aimed at.
    pub sparse: String,
    /// Share with more than double.
    pub crowded: String,
    /// The largest gap.
    pub gap: String,
}

fn hand(which: ExampleHand, title: &'static str, words: &'static str) -> Option<HandView> {
    let course = draw::example_over(which, PIECE_MM)?;
    let figures = coverage::simulate(&course, NonZeroUsize::MIN).pop()?;
    let mean = |estimate: Option<Estimate>| estimate.map_or(0.0, |estimate| estimate.mean);
    let of_hundred = |estimate| format!("{:.0}", 100.0 * mean(estimate));
    let [width, height] = PIECE_MM;
    Some(HandView {
        title,
        words,
        view_box: format!("-0.3 -0.3 {:.1} {:.1}", width + 0.6, height + 0.6),
        dots: draw::stippled_map(&course, 0, 0)?.shapes,
        density: draw::density_map(&course, 0, 0)?.shapes,
        punctures: format!("{:.0}", mean(figures.punctures)),
        seconds: format!("{:.1}", mean(figures.seconds)),
        sparse: of_hundred(figures.share_under_half),
        crowded: of_hundred(figures.share_over_double),
        gap: format!("{:.1}", mean(figures.gap_mm)),
    })
}

/// Drawn once: the seed is fixed, so every visitor sees the same.
static HANDS: LazyLock<Vec<HandView>> = LazyLock::new(|| {
    let even =
        hand(ExampleHand::Even, "An even hand", "Two passes, one along and one across, at a calm pace.");
    let uneven =
        hand(ExampleHand::Uneven, "An uneven hand", "One pass, the lines drift, slow here and quick there.");
    even.into_iter().chain(uneven).collect()
});

static WAYS: LazyLock<Vec<HandView>> = LazyLock::new(|| {
    let twice = hand(
        ExampleHand::TwiceTheSameWay,
        "Twice the same way",
        "The second pass falls into the first one’s lines.",
    );
    let across = hand(
        ExampleHand::OnceAcross,
        "Once along, once across",
        "The second pass runs over the first one’s gaps.",
    );
    twice.into_iter().chain(across).collect()
});

/// Shows it.
pub async fn show(frame: Frame) -> Response {
    let shown = WhyEvenMattersPage {
        frame: &frame,
        hands: &HANDS,
        ways: &WAYS,
        legend: crate::pages::desk::needling::legend(),
    };
    page(StatusCode::OK, &shown)
}
