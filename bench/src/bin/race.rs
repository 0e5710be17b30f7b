//! `cargo xtask bench race`: two hundred people want the same therapist at the same time. One gets it, the others are
//! told so and shown other times. Then one of them tries too often.

#![expect(clippy::print_stdout, reason = "a program's figures")]

use std::{
    env,
    net::{Ipv4Addr, SocketAddr},
    process::ExitCode,
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use bench::{
    Outcome, at, clinic,
    database::Place,
    http::{Answer, Connection},
    now,
    options::Options,
    pause,
    server::{Server, Start},
    visitor::{booking, free_times, open_form},
};

/// How many want the same.
const PEOPLE: usize = 200;
/// How often one person tries in the second run.
const TRIES: usize = 40;
/// A little longer than a form has to be open.
const TYPING: Duration = Duration::from_millis(2_100);

fn main() -> ExitCode {
    let options = Options::parse("race", 3, env::args().skip(1));
    match options.and_then(|options| race(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("race: {message}");
            ExitCode::FAILURE
        }
    }
}

fn race(options: &Options) -> Outcome {
    let place = Place::fresh(options)?;
    clinic::fill(&place.location(&options.data), 1, clinic::Size { patients: 50, appointments: 500 }, now())?;
    println!("{}: {PEOPLE} bookings at once, same therapist, same time", place.engine());
    for round in 0..options.rounds {
        // Started anew, because the limit on bookings of the whole site outlasts a round.
        let server = start(options, &place)?;
        let (start, with) = wanted(&server, round)?;
        one_wins(server.address, &start, &with)?;
    }
    let server = start(options, &place)?;
    let (start, with) = wanted(&server, options.rounds)?;
    one_is_stopped(server.address, &start, &with)
}

fn start(options: &Options, place: &Place) -> Outcome<Server> {
    Server::start(Start { data: &options.data, database: place.url.as_deref(), limits: true })
}

/// A time that somebody has free on the day of this number.
fn wanted(server: &Server, day: usize) -> Outcome<(String, String)> {
    let days = clinic::bookable_days(now())?;
    let mut connection = Connection::open(server.address).map_err(at("connecting"))?;
    for day in days.iter().skip(day) {
        let times = free_times(&mut connection, server.address, "consultation", *day)?;
        if let Some(time) = times.iter().find(|time| !time.practitioners.is_empty()) {
            return Ok((time.start.clone(), time.practitioners[0].clone()));
        }
    }
    Err("nothing is free on any day".into())
}

/// 127.0.1.1, 127.0.1.2 and so on: to the server as many machines.
fn source(number: usize) -> Ipv4Addr {
    Ipv4Addr::from_bits(Ipv4Addr::new(127, 0, 1, 1).to_bits() + u32::try_from(number).unwrap_or(0))
}

/// Opens the page with the times of that day, as everybody does before booking.
fn page_of(start: &str) -> String {
    format!("/appointments/new?visit=consultation&day={}", start.get(..10).unwrap_or(start))
}

fn one_wins(server: SocketAddr, start: &str, with: &str) -> Outcome {
    let page = page_of(start);
    let ready = Barrier::new(PEOPLE);
    let answers: Vec<Outcome<(Answer, Duration)>> = thread::scope(|scope| {
        let ask = |number: usize| {
            let (page, ready) = (&page, &ready);
            scope.spawn(move || {
                let prepared = prepare(source(number), server, page);
                // Everybody waits here whatever went wrong, or nobody would ever go on.
                ready.wait();
                let (mut connection, form) = prepared?;
                let request = booking(server, &form, start, with, number);
                let sent = Instant::now();
                let answer = connection.send(&request).map_err(at("booking"))?;
                Ok((answer, sent.elapsed()))
            })
        };
        let asking: Vec<_> = (0..PEOPLE).map(ask).collect();
        asking.into_iter().map(|one| one.join().unwrap_or_else(|_| Err("a visitor panicked".into()))).collect()
    });
    let answers = answers.into_iter().collect::<Outcome<Vec<_>>>()?;
    let count = |status: u16| answers.iter().filter(|(answer, _)| answer.status == status).count();
    let slowest = answers.iter().map(|(_, time)| *time).max().unwrap_or_default();
    let (booked, refused) = (count(303), count(409));
    println!("  {start}: {booked} booked (303), {refused} told it is gone (409), all answered in {slowest:.0?}");
    let others =
        answers.iter().filter(|(answer, _)| answer.status == 409 && answer.text().contains("name=\"time\" value=\""));
    let shown_others = others.count();
    let mut statuses: Vec<u16> = answers.iter().map(|(answer, _)| answer.status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    match (booked, refused, shown_others) {
        (1, refused, others) if refused == PEOPLE - 1 && others == refused => Ok(()),
        _ => Err(format!(
            "there must be 1 booking and {} refusals with other times; {shown_others} showed other times, the answers \
             were {statuses:?}",
            PEOPLE - 1
        )),
    }
}

fn prepare(source: Ipv4Addr, server: SocketAddr, page: &str) -> Outcome<(Connection, bench::visitor::Form)> {
    let mut connection = Connection::open_from(source, server).map_err(at("connecting"))?;
    let form = open_form(&mut connection, server, page, "")?;
    pause(TYPING);
    Ok((connection, form))
}

fn one_is_stopped(server: SocketAddr, start: &str, with: &str) -> Outcome {
    let mut connection = Connection::open_from(source(PEOPLE), server).map_err(at("connecting"))?;
    let page = page_of(start);
    let mut forms = Vec::with_capacity(TRIES);
    for _ in 0..TRIES {
        forms.push(open_form(&mut connection, server, &page, "")?);
    }
    pause(TYPING);
    let mut answers = Vec::with_capacity(TRIES);
    for (number, form) in forms.iter().enumerate() {
        let request = booking(server, form, start, with, PEOPLE + number);
        answers.push(connection.send(&request).map_err(at("booking"))?);
    }
    let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    let stopped: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 429).collect();
    let waits = stopped.iter().filter_map(|answer| answer.header("retry-after")?.parse::<u64>().ok());
    let waits: Vec<u64> = waits.filter(|seconds| (1..=60).contains(seconds)).collect();
    println!(
        "one address, {TRIES} bookings: {} booked, {} told it is gone, {} told to wait (429), of which {} said how long ({:?} s)",
        count(303),
        count(409),
        stopped.len(),
        waits.len(),
        waits.iter().max().unwrap_or(&0)
    );
    // Ten at once are a family's; see the limits of the shell.
    if count(303) == 1 && stopped.len() >= TRIES - 11 && waits.len() == stopped.len() {
        Ok(())
    } else {
        Err("one must be booked, and all after the first ten told to wait and for how long".into())
    }
}
