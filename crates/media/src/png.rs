//! PNG: its chunks are walked and their checksums compared before a decoder sees the four kinds that make the picture.

use std::io::Cursor;

use png::{BitDepth, ColorType, DecodeOptions, Decoder, Transformations};

use crate::{
    Damage, Format, Limits, Refusal,
    colour::Profile,
    decode::{Decoded, check_pixels},
    exif::{self, Exif},
};

/// The first eight bytes of every PNG.
pub(crate) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

const STRUCTURE: Refusal = Refusal::Damaged(Format::Png, Damage::Structure);
const CUT: Refusal = Refusal::Damaged(Format::Png, Damage::Cut);
const PIXELS: Refusal = Refusal::Damaged(Format::Png, Damage::Pixels);
const PROFILE: Refusal = Refusal::Damaged(Format::Png, Damage::Profile);

/// The header, as far as limits depend on it.
#[derive(Debug, Clone, Copy)]
struct Header {
    width: u32,
    height: u32,
    interlaced: bool,
    /// Bytes of one decoded pixel before it becomes three.
    pixel_bytes: u64,
}

/// What a file says about colours. Where several chunks do, the standard gives the order of this struct.
#[derive(Debug, Default)]
struct Said {
    coded: Option<Profile>,
    icc: Option<Vec<u8>>,
    srgb: bool,
    gamma: Option<u32>,
    primaries: Option<[u32; 8]>,
}

#[derive(Debug)]
struct Parts {
    header: Header,
    exif: Exif,
    profile: Profile,
    /// A PNG of header, palette, transparency, data and end alone.
    clean: Vec<u8>,
}

pub(crate) fn decode(bytes: Vec<u8>, limits: &Limits) -> Result<Decoded, Refusal> {
    let Parts { header, exif, profile, clean } = walk(bytes, limits)?;
    let mut options = DecodeOptions::default();
    options.set_ignore_adler32(false);
    options.set_ignore_crc(true); // compared during the walk
    options.set_ignore_text_chunk(true);
    options.set_ignore_iccp_chunk(true);
    let mut decoder = Decoder::new_with_options(Cursor::new(&clean), options);
    decoder.set_limits(png::Limits { bytes: limits.memory });
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(refusal)?;
    let (colour, depth) = reader.output_color_type();
    let (width, height) = (header.width as usize, header.height as usize);
    let mut rgb = vec![0; 3 * width * height];
    if header.interlaced {
        let mut whole = vec![0; reader.output_buffer_size().ok_or(Refusal::TooHeavy)?];
        reader.next_frame(&mut whole).map_err(refusal)?;
        let line = whole.len() / height;
        let rows = rgb.chunks_exact_mut(3 * width).zip(whole.chunks_exact(line));
        rows.for_each(|(to, from)| to_rgb(from, colour, depth, to));
    } else {
        for row in rgb.chunks_exact_mut(3 * width) {
            let read = reader.next_row().map_err(refusal)?.ok_or(PIXELS)?;
            to_rgb(read.data(), colour, depth, row);
        }
    }
    // What follows the last row has to be the end, with the checksum of the data right.
    reader.finish().map_err(refusal)?;
    Ok(Decoded { width, height, rgb, profile, exif })
}

fn refusal(error: png::DecodingError) -> Refusal {
    match error {
        png::DecodingError::LimitsExceeded => Refusal::TooHeavy,
        _ => PIXELS,
    }
}

/// One row to three bytes a pixel. Sixteen bits are rounded to eight; transparency is laid on white.
fn to_rgb(row: &[u8], colour: ColorType, depth: BitDepth, rgb: &mut [u8]) {
    let channels = colour.samples();
    let wide = depth == BitDepth::Sixteen;
    let sample = |at: usize| match wide {
        true => {
            let value = u32::from(u16::from_be_bytes([row[2 * at], row[2 * at + 1]]));
            ((value * 255 + 32_767) / 65_535) as u8
        }
        false => row[at],
    };
    for (nth, pixel) in rgb.chunks_exact_mut(3).enumerate() {
        let at = nth * channels;
        for (channel, value) in pixel.iter_mut().enumerate() {
            *value = sample(at + if channels < 3 { 0 } else { channel });
        }
        if channels == 2 || channels == 4 {
            on_white(pixel, sample(at + channels - 1));
        }
    }
}

