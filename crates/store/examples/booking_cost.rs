//! What a booking costs in the store, beside the disk's own single-row durable commits in the same run:
//! `cargo run --release -p store --example booking_cost [postgres://…]`.
#![allow(clippy::print_stdout, reason = "a program that prints figures")]

use record::{Actor, ActorKind, Message, MessageKind, MessageState, NewAuditEvent, NewJob, Occupation};
use std::{
    env, fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use store::{
    Store, StoreError, StoreLocation, Tx, appointments, audit, diary, holds, jobs, messages, patients,
};
use testkit::{SmallClinic, at, id};

/// How long each measurement lasts.
const SPAN: Duration = Duration::from_secs(3);

/// So many bookings are there before the first is measured.
const HISTORY: u64 = 5_000;

/// Visits of one clinic that do not touch each other: one after the other, on ever more seats.
fn visit(small: SmallClinic, number: u64) -> (i64, Vec<Occupation>) {
    let (lane, slot) = (number % 64, i64::try_from(number / 64).expect("a small number"));
    let from = slot * 130;
    let seat = u16::try_from(lane).expect("64 lanes");
    let pieces = small.visit(from).into_iter().map(|piece| Occupation { seat, ..piece }).collect();
    (from, pieces)
}

fn book(tx: &mut Tx<'_>, small: SmallClinic, number: u64) -> Result<(), StoreError> {
    let key = u128::from(number) + 1_000_000;
    let (from, pieces) = visit(small, number);
    let mut appointment = small.appointment(key, from);
    if appointments::by_idempotency_key(tx, small.clinic, &appointment.idempotency_key)?.is_some() {
        return Ok(());
    }
    holds::free_expired(tx, small.clinic, at(0))?;
    let mut patient = small.patient_record();
    patient.id = id(key);
    patient.email = format!("p{number}@example.org");
    patients::add(tx, small.clinic, &patient)?;
    appointment.patient_id = patient.id;
    appointments::insert(tx, small.clinic, &appointment, &pieces)?;
    let event = NewAuditEvent {
        at: at(0),
        actor: Actor { kind: ActorKind::Visitor, id: String::new() },
        operation_id: id(key),
        action: "appointment.book".into(),
        object_kind: "appointment".into(),
        object_id: appointment.id.to_string(),
        detail: "start_at end_at lead_id".into(),
        reason: String::new(),
    };
    audit::append(tx, small.clinic, &[event])?;
    let message = Message {
        id: id(key),
        kind: MessageKind::Booked,
        event_key: format!("booked-{number}"),
        to: patient.email,
        subject: "Your visit".into(),
        text: "See you then. ".repeat(40),
        html: None,
        calendar: Some("BEGIN:VCALENDAR ".repeat(40)),
        state: MessageState::Queued,
        attempts: 0,
        next_attempt_at: at(0),
        created_at: at(0),
        sent_at: None,
    };
    messages::enqueue(tx, small.clinic, &message)?;
    let job = NewJob {
        kind: "remind".into(),
        subject_id: appointment.id.to_string(),
        run_at: appointment.start_at,
    };
    jobs::enqueue(tx, small.clinic, &job)
}

/// Processor time of this process so far, in microseconds: Linux counts it in hundredths of a second.
fn cpu() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux tells our times");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |field: usize| fields[field].parse::<f64>().expect("a time is a number");
    (ticks(11) + ticks(12)) * 10_000.0
}

fn durable_commits() {
    let folder = tempfile::tempdir_in(env::var("BENCH_FOLDER").unwrap_or(".".into()))
        .expect("a folder on this disk can be made");
    let connection =
        rusqlite::Connection::open(folder.path().join("one.sqlite")).expect("a file can be made");
    connection
        .execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE one (a TEXT PRIMARY KEY)",
        )
        .expect("a table can be made");
    let before = cpu();
    let start = Instant::now();
    let mut count = 0u64;
    while start.elapsed() < SPAN {
        connection
            .prepare_cached("INSERT INTO one VALUES (?1)")
            .and_then(|mut insert| {
                insert.execute([format!("{:026}", count * 7_919 % 1_000_003 + count * 1_000_003)])
            })
            .expect("a row can be written");
        count += 1;
    }
    println!(
        "single-row durable commits: {:.0}/s, {:.0} µs CPU each",
        count as f64 / start.elapsed().as_secs_f64(),
        (cpu() - before) / count as f64
    );
}

fn measure(store: &Arc<Store>, small: SmallClinic, next: &Arc<AtomicU64>, clients: usize) {
    let before = cpu();
    let start = Instant::now();
    let threads: Vec<_> = (0..clients)
        .map(|_| {
            let (store, next) = (Arc::clone(store), Arc::clone(next));
            thread::spawn(move || {
                let mut longest = Duration::ZERO;
                let mut count = 0u32;
                while start.elapsed() < SPAN {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let begun = Instant::now();
                    store.write(move |tx| book(tx, small, number)).expect("each time is free");
                    longest = longest.max(begun.elapsed());
                    count += 1;
                }
                (count, longest)
            })
        })
        .collect();
    let done: Vec<_> = threads.into_iter().map(|thread| thread.join().expect("no panic")).collect();
    let seconds = start.elapsed().as_secs_f64();
    let count: u32 = done.iter().map(|(count, _)| count).sum();
    let longest = done.iter().map(|(_, longest)| *longest).max().unwrap_or_default();
    println!(
        "{clients:3} clients: {:7.0} bookings/s, {:5.0} µs CPU of this process each, longest {longest:.1?}",
        f64::from(count) / seconds,
        (cpu() - before) / f64::from(count),
    );
}

fn main() {
    let folder = tempfile::tempdir_in(env::var("BENCH_FOLDER").unwrap_or(".".into()))
        .expect("a folder on this disk can be made");
    let location = match env::args().nth(1) {
        Some(url) => StoreLocation::Postgres { url, schema: Some("booking_cost".into()) },
        None => StoreLocation::Sqlite { path: folder.path().join("stipple.sqlite") },
    };
    let store = Arc::new(Store::open(&location).expect("a fresh store can be opened"));
    let small = SmallClinic::write(&store);
    let next = Arc::new(AtomicU64::new(0));
    while next.load(Ordering::Relaxed) < HISTORY {
        let first = next.fetch_add(100, Ordering::Relaxed);
        let many = move |tx: &mut Tx<'_>| (first..first + 100).try_for_each(|number| book(tx, small, number));
        store.write(many).expect("history can be written");
    }
    durable_commits();
    for clients in [1, 8, 32] {
        measure(&store, small, &next, clients);
    }
    durable_commits();
    let begun = Instant::now();
    let busy = store
        .read(|tx| diary::occupations_between(tx, small.clinic, at(0), at(10_000_000)))
        .expect("readable");
    println!("{} intervals loaded in {:.1?}", busy.len(), begun.elapsed());
    let version = store.read(|tx| diary::version(tx, small.clinic)).expect("readable");
    let begun = Instant::now();
    for _ in 0..1_000 {
        store.read(|tx| diary::changes_since(tx, small.clinic, version)).expect("readable");
    }
    println!("diary version asked in {:.1?}", begun.elapsed() / 1_000);
}
