//! Measures of the skin per zone, with the change that each set-up could see.
//!
//! # How a change gets its error bar
//!
//! `mdc = 1.96 sqrt(pair^2 + fit^2 + place^2 + uneven^2 + strain^2 + smile^2 + scale^2) * widening`, half the width of a 95 % interval, where
//!
//! - `pair` is the robust spread of the same change over windows of the zone's size on all skin (see `noise`), blended
//!   with the set-up's repeat spread ([`Repeats`]) as if that were four windows, or as many as were repeated;
//! - `fit` is what the colour fit leaves open at the zone (its posterior covariance, with the card's reading error);
//! - `place` is the registration error times the zone's mean gradient;
//! - `uneven` is the standard error of the zone's mean over blocks of it: a fold that a smile has made darkens a part;
//! - `strain` grows with the deformation of the skin in the zone;
//! - `smile` grows near the corners of a mouth that has become wider or narrower;
//! - `scale` is a share of the change itself: what the photograph's contrast and saturation leave open;
//! - `widening` is 1.5 for skin tones that are not shown to be measured as well as others.

mod expression;
mod metric;
mod noise;
mod planes;
mod regions;
mod result;
mod sharpness;
mod strain;
mod stray;
mod tally;
mod zones;

pub use metric::{Metric, Repeats};
pub use regions::{NamedZones, face_zones, skin_zone};
pub use result::{CardUse, Change, Declined, Delta, Heat, Note, ToneGroup, ZoneChange};
pub use sharpness::Sharpness;
pub use zones::Zones;

use crate::colour::cells::{Cells, place_of};
use crate::colour::chart::chart;
use crate::colour::field::{Correction, FromCard, fit};
use crate::colour::find_card;
use crate::colour::lab::{encoded_of, ita};
use crate::colour::tone::Tone;
use crate::landmarks::Face;
use crate::map::Map;
use crate::photograph::Photograph;
use expression::Expression;
use noise::{Spread, Windows};
use planes::{Planes, Window};
use strain::{Strain, plane};
use tally::{Side, Tally, tally, texture};

/// Fewest pixels of a zone.
pub const ZONE_PIXELS_MIN: usize = 150;
/// Least shares of a zone that have to be in the follow-up, and to be skin.
const SEEN_MIN: f64 = 0.6;
const SKIN_MIN: f64 = 0.4;
/// Most strain that is measured at all, and from where on it is told.
const STRAIN_MAX: f64 = 0.25;
const STRAIN_TOLD: f64 = 0.06;
/// Px kept around what is measured, for the widest Gaussian.
const MARGIN: usize = 40;
/// The repeat spread counts like so many windows of the pair.
const REPEATS_WEIGHT: f64 = 4.0;
/// Least registration error that is believed, px.
const PLACE_MIN: f64 = 0.2;
/// How much each measure may move per unit of strain, by [`Metric::ALL`]. A cheek that bulges by a tenth turns about
/// as many degrees to the light as change L* by one.
const PER_STRAIN: [f64; 9] = [6.0, 2.5, 2.5, 18.0, 5.0, 9.0, 0.8, 1.5, 8.0];
/// How much each measure may move at the corner of a mouth per log unit of the mouth's width, by [`Metric::ALL`]: about
/// what a smile, of a fifth, was seen to do to an unchanged face.
const PER_SMILE: [f64; 9] = [25.0, 4.0, 4.0, 60.0, 9.0, 35.0, 2.0, 3.0, 30.0];
/// Blur difference from which it is told, px².
const BLUR_TOLD: f64 = 2.5;

/// Why nothing can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasureRefusal {
    /// Too little skin that both photographs show, evenly lit, to bring their colours together.
    TooLittleSkin,
    /// The zones are not on the baseline's grid.
    ZonesOfAnotherSize,
}

