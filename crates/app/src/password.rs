//! Staff passwords: Argon2id with a fresh salt each, checked in the same time whether or not the account exists.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

use crate::env::Chance;

/// The fewest and the most letters of a password. Any letters: length is what counts (OWASP ASVS 5.0, 6.2).
pub const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 12..=128;

/// The PHC string (`$argon2id$…`) that is stored for this password. 19 MiB, 2 rounds, 1 lane: about 50 ms.
pub fn hash(password: &str, chance: &dyn Chance) -> String {
    let salt = chance.bits().to_be_bytes();
    Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .expect("16 bytes of salt and the default costs are valid")
        .to_string()
}

/// Whether `password` is the one that `stored` was made of. A `stored` that is not a PHC string matches nothing.
pub fn matches(password: &str, stored: &str) -> bool {
    PasswordHash::new(stored)
        .is_ok_and(|stored| Argon2::default().verify_password(password.as_bytes(), &stored).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;
    impl Chance for Fixed {
        fn bits(&self) -> u128 {
            7
        }
    }

    #[test]
    fn only_the_same_password_matches() {
        let stored = hash("even small dots", &Fixed);
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(matches("even small dots", &stored));
        assert!(!matches("even small dot", &stored));
        assert!(!matches("even small dots", "not a hash"));
    }
}
