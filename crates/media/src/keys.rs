//! Keys: one master key for the clinic's server, one data key for each patient, wrapped by the master key.
//!
//! The master key seals nothing but data keys, and a data key seals the pictures of one patient. So a new master key
//! means that small files are wrapped again and no picture is touched, and destroying one data key makes the pictures
//! of one patient unreadable wherever copies of them lie.
//!
//! A wrapped key is a file `CLINIC/PATIENT.key` of 88 bytes: `stipkey1`, the master key's mark (8 bytes), a random
//! nonce (24), the data key sealed by XChaCha20-Poly1305 (32) and its tag (16). The first eight bytes, the mark, the
//! clinic and the patient are authenticated. A file `CLINIC/PATIENT.gone` says that the key was destroyed: it is written
//! first and never removed, so that an older copy of the key that comes back with a backup stays unused.

use std::{
    fmt, fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use chacha20poly1305::{XNonce, aead::AeadInOut};
use sha2::{Digest, Sha256};
use vocab::{ClinicId, PatientId};
use zeroize::Zeroizing;

use crate::{
    durable::{self, Existing},
    seal::{Chance, Key},
    shelf::ShelfError,
};

const MAGIC: &[u8; 8] = b"stipkey1";
const WRAPPED: usize = 88;

/// What a file with a master key begins with, before 64 hexadecimal digits and the end of the line.
const MASTER: &str = "stipple-master-key-1:";

/// The master key: it wraps the patients' keys. Without it every picture is lost.
#[derive(Debug, Clone)]
pub struct MasterKey {
    key: Key,
    mark: [u8; 8],
}

/// Why there is no master key. The texts name the file, never what is in it.
#[derive(Debug)]
pub enum MasterKeyError {
    /// The file cannot be read or written.
    File(PathBuf, io::Error),
    /// Others than its owner may read the file.
    OpenToOthers(PathBuf),
    /// The file does not hold a master key.
    NotAKey(PathBuf),
}

impl fmt::Display for MasterKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "the master key in {}: {error}", path.display()),
            Self::OpenToOthers(path) => write!(
                f,
                "others may read the master key in {}: take their rights away (chmod 600)",
                path.display()
            ),
            Self::NotAKey(path) => write!(
                f,
                "{} does not hold a master key; it is one line, {MASTER} and 64 hexadecimal digits",
                path.display()
            ),
        }
    }
}

impl std::error::Error for MasterKeyError {}

impl MasterKey {
    fn from_key(key: Key) -> Self {
        let digest =
            Sha256::new().chain_update(b"stipple master key mark").chain_update(key.bytes()).finalize();
        let mut mark = [0; 8];
        mark.copy_from_slice(&digest[..8]);
        Self { key, mark }
    }

    /// Makes a new one in a new file that only its owner can read. A file that is there is left alone and an error.
    pub fn create(path: &Path, chance: &dyn Chance) -> Result<Self, MasterKeyError> {
        let fault = |error| MasterKeyError::File(path.to_owned(), error);
        let key = Key::fresh(chance);
        let digits: String = key.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let line = Zeroizing::new(format!("{MASTER}{digits}\n"));
        match durable::write(path, line.as_bytes(), Existing::Keep, attempt(chance)).map_err(fault)? {
            true => Ok(Self::from_key(key)),
            false => Err(fault(io::ErrorKind::AlreadyExists.into())),
        }
    }

    /// Reads one from its file, which nobody but its owner may be able to read.
    pub fn load(path: &Path) -> Result<Self, MasterKeyError> {
        let fault = |error| MasterKeyError::File(path.to_owned(), error);
        if fs::metadata(path).map_err(fault)?.permissions().mode() & 0o077 != 0 {
            return Err(MasterKeyError::OpenToOthers(path.to_owned()));
        }
        let line = Zeroizing::new(fs::read(path).map_err(fault)?);
        let not_a_key = || MasterKeyError::NotAKey(path.to_owned());
        let text = std::str::from_utf8(&line).map_err(|_| not_a_key())?.trim_end();
        let digits = text.strip_prefix(MASTER).filter(|digits| digits.len() == 64).ok_or_else(not_a_key)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| not_a_key())?;
            let hex = pair.bytes().all(|digit| digit.is_ascii_hexdigit());
            *byte = u8::from_str_radix(pair, 16).ok().filter(|_| hex).ok_or_else(not_a_key)?;
        }
        Ok(Self::from_key(Key::from_bytes(bytes)))
    }
}

/// The master key in use, and earlier ones that some patients' keys may still be wrapped by.
#[derive(Debug, Clone)]
pub struct KeyRing {
    /// Wraps every new key.
    pub current: MasterKey,
    /// Open what was wrapped before, until [`crate::Shelf::rewrap`] has been through.
    pub earlier: Vec<MasterKey>,
}

/// How many keys a walk over all of them met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rewrapped {
    /// Wrapped again by the current master key.
    pub changed: usize,
    /// Wrapped by it already.
    pub unchanged: usize,
}

/// The folder with the wrapped keys, one for each patient.
#[derive(Debug)]
pub(crate) struct Keys {
    folder: PathBuf,
    ring: KeyRing,
}

impl Keys {
    pub(crate) fn new(folder: PathBuf, ring: KeyRing) -> Self {
        Self { folder, ring }
    }

    fn file(&self, clinic: ClinicId, patient: PatientId, end: &str) -> PathBuf {
        self.folder.join(clinic.to_string()).join(format!("{patient}.{end}"))
    }

    /// The patient's key.
    pub(crate) fn load(&self, clinic: ClinicId, patient: PatientId) -> Result<Key, ShelfError> {
        if self.file(clinic, patient, "gone").exists() {
            return Err(ShelfError::Erased);
        }
        let wrapped = match fs::read(self.file(clinic, patient, "key")) {
            Ok(wrapped) => wrapped,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(ShelfError::Absent),
            Err(error) => return Err(ShelfError::Fault(error)),
        };
        self.unwrap(clinic, patient, &wrapped).map(|(key, _)| key)
    }

