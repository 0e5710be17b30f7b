//! JPEG: its parts are walked from the first byte to the end mark and everything but the picture itself is dropped,
//! before a decoder sees it.
//!
//! Decoders forgive: cut files come out half grey and count as good. So the walk demands the end mark, and the
//! entropy-coded data are read through once to see that they hold every block of the picture, no more and no less.

mod entropy;
mod huffman;

use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::{JpegDecoder, errors::DecodeErrors};

use crate::{
    Damage, Format, Limits, Refusal,
    colour::Profile,
    decode::{Decoded, check_pixels},
    exif::{self, Exif},
};

const STRUCTURE: Refusal = Refusal::Damaged(Format::Jpeg, Damage::Structure);
const CUT: Refusal = Refusal::Damaged(Format::Jpeg, Damage::Cut);
const PIXELS: Refusal = Refusal::Damaged(Format::Jpeg, Damage::Pixels);

const ICC_MARK: &[u8] = b"ICC_PROFILE\0";

/// One colour component of the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Component {
    pub(crate) id: u8,
    /// Blocks side by side in a unit of an interleaved scan, 1 to 4.
    pub(crate) across: usize,
    /// Blocks one above the other in a unit of an interleaved scan, 1 to 4.
    pub(crate) down: usize,
}

/// What the frame header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) progressive: bool,
    pub(crate) components: Vec<Component>,
}

/// The parts of a file that matter.
#[derive(Debug)]
struct Parts {
    frame: Frame,
    exif: Exif,
    profile: Profile,
    /// A JPEG with only tables, frame, scans and end mark.
    clean: Vec<u8>,
    /// Whether the first scan holds all components.
    first_scan_whole: bool,
}

pub(crate) fn decode(bytes: Vec<u8>, limits: &Limits) -> Result<Decoded, Refusal> {
    let Parts { frame, exif, profile, clean, first_scan_whole } = walk(bytes, limits)?;
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .jpeg_set_max_scans(Limits::JPEG_SCANS)
        .set_max_width(frame.width)
        .set_max_height(frame.height);
    let keeps_blocks = frame.progressive || !first_scan_whole;
    let tenths = 30 + if keeps_blocks { blocks_tenths(&frame) } else { 0 };
    check_pixels(frame.width as u32, frame.height as u32, limits, clean.len(), tenths)?;
    entropy::check(&clean, &frame)?;
    let mut rgb = vec![0; 3 * frame.width * frame.height];
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&clean), options);
    decoder.decode_into(&mut rgb).map_err(|error| match error {
        DecodeErrors::Unsupported(_) => Refusal::Rare(Format::Jpeg),
        _ => PIXELS,
    })?;
    Ok(Decoded { width: frame.width, height: frame.height, rgb, profile, exif })
}

/// Tenths of a byte for each pixel that a decoder needs to keep all coefficients, two bytes each.
fn blocks_tenths(frame: &Frame) -> u64 {
    let across = frame.components.iter().map(|one| one.across).max().unwrap_or(1);
    let down = frame.components.iter().map(|one| one.down).max().unwrap_or(1);
    let blocks: usize = frame.components.iter().map(|one| one.across * one.down).sum();
    (20 * blocks).div_ceil(across * down) as u64
}

/// A part of a colour profile: its number from one, how many there are, and its bytes.
type ProfilePart = (u8, u8, Vec<u8>);

/// A walk over the segments that moves what is kept to the front of the same buffer.
struct Walk {
    bytes: Vec<u8>,
    /// The next byte to read.
    at: usize,
    /// Where the next kept byte goes; never beyond `at`.
    kept: usize,
}

impl Walk {
    fn byte(&mut self) -> Result<u8, Refusal> {
        let byte = *self.bytes.get(self.at).ok_or(CUT)?;
        self.at += 1;
        Ok(byte)
    }

    /// The marker at the current place, with the fill bytes that may stand before it.
    fn marker(&mut self) -> Result<u8, Refusal> {
        if self.byte()? != 0xff {
            return Err(STRUCTURE);
        }
        loop {
            match self.byte()? {
                0xff => {}
                0 => return Err(STRUCTURE),
                marker => return Ok(marker),
            }
        }
    }

    /// Where the content of the segment at the current place begins and ends; moves behind it.
    fn segment(&mut self) -> Result<std::ops::Range<usize>, Refusal> {
        let length = usize::from(self.byte()?) << 8 | usize::from(self.byte()?);
        let content = self.at..self.at + length.checked_sub(2).ok_or(STRUCTURE)?;
        if content.end > self.bytes.len() {
            return Err(CUT);
        }
        self.at = content.end;
        Ok(content)
    }

    /// Keeps a marker with its content, length included.
    fn keep(&mut self, marker: u8, content: std::ops::Range<usize>) {
        let length = (content.len() + 2) as u16;
        // A segment takes at least four bytes where it was read, so this never overtakes the reading.
        self.bytes[self.kept..self.kept + 2].copy_from_slice(&[0xff, marker]);
        self.bytes[self.kept + 2..self.kept + 4].copy_from_slice(&length.to_be_bytes());
        self.bytes.copy_within(content.clone(), self.kept + 4);
        self.kept += 4 + content.len();
    }

