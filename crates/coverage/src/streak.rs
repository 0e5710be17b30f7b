//! How streaky the punctures lie: sums along parallel strips, compared with what chance alone would give.
//!
//! For a direction the treated squares of a millimetre (those wholly inside) are cut into strips a millimetre wide
//! along it. With `c` punctures in a strip of area `a`, `C` in all strips of area `A`, and `e = C a / A`, the ratio is
//! `sum (c - e)^2 / sum e (1 - a / A)`: 1 on average for independent random punctures, whatever the zone's shape.

use crate::{glide::sine_cosine, ground::Ground};

/// The width of a strip in millimetres.
const STRIP_MM: f64 = 1.0;

/// How many tallies take turns.
const LANES: usize = 4;

/// Besides the passes' own, directions this many degrees apart are tried.
const STEP_DEG: u32 = 15;

/// One direction's strips.
#[derive(Debug)]
struct Strips {
    /// Across the direction.
    across: [f32; 2],
    first: f32,
    /// The treated area in every strip, in square millimetres.
    areas: Vec<f64>,
}

/// The strips of a zone, laid out once for all hands.
#[derive(Debug)]
pub(crate) struct Ruler {
    treated: Vec<usize>,
    strips: Vec<Strips>,
}

impl Ruler {
    /// For the directions of the passes, in degrees, and some between.
    pub(crate) fn new(ground: &Ground<'_>, passes_deg: impl Iterator<Item = f64>) -> Self {
        let treated: Vec<usize> =
            (0..ground.grid.squares()).filter(|&square| ground.is_plain(square)).collect();
        let mut directions: Vec<f64> = (0..180).step_by(STEP_DEG as usize).map(f64::from).collect();
        for direction in passes_deg.map(|deg| deg.rem_euclid(180.0)) {
            if directions.iter().all(|&known| (known - direction).abs() > 1e-9) {
                directions.push(direction);
            }
        }
        let [ox, oy] = ground.grid.origin;
        let middles: Vec<[f64; 2]> =
            treated.iter().map(|&square| ground.grid.middle(square)).map(|[x, y]| [x - ox, y - oy]).collect();
        let strips =
            directions.into_iter().filter_map(|deg| Strips::new(ground.grid.side, &middles, deg)).collect();
        Self { treated, strips }
    }

    /// The ratio in the worst direction; `None` when there is nothing to compare. Punctures are sorted by square.
    pub(crate) fn streak(&self, starts: &[usize], places: &[[f32; 2]]) -> Option<f64> {
        let held: Vec<[f32; 2]> = self
            .treated
            .iter()
            .flat_map(|&square| &places[starts[square]..starts[square + 1]])
            .copied()
            .collect();
        if held.is_empty() {
            return None;
        }
        self.strips.iter().filter_map(|strips| strips.ratio(&held)).max_by(f64::total_cmp)
    }
}

impl Strips {
    /// `middles` of the treated squares are taken from the grid's lower left corner.
    fn new(side: f64, middles: &[[f64; 2]], direction_deg: f64) -> Option<Self> {
        let (sine, cosine) = sine_cosine(direction_deg);
        let (nx, ny) = (-sine, cosine);
        let shadow = Shadow::new(nx.abs().max(ny.abs()) * side, nx.abs().min(ny.abs()) * side);
        let across = |&[x, y]: &[f64; 2]| x * nx + y * ny;
        let (low, high) = middles
            .iter()
            .map(across)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), place| (low.min(place), high.max(place)));
        let (lowest, highest) = (low - shadow.half, high + shadow.half);
        if lowest > highest {
            return None;
        }
        let count = (((highest - lowest) / STRIP_MM - 1e-6).ceil() as usize).max(1);
        let mut areas = vec![0.0; count];
        for middle in middles {
            let place = across(middle) - lowest;
            let mut strip = ((place - shadow.half) / STRIP_MM).max(0.0) as usize;
            let mut below = 0.0;
            while below < 1.0 - 1e-12 && strip < count {
                let until = shadow.below((strip + 1) as f64 * STRIP_MM - place);
                areas[strip] += (until - below) * side * side;
                below = until;
                strip += 1;
            }
        }
        Some(Self { across: [nx as f32, ny as f32], first: lowest as f32, areas })
    }

    fn ratio(&self, places: &[[f32; 2]]) -> Option<f64> {
        let count = self.areas.len();
        let ([nx, ny], last) = (self.across, count - 1);
        // A hair up, so that punctures on the border of two strips fall on one side together.
        let shift = 1e-4 - self.first;
        // Neighbours mostly lie in one strip, and counting one place again and again waits each time for the last:
        // four tallies in turn do not wait. Strips are found for many places at once, which the compiler makes wide.
        let mut tallies = vec![0u32; LANES * count];
        let mut strips = [0i32; 64];
        for chunk in places.chunks(strips.len()) {
            for (strip, [x, y]) in strips.iter_mut().zip(chunk) {
                *strip = (x * nx + y * ny + shift) as i32;
            }
            for (index, &strip) in strips[..chunk.len()].iter().enumerate() {
                let strip = (strip.max(0) as usize).min(last);
                tallies[(index % LANES) * count + strip] += 1;
            }
        }
        let counts: Vec<u32> =
            (0..count).map(|strip| (0..LANES).map(|lane| tallies[lane * count + strip]).sum()).collect();
        let whole: f64 = self.areas.iter().sum();
        let density = places.len() as f64 / whole;
        let (mut spread, mut by_chance) = (0.0, 0.0);
        for (&count, &area) in counts.iter().zip(&self.areas) {
            let expected = density * area;
            spread += (f64::from(count) - expected).powi(2);
            by_chance += expected * (1.0 - area / whole);
        }
        (by_chance > 1e-9).then(|| spread / by_chance)
    }
}

