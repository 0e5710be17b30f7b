//! The shelf: pictures of patients, sealed, kept whole or not at all.
//!
//! A picture is five objects under `CLINIC/PATIENT/PICTURE/`: `original` as it came, the copies `full`, `page` and
//! `thumbnail`, and `facts`, which is written last. Where there are no facts there is no picture: a crash in the middle
//! leaves sealed pieces that nobody finds and [`Shelf::sweep`] removes.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use vocab::{ClinicId, PatientId, PictureId};

use crate::{
    Kept, Prepared, Size,
    keys::{KeyRing, Keys, Rewrapped},
    objects::Objects,
    seal::{self, Chance, Key},
};

/// Whose picture, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The clinic that keeps it.
    pub clinic: ClinicId,
    /// The patient it shows.
    pub patient: PatientId,
    /// The picture.
    pub picture: PictureId,
}

impl Place {
    fn name(&self, object: &str) -> String {
        format!("{}/{}/{}/{object}", self.clinic, self.patient, self.picture)
    }
}

/// Why the shelf has no answer. The texts name no patient and no picture.
#[derive(Debug)]
pub enum ShelfError {
    /// There is no such picture.
    Absent,
    /// The patient's key was destroyed: everything of theirs is unreadable for good, and nothing new is taken.
    Erased,
    /// There is another picture under this id already.
    Taken,
    /// What is stored does not open: it was changed, moved, or is of a version that this program does not know.
    Damaged,
    /// The patient's key is wrapped by a master key that is not on the ring.
    OtherMasterKey,
    /// Disk or store. After a failed write the picture may or may not be there; ask before trying again.
    Fault(io::Error),
}

impl fmt::Display for ShelfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("there is no such picture"),
            Self::Erased => f.write_str("the pictures of this patient were erased for good"),
            Self::Taken => f.write_str("there is another picture under this id already"),
            Self::Damaged => f.write_str(
                "a stored picture or key does not open: it was changed or is of a newer version; restore it from \
                 a backup",
            ),
            Self::OtherMasterKey => f.write_str(
                "a patient's key is wrapped by a master key that was not given: name the earlier master key too",
            ),
            Self::Fault(fault) => write!(f, "the store for pictures failed: {fault}"),
        }
    }
}

impl std::error::Error for ShelfError {}

/// What [`Shelf::sweep`] removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Pictures without facts.
    pub unfinished: usize,
    /// Files of interrupted writes.
    pub attempts: usize,
}

/// Pictures of patients, sealed under a key for each.
#[derive(Debug)]
pub struct Shelf {
    objects: Objects,
    keys: Keys,
}

impl Shelf {
    /// A shelf of two folders, which are made when they are not there: one with sealed pictures and one with wrapped
    /// keys. They are apart so that they can be backed up apart.
    pub fn open(pictures: &Path, keys: PathBuf, ring: KeyRing) -> Result<Self, ShelfError> {
        Ok(Self { objects: Objects::in_folder(pictures)?, keys: Keys::new(keys, ring) })
    }

    /// Keeps a picture: the original byte for byte, and its copies. `Ok` means that it is on the disk. The same
    /// picture a second time under the same id is `Ok` again and changes nothing.
    pub fn keep(
        &self,
        place: Place,
        original: &[u8],
        prepared: &Prepared,
        chance: &dyn Chance,
    ) -> Result<Kept, ShelfError> {
        let key = self.keys.load_or_make(place.clinic, place.patient, chance)?;
        let kept = Kept::new(original, prepared);
        if self.objects.exists(&place.name("facts"))? {
            return self.same(place, &key, kept);
        }
        let put = |object: &str, content: &[u8], once| {
            let name = place.name(object);
            let sealed = seal::seal(&key, chance, &name, content);
            self.objects.put(&name, sealed, once)
        };
        put("original", original, false)?;
        for copy in &prepared.copies {
            put(copy.size.name(), &copy.jpeg, false)?;
        }
        match put("facts", kept.write().as_bytes(), true)? {
            true => Ok(kept),
            false => self.same(place, &key, kept),
        }
    }

