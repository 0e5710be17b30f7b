//! SQLite: one file, one connection that writes and commits waiting writers together, a pool of readers.
//!
//! A single writer waits for nobody: it takes the pen, writes and commits in its own thread. Under load the pen is
//! taken; those who wait are done together by the writer thread, and one sync of the disk serves all of them.

mod batch;
mod log;

use crate::{
    StoreError, migrate,
    tx::{Texts, Tx, verdict},
};
use batch::{Answer, Fate, LEFT, Task, WAITING, Work, again};
use rusqlite::{Connection, OpenFlags, config::DbConfig};
use std::{
    collections::VecDeque,
    fs::{self, File},
    panic::resume_unwind,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicBool, AtomicU8, Ordering},
        mpsc::{RecvTimeoutError, Sender, channel, sync_channel},
    },
    thread::{self, JoinHandle, ThreadId},
    time::Duration,
};

/// The oldest SQLite whose write-ahead log is sound: <https://sqlite.org/wal.html#walresetbug>.
const SQLITE_NUMBER_MIN: i32 = 3_051_003;

/// So many writers may wait before the next one is told to come back.
const QUEUE_LENGTH: usize = 512;

/// So many writers at most share one commit, so that the first of them does not wait for ever.
const BATCH_LENGTH: usize = 64;

/// So long a writer waits for its turn. Past that it gives up its place: nothing was done, and who asked can be told so
/// instead of looking at a page that never comes.
const TURN_WAIT: Duration = Duration::from_secs(4);

/// Statements kept prepared on each connection: more than there are in this crate.
const STATEMENTS_KEPT: usize = 256;

/// How long a connection waits for a lock that only a backup or another tool can hold.
const LOCK_WAIT: Duration = Duration::from_secs(4);

/// A database in one file.
pub(crate) struct Sqlite {
    readers: Readers,
    /// `None` in a store that only reads.
    writing: Option<Writing>,
}

struct Writing {
    path: PathBuf,
    shared: Arc<Shared>,
    /// The writer thread, and the one that empties the log until it is told to stop.
    threads: Vec<JoinHandle<()>>,
    stop: Sender<()>,
    // Dropped last: only when the writer has stopped may another process open the file.
    _lock: File,
}

/// What those who write share with the writer thread.
struct Shared {
    pen: Mutex<Pen>,
    /// The thread that has the pen now, so that a write inside a write is refused instead of waiting for itself.
    holder: Mutex<Option<ThreadId>>,
    queue: Mutex<Queue>,
    wanted: Condvar,
    /// Whether anything was committed since the log was last emptied.
    written: AtomicBool,
}

/// The one connection that writes.
struct Pen {
    connection: Connection,
    texts: Texts,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Box<dyn Work>>,
    is_closed: bool,
}

impl Sqlite {
    pub(crate) fn open(path: &Path, readers: usize) -> Result<Self, StoreError> {
        check_version(rusqlite::version_number(), rusqlite::version())?;
        let lock = lock_folder(path)?;
        let mut connection =
            connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        migrate::refuse_foreign_sqlite(&connection)?;
        prepare_writer(&connection).map_err(StoreError::from_sqlite)?;
        migrate::on_sqlite(&mut connection)?;
        let readers = Readers::open(path, readers)?;
        let shared = Arc::new(Shared {
            pen: Mutex::new(Pen { connection, texts: Texts::new() }),
            holder: Mutex::new(None),
            queue: Mutex::new(Queue::default()),
            wanted: Condvar::new(),
            written: AtomicBool::new(true),
        });
        let (stop, stopped) = channel();
        let mut writing = Writing {
            path: path.into(),
            shared: Arc::clone(&shared),
            threads: Vec::new(),
            stop,
            _lock: lock,
        };
        writing.spawn("store-writer", {
            let shared = Arc::clone(&shared);
            move || shared.write_until_closed()
        })?;
        let beside = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        writing.spawn("store-log", move || log::empty_until_stopped(&beside, &shared, &stopped))?;
        Ok(Self { readers, writing: Some(writing) })
    }

    /// Makes room for what a busy hour writes, so that commits do not have to.
    pub(crate) fn make_room(&self) {
        if let Some(Writing { path, shared, .. }) = &self.writing {
            let _pen = lock(&shared.pen);
            log::lengthen(path);
        }
    }

