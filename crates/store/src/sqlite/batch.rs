//! What waiting writers want done, and doing it together: one commit for all, and each as if it were alone.

use super::{Pen, command};
use crate::{
    StoreError,
    tx::{Texts, Tx, verdict},
};
use rusqlite::Connection;
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
        mpsc::SyncSender,
    },
};

/// What a writer wants done, whatever the type of its result.
pub(super) trait Work: Send {
    /// Takes its turn; `false` if whoever wanted it has left.
    fn begin(&self) -> bool;
    /// Does it; whether it is to be kept.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Tells the writer how it ended. `failure` is why what was to be kept is not.
    fn tell(self: Box<Self>, failure: Option<StoreError>);
}

pub(super) enum Answer<T, E> {
    Done(Result<T, E>),
    Panicked(Box<dyn Any + Send>),
}

/// The turn of a task: it waits, it has begun, or whoever wanted it has left.
pub(super) const WAITING: u8 = 0;
pub(super) const BEGUN: u8 = 1;
pub(super) const LEFT: u8 = 2;

pub(super) struct Task<F, T, E> {
    pub(super) work: F,
    pub(super) result: Option<Answer<T, E>>,
    pub(super) reply: SyncSender<Answer<T, E>>,
    pub(super) turn: Arc<AtomicU8>,
}

impl<F, T, E> Work for Task<F, T, E>
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn begin(&self) -> bool {
        self.turn.compare_exchange(WAITING, BEGUN, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        // What an earlier run came to was taken back: whoever keeps an eye on that is to know before this run begins.
        self.result = None;
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

/// The same failure once more, for the next who waits.
pub(super) fn again(failure: &mut StoreError) -> StoreError {
    match failure {
        StoreError::Busy => StoreError::Busy,
        StoreError::DiskFull => StoreError::DiskFull,
        StoreError::Database(message) => StoreError::Database(message.clone()),
        _ => StoreError::OutcomeUnknown,
    }
}

/// What became of a closure.
pub(super) enum Fate {
    Kept,
    /// It failed and had written nothing.
    LeftNothing,
    /// It failed and what it wrote is still there, or it took everything else with it.
    LeftSomething,
}

pub(super) fn run_hopefully(connection: &Connection, work: &mut dyn Work, texts: &mut Texts) -> Fate {
    let mut tx = Tx::on_sqlite(connection, texts);
    let is_good = work.run(&mut tx);
    // Some failures (a full disk, lost memory) make SQLite roll the whole transaction back by itself.
    match (is_good, tx.has_written() || connection.is_autocommit()) {
        (true, _) => Fate::Kept,
        (false, false) => Fate::LeftNothing,
        (false, true) => Fate::LeftSomething,
    }
}

/// Takes everything back and runs the closures once more, each so that it can be undone alone; how many are kept.
pub(super) fn write_apart(pen: &mut Pen, batch: &mut [Box<dyn Work>]) -> Result<usize, StoreError> {
    if !pen.connection.is_autocommit() {
        command(&pen.connection, "ROLLBACK")?;
    }
    let mut kept = 0;
    for work in batch {
        kept += usize::from(run_apart(&pen.connection, work.as_mut(), kept, &mut pen.texts)?);
    }
    Ok(kept)
}

/// Runs one closure so that it can be undone without the others: the first of a transaction by rolling the
/// transaction back, each later one by a savepoint.
fn run_apart(
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
        // What the others of this batch did is gone with it.
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
