//! Secrets that travel (links, cookies) and the hashes that are kept of them.

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};
use vocab::{Id, NotAnId};

use crate::env::Chance;

/// 128 random bits that prove something to whoever shows them. Never stored and never logged: only its hash is.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Id<Self>);

impl Secret {
    /// A fresh secret.
    pub fn new(chance: &dyn Chance) -> Self {
        Self::from_bits(chance.bits())
    }

    /// The secret made of these bits, which must be unguessable.
    pub const fn from_bits(bits: u128) -> Self {
        Self(Id::from_bits(bits))
    }

    /// What is stored: the SHA-256 of the letters. 128 random bits need no salt and no slow hash.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.reveal().as_bytes()).into()
    }

    /// The letters, for the link or cookie that carries them.
    pub fn reveal(&self) -> String {
        self.0.to_string()
    }
}

impl FromStr for Secret {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        text.parse().map(Self)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(not shown)")
    }
}
