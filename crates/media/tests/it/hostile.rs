//! Hostile pictures through the door, each with what it has to come to, within 3 s and 128 MiB.
//!
//! `cargo nextest run -p media hostile --no-capture` prints the table of what each one cost.

use std::time::{Duration, Instant};

use jpeg_encoder::{ColorType, SamplingFactor};
use media::{DoorError, Limits};
use moxcms::ColorProfile;

use crate::{
    door,
    draw::{self, Jpeg, chunk, idat, ihdr, png_of, skin},
};

/// A name, a file, and the codes that are right for it; `ok` where it may be taken.
type Case = (&'static str, Vec<u8>, &'static [&'static str]);

const MIB: u64 = 1 << 20;

fn check(cases: Vec<Case>) {
    // Wall time on a busy machine says little, so the deadline is far off here and processor time is what counts.
    let door = door("work", Limits { time: Duration::from_secs(30), ..Limits::default() });
    for (name, file, right) in cases {
        let started = Instant::now();
        let (answer, spent) = door.prepare_metered(&file);
        let wall = started.elapsed();
        let code = match &answer {
            Ok(_) => "ok",
            Err(DoorError::Refused(refusal)) => {
                let text = refusal.to_string();
                assert!(text.len() > 20 && text.ends_with('.'), "{name}: {text}");
                refusal.code()
            }
            Err(fault) => panic!("{name}: {fault}"),
        };
        // Two buffers of the file: ours and the worker's. A worker that died had no more than its limit.
        let memory = spent.map_or(Limits::default().memory as u64, |spent| spent.memory) + file.len() as u64;
        println!(
            "{name:42} {:9} bytes  {code:18} {:5} ms  cpu {:>5} ms  {:>6} MiB",
            file.len(),
            wall.as_millis(),
            spent.map_or("-".to_owned(), |spent| (spent.cpu_us / 1000).to_string()),
            spent.map_or("-".to_owned(), |spent| format!("{:.1}", spent.memory as f64 / MIB as f64)),
        );
        assert!(right.contains(&code), "{name}: {code}");
        assert!(spent.is_none_or(|spent| spent.cpu_us < 2_000_000), "{name}: {spent:?}");
        assert!(memory <= 128 * MIB, "{name}: {memory}");
    }
}

fn small_jpeg() -> Vec<u8> {
    draw::jpeg(&skin(64, 48), 64, 48)
}

/// The place of the first marker of this kind.
fn marker(file: &[u8], kind: u8) -> usize {
    file.windows(2).position(|pair| pair == [0xff, kind]).unwrap()
}

/// A JPEG whose frame header claims this size.
fn claiming(mut file: Vec<u8>, kind: u8, width: u16, height: u16) -> Vec<u8> {
    let at = marker(&file, kind);
    file[at + 5..at + 7].copy_from_slice(&height.to_be_bytes());
    file[at + 7..at + 9].copy_from_slice(&width.to_be_bytes());
    file
}

/// A progressive JPEG of this size with empty blocks and this many scans that all refine nothing.
fn many_scans(width: usize, height: usize, scans: usize) -> Vec<u8> {
    let plain = Jpeg { progressive: Some(4), ..Jpeg::default() };
    let mut file = plain.write(&vec![128; 3 * width * height], width, height);
    let last = file.windows(2).rposition(|pair| pair == [0xff, 0xda]).unwrap();
    let scan = file[last..file.len() - 2].to_vec();
    let end = file.len() - 2;
    file.splice(end..end, std::iter::repeat_n(scan, scans).flatten());
    file
}

#[test]
fn hostile_jpeg() {
    let jpeg = small_jpeg();
    let with = |segment: (u8, Vec<u8>)| {
        Jpeg { segments: vec![segment], ..Jpeg::default() }.write(&skin(64, 48), 64, 48)
    };
    let profile = ColorProfile::new_display_p3().encode().unwrap();
    let broken: Vec<u8> =
        profile.iter().enumerate().map(|(nth, byte)| if nth > 140 { 0xff } else { *byte }).collect();
    let part =
        |nth: u8, of: u8, size: usize| (2, [&b"ICC_PROFILE\0"[..], &[nth, of], &vec![7; size]].concat());
    let huge = Jpeg { segments: (1..=30).map(|nth| part(nth, 30, 65_000)).collect(), ..Jpeg::default() };
    let cmyk = Jpeg::default().write_as(ColorType::Cmyk, &vec![90; 4 * 64 * 48], 64, 48);
    let arithmetic = {
        let mut file = jpeg.clone();
        let at = marker(&file, 0xc0);
        file[at + 1] = 0xc9;
        file
    };
    let twelve_bits = {
        let mut file = jpeg.clone();
        let at = marker(&file, 0xc0);
        file[at + 4] = 12;
        file
    };
    // Directories that lead to each other, and a count that leads far behind the end.
    let loop_in_exif =
        with((1, b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x87\x69\0\x04\0\0\0\x01\0\0\0\x08".to_vec()));
    let far_in_exif = with((1, b"Exif\0\0II*\0\xff\xff\xff\xff\xff\xff".to_vec()));
    let no_table = {
        let mut file = jpeg.clone();
        let at = marker(&file, 0xc4);
        let length = usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]]));
        file.drain(at..at + 2 + length);
        file
    };
    // Three codes of one bit each.
    let full_table = [&jpeg[..2], &[0xff, 0xc4, 0, 22, 0, 3], &[0; 15], &[1, 2, 3], &jpeg[2..]].concat();
    let zip_behind = [&jpeg[..], b"PK\x03\x04payload PK\x05\x06"].concat();
    let comments =
        [&jpeg[..2], &[&[0xff, 0xfe, 0xff, 0xff][..], &[b'<'; 65_533]].concat().repeat(200), &jpeg[2..]];
    check(vec![
        ("jpeg, claims 65,500 x 65,500", claiming(jpeg.clone(), 0xc0, 65_500, 65_500), &["side_too_long"]),
        ("jpeg, claims 16,000 x 16,000", claiming(jpeg.clone(), 0xc0, 16_000, 16_000), &["too_many_pixels"]),
        ("jpeg, claims 5,000 x 5,000", claiming(jpeg.clone(), 0xc0, 5_000, 5_000), &["damaged"]),
        ("jpeg, claims 64 x 0", claiming(jpeg.clone(), 0xc0, 64, 0), &["too_small"]),
        ("jpeg, 1 x 16,000", Jpeg::default().write(&vec![9; 3 * 16_000], 1, 16_000), &["too_small"]),
        ("jpeg, 16 x 16,000", Jpeg::default().write(&vec![9; 48 * 16_000], 16, 16_000), &["ok"]),
        ("jpeg, 5,000 scans of 64 x 48", many_scans(64, 48, 5_000), &["damaged", "too_heavy"]),
        ("jpeg, 45 scans too many of 4,000 x 4,000", many_scans(4_000, 4_000, 45), &["damaged"]),
        ("jpeg, CMYK", cmyk, &["colours_not_taken"]),
        ("jpeg, arithmetic coding", arithmetic, &["variant_not_taken"]),
        ("jpeg, 12 bits", twelve_bits, &["variant_not_taken"]),
        ("jpeg, EXIF leads in a circle", loop_in_exif, &["ok"]),
        ("jpeg, EXIF leads behind the end", far_in_exif, &["ok"]),
        ("jpeg, broken profile", with(draw::icc_segment(&broken)), &["damaged"]),
        ("jpeg, profile of noise", with(draw::icc_segment(&[0x55; 4_000])), &["damaged"]),
        ("jpeg, profile of 2 MB", huge.write(&skin(64, 48), 64, 48), &["damaged"]),
        ("jpeg, second part of a profile alone", with(part(2, 2, 500)), &["damaged"]),
        ("jpeg, a code table is missing", no_table, &["damaged"]),
        ("jpeg, a code table with too many codes", full_table, &["damaged"]),
        ("jpeg, ZIP archive behind the end", zip_behind, &["ok"]),
        ("jpeg, 13 MB of comments", comments.concat(), &["ok"]),
        ("jpeg, start mark alone", vec![0xff, 0xd8], &["cut"]),
        ("jpeg, start marks without end", [0xff, 0xd8].repeat(500_000), &["damaged"]),
        ("jpeg, fill bytes without end", [vec![0xff, 0xd8], vec![0xff; 10_000_000]].concat(), &["cut"]),
    ]);
}

