//! Makes the table of bundled assets. A release carries the files inside; a debug build reads them from disk, so
//! that a new style sheet shows without a new compile.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=assets/dist");
    println!("cargo::rerun-if-changed=build.rs");
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let dist = Path::new(&root).join("assets/dist");
    let embeds = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let manifest = fs::read_to_string(dist.join("manifest.txt"));
    if manifest.is_err() && embeds {
        println!(
            "cargo::error=styles and scripts are not built: run `cargo xtask demo`, or `npm ci && npm run build` in crates/web/assets"
        );
        return;
    }
    let mut table = String::from("pub(super) const EMBEDDED: &[(&str, &str, &[u8], &[u8], &[u8])] = &[\n");
    if embeds {
        for line in manifest.iter().flat_map(|text| text.lines()) {
            let Some((name, served)) = line.split_once(' ') else { continue };
            let bytes = |suffix: &str| {
                let path = dist.join(format!("{served}{suffix}"));
                if path.exists() {
                    format!("include_bytes!({:?})", path.display().to_string())
                } else {
                    "&[]".into()
                }
            };
            let (plain, gzip, brotli) = (bytes(""), bytes(".gz"), bytes(".br"));
            writeln!(table, "    ({name:?}, {served:?}, {plain}, {gzip}, {brotli}),")
                .expect("writing to a string");
        }
    }
    table.push_str("];\n");
    let out = env::var("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join("assets.rs"), table).expect("OUT_DIR is writable");
}
