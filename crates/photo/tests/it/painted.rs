//! Skin that a formula paints in L*a*b*, with changes of known size, under light of known colour, beside a card.

use crate::drawn::noise;
use photo::measure::Zones;
use photo::{Map, Photograph};

/// Size of a painted picture.
pub(crate) const SIZE: [usize; 2] = [520, 600];

/// What is painted on the skin of the four zones, and over all of it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Paint {
    /// Rise of a* in zone 1 (upper left); L* falls by a quarter of it, as blood does.
    pub(crate) redness: f64,
    /// Share by which dark spots of zone 2 (upper right) are lightened.
    pub(crate) spots: f64,
    /// Share of the fine texture taken from zone 3 (lower left).
    pub(crate) smoothing: f64,
    /// Rise of a* everywhere.
    pub(crate) overall: f64,
    /// Which skin: another number, other pores, and from where its noise comes.
    pub(crate) person: u64,
}

/// How it is lit and taken.
#[derive(Clone, Copy)]
pub(crate) struct Light {
    /// Gains of linear red, green, blue.
    pub(crate) balance: [f64; 3],
    /// How much more light the right and the lower border get than the middle (log units).
    pub(crate) fall: [f64; 2],
    /// Exponent on encoded values.
    pub(crate) gamma: f64,
    /// Standard deviation of noise, codes.
    pub(crate) noise: f64,
}

pub(crate) const DAY: Light = Light { balance: [1.0; 3], fall: [0.0; 2], gamma: 1.0, noise: 0.4 };
pub(crate) const LAMP: Light =
    Light { balance: [1.04, 0.96, 0.86], fall: [0.12, -0.08], gamma: 1.06, noise: 1.2 };

/// A card in the picture: middle, width of a patch in px, turn, and whether a shadow lies on a part of it.
#[derive(Clone, Copy)]
pub(crate) struct CardAt {
    pub(crate) middle: [f64; 2],
    pub(crate) pitch: f64,
    pub(crate) degrees: f64,
    pub(crate) shaded: bool,
}

pub(crate) const CARD: CardAt = CardAt { middle: [390.0, 510.0], pitch: 30.0, degrees: 4.0, shaded: false };

const PATCHES: [[u8; 3]; 24] = [
    [115, 82, 68],
    [194, 150, 130],
    [98, 122, 157],
    [87, 108, 67],
    [133, 128, 177],
    [103, 189, 170],
    [214, 126, 44],
    [80, 91, 166],
    [193, 90, 99],
    [94, 60, 108],
    [157, 188, 64],
    [224, 163, 46],
    [231, 199, 31],
    [175, 54, 60],
    [70, 148, 73],
    [56, 61, 150],
    [187, 86, 149],
    [8, 133, 161],
    [243, 243, 242],
    [200, 200, 200],
    [160, 160, 160],
    [122, 122, 121],
    [85, 85, 85],
    [52, 52, 52],
];

impl CardAt {
    /// Place on the card in patches from its outer corner.
    fn place(&self, x: f64, y: f64) -> [f64; 2] {
        let (sine, cosine) = self.degrees.to_radians().sin_cos();
        let (x, y) = (x - self.middle[0], y - self.middle[1]);
        [(cosine * x + sine * y) / self.pitch + 3.0, (cosine * y - sine * x) / self.pitch + 2.0]
    }

    /// Px of a place on the card.
    pub(crate) fn at(&self, column: f64, row: f64) -> [f64; 2] {
        let (sine, cosine) = self.degrees.to_radians().sin_cos();
        let (x, y) = ((column - 3.0) * self.pitch, (row - 2.0) * self.pitch);
        [self.middle[0] + cosine * x - sine * y, self.middle[1] + sine * x + cosine * y]
    }

    /// Linear colour of the card at a pixel, if it lies there.
    fn colour(&self, x: f64, y: f64) -> Option<[f64; 3]> {
        let [column, row] = self.place(x, y);
        if !(-0.15..6.15).contains(&column) || !(-0.15..4.15).contains(&row) {
            return None;
        }
        let middle = |at: f64| (at - at.floor() - 0.5).abs() < 0.42;
        let inside =
            (0.0..6.0).contains(&column) && (0.0..4.0).contains(&row) && middle(column) && middle(row);
        let codes = if inside { PATCHES[row as usize * 6 + column as usize] } else { [30; 3] };
        let shade = if self.shaded && column + 0.6 * row < 2.1 { 0.55 } else { 1.0 };
        Some(codes.map(|code| shade * linear(f64::from(code) / 255.0)))
    }
}

fn linear(encoded: f64) -> f64 {
    if encoded <= 0.04045 { encoded / 12.92 } else { ((encoded + 0.055) / 1.055).powf(2.4) }
}

