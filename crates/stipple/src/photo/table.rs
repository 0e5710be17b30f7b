//! The CSV files of `stipple photo`: points in, points and changes out.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{self, Read, Write as _},
    path::Path,
};

/// Largest file of points, bytes.
const BYTES_MAX: u64 = 16 << 20;

/// A place on the baseline whose place in the follow-up is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Point {
    pub(super) id: String,
    /// Px of the baseline; an integer is a pixel's centre.
    pub(super) x: f64,
    pub(super) y: f64,
}

/// Reads a text file of bounded size.
pub(super) fn read(path: &Path) -> Result<String, String> {
    let told = |error: io::Error| format!("{}: {error}", path.display());
    let mut text = String::new();
    let read =
        File::open(path).and_then(|file| file.take(BYTES_MAX + 1).read_to_string(&mut text)).map_err(told)?;
    if read as u64 > BYTES_MAX {
        return Err(format!("{}: more than {} MiB; split the file", path.display(), BYTES_MAX >> 20));
    }
    Ok(text)
}

/// Writes a file whole or not at all.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let mut name =
        path.file_name().ok_or_else(|| format!("{}: not a file's name", path.display()))?.to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let written = File::create(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)
    });
    written.map_err(|error| {
        // The part is of no use to anybody; that it cannot be removed changes nothing about the error.
        let _ = fs::remove_file(&part);
        format!("{}: {error}", path.display())
    })
}

/// Fields of one line: separated by commas, optionally in double quotes, a quote inside doubled.
fn fields(line: &str) -> Result<Vec<String>, &'static str> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let Some(field) = fields.last_mut() else { break };
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                field.push('"');
                characters.next();
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            ',' if !quoted => fields.push(String::new()),
            other => field.push(other),
        }
    }
    if quoted { Err("a quotation mark is not closed") } else { Ok(fields) }
}

/// A table's columns by name.
pub(super) struct Table {
    rows: Vec<(usize, Vec<String>)>,
    header: Vec<String>,
}

impl Table {
    /// Parses a table with a header line. Lines without anything are passed over.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut rows = Vec::new();
        for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            if !line.trim().is_empty() {
                let fields = fields(line).map_err(|fault| format!("line {}: {fault}", at + 1))?;
                rows.push((at + 1, fields));
            }
        }
        if rows.is_empty() {
            return Err("the file is empty; its first line names the columns".to_owned());
        }
        let (_, header) = rows.remove(0);
        let header = header.iter().map(|name| name.trim().to_owned()).collect();
        Ok(Self { rows, header })
    }

    /// Places of the named columns.
    pub(super) fn columns<const N: usize>(&self, names: [&str; N]) -> Result<[usize; N], String> {
        let mut places = [0; N];
        for (place, name) in places.iter_mut().zip(names) {
            *place = self
                .header
                .iter()
                .position(|column| column == name)
                .ok_or_else(|| format!("line 1: no column `{name}`; needed are {}", names.join(",")))?;
        }
        Ok(places)
    }

    /// Line numbers with the chosen fields of each row.
    pub(super) fn rows<const N: usize>(&self, places: [usize; N]) -> Result<Vec<(usize, [&str; N])>, String> {
        self.rows
            .iter()
            .map(|(line, fields)| {
                let mut chosen = [""; N];
                for (chosen, place) in chosen.iter_mut().zip(places) {
                    *chosen = fields.get(place).map(|field| field.trim()).ok_or_else(|| {
                        format!("line {line}: {} fields, {} are needed", fields.len(), place + 1)
                    })?;
                }
                Ok((*line, chosen))
            })
            .collect()
    }
}

/// Parses points from columns of these names.
pub(super) fn points(text: &str, names: [&str; 3]) -> Result<Vec<Point>, String> {
    let table = Table::parse(text)?;
    let rows = table.rows(table.columns(names)?)?;
    rows.into_iter()
        .map(|(line, [id, x, y])| {
            let number = |text: &str, name: &str| match text.parse::<f64>() {
                Ok(value) if value.is_finite() && value.abs() < 1e6 => Ok(value),
                _ => Err(format!("line {line}: `{name}` is not a place in px")),
            };
            if id.is_empty() {
                return Err(format!("line {line}: no id"));
            }
            Ok(Point { id: id.to_owned(), x: number(x, names[1])?, y: number(y, names[2])? })
        })
        .collect()
}

/// A field as it is written: quoted if it has to be.
pub(super) fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// Rows of `id,x,y`, each after `prefix`.
pub(super) fn write_points(text: &mut String, prefix: &str, places: &[(String, f64, f64)]) {
    for (id, x, y) in places {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{prefix}{},{x:.3},{y:.3}", field(id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["id", "xb", "yb"];

    #[test]
    fn columns_are_found_by_name_in_any_order() {
        let found = points("kind,yb,id,xb\nface,2.5,\"a,\"\"1\"\"\",1\n\ngrid,4,b,-3e0\n", NAMES).unwrap();
        let point = |id: &str, x, y| Point { id: id.to_owned(), x, y };
        assert_eq!(found, [point("a,\"1\"", 1.0, 2.5), point("b", -3.0, 4.0)]);
        let mut text = String::new();
        write_points(&mut text, "p,", &[("a,\"1\"".to_owned(), 1.0, 2.0)]);
        assert_eq!(text, "p,\"a,\"\"1\"\"\",1.000,2.000\n");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let fault = |text: &str| points(text, NAMES).unwrap_err();
        assert_eq!(fault(""), "the file is empty; its first line names the columns");
        assert_eq!(fault("id,x,y\n"), "line 1: no column `xb`; needed are id,xb,yb");
        assert_eq!(fault("id,xb,yb\na,1\n"), "line 2: 2 fields, 3 are needed");
        for wrong in ["NaN", "inf", "1e300", "", "one", "1;2"] {
            assert_eq!(fault(&format!("id,xb,yb\n\na,{wrong},2\n")), "line 3: `xb` is not a place in px");
        }
        assert_eq!(fault("id,xb,yb\n,1,2\n"), "line 2: no id");
        assert_eq!(fault("id,xb,yb\n\"a,1,2\n"), "line 2: a quotation mark is not closed");
    }

    #[test]
    fn nothing_half_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        assert!(write(&folder.path().join("none/such.csv"), b"x").is_err());
        // A folder stands where the file should go.
        fs::create_dir(folder.path().join("taken")).unwrap();
        assert!(write(&folder.path().join("taken"), b"x").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        write(&folder.path().join("good.csv"), b"x").unwrap();
        assert_eq!(fs::read(folder.path().join("good.csv")).unwrap(), b"x");
    }
}
