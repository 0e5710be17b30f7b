//! Every path that a document names exists: in a link, or in a code span such as `crates/vocab/src/lib.rs`.
//!
//! A `<noun>` or `*` in a path stands for any name and `{a,b}` for each of its words; paths of another machine
//! (starting with `/` or with a word in capitals, as in `DIR/stipple.toml`) are not ours to check.

use super::Tree;

/// Endings by which a lone name in a code span is taken for a file.
const FILES: [&str; 10] = [".rs", ".md", ".toml", ".mjs", ".ts", ".css", ".html", ".sql", ".json", ".txt"];

/// What is built, fetched or recorded is not in a fresh clone.
const MADE: [&str; 4] = ["target", "data", "e2e/artifacts", "crates/web/assets/dist"];

/// Paths named in documents that are not there.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let mut violations = Vec::new();
    for (document, text) in tree.ending(&[".md"]) {
        for (number, line) in outside_fences(text) {
            let links = links(line).filter_map(|link| {
                let path = resolve(document, link)?;
                (!exists(tree, &path)).then_some(link)
            });
            let spans = code_spans(line).filter(|span| names_a_missing_path(tree, span));
            violations
                .extend(links.chain(spans).map(|path| format!("{document}:{number}: there is no {path}")));
        }
    }
    for (file, text) in tree.ending(&[".rs", ".toml", ".sql", ".mjs", ".ts"]) {
        for (number, line) in (1..).zip(text.lines()) {
            let missing =
                decisions(line).filter(|decision| !tree.paths.iter().any(|path| path.starts_with(decision)));
            violations.extend(missing.map(|decision| format!("{file}:{number}: there is no {decision}")));
        }
    }
    violations
}

/// Decisions that a comment names, as in `adr/0001`.
fn decisions(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("adr/").filter_map(|(at, folder)| {
        let decision = line.get(at..at + folder.len() + 4)?;
        decision[folder.len()..].bytes().all(|byte| byte.is_ascii_digit()).then_some(decision)
    })
}

/// Lines with their numbers, without fenced blocks.
fn outside_fences(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

fn code_spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

/// The path a link in `document` leads to, without `#anchor`; none for other sites and for anchors alone.
fn resolve(document: &str, link: &str) -> Option<String> {
    let link = link.split('#').next().unwrap_or_default();
    if link.is_empty() || link.contains(':') {
        return None;
    }
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

fn names_a_missing_path(tree: &Tree, span: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-/<>*{},".contains(c);
    let span = span.trim_end_matches('/');
    let Some(first) = span.split('/').next() else { return false };
    let in_capitals = span.contains('/') && first.chars().all(|c| c.is_ascii_uppercase());
    if span.is_empty() || !span.chars().all(plain) || first.is_empty() || in_capitals {
        return false;
    }
    let from_the_root = span.contains('/') && tree.paths.contains(first);
    if !from_the_root && !FILES.iter().any(|end| span.ends_with(end) && span.len() > end.len()) {
        return false;
    }
    !alternatives(span).iter().all(|path| exists(tree, path) || (!from_the_root && ends_a_path(tree, path)))
}

fn exists(tree: &Tree, path: &str) -> bool {
    let made = MADE
        .iter()
        .any(|made| path.strip_prefix(made).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    made || tree.paths.contains(path) || tree.paths.iter().any(|there| matches(path, there))
}

/// Whether some file's path ends with these components, so that `routes.rs` may be named alone.
fn ends_a_path(tree: &Tree, path: &str) -> bool {
    let length = path.split('/').count();
    tree.paths.iter().any(|there| {
        let parts: Vec<&str> = there.split('/').collect();
        parts.len() >= length && matches(path, &parts[parts.len() - length..].join("/"))
    })
}

/// `a/{b,c}.rs` as `a/b.rs` and `a/c.rs`.
fn alternatives(span: &str) -> Vec<String> {
    let Some((before, rest)) = span.split_once('{') else { return vec![span.to_owned()] };
    let Some((inside, after)) = rest.split_once('}') else { return vec![span.to_owned()] };
    inside.split(',').flat_map(|word| alternatives(&format!("{before}{word}{after}"))).collect()
}

/// Whether `there` fits the pattern, component by component.
fn matches(pattern: &str, there: &str) -> bool {
    pattern.split('/').count() == there.split('/').count()
        && pattern.split('/').zip(there.split('/')).all(|(pattern, part)| fits(pattern, part))
}

/// One component: `<anything>` or `*` stands for at least one character.
fn fits(pattern: &str, part: &str) -> bool {
    let (before, after) = match (pattern.find(['<', '*']), pattern.rfind(['>', '*'])) {
        (Some(from), Some(to)) if from <= to => (&pattern[..from], &pattern[to + 1..]),
        _ => return pattern == part,
    };
    part.len() > before.len() + after.len() && part.starts_with(before) && part.ends_with(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(document: &str, text: &str) -> Vec<String> {
        let files = [
            ("crates/web/src/routes.rs", ""),
            ("crates/web/src/pages/home/show.rs", ""),
            ("adr/0001-licence.md", ""),
            ("Cargo.toml", ""),
            (document, text),
        ];
        check(&Tree::of(&files))
    }

    #[test]
    fn what_exists_passes() {
        let fine = "See `crates/web/src/routes.rs`, `crates/web`, `crates/web/`, `routes.rs`, `pages/home/show.rs`,\n\
            `crates/web/src/pages/<noun>/<verb>.rs`, `crates/{web}/src/*.rs`, `adr/0001-licence.md`, `Cargo.toml`,\n\
            `target/debug/stipple`, `data/demo`, `/healthz`, `DIR/stipple.toml`, `cargo xtask tidy`, `n/a`, `.rs`,\n\
            [why](../adr/0001-licence.md#costs), [there](https://example.org/x.md), [here](#below).\n\
            ```\n`crates/not/looked/at.rs`\n```\n";
        assert_eq!(missing("docs/fine.md", fine), Vec::<String>::new());
    }

    #[test]
    fn decisions_named_in_comments_are_looked_up() {
        let text = concat!("//! Why: adr/0001, not adr/00 nor adr/long.\n// And adr", "/0099.\n");
        let found = check(&Tree::of(&[("adr/0001-licence.md", ""), ("crates/a/src/lib.rs", text)]));
        assert_eq!(found, [concat!("crates/a/src/lib.rs:2: there is no adr", "/0099")]);
    }

    #[test]
    fn what_does_not_exist_is_found() {
        let cases = [
            "`crates/web/src/router.rs`",
            "`crates/webb`",
            "`adr/0002-other.md`",
            "`router.rs`",
            "`crates/{web,app}/src/routes.rs`",
            "`crates/web/src/pages/<noun>.rs`",
            concat!("[why](../adr", "/0009.md)"),
            "[why](adr/0001-licence.md)",
            "`data-classes.toml`",
        ];
        for planted in cases {
            let found = missing("docs/planted.md", &format!("Fine.\n\nSee {planted} for more.\n"));
            assert!(found.len() == 1 && found[0].starts_with("docs/planted.md:3: "), "{planted}: {found:?}");
        }
    }
}
