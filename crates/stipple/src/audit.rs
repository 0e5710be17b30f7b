//! `stipple audit verify`: reckons the whole chain of the audit trail again.

use std::path::PathBuf;

use clap::Subcommand;
use store::Store;

use crate::{
    machine::DataFolder,
    server::{clinic_in, location},
};

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
    },
}

/// Checks the trail; an error says where it breaks.
#[expect(clippy::print_stdout, reason = "the command's answer")]
pub fn run(command: &Command) -> Result<(), String> {
    let Command::Verify { data, database } = command;
    if database.is_none() && !data.join("stipple.sqlite").exists() {
        return Err(format!("{} holds no database: name the data folder with --data", data.display()));
    }
    let folder = DataFolder::open(data).map_err(|error| error.to_string())?;
    // Beside a running server: nothing is locked and nothing written.
    let store = Store::open_to_read(&location(&folder, database.as_deref()))
        .map_err(|error| format!("the database cannot be opened: {error}"))?;
    let clinic = clinic_in(&store)?.ok_or("there is no clinic in this database")?;
    match store.read(|tx| store::audit::verify(tx, clinic)).map_err(|error| error.to_string())? {
        Ok(count) => {
            println!("{count} events, every one as it was written");
            Ok(())
        }
        Err(broken) => Err(format!(
            "{broken}. Keep this folder as it is, restore a backup from before into another, and find out who could \
             write to the database"
        )),
    }
}
