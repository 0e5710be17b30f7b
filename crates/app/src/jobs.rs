//! What happens later: letters are written, messages sent, what has run out is freed or forgotten.
//!
//! Every job may run twice without harm: a letter's event key makes it one message, a message carries the same id
//! each time it is tried.

mod mail;

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use jiff::{Span, Timestamp};
use notify::{Clinic, Letter, Occasion, Visit};
use record::{
    Appointment, AppointmentStatus, LeasedJob, Message, MessageKind, MessageState, WaitEntry, WaitState,
};
use store::Tx;
use vocab::{Interval, MessageId, WaitEntryId};

use crate::{
    Acting, Action, Env, Failure,
    appointments::change_until,
    diary::{self, Rules},
    failure::bad_data,
    wait_list,
};

pub(crate) use mail::unsent;
pub use mail::{Outlet, Unsent, send_due};

/// The job of writing a letter about an appointment or an enquiry.
pub const WRITE_LETTER: &str = "write-letter";

/// The job of offering a time that became free to the wait list.
pub const OFFER_FREED_TIME: &str = "offer-freed-time";

/// So long a job is one worker's.
const LEASE_SECONDS: i64 = 60;
/// So many are taken at a time: their letters share one commit.
const AT_A_TIME: usize = 64;
/// A job that failed so often is set aside for a person to look at.
const JOB_ATTEMPTS_MAX: u32 = 8;

/// What a letter about an appointment is to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// Please confirm your address.
    Confirm,
    /// It is booked.
    Booked,
    /// It has moved.
    Moved {
        /// From when until when it was before.
        was: (Timestamp, Timestamp),
    },
    /// It is called off.
    Cancelled,
}

/// The words with which the subjects of letters about an appointment begin.
const TELLINGS: [&str; 4] = ["confirm", "booked", "moved", "cancelled"];

/// Something that went wrong while nobody waited for it, for the log: it tells no name, no address and no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mishap {
    /// A job could not be done, and is put off or set aside.
    Job {
        /// What kind of job.
        kind: String,
        /// How often it was tried.
        attempts: u32,
        /// What went wrong.
        what: String,
    },
    /// A message could not be handed over.
    Mail {
        /// Which.
        message: MessageId,
        /// How often it was tried.
        attempts: u32,
        /// The kind of failure, in a word that stays the same.
        class: &'static str,
        /// Whether it is tried again.
        goes_on: bool,
    },
}

impl fmt::Display for Mishap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Job { kind, attempts, what } => {
                write!(f, "level=error at=jobs job={kind} attempt={attempts} what={what:?}")
            }
            Self::Mail { message, attempts, class, goes_on } => {
                let (level, next) = if *goes_on { ("warn", "again") } else { ("error", "given-up") };
                write!(
                    f,
                    "level={level} at=mail message={message} attempt={attempts} class={class} next={next}"
                )
            }
        }
    }
}

/// Who hears of mishaps.
pub type Note<'a> = &'a dyn Fn(Mishap);

/// The subject of a letter's job: what, which appointment, which revision, and what it was before.
pub(crate) fn subject(telling: &Telling, appointment: &Appointment) -> String {
    let (id, sequence) = (appointment.id, appointment.sequence);
    match telling {
        Telling::Confirm => format!("confirm:{id}:{sequence}"),
        Telling::Booked => format!("booked:{id}:{sequence}"),
        Telling::Cancelled => format!("cancelled:{id}:{sequence}"),
        Telling::Moved { was: (from, to) } => {
            format!("moved:{id}:{sequence}:{}:{}", from.as_microsecond(), to.as_microsecond())
        }
    }
}

/// Does what is due and sends what it wrote, one after the other, for whoever has no second thread for the mail; `true` if
/// there was more than is done at a time, so that the caller asks again at once.
pub fn run_due(env: &Env, outlet: &dyn Outlet) -> Result<bool, Failure> {
    let more_work = do_due(env, &|_| ())?;
    let more_messages = send_due(env, outlet, &|_| ())?;
    Ok(more_work || more_messages)
}