/// Lays a pixel of this opacity on white, as a page would show it.
pub(crate) fn on_white(pixel: &mut [u8], alpha: u8) {
    let alpha = u32::from(alpha);
    if alpha < 255 {
        for value in pixel {
            *value = ((u32::from(*value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        }
    }
}

fn walk(mut bytes: Vec<u8>, limits: &Limits) -> Result<Parts, Refusal> {
    let (mut at, mut kept) = (SIGNATURE.len(), SIGNATURE.len());
    let (mut header, mut exif, mut said) = (None, Exif::default(), Said::default());
    let (mut data_seen, mut data_over) = (false, false);
    loop {
        let start: [u8; 8] = bytes.get(at..at + 8).ok_or(CUT)?.try_into().map_err(|_| CUT)?;
        let [l3, l2, l1, l0, kind @ ..] = start;
        let length = u32::from_be_bytes([l3, l2, l1, l0]) as usize;
        let end = at + 12 + length;
        let (content, sum) = bytes.get(at + 8..end).ok_or(CUT)?.split_at(length);
        // The checksum covers the kind and the content.
        if sum != crc32fast::hash(&bytes[at + 4..at + 8 + length]).to_be_bytes() {
            return Err(STRUCTURE);
        }
        if header.is_none() && &kind != b"IHDR" {
            return Err(STRUCTURE);
        }
        data_over |= data_seen && &kind != b"IDAT";
        let keep = match &kind {
            b"IHDR" if header.is_none() => {
                header = Some(parse_header(content, limits)?);
                true
            }
            b"IDAT" if !data_over => {
                data_seen = true;
                true
            }
            b"PLTE" | b"tRNS" if !data_seen => true,
            b"IEND" => data_seen,
            b"acTL" | b"fcTL" | b"fdAT" => return Err(Refusal::Animated),
            b"eXIf" => {
                exif = exif::parse(content);
                false
            }
            b"iCCP" | b"sRGB" | b"gAMA" | b"cHRM" | b"cICP" if !data_seen => {
                said.learn(&kind, content)?;
                false
            }
            // A capital first letter means that the picture cannot be shown without it.
            [first, ..] if first.is_ascii_uppercase() => return Err(STRUCTURE),
            _ => false,
        };
        if keep {
            bytes.copy_within(at..end, kept);
            kept += end - at;
        }
        at = end;
        if &kind == b"IEND" {
            break;
        }
    }
    if !data_seen {
        return Err(STRUCTURE);
    }
    let header = header.ok_or(STRUCTURE)?;
    bytes.truncate(kept);
    // Adam7 is put together from seven passes before its rows can be read.
    let tenths = 30 + if header.interlaced { 10 * header.pixel_bytes } else { 0 };
    check_pixels(header.width, header.height, limits, bytes.len(), tenths)?;
    Ok(Parts { header, exif, profile: said.profile()?, clean: bytes })
}

fn parse_header(content: &[u8], limits: &Limits) -> Result<Header, Refusal> {
    let [w3, w2, w1, w0, h3, h2, h1, h0, depth, colour, 0, 0, interlace @ (0 | 1)] = content else {
        return Err(STRUCTURE);
    };
    let channels = match colour {
        0 => 2, // transparency may add one
        2 | 3 | 6 => 4,
        4 => 2,
        _ => return Err(STRUCTURE),
    };
    let header = Header {
        width: u32::from_be_bytes([*w3, *w2, *w1, *w0]),
        height: u32::from_be_bytes([*h3, *h2, *h1, *h0]),
        interlaced: *interlace == 1,
        pixel_bytes: channels * if *depth == 16 { 2 } else { 1 },
    };
    check_pixels(header.width, header.height, limits, 0, 30)?;
    Ok(header)
}

impl Said {
    fn learn(&mut self, kind: &[u8; 4], content: &[u8]) -> Result<(), Refusal> {
        let number = |nth: usize| {
            let four = content.get(4 * nth..4 * nth + 4).and_then(|four| four.try_into().ok());
            four.map(u32::from_be_bytes).ok_or(STRUCTURE)
        };
        match kind {
            b"cICP" => {
                // Full-range RGB with the transfer curve of sRGB, in its primaries or in those of Display P3.
                self.coded = Some(match content {
                    [1, 13 | 1, 0, 1] => Profile::Srgb,
                    [12, 13, 0, 1] => Profile::DisplayP3,
                    _ => return Err(Refusal::Colours),
                });
            }
            b"iCCP" => {
                let name = content.iter().take(80).position(|byte| *byte == 0).ok_or(PROFILE)?;
                let [0, packed @ ..] = &content[name + 1..] else { return Err(PROFILE) };
                let unpacked = fdeflate::decompress_to_vec_bounded(packed, Limits::PROFILE_BYTES);
                self.icc = Some(unpacked.map_err(|_| PROFILE)?);
            }
            b"sRGB" => self.srgb = true,
            b"gAMA" => self.gamma = Some(number(0)?),
            _ => {
                let mut primaries = [0; 8];
                for (nth, one) in primaries.iter_mut().enumerate() {
                    *one = number(nth)?;
                }
                self.primaries = Some(primaries);
            }
        }
        Ok(())
    }

    fn profile(self) -> Result<Profile, Refusal> {
        // White and primaries of sRGB in units of 1/100,000, and its curve as a power.
        const SRGB_PRIMARIES: [u32; 8] = [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000];
        const SRGB_GAMMA: u32 = 45_455;
        if let Some(coded) = self.coded {
            return Ok(coded);
        }
        if let Some(icc) = self.icc {
            return Ok(Profile::Icc(icc));
        }
        let near = |primaries: [u32; 8]| {
            primaries.iter().zip(SRGB_PRIMARIES).all(|(one, srgb)| one.abs_diff(srgb) <= 500)
        };
        let like_srgb = self.gamma.is_none_or(|gamma| gamma.abs_diff(SRGB_GAMMA) <= 1_000)
            && self.primaries.is_none_or(near);
        match (self.srgb, like_srgb) {
            (true, _) => Ok(Profile::Srgb),
            (false, true) if self.gamma.is_some() || self.primaries.is_some() => Ok(Profile::Srgb),
            (false, true) => Ok(Profile::Silent),
            (false, false) => Err(Refusal::Colours),
        }
    }
}
