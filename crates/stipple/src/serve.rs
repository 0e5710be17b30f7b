//! `stipple init`, `stipple sign-off` and `stipple serve`: a real clinic.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use app::{Acting, Actor, Env, audit, jobs::Outlet, staff::NewStaff};
use clap::Args;
use record::Staff;
use vocab::{ClinicId, OperationId};
use web::shell::ShellConfig;

use crate::{
    clinic_file::{ClinicFile, ClinicRecords},
    demo::fresh_password,
    machine::{DataFolder, Machine},
    protocols,
    server::{self, Running},
};

/// Where the data are.
#[derive(Debug, Args)]
pub struct Place {
    /// The data folder
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// A PostgreSQL server instead of a file in the folder: postgres://user@host/database
    #[arg(long)]
    database: Option<String>,
}

/// What `stipple init` takes.
#[derive(Debug, Args)]
pub struct Init {
    #[command(flatten)]
    place: Place,
    /// The clinic's file
    clinic: PathBuf,
}

/// What `stipple sign-off` takes.
#[derive(Debug, Args)]
pub struct SignOff {
    #[command(flatten)]
    place: Place,
    /// The sign-in name of the clinical lead who has read the protocol
    #[arg(long)]
    by: String,
    /// Sign; without it only what is to be signed is listed
    #[arg(long)]
    yes: bool,
}

/// What `stipple serve` takes.
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    place: Place,
    /// The clinic's file
    clinic: PathBuf,
    /// Where to listen; a proxy in front speaks TLS
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// How people reach the site: https://clinic.example
    #[arg(long)]
    public_url: String,
    /// The data folder's secret.key is another one than before, which is lost: links sent until now will lead nowhere
    #[arg(long)]
    new_secret: bool,
    /// Proxies whose X-Forwarded-For is believed, such as 127.0.0.1/32
    #[arg(long = "trusted-proxy")]
    trusted_proxies: Vec<String>,
}

/// Mail waits: no mail server is set.
struct Waiting;

impl Outlet for Waiting {
    fn send(&self, _message: &notify::Message) -> Result<(), notify::SendError> {
        Err(notify::SendError::Temporary(notify::Reason::SetUp))
    }
}

struct Smtp(notify::SmtpSender);

impl Outlet for Smtp {
    fn send(&self, message: &notify::Message) -> Result<(), notify::SendError> {
        self.0.send(message)
    }
}

/// Opens the clinic of a place, or for a `fresh` one makes the place. A place without a clinic stays as it is, so that a
/// name with a slip of the pen leaves no folder, no secret and no database behind.
fn open(place: &Place, fresh: Option<ClinicId>, public_url: &str) -> Result<(Env, [u8; 32]), String> {
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
    Ok((server::env(store, id, protocols::shipped()?, Arc::new(Machine::new()), secret, public_url), secret))
}

/// The site's address without a slash at its end, and its host as browsers send it.
fn site_address(text: &str) -> Result<(&str, &str), String> {
    let url = text.strip_suffix('/').unwrap_or(text);
    let host = url
        .strip_prefix("https://")
        .ok_or("--public-url must begin with https://: a proxy in front speaks TLS")?;
    let (name, port) = match host.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    };
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_port = |port: &str| {
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    if name.len() > 253 || !name.split('.').all(is_label) || !port.is_none_or(is_port) {
        return Err(
            "--public-url is https://, the name of the site and, where it has one, a port from 1 to 65535, such as \
             https://clinic.example: no user, no folder, nothing after it"
                .into(),
        );
    }
    Ok((url, host))
}

fn operator() -> Acting {
    Acting {
        actor: Actor::Operator,
        operation_id: OperationId::from_bits(app::Chance::bits(&Machine::new())),
    }
}

/// Writes a clinic into an empty database and prints its staff's first passwords, once.
#[expect(clippy::print_stdout, reason = "the command's answer")]
pub fn init(command: &Init) -> Result<(), String> {
    let file = ClinicFile::load(&command.clinic)?;
    let id = ClinicId::from_bits(app::Chance::bits(&Machine::new()));
    let (env, _) = open(&command.place, Some(id), "http://127.0.0.1")?;
    let records = file.records(&env)?;
    let acting = operator();
    let mut people = Vec::new();
    for staff in &file.staff {
        let Some(role) = staff.role() else { continue };
        let named = |name: &String| records.resources.iter().find(|(resource, _)| resource.name == *name);
        let resource_id = staff.resource.as_ref().and_then(named).map(|(resource, _)| resource.id);
        let password = fresh_password();
        let new = NewStaff {
            sign_in_name: staff.sign_in_name.clone(),
            name: staff.name.clone(),
            role,
            resource_id,
        };
        people.push((app::staff::with_password(&env, new, &password), password));
    }
    write(&env, &acting, &records, people.iter().map(|(staff, _)| staff.clone()).collect())?;
    // Only what was written is told: nobody is to be given the password of half a clinic.
    for (staff, password) in &people {
        println!("staff: {} {} {password}", staff.role, staff.sign_in_name);
    }
    println!("These passwords are shown once. Now let the clinical lead read the protocol:");
    println!("  stipple sign-off --by NAME");
    Ok(())
}