    /// A store that only reads, beside a process that writes.
    pub(crate) fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        check_version(rusqlite::version_number(), rusqlite::version())?;
        if !path.exists() {
            let what = format!(
                "there is no database {}: name the data folder, or start the server once",
                path.display()
            );
            return Err(StoreError::BadLocation(what));
        }
        let readers = Readers::open(path, 1)?;
        migrate::check_sqlite(readers.lend().connection_and_texts().0)?;
        Ok(Self { readers, writing: None })
    }

    pub(crate) fn read<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut lent = self.readers.lend();
        let (connection, texts) = lent.connection_and_texts();
        // One snapshot for all statements of the closure. `rollback` on drop ends it, also when the closure panics.
        let snapshot = connection.unchecked_transaction().map_err(StoreError::from_sqlite)?;
        let mut tx = Tx::on_sqlite(&snapshot, texts);
        let result = work(&mut tx);
        verdict(&tx, result)
    }

    pub(crate) fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let Some(Writing { shared, .. }) = &self.writing else { return Err(StoreError::ReadOnly.into()) };
        if shared.is_mine() {
            return Err(StoreError::Nested.into());
        }
        let (reply, answer) = sync_channel(1);
        let turn = Arc::new(AtomicU8::new(WAITING));
        let task = Box::new(Task { work, result: None, reply, turn: Arc::clone(&turn) });
        shared.submit(task).map_err(E::from)?;
        let told = match answer.recv_timeout(TURN_WAIT) {
            Err(RecvTimeoutError::Timeout) => {
                let left = turn.compare_exchange(WAITING, LEFT, Ordering::AcqRel, Ordering::Acquire);
                if left.is_ok() {
                    return Err(StoreError::Busy.into());
                }
                // It has begun: how it ends is worth waiting for, and the caller has a time limit of its own.
                answer.recv().ok()
            }
            told => told.ok(),
        };
        match told {
            Some(Answer::Done(result)) => result,
            Some(Answer::Panicked(panic)) => resume_unwind(panic),
            None => Err(StoreError::OutcomeUnknown.into()),
        }
    }
}

impl Writing {
    fn spawn(&mut self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
        let thread = thread::Builder::new().name(name.into()).spawn(work);
        self.threads.push(thread.map_err(|error| StoreError::File { path: self.path.clone(), error })?);
        Ok(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        lock(&self.shared.queue).is_closed = true;
        self.shared.wanted.notify_all();
        // If it is gone already there is nobody to tell.
        let _ = self.stop.send(());
        for thread in self.threads.drain(..) {
            // A writer that panicked has nothing left to say here: whoever waited for it was told.
            let _ = thread.join();
        }
    }
}

fn check_version(number: i32, version: &str) -> Result<(), StoreError> {
    match number < SQLITE_NUMBER_MIN {
        true => Err(StoreError::SqliteTooOld { found: version.into() }),
        false => Ok(()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Whether anything was committed since this was last asked.
    fn take_written(&self) -> bool {
        self.written.swap(false, Ordering::Relaxed)
    }

    /// Whether this thread is inside a write.
    fn is_mine(&self) -> bool {
        *lock(&self.holder) == Some(thread::current().id())
    }

    /// Has the task done. If nobody writes, this thread does it here and now, which saves waking another one and
    /// being woken by it; else it waits for the writer thread, together with all others.
    fn submit(&self, task: Box<dyn Work>) -> Result<(), StoreError> {
        let mut queue = lock(&self.queue);
        if queue.waiting.len() >= QUEUE_LENGTH {
            return Err(StoreError::Busy);
        }
        queue.waiting.push_back(task);
        drop(queue);
        match self.pen.try_lock() {
            Ok(mut pen) => {
                self.write_waiting(&mut pen);
                drop(pen);
                // Whoever came while we wrote and found the pen taken relies on the writer thread.
                if !lock(&self.queue).waiting.is_empty() {
                    self.wanted.notify_one();
                }
            }
            Err(TryLockError::WouldBlock) => self.wanted.notify_one(),
            Err(TryLockError::Poisoned(_)) => self.wanted.notify_one(),
        }
        Ok(())
    }

    /// The writer thread: takes what waits, until the store is dropped.
    fn write_until_closed(&self) {
        let mut queue = lock(&self.queue);
        loop {
            let is_idle = |queue: &mut Queue| queue.waiting.is_empty() && !queue.is_closed;
            queue = self.wanted.wait_while(queue, is_idle).unwrap_or_else(PoisonError::into_inner);
            if queue.waiting.is_empty() {
                return;
            }
            drop(queue);
            self.write_waiting(&mut lock(&self.pen));
            queue = lock(&self.queue);
        }
    }

    /// Runs what waits, commits once, and tells everybody.
    fn write_waiting(&self, pen: &mut Pen) {
        *lock(&self.holder) = Some(thread::current().id());
        let mut batch = Vec::new();
        let mut outcome = self.write_batch(pen, &mut batch).err();
        *lock(&self.holder) = None;
        for work in batch {
            work.tell(outcome.as_mut().map(again));
        }
    }

    /// Hopes that all goes well, and then nothing has to be undone alone: which would take a copy of each page.
    fn write_batch(&self, pen: &mut Pen, batch: &mut Vec<Box<dyn Work>>) -> Result<(), StoreError> {
        let mut kept = 0usize;
        while batch.len() < BATCH_LENGTH {
            let Some(mut work) = lock(&self.queue).waiting.pop_front() else { break };
            if !work.begin() {
                continue;
            }
            let begun = if batch.is_empty() { command(&pen.connection, "BEGIN IMMEDIATE") } else { Ok(()) };
            let fate = begun.map(|()| batch::run_hopefully(&pen.connection, work.as_mut(), &mut pen.texts));
            batch.push(work);
            match fate? {
                Fate::Kept => kept += 1,
                Fate::LeftNothing => {}
                Fate::LeftSomething => {
                    kept = batch::write_apart(pen, batch)?;
                    break;
                }
            }
        }
        match (batch.is_empty(), kept) {
            (true, _) => Ok(()),
            (false, 0) if pen.connection.is_autocommit() => Ok(()),
            (false, 0) => command(&pen.connection, "ROLLBACK"),
            _ => {
                commit(&pen.connection)?;
                self.written.store(true, Ordering::Relaxed);
                Ok(())
            }
        }
    }
}

fn lock_folder(path: &Path) -> Result<File, StoreError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| StoreError::File { path: folder.into(), error })?;
    let lock = folder.join("stipple.lock");
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&lock)
        .map_err(|error| StoreError::File { path: lock.clone(), error })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(StoreError::InUse { lock }),
        Err(fs::TryLockError::Error(error)) => Err(StoreError::File { path: lock, error }),
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(StoreError::from_sqlite)?;
    connection.busy_timeout(LOCK_WAIT).map_err(StoreError::from_sqlite)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // Plans do not depend on values: otherwise SQLite prepares a statement anew each time its parameters change.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(StoreError::from_sqlite)?;
    let set = |name, value: i64| connection.pragma_update(None, name, value).map_err(StoreError::from_sqlite);
    set("foreign_keys", 1)?;
    set("trusted_schema", 0)?;
    // In KiB, by the sign. Not more: a commit that has split a page makes SQLite look at each page of the cache.
    set("cache_size", -8_192)?;
    // Savepoints and sorters stay in memory instead of temporary files.
    set("temp_store", 2)?;
    Ok(connection)
}