/// 64 MiB of zeros, packed into 320 KB.
fn zeros() -> Vec<u8> {
    fdeflate::compress_to_vec(&vec![0; 64 << 20])
}

/// A right header and right data for 64 by 48 pixels, to put something hostile between.
fn head() -> Vec<u8> {
    ihdr(64, 48, 8, 2, 0)
}

fn data() -> Vec<u8> {
    idat(skin(64, 48).chunks_exact(192))
}

fn between(chunk: Vec<u8>) -> Vec<u8> {
    png_of(&[head(), chunk, data()])
}

#[test]
fn hostile_png_sizes() {
    let row = [0_u8; 3 * 64];
    let claiming =
        |width, height| png_of(&[ihdr(width, height, 8, 2, 0), idat(std::iter::repeat_n(&row[..], 48))]);
    let of_zeros = |header| png_of(&[header, chunk(b"IDAT", &zeros())]);
    check(vec![
        ("png, claims 100,000 x 100,000", claiming(100_000, 100_000), &["side_too_long"]),
        ("png, claims 2^32-1 each", claiming(u32::MAX, u32::MAX), &["side_too_long"]),
        ("png, claims 16,000 x 16,000", claiming(16_000, 16_000), &["too_many_pixels"]),
        ("png, 4,900 x 4,900, 64 MiB of 72", of_zeros(ihdr(4_900, 4_900, 8, 2, 0)), &["damaged"]),
        (
            "png, 16 bits interlaced 4,900 x 4,900",
            of_zeros(ihdr(4_900, 4_900, 16, 6, 1)),
            &["too_many_pixels"],
        ),
        ("png, 64 MiB for 64 x 48", of_zeros(head()), &["ok"]),
        ("png, too few rows", claiming(64, 49), &["damaged"]),
        ("png, 0 x 48", claiming(0, 48), &["too_small"]),
        ("png, 1 x 16,000", claiming(1, 16_000), &["too_small"]),
    ]);
}

