//! Draws zones as SVG: the stippled map, the density map, and an even hand beside an uneven one.
//!
//! Shapes carry classes (`zone`, `zone-line`, `exclusion`, `dots`, `d0` … `d4`) and presentation attributes, never inline styles,
//! so a page with a strict content security policy can show and restyle them. One unit is one millimetre of skin.

use std::fmt::Write;

use crate::{
    course::{Course, CourseFacts, Device, Hand, Pass, Purpose, Target, TipRotation, Zone, ZoneFacts},
    polygon::{Point, Polygon},
    simulate::{Layout, Stippling, stipple},
    tally::{Counts, Windows},
};

/// Between pictures and around them, in millimetres.
const MARGIN_MM: f64 = 4.0;

/// Room for a caption above a picture, in millimetres.
const CAPTION_MM: f64 = 6.0;

/// The side of the squares of a density map in millimetres.
const SQUARE_MM: f64 = 2.0;

/// The diameter of a dot in millimetres: about a needle's own, 0.25 to 0.35 mm.
const DOT_MM: f64 = 0.3;

/// From where each class of a density map reaches, as a share of the target, with its colour (told apart also without
/// red and green) and its words.
pub const DENSITY_CLASSES: [(f64, &str, &str); 5] = [
    (0.0, "#2166ac", "under half"),
    (0.5, "#a6cbe3", "half to 0.8"),
    (0.8, "#efe9df", "0.8 to 1.25 of the target"),
    (1.25, "#f4b183", "1.25 to double"),
    (2.0, "#b2182b", "over double"),
];

/// To this much places of dots are rounded, in millimetres.
const GRAIN_MM: f64 = 0.05;

const INK: &str = "#2b2420";
const SKIN: &str = "#fbf7f1";
const EXCLUDED: &str = "#d9d2c7";

/// A picture without its `<svg>` element: shapes from (0, 0) to its size, y down.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// How wide, in millimetres.
    pub width_mm: f64,
    /// How high, in millimetres.
    pub height_mm: f64,
    /// The SVG elements.
    pub shapes: String,
}

impl Picture {
    /// The picture as an SVG of its own; `title` says in words what it shows.
    pub fn to_svg(&self, title: &str) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.2} {1:.2}\" width=\"{0:.2}mm\" \
             height=\"{1:.2}mm\" role=\"img\"><title>{2}</title>{3}</svg>\n",
            self.width_mm,
            self.height_mm,
            escaped(title),
            self.shapes
        )
    }

    /// Pictures side by side, each with a caption.
    pub fn beside(pictures: &[(&str, &Self)]) -> Self {
        let (mut x, mut height, mut shapes) = (MARGIN_MM, 0.0f64, String::new());
        for (caption, picture) in pictures {
            let _ = write!(
                shapes,
                "<g transform=\"translate({x:.2} {MARGIN_MM})\"><text class=\"caption\" x=\"0\" y=\"3.5\" \
                 font-size=\"3.5\" font-family=\"sans-serif\" fill=\"{INK}\">{}</text>\
                 <g transform=\"translate(0 {CAPTION_MM})\">{}</g></g>",
                escaped(caption),
                picture.shapes
            );
            // A caption wider than its picture pushes the next one away: about half its height for each letter.
            x += picture.width_mm.max(caption.chars().count() as f64 * 1.9) + MARGIN_MM;
            height = height.max(picture.height_mm);
        }
        Self { width_mm: x, height_mm: height + CAPTION_MM + 2.0 * MARGIN_MM, shapes }
    }

    /// Pictures one below the other.
    pub fn below(pictures: &[Self]) -> Self {
        let (mut y, mut width, mut shapes) = (0.0, 0.0f64, String::new());
        for picture in pictures {
            let _ = write!(shapes, "<g transform=\"translate(0 {y:.2})\">{}</g>", picture.shapes);
            y += picture.height_mm;
            width = width.max(picture.width_mm);
        }
        Self { width_mm: width, height_mm: y, shapes }
    }
}

