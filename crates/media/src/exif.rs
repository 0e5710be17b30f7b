//! The two facts of EXIF that change how pixels are shown: which way is up, and Adobe RGB without a profile.
//!
//! Everything else in it (place, time, device, thumbnail) is not read and does not go on. Offsets lead from the first
//! directory to two others and never further, so a file whose directories point at each other ends like any other.

use crate::raster::Orientation;

const ORIENTATION: u16 = 0x0112;
const EXIF_DIRECTORY: u16 = 0x8769;
const INTEROPERABILITY_DIRECTORY: u16 = 0xa005;
const INTEROPERABILITY_INDEX: u16 = 0x0001;

/// What EXIF says that matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Exif {
    /// Which way is up. Upright as stored if EXIF is absent or cannot be read, as in every browser.
    pub(crate) orientation: Orientation,
    /// The camera says by the DCF convention ("R03") that the colours are Adobe RGB.
    pub(crate) adobe_rgb: bool,
}

/// Reads a TIFF block, with or without the `Exif` introduction of JPEG before it.
pub(crate) fn parse(block: &[u8]) -> Exif {
    let tiff = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
    let Some(reader) = Reader::new(tiff) else { return Exif::default() };
    let Some(first) = reader.u32_at(4) else { return Exif::default() };
    let orientation = reader
        .entry(first, ORIENTATION)
        .and_then(|at| reader.u16_at(at + 8))
        .and_then(Orientation::from_exif)
        .unwrap_or_default();
    let index = reader
        .follow(first, EXIF_DIRECTORY)
        .and_then(|exif| reader.follow(exif, INTEROPERABILITY_DIRECTORY))
        .and_then(|interoperability| reader.entry(interoperability, INTEROPERABILITY_INDEX))
        .and_then(|at| tiff.get(at + 8..at + 11));
    Exif { orientation, adobe_rgb: index == Some(b"R03") }
}

struct Reader<'a> {
    tiff: &'a [u8],
    big_endian: bool,
}

impl<'a> Reader<'a> {
    fn new(tiff: &'a [u8]) -> Option<Self> {
        let big_endian = match tiff.get(..4)? {
            b"II*\0" => false,
            b"MM\0*" => true,
            _ => return None,
        };
        Some(Self { tiff, big_endian })
    }

    fn u16_at(&self, at: usize) -> Option<u16> {
        let two: [u8; 2] = self.tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.big_endian { u16::from_be_bytes(two) } else { u16::from_le_bytes(two) })
    }

    fn u32_at(&self, at: usize) -> Option<u32> {
        let four: [u8; 4] = self.tiff.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
    }

    /// Where in the directory the entry of this tag lies. Entries have twelve bytes; a count that leads past the
    /// end of the block ends the search there.
    fn entry(&self, directory: u32, tag: u16) -> Option<usize> {
        let directory = usize::try_from(directory).ok()?;
        let count = usize::from(self.u16_at(directory)?);
        let entries = (0..count).map(|nth| directory + 2 + 12 * nth);
        entries.take_while(|at| at + 12 <= self.tiff.len()).find(|at| self.u16_at(*at) == Some(tag))
    }

    fn follow(&self, directory: u32, tag: u16) -> Option<u32> {
        self.u32_at(self.entry(directory, tag)? + 8)
    }
}
