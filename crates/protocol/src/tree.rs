//! Reads values out of a spanned TOML tree. Each reader returns a value even when the file is wrong, and notes the
//! problem instead: reading goes on, so that all problems come at once, and the protocol is refused at the end.

use std::{collections::BTreeSet, ops::RangeInclusive};

use jiff::civil::Date;
use toml::{Spanned, de::DeTable, de::DeValue};
use vocab::NotAName;

use crate::{
    problem::{Place, Problems, Source},
    wording::sentence_that_stops_a_medicine,
};

/// The longest text of one value, in bytes.
pub(crate) const TEXT_LENGTH_MAX: usize = 2_000;
/// The most entries of one list.
pub(crate) const LIST_LENGTH_MAX: usize = 500;

/// A value with its place.
#[derive(Debug, Clone)]
pub(crate) struct Node<'a> {
    pub(crate) place: Place<'a>,
    pub(crate) value: &'a DeValue<'a>,
}

impl<'a> Node<'a> {
    fn new(source: &'a Source<'a>, spanned: &'a Spanned<DeValue<'a>>) -> Self {
        Self { place: Place { source, span: spanned.span() }, value: spanned.get_ref() }
    }

    fn kind(&self) -> &'static str {
        match self.value {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a point",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        }
    }

    fn expected(&self, problems: &mut Problems, wanted: &str) {
        problems.add(
            &self.place,
            format!("expected {wanted}, found {}", self.kind()),
            format!("write {wanted} here"),
        );
    }

    pub(crate) fn text(&self, problems: &mut Problems) -> String {
        let DeValue::String(text) = self.value else {
            self.expected(problems, "a text in quotes");
            return String::new();
        };
        if text.trim().is_empty() {
            problems.add(
                &self.place,
                "this text is empty",
                "write the text, or leave the key out if it is optional",
            );
        }
        if text.len() > TEXT_LENGTH_MAX {
            let hint =
                format!("keep it under {TEXT_LENGTH_MAX} bytes; longer prose belongs in a Markdown file");
            problems.add(&self.place, "this text is too long", hint);
            return String::new();
        }
        check_wording(problems, &self.place, text);
        text.trim().to_owned()
    }

    pub(crate) fn integer(&self, problems: &mut Problems, range: &RangeInclusive<u32>) -> u32 {
        let number = match self.value {
            DeValue::Integer(digits) => i64::from_str_radix(digits.as_str(), digits.radix()).ok(),
            _ => {
                self.expected(problems, "a whole number");
                return *range.start();
            }
        };
        match number.and_then(|number| u32::try_from(number).ok()).filter(|number| range.contains(number)) {
            Some(number) => number,
            None => {
                let hint = format!("use a number from {} to {}", range.start(), range.end());
                problems.add(&self.place, "this number is outside its limits", hint);
                *range.start()
            }
        }
    }

    pub(crate) fn flag(&self, problems: &mut Problems) -> bool {
        if let DeValue::Boolean(flag) = self.value {
            return *flag;
        }
        self.expected(problems, "true or false");
        false
    }

    pub(crate) fn date(&self, problems: &mut Problems) -> Date {
        let text = match self.value {
            DeValue::String(text) => text.to_string(),
            DeValue::Datetime(date) => date.to_string(),
            _ => String::new(),
        };
        text.parse().unwrap_or_else(|_| {
            problems.add(&self.place, "expected a date", "write it as \"2026-11-23\"");
            Date::constant(2000, 1, 1)
        })
    }

    pub(crate) fn list(&self, problems: &mut Problems) -> Vec<Node<'a>> {
        let DeValue::Array(array) = self.value else {
            self.expected(problems, "a list in square brackets");
            return Vec::new();
        };
        if array.len() > LIST_LENGTH_MAX {
            let hint = format!("a list has at most {LIST_LENGTH_MAX} entries");
            problems.add(&self.place, "this list is too long", hint);
            return Vec::new();
        }
        array.iter().map(|spanned| Node::new(self.place.source, spanned)).collect()
    }

    /// The table in this place, or an empty reading when it is none (the problem is noted).
    pub(crate) fn fields(&self, problems: &mut Problems) -> Option<Fields<'a>> {
        let DeValue::Table(table) = self.value else {
            self.expected(problems, "a table");
            return None;
        };
        Some(Fields { place: self.place.clone(), table, taken: BTreeSet::new() })
    }

    /// One word out of a closed list.
    pub(crate) fn choice<T: Copy>(&self, problems: &mut Problems, choices: &[(&str, T)]) -> T {
        let text = match self.value {
            DeValue::String(text) => text.as_ref(),
            _ => "",
        };
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == text) {
            return *value;
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        problems.add(&self.place, "this word is not known here", format!("use one of: {}", words.join(", ")));
        choices[0].1
    }

    /// A typed name such as a zone or a rule id.
    pub(crate) fn name<T>(&self, problems: &mut Problems, new: fn(&str) -> Result<T, NotAName>) -> Option<T> {
        let text = self.text(problems);
        match new(&text) {
            Ok(name) => Some(name),
            Err(problem) => {
                if !text.is_empty() {
                    problems.add(&self.place, "this is not a name", problem.to_string());
                }
                None
            }
        }
    }
}

