//! Pictures that are right come out right: format, size, turn, colours, and nothing else of the file.

use jpeg_encoder::{ColorType, SamplingFactor};
use media::{Colours, Format, Limits, Orientation, Size, open};
use moxcms::ColorProfile;

use crate::{
    door,
    draw::{self, BLUE, GREEN, Jpeg, RED, at, furthest, mean_difference, skin},
    small,
};

const WIDTH: usize = 60;
const HEIGHT: usize = 44;

#[test]
fn each_format_comes_out_as_drawn() {
    let rgb = skin(WIDTH, HEIGHT);
    let exact = [draw::png(&rgb, WIDTH, HEIGHT, &[]), draw::webp(&rgb, WIDTH, HEIGHT, &[], &[])];
    for (file, format) in exact.iter().zip([Format::Png, Format::Webp]) {
        let picture = open(file, &small()).unwrap();
        assert_eq!((picture.width, picture.height), (60, 44));
        assert_eq!((picture.facts.format, picture.facts.colours), (format, Colours::Assumed));
        assert_eq!(picture.rgb, rgb);
    }
}

#[test]
fn every_kind_of_jpeg_comes_out_nearly_as_drawn() {
    let rgb = skin(WIDTH, HEIGHT);
    for sampling in [
        SamplingFactor::F_1_1,
        SamplingFactor::F_2_1,
        SamplingFactor::F_1_2,
        SamplingFactor::F_2_2,
        SamplingFactor::F_4_1,
        SamplingFactor::F_1_4,
        SamplingFactor::F_4_2,
        SamplingFactor::F_2_4,
    ] {
        for progressive in [None, Some(4), Some(10)] {
            for restart in [0, 1, 3] {
                let kind = Jpeg { quality: 98, sampling, progressive, restart, ..Jpeg::default() };
                let picture = open(&kind.write(&rgb, WIDTH, HEIGHT), &small());
                let what = format!("{sampling:?} {progressive:?} {restart}");
                let picture = picture.unwrap_or_else(|refusal| panic!("{what}: {refusal}"));
                let far = mean_difference(&picture.rgb, &rgb);
                assert!(far < 6.0, "{what}: {far}");
                assert!(at(&picture.rgb, WIDTH, 4, 4)[0].abs_diff(RED[0]) < 12, "{what}");
            }
        }
    }
}

#[test]
fn grey_comes_out_grey() {
    let grey: Vec<u8> = (0..WIDTH * HEIGHT).map(|nth| (nth / 11) as u8).collect();
    let file = Jpeg { quality: 98, ..Jpeg::default() }.write_as(ColorType::Luma, &grey, WIDTH, HEIGHT);
    let picture = open(&file, &small()).unwrap();
    for (pixel, value) in picture.rgb.chunks_exact(3).zip(&grey) {
        assert!(
            pixel.iter().all(|one| *one == pixel[0] && one.abs_diff(*value) <= 4),
            "{pixel:?} for {value}"
        );
    }
}

/// Where the stored pixel (row, column) is seen, by the words of the EXIF standard: "the 0th row is at the visual
/// top", and so on.
fn seen_at(orientation: u16, row: usize, column: usize, seen: (usize, usize)) -> (usize, usize) {
    let (width, height) = seen;
    let [row_side, column_side] = [
        ["top", "left"],
        ["top", "right"],
        ["bottom", "right"],
        ["bottom", "left"],
        ["left", "top"],
        ["right", "top"],
        ["right", "bottom"],
        ["left", "bottom"],
    ][usize::from(orientation) - 1];
    let (mut x, mut y) = (0, 0);
    for (side, nth) in [(row_side, row), (column_side, column)] {
        match side {
            "top" => y = nth,
            "bottom" => y = height - 1 - nth,
            "left" => x = nth,
            _ => x = width - 1 - nth,
        }
    }
    (x, y)
}

