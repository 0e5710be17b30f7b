//! `cargo xtask bench kill`: the server is killed without warning in a storm of bookings, again and again. Every
//! booking that was confirmed to a visitor must be there afterwards, none may be there by half, and the first page
//! must be back within a second.

#![expect(clippy::print_stdout, reason = "a program's figures")]

use std::{
    collections::{HashMap, HashSet},
    env,
    net::SocketAddr,
    process::ExitCode,
    sync::Mutex,
    thread,
    time::Duration,
};

use app::demo::Dice;
use bench::{
    Outcome, at, clinic,
    database::Place,
    http::{Connection, get},
    now,
    options::Options,
    pause,
    server::{Server, Start},
    visitor::{Slot, booking, free_slots, open_form},
};
use jiff::Timestamp;
use record::Owner;
use store::{Store, StoreError};
use vocab::{AppointmentId, ClinicId};

/// Browsers that book at the same time.
const CLIENTS: usize = 8;
/// A storm lasts at least so many milliseconds …
const STORM_MIN: usize = 40;
/// … and at most so many more.
const STORM_MORE: usize = 160;
/// So long a browser rests between two bookings, or there would not be free times enough for all rounds.
const REST: Duration = Duration::from_millis(5);
/// Until the front page of a server that was killed is back.
const FIRST_PAGE_MAX: Duration = Duration::from_secs(1);

/// A booking that the server said is made.
#[derive(Debug, Clone)]
struct Confirmed {
    id: AppointmentId,
    /// The page that only this browser can open.
    page: String,
    cookie: String,
    start: String,
}

/// What the rounds came to.
#[derive(Debug, Default)]
struct Tally {
    confirmed: Vec<Confirmed>,
    /// Sent, and the server was killed before it answered.
    unanswered: usize,
    /// Written, though the answer never arrived.
    written_unanswered: usize,
    first_pages: Vec<Duration>,
}

fn main() -> ExitCode {
    let options = Options::parse("kill", 50, env::args().skip(1));
    match options.and_then(|options| kill(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("kill: {message}");
            ExitCode::FAILURE
        }
    }
}

fn kill(options: &Options) -> Outcome {
    let place = Place::fresh(options)?;
    let size = clinic::Size { patients: 50, appointments: 500 };
    clinic::fill(&place.location(&options.data), 1, size, now())?;
    let start =
        || Server::start(Start { data: &options.data, database: place.url.as_deref(), limits: false });
    let mut server = start()?;
    let mut connection = Connection::open(server.address).map_err(at("connecting"))?;
    let days = clinic::bookable_days(now())?;
    let slots = Mutex::new(free_slots(&mut connection, server.address, &days)?);
    println!(
        "{}: kill -9 in a storm of bookings by {CLIENTS} browsers, {} times",
        place.engine(),
        options.rounds
    );
    let mut dice = Dice::new(7);
    let mut tally = Tally::default();
    for round in 1..=options.rounds {
        let storm = Duration::from_millis((STORM_MIN + dice.below(STORM_MORE + 1)) as u64);
        let known = tally.confirmed.len();
        storm_and_kill(server, &slots, storm, &mut tally)?;
        server = start()?;
        tally.first_pages.push(server.first_page);
        let store = Store::open_to_read(&place.location(&options.data)).map_err(at("the database"))?;
        tally.written_unanswered = inspect(&store, &tally, size.appointments)
            .map_err(|error| format!("after kill {round}: {error}"))?;
        if let Some(last) = tally.confirmed[known..].last() {
            shows(&server, last).map_err(|error| format!("after kill {round}: {error}"))?;
        }
    }
    let store = Store::open_to_read(&place.location(&options.data)).map_err(at("the database"))?;
    server.rest(Duration::from_secs(20));
    letters(&store, &tally)?;
    report(&tally)
}

/// Books as fast as eight browsers can, for as long as the storm lasts, and kills the server in the middle of it.
fn storm_and_kill(server: Server, slots: &Mutex<Vec<Slot>>, storm: Duration, tally: &mut Tally) -> Outcome {
    let address = server.address;
    let done = thread::scope(|scope| {
        let browsers: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(move || browse(address, slots))).collect();
        pause(storm);
        let killed = server.kill();
        let ended =
            browsers.into_iter().map(|one| one.join().unwrap_or_else(|_| Err("a browser panicked".into())));
        let done = ended.collect::<Outcome<Vec<_>>>();
        killed.and(done)
    });
    for (confirmed, unanswered) in done? {
        tally.confirmed.extend(confirmed);
        tally.unanswered += usize::from(unanswered);
    }
    Ok(())
}

/// Books until the server is gone: what was confirmed, and whether a booking was under way at the end.
fn browse(server: SocketAddr, slots: &Mutex<Vec<Slot>>) -> Outcome<(Vec<Confirmed>, bool)> {
    let mut confirmed = Vec::new();
    let Ok(mut connection) = Connection::open(server) else { return Ok((confirmed, false)) };
    let mut cookie = String::new();
    loop {
        let Ok(form) = open_form(&mut connection, server, "/contact", &cookie) else {
            return Ok((confirmed, false));
        };
        cookie.clone_from(&form.cookie);
        let slot =
            slots.lock().map_err(at("the slots"))?.pop().ok_or("all times are taken: use fewer rounds")?;
        let request = booking(server, &form, &slot.start, &slot.practitioner, slot.number);
        pause(REST);
        let Ok(answer) = connection.send(&request) else { return Ok((confirmed, true)) };
        // Another browser's booking may have taken the last room for this time: a refusal, and nothing to remember.
        if answer.status == 409 {
            continue;
        }
        if answer.status != 303 {
            return Err(format!("a booking of a free time answered {}", answer.status));
        }
        let page = answer.header("location").unwrap_or("").to_owned();
        let id = page.strip_prefix("/appointments/").and_then(|rest| rest.split('/').next());
        let id = id.and_then(|id| id.parse().ok()).ok_or("a booking answered without its id")?;
        confirmed.push(Confirmed { id, page, cookie: form.cookie, start: slot.start });
    }
}

