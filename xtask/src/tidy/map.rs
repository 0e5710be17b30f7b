//! The code map of ARCHITECTURE.md: every package has its paragraph with an **Invariant**, and no paragraph is
//! about a package that is gone.

use super::Tree;
use crate::workspace::Workspace;
use std::collections::BTreeSet;

const ARCHITECTURE: &str = "ARCHITECTURE.md";

/// Packages without a paragraph, paragraphs without a package or without an invariant.
pub(crate) fn check(workspace: &Workspace, tree: &Tree) -> Vec<String> {
    let folders = workspace.packages.iter().map(|package| {
        let folder = package.folder.strip_prefix(&workspace.root).unwrap_or(&package.folder);
        folder.to_string_lossy().into_owned()
    });
    compare(&folders.collect(), tree.text(ARCHITECTURE))
}

/// `folders` as in `crates/vocab`; the map's headings name them as `` ### `crates/vocab` ``.
fn compare(folders: &BTreeSet<String>, map: &str) -> Vec<String> {
    let mut violations = Vec::new();
    let mut drawn = BTreeSet::new();
    for section in map.split("\n### `").skip(1) {
        let Some((folder, text)) = section.split_once('`') else { continue };
        let text = text.split("\n## ").next().unwrap_or_default();
        if !folders.contains(folder) {
            violations.push(format!("{ARCHITECTURE}: describes {folder}, which is no package"));
        }
        if !text.contains("**Invariant") {
            violations.push(format!("{ARCHITECTURE}: {folder} has no **Invariant**"));
        }
        drawn.insert(folder.to_owned());
    }
    let missing = folders.difference(&drawn);
    violations
        .extend(missing.map(|folder| format!("{ARCHITECTURE}: the code map has no section on {folder}")));
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_with_a_hole_and_a_ghost_is_found() {
        let folders =
            BTreeSet::from(["crates/vocab".to_owned(), "crates/store".to_owned(), "xtask".to_owned()]);
        let whole = "# A\n\n### `crates/vocab`\n\nWords. **Invariant:** x.\n\n### `crates/store`\n\n**Invariant:** y.\n\n### `xtask`\n\n**Invariant:** z.\n";
        assert_eq!(compare(&folders, whole), Vec::<String>::new());
        let cases = [
            (whole.replace("### `xtask`", "### other"), "no section on xtask"),
            (whole.replace("crates/store", "crates/flycheck"), "describes crates/flycheck"),
            (whole.replace("**Invariant:** y", "It is so"), "crates/store has no **Invariant**"),
            (
                whole.replace("**Invariant:** z", "\n## Cross-cutting\n\n**Invariant:** z"),
                "xtask has no **Invariant**",
            ),
        ];
        for (map, told) in cases {
            let found = compare(&folders, &map);
            assert!(found.iter().any(|line| line.contains(told)), "{told}: {found:?}");
        }
    }
}
