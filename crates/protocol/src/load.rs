//! Loads a protocol from a folder: the only place of this crate that reads files.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use crate::{model::Protocol, problem::Problem};

/// The most files of one protocol.
pub(crate) const FILES_MAX: usize = 100;
/// The largest file, in bytes.
pub(crate) const FILE_SIZE_MAX: u64 = 1 << 20;

/// Why a folder gave no protocol.
#[derive(Debug)]
pub enum LoadError {
    /// A file or folder could not be read.
    Unreadable(PathBuf, io::Error),
    /// There are too many files, or one is too large.
    TooLarge(PathBuf, String),
    /// The files were read and are wrong; all problems of all files.
    Wrong(Vec<Problem>),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, error) => write!(f, "{}: cannot be read: {error}", path.display()),
            Self::TooLarge(path, limit) => write!(f, "{}: {limit}", path.display()),
            Self::Wrong(problems) => {
                let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
        }
    }
}

impl std::error::Error for LoadError {}

/// Reads every `.toml` and `.md` file of a folder, not of folders inside it.
///
/// # Errors
///
/// [`LoadError`] if a file cannot be read, is over the limits (100 files, 1 MiB each) or has problems.
pub fn load_dir(folder: &Path) -> Result<Protocol, LoadError> {
    let files = read_dir(folder)?;
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Protocol::parse(&files).map_err(LoadError::Wrong)
}

/// The name and text of every `.toml` and `.md` file of a folder, in the order of names: what [`Protocol::parse`] takes.
///
/// # Errors
///
/// [`LoadError`] if a file cannot be read or is over the limits.
pub fn read_dir(folder: &Path) -> Result<Vec<(String, String)>, LoadError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |error| LoadError::Unreadable(path, error)
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        let is_ours = path.extension().is_some_and(|extension| extension == "toml" || extension == "md");
        let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|_| is_ours) else {
            continue;
        };
        if files.len() == FILES_MAX {
            return Err(LoadError::TooLarge(folder.to_owned(), format!("more than {FILES_MAX} files")));
        }
        let size = fs::metadata(&path).map_err(unreadable(&path))?.len();
        if size > FILE_SIZE_MAX {
            return Err(LoadError::TooLarge(path, format!("larger than {FILE_SIZE_MAX} bytes")));
        }
        let text = fs::read_to_string(&path).map_err(unreadable(&path))?;
        files.push((name.to_owned(), text));
    }
    files.sort();
    Ok(files)
}