/// Does what is due, but for the mail, which waits for other people's servers: see [`send_due`]. `true` if there was more
/// than is done at a time.
pub fn do_due(env: &Env, note: Note<'_>) -> Result<bool, Failure> {
    let more_jobs = do_jobs(env, note)?;
    let more_keys = write_patient_keys(env)?;
    Ok(more_jobs || more_keys)
}

/// Writes what new patients are searched by, which their booking left for later.
fn write_patient_keys(env: &Env) -> Result<bool, Failure> {
    if !env.store.read(|tx| store::patients::has_due_keys(tx, env.clinic_id))? {
        return Ok(false);
    }
    let clinic = env.clinic_id;
    let written = env.store.write(move |tx| store::patients::write_due_keys(tx, clinic, AT_A_TIME))?;
    Ok(written == AT_A_TIME)
}

/// Frees and forgets what has run out. For every minute or so.
pub fn sweep(env: &Env) -> Result<(), Failure> {
    diary::change(env, |_, _, _| Ok(()))?;
    let inside = env.clone();
    env.store.write(move |tx| {
        let now = inside.clock.now();
        store::responses::forget_expired(tx, inside.clinic_id, now)?;
        store::staff::forget_sessions(tx, inside.clinic_id, now)?;
        let long_ago = now.saturating_sub(Span::new().hours(24 * 30)).unwrap_or(Timestamp::MIN);
        store::wait_list::forget_expired(tx, inside.clinic_id, now, long_ago)?;
        let yesterday = now.saturating_sub(Span::new().hours(24)).unwrap_or(Timestamp::MIN);
        store::diary::forget_past_claims(tx, inside.clinic_id, yesterday)?;
        let ninety_days_ago = now.saturating_sub(Span::new().hours(24 * 90)).unwrap_or(Timestamp::MIN);
        store::enquiries::forget(tx, inside.clinic_id, ninety_days_ago)?;
        store::messages::forget(tx, inside.clinic_id, ninety_days_ago)?;
        mail::forget_texts(tx, &inside)?;
        Ok::<_, Failure>(())
    })
}

fn lease_until(now: Timestamp) -> Timestamp {
    now.saturating_add(Span::new().seconds(LEASE_SECONDS)).unwrap_or(Timestamp::MAX)
}

/// Writes the letters that are due and offers the times that came free; whether more waits already.
fn do_jobs(env: &Env, note: Note<'_>) -> Result<bool, Failure> {
    let now = env.clock.now();
    let has_any = env.store.read(|tx| store::jobs::has_due(tx, env.clinic_id, now))?;
    if !has_any {
        return Ok(false);
    }
    let inside = env.clone();
    let jobs = env.store.write(move |tx| {
        store::jobs::lease(tx, inside.clinic_id, now, lease_until(now), AT_A_TIME).map_err(Failure::from)
    })?;
    let rules = diary::current(env)?.rules.clone();
    let mut more = jobs.len() == AT_A_TIME;
    let mut written = Vec::with_capacity(jobs.len());
    for job in jobs {
        if job.kind == OFFER_FREED_TIME {
            if let Err(what) = done(|| wait_list::offer_freed(env, &job)) {
                put_off(env, job, what, note)?;
            }
            // Its letters are jobs of their own, due now.
            more = true;
            continue;
        }
        // Composed outside the transaction that writes, for which bookings would wait. What changes in between changes
        // as if the letter had left already.
        match done(|| env.store.read(|tx| letter(tx, env, &rules, &job))) {
            Ok(message) => written.push((job, message)),
            Err(what) => put_off(env, job, what, note)?,
        }
    }
    // All of them share one commit, unless one is in the way of the others.
    if enqueue(env, written.clone()).is_err() {
        for (job, message) in written {
            if let Err(what) = done(|| enqueue(env, vec![(job.clone(), message)])) {
                put_off(env, job, what, note)?;
            }
        }
    }
    Ok(more)
}

