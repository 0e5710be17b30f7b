//! Flat areas of one colour that could be patches of a colour card.

use crate::photograph::Photograph;

/// Longest edge of the reduced picture that cards are looked for in, px.
const LONG_EDGE: usize = 800;
/// Smallest patch, px² of the reduced picture.
const AREA_MIN: usize = 24;
/// Most areas that are looked at further, the largest first: a picture of nothing but squares must not cost minutes.
const FLATS_MAX: usize = 800;
/// How much a neighbour, and how much the mean of the area so far, may differ (largest channel, codes of 255).
const STEP_MAX: f32 = 9.0;
const DRIFT_MAX: f32 = 16.0;

/// A flat area that is about square, in px of the full picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flat {
    pub(crate) x: f32,
    pub(crate) y: f32,
    /// Side of a square of the same area.
    pub(crate) side: f32,
    /// Mean colour, codes of 255.
    pub(crate) rgb: [f32; 3],
}

struct Reduced {
    width: usize,
    height: usize,
    factor: usize,
    rgb: Vec<[f32; 3]>,
}

fn reduce(photograph: &Photograph) -> Reduced {
    let (full_width, full_height) = (photograph.width(), photograph.height());
    let factor = full_width.max(full_height).div_ceil(LONG_EDGE).max(1);
    let (width, height) = (full_width / factor, full_height / factor);
    let mut rgb = vec![[0.0f32; 3]; width * height];
    let scale = 1.0 / (factor * factor) as f32;
    for (y, row) in rgb.chunks_exact_mut(width).enumerate() {
        for line in 0..factor {
            let start = (y * factor + line) * full_width * 3;
            let bytes = &photograph.rgb()[start..start + width * factor * 3];
            for (out, block) in row.iter_mut().zip(bytes.chunks_exact(factor * 3)) {
                for pixel in block.chunks_exact(3) {
                    for (out, &code) in out.iter_mut().zip(pixel) {
                        *out += f32::from(code) * scale;
                    }
                }
            }
        }
    }
    Reduced { width, height, factor, rgb }
}

fn difference(one: [f32; 3], other: [f32; 3]) -> f32 {
    one.iter().zip(other).map(|(one, other)| (one - other).abs()).fold(0.0, f32::max)
}

/// Sums over the pixels of an area.
#[derive(Default)]
struct Moments {
    count: usize,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
    rgb: [f64; 3],
}

impl Moments {
    fn add(&mut self, x: usize, y: usize, rgb: [f32; 3]) {
        let (x, y) = (x as f64, y as f64);
        self.count += 1;
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.xy += x * y;
        self.yy += y * y;
        for (sum, value) in self.rgb.iter_mut().zip(rgb) {
            *sum += f64::from(value);
        }
    }

    fn mean(&self) -> [f32; 3] {
        self.rgb.map(|sum| (sum / self.count as f64) as f32)
    }

    /// The area as a patch, if it is about a filled square.
    fn flat(&self, factor: usize, area_max: usize) -> Option<Flat> {
        if !(AREA_MIN..=area_max).contains(&self.count) {
            return None;
        }
        let n = self.count as f64;
        let (x, y) = (self.x / n, self.y / n);
        // A pixel is a unit square itself, whose own moment about its centre is 1/12.
        let xx = self.xx / n - x * x + 1.0 / 12.0;
        let yy = self.yy / n - y * y + 1.0 / 12.0;
        let xy = self.xy / n - x * y;
        let determinant = xx * yy - xy * xy;
        let trace = xx + yy;
        let root = (trace * trace / 4.0 - determinant).max(0.0).sqrt();
        let (long, short) = (trace / 2.0 + root, trace / 2.0 - root);
        // A filled rectangle has area 12 sqrt(det); ragged areas, rings and letters fall short of it.
        let filled = n / (12.0 * determinant.max(1e-9).sqrt());
        if long > 3.2 * short || !(0.78..=1.12).contains(&filled) {
            return None;
        }
        let factor = factor as f64;
        let centre = |at: f64| (at * factor + (factor - 1.0) / 2.0) as f32;
        Some(Flat { x: centre(x), y: centre(y), side: (n.sqrt() * factor) as f32, rgb: self.mean() })
    }
}

/// Every flat, about square area of the photograph.
pub(crate) fn find(photograph: &Photograph) -> Vec<Flat> {
    let reduced = reduce(photograph);
    let Reduced { width, height, factor, rgb } = &reduced;
    let (width, height) = (*width, *height);
    // 24 patches have to fit, so that one of them covers at most a 30th.
    let area_max = width * height / 30;
    let mut seen = vec![false; width * height];
    let mut flats = Vec::new();
    let mut queue = Vec::new();
    for seed in 0..width * height {
        if seen[seed] {
            continue;
        }
        seen[seed] = true;
        queue.clear();
        queue.push(seed);
        let mut moments = Moments::default();
        moments.add(seed % width, seed / width, rgb[seed]);
        while let Some(at) = queue.pop() {
            let (x, y) = (at % width, at / width);
            let mean = moments.mean();
            let mut visit = |next: usize| {
                if !seen[next]
                    && difference(rgb[at], rgb[next]) <= STEP_MAX
                    && difference(mean, rgb[next]) <= DRIFT_MAX
                {
                    seen[next] = true;
                    moments.add(next % width, next / width, rgb[next]);
                    queue.push(next);
                }
            };
            if x > 0 {
                visit(at - 1);
            }
            if x + 1 < width {
                visit(at + 1);
            }
            if y > 0 {
                visit(at - width);
            }
            if y + 1 < height {
                visit(at + width);
            }
        }
        flats.extend(moments.flat(*factor, area_max));
    }
    flats.sort_by(|one, other| other.side.total_cmp(&one.side));
    flats.truncate(FLATS_MAX);
    flats
}
