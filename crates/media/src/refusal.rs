//! Why a picture is not taken, and what the person who sent it can do.

use std::fmt;

use crate::{Foreign, Format};

/// Why a picture is not taken. The text says what is wrong and what to do; it never quotes the file or its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The file has no bytes.
    Empty,
    /// The file is larger than the limit.
    TooManyBytes {
        /// The limit, in bytes.
        most: u64,
    },
    /// A known format that is not taken.
    Foreign(Foreign),
    /// No format that is known.
    Unknown,
    /// Width times height is above what can be decoded within the memory allowed for this kind of file.
    TooManyPixels {
        /// Width as stored, in pixels.
        width: u32,
        /// Height as stored, in pixels.
        height: u32,
        /// The most pixels for this kind of file.
        most: u64,
    },
    /// One side is longer than the limit.
    TooLong {
        /// The limit, in pixels.
        most: u32,
    },
    /// One side is shorter than the limit, or zero.
    TooSmall {
        /// The limit, in pixels.
        least: u32,
    },
    /// More than one picture in time.
    Animated,
    /// Colours for printing (CMYK), or a colour system without a way to sRGB.
    Colours,
    /// A rare variant of a taken format: arithmetic coding, lossless JPEG, more than 8 bits in JPEG.
    Rare(Format),
    /// Cut off, or its bytes contradict each other.
    Damaged(Format, Damage),
    /// It needed more memory than allowed, or the process that decoded it died of it.
    TooHeavy,
    /// It took longer than allowed.
    TooSlow,
    /// The process that decoded it came to an end before it had an answer.
    Unreadable,
    /// Too many pictures were being read at once.
    Busy,
}

/// What is wrong with a damaged file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// The end is missing.
    Cut,
    /// The parts of the file contradict its format or a checksum.
    Structure,
    /// The pixels cannot be decoded, or there are too few or too many.
    Pixels,
    /// The colour profile cannot be read.
    Profile,
}

impl Refusal {
    /// A stable word for logs, tests and machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooManyBytes { .. } => "too_many_bytes",
            Self::Foreign(_) => "format_not_taken",
            Self::Unknown => "not_a_picture",
            Self::TooManyPixels { .. } => "too_many_pixels",
            Self::TooLong { .. } => "side_too_long",
            Self::TooSmall { .. } => "too_small",
            Self::Animated => "animated",
            Self::Colours => "colours_not_taken",
            Self::Rare(_) => "variant_not_taken",
            Self::Damaged(_, Damage::Cut) => "cut",
            Self::Damaged(_, _) => "damaged",
            Self::TooHeavy => "too_heavy",
            Self::TooSlow => "too_slow",
            Self::Unreadable => "unreadable",
            Self::Busy => "busy",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("The file is empty. Choose the photograph again."),
            Self::TooManyBytes { most } => write!(
                f,
                "The file is larger than {} MB. Send the photograph in a smaller size.",
                most / (1 << 20)
            ),
            Self::Foreign(Foreign::Heic) => f.write_str(
                "This is a HEIC photograph, which cannot be read here. On an iPhone, choose Settings, Camera, \
                 Formats, Most Compatible, and take it again; or save the photograph as JPEG and send that.",
            ),
            Self::Foreign(Foreign::Film) => {
                f.write_str("This is a film. Send a photograph as JPEG, PNG or WebP.")
            }
            Self::Foreign(foreign) => {
                write!(f, "This is a {foreign}, which is not taken. Save the photograph as JPEG and send that.")
            }
            Self::Unknown => {
                f.write_str("This is not a picture that can be read. Send a photograph as JPEG, PNG or WebP.")
            }
            Self::TooManyPixels { width, height, most } => write!(
                f,
                "The picture has {width} by {height} pixels; at most {} megapixels are taken for this kind of \
                 file. Send it in a smaller size, as an ordinary JPEG.",
                most / 1_000_000
            ),
            Self::TooLong { most } => {
                write!(f, "One side of the picture is longer than {most} pixels. Send it in a smaller size.")
            }
            Self::TooSmall { least } => write!(
                f,
                "One side of the picture is shorter than {least} pixels. Send the photograph in its full size."
            ),
            Self::Animated => f.write_str("This picture moves. Send a still photograph as JPEG."),
            Self::Colours => f.write_str(
                "The picture is in colours for printing or in a colour system that cannot be read here. Save it \
                 as JPEG in sRGB and send that.",
            ),
            Self::Rare(format) => write!(
                f,
                "This is a rare variant of {format} that cannot be read here. Save the photograph as an ordinary \
                 JPEG and send that."
            ),
            Self::Damaged(format, damage) => {
                let what = match damage {
                    Damage::Cut => "is cut off: its end is missing",
                    Damage::Structure => "is damaged: its parts do not fit together",
                    Damage::Pixels => "is damaged: its pixels cannot be read to the end",
                    Damage::Profile => "has a damaged colour profile, so its colours would be wrong",
                };
                write!(f, "The {format} file {what}. Send the original photograph again.")
            }
            Self::TooHeavy => f.write_str(
                "The picture needs more memory than is allowed. Send it in a smaller size, as an ordinary JPEG.",
            ),
            Self::TooSlow => f.write_str(
                "The picture took too long to read. Try once more; if that fails, send it in a smaller size, as \
                 an ordinary JPEG.",
            ),
            Self::Unreadable => f.write_str(
                "The picture could not be read safely. Save it once more as an ordinary JPEG and send that.",
            ),
            Self::Busy => {
                f.write_str("Too many pictures are being read at this moment. Send it again in a minute.")
            }
        }
    }
}

impl std::error::Error for Refusal {}
