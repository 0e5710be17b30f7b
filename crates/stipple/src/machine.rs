//! The machine this runs on: its clock, its chance, and the folder it keeps its data in.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
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

impl DataFolder {
    /// Opens the folder, or makes it.
    pub fn open(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
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
