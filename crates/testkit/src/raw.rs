//! A connection past the store, with any SQL: for attacks on the data and for looking at the schema.

use store::StoreLocation;

/// A connection past the store.
pub enum Raw {
    /// To a SQLite file.
    Sqlite(rusqlite::Connection),
    /// To a PostgreSQL schema.
    Postgres(Box<postgres::Client>),
}

impl Raw {
    /// A connection to the database of a store.
    pub fn open(location: &StoreLocation) -> Self {
        match location {
            StoreLocation::Sqlite { path } => {
                let connection = rusqlite::Connection::open(path).expect("the file can be opened");
                connection.busy_timeout(std::time::Duration::from_secs(10)).expect("a time-out can be set");
                Self::Sqlite(connection)
            }
            StoreLocation::Postgres { url, schema } => Self::postgres(url, schema.as_deref()),
        }
    }

    pub(crate) fn postgres(url: &str, schema: Option<&str>) -> Self {
        let mut config: postgres::Config = url.parse().expect("STIPPLE_TEST_POSTGRES is an address");
        if let Some(schema) = schema {
            config.options(&format!("-c search_path={schema}"));
        }
        Self::Postgres(Box::new(
            config.connect(postgres::NoTls).expect("the PostgreSQL server can be reached"),
        ))
    }

    /// Carries out one or several statements; the engine's message if it refuses.
    pub fn execute(&mut self, sql: &str) -> Result<(), String> {
        match self {
            Self::Sqlite(connection) => connection.execute_batch(sql).map_err(|error| error.to_string()),
            Self::Postgres(client) => client.batch_execute(sql).map_err(|error| match error.as_db_error() {
                Some(db) => db.message().to_owned(),
                None => error.to_string(),
            }),
        }
    }

    /// The rows of a query whose columns are all text.
    pub fn texts(&mut self, sql: &str) -> Vec<Vec<String>> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare(sql).expect("the query is right");
                let columns = statement.column_count();
                let rows =
                    statement.query_map([], |row| (0..columns).map(|column| row.get(column)).collect());
                rows.expect("the query runs").collect::<Result<_, _>>().expect("all columns are text")
            }
            Self::Postgres(client) => {
                let rows = client.query(sql, &[]).expect("the query runs");
                rows.iter().map(|row| (0..row.len()).map(|column| row.get(column)).collect()).collect()
            }
        }
    }

    /// How many rows the condition after `FROM` finds: `claim WHERE seat = 0`.
    pub fn count(&mut self, from: &str) -> u64 {
        let rows = self.texts(&format!("SELECT CAST(count(*) AS TEXT) FROM {from}"));
        rows[0][0].parse().expect("a count is a number")
    }

    /// Every table and its columns, in alphabetical order.
    pub fn columns(&mut self) -> Vec<(String, String)> {
        let rows = match self {
            Self::Sqlite(_) => self.texts(
                "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
                 WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' ORDER BY 1, 2",
            ),
            Self::Postgres(_) => self.texts(
                "SELECT table_name::text, column_name::text FROM information_schema.columns
                 WHERE table_schema = current_schema() ORDER BY 1, 2",
            ),
        };
        let mut columns: Vec<_> = rows.into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
        columns.sort();
        columns
    }
}
