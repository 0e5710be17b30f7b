//! Why two photographs cannot be compared, in a form that says what to do.

use crate::filter::gaussian;
use crate::photograph::{Blocks, Photograph};
use crate::plane::Plane;
use std::fmt;

/// One of the two photographs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The baseline.
    Base,
    /// The follow-up.
    Follow,
}

/// Why two photographs cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Refusal {
    /// A photograph shows nothing to hold on to: one even tone, black, or burnt out.
    Blank(Which),
    /// A photograph has no detail as fine as pores.
    Blurred(Which),
    /// No skin, or too little of it, in a photograph.
    NoSkin(Which),
    /// The photographs do not show the same place of skin.
    NoAgreement {
        /// Median correlation of the best map that was found, -1 to 1; 0 if none was.
        agreement: f32,
    },
}

impl Refusal {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Blank(_) => "blank",
            Self::Blurred(_) => "blurred",
            Self::NoSkin(_) => "no-skin",
            Self::NoAgreement { .. } => "no-agreement",
        }
    }

    /// The photograph that is at fault, if it is one of them alone.
    pub fn which(&self) -> Option<Which> {
        match self {
            Self::Blank(which) | Self::Blurred(which) | Self::NoSkin(which) => Some(*which),
            Self::NoAgreement { .. } => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.which() {
            Some(Which::Base) => "The baseline photograph",
            Some(Which::Follow) => "The follow-up photograph",
            None => "The two photographs",
        };
        match self {
            Self::Blank(_) => {
                write!(out, "{name} is blank, black or burnt out. Take it again in even light.")
            }
            Self::Blurred(_) => {
                write!(out, "{name} is too blurred to measure skin. Take it again, held still and in focus.")
            }
            Self::NoSkin(_) => write!(
                out,
                "{name} shows too little skin. Fill the picture with the face or area that is treated, in white light."
            ),
            Self::NoAgreement { .. } => write!(
                out,
                "{name} do not show the same place of the same person's skin, or from too different a side. \
                 Check that the right pictures were chosen; take the follow-up from where the baseline was taken."
            ),
        }
    }
}

impl std::error::Error for Refusal {}

/// Share of a photograph's blocks that may be black or burnt out.
const CLIPPED_MAX: f32 = 0.9;
/// Standard deviation of the blocks' brightness below which a photograph is one even tone, 0 to 255.
const CONTRAST_MIN: f32 = 2.0;
/// Share of a photograph that has to be skin.
const SKIN_MIN: f32 = 0.02;
/// Median deviation on skin from its own blur, grey levels. Photographs of skin were found at 0.6 to 2.4.
const DETAIL_MIN: f32 = 0.2;
/// The blur that detail is what is left of, px.
const DETAIL_BLUR: f32 = 1.5;

/// Refuses a photograph without anything in it.
pub(crate) fn check_tone(blocks: &Blocks, which: Which) -> Result<(), Refusal> {
    let tones: Vec<f32> = blocks.rgb.iter().map(|[red, green, blue]| (red + green + blue) / 3.0).collect();
    let count = tones.len() as f32;
    let clipped = tones.iter().filter(|tone| !(6.0..250.0).contains(*tone)).count() as f32;
    let mean = tones.iter().sum::<f32>() / count;
    let variance = tones.iter().map(|tone| (tone - mean).powi(2)).sum::<f32>() / count;
    let blank = clipped > CLIPPED_MAX * count || variance < CONTRAST_MIN * CONTRAST_MIN;
    if blank { Err(Refusal::Blank(which)) } else { Ok(()) }
}

/// Refuses a photograph with too little skin, given its mask.
pub(crate) fn check_skin(skin: &Plane, which: Which) -> Result<(), Refusal> {
    let share = skin.data.iter().sum::<f32>() / skin.data.len() as f32;
    if share < SKIN_MIN { Err(Refusal::NoSkin(which)) } else { Ok(()) }
}

/// Refuses a photograph without fine detail on its skin. `skin` is at full size.
pub(crate) fn check_detail(photograph: &Photograph, skin: &Plane, which: Which) -> Result<(), Refusal> {
    let luma = photograph.luma();
    let blurred = gaussian(&luma, DETAIL_BLUR);
    let pixels = luma.data.iter().zip(&blurred.data).zip(&skin.data);
    // Every seventh pixel of skin is plenty for a median.
    let detail =
        pixels.step_by(7).filter(|(_, skin)| **skin > 0.5).map(|((sharp, soft), _)| (sharp - soft).abs());
    if crate::register::median(detail.collect()) < DETAIL_MIN { Err(Refusal::Blurred(which)) } else { Ok(()) }
}
