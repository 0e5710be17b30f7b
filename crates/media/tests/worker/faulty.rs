//! A worker for the tests of the door: it does its work, or goes wrong in the way its argument names.

use std::{
    io::{Read, Write},
    path::PathBuf,
};

use media::{
    Chance, Colours, Copy, Facts, Format, KeyRing, MasterKey, Orientation, Place, Prepared, Shelf, Size,
};
use vocab::{ClinicId, PatientId, PictureId};

fn main() -> std::process::ExitCode {
    let fault = std::env::args().nth(1).unwrap_or_default();
    let mut input = std::io::stdin();
    match fault.as_str() {
        "work" => return media::worker::run().map_or(1.into(), |()| 0.into()),
        // Neither reads nor writes nor ends.
        "hang" => loop {
            std::thread::park();
        },
        // Reads everything and then says nothing.
        "brood" => {
            let _ = input.read_to_end(&mut Vec::new());
            loop {
                std::thread::park();
            }
        }
        // Writes without end what is no answer.
        "babble" => while std::io::stdout().write_all(&[0x5a; 4096]).is_ok() {},
        // Begins like an answer that claims to be larger than anything.
        "boast" => {
            let _ = std::io::stdout().write_all(&[0xd7, 0, 0, 1, 0]);
            let _ = std::io::stdout().write_all(&[0xff; 4096]);
        }
        // Ends in the middle of an answer.
        "stop" => {
            let _ = std::io::stdout().write_all(&[0xd7, 0, 0, 1, 0, 9, 0]);
        }
        // Keeps within its limits as the real one does, and wants more memory than they allow.
        "eat" => {
            let _ = media::worker::limit_process(&media::Limits::default());
            let mut eaten = Vec::new();
            loop {
                eaten.push(vec![1_u8; 1 << 20]);
            }
        }
        // Tries to write a file and to start a process within its limits; the exit code counts what worked.
        "stray" => {
            let written = || std::fs::write("/tmp/media-faulty-worker", b"x").is_ok();
            let started = || std::process::Command::new("/bin/true").spawn().is_ok();
            let _ = media::worker::limit_process(&media::Limits::default());
            return (u8::from(written()) + u8::from(started())).into();
        }
        "keep" => keep(),
        "abort" => std::process::abort(),
        "panic" => panic!("on purpose"),
        // What of the environment it was given, as its exit code.
        "environment" => return u8::from(std::env::vars_os().count() > 0).into(),
        _ => {}
    }
    0.into()
}

/// Chance that differs in each process, so that two runs do not repeat each other's nonces.
struct Drawn;

impl Chance for Drawn {
    fn fill(&self, bytes: &mut [u8]) {
        let mut source = std::fs::File::open("/dev/urandom").expect("a source of chance");
        source.read_exact(bytes).expect("chance");
    }
}

/// Keeps pictures on the shelf of the named folder without end, and says after each that it is kept.
#[expect(clippy::print_stdout, reason = "the test counts the lines")]
fn keep() {
    let folder = PathBuf::from(std::env::args().nth(2).expect("a folder"));
    let first: u128 = std::env::args().nth(3).and_then(|number| number.parse().ok()).expect("a number");
    let current = MasterKey::load(&folder.join("master.key")).expect("the master key");
    let ring = KeyRing { current, earlier: Vec::new() };
    let shelf = Shelf::open(&folder.join("pictures"), folder.join("keys"), ring).expect("a shelf");
    let (clinic, original) = (ClinicId::from_bits(1), vec![0x5a; 300_000]);
    let facts = Facts {
        format: Format::Jpeg,
        stored_width: 64,
        stored_height: 64,
        orientation: Orientation::Upright,
        colours: Colours::Assumed,
    };
    let copy = |size| Copy { size, width: 64, height: 64, jpeg: vec![size as u8; 70_000] };
    let prepared = Prepared { facts, copies: Size::ALL.map(copy).to_vec() };
    for nth in first.. {
        let place =
            Place { clinic, patient: PatientId::from_bits(nth / 4), picture: PictureId::from_bits(nth) };
        shelf.keep(place, &original, &prepared, &Drawn).expect("kept");
        println!("{nth}");
    }
}