/// Measures every zone. `faces` are the landmarks in baseline and follow-up, from which a smile is told.
///
/// # Errors
///
/// A [`MeasureRefusal`] if nothing can be measured; a single zone that cannot is declined in its own result.
pub fn measure(
    base: &Photograph,
    follow: &Photograph,
    map: &Map,
    zones: &Zones,
    faces: Option<&[Face; 2]>,
    repeats: &Repeats,
) -> Result<Change, MeasureRefusal> {
    if (zones.width(), zones.height()) != (base.width(), base.height()) {
        return Err(MeasureRefusal::ZonesOfAnotherSize);
    }
    let Colours { card, base_tone, cells, correction } = colours(base, follow, map)?;
    let window = window_of(base, &cells, zones);
    let follow_window = map_window(follow, map, window);
    let (base_planes, follow_planes) = rayon::join(
        || Planes::of(base, &base_tone, None, window),
        || Planes::of(follow, &correction.tone, Some(&correction), follow_window),
    );
    let sharpness = sharpness::compare(&base_planes, &follow_planes, map, &cells);
    let (base_texture, follow_texture) = rayon::join(
        || texture(&base_planes.values[0], |s| sharpness.base_sigma(s), sharpness.noise.max(0.0).sqrt()),
        || {
            texture(
                &follow_planes.values[0],
                |s| sharpness.follow_sigma(s),
                (-sharpness.noise).max(0.0).sqrt(),
            )
        },
    );
    let stray = stray::find(&base_texture.smooth, &follow_texture.smooth, &base_planes, &follow_planes, map);
    let base_side = Side { planes: &base_planes, texture: &base_texture };
    let follow_side = Side { planes: &follow_planes, texture: &follow_texture };
    let tallies = tally(&base_side, &follow_side, map, &cells, zones, &stray);
    let windows = Windows::new(&cells, &tallies.cells);
    let all = tallies.cells.iter().fold(Tally::default(), |mut sum, cell| {
        sum.add(cell);
        sum
    });
    let angle = ita(all.base[0] / all.count, all.base[2] / all.count);
    let pair = Pair {
        map,
        zones,
        cells: &cells,
        windows,
        correction,
        sharpness,
        repeats,
        tone: ToneGroup::of(angle),
        expression: faces.and_then(Expression::between),
        with_card: card == CardUse::Both,
    };
    let measured: Vec<ZoneChange> = zones
        .present()
        .into_iter()
        .map(|label| pair.zone(label, &tallies.zones[usize::from(label)]))
        .collect();
    let notes = notes(card, &pair, &measured);
    let heat = pair.heat();
    let (tone, correction) = (pair.tone, pair.correction);
    Ok(Change { card, ita: angle, tone, sharpness, notes, heat, zones: measured, correction })
}

/// What is known of the pair's colours before anything is measured.
struct Colours {
    card: CardUse,
    base_tone: Tone,
    cells: Cells,
    correction: Correction,
}

/// Looks for the card, reads the skin, and fits the follow-up's light and colour to the baseline's.
fn colours(base: &Photograph, follow: &Photograph, map: &Map) -> Result<Colours, MeasureRefusal> {
    let (base_card, follow_card) = rayon::join(|| find_card(base), || find_card(follow));
    let chart = base_card.as_ref().zip(follow_card.as_ref()).and_then(|(base, follow)| chart(base, follow));
    let card = match (&base_card, &follow_card) {
        (Some(_), Some(_)) if chart.is_some() => CardUse::Both,
        (Some(_), None) => CardUse::BaseOnly,
        (None, Some(_)) => CardUse::FollowOnly,
        _ => CardUse::None,
    };
    let base_tone = chart.as_ref().map_or(Tone::IDENTITY, |chart| chart.base);
    let cells = Cells::of(base, follow, map, &base_tone);
    let from_card = chart.as_ref().map(|chart| {
        let spread = chart.follow.ratio_spread(mean_follow(&cells));
        let [x, y] = chart.place;
        let place = place_of(x, y, follow.width(), follow.height());
        FromCard { tone: &chart.follow.tone, spread, place }
    });
    let correction = fit(&cells, from_card).ok_or(MeasureRefusal::TooLittleSkin)?;
    Ok(Colours { card, base_tone, cells, correction })
}

