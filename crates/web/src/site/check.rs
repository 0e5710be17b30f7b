//! What is wrong with a clinic's own words, beyond their form: each with the key it stands under and what to write.

use protocol::Protocol;
use vocab::{VisitTypeId, ZoneId};

use super::{ClinicWords, Price};
use crate::art::colour::Accent;

/// What a key should hold.
const LINE: &str = "write one line, not empty";

impl ClinicWords {
    /// Everything that is wrong with them for a clinic that works by this protocol: the key under `words`, and what to
    /// write. Empty if all is well.
    pub fn problems(&self, protocol: &Protocol) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for (key, text) in [("tagline", &self.tagline), ("town", &self.town)] {
            if !is_line(text) {
                found.push((key.to_owned(), LINE.to_owned()));
            }
        }
        if !is_number(&self.emergency_number) {
            let hint = "write the number to call in an emergency, in digits such as 999";
            found.push(("emergency_number".to_owned(), hint.to_owned()));
        }
        if self.accent.as_deref().is_some_and(|accent| Accent::new(accent).is_err()) {
            found.push(("accent".to_owned(), "write a colour such as #8a4b2f".to_owned()));
        }
        for (place, member) in self.team.iter().enumerate() {
            if !is_line(&member.name) {
                found.push((format!("team[{place}].name"), LINE.to_owned()));
            }
        }
        for (group, prices) in self.prices.iter().enumerate() {
            for (item, price) in prices.items.iter().enumerate() {
                let at = format!("prices[{group}].items[{item}]");
                check_price(price, protocol, &at, &mut found);
            }
        }
        found
    }
}

/// A price is shown where its visit and its zones are; what no visit and no zone is called would never be shown.
fn check_price(price: &Price, protocol: &Protocol, at: &str, found: &mut Vec<(String, String)>) {
    for (key, text) in [("name", &price.name), ("amount", &price.amount)] {
        if !is_line(text) {
            found.push((format!("{at}.{key}"), LINE.to_owned()));
        }
    }
    let is_known =
        |visit: &String| VisitTypeId::new(visit).is_ok_and(|visit| protocol.visit(&visit).is_some());
    match &price.visit {
        Some(visit) if !is_known(visit) => {
            let known: Vec<&str> = protocol.visits.iter().map(|visit| visit.id.as_str()).collect();
            found.push((
                format!("{at}.visit"),
                format!("there is no visit {visit:?}; write one of {}", known.join(", ")),
            ));
        }
        None if !price.zones.is_empty() => {
            let hint = "say with `visit` which kind of visit the zones are of, or leave them out";
            found.push((format!("{at}.zones"), hint.to_owned()));
        }
        _ => {}
    }
    let is_zone =
        |zone: &&String| ZoneId::new(zone).is_ok_and(|id| protocol.treatable_zones().any(|one| one.id == id));
    for zone in price.zones.iter().flatten().filter(|zone| !is_zone(zone)) {
        let words = format!(
            "{zone:?} is no zone that can be treated; write names of the protocol's zones.toml, such as cheek"
        );
        found.push((format!("{at}.zones"), words));
    }
}

fn is_line(text: &str) -> bool {
    app::people::parse_line(text, 400).is_some_and(|line| !line.is_empty())
}

/// A telephone number as people write one: 2 to 20 digits, a plus, and what parts them.
pub fn is_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (2..=20).contains(&digits)
        && text.chars().all(|letter| letter.is_ascii_digit() || "+ ()-./".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::is_number;

    #[test]
    fn a_number_is_made_of_digits_and_what_parts_them() {
        for good in ["999", "112", "020 7946 0100", "+44 (0)20 7946-0100", "030/901820", "1-800.555.0100"] {
            assert!(is_number(good), "{good}");
        }
        for bad in ["", "9", "call me", "<script>", "020 7946 0100 ext 7", "1234567890123456789012"] {
            assert!(!is_number(bad), "{bad}");
        }
    }
}