    /// The patient's key, made now if there is none yet. Two that ask at once get the same.
    pub(crate) fn load_or_make(
        &self,
        clinic: ClinicId,
        patient: PatientId,
        chance: &dyn Chance,
    ) -> Result<Key, ShelfError> {
        match self.load(clinic, patient) {
            Err(ShelfError::Absent) => {
                let wrapped = self.wrap(clinic, patient, &Key::fresh(chance), chance);
                let file = self.file(clinic, patient, "key");
                durable::write(&file, &wrapped, Existing::Keep, attempt(chance))
                    .map_err(ShelfError::Fault)?;
                self.load(clinic, patient)
            }
            answer => answer,
        }
    }

    /// Destroys the patient's key for good. It can be repeated after a crash, and says nothing if it is done already.
    pub(crate) fn destroy(
        &self,
        clinic: ClinicId,
        patient: PatientId,
        chance: &dyn Chance,
    ) -> Result<(), ShelfError> {
        let gone = self.file(clinic, patient, "gone");
        durable::write(&gone, b"", Existing::Replace, attempt(chance)).map_err(ShelfError::Fault)?;
        durable::destroy(&self.file(clinic, patient, "key")).map_err(ShelfError::Fault)
    }

    /// Wraps every key again that an earlier master key has wrapped. After a crash it goes on where it was. Keys whose
    /// patient was erased, and what crashes have left, are removed on the way.
    pub(crate) fn rewrap(&self, chance: &dyn Chance) -> Result<Rewrapped, ShelfError> {
        let mut seen = Rewrapped::default();
        for clinic_folder in entries(&self.folder)? {
            for file in entries(&clinic_folder)? {
                let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let is_key = file.extension().is_some_and(|end| end == "key");
                if durable::is_attempt(&file) || (is_key && file.with_extension("gone").exists()) {
                    durable::destroy(&file).map_err(ShelfError::Fault)?;
                    continue;
                }
                let (Ok(clinic), Ok(patient)) = (name(&clinic_folder).parse(), name(&file).parse()) else {
                    continue;
                };
                if !is_key {
                    continue;
                }
                let wrapped = fs::read(&file).map_err(ShelfError::Fault)?;
                let (key, mark) = self.unwrap(clinic, patient, &wrapped)?;
                if mark == self.ring.current.mark {
                    seen.unchanged += 1;
                    continue;
                }
                let wrapped = self.wrap(clinic, patient, &key, chance);
                durable::write(&file, &wrapped, Existing::Replace, attempt(chance))
                    .map_err(ShelfError::Fault)?;
                seen.changed += 1;
            }
        }
        Ok(seen)
    }

    fn wrap(&self, clinic: ClinicId, patient: PatientId, key: &Key, chance: &dyn Chance) -> Vec<u8> {
        let master = &self.ring.current;
        let mut nonce = [0; 24];
        chance.fill(&mut nonce);
        let mut wrapped = [&MAGIC[..], &master.mark, &nonce, key.bytes()].concat();
        let tag = master
            .key
            .cipher()
            .encrypt_inout_detached(
                &XNonce::from(nonce),
                &authenticated(&master.mark, clinic, patient),
                (&mut wrapped[40..]).into(),
            )
            .expect("32 bytes are far below the cipher's 256 GiB");
        wrapped.extend_from_slice(&tag);
        wrapped
    }

    /// The key, and the mark of the master key that had wrapped it.
    fn unwrap(
        &self,
        clinic: ClinicId,
        patient: PatientId,
        wrapped: &[u8],
    ) -> Result<(Key, [u8; 8]), ShelfError> {
        let wrapped: &[u8; WRAPPED] = wrapped.try_into().map_err(|_| ShelfError::Damaged)?;
        if &wrapped[..8] != MAGIC {
            return Err(ShelfError::Damaged);
        }
        let mut mark = [0; 8];
        mark.copy_from_slice(&wrapped[8..16]);
        let mut all = std::iter::once(&self.ring.current).chain(&self.ring.earlier);
        let master = all.find(|master| master.mark == mark).ok_or(ShelfError::OtherMasterKey)?;
        let mut nonce = [0; 24];
        nonce.copy_from_slice(&wrapped[16..40]);
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(&wrapped[40..72]);
        let mut tag = [0; 16];
        tag.copy_from_slice(&wrapped[72..]);
        master
            .key
            .cipher()
            .decrypt_inout_detached(
                &XNonce::from(nonce),
                &authenticated(&mark, clinic, patient),
                key.as_mut_slice().into(),
                &tag.into(),
            )
            .map_err(|_| ShelfError::Damaged)?;
        Ok((Key::from_bytes(*key), mark))
    }
}

/// What belongs to a wrapped key without being secret.
fn authenticated(mark: &[u8; 8], clinic: ClinicId, patient: PatientId) -> Vec<u8> {
    [&MAGIC[..], mark, &clinic.bits().to_be_bytes(), &patient.bits().to_be_bytes()].concat()
}

/// A number for an attempt at writing a file.
fn attempt(chance: &dyn Chance) -> u64 {
    let mut bytes = [0; 8];
    chance.fill(&mut bytes);
    u64::from_be_bytes(bytes)
}

/// What is in a folder; nothing if there is no such folder.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, ShelfError> {
    let read = match fs::read_dir(folder) {
        Ok(read) => read,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(ShelfError::Fault(error)),
    };
    let mut paths = read
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()
        .map_err(ShelfError::Fault)?;
    paths.sort();
    Ok(paths)
}
