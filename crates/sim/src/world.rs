//! The program as a simulation runs it: the real environment over a database, which can be shut and started again.

use std::{fs, path::Path, sync::Arc};

use app::{Env, demo::Dice, diary::DiaryCache, env::LinkKey, protocols::ProtocolInForce};
use jiff::Timestamp;
use store::{Store, StoreLocation};
use vocab::ClinicId;

use crate::{clinic, clock::Clockwork};

/// A running program, and where its data are.
pub struct World {
    /// Which life it is.
    pub seed: u64,
    /// Where the data are.
    pub location: StoreLocation,
    /// Time and chance.
    pub clockwork: Arc<Clockwork>,
    protocol: Arc<ProtocolInForce>,
    env: Option<Env>,
}

impl World {
    /// Starts the program on a database that may be empty.
    pub fn start(location: StoreLocation, seed: u64, clockwork: Clockwork) -> Self {
        let mut world = Self {
            seed,
            location,
            clockwork: Arc::new(clockwork),
            protocol: Arc::new(protocol()),
            env: None,
        };
        world.restart();
        world
    }

    /// When the life of a seed begins.
    pub fn begins(seed: u64) -> Timestamp {
        clinic::beginning(seed).1
    }

    /// Starts the program on an empty database and writes the clinic of the seed into it, `size` times as large as the
    /// smallest.
    pub fn found(location: StoreLocation, seed: u64, size: usize) -> Self {
        let clockwork = Clockwork::standing(Self::begins(seed), seed);
        let world = Self::start(location, seed, clockwork);
        let drawn = clinic::draw(world.env(), seed, size);
        world.env().store.write(move |tx| drawn.write(tx)).expect("an empty database takes a clinic");
        world
    }

    /// The environment of the use cases.
    pub fn env(&self) -> &Env {
        self.env.as_ref().expect("the program runs but while it restarts")
    }

    /// Ends the program, with whatever it had in memory, and starts it again on the same data.
    pub fn restart(&mut self) {
        self.env = None;
        let store = Store::open(&self.location).expect("a database that was open opens again");
        self.env = Some(Env {
            store: Arc::new(store),
            clock: self.clockwork.clone(),
            chance: self.clockwork.clone(),
            clinic_id: ClinicId::from_bits(1),
            protocol: self.protocol.clone(),
            diary: Arc::new(DiaryCache::new()),
            link_key: LinkKey::new([7; 32]),
            public_url: "http://127.0.0.1:8080".into(),
        });
    }

    /// Chance for what people do, apart from the chance of the program.
    pub fn dice(&self) -> Dice {
        Dice::new(self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1CE)
    }
}

/// The protocol that the repository carries.
fn protocol() -> ProtocolInForce {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../protocols/micro-needling"));
    let entries = fs::read_dir(folder).expect("the repository has a protocol");
    let mut files: Vec<(String, String)> = entries
        .map(|entry| entry.expect("a folder can be read").path())
        .map(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).expect("a plain name").to_owned();
            (name, fs::read_to_string(&path).expect("a file of the protocol can be read"))
        })
        .collect();
    files.sort();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    ProtocolInForce::parse(&files).expect("the repository's protocol is sound")
}
