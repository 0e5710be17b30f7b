//! From two photographs to a map, or a refusal with its reason.

use crate::features;
use crate::flow::field::Field;
use crate::flow::{Pass, Prepared, agreement, refine};
use crate::landmarks::{Face, find_face};
use crate::map::Map;
use crate::photograph::{Blocks, Photograph};
use crate::plane::Plane;
use crate::prepare::prepare;
use crate::scattered::{Match, fit};

/// What registration may assume.
#[derive(Debug, Clone, Default)]
pub struct Options {}

/// Where the registration started from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Landmarks of a face in both photographs.
    Landmarks,
    /// Points of skin matched one by one.
    Features,
}

/// A map that agrees with the photographs.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Baseline to follow-up.
    pub map: Map,
    /// Which start led to it.
    pub start: Start,
    /// Median correlation of locally normalised brightness over the skin, -1 to 1.
    pub agreement: f32,
    /// Landmarks of the face in the baseline and in the follow-up, if both show one.
    pub faces: Option<[Face; 2]>,
}

/// Why two photographs cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// A photograph shows nothing to hold on to: blank, black, or burnt out.
    Blank,
    /// A photograph is too blurred.
    Blurred,
    /// No skin, or too little of it, in a photograph.
    NoSkin,
    /// The photographs do not show the same place of skin, or not the same person.
    NoAgreement,
}

const COARSE: [Pass; 2] = [
    Pass { level: 3, steps: 10, reach: 4.0, rounds: 60, floor: 0.5, gated: false },
    Pass { level: 2, steps: 8, reach: 5.0, rounds: 60, floor: 0.5, gated: true },
];
const FINE: [Pass; 2] = [
    Pass { level: 1, steps: 4, reach: 8.0, rounds: 40, floor: 0.3, gated: true },
    Pass { level: 0, steps: 3, reach: 10.0, rounds: 30, floor: 0.2, gated: true },
];

/// Correlation on the coarse levels from which a start is so good that the other is not tried.
const SURE: f32 = 0.5;
/// Level on which starts are compared.
const JUDGED: usize = 2;

/// A start refined on the coarse levels.
struct Candidate {
    base: Prepared,
    follow: Prepared,
    field: Field,
    start: Start,
    agreement: f32,
}

impl Candidate {
    fn judge(base: Prepared, follow: Prepared, matches: &[Match], start: Start) -> Option<Self> {
        let (reach, width) = match start {
            Start::Landmarks => (64.0, 8.0),
            Start::Features => (64.0, 4.0),
        };
        let field = fit(matches, base.size(), reach, width)?;
        let field = refine(&base, &follow, &field, &COARSE);
        let agreement = agreement_of(&base, &follow, &field, JUDGED);
        Some(Self { base, follow, field, start, agreement })
    }
}

/// Median correlation over the skin that both photographs show.
fn agreement_of(base: &Prepared, follow: &Prepared, field: &Field, level: usize) -> f32 {
    median(agreement(base, follow, field, level).into_iter().flatten().collect())
}

/// A photograph with its blocks and what face there is.
struct Looked<'a> {
    photograph: &'a Photograph,
    blocks: Blocks,
    face: Option<Face>,
}

impl<'a> Looked<'a> {
    fn at(photograph: &'a Photograph) -> Self {
        let blocks = Blocks::of(photograph);
        let face = find_face(photograph, &blocks);
        Self { photograph, blocks, face }
    }

    fn prepared(&self, with_face: bool) -> Prepared {
        prepare(self.photograph, &self.blocks, self.face.as_ref().filter(|_| with_face))
    }
}

fn from_landmarks(base: &Looked<'_>, follow: &Looked<'_>) -> Option<Candidate> {
    let (one, other) = base.face.as_ref().zip(follow.face.as_ref())?;
    let both = one.points.iter().zip(&other.points);
    let matches: Vec<Match> = both.map(|(&base, &follow)| Match { base, follow }).collect();
    let (base, follow) = rayon::join(|| base.prepared(true), || follow.prepared(true));
    Candidate::judge(base, follow, &matches, Start::Landmarks)
}

fn from_features(base: &Looked<'_>, follow: &Looked<'_>) -> Option<Candidate> {
    let (base, follow) = rayon::join(|| base.prepared(false), || follow.prepared(false));
    let matches = features::matches(&base, &follow)?;
    Candidate::judge(base, follow, &matches, Start::Features)
}

/// Finds where each pixel of `base` lies in `follow`.
///
/// # Errors
///
/// A [`Refusal`] if the photographs cannot be compared; never a map that does not agree with them.
pub fn register(base: &Photograph, follow: &Photograph, _options: &Options) -> Result<Registration, Refusal> {
    let (base, follow) = rayon::join(|| Looked::at(base), || Looked::at(follow));
    let mut best = from_landmarks(&base, &follow);
    if best.as_ref().is_none_or(|best| best.agreement < SURE) {
        let other = from_features(&base, &follow);
        let better = |other: &Candidate| best.as_ref().is_none_or(|best| other.agreement > best.agreement);
        if other.as_ref().is_some_and(better) {
            best = other;
        }
    }
    let faces = base.face.zip(follow.face).map(|(base, follow)| [base, follow]);
    let Candidate { base, follow, field, start, .. } = best.ok_or(Refusal::NoAgreement)?;
    let field = refine(&base, &follow, &field, &FINE);
    let agreement = agreement_of(&base, &follow, &field, 1);
    Ok(Registration { map: map_of(&base, &field), start, agreement, faces })
}

pub(crate) fn median(mut values: Vec<f32>) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

fn map_of(base: &Prepared, field: &Field) -> Map {
    let (width, height) = base.size();
    Map {
        x: Plane::from_fn(width, height, |x, y| x as f32 + field.at(x as f32, y as f32)[0]),
        y: Plane::from_fn(width, height, |x, y| y as f32 + field.at(x as f32, y as f32)[1]),
        error: Plane::filled(width, height, 0.0),
        skin: base.skin[0].clone(),
    }
}
