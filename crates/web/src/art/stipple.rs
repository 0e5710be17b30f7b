//! Even dots: the sampler behind every drawing of the house. A drawing is a function from a place to the
//! distance its dots keep; the sampler fills it so that no two dots come closer (Poisson-disc, blue noise).
//!
//! The same seed gives the same drawing on every machine: no clock, no outside randomness.

/// One dot, in the units of the drawing's view box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    /// From the left edge.
    pub x: f64,
    /// From the top edge.
    pub y: f64,
    /// The distance kept to the neighbours at this place: small where the drawing is dark.
    pub gap: f64,
}

/// A small counter-based generator (SplitMix64): good enough to place dots, and reproducible.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// Starts the sequence of this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number in `0.0..1.0`.
    pub fn next_unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// The sheet the dots are laid on.
#[derive(Clone, Copy, Debug)]
pub struct Sheet {
    /// Width of the view box.
    pub width: f64,
    /// Height of the view box.
    pub height: f64,
    /// The smallest distance any place may ask for; it sets the grid.
    pub gap_min: f64,
    /// The largest distance any place may ask for.
    pub gap_max: f64,
}

/// Lays dots on `sheet`. `gap(x, y)` is the distance wanted at a place, `None` where paper stays white; it is
/// brought into `gap_min..=gap_max`. Dots come in no useful order.
pub fn scatter(sheet: Sheet, seed: u64, gap: impl Fn(f64, f64) -> Option<f64>) -> Vec<Dot> {
    let cell = sheet.gap_min;
    let (columns, rows) = ((sheet.width / cell) as usize + 1, (sheet.height / cell) as usize + 1);
    let mut grid: Vec<Vec<u32>> = vec![Vec::new(); columns * rows];
    let mut dots: Vec<Dot> = Vec::new();
    let mut chance = Chance::new(seed);
    // Ten tries per smallest cell leave no visible hole; more only costs time.
    for _ in 0..columns * rows * 10 {
        let (x, y) = (chance.next_unit() * sheet.width, chance.next_unit() * sheet.height);
        let Some(wanted) = gap(x, y) else { continue };
        let wanted = wanted.clamp(sheet.gap_min, sheet.gap_max);
        let (column, row) = ((x / cell) as usize, (y / cell) as usize);
        let reach = (wanted / cell).ceil() as usize;
        let free = (row.saturating_sub(reach)..=(row + reach).min(rows - 1)).all(|r| {
            (column.saturating_sub(reach)..=(column + reach).min(columns - 1)).all(|c| {
                grid[r * columns + c].iter().all(|&other| {
                    let other = dots[other as usize];
                    (other.x - x).powi(2) + (other.y - y).powi(2) >= wanted * wanted
                })
            })
        });
        if free {
            grid[row * columns + column].push(dots.len() as u32);
            dots.push(Dot { x, y, gap: wanted });
        }
    }
    dots
}

/// The dots as SVG path data of zero-length strokes, which a round line cap turns into dots: about eight bytes
/// each, so that a drawing of two thousand dots stays small. Sorted along bands, because neighbours make short
/// relative moves and pack better.
pub fn path_data(dots: &[Dot]) -> String {
    let mut order: Vec<(i64, i64)> =
        dots.iter().map(|dot| (dot.x.round() as i64, dot.y.round() as i64)).collect();
    order.sort_by_key(|&(x, y)| {
        let band = y / 24;
        (band, if band % 2 == 0 { x } else { -x }, y)
    });
    order.dedup();
    let mut data = String::with_capacity(order.len() * 9);
    let mut at = (0, 0);
    for (x, y) in order {
        let (dx, dy) = (x - at.0, y - at.1);
        data.push('m');
        data.push_str(&dx.to_string());
        if dy >= 0 {
            data.push(' ');
        }
        data.push_str(&dy.to_string());
        data.push_str("h0");
        at = (x, y);
    }
    data
}

/// One `<path class="dots …">` per size: the closer the dots, the larger they are drawn, as an engraver would.
/// `sizes` are pairs of an upper limit of the gap and a class, in rising order.
pub fn paths(dots: &[Dot], sizes: &[(f64, &str)]) -> String {
    let mut svg = String::new();
    let mut from = 0.0;
    for &(to, class) in sizes {
        let some: Vec<Dot> = dots.iter().copied().filter(|dot| dot.gap > from && dot.gap <= to).collect();
        if !some.is_empty() {
            svg.push_str(&format!(r#"<path class="dots {class}" d="{}"/>"#, path_data(&some)));
        }
        from = to;
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHEET: Sheet = Sheet { width: 200.0, height: 100.0, gap_min: 4.0, gap_max: 12.0 };

    #[test]
    fn no_two_dots_come_closer_than_the_smaller_gap() {
        let dots = scatter(SHEET, 7, |x, _| Some(4.0 + x / 25.0));
        for (index, a) in dots.iter().enumerate() {
            for b in &dots[index + 1..] {
                let apart = ((a.x - b.x).powi(2) + (a.y - b.y).powi(2)).sqrt();
                assert!(apart >= a.gap.min(b.gap) - 1e-9, "{a:?} {b:?}");
            }
        }
        assert!(dots.len() > 200);
    }

    #[test]
    fn white_paper_stays_white_and_a_seed_repeats() {
        let half = |x: f64, _: f64| (x < 100.0).then_some(5.0);
        let dots = scatter(SHEET, 1, half);
        assert!(dots.iter().all(|dot| dot.x < 100.0));
        assert_eq!(dots, scatter(SHEET, 1, half));
        assert_ne!(dots, scatter(SHEET, 2, half));
    }

    #[test]
    fn path_moves_are_relative_and_short() {
        let dot = |x, y| Dot { x, y, gap: 1.0 };
        assert_eq!(path_data(&[dot(5.2, 3.0), dot(1.0, 4.4)]), "m1 4h0m4-1h0");
        assert_eq!(path_data(&[]), "");
    }
}
