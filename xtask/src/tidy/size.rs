//! Size as a ratchet: files up to 500 lines, functions up to 70, except what the list holds, and the list may only
//! shrink.
//!
//! Functions are found by reading the text without comments and literals, not by a parser: good enough to count.

use super::Tree;
use std::collections::BTreeMap;

/// The list of exceptions: a path, or `path::function`, with the lines it may have.
pub(crate) const RATCHET: &str = "xtask/size-ratchet.txt";

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const HEADER: &str = "\
# Files over 500 lines and functions over 70 that are there already. Numbers only go down: `cargo xtask tidy
# --tighten` lowers them to what is there. Taking something new in is for a review to allow.
";

/// Everything over its limit, by its name in the list.
fn too_long(tree: &Tree) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for (path, text) in tree.ending(&[".rs", ".ts", ".mjs", ".css", ".html"]) {
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX {
            found.insert(path.to_owned(), lines);
        }
        let functions = if path.ends_with(".rs") { functions(text) } else { Vec::new() };
        for (name, lines) in functions.into_iter().filter(|(_, lines)| *lines > FUNCTION_LINES_MAX) {
            // Two functions of one name share a line of the list: the longer counts.
            let most = found.entry(format!("{path}::{name}")).or_insert(0);
            *most = lines.max(*most);
        }
    }
    found
}

fn parse(ratchet: &str) -> BTreeMap<&str, usize> {
    let lines = ratchet.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.rsplit_once(' '))
        .filter_map(|(name, lines)| Some((name, lines.parse().ok()?)))
        .collect()
}

/// What is too long and not excepted, and exceptions wider than what they except.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let allowed = parse(tree.text(RATCHET));
    let found = too_long(tree);
    let grown = found.iter().filter_map(|(name, lines)| match allowed.get(name.as_str()) {
        Some(most) if lines <= most => None,
        Some(most) => Some(format!("{name}: {lines} lines, {most} were allowed; may it be two rooms?")),
        None => Some(format!("{name}: {lines} lines is too long; may it be two rooms?")),
    });
    let slack = allowed.iter().filter_map(|(name, most)| {
        let lines = found.get(*name).copied().unwrap_or(0);
        (lines < *most).then(|| format!("{RATCHET}: {name} is shorter now; run `cargo xtask tidy --tighten`"))
    });
    grown.chain(slack).collect()
}

/// The list, lowered to what is there; with `accept`, also with what is new.
pub(crate) fn tighten(tree: &Tree, accept: bool) -> String {
    let allowed = parse(tree.text(RATCHET));
    let kept = too_long(tree).into_iter().filter_map(|(name, lines)| match allowed.get(name.as_str()) {
        Some(most) if !accept => Some((name, lines.min(*most))),
        None if !accept => None,
        _ => Some((name, lines)),
    });
    kept.fold(HEADER.to_owned(), |text, (name, lines)| format!("{text}{name} {lines}\n"))
}

