//! Content lines (RFC 5545, section 3.1): escaping, folding, and the guarantee that a value stays one line.

use crate::CalendarError;

/// The most octets a line may have before its line break.
const LINE_OCTETS: usize = 75;

/// The most bytes a text may have. Generous for a description, and small enough to stay in any mail.
const TEXT_LIMIT: usize = 8_000;

/// The lines of a calendar, each ended by CR LF and folded.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    written: String,
}

impl Lines {
    /// Adds `name:value`, where `value` is already in the form of its type and `name` may carry parameters.
    pub(crate) fn push(&mut self, name: &str, value: &str) {
        let line = format!("{name}:{value}");
        let mut octets = 0;
        // Whatever came this far, one call is one line: nothing that any program takes for a line break passes.
        for c in line.chars().filter(|&c| !breaks_line(c) && !c.is_control()) {
            if octets + c.len_utf8() > LINE_OCTETS {
                self.written.push_str("\r\n ");
                octets = 1;
            }
            self.written.push(c);
            octets += c.len_utf8();
        }
        self.written.push_str("\r\n");
    }

    /// Adds a property of type TEXT.
    pub(crate) fn push_text(&mut self, name: &'static str, text: &str) -> Result<(), CalendarError> {
        if text.len() > TEXT_LIMIT {
            return Err(CalendarError::TooLong { property: name, limit: TEXT_LIMIT });
        }
        self.push(name, &escaped(text));
        Ok(())
    }

    /// The finished file.
    pub(crate) fn finish(self) -> String {
        self.written
    }
}

/// `text` as a quoted parameter value. The form knows no escape that all programs read, so a double quote
/// becomes a single one and a line break a space.
pub(crate) fn quoted(text: &str) -> String {
    let inner: String = plain(text).map(|c| if c == '"' { '\'' } else { c }).collect();
    format!("\"{}\"", inner.replace('\n', " "))
}

/// `text` as a TEXT value (section 3.3.11).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in plain(text) {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            _ => out.push(c),
        }
    }
    out
}

/// The characters of `text` with every kind of line break as `\n`, tabs as spaces and no other control character.
fn plain(text: &str) -> impl Iterator<Item = char> {
    let mut after_return = false;
    text.chars().filter_map(move |c| {
        let second_half = after_return && c == '\n';
        after_return = c == '\r';
        match c {
            _ if second_half => None,
            _ if breaks_line(c) => Some('\n'),
            '\t' => Some(' '),
            _ => (!c.is_control()).then_some(c),
        }
    })
}

/// Whether some program takes `c` for the end of a line: besides CR and LF there are five more in Unicode.
fn breaks_line(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a;b,c\\d", "a\\;b\\,c\\\\d"),
            ("two\r\nlines", "two\\nlines"),
            ("a\rb\nc\n\nd", "a\\nb\\nc\\n\\nd"),
            ("nel\u{85}ls\u{2028}ps\u{2029}vt\u{b}ff\u{c}", "nel\\nls\\nps\\nvt\\nff\\n"),
            ("tab\there", "tab here"),
            ("nul\0bell\u{7}del\u{7f}", "nulbelldel"),
            ("already \\n escaped", "already \\\\n escaped"),
        ] {
            assert_eq!(escaped(text), expected, "{text:?}");
        }
    }

    #[test]
    fn quotes_and_breaks_cannot_end_a_parameter() {
        assert_eq!(quoted("The \"Clinic\"; a:b\r\nX"), "\"The 'Clinic'; a:b X\"");
    }

    #[test]
    fn lines_are_folded_between_characters() {
        for (value, expected) in [
            ("x".repeat(73), format!("A:{}\r\n", "x".repeat(73))),
            ("x".repeat(74), format!("A:{}\r\n x\r\n", "x".repeat(73))),
            // A continuation has 74 octets besides its space.
            ("x".repeat(73 + 74), format!("A:{}\r\n {}\r\n", "x".repeat(73), "x".repeat(74))),
            ("x".repeat(73 + 75), format!("A:{}\r\n {}\r\n x\r\n", "x".repeat(73), "x".repeat(74))),
            // The two octets of ü and the four of the face stay together.
            (format!("{}ü", "x".repeat(72)), format!("A:{}\r\n ü\r\n", "x".repeat(72))),
            (format!("{}😀", "x".repeat(69)), format!("A:{}😀\r\n", "x".repeat(69))),
            (format!("{}😀", "x".repeat(70)), format!("A:{}\r\n 😀\r\n", "x".repeat(70))),
        ] {
            let mut lines = Lines::default();
            lines.push("A", &value);
            assert_eq!(lines.finish(), expected);
        }
    }

    #[test]
    fn the_last_guard_drops_what_would_end_the_line() {
        let mut lines = Lines::default();
        lines.push("URL", "https://a\r\nATTENDEE:b\u{2028}c\0");
        assert_eq!(lines.finish(), "URL:https://aATTENDEE:bc\r\n");
    }

    #[test]
    fn a_text_has_a_limit() {
        let mut lines = Lines::default();
        assert!(lines.push_text("SUMMARY", &"x".repeat(TEXT_LIMIT)).is_ok());
        assert_eq!(
            lines.push_text("SUMMARY", &"x".repeat(TEXT_LIMIT + 1)),
            Err(CalendarError::TooLong { property: "SUMMARY", limit: TEXT_LIMIT })
        );
    }
}
