//! WebP: its chunks are walked, the sizes in them compared, and only then a decoder sees the file.

use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};

use crate::{
    Damage, Format, Limits, Refusal,
    colour::Profile,
    decode::{Decoded, check_pixels},
    exif::{self, Exif},
    png::on_white,
};

const STRUCTURE: Refusal = Refusal::Damaged(Format::Webp, Damage::Structure);
const CUT: Refusal = Refusal::Damaged(Format::Webp, Damage::Cut);
const PIXELS: Refusal = Refusal::Damaged(Format::Webp, Damage::Pixels);

/// Tenths of a byte for each pixel at the decoder's dearest moment, measured and rounded up: planes and red, green,
/// blue; the same with opacity decoded on its own; and four bytes beside the three that are copied out.
const LOSSY: u64 = 50;
const LOSSY_WITH_ALPHA: u64 = 115;
const LOSSLESS: u64 = 80;

#[derive(Debug, Default)]
struct Parts {
    canvas: Option<(u32, u32)>,
    alpha: bool,
    pixels: Option<(Coding, u32, u32)>,
    exif: Exif,
    icc: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Lossy,
    Lossless,
}

pub(crate) fn decode(mut bytes: Vec<u8>, limits: &Limits) -> Result<Decoded, Refusal> {
    let (parts, clean) = walk(&bytes)?;
    bytes.clear();
    bytes.shrink_to_fit();
    let (coding, width, height) = parts.pixels.ok_or(STRUCTURE)?;
    if parts.canvas.is_some_and(|canvas| canvas != (width, height)) {
        return Err(STRUCTURE);
    }
    let tenths = match (coding, parts.alpha) {
        (Coding::Lossy, false) => LOSSY,
        (Coding::Lossy, true) => LOSSY_WITH_ALPHA,
        (Coding::Lossless, _) => LOSSLESS,
    };
    check_pixels(width, height, limits, 2 * clean.len(), tenths)?;
    let refusal = |error| match error {
        DecodingError::MemoryLimitExceeded | DecodingError::ImageTooLarge => Refusal::TooHeavy,
        DecodingError::UnsupportedFeature(_) => Refusal::Rare(Format::Webp),
        _ => PIXELS,
    };
    let mut decoder = WebPDecoder::new(Cursor::new(&clean)).map_err(refusal)?;
    decoder.set_memory_limit(limits.memory);
    if decoder.is_animated() || decoder.dimensions() != (width, height) {
        return Err(STRUCTURE);
    }
    let (width, height) = (width as usize, height as usize);
    let mut pixels = vec![0; decoder.output_buffer_size().ok_or(Refusal::TooHeavy)?];
    decoder.read_image(&mut pixels).map_err(refusal)?;
    if decoder.has_alpha() {
        for nth in 0..width * height {
            let [red, green, blue, alpha] = [0, 1, 2, 3].map(|channel| pixels[4 * nth + channel]);
            let pixel = &mut pixels[3 * nth..3 * nth + 3];
            pixel.copy_from_slice(&[red, green, blue]);
            on_white(pixel, alpha);
        }
        pixels.truncate(3 * width * height);
    }
    let profile = parts.icc.map_or(Profile::Silent, Profile::Icc);
    Ok(Decoded { width, height, rgb: pixels, profile, exif: parts.exif })
}

/// What the file holds, and a WebP of it with the picture alone.
fn walk(bytes: &[u8]) -> Result<(Parts, Vec<u8>), Refusal> {
    let size = bytes.get(4..8).and_then(|four| four.try_into().ok()).map(u32::from_le_bytes).ok_or(CUT)?;
    let end = 8 + size as usize;
    // What lies behind the end that the file states is not part of it.
    let bytes = bytes.get(..end).ok_or(CUT)?;
    let (mut parts, mut at) = (Parts::default(), 12);
    let mut clean = b"RIFF\0\0\0\0WEBP".to_vec();
    clean.reserve(bytes.len());
    while at < bytes.len() {
        let start: [u8; 8] =
            bytes.get(at..at + 8).and_then(|eight| eight.try_into().ok()).ok_or(STRUCTURE)?;
        let [kind @ .., l0, l1, l2, l3] = start;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        let content = bytes.get(at + 8..at + 8 + length).ok_or(STRUCTURE)?;
        at += 8 + length + length % 2;
        if let Some(kept) = parts.learn(&kind, content)? {
            clean.extend(kind);
            clean.extend((kept.len() as u32).to_le_bytes());
            clean.extend_from_slice(&kept);
            clean.extend(std::iter::repeat_n(0, kept.len() % 2));
        }
    }
    let length = (clean.len() - 8) as u32;
    clean[4..8].copy_from_slice(&length.to_le_bytes());
    Ok((parts, clean))
}

impl Parts {
    /// Takes what a chunk says; the answer is what of it the decoder gets to see.
    fn learn<'a>(
        &mut self,
        kind: &[u8; 4],
        content: &'a [u8],
    ) -> Result<Option<std::borrow::Cow<'a, [u8]>>, Refusal> {
        let first = self.canvas.is_none() && self.pixels.is_none();
        match kind {
            b"VP8X" if first => {
                let [flags, _, _, _, w0, w1, w2, h0, h1, h2] = content else { return Err(STRUCTURE) };
                if flags & 0x02 != 0 {
                    return Err(Refusal::Animated);
                }
                self.alpha = flags & 0x10 != 0;
                let side = |low, middle, high| 1 + u32::from_le_bytes([low, middle, high, 0]);
                self.canvas = Some((side(*w0, *w1, *w2), side(*h0, *h1, *h2)));
                // Profile, EXIF and XMP are not passed on, so their flags must not promise them.
                let mut kept = content.to_vec();
                kept[0] &= 0x10;
                return Ok(Some(kept.into()));
            }
            b"VP8 " | b"VP8L" if self.pixels.is_none() => {
                self.pixels = Some(match kind {
                    b"VP8 " => lossy_size(content)?,
                    _ => lossless_size(content)?,
                });
            }
            b"ALPH" if self.alpha && self.pixels.is_none() => {}
            b"ANIM" | b"ANMF" => return Err(Refusal::Animated),
            b"VP8X" | b"VP8 " | b"VP8L" => return Err(STRUCTURE),
            b"ICCP" if content.len() > Limits::PROFILE_BYTES => {
                return Err(Refusal::Damaged(Format::Webp, Damage::Profile));
            }
            b"ICCP" => {
                self.icc = Some(content.to_vec());
                return Ok(None);
            }
            b"EXIF" => {
                self.exif = exif::parse(content);
                return Ok(None);
            }
            _ => return Ok(None),
        }
        Ok(Some(content.into()))
    }
}

/// The size in the header of a lossy key frame.
fn lossy_size(content: &[u8]) -> Result<(Coding, u32, u32), Refusal> {
    let [tag, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..] = content else { return Err(STRUCTURE) };
    if tag & 1 != 0 {
        return Err(STRUCTURE);
    }
    let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    Ok((Coding::Lossy, side(*w0, *w1), side(*h0, *h1)))
}

/// The size in the header of a lossless picture.
fn lossless_size(content: &[u8]) -> Result<(Coding, u32, u32), Refusal> {
    let [0x2f, b0, b1, b2, b3, ..] = content else { return Err(STRUCTURE) };
    let bits = u32::from_le_bytes([*b0, *b1, *b2, *b3]);
    Ok((Coding::Lossless, 1 + (bits & 0x3fff), 1 + (bits >> 14 & 0x3fff)))
}
