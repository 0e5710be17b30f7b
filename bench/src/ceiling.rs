//! What this machine can do at this minute, as a measure for everything else: durable commits of a single row.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use postgres::{Client, NoTls};
use rusqlite::Connection;

use crate::{Outcome, at};

/// Commits a second of one writer into a SQLite file in this folder: write-ahead log, a sync at each commit, one row
/// under a unique index.
pub fn sqlite_commits(folder: &Path, time: Duration) -> Outcome<f64> {
    let file = folder.join("ceiling.sqlite");
    let count = count_sqlite(&file, time).map_err(at("commits to SQLite"));
    for name in ["ceiling.sqlite", "ceiling.sqlite-wal", "ceiling.sqlite-shm"] {
        // What is not there need not go.
        let _ = fs::remove_file(folder.join(name));
    }
    Ok(count? / time.as_secs_f64())
}

fn count_sqlite(file: &Path, time: Duration) -> rusqlite::Result<f64> {
    let connection = Connection::open(file)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(
        "CREATE TABLE slot (id INTEGER PRIMARY KEY, who INTEGER NOT NULL, at INTEGER NOT NULL, UNIQUE (who, at))",
    )?;
    let mut insert = connection.prepare("INSERT INTO slot (who, at) VALUES (?1, ?2)")?;
    let began = Instant::now();
    let mut count = 0_i64;
    while began.elapsed() < time {
        insert.execute([count % 10, count])?;
        count += 1;
    }
    Ok(count as f64)
}

/// The same on a PostgreSQL server, with so many clients.
pub fn postgres_commits(url: &str, clients: usize, time: Duration) -> Outcome<f64> {
    let mut client = Client::connect(url, NoTls).map_err(at("PostgreSQL"))?;
    client
        .batch_execute(
            "DROP TABLE IF EXISTS ceiling; CREATE TABLE ceiling (id BIGSERIAL PRIMARY KEY, who BIGINT NOT NULL, at \
             BIGINT NOT NULL, UNIQUE (who, at))",
        )
        .map_err(at("PostgreSQL"))?;
    let counts: Vec<Outcome<i64>> = thread::scope(|scope| {
        let running: Vec<_> =
            (0..clients).map(|number| scope.spawn(move || count_postgres(url, number, time))).collect();
        running.into_iter().map(|one| one.join().unwrap_or_else(|_| Err("a client panicked".into()))).collect()
    });
    client.batch_execute("DROP TABLE ceiling").map_err(at("PostgreSQL"))?;
    let total: i64 = counts.into_iter().sum::<Outcome<i64>>()?;
    Ok(total as f64 / time.as_secs_f64())
}

fn count_postgres(url: &str, number: usize, time: Duration) -> Outcome<i64> {
    let mut client = Client::connect(url, NoTls).map_err(at("PostgreSQL"))?;
    let insert =
        client.prepare("INSERT INTO ceiling (who, at) VALUES ($1, $2)").map_err(at("PostgreSQL"))?;
    let who = i64::try_from(number).unwrap_or(0);
    let began = Instant::now();
    let mut count = 0_i64;
    while began.elapsed() < time {
        client.execute(&insert, &[&who, &count]).map_err(at("PostgreSQL"))?;
        count += 1;
    }
    Ok(count)
}