/// Mean encoded colour of the follow-up's skin.
fn mean_follow(cells: &Cells) -> [f64; 3] {
    let skin = cells.skin();
    [0, 1, 2].map(|channel| {
        let sum: f64 = skin.iter().map(|&at| cells.cells[at].follow[channel]).sum();
        if skin.is_empty() { encoded_of(0.2) } else { sum / skin.len() as f64 }
    })
}

fn notes(card: CardUse, pair: &Pair<'_>, zones: &[ZoneChange]) -> Vec<Note> {
    let mut notes = Vec::new();
    if card != CardUse::Both {
        notes.push(Note::NoCard);
    }
    notes.push(Note::LevelFromSkin);
    notes.push(Note::RoughnessRelative);
    if pair.tone.widening() > 1.0 {
        notes.push(Note::ToneWidened);
    }
    if zones.iter().any(|zone| zone.strain > STRAIN_TOLD)
        || pair.expression.is_some_and(|expression| expression.change > 0.0)
    {
        notes.push(Note::Expression);
    }
    if pair.sharpness.blur.abs() > BLUR_TOLD {
        notes.push(Note::Blurred);
    }
    notes
}

/// The part of the baseline that holds all skin and all zones, with a margin.
fn window_of(base: &Photograph, cells: &Cells, zones: &Zones) -> Window {
    let mut bounds = [usize::MAX, 0, usize::MAX, 0];
    let mut include = |x: usize, y: usize, side: usize| {
        bounds[0] = bounds[0].min(x);
        bounds[1] = bounds[1].max(x + side);
        bounds[2] = bounds[2].min(y);
        bounds[3] = bounds[3].max(y + side);
    };
    for at in cells.skin() {
        include(at % cells.width * cells.side, at / cells.width * cells.side, cells.side);
    }
    for (y, row) in zones.labels().chunks_exact(zones.width()).enumerate() {
        if let Some(first) = row.iter().position(|&label| label > 0) {
            let last = row.iter().rposition(|&label| label > 0).unwrap_or(first);
            include(first, y, 1);
            include(last, y, 1);
        }
    }
    widen(bounds, base)
}

fn widen([left, right, top, below]: Window, photograph: &Photograph) -> Window {
    [
        left.saturating_sub(MARGIN).min(photograph.width() - 1),
        (right + MARGIN).min(photograph.width()),
        top.saturating_sub(MARGIN).min(photograph.height() - 1),
        (below + MARGIN).min(photograph.height()),
    ]
}

/// Where a window of the baseline lies in the follow-up.
fn map_window(follow: &Photograph, map: &Map, [left, right, top, below]: Window) -> Window {
    let mut bounds = [usize::MAX, 0, usize::MAX, 0];
    for y in (top..below).step_by(8).chain([below - 1]) {
        for x in (left..right).step_by(8).chain([right - 1]) {
            let at = y * map.x.width + x;
            let inside = |value: f32, size: usize| value.clamp(0.0, size as f32 - 1.0) as usize;
            let (fx, fy) = (inside(map.x.data[at], follow.width()), inside(map.y.data[at], follow.height()));
            bounds = [bounds[0].min(fx), bounds[1].max(fx + 1), bounds[2].min(fy), bounds[3].max(fy + 1)];
        }
    }
    widen(bounds, follow)
}

/// Everything a zone's result is worked out from.
struct Pair<'a> {
    map: &'a Map,
    zones: &'a Zones,
    cells: &'a Cells,
    windows: Windows<'a>,
    correction: Correction,
    sharpness: Sharpness,
    repeats: &'a Repeats,
    tone: ToneGroup,
    expression: Option<Expression>,
    with_card: bool,
}

