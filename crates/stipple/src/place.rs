//! Where a clinic's data are, and how a command opens them.

use std::{path::PathBuf, sync::Arc};

use app::{Acting, Actor, Env, protocols::ProtocolInForce};
use clap::Args;
use vocab::{ClinicId, OperationId};

use crate::{
    machine::{DataFolder, Machine},
    server,
};

/// Where the data are.
#[derive(Debug, Args)]
pub struct Place {
    /// The data folder
    #[arg(long, default_value = "data")]
    pub data: PathBuf,
    /// A PostgreSQL server instead of a file in the folder: postgres://user@host/database
    #[arg(long)]
    pub database: Option<String>,
}

/// Opens the clinic of a place, or for a `fresh` one makes the place. A place without a clinic stays as it is, so that a
/// name with a slip of the pen leaves no folder, no secret and no database behind.
pub fn open(
    place: &Place,
    fresh: Option<ClinicId>,
    protocol: ProtocolInForce,
    public_url: &str,
) -> Result<(Env, [u8; 32]), String> {
    let Place { data, database } = place;
    let (shown, location) = (data.display(), server::location(data, database.as_deref()));
    let is_file = database.is_none();
    let no_clinic = format!(
        "there is no clinic in {}: name where it is with --data or --database, or write it there with `stipple init \
         CLINIC.toml` first",
        if is_file { shown.to_string() } else { "this database".into() }
    );
    let folder = || DataFolder::open(data).map_err(|error| format!("the data folder {shown}: {error}"));
    if is_file {
        if fresh.is_none() && !data.join("stipple.sqlite").exists() {
            return Err(no_clinic);
        }
        folder()?;
    }
    let store = server::open(&location)?;
    let id = match (fresh, server::clinic_in(&store)?) {
        (Some(_), Some(_)) => return Err("there is a clinic in this database already".into()),
        (Some(fresh), None) => fresh,
        (None, Some(known)) => known,
        (None, None) => return Err(no_clinic),
    };
    let secret = folder()?.secret().map_err(|error| error.to_string())?;
    Ok((server::env(store, id, protocol, Arc::new(Machine::new()), secret, public_url), secret))
}

/// Somebody with a shell, as the audit trail knows them.
pub fn operator() -> Acting {
    Acting {
        actor: Actor::Operator,
        operation_id: OperationId::from_bits(app::Chance::bits(&Machine::new())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols;

    #[test]
    fn a_place_without_a_clinic_is_left_as_it_is() {
        let place = tempfile::tempdir().unwrap();
        let data = place.path().join("typo");
        let opened = open(
            &Place { data: data.clone(), database: None },
            None,
            protocols::shipped().unwrap(),
            "https://clinic.example",
        );
        let Err(told) = opened else { panic!("there is no clinic") };
        assert!(told.starts_with("there is no clinic in") && told.contains("typo"), "{told}");
        assert!(!data.exists(), "nothing was made");
    }
}
