//! `cargo xtask bench history`: whether a month's free times come as fast after ten years, and beside a hundred other
//! clinics in the same database. Cold is the load of the whole diary and the month from it, in a process that knows
//! nothing yet; warm is the same page by HTTP.

#![expect(clippy::print_stdout, reason = "a program's figures")]

use std::{
    env,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use app::{
    Acting, Actor, Env,
    appointments::{TimesAsked, month_counts},
    diary::DiaryCache,
};
use bench::{
    Outcome, at, clinic,
    database::Place,
    http::{Connection, get},
    load, now,
    options::Options,
    server::{Server, Start},
};
use jiff::{Span, civil::Date};
use sim::{Clockwork, World};
use store::{Store, StoreError, StoreLocation};
use vocab::{ClinicId, OperationId, VisitTypeId};

/// Ten therapists, 5,000 visits in ninety days: four times the visits of a clinic that is two thirds booked.
const SIZE: clinic::Size = clinic::Size { patients: 1_000, appointments: 5_000 };
/// Ten years, in copies of the ninety days.
const YEARS_OF_COPIES: u32 = 40;
/// Other clinics in the same database.
const OTHERS: u32 = 100;
/// The most a month may take, cold and warm, in milliseconds.
const AIMS: (f64, f64) = (50.0, 2.0);

fn main() -> ExitCode {
    let options = Options::parse("history", 9, env::args().skip(1));
    match options.and_then(|options| measure(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("history: {message}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Outcome {
    let place = Place::fresh(options)?;
    let location = place.location(&options.data);
    clinic::fill(&location, 1, SIZE, now())?;
    println!(
        "{}: {} therapists, {} visits on {} days",
        place.engine(),
        clinic::THERAPISTS,
        SIZE.appointments,
        clinic::DAYS
    );
    println!("{:32} {:>9} {:>9} {:>9} {:>9} {:>9}", "", "cold ms", "CPU ms", "warm p50", "p99 ms", "CPU ms");
    let first = months(&location, &place, options, "nothing else")?;
    let mut raw = testkit::Raw::open(&location);
    let is_sqlite = place.url.is_none();
    for copy in 1..=YEARS_OF_COPIES {
        raw.execute(&history(copy, is_sqlite))?;
    }
    let old = months(&location, &place, options, "ten years of history")?;
    for number in 1..=OTHERS {
        raw.execute(&other_clinic(number, is_sqlite))?;
    }
    let many = months(&location, &place, options, "and a hundred other clinics")?;
    println!(
        "CPU against nothing else: cold {:.2} and {:.2}, warm {:.2} and {:.2}",
        old.0 / first.0,
        many.0 / first.0,
        old.1 / first.1,
        many.1 / first.1
    );
    Ok(())
}

/// Measures one state of the database; CPU milliseconds cold and warm.
fn months(location: &StoreLocation, place: &Place, options: &Options, state: &str) -> Outcome<(f64, f64)> {
    let (cold, cold_cpu) = cold(location, options.rounds)?;
    let how = Start { data: &options.data, database: place.url.as_deref(), limits: false };
    let server = Server::start(how)?;
    let days = clinic::bookable_days(now())?;
    let path = |day: &Date| format!("/api/days?visit=treatment&month={day}");
    let mut connection = Connection::open(server.address).map_err(at("connecting"))?;
    connection.send(&get(server.address, &path(&days[0]), "")).map_err(at("the month"))?;
    let script: load::Script =
        days.iter().step_by(7).map(|day| get(server.address, &path(day), "")).collect();
    let figures = load::run(&server, &[script], 200, true, Duration::from_secs(2))?;
    let warm = figures.quantile(0.5);
    let met = if cold <= AIMS.0 && warm <= AIMS.1 { "met" } else { "MISSED" };
    println!(
        "{state:32} {cold:>9.1} {cold_cpu:>9.1} {warm:>9.2} {:>9.2} {:>9.3}  at most {} and {} ms: {met}",
        figures.quantile(0.99),
        figures.cpu_ms(),
        AIMS.0,
        AIMS.1
    );
    Ok((cold_cpu, figures.cpu_ms()))
}

/// The month of a process that knows nothing yet: the least of several, wall and CPU time, in milliseconds.
fn cold(location: &StoreLocation, rounds: usize) -> Outcome<(f64, f64)> {
    let clinic_id = first_clinic(location)?;
    let world = World::start(location.clone(), 1, Clockwork::standing(now(), 1));
    let visit_type = VisitTypeId::new("treatment").map_err(at("a name"))?;
    let asked = TimesAsked { visit_type, practitioner: None, not_before: None };
    let acting = Acting { actor: Actor::Visitor, operation_id: OperationId::from_bits(1) };
    let first = world.env().clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let last = first.saturating_add(Span::new().days(30));
    let mut best = (f64::MAX, f64::MAX);
    for _ in 0..rounds.max(1) {
        let env = Env { clinic_id, diary: Arc::new(DiaryCache::new()), ..world.env().clone() };
        let (begun, cpu) = (Instant::now(), own_cpu());
        let counts =
            month_counts(&env, &acting, &asked, first, last).map_err(|error| format!("{error:?}"))?;
        if counts.is_empty() {
            return Err("the month is empty".into());
        }
        let spent = (begun.elapsed().as_secs_f64() * 1e3, (own_cpu() - cpu) * 1e3);
        best = (best.0.min(spent.0), best.1.min(spent.1));
    }
    Ok(best)
}

fn first_clinic(location: &StoreLocation) -> Outcome<ClinicId> {
    let store = Store::open_to_read(location).map_err(at("the database"))?;
    let ids = store.read(store::clinics::ids).map_err(|error: StoreError| error.to_string())?;
    ids.first().copied().ok_or_else(|| "there is no clinic".to_owned())
}

/// CPU time of this process's threads so far, in seconds, as the scheduler counts it.
fn own_cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|spent| spent.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1e9
}

/// Two letters that tell one copy from another.
fn mark(number: u32) -> String {
    const LETTERS: &[u8] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let letter = |value: u32| char::from(LETTERS[(value % 32) as usize]);
    [letter(number / 32), letter(number)].iter().collect()
}

fn digest(is_sqlite: bool) -> &'static str {
    if is_sqlite { "randomblob(32)" } else { "sha256(CAST(random() AS TEXT)::bytea)" }
}

/// Everything that is booked once more, so many times ninety-one days earlier. Claims of the past are not kept.
fn history(copy: u32, is_sqlite: bool) -> String {
    let (mark, digest) = (mark(copy), digest(is_sqlite));
    let back = i64::from(copy) * 91 * 86_400_000_000;
    format!(
        "INSERT INTO appointment (clinic_id, appointment_id, site_id, patient_id, visit_type, status, concern, zones,
           start_at, end_at, lead_id, sequence, idempotency_key, link_hash, link_expires_at, confirm_by_at, told_local,
           phases, note, response_id, created_at)
         SELECT clinic_id, substr(appointment_id, 1, 21) || 'zzz{mark}', site_id, patient_id, visit_type, 'fulfilled',
           concern, zones, start_at - {back}, end_at - {back}, lead_id, sequence, idempotency_key || '{mark}',
           {digest}, link_expires_at - {back}, confirm_by_at, told_local, phases, note, response_id,
           created_at - {back}
         FROM appointment WHERE status = 'booked';
         INSERT INTO occupation (clinic_id, from_at, resource_id, seat, to_at, owner_kind, owner_id, phase, phase_name)
         SELECT clinic_id, from_at - {back}, resource_id, seat, to_at - {back}, owner_kind,
           substr(owner_id, 1, 21) || 'zzz{mark}', phase, phase_name
         FROM occupation WHERE owner_id IN (SELECT appointment_id FROM appointment WHERE status = 'booked');"
    )
}

/// A clinic like the first, with its next ninety days, under an id that comes after it.
fn other_clinic(number: u32, is_sqlite: bool) -> String {
    let (mark, digest) = (mark(number), digest(is_sqlite));
    let ours = "(SELECT min(clinic_id) FROM clinic)";
    let theirs = format!("'7zzzzzzzzzzzzzzzzzzzzzzz{mark}'");
    let copied = |table: &str, columns: &str, more: &str| {
        format!(
            "INSERT INTO {table} (clinic_id, {columns}) SELECT {theirs}, {columns} FROM {table}
             WHERE clinic_id = {ours} {more};"
        )
    };
    let appointment =
        "appointment_id, site_id, patient_id, visit_type, status, zones, start_at, end_at, lead_id, sequence,
        idempotency_key, link_expires_at, told_local, phases, note, created_at";
    [
        copied(
            "clinic",
            "name, jurisdiction, currency, is_demo, contact_email, contact_phone, min_notice_minutes,
             offer_step_minutes, horizon_days, cut_off_hours, hold_minutes, confirm_minutes, on_call_limit,
             needling_counts_as_on_call, clinic_no",
            "",
        ),
        copied("diary_version", "version", ""),
        copied("site", "site_id, name, zone, address, phone", ""),
        copied(
            "resource",
            "resource_id, site_id, kind, name, skills, seats, gap_minutes, daily_cap, active, position,
             resource_no",
            "",
        ),
        copied("weekly_rule", "resource_id, weekday, kind, from_local, to_local", ""),
        copied("patient", "patient_id, name, email, phone, birth_on, created_at", ""),
        format!(
            "INSERT INTO appointment (clinic_id, link_hash, {appointment}) SELECT {theirs}, {digest}, {appointment}
             FROM appointment WHERE clinic_id = {ours} AND status = 'booked';"
        ),
        copied(
            "occupation",
            "from_at, resource_id, seat, to_at, owner_kind, owner_id, phase, phase_name",
            "AND owner_id IN (SELECT appointment_id FROM appointment WHERE status = 'booked')",
        ),
    ]
    .concat()
}
