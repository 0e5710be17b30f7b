//! PostgreSQL: a small pool of connections, each with its prepared statements; broken ones are replaced.

use crate::{
    StoreError,
    error::Harm,
    migrate,
    tx::{Statements, Tx, verdict},
};
use postgres::{Client, Config, NoTls};
use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

/// How long to wait for a free connection before giving up.
const CONNECTION_WAIT: Duration = Duration::from_secs(5);

/// How long to wait for the server when connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How often a transaction is tried when others are in its way.
const TRIES: usize = 5;

/// A pool of connections to one server.
pub(crate) struct Postgres {
    config: Config,
    pool: Mutex<Pool>,
    returned: Condvar,
}

struct Pool {
    free: Vec<Connection>,
    /// How many more may be opened.
    left: usize,
}

struct Connection {
    client: Client,
    statements: Statements,
}

/// A connection that goes back to the pool, or makes room for a new one if it is broken.
struct Lent<'a> {
    pool: &'a Postgres,
    connection: Option<Connection>,
    sound: bool,
}

impl Postgres {
    pub(crate) fn open(url: &str, schema: Option<&str>, connections: usize) -> Result<Self, StoreError> {
        let mut config: Config = url.parse().map_err(|_| {
            StoreError::BadLocation(
                "the address of the PostgreSQL server cannot be read: write postgres://user@host:port/database".into(),
            )
        })?;
        config.connect_timeout(CONNECT_TIMEOUT);
        let mut settings = String::from("-c default_transaction_isolation=read\\ committed -c timezone=UTC");
        if let Some(schema) = schema {
            check_schema_name(schema)?;
            settings.push_str(" -c search_path=");
            settings.push_str(schema);
        }
        // What an operator sees in the server's list of sessions.
        config.application_name(&format!("stipple:{}", schema.unwrap_or_default()));
        config.options(&settings);
        let mut first = connect(&config)?;
        migrate::on_postgres(&mut first.client, schema)?;
        let pool = Pool { free: vec![first], left: connections.saturating_sub(1) };
        Ok(Self { config, pool: Mutex::new(pool), returned: Condvar::new() })
    }

    pub(crate) fn read<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut lent = self.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        let (result, harm) = lent.run(work);
        lent.finish("ROLLBACK", harm);
        result
    }

    pub(crate) fn write<T, E: From<StoreError>>(
        &self,
        work: impl Fn(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut tries = 0;
        loop {
            tries += 1;
            let mut lent = self.begin("BEGIN")?;
            let (result, harm) = lent.run(&work);
            let value = match result {
                Ok(value) => value,
                Err(error) => {
                    lent.finish("ROLLBACK", harm);
                    if harm == Some(Harm::Retry) && tries < TRIES {
                        continue;
                    }
                    return Err(error);
                }
            };
            match lent.commit() {
                Ok(()) => return Ok(value),
                Err((_, Harm::Retry)) if tries < TRIES => {}
                Err((error, _)) => return Err(error.into()),
            }
        }
    }

    /// A connection with an open transaction. One that turns out to be dead is replaced, for nothing was done on it.
    fn begin(&self, sql: &str) -> Result<Lent<'_>, StoreError> {
        loop {
            let (mut lent, fresh) = self.lend()?;
            let begun = lent.connection_mut().client.batch_execute(sql);
            match begun.map_err(|error| StoreError::from_postgres(&error)) {
                Ok(()) => return Ok(lent),
                Err((error, harm)) => {
                    lent.sound = false;
                    if fresh || harm != Harm::Broken {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// A connection from the pool, and whether it is a new one.
    fn lend(&self) -> Result<(Lent<'_>, bool), StoreError> {
        let pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut pool, wait) = self
            .returned
            .wait_timeout_while(pool, CONNECTION_WAIT, |pool| pool.free.is_empty() && pool.left == 0)
            .unwrap_or_else(PoisonError::into_inner);
        if wait.timed_out() {
            return Err(StoreError::Busy);
        }
        if let Some(connection) = pool.free.pop() {
            return Ok((Lent { pool: self, connection: Some(connection), sound: true }, false));
        }
        pool.left -= 1;
        drop(pool);
        // From here on the place in the pool is given back by `Lent`, whatever happens.
        let mut lent = Lent { pool: self, connection: None, sound: true };
        lent.connection = Some(connect(&self.config)?);
        Ok((lent, true))
    }
}

impl Lent<'_> {
    fn connection_mut(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("a lent connection is there until it is dropped")
    }

    fn run<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> (Result<T, E>, Option<Harm>) {
        // Until the transaction has ended the connection is not fit for another: a panic must not return it.
        self.sound = false;
        let Connection { client, statements } = self.connection_mut();
        let mut tx = Tx::on_postgres(client, statements);
        let result = work(&mut tx);
        (verdict(&tx, result), tx.harm())
    }

    fn finish(mut self, sql: &str, harm: Option<Harm>) {
        if harm != Some(Harm::Broken) {
            self.sound = self.connection_mut().client.batch_execute(sql).is_ok();
        }
    }

    fn commit(mut self) -> Result<(), (StoreError, Harm)> {
        match self.connection_mut().client.batch_execute("COMMIT") {
            Ok(()) => {
                self.sound = true;
                Ok(())
            }
            Err(error) => Err(match StoreError::from_postgres(&error) {
                (_, Harm::Broken) => (StoreError::OutcomeUnknown, Harm::Broken),
                other => {
                    self.sound = true;
                    other
                }
            }),
        }
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let connection =
            self.connection.take().filter(|connection| self.sound && !connection.client.is_closed());
        let mut pool = self.pool.pool.lock().unwrap_or_else(PoisonError::into_inner);
        match connection {
            Some(connection) => pool.free.push(connection),
            None => pool.left += 1,
        }
        drop(pool);
        self.pool.returned.notify_one();
    }
}

fn connect(config: &Config) -> Result<Connection, StoreError> {
    match config.connect(NoTls) {
        Ok(client) => Ok(Connection { client, statements: Statements::new() }),
        Err(error) => Err(match error.as_db_error() {
            Some(db) if db.code().code().starts_with("28") => StoreError::BadLocation(
                "the PostgreSQL server refuses this user or password: check the address and pg_hba.conf"
                    .into(),
            ),
            Some(db) if db.code().code() == "3D000" => StoreError::BadLocation(
                "there is no such database on the PostgreSQL server: make it with createdb".into(),
            ),
            _ => StoreError::Away,
        }),
    }
}

fn check_schema_name(schema: &str) -> Result<(), StoreError> {
    let good = schema.len() <= 63
        && schema.bytes().next().is_some_and(|first| first.is_ascii_lowercase())
        && schema.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    match good {
        true => Ok(()),
        false => Err(StoreError::BadLocation(
            "the schema's name must be lower-case letters, digits and _, a letter first, 63 at most".into(),
        )),
    }
}
