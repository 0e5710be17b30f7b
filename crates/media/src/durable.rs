//! Small files written whole and for good: keys and the marks of what was erased.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

/// Makes a folder with its parents, for this user alone, and syncs each one that got an entry.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_folder(parent)?;
        match fs::DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => File::open(parent)?.sync_all()?,
        }
    }
    Ok(())
}

/// Whether a file may be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Existing {
    Replace,
    Keep,
}

/// Writes a file that only this user can read: after a crash it is there whole, or as before. With [`Existing::Keep`]
/// the answer is `false` if it was there already. `fresh` names the attempt, so that two at once do not meet.
pub(crate) fn write(path: &Path, content: &[u8], existing: Existing, fresh: u64) -> io::Result<bool> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    make_folder(folder)?;
    let attempt = path.with_extension(format!("{fresh:016x}{ATTEMPT}"));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&attempt)?;
    let written = file.write_all(content).and_then(|()| file.sync_all()).and_then(|()| match existing {
        Existing::Replace => fs::rename(&attempt, path).map(|()| true),
        Existing::Keep => match fs::hard_link(&attempt, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            linked => linked.map(|()| true),
        },
    });
    if existing == Existing::Keep || written.is_err() {
        let _ = fs::remove_file(&attempt);
    }
    let written = written?;
    File::open(folder)?.sync_all()?;
    Ok(written)
}

/// How the names of unfinished attempts end. One that is found was left by a crash.
const ATTEMPT: &str = "-attempt";

/// Whether this is the name of an attempt.
pub(crate) fn is_attempt(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.to_string_lossy().ends_with(ATTEMPT))
}

/// Removes a file for good, its content overwritten first as far as the file system lets us.
pub(crate) fn destroy(path: &Path) -> io::Result<()> {
    let length = match fs::metadata(path) {
        Ok(about) => about.len() as usize,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(&vec![0; length])?;
    file.sync_all()?;
    fs::remove_file(path)?;
    File::open(path.parent().ok_or(io::ErrorKind::InvalidInput)?)?.sync_all()
}