/// Every puncture of one hand as a dot. `None` when there is no such zone.
pub fn stippled_map(course: &Course, zone: usize, hand: u32) -> Option<Picture> {
    let shape = course.zones().get(zone)?;
    let Stippling { punctures, .. } = stipple(course, zone, hand)?;
    let frame = Frame::of(shape);
    let mut shapes = frame.outline(shape, SKIN);
    shapes.push_str(&frame.dots(&punctures));
    Some(frame.picture(shapes))
}

/// The punctures of one hand in the middle of a zone, in a square of this side in millimetres, at most the zone's own
/// size; for zones with too many dots to show. `None` when there is no such zone.
pub fn close_up(course: &Course, zone: usize, hand: u32, side_mm: f64) -> Option<Picture> {
    let shape = course.zones().get(zone)?;
    let Stippling { mut punctures, .. } = stipple(course, zone, hand)?;
    let mut frame = Frame::of(shape);
    for axis in 0..2 {
        let middle = f64::midpoint(frame.lo[axis], frame.hi[axis]);
        frame.lo[axis] = frame.lo[axis].max(middle - side_mm / 2.0);
        frame.hi[axis] = frame.hi[axis].min(middle + side_mm / 2.0);
    }
    punctures
        .retain(|place| (0..2).all(|axis| place[axis] >= frame.lo[axis] && place[axis] <= frame.hi[axis]));
    let mut shapes = frame.outline(shape, SKIN);
    shapes.push_str(&frame.dots(&punctures));
    Some(frame.picture(shapes))
}

/// One hand's counts in squares of 2 mm, coloured by [`DENSITY_CLASSES`] against the target, or against the mean
/// where there is no target. Squares that the border cuts are left open. `None` when there is no such zone.
pub fn density_map(course: &Course, zone: usize, hand: u32) -> Option<Picture> {
    let shape = course.zones().get(zone)?;
    let frame = Frame::of(shape);
    let layout = Layout::new(course, zone);
    let windows = Windows::new(&layout.ground, SQUARE_MM);
    let mut counts = Counts::over(windows.grid);
    layout.run(&shape.passes, hand, &mut counts);
    let (whole, sum) = windows
        .of_whole(&counts.counts)
        .fold((0.0f64, 0.0), |(n, sum), count| (n + 1.0, sum + f64::from(count)));
    let target = course.target().map(|target| target.density_per_cm2 * SQUARE_MM * SQUARE_MM / 100.0);
    let expected = target.unwrap_or(sum / whole.max(1.0)).max(f64::MIN_POSITIVE);
    let class = |count: u32| {
        let share = f64::from(count) / expected;
        DENSITY_CLASSES.iter().rposition(|&(from, ..)| share >= from).unwrap_or(0)
    };
    let mut paths: [String; 5] = Default::default();
    for row in 0..windows.grid.ny {
        let classes: Vec<Option<usize>> = (row * windows.grid.nx..(row + 1) * windows.grid.nx)
            .map(|square| windows.whole[square].then(|| class(counts.counts[square])))
            .collect();
        // Neighbours of one class are one rectangle.
        let mut first = 0;
        for run in classes.chunk_by(|a, b| a == b) {
            if let Some(class) = run[0] {
                let [x, y] = frame.place([
                    frame.lo[0] + first as f64 * SQUARE_MM,
                    frame.lo[1] + (row + 1) as f64 * SQUARE_MM,
                ]);
                let width = run.len() as f64 * SQUARE_MM;
                let _ = write!(paths[class], "M{x:.2} {y:.2}h{width}v{SQUARE_MM}h-{width}z");
            }
            first += run.len();
        }
    }
    let mut shapes = frame.outline(shape, SKIN);
    for (class, path) in paths.iter().enumerate().filter(|(_, path)| !path.is_empty()) {
        let _ =
            write!(shapes, "<path class=\"d{class}\" fill=\"{}\" d=\"{path}\"/>", DENSITY_CLASSES[class].1);
    }
    shapes.push_str(&frame.outline(shape, "none"));
    Some(frame.picture(shapes))
}

