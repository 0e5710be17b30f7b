//! How often somebody may do something: token buckets per purpose and address, account and whole site.
//!
//! Each bucket is one number, the moment at which it will be full again (the generic cell rate algorithm), so the
//! waiting time it answers is exact. Memory is bounded: two generations of buckets, the older one dropped when the
//! newer is full. Who has been idle long enough has a full bucket anyway, so forgetting costs nothing; under a flood
//! from very many addresses the bucket of the whole site still holds.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use sha2::{Digest, Sha256};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Purpose {
    /// Any request at all.
    Pages,
    /// Taking an appointment, moving or cancelling one.
    Booking,
    /// Keeping a time while typing.
    Hold,
    /// Answering a screen of the self-check.
    SelfCheck,
    /// Writing to the clinic.
    Enquiry,
    /// Trying to sign in.
    SignIn,
    /// Opening or confirming by a secret link.
    Confirm,
}

/// `burst` at once, and one more each `every`. A zero `every` means no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many at once from rest; at least 1.
    pub burst: u32,
    /// The time after which one more is allowed.
    pub every: Duration,
}

impl Rate {
    /// No limit.
    pub const FREE: Self = Self { burst: 1, every: Duration::ZERO };

    /// `burst` at once, and one more each `every`.
    pub const fn new(burst: u32, every: Duration) -> Self {
        Self { burst, every }
    }
}

/// The limits of one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurposeLimits {
    /// Per client address (an IPv6 address counts as its /64, which is what one household gets).
    pub address: Rate,
    /// For all visitors together.
    pub site: Rate,
    /// Per account named in the request and client address; used by [`Limiter::take_for_account`].
    pub account: Rate,
    /// Per account, from all addresses together that are not known for it ([`Limiter::know`]).
    pub account_anywhere: Rate,
}

/// The limits of every purpose. The defaults never stop a person, nor a waiting room of people behind one address:
///
/// | purpose | per address | whole site | per account and address | per account |
/// |---|---|---|---|---|
/// | pages | 240, then 20 a second | 5,000, then 2,000 a second | - | - |
/// | booking | 10, then 1 a minute | 300, then 5 a second | - | - |
/// | hold | 20, then 2 a minute | 300, then 5 a second | - | - |
/// | self-check | 120, then 20 a minute | 3,000, then 50 a second | - | - |
/// | enquiry | 5, then 1 in 10 minutes | 60, then 6 a minute | - | - |
/// | sign-in | 20, then 2 a minute | 120, then 2 a second | 5, then 1 in 3 minutes (10 in any 15 minutes) | 100, then 3 a minute |
/// | confirm | 30, then 6 a minute | 600, then 10 a second | - | - |
///
/// An account is counted for each address apart, because whoever knows a name could otherwise keep its owner out from
/// anywhere. What guesses from many addresses may do together is bounded too: 4,420 on the first day and 4,320 on each
/// after it, which is three years for the five million commonest passwords, and of those few have the twelve letters that
/// ours must have. To use that bound up takes twenty addresses, and nine more to keep it used up; and even then whoever
/// signed in within [`KNOWN_FOR`] gets in from where they did it, because there it does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// See [`Purpose::Pages`].
    pub pages: PurposeLimits,
    /// See [`Purpose::Booking`].
    pub booking: PurposeLimits,
    /// See [`Purpose::Hold`].
    pub hold: PurposeLimits,
    /// See [`Purpose::SelfCheck`].
    pub self_check: PurposeLimits,
    /// See [`Purpose::Enquiry`].
    pub enquiry: PurposeLimits,
    /// See [`Purpose::SignIn`].
    pub sign_in: PurposeLimits,
    /// See [`Purpose::Confirm`].
    pub confirm: PurposeLimits,
}

const fn seconds(burst: u32, every: u64) -> Rate {
    Rate::new(burst, Duration::from_secs(every))
}

