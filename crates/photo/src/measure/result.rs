//! What comes out: changes with their error bars, and what has to be said with them.

use super::metric::Metric;
use super::sharpness::Sharpness;
use crate::colour::Correction;

/// A change of one measure in one zone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delta {
    /// Which measure.
    pub metric: Metric,
    /// Its value in the baseline; for roughness the root mean square in L*.
    pub base: f64,
    /// Follow-up less baseline; for roughness log2 of their quotient relative to the rest of the skin.
    pub delta: f64,
    /// Minimal detectable change: half the width of the 95 % interval about the change.
    pub mdc: f64,
}

impl Delta {
    /// Whether the change is larger than what this set-up could mistake for one.
    pub fn is_change(&self) -> bool {
        self.delta.abs() > self.mdc
    }
}

/// Why a zone is not measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declined {
    /// Fewer than [`ZONE_PIXELS_MIN`](super::ZONE_PIXELS_MIN) pixels.
    TooSmall,
    /// Less than 60 % of it lies in the follow-up, free of hair.
    NotSeen,
    /// Less than 40 % of it is skin that both photographs show.
    NotSkin,
    /// The skin has moved within itself by more than a quarter.
    Deformed,
    /// More than a tenth of it is burnt out or black.
    Burnt,
}

impl Declined {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooSmall => "too_small",
            Self::NotSeen => "not_seen",
            Self::NotSkin => "not_skin",
            Self::Deformed => "deformed",
            Self::Burnt => "burnt",
        }
    }

    /// What happened and what to do.
    pub fn advice(self) -> &'static str {
        match self {
            Self::TooSmall => "The zone has too few pixels. Draw it larger or photograph from nearer.",
            Self::NotSeen => {
                "The follow-up does not show enough of the zone. Frame it as in the baseline, hair tied back."
            }
            Self::NotSkin => "The zone is not skin in both photographs. Draw it on bare skin.",
            Self::Deformed => "The face has another expression there. Photograph it at rest.",
            Self::Burnt => "The zone is burnt out or black. Photograph with softer light.",
        }
    }
}

/// One zone's result.
#[derive(Debug, Clone, PartialEq)]
pub struct ZoneChange {
    /// Label in the zone image.
    pub zone: u8,
    /// Pixels of the zone in the baseline.
    pub pixels: usize,
    /// Share of them that was measured.
    pub seen: f64,
    /// Strain of the skin between the photographs, without unit.
    pub strain: f64,
    /// Changes in the order of [`Metric::ALL`], or why there are none.
    pub deltas: Result<Vec<Delta>, Declined>,
}

/// How the card was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardUse {
    /// Found in both; it fixes the colours.
    Both,
    /// Found in the baseline only, and of no use.
    BaseOnly,
    /// Found in the follow-up only, and of no use.
    FollowOnly,
    /// In neither.
    None,
}

/// Group of skin tone by the individual typology angle (Chardon et al. 1991, Del Bino and Bernerd 2013).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ToneGroup {
    /// Above 55 degrees.
    VeryLight,
    /// Above 41.
    Light,
    /// Above 28.
    Intermediate,
    /// Above 10.
    Tan,
    /// Above -30.
    Brown,
    /// The rest.
    Dark,
}

impl ToneGroup {
    /// Group of an angle in degrees.
    pub fn of(ita: f64) -> Self {
        [
            (55.0, Self::VeryLight),
            (41.0, Self::Light),
            (28.0, Self::Intermediate),
            (10.0, Self::Tan),
            (-30.0, Self::Brown),
        ]
        .into_iter()
        .find(|(above, _)| ita > *above)
        .map_or(Self::Dark, |(_, group)| group)
    }

