//! What is wrong in a protocol file, and where: all problems of all files are collected before any is reported.

use std::{fmt, ops::Range};

/// More problems than this are not listed: the first hundred are enough to work on.
const PROBLEMS_MAX: usize = 100;

/// One thing wrong in a file of a protocol.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file's name, as it was passed in.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// In letters, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, "\n  hint: {}", self.hint) }
    }
}

/// One file under reading.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
}

/// Where something stands: the file and the byte offsets in it.
#[derive(Debug, Clone)]
pub(crate) struct Place<'a> {
    pub(crate) source: &'a Source<'a>,
    pub(crate) span: Range<usize>,
}

impl Place<'_> {
    /// Line and column, both from 1; the column in letters.
    pub(crate) fn line_and_column(&self) -> (usize, usize) {
        let text = self.source.text;
        let mut start = self.span.start.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// Collects problems; a protocol with any is refused.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    list: Vec<Problem>,
}

impl Problems {
    pub(crate) fn add(&mut self, place: &Place<'_>, message: impl Into<String>, hint: impl Into<String>) {
        if self.list.len() < PROBLEMS_MAX {
            let (line, column) = place.line_and_column();
            let file = place.source.name.to_owned();
            self.list.push(Problem { file, line, column, message: message.into(), hint: hint.into() });
        }
    }

    /// All problems in the order of file, line and column, or `None` if there are none.
    pub(crate) fn into_sorted(mut self) -> Option<Vec<Problem>> {
        self.list.sort();
        self.list.dedup();
        if self.list.is_empty() { None } else { Some(self.list) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_and_column_count_from_one_in_letters() {
        let source = Source { name: "a", text: "ab\näöx\n" };
        for (start, expected) in
            [(0, (1, 1)), (2, (1, 3)), (3, (2, 1)), (7, (2, 3)), (8, (2, 4)), (99, (3, 1))]
        {
            assert_eq!(Place { source: &source, span: start..start }.line_and_column(), expected, "{start}");
        }
    }
}
