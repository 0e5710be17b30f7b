//! A small reader of iCalendar, written apart from the writer: unfolds, splits and unescapes.

/// One property: its name without parameters, the parameters as written, and the value as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Property {
    pub(crate) name: String,
    pub(crate) parameters: String,
    pub(crate) value: String,
}

/// The properties of a file in order. Panics on anything that the standard does not allow.
pub(crate) fn read(file: &str) -> Vec<Property> {
    assert!(file.ends_with("\r\n"), "the last line is not ended");
    let mut unfolded: Vec<String> = Vec::new();
    for line in file.strip_suffix("\r\n").unwrap().split("\r\n") {
        assert!(line.len() <= 75, "{} octets: {line}", line.len());
        let stray = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        assert!(!line.contains(stray), "a control character in {line:?}");
        match line.strip_prefix(' ') {
            Some(rest) => unfolded.last_mut().expect("the first line is a continuation").push_str(rest),
            None => unfolded.push(line.to_owned()),
        }
    }
    unfolded.iter().map(|line| property(line)).collect()
}

/// The text of a TEXT value.
pub(crate) fn unescape(value: &str) -> String {
    let mut text = String::new();
    let mut characters = value.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some('n' | 'N') => text.push('\n'),
                Some(c @ ('\\' | ';' | ',')) => text.push(c),
                other => panic!("an escape that does not exist: {other:?}"),
            },
            ';' | ',' => panic!("not escaped: {c}"),
            _ => text.push(c),
        }
    }
    text
}

fn property(line: &str) -> Property {
    let mut quoted = false;
    let colon = line
        .find(|c| {
            quoted ^= c == '"';
            c == ':' && !quoted
        })
        .unwrap_or_else(|| panic!("no value: {line:?}"));
    let (head, value) = (&line[..colon], &line[colon + 1..]);
    let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
    assert!(!name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'-'), "{line:?}");
    Property { name: name.to_owned(), parameters: parameters.to_owned(), value: value.to_owned() }
}
