//! Who is connected: caps on all connections and on those of one address, and which of them may be closed to make
//! room. A connection that waits for its client, be it for a head or for a body, is worth less than a new client; one
//! whose handler runs or whose answer is being sent is never cut.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::Notify;

use super::{ShellConfig, limit::AddressKey};

/// At work: the request is here whole and its handler runs.
const AT_WORK: u64 = u64::MAX;
/// The answer is complete but not yet handed over.
const SENDING: u64 = u64::MAX - 1;

/// One open connection.
#[derive(Debug)]
pub(super) struct Connection {
    key: AddressKey,
    /// [`AT_WORK`], [`SENDING`], or the turn since which it waits.
    state: AtomicU64,
    turns: Arc<AtomicU64>,
    /// Told when the connection is to be closed at once.
    pub(super) evicted: Notify,
}

impl Connection {
    /// A request has arrived whole.
    pub(super) fn begin(&self) {
        self.state.store(AT_WORK, Ordering::Relaxed);
    }

    /// The handler has answered.
    pub(super) fn answered(&self) {
        self.state.store(SENDING, Ordering::Relaxed);
    }

    /// What was to be sent has been handed to the system. After a complete answer the wait begins.
    pub(super) fn flushed(&self) {
        if self.state.load(Ordering::Relaxed) == SENDING {
            self.state.store(self.turns.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// Since which turn it waits for its client; `None` while at work.
    pub(super) fn waits_since(&self) -> Option<u64> {
        Some(self.state.load(Ordering::Relaxed)).filter(|state| *state < SENDING)
    }
}

/// All open connections.
#[derive(Debug)]
pub(super) struct Connections {
    max: usize,
    per_address: usize,
    per_loopback: usize,
    turns: Arc<AtomicU64>,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    all: HashMap<u64, Arc<Connection>>,
    per_address: HashMap<AddressKey, usize>,
}

impl Open {
    fn remove(&mut self, id: u64) -> Option<Arc<Connection>> {
        let connection = self.all.remove(&id)?;
        if let Some(count) = self.per_address.get_mut(&connection.key) {
            *count -= 1;
            if *count == 0 {
                self.per_address.remove(&connection.key);
            }
        }
        Some(connection)
    }

    /// Closes the connection that has waited longest, of one address or of all. `false` when all are at work.
    fn evict(&mut self, of: Option<AddressKey>) -> bool {
        let mine = self.all.iter().filter(|(_, connection)| of.is_none_or(|key| connection.key == key));
        let waiting = mine.filter_map(|(id, connection)| Some((connection.waits_since()?, *id)));
        let Some((_, id)) = waiting.min() else { return false };
        if let Some(connection) = self.remove(id) {
            connection.evicted.notify_one();
        }
        true
    }
}

/// A connection's place; given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    id: u64,
    pub(super) connection: Arc<Connection>,
    all: Arc<Connections>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.all.lock().remove(self.id);
    }
}

impl Connections {
    /// Places by the configuration, but never more than three quarters of the process's file handles: the database
    /// needs some too.
    pub(super) fn new(config: &ShellConfig) -> Arc<Self> {
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let handles = file_handles(&limits).map_or(usize::MAX, |handles| handles / 4 * 3);
        Arc::new(Self {
            max: config.connections_max.min(handles).max(1),
            per_address: config.connections_per_address.max(1),
            per_loopback: config.connections_per_loopback.max(1),
            turns: Arc::default(),
            open: Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a new connection, made free if need be; `None` when its address, or everybody, is busy.
    /// A trusted proxy speaks for many and is not counted by its address.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr, is_proxy: bool) -> Option<Place> {
        let address = address.to_canonical();
        let key = AddressKey::from(address);
        let own_max = match (is_proxy, address.is_loopback()) {
            (true, _) => usize::MAX,
            (false, true) => self.per_loopback,
            (false, false) => self.per_address,
        };
        let mut open = self.lock();
        if open.per_address.get(&key).is_some_and(|count| *count >= own_max) && !open.evict(Some(key)) {
            return None;
        }
        if open.all.len() >= self.max && !open.evict(None) {
            return None;
        }
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        let connection = Arc::new(Connection {
            key,
            state: AtomicU64::new(turn),
            turns: self.turns.clone(),
            evicted: Notify::new(),
        });
        let id = open.next;
        open.next += 1;
        open.all.insert(id, connection.clone());
        *open.per_address.entry(key).or_default() += 1;
        Some(Place { id, connection, all: self.clone() })
    }

    /// Closes the connection that has waited longest, to get its file handle back.
    pub(super) fn evict_one(&self) -> bool {
        self.lock().evict(None)
    }
}

/// The file handles the process may have open, from the text of Linux's `/proc/self/limits`; `None` when the system
/// does not say or sets no limit.
fn file_handles(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(max: usize, per_address: usize) -> Arc<Connections> {
        let config = ShellConfig {
            connections_max: max,
            connections_per_address: per_address,
            connections_per_loopback: per_address * 2,
            ..ShellConfig::demo()
        };
        Connections::new(&config)
    }

    #[test]
    fn the_limit_of_file_handles_is_read() {
        let line = "Max processes             63432                63432                processes \n\
                    Max open files            1024                 1048576              files     \n";
        assert_eq!(file_handles(line), Some(1_024));
        assert_eq!(file_handles("Max open files   unlimited   unlimited   files"), None);
        assert_eq!(file_handles(""), None);
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn the_longest_waiting_makes_room_and_work_is_never_cut() {
        let all = connections(3, 3);
        let places: Vec<_> =
            (1..=3).map(|n| all.admit(ip(&format!("192.0.2.{n}")), false).unwrap()).collect();
        places[0].connection.begin();
        let fourth = all.admit(ip("192.0.2.4"), false).expect("the second waits longest");
        places[1].connection.evicted.notified().await;
        places[2].connection.begin();
        fourth.connection.begin();
        assert!(all.admit(ip("192.0.2.5"), false).is_none(), "all at work");
        places[0].connection.answered();
        assert!(all.admit(ip("192.0.2.5"), false).is_none(), "its answer is still being sent");
        places[0].connection.flushed();
        assert!(all.admit(ip("192.0.2.5"), false).is_some());
        drop(fourth);
        drop(places);
        assert_eq!(all.lock().all.len(), 0);
        assert_eq!(all.lock().per_address.len(), 0);
    }

    #[test]
    fn one_address_takes_its_own_places_only() {
        let all = connections(100, 2);
        let count = |address: &str, proxy: bool| {
            let places: Vec<_> = (0..5)
                .map_while(|_| {
                    let place = all.admit(ip(address), proxy)?;
                    place.connection.begin();
                    Some(place)
                })
                .collect();
            places.len()
        };
        assert_eq!(count("192.0.2.1", false), 2);
        assert_eq!(count("127.0.0.1", false), 4);
        assert_eq!(count("192.0.2.1", true), 5);
        let _two = [all.admit(ip("192.0.2.9"), false).unwrap(), all.admit(ip("192.0.2.9"), false).unwrap()];
        assert!(all.admit(ip("192.0.2.9"), false).is_some(), "its own silent one makes room");
        assert_eq!(all.lock().per_address[&AddressKey::from(ip("192.0.2.9"))], 1);
    }
}