/// Looks at the whole database: nothing that was confirmed is missing, nothing is there by half. How many bookings
/// are there beside those that were confirmed.
fn inspect(store: &Store, tally: &Tally, before: usize) -> Outcome<usize> {
    let seen = store.read(|tx| {
        let clinic = store::clinics::ids(tx)?.into_iter().next().ok_or(StoreError::Corrupt("clinic"))?;
        let unguarded = store::diary::count_unguarded(tx, clinic, Timestamp::UNIX_EPOCH)?;
        let trail = store::audit::verify(tx, clinic)?;
        let occupied = store::diary::occupations_between(tx, clinic, Timestamp::UNIX_EPOCH, Timestamp::MAX)?;
        let visits = store::appointments::between(tx, clinic, Timestamp::UNIX_EPOCH, Timestamp::MAX)?;
        let mut untold = 0;
        for (visit, _) in &visits {
            let is_ours = !visit.idempotency_key.starts_with("bench-");
            untold += usize::from(is_ours && !is_noted(tx, clinic, visit.id)?);
        }
        Ok::<_, StoreError>((unguarded, trail, occupied, visits, untold))
    });
    let (unguarded, trail, occupied, visits, untold) = seen.map_err(at("the database"))?;
    if unguarded != 0 {
        return Err(format!("{unguarded} pieces of time stand in claims or occupations only"));
    }
    trail.map_err(at("the audit trail"))?;
    let mut parts: HashMap<AppointmentId, Vec<(Timestamp, Timestamp)>> = HashMap::new();
    for (owner, occupation) in occupied {
        let Owner::Appointment(id) = owner else { return Err("a hold that nobody placed".into()) };
        parts.entry(id).or_default().push((occupation.from_at, occupation.to_at));
    }
    // A consultation takes both hands of one therapist, and a room.
    let whole = |visit: &record::Appointment| {
        parts.get(&visit.id).is_some_and(|all| {
            all.len() == 3 && all.iter().all(|part| *part == (visit.start_at, visit.end_at))
        })
    };
    let halves = visits.iter().filter(|(visit, _)| !whole(visit)).count();
    if halves != 0 || parts.len() != visits.len() || untold != 0 {
        return Err(format!(
            "{halves} visits without all of their time, {} owners of time for {} visits, {untold} visits without \
             their event",
            parts.len(),
            visits.len()
        ));
    }
    let there: HashSet<(AppointmentId, Timestamp)> =
        visits.iter().map(|(visit, _)| (visit.id, visit.start_at)).collect();
    let is_there = |one: &&Confirmed| one.start.parse().is_ok_and(|start| there.contains(&(one.id, start)));
    let lost = tally.confirmed.len() - tally.confirmed.iter().filter(is_there).count();
    if lost != 0 {
        return Err(format!("{lost} bookings were confirmed and are not there"));
    }
    Ok(visits.len() - before - tally.confirmed.len())
}

fn is_noted(tx: &mut store::Tx<'_>, clinic: ClinicId, id: AppointmentId) -> Result<bool, StoreError> {
    Ok(!store::audit::of_object(tx, clinic, &id.to_string())?.is_empty())
}

/// The visitor who booked sees the booking.
fn shows(server: &Server, booked: &Confirmed) -> Outcome {
    let mut connection = Connection::open(server.address).map_err(at("connecting"))?;
    let request = get(server.address, &booked.page, &booked.cookie);
    match connection.send(&request).map_err(at("the page of a booking"))?.status {
        200 => Ok(()),
        status => Err(format!("the page of a confirmed booking answered {status}")),
    }
}

/// The last of the confirmed have their letters, although the server was killed while it wrote them.
fn letters(store: &Store, tally: &Tally) -> Outcome {
    let messages = store.read(|tx| {
        let clinic = store::clinics::ids(tx)?.into_iter().next().ok_or(StoreError::Corrupt("clinic"))?;
        store::messages::newest(tx, clinic, 1_000)
    });
    let messages = messages.map_err(at("the database"))?;
    let keys: HashSet<&str> = messages.iter().map(|message| message.event_key.as_str()).collect();
    let last = tally.confirmed.iter().rev().take(200);
    let missing = last.filter(|one| !keys.contains(format!("confirm:{}:0", one.id).as_str())).count();
    if missing == 0 { Ok(()) } else { Err(format!("{missing} of the last bookings never got a letter")) }
}

fn report(tally: &Tally) -> Outcome {
    let mut times = tally.first_pages.clone();
    times.sort_unstable();
    let (Some(least), Some(most)) = (times.first(), times.last()) else { return Ok(()) };
    let middle = times[times.len() / 2];
    println!(
        "  {} bookings confirmed: all there, in whole, with their event and letter\n  {} bookings under way at a kill: {} \
         written whole, {} not at all\n  first page after a kill: {least:.0?} at best, {middle:.0?} in the middle, \
         {most:.0?} at worst",
        tally.confirmed.len(),
        tally.unanswered,
        tally.written_unanswered,
        tally.unanswered - tally.written_unanswered,
    );
    if tally.confirmed.is_empty() {
        return Err("no booking was confirmed, so nothing was shown".into());
    }
    if *most > FIRST_PAGE_MAX {
        return Err(format!("the first page must be back within {FIRST_PAGE_MAX:?}"));
    }
    Ok(())
}
