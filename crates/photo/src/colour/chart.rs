//! From a card in both photographs to the tone of each.

use super::card::{Card, reference};
use super::tone::{Target, Tone, ToneFit, fit};

/// A baseline whose known patches differ from their published values by less than this (root mean square, encoded)
/// is taken as it is: mapping it would only add the noise of reading the patches.
const TRUE_COLOURS: f64 = 2.5 / 255.0;
/// Patches nearer to black or white than this carry no colour.
const DARKEST: f64 = 0.03;
const LIGHTEST: f64 = 0.985;
/// A patch in which the reading spreads more than this lies under something.
const SPREAD_MAX: f64 = 0.06;
/// A known patch that the baseline shows within this of its published value counts with the published one.
const KNOWN_WITHIN: f64 = 6.0 / 255.0;
/// How much more patches count whose colour could be skin.
const SKIN_WEIGHT: f64 = 3.0;

/// What a card in both photographs says.
#[derive(Debug, Clone)]
pub(crate) struct Chart {
    /// For the baseline; the identity if its colours are true already.
    pub(crate) base: Tone,
    /// For the follow-up.
    pub(crate) follow: ToneFit,
    /// The card's middle in the follow-up, px.
    pub(crate) place: [f64; 2],
}

fn usable(rgb: [f64; 3], spread: f64) -> bool {
    spread <= SPREAD_MAX && rgb.iter().all(|&value| (DARKEST..LIGHTEST).contains(&value))
}

/// Whether a colour could be skin of any tone: red over green over blue, and not by much more than skin.
fn like_skin(rgb: [f64; 3]) -> bool {
    let [red, green, blue] = rgb;
    red > green && green > 0.95 * blue && green > 0.45 * red && blue > 0.35 * red
}

fn place(at: usize) -> [f64; 2] {
    [(at % 6) as f64 - 2.5, (at / 6) as f64 - 1.5]
}

fn published(at: usize) -> Option<[f64; 3]> {
    Some(reference::PATCHES[at]?.map(|code| f64::from(code) / 255.0))
}

/// Fits both photographs' tones. `None` if too few patches can be read.
pub(crate) fn chart(base: &Card, follow: &Card) -> Option<Chart> {
    let (mut square, mut count) = (0.0, 0.0);
    let mut known = Vec::new();
    for (at, patch) in base.patches.iter().enumerate() {
        let Some(to) = published(at) else { continue };
        if !usable(patch.rgb, patch.spread) || !usable(to, 0.0) {
            continue;
        }
        square += patch.rgb.iter().zip(to).map(|(seen, to)| (seen - to).powi(2)).sum::<f64>();
        count += 3.0;
        known.push(Target { from: patch.rgb, to, place: place(at), weight: 1.0 });
    }
    let tone = if count > 0.0 && (square / count).sqrt() > TRUE_COLOURS {
        fit(&known)?.tone
    } else {
        Tone::IDENTITY
    };
    let encoded = |rgb| tone.apply(rgb).map(super::lab::encoded_of);
    let targets: Vec<Target> = base
        .patches
        .iter()
        .zip(&follow.patches)
        .enumerate()
        .map(|(at, (base, follow))| {
            let seen = encoded(base.rgb);
            let near = |to: &[f64; 3]| seen.iter().zip(to).all(|(seen, to)| (seen - to).abs() < KNOWN_WITHIN);
            let to = published(at).filter(near).unwrap_or(seen);
            let usable = usable(base.rgb, base.spread) && usable(follow.rgb, follow.spread);
            let weight = if like_skin(to) { SKIN_WEIGHT } else { 1.0 };
            Target { from: follow.rgb, to, place: place(at), weight: if usable { weight } else { 0.0 } }
        })
        .collect();
    let middle = |axis: usize| follow.patches.iter().map(|patch| patch.centre[axis]).sum::<f64>() / 24.0;
    Some(Chart { base: tone, follow: fit(&targets)?, place: [middle(0), middle(1)] })
}
