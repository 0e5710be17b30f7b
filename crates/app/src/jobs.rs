//! What happens later: letters are written, messages sent, what has run out is freed or forgotten.
//!
//! Every job may run twice without harm: a letter's event key makes it one message, a message carries the same id
//! each time it is tried.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::{SignedDuration, Span, Timestamp};
use notify::{CalendarFile, Clinic, Letter, Method, Occasion, Visit};
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

/// The job of writing a letter about an appointment or an enquiry.
pub const WRITE_LETTER: &str = "write-letter";

/// The job of offering a time that became free to the wait list.
pub const OFFER_FREED_TIME: &str = "offer-freed-time";

/// So long a job or a message is one worker's.
const LEASE_SECONDS: i64 = 60;
/// So many are taken at a time: their letters share one commit.
const AT_A_TIME: usize = 64;
/// Messages that left within so short a time share one commit; if the server dies before it, they leave twice.
const SENT_TOGETHER: SignedDuration = SignedDuration::from_millis(50);
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

/// How messages leave. The demo's outlet keeps them for show.
pub trait Outlet: Send + Sync {
    /// Hands a message over. It blocks; the message carries the same id at each try.
    fn send(&self, message: &notify::Message) -> Result<(), notify::SendError>;
}

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

/// Does what is due; `true` if there was more than is done at a time, so that the caller asks again at once.
pub fn run_due(env: &Env, outlet: &dyn Outlet) -> Result<bool, Failure> {
    let more_jobs = do_jobs(env)?;
    let more_messages = send_messages(env, outlet)?;
    let more_keys = write_patient_keys(env)?;
    Ok(more_jobs || more_messages || more_keys)
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
        Ok::<_, Failure>(())
    })
}

fn lease_until(now: Timestamp) -> Timestamp {
    now.saturating_add(Span::new().seconds(LEASE_SECONDS)).unwrap_or(Timestamp::MAX)
}

/// Writes the letters that are due and offers the times that came free; whether more waits already.
fn do_jobs(env: &Env) -> Result<bool, Failure> {
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
            if done(|| wait_list::offer_freed(env, &job)).is_none() {
                put_off(env, job)?;
            }
            // Its letters are jobs of their own, due now.
            more = true;
            continue;
        }
        // Composed outside the transaction that writes, for which bookings would wait. What changes in between changes
        // as if the letter had left already.
        match done(|| env.store.read(|tx| letter(tx, env, &rules, &job))) {
            Some(message) => written.push((job, message)),
            None => put_off(env, job)?,
        }
    }
    // All of them share one commit, unless one is in the way of the others.
    if enqueue(env, written.clone()).is_err() {
        for (job, message) in written {
            if enqueue(env, vec![(job.clone(), message)]).is_err() {
                put_off(env, job)?;
            }
        }
    }
    Ok(more)
}

/// What work comes to; `None` if it fails or panics. One bad job must not keep those behind it from being done.
fn done<T>(work: impl FnOnce() -> Result<T, Failure>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()?.ok()
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

fn put_off(env: &Env, job: LeasedJob) -> Result<(), Failure> {
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

fn send_messages(env: &Env, outlet: &dyn Outlet) -> Result<bool, Failure> {
    let now = env.clock.now();
    let has_any = env.store.read(|tx| store::messages::has_due(tx, env.clinic_id, now))?;
    if !has_any {
        return Ok(false);
    }
    let inside = env.clone();
    let due = env.store.write(move |tx| {
        store::messages::lease(tx, inside.clinic_id, now, lease_until(now), AT_A_TIME).map_err(Failure::from)
    })?;
    let rules = diary::current(env)?.rules.clone();
    let keep_text = rules.clinic.is_demo;
    let reply_to = clinic(env, &rules)?.email;
    let mut tried = Vec::new();
    let mut since = now;
    for message in &due {
        let sent = outgoing(message, &reply_to).map(|message| outlet.send(&message));
        tried.push(Tried { id: message.id, attempts: message.attempts, sent });
        let at = env.clock.now();
        if at.duration_since(since) >= SENT_TOGETHER {
            note_tried(env, std::mem::take(&mut tried), keep_text)?;
            since = env.clock.now();
        }
    }
    note_tried(env, tried, keep_text)?;
    Ok(due.len() == AT_A_TIME)
}

/// A message that was handed to the outlet, and what came of it; `None` if it was too damaged for that.
struct Tried {
    id: MessageId,
    attempts: u32,
    sent: Option<Result<(), notify::SendError>>,
}

/// Notes what came of each. What it said is forgotten once it is sent or given up; a demo keeps it for show.
fn note_tried(env: &Env, tried: Vec<Tried>, keep_text: bool) -> Result<(), Failure> {
    if tried.is_empty() {
        return Ok(());
    }
    let inside = env.clone();
    env.store.write(move |tx| {
        let (clinic, now) = (inside.clinic_id, inside.clock.now());
        for Tried { id, attempts, sent } in &tried {
            match sent {
                Some(Ok(())) => store::messages::sent(tx, clinic, *id, now)?,
                Some(Err(notify::SendError::Temporary(reason))) => {
                    let pause =
                        notify::retry_after(*attempts).and_then(|pause| SignedDuration::try_from(pause).ok());
                    let next_at = pause.and_then(|pause| now.checked_add(pause).ok());
                    store::messages::failed(tx, clinic, *id, &reason.to_string(), next_at)?;
                }
                Some(Err(notify::SendError::Permanent(reason))) => {
                    store::messages::failed(tx, clinic, *id, &reason.to_string(), None)?;
                }
                None => store::messages::failed(tx, clinic, *id, "the stored message is damaged", None)?,
            };
            if !keep_text {
                store::messages::forget_text(tx, clinic, *id)?;
            }
        }
        Ok(())
    })
}

fn outgoing(message: &Message, reply_to: &notify::EmailAddress) -> Option<notify::Message> {
    let calendar = message.calendar.as_deref().and_then(|text| text.split_once('\n'));
    Some(notify::Message {
        id: message.id,
        at: message.created_at,
        to: message.to.parse().ok()?,
        reply_to: reply_to.clone(),
        subject: message.subject.clone(),
        text: message.text.clone(),
        html: message.html.clone().unwrap_or_default(),
        calendar: calendar.and_then(|(method, ics)| {
            Some(CalendarFile { method: Method::parse(method)?, ics: ics.to_owned() })
        }),
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
    fn a_job_that_panics_is_one_that_failed() {
        assert_eq!(done(|| Ok(1)), Some(1));
        assert_eq!(done::<()>(|| Err(Failure::NotFound)), None);
        assert_eq!(done::<()>(|| panic!("on purpose")), None);
    }
}
