//! Two squares with the same number of dots: thrown by chance, and laid evenly. What the house is named after.

use super::stipple::{Chance, Dot, Sheet, path_data, paths, scatter};
use std::sync::LazyLock;

const SIDE: f64 = 300.0;
const GAP: f64 = 13.0;

/// The pair of drawings; view box `0 0 300 300` each.
#[derive(Debug)]
pub struct Pair {
    /// Dots by chance: clumps and holes.
    pub by_chance: String,
    /// As many dots, none closer than the others.
    pub evenly: String,
}

/// Draws both, once.
pub fn evenness() -> &'static Pair {
    static DRAWN: LazyLock<Pair> = LazyLock::new(draw);
    &DRAWN
}

fn draw() -> Pair {
    let sheet = Sheet { width: SIDE, height: SIDE, gap_min: GAP, gap_max: GAP };
    let even: Vec<Dot> = scatter(sheet, 3, |x, y| within(x, y).then_some(GAP));
    let mut chance = Chance::new(4);
    let thrown: Vec<Dot> = std::iter::repeat_with(|| (chance.next_unit() * SIDE, chance.next_unit() * SIDE))
        .filter(|&(x, y)| within(x, y))
        .map(|(x, y)| Dot { x, y, gap: GAP })
        .take(even.len())
        .collect();
    let path = |dots: &[Dot]| format!(r#"<path class="dots dots-even" d="{}"/>"#, path_data(dots));
    Pair { by_chance: path(&thrown), evenly: path(&even) }
}

/// A sign of somebody's own beside their name, in the place of a photograph: a disc of dots whose shade turns with
/// the seed; view box `0 0 300 300`. The same seed gives the same sign.
pub fn sign(seed: u64) -> String {
    let sheet = Sheet { width: SIDE, height: SIDE, gap_min: 7.0, gap_max: 26.0 };
    let angle = seed as f64 * 2.399_963;
    let (light_x, light_y) = (SIDE / 2.0 + 95.0 * angle.cos(), SIDE / 2.0 + 95.0 * angle.sin());
    let dots = scatter(sheet, seed, |x, y| {
        within(x, y)
            .then(|| 7.5 + 15.0 * (1.0 - (x - light_x).hypot(y - light_y) / 255.0).clamp(0.0, 1.0).powf(1.4))
    });
    paths(&dots, &[(9.5, "sign-l"), (14.0, "sign-m"), (26.0, "sign-s")])
}

/// A disc: softer than a square, and no edge invites counting.
fn within(x: f64, y: f64) -> bool {
    (x - SIDE / 2.0).powi(2) + (y - SIDE / 2.0).powi(2) < (SIDE / 2.0 - 6.0).powi(2)
}
