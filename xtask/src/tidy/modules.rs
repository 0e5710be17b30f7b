//! Every Rust file opens with `//!`: what it is for and what it does not know.

use super::Tree;

/// Rust files that do not open with a sentence.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let silent = tree.ending(&[".rs"]).filter(|(_, text)| {
        let first = text.lines().next().and_then(|line| line.strip_prefix("//! "));
        first.is_none_or(|sentence| sentence.split_whitespace().count() < 3)
    });
    silent.map(|(path, _)| format!("{path}: opens without a `//!` sentence saying what it is for")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_module_is_found() {
        let tree = Tree::of(&[
            ("crates/a/src/lib.rs", "//! Says what it is for.\n"),
            ("crates/a/src/silent.rs", "use std::fmt;\n//! too late for this\n"),
            ("crates/a/src/brief.rs", "//! Things.\n"),
            ("crates/a/src/empty.rs", ""),
            ("e2e/harness.mjs", "// not Rust\n"),
        ]);
        let found = check(&tree);
        assert_eq!(found.len(), 3, "{found:?}");
        for path in ["brief.rs", "empty.rs", "silent.rs"] {
            assert!(found.iter().any(|line| line.contains(path)), "{path}");
        }
    }
}
