//! Pictures drawn and encoded in code, in every shape the tests need.

use std::io::Cursor;

use image_webp::{ColorType as WebpColour, WebPEncoder};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// Numbers that look random and are the same in each run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % below
    }
}

pub(crate) const RED: [u8; 3] = [220, 30, 30];
pub(crate) const GREEN: [u8; 3] = [30, 200, 40];
pub(crate) const BLUE: [u8; 3] = [40, 60, 210];

/// Something like skin, with freckles, and with a red, a green and a blue corner: top left, top right, bottom left.
pub(crate) fn skin(width: usize, height: usize) -> Vec<u8> {
    let mut dice = Dice(7);
    let mut rgb = Vec::with_capacity(3 * width * height);
    let (corner_x, corner_y) = (width / 4, height / 4);
    for y in 0..height {
        for x in 0..width {
            let pixel = match (x < corner_x, x >= width - corner_x, y < corner_y, y >= height - corner_y) {
                (true, _, true, _) => RED,
                (_, true, true, _) => GREEN,
                (true, _, _, true) => BLUE,
                _ => {
                    let shade = (40 * y / height + dice.roll(12)) as u8;
                    let freckle = if dice.roll(40) == 0 { 45 } else { 0 };
                    [215 - shade, 165 - shade - freckle, 140 - shade - freckle]
                }
            };
            rgb.extend(pixel);
        }
    }
    rgb
}

/// How a JPEG is written.
#[derive(Clone)]
pub(crate) struct Jpeg {
    pub(crate) quality: u8,
    pub(crate) progressive: Option<u8>,
    pub(crate) sampling: SamplingFactor,
    pub(crate) restart: u16,
    pub(crate) segments: Vec<(u8, Vec<u8>)>,
}

impl Default for Jpeg {
    fn default() -> Self {
        Self {
            quality: 92,
            progressive: None,
            sampling: SamplingFactor::F_2_2,
            restart: 0,
            segments: Vec::new(),
        }
    }
}

impl Jpeg {
    pub(crate) fn write(&self, rgb: &[u8], width: usize, height: usize) -> Vec<u8> {
        self.write_as(ColorType::Rgb, rgb, width, height)
    }

    pub(crate) fn write_as(&self, kind: ColorType, samples: &[u8], width: usize, height: usize) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, self.quality);
        encoder.set_sampling_factor(self.sampling);
        encoder.set_restart_interval(self.restart);
        if let Some(scans) = self.progressive {
            encoder.set_progressive_scans(scans);
        }
        for (number, data) in &self.segments {
            encoder.add_app_segment(*number, data.clone()).unwrap();
        }
        encoder.encode(samples, width as u16, height as u16, kind).unwrap();
        file
    }
}

/// A JPEG of ordinary kind.
pub(crate) fn jpeg(rgb: &[u8], width: usize, height: usize) -> Vec<u8> {
    Jpeg::default().write(rgb, width, height)
}

/// One chunk of a PNG, with its checksum.
pub(crate) fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let body = [&kind[..], content].concat();
    let length = (content.len() as u32).to_be_bytes();
    [&length[..], &body, &crc32fast::hash(&body).to_be_bytes()].concat()
}

pub(crate) fn ihdr(width: u32, height: u32, depth: u8, colour: u8, interlace: u8) -> Vec<u8> {
    let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
    chunk(b"IHDR", &[&sides[..], &[depth, colour, 0, 0, interlace]].concat())
}

/// A PNG of these chunks.
pub(crate) fn png_of(chunks: &[Vec<u8>]) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat(), chunk(b"IEND", b"")].concat()
}

/// Rows without a filter, packed.
pub(crate) fn idat<'a>(rows: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let plain: Vec<u8> = rows.flat_map(|row| std::iter::once(0).chain(row.iter().copied())).collect();
    chunk(b"IDAT", &fdeflate::compress_to_vec(&plain))
}

/// A PNG of 8-bit RGB with further chunks before its data.
pub(crate) fn png(rgb: &[u8], width: usize, height: usize, extra: &[Vec<u8>]) -> Vec<u8> {
    let data = idat(rgb.chunks_exact(3 * width));
    png_of(&[vec![ihdr(width as u32, height as u32, 8, 2, 0)], extra.to_vec(), vec![data]].concat())
}

/// A lossless WebP, with a profile and EXIF if they are not empty.
pub(crate) fn webp(rgb: &[u8], width: usize, height: usize, icc: &[u8], exif: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = WebPEncoder::new(Cursor::new(&mut file));
    if !icc.is_empty() {
        encoder.set_icc_profile(icc.to_vec());
    }
    if !exif.is_empty() {
        encoder.set_exif_metadata(exif.to_vec());
    }
    encoder.encode(rgb, width as u32, height as u32, WebpColour::Rgb8).unwrap();
    file
}

/// A WebP of these chunks.
pub(crate) fn webp_of(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (kind, content) in chunks {
        body.extend(*kind);
        body.extend((content.len() as u32).to_le_bytes());
        body.extend(content);
        body.extend(std::iter::repeat_n(0, content.len() % 2));
    }
    [b"RIFF".to_vec(), (body.len() as u32).to_le_bytes().to_vec(), body].concat()
}

/// A TIFF block with an orientation and, behind it, whatever a camera would write there.
pub(crate) fn exif(orientation: u16, behind: &[u8]) -> Vec<u8> {
    let mut block = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    block.extend(orientation.to_be_bytes());
    block.extend([0; 6]);
    block.extend(behind);
    block
}

/// The same as a segment of a JPEG.
pub(crate) fn exif_segment(orientation: u16, behind: &[u8]) -> (u8, Vec<u8>) {
    (1, [b"Exif\0\0".to_vec(), exif(orientation, behind)].concat())
}

/// A profile as a segment of a JPEG.
pub(crate) fn icc_segment(profile: &[u8]) -> (u8, Vec<u8>) {
    (2, [b"ICC_PROFILE\0\x01\x01", profile].concat())
}

/// A profile as a chunk of a PNG.
pub(crate) fn iccp(profile: &[u8]) -> Vec<u8> {
    chunk(b"iCCP", &[b"profile\0\0".to_vec(), fdeflate::compress_to_vec(profile)].concat())
}

/// One pixel of a picture.
pub(crate) fn at(rgb: &[u8], width: usize, x: usize, y: usize) -> [u8; 3] {
    rgb[3 * (y * width + x)..][..3].try_into().unwrap()
}

/// The largest difference of two pictures of one size.
pub(crate) fn furthest(one: &[u8], two: &[u8]) -> u8 {
    assert_eq!(one.len(), two.len());
    one.iter().zip(two).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

/// The mean difference of two pictures of one size.
pub(crate) fn mean_difference(one: &[u8], two: &[u8]) -> f64 {
    assert_eq!(one.len(), two.len());
    let sum: u64 = one.iter().zip(two).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / one.len() as f64
}
