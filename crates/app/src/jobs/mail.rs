//! How messages leave. What stands in the way of all of them is waited out, however long it takes; only what the mail server
//! says of one recipient or one message gives that message up, and then the desk can read it as long as it matters.

use jiff::{SignedDuration, Span, Timestamp};
use notify::{CalendarFile, Method, SendError};
use record::{Appointment, AppointmentStatus, Message, MessageKind, MessageState};
use store::Tx;
use vocab::AppointmentId;

use super::{AT_A_TIME, Mishap, Note};
use crate::{Env, Failure, diary, failure::bad_data};

/// So long a message is one worker's: longer than [`BATCH`] and the slowest delivery after it, so that no second server
/// sends what this one is still at.
const LEASE_MINUTES: i64 = 6;
/// After so long no further message of a batch is begun. One delivery takes up to ten answers, each waited for at most twenty
/// seconds.
const BATCH: SignedDuration = SignedDuration::from_secs(60);
/// Messages that left within so short a time share one commit; if the server dies before it, they leave twice.
const SENT_TOGETHER: SignedDuration = SignedDuration::from_millis(50);
/// What is about no visit and could not leave for so long has nothing to say any more.
const STALE: SignedDuration = SignedDuration::from_hours(24 * 7);

/// How messages leave. The demo's outlet keeps them for show.
pub trait Outlet: Send + Sync {
    /// Hands a message over. It blocks; the message carries the same id at each try.
    fn send(&self, message: &notify::Message) -> Result<(), SendError>;
}

/// An e-mail about a visit that has not left, for staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// Why, in plain words.
    pub why: String,
    /// Whether it is tried no more.
    pub is_given_up: bool,
    /// What it says.
    pub text: String,
}

/// Sends the messages that are due; `true` if there are more than were sent. It waits for other people's servers: call it
/// where nobody else waits.
pub fn send_due(env: &Env, outlet: &dyn Outlet, note: Note<'_>) -> Result<bool, Failure> {
    let began = env.clock.now();
    let has_any = env.store.read(|tx| store::messages::has_due(tx, env.clinic_id, began))?;
    if !has_any {
        return Ok(false);
    }
    let inside = env.clone();
    let mut due = env.store.write(move |tx| {
        let until = began.saturating_add(Span::new().minutes(LEASE_MINUTES)).unwrap_or(Timestamp::MAX);
        store::messages::lease(tx, inside.clinic_id, began, until, AT_A_TIME).map_err(Failure::from)
    })?;
    // What has failed before comes last, so that a message that breaks every connection keeps no other from leaving.
    due.sort_by_key(|message| (message.attempts, message.created_at, message.id));
    let is_full = due.len() == AT_A_TIME;
    let rules = diary::current(env)?.rules.clone();
    let keep_text = rules.clinic.is_demo;
    let reply_to = super::clinic(env, &rules)?.email;
    let mut tried = Vec::new();
    let mut since = began;
    let mut left = due.drain(..);
    for message in left.by_ref() {
        let outcome = attempt(env, outlet, &message, &reply_to)?;
        let in_the_way = outcome.in_the_way();
        let attempts = message.attempts;
        tried.push((message, outcome));
        let at = env.clock.now();
        if in_the_way {
            // The others would meet the same: they wait as long as this one, and were not tried.
            note_tried(env, std::mem::take(&mut tried), keep_text, note)?;
            put_back(env, left.collect(), next_at(at, attempts))?;
            return Ok(false);
        }
        if at.duration_since(since) >= SENT_TOGETHER {
            note_tried(env, std::mem::take(&mut tried), keep_text, note)?;
            since = env.clock.now();
        }
        if at.duration_since(began) >= BATCH {
            break;
        }
    }
    note_tried(env, tried, keep_text, note)?;
    let left: Vec<Message> = left.collect();
    let more = is_full || !left.is_empty();
    put_back(env, left, env.clock.now())?;
    Ok(more)
}

fn next_at(now: Timestamp, attempts: u32) -> Timestamp {
    let pause =
        SignedDuration::try_from(notify::retry_after(attempts)).unwrap_or(SignedDuration::from_hours(1));
    now.checked_add(pause).unwrap_or(Timestamp::MAX)
}

/// What came of a message.
enum Outcome {
    Sent,
    Failed(SendError),
    /// It was too damaged to be sent.
    Damaged,
    /// It came to be of no use while it waited.
    Over,
}

impl Outcome {
    fn in_the_way(&self) -> bool {
        matches!(self, Self::Failed(error) if error.concerns_all())
    }
}

