//! SQLite's write-ahead log: as long as it gets before it is needed, and emptied beside those who write.
//!
//! A commit that makes the log longer waits for the file system to find room and to note it, which costs more than
//! the commit itself; one that overwrites an old part of the log does not. And a commit that has to empty the log
//! first, as SQLite does it by itself, makes everybody wait for as long as that takes.

use super::{Shared, lock};
use crate::StoreError;
use rusqlite::Connection;
use std::{
    ffi::OsString,
    fs::File,
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

/// Bytes the log has room for once [`lengthen`] was called.
const ROOM: u64 = 32 * 1024 * 1024;

/// How often the log is looked at.
const PAUSE: Duration = Duration::from_millis(250);

/// From so many pages on, the log is emptied to its end, so that the next commit begins it anew.
const PAGES_BEFORE_RESTART: i64 = 2_000;

/// Makes the log of a database file long enough, with zeros behind what is in it: SQLite reads a log up to the first
/// page that does not follow from the one before. Nobody may write meanwhile. If there is no room, the log stays as it is.
pub(super) fn lengthen(database: &Path) {
    let mut name = OsString::from(database);
    name.push("-wal");
    let path = PathBuf::from(name);
    let Ok(mut log) = File::options().read(true).write(true).create(true).truncate(false).open(path) else {
        return;
    };
    let Ok(length) = log.seek(SeekFrom::End(0)) else { return };
    if fill(&mut log, ROOM.saturating_sub(length)).is_err() {
        // What was written of it is given back: the disk is full, and others need the room now.
        let _ = log.set_len(length);
    }
}

fn fill(log: &mut File, bytes: u64) -> io::Result<()> {
    io::copy(
        &mut io::Read::take(io::repeat(0), bytes),
        &mut io::BufWriter::with_capacity(1 << 20, &mut *log),
    )?;
    log.flush()?;
    log.sync_all()
}

/// Copies what was committed from the log into the database, now and then, until the store is dropped. It fails only
/// if the disk does, and then the commits fail too and say so.
pub(super) fn empty_until_stopped(beside: &Connection, shared: &Arc<Shared>, stopped: &Receiver<()>) {
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(PAUSE) {
        if !shared.take_written() {
            continue;
        }
        // Most of it while others write; then, with the pen, what they wrote meanwhile.
        if checkpoint(beside).is_ok_and(|pages| pages >= PAGES_BEFORE_RESTART) {
            let _ = checkpoint(&lock(&shared.pen).connection);
        }
    }
}

/// Copies as much as can be without making anybody wait; how many pages are in the log.
fn checkpoint(connection: &Connection) -> Result<i64, StoreError> {
    connection
        .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1))
        .map_err(StoreError::from_sqlite)
}