const fn micros(burst: u32, every: u64) -> Rate {
    Rate::new(burst, Duration::from_micros(every))
}

/// So long an address stays known for an account that signed in from it.
pub const KNOWN_FOR: Duration = Duration::from_secs(30 * 24 * 3_600);

impl Default for Limits {
    fn default() -> Self {
        let limits = |address, site| PurposeLimits {
            address,
            site,
            account: Rate::FREE,
            account_anywhere: Rate::FREE,
        };
        Self {
            pages: limits(micros(240, 50_000), micros(5_000, 500)),
            booking: limits(seconds(10, 60), micros(300, 200_000)),
            hold: limits(seconds(20, 30), micros(300, 200_000)),
            self_check: limits(seconds(120, 3), micros(3_000, 20_000)),
            enquiry: limits(seconds(5, 600), seconds(60, 10)),
            sign_in: PurposeLimits {
                account: seconds(5, 180),
                account_anywhere: seconds(100, 20),
                ..limits(seconds(20, 30), micros(120, 500_000))
            },
            confirm: limits(seconds(30, 10), micros(600, 100_000)),
        }
    }
}

impl Limits {
    /// No limit at all: for measuring, never for a clinic.
    pub const fn free() -> Self {
        const FREE: PurposeLimits = PurposeLimits {
            address: Rate::FREE,
            site: Rate::FREE,
            account: Rate::FREE,
            account_anywhere: Rate::FREE,
        };
        Self {
            pages: FREE,
            booking: FREE,
            hold: FREE,
            self_check: FREE,
            enquiry: FREE,
            sign_in: FREE,
            confirm: FREE,
        }
    }

    const fn of(&self, purpose: Purpose) -> &PurposeLimits {
        match purpose {
            Purpose::Pages => &self.pages,
            Purpose::Booking => &self.booking,
            Purpose::Hold => &self.hold,
            Purpose::SelfCheck => &self.self_check,
            Purpose::Enquiry => &self.enquiry,
            Purpose::SignIn => &self.sign_in,
            Purpose::Confirm => &self.confirm,
        }
    }
}

/// Too often. After `seconds` the same request passes, if nobody else used the place meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooOften {
    /// Whole seconds to wait, at least 1.
    pub seconds: u64,
}

/// An address as it is counted: IPv4 whole, IPv6 by its first 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressKey(u128);

impl From<IpAddr> for AddressKey {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self(u128::from(v4.to_bits())),
            // The lower half is cleared, so no IPv6 network meets an IPv4 address but ::/64, which nobody has.
            IpAddr::V6(v6) => Self(v6.to_bits() & !u128::from(u64::MAX)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Address(Purpose, AddressKey),
    Site(Purpose),
    Account(Purpose, u128, AddressKey),
    AccountAnywhere(Purpose, u128),
    /// No bucket: until when the address is known for the account.
    Known(Purpose, u128, AddressKey),
}

/// The buckets. One lock guards them; it is held for two look-ups.
#[derive(Debug)]
pub struct Limiter {
    limits: Limits,
    /// How many buckets a generation holds.
    capacity: usize,
    buckets: Mutex<Buckets>,
}

#[derive(Debug, Default)]
struct Buckets {
    young: HashMap<Key, u64>,
    old: HashMap<Key, u64>,
    /// The buckets of the whole site are few and never forgotten.
    site: HashMap<Key, u64>,
}

impl Buckets {
    /// The moment at which the bucket is full again, in microseconds.
    fn full_at(&self, key: &Key) -> u64 {
        if matches!(key, Key::Site(_)) {
            return self.site.get(key).copied().unwrap_or(0);
        }
        self.young.get(key).or_else(|| self.old.get(key)).copied().unwrap_or(0)
    }

    fn set(&mut self, key: Key, full_at: u64, capacity: usize) {
        if matches!(key, Key::Site(_)) {
            self.site.insert(key, full_at);
            return;
        }
        if self.young.len() >= capacity && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, full_at);
    }
}