    /// Keeps the entropy-coded data up to the next marker that is neither a restart nor a stuffed byte.
    fn keep_scan(&mut self) -> Result<(), Refusal> {
        let start = self.at;
        loop {
            let rest = &self.bytes[self.at..];
            let found = rest.iter().position(|byte| *byte == 0xff).ok_or(CUT)?;
            match rest.get(found + 1).ok_or(CUT)? {
                0 | 0xd0..=0xd7 => self.at += found + 2,
                _ => {
                    self.at += found;
                    break;
                }
            }
        }
        self.bytes.copy_within(start..self.at, self.kept);
        self.kept += self.at - start;
        Ok(())
    }
}

fn walk(bytes: Vec<u8>, limits: &Limits) -> Result<Parts, Refusal> {
    let mut walk = Walk { bytes, at: 2, kept: 2 };
    let (mut frame, mut exif, mut icc): (Option<Frame>, Option<Exif>, Vec<ProfilePart>) =
        (None, None, Vec::new());
    let (mut scans, mut first_scan_whole) = (0, false);
    loop {
        let marker = walk.marker()?;
        match marker {
            0xd9 => break,
            // Start of image, restarts and the reserved ones have no place between segments.
            0x01..=0xbf | 0xd0..=0xd8 => return Err(STRUCTURE),
            0xc0..=0xc2 => {
                let content = walk.segment()?;
                if frame.is_some() {
                    return Err(STRUCTURE);
                }
                let seen = parse_frame(marker, &walk.bytes[content.clone()])?;
                // Before anything costs time: the size, at the least that any kind of scan needs.
                check_pixels(seen.width as u32, seen.height as u32, limits, 0, 30)?;
                frame = Some(seen);
                walk.keep(marker, content);
            }
            0xc3 | 0xc5..=0xcb | 0xcc..=0xcf | 0xdc | 0xde | 0xdf => return Err(Refusal::Rare(Format::Jpeg)),
            0xc4 | 0xdb | 0xdd | 0xee => {
                let content = walk.segment()?;
                walk.keep(marker, content);
            }
            0xda => {
                let content = walk.segment()?;
                let frame = frame.as_ref().ok_or(STRUCTURE)?;
                scans += 1;
                if scans == 1 {
                    first_scan_whole = walk.bytes.get(content.start) == Some(&(frame.components.len() as u8));
                }
                if scans > Limits::JPEG_SCANS {
                    return Err(Refusal::TooHeavy);
                }
                walk.keep(marker, content);
                walk.keep_scan()?;
            }
            _ => {
                let content = walk.segment()?;
                let content = &walk.bytes[content];
                match marker {
                    0xe1 if exif.is_none() && content.starts_with(b"Exif\0\0") => {
                        exif = Some(exif::parse(content));
                    }
                    0xe2 if content.starts_with(ICC_MARK) => {
                        let [nth, of, rest @ ..] = &content[ICC_MARK.len()..] else { return Err(STRUCTURE) };
                        icc.push((*nth, *of, rest.to_vec()));
                    }
                    _ => {}
                }
            }
        }
    }
    let frame = frame.ok_or(STRUCTURE)?;
    if scans == 0 {
        return Err(STRUCTURE);
    }
    let Walk { mut bytes, kept, .. } = walk;
    bytes.truncate(kept);
    bytes.extend([0xff, 0xd9]);
    let profile = join_profile(icc)?;
    Ok(Parts { frame, exif: exif.unwrap_or_default(), profile, clean: bytes, first_scan_whole })
}

fn parse_frame(marker: u8, content: &[u8]) -> Result<Frame, Refusal> {
    let [precision, h1, h0, w1, w0, count, rest @ ..] = content else { return Err(STRUCTURE) };
    if *precision != 8 {
        return Err(Refusal::Rare(Format::Jpeg));
    }
    if rest.len() != 3 * usize::from(*count) {
        return Err(STRUCTURE);
    }
    match count {
        1 | 3 => {}
        4 => return Err(Refusal::Colours),
        _ => return Err(Refusal::Rare(Format::Jpeg)),
    }
    let mut components = Vec::with_capacity(3);
    for one in rest.chunks_exact(3) {
        let (across, down) = (usize::from(one[1] >> 4), usize::from(one[1] & 15));
        if !(1..=4).contains(&across) || !(1..=4).contains(&down) {
            return Err(STRUCTURE);
        }
        components.push(Component { id: one[0], across, down });
    }
    Ok(Frame {
        width: usize::from(u16::from_be_bytes([*w1, *w0])),
        height: usize::from(u16::from_be_bytes([*h1, *h0])),
        progressive: marker == 0xc2,
        components,
    })
}

/// A profile may stand in several segments, each with its number and how many there are.
fn join_profile(mut parts: Vec<ProfilePart>) -> Result<Profile, Refusal> {
    if parts.is_empty() {
        return Ok(Profile::Silent);
    }
    parts.sort_by_key(|(nth, _, _)| *nth);
    let count = parts.len();
    let whole = parts.iter().zip(1..).all(|((nth, of, _), place)| *nth == place && usize::from(*of) == count);
    match whole {
        true => Ok(Profile::Icc(parts.into_iter().flat_map(|(_, _, part)| part).collect())),
        false => Err(Refusal::Damaged(Format::Jpeg, Damage::Profile)),
    }
}
