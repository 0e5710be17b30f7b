//! A colour card of 24 patches in a photograph: found wherever it lies, read patch by patch.
//!
//! Found without knowing place, size or rotation: flat areas that are about square, those of them that stand in rows
//! and columns, and of these the lattice whose colours are the card's. A card lying in a mirror is not found.

mod flat;
mod identify;
mod lattice;
pub(crate) mod reference;

use crate::photograph::Photograph;
use identify::Homography;
use reference::COLUMNS;

/// One patch as a photograph shows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patch {
    /// Middle, px.
    pub(crate) centre: [f64; 2],
    /// Encoded sRGB, 0 to 1.
    pub(crate) rgb: [f64; 3],
    /// Standard deviation inside the patch, largest channel, 0 to 1: a shadow's edge or a finger shows here.
    pub(crate) spread: f64,
}

/// A card found in a photograph.
#[derive(Debug, Clone)]
pub struct Card {
    pub(crate) patches: Vec<Patch>,
    outline: [[f32; 2]; 4],
}

impl Card {
    /// The outer corners of the corner patches, px: from the brown patch along the first row and round.
    pub fn outline(&self) -> [[f32; 2]; 4] {
        self.outline
    }
}

/// Looks for a card. `None` if there is none, or none that can be told without doubt.
pub fn find_card(photograph: &Photograph) -> Option<Card> {
    let flats = flat::find(photograph);
    let homography =
        lattice::find(&flats).iter().take(4).find_map(|lattice| identify::identify(&flats, lattice))?;
    let mut patches = Vec::with_capacity(24);
    for at in 0..24 {
        patches.push(read(photograph, &homography, f64::from(at % COLUMNS), f64::from(at / COLUMNS))?);
    }
    let corner = |column: f64, row: f64| {
        let (x, y) = homography.at(column, row);
        [x as f32, y as f32]
    };
    let outline = [corner(-0.5, -0.5), corner(5.5, -0.5), corner(5.5, 3.5), corner(-0.5, 3.5)];
    Some(Card { patches, outline })
}

/// Reads the inner 62 % of a patch: the mean of each channel after a fifth at both ends is left out. `None` if the
/// patch lies outside the picture or shows fewer than 9 px.
fn read(photograph: &Photograph, homography: &Homography, column: f64, row: f64) -> Option<Patch> {
    const REACH: f64 = 0.31;
    const GRID: i32 = 24;
    let (width, height) = (photograph.width() as f64, photograph.height() as f64);
    let mut seen = std::collections::BTreeSet::new();
    for down in -GRID..=GRID {
        for along in -GRID..=GRID {
            let step = |at: i32| f64::from(at) / f64::from(GRID) * REACH;
            let (x, y) = homography.at(column + step(along), row + step(down));
            if !(x >= 0.0 && y >= 0.0 && x <= width - 1.0 && y <= height - 1.0) {
                return None;
            }
            seen.insert((y.round() as usize, x.round() as usize));
        }
    }
    if seen.len() < 9 {
        return None;
    }
    let mut spread = 0.0f64;
    let rgb = [0, 1, 2].map(|channel| {
        let mut codes: Vec<u8> =
            seen.iter().map(|(y, x)| photograph.rgb()[(y * photograph.width() + x) * 3 + channel]).collect();
        codes.sort_unstable();
        let middle = &codes[codes.len() / 5..codes.len() - codes.len() / 5];
        let mean = middle.iter().map(|&code| f64::from(code)).sum::<f64>() / middle.len() as f64;
        let square = codes.iter().map(|&code| (f64::from(code) - mean).powi(2)).sum::<f64>();
        spread = spread.max((square / codes.len() as f64).sqrt() / 255.0);
        mean / 255.0
    });
    let (x, y) = homography.at(column, row);
    Some(Patch { centre: [x, y], rgb, spread })
}
