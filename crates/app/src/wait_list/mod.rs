//! The wait list: joining it, seeing it, leaving it, and taking a time that became free.
//!
//! Nobody is a patient for being on the list. A time that becomes free is offered to three ([`offer`]); nothing is kept for
//! them, and the claims in the database decide who was first.

mod offer;
mod renew;
mod take;

pub(crate) use offer::{freed, freed_window, offer_freed};
pub use renew::answer_again;
use take::must_answer_again;
pub(crate) use take::{fits, screened};
pub use take::{offered_with, take};

use std::collections::BTreeSet;

use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use record::{DayPart, NewJob, WaitEntry, WaitOffer, WaitOfferState, WaitState};
use store::Tx;
use vocab::{ResourceId, VisitTypeId, WaitEntryId};

use crate::{
    Acting, Action, Env, Failure, Refusal, Secret, appointments, audit,
    diary::{self, Diary, Rules},
    jobs,
    people::Contact,
    protocols, screening,
};

/// So many days somebody waits, unless their self-check is forgotten before.
const WAIT_DAYS: i64 = 60;

/// So many entries one address can have; more are not written down. Whoever joins is told of the limit and not whether it
/// was reached: nobody learns that an address is on the list.
pub const ENTRIES_PER_ADDRESS: usize = 3;

/// Put me on the list.
#[derive(Debug, Clone)]
pub struct JoinWaitList {
    /// What kind of visit.
    pub visit_type: VisitTypeId,
    /// With whom, if it matters.
    pub practitioner: Option<ResourceId>,
    /// On which days of the week, Monday is 1; sorted, at least one.
    pub weekdays: Vec<u8>,
    /// In which parts of the day; in order, at least one.
    pub parts: Vec<DayPart>,
    /// Where offers go.
    pub contact: Contact,
    /// The self-check it rests on.
    pub response: Option<Secret>,
    /// The same key twice is the same entry: letters and digits, at most 64.
    pub idempotency_key: String,
}

/// What has become of an offer, for the one it was made to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Can be taken now.
    Open,
    /// Is theirs.
    Taken,
    /// Is somebody else's.
    Gone,
    /// Was not answered in time.
    Over,
}

/// Somebody's place on the list.
#[derive(Debug, Clone)]
pub struct WaitPlace {
    /// Who.
    pub entry: WaitEntry,
    /// What they were offered, latest visit first.
    pub offers: Vec<(WaitOffer, Standing)>,
    /// Whether the self-check is to be answered again before anything is offered to them.
    pub must_answer_again: bool,
}

impl WaitPlace {
    fn load(
        tx: &mut Tx<'_>,
        env: &Env,
        diary: &Diary,
        entry: WaitEntry,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let offers = store::wait_list::offers_to(tx, env.clinic_id, entry.id)?;
        let stands = |offer: WaitOffer| {
            let standing = standing(diary, &entry, &offer, now);
            (offer, standing)
        };
        let offers = offers.into_iter().map(stands).collect();
        let must_answer_again =
            entry.state == WaitState::Waiting && must_answer_again(tx, env, &diary.rules, &entry)?;
        Ok(Self { entry, offers, must_answer_again })
    }
}

/// Joins the list. The self-check must allow the visit now or later, as it must for a booking. Joined with the same key
/// before: nothing happens. With the same key and other wishes, or another address: [`Refusal::FormUsed`].
pub fn join(env: &Env, acting: &Acting, command: JoinWaitList) -> Result<(), Failure> {
    acting.require(Action::UsePublicPages)?;
    let rules = diary::current(env)?.rules.clone();
    let (inside, acting) = (env.clone(), acting.clone());
    env.store.write(move |tx| {
        let env = &inside;
        if let Some(known) =
            store::wait_list::by_idempotency_key(tx, env.clinic_id, &command.idempotency_key)?
        {
            return if is_same(&known, &command) { Ok(()) } else { Err(Refusal::FormUsed.into()) };
        }
        let now = env.clock.now();
        protocols::require_open(tx, env, &rules)?;
        if let Some(practitioner) = command.practitioner {
            rules.practitioners().find(|one| one.id == practitioner).ok_or(Failure::NotFound)?;
        }
        let last = last_that_counts(&rules, now);
        let response =
            screening::permits(tx, env, &rules, command.response.as_ref(), &command.visit_type, last)?;
        let email = command.contact.address()?.to_string();
        if store::wait_list::count_of(tx, env.clinic_id, &email)? >= ENTRIES_PER_ADDRESS {
            return Ok(());
        }
        let until = now.saturating_add(Span::new().hours(24 * WAIT_DAYS)).unwrap_or(Timestamp::MAX);
        let id: WaitEntryId = env.new_id();
        let entry = WaitEntry {
            id,
            visit_type: command.visit_type.clone(),
            practitioner_id: command.practitioner,
            weekdays: command.weekdays.clone(),
            parts: command.parts.clone(),
            name: command.contact.name.clone(),
            email,
            phone: command.contact.phone.clone(),
            expires_at: response.as_ref().map_or(until, |response| response.expires_at.min(until)),
            response_id: match response {
                Some(response) => Some(screening::copy(tx, env, response.id)?),
                None => None,
            },
            state: WaitState::Waiting,
            appointment_id: None,
            link_hash: env.link_key.wait_secret(id).hash(),
            idempotency_key: command.idempotency_key.clone(),
            created_at: now,
        };
        store::wait_list::insert(tx, env.clinic_id, &entry)?;
        let subject_id = format!("waiting:{id}");
        let job = NewJob { kind: jobs::WRITE_LETTER.into(), subject_id, run_at: now };
        store::jobs::enqueue(tx, env.clinic_id, &job)?;
        audit::note(
            tx,
            env,
            &acting,
            "wait-list.join",
            "wait-entry",
            &id.to_string(),
            "visit_type weekdays parts",
        )
    })
}