impl Limiter {
    /// Buckets with these limits, `capacity` (at least 1) of them in each of two generations, 48 bytes each.
    pub fn new(limits: Limits, capacity: usize) -> Self {
        Self { limits, capacity: capacity.max(1), buckets: Mutex::default() }
    }

    /// Counts one request from `address` at `now`, against its own bucket and the site's. A refusal costs nothing,
    /// so whoever hammers does not drain the site for others.
    pub fn take(&self, purpose: Purpose, address: AddressKey, now: Duration) -> Result<(), TooOften> {
        let limits = self.limits.of(purpose);
        self.take_all(
            [(Key::Address(purpose, address), limits.address), (Key::Site(purpose), limits.site)],
            now,
        )
    }

    /// Counts one try on `account` (already in its one written form) from `address` at `now`.
    pub fn take_for_account(
        &self,
        purpose: Purpose,
        account: &str,
        address: AddressKey,
        now: Duration,
    ) -> Result<(), TooOften> {
        let (limits, account) = (self.limits.of(purpose), short(account));
        let here = (Key::Account(purpose, account, address), limits.account);
        let known_until = {
            let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
            buckets.full_at(&Key::Known(purpose, account, address))
        };
        if as_micros(now) < known_until {
            return self.take_all([here], now);
        }
        self.take_all([here, (Key::AccountAnywhere(purpose, account), limits.account_anywhere)], now)
    }

    /// Notes that the owner of `account` was at `address` at `now`: for [`KNOWN_FOR`], what others try elsewhere does not
    /// count there.
    pub fn know(&self, purpose: Purpose, account: &str, address: AddressKey, now: Duration) {
        if self.limits.of(purpose).account_anywhere == Rate::FREE {
            return;
        }
        let until = as_micros(now.saturating_add(KNOWN_FOR));
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.set(Key::Known(purpose, short(account), address), until, self.capacity);
    }

    fn take_all<const N: usize>(&self, asked: [(Key, Rate); N], now: Duration) -> Result<(), TooOften> {
        let now = as_micros(now);
        // A panic cannot leave the maps half changed in a way that matters, so a poisoned lock is still good.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wait = 0;
        for (key, rate) in &asked {
            let every = as_micros(rate.every);
            let room = every.saturating_mul(u64::from(rate.burst.saturating_sub(1)));
            wait = wait.max(buckets.full_at(key).saturating_sub(now).saturating_sub(room));
        }
        if wait > 0 {
            return Err(TooOften { seconds: wait.div_ceil(1_000_000) });
        }
        for (key, rate) in asked {
            let every = as_micros(rate.every);
            if every > 0 {
                let full_at = buckets.full_at(&key).max(now).saturating_add(every);
                buckets.set(key, full_at, self.capacity);
            }
        }
        Ok(())
    }

    /// How many buckets are remembered now.
    pub fn len(&self) -> usize {
        let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.young.len() + buckets.old.len() + buckets.site.len()
    }

