//! `cargo xtask bench web`: how fast free times are found and visits booked, by HTTP, in a clinic of ten therapists
//! with five thousand visits on the next ninety days; beside what the server does for nothing (`/healthz`) and what
//! the disk does for one row, in the same minute.

#![expect(clippy::print_stdout, reason = "a program's figures")]

use std::{env, process::ExitCode, time::Duration};

use app::demo::Dice;
use bench::{
    Outcome, at, ceiling, clinic,
    database::Place,
    http::{Connection, get},
    load::{self, Figures, Script},
    now,
    options::Options,
    server::{Server, Start},
    visitor::{Slot, booking, free_slots, open_form},
};
use jiff::{Timestamp, civil::Date};
use store::{Store, StoreError};

/// The clinic that is asked.
const SIZE: clinic::Size = clinic::Size { patients: 1_000, appointments: 5_000 };
/// How long each question is put.
const ASKING: Duration = Duration::from_millis(1_200);
/// How long commits are counted.
const COMMITTING: Duration = Duration::from_millis(800);
/// How many clients ask at once: one person, and a rush.
const CLIENTS: [usize; 2] = [1, 32];
/// Bookings by one client, and by many together.
const BOOKINGS: [usize; 2] = [800, 2_400];
/// How long bookings may take.
const BOOKING: Duration = Duration::from_secs(6);
/// The most CPU time of the server for the free times of a day and of a month, in milliseconds.
const CPU_AIMS: [(&str, f64); 2] = [("day", 0.1), ("month", 0.3)];
/// The least bookings, as shares of single-row commits, with one client and with many.
const BOOKING_AIMS: [f64; 2] = [0.5, 1.0];

