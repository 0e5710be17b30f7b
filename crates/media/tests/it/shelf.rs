//! The shelf: what is kept comes back whole, opens for nobody else, and survives being killed.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use media::{
    Chance, KeyRing, Limits, MasterKey, MasterKeyError, Place, Prepared, Shelf, ShelfError, Size, Swept,
};
use sha2::{Digest, Sha256};
use vocab::{ClinicId, PatientId, PictureId};

use crate::{
    door,
    draw::{self, Dice, skin},
    program,
};

/// Bytes that differ at each call and are the same in each run.
#[derive(Clone)]
struct Counted(Arc<AtomicU64>);

impl Chance for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(32) {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            part.copy_from_slice(&Sha256::digest(number.to_be_bytes())[..part.len()]);
        }
    }
}

struct House {
    root: tempfile::TempDir,
    chance: Counted,
}

impl House {
    fn new() -> Self {
        let house = Self { root: tempfile::tempdir().unwrap(), chance: Counted(Arc::new(AtomicU64::new(1))) };
        MasterKey::create(&house.path("master.key"), &house.chance).unwrap();
        house
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn ring(&self) -> KeyRing {
        KeyRing { current: MasterKey::load(&self.path("master.key")).unwrap(), earlier: Vec::new() }
    }

    fn shelf(&self) -> Shelf {
        self.shelf_with(self.ring())
    }

    fn shelf_with(&self, ring: KeyRing) -> Shelf {
        Shelf::open(&self.path("pictures"), self.path("keys"), ring).unwrap()
    }

    fn folder(&self, place: Place) -> PathBuf {
        let Place { clinic, patient, picture } = place;
        self.path("pictures").join(clinic.to_string()).join(patient.to_string()).join(picture.to_string())
    }
}

fn place(patient: u128, picture: u128) -> Place {
    Place {
        clinic: ClinicId::from_bits(1),
        patient: PatientId::from_bits(patient),
        picture: PictureId::from_bits(picture),
    }
}

/// A photograph with a word in it that must not be found on the disk, and its copies.
fn photograph() -> (Vec<u8>, Prepared) {
    let segments = vec![draw::exif_segment(1, b"PLANTED-NAME"), (1, b"PLANTED-NAME".repeat(5_000))];
    let file = draw::Jpeg { segments, ..draw::Jpeg::default() }.write(&skin(400, 300), 400, 300);
    let prepared = door("work", Limits::default()).prepare(&file).unwrap();
    (file, prepared)
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() { files.extend(files_below(&entry)) } else { files.push(entry) }
    }
    files
}

#[test]
fn what_is_kept_comes_back_whole_and_lies_sealed() {
    let house = House::new();
    let (file, prepared) = photograph();
    let kept = house.shelf().keep(place(1, 1), &file, &prepared, &house.chance).unwrap();
    assert_eq!(kept.sha256.as_slice(), Sha256::digest(&file).as_slice());
    // A shelf opened anew, as after a restart.
    let shelf = house.shelf();
    assert_eq!(shelf.facts(place(1, 1)).unwrap(), kept);
    assert_eq!(shelf.original(place(1, 1)).unwrap(), file);
    for (size, copy) in Size::ALL.into_iter().zip(&prepared.copies) {
        assert_eq!(shelf.copy(place(1, 1), size).unwrap(), copy.jpeg);
    }
    assert!(matches!(shelf.original(place(1, 2)), Err(ShelfError::Absent)));
    assert!(matches!(shelf.original(place(2, 1)), Err(ShelfError::Absent)));
    for path in files_below(house.root.path()) {
        let bytes = fs::read(&path).unwrap();
        for word in [&b"PLANTED"[..], b"JFIF", b"Exif", b"stipple picture"] {
            assert!(!bytes.windows(word.len()).any(|window| window == word), "{word:?} in {path:?}");
        }
        let readers = fs::metadata(&path).unwrap().permissions().mode() & 0o077;
        assert!(readers == 0 || path.starts_with(house.path("pictures")), "{path:?} can be read by others");
    }
}

#[test]
fn keeping_twice_is_keeping_once_and_another_picture_is_not_overwritten() {
    let house = House::new();
    let (file, prepared) = photograph();
    let shelf = house.shelf();
    let kept = shelf.keep(place(1, 1), &file, &prepared, &house.chance).unwrap();
    assert_eq!(shelf.keep(place(1, 1), &file, &prepared, &house.chance).unwrap(), kept);
    let other = shelf.keep(place(1, 1), b"another", &prepared, &house.chance);
    assert!(matches!(other, Err(ShelfError::Taken)), "{other:?}");
    assert_eq!(shelf.original(place(1, 1)).unwrap(), file);
}