/// The colours of a density map with their words.
pub fn density_legend() -> Picture {
    let mut shapes = String::new();
    for (row, (_, colour, words)) in DENSITY_CLASSES.iter().enumerate() {
        let y = row as f64 * 5.0;
        let _ = write!(
            shapes,
            "<rect class=\"d{row}\" x=\"0\" y=\"{y}\" width=\"4\" height=\"4\" fill=\"{colour}\" stroke=\"{INK}\" \
             stroke-width=\"0.1\"/><text x=\"6\" y=\"{:.1}\" font-size=\"3\" font-family=\"sans-serif\" \
             fill=\"{INK}\">{words}</text>",
            y + 3.0
        );
    }
    Picture { width_mm: 45.0, height_mm: 25.0, shapes }
}

/// All zones, each with its stippled map, its density map and the legend: what `--svg` writes. The first hand.
pub fn sheet(course: &Course) -> Picture {
    let legend = density_legend();
    let rows = course.zones().iter().enumerate().filter_map(|(index, zone)| {
        let (dots, density) = (stippled_map(course, index, 0)?, density_map(course, index, 0)?);
        let (first, second) = (format!("{}: every puncture", zone.id), "Density in 2 mm squares");
        Some(Picture::beside(&[(&first, &dots), (second, &density), ("Against the target", &legend)]))
    });
    Picture::below(&rows.collect::<Vec<_>>())
}

/// Which hand an example picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExampleHand {
    /// Steady, in two crossing passes.
    Even,
    /// Unsteady, in one pass.
    Uneven,
    /// Steady, lines wide apart, gone over twice the same way.
    TwiceTheSameWay,
    /// Steady, lines wide apart, once along and once across.
    OnceAcross,
}

/// An example course for pictures that explain, over a rectangle of 60 by 40 mm.
pub fn example(hand: ExampleHand) -> Option<Course> {
    example_over(hand, [60.0, 40.0])
}

/// An example course over a rectangle of this width and height in millimetres: in every hand the same pen, aim, number
/// of punctures and time. The pen is made up (six needles in a ring, 50 strokes a second) and is no maker's.
pub fn example_over(hand: ExampleHand, [width, height]: [f64; 2]) -> Option<Course> {
    let needles_mm = (0..6)
        .map(|needle| {
            let (s, c) = (f64::from(needle) * std::f64::consts::TAU / 6.0).sin_cos();
            [0.8 * c, 0.8 * s]
        })
        .collect();
    let device = Device { needles_mm, strokes_per_s: 50.0, depth_mm_max: 2.5 };
    let pass = |direction_deg: f64, spacing_mm: f64, speed_mm_per_s: f64| Pass {
        direction_deg,
        spacing_mm,
        speed_mm_per_s,
        offset_mm: spacing_mm / 2.0,
    };
    // In all: spacing by speed by 1 / passes = 109 mm²/s, which is 275 per cm² with this pen.
    let steady =
        Hand { speed_cv: 0.1, spacing_sd_mm: 0.2, angle_sd_deg: 0.5, tip_rotation: TipRotation::Random };
    let wide = |direction_deg| Pass { offset_mm: 1.0, ..pass(direction_deg, 4.0, 54.5) };
    let (steadiness, passes) = match hand {
        ExampleHand::Even => (steady, vec![pass(0.0, 2.0, 109.0), pass(90.0, 2.0, 109.0)]),
        ExampleHand::Uneven => (
            Hand { speed_cv: 0.35, spacing_sd_mm: 0.9, angle_sd_deg: 2.5, tip_rotation: TipRotation::Random },
            vec![pass(0.0, 4.0, 27.3)],
        ),
        ExampleHand::TwiceTheSameWay => (steady, vec![wide(0.0); 2]),
        ExampleHand::OnceAcross => (steady, vec![wide(0.0), wide(90.0)]),
    };
    let zone = ZoneFacts {
        id: "example".to_owned(),
        polygon_mm: vec![[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]],
        exclusions_mm: Vec::new(),
        depth_mm: 1.0,
        depth_mm_max: 1.5,
        passes,
    };
    let target = Target { density_per_cm2: 275.0, window_mm: 2.0, cv_max: None };
    let facts = CourseFacts {
        seed: 4,
        hands: 8,
        device,
        hand: steadiness,
        target: Some(target),
        limits: None,
        zones: vec![zone],
    };
    Course::new(facts, Purpose::Simulate).ok()
}