/// Whoever must wait may join: the last day that can be booked is the latest that counts.
fn last_that_counts(rules: &Rules, now: Timestamp) -> Timestamp {
    let days = i64::from(rules.clinic.settings.horizon_days);
    now.saturating_add(Span::new().hours(24 * days)).unwrap_or(Timestamp::MAX)
}

/// The days of the week, Monday is 1, on which any therapist is on duty while somebody who joins today waits: others would
/// be waited for in vain.
pub fn weekdays(env: &Env) -> Result<BTreeSet<u8>, Failure> {
    let diary = diary::current(env)?;
    let today = diary.rules.date_at(env.clock.now());
    let days = today.series(Span::new().days(1)).take(usize::try_from(WAIT_DAYS).unwrap_or_default());
    let is_worked = |day: &Date| diary.rules.practitioners().any(|one| !diary.duty(one.id, *day).is_empty());
    Ok(days.filter(is_worked).map(|day| day.weekday().to_monday_one_offset().unsigned_abs()).collect())
}

/// Whether an entry is what somebody asks for once more.
fn is_same(entry: &WaitEntry, command: &JoinWaitList) -> bool {
    let contact = &command.contact;
    entry.visit_type == command.visit_type
        && entry.practitioner_id == command.practitioner
        && entry.weekdays == command.weekdays
        && entry.parts == command.parts
        && (&entry.name, &entry.phone) == (&contact.name, &contact.phone)
        && contact.email.as_ref().is_some_and(|email| email.as_str() == entry.email)
}

/// The place that a secret link opens.
pub fn by_link(env: &Env, acting: &Acting, secret: &Secret) -> Result<Option<WaitPlace>, Failure> {
    acting.require(Action::UsePublicPages)?;
    let diary = diary::current(env)?;
    let (now, hash) = (env.clock.now(), secret.hash());
    env.store.read(|tx| {
        let Some(entry) = store::wait_list::by_link(tx, env.clinic_id, &hash)? else { return Ok(None) };
        Ok(Some(WaitPlace::load(tx, env, &diary, entry, now)?))
    })
}

fn standing(diary: &Diary, entry: &WaitEntry, offer: &WaitOffer, now: Timestamp) -> Standing {
    match offer.state {
        WaitOfferState::Taken => Standing::Taken,
        WaitOfferState::Gone => Standing::Gone,
        WaitOfferState::Open if now >= offer.expires_at => Standing::Over,
        WaitOfferState::Open if fits(diary, entry, offer.start_at, now) => Standing::Open,
        WaitOfferState::Open => Standing::Gone,
    }
}

/// Leaves the list by the secret link. Left already, or booked: nothing happens.
pub fn leave(env: &Env, acting: &Acting, secret: &Secret) -> Result<(), Failure> {
    acting.require(Action::UsePublicPages)?;
    let (inside, acting, hash) = (env.clone(), acting.clone(), secret.hash());
    env.store.write(move |tx| {
        let entry = store::wait_list::by_link(tx, inside.clinic_id, &hash)?.ok_or(Failure::NotFound)?;
        strike(tx, &inside, &acting, entry.id, "wait-list.leave")
    })
}

/// Takes somebody off the list, at the desk.
pub fn remove(env: &Env, acting: &Acting, id: WaitEntryId) -> Result<(), Failure> {
    acting.require(Action::ChangeDiary)?;
    let (inside, acting) = (env.clone(), acting.clone());
    env.store.write(move |tx| {
        store::wait_list::load(tx, inside.clinic_id, id)?.ok_or(Failure::NotFound)?;
        strike(tx, &inside, &acting, id, "wait-list.remove")
    })
}