/// What work comes to, or what went wrong, in words without a name in them. One bad job must not keep those behind it from
/// being done.
fn done<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(Failure::Fault(fault))) => Err(fault.to_string()),
        Ok(Err(Failure::Refused(refusal))) => Err(format!("refused: {}", refusal.code())),
        Ok(Err(Failure::NotFound)) => Err("something it is about is not there".into()),
        Ok(Err(Failure::Form(_))) => Err("something it is about is mistyped".into()),
        Err(_) => Err("it panicked".into()),
    }
}

/// Puts finished letters among the messages, and their jobs away.
fn enqueue(env: &Env, letters: Vec<(LeasedJob, Option<Message>)>) -> Result<(), Failure> {
    if letters.is_empty() {
        return Ok(());
    }
    let inside = env.clone();
    env.store.write(move |tx| {
        for (job, message) in &letters {
            if let Some(message) = message {
                store::messages::enqueue(tx, inside.clinic_id, message)?;
            }
            store::jobs::finish(tx, inside.clinic_id, job)?;
        }
        Ok(())
    })
}

fn put_off(env: &Env, job: LeasedJob, what: String, note: Note<'_>) -> Result<(), Failure> {
    note(Mishap::Job { kind: job.kind.clone(), attempts: job.attempts, what });
    let inside = env.clone();
    env.store.write(move |tx| {
        let pause = Span::new().minutes(1_i64 << job.attempts.min(8));
        let next_at = inside.clock.now().saturating_add(pause).unwrap_or(Timestamp::MAX);
        let next_at = (job.attempts < JOB_ATTEMPTS_MAX).then_some(next_at);
        store::jobs::fail(tx, inside.clinic_id, &job, "the work could not be done", next_at)?;
        Ok(())
    })
}

/// The message a job asks for; `None` if there is nothing to say any more.
fn letter(tx: &mut Tx<'_>, env: &Env, rules: &Rules, job: &LeasedJob) -> Result<Option<Message>, Failure> {
    let parts: Vec<&str> = job.subject_id.split(':').collect();
    let now = env.clock.now();
    let (kind, to, occasion) = match parts.as_slice() {
        ["enquiry-received", id] | ["enquiry-new", id] => {
            let id = id.parse().map_err(|_| bad_data("a job for no enquiry"))?;
            let Some(enquiry) = store::enquiries::load(tx, env.clinic_id, id)? else { return Ok(None) };
            if parts[0] == "enquiry-received" {
                (MessageKind::Enquiry, enquiry.email, Occasion::EnquiryReceived)
            } else {
                let link = link(format!("{}/desk/enquiries", env.public_url))?;
                (
                    MessageKind::Enquiry,
                    rules.clinic.settings.contact_email.clone(),
                    Occasion::NewEnquiry { link },
                )
            }
        }
        ["waiting", _] | ["offered", ..] => match to_the_list(tx, env, rules, &parts)? {
            Some((email, occasion)) => (MessageKind::WaitList, email, occasion),
            None => return Ok(None),
        },
        [telling, id, sequence, was @ ..] => {
            let id = id.parse().map_err(|_| bad_data("a job for no appointment"))?;
            let Some(appointment) = store::appointments::load(tx, env.clinic_id, id)? else {
                return Ok(None);
            };
            let Some(telling) = still_told(tx, env, telling, sequence, was, &appointment)? else {
                return Ok(None);
            };
            let patient = store::patients::load(tx, env.clinic_id, appointment.patient_id)?;
            // Whoever booked by telephone may have no address.
            let Some(patient) = patient.filter(|patient| !patient.email.is_empty()) else { return Ok(None) };
            let Some((kind, occasion)) = occasion(env, rules, telling, was, &appointment)? else {
                return Ok(None);
            };
            (kind, patient.email, occasion)
        }
        _ => return Err(bad_data("a job for nothing known")),
    };
    let id: MessageId = env.new_id();
    let to = to.parse().map_err(|_| bad_data("a stored address is none"))?;
    let (message, _losses) =
        notify::compose(&Letter { id, at: now, to, clinic: clinic(env, rules)?, occasion });
    Ok(Some(Message {
        id,
        kind,
        event_key: job.subject_id.clone(),
        to: message.to.to_string(),
        subject: message.subject,
        text: message.text,
        html: Some(message.html),
        calendar: message.calendar.map(|file| format!("{}\n{}", file.method.word(), file.ics)),
        state: MessageState::Queued,
        attempts: 0,
        next_attempt_at: now,
        created_at: now,
        sent_at: None,
    }))
}

