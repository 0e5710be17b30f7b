//! The machine this runs on: its clock, its chance, and the folder it keeps its data in.

use std::{
    fs::{self, DirBuilder, Metadata, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use jiff::Timestamp;

/// The machine's clock and chance.
#[derive(Debug, Clone, Copy)]
pub struct Machine {
    started: Instant,
}

impl Machine {
    /// The machine as of now.
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }

    #[expect(clippy::disallowed_methods, reason = "this is where the clock enters")]
    fn clock() -> Timestamp {
        let now = Timestamp::now();
        // What is stored has microseconds; a clock that has more would not be equal to what it wrote.
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}

impl app::Clock for Machine {
    fn now(&self) -> Timestamp {
        Self::clock()
    }
}

impl app::Chance for Machine {
    fn bits(&self) -> u128 {
        let mut bytes = [0; 16];
        fill(&mut bytes);
        u128::from_be_bytes(bytes)
    }
}

impl web::shell::Clock for Machine {
    fn now(&self) -> Timestamp {
        Self::clock()
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}

impl web::shell::Random for Machine {
    fn fill(&self, bytes: &mut [u8]) {
        fill(bytes);
    }
}

impl media::Chance for Machine {
    fn fill(&self, bytes: &mut [u8]) {
        fill(bytes);
    }
}

/// Unguessable bytes. Without them no secret can be made, so nothing may go on.
fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

/// A folder with everything a server keeps, readable by its own user only.
#[derive(Debug, Clone)]
pub struct DataFolder(PathBuf);

/// Files that make a folder one of ours.
const OURS: [&str; 3] = ["stipple.sqlite", "secret.key", "stipple.lock"];

impl DataFolder {
    /// Opens the folder, or makes it. Others are shut out of a folder that is made here, is ours already, or holds nothing
    /// yet; any other folder that they can look into stays as it is and is refused.
    pub fn open(path: &Path) -> io::Result<Self> {
        let there = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                DirBuilder::new().recursive(true).mode(0o700).create(path)?;
                return Ok(Self(path.to_owned()));
            }
            there => there?,
        };
        if !there.is_dir() {
            return Err(refused("it is a file: name a folder".into()));
        }
        let mode = there.mode() & 0o777;
        if mode & 0o077 == 0 {
            return Ok(Self(path.to_owned()));
        }
        let is_ours = OURS.iter().any(|name| path.join(name).is_file());
        if !(is_ours || is_empty(path)? && is_mine(&there)) {
            let other = match path.canonicalize()?.parent() {
                Some(_) => format!(
                    "name another, or, if it is to hold patients\u{2019} data and nothing else, give it mode 0700: \
                     `chmod 700 {}`",
                    path.display()
                ),
                None => "name another, of its own".into(),
            };
            return Err(refused(format!(
                "other users can look into it (mode {mode:04o}) and it is not one of Stipple\u{2019}s: {other}"
            )));
        }
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        Ok(Self(path.to_owned()))
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The server's own secret: 32 bytes, made at the first start.
    pub fn secret(&self) -> io::Result<[u8; 32]> {
        let path = self.file("secret.key");
        match fs::read(&path) {
            Ok(bytes) => bytes.try_into().map_err(|_| {
                let what = format!("{} must hold 32 bytes: restore it from a backup", path.display());
                io::Error::new(io::ErrorKind::InvalidData, what)
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut secret = [0; 32];
                fill(&mut secret);
                self.write("secret.key", &secret)?;
                Ok(secret)
            }
            Err(error) => Err(error),
        }
    }

    /// Writes a file that only this user can read, whole or not at all.
    pub fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let (path, fresh) = (self.file(name), self.file(&format!("{name}.new")));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&fresh, &path)?;
        fs::File::open(&self.0)?.sync_all()
    }
}

fn refused(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, what)
}

fn is_empty(folder: &Path) -> io::Result<bool> {
    Ok(fs::read_dir(folder)?.next().is_none())
}

/// Whether whoever runs this program owns it.
fn is_mine(there: &Metadata) -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == there.uid())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn only_a_folder_of_ours_is_shut_to_others() {
        let place = tempfile::tempdir().unwrap();
        let folder = |name: &str, file: Option<&str>| {
            let path = place.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            if let Some(file) = file {
                fs::write(path.join(file), "").unwrap();
            }
            path
        };
        for path in [folder("empty", None), folder("ours", Some("secret.key")), place.path().join("a/new")] {
            DataFolder::open(&path).unwrap();
            assert_eq!(mode(&path), 0o700, "{}", path.display());
        }
        let home = folder("home", Some("letters.txt"));
        let told = DataFolder::open(&home).unwrap_err().to_string();
        assert!(told.contains("(mode 0755)") && told.contains("chmod 700"), "{told}");
        assert_eq!(mode(&home), 0o755, "somebody else's folder is left as it is");
        let told = DataFolder::open(Path::new("/")).unwrap_err().to_string();
        assert!(told.contains("another") && !told.contains("chmod"), "{told}");
        fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).unwrap();
        assert!(DataFolder::open(&home).is_ok(), "it was shut on purpose");
        assert!(DataFolder::open(&home.join("letters.txt")).is_err());
    }
}
