//! Which pixels are skin, by colour and, where there is a face, by its outline.
//!
//! Colour is (ln R/G, ln B/G, ln Y) of encoded values, in which a change of light is nearly a shift. What skin looks
//! like in this very photograph is learned from it: from inside the face, or, on a body area, from the most of what
//! could be skin at all.

use crate::filter::gaussian;
use crate::landmarks::Face;
use crate::photograph::{BLOCK, Blocks};
use crate::plane::Plane;

/// The level of the pyramid whose pixels are the blocks of the photograph.
const LEVEL: usize = 2;
/// Distance from the mean colour, in standard deviations, up to which a pixel is skin, and from which it is none.
const NEAR: f32 = 2.5;
const FAR: f32 = 4.0;
/// Least standard deviations of the three colour values; JPEG and shading are never finer.
const SPREAD_MIN: [f32; 3] = [0.03, 0.04, 0.15];
/// How far beyond the landmarks skin is looked for: sideways and down, and up to the hairline.
/// The part of the outline in which everything counts as skin, and from which its colour is learned: eyes, lips and a
/// beard move with it, while hair hangs in from the border.
const INNER: f32 = 0.8;
const BEYOND: f32 = 1.25;
const BEYOND_UP: f32 = 1.5;

/// The three colour values of a block.
fn colour([red, green, blue]: [f32; 3]) -> [f32; 3] {
    // Two grey levels more, so that black has a colour and noise in the dark none.
    let [red, green, blue] = [red, green, blue].map(|value| value + 2.0);
    let luma = 0.299 * red + 0.587 * green + 0.114 * blue;
    [(red / green).ln(), (blue / green).ln(), luma.ln()]
}

/// Whether a colour could be skin of any tone under any usual light.
fn could_be_skin(colour: &[f32; 3]) -> bool {
    let [red, blue, luma] = *colour;
    (0.03..1.3).contains(&red) && (-1.4..0.12).contains(&blue) && luma > 3.2
}

/// Mean and standard deviation of each colour value, by median and quartiles.
fn model(mut samples: Vec<[f32; 3]>) -> [[f32; 2]; 3] {
    [0, 1, 2].map(|axis| {
        let mut at = |share: f32| {
            let place = ((samples.len() - 1) as f32 * share) as usize;
            samples.select_nth_unstable_by(place, |one, other| one[axis].total_cmp(&other[axis])).1[axis]
        };
        let (low, middle, high) = (at(0.25), at(0.5), at(0.75));
        [middle, ((high - low) / 1.349).max(SPREAD_MIN[axis])]
    })
}

/// Skin of a photograph, 0 to 1, one value for each block of [`BLOCK`] by [`BLOCK`] pixels.
pub(crate) fn skin(blocks: &Blocks, face: Option<&Face>) -> Plane {
    let colours: Vec<[f32; 3]> = blocks.rgb.iter().map(|rgb| colour(*rgb)).collect();
    let whole = face.map(|face| hull(&face.points));
    let outline = whole.as_ref().map(|whole| scaled(whole, INNER, INNER));
    let block = |place: usize| (place as f32 + 0.5) * BLOCK as f32 - 0.5;
    let place = |at: usize| [block(at % blocks.width), block(at / blocks.width)];
    let inside = |at: usize| outline.as_ref().is_some_and(|outline| within(outline, place(at)));
    let sampled = (0..colours.len()).filter(|&at| match face {
        Some(_) => inside(at),
        None => could_be_skin(&colours[at]),
    });
    let samples: Vec<[f32; 3]> = sampled.map(|at| colours[at]).collect();
    if samples.len() < 64 {
        return Plane::filled(blocks.width, blocks.height, 0.0);
    }
    let model = model(samples);
    let wide = whole.as_ref().map(|whole| scaled(whole, BEYOND, BEYOND_UP));
    let mask = Plane::from_fn(blocks.width, blocks.height, |x, y| {
        let at = y * blocks.width + x;
        if inside(at) {
            return 1.0;
        }
        if wide.as_ref().is_some_and(|wide| !within(wide, place(at))) {
            return 0.0;
        }
        let distance = |axis: usize| (colours[at][axis] - model[axis][0]) / model[axis][1];
        let far = (distance(0).powi(2) + distance(1).powi(2) + distance(2).powi(2)).sqrt();
        ((FAR - far) / (FAR - NEAR)).clamp(0.0, 1.0)
    });
    // What is skin only in specks is not skin, and holes the size of a spot are.
    gaussian(&mask, 2.0).mapped(|value| ((value - 0.4) * 2.5).clamp(0.0, 1.0))
}