#[test]
fn a_file_that_was_changed_or_moved_does_not_open() {
    let house = House::new();
    let (file, prepared) = photograph();
    let shelf = house.shelf();
    for (patient, picture) in [(1, 1), (1, 2), (2, 3)] {
        shelf.keep(place(patient, picture), &file, &prepared, &house.chance).unwrap();
    }
    let object = |at: Place, name: &str| house.folder(at).join(name);
    let damaged = |answer: Result<Vec<u8>, ShelfError>| matches!(answer, Err(ShelfError::Damaged));
    // Another picture's, another patient's, another size's file in its place.
    for other in [object(place(1, 2), "page"), object(place(2, 3), "page"), object(place(1, 1), "full")] {
        let own = fs::read(object(place(1, 1), "page")).unwrap();
        fs::copy(&other, object(place(1, 1), "page")).unwrap();
        assert!(damaged(shelf.copy(place(1, 1), Size::Page)), "{other:?}");
        fs::write(object(place(1, 1), "page"), own).unwrap();
        assert!(shelf.copy(place(1, 1), Size::Page).is_ok());
    }
    // A bit turned, the end cut off, nothing left.
    let own = fs::read(object(place(1, 1), "original")).unwrap();
    let mut dice = Dice(9);
    for _ in 0..50 {
        let mut changed = own.clone();
        match dice.roll(3) {
            0 => changed.truncate(dice.roll(own.len())),
            _ => {
                let at = dice.roll(own.len());
                changed[at] ^= 1 << dice.roll(8);
            }
        }
        fs::write(object(place(1, 1), "original"), changed).unwrap();
        assert!(damaged(shelf.original(place(1, 1))));
    }
    // A patient's key in another's place.
    let key = |patient: u128| {
        let keys = house.path("keys").join(ClinicId::from_bits(1).to_string());
        keys.join(format!("{}.key", PatientId::from_bits(patient)))
    };
    fs::copy(key(1), key(2)).unwrap();
    assert!(damaged(shelf.original(place(2, 3))));
}