    /// Whether no bucket is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An account's name in as many bytes as a key has.
fn short(account: &str) -> u128 {
    let digest = Sha256::digest(account.as_bytes());
    digest[..16].iter().fold(0u128, |bits, byte| bits << 8 | u128::from(*byte))
}

fn as_micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u32) -> AddressKey {
        AddressKey::from(IpAddr::V4(n.into()))
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(1_000 + seconds)
    }

    /// How many of `tries` pass.
    fn passed(limiter: &Limiter, purpose: Purpose, who: AddressKey, tries: u32, now: Duration) -> usize {
        (0..tries).filter(|_| limiter.take(purpose, who, now).is_ok()).count()
    }

    #[test]
    fn the_burst_passes_then_the_wait_is_exact() {
        let limiter = Limiter::new(Limits::default(), 100);
        assert_eq!(passed(&limiter, Purpose::Booking, address(1), 200, at(0)), 10);
        assert_eq!(limiter.take(Purpose::Booking, address(1), at(0)), Err(TooOften { seconds: 60 }));
        assert_eq!(limiter.take(Purpose::Booking, address(1), at(59)), Err(TooOften { seconds: 1 }));
        assert_eq!(passed(&limiter, Purpose::Booking, address(1), 5, at(60)), 1, "one after the stated wait");
        assert_eq!(
            passed(&limiter, Purpose::Booking, address(1), 50, at(10_000)),
            10,
            "full again after a rest"
        );
    }

    #[test]
    fn a_second_visitor_and_another_purpose_still_get_through() {
        let limiter = Limiter::new(Limits::default(), 100);
        passed(&limiter, Purpose::Booking, address(1), 5_000, at(0));
        assert!(limiter.take(Purpose::Booking, address(2), at(0)).is_ok());
        assert!(limiter.take(Purpose::Enquiry, address(1), at(0)).is_ok());
    }

    #[test]
    fn two_hundred_visitors_may_book_at_once_but_not_five_hundred() {
        let limiter = Limiter::new(Limits::default(), 1_000);
        let passed = (0..500).filter(|n| limiter.take(Purpose::Booking, address(*n), at(0)).is_ok()).count();
        assert_eq!(passed, 300);
    }

    #[test]
    fn ten_guesses_an_account_in_any_quarter_of_an_hour() {
        let limiter = Limiter::new(Limits::default(), 100);
        let take =
            |who, from, s| limiter.take_for_account(Purpose::SignIn, who, address(from), at(s)).is_ok();
        assert_eq!((0..=900).filter(|s| take("a@example.org", 1, *s)).count(), 10);
        assert!(take("b@example.org", 1, 900));
        assert!(take("a@example.org", 2, 900), "the owner, elsewhere");
    }

    #[test]
    fn guesses_from_many_addresses_are_bounded_and_the_owner_still_gets_in_from_where_they_were() {
        let limiter = Limiter::new(Limits::default(), 10_000);
        let take = |from, s| limiter.take_for_account(Purpose::SignIn, "jonas", address(from), at(s)).is_ok();
        assert!(take(1, 0));
        limiter.know(Purpose::SignIn, "jonas", address(1), at(0));
        let day = 24 * 3_600;
        let guesses = (0..day).flat_map(|s| [(2 + s as u32, s), (100_000 + s as u32, s)]);
        assert_eq!(guesses.filter(|(from, s)| take(*from, *s)).count(), 99 + 4_320 - 1);
        assert!(!take(500_000, day - 1), "a new address");
        assert!(take(1, day - 1), "where the owner was");
        assert!(!take(1, KNOWN_FOR.as_secs() + 1) || take(500_000, KNOWN_FOR.as_secs() + 1), "not for ever");
    }

    #[test]
    fn one_household_is_one_address() {
        let key = |text: &str| AddressKey::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:192.0.2.7"), key("192.0.2.7"));
        assert_ne!(key("192.0.2.7"), key("192.0.2.8"));
    }

    #[test]
    fn memory_is_bounded_and_the_newest_are_remembered() {
        let limiter = Limiter::new(Limits::default(), 50);
        for n in 0..10_000 {
            let _ = limiter.take(Purpose::Enquiry, address(n), at(u64::from(n) * 10));
        }
        assert!(limiter.len() <= 101, "{}", limiter.len());
        // The last one has written ten seconds ago, so one of its five is used up.
        assert_eq!(passed(&limiter, Purpose::Enquiry, address(9_999), 1_000, at(100_000)), 4);
    }

    #[test]
    fn free_means_free() {
        let limiter = Limiter::new(Limits::free(), 1);
        assert_eq!(passed(&limiter, Purpose::Booking, address(1), 10_000, at(0)), 10_000);
        assert!(limiter.is_empty());
    }
}
