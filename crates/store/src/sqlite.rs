//! SQLite: one file, one writer thread that commits waiting writers together, a pool of readers.
//!
//! A single writer waits for nobody: the writer thread begins as soon as there is work and commits as soon as the
//! queue is empty. Under load the queue is not empty, and one sync of the disk serves all who waited.

use crate::{
    StoreError, migrate,
    tx::{Texts, Tx, verdict},
};
use rusqlite::{Connection, OpenFlags};
use std::{
    any::Any,
    fs::{self, File, TryLockError},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
    sync::{
        Condvar, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
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

/// Statements kept prepared on each connection: more than there are in this crate.
const STATEMENTS_KEPT: usize = 256;

/// How long a connection waits for a lock that only a backup or another tool can hold.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// A database in one file.
pub(crate) struct Sqlite {
    readers: Readers,
    // Dropped in this order: the queue's end tells the writer to stop, and only then is the lock given up.
    queue: Option<SyncSender<Box<dyn Work>>>,
    writer: Option<JoinHandle<()>>,
    writer_id: ThreadId,
    _lock: File,
}

impl Sqlite {
    pub(crate) fn open(path: &Path, readers: usize) -> Result<Self, StoreError> {
        if rusqlite::version_number() < SQLITE_NUMBER_MIN {
            return Err(StoreError::SqliteTooOld { found: rusqlite::version().into() });
        }
        let lock = lock_folder(path)?;
        let mut connection =
            connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        prepare_writer(&connection).map_err(StoreError::from_sqlite)?;
        migrate::on_sqlite(&mut connection)?;
        let pool = (0..readers.max(1))
            .map(|_| {
                let reader = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
                reader.pragma_update(None, "query_only", true).map_err(StoreError::from_sqlite)?;
                Ok(Reader { connection: reader, texts: Texts::new() })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let (queue, waiting) = sync_channel(QUEUE_LENGTH);
        let writer = thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || write_all(&connection, &waiting))
            .map_err(|error| StoreError::File { path: path.into(), error })?;
        Ok(Self {
            readers: Readers { free: Mutex::new(pool), returned: Condvar::new() },
            queue: Some(queue),
            writer_id: writer.thread().id(),
            writer: Some(writer),
            _lock: lock,
        })
    }

    pub(crate) fn read<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut lent = self.readers.lend();
        let Reader { connection, texts } =
            lent.reader.as_mut().expect("a lent reader is there until it is dropped");
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
        if thread::current().id() == self.writer_id {
            return Err(StoreError::Nested.into());
        }
        let (reply, answer) = sync_channel(1);
        let task = Box::new(Task { work, result: None, reply });
        let queue = self.queue.as_ref().expect("the queue is there until the store is dropped");
        match queue.try_send(task) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(StoreError::Busy.into()),
            Err(TrySendError::Disconnected(_)) => return Err(StoreError::Away.into()),
        }
        match answer.recv() {
            Ok(Answer::Done(result)) => result,
            Ok(Answer::Panicked(panic)) => resume_unwind(panic),
            Err(_) => Err(StoreError::OutcomeUnknown.into()),
        }
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has nothing left to say here: whoever waited for it was told.
            let _ = writer.join();
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
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { lock }),
        Err(TryLockError::Error(error)) => Err(StoreError::File { path: lock, error }),
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(StoreError::from_sqlite)?;
    connection.busy_timeout(LOCK_WAIT).map_err(StoreError::from_sqlite)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    let set = |name, value: i64| connection.pragma_update(None, name, value).map_err(StoreError::from_sqlite);
    set("foreign_keys", 1)?;
    set("trusted_schema", 0)?;
    // In KiB, by the sign.
    set("cache_size", -32_768)?;
    // Savepoints and sorters stay in memory instead of temporary files.
    set("temp_store", 2)?;
    Ok(connection)
}

fn prepare_writer(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // In pages of 4 KiB: a checkpoint each 16 MiB instead of each 4, for it syncs the disk twice more.
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)
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

impl Readers {
    fn lend(&self) -> Lent<'_> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
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
        self.pool.free.lock().unwrap_or_else(PoisonError::into_inner).extend(reader);
        self.pool.returned.notify_one();
    }
}