fn attempt(
    env: &Env,
    outlet: &dyn Outlet,
    message: &Message,
    reply_to: &notify::EmailAddress,
) -> Result<Outcome, Failure> {
    // Whoever could not be written to for days is not to be told of a visit that is over.
    if message.attempts > 1 && env.store.read(|tx| is_over(tx, env, message))? {
        return Ok(Outcome::Over);
    }
    let Some(ready) = outgoing(message, reply_to) else { return Ok(Outcome::Damaged) };
    Ok(match outlet.send(&ready) {
        Ok(()) => Outcome::Sent,
        Err(error) => Outcome::Failed(error),
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

fn put_back(env: &Env, messages: Vec<Message>, next_at: Timestamp) -> Result<(), Failure> {
    if messages.is_empty() {
        return Ok(());
    }
    let clinic = env.clinic_id;
    env.store.write(move |tx| {
        for message in &messages {
            store::messages::put_back(tx, clinic, message.id, next_at)?;
        }
        Ok(())
    })
}

/// Notes what came of each. What it said is forgotten once it is sent or of no use; a demo keeps it for show.
fn note_tried(
    env: &Env,
    tried: Vec<(Message, Outcome)>,
    keep_text: bool,
    note: Note<'_>,
) -> Result<(), Failure> {
    if tried.is_empty() {
        return Ok(());
    }
    for (message, outcome) in &tried {
        let (class, goes_on) = match outcome {
            Outcome::Sent => continue,
            Outcome::Failed(error) => (error.word(), matches!(error, SendError::Temporary(_))),
            Outcome::Damaged => ("damaged", false),
            Outcome::Over => ("over", false),
        };
        note(Mishap::Mail { message: message.id, attempts: message.attempts, class, goes_on });
    }
    let inside = env.clone();
    env.store.write(move |tx| {
        let (clinic, now) = (inside.clinic_id, inside.clock.now());
        for (message, outcome) in &tried {
            let id = message.id;
            match outcome {
                Outcome::Sent => store::messages::sent(tx, clinic, id, now)?,
                Outcome::Failed(SendError::Temporary(reason)) => {
                    let next_at = next_at(now, message.attempts);
                    store::messages::failed(tx, clinic, id, &reason.to_string(), Some(next_at))?;
                }
                Outcome::Failed(SendError::Permanent(reason)) => {
                    store::messages::failed(tx, clinic, id, &reason.to_string(), None)?;
                }
                Outcome::Damaged => {
                    store::messages::failed(tx, clinic, id, "what was kept of it is damaged", None)?;
                }
                Outcome::Over => store::messages::failed(tx, clinic, id, "it came to be of no use", None)?,
            };
            let is_for_the_desk = matches!(outcome, Outcome::Failed(_)) && is_about_a_visit(message.kind);
            if !keep_text && !is_for_the_desk {
                store::messages::forget_text(tx, clinic, id)?;
            }
        }
        Ok(())
    })
}

/// Forgets what those messages said that were given up, once the visit they are about is over.
pub(super) fn forget_texts(tx: &mut Tx<'_>, env: &Env) -> Result<(), Failure> {
    let rules = &diary::current(env)?.rules;
    if rules.clinic.is_demo {
        return Ok(());
    }
    for message in store::messages::given_up(tx, env.clinic_id)? {
        if is_over(tx, env, &message)? {
            store::messages::forget_text(tx, env.clinic_id, message.id)?;
        }
    }
    Ok(())
}

fn is_about_a_visit(kind: MessageKind) -> bool {
    use MessageKind::{Booked, Cancelled, Confirm, Enquiry, Moved, Reminder, WaitList};
    match kind {
        Confirm | Booked | Moved | Cancelled | Reminder => true,
        Enquiry | WaitList => false,
    }
}

/// Whether it would be of no use to whoever got it now.
fn is_over(tx: &mut Tx<'_>, env: &Env, message: &Message) -> Result<bool, Failure> {
    let now = env.clock.now();
    let about = |text: &str| text.split(':').nth(1).unwrap_or_default().to_owned();
    let id = about(&message.event_key);
    if message.kind == MessageKind::WaitList && message.event_key.starts_with("offered:") {
        let id = id.parse().map_err(|_| bad_data("a message about no offer"))?;
        let offer = store::wait_list::load_offer(tx, env.clinic_id, id)?;
        return Ok(!offer.is_some_and(|offer| offer.is_open(now)));
    }
    if !is_about_a_visit(message.kind) {
        return Ok(now.duration_since(message.created_at) >= STALE);
    }
    let id: AppointmentId = id.parse().map_err(|_| bad_data("a message about no appointment"))?;
    let appointment = store::appointments::load(tx, env.clinic_id, id)?;
    Ok(!appointment.is_some_and(|appointment| matters(message.kind, &appointment, now)))
}

fn matters(kind: MessageKind, appointment: &Appointment, now: Timestamp) -> bool {
    let is_ahead = appointment.end_at > now;
    match kind {
        MessageKind::Confirm => is_ahead && appointment.status == AppointmentStatus::Pending,
        MessageKind::Cancelled => is_ahead,
        _ => is_ahead && matches!(appointment.status, AppointmentStatus::Pending | AppointmentStatus::Booked),
    }
}

/// The newest e-mail about a visit as it stands, if it has not left after at least one try.
pub(crate) fn unsent(
    tx: &mut Tx<'_>,
    env: &Env,
    appointment: &Appointment,
) -> Result<Option<Unsent>, Failure> {
    let mut newest: Option<(Message, String)> = None;
    for kind in [MessageKind::Confirm, MessageKind::Booked, MessageKind::Moved, MessageKind::Cancelled] {
        let prefix = format!("{kind}:{}:", appointment.id);
        newest = store::messages::with_errors(tx, env.clinic_id, &prefix)?
            .into_iter()
            .chain(newest)
            .max_by_key(|(message, _)| message.created_at);
    }
    let Some((message, why)) = newest else { return Ok(None) };
    let has_not_left = message.state != MessageState::Sent && !why.is_empty();
    let is_wanted = has_not_left && matters(message.kind, appointment, env.clock.now());
    Ok(is_wanted.then(|| Unsent {
        why,
        is_given_up: message.state == MessageState::Failed,
        text: message.text,
    }))
}
