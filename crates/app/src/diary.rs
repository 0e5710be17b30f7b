//! What is free and what is busy, in memory: the calendar that searches read, and the book that changes are made in.
//!
//! Searches read a snapshot and never wait. A change locks the book inside its transaction, brings it up to date with
//! the database (one look at a version number when nothing else has written), decides on it, and only then writes.
//! The database's claims decide in the end: a stale book costs a refused commit, never a double booking.

pub(crate) mod book;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use record::{Appointment, AppointmentPhase, Clinic, Occupation, Resource, ResourceKind, Site};
use schedule::{Busy, Calendar, VisitType};
use store::Tx;
use vocab::{ResourceId, VisitTypeId};

use crate::{Acting, Actor, Env, Failure, Refusal, audit, visit_types, wait_list};

pub use book::{Book, Planned};

/// What changes seldom: clinic, site, resources, kinds of visit.
#[derive(Debug)]
pub struct Rules {
    /// The clinic and its settings.
    pub clinic: Clinic,
    /// The site that is booked here.
    pub site: Site,
    /// Its zone.
    pub zone: TimeZone,
    /// Its active resources, in the order lists show them.
    pub resources: Vec<Resource>,
    /// What the schedule must find for each kind of visit.
    pub visits: BTreeMap<VisitTypeId, VisitType>,
}

/// One state of the diary.
#[derive(Debug, Clone)]
pub struct Diary {
    /// The number of the last change it knows.
    pub version: i64,
    /// What changes seldom.
    pub rules: Arc<Rules>,
    /// What is free.
    pub calendar: Calendar,
}

/// The diary in memory, and whether it is open for booking.
#[derive(Debug)]
pub struct DiaryCache {
    current: RwLock<Option<Arc<Diary>>>,
    book: Mutex<Book>,
    /// Set once the protocol in force is known to be signed: a sign-off is for ever.
    pub(crate) signed: OnceLock<()>,
}

impl Rules {
    /// The resource with this id.
    pub fn resource(&self, id: ResourceId) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.id == id)
    }

    /// The therapists, in the order lists show them.
    pub fn practitioners(&self) -> impl Iterator<Item = &Resource> {
        self.resources.iter().filter(|resource| resource.kind == ResourceKind::Practitioner)
    }

    /// The local date at this moment.
    pub fn date_at(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date()
    }

    /// The last local day that anybody but staff can book at this moment.
    pub fn furthest_day(&self, now: Timestamp) -> Date {
        let days = Span::new().days(i64::from(self.clinic.settings.horizon_days));
        self.date_at(now).saturating_add(days)
    }

    /// An occupation as the calendar counts it; `None` if the resource is not active any more.
    pub(crate) fn busy(&self, occupation: &Occupation) -> Option<Busy> {
        let (key, _) = book::scheduled(self, occupation)?;
        let leads = book::leads(self, occupation);
        Some(Busy { key, from: occupation.from_at, to: occupation.to_at, leads })
    }

    /// A local day as instants, half-open.
    pub fn day(&self, date: Date) -> Result<(Timestamp, Timestamp), Failure> {
        let start = |date: Date| date.to_zoned(self.zone.clone()).map(|zoned| zoned.timestamp());
        let next = date.tomorrow().and_then(start);
        match (start(date), next) {
            (Ok(from), Ok(to)) => Ok((from, to)),
            _ => Err(Failure::NotFound),
        }
    }
}

impl Diary {
    /// As it would be if nothing of this were occupied.
    pub(crate) fn without(&self, own: &[Occupation]) -> Self {
        let mut without = self.clone();
        for busy in own.iter().filter_map(|one| self.rules.busy(one)) {
            without.calendar.release(&busy);
        }
        without
    }

    /// When a resource is on duty on a local date: half-open, in order.
    pub fn duty(&self, resource: ResourceId, date: Date) -> Vec<(Timestamp, Timestamp)> {
        self.calendar.duty(&visit_types::key_of(resource), date)
    }
}

impl DiaryCache {
    /// Nothing known yet: the first look loads everything.
    pub fn new() -> Self {
        Self { current: RwLock::new(None), book: Mutex::new(Book::default()), signed: OnceLock::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        // A panic while deciding leaves a book that may be half changed: it is thrown away and loaded again.
        self.book.lock().unwrap_or_else(|poisoned| {
            let mut book = PoisonError::into_inner(poisoned);
            book.forget();
            self.book.clear_poison();
            book
        })
    }

    fn publish(&self, diary: &Diary) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Some(Arc::new(diary.clone()));
    }
}

impl Default for DiaryCache {
    fn default() -> Self {
        Self::new()
    }
}

/// The diary as it was last known here; loaded if nothing is known yet.
pub fn current(env: &Env) -> Result<Arc<Diary>, Failure> {
    let known = env.diary.current.read().unwrap_or_else(PoisonError::into_inner).clone();
    match known {
        Some(diary) => Ok(diary),
        None => refresh(env),
    }
}