    /// Name for a report.
    pub fn name(self) -> &'static str {
        match self {
            Self::VeryLight => "very light",
            Self::Light => "light",
            Self::Intermediate => "intermediate",
            Self::Tan => "tan",
            Self::Brown => "brown",
            Self::Dark => "dark",
        }
    }

    /// By how much error bars are widened, because it has not been shown on photographs with known changes that this
    /// group is measured as well as the others.
    pub fn widening(self) -> f64 {
        match self {
            Self::VeryLight | Self::Light | Self::Intermediate | Self::Tan => 1.0,
            Self::Brown | Self::Dark => 1.5,
        }
    }
}

/// What the reader has to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// Without a card.
    NoCard,
    /// The level of the light comes from the skin itself.
    LevelFromSkin,
    /// Roughness is relative to the rest of the skin.
    RoughnessRelative,
    /// The skin is of a tone for which error bars were widened.
    ToneWidened,
    /// The face moved within itself somewhere; bars there are wider.
    Expression,
    /// Sharpness differs so much that fine roughness is hardly known.
    Blurred,
}

impl Note {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoCard => "no_card",
            Self::LevelFromSkin => "level_from_skin",
            Self::RoughnessRelative => "roughness_relative",
            Self::ToneWidened => "tone_widened",
            Self::Expression => "expression",
            Self::Blurred => "blurred",
        }
    }

    /// The sentence for the report.
    pub fn text(self) -> &'static str {
        match self {
            Self::NoCard => {
                "No colour card in both photographs: a change of redness or yellowness that is the same all over \
                 cannot be told from a change of light and is not shown. Only what differs from the rest of the skin is."
            }
            Self::LevelFromSkin => {
                "The level of the light is taken from the skin itself: a uniform lightening or darkening of all skin \
                 in the picture cannot be seen."
            }
            Self::RoughnessRelative => {
                "Roughness is relative to the rest of the skin, because a picture that is a little softer looks \
                 smoother everywhere."
            }
            Self::ToneWidened => {
                "Error bars are half as wide again: for this skin tone it has not yet been shown that changes are \
                 measured as well as for others."
            }
            Self::Expression => {
                "The face has another expression in parts. Error bars are wider there; photograph at rest."
            }
            Self::Blurred => "One photograph is much softer than the other: fine roughness is hardly known.",
        }
    }
}

/// A map of changes on a coarse grid over the baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Heat {
    /// Cells in a row, and number of rows.
    pub width: usize,
    /// See `width`.
    pub height: usize,
    /// Side of a cell, px of the baseline.
    pub side: usize,
    /// Change of a* around each cell; `None` where nothing was measured.
    pub a: Vec<Option<f32>>,
    /// Change of L*.
    pub lightness: Vec<Option<f32>>,
    /// Changes within this are no change that this set-up could see: a*, L*.
    pub mdc: [f32; 2],
}

/// Everything that was measured on a pair.
#[derive(Debug, Clone)]
pub struct Change {
    /// One for each label, ascending.
    pub zones: Vec<ZoneChange>,
    /// What the card did.
    pub card: CardUse,
    /// Individual typology angle of all skin in the baseline, degrees.
    pub ita: f64,
    /// Its group.
    pub tone: ToneGroup,
    /// The follow-up's sharpness against the baseline's.
    pub sharpness: Sharpness,
    /// What has to be said.
    pub notes: Vec<Note>,
    /// Where it changed.
    pub heat: Heat,
    /// What brought the follow-up's colours to the baseline's.
    pub correction: Correction,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_skin_tone_change_at_their_limits() {
        let check = |ita: f64, name: &str, widening: f64| {
            let group = ToneGroup::of(ita);
            assert_eq!((group.name(), group.widening()), (name, widening), "{ita}");
        };
        check(55.1, "very light", 1.0);
        check(55.0, "light", 1.0);
        check(41.0, "intermediate", 1.0);
        check(28.0, "tan", 1.0);
        check(10.1, "tan", 1.0);
        check(10.0, "brown", 1.5);
        check(-30.0, "dark", 1.5);
    }
}
