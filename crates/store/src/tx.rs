//! A transaction on either engine, behind one small enum: a literal statement, its values, its rows.

use crate::{
    StoreError,
    error::Harm,
    value::{Row, Value},
};
use postgres::types::ToSql;
use std::collections::HashMap;

/// An open transaction. It is committed when the closure it was lent to returns `Ok`, rolled back when it returns
/// `Err` or when any statement failed, whatever the closure made of that.
pub struct Tx<'a> {
    engine: Engine<'a>,
    harm: Option<Harm>,
    has_written: bool,
}

enum Engine<'a> {
    Sqlite { connection: &'a rusqlite::Connection, texts: &'a mut Texts },
    Postgres { client: &'a mut postgres::Client, statements: &'a mut Statements },
}

/// SQLite's spelling of our statements, by the address of ours: `?1` where we write `$1`, because SQLite takes
/// `$1` for a name and would number parameters in the order of their appearance; and no `FOR UPDATE`, which keeps
/// other writers away from a row and which SQLite, whose writers follow each other, neither knows nor needs.
pub(crate) type Texts = HashMap<(usize, usize), String>;

/// Statements prepared on one PostgreSQL connection, by the address of their text.
pub(crate) type Statements = HashMap<(usize, usize), postgres::Statement>;

fn spell(sql: &str) -> String {
    sql.strip_suffix(" FOR UPDATE").unwrap_or(sql).replace('$', "?")
}

fn key(sql: &'static str) -> (usize, usize) {
    (sql.as_ptr().addr(), sql.len())
}

impl<'a> Tx<'a> {
    pub(crate) fn on_sqlite(connection: &'a rusqlite::Connection, texts: &'a mut Texts) -> Self {
        Self { engine: Engine::Sqlite { connection, texts }, harm: None, has_written: false }
    }

    pub(crate) fn on_postgres(client: &'a mut postgres::Client, statements: &'a mut Statements) -> Self {
        Self { engine: Engine::Postgres { client, statements }, harm: None, has_written: false }
    }

    /// What failed statements did to this transaction.
    pub(crate) fn harm(&self) -> Option<Harm> {
        self.harm
    }

    /// Whether any statement but a look was tried.
    pub(crate) fn has_written(&self) -> bool {
        self.has_written
    }

    /// Carries out a statement; how many rows it touched.
    pub(crate) fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        self.has_written = true;
        match &mut self.engine {
            Engine::Sqlite { connection, texts } => {
                let text = texts.entry(key(sql)).or_insert_with(|| spell(sql));
                connection
                    .prepare_cached(text)
                    .and_then(|mut statement| statement.execute(rusqlite::params_from_iter(values)))
                    .map(|rows| rows as u64)
                    .map_err(|error| sqlite_failed(&mut self.harm, error))
            }
            Engine::Postgres { client, statements } => prepared(client, statements, sql)
                .and_then(|statement| client.execute(&statement, &parameters(values)))
                .map_err(|error| postgres_failed(&mut self.harm, &error)),
        }
    }

    /// Carries out a statement; what `read` makes of each row, in the statement's order.
    pub(crate) fn query<T>(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.has_written |= !sql.starts_with("SELECT");
        let mut made = Vec::new();
        match &mut self.engine {
            Engine::Sqlite { connection, texts } => {
                let text = texts.entry(key(sql)).or_insert_with(|| spell(sql));
                let harm = &mut self.harm;
                let mut statement =
                    connection.prepare_cached(text).map_err(|error| sqlite_failed(harm, error))?;
                let mut rows = statement
                    .query(rusqlite::params_from_iter(values))
                    .map_err(|error| sqlite_failed(harm, error))?;
                while let Some(row) = rows.next().map_err(|error| sqlite_failed(harm, error))? {
                    made.push(read(&Row::Sqlite(row))?);
                }
            }
            Engine::Postgres { client, statements } => {
                let rows = prepared(client, statements, sql)
                    .and_then(|statement| client.query(&statement, &parameters(values)))
                    .map_err(|error| postgres_failed(&mut self.harm, &error))?;
                made.reserve_exact(rows.len());
                for row in &rows {
                    made.push(read(&Row::Postgres(row))?);
                }
            }
        }
        Ok(made)
    }

    /// The same for a statement that gives one row at most.
    pub(crate) fn query_one<T>(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.query(sql, values, read)?.pop())
    }
}

fn sqlite_failed(harm: &mut Option<Harm>, error: rusqlite::Error) -> StoreError {
    harm.get_or_insert(Harm::Failed);
    StoreError::from_sqlite(error)
}

fn postgres_failed(harm: &mut Option<Harm>, error: &postgres::Error) -> StoreError {
    let (error, new) = StoreError::from_postgres(error);
    // The first statement that fails says why; those after it only say that the transaction is over.
    if harm.is_none() || new == Harm::Broken {
        *harm = Some(new);
    }
    error
}

fn prepared(
    client: &mut postgres::Client,
    statements: &mut Statements,
    sql: &'static str,
) -> Result<postgres::Statement, postgres::Error> {
    if let Some(statement) = statements.get(&key(sql)) {
        return Ok(statement.clone());
    }
    let statement = client.prepare(sql)?;
    statements.insert(key(sql), statement.clone());
    Ok(statement)
}

fn parameters<'v>(values: &'v [Value<'_>]) -> Vec<&'v (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

/// What a transaction comes to: its closure's result, unless a statement failed and the closure went on as if not.
pub(crate) fn verdict<T, E: From<StoreError>>(tx: &Tx<'_>, result: Result<T, E>) -> Result<T, E> {
    match (result, tx.harm()) {
        (Ok(_), Some(_)) => {
            Err(StoreError::Database("a statement failed, so nothing was changed".into()).into())
        }
        (result, _) => result,
    }
}
