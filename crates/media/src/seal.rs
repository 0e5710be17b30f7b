//! Sealing: bytes that only the patient's key opens, and only in the place they were sealed for.
//!
//! A sealed object is, in this order:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `stipseal` |
//! | 1 | version, 1 |
//! | 19 | fresh random start of every nonce of the object |
//! | … | pieces of 65,536 bytes, the last one shorter or empty, each followed by its tag of 16 bytes |
//!
//! Each piece is sealed by XChaCha20-Poly1305. Its nonce is the random start, the number of the piece (4 bytes, big end
//! first) and 1 for the last piece or 0: the STREAM construction, so that pieces cannot change places and a cut end is
//! found. The header and the name of the object are authenticated with every piece, so that an object moved to another
//! name, patient or clinic does not open.

use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce, aead::AeadInOut};
use zeroize::Zeroizing;

const MAGIC: &[u8; 8] = b"stipseal";
const VERSION: u8 = 1;
const START: usize = 19;
const HEADER: usize = MAGIC.len() + 1 + START;
const PIECE: usize = 1 << 16;
const TAG: usize = 16;

/// Unguessable bytes, from the outside. The same start twice under one key would lay two objects open, so an
/// implementation that cannot give fresh bytes must not return.
pub trait Chance: Send + Sync {
    /// Fills all of it with fresh random bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// A key of 32 bytes, wiped from memory when it is dropped.
#[derive(Clone)]
pub(crate) struct Key(Zeroizing<[u8; 32]>);

impl Key {
    pub(crate) fn fresh(chance: &dyn Chance) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        chance.fill(bytes.as_mut());
        Self(bytes)
    }

    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

/// What was sealed does not open: another key, another name, or changed bytes. Which of them, nobody can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DoesNotOpen;

/// Seals `plain` as the object of this name.
pub(crate) fn seal(key: &Key, chance: &dyn Chance, name: &str, plain: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(HEADER + plain.len() + TAG * (1 + plain.len() / PIECE));
    sealed.extend(MAGIC);
    sealed.push(VERSION);
    let mut start = [0; START];
    chance.fill(&mut start);
    sealed.extend(start);
    let authenticated = [&sealed[..], name.as_bytes()].concat();
    let cipher = key.cipher();
    let count = plain.len().div_ceil(PIECE).max(1);
    for nth in 0..count {
        let from = sealed.len();
        sealed
            .extend_from_slice(&plain[(nth * PIECE).min(plain.len())..((nth + 1) * PIECE).min(plain.len())]);
        let nonce = nonce(&start, nth, nth + 1 == count);
        let tag = cipher
            .encrypt_inout_detached(&nonce, &authenticated, (&mut sealed[from..]).into())
            .expect("a piece is far below the cipher's 256 GiB");
        sealed.extend_from_slice(&tag);
    }
    sealed
}

/// Opens what was sealed under this name, or nothing of it.
pub(crate) fn open(key: &Key, name: &str, mut sealed: Vec<u8>) -> Result<Vec<u8>, DoesNotOpen> {
    let header = sealed.get(..HEADER).ok_or(DoesNotOpen)?;
    if &header[..8] != MAGIC || header[8] != VERSION {
        return Err(DoesNotOpen);
    }
    let start: [u8; START] = header[9..].try_into().map_err(|_| DoesNotOpen)?;
    let authenticated = [header, name.as_bytes()].concat();
    let cipher = key.cipher();
    // The opened pieces move together at the front, over the header and the tags.
    let (mut at, mut opened, mut nth) = (HEADER, 0, 0);
    loop {
        let length = (sealed.len() - at).min(PIECE + TAG).checked_sub(TAG).ok_or(DoesNotOpen)?;
        let end = at + length + TAG;
        let last = end == sealed.len();
        let (piece, tag) = sealed[at..end].split_at_mut(length);
        let tag: [u8; TAG] = (&*tag).try_into().map_err(|_| DoesNotOpen)?;
        cipher
            .decrypt_inout_detached(&nonce(&start, nth, last), &authenticated, piece.into(), &tag.into())
            .map_err(|_| DoesNotOpen)?;
        sealed.copy_within(at..at + length, opened);
        (at, opened, nth) = (end, opened + length, nth + 1);
        if last {
            break;
        }
    }
    sealed.truncate(opened);
    Ok(sealed)
}

fn nonce(start: &[u8; START], nth: usize, last: bool) -> XNonce {
    let mut nonce = [0; 24];
    nonce[..START].copy_from_slice(start);
    nonce[START..23].copy_from_slice(&(nth as u32).to_be_bytes());
    nonce[23] = last.into();
    nonce.into()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use sha2::{Digest, Sha256};

    use super::*;

    /// Bytes that differ at each call and are the same in each run.
    pub(crate) struct Counted(pub(crate) AtomicU64);

    impl Chance for Counted {
        fn fill(&self, bytes: &mut [u8]) {
            for part in bytes.chunks_mut(32) {
                let number = self.0.fetch_add(1, Ordering::Relaxed);
                part.copy_from_slice(&Sha256::digest(number.to_be_bytes())[..part.len()]);
            }
        }
    }

    pub(crate) fn counted() -> Counted {
        Counted(AtomicU64::new(1))
    }

    #[test]
    fn sealed_and_opened_is_the_same_at_every_edge() {
        let chance = counted();
        let key = Key::fresh(&chance);
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 7] {
            let plain: Vec<u8> = (0..length).map(|nth| (nth % 251) as u8).collect();
            let sealed = seal(&key, &chance, "a/b", &plain);
            assert_eq!(sealed.len(), HEADER + length + TAG * length.div_ceil(PIECE).max(1));
            assert_eq!(open(&key, "a/b", sealed), Ok(plain), "{length}");
        }
    }