impl Pair<'_> {
    fn zone(&self, label: u8, tally: &Tally) -> ZoneChange {
        let labels = self.zones.labels();
        let pixels = labels.iter().filter(|&&other| other == label).count();
        let seen = tally.count / pixels.max(1) as f64;
        // Cells whose middle lies in the zone stand for it where single pixels do not matter.
        let chosen: Vec<usize> = (0..self.cells.cells.len())
            .filter(|&at| {
                let middle = |at: usize| at * self.cells.side + self.cells.side / 2;
                let (x, y) = (middle(at % self.cells.width), middle(at / self.cells.width));
                labels[y * self.zones.width() + x] == label
            })
            .collect();
        let shown = chosen.iter().filter(|&&at| self.cells.cells[at].shown).count();
        let strain = Strain::of(self.cells, self.map).over(self.cells, self.map, &chosen);
        let burnt = chosen.iter().filter(|&&at| self.is_burnt(at)).count() * 10 > chosen.len();
        let declined = if pixels < ZONE_PIXELS_MIN || chosen.len() < 3 {
            Some(Declined::TooSmall)
        } else if seen < SEEN_MIN {
            Some(Declined::NotSeen)
        } else if burnt {
            Some(Declined::Burnt)
        } else if (shown as f64) < SKIN_MIN * chosen.len() as f64 {
            Some(Declined::NotSkin)
        } else if strain > STRAIN_MAX {
            Some(Declined::Deformed)
        } else {
            None
        };
        let deltas = match declined {
            Some(declined) => Err(declined),
            None => Ok(self.deltas(tally, &chosen, strain)),
        };
        ZoneChange { zone: label, pixels, seen, strain, deltas }
    }

    fn is_burnt(&self, at: usize) -> bool {
        let cell = &self.cells.cells[at];
        let out = |value: f64| !(0.01..0.995).contains(&value);
        // A cell outside the follow-up was never read.
        cell.follow != [0.0; 3]
            && (cell.follow.iter().any(|&v| out(v)) || cell.base.iter().any(|&v| out(encoded_of(v))))
    }

    fn deltas(&self, tally: &Tally, chosen: &[usize], strain: f64) -> Vec<Delta> {
        let spread = self.windows.spread(tally.count, &self.sharpness);
        let base = tally.base_measures(&self.sharpness);
        let mut changes = tally.changes(&self.sharpness);
        for rough in [Metric::RoughFine, Metric::RoughCoarse] {
            changes[rough.index()] -= spread.middle[rough.index()];
        }
        let seen: Vec<usize> =
            chosen.iter().copied().filter(|&at| self.cells.cells[at].follow != [0.0; 3]).collect();
        let fit = self.fit_spread(&seen, &base);
        let place = self.place_spread(&seen, &base);
        let smile = self.smile(chosen);
        let uneven = self.windows.unevenness(chosen, &self.sharpness);
        Metric::ALL
            .into_iter()
            .map(|metric| {
                let at = metric.index();
                let square = self.repeat_square(&spread, at)
                    + fit[at].powi(2)
                    + place[at].powi(2)
                    + uneven[at].powi(2)
                    + (PER_STRAIN[at] * strain).powi(2)
                    + (PER_SMILE[at] * smile).powi(2)
                    + (self.scale_error(metric) * changes[at]).powi(2);
                let mdc = 1.96 * square.sqrt() * self.tone.widening();
                Delta { metric, base: base[at], delta: changes[at], mdc }
            })
            .collect()
    }

    /// Share of a change by which it may be too large or too small.
    fn scale_error(&self, metric: Metric) -> f64 {
        match metric {
            Metric::RoughFine | Metric::RoughCoarse | Metric::Dark => 0.1,
            _ if self.with_card => 0.04,
            _ => 0.08,
        }
    }

    /// How far a smile reaches the zone, log units of the mouth's width.
    fn smile(&self, chosen: &[usize]) -> f64 {
        let Some(expression) = self.expression else { return 0.0 };
        let middle = |at: usize| (at * self.cells.side + self.cells.side / 2) as f64;
        let sum: f64 = chosen
            .iter()
            .map(|&at| expression.at(middle(at % self.cells.width), middle(at / self.cells.width)))
            .sum();
        sum / chosen.len().max(1) as f64
    }

    /// Variance of a repeat: the pair's own windows, blended with what the set-up is known to repeat to.
    fn repeat_square(&self, spread: &Spread, at: usize) -> f64 {
        let weight = REPEATS_WEIGHT + self.repeats.count as f64;
        let own = spread.independent;
        (own * spread.spread[at].powi(2) + weight * self.repeats.spread[at].powi(2)) / (own + weight)
    }

    /// Standard deviations that the colour fit leaves in the measures of some cells.
    fn fit_spread(&self, skin: &[usize], base: &[f64; 9]) -> [f64; 9] {
        let [l, a, b, red, green] = self.correction.slopes(self.cells, skin);
        let spread = |of: &dyn Fn(usize) -> f64| {
            let slopes: Vec<f64> = (0..l.len()).map(of).collect();
            self.correction.spread(&slopes)
        };
        let (by_l, by_b) = ita_slopes(base);
        const PER_LOG: f64 = 100.0 * std::f64::consts::LOG10_E;
        [
            spread(&|k| l[k]),
            spread(&|k| a[k]),
            spread(&|k| b[k]),
            spread(&|k| by_l * l[k] + by_b * b[k]),
            spread(&|k| PER_LOG * (red[k] - green[k])),
            spread(&|k| PER_LOG * red[k]),
            0.0,
            0.0,
            0.0,
        ]
    }

    /// Registration error times the gradient of the zone's means.
    fn place_spread(&self, skin: &[usize], base: &[f64; 9]) -> [f64; 9] {
        let side = self.cells.side;
        let middle =
            |at: usize| (at % self.cells.width * side + side / 2, at / self.cells.width * side + side / 2);
        let error = skin
            .iter()
            .map(|&at| {
                let (x, y) = middle(at);
                f64::from(self.map.error.at(x, y)).clamp(PLACE_MIN, 10.0)
            })
            .sum::<f64>()
            / skin.len().max(1) as f64;
        let gradient = |k: usize| {
            let points = skin.iter().map(|&at| {
                let (x, y) = middle(at);
                (x as f64, y as f64, self.cells.cells[at].lab[k])
            });
            plane(points).map_or(0.0, |[_, along, down]| along.hypot(down))
        };
        let [l, a, b] = [0, 1, 2].map(|k| gradient(k) * error);
        let (by_l, by_b) = ita_slopes(base);
        // One unit of a* is about one of the erythema index and a half, one of L* about one of the melanin index and a
        // half, on skin.
        [l, a, b, (by_l * l).hypot(by_b * b), 1.5 * a, 1.5 * l, 0.0, 0.0, 0.0]
    }

    fn heat(&self) -> Heat {
        const RADIUS: usize = 2;
        let (width, height, side) = (self.cells.width, self.cells.height, self.cells.side);
        let window = (2 * RADIUS + 1) as f64 * side as f64;
        let spread = self.windows.spread(window * window, &self.sharpness);
        let (mut a, mut lightness) = (vec![None; width * height], vec![None; width * height]);
        for at in self.cells.skin() {
            let (x, y) = (at % width, at / width);
            let (left, top) = (x.saturating_sub(RADIUS), y.saturating_sub(RADIUS));
            let tally =
                self.windows.square(left, top, (x + RADIUS + 1).min(width), (y + RADIUS + 1).min(height));
            if tally.count > 0.3 * window * window {
                let changes = tally.changes(&self.sharpness);
                a[at] = Some(changes[Metric::A.index()] as f32);
                lightness[at] = Some(changes[Metric::Lightness.index()] as f32);
            }
        }
        let skin = self.cells.skin();
        let all: Vec<usize> = skin.iter().copied().step_by(skin.len().div_ceil(500).max(1)).collect();
        let fit = self.fit_spread(&all, &[50.0, 0.0, 15.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let mdc = [Metric::A, Metric::Lightness].map(|metric| {
            let at = metric.index();
            (1.96 * (self.repeat_square(&spread, at) + fit[at].powi(2)).sqrt() * self.tone.widening()) as f32
        });
        Heat { width, height, side, a, lightness, mdc }
    }
}

/// Derivatives of the individual typology angle by L* and b*, degrees.
fn ita_slopes(base: &[f64; 9]) -> (f64, f64) {
    let (height, b) = (base[0] - 50.0, base[2]);
    let square = (height * height + b * b).max(25.0);
    ((b / square).to_degrees(), (-height / square).to_degrees())
}