fn strike(tx: &mut Tx<'_>, env: &Env, acting: &Acting, id: WaitEntryId, action: &str) -> Result<(), Failure> {
    if store::wait_list::left(tx, env.clinic_id, id)? {
        audit::note(tx, env, acting, action, "wait-entry", &id.to_string(), "state")?;
    }
    Ok(())
}

/// Who waits, longest first, with what they were offered. The look is recorded in the audit trail, since nobody on the list
/// need be a patient.
pub fn list(env: &Env, acting: &Acting) -> Result<Vec<WaitPlace>, Failure> {
    acting.require(Action::SeeDiary)?;
    let diary = diary::current(env)?;
    let (inside, acting) = (env.clone(), acting.clone());
    env.store.write(move |tx| {
        let env = &inside;
        let now = env.clock.now();
        let mut places = Vec::new();
        for entry in store::wait_list::waiting(tx, env.clinic_id, now)? {
            places.push(WaitPlace::load(tx, env, &diary, entry, now)?);
        }
        audit::note(tx, env, &acting, "wait-list.read", "wait-entry", "", &places.len().to_string())?;
        Ok(places)
    })
}

/// Writes offers of one time and their letters, which leave after `wait_seconds`.
pub(crate) fn write_offer(
    tx: &mut Tx<'_>,
    env: &Env,
    acting: &Acting,
    offer: &WaitOffer,
    wait_seconds: i64,
) -> Result<(), Failure> {
    let id = store::wait_list::offer(tx, env.clinic_id, offer)?;
    let run_at = env.clock.now().saturating_add(Span::new().seconds(wait_seconds)).unwrap_or(Timestamp::MAX);
    // The moment is in the key, so that a time offered again is written about again.
    let subject_id = format!("offered:{id}:{}", offer.offered_at.as_microsecond());
    let job = NewJob { kind: jobs::WRITE_LETTER.into(), subject_id, run_at };
    store::jobs::enqueue(tx, env.clinic_id, &job)?;
    audit::note(
        tx,
        env,
        acting,
        "wait-list.offer",
        "wait-entry",
        &offer.entry_id.to_string(),
        "start_at end_at",
    )
}

/// From this hour of the evening on nobody is expected to read their mail, until [`AWAKE_HOUR`].
const NIGHT_HOUR: i8 = 20;
const AWAKE_HOUR: i8 = 8;
/// What is offered at night can be answered at least until this hour of the morning.
const ANSWER_HOUR: i8 = 10;

/// Until when an offer made now of a visit that begins at `start_at` can be taken. An offer made at night does not run out
/// while people sleep.
pub(crate) fn offered_until(env: &Env, rules: &Rules, start_at: Timestamp) -> Timestamp {
    let settings = &rules.clinic.settings;
    let minutes = |minutes: u32| Span::new().minutes(i64::from(minutes));
    let now = env.clock.now();
    let by_clock = now.saturating_add(minutes(settings.wait_offer_minutes)).unwrap_or(Timestamp::MAX);
    let answer = morning_after(now, &rules.zone).map_or(by_clock, |morning| by_clock.max(morning));
    answer.min(start_at.saturating_sub(minutes(settings.min_notice_minutes)).unwrap_or(Timestamp::MIN))
}

/// For a moment in the night, when in the morning after it an answer can be expected.
fn morning_after(now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let local = now.to_zoned(zone.clone());
    let morning = match local.hour() {
        NIGHT_HOUR.. => local.date().tomorrow().ok()?,
        ..AWAKE_HOUR => local.date(),
        _ => return None,
    };
    Some(morning.at(ANSWER_HOUR, 0, 0, 0).to_zoned(zone.clone()).ok()?.timestamp())
}

/// The booking that an entry stands for.
pub(crate) fn booking(
    entry: &WaitEntry,
    start_at: Timestamp,
    tell_patient: bool,
) -> Result<appointments::BookAppointment, Failure> {
    let email = entry.email.parse().map_err(|_| crate::failure::bad_data("a stored address is none"))?;
    Ok(appointments::BookAppointment {
        visit_type: entry.visit_type.clone(),
        start_at,
        practitioner: entry.practitioner_id,
        contact: Contact { name: entry.name.clone(), email: Some(email), phone: entry.phone.clone() },
        birth_on: None,
        hold: None,
        response: None,
        zones: Vec::new(),
        // One visit for each entry, whatever is pressed how often.
        idempotency_key: format!("wait{}", entry.id),
        note: String::new(),
        tell_patient,
    })
}
