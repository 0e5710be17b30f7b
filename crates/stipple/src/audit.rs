//! `stipple audit verify`: reckons the whole chain of the audit trail again.

use std::path::PathBuf;

use clap::Subcommand;
use store::{Store, audit::Head};

use crate::server::{clinic_in, location};

/// What can be done with the trail.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check that no event was changed, deleted, swapped or cut off
    Verify {
        /// The data folder
        #[arg(long, default_value = "data")]
        data: PathBuf,
        /// A PostgreSQL server instead of a file in the folder
        #[arg(long)]
        database: Option<String>,
        /// An event the trail must hold, as an earlier run printed the last one: 857:ab12…
        #[arg(long, value_name = "SEQ:HASH")]
        expect: Option<Head>,
    },
}

/// Checks the trail; an error says where it breaks.
#[expect(clippy::print_stdout, reason = "the command's answer")]
pub fn run(command: &Command) -> Result<(), String> {
    let Command::Verify { data, database, expect } = command;
    if database.is_none() && !data.join("stipple.sqlite").exists() {
        return Err(format!("{} holds no database: name the data folder with --data", data.display()));
    }
    // Beside a running server: nothing is locked and nothing written.
    let store = Store::open_to_read(&location(data, database.as_deref()))
        .map_err(|error| format!("the database cannot be opened: {error}"))?;
    let clinic = clinic_in(&store)?.ok_or("there is no clinic in this database")?;
    let verified = store.read(|tx| store::audit::verify_against(tx, clinic, *expect));
    match verified.map_err(|error| error.to_string())? {
        Ok(last) => {
            println!("{} events, every one as it was written; the last is {last}", last.seq);
            if expect.is_none() {
                println!(
                    "Keep that number and hash on another machine, and name them next time with --expect."
                );
            }
            Ok(())
        }
        Err(broken) => Err(format!(
            "{broken}. Keep this folder as it is, restore a backup from before into another, and find out who could \
             write to the database"
        )),
    }
}