/// A table under reading. [`Fields::finish`] refuses every key nobody asked for.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    pub(crate) place: Place<'a>,
    table: &'a DeTable<'a>,
    taken: BTreeSet<String>,
}

impl<'a> Fields<'a> {
    pub(crate) fn root(source: &'a Source<'a>, table: &'a Spanned<DeTable<'a>>) -> Self {
        let place = Place { source, span: 0..0 };
        Self { place, table: table.get_ref(), taken: BTreeSet::new() }
    }

    pub(crate) fn optional(&mut self, key: &str) -> Option<Node<'a>> {
        self.taken.insert(key.to_owned());
        let (_, spanned) = self.table.iter().find(|(name, _)| name.get_ref() == key)?;
        Some(Node::new(self.place.source, spanned))
    }

    pub(crate) fn required(&mut self, problems: &mut Problems, key: &str) -> Option<Node<'a>> {
        let node = self.optional(key);
        if node.is_none() {
            problems.add(
                &self.place,
                format!("`{key}` is missing"),
                format!("add `{key} = …` to this table"),
            );
        }
        node
    }

    pub(crate) fn text(&mut self, problems: &mut Problems, key: &str) -> String {
        self.required(problems, key).map(|node| node.text(problems)).unwrap_or_default()
    }

    pub(crate) fn optional_text(&mut self, problems: &mut Problems, key: &str) -> Option<String> {
        self.optional(key).map(|node| node.text(problems))
    }

    pub(crate) fn integer(&mut self, problems: &mut Problems, key: &str, range: RangeInclusive<u32>) -> u32 {
        self.required(problems, key).map_or(*range.start(), |node| node.integer(problems, &range))
    }

    pub(crate) fn flag(&mut self, problems: &mut Problems, key: &str, default: bool) -> bool {
        self.optional(key).map_or(default, |node| node.flag(problems))
    }

    pub(crate) fn list(&mut self, problems: &mut Problems, key: &str) -> Vec<Node<'a>> {
        self.optional(key).map(|node| node.list(problems)).unwrap_or_default()
    }

    pub(crate) fn choice<T: Copy>(&mut self, problems: &mut Problems, key: &str, choices: &[(&str, T)]) -> T {
        self.required(problems, key).map_or(choices[0].1, |node| node.choice(problems, choices))
    }

    /// The tables of an array of tables, each for reading.
    pub(crate) fn tables(&mut self, problems: &mut Problems, key: &str) -> Vec<Fields<'a>> {
        self.list(problems, key).iter().filter_map(|node| node.fields(problems)).collect()
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        self.table.keys().map(|key| key.get_ref().to_string()).collect()
    }

    /// Refuses the keys that nobody asked for.
    pub(crate) fn finish(self, problems: &mut Problems) {
        for (key, _) in self.table {
            if !self.taken.contains(key.get_ref().as_ref()) {
                let place = Place { source: self.place.source, span: key.span() };
                let known: Vec<&str> = self.taken.iter().map(String::as_str).collect();
                let hint = format!("remove it, or use one of: {}", known.join(", "));
                problems.add(&place, format!("the key `{}` is not known here", shorten(key.get_ref())), hint);
            }
        }
    }
}

/// Notes a sentence that tells somebody to leave out a prescribed medicine.
pub(crate) fn check_wording(problems: &mut Problems, place: &Place<'_>, text: &str) {
    if let Some(sentence) = sentence_that_stops_a_medicine(text) {
        let message = format!("this tells somebody to leave out a medicine: \"{}\"", shorten(sentence));
        problems.add(
            place,
            message,
            "say \"ask the doctor who prescribed it\", and nothing about leaving it out",
        );
    }
}

/// A piece of somebody else's text, short enough for a message.
pub(crate) fn shorten(text: &str) -> String {
    if text.chars().count() <= 40 { text.to_owned() } else { text.chars().take(40).chain(['…']).collect() }
}