/// What a writer wants done, whatever the type of its result.
trait Work: Send {
    /// Does it; whether it is to be kept.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Tells the writer how it ended. `failure` is why what was to be kept is not.
    fn tell(self: Box<Self>, failure: Option<StoreError>);
}

enum Answer<T, E> {
    Done(Result<T, E>),
    Panicked(Box<dyn Any + Send>),
}

struct Task<F, T, E> {
    work: F,
    result: Option<Answer<T, E>>,
    reply: SyncSender<Answer<T, E>>,
}

impl<F, T, E> Work for Task<F, T, E>
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let answer = match catch_unwind(AssertUnwindSafe(|| (self.work)(tx))) {
            Ok(result) => Answer::Done(verdict(tx, result)),
            Err(panic) => Answer::Panicked(panic),
        };
        let keep = matches!(answer, Answer::Done(Ok(_)));
        self.result = Some(answer);
        keep
    }

    fn tell(self: Box<Self>, failure: Option<StoreError>) {
        let answer = match (self.result, failure) {
            (Some(Answer::Done(Ok(_))) | None, Some(failure)) => Answer::Done(Err(failure.into())),
            (Some(answer), _) => answer,
            (None, None) => Answer::Done(Err(StoreError::OutcomeUnknown.into())),
        };
        // Nobody waits any more only if the waiting thread is gone, and then nobody needs to be told.
        let _ = self.reply.send(answer);
    }
}

/// The writer thread: takes what waits, runs it, commits once, tells everybody; until the store is dropped.
fn write_all(connection: &Connection, waiting: &Receiver<Box<dyn Work>>) {
    let mut texts = Texts::new();
    let mut batch = Vec::with_capacity(BATCH_LENGTH);
    while let Ok(first) = waiting.recv() {
        let outcome = write_batch(connection, waiting, first, &mut batch, &mut texts);
        let mut outcome = outcome.err();
        for work in batch.drain(..) {
            work.tell(outcome.as_mut().map(again));
        }
    }
}

/// The same failure once more, for the next who waits.
fn again(failure: &mut StoreError) -> StoreError {
    match failure {
        StoreError::Busy => StoreError::Busy,
        StoreError::DiskFull => StoreError::DiskFull,
        StoreError::Database(message) => StoreError::Database(message.clone()),
        _ => StoreError::OutcomeUnknown,
    }
}

fn write_batch(
    connection: &Connection,
    waiting: &Receiver<Box<dyn Work>>,
    first: Box<dyn Work>,
    batch: &mut Vec<Box<dyn Work>>,
    texts: &mut Texts,
) -> Result<(), StoreError> {
    let mut next = Some(first);
    let mut kept = 0usize;
    while let Some(mut work) = next.take() {
        let done = run_one(connection, work.as_mut(), kept, texts);
        batch.push(work);
        kept += usize::from(done?);
        if batch.len() < BATCH_LENGTH {
            next = waiting.try_recv().ok();
        }
    }
    if kept == 0 {
        return Ok(());
    }
    commit(connection)
}

/// Runs one closure so that it can be undone without the others: the first of a transaction by rolling the
/// transaction back, which costs nothing when all goes well, each later one by a savepoint.
fn run_one(
    connection: &Connection,
    work: &mut dyn Work,
    kept: usize,
    texts: &mut Texts,
) -> Result<bool, StoreError> {
    let (begin, keep, undo) = match kept {
        0 => ("BEGIN IMMEDIATE", None, "ROLLBACK"),
        _ => ("SAVEPOINT one", Some("RELEASE one"), "ROLLBACK TO one"),
    };
    command(connection, begin)?;
    let good = work.run(&mut Tx::on_sqlite(connection, texts));
    match (good, keep) {
        (true, Some(keep)) => command(connection, keep)?,
        (true, None) => {}
        // Some failures (a full disk, lost memory) make SQLite roll the whole transaction back by itself; what the
        // others of this batch did is then gone too.
        (false, _) if connection.is_autocommit() => {
            if kept > 0 {
                return Err(StoreError::Database("SQLite: the transaction was rolled back".into()));
            }
        }
        (false, _) => {
            command(connection, undo)?;
            if kept > 0 {
                command(connection, "RELEASE one")?;
            }
        }
    }
    Ok(good)
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