#[test]
fn all_eight_orientations_end_upright() {
    let upright = skin(WIDTH, HEIGHT);
    for number in 1..=8 {
        let (stored_width, stored_height) = if number >= 5 { (HEIGHT, WIDTH) } else { (WIDTH, HEIGHT) };
        let mut stored = Vec::new();
        for row in 0..stored_height {
            for column in 0..stored_width {
                let (x, y) = seen_at(number, row, column, (WIDTH, HEIGHT));
                stored.extend(at(&upright, WIDTH, x, y));
            }
        }
        let block = draw::exif(number, b"");
        let segments = vec![draw::exif_segment(number, b"")];
        let files = [
            draw::png(&stored, stored_width, stored_height, &[draw::chunk(b"eXIf", &block)]),
            draw::webp(&stored, stored_width, stored_height, &[], &block),
            Jpeg { quality: 100, sampling: SamplingFactor::F_1_1, segments, ..Jpeg::default() }.write(
                &stored,
                stored_width,
                stored_height,
            ),
        ];
        for file in files {
            let picture = open(&file, &small()).unwrap();
            assert_eq!((picture.width as usize, picture.height as usize), (WIDTH, HEIGHT), "{number}");
            assert_eq!(picture.facts.orientation, Orientation::from_exif(number).unwrap());
            let far = mean_difference(&picture.rgb, &upright);
            let most = if picture.facts.format == Format::Jpeg { 1.5 } else { 0.0 };
            assert!(far <= most, "{number} {:?}: {far}", picture.facts.format);
        }
    }
}

/// Light of a value, and a value of light, by the formula of sRGB, in double precision.
fn light(value: f64) -> f64 {
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn value(light: f64) -> f64 {
    let light = light.clamp(0.0, 1.0);
    if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

/// A colour through linear light and a matrix, to sRGB.
fn by_matrix(pixel: [u8; 3], curve: impl Fn(f64) -> f64, matrix: [[f64; 3]; 3]) -> [u8; 3] {
    let linear = pixel.map(|one| curve(f64::from(one) / 255.0));
    matrix.map(|row| {
        let sum: f64 = row.iter().zip(linear).map(|(factor, one)| factor * one).sum();
        (value(sum) * 255.0).round() as u8
    })
}

/// Display P3 to sRGB in linear light (both D65), from the primaries of SMPTE EG 432-1 and IEC 61966-2-1.
const P3: [[f64; 3]; 3] = [
    [1.224_940_2, -0.224_940_2, 0.0],
    [-0.042_056_9, 1.042_056_9, 0.0],
    [-0.019_637_6, -0.078_636_1, 1.098_273_5],
];

/// Adobe RGB (1998) to sRGB in linear light.
const ADOBE: [[f64; 3]; 3] =
    [[1.398_283_2, -0.398_283_2, 0.0], [0.0, 1.0, 0.0], [0.0, -0.042_938_6, 1.042_938_6]];

/// Colours that skin and its surroundings have, and some at the edge of what sRGB can show.
fn palette() -> Vec<u8> {
    let mut dice = draw::Dice(3);
    (0..WIDTH * HEIGHT)
        .flat_map(|_| [dice.roll(256), dice.roll(256), dice.roll(256)].map(|one| one as u8))
        .collect()
}

#[test]
fn display_p3_comes_out_right_in_each_format() {
    let profile = ColorProfile::new_display_p3().encode().unwrap();
    let stored = palette();
    let want: Vec<u8> =
        stored.chunks_exact(3).flat_map(|p| by_matrix(p.try_into().unwrap(), light, P3)).collect();
    let cicp = draw::chunk(b"cICP", &[12, 13, 0, 1]);
    let exact = [
        draw::png(&stored, WIDTH, HEIGHT, &[draw::iccp(&profile)]),
        draw::png(&stored, WIDTH, HEIGHT, &[cicp]),
        draw::webp(&stored, WIDTH, HEIGHT, &profile, &[]),
    ];
    for file in exact {
        let picture = open(&file, &small()).unwrap();
        assert_eq!(picture.facts.colours, Colours::Converted);
        assert!(furthest(&picture.rgb, &want) <= 1, "{}", furthest(&picture.rgb, &want));
    }
    // One colour, so that what JPEG loses does not matter.
    let red: Vec<u8> = [200, 120, 100].repeat(WIDTH * HEIGHT);
    let segments = vec![draw::icc_segment(&profile)];
    let file = Jpeg { quality: 100, sampling: SamplingFactor::F_1_1, segments, ..Jpeg::default() };
    let picture = open(&file.write(&red, WIDTH, HEIGHT), &small()).unwrap();
    let want = by_matrix([200, 120, 100], light, P3).repeat(WIDTH * HEIGHT);
    assert_ne!(want[..3], red[..3], "a conversion that does nothing would pass");
    assert!(furthest(&picture.rgb, &want) <= 2, "{}", furthest(&picture.rgb, &want));
}

#[test]
fn adobe_rgb_is_known_by_profile_and_by_the_cameras_sign() {
    let stored = palette();
    let gamma = |value: f64| value.powf(563.0 / 256.0);
    let want: Vec<u8> =
        stored.chunks_exact(3).flat_map(|p| by_matrix(p.try_into().unwrap(), gamma, ADOBE)).collect();
    // IFD0 leads to the EXIF directory at 26, that to the interoperability directory at 44, and that says R03.
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes(), &value].concat()
    };
    let directory = |one: Vec<u8>| [vec![0, 1], one, vec![0; 4]].concat();
    let block = [
        b"MM\0*\0\0\0\x08".to_vec(),
        directory(entry(0x8769, 4, 1, 26_u32.to_be_bytes())),
        directory(entry(0xa005, 4, 1, 44_u32.to_be_bytes())),
        directory(entry(0x0001, 2, 4, *b"R03\0")),
    ]
    .concat();
    let profile = ColorProfile::new_adobe_rgb().encode().unwrap();
    for file in [
        draw::png(&stored, WIDTH, HEIGHT, &[draw::iccp(&profile)]),
        draw::png(&stored, WIDTH, HEIGHT, &[draw::chunk(b"eXIf", &block)]),
    ] {
        let picture = open(&file, &small()).unwrap();
        assert_eq!(picture.facts.colours, Colours::Converted);
        assert!(furthest(&picture.rgb, &want) <= 2, "{}", furthest(&picture.rgb, &want));
    }
}

