//! Links that a message carries: web addresses that cannot leave their place in text or HTML.

use std::{fmt, str::FromStr};

/// A web address in visible ASCII. It may be secret: debug output does not show it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Link(String);

/// The text is not a web address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotALink;

impl Link {
    /// The address as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Link {
    type Err = NotALink;

    fn from_str(text: &str) -> Result<Self, NotALink> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or(NotALink)?;
        let is_visible = rest.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b));
        let has_host = rest.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'[');
        if is_visible && has_host && text.len() <= 2_000 { Ok(Self(text.to_owned())) } else { Err(NotALink) }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link(…)")
    }
}

impl fmt::Display for NotALink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is not a web address: it must start with https:// or http:// and hold no spaces")
    }
}

impl std::error::Error for NotALink {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_addresses_only() {
        for (text, accepted) in [
            ("https://clinic.example/visit/0abc?x=1&y=2#z", true),
            ("http://127.0.0.1:8080/visit", true),
            ("http://[::1]:8080/visit", true),
            ("https://", false),
            ("https:///visit", false),
            ("javascript:alert(1)", false),
            ("//clinic.example", false),
            ("https://clinic.example/\"onclick=\"x", false),
            ("https://clinic.example/a b", false),
            ("https://clinic.example/\r\nBcc: x@y.example", false),
            ("https://clinic.example/é", false),
        ] {
            assert_eq!(text.parse::<Link>().is_ok(), accepted, "{text:?}");
        }
        assert_eq!(format!("{:?}", "https://a.example/secret".parse::<Link>().unwrap()), "Link(…)");
    }
}
