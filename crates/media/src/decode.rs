//! From the bytes of a file to upright sRGB pixels, in the calling process.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{
    Colours, Damage, Format, Limits, Orientation, Refusal, colour, exif, format::recognise, jpeg, png,
    raster::Raster, webp,
};

/// A picture: upright, sRGB, 8 bits each of red, green and blue.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// `3 * width * height` bytes: red, green, blue of each pixel, row by row from the top, left to right, without
    /// gaps. Transparent parts are laid on white.
    pub rgb: Vec<u8>,
    /// What the file was.
    pub facts: Facts,
}

/// What a file was before only its pixels went on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Its format.
    pub format: Format,
    /// Width as stored, before turning it upright, in pixels.
    pub stored_width: u32,
    /// Height as stored, before turning it upright, in pixels.
    pub stored_height: u32,
    /// How it had to be turned.
    pub orientation: Orientation,
    /// Where its colours came from.
    pub colours: Colours,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A patient's pixels have no place in a log.
        write!(f, "Picture({} x {}, {:?})", self.width, self.height, self.facts)
    }
}

/// Decodes a picture in the calling process, under the limits of size and by an estimate of memory made before
/// anything is allocated. There is no limit of time here; files of strangers go through a worker process.
pub fn open(bytes: &[u8], limits: &Limits) -> Result<Picture, Refusal> {
    check_size(bytes.len(), limits)?;
    let (raster, facts) = decode(bytes.to_vec(), limits)?;
    let (width, height) = raster.upright_size();
    Ok(Picture { width: width as u32, height: height as u32, rgb: raster.into_upright(), facts })
}

/// Refuses an empty or too large file before it is copied anywhere.
pub(crate) fn check_size(bytes: usize, limits: &Limits) -> Result<(), Refusal> {
    match bytes {
        0 => Err(Refusal::Empty),
        _ if bytes > limits.bytes => Err(Refusal::TooManyBytes { most: limits.bytes as u64 }),
        _ => Ok(()),
    }
}

/// What a format's own module makes of a file.
pub(crate) struct Decoded {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// `3 * width * height` bytes as stored, in the colours the file has.
    pub(crate) rgb: Vec<u8>,
    /// The profile that says what those colours are.
    pub(crate) profile: colour::Profile,
    pub(crate) exif: exif::Exif,
}

/// Decodes to sRGB pixels as stored, with the orientation beside them.
pub(crate) fn decode(bytes: Vec<u8>, limits: &Limits) -> Result<(Raster, Facts), Refusal> {
    let format = recognise(&bytes).map_err(|known| known.map_or(Refusal::Unknown, Refusal::Foreign))?;
    // A decoder that panics has met a file it cannot read, and that is all it may come to.
    let read = catch_unwind(AssertUnwindSafe(|| {
        let mut decoded = match format {
            Format::Jpeg => jpeg::decode(bytes, limits)?,
            Format::Png => png::decode(bytes, limits)?,
            Format::Webp => webp::decode(bytes, limits)?,
        };
        colour::to_srgb(&mut decoded, format).map(|colours| (decoded, colours))
    }));
    let (decoded, colours) = read.unwrap_or(Err(Refusal::Damaged(format, Damage::Pixels)))?;
    let Decoded { width, height, rgb, exif, .. } = decoded;
    let facts = Facts {
        format,
        stored_width: width as u32,
        stored_height: height as u32,
        orientation: exif.orientation,
        colours,
    };
    Ok((Raster { width, height, rgb, orientation: exif.orientation }, facts))
}

/// Checks width and height against the limits, and the memory that decoding will need, which is `fixed` bytes and
/// `tenths` tenths of a byte for each pixel.
pub(crate) fn check_pixels(
    width: u32,
    height: u32,
    limits: &Limits,
    fixed: usize,
    tenths: u64,
) -> Result<(), Refusal> {
    if width.min(height) < limits.shortest_side.max(1) {
        return Err(Refusal::TooSmall { least: limits.shortest_side.max(1) });
    }
    if width.max(height) > limits.longest_side {
        return Err(Refusal::TooLong { most: limits.longest_side });
    }
    // Two mebibytes stay for tables, rows and the encoder.
    let left = limits.memory.saturating_sub(fixed).saturating_sub(2 << 20) as u64;
    let most = limits.pixels.min(10 * left / tenths);
    match u64::from(width) * u64::from(height) > most {
        true => Err(Refusal::TooManyPixels { width, height, most }),
        false => Ok(()),
    }
}
