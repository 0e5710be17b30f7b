//! Where a program's data are: a fresh folder, and on PostgreSQL a fresh database that goes away again.

use std::{
    fs::{self, DirBuilder},
    os::unix::fs::DirBuilderExt,
    path::Path,
    process,
};

use postgres::{Client, NoTls};
use store::StoreLocation;

use crate::{Outcome, at, options::Options};

/// A fresh place for one run.
#[derive(Debug)]
pub struct Place {
    /// The address of the database of our own, if it is PostgreSQL.
    pub url: Option<String>,
    /// Where the database was made, and its name.
    made: Option<(String, String)>,
}

impl Place {
    /// Empties the data folder and makes a database if one is asked for.
    pub fn fresh(options: &Options) -> Outcome<Self> {
        empty(&options.data)?;
        let Some(server) = &options.database else { return Ok(Self { url: None, made: None }) };
        let name = format!("stipple_bench_{}", process::id());
        run(server, &format!("DROP DATABASE IF EXISTS {name}"))?;
        run(server, &format!("CREATE DATABASE {name}"))?;
        let url = with_database(server, &name)?;
        Ok(Self { url: Some(url), made: Some((server.clone(), name)) })
    }

    /// As the store names it.
    pub fn location(&self, data: &Path) -> StoreLocation {
        match &self.url {
            Some(url) => StoreLocation::Postgres { url: url.clone(), schema: None },
            None => StoreLocation::Sqlite { path: data.join("stipple.sqlite") },
        }
    }

    /// `SQLite` or `PostgreSQL`, for the report.
    pub fn engine(&self) -> &'static str {
        if self.url.is_some() { "PostgreSQL" } else { "SQLite" }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.made {
            // A database left behind harms nobody; the next run of this number replaces it.
            let _ = run(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

fn run(server: &str, sql: &str) -> Outcome {
    let mut client = Client::connect(server, NoTls).map_err(at("the PostgreSQL server"))?;
    client.batch_execute(sql).map_err(at("the PostgreSQL server"))
}

/// The same address with another database.
fn with_database(server: &str, name: &str) -> Outcome<String> {
    match server.rsplit_once('/') {
        Some((before, _)) if before.contains("://") && !before.ends_with('/') => {
            Ok(format!("{before}/{name}"))
        }
        _ => Err("--database must look like postgres://user@host:port/database".into()),
    }
}

/// Makes a folder without anything in it. Only a folder that an earlier run made is emptied.
fn empty(folder: &Path) -> Outcome {
    const MARK: &str = "made-by-bench";
    if folder.exists() {
        if !folder.join(MARK).exists() {
            return Err(format!(
                "{} is not a folder of a benchmark: choose another with --data",
                folder.display()
            ));
        }
        fs::remove_dir_all(folder).map_err(at("the data folder"))?;
    }
    // Nobody else may look into a data folder, or the server refuses it.
    let mut private = DirBuilder::new();
    private.recursive(true).mode(0o700).create(folder).map_err(at("the data folder"))?;
    fs::write(folder.join(MARK), "").map_err(at("the data folder"))
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn only_the_database_of_an_address_changes() {
        let ours = with_database("postgres://u:p@127.0.0.1:5432/postgres", "x");
        assert_eq!(ours.as_deref(), Ok("postgres://u:p@127.0.0.1:5432/x"));
        for bad in ["postgres://u@host", "host=x dbname=y"] {
            assert!(with_database(bad, "x").unwrap_err().contains("--database"), "{bad}");
        }
    }
}
