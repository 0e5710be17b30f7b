//! The outside world as the use cases see it: clock, chance, store, keys, the protocol in force, the diary.

use std::{fmt, sync::Arc};

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use store::Store;
use vocab::{AppointmentId, ClinicId, Id, WaitEntryId};

use crate::{Secret, diary::DiaryCache, protocols::ProtocolInForce};

/// What time it is. A test sets it; the program reads the machine's clock.
pub trait Clock: Send + Sync {
    /// Now, to the microsecond.
    fn now(&self) -> Timestamp;
}

/// Where random bits come from. A test seeds it; the program asks the operating system.
pub trait Chance: Send + Sync {
    /// 128 fresh bits.
    fn bits(&self) -> u128;
}

/// Makes the secrets of links out of the server's own secret, so that a link can be written into a second message
/// without ever being stored.
#[derive(Clone)]
pub struct LinkKey([u8; 32]);

/// Everything a use case may use of the outside world. Cheap to clone.
#[derive(Clone)]
pub struct Env {
    /// The database.
    pub store: Arc<Store>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub chance: Arc<dyn Chance>,
    /// The clinic this server works for.
    pub clinic_id: ClinicId,
    /// The protocol it works by.
    pub protocol: Arc<ProtocolInForce>,
    /// What is free and what is busy, in memory.
    pub diary: Arc<DiaryCache>,
    /// Makes the secrets of links.
    pub link_key: LinkKey,
    /// How people reach the site, without a slash at the end: `https://clinic.example`.
    pub public_url: Arc<str>,
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Env({})", self.clinic_id)
    }
}

impl Env {
    /// A fresh id: the milliseconds since 1970 in 48 bits, then 80 random ones, as the seventh version of a UUID has
    /// it (RFC 9562). Nobody can guess it, and what is written at the same time lies together in every index.
    pub fn new_id<K>(&self) -> Id<K> {
        let milliseconds = u128::from(self.clock.now().as_millisecond().max(0).unsigned_abs());
        Id::from_bits(milliseconds << 80 | self.chance.bits() >> 48)
    }

    /// The address of the page that an appointment's secret link opens.
    pub fn link(&self, appointment: AppointmentId) -> String {
        format!("{}/visit/open/{}", self.public_url, self.link_key.secret(appointment).reveal())
    }

    /// The address of the page that the secret link of somebody on the wait list opens.
    pub fn wait_link(&self, entry: WaitEntryId) -> String {
        format!("{}/wait-list/open/{}", self.public_url, self.link_key.wait_secret(entry).reveal())
    }
}

impl LinkKey {
    /// The key made of the server's 32 secret bytes.
    pub const fn new(server_secret: [u8; 32]) -> Self {
        Self(server_secret)
    }

    /// The secret of this appointment's link: 128 bits of an HMAC that nobody without the key can make.
    pub fn secret(&self, appointment: AppointmentId) -> Secret {
        self.derived(b"stipple appointment link v1", appointment.bits())
    }

    /// The same for the link of somebody on the wait list.
    pub fn wait_secret(&self, entry: WaitEntryId) -> Secret {
        self.derived(b"stipple wait list link v1", entry.bits())
    }

    /// Tells this key from another without telling anything of it.
    pub(crate) fn print(&self) -> String {
        self.derived(b"stipple print of the key v1", 0).reveal()
    }

    fn derived(&self, purpose: &[u8], id: u128) -> Secret {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(purpose);
        mac.update(&id.to_be_bytes());
        let code: [u8; 32] = mac.finalize().into_bytes().into();
        Secret::from_bits(u128::from_be_bytes(code[..16].try_into().expect("half of 32 bytes is 16")))
    }
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey(not shown)")
    }
}