#[test]
fn srgb_by_any_name_is_left_alone() {
    let stored = palette();
    let profile = ColorProfile::new_srgb().encode().unwrap();
    let gamma = draw::chunk(b"gAMA", &45_455_u32.to_be_bytes());
    for extra in
        [draw::iccp(&profile), draw::chunk(b"sRGB", &[0]), gamma, draw::chunk(b"cICP", &[1, 13, 0, 1])]
    {
        let picture = open(&draw::png(&stored, WIDTH, HEIGHT, &[extra]), &small()).unwrap();
        assert_eq!(picture.facts.colours, Colours::Srgb);
        assert_eq!(picture.rgb, stored);
    }
}

#[test]
fn a_grey_profile_goes_with_a_grey_picture() {
    let profile = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
    let row: Vec<u8> = (0..64).map(|nth| nth * 4).collect();
    let file =
        draw::png_of(&[draw::ihdr(64, 1, 8, 0, 0), draw::iccp(&profile), draw::idat([&row[..]].into_iter())]);
    let picture = open(&file, &small()).unwrap();
    for (pixel, stored) in picture.rgb.chunks_exact(3).zip(&row) {
        let want = (value(f64::from(*stored) / 255.0) * 255.0).round() as u8;
        assert!(pixel.iter().all(|one| one.abs_diff(want) <= 1), "{pixel:?} for {want}");
    }
}