/// An even hand beside an uneven one, dots above and density below: the picture of the page "why even matters".
pub fn even_against_uneven() -> Option<Picture> {
    let (even, uneven) = (example(ExampleHand::Even)?, example(ExampleHand::Uneven)?);
    let dots = (stippled_map(&even, 0, 0)?, stippled_map(&uneven, 0, 0)?);
    let density = (density_map(&even, 0, 0)?, density_map(&uneven, 0, 0)?);
    let legend = density_legend();
    Some(Picture::below(&[
        Picture::beside(&[("Even hand, two crossing passes", &dots.0), ("Uneven hand, one pass", &dots.1)]),
        Picture::beside(&[
            ("The same number of punctures", &density.0),
            ("in the same time", &density.1),
            ("", &legend),
        ]),
    ]))
}

/// From the zone's frame to a picture's: y turned down, the upper left corner at (0, 0).
struct Frame {
    lo: Point,
    hi: Point,
}

impl Frame {
    fn of(zone: &Zone) -> Self {
        let (lo, hi) = zone.polygon.bounds();
        Self { lo, hi }
    }

    fn place(&self, [x, y]: Point) -> Point {
        [x - self.lo[0], self.hi[1] - y]
    }

    fn picture(&self, shapes: String) -> Picture {
        Picture { width_mm: self.hi[0] - self.lo[0], height_mm: self.hi[1] - self.lo[1], shapes }
    }

    /// Dots as one path, each a step from the one before in units of [`GRAIN_MM`]: a third of the bytes of full numbers.
    fn dots(&self, punctures: &[Point]) -> String {
        let mut path = format!(
            "<path class=\"dots\" fill=\"none\" stroke=\"{INK}\" stroke-width=\"{:.0}\" stroke-linecap=\"round\" \
             transform=\"scale({GRAIN_MM})\" d=\"",
            DOT_MM / GRAIN_MM
        );
        let mut last = [0i64; 2];
        for &place in punctures {
            let at = self.place(place).map(|value| (value / GRAIN_MM).round() as i64);
            let [dx, dy] = [at[0] - last[0], at[1] - last[1]];
            let blank = if dy < 0 { "" } else { " " };
            let _ = write!(path, "m{dx}{blank}{dy}h0");
            last = at;
        }
        path.push_str("\"/>");
        path
    }

    /// The zone filled with a colour, and its exclusions.
    fn outline(&self, zone: &Zone, fill: &str) -> String {
        let [zone_class, exclusion_class, excluded] = match fill {
            "none" => ["zone-line", "zone-line", "none"],
            _ => ["zone", "exclusion", EXCLUDED],
        };
        let mut shapes = self.path(zone_class, &zone.polygon, fill);
        for exclusion in &zone.exclusions {
            shapes.push_str(&self.path(exclusion_class, exclusion, excluded));
        }
        shapes
    }

    fn path(&self, class: &str, polygon: &Polygon, fill: &str) -> String {
        let mut path =
            format!("<path class=\"{class}\" fill=\"{fill}\" stroke=\"{INK}\" stroke-width=\"0.25\" d=\"");
        for (number, &point) in polygon.points().iter().enumerate() {
            let [x, y] = self.place(point);
            let _ = write!(path, "{}{x:.2} {y:.2}", if number == 0 { 'M' } else { 'L' });
        }
        path.push_str("z\"/>");
        path
    }
}