#[test]
fn hostile_png_side_data() {
    let profile = |packed: &[u8]| chunk(b"iCCP", &[b"p\0\0", packed].concat());
    let bomb = |kind, start: &[u8]| chunk(kind, &[start, &zeros()].concat());
    let mut cmyk = ColorProfile::new_srgb().encode().unwrap();
    cmyk[16..20].copy_from_slice(b"CMYK");
    let texts = chunk(b"tEXt", b"Comment\0x").repeat(100_000);
    let linear = 100_000_u32.to_be_bytes();
    check(vec![
        ("png, profile unpacks to 64 MiB", between(profile(&zeros())), &["damaged"]),
        ("png, profile of noise", between(draw::iccp(&[9; 3_000])), &["damaged"]),
        ("png, profile for CMYK", between(draw::iccp(&cmyk)), &["colours_not_taken"]),
        ("png, profile is not packed", between(profile(&[0xff; 99])), &["damaged"]),
        ("png, zTXt unpacks to 64 MiB", between(bomb(b"zTXt", b"Comment\0\0")), &["ok"]),
        ("png, iTXt unpacks to 64 MiB", between(bomb(b"iTXt", b"a\0\x01\0\0\0")), &["ok"]),
        ("png, 100,000 texts", between(texts), &["ok"]),
        ("png, HDR by cICP", between(chunk(b"cICP", &[9, 16, 0, 1])), &["colours_not_taken"]),
        ("png, linear by gAMA", between(chunk(b"gAMA", &linear)), &["colours_not_taken"]),
        ("png, EXIF of noise", between(chunk(b"eXIf", &[0x4d; 60_000])), &["ok"]),
    ]);
}

