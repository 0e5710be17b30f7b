//! Signed tokens: proof that this server made a value, for one purpose, at a stated time.
//!
//! Form tokens guard public forms without a puzzle: they carry their age, so a form sent back faster than a person
//! types is a machine's, and one left open for a day is asked to be sent again. They also prove, to browsers too old
//! to name the origin of a request, that our own page sent it, because they are bound to the visitor's cookie.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// What a token is good for. A token of one purpose is worth nothing for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenPurpose {
    /// A form of ours, bound to the visitor's cookie.
    Form,
    /// A link in a mail that opens a page with a button.
    Link,
}

impl TokenPurpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Form => b"stipple form v1",
            Self::Link => b"stipple link v1",
        }
    }
}

/// Why a token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    /// Not made by this server, for this purpose and this holder.
    Forged,
    /// Too old.
    Expired,
    /// Sent back sooner than a person could; `wait` is what is missing.
    TooSoon {
        /// The time after which the same token passes.
        wait: Duration,
    },
}

/// What a good token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// When it was made.
    pub issued_at: Timestamp,
    /// 128 bits that are different in each token.
    pub nonce: u128,
}

impl Token {
    /// The idempotency key of what the token's form does. It begins with the time, so that those of one day lie
    /// together in the database's index.
    pub fn idempotency_key(&self) -> String {
        format!("{:016x}{:016x}", self.issued_at.as_microsecond(), self.nonce >> 64)
    }
}

/// Signs and checks with the server's secret.
#[derive(Clone)]
pub struct Signer {
    keyed: Hmac<Sha256>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

/// Time and nonce in hexadecimal, then the code.
const STAMP: usize = 16 + 32;
const LENGTH: usize = STAMP + 64;

impl Signer {
    /// A signer with the server's own secret: 32 random bytes that never leave the data folder.
    pub fn new(secret: &[u8; 32]) -> Self {
        let keyed = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
        Self { keyed }
    }

    fn code(&self, purpose: TokenPurpose, holder: &str, stamp: &[u8]) -> [u8; 32] {
        let mut mac = self.keyed.clone();
        // Lengths keep the parts apart, so that no two triples sign the same bytes.
        for part in [purpose.label(), holder.as_bytes(), stamp] {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// A token for `holder` (the value it is bound to, say the visitor's cookie), 112 letters and digits long.
    pub fn issue(&self, purpose: TokenPurpose, holder: &str, now: Timestamp, nonce: u128) -> String {
        let mut token = format!("{:016x}{nonce:032x}", now.as_microsecond());
        let code = self.code(purpose, holder, token.as_bytes());
        push_hex(&mut token, &code);
        token
    }

    /// The contents of a token that this server made for this purpose and holder, at least `min_age` and at most
    /// `max_age` ago. Its authenticity is decided first and in constant time.
    pub fn check(
        &self,
        purpose: TokenPurpose,
        holder: &str,
        token: &str,
        now: Timestamp,
        (min_age, max_age): (Duration, Duration),
    ) -> Result<Token, TokenError> {
        let token = token.as_bytes();
        if token.len() != LENGTH {
            return Err(TokenError::Forged);
        }
        let (stamp, code) = token.split_at(STAMP);
        let mut expected = String::with_capacity(64);
        push_hex(&mut expected, &self.code(purpose, holder, stamp));
        if !bool::from(expected.as_bytes().ct_eq(code)) {
            return Err(TokenError::Forged);
        }
        let text = std::str::from_utf8(stamp).map_err(|_| TokenError::Forged)?;
        let issued = i64::from_str_radix(&text[..16], 16).map_err(|_| TokenError::Forged)?;
        let nonce = u128::from_str_radix(&text[16..], 16).map_err(|_| TokenError::Forged)?;
        let issued_at = Timestamp::from_microsecond(issued).map_err(|_| TokenError::Forged)?;
        // A clock set back makes the age negative: it counts as none, and the wait stays short.
        let age = now.as_microsecond().saturating_sub(issued).max(0);
        let age = Duration::from_micros(age.unsigned_abs());
        if age > max_age {
            return Err(TokenError::Expired);
        }
        if age < min_age {
            return Err(TokenError::TooSoon { wait: min_age - age });
        }
        Ok(Token { issued_at, nonce })
    }
}

/// Appends `bytes` in hexadecimal.
pub(super) fn push_hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)] as char);
        text.push(DIGITS[usize::from(byte & 15)] as char);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGES: (Duration, Duration) = (Duration::from_secs(3), Duration::from_secs(3_600));

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn age_is_checked_at_both_ends() {
        let signer = Signer::new(&[7; 32]);
        let token = signer.issue(TokenPurpose::Form, "visitor", at(0), 42);
        assert_eq!(token.len(), LENGTH);
        let check = |second| signer.check(TokenPurpose::Form, "visitor", &token, at(second), AGES);
        let good = Ok(Token { issued_at: at(0), nonce: 42 });
        assert_eq!(check(2), Err(TokenError::TooSoon { wait: Duration::from_secs(1) }));
        assert_eq!(check(3), good);
        assert_eq!(check(3_600), good);
        assert_eq!(check(3_601), Err(TokenError::Expired));
        assert_eq!(check(-900), Err(TokenError::TooSoon { wait: Duration::from_secs(3) }));
    }

    #[test]
    fn purposes_holders_and_secrets_do_not_mix() {
        let signer = Signer::new(&[7; 32]);
        let token = signer.issue(TokenPurpose::Form, "visitor", at(0), 42);
        let forged = Err(TokenError::Forged);
        assert_eq!(signer.check(TokenPurpose::Link, "visitor", &token, at(9), AGES), forged);
        assert_eq!(signer.check(TokenPurpose::Form, "visito", &token, at(9), AGES), forged);
        assert_eq!(signer.check(TokenPurpose::Form, "", &token, at(9), AGES), forged);
        assert_eq!(Signer::new(&[8; 32]).check(TokenPurpose::Form, "visitor", &token, at(9), AGES), forged);
    }

    #[test]
    fn every_changed_letter_is_noticed() {
        let signer = Signer::new(&[7; 32]);
        let token = signer.issue(TokenPurpose::Form, "visitor", at(0), 42);
        for i in 0..token.len() {
            for other in ["0", "f", "F", "g", "-", "\0"] {
                let mut changed = token.clone();
                changed.replace_range(i..=i, other);
                if changed != token {
                    let answer = signer.check(TokenPurpose::Form, "visitor", &changed, at(9), AGES);
                    assert_eq!(answer, Err(TokenError::Forged), "{i} {other}");
                }
            }
        }
        for odd in ["", "é", &token[1..], &format!("{token}0"), &"é".repeat(LENGTH / 2)] {
            assert_eq!(
                signer.check(TokenPurpose::Form, "visitor", odd, at(9), AGES),
                Err(TokenError::Forged)
            );
        }
    }
}
