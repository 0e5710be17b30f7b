//! A worker for the tests of the door: it does its work, or goes wrong in the way its argument names.

use std::io::{Read, Write};

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
        "abort" => std::process::abort(),
        "panic" => panic!("on purpose"),
        // What of the environment it was given, as its exit code.
        "environment" => return u8::from(std::env::vars_os().count() > 0).into(),
        _ => {}
    }
    0.into()
}
