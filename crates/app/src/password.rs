//! Staff passwords: Argon2id with a fresh salt each, checked in the same time whether or not the account exists.

use std::sync::{Condvar, Mutex, PoisonError};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

use crate::env::Chance;

/// The fewest and the most letters of a password. Any letters: length is what counts (OWASP ASVS 5.0, 6.2).
pub const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 12..=128;

/// What a hash costs: 64 MiB, 3 rounds, 1 lane; 50 ms and more on the machines of today. The least that OWASP names (19 MiB
/// and 2 rounds) takes a third of that.
const MEMORY_KIB: u32 = 64 * 1024;
const ROUNDS: u32 = 3;
const LANES: u32 = 1;

/// The PHC string (`$argon2id$…`) that is stored for this password.
pub fn hash(password: &str, chance: &dyn Chance) -> String {
    let salt = chance.bits().to_be_bytes();
    let params = Params::new(MEMORY_KIB, ROUNDS, LANES, None).expect("the costs are within Argon2’s limits");
    in_turn(|| {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_with_salt(password.as_bytes(), &salt)
            .expect("16 bytes of salt are valid")
            .to_string()
    })
}

/// Whether `password` is the one that `stored` was made of, at whatever cost. A `stored` that is not a PHC string matches
/// nothing.
pub fn matches(password: &str, stored: &str) -> bool {
    let verify =
        |stored: PasswordHash| Argon2::default().verify_password(password.as_bytes(), &stored).is_ok();
    PasswordHash::new(stored).is_ok_and(|stored| in_turn(|| verify(stored)))
}

/// Whether `stored` was made at another cost than today's, and is to be made anew when the password is known.
pub fn is_outdated(stored: &str) -> bool {
    !stored.starts_with(&format!("$argon2id$v=19$m={MEMORY_KIB},t={ROUNDS},p={LANES}$"))
}

/// So many passwords are reckoned at a time, so that a crowd at the door does not take all memory.
const AT_A_TIME: u8 = 2;

static BUSY: Mutex<u8> = Mutex::new(0);
static LEFT: Condvar = Condvar::new();

/// Does the work once fewer than [`AT_A_TIME`] others are at it.
fn in_turn<T>(work: impl FnOnce() -> T) -> T {
    struct Turn;
    impl Drop for Turn {
        fn drop(&mut self) {
            *BUSY.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
            LEFT.notify_one();
        }
    }
    let busy = BUSY.lock().unwrap_or_else(PoisonError::into_inner);
    let mut busy = LEFT.wait_while(busy, |busy| *busy >= AT_A_TIME).unwrap_or_else(PoisonError::into_inner);
    *busy += 1;
    drop(busy);
    let _turn = Turn;
    work()
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
        assert!(stored.starts_with("$argon2id$v=19$m=65536,t=3,p=1$"), "{stored}");
        assert!(!is_outdated(&stored));
        assert!(matches("even small dots", &stored));
        assert!(!matches("even small dot", &stored));
        assert!(!matches("even small dots", "not a hash"));
    }

    #[test]
    fn a_hash_of_an_earlier_cost_still_matches_and_is_known_as_such() {
        let earlier =
            Argon2::default().hash_password_with_salt(b"even small dots", &[7; 16]).unwrap().to_string();
        assert!(matches("even small dots", &earlier) && !matches("even small dot", &earlier));
        assert!(is_outdated(&earlier) && is_outdated(""));
    }

    #[test]
    fn many_at_once_all_get_their_turn() {
        let most = std::sync::atomic::AtomicU8::new(0);
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    in_turn(|| {
                        let now = *BUSY.lock().unwrap();
                        most.fetch_max(now, std::sync::atomic::Ordering::Relaxed);
                        std::thread::yield_now();
                    });
                });
            }
        });
        assert!(most.into_inner() <= AT_A_TIME);
    }
}