fn encoded(linear: f64) -> f64 {
    if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
}

/// Linear sRGB of L*a*b*, by the published inverse.
fn from_lab([l, a, b]: [f64; 3]) -> [f64; 3] {
    let y = (l + 16.0) / 116.0;
    let of = |f: f64| if f > 6.0 / 29.0 { f * f * f } else { (f - 16.0 / 116.0) / 7.787_037 };
    let (x, y, z) = (0.950_47 * of(y + a / 500.0), of(y), 1.088_83 * of(y - b / 200.0));
    [
        3.240_454_2 * x - 1.537_138_5 * y - 0.498_531_4 * z,
        -0.969_266 * x + 1.876_010_8 * y + 0.041_556 * z,
        0.055_643_4 * x - 0.204_025_9 * y + 1.057_225_2 * z,
    ]
}

/// The zone of a pixel: four ellipses, 0 between them.
pub(crate) fn zone(x: f64, y: f64) -> u8 {
    let centres = [[150.0, 150.0], [370.0, 150.0], [150.0, 390.0], [370.0, 330.0]];
    let hit = |[cx, cy]: [f64; 2]| ((x - cx) / 62.0).hypot((y - cy) / 70.0) < 1.0;
    centres.iter().position(|&centre| hit(centre)).map_or(0, |at| at as u8 + 1)
}

/// The zones as labels.
pub(crate) fn zones() -> Zones {
    let labels =
        (0..SIZE[0] * SIZE[1]).map(|at| zone((at % SIZE[0]) as f64, (at / SIZE[0]) as f64)).collect();
    Zones::from_labels(SIZE[0], SIZE[1], labels).expect("a label for each pixel")
}

fn skin(paint: Paint, x: f64, y: f64) -> [f64; 3] {
    let here = zone(x, y);
    let seed = 1000 + paint.person * 50;
    let wave = |size: f64, at: u64| f64::from(noise(x, y, size, seed + at));
    let fine = if here == 3 { 1.0 - paint.smoothing } else { 1.0 };
    let texture = fine * (1.6 * wave(5.0, 0) + 1.2 * wave(8.0, 1));
    let left = if here == 2 { 1.0 - paint.spots } else { 1.0 };
    let spots = -left * 26.0 * (wave(17.0, 2) - 0.5).max(0.0);
    let redness = paint.overall + if here == 1 { paint.redness } else { 0.0 };
    let l = 64.0 + texture + spots + 2.0 * wave(90.0, 3) + 3.0 * wave(260.0, 4) - 0.25 * redness;
    let a = 14.0 + 1.2 * wave(60.0, 5) + 1.5 * wave(200.0, 6) + redness;
    let b = 17.0 + 0.8 * wave(70.0, 7) - 0.2 * spots;
    [l, a, b]
}

/// Takes the picture.
pub(crate) fn taken(paint: Paint, light: Light, card: Option<CardAt>, seed: u64) -> Photograph {
    let mut rgb = Vec::with_capacity(SIZE[0] * SIZE[1] * 3);
    for row in 0..SIZE[1] {
        for column in 0..SIZE[0] {
            let (x, y) = (column as f64, row as f64);
            let colour =
                card.and_then(|card| card.colour(x, y)).unwrap_or_else(|| from_lab(skin(paint, x, y)));
            let fall = light.fall[0] * (2.0 * x / SIZE[0] as f64 - 1.0)
                + light.fall[1] * (2.0 * y / SIZE[1] as f64 - 1.0);
            for (channel, value) in colour.into_iter().enumerate() {
                let seen =
                    encoded((value * light.balance[channel] * fall.exp()).clamp(0.0, 1.0)).powf(light.gamma);
                // Three lattice noises of single pixels add up to something near a normal one.
                let at = seed * 1000 + channel as u64 * 10;
                let grain: f32 = (0..3).map(|k| noise(x, y, 1.0, at + k)).sum();
                let code = 255.0 * seen + light.noise * f64::from(grain);
                rgb.push(code.round().clamp(0.0, 255.0) as u8);
            }
        }
    }
    Photograph::from_srgb8(SIZE[0], SIZE[1], rgb).expect("a size that can be compared")
}

/// The map of pictures that were not moved, with skin wherever there is no card.
pub(crate) fn still(card: Option<CardAt>) -> Map {
    let mut map = Map::identity(SIZE[0], SIZE[1]);
    for (at, skin) in map.skin.data.iter_mut().enumerate() {
        let (x, y) = ((at % SIZE[0]) as f64, (at / SIZE[0]) as f64);
        *skin = if card.is_some_and(|card| card.colour(x, y).is_some()) { 0.0 } else { 1.0 };
    }
    map
}
