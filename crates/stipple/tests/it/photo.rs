//! `stipple photo` from outside: drawn pictures in, tables, JSON, a report and exit codes out.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use image::{GrayImage, Luma, RgbImage};
use photo::Photograph;
use serde_json::Value;
use tempfile::TempDir;

use crate::drawn::{Motion, OTHER, PLAIN, STILL, Skin, picture};

const SIZE: [usize; 2] = [420, 480];
const EASY: Motion = Motion { degrees: 2.0, size: 1.02, shift: [9.0, -6.0], bend: 1.5 };
/// Two zones, by their borders.
const ZONES: [[u32; 4]; 2] = [[80, 180, 90, 200], [240, 350, 250, 380]];

fn save(folder: &Path, name: &str, photograph: &Photograph) {
    let (width, height) = (photograph.width() as u32, photograph.height() as u32);
    let image = RgbImage::from_raw(width, height, photograph.rgb().to_vec()).expect("all pixels");
    image.save(folder.join(name)).expect("written");
}

fn zones(folder: &Path, name: &str, width: u32, height: u32) {
    let mut image = GrayImage::new(width, height);
    for (label, [left, right, top, below]) in (1u8..).zip(ZONES) {
        for y in top..below.min(height) {
            for x in left..right.min(width) {
                image.put_pixel(x, y, Luma([label]));
            }
        }
    }
    image.save(folder.join(name)).expect("written");
}

/// A folder with a pair that can be compared.
fn pair() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let skin = Skin::of(7);
    save(folder.path(), "base.png", &picture(SIZE, skin, STILL, PLAIN, None));
    save(folder.path(), "follow.png", &picture(SIZE, skin, EASY, OTHER, None));
    zones(folder.path(), "zones.png", SIZE[0] as u32, SIZE[1] as u32);
    fs::write(folder.path().join("points.csv"), "id,kind,xb,yb\na,grid,130,150\n\"b,2\",grid,300.5,310\n")
        .expect("written");
    folder
}

