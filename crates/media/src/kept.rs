//! What is kept about a picture beside its bytes: a short text, sealed like the rest, with a version of its own.
//!
//! ```text
//! stipple picture 1
//! original 4021333 9f86d08…
//! format JPEG
//! stored 4032 3024
//! orientation 6
//! colours converted
//! copy full 3024 4032 1830211
//! copy page 1200 1600 301877
//! copy thumbnail 240 320 14988
//! ```
//!
//! `original` has bytes and SHA-256. `stored` is width and height as in the original, `copy` upright width and height
//! and bytes. Lines stand in this order, and a reader refuses what it does not know.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::{Colours, Facts, Format, Orientation, Prepared, Size};

/// What is known of a picture that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// SHA-256 of the original, as it came.
    pub sha256: [u8; 32],
    /// Bytes of the original.
    pub bytes: u64,
    /// What the original is.
    pub facts: Facts,
    /// Upright width and height in pixels, and bytes, of each copy, in the order of [`Size::ALL`].
    pub copies: [(u32, u32, u64); 3],
}

const VERSION: &str = "stipple picture 1";
const FORMATS: [(Format, &str); 3] = [(Format::Jpeg, "JPEG"), (Format::Png, "PNG"), (Format::Webp, "WebP")];
const COLOURS: [(Colours, &str); 3] =
    [(Colours::Assumed, "assumed"), (Colours::Srgb, "srgb"), (Colours::Converted, "converted")];

impl Kept {
    pub(crate) fn new(original: &[u8], prepared: &Prepared) -> Self {
        let copy = |nth: usize| {
            prepared
                .copies
                .get(nth)
                .map_or((0, 0, 0), |copy| (copy.width, copy.height, copy.jpeg.len() as u64))
        };
        Self {
            sha256: Sha256::digest(original).into(),
            bytes: original.len() as u64,
            facts: prepared.facts,
            copies: [copy(0), copy(1), copy(2)],
        }
    }

    pub(crate) fn write(&self) -> String {
        let hex: String = self.sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        let Facts { format, stored_width, stored_height, orientation, colours } = self.facts;
        let mut text = format!("{VERSION}\noriginal {} {hex}\n", self.bytes);
        let _ = writeln!(text, "format {}", word(&FORMATS, format));
        let _ = writeln!(text, "stored {stored_width} {stored_height}");
        let _ = writeln!(text, "orientation {}", orientation.exif());
        let _ = writeln!(text, "colours {}", word(&COLOURS, colours));
        for (size, (width, height, bytes)) in Size::ALL.iter().zip(self.copies) {
            let _ = writeln!(text, "copy {} {width} {height} {bytes}", size.name());
        }
        text
    }

    /// Nothing if the text is of another version or not what [`Kept::write`] writes.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?.strip_suffix('\n')?;
        let mut lines = text.split('\n');
        if lines.next()? != VERSION {
            return None;
        }
        let mut line = |start: &str| {
            let words = lines.next()?.strip_prefix(start)?.strip_prefix(' ')?;
            Some(words.split(' ').collect::<Vec<_>>())
        };
        let original = line("original")?;
        let [bytes, hex] = original[..] else { return None };
        let format = line("format")?;
        let stored = line("stored")?;
        let [stored_width, stored_height] = stored[..] else { return None };
        let orientation = line("orientation")?;
        let colours = line("colours")?;
        let mut copies = [(0, 0, 0); 3];
        for (copy, size) in copies.iter_mut().zip(Size::ALL) {
            let words = line("copy")?;
            let [name, width, height, bytes] = words[..] else { return None };
            if name != size.name() {
                return None;
            }
            *copy = (width.parse().ok()?, height.parse().ok()?, bytes.parse().ok()?);
        }
        if lines.next().is_some() {
            return None;
        }
        let facts = Facts {
            format: meant(&FORMATS, format.first()?)?,
            stored_width: stored_width.parse().ok()?,
            stored_height: stored_height.parse().ok()?,
            orientation: Orientation::from_exif(orientation.first()?.parse().ok()?)?,
            colours: meant(&COLOURS, colours.first()?)?,
        };
        Some(Self { sha256: parse_hex(hex)?, bytes: bytes.parse().ok()?, facts, copies })
    }
}

fn word<T: PartialEq>(words: &[(T, &'static str)], meaning: T) -> &'static str {
    words.iter().find(|(one, _)| *one == meaning).map_or("", |(_, word)| word)
}

fn meant<T: Copy>(words: &[(T, &str)], word: &str) -> Option<T> {
    words.iter().find(|(_, one)| *one == word).map(|(meaning, _)| *meaning)
}

fn parse_hex(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 64 || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (nth, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * nth..2 * nth + 2], 16).ok()?;
    }
    Some(bytes)
}
