//! `stipple staff`: who can sign in, for whoever runs the program for the clinic.

use app::{
    Env,
    staff::{NewStaff, accounts},
};
use clap::{Args, Subcommand};
use record::{Resource, Role, Staff, StaffState};
use store::Store;
use vocab::ResourceId;

use crate::{
    demo::fresh_password,
    place::{Place, open, operator},
    protocols, server,
};

/// What can be done with the accounts of staff. On SQLite everything but `list` needs the server stopped.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List who can sign in and who cannot; also beside a running server
    List(List),
    /// Add somebody; their first password is printed, once
    Add(Add),
    /// Give somebody a new password, which is printed, once; they are signed out everywhere
    Password(Who),
    /// Shut somebody out, at once
    Disable(Who),
    /// Let somebody in again who was shut out; their new password is printed, once
    Enable(Who),
    /// Give somebody another role
    Role(NewRole),
}

/// What `list` takes.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    place: Place,
}

/// What `add` takes.
#[derive(Debug, Args)]
pub struct Add {
    #[command(flatten)]
    place: Place,
    /// What they will type to sign in
    sign_in_name: String,
    /// As colleagues know them
    #[arg(long)]
    name: String,
    /// owner, clinical-lead, practitioner, assistant or front-desk
    #[arg(long, value_parser = role)]
    role: Role,
    /// The name of the resource they are when they treat, as the clinic's file has it
    #[arg(long)]
    resource: Option<String>,
}

/// Whom `password`, `disable` and `enable` are about.
#[derive(Debug, Args)]
pub struct Who {
    #[command(flatten)]
    place: Place,
    /// What they type to sign in
    sign_in_name: String,
}

/// What `role` takes.
#[derive(Debug, Args)]
pub struct NewRole {
    #[command(flatten)]
    place: Place,
    /// What they type to sign in
    sign_in_name: String,
    /// owner, clinical-lead, practitioner, assistant or front-desk
    #[arg(value_parser = role)]
    role: Role,
}

fn role(text: &str) -> Result<Role, String> {
    text.parse().map_err(|_| {
        let roles: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
        format!("choose one of {}", roles.join(", "))
    })
}

/// Runs a command.
#[expect(clippy::print_stdout, reason = "the command's answer")]
pub fn run(command: &Command) -> Result<(), String> {
    let told = match command {
        Command::List(List { place }) => list(place)?,
        Command::Add(new) => add(new)?,
        Command::Password(who) => {
            let (env, staff) = find(who)?;
            let password = fresh_password();
            let set = accounts::set_password(&env, &operator(), staff.id, &password);
            said(&staff, set)?;
            printed(&staff, &password)
        }
        Command::Enable(who) => {
            let (env, staff) = find(who)?;
            let password = fresh_password();
            said(&staff, accounts::enable(&env, &operator(), staff.id, &password))?;
            printed(&staff, &password)
        }
        Command::Disable(who) => {
            let (env, staff) = find(who)?;
            said(&staff, accounts::disable(&env, &operator(), staff.id))?;
            format!("{} cannot sign in any more", staff.sign_in_name)
        }
        Command::Role(NewRole { place, sign_in_name, role }) => {
            let env = opened(place)?;
            let staff = named(&env, sign_in_name)?;
            said(&staff, accounts::set_role(&env, &operator(), staff.id, *role))?;
            format!("{}: {role}", staff.sign_in_name)
        }
    };
    println!("{told}");
    Ok(())
}

/// Everybody, a line each: role, sign-in name, name, and whether they cannot sign in. Nothing is locked and nothing written.
fn list(place: &Place) -> Result<String, String> {
    if place.database.is_none() && !place.data.join("stipple.sqlite").exists() {
        return Err(format!("{} holds no database: name the data folder with --data", place.data.display()));
    }
    let store = Store::open_to_read(&server::location(&place.data, place.database.as_deref()))
        .map_err(|error| format!("the database cannot be opened: {error}"))?;
    let clinic = server::clinic_in(&store)?.ok_or("there is no clinic in this database")?;
    let staff = store.read(|tx| store::staff::list(tx, clinic)).map_err(|error| error.to_string())?;
    let line = |one: &Staff| {
        let state = if one.state == StaffState::Active { "" } else { " (cannot sign in)" };
        format!("{} {} {}{state}", one.role, one.sign_in_name, one.name)
    };
    Ok(staff.iter().map(line).collect::<Vec<_>>().join("\n"))
}

fn add(new: &Add) -> Result<String, String> {
    let sign_in_name = new.sign_in_name.trim().to_lowercase();
    let is_plain = |letter: char| letter.is_alphanumeric() || "._@-".contains(letter);
    if sign_in_name.is_empty() || sign_in_name.chars().count() > 100 || !sign_in_name.chars().all(is_plain) {
        return Err("the sign-in name is letters, digits and . _ @ -, at most 100 of them".into());
    }
    if new.name.trim().is_empty() {
        return Err("--name: write the name that colleagues know them by".into());
    }
    let env = opened(&new.place)?;
    if named(&env, &sign_in_name).is_ok() {
        return Err(format!(
            "somebody signs in as {sign_in_name:?} already: choose another name, or `stipple staff enable` if they come back"
        ));
    }
    let resource_id = new.resource.as_deref().map(|name| resource(&env, name)).transpose()?;
    let made = NewStaff { sign_in_name, name: new.name.trim().to_owned(), role: new.role, resource_id };
    let password = fresh_password();
    let staff =
        app::staff::add(&env, &operator(), made, &password).map_err(|failure| server::said(&failure))?;
    Ok(printed(&staff, &password))
}

fn resource(env: &Env, name: &str) -> Result<ResourceId, String> {
    let all =
        env.store.read(|tx| store::resources::list(tx, env.clinic_id)).map_err(|error| error.to_string())?;
    let known = |resource: &&Resource| resource.name == name;
    let found = all.iter().find(known).map(|resource| resource.id);
    found.ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|resource| resource.name.as_str()).collect();
        format!("--resource: no resource is called {name:?}; there are {}", names.join(", "))
    })
}

fn opened(place: &Place) -> Result<Env, String> {
    open(place, None, protocols::shipped()?, "http://127.0.0.1").map(|(env, _)| env)
}

fn find(who: &Who) -> Result<(Env, Staff), String> {
    let env = opened(&who.place)?;
    let staff = named(&env, &who.sign_in_name)?;
    Ok((env, staff))
}

fn named(env: &Env, sign_in_name: &str) -> Result<Staff, String> {
    let staff = app::staff::list(env).map_err(|failure| server::said(&failure))?;
    let name = sign_in_name.trim().to_lowercase();
    let found = staff.into_iter().find(|one| one.sign_in_name == name);
    found.ok_or_else(|| format!("nobody signs in as {sign_in_name:?}: see `stipple staff list`"))
}

/// What went wrong, about whom, and what to do.
fn said(staff: &Staff, done: Result<(), app::Failure>) -> Result<(), String> {
    done.map_err(|failure| match failure {
        app::Failure::Refused(refusal) => {
            let (title, advice) = refusal.words();
            format!("{}: {title}. {advice}", staff.sign_in_name)
        }
        other => server::said(&other),
    })
}

/// A password, as `stipple init` prints it.
fn printed(staff: &Staff, password: &str) -> String {
    format!("staff: {} {} {password}\nThis password is shown once.", staff.role, staff.sign_in_name)
}