fn stipple(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stipple"));
    command.current_dir(folder).arg("photo").args(arguments).output().expect("the program runs")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

/// Rows of a CSV file without its header, which is compared.
fn rows(path: &PathBuf, header: &str) -> Vec<String> {
    let text = fs::read_to_string(path).expect("written");
    let mut lines = text.lines().map(str::to_owned);
    assert_eq!(lines.next().as_deref(), Some(header));
    lines.collect()
}

#[test]
fn a_pair_is_compared_into_tables_json_and_a_report() {
    let folder = pair();
    let output = stipple(
        folder.path(),
        &[
            "compare",
            "base.png",
            "follow.png",
            "--zones",
            "zones.png",
            "--points",
            "points.csv",
            "--out-points",
            "p.csv",
            "--out-deltas",
            "d.csv",
            "--report",
            "report",
            "--json",
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let answer = json(&output);
    assert_eq!(answer["card"], "none");
    assert!(answer["notes"].as_array().expect("notes").iter().any(|note| note["code"] == "no_card"));
    assert_eq!(answer["zones"].as_array().expect("zones").len(), 2);
    for zone in answer["zones"].as_array().expect("zones") {
        for delta in zone["deltas"].as_array().expect("measured") {
            assert!(delta["mdc"].as_f64().expect("a number") > 0.0);
        }
    }
    let deltas = rows(&folder.path().join("d.csv"), "zone,metric,delta,mdc");
    assert_eq!(deltas.len(), 18);
    assert!(deltas[0].starts_with("1,L,") && deltas[17].starts_with("2,dark_pct,"), "{deltas:?}");
    let places = rows(&folder.path().join("p.csv"), "id,x,y");
    assert_eq!(places.len(), 2);
    let numbers: Vec<f64> =
        places[0].split(',').skip(1).map(|text| text.parse().expect("a number")).collect();
    let [x, y] = EASY.there([130.0, 150.0], [SIZE[0] as f64, SIZE[1] as f64]);
    assert!((numbers[0] - x).hypot(numbers[1] - y) < 0.7, "{numbers:?} instead of {x},{y}");
    assert!(places[1].starts_with("\"b,2\","));
    let page = fs::read_to_string(folder.path().join("report/index.html")).expect("a page");
    assert!(page.contains("no change that this set-up could see") && page.contains("<table>"));
    assert!(!page.contains("style=") && !page.contains("<script>") && !page.contains("onclick"));
    for name in ["base.jpg", "follow.jpg", "report.css", "report.js"] {
        assert!(fs::metadata(folder.path().join("report").join(name)).expect(name).len() > 100);
    }
}

#[test]
fn without_zones_all_skin_is_measured_and_told_as_text() {
    let folder = pair();
    let output = stipple(folder.path(), &["compare", "base.png", "follow.png"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.starts_with("skin\n") && text.contains("Redness a*") && text.contains("+-"), "{text}");
}

#[test]
fn pictures_that_are_not_compared_say_why() {
    let folder = pair();
    save(folder.path(), "other.png", &picture(SIZE, Skin::of(99), EASY, OTHER, None));
    fs::write(folder.path().join("text.jpg"), "no picture").expect("written");
    let whole = fs::read(folder.path().join("base.png")).expect("read");
    fs::write(folder.path().join("cut.png"), &whole[..whole.len() / 2]).expect("written");
    fs::write(folder.path().join("empty.png"), "").expect("written");
    for (follow, code) in [
        ("other.png", "no_agreement"),
        ("text.jpg", "not_a_picture"),
        ("cut.png", "cut"),
        ("empty.png", "empty"),
    ] {
        let output = stipple(folder.path(), &["compare", "base.png", follow, "--out-deltas", "d.csv"]);
        assert_eq!(output.status.code(), Some(3), "{follow}: {output:?}");
        let answer = json(&output);
        assert_eq!(answer["refusal"]["code"], code, "{follow}");
        assert!(answer["refusal"]["reason"].as_str().expect("a reason").len() > 20);
        assert!(!folder.path().join("d.csv").exists(), "{follow}: nothing may be written");
    }
}

#[test]
fn what_is_wrong_with_the_input_is_told_and_nothing_is_written() {
    let folder = pair();
    let path = folder.path();
    zones(path, "small.png", 100, 100);
    GrayImage::new(SIZE[0] as u32, SIZE[1] as u32).save(path.join("black.png")).expect("written");
    RgbImage::from_pixel(SIZE[0] as u32, SIZE[1] as u32, image::Rgb([9, 0, 0]))
        .save(path.join("red.png"))
        .expect("written");
    fs::write(path.join("columns.csv"), "id,x,y\na,1,2\n").expect("written");
    fs::write(path.join("nan.csv"), "id,xb,yb\na,NaN,2\n").expect("written");
    let cases: [(&[&str], &str); 10] = [
        (&["compare", "none.png", "follow.png"], "baseline: No such file"),
        (&["compare", "base.png", "."], "follow-up: "),
        (&["compare", "base.png", "follow.png", "--zones", "small.png"], "100 by 100 pixels"),
        (&["compare", "base.png", "follow.png", "--zones", "black.png"], "no zone in it"),
        (&["compare", "base.png", "follow.png", "--zones", "red.png"], "without colours"),
        (&["compare", "base.png", "follow.png", "--zones", "points.csv"], "not a picture"),
        (
            &["compare", "base.png", "follow.png", "--points", "columns.csv", "--out-points", "p.csv"],
            "no column `xb`",
        ),
        (
            &["compare", "base.png", "follow.png", "--points", "nan.csv", "--out-points", "p.csv"],
            "line 2: `xb`",
        ),
        (&["compare", "base.png", "follow.png", "--points", "points.csv"], "--out-points"),
        (&["compare-set", "."], "neither pairs/"),
    ];
    let before = fs::read_dir(path).expect("a folder").count();
    for (arguments, told) in cases {
        let output = stipple(path, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(told), "{arguments:?}: {error}");
        assert!(output.stdout.is_empty());
    }
    assert_eq!(fs::read_dir(path).expect("a folder").count(), before);
}

#[test]
fn a_set_is_walked_without_its_truth() {
    let folder = tempfile::tempdir().expect("a folder");
    let jpeg = |path: PathBuf, photograph: &Photograph| {
        let (width, height) = (photograph.width() as u32, photograph.height() as u32);
        let image = RgbImage::from_raw(width, height, photograph.rgb().to_vec()).expect("all pixels");
        let mut file = std::io::BufWriter::new(fs::File::create(path).expect("created"));
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 95)
            .encode_image(&image)
            .expect("written");
    };
    let base = picture(SIZE, Skin::of(7), STILL, PLAIN, None);
    for (name, person) in [("same", 7), ("stranger", 99)] {
        let pair = folder.path().join("pairs").join(name);
        fs::create_dir_all(&pair).expect("a folder");
        jpeg(pair.join("base.jpg"), &base);
        jpeg(pair.join("follow.jpg"), &picture(SIZE, Skin::of(person), EASY, OTHER, None));
        zones(&pair, "zones.png", SIZE[0] as u32, SIZE[1] as u32);
        fs::write(pair.join("points.csv"), "id,xb,yb,xf,yf\n1,130,150,0,0\n").expect("written");
    }
    let real = folder.path().join("real");
    fs::create_dir_all(&real).expect("a folder");
    jpeg(real.join("one.jpg"), &base);
    jpeg(real.join("two.jpg"), &picture(SIZE, Skin::of(7), EASY, OTHER, None));
    zones(&real, "one_zones.png", SIZE[0] as u32, SIZE[1] as u32);
    fs::write(real.join("one.csv"), "id,x,y\nA,130,150\n").expect("written");
    fs::write(real.join("pairs.csv"), "base,follow,kind\none,two,points\none,two,nochange\n")
        .expect("written");
    let output = stipple(
        folder.path(),
        &[
            "compare-set",
            ".",
            "--out-points",
            "p.csv",
            "--out-deltas",
            "d.csv",
            "--out-times",
            "t.csv",
            "--out-real-points",
            "r.csv",
            "--out-real-deltas",
            "n.csv",
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("stranger: refused (no_agreement)"),
        "{output:?}"
    );
    let file = |name: &str| folder.path().join(name);
    assert!(rows(&file("p.csv"), "pair,id,x,y")[0].starts_with("same,1,"));
    assert_eq!(rows(&file("d.csv"), "pair,zone,metric,delta,mdc").len(), 18);
    assert_eq!(rows(&file("t.csv"), "pair,seconds").len(), 1);
    assert!(rows(&file("r.csv"), "base,follow,id,x,y")[0].starts_with("one,two,A,"));
    assert_eq!(rows(&file("n.csv"), "base,follow,zone,metric,delta,mdc").len(), 18);
}
