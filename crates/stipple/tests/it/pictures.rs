//! The hidden worker of the real program, behind a door.

use std::{
    io::Write,
    process::{Command, Stdio},
    time::Duration,
};

use media::{Door, DoorError, Limits, Refusal};

const STIPPLE: &str = env!("CARGO_BIN_EXE_stipple");

fn door() -> Door {
    // The deadline is far off, because a test machine may be busy.
    let limits = Limits { time: Duration::from_secs(30), ..Limits::default() };
    Door::new(STIPPLE.into(), vec!["media-worker".into()], 1, limits)
}

/// A grey PNG of 32 by 32 pixels, which is small enough to write by hand: stored blocks, no filter.
fn png() -> Vec<u8> {
    let rows = [&[0_u8][..], &[128; 32]].concat().repeat(32);
    let length = rows.len() as u16;
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in &rows {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    let data = [
        &[0x78, 0x01, 0x01][..],
        &length.to_le_bytes(),
        &(!length).to_le_bytes(),
        &rows,
        &(high << 16 | low).to_be_bytes(),
    ]
    .concat();
    let chunk = |kind: &[u8; 4], content: &[u8]| {
        let body = [&kind[..], content].concat();
        [&(content.len() as u32).to_be_bytes()[..], &body, &crc(&body).to_be_bytes()].concat()
    };
    let head = [0, 0, 0, 32, 0, 0, 0, 32, 8, 0, 0, 0, 0];
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &head), &chunk(b"IDAT", &data), &chunk(b"IEND", b"")].concat()
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte),
            |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 },
        )
    })
}

#[test]
fn the_program_decodes_for_itself() {
    let picture = door().open(&png(), u64::MAX).unwrap();
    assert_eq!((picture.width, picture.height), (32, 32));
    assert!(picture.rgb.iter().all(|value| *value == 128));
    let cut = door().open(&png()[..200], u64::MAX);
    assert!(matches!(cut, Err(DoorError::Refused(Refusal::Damaged(..)))), "{cut:?}");
}

#[test]
fn the_worker_is_hidden_and_says_whose_it_is() {
    let help = Command::new(STIPPLE).arg("--help").output().unwrap();
    assert!(!String::from_utf8_lossy(&help.stdout).contains("media"));
    let mut alone = Command::new(STIPPLE)
        .arg("media-worker")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    alone.stdin.take().unwrap().write_all(b"hello").unwrap();
    let output = alone.wait_with_output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("started by the program itself"));
}
