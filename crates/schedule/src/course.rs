//! A course: several visits with one lead, some days apart, found in one search.

use jiff::civil::Date;

use crate::{
    bits,
    calendar::Calendar,
    model::{Query, ResourceKey, VisitType},
    shape::Relaxed,
};

/// What is possible for a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// How many lists of days there are, over all leads. It stops counting at the largest number.
    pub chains: u128,
    /// The least list of days, compared day by day, and its lead; the lesser key on a tie.
    pub earliest: Option<(ResourceKey, Vec<Date>)>,
}

impl Calendar {
    /// Every way to place `visits` in order, each on a day with a start for it, all with the same lead, each at least
    /// `gap_days.0` and at most `gap_days.1` days after the one before. Visits fall on different days, so they do not
    /// take anything from each other; a least gap of 0 is read as 1.
    pub fn course(&self, visits: &[&VisitType], gap_days: (u16, u16), query: &Query<'_>) -> Course {
        let gap = (usize::from(gap_days.0.max(1)), usize::from(gap_days.1));
        let mut course = Course { chains: 0, earliest: None };
        let per_visit = self.days_per_lead(visits, query);
        let Some(first) = per_visit.first() else { return course };
        for (lead, _) in first {
            let days: Option<Vec<&[bool]>> = per_visit
                .iter()
                .map(|leads| leads.iter().find(|(other, _)| other == lead).map(|(_, days)| days.as_slice()))
                .collect();
            let Some(days) = days else { continue };
            let counts = chains(&days, gap);
            let total =
                counts.first().map_or(0, |first| first.iter().fold(0, |sum: u128, n| sum.saturating_add(*n)));
            course.chains = course.chains.saturating_add(total);
            if total > 0 {
                let found = (earliest(&counts, gap), self.key(*lead));
                let best = course.earliest.as_ref().map(|(key, dates)| (dates, key));
                let dates: Vec<Date> = found.0.iter().map(|day| self.wall().days[*day].date).collect();
                if best.is_none_or(|best| (&dates, found.1) < best) {
                    course.earliest = Some((found.1.clone(), dates));
                }
            }
        }
        course
    }

    /// For each visit and each lead: on which days of the horizon there is a start.
    fn days_per_lead(&self, visits: &[&VisitType], query: &Query<'_>) -> Vec<Vec<(u32, Vec<bool>)>> {
        let mut found: Vec<Vec<(u32, Vec<bool>)>> = Vec::with_capacity(visits.len());
        for (number, visit) in visits.iter().enumerate() {
            // The same kind of visit again has the same days.
            if let Some(same) = visits[..number].iter().position(|other| std::ptr::eq(*other, *visit)) {
                found.push(found[same].clone());
                continue;
            }
            let (from, leads) = self.find(visit, query, Relaxed::default());
            let base = from * 64;
            let days_of = |row: &[u64]| {
                let has = |day: &crate::wall::Day| {
                    bits::any_set(row, day.from.saturating_sub(base), day.to.saturating_sub(base))
                };
                self.wall().days.iter().map(has).collect()
            };
            found.push(leads.iter().map(|(lead, row)| (*lead, days_of(row))).collect());
        }
        found
    }
}

/// For each visit and day: how many ways there are from that visit on that day to the end.
fn chains(days: &[&[bool]], (least, most): (usize, usize)) -> Vec<Vec<u128>> {
    let mut counts: Vec<Vec<u128>> = Vec::with_capacity(days.len());
    for days in days.iter().rev() {
        let later = counts.last();
        let count = |day: usize| {
            let Some(later) = later else { return 1 };
            let window = later.get(day + least..(day + most + 1).min(later.len())).unwrap_or_default();
            window.iter().fold(0, |sum: u128, ways| sum.saturating_add(*ways))
        };
        let row = days.iter().enumerate().map(|(day, has)| if *has { count(day) } else { 0 }).collect();
        counts.push(row);
    }
    counts.reverse();
    counts
}

/// The least list of days, one for each visit; there is one.
fn earliest(counts: &[Vec<u128>], (least, most): (usize, usize)) -> Vec<usize> {
    let mut days: Vec<usize> = Vec::with_capacity(counts.len());
    for row in counts {
        let (from, to) =
            days.last().map_or((0, row.len()), |day| (day + least, (day + most + 1).min(row.len())));
        match (from..to).find(|day| row[*day] > 0) {
            Some(day) => days.push(day),
            None => break,
        }
    }
    days
}
