//! `stipple sign-off`: the clinical lead reads the protocol in force and signs it.

use std::path::{Path, PathBuf};

use app::Env;
use clap::Args;

use crate::{
    clinic_file::ClinicFile,
    place::{Place, open, operator},
    protocols, server,
};

/// What `stipple sign-off` takes.
#[derive(Debug, Args)]
pub struct SignOff {
    #[command(flatten)]
    place: Place,
    /// The clinic's file, which says whether the clinic has a protocol of its own
    clinic: Option<PathBuf>,
    /// The folder of the protocol, before the one that the clinic's file names or the one that ships
    #[arg(long, value_name = "DIR")]
    protocol: Option<PathBuf>,
    /// The sign-in name of the clinical lead who has read the protocol
    #[arg(long)]
    by: String,
    /// Sign; without it only what is to be signed is listed
    #[arg(long)]
    yes: bool,
}

/// Lists what the clinical lead signs; with `--yes`, signs. Both say first which protocol it is.
#[expect(clippy::print_stdout, reason = "the command's answer")]
pub fn run(command: &SignOff) -> Result<(), String> {
    let file = command.clinic.as_deref().map(ClinicFile::load).transpose()?;
    let folder = command.protocol.as_deref().or(file.as_ref().and_then(ClinicFile::protocol));
    let (env, _) = open(&command.place, None, protocols::load(folder)?, "http://127.0.0.1")?;
    protocols::covers(&env)?;
    let said = |failure: app::Failure| server::said(&failure);
    let staff = app::staff::list(&env).map_err(said)?;
    let signer = staff.into_iter().find(|one| one.sign_in_name == command.by.to_lowercase());
    let signer = signer.ok_or_else(|| format!("nobody signs in as {:?}", command.by))?;
    if signer.role != record::Role::ClinicalLead {
        return Err(format!(
            "{:?} is not a clinical lead: only a clinical lead signs the protocol",
            command.by
        ));
    }
    println!("{}", named(&env, folder));
    if !command.yes {
        for item in protocol::sign_off_list(&env.protocol.protocol) {
            println!("{} [{}] {} ({})", item.id, item.tag, item.what, item.sources.join(", "));
        }
        println!("\nRead the protocol's files too. To sign all of it, add --yes to this command.");
        return Ok(());
    }
    app::protocols::sign_off(&env, &operator(), signer).map_err(said)?;
    println!("signed: protocol {} ({})", env.protocol.protocol.version, &env.protocol.sha256[..12]);
    Ok(())
}

/// Which protocol it is, on a line each: name and version, the SHA-256 of its files, and where they lie.
fn named(env: &Env, folder: Option<&Path>) -> String {
    let protocol = &env.protocol.protocol;
    format!(
        "protocol  {} {}\nSHA-256   {}\nfolder    {}",
        protocol.id,
        protocol.version,
        env.protocol.sha256,
        protocols::place(folder)
    )
}
