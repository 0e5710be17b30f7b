//! Typed ids: 128 bits each, most of them random so that nobody can guess one, written as 26 letters and digits whose
//! order is theirs.

use std::{fmt, marker::PhantomData, str::FromStr};

/// The letters an id is written in: Crockford's base 32, lower case, without `i`, `l`, `o` and `u`.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// How many letters an id has: 128 bits in groups of five.
const LENGTH: usize = 26;

/// An id of a `K`. Two ids of different kinds cannot be confused, because they have different types.
pub struct Id<K> {
    bits: u128,
    kind: PhantomData<fn() -> K>,
}

/// What was read is not an id: 26 letters of Crockford's base 32 in lower case, the first at most `7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnId;

impl<K> Id<K> {
    /// The id made of these bits. They come from the environment's source of chance, never from here.
    pub const fn from_bits(bits: u128) -> Self {
        Self { bits, kind: PhantomData }
    }

    /// The bits this id is made of.
    pub const fn bits(self) -> u128 {
        self.bits
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; LENGTH];
        let mut rest = self.bits;
        for letter in text.iter_mut().rev() {
            *letter = LETTERS[(rest & 31) as usize];
            rest >>= 5;
        }
        f.pad(std::str::from_utf8(&text).expect("the letters are ASCII"))
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K> FromStr for Id<K> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let text = text.as_bytes();
        if text.len() != LENGTH || text[0] > b'7' {
            return Err(NotAnId);
        }
        let mut bits = 0u128;
        for letter in text {
            let five = LETTERS.iter().position(|known| known == letter).ok_or(NotAnId)?;
            bits = bits << 5 | five as u128;
        }
        Ok(Self::from_bits(bits))
    }
}

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an id: 26 letters and digits in lower case, without i, l, o and u, were expected")
    }
}

impl std::error::Error for NotAnId {}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bits.cmp(&other.bits)
    }
}
impl<K> std::hash::Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.bits.hash(state);
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $kind:ident $id:ident;)*) => {$(
        #[doc = concat!("The kind of thing a [`", stringify!($id), "`] names.")]
        #[derive(Debug)]
        pub enum $kind {}
        $(#[$doc])*
        pub type $id = Id<$kind>;
    )*};
}

ids! {
    /// A clinic: the scope of every record.
    ClinicKind ClinicId;
    /// A place of a clinic with its own rooms, hours and time zone.
    SiteKind SiteId;
    /// A member of staff who can sign in.
    StaffKind StaffId;
    /// A person who is, or asks to be, treated.
    PatientKind PatientId;
    /// Anything that can be booked: a practitioner, a room, a device, a lounge.
    ResourceKind ResourceId;
    /// The promise of a visit.
    AppointmentKind AppointmentId;
    /// A time kept for somebody who is still typing.
    HoldKind HoldId;
    /// The answers given to a self-check.
    ResponseKind ResponseId;
    /// A question sent to the clinic by the contact form.
    EnquiryKind EnquiryId;
    /// An entry of the audit trail.
    AuditKind AuditEventId;
    /// A message that leaves, or has left, for a person.
    MessageKind MessageId;
    /// One request, so that an error page and the log can be brought together.
    OperationKind OperationId;
    /// A photograph of a patient.
    PictureKind PictureId;
    /// A session of a signed-in member of staff.
    SessionKind SessionId;
    /// Somebody's place on the wait list.
    WaitEntryKind WaitEntryId;
    /// A time offered to somebody on the wait list.
    WaitOfferKind WaitOfferId;
    /// A pen with a cartridge, as the clinic entered it.
    PenKind PenId;
    /// How a zone is to be needled at an appointment.
    NeedlingPlanKind NeedlingPlanId;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn written_and_read_is_the_same(bits: u128) {
            let id = PatientId::from_bits(bits);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        for text in [
            "",
            "0",
            &"0".repeat(25),
            &"0".repeat(27),
            &"i".repeat(26),
            &"A".repeat(26),
            "80000000000000000000000000",
        ] {
            assert_eq!(text.parse::<PatientId>(), Err(NotAnId), "{text}");
        }
        assert!("7zzzzzzzzzzzzzzzzzzzzzzzzz".parse::<PatientId>().is_ok());
    }
}
