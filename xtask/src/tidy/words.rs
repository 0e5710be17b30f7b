//! Words and marks that must not stay behind: notes to self, switched-off tests, hosts of package registries,
//! spaces at line ends.

use super::Tree;

/// (file endings, what is refused, why). Put together from halves, so that this file does not refuse itself.
const REFUSED: &[(&[&str], &str, &str)] = &[
    (&[".rs", ".ts", ".mjs", ".sql"], concat!("TO", "DO"), "do it or leave it out"),
    (&[".rs", ".ts", ".mjs", ".sql"], concat!("FIX", "ME"), "fix it or leave it out"),
    (&[".rs"], concat!("dbg", "!("), "debugging stays at home"),
    (&[".rs"], concat!("todo", "!("), "no stubs"),
    (&[".rs"], concat!("unimplemented", "!("), "no stubs"),
    (&[".rs"], concat!("#[ig", "nore"), "a test runs or goes"),
    (&[".mjs", ".ts"], concat!(".sk", "ip("), "a test runs or goes"),
    (&[".mjs", ".ts"], concat!(".on", "ly("), "all tests run"),
    (&[".mjs", ".ts"], concat!("console", ".log("), "debugging stays at home"),
    (
        &[""],
        concat!("registry.", "npmjs"),
        "lock files name no registry: omit-lockfile-registry-resolved=true",
    ),
    (&[""], concat!("files.python", "hosted"), "packages are pinned by hash, not by host"),
    (
        &[".json"],
        concat!("\"resolved\": \"", "http"),
        "lock files name no registry: omit-lockfile-registry-resolved=true",
    ),
    (&[""], concat!("/work", "/wt"), "a path of one machine"),
    (&[""], concat!("/work", "/shared"), "a path of one machine"),
    (&[""], concat!("/root", "/"), "a path of one machine"),
];

/// Refused words and spaces at line ends, with file and line.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let mut violations = Vec::new();
    for (path, text) in tree.ending(&[""]) {
        let refused: Vec<_> =
            REFUSED.iter().filter(|(ends, _, _)| ends.iter().any(|end| path.ends_with(end))).collect();
        for (number, line) in (1..).zip(text.lines()) {
            let words = refused.iter().filter(|(_, word, _)| line.contains(word));
            violations.extend(words.map(|(_, word, why)| format!("{path}:{number}: {word}: {why}")));
            // What a standard or another program wrote ends its lines as it likes, and tests compare it whole.
            if line.ends_with([' ', '\t']) && !path.contains("/testdata/") {
                violations.push(format!("{path}:{number}: spaces at the end of the line"));
            }
        }
        if !text.is_empty() && !text.ends_with('\n') && !path.contains("/testdata/") {
            violations.push(format!("{path}: the last line has no end"));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refused_word_is_found_where_it_is_refused() {
        for (ends, word, _) in REFUSED {
            for end in *ends {
                let path = format!("crates/a/src/file{end}");
                let found = check(&Tree::of(&[(&path, &format!("fine\nsome {word} here\n"))]));
                assert_eq!(found.len(), 1, "{word} in {path}: {found:?}");
                assert!(found[0].starts_with(&format!("{path}:2: ")), "{found:?}");
            }
        }
    }

    #[test]
    fn words_are_refused_only_there() {
        let prose = format!("{} is a word in prose.\n", concat!("TO", "DO"));
        assert_eq!(check(&Tree::of(&[("docs/a.md", &prose)])), Vec::<String>::new());
    }

    #[test]
    fn line_ends_are_looked_at() {
        let found = check(&Tree::of(&[
            ("a.md", "one \ntwo\t\nthree"),
            ("a/testdata/b.txt", "-- \nAnna"),
            ("c.txt", ""),
        ]));
        assert_eq!(found.len(), 3, "{found:?}");
    }
}
