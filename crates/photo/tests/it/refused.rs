//! What must not get a map, and what the refusal says.

use crate::drawn::{Camera, Motion, OTHER, PLAIN, STILL, Skin, picture};
use photo::{Options, Photograph, PhotographFault, Refusal, Which, register};

const SIZE: [usize; 2] = [440, 520];

fn even(colour: [u8; 3]) -> Photograph {
    let rgb = colour.repeat(SIZE[0] * SIZE[1]);
    Photograph::from_srgb8(SIZE[0], SIZE[1], rgb).expect("a usable size")
}

/// Independent pixels around a colour.
fn grain(colour: [i32; 3], seed: u32) -> Photograph {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 25) as i32 - 64
    };
    let rgb = (0..SIZE[0] * SIZE[1]).flat_map(|_| {
        let here = next();
        colour.map(|value| (value + here).clamp(0, 255) as u8)
    });
    let rgb = rgb.collect();
    Photograph::from_srgb8(SIZE[0], SIZE[1], rgb).expect("a usable size")
}

/// Every pixel the mean of the square of `2 * radius + 1` around it.
fn blurred(sharp: &Photograph, radius: isize) -> Photograph {
    let (width, height) = (sharp.width() as isize, sharp.height() as isize);
    let mut rgb = Vec::new();
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let (mut sum, mut count) = (0, 0);
                for j in (y - radius).max(0)..=(y + radius).min(height - 1) {
                    for i in (x - radius).max(0)..=(x + radius).min(width - 1) {
                        sum += u32::from(sharp.rgb()[((j * width + i) * 3 + channel) as usize]);
                        count += 1;
                    }
                }
                rgb.push((sum / count) as u8);
            }
        }
    }
    Photograph::from_srgb8(sharp.width(), sharp.height(), rgb).expect("the same size")
}

fn refusal(base: &Photograph, follow: &Photograph) -> Refusal {
    register(base, follow, &Options::default()).map(|found| found.agreement).expect_err("a refusal")
}

#[test]
fn pictures_of_nothing_are_refused_by_name() {
    let skin = picture(SIZE, Skin::of(1), STILL, PLAIN, None);
    for colour in [[0, 0, 0], [255, 255, 255], [190, 140, 115]] {
        assert_eq!(refusal(&skin, &even(colour)), Refusal::Blank(Which::Follow));
        assert_eq!(refusal(&even(colour), &skin), Refusal::Blank(Which::Base));
    }
    assert_eq!(refusal(&skin, &grain([128, 128, 128], 1)), Refusal::NoSkin(Which::Follow));
    assert_eq!(refusal(&grain([80, 90, 150], 1), &skin), Refusal::NoSkin(Which::Base));
    assert_eq!(refusal(&skin, &blurred(&skin, 12)), Refusal::Blurred(Which::Follow));
}

#[test]
fn other_skin_is_refused() {
    for other in [2, 3, 4] {
        let base = picture(SIZE, Skin::of(1), STILL, PLAIN, None);
        let follow = picture(SIZE, Skin::of(other * 1000), STILL, OTHER, None);
        assert!(matches!(refusal(&base, &follow), Refusal::NoAgreement { .. }));
    }
    let noise = [grain([190, 140, 115], 1), grain([190, 140, 115], 2)];
    assert!(matches!(refusal(&noise[0], &noise[1]), Refusal::NoAgreement { .. }));
}

#[test]
fn other_skin_under_the_same_cloth_is_refused() {
    let base = picture(SIZE, Skin::of(1), STILL, PLAIN, Some(0.0));
    let follow = picture(SIZE, Skin::of(5000), STILL, OTHER, Some(0.0));
    assert!(matches!(refusal(&base, &follow), Refusal::NoAgreement { .. }));
}

#[test]
fn the_next_patch_of_the_same_skin_is_refused() {
    let base = picture(SIZE, Skin::of(1), STILL, PLAIN, None);
    let away = Motion { shift: [900.0, 0.0], ..STILL };
    assert!(matches!(
        refusal(&base, &picture(SIZE, Skin::of(1), away, OTHER, None)),
        Refusal::NoAgreement { .. }
    ));
}

#[test]
fn a_heavily_changed_picture_is_refused_or_right() {
    // From easy to hopeless: somewhere it has to stop, and before it stops it has to be right.
    let base = picture(SIZE, Skin::of(1), STILL, PLAIN, None);
    for (noise, fresh) in [(4.0, 0.5), (10.0, 0.8), (25.0, 0.95), (60.0, 1.0)] {
        let camera = Camera { noise, ..OTHER };
        let follow = picture(SIZE, Skin { fresh, today: 2, ..Skin::of(1) }, STILL, camera, None);
        if let Ok(found) = register(&base, &follow, &Options::default()) {
            let (x, y) = found.map.at(220.0, 260.0);
            let told = found.map.error_at(220.0, 260.0);
            assert!(
                (x - 220.0).hypot(y - 260.0) <= (3.0 * told).max(0.5),
                "noise {noise}: {x} {y}, told {told}"
            );
        }
    }
}

#[test]
fn a_refusal_says_what_to_do() {
    let refusals = [
        (Refusal::Blank(Which::Base), "blank", "baseline"),
        (Refusal::Blurred(Which::Follow), "blurred", "follow-up"),
        (Refusal::NoSkin(Which::Follow), "no-skin", "follow-up"),
        (Refusal::NoAgreement { agreement: 0.1 }, "no-agreement", "Check that the right pictures"),
    ];
    for (refusal, code, part) in refusals {
        assert_eq!(refusal.code(), code);
        assert!(refusal.to_string().contains(part), "{refusal}");
    }
}

#[test]
fn sizes_that_cannot_be_compared_are_no_photographs() {
    let make =
        |width: usize, height: usize, length: usize| Photograph::from_srgb8(width, height, vec![0; length]);
    assert_eq!(make(100, 400, 120_000), Err(PhotographFault::TooSmall));
    assert_eq!(make(5000, 400, 6_000_000), Err(PhotographFault::TooLarge));
    assert_eq!(make(2001, 2000, 12_006_000), Err(PhotographFault::TooLarge));
    assert_eq!(make(400, 400, 479_999), Err(PhotographFault::Length));
    assert!(make(160, 160, 76_800).is_ok());
}