#[test]
fn hostile_png_structure() {
    let mut wrong_sum = draw::png(&skin(64, 48), 64, 48, &[]);
    let place = wrong_sum.len() - 20;
    wrong_sum[place] ^= 1;
    let text = || chunk(b"tEXt", b"a\0b");
    let indexed = idat(std::iter::repeat_n(&[0_u8; 64][..], 48));
    check(vec![
        ("png, animated", between(chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0])), &["animated"]),
        ("png, checksum wrong", wrong_sum, &["damaged"]),
        ("png, unknown chunk that is needed", between(chunk(b"QQQQ", b"x")), &["damaged"]),
        ("png, two headers", between(head()), &["damaged"]),
        ("png, no header", png_of(&[data()]), &["damaged"]),
        ("png, no data", png_of(&[head()]), &["damaged"]),
        ("png, data in two places", png_of(&[head(), data(), text(), data()]), &["damaged"]),
        ("png, palette is missing", png_of(&[ihdr(64, 48, 8, 3, 0), indexed]), &["damaged"]),
        ("png, depth of 3 bits", png_of(&[ihdr(64, 48, 3, 2, 0), data()]), &["damaged"]),
        ("png, signature alone", b"\x89PNG\r\n\x1a\n".to_vec(), &["cut"]),
    ]);
}

/// The picture of a lossless and of a lossy WebP of 64 by 48 pixels, as chunks.
fn lossless() -> (&'static [u8; 4], Vec<u8>) {
    (b"VP8L", draw::webp(&skin(64, 48), 64, 48, &[], &[])[20..].to_vec())
}

fn lossy() -> (&'static [u8; 4], Vec<u8>) {
    (b"VP8 ", include_bytes!("../../testdata/lossy.webp")[20..].to_vec())
}

fn canvas(flags: u8, width: u32, height: u32) -> (&'static [u8; 4], Vec<u8>) {
    let (w, h) = ((width - 1).to_le_bytes(), (height - 1).to_le_bytes());
    (b"VP8X", vec![flags, 0, 0, 0, w[0], w[1], w[2], h[0], h[1], h[2]])
}

#[test]
fn hostile_webp_sizes() {
    let lossless_of = |side: u32, behind: &[u8]| {
        let bits = (side - 1) | (side - 1) << 14;
        draw::webp_of(&[(b"VP8L", [&[0x2f][..], &bits.to_le_bytes(), behind].concat())])
    };
    let claiming = |side: u16| {
        let (kind, mut content) = lossy();
        content[6..8].copy_from_slice(&side.to_le_bytes());
        content[8..10].copy_from_slice(&side.to_le_bytes());
        (kind, content)
    };
    let mut dice = draw::Dice(5);
    let noise: Vec<u8> = (0..3_000_000).map(|_| dice.roll(256) as u8).collect();
    let vast = draw::webp_of(&[canvas(0, 1 << 24, 1 << 24), lossless()]);
    check(vec![
        ("webp, canvas of 2^24 x 2^24", vast, &["damaged"]),
        ("webp, canvas other than picture", draw::webp_of(&[canvas(0, 65, 48), lossless()]), &["damaged"]),
        (
            "webp, picture larger than canvas",
            draw::webp_of(&[canvas(0, 64, 48), claiming(16_383)]),
            &["damaged"],
        ),
        ("webp, lossless 16,384 x 16,384", lossless_of(16_384, &[0; 100]), &["too_many_pixels"]),
        ("webp, lossless 4,000 x 4,000", lossless_of(4_000, &[0; 100]), &["too_many_pixels"]),
        ("webp, lossless 3,500 x 3,500 of zeros", lossless_of(3_500, &[0; 100]), &["damaged"]),
        ("webp, lossless 3,500 x 3,500 of noise", lossless_of(3_500, &noise), &["damaged"]),
        ("webp, lossy claims 16,383 x 16,383", draw::webp_of(&[claiming(16_383)]), &["too_many_pixels"]),
        ("webp, lossy claims 4,000 x 4,000", draw::webp_of(&[claiming(4_000)]), &["damaged"]),
        ("webp, lossy claims 0 x 0", draw::webp_of(&[claiming(0)]), &["too_small"]),
    ]);
}

