//! Money in minor units, so that no cent is lost to a fraction.

use std::fmt;

/// A currency by its three-letter ISO 4217 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

/// An amount in minor units (cents, pence) of a currency that has a hundred of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// Hundredths of the currency's unit.
    pub minor: i64,
    /// Which currency.
    pub currency: Currency,
}

impl Currency {
    /// `None` unless `code` is three capital letters.
    pub fn new(code: &str) -> Option<Self> {
        let letters: [u8; 3] = code.as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Self(letters))
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("three capital letters are ASCII")
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let symbol = match self.currency.code() {
            "EUR" => "€",
            "GBP" => "£",
            "USD" => "$",
            code => return write!(f, "{code} {}.{:02}", self.minor / 100, (self.minor % 100).abs()),
        };
        match self.minor % 100 {
            0 => write!(f, "{symbol}{}", self.minor / 100),
            cents => write!(f, "{symbol}{}.{:02}", self.minor / 100, cents.abs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_amounts_are_written_short() {
        for (minor, code, text) in [
            (24_000, "EUR", "€240"),
            (24_050, "EUR", "€240.50"),
            (5, "GBP", "£0.05"),
            (100, "CHF", "CHF 1.00"),
        ] {
            assert_eq!(Money { minor, currency: Currency::new(code).unwrap() }.to_string(), text);
        }
        assert_eq!(Currency::new("eur"), None);
        assert_eq!(Currency::new("EURO"), None);
    }
}
