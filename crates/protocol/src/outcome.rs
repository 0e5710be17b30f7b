//! What a screening can answer, from mildest to strictest, and how far a value can be trusted.

use std::fmt;

/// The answer to "can this person be treated?", mildest first; the order is by how much of the visit is lost.
///
/// `ZonesExcluded` leaves the visit standing with less skin, `NotThisProduct` leaves it standing with less
/// comfort: whoever meant to be numbed must agree to go without, which touches the whole visit rather than a
/// part of the face, so it is the stricter. `Wait` loses the date but ends by itself. `ClinicianDecides` does not
/// end by itself: somebody must say yes, and may say no. `NotSuitable` is that no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Nothing answered speaks against booking a treatment. A clinician still checks again at the visit; a
    /// finding at this level is a note, such as a preparation task.
    Proceed,
    /// The treatment can go ahead on the zones that are left. The zones held back must not be needled.
    ZonesExcluded,
    /// Needling can go ahead, but not with these numbing substances.
    NotThisProduct,
    /// Not yet: only dates from `until` on, or once the condition shown in words is met.
    Wait,
    /// Only a named clinician can say yes, after a consultation. A therapist cannot overrule it.
    ClinicianDecides,
    /// No treatment with this protocol as things stand. Only an enquiry can be made.
    NotSuitable,
}

impl Outcome {
    /// All outcomes, mildest first.
    pub const ALL: [Self; 6] = [
        Self::Proceed,
        Self::ZonesExcluded,
        Self::NotThisProduct,
        Self::Wait,
        Self::ClinicianDecides,
        Self::NotSuitable,
    ];

    /// The word used in protocol files and interfaces.
    pub fn word(self) -> &'static str {
        match self {
            Self::Proceed => "proceed",
            Self::ZonesExcluded => "zones_excluded",
            Self::NotThisProduct => "not_this_product",
            Self::Wait => "wait",
            Self::ClinicianDecides => "clinician_decides",
            Self::NotSuitable => "not_suitable",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// How far a value can be trusted, as the reference tags it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tag {
    /// Read in a label, law, guideline, abstract or trial record.
    V,
    /// Read in a secondary page that reports the source; to be confirmed against it.
    S,
    /// What clinics and vendors do: an editable default, unconfirmed.
    C,
    /// General knowledge: never a hard rule until somebody reads a source.
    K,
    /// A proposal of the protocol's authors, unconfirmed.
    E,
}

impl Tag {
    /// All tags, in the order of the reference.
    pub const ALL: [Self; 5] = [Self::V, Self::S, Self::C, Self::K, Self::E];

    /// The letter used in protocol files.
    pub fn word(self) -> &'static str {
        match self {
            Self::V => "V",
            Self::S => "S",
            Self::C => "C",
            Self::K => "K",
            Self::E => "E",
        }
    }

    /// Whether a value with this tag may ship as a default without a clinician's confirmation (V and S).
    pub fn is_confirmed(self) -> bool {
        matches!(self, Self::V | Self::S)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