#[test]
fn hostile_webp_structure() {
    let plain = draw::webp_of(&[lossless()]);
    let profile = |size: usize| draw::webp_of(&[canvas(0x20, 64, 48), (b"ICCP", vec![3; size]), lossless()]);
    let animated = include_bytes!("../../testdata/animated.webp").to_vec();
    let long_chunk = [&plain[..16], &[0xff, 0xff, 0xff, 0x7f], &plain[20..]].concat();
    check(vec![
        ("webp, animated", animated, &["animated"]),
        ("webp, two pictures", draw::webp_of(&[lossless(), lossless()]), &["damaged"]),
        ("webp, no picture", draw::webp_of(&[canvas(0, 64, 48)]), &["damaged"]),
        ("webp, profile of 2 MB", profile(2 << 20), &["damaged"]),
        ("webp, profile of noise", profile(999), &["damaged"]),
        (
            "webp, promises opacity and has none",
            draw::webp_of(&[canvas(0x10, 64, 48), lossy()]),
            &["damaged"],
        ),
        ("webp, length of the file is a lie", [&plain[..4], &[0xff; 4], &plain[8..]].concat(), &["cut"]),
        ("webp, length of a chunk is a lie", long_chunk, &["damaged"]),
        ("webp, script behind the end", [&plain[..], b"<script>alert(1)</script>"].concat(), &["ok"]),
    ]);
}

#[test]
fn hostile_other_kinds() {
    let ftyp = |brand: &[u8]| [&b"\0\0\0\x18ftyp"[..], brand, &[0; 400]].concat();
    let taken = Limits::default().bytes;
    check(vec![
        ("nothing", Vec::new(), &["empty"]),
        ("heic", ftyp(b"heic"), &["format_not_taken"]),
        ("heif", ftyp(b"mif1"), &["format_not_taken"]),
        ("avif", ftyp(b"avif"), &["format_not_taken"]),
        ("mp4", ftyp(b"isom"), &["format_not_taken"]),
        ("gif", b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(), &["format_not_taken"]),
        ("tiff", b"II*\0\x08\0\0\0".to_vec(), &["format_not_taken"]),
        ("bmp", b"BM\x1e\0\0\0\0\0".to_vec(), &["format_not_taken"]),
        (
            "svg",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec(),
            &["format_not_taken"],
        ),
        (
            "svg after blanks and a mark",
            b"\xef\xbb\xbf \n<?xml version='1.0'?><svg/>".to_vec(),
            &["format_not_taken"],
        ),
        ("html", b"<!doctype html><script>alert(1)</script>".to_vec(), &["format_not_taken"]),
        ("pdf", b"%PDF-1.7\n".to_vec(), &["format_not_taken"]),
        ("zip", b"PK\x03\x04".to_vec(), &["format_not_taken"]),
        ("jpeg xl", b"\xff\x0a\0\0".to_vec(), &["format_not_taken"]),
        ("program", b"\x7fELF\x02\x01\x01".to_vec(), &["not_a_picture"]),
        ("zeros", vec![0; 1 << 20], &["not_a_picture"]),
        ("one byte too many", vec![0xff; taken + 1], &["too_many_bytes"]),
        ("as many bytes as are taken", vec![0xff; taken], &["not_a_picture"]),
    ]);
}

/// The largest photographs that are taken, with as much detail as fits: these are not hostile, and must not be refused.
#[test]
fn hostile_limits_leave_room_for_photographs() {
    let (width, height) = (5_712, 4_284);
    let mut rgb = skin(width / 4, height / 4);
    rgb = rgb
        .chunks_exact(3 * (width / 4))
        .flat_map(|row| {
            let wide: Vec<u8> = row.chunks_exact(3).flat_map(|pixel| pixel.repeat(4)).collect();
            wide.repeat(4)
        })
        .collect();
    let file = |kind: Jpeg| kind.write(&rgb, width, height);
    let turned = Jpeg { segments: vec![draw::exif_segment(6, b"")], ..Jpeg::default() };
    let p3 = ColorProfile::new_display_p3().encode().unwrap();
    let phone = Jpeg {
        segments: vec![draw::exif_segment(6, b""), draw::icc_segment(&p3)],
        sampling: SamplingFactor::F_2_2,
        ..Jpeg::default()
    };
    check(vec![
        ("photograph, 24 MP, turned", file(turned), &["ok"]),
        ("photograph, 24 MP, turned, Display P3", file(phone), &["ok"]),
    ]);
}