    #[test]
    fn every_change_is_found() {
        let chance = counted();
        let key = Key::fresh(&chance);
        let sealed = seal(&key, &chance, "a/b", b"forty-two bytes of a very small photograph");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1 << (at % 8);
            assert_eq!(open(&key, "a/b", changed), Err(DoesNotOpen), "bit changed in byte {at}");
            assert_eq!(open(&key, "a/b", sealed[..at].to_vec()), Err(DoesNotOpen), "cut at {at}");
        }
        assert_eq!(open(&key, "a/c", sealed.clone()), Err(DoesNotOpen));
        assert_eq!(open(&Key::fresh(&chance), "a/b", sealed.clone()), Err(DoesNotOpen));
        assert_eq!(open(&key, "a/b", [sealed, vec![0]].concat()), Err(DoesNotOpen));
    }

    #[test]
    fn pieces_cannot_be_left_out_or_change_places() {
        let chance = counted();
        let key = Key::fresh(&chance);
        let sealed = seal(&key, &chance, "a", &vec![7; 3 * PIECE]);
        let piece = |nth: usize| &sealed[HEADER + nth * (PIECE + TAG)..][..PIECE + TAG];
        let header = &sealed[..HEADER];
        for wrong in [
            [header, piece(0), piece(1)].concat(),
            [header, piece(1), piece(0), piece(2)].concat(),
            [header, piece(1), piece(2)].concat(),
            [header, piece(0), piece(0), piece(2)].concat(),
            [header, piece(2)].concat(),
        ] {
            assert_eq!(open(&key, "a", wrong), Err(DoesNotOpen));
        }
    }

    #[test]
    fn the_same_twice_is_sealed_differently() {
        let chance = counted();
        let key = Key::fresh(&chance);
        let (one, two) = (seal(&key, &chance, "a", &[0; 64]), seal(&key, &chance, "a", &[0; 64]));
        assert_ne!(one[9..], two[9..]);
        assert!(!one.windows(8).any(|window| window == [0; 8]));
    }
}