/// To whom on the wait list a letter goes and what it says, if there is anything to say still.
fn to_the_list(
    tx: &mut Tx<'_>,
    env: &Env,
    rules: &Rules,
    parts: &[&str],
) -> Result<Option<(String, Occasion)>, Failure> {
    let (entry, occasion) = match parts {
        ["waiting", id] => {
            let id = id.parse().map_err(|_| bad_data("a job for nobody who waits"))?;
            let Some(entry) = waiting(tx, env, id)? else { return Ok(None) };
            let link = link(env.wait_link(entry.id))?;
            (entry, Occasion::Waiting { link })
        }
        ["offered", id, offered_at] => {
            let id = id.parse().map_err(|_| bad_data("a job for no offer"))?;
            let Some(offer) = store::wait_list::load_offer(tx, env.clinic_id, id)? else { return Ok(None) };
            let is_same = offer.offered_at.as_microsecond().to_string() == *offered_at;
            let still = is_same && offer.is_open(env.clock.now());
            let Some(entry) = waiting(tx, env, offer.entry_id)?.filter(|_| still) else { return Ok(None) };
            let when = Interval::new(offer.start_at, offer.end_at);
            let diary = diary::current(env)?;
            let lead = wait_list::offered_with(&diary, &entry, offer.start_at, env.clock.now());
            let lead = lead.and_then(|lead| rules.resource(lead));
            let occasion = Occasion::Offered {
                when: when.ok_or_else(|| bad_data("an empty offer"))?,
                zone: rules.zone.clone(),
                practitioner: lead.map(|lead| lead.name.clone()).unwrap_or_default(),
                link: link(env.wait_link(entry.id))?,
                answer_by: offer.expires_at,
            };
            (entry, occasion)
        }
        _ => return Err(bad_data("a job for nothing known on the list")),
    };
    Ok(Some((entry.email, occasion)))
}

/// Somebody who still waits.
fn waiting(tx: &mut Tx<'_>, env: &Env, id: WaitEntryId) -> Result<Option<WaitEntry>, Failure> {
    let found = store::wait_list::load(tx, env.clinic_id, id)?;
    Ok(found.filter(|entry| entry.state == WaitState::Waiting))
}

fn occasion(
    env: &Env,
    rules: &Rules,
    telling: &str,
    was: &[&str],
    appointment: &Appointment,
) -> Result<Option<(MessageKind, Occasion)>, Failure> {
    let visit = visit(rules, appointment)?;
    let link_here = || link(env.link(appointment.id));
    let change_until = Some(change_until(rules, appointment));
    Ok(Some(match telling {
        "confirm" => {
            let Some(confirm_by) = appointment.confirm_by_at else { return Ok(None) };
            (MessageKind::Confirm, Occasion::ConfirmAddress { visit, link: link_here()?, confirm_by })
        }
        "booked" => (MessageKind::Booked, Occasion::Booked { visit, link: link_here()?, change_until }),
        "moved" => {
            let was = before(was)?;
            (MessageKind::Moved, Occasion::Moved { visit, was, link: link_here()?, change_until })
        }
        "cancelled" => {
            let book_again = link(format!("{}/self-check", env.public_url))?;
            (MessageKind::Cancelled, Occasion::Cancelled { visit, book_again })
        }
        _ => return Err(bad_data("a letter of no known kind")),
    }))
}

/// When a visit was before it moved, out of the subject of its letter's job.
fn before(was: &[&str]) -> Result<Interval<Timestamp>, Failure> {
    let instant = |text: Option<&&str>| {
        text.and_then(|text| text.parse().ok()).and_then(|at| Timestamp::from_microsecond(at).ok())
    };
    let was = instant(was.first()).zip(instant(was.get(1))).and_then(|(from, to)| Interval::new(from, to));
    was.ok_or_else(|| bad_data("a move from nowhere"))
}