/// Text that may stand in an SVG.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroUsize;

    #[test]
    fn a_stippled_map_has_a_dot_for_every_puncture_inside_its_frame() {
        let course = example(ExampleHand::Uneven).unwrap();
        let picture = stippled_map(&course, 0, 0).unwrap();
        assert_eq!(picture.shapes.matches("h0").count(), stipple(&course, 0, 0).unwrap().punctures.len());
        assert_eq!((picture.width_mm, picture.height_mm), (60.0, 40.0));
        assert!(!picture.shapes.contains("style") && !picture.shapes.contains("--"));
        assert_eq!(stippled_map(&course, 1, 0), None);
    }

    #[test]
    fn a_close_up_shows_the_dots_of_the_middle_where_they_are() {
        let course = example(ExampleHand::Even).unwrap();
        let picture = close_up(&course, 0, 0, 20.0).unwrap();
        assert_eq!((picture.width_mm, picture.height_mm), (20.0, 20.0));
        let inside = |p: &Point| (20.0..=40.0).contains(&p[0]) && (10.0..=30.0).contains(&p[1]);
        let punctures: Vec<Point> =
            stipple(&course, 0, 0).unwrap().punctures.into_iter().filter(inside).collect();
        // The steps add up to the place of the last dot.
        let path = picture.shapes.split(" d=\"m").nth(1).unwrap().split('"').next().unwrap();
        let (mut at, mut dots) = ([0i64; 2], 0);
        for step in path.split('m') {
            let step = step.strip_suffix("h0").unwrap().replace('-', " -");
            let step: Vec<i64> = step.split_whitespace().map(|number| number.parse().unwrap()).collect();
            at = [at[0] + step[0], at[1] + step[1]];
            dots += 1;
        }
        assert_eq!(dots, punctures.len());
        let last = punctures.last().unwrap();
        let expected = [(last[0] - 20.0) / GRAIN_MM, (30.0 - last[1]) / GRAIN_MM];
        assert!((0..2).all(|axis| (at[axis] as f64 - expected[axis]).abs() <= 0.5), "{at:?} {expected:?}");
    }

    #[test]
    fn a_density_map_covers_every_whole_square_once() {
        let course = example(ExampleHand::Even).unwrap();
        let picture = density_map(&course, 0, 0).unwrap();
        let squares: f64 = picture
            .shapes
            .split("h-")
            .skip(1)
            .map(|rest| {
                rest.split('v').next().unwrap().split('z').next().unwrap().parse::<f64>().unwrap() / SQUARE_MM
            })
            .sum();
        assert_eq!(squares, 600.0);
    }

    #[test]
    fn the_even_example_is_even_and_the_uneven_one_is_not_at_the_same_density() {
        let figures = [ExampleHand::Even, ExampleHand::Uneven].map(|hand| {
            let course = example(hand).unwrap();
            crate::simulate(&course, NonZeroUsize::MIN).remove(0)
        });
        let [even, uneven] = &figures;
        let mean = |value: Option<crate::Estimate>| value.unwrap().mean;
        for figures in &figures {
            let density = mean(figures.density_per_cm2);
            assert!((250.0..300.0).contains(&density), "{density}");
        }
        assert!(mean(even.cv[1]) < 0.6 * mean(uneven.cv[1]), "{:?} {:?}", even.cv, uneven.cv);
        assert!(mean(even.streak) < 0.5 * mean(uneven.streak));
        // Across cures what twice the same way does not, with as many punctures in the same time.
        let [twice, across] = [ExampleHand::TwiceTheSameWay, ExampleHand::OnceAcross]
            .map(|hand| crate::simulate(&example(hand).unwrap(), NonZeroUsize::MIN).remove(0));
        let ratio = mean(twice.punctures) / mean(across.punctures);
        assert!((0.9..1.1).contains(&ratio), "{ratio}");
        let shares = [&across, &twice].map(|figures| mean(figures.share_under_half));
        assert!(shares[0] < 0.7 * shares[1], "{shares:?}");
        assert!(mean(across.streak) < 0.6 * mean(twice.streak));
        assert!(even_against_uneven().unwrap().to_svg("Even <matters>").contains("Even &lt;matters&gt;"));
    }
}