fn main() -> ExitCode {
    let options = Options::parse("web", 1, env::args().skip(1));
    match options.and_then(|options| measure(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("web: {message}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Outcome {
    let place = Place::fresh(options)?;
    clinic::fill(&place.location(&options.data), 1, SIZE, now())?;
    let how = Start { data: &options.data, database: place.url.as_deref(), limits: false };
    let server = Server::start(how)?;
    println!(
        "{}: {} therapists, {} visits on {} days; first page {:.0?} after the start of the process",
        place.engine(),
        clinic::THERAPISTS,
        SIZE.appointments,
        clinic::DAYS,
        server.first_page
    );
    println!("{:34} {:>7} {:>9} {:>8} {:>8} {:>8}", "", "clients", "a second", "p50 ms", "p99 ms", "CPU ms");
    for _ in 0..options.rounds {
        ask(&server)?;
        book(&server, &place, options)?;
    }
    let (now, most) = server.memory();
    println!("memory {now:.0} MiB, at most {most:.0} MiB");
    guarded(&place, options)
}

/// A question, and on which pages it is put.
struct Question {
    name: &'static str,
    paths: Vec<String>,
}

fn questions(days: &[Date]) -> Vec<Question> {
    let of_days = |start: &str| days.iter().map(|day| format!("{start}{day}")).collect::<Vec<_>>();
    let months = |start: &str| days.iter().step_by(7).map(|day| format!("{start}{day}")).collect::<Vec<_>>();
    vec![
        Question { name: "nothing (/healthz)", paths: vec!["/healthz".into()] },
        Question { name: "day, consultation", paths: of_days("/api/times?visit=consultation&day=") },
        Question { name: "day, treatment", paths: of_days("/api/times?visit=treatment&day=") },
        Question { name: "month, consultation", paths: months("/api/days?visit=consultation&month=") },
        Question { name: "month, treatment", paths: months("/api/days?visit=treatment&month=") },
        Question {
            name: "page with month and day",
            paths: of_days("/appointments/new?visit=consultation&day="),
        },
    ]
}

fn ask(server: &Server) -> Outcome {
    let days = clinic::bookable_days(now())?;
    for clients in CLIENTS {
        let mut nothing = f64::NAN;
        for question in questions(&days) {
            let figures = load::run(server, &scripts(server, &question, clients), 200, true, ASKING)?;
            let not = figures.odd + figures.refused;
            if not != 0 {
                return Err(format!("{}: {not} answers were not 200", question.name));
            }
            if nothing.is_nan() {
                nothing = figures.rate();
            }
            let aim = CPU_AIMS.iter().find(|(start, _)| question.name.starts_with(start));
            let aim = aim.map_or_else(String::new, |(_, most)| {
                format!("; at most {most} CPU ms: {}", met(figures.cpu_ms() <= *most))
            });
            line(question.name, &figures, &format!("{:.2} of /healthz{aim}", figures.rate() / nothing));
        }
    }
    Ok(())
}

/// Each client begins at another page of the question.
fn scripts(server: &Server, question: &Question, clients: usize) -> Vec<Script> {
    let requests: Script = question.paths.iter().map(|path| get(server.address, path, "")).collect();
    let of_client = |client: usize| {
        let mut script = requests.clone();
        script.rotate_left(client * requests.len() / clients % requests.len());
        script
    };
    (0..clients).map(of_client).collect()
}

fn book(server: &Server, place: &Place, options: &Options) -> Outcome {
    let mut connection = Connection::open(server.address).map_err(at("connecting"))?;
    let mut slots = free_slots(&mut connection, server.address, &clinic::bookable_days(now())?)?;
    shuffle(&mut slots);
    for ((clients, count), least) in CLIENTS.into_iter().zip(BOOKINGS).zip(BOOKING_AIMS) {
        let chosen = slots.split_off(slots.len().saturating_sub(count));
        if chosen.len() < count {
            return Err("there are not enough free times: use fewer rounds".into());
        }
        let scripts = booking_scripts(server, &mut connection, &chosen, clients)?;
        let before = commits(place, options, clients)?;
        let cpu = server.cpu();
        let figures = load::run(server, &scripts, 303, false, BOOKING)?;
        server.rest(Duration::from_secs(10));
        let with_letters = (server.cpu() - cpu) * 1000.0 / figures.latencies.len() as f64;
        let after = commits(place, options, clients)?;
        if figures.odd != 0 {
            return Err(format!("{} bookings were answered neither by a yes nor by a no", figures.odd));
        }
        // The last room for a time may have gone to a booking of the same run. More than that is a fault.
        if figures.refused * 10 > count {
            return Err(format!("{} of {count} bookings of listed times were refused", figures.refused));
        }
        // One writer's commits are the measure on both engines, before and after.
        let commits = f64::midpoint(before.one, after.one);
        let share = figures.rate() / commits;
        let said = format!(
            "{} refused; {with_letters:.2} CPU ms with the letter; {share:.2} of commits ({}); at least {least}: {}",
            figures.refused,
            said(&before, &after),
            met(share >= least)
        );
        line("booking", &figures, &said);
    }
    Ok(())
}

/// Forms are opened beforehand: what is measured is the booking.
fn booking_scripts(
    server: &Server,
    connection: &mut Connection,
    slots: &[Slot],
    clients: usize,
) -> Outcome<Vec<Script>> {
    let mut scripts: Vec<Script> = vec![Vec::new(); clients];
    let mut cookies = vec![String::new(); clients];
    for (number, slot) in slots.iter().enumerate() {
        let client = number % clients;
        let form = open_form(connection, server.address, "/contact", &cookies[client])?;
        cookies[client].clone_from(&form.cookie);
        scripts[client].push(booking(server.address, &form, &slot.start, &slot.practitioner, slot.number));
    }
    Ok(scripts)
}

/// Single-row commits a second: by one writer, and on PostgreSQL by as many as book.
struct Commits {
    one: f64,
    many: Option<f64>,
}

fn commits(place: &Place, options: &Options, clients: usize) -> Outcome<Commits> {
    let Some(url) = &place.url else {
        return Ok(Commits { one: ceiling::sqlite_commits(&options.data, COMMITTING)?, many: None });
    };
    let one = ceiling::postgres_commits(url, 1, COMMITTING)?;
    let many = if clients == 1 { None } else { Some(ceiling::postgres_commits(url, clients, COMMITTING)?) };
    Ok(Commits { one, many })
}

fn said(before: &Commits, after: &Commits) -> String {
    let many = match (before.many, after.many) {
        (Some(before), Some(after)) => format!("; as many writers: {before:.0}, then {after:.0}"),
        _ => String::new(),
    };
    format!("one writer: {:.0}, then {:.0} a second{many}", before.one, after.one)
}

fn shuffle(slots: &mut [Slot]) {
    let mut dice = Dice::new(11);
    for place in (1..slots.len()).rev() {
        slots.swap(place, dice.below(place + 1));
    }
}

fn met(is_met: bool) -> &'static str {
    if is_met { "met" } else { "MISSED" }
}

fn line(name: &str, figures: &Figures, more: &str) {
    println!(
        "{name:34} {:>7} {:>9.0} {:>8.2} {:>8.2} {:>8.3}  {more}",
        figures.clients,
        figures.rate(),
        figures.quantile(0.5),
        figures.quantile(0.99),
        figures.cpu_ms()
    );
}

/// Speed is worth nothing if a single piece of time is not guarded.
fn guarded(place: &Place, options: &Options) -> Outcome {
    let store = Store::open_to_read(&place.location(&options.data)).map_err(at("the database"))?;
    let unguarded = store.read(|tx| {
        let clinic = store::clinics::ids(tx)?.into_iter().next().ok_or(StoreError::Corrupt("clinic"))?;
        store::diary::count_unguarded(tx, clinic, Timestamp::UNIX_EPOCH)
    });
    match unguarded.map_err(at("the database"))? {
        0 => Ok(()),
        count => Err(format!("{count} pieces of time stand in claims or occupations only")),
    }
}
