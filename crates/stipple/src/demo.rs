//! `stipple demo`: a clinic that does not exist, on this machine only, to try everything on.

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use app::{
    Acting, Actor, Chance, Failure,
    demo::{SeededChance, SignIn, fill},
    jobs::Outlet,
};
use clap::Args;
use record::Role;
use vocab::{ClinicId, OperationId};
use web::site::{ClinicWords, DEMO_WORDS};

use crate::{
    machine::{DataFolder, Machine},
    protocols,
    server::{self, Running},
};

/// The file that says how to sign in, and marks a folder as a demo's.
const SIGN_IN_FILE: &str = "demo-sign-in.txt";

/// What can be chosen.
#[derive(Debug, Args)]
pub struct Command {
    /// The loopback port; 0 for any that is free
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The folder for the demo's data
    #[arg(long, default_value = "data/demo")]
    data: PathBuf,
    /// A PostgreSQL server instead of a file in the folder: postgres://user@host/database
    #[arg(long)]
    database: Option<String>,
    /// Throw the demo's data away and make them anew
    #[arg(long)]
    fresh: bool,
    /// The number all invented people and bookings are made from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Count no requests: for measuring only
    #[arg(long)]
    no_limits: bool,
}

/// Mail of a demo is kept for its page and goes nowhere.
struct KeptForShow;

impl Outlet for KeptForShow {
    fn send(&self, _message: &notify::Message) -> Result<(), notify::SendError> {
        Ok(())
    }
}

/// Makes the demo clinic if it is not there, and serves it until stopped.
pub fn run(command: &Command) -> Result<(), String> {
    let folder = DataFolder::open(&command.data)
        .map_err(|error| format!("the data folder {}: {error}", server::shown(&command.data)))?;
    if command.fresh {
        throw_away(&folder)?;
    }
    let secret = folder.secret().map_err(|error| format!("the server's secret cannot be read: {error}"))?;
    let store = server::open(&server::location(&command.data, command.database.as_deref()))?;
    let known = server::clinic_in(&store)?;
    let protocol = protocols::shipped()?;
    let seeded: Arc<dyn Chance> = Arc::new(SeededChance::new(command.seed));
    let clinic_id = known.unwrap_or_else(|| ClinicId::from_bits(seeded.bits()));
    // The address is known before anything listens, so that links in mail lead here; port 0 is chosen now.
    let port = free_port(command.port)?;
    let public_url = format!("http://127.0.0.1:{port}");
    let chance: Arc<dyn Chance> = if known.is_some() { Arc::new(Machine::new()) } else { seeded };
    let mut env = server::env(store, clinic_id, protocol, chance, secret, &public_url);
    if known.is_none() {
        let acting = Acting { actor: Actor::System, operation_id: OperationId::from_bits(0) };
        let sign_ins =
            fill(&env, &acting, command.seed, fresh_password).map_err(|failure| server::said(&failure))?;
        folder.write(SIGN_IN_FILE, sheet(&sign_ins).as_bytes()).map_err(|error| error.to_string())?;
        env.chance = Arc::new(Machine::new());
    }
    let is_demo =
        app::diary::current(&env).map_err(|failure: Failure| server::said(&failure))?.rules.clinic.is_demo;
    if !is_demo {
        return Err(format!(
            "{} holds a real clinic: the demo keeps away from it. Choose another folder with --data",
            server::shown(&command.data)
        ));
    }
    let operator = Acting { actor: Actor::Operator, operation_id: OperationId::from_bits(env.chance.bits()) };
    server::keep_secret(&env, &operator, false)?;
    let words = ClinicWords::parse(DEMO_WORDS)?;
    let config = server::demo_config(!command.no_limits);
    let running = Running { env, words, config, secret, outlet: Arc::new(KeptForShow) };
    let sheet = fs::read_to_string(folder.file(SIGN_IN_FILE)).unwrap_or_default();
    running.run(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), |address| announce(address, &sheet))
}

#[expect(clippy::print_stdout, reason = "the command's answer")]
fn announce(address: SocketAddr, sheet: &str) {
    println!("The demo clinic is open. Everybody in it is invented.\n");
    println!("  Patients   http://{address}/");
    println!("  Staff      http://{address}/sign-in");
    println!("  Mail       http://{address}/demo/mail   (nothing leaves this machine)\n");
    println!("Sign in as:");
    print!("{sheet}");
    println!("\nTry: take the self-check, book a time, open the e-mail under Mail and confirm,");
    println!("then find the visit in the day view. Stop with Ctrl-C.\n");
    println!("ready http://{address}");
}

fn sheet(sign_ins: &[SignIn]) -> String {
    let line = |one: &SignIn| format!("staff: {} {} {}\n", one.role, one.sign_in_name, one.password);
    sign_ins.iter().map(line).collect()
}

/// Four groups of five letters and digits: easy to copy, 100 bits.
pub(crate) fn fresh_password() -> String {
    let text = vocab::Id::<Role>::from_bits(Machine::new().bits()).to_string();
    [&text[1..6], &text[6..11], &text[11..16], &text[16..21]].join("-")
}

/// The port, or one that is free now if it is 0.
fn free_port(port: u16) -> Result<u16, String> {
    if port != 0 {
        return Ok(port);
    }
    let probe = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
    Ok(probe.local_addr().map_err(|error| error.to_string())?.port())
}

/// Removes a demo's files; a folder that is not a demo's is left alone.
fn throw_away(folder: &DataFolder) -> Result<(), String> {
    let marker = folder.file(SIGN_IN_FILE);
    if !marker.exists() && folder.file("stipple.sqlite").exists() {
        return Err("this folder has data and is not a demo's: choose another with --data".into());
    }
    for name in ["stipple.sqlite", "stipple.sqlite-wal", "stipple.sqlite-shm", "secret.key", SIGN_IN_FILE] {
        match fs::remove_file(folder.file(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(format!("{name} cannot be removed: {error}"));
            }
            _ => {}
        }
    }
    Ok(())
}
