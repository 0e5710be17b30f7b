//! `stipple init` and `stipple serve`: a real clinic.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use app::{Acting, Env, audit, jobs::Outlet, staff::NewStaff};
use clap::Args;
use record::Staff;
use vocab::ClinicId;
use web::shell::ShellConfig;

use crate::{
    clinic_file::{ClinicFile, ClinicRecords},
    demo::fresh_password,
    machine::Machine,
    place::{Place, open, operator},
    protocols,
    server::{self, Running},
};

/// What `stipple init` takes.
#[derive(Debug, Args)]
pub struct Init {
    #[command(flatten)]
    place: Place,
    /// The clinic's file
    clinic: PathBuf,
    /// The folder of the protocol, before the one that the clinic's file names or the one that ships
    #[arg(long, value_name = "DIR")]
    protocol: Option<PathBuf>,
}

/// What `stipple serve` takes.
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    place: Place,
    /// The clinic's file
    clinic: PathBuf,
    /// The folder of the protocol, before the one that the clinic's file names or the one that ships
    #[arg(long, value_name = "DIR")]
    protocol: Option<PathBuf>,
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
        Err(notify::SendError::Temporary(notify::Reason::NoServer))
    }
}

struct Smtp(notify::SmtpSender);

impl Outlet for Smtp {
    fn send(&self, message: &notify::Message) -> Result<(), notify::SendError> {
        self.0.send(message)
    }
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

/// Writes a clinic into an empty database and prints its staff's first passwords, once.
#[expect(clippy::print_stdout, reason = "the command's answer")]
pub fn init(command: &Init) -> Result<(), String> {
    let file = ClinicFile::load(&command.clinic)?;
    let protocol = protocols::load(command.protocol.as_deref().or(file.protocol()))?;
    let id = ClinicId::from_bits(app::Chance::bits(&Machine::new()));
    let (env, _) = open(&command.place, Some(id), protocol, "http://127.0.0.1")?;
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
    println!("  {}", sign_off(&command.clinic, command.protocol.as_deref(), &command.place));
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
    let running = prepare(command)?;
    if let Some(told) = unsigned(command, &running.env)? {
        println!("{told}");
    }
    running.run(command.listen, |address| println!("ready http://{address}"))
}

/// Everything that a start looks at before it listens.
pub fn prepare(command: &Serve) -> Result<Running, String> {
    let file = ClinicFile::load(&command.clinic)?;
    let protocol = protocols::load(command.protocol.as_deref().or(file.protocol()))?;
    let (url, host) = site_address(&command.public_url)?;
    let (env, secret) = open(&command.place, None, protocol, url)?;
    protocols::covers(&env)?;
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
    Ok(Running { env, words: file.words, config, secret, outlet })
}

/// How the same protocol is signed for the same place.
fn sign_off(clinic: &Path, protocol: Option<&Path>, place: &Place) -> String {
    let protocol = protocol.map(|folder| format!(" --protocol {}", folder.display())).unwrap_or_default();
    let place = match &place.database {
        // It may hold a password.
        Some(_) => " --database …".to_owned(),
        None => format!(" --data {}", place.data.display()),
    };
    format!("stipple sign-off {} --by NAME{protocol}{place}", clinic.display())
}

/// What is closed as long as nobody has signed the protocol in force, and what to run; `None` once somebody has.
pub fn unsigned(command: &Serve, env: &Env) -> Result<Option<String>, String> {
    if app::protocols::is_open(env).map_err(|failure| server::said(&failure))? {
        return Ok(None);
    }
    let sign_off = sign_off(&command.clinic, command.protocol.as_deref(), &command.place);
    let now = match command.place.database {
        Some(_) => format!("Run `{sign_off}`; this server need not be stopped"),
        None => format!("Stop this server, run `{sign_off}`, and start it again"),
    };
    Ok(Some(format!(
        "not signed: no clinical lead has signed protocol {} ({}). Until then nothing can be booked or held and nobody can \
         join the wait list, at the desk neither; visits that are booked stay and can be moved and cancelled. {now}",
        env.protocol.protocol.version,
        &env.protocol.sha256[..12]
    )))
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
}