#[test]
fn erasing_destroys_the_key_and_old_copies_stay_unreadable() {
    let house = House::new();
    let (file, prepared) = photograph();
    let shelf = house.shelf();
    shelf.keep(place(1, 1), &file, &prepared, &house.chance).unwrap();
    shelf.keep(place(2, 2), &file, &prepared, &house.chance).unwrap();
    let keys = house.path("keys").join(ClinicId::from_bits(1).to_string());
    let key = keys.join(format!("{}.key", PatientId::from_bits(1)));
    let old_key = fs::read(&key).unwrap();
    let old_objects: Vec<(PathBuf, Vec<u8>)> = files_below(&house.folder(place(1, 1)))
        .into_iter()
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();

    shelf.erase(ClinicId::from_bits(1), PatientId::from_bits(1), &house.chance).unwrap();
    shelf.erase(ClinicId::from_bits(1), PatientId::from_bits(1), &house.chance).unwrap();
    assert!(!key.exists());
    assert!(
        files_below(&house.path("pictures")).iter().all(|path| !path.starts_with(house.folder(place(1, 1))))
    );
    // A backup of the pictures comes back without the key: there is nothing that opens them.
    for (path, bytes) in &old_objects {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    assert!(matches!(house.shelf().original(place(1, 1)), Err(ShelfError::Erased)));
    // Even an older copy of the key comes back: the mark beside it says that the patient was erased.
    fs::write(&key, old_key).unwrap();
    assert!(matches!(house.shelf().original(place(1, 1)), Err(ShelfError::Erased)));
    let again = house.shelf().keep(place(1, 3), &file, &prepared, &house.chance);
    assert!(matches!(again, Err(ShelfError::Erased)), "{again:?}");
    house.shelf().rewrap(&house.chance).unwrap();
    assert!(!key.exists(), "going through the keys finishes what was erased");
    assert_eq!(house.shelf().original(place(2, 2)).unwrap(), file, "the other patient is untouched");
}

#[test]
fn a_new_master_key_wraps_all_keys_and_touches_no_picture() {
    let house = House::new();
    let (file, prepared) = photograph();
    for patient in 1..=5 {
        house.shelf().keep(place(patient, patient), &file, &prepared, &house.chance).unwrap();
    }
    let pictures: Vec<Vec<u8>> =
        files_below(&house.path("pictures")).iter().map(|path| fs::read(path).unwrap()).collect();
    let old = MasterKey::load(&house.path("master.key")).unwrap();
    let new = MasterKey::create(&house.path("new.key"), &house.chance).unwrap();
    // Half-way: one key was wrapped by the new one before a crash.
    let both = || KeyRing { current: new.clone(), earlier: vec![old.clone()] };
    assert!(house.shelf_with(both()).original(place(3, 3)).is_ok(), "reading goes on meanwhile");
    let seen = house.shelf_with(both()).rewrap(&house.chance).unwrap();
    assert_eq!((seen.changed, seen.unchanged), (5, 0));
    let seen = house.shelf_with(both()).rewrap(&house.chance).unwrap();
    assert_eq!((seen.changed, seen.unchanged), (0, 5));
    let alone = house.shelf_with(KeyRing { current: new, earlier: Vec::new() });
    for patient in 1..=5 {
        assert_eq!(alone.original(place(patient, patient)).unwrap(), file);
    }
    let after: Vec<Vec<u8>> =
        files_below(&house.path("pictures")).iter().map(|path| fs::read(path).unwrap()).collect();
    assert_eq!(pictures, after);
    let without = house.shelf_with(KeyRing { current: old, earlier: Vec::new() }).original(place(1, 1));
    assert!(matches!(without, Err(ShelfError::OtherMasterKey)), "{without:?}");
}

#[test]
fn a_master_key_is_refused_when_others_can_read_it_or_it_is_none() {
    let house = House::new();
    let path = house.path("master.key");
    assert!(
        matches!(MasterKey::create(&path, &house.chance), Err(MasterKeyError::File(..))),
        "never overwritten"
    );
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let open = MasterKey::load(&path).unwrap_err();
    assert!(
        matches!(open, MasterKeyError::OpenToOthers(_)) && open.to_string().contains("chmod 600"),
        "{open}"
    );
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let line = fs::read_to_string(&path).unwrap();
    for wrong in ["", "secret", &line[..40], &line.replace('1', "2"), &line.replace(&line[30..31], "+")] {
        fs::write(&path, wrong).unwrap();
        let refused = MasterKey::load(&path).unwrap_err();
        assert!(matches!(refused, MasterKeyError::NotAKey(_)), "{wrong:?}");
        let digits = line.trim_end().rsplit(':').next().unwrap();
        assert!(!refused.to_string().contains(digits) && !format!("{refused:?}").contains(digits));
    }
    assert!(matches!(MasterKey::load(&house.path("none.key")), Err(MasterKeyError::File(..))));
}

#[test]
fn two_at_once_get_one_key() {
    let house = House::new();
    let (file, prepared) = photograph();
    let shelf = house.shelf();
    thread::scope(|scope| {
        for picture in 0..8 {
            let (shelf, file, prepared, chance) = (&shelf, &file, &prepared, &house.chance);
            scope.spawn(move || shelf.keep(place(1, picture), file, prepared, chance).unwrap());
        }
    });
    for picture in 0..8 {
        assert_eq!(shelf.original(place(1, picture)).unwrap(), file);
    }
}

/// Kills a process that keeps pictures, again and again, and looks at what it has left.
#[test]
fn killed_in_the_middle_nothing_acknowledged_is_lost_and_nothing_is_half() {
    const ROUNDS: usize = 25;
    let house = House::new();
    let mut dice = Dice(41);
    let (mut next, mut acknowledged, mut swept) = (0_u128, 0, Swept::default());
    for round in 0..ROUNDS {
        let mut child = Command::new(program())
            .args(["keep".as_ref(), house.root.path().as_os_str(), next.to_string().as_ref()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first: u128 = lines.next().unwrap().unwrap().parse().unwrap();
        assert_eq!(first, next);
        // The blow falls somewhere in the 120 milliseconds after the first picture.
        let (done, waiting) = mpsc::channel::<()>();
        let wait = Duration::from_micros(dice.roll(120_000) as u64);
        let _ = waiting.recv_timeout(wait);
        drop(done);
        child.kill().unwrap();
        child.wait().unwrap();
        let last = lines.map_while(Result::ok).filter_map(|line| line.parse().ok()).last().unwrap_or(first);
        acknowledged += (last - next + 1) as usize;

        let shelf = house.shelf();
        let now = shelf.sweep().unwrap();
        swept.unfinished += now.unfinished;
        swept.attempts += now.attempts;
        for number in next..=last {
            let at = place(number / 4, number);
            assert_eq!(shelf.original(at).unwrap(), vec![0x5a; 300_000], "round {round}, picture {number}");
            for size in Size::ALL {
                assert_eq!(shelf.copy(at, size).unwrap(), vec![size as u8; 70_000]);
            }
        }
        // The one after the last may have been finished without a word; it is whole or not there.
        let after = place((last + 1) / 4, last + 1);
        match shelf.original(after) {
            Ok(original) => assert_eq!(original.len(), 300_000),
            Err(ShelfError::Absent) => assert!(!house.folder(after).join("facts").exists()),
            Err(other) => panic!("round {round}: {other}"),
        }
        next = last + 2;
    }
    println!(
        "{ROUNDS} kills: {acknowledged} pictures acknowledged and all whole; removed {} unfinished and {} attempts",
        swept.unfinished, swept.attempts
    );
    assert!(swept.unfinished > 0, "no kill met a picture half-way, so this test has tested nothing");
}