/// Writes the clinic and its staff, all or nothing.
fn write(env: &Env, acting: &Acting, records: &ClinicRecords, people: Vec<Staff>) -> Result<(), String> {
    let (inside, acting, records) = (env.clone(), acting.clone(), records.clone());
    let written = env.store.write(move |tx| {
        store::clinics::insert(tx, &records.clinic)?;
        store::clinics::save_site(tx, inside.clinic_id, &records.site)?;
        for (resource, rules) in &records.resources {
            store::resources::save(tx, inside.clinic_id, resource)?;
            store::hours::replace_weekly(tx, inside.clinic_id, resource.id, rules)?;
        }
        store::hours::replace_closures(tx, inside.clinic_id, records.site.id, &records.closures)?;
        audit::made(tx, &inside, &acting)?;
        people.iter().try_for_each(|staff| app::staff::write(tx, &inside, &acting, staff))
    });
    written.map_err(|failure| server::said(&failure))
}

/// Lists what the clinical lead signs; with `--yes`, signs.
#[expect(clippy::print_stdout, reason = "the command's answer")]
pub fn sign_off(command: &SignOff) -> Result<(), String> {
    let (env, _) = open(&command.place, None, "http://127.0.0.1")?;
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
    if !command.yes {
        for item in protocol::sign_off_list(&env.protocol.protocol) {
            println!("{} [{}] {} ({})", item.id, item.tag, item.what, item.sources.join(", "));
        }
        println!(
            "\nRead protocols/micro-needling too. To sign all of it: stipple sign-off --by {} --yes",
            command.by
        );
        return Ok(());
    }
    app::protocols::sign_off(&env, &operator(), signer).map_err(said)?;
    println!("signed: protocol {} ({})", env.protocol.protocol.version, &env.protocol.sha256[..12]);
    Ok(())
}

/// Takes over what the file says of booking and closures, so that a clinic changes them there and starts the program again.
fn follow(env: &Env, file: &ClinicFile) -> Result<(), String> {
    let said = |failure: app::Failure| server::said(&failure);
    let site = app::diary::current(env).map_err(said)?.rules.site.id;
    let followed = file.followed(site, &env.protocol.protocol)?;
    let (settings, closures) = (followed.settings.as_ref(), followed.closures.as_deref());
    app::settings::follow_file(env, &operator(), settings, closures).map_err(said)?;
    Ok(())
}

/// Serves the clinic until stopped.
#[expect(clippy::print_stdout, reason = "the command's answer")]
pub fn run(command: &Serve) -> Result<(), String> {
    let file = ClinicFile::load(&command.clinic)?;
    let (url, host) = site_address(&command.public_url)?;
    let (env, secret) = open(&command.place, None, url)?;
    server::keep_secret(&env, &operator(), command.new_secret)?;
    follow(&env, &file)?;
    let outlet: Arc<dyn Outlet> = match &file.mail {
        None => Arc::new(Waiting),
        Some(mail) => {
            let name = app::diary::current(&env)
                .map_err(|failure| server::said(&failure))?
                .rules
                .clinic
                .name
                .clone();
            let sender = notify::SmtpSender::new(mail.config(&name)?).map_err(|error| error.to_string())?;
            Arc::new(Smtp(sender))
        }
    };
    let proxies = command
        .trusted_proxies
        .iter()
        .map(|text| text.parse().map_err(|error| format!("--trusted-proxy {text}: {error}")));
    let config = ShellConfig {
        trusted_proxies: proxies.collect::<Result<_, String>>()?,
        ..ShellConfig::public(vec![host.to_owned()])
    };
    let running = Running { env, words: file.words, config, secret, outlet };
    running.run(command.listen, |address| println!("ready http://{address}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_the_site_is_scheme_host_and_port() {
        for (text, host) in [
            ("https://clinic.example", "clinic.example"),
            ("https://clinic.example/", "clinic.example"),
            ("https://xn--praxis-mller-llb.example:8443", "xn--praxis-mller-llb.example:8443"),
            ("https://192.0.2.7:443", "192.0.2.7:443"),
        ] {
            assert_eq!(site_address(text).unwrap().1, host);
        }
        for bad in [
            "http://clinic.example",
            "clinic.example",
            "https://",
            "https:///",
            "https://clinic.example//",
            "https://a/b?c",
            "https://a?c",
            "https://a#c",
            "https://clinic.example:99999",
            "https://clinic.example:0",
            "https://clinic.example:",
            "https://clinic.example:+80",
            "https://clinic.example:80:80",
            "https://user@clinic.example",
            "https://clinic..example",
            "https://clinic example",
            "https://praxis-müller.example",
        ] {
            assert!(site_address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_place_without_a_clinic_is_left_as_it_is() {
        let place = tempfile::tempdir().unwrap();
        let data = place.path().join("typo");
        let opened = open(&Place { data: data.clone(), database: None }, None, "https://clinic.example");
        let Err(told) = opened else { panic!("there is no clinic") };
        assert!(told.starts_with("there is no clinic in") && told.contains("typo"), "{told}");
        assert!(!data.exists(), "nothing was made");
    }
}
