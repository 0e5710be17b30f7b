//! What is wrong with a clinic's file beyond its form, key by key: looked for before anything is written, and at each
//! start, because a value that says nothing misleads whoever reads it on a page.

use std::collections::BTreeSet;

use protocol::Protocol;
use web::site::is_number;

use super::{ClinicFile, DAYS, HoursEntry, Problems, minutes};

/// What a key should hold.
const LINE: &str = "write one line, not empty";

impl ClinicFile {
    /// Notes what is wrong with names, numbers and words, for a clinic that works by this protocol.
    pub(super) fn check(&self, protocol: &Protocol, problems: &mut Problems<'_>) {
        for (key, text) in [("name", &self.name), ("site.name", &self.site.name)] {
            if !is_line(text) {
                problems.push(format!("{key}: {LINE}"));
            }
        }
        if self.site.address.trim().is_empty() {
            problems.push("site.address: write street and town, a line each".to_owned());
        }
        if !is_number(&self.contact_phone) {
            let hint = "write the number patients ring, in digits such as 020 7946 0100";
            problems.push(format!("contact_phone: {hint}"));
        }
        for (key, hint) in self.words.problems(protocol) {
            problems.push(format!("words.{key}: {hint}"));
        }
        self.check_people(problems);
    }

    /// Names that have to tell people and things apart, and hours that have to be free of overlaps.
    fn check_people(&self, problems: &mut Problems<'_>) {
        let mut known = BTreeSet::new();
        for (place, resource) in self.resources.iter().enumerate() {
            if !is_line(&resource.name) {
                problems.push(format!("resources[{place}].name: {LINE}"));
            } else if !known.insert(resource.name.trim().to_lowercase()) {
                let hint = "another resource is called so too; give each a name of its own";
                problems.push(format!("resources[{place}].name: {hint}"));
            }
            for (name, entries) in [("hours", &resource.hours), ("breaks", &resource.breaks)] {
                for day in doubled(entries) {
                    problems.push(format!(
                        "resources[{place}].{name}: {day} is covered twice at the same time; name each time of a day once"
                    ));
                }
            }
        }
        let mut known = BTreeSet::new();
        for (place, staff) in self.staff.iter().enumerate() {
            for (key, text) in [("sign_in_name", &staff.sign_in_name), ("name", &staff.name)] {
                if !is_line(text) {
                    problems.push(format!("staff[{place}].{key}: {LINE}"));
                }
            }
            if !known.insert(staff.sign_in_name.trim().to_lowercase()) {
                let hint = "somebody signs in with this name already, for capital and small letters are the same; write \
                            another";
                problems.push(format!("staff[{place}].sign_in_name: {hint}"));
            }
        }
    }
}

/// The days of the week on which two of these times overlap, each once.
fn doubled(entries: &[HoursEntry]) -> Vec<&'static str> {
    let of_day = |day: &str| {
        let mut times: Vec<_> = entries
            .iter()
            .flat_map(|entry| entry.days.iter().filter(|named| *named == day).filter_map(|_| minutes(entry)))
            .collect();
        times.sort_unstable();
        times
    };
    DAYS.into_iter().filter(|day| of_day(day).windows(2).any(|pair| pair[1].0 < pair[0].1)).collect()
}

fn is_line(text: &str) -> bool {
    app::people::parse_line(text, 200).is_some_and(|line| !line.is_empty())
}
