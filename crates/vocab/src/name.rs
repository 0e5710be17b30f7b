//! Names out of a protocol or a clinic's settings (`SCR-PREG`, `cheek`, `treatment`): short, readable, typed.

use std::{fmt, sync::Arc};

/// The longest name, in letters.
pub const NAME_LENGTH_MAX: usize = 64;

/// What was read is not a name: 1 to 64 of letters, digits, `-`, `_` and `.`, a letter or digit first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAName;

impl fmt::Display for NotAName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name is 1 to 64 of letters, digits, '-', '_' and '.', with a letter or digit first")
    }
}

impl std::error::Error for NotAName {}

fn is_name(text: &str) -> bool {
    text.len() <= NAME_LENGTH_MAX
        && text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Refuses what is not 1 to 64 of letters, digits, `-`, `_` and `.`, with a letter or digit first.
            pub fn new(text: &str) -> Result<Self, NotAName> {
                if is_name(text) { Ok(Self(text.into())) } else { Err(NotAName) }
            }

            /// The name as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    )*};
}

names! {
    /// A rule of a protocol: `SCR-PREG`.
    RuleId;
    /// Why somebody comes: `acne-scars`.
    ConcernId;
    /// Something people have tried before they come: `home-roller`.
    PriorTreatmentId;
    /// A part of the body that can be treated: `cheek`.
    ZoneId;
    /// A country or part of one, whose rules hold: `GB-SCT`.
    Jurisdiction;
    /// A kind of visit: `treatment`, `consultation`.
    VisitTypeId;
    /// A numbing product or an active substance in one: `lidocaine`.
    ProductId;
    /// What somebody is trained in: `needling`.
    Skill;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        for (text, good) in [
            ("SCR-PREG", true),
            ("GB-SCT", true),
            ("a", true),
            ("", false),
            ("-a", false),
            ("a b", false),
            ("ä", false),
        ] {
            assert_eq!(RuleId::new(text).is_ok(), good, "{text}");
        }
        assert!(RuleId::new(&"a".repeat(64)).is_ok());
        assert!(RuleId::new(&"a".repeat(65)).is_err());
    }
}
