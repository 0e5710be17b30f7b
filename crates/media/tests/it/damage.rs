//! Damaged files: cut anywhere, cut and mended, with bytes taken out or bits turned. None may come out half.

use jpeg_encoder::SamplingFactor;
use media::{Format, Refusal, open};

use crate::{
    draw::{self, Dice, Jpeg, skin},
    small,
};

const WIDTH: usize = 40;
const HEIGHT: usize = 32;

fn files() -> Vec<(&'static str, Vec<u8>)> {
    let rgb = skin(WIDTH, HEIGHT);
    let jpeg = |progressive, restart| {
        let kind = Jpeg { progressive, restart, sampling: SamplingFactor::F_2_2, ..Jpeg::default() };
        kind.write(&rgb, WIDTH, HEIGHT)
    };
    vec![
        ("baseline", jpeg(None, 0)),
        ("baseline with restarts", jpeg(None, 2)),
        ("progressive", jpeg(Some(6), 0)),
        ("png", draw::png(&rgb, WIDTH, HEIGHT, &[])),
        ("webp", draw::webp(&rgb, WIDTH, HEIGHT, &[], &[])),
        ("webp, lossy", include_bytes!("../../testdata/lossy.webp").to_vec()),
        ("webp, lossy, transparent", include_bytes!("../../testdata/lossy-alpha.webp").to_vec()),
    ]
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    for (name, file) in files() {
        assert!(open(&file, &small()).is_ok(), "{name}");
        for end in 0..file.len() {
            let refusal = open(&file[..end], &small()).expect_err(name);
            // A few bytes are not enough to tell what it was.
            let fine = matches!(refusal.code(), "cut" | "damaged") || end < 16;
            assert!(fine, "{name} cut at {end} of {}: {refusal}", file.len());
        }
    }
}

#[test]
fn a_jpeg_that_was_cut_and_given_an_end_mark_is_refused() {
    for (name, file) in files().into_iter().take(3) {
        let start = file.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
        for end in start..file.len() - 2 {
            let mended = [&file[..end], &[0xff, 0xd9]].concat();
            assert!(open(&mended, &small()).is_err(), "{name} mended at {end} of {}", file.len());
        }
    }
}

#[test]
fn a_webp_that_was_cut_and_given_a_new_length_is_refused() {
    for (name, file) in files().into_iter().skip(4) {
        let mut refused = 0;
        let ends = 30..file.len() - 2;
        for end in ends.clone() {
            let mut mended = file[..end].to_vec();
            mended[4..8].copy_from_slice(&((end - 8) as u32).to_le_bytes());
            refused += usize::from(open(&mended, &small()).is_err());
        }
        assert_eq!(refused, ends.len(), "{name}");
    }
}

/// How many of the changed files are refused, in percent.
fn refused(file: &[u8], tries: usize, mut change: impl FnMut(&mut Vec<u8>, &mut Dice)) -> f64 {
    let mut dice = Dice(11);
    let mut refused = 0;
    for _ in 0..tries {
        let mut changed = file.to_vec();
        change(&mut changed, &mut dice);
        match open(&changed, &small()) {
            Ok(picture) => {
                assert_eq!(picture.rgb.len(), 3 * picture.width as usize * picture.height as usize)
            }
            Err(_) => refused += 1,
        }
    }
    100.0 * refused as f64 / tries as f64
}

/// Takes out so many bytes somewhere, at least one and less than `most`.
fn take_out(most: usize) -> impl FnMut(&mut Vec<u8>, &mut Dice) {
    move |file, dice| {
        let length = (1 + dice.roll(most)).min(file.len() - 4);
        let from = 2 + dice.roll(file.len() - 2 - length);
        file.drain(from..from + length);
    }
}

#[expect(clippy::ptr_arg, reason = "one type with the other changes")]
fn turn_a_bit(file: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.roll(file.len());
    file[at] ^= 1 << dice.roll(8);
}

#[test]
fn every_changed_byte_of_a_png_is_found() {
    let (_, png) = files().into_iter().find(|(name, _)| *name == "png").unwrap();
    assert_eq!(refused(&png, 500, take_out(64)), 100.0);
    assert_eq!(refused(&png, 2_000, turn_a_bit), 100.0);
}

#[test]
fn bytes_taken_out_of_a_jpeg_are_found() {
    let (width, height) = (400, 300);
    let rgb = skin(width, height);
    for (progressive, restart) in [(None, 0), (None, 5), (Some(6), 0)] {
        let file = Jpeg { progressive, restart, ..Jpeg::default() }.write(&rgb, width, height);
        // A lost block of a disk or of a transfer has hundreds of bytes; there the blocks of the picture do not add up.
        // A few bytes can be lost inside one block, and JPEG, having no checksum, then often shows nothing but a wrong
        // block; what is asked there is only that it ends well.
        for (most, least_share) in [(2_048, 97.0), (64, 0.0), (8, 0.0)] {
            let share = refused(&file, 300, take_out(most));
            println!("{progressive:?} {restart}: up to {most} bytes taken out, {share:.1} % refused");
            assert!(share >= least_share, "{progressive:?} {restart}, up to {most}: {share}");
        }
    }
}

#[test]
fn turned_bits_never_do_more_than_change_a_picture() {
    for (name, file) in files() {
        let share = refused(&file, 2_000, turn_a_bit);
        println!("{name}: {share:.1} % of files with a turned bit are refused");
    }
}

#[test]
fn noise_behind_a_right_beginning_never_does_more_than_fail() {
    let mut dice = Dice(23);
    for (name, file) in files() {
        for _ in 0..300 {
            let keep = 2 + dice.roll(file.len() - 2);
            let mut noise = file[..keep].to_vec();
            noise.extend((0..dice.roll(2_000)).map(|_| dice.roll(256) as u8));
            if let Err(refusal) = open(&noise, &small()) {
                assert!(!refusal.to_string().is_empty(), "{name}");
            }
        }
    }
}

#[test]
fn what_lies_behind_the_end_does_not_matter() {
    for (name, mut file) in files() {
        let picture = open(&file, &small()).unwrap();
        file.extend(b"PK\x03\x04 <script>alert(1)</script> \xff\xd8\xff\xe0");
        assert_eq!(open(&file, &small()).unwrap(), picture, "{name}");
    }
}

#[test]
fn empty_and_foreign_files_are_named() {
    assert_eq!(open(b"", &small()), Err(Refusal::Empty));
    assert_eq!(open(b"hello", &small()), Err(Refusal::Unknown));
    assert_eq!(open(&[0xff, 0xd8], &small()).unwrap_err().code(), "cut");
    let webp = open(b"RIFF\x04\0\0\0WEBP", &small()).unwrap_err();
    assert!(matches!(webp, Refusal::Damaged(Format::Webp, _)), "{webp}");
}
