//! The closed vocabulary of rules: when a clause holds, and until which day.

use jiff::{Span, civil::Date};
use vocab::{Jurisdiction, ProductId, ZoneId};

use crate::{
    model::{Protocol, UntilMode},
    screen::{Answer, ScreeningFacts},
};

/// Which answers an [`Condition::Answer`] accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerIs {
    /// Yes in any form: plain, with a date, with zones.
    Yes,
    /// Not sure, or not answered.
    Unsure,
}

/// When a clause holds. There is no expression language: a new kind of condition is a new variant here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The rule's question was answered so.
    Answer(AnswerIs),
    /// Answered yes, and the event is fewer than so many days ago. A yes without a date counts as on the day of the answer
    /// at the latest, or as going on, as the clause's end says.
    WithinDays(u32),
    /// Answered with a date, and the event is fewer than so many days ago. A yes without a date does not count.
    ToldWithinDays(u32),
    /// The person is younger than so many years.
    AgeBelow(u32),
    /// One of the zones asked for is among these zones, or in one of these regions of the body.
    ZoneIn(Vec<ZoneId>),
    /// The clinic stands in this jurisdiction, or in a part of it.
    JurisdictionIs(Jurisdiction),
    /// The numbing product chosen for the visit contains this substance.
    AnaestheticContains(ProductId),
    /// All of these hold.
    All(Vec<Self>),
    /// At least one of these holds.
    Any(Vec<Self>),
    /// This does not hold. Answers cannot stand under a `not`: a "no" would then count against somebody.
    Not(Box<Self>),
}

impl Condition {
    /// The longest time, in days, that the condition looks back; `None` if it asks for no time.
    pub fn longest_days(&self) -> Option<u32> {
        match self {
            Self::WithinDays(days) | Self::ToldWithinDays(days) => Some(*days),
            Self::All(parts) | Self::Any(parts) => parts.iter().filter_map(Self::longest_days).max(),
            Self::Not(part) => part.longest_days(),
            _ => None,
        }
    }
}

/// Until when a condition that holds goes on holding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// On this day it holds no more.
    Day(Date),
    /// Nobody can tell from the facts.
    Open,
}

/// What a condition is looked at against: one rule's answer and the other facts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look<'a> {
    pub(crate) protocol: &'a Protocol,
    pub(crate) facts: &'a ScreeningFacts,
    pub(crate) answer: &'a Answer,
}

impl Condition {
    /// `None` if the condition does not hold, else until when it does.
    pub(crate) fn holds(&self, look: Look<'_>, mode: UntilMode) -> Option<Until> {
        let facts = look.facts;
        let open = |holds: bool| holds.then_some(Until::Open);
        match self {
            Self::Answer(AnswerIs::Yes) => open(look.answer.is_yes()),
            Self::Answer(AnswerIs::Unsure) => open(look.answer.is_unsure()),
            Self::WithinDays(days) => within_days(look, *days, mode),
            Self::ToldWithinDays(days) => match look.answer {
                Answer::DaysAgo(_) | Answer::InDaysAgo(..) => within_days(look, *days, mode),
                _ => None,
            },
            Self::AgeBelow(years) => {
                let birthday = birthday(facts.birth_date, *years);
                (facts.today < birthday).then_some(Until::Day(birthday))
            }
            Self::ZoneIn(names) => open(facts.zones.iter().any(|zone| look.protocol.zone_is_in(zone, names))),
            Self::JurisdictionIs(wanted) => open(look.protocol.is_within(&facts.jurisdiction, wanted)),
            Self::AnaestheticContains(product) => open(facts.anaesthetic.contains(product)),
            Self::All(parts) => {
                let untils: Option<Vec<Until>> = parts.iter().map(|part| part.holds(look, mode)).collect();
                // All must hold, so the first to end ends it.
                Some(untils?.into_iter().reduce(earlier).unwrap_or(Until::Open))
            }
            Self::Any(parts) => parts.iter().filter_map(|part| part.holds(look, mode)).reduce(later),
            Self::Not(part) => open(part.holds(look, mode).is_none()),
        }
    }

