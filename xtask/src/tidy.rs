//! `cargo xtask tidy`: the house rules that a machine can check.
//!
//! Each check is a function from the tree of files (or cargo's own account of the packages) to violations, so that
//! a test can plant one. A violation says where, what, and what to do.

mod edges;
mod map;
mod modules;
mod paths;
mod size;
mod words;

use crate::run::{Outcome, read_file, write_file};
use crate::stamp::files_below;
use crate::workspace::Workspace;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// File endings (or whole names) that are text we write.
const TEXT: [&str; 16] = [
    ".rs",
    ".toml",
    ".md",
    ".ts",
    ".mjs",
    ".js",
    ".css",
    ".html",
    ".sql",
    ".json",
    ".txt",
    ".sh",
    ".npmrc",
    ".ics",
    ".gitignore",
    "/run",
];

/// All files of the repository as `/`-separated paths from its root.
#[derive(Debug, Default)]
struct Tree {
    /// Every file and every folder.
    paths: BTreeSet<String>,
    /// The text files with their content.
    texts: BTreeMap<String, String>,
}

impl Tree {
    /// Reads the repository, without what was built, fetched or recorded.
    fn load(root: &Path) -> Outcome<Self> {
        let mut tree = Self::default();
        for file in files_below(root) {
            let path = file.strip_prefix(root).unwrap_or(&file).to_string_lossy().into_owned();
            if path.starts_with("data/") {
                continue;
            }
            let text = TEXT.iter().any(|end| path.ends_with(end)).then(|| read_file(&file)).transpose()?;
            tree.add(&path, text);
        }
        Ok(tree)
    }

    fn add(&mut self, path: &str, text: Option<String>) {
        let folders = path.match_indices('/').map(|(at, _)| path[..at].to_owned());
        self.paths.extend(folders);
        self.paths.insert(path.to_owned());
        if let Some(text) = text {
            self.texts.insert(path.to_owned(), text);
        }
    }

    /// The text files whose path ends so.
    fn ending<'a>(&'a self, ends: &'a [&str]) -> impl Iterator<Item = (&'a str, &'a str)> {
        let all = self.texts.iter().filter(|(path, _)| ends.iter().any(|end| path.ends_with(end)));
        all.map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of one file, empty when it is not there.
    fn text(&self, path: &str) -> &str {
        self.texts.get(path).map_or("", String::as_str)
    }
}

/// Checks everything; the error lists all violations.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let tree = Tree::load(&workspace.root)?;
    let mut violations = edges::check(&workspace.packages, tree.text(edges::DEPENDENCIES_ADR));
    violations.extend(map::check(workspace, &tree));
    violations.extend(modules::check(&tree));
    violations.extend(paths::check(&tree));
    violations.extend(size::check(&tree));
    violations.extend(words::check(&tree));
    if violations.is_empty() {
        return Ok(());
    }
    Err(format!("{} violations of the house rules\n  {}", violations.len(), violations.join("\n  ")))
}

/// The chore: checks, after tightening the size ratchet if asked to.
pub(crate) fn tidy(args: &[String]) -> Outcome {
    let workspace = Workspace::load()?;
    let accept = match args {
        [] => None,
        [flag] if flag == "--tighten" => Some(false),
        [flag] if flag == "--accept" => Some(true),
        _ => return Err("tidy knows --tighten and --accept".to_owned()),
    };
    if let Some(accept) = accept {
        let ratchet = size::tighten(&Tree::load(&workspace.root)?, accept);
        write_file(&workspace.root.join(size::RATCHET), &ratchet)?;
    }
    check(&workspace)
}

#[cfg(test)]
impl Tree {
    /// A tree of text files, for planting violations.
    fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        files.iter().for_each(|(path, text)| tree.add(path, Some((*text).to_owned())));
        tree
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_knows_folders_and_leaves_out_what_is_made() {
        let root = tempfile::tempdir().unwrap();
        for path in
            ["crates/a/src/lib.rs", "e2e/node_modules/x.mjs", "data/demo/x.toml", "logo.png", "target/y.rs"]
        {
            write_file(&root.path().join(path), "text").unwrap();
        }
        let tree = Tree::load(root.path()).unwrap();
        let paths: Vec<&str> = tree.paths.iter().map(String::as_str).collect();
        assert_eq!(paths, ["crates", "crates/a", "crates/a/src", "crates/a/src/lib.rs", "logo.png"]);
        assert_eq!(tree.texts.keys().collect::<Vec<_>>(), ["crates/a/src/lib.rs"]);
    }
}
