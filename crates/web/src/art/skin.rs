//! Three cuts through the skin: fine channels, mending, new collagen. A sketch to explain, not a scale drawing.

use super::stipple::{Dot, Sheet, path_data, scatter};
use std::sync::LazyLock;

const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 240.0;
/// Where the upper skin ends and the deeper skin begins.
const BORDER: f64 = 74.0;
const TOP: f64 = 42.0;
/// The channels: where, and how deep.
const CHANNELS: [f64; 5] = [60.0, 120.0, 180.0, 240.0, 300.0];
const DEPTH: f64 = 150.0;

/// The three drawings in their order; view box `0 0 360 240`.
pub fn stages() -> &'static [String; 3] {
    static DRAWN: LazyLock<[String; 3]> = LazyLock::new(|| [channels(), mending(), collagen()]);
    &DRAWN
}

/// The surface is not a ruler line.
fn surface(x: f64) -> f64 {
    TOP + 3.0 * (x / 38.0).sin() + 2.0 * (x / 15.0).sin()
}

fn border(x: f64) -> f64 {
    BORDER + surface(x) - TOP + 6.0 * (x / 21.0).cos()
}

/// How near the closest channel is, `None` below its end.
fn channel_distance(x: f64, y: f64) -> f64 {
    CHANNELS.iter().map(|&at| (x - at).hypot((y - DEPTH).max(0.0))).fold(f64::MAX, f64::min)
}

fn layers(
    deep_gap: impl Fn(f64, f64) -> Option<f64>,
    keep: impl Fn(f64, f64) -> bool,
    seed: u64,
) -> Vec<Dot> {
    let sheet = Sheet { width: WIDTH, height: HEIGHT, gap_min: 4.2, gap_max: 20.0 };
    scatter(sheet, seed, |x, y| {
        if y < surface(x) || !keep(x, y) {
            return None;
        }
        let fade = 1.0 + ((y - 190.0).max(0.0) / 16.0).powi(2) * 0.3;
        if y < surface(x) + 5.0 {
            Some(4.2)
        } else if y < border(x) {
            Some(6.4)
        } else if y < HEIGHT - 6.0 {
            deep_gap(x, y).map(|gap| gap * fade)
        } else {
            None
        }
    })
}

fn path(class: &str, dots: &[Dot]) -> String {
    format!(r#"<path class="dots {class}" d="{}"/>"#, path_data(dots))
}

fn channels() -> String {
    let open = |x: f64, y: f64| channel_distance(x, y) > 3.6;
    let mut svg = path("dots-skin", &layers(|_, _| Some(13.0), open, 11));
    for at in CHANNELS {
        let top = surface(at) - 30.0;
        svg.push_str(&format!(r#"<path class="needle" d="M{at} {top:.0}V{DEPTH}"/>"#));
    }
    svg
}

fn mending() -> String {
    let near = |x: f64, y: f64| channel_distance(x, y) < 15.0 && y > surface(x) && y < DEPTH + 14.0;
    let rest = layers(|x, y| (!near(x, y)).then_some(13.0), |_, _| true, 12);
    let sheet = Sheet { width: WIDTH, height: HEIGHT, gap_min: 5.0, gap_max: 9.0 };
    let busy = scatter(sheet, 13, |x, y| {
        let close = channel_distance(x, y);
        (near(x, y) && y > border(x)).then_some(4.6 + close * 0.34)
    });
    path("dots-skin", &rest) + &path("dots-accent", &busy)
}

/// Fibres: rows of dots along gentle waves, closer than before.
fn collagen() -> String {
    let top = layers(|_, _| None, |_, _| true, 14);
    let sheet = Sheet { width: WIDTH, height: HEIGHT, gap_min: 5.2, gap_max: 16.0 };
    let fibres = scatter(sheet, 15, |x, y| {
        if y < border(x) + 4.0 || y > HEIGHT - 10.0 {
            return None;
        }
        let wave = (y + 7.0 * (x / 34.0).sin() + 4.0 * (x / 13.0 + y / 30.0).sin()) / 13.0;
        let ridge = (wave - wave.round()).abs();
        let fade = 1.0 + ((y - 190.0).max(0.0) / 16.0).powi(2) * 0.3;
        (ridge < 0.2).then_some(5.2 * fade)
    });
    path("dots-skin", &top) + &path("dots-accent", &fibres)
}