/// The mask at every level of a pyramid whose first level is the photograph.
pub(crate) fn at_levels(mask: Plane, sizes: &[(usize, usize)]) -> Vec<Plane> {
    let below = crate::pyramid::pyramid(mask, sizes.len().saturating_sub(LEVEL).max(1));
    let enlarged = |level: usize| {
        let (width, height) = sizes[level];
        let over = (1 << level) as f32 / BLOCK as f32;
        let place = |at: usize| (at as f32 + 0.5) * over - 0.5;
        Plane::from_fn(width, height, |x, y| crate::sample::bilinear(&below[0], place(x), place(y)))
    };
    (0..LEVEL.min(sizes.len())).map(enlarged).chain(below.iter().cloned()).collect()
}

/// Corners of the convex hull, in order (Andrew's monotone chain).
fn hull(points: &[[f32; 2]]) -> Vec<[f32; 2]> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|one, other| one[0].total_cmp(&other[0]).then(one[1].total_cmp(&other[1])));
    let chain = |points: &mut dyn Iterator<Item = &[f32; 2]>| {
        let mut chain: Vec<[f32; 2]> = Vec::new();
        for point in points {
            while let [.., before, last] = chain.as_slice()
                && turn(*before, *last, *point) <= 0.0
            {
                chain.pop();
            }
            chain.push(*point);
        }
        chain.pop();
        chain
    };
    let mut corners = chain(&mut sorted.iter());
    corners.extend(chain(&mut sorted.iter().rev()));
    corners
}

fn turn(a: [f32; 2], b: [f32; 2], c: [f32; 2]) -> f32 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

fn within(corners: &[[f32; 2]], place: [f32; 2]) -> bool {
    let next = corners.iter().cycle().skip(1);
    corners.iter().zip(next).all(|(one, other)| turn(*one, *other, place) >= 0.0)
}

/// The outline stretched about its middle: the part above it by `up`, the rest by `factor`.
fn scaled(corners: &[[f32; 2]], factor: f32, up: f32) -> Vec<[f32; 2]> {
    let count = corners.len() as f32;
    let [x, y] = [0, 1].map(|axis| corners.iter().map(|corner| corner[axis]).sum::<f32>() / count);
    let moved = corners.iter().map(|corner| {
        let tall = if corner[1] < y { up } else { factor };
        [x + factor * (corner[0] - x), y + tall * (corner[1] - y)]
    });
    hull(&moved.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hull_holds_its_points_and_no_others() {
        let points = [[0.0, 0.0], [10.0, 1.0], [9.0, 8.0], [1.0, 9.0], [5.0, 5.0], [4.0, 1.0], [0.0, 0.0]];
        let corners = hull(&points);
        assert!(points.iter().all(|point| within(&corners, *point)));
        for outside in [[-0.1, 0.0], [10.5, 1.0], [9.8, 8.0], [0.0, 9.5]] {
            assert!(!within(&corners, outside), "{outside:?}");
        }
        let wide = scaled(&corners, 2.0, 2.0);
        assert!(within(&wide, [10.5, 1.0]) && !within(&wide, [30.0, 1.0]));
    }

    #[test]
    fn skin_of_every_tone_could_be_skin_and_a_wall_could_not() {
        // From very light to very dark, sRGB, as in the palette of the Monk scale.
        let tones = [
            [246, 237, 228],
            [243, 231, 219],
            [234, 218, 186],
            [215, 189, 150],
            [160, 126, 86],
            [130, 92, 67],
            [96, 65, 52],
            [58, 49, 42],
            [41, 36, 32],
        ];
        let known =
            tones.iter().filter(|tone| could_be_skin(&colour(tone.map(|value| value as f32)))).count();
        assert_eq!(known, tones.len());
        for other in [[128, 128, 128], [90, 110, 170], [60, 140, 70], [250, 250, 255], [3, 3, 3]] {
            assert!(!could_be_skin(&colour(other.map(|value| value as f32))), "{other:?}");
        }
    }
}