    /// The condition and everything inside it.
    pub(crate) fn atoms<'a>(&'a self, into: &mut Vec<&'a Self>) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.atoms(into)),
            Self::Not(part) => part.atoms(into),
            _ => into.push(self),
        }
    }

    /// Whether it looks for a "not sure".
    pub(crate) fn mentions_unsure(&self) -> bool {
        let mut atoms = Vec::new();
        self.atoms(&mut atoms);
        atoms.contains(&&Self::Answer(AnswerIs::Unsure))
    }

    /// The longest limit in days inside it, if it has one.
    pub(crate) fn days(&self) -> Option<u32> {
        let mut atoms = Vec::new();
        self.atoms(&mut atoms);
        let days = |atom: &&Self| match atom {
            Self::WithinDays(days) | Self::ToldWithinDays(days) => Some(*days),
            _ => None,
        };
        atoms.iter().filter_map(days).max()
    }

    /// Whether an answer decides it, at least in part.
    pub(crate) fn asks_an_answer(&self) -> bool {
        let mut atoms = Vec::new();
        self.atoms(&mut atoms);
        let is_answer =
            |atom: &&Self| matches!(atom, Self::Answer(_) | Self::WithinDays(_) | Self::ToldWithinDays(_));
        atoms.iter().any(is_answer)
    }
}

fn within_days(look: Look<'_>, days: u32, mode: UntilMode) -> Option<Until> {
    let days_ago = match look.answer {
        Answer::DaysAgo(days_ago) | Answer::InDaysAgo(_, days_ago) => *days_ago,
        // What goes on, goes on; what happened at an unknown day, happened when the answer was given at the latest.
        Answer::Yes | Answer::In(_) if mode != UntilMode::Date => return Some(Until::Open),
        Answer::Yes | Answer::In(_) => look.facts.answered_days_ago,
        Answer::No | Answer::Unsure | Answer::Unanswered => return None,
    };
    let left = days.checked_sub(days_ago).filter(|left| *left > 0)?;
    Some(if mode == UntilMode::Open { Until::Open } else { Until::Day(after(look.facts.today, left)) })
}

fn after(day: Date, days: u32) -> Date {
    day.saturating_add(Span::new().days(i64::from(days)))
}

/// The day somebody reaches an age in years. Born on 29 February, the age is reached on 1 March in a year without
/// that day: the later of the two readings in use, so that nobody counts as of age too soon.
pub(crate) fn birthday(birth_date: Date, years: u32) -> Date {
    let year = i16::try_from(years).unwrap_or(i16::MAX).saturating_add(birth_date.year());
    Date::new(year, birth_date.month(), birth_date.day())
        .or_else(|_| Date::new(year, 3, 1))
        .unwrap_or(Date::MAX)
}

fn earlier(one: Until, other: Until) -> Until {
    match (one, other) {
        (Until::Open, day) | (day, Until::Open) => day,
        (Until::Day(one), Until::Day(other)) => Until::Day(one.min(other)),
    }
}

fn later(one: Until, other: Until) -> Until {
    match (one, other) {
        (Until::Open, _) | (_, Until::Open) => Until::Open,
        (Until::Day(one), Until::Day(other)) => Until::Day(one.max(other)),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_birthday_on_a_leap_day_comes_on_the_first_of_march() {
        assert_eq!(birthday(date(2008, 2, 29), 18), date(2026, 3, 1));
        assert_eq!(birthday(date(2008, 2, 29), 20), date(2028, 2, 29));
        assert_eq!(birthday(date(2008, 11, 24), 18), date(2026, 11, 24));
        assert_eq!(birthday(date(9990, 1, 1), 18), Date::MAX);
    }

    #[test]
    fn the_first_end_ends_all_and_the_last_end_ends_any() {
        let (soon, late) = (Until::Day(date(2026, 1, 1)), Until::Day(date(2027, 1, 1)));
        assert_eq!(earlier(soon, late), soon);
        assert_eq!(earlier(Until::Open, late), late);
        assert_eq!(later(soon, late), late);
        assert_eq!(later(soon, Until::Open), Until::Open);
    }
}