/// Brings the diary up to date with the database: after other servers' changes, after midnight, at the start.
pub fn refresh(env: &Env) -> Result<Arc<Diary>, Failure> {
    env.store.read(|tx| {
        let mut book = env.diary.lock();
        // A writer may have settled the book after this snapshot of the database was taken: the book knows better.
        let version = store::diary::version(tx, env.clinic_id)?;
        if let Some(known) = book.newer_than(version) {
            return Ok(Arc::new(known.clone()));
        }
        let diary = book.catch_up(tx, env.clinic_id, &env.protocol, version, env.clock.now())?.clone();
        env.diary.publish(&diary);
        Ok(Arc::new(diary))
    })
}

/// The book as a transaction left it. Unless the transaction is known to be kept, the book is forgotten: it has the number
/// of a change that never was, and the next change to get that number would be taken for it.
struct Settled {
    cache: Arc<DiaryCache>,
    is_kept: bool,
}

impl Settled {
    fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Settled {
    fn drop(&mut self) {
        if !self.is_kept {
            self.cache.lock().forget();
        }
    }
}

/// Runs `work` in a transaction with an up-to-date book; if it fails, the book is as before. What has run out is freed first,
/// whatever becomes of `work`.
///
/// Searches see what it books from just before its commit on, while nobody else has the book: published after it, an earlier
/// change could hide a later one. If the commit itself fails, they see for a moment what never was, until the diary is loaded
/// again. Nothing is decided on what they see: whoever wants a time they found is decided on the book, and guarded by the claims.
pub fn change<T: Send + 'static>(
    env: &Env,
    work: impl Fn(&mut Tx<'_>, &Env, &mut Book) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let has_run_out = Arc::new(AtomicBool::new(false));
    let result = attempt(env, work, &has_run_out);
    match &result {
        // What had run out is not freed either: once more, alone. If that fails, the worker tries again.
        Err(Failure::Refused(_) | Failure::NotFound | Failure::Form(_))
            if has_run_out.load(Ordering::Relaxed) =>
        {
            let _ = attempt(env, nothing, &has_run_out).map(|((), settled)| settled.keep());
        }
        _ => {}
    }
    if let Err(Failure::Fault(_) | Failure::Refused(Refusal::TimeTaken)) = &result {
        // The commit may have failed after the book was settled, or another server was quicker.
        env.diary.lock().forget();
        // Whoever is refused is shown other times next, so those must be true. If this fails too, the worker tries again.
        let _ = refresh(env);
    }
    result.map(|(value, settled)| {
        settled.keep();
        value
    })
}

/// One transaction of [`change`]; notes whether it had anything to free that has run out.
fn attempt<T: Send + 'static>(
    env: &Env,
    work: impl Fn(&mut Tx<'_>, &Env, &mut Book) -> Result<T, Failure> + Send + 'static,
    has_run_out: &Arc<AtomicBool>,
) -> Result<(T, Settled), Failure> {
    let (inside, ran_out) = (env.clone(), Arc::clone(has_run_out));
    env.store.write(move |tx| {
        let env = &inside;
        let now = env.clock.now();
        // The book before the diary's row in the database, always: on PostgreSQL whoever has that row and waited for
        // the book would wait for one who has the book and waits for the row.
        let mut book = env.diary.lock();
        // Claims guard each resource. What they do not guard (a patient's other visits, a cap of visits a day, a gap
        // between two) is decided here, so two servers must not decide at the same time.
        let before = store::diary::lock(tx, env.clinic_id)?;
        let mut version = before;
        let freed = store::holds::free_expired(tx, env.clinic_id, now)?;
        for &window in &freed.windows {
            wait_list::freed_window(tx, env, window)?;
        }
        for appointment in freed.appointments {
            let system = Acting { actor: Actor::System, operation_id: env.new_id() };
            let id = appointment.to_string();
            audit::note(tx, env, &system, "appointment.expire", "appointment", &id, "status")?;
        }
        if !freed.windows.is_empty() {
            version = store::diary::version(tx, env.clinic_id)?;
            ran_out.store(true, Ordering::Relaxed);
        }
        book.catch_up(tx, env.clinic_id, &env.protocol, version, now)?;
        let done = work(tx, env, &mut book);
        match done {
            Ok(value) => {
                let diary = book.settle(store::diary::version(tx, env.clinic_id)?)?;
                env.diary.publish(diary);
                Ok((value, Settled { cache: Arc::clone(&env.diary), is_kept: false }))
            }
            Err(failure) => {
                book.take_back(before);
                Err(failure)
            }
        }
    })
}

/// Changes nothing but what has run out.
fn nothing(_: &mut Tx<'_>, _: &Env, _: &mut Book) -> Result<(), Failure> {
    Ok(())
}

/// Where the phases of an appointment begin and end.
pub fn phase_times(appointment: &Appointment) -> Vec<(&AppointmentPhase, Timestamp, Timestamp)> {
    // What is done before the patient comes lies before the start that the patient was told.
    let before: i64 = appointment
        .phases
        .iter()
        .take_while(|phase| !phase.patient_present)
        .map(|phase| i64::from(phase.minutes))
        .sum();
    let mut from = appointment.start_at.saturating_sub(Span::new().minutes(before)).unwrap_or(Timestamp::MIN);
    let mut times = Vec::with_capacity(appointment.phases.len());
    for phase in &appointment.phases {
        let to = from.saturating_add(Span::new().minutes(i64::from(phase.minutes))).unwrap_or(Timestamp::MAX);
        times.push((phase, from, to));
        from = to;
    }
    times
}
