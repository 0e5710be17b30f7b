//! `stipple photo compare-set`: a folder of pairs, as the scorer of the measurements lays it out.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use media::Door;

use super::{
    SetArguments, answer,
    pair::{self, Compared, Failure, Loaded},
    table::{self, Point, Table},
};

/// Everything that is written at the end.
struct Written {
    points: String,
    deltas: String,
    times: String,
    real_points: String,
    real_deltas: String,
}

/// Walks the folder. Pairs that are refused are told and have no rows.
pub(super) fn run(door: &Door, arguments: &SetArguments, tell: &dyn Fn(&str)) -> Result<usize, Failure> {
    let mut written = Written {
        points: "pair,id,x,y\n".to_owned(),
        deltas: format!("pair,{}", answer::DELTAS_HEADER),
        times: "pair,seconds\n".to_owned(),
        real_points: "base,follow,id,x,y\n".to_owned(),
        real_deltas: format!("base,follow,{}", answer::DELTAS_HEADER),
    };
    let folders = folders(&arguments.folder.join("pairs"))?;
    let real = real_pairs(&arguments.folder.join("real"))?;
    if folders.is_empty() && real.is_empty() {
        return Err(Failure::Input(format!(
            "{}: neither pairs/<name>/base.jpg nor real/pairs.csv in it",
            arguments.folder.display()
        )));
    }
    let count = folders.len() + real.len();
    let mut refused = 0;
    for (at, (name, folder)) in folders.iter().enumerate() {
        tell(&format!("{} of {count}: {name}", at + 1));
        let outcome = synthetic(door, name, folder, &mut written);
        refused += told(name, outcome)?;
    }
    for (at, pair) in real.iter().enumerate() {
        let name = format!("{} to {}", pair.base, pair.follow);
        tell(&format!("{} of {count}: {name}", folders.len() + at + 1));
        let outcome = unpainted(door, &arguments.folder.join("real"), pair, &mut written);
        refused += told(&name, outcome)?;
    }
    let outputs = [
        (&arguments.out_points, &written.points),
        (&arguments.out_deltas, &written.deltas),
        (&arguments.out_times, &written.times),
        (&arguments.out_real_points, &written.real_points),
        (&arguments.out_real_deltas, &written.real_deltas),
    ];
    for (path, text) in outputs {
        if let Some(path) = path {
            table::write(path, text.as_bytes())?;
        }
    }
    Ok(refused)
}

/// 1 if the pair was refused, which is told; an error if something is wrong with the folder.
#[expect(clippy::print_stderr, reason = "what became of a pair")]
fn told(name: &str, outcome: Result<(), Failure>) -> Result<usize, Failure> {
    match outcome {
        Ok(()) => Ok(0),
        Err(Failure::Refused { code, reason }) => {
            eprintln!("{name}: refused ({code}): {reason}");
            Ok(1)
        }
        Err(Failure::Input(fault)) => Err(Failure::Input(format!("{name}: {fault}"))),
    }
}

/// Folders under `pairs` that hold a baseline, by name.
fn folders(pairs: &Path) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let mut folders = BTreeMap::new();
    if !pairs.is_dir() {
        return Ok(folders);
    }
    let told = |error| Failure::Input(format!("{}: {error}", pairs.display()));
    for entry in fs::read_dir(pairs).map_err(told)? {
        let entry = entry.map_err(told)?;
        if entry.path().join("base.jpg").is_file() {
            folders.insert(entry.file_name().to_string_lossy().into_owned(), entry.path());
        }
    }
    Ok(folders)
}

fn synthetic(door: &Door, name: &str, folder: &Path, written: &mut Written) -> Result<(), Failure> {
    let points = table::points(&table::read(&folder.join("points.csv"))?, ["id", "xb", "yb"])?;
    let started = Instant::now();
    let zones = folder.join("zones.png");
    let compared =
        pair::compare(door, &folder.join("base.jpg"), &folder.join("follow.jpg"), Some(&zones), &|_| ())?;
    let seconds = started.elapsed().as_secs_f64();
    let prefix = format!("{},", table::field(name));
    table::write_points(&mut written.points, &prefix, &compared.places(&points));
    answer::delta_rows(&mut written.deltas, &prefix, &compared);
    // Writing to a String does not fail.
    let _ = writeln!(written.times, "{prefix}{seconds:.3}");
    Ok(())
}

/// A line of `real/pairs.csv`.
struct RealPair {
    base: String,
    follow: String,
    kind: Kind,
}

enum Kind {
    Points,
    NoChange,
}

fn real_pairs(folder: &Path) -> Result<Vec<RealPair>, Failure> {
    let path = folder.join("pairs.csv");
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let wrong = |fault: String| Failure::Input(format!("{}: {fault}", path.display()));
    let table = Table::parse(&table::read(&path)?).map_err(wrong)?;
    let rows =
        table.columns(["base", "follow", "kind"]).and_then(|places| table.rows(places)).map_err(wrong)?;
    rows.into_iter()
        .map(|(line, [base, follow, kind])| {
            let kind = match kind {
                "points" => Kind::Points,
                "nochange" => Kind::NoChange,
                _ => return Err(wrong(format!("line {line}: kind is `points` or `nochange`"))),
            };
            // A name is a name in this folder, not a way out of it.
            if [base, follow].iter().any(|name| name.is_empty() || name.contains(['/', '\\'])) {
                return Err(wrong(format!("line {line}: a photograph's name without folder and ending")));
            }
            Ok(RealPair { base: base.to_owned(), follow: follow.to_owned(), kind })
        })
        .collect()
}

fn unpainted(door: &Door, folder: &Path, pair: &RealPair, written: &mut Written) -> Result<(), Failure> {
    let photograph = |name: &str| folder.join(format!("{name}.jpg"));
    let (base, follow) = (photograph(&pair.base), photograph(&pair.follow));
    let prefix = format!("{},{},", table::field(&pair.base), table::field(&pair.follow));
    match pair.kind {
        Kind::Points => {
            let text = table::read(&folder.join(format!("{}.csv", pair.base)))?;
            let points: Vec<Point> = table::points(&text, ["id", "x", "y"])?;
            let (base, follow): (Loaded, Loaded) =
                (pair::load(door, &base, "baseline")?, pair::load(door, &follow, "follow-up")?);
            let registration = pair::register(&base, &follow)?;
            let places = pair::places(&base, &follow, &registration, &points);
            table::write_points(&mut written.real_points, &prefix, &places);
        }
        Kind::NoChange => {
            let zones = folder.join(format!("{}_zones.png", pair.base));
            let compared: Compared = pair::compare(door, &base, &follow, Some(&zones), &|_| ())?;
            answer::delta_rows(&mut written.real_deltas, &prefix, &compared);
        }
    }
    Ok(())
}