/// The shadow of a square across a direction: a trapezium, that of two sides laid one after the other.
struct Shadow {
    /// Half of its width at the foot and at the top.
    half: f64,
    flat: f64,
    /// Along the flat top the share grows evenly, by this for every millimetre; on a slope with the square, by that.
    by_wide: f64,
    by_slope: f64,
}

impl Shadow {
    fn new(wide: f64, narrow: f64) -> Self {
        // Upright, the slopes have no width and are never asked for.
        let by_slope = if narrow < 1e-9 { 0.0 } else { 1.0 / (2.0 * wide * narrow) };
        Self { half: (wide + narrow) / 2.0, flat: (wide - narrow) / 2.0, by_wide: 1.0 / wide, by_slope }
    }

    /// The share of it that lies below `t` from its middle.
    #[inline]
    fn below(&self, t: f64) -> f64 {
        if t <= -self.half {
            return 0.0;
        }
        if t >= self.half {
            return 1.0;
        }
        let beyond = t.abs();
        if beyond <= self.flat || self.by_slope == 0.0 {
            return (0.5 + t * self.by_wide).clamp(0.0, 1.0);
        }
        let tail = (self.half - beyond).powi(2) * self.by_slope;
        if t < 0.0 { tail } else { 1.0 - tail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chance::Chance,
        glide::Sink,
        polygon::{Point, Polygon},
        tally::Places,
    };

    fn streak(zone: &[Point], passes: &[f64], at: impl Iterator<Item = Point>) -> Option<f64> {
        let zone = Polygon::new(zone).unwrap();
        let ground = Ground::new(&zone, &[], 0.0);
        let mut punctures = Places::over(ground.grid, None);
        at.filter(|&place| zone.contains(place)).for_each(|place| punctures.take(place));
        let (starts, places) = punctures.by_square();
        Ruler::new(&ground, passes.iter().copied()).streak(&starts, &places)
    }

    const SQUARE: [Point; 4] = [[0.0, 0.0], [60.0, 0.0], [60.0, 60.0], [0.0, 60.0]];

    #[test]
    fn strips_share_out_the_whole_area() {
        let zone = Polygon::new(&[[0.0, 0.0], [31.0, 4.0], [22.0, 30.0]]).unwrap();
        let ground = Ground::new(&zone, &[], 0.0);
        let ruler = Ruler::new(&ground, [7.3, 90.0].into_iter());
        assert_eq!(ruler.strips.len(), 13);
        for strips in &ruler.strips {
            let area: f64 = strips.areas.iter().sum();
            assert!((area - ruler.treated.len() as f64).abs() < 1e-6, "{area}");
        }
    }

    #[test]
    fn chance_gives_about_one_and_a_line_far_more() {
        let mut chance = Chance::of(3, 0, 0);
        let at: Vec<Point> = (0..9_000).map(|_| [60.0 * chance.unit(), 60.0 * chance.unit()]).collect();
        for zone in [&SQUARE[..], &SQUARE[..3]] {
            let ratio = streak(zone, &[], at.iter().copied()).unwrap();
            // The worst of twelve directions with some sixty strips each: a little above 1.
            assert!((0.9..1.8).contains(&ratio), "{ratio}");
        }
        assert_eq!(streak(&SQUARE, &[], std::iter::empty()), None);
    }

    #[test]
    fn lines_in_any_direction_of_a_pass_are_seen_at_their_exact_value() {
        // Lines 4 mm apart along x: a quarter of the strips hold all, so the variance is 3 means squared.
        let lines =
            (0..15).flat_map(|k| (0..60).map(move |n| [f64::from(n) + 0.5, f64::from(k) * 4.0 + 0.5]));
        let ratio = streak(&SQUARE, &[0.0], lines).unwrap();
        let (mean, strips) = (15.0, 60.0);
        assert!((ratio - 3.0 * mean * strips / (strips - 1.0)).abs() < 1e-3, "{ratio}");
        let (s, c) = 37f64.to_radians().sin_cos();
        let tilted = |k: i32, n: i32| {
            let (u, v) = (f64::from(n) * 0.5, f64::from(k) * 4.0);
            [u * c - v * s, u * s + v * c]
        };
        let lines: Vec<Point> = (-40..40).flat_map(|k| (-200..200).map(move |n| tilted(k, n))).collect();
        let seen = streak(&SQUARE, &[37.0], lines.iter().copied()).unwrap();
        let missed = streak(&SQUARE, &[0.0], lines.iter().copied()).unwrap();
        assert!(seen > 40.0 && missed < seen / 4.0, "{seen} {missed}");
    }
}
