//! What a file is, by its first bytes. Names and declared types are not asked: they are whatever the sender wrote.

use std::fmt;

/// A format that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG, baseline or progressive.
    Jpeg,
    /// PNG, not animated.
    Png,
    /// WebP, not animated.
    Webp,
}

/// A format that is recognised and not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Foreign {
    /// HEIC or HEIF, what iPhones write unless told otherwise.
    Heic,
    /// AVIF.
    Avif,
    /// GIF.
    Gif,
    /// TIFF, and camera raw files built on it.
    Tiff,
    /// BMP.
    Bmp,
    /// JPEG XL.
    JpegXl,
    /// JPEG 2000.
    Jpeg2000,
    /// Photoshop.
    Photoshop,
    /// SVG, HTML or other XML.
    Markup,
    /// PDF.
    Pdf,
    /// MP4, QuickTime, Matroska, AVI.
    Film,
    /// ZIP, and office files built on it.
    Archive,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Webp => "WebP",
        })
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Heic => "HEIC photograph",
            Self::Avif => "AVIF picture",
            Self::Gif => "GIF picture",
            Self::Tiff => "TIFF or camera raw file",
            Self::Bmp => "BMP picture",
            Self::JpegXl => "JPEG XL picture",
            Self::Jpeg2000 => "JPEG 2000 picture",
            Self::Photoshop => "Photoshop file",
            Self::Markup => "drawing or page in SVG, HTML or XML",
            Self::Pdf => "PDF document",
            Self::Film => "film",
            Self::Archive => "ZIP archive or office document",
        })
    }
}

/// What the file says it is: a format that is taken, one that is known and not taken, or nothing known.
pub(crate) fn recognise(bytes: &[u8]) -> Result<Format, Option<Foreign>> {
    const STARTS: &[(&[u8], Result<Format, Foreign>)] = &[
        (b"\xff\xd8", Ok(Format::Jpeg)),
        (crate::png::SIGNATURE, Ok(Format::Png)),
        (b"GIF8", Err(Foreign::Gif)),
        (b"II*\0", Err(Foreign::Tiff)),
        (b"MM\0*", Err(Foreign::Tiff)),
        (b"II+\0", Err(Foreign::Tiff)),
        (b"MM\0+", Err(Foreign::Tiff)),
        (b"BM", Err(Foreign::Bmp)),
        (b"\xff\x0a", Err(Foreign::JpegXl)),
        (b"\0\0\0\x0cJXL ", Err(Foreign::JpegXl)),
        (b"\0\0\0\x0cjP  ", Err(Foreign::Jpeg2000)),
        (b"\xff\x4f\xff\x51", Err(Foreign::Jpeg2000)),
        (b"8BPS", Err(Foreign::Photoshop)),
        (b"%PDF", Err(Foreign::Pdf)),
        (b"\x1a\x45\xdf\xa3", Err(Foreign::Film)),
        (b"PK\x03\x04", Err(Foreign::Archive)),
    ];
    if let Some((_, answer)) = STARTS.iter().find(|(start, _)| bytes.starts_with(start)) {
        return answer.map_err(Some);
    }
    match (bytes.get(..4), bytes.get(4..8), bytes.get(8..12)) {
        (Some(b"RIFF"), _, Some(b"WEBP")) => return Ok(Format::Webp),
        (Some(b"RIFF"), _, Some(b"AVI ")) => return Err(Some(Foreign::Film)),
        (_, Some(b"ftyp"), Some(brand)) => return Err(Some(brand_of(brand))),
        _ => {}
    }
    // A text may open with a mark of its encoding and with blanks.
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    Err(text.starts_with(b"<").then_some(Foreign::Markup))
}

/// The brand of an ISO base media file.
fn brand_of(brand: &[u8]) -> Foreign {
    match brand {
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => Foreign::Heic,
        b"avif" | b"avis" => Foreign::Avif,
        b"crx " => Foreign::Tiff,
        _ => Foreign::Film,
    }
}
