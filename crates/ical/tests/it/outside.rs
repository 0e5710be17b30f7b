//! The golden files as read by somebody else's code: Python's `icalendar` and `recurring_ical_events`.

use std::process::Command;

use crate::golden::testdata;

#[test]
fn an_outside_reader_finds_the_same_times() {
    let python = std::env::var_os("STIPPLE_TEST_PYTHON").unwrap_or_else(|| {
        panic!(
            "STIPPLE_TEST_PYTHON is not set: it names a Python that has the packages of \
             crates/ical/testdata/requirements.txt. `cargo xtask test` sets it. By hand, in the root of the project:\n  \
             python3 -m venv .venv && .venv/bin/pip install -r crates/ical/testdata/requirements.txt\n  \
             STIPPLE_TEST_PYTHON=$PWD/.venv/bin/python cargo test -p ical"
        )
    });
    let output = Command::new(&python)
        .arg(testdata().join("check.py"))
        .output()
        .unwrap_or_else(|error| panic!("STIPPLE_TEST_PYTHON={}: {error}", python.display()));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    // The script closes with what it did, so that one which checks nothing does not pass.
    assert!(out.contains("19 files, 22 events"), "{out}{err}");
}
