//! What a visit costs, as far as the clinic's price list can tell it from the kind of visit and the zones.

use std::collections::BTreeSet;

use vocab::ZoneId;

/// A line of the price list that belongs to a kind of visit.
#[derive(Debug, Clone)]
pub struct VisitPrice {
    /// As the clinic writes it: "£160".
    pub amount: String,
    /// The parts of the body it is the price of, each as the zones that belong to it; empty for any zones.
    pub parts: Vec<BTreeSet<ZoneId>>,
}

impl VisitPrice {
    /// How wide the narrowest of its parts is that holds all of `zones`.
    fn reach(&self, zones: &[ZoneId]) -> Option<usize> {
        let holding = self.parts.iter().filter(|part| zones.iter().all(|zone| part.contains(zone)));
        holding.map(BTreeSet::len).min()
    }
}

/// What is known of a price.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Cost {
    /// The clinic names none.
    #[default]
    Unsaid,
    /// This much.
    Exactly(String),
    /// Several prices may be meant; the lowest of them, or the empty text if the amounts cannot be compared.
    From(String),
}

/// What a visit in `zones` (any order; empty if they are not known) costs, of the prices of its kind: the narrowest part
/// of the body that holds all of them counts, then a price for any zones. Where the list leaves it open, so does the answer.
pub fn cost(prices: &[VisitPrice], zones: &[ZoneId]) -> Cost {
    if prices.is_empty() {
        return Cost::Unsaid;
    }
    if !zones.is_empty() {
        let fitting = prices.iter().filter_map(|price| Some((price.reach(zones)?, price)));
        if let Some((_, price)) = fitting.min_by_key(|(reach, _)| *reach) {
            return Cost::Exactly(price.amount.clone());
        }
    }
    let mut general = prices.iter().filter(|price| price.parts.is_empty());
    match (general.next(), general.next()) {
        (Some(price), None) if !zones.is_empty() || prices.len() == 1 => Cost::Exactly(price.amount.clone()),
        _ => Cost::From(lowest(prices)),
    }
}

fn lowest(prices: &[VisitPrice]) -> String {
    let numbers: Option<Vec<(f64, &VisitPrice)>> =
        prices.iter().map(|price| Some((number(&price.amount)?, price))).collect();
    let lowest = numbers.into_iter().flatten().min_by(|(a, _), (b, _)| a.total_cmp(b));
    lowest.map(|(_, price)| price.amount.clone()).unwrap_or_default()
}

/// The number in an amount such as "£1,250" or "49.50 EUR".
fn number(amount: &str) -> Option<f64> {
    let digits: String = amount.chars().filter(|letter| letter.is_ascii_digit() || *letter == '.').collect();
    digits.trim_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zones(names: &[&str]) -> Vec<ZoneId> {
        names.iter().map(|name| ZoneId::new(name).unwrap()).collect()
    }

    fn price(amount: &str, parts: &[&[&str]]) -> VisitPrice {
        let parts = parts.iter().map(|part| zones(part).into_iter().collect());
        VisitPrice { amount: amount.into(), parts: parts.collect() }
    }

    #[test]
    fn the_narrowest_part_that_holds_all_zones_counts() {
        let list = [
            price("£220", &[&["cheek", "cheekbone", "forehead", "nose"]]),
            price("£160", &[&["cheek", "cheekbone"], &["forehead"]]),
            price("£1,250", &[&["thighs"]]),
        ];
        let exactly = |amount: &str| Cost::Exactly(amount.into());
        for (asked, expected) in [
            (&["cheek"][..], exactly("£160")),
            (&["cheek", "cheekbone"], exactly("£160")),
            (&["cheek", "forehead"], exactly("£220")),
            (&["nose"], exactly("£220")),
            (&["thighs"], exactly("£1,250")),
            (&["cheek", "thighs"], Cost::From("£160".into())),
            (&[], Cost::From("£160".into())),
        ] {
            assert_eq!(cost(&list, &zones(asked)), expected, "{asked:?}");
        }
    }

    #[test]
    fn a_price_for_any_zones_is_the_price_where_nothing_else_fits() {
        let one = [price("£40", &[])];
        assert_eq!(cost(&one, &[]), Cost::Exactly("£40".into()));
        assert_eq!(cost(&one, &zones(&["cheek"])), Cost::Exactly("£40".into()));
        let rest = [price("£200", &[]), price("£160", &[&["cheek"]])];
        assert_eq!(cost(&rest, &zones(&["cheek"])), Cost::Exactly("£160".into()));
        assert_eq!(cost(&rest, &zones(&["neck"])), Cost::Exactly("£200".into()));
        assert_eq!(cost(&rest, &[]), Cost::From("£160".into()));
        let words = [price("on request", &[]), price("£160", &[])];
        assert_eq!(cost(&words, &zones(&["cheek"])), Cost::From(String::new()));
        assert_eq!(cost(&[], &zones(&["cheek"])), Cost::Unsaid);
    }
}