/// Each function's name and its lines, from `fn` to its closing brace.
fn functions(text: &str) -> Vec<(String, usize)> {
    let code = without_literals(text);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = code[at..].find("fn ") {
        let from = at + next;
        at = from + 3;
        let begins_a_word = !code[..from].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let name: String = code[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if let Some(end) = (begins_a_word && !name.is_empty()).then(|| end_of_body(&code[at..])).flatten() {
            found.push((name, code[from..at + end].matches('\n').count() + 1));
        }
    }
    found
}

/// Where the body that follows a function's name ends; none when there is no body.
fn end_of_body(code: &str) -> Option<usize> {
    let (mut brackets, mut braces) = (0_usize, 0_usize);
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets = brackets.saturating_sub(1),
            ';' if brackets == 0 && braces == 0 => return None,
            '{' => braces += 1,
            '}' => {
                braces = braces.saturating_sub(1);
                if braces == 0 && brackets == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The text with comments and the insides of string and character literals taken out; lines stay lines.
fn without_literals(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if c == '"' {
            quoted(rest, '"')
        } else if let Some(length) = raw_string(rest).filter(|_| !in_a_word(&code)) {
            length
        } else if c == '\'' && is_character(rest) {
            quoted(rest, '\'')
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        code.extend(rest[..length].chars().filter(|c| *c == '\n'));
        rest = &rest[length..];
    }
    code
}

fn in_a_word(code: &str) -> bool {
    // `br"…"` is a raw string too: its `b` is no word before it.
    let code = code.strip_suffix('b').unwrap_or(code);
    code.ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// The length of a literal that begins and ends with `mark`, whose backslash hides the next character.
fn quoted(rest: &str, mark: char) -> usize {
    let mut hidden = false;
    for (at, c) in rest.char_indices().skip(1) {
        if hidden {
            hidden = false;
        } else if c == '\\' {
            hidden = true;
        } else if c == mark {
            return at + 1;
        }
    }
    rest.len()
}

/// The length of a raw string (`r"…"`, `r#"…"#`) at the start, if there is one.
fn raw_string(rest: &str) -> Option<usize> {
    let marks = rest.strip_prefix('r')?;
    let hashes = marks.len() - marks.trim_start_matches('#').len();
    let inside = marks[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let start = rest.len() - inside.len();
    Some(inside.find(&end).map_or(rest.len(), |at| start + at + end.len()))
}

/// Tells `'a'` and `'\n'` from the lifetime `'a`.
fn is_character(rest: &str) -> bool {
    let mut chars = rest.chars().skip(1);
    matches!((chars.next(), chars.next()), (Some('\\'), _) | (Some(_), Some('\'')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long_function(name: &str, lines: usize) -> String {
        format!("fn {name}() {{\n{}}}\n", "    step();\n".repeat(lines - 2))
    }

    #[test]
    fn functions_are_measured() {
        let cases: &[(&str, &[(&str, usize)])] = &[
            ("fn a() {}\n", &[("a", 1)]),
            (
                "    pub(crate) fn b<T: Fn(u8)>(x: [u8; 3]) -> T\n    where T: X\n    {\n        y\n    }\n",
                &[("b", 5)],
            ),
            ("trait T { fn c(&self); fn d(&self) { } }\n", &[("d", 1)]),
            (
                "fn e() {\n let s = \"}\\\"}\"; let c = '}'; let l: &'static str = r#\"}\"}\"#; // }\n /* } /* } */ */\n}\n",
                &[("e", 4)],
            ),
            ("type F = fn (u8) -> u8;\nconst G: fn(u8) = h;\nlet often = \"fn i() {\";\n", &[]),
            ("fn outer() {\n    fn inner() {\n    }\n}\n", &[("outer", 4), ("inner", 2)]),
        ];
        for (text, expected) in cases {
            let expected: Vec<(String, usize)> =
                expected.iter().map(|(name, lines)| (name.to_string(), *lines)).collect();
            assert_eq!(functions(text), expected, "{text}");
        }
    }

    #[test]
    fn limits_hold_just_at_and_just_above() {
        let check = |path: &str, text: &str| check(&Tree::of(&[(path, text)])).len();
        assert_eq!(check("crates/a/src/a.rs", &long_function("a", 70)), 0);
        assert_eq!(check("crates/a/src/a.rs", &long_function("a", 71)), 1);
        assert_eq!(check("crates/web/a.css", &"a\n".repeat(500)), 0);
        assert_eq!(check("crates/web/a.css", &"a\n".repeat(501)), 1);
        assert_eq!(check("docs/a.md", &"a\n".repeat(501)), 0);
    }

    #[test]
    fn the_ratchet_only_goes_down() {
        let long = long_function("a", 80);
        let tree = |ratchet: &str| Tree::of(&[("a.rs", long.as_str()), (RATCHET, ratchet)]);
        assert_eq!(check(&tree("# why\na.rs::a 80\n")), Vec::<String>::new());
        assert!(check(&tree("a.rs::a 79\n"))[0].contains("80 lines, 79 were allowed"));
        assert!(check(&tree("a.rs::a 81\n"))[0].contains("shorter now"));
        assert!(check(&tree("a.rs::a 80\nb.rs 501\n"))[0].contains("b.rs is shorter now"));
        assert_eq!(tighten(&tree("a.rs::a 90\nb.rs 501\n"), false), format!("{HEADER}a.rs::a 80\n"));
        assert_eq!(tighten(&tree("a.rs::a 75\n"), false), format!("{HEADER}a.rs::a 75\n"));
        assert_eq!(tighten(&tree(""), false), HEADER);
        assert_eq!(tighten(&tree(""), true), format!("{HEADER}a.rs::a 80\n"));
    }
}