/// What a letter about the appointment as it was with this sequence number is to tell now; `None` if nothing.
///
/// A later change has a letter of its own, or nobody was to be told of it. Then this letter is the one that tells the
/// patient how things stand: a wish to say nothing about a change does not take back what was to be said before.
fn still_told<'t>(
    tx: &mut Tx<'_>,
    env: &Env,
    telling: &'t str,
    sequence: &str,
    was: &[&str],
    appointment: &Appointment,
) -> Result<Option<&'t str>, Failure> {
    let asked_at: u32 =
        sequence.parse().map_err(|_| bad_data("a letter about no state of an appointment"))?;
    if appointment.sequence == asked_at {
        return Ok(Some(telling));
    }
    let is_promised = matches!(appointment.status, AppointmentStatus::Pending | AppointmentStatus::Booked);
    let (mut written, mut waiting) = (Vec::new(), Vec::new());
    for word in TELLINGS {
        let about = format!("{word}:{}:", appointment.id);
        written.extend(store::messages::event_keys(tx, env.clinic_id, &about)?);
        waiting.extend(store::jobs::subjects(tx, env.clinic_id, WRITE_LETTER, &about)?);
    }
    let is_newer = |subject: &String| {
        let sequence = subject.split(':').nth(2).and_then(|sequence| sequence.parse::<u32>().ok());
        sequence.is_some_and(|sequence| sequence > asked_at)
    };
    if !is_promised || written.iter().chain(&waiting).any(is_newer) {
        return Ok(None);
    }
    let has_come_back =
        telling == "moved" && Interval::new(appointment.start_at, appointment.end_at) == Some(before(was)?);
    Ok(match has_come_back {
        // Whoever was never written to does not know yet that there is a visit.
        true => written.is_empty().then_some("booked"),
        false => Some(telling),
    })
}

fn link(text: String) -> Result<notify::Link, Failure> {
    text.parse().map_err(|_| bad_data("the public address of the site is not one that a message can carry"))
}

/// An appointment as messages and calendar files need it.
pub fn visit(rules: &Rules, appointment: &Appointment) -> Result<Visit, Failure> {
    let when =
        Interval::new(appointment.start_at, appointment.end_at).ok_or_else(|| bad_data("an empty visit"))?;
    Ok(Visit {
        appointment: appointment.id,
        sequence: appointment.sequence,
        when,
        zone: rules.zone.clone(),
        // There is something to prepare for where skin is needled.
        has_plan: crate::screening::treats(rules, &appointment.visit_type).unwrap_or(false),
    })
}

/// The clinic as its messages show it.
pub fn clinic(env: &Env, rules: &Rules) -> Result<Clinic, Failure> {
    let settings = &rules.clinic.settings;
    let email = settings.contact_email.parse().map_err(|_| bad_data("the clinic's own address is none"))?;
    Ok(Clinic {
        name: rules.clinic.name.clone(),
        telephone: settings.contact_phone.clone(),
        address: rules.site.address.replace('\n', ", "),
        email,
        uid_domain: format!("{}.stipple.invalid", env.clinic_id),
    })
}

/// The newest messages, for the demo's mail page and for the desk.
pub fn newest_messages(env: &Env, acting: &Acting, limit: usize) -> Result<Vec<Message>, Failure> {
    let is_demo = diary::current(env)?.rules.clinic.is_demo;
    acting.require(if is_demo { Action::UsePublicPages } else { Action::SeeEnquiries })?;
    env.store.read(|tx| Ok(store::messages::newest(tx, env.clinic_id, limit)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_panics_is_one_that_failed_and_both_are_told() {
        assert_eq!(done(|| Ok(1)), Ok(1));
        assert_eq!(done::<()>(|| Err(bad_data("a job for nothing"))).unwrap_err(), {
            "the clinic's data contradict each other: a job for nothing"
        });
        assert_eq!(done::<()>(|| panic!("on purpose")).unwrap_err(), "it panicked");
        let job = Mishap::Job { kind: "write-letter".into(), attempts: 2, what: "it panicked".into() };
        let line = "level=error at=jobs job=write-letter attempt=2 what=\"it panicked\"";
        assert_eq!(job.to_string(), line);
    }
}
