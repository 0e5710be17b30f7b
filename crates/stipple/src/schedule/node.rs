//! Reading a JSON document by hand, so that every error is found at once and each is told with its path.

use std::collections::HashSet;

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
};

use crate::json::Json;

/// What is wrong with a document.
#[derive(Debug, Default)]
pub(super) struct Errors {
    list: Vec<String>,
    more: u64,
}

/// More than this nobody reads; the rest is counted.
const MOST_ERRORS: usize = 10_000;

impl Errors {
    pub(super) fn add(&mut self, path: &str, what: &str) {
        if self.list.len() < MOST_ERRORS {
            self.list.push(format!("{path}: {what}"));
        } else {
            self.more += 1;
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn into_list(mut self) -> Vec<String> {
        if self.more > 0 {
            self.list.push(format!("$: {} more errors", self.more));
        }
        self.list
    }
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node<'j> {
    value: &'j Json,
    pub(super) path: String,
}

impl<'j> Node<'j> {
    pub(super) fn root(value: &'j Json) -> Self {
        Self { value, path: "$".into() }
    }

    fn below(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    fn wrong<T>(&self, expected: &str, errors: &mut Errors) -> Option<T> {
        errors.add(&self.path, &format!("expected {expected}, found {}", self.value.kind()));
        None
    }

    /// A value that must be there.
    pub(super) fn field(&self, name: &str, errors: &mut Errors) -> Option<Self> {
        let Json::Table(_) = self.value else { return self.wrong("an object", errors) };
        let found = self.optional(name, errors);
        if found.is_none() {
            errors.add(&self.below(name), "is missing");
        }
        found
    }

    /// A value that may be left out or null.
    pub(super) fn optional(&self, name: &str, errors: &mut Errors) -> Option<Self> {
        let Json::Table(entries) = self.value else { return None };
        let mut found = entries.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        let value = found.next().filter(|value| **value != Json::Null)?;
        if found.next().is_some() {
            errors.add(&self.below(name), "is given twice");
        }
        Some(Self { value, path: self.below(name) })
    }

    /// The items of a list.
    pub(super) fn list(&self, errors: &mut Errors) -> Vec<Self> {
        let Json::List(items) = self.value else { return self.wrong("a list", errors).unwrap_or_default() };
        let item = |(index, value)| Self { value, path: format!("{}[{index}]", self.path) };
        items.iter().enumerate().map(item).collect()
    }

    /// The items of a list that may be left out.
    pub(super) fn items(&self, name: &str, errors: &mut Errors) -> Vec<Self> {
        self.optional(name, errors).map(|list| list.list(errors)).unwrap_or_default()
    }

    /// The keys and values of an object.
    pub(super) fn entries(&self, errors: &mut Errors) -> Vec<(&'j str, Self)> {
        let Json::Table(entries) = self.value else {
            return self.wrong("an object", errors).unwrap_or_default();
        };
        let mut seen = HashSet::new();
        for (key, _) in entries {
            if !seen.insert(key) {
                errors.add(&self.below(key), "is given twice");
            }
        }
        entries.iter().map(|(key, value)| (key.as_str(), Self { value, path: self.below(key) })).collect()
    }

    pub(super) const fn is_list(&self) -> bool {
        matches!(self.value, Json::List(_))
    }

    pub(super) fn text(&self, errors: &mut Errors) -> Option<&'j str> {
        match self.value {
            Json::Text(text) => Some(text),
            _ => self.wrong("a text", errors),
        }
    }

    pub(super) fn flag(&self, errors: &mut Errors) -> Option<bool> {
        match self.value {
            Json::Flag(flag) => Some(*flag),
            _ => self.wrong("true or false", errors),
        }
    }

    /// A whole number between two, both included.
    pub(super) fn whole(&self, least: u64, most: u64, errors: &mut Errors) -> Option<u64> {
        match self.value {
            Json::Whole(number) if (least..=most).contains(number) => Some(*number),
            Json::Whole(number) => {
                errors.add(&self.path, &format!("must be from {least} to {most}, found {number}"));
                None
            }
            _ => self.wrong("a whole number", errors),
        }
    }

    /// A number of minutes, a multiple of five.
    pub(super) fn fives(&self, most: u16, errors: &mut Errors) -> Option<u16> {
        let minutes = u16::try_from(self.whole(0, u64::from(most), errors)?).ok()?;
        if minutes % 5 != 0 {
            errors.add(&self.path, &format!("must be a multiple of 5, found {minutes}"));
        }
        Some(minutes)
    }

    fn parsed<T>(&self, expected: &str, errors: &mut Errors, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let parsed = parse(self.text(errors)?);
        if parsed.is_none() {
            errors.add(&self.path, &format!("expected {expected}"));
        }
        parsed
    }

    /// `2027-06-01`.
    pub(super) fn date(&self, errors: &mut Errors) -> Option<Date> {
        self.parsed("a date such as 2027-06-01", errors, |text| text.parse().ok())
    }

    /// `2027-06-01T09:00`, local.
    pub(super) fn wall(&self, errors: &mut Errors) -> Option<DateTime> {
        self.parsed("a local time such as 2027-06-01T09:00", errors, |text| text.parse().ok())
    }

    /// `2027-06-01T08:00:00Z`.
    pub(super) fn instant(&self, errors: &mut Errors) -> Option<Timestamp> {
        self.parsed("an instant such as 2027-06-01T08:00:00Z", errors, |text| text.parse().ok())
    }

    /// An instant on the five-minute grain.
    pub(super) fn place(&self, errors: &mut Errors) -> Option<Timestamp> {
        let at = self.instant(errors)?;
        if at.as_second() % schedule::QUANTUM_SECONDS != 0 || at.subsec_nanosecond() != 0 {
            errors.add(&self.path, "must lie on a multiple of five minutes");
        }
        Some(at)
    }

    /// `09:00` to `24:00`, as minutes since midnight.
    pub(super) fn minute(&self, errors: &mut Errors) -> Option<u16> {
        self.parsed("a time of day such as 09:30, at most 24:00", errors, |text| {
            let (hour, minute) = text.split_once(':')?;
            let digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            let (hour, minute): (u16, u16) =
                (digits(hour).then(|| hour.parse().ok())??, digits(minute).then(|| minute.parse().ok())??);
            let total = hour * 60 + minute;
            (minute < 60 && total <= 1440).then_some(total)
        })
    }
}
