//! From a photograph to what registration works on.

use crate::filter::local_normalise;
use crate::flow::Prepared;
use crate::landmarks::Face;
use crate::photograph::{Blocks, Photograph};
use crate::pyramid::pyramid;
use crate::skin;

/// Levels of the pyramid.
pub(crate) const LEVELS: usize = 5;
/// Window of the local normalisation, px of each level, and what is added to the variance (squared units of 0..255).
const WINDOWS: [(f32, f32); LEVELS] = [(3.0, 1.0), (4.0, 0.5), (5.0, 0.5), (6.0, 0.5), (6.0, 0.5)];

/// Locally normalised brightness and skin at all levels.
pub(crate) fn prepare(photograph: &Photograph, blocks: &Blocks, face: Option<&Face>) -> Prepared {
    let luma = pyramid(photograph.luma(), LEVELS);
    let sizes: Vec<_> = luma.iter().map(|plane| (plane.width, plane.height)).collect();
    let mask = skin::skin(blocks, face);
    let bright = luma
        .iter()
        .zip(WINDOWS)
        .map(|(plane, (sigma, floor))| local_normalise(plane, sigma, floor))
        .collect();
    Prepared { bright, skin: skin::at_levels(mask, &sizes) }
}
