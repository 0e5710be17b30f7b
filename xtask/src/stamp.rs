//! Stamps: a fingerprint of what a step was made from, kept beside what it made, so that the next start skips it.
//!
//! By content, not by time, because a fresh clone gives every file a new time.

use crate::run::{Outcome, read_file, write_file};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// Folders that hold what was made or fetched, never what it was made from.
const MADE: [&str; 5] = ["node_modules", "dist", "target", "artifacts", ".git"];

/// Every file below `folder` in a fixed order, without made or fetched folders. A folder that is not there is empty.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            // `file_type` does not follow links, so a link to a folder above cannot make this walk endless.
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && !MADE.iter().any(|made| entry.file_name() == *made) {
                open.push(path);
            } else if kind.is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A fingerprint of these files (name and content) and of `extra`, such as a tool's version.
pub(crate) fn fingerprint(files: &[PathBuf], extra: &str) -> Outcome<String> {
    let mut hasher = DefaultHasher::new();
    extra.hash(&mut hasher);
    for path in files {
        path.hash(&mut hasher);
        let bytes =
            std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        bytes.hash(&mut hasher);
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}

/// Does `make` unless `stamp` already holds `wanted`; the stamp is written only after `make` succeeded.
pub(crate) fn unless_done(stamp: &Path, wanted: &str, make: impl FnOnce() -> Outcome) -> Outcome {
    if read_file(stamp).is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    make()?;
    write_file(stamp, wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_follows_content_name_and_extra() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let print = |extra: &str| fingerprint(&files_below(folder.path()), extra).unwrap();
        write("a.ts", "one");
        let first = print("20");
        assert_eq!(print("20"), first);
        assert_ne!(print("22"), first);
        write("a.ts", "two");
        assert_ne!(print("20"), first);
        write("a.ts", "one");
        assert_eq!(print("20"), first);
        std::fs::create_dir(folder.path().join("node_modules")).unwrap();
        write("node_modules/b.js", "made");
        assert_eq!(print("20"), first);
        write("b.ts", "");
        assert_ne!(print("20"), first);
    }

    #[test]
    fn a_failed_step_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let stamp = folder.path().join("deep/stamp");
        assert!(unless_done(&stamp, "x", || Err("no".to_owned())).is_err());
        let mut made = 0;
        for _ in 0..2 {
            unless_done(&stamp, "x", || {
                made += 1;
                Ok(())
            })
            .unwrap();
        }
        assert_eq!(made, 1);
    }
}