#[test]
fn depths_palettes_and_transparency() {
    let opened = |chunks: &[Vec<u8>]| open(&draw::png_of(chunks), &small()).unwrap().rgb;
    // Sixteen bits are rounded, not cut.
    let row = [0x00, 0x7f, 0x80, 0x80, 0xff, 0xff];
    let wide = opened(&[draw::ihdr(1, 1, 16, 2, 0), draw::idat([&row[..]].into_iter())]);
    assert_eq!(wide, [0, 128, 255]);
    // Half transparent black on white is grey, and nothing at all is white.
    let row = [0, 0, 0, 128, 9, 9, 9, 0, 9, 9, 9, 255];
    let clear = opened(&[draw::ihdr(3, 1, 8, 6, 0), draw::idat([&row[..]].into_iter())]);
    assert_eq!(clear, [127, 127, 127, 255, 255, 255, 9, 9, 9]);
    // A palette of two colours, the second fully transparent; eight pixels in one byte.
    let chunks = [
        draw::ihdr(8, 1, 1, 3, 0),
        draw::chunk(b"PLTE", &[200, 10, 20, 1, 2, 3]),
        draw::chunk(b"tRNS", &[255, 0]),
        draw::idat([&[0b0000_0001_u8][..]].into_iter()),
    ];
    let indexed = opened(&chunks);
    assert_eq!(indexed[..3], [200, 10, 20]);
    assert_eq!(indexed[21..], [255, 255, 255]);
    // Grey of four bits, with opacity beside grey of eight.
    assert_eq!(
        opened(&[draw::ihdr(2, 1, 4, 0, 0), draw::idat([&[0x0f_u8][..]].into_iter())]),
        [0, 0, 0, 255, 255, 255]
    );
    assert_eq!(opened(&[draw::ihdr(1, 1, 8, 4, 0), draw::idat([&[0_u8, 255][..]].into_iter())]), [0, 0, 0]);
}

#[test]
fn an_interlaced_png_is_put_together() {
    let (width, height) = (13, 11);
    let rgb = skin(width, height);
    // The seven passes of Adam7: first column and row, and the steps.
    let passes =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
    let mut rows = Vec::new();
    for (x0, y0, step_x, step_y) in passes {
        for y in (y0..height).step_by(step_y) {
            let row: Vec<u8> = (x0..width).step_by(step_x).flat_map(|x| at(&rgb, width, x, y)).collect();
            rows.push(row);
        }
    }
    let data = draw::idat(rows.iter().map(Vec::as_slice).filter(|row| !row.is_empty()));
    let file = draw::png_of(&[draw::ihdr(13, 11, 8, 2, 1), data]);
    assert_eq!(open(&file, &small()).unwrap().rgb, rgb);
}

/// Lossy WebP, which nothing in the workspace can write; how they were made is in `testdata/README.md`.
#[test]
fn lossy_webp_comes_out_nearly_as_drawn() {
    let rgb = skin(WIDTH, HEIGHT);
    for (file, alpha) in [
        (&include_bytes!("../../testdata/lossy.webp")[..], false),
        (&include_bytes!("../../testdata/lossy-alpha.webp")[..], true),
    ] {
        let picture = open(file, &small()).unwrap();
        assert_eq!((picture.width, picture.height), (64, 48));
        // The drawing is a plain one: a red half on the left, a green one on the right, clear at the bottom.
        assert!(
            furthest(&at(&picture.rgb, 64, 10, 10), &[200, 40, 40]) < 12,
            "{:?}",
            at(&picture.rgb, 64, 10, 10)
        );
        assert!(furthest(&at(&picture.rgb, 64, 54, 10), &[40, 180, 60]) < 12);
        let bottom = if alpha { [255, 255, 255] } else { [200, 40, 40] };
        assert!(furthest(&at(&picture.rgb, 64, 10, 44), &bottom) < 12, "{:?}", at(&picture.rgb, 64, 10, 44));
    }
    assert_eq!(rgb.len(), 3 * WIDTH * HEIGHT);
}

/// Words that a camera, a phone or an editor leaves in a file, planted wherever they leave them.
const PLANTED: &[&[u8]] =
    &[b"PLANTED-GPS", b"PLANTED-XMP", b"PLANTED-COMMENT", b"PLANTED-THUMB", b"PLANTED-TAIL", b"PLANTED-ICC"];

