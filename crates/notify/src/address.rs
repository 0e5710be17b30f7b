//! Mail addresses: one recipient each, and nothing that could become a second or a header.

use std::{fmt, str::FromStr};

use lettre::Address;

/// A mail address in plain form, `name@example.org`: ASCII, no quotes, a domain with a dot, at most 254 bytes
/// (RFC 5321, section 4.5.3.1.3, less the angle brackets).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(String);

/// The text is not one mail address in plain form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnAddress;

impl EmailAddress {
    /// The address as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The address in the mail library's type, which reads it once more by its own rules.
    pub(crate) fn to_lettre(&self) -> Result<Address, NotAnAddress> {
        self.0.parse().map_err(|_| NotAnAddress)
    }
}

impl FromStr for EmailAddress {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        // RFC 5322's atoms: what may stand before the @ without quotes.
        let is_atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
        let is_domain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
        let (local, domain) = text.rsplit_once('@').ok_or(NotAnAddress)?;
        let is_plain = text.len() <= 254
            && local.bytes().all(is_atom)
            && domain.bytes().all(is_domain)
            && domain.contains('.');
        let address = Self(text.to_owned());
        if is_plain && address.to_lettre().is_ok() { Ok(address) } else { Err(NotAnAddress) }
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EmailAddress {
    /// Says nothing about whose it is, since debug output ends in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

impl fmt::Display for NotAnAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "this is not an e-mail address: write one such as name@example.org, without spaces or accents",
        )
    }
}

impl std::error::Error for NotAnAddress {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_addresses_only() {
        for (text, accepted) in [
            ("anna@clinic.example", true),
            ("anna+visit.2@sub.clinic.example", true),
            ("o'neil@clinic.example", true),
            ("a@xn--mnchen-3ya.example", true),
            ("", false),
            ("anna", false),
            ("anna@", false),
            ("@clinic.example", false),
            ("anna@localhost", false),
            ("anna@clinic..example", false),
            (".anna@clinic.example", false),
            ("anna..b@clinic.example", false),
            ("anna@-clinic.example", false),
            ("anna@clinic.example.", false),
            ("anna@[127.0.0.1]", false),
            ("anna@@clinic.example", false),
            (" anna@clinic.example", false),
            ("anna@clinic.example ", false),
            ("anna@clinic.example\n", false),
            ("anna@clinic.example\r\nBcc: x@y.example", false),
            ("anna@clinic.example\r\nRCPT TO:<x@y.example>", false),
            ("anna@clinic.example,x@y.example", false),
            ("anna@clinic.example;x@y.example", false),
            ("anna@clinic.example x@y.example", false),
            ("<anna@clinic.example>", false),
            ("Anna <anna@clinic.example>", false),
            ("anna@clinic.example> SIZE=1", false),
            ("\"a b\"@clinic.example", false),
            ("\"a\r\nb\"@clinic.example", false),
            ("anna(comment)@clinic.example", false),
            ("anna%00@clinic.example", true),
            ("anna\0@clinic.example", false),
            ("josé@clinic.example", false),
            ("anna@münchen.example", false),
            ("anna@clinic\u{2028}.example", false),
        ] {
            assert_eq!(text.parse::<EmailAddress>().is_ok(), accepted, "{text:?}");
        }
    }

    #[test]
    fn length_has_a_limit() {
        // 64 bytes, the @, and 180 bytes of short labels before the last one.
        for (last_label, length, accepted) in [(9, 254, true), (10, 255, false)] {
            let text = format!("{}@{}{}", "a".repeat(64), "bc.".repeat(60), "d".repeat(last_label));
            assert_eq!(text.len(), length);
            assert_eq!(text.parse::<EmailAddress>().is_ok(), accepted);
        }
    }

    #[test]
    fn debug_output_keeps_the_address_to_itself() {
        let address: EmailAddress = "anna@clinic.example".parse().unwrap();
        assert_eq!(format!("{address:?}"), "EmailAddress(…)");
        assert_eq!(address.domain(), "clinic.example");
    }
}