fn prepare_writer(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Another thread empties the log.
    connection.pragma_update(None, "wal_autocheckpoint", 0)
}

/// Readers that wait in a stack, so that the same few with warm caches are used.
struct Readers {
    free: Mutex<Vec<Reader>>,
    returned: Condvar,
}

struct Reader {
    connection: Connection,
    texts: Texts,
}

struct Lent<'a> {
    pool: &'a Readers,
    reader: Option<Reader>,
}

impl Lent<'_> {
    fn connection_and_texts(&mut self) -> (&Connection, &mut Texts) {
        let reader = self.reader.as_mut().expect("a lent reader is there until it is dropped");
        (&reader.connection, &mut reader.texts)
    }
}

impl Readers {
    fn open(path: &Path, count: usize) -> Result<Self, StoreError> {
        let open = |_| {
            let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            connection.pragma_update(None, "query_only", true).map_err(StoreError::from_sqlite)?;
            Ok(Reader { connection, texts: Texts::new() })
        };
        let free = (0..count.max(1)).map(open).collect::<Result<Vec<_>, StoreError>>()?;
        Ok(Self { free: Mutex::new(free), returned: Condvar::new() })
    }

    fn lend(&self) -> Lent<'_> {
        let mut free = lock(&self.free);
        loop {
            if let Some(reader) = free.pop() {
                return Lent { pool: self, reader: Some(reader) };
            }
            free = self.returned.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let reader = self.reader.take();
        lock(&self.pool.free).extend(reader);
        self.pool.returned.notify_one();
    }
}

fn command(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    let done = connection.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
    done.map_err(|error| {
        if !connection.is_autocommit() {
            // The error that led here is the one to tell; a roll-back that fails too leaves the transaction open,
            // and the next BEGIN reports it.
            let _ = connection.execute_batch("ROLLBACK");
        }
        StoreError::from_sqlite(error)
    })?;
    Ok(())
}

fn commit(connection: &Connection) -> Result<(), StoreError> {
    command(connection, "COMMIT").map_err(|error| match error {
        // Neither got as far as the record in the log that makes a commit.
        StoreError::DiskFull | StoreError::Busy => error,
        _ => StoreError::OutcomeUnknown,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_that_damages_its_log_is_refused() {
        for (number, sound) in [(3_040_001, false), (3_051_002, false), (3_051_003, true), (3_054_001, true)]
        {
            assert_eq!(check_version(number, "x").is_ok(), sound, "{number}");
        }
        assert!(check_version(rusqlite::version_number(), rusqlite::version()).is_ok());
    }
}