#[test]
fn nothing_but_pixels_is_served() {
    let (width, height) = (400, 300);
    let rgb = skin(width, height);
    let mut profile = ColorProfile::new_display_p3().encode().unwrap();
    profile.extend(b"PLANTED-ICC");
    let size = (profile.len() as u32).to_be_bytes();
    profile[..4].copy_from_slice(&size);
    let behind = b"PLANTED-GPS 51.5007 N 0.1246 W PLANTED-THUMB \xff\xd8\xff\xd9";
    let xmp = b"http://ns.adobe.com/xap/1.0/\0<x>PLANTED-XMP</x>".to_vec();
    let segments = vec![
        draw::exif_segment(6, behind),
        (1, xmp),
        draw::icc_segment(&profile),
        (13, b"Photoshop 3.0\0PLANTED-COMMENT".to_vec()),
    ];
    let mut jpeg = Jpeg { segments, ..Jpeg::default() }.write(&rgb, width, height);
    let comment = [&[0xff, 0xfe, 0, 17][..], b"PLANTED-COMMENT"].concat();
    jpeg.splice(2..2, comment);
    let text = |word: &[u8]| draw::chunk(b"tEXt", &[b"Comment\0", word].concat());
    let png = draw::png(
        &rgb,
        width,
        height,
        &[text(b"PLANTED-COMMENT"), draw::chunk(b"eXIf", &draw::exif(6, behind)), draw::iccp(&profile)],
    );
    let webp = draw::webp(&rgb, width, height, &profile, &draw::exif(6, behind));
    for mut file in [jpeg, png, webp] {
        file.extend(b"PLANTED-TAIL");
        let prepared = door("work", Limits::default()).prepare(&file).unwrap();
        assert_eq!(prepared.facts.orientation, Orientation::TurnRight);
        assert_eq!(prepared.copies.iter().map(|copy| copy.size).collect::<Vec<_>>(), Size::ALL);
        for copy in &prepared.copies {
            for word in PLANTED {
                assert!(!copy.jpeg.windows(word.len()).any(|window| window == *word), "{:?} {copy:?}", word);
            }
            // Of the segments for applications and comments only the few bytes that say JFIF.
            let mut at = 2;
            while copy.jpeg[at + 1] != 0xda {
                let length = usize::from(u16::from_be_bytes([copy.jpeg[at + 2], copy.jpeg[at + 3]]));
                let other = matches!(copy.jpeg[at + 1], 0xe1..=0xef | 0xfe);
                assert!(!other, "segment {:x}", copy.jpeg[at + 1]);
                at += 2 + length;
            }
            let seen = open(&copy.jpeg, &small()).unwrap();
            assert_eq!((seen.width, seen.height), (copy.width, copy.height));
            assert!(copy.width.max(copy.height) <= copy.size.longest_side());
            assert!(copy.width < copy.height, "a quarter turn makes it upright");
            // A quarter turn to the right brings blue from the bottom left to the top left.
            let corner = at_corner(&seen.rgb, seen.width as usize);
            assert!(corner[2] > 150 && corner[0] < 100, "{corner:?}");
        }
        assert_eq!(prepared.copies[2].height, 320);
    }
    fn at_corner(rgb: &[u8], width: usize) -> [u8; 3] {
        at(rgb, width, width / 10, width / 10)
    }
}

#[test]
fn the_worker_gives_the_same_pixels_and_smaller_ones_when_asked() {
    let (width, height) = (300, 200);
    let rgb = skin(width, height);
    let segments = vec![draw::exif_segment(8, b"")];
    let file = Jpeg { segments, ..Jpeg::default() }.write(&rgb, width, height);
    let door = door("work", Limits::default());
    let whole = door.open(&file, u64::MAX).unwrap();
    assert_eq!(whole, open(&file, &Limits::default()).unwrap());
    let less = door.open(&file, 15_000).unwrap();
    assert_eq!((less.width, less.height), (100, 150));
    assert_eq!((less.facts.stored_width, less.facts.stored_height), (300, 200));
    let corners = [(8, 8), (91, 8), (8, 141)].map(|(x, y)| at(&less.rgb, 100, x, y));
    // A quarter turn to the left: top right to top left, bottom right to top right, top left to bottom left.
    assert!(furthest(&corners[0], &GREEN) < 20 && furthest(&corners[2], &RED) < 20, "{corners:?}");
    assert!(furthest(&corners[1], &BLUE) > 60, "{corners:?}");
}