    fn same(&self, place: Place, key: &Key, kept: Kept) -> Result<Kept, ShelfError> {
        let there = self.load_facts(place, key)?;
        if there.sha256 == kept.sha256 { Ok(there) } else { Err(ShelfError::Taken) }
    }

    /// What is known of a picture.
    pub fn facts(&self, place: Place) -> Result<Kept, ShelfError> {
        self.load_facts(place, &self.keys.load(place.clinic, place.patient)?)
    }

    fn load_facts(&self, place: Place, key: &Key) -> Result<Kept, ShelfError> {
        Kept::parse(&self.load(place, key, "facts")?).ok_or(ShelfError::Damaged)
    }

    /// The original as it came, compared with its SHA-256. It holds everything that the copies leave out.
    pub fn original(&self, place: Place) -> Result<Vec<u8>, ShelfError> {
        let key = self.keys.load(place.clinic, place.patient)?;
        let kept = self.load_facts(place, &key)?;
        let original = self.load(place, &key, "original")?;
        let whole = Sha256::digest(&original).as_slice() == kept.sha256;
        if whole { Ok(original) } else { Err(ShelfError::Damaged) }
    }

    /// A copy to be shown: a JPEG file.
    pub fn copy(&self, place: Place, size: Size) -> Result<Vec<u8>, ShelfError> {
        let key = self.keys.load(place.clinic, place.patient)?;
        // Pieces of a picture that was never finished are no picture.
        self.load_facts(place, &key)?;
        self.load(place, &key, size.name())
    }

    fn load(&self, place: Place, key: &Key, object: &str) -> Result<Vec<u8>, ShelfError> {
        let name = place.name(object);
        let sealed = self.objects.load(&name)?;
        seal::open(key, &name, sealed).map_err(|_| ShelfError::Damaged)
    }

    /// Removes one picture. Copies of it in backups stay readable as long as the patient's key exists.
    pub fn remove(&self, place: Place) -> Result<(), ShelfError> {
        self.objects.remove(&place.name("facts"))?;
        for object in ["original", "full", "page", "thumbnail"] {
            self.objects.remove(&place.name(object))?;
        }
        Ok(())
    }

    /// Erases a patient: destroys the key, which makes every picture unreadable wherever copies of it lie, then removes
    /// the objects. It may be repeated after a crash. Backups of the folder with keys still hold the key until they
    /// have run out.
    pub fn erase(&self, clinic: ClinicId, patient: PatientId, chance: &dyn Chance) -> Result<(), ShelfError> {
        self.keys.destroy(clinic, patient, chance)?;
        for picture in self.pictures(clinic, patient)? {
            self.remove(Place { clinic, patient, picture })?;
        }
        Ok(())
    }

    /// The pictures of a patient, finished or not.
    fn pictures(&self, clinic: ClinicId, patient: PatientId) -> Result<Vec<PictureId>, ShelfError> {
        let (folders, _) = self.objects.below(&format!("{clinic}/{patient}"))?;
        Ok(folders.iter().filter_map(|name| name.parse().ok()).collect())
    }

    /// Removes what crashes have left. To be called at the start, while nobody keeps a picture.
    pub fn sweep(&self) -> Result<Swept, ShelfError> {
        let mut swept = Swept { attempts: self.objects.remove_attempts()?, unfinished: 0 };
        for clinic in self.objects.below("")?.0.iter().filter_map(|name| name.parse().ok()) {
            for patient in
                self.objects.below(&format!("{clinic}"))?.0.iter().filter_map(|name| name.parse().ok())
            {
                for picture in self.pictures(clinic, patient)? {
                    let place = Place { clinic, patient, picture };
                    let (_, objects) = self.objects.below(&format!("{clinic}/{patient}/{picture}"))?;
                    if !objects.is_empty() && !objects.iter().any(|name| name == "facts") {
                        self.remove(place)?;
                        swept.unfinished += 1;
                    }
                }
            }
        }
        Ok(swept)
    }

    /// Wraps every patient's key by the ring's current master key. Pictures are not touched. Once it has been through,
    /// earlier master keys are needed for older backups only.
    pub fn rewrap(&self, chance: &dyn Chance) -> Result<Rewrapped, ShelfError> {
        self.keys.rewrap(chance)
    }
}
