//! The copies that are shown: new JPEG files made from pixels alone, so that nothing else of the file can be in them.

use std::cell::RefCell;

use jpeg_encoder::{Encoder, ImageBuffer, JpegColorType, SamplingFactor, rgb_to_ycbcr};

use crate::{
    Facts, Orientation, Refusal,
    raster::Raster,
    scale::{Scaled, Shrinker, within_side},
};

/// The sizes in which a picture is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Size {
    /// For looking closely: the longest side at most 4096 pixels, colour at full resolution.
    Full,
    /// For a page: the longest side at most 1600 pixels.
    Page,
    /// For a list: the longest side at most 320 pixels.
    Thumbnail,
}

impl Size {
    /// All sizes, the largest first.
    pub const ALL: [Self; 3] = [Self::Full, Self::Page, Self::Thumbnail];

    /// The longest side, in pixels. Smaller pictures keep their size.
    pub fn longest_side(self) -> u32 {
        match self {
            Self::Full => 4096,
            Self::Page => 1600,
            Self::Thumbnail => 320,
        }
    }

    /// Its name where it is stored and asked for.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Page => "page",
            Self::Thumbnail => "thumbnail",
        }
    }

    /// JPEG quality, 1 to 100, and how colour is sampled.
    fn encoding(self) -> (u8, SamplingFactor) {
        match self {
            Self::Full => (92, SamplingFactor::F_1_1),
            Self::Page => (88, SamplingFactor::F_1_1),
            Self::Thumbnail => (80, SamplingFactor::F_2_2),
        }
    }
}

/// A copy to be shown: an upright sRGB JPEG without EXIF, place, comments, thumbnail or anything behind its end.
#[derive(Clone, PartialEq, Eq)]
pub struct Copy {
    /// Which of the sizes it is.
    pub size: Size,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// The file.
    pub jpeg: Vec<u8>,
}

impl std::fmt::Debug for Copy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Copy({:?}, {} x {}, {} bytes)", self.size, self.width, self.height, self.jpeg.len())
    }
}

/// A picture ready to be kept: what it was, and its copies in [`Size::ALL`]'s order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// What the file was.
    pub facts: Facts,
    /// One for each size.
    pub copies: Vec<Copy>,
}

/// Makes the copies. The picture is read once: its rows go into the largest copy, which gives those of the page, which
/// give the thumbnail.
pub(crate) fn prepare(raster: &Raster, facts: Facts) -> Result<Prepared, Refusal> {
    let fit = |size: Size| within_side(raster.upright_size(), size.longest_side() as usize);
    let mut page = Smaller::new(fit(Size::Full), fit(Size::Page));
    let full = encode(Scaled::new(raster, fit(Size::Full)), Size::Full, Some(&mut page))?;
    let page = page.into_raster();
    let copies = vec![
        full,
        encode(Scaled::new(&page, fit(Size::Page)), Size::Page, None)?,
        encode(Scaled::new(&page, fit(Size::Thumbnail)), Size::Thumbnail, None)?,
    ];
    Ok(Prepared { facts, copies })
}

/// An upright sRGB JPEG of pixels that are in memory already (`3 * width * height` bytes), in the quality of a page.
///
/// # Errors
///
/// [`Refusal::Unreadable`] if the bytes do not fit the size, or a side is zero or above 65,535.
pub fn page_of(width: usize, height: usize, rgb: Vec<u8>) -> Result<Copy, Refusal> {
    let fits = |side: usize| side > 0 && side <= usize::from(u16::MAX);
    if !fits(width) || !fits(height) || rgb.len() != 3 * width * height {
        return Err(Refusal::Unreadable);
    }
    let raster = Raster { width, height, rgb, orientation: Orientation::Upright };
    encode(Scaled::new(&raster, (width, height)), Size::Page, None)
}

/// A smaller picture that is gathered while a larger one is encoded.
struct Smaller {
    shrinker: Shrinker,
    width: usize,
    height: usize,
    rgb: Vec<u8>,
    rows: usize,
}

impl Smaller {
    fn new(from: (usize, usize), (width, height): (usize, usize)) -> Self {
        let shrinker = Shrinker::new(from, (width, height));
        Self { shrinker, width, height, rgb: vec![0; 3 * width * height], rows: 0 }
    }

    fn take(&mut self, source: &[u8]) {
        let line = 3 * self.width;
        if self.rows < self.height && self.shrinker.take(source, &mut self.rgb[self.rows * line..][..line]) {
            self.rows += 1;
        }
    }

    fn into_raster(self) -> Raster {
        let Self { width, height, rgb, .. } = self;
        Raster { width, height, rgb, orientation: Orientation::Upright }
    }
}

fn encode(scaled: Scaled<'_>, size: Size, also: Option<&mut Smaller>) -> Result<Copy, Refusal> {
    let (width, height) = scaled.size();
    let (quality, sampling) = size.encoding();
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, quality);
    encoder.set_sampling_factor(sampling);
    let source = Source { scaled, also, row: vec![0; 3 * width], ready: None };
    let rows = Encoded { width: width as u16, height: height as u16, source: RefCell::new(source) };
    // Sizes are above zero and far below 65,536, and writing to memory does not fail.
    encoder.encode_image(rows).map_err(|_| Refusal::TooHeavy)?;
    Ok(Copy { size, width: width as u32, height: height as u32, jpeg })
}

/// Where the encoder's rows come from, and where else they go.
struct Source<'a, 'b> {
    scaled: Scaled<'a>,
    also: Option<&'b mut Smaller>,
    row: Vec<u8>,
    ready: Option<u16>,
}

/// A picture as the encoder sees it. It asks for each row in order, and for the last again to fill the last block.
struct Encoded<'a, 'b> {
    width: u16,
    height: u16,
    source: RefCell<Source<'a, 'b>>,
}

impl ImageBuffer for Encoded<'_, '_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.width
    }

    fn height(&self) -> u16 {
        self.height
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let Source { scaled, also, row, ready } = &mut *self.source.borrow_mut();
        if *ready != Some(y) {
            scaled.next_row(row);
            if let Some(smaller) = also {
                smaller.take(row);
            }
            *ready = Some(y);
        }
        for pixel in row.chunks_exact(3) {
            let (luma, blue, red) = rgb_to_ycbcr(pixel[0], pixel[1], pixel[2]);
            buffers[0].push(luma);
            buffers[1].push(blue);
            buffers[2].push(red);
        }
    }
}
