//! What is measured in a zone, with units and definitions.

/// A measure of skin in a zone. The change is follow-up less baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Mean CIE L* (sRGB, D65).
    Lightness,
    /// Mean CIE a*: redness.
    A,
    /// Mean CIE b*: yellowness.
    B,
    /// Individual typology angle of the means, atan2(L* - 50, b*), degrees.
    Ita,
    /// Erythema index, mean of 100 (log10 R - log10 G), linear light (after Takiwaki 1998).
    Erythema,
    /// Melanin index, mean of -100 log10 R, linear light (after Takiwaki 1998).
    Melanin,
    /// Root mean square of L* between Gaussians of 1 and 4 px; the change as log2 of follow-up over baseline.
    RoughFine,
    /// The same between 4 and 16 px.
    RoughCoarse,
    /// Share of pixels whose L* is more than 4 below its Gaussian mean of 20 px, per cent.
    Dark,
}

impl Metric {
    /// All of them, in the order in which they are reported.
    pub const ALL: [Self; 9] = [
        Self::Lightness,
        Self::A,
        Self::B,
        Self::Ita,
        Self::Erythema,
        Self::Melanin,
        Self::RoughFine,
        Self::RoughCoarse,
        Self::Dark,
    ];

    /// Short name, as written in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lightness => "L",
            Self::A => "a",
            Self::B => "b",
            Self::Ita => "ITA",
            Self::Erythema => "EI",
            Self::Melanin => "MI",
            Self::RoughFine => "rough_fine",
            Self::RoughCoarse => "rough_coarse",
            Self::Dark => "dark_pct",
        }
    }

    /// Place in [`Metric::ALL`].
    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

/// Standard deviation of the difference between two photographs of the same unchanged skin, one a measure: what the
/// room, the camera and the patient's face add from shot to shot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Repeats {
    /// By [`Metric::ALL`], in each measure's unit.
    pub spread: [f64; 9],
    /// How many zone comparisons this rests on; 0 counts as a guess and is soon outweighed by the pair itself.
    pub count: usize,
}

impl Default for Repeats {
    /// For a face at rest that is photographed again with the same set-up. Contact-free colour of skin repeats to
    /// about half a unit of L* and a third of a unit of a* (ICC 0.95 to 0.99 within raters, Gankande et al. 2014;
    /// phone dermatoscopes with a chart 0.1 to 0.5 dE within device, Cugmas and Struc 2020).
    fn default() -> Self {
        Self { spread: [0.4, 0.3, 0.3, 1.2, 0.5, 0.6, 0.08, 0.08, 0.5], count: 0 }
    }
}
