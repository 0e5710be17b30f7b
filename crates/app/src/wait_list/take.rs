//! Taking an offered time: the first to book it has it, and the others stay where they were.

use jiff::{Span, Timestamp};
use record::{WaitEntry, WaitOfferState, WaitState};
use schedule::Query;
use store::Tx;
use vocab::{ResourceId, WaitOfferId};

use super::booking;
use crate::{
    Acting, Action, Env, Failure, Refusal, Secret,
    appointments::{self, Booked, New},
    diary::{self, Diary, Rules},
    protocols, screening, visit_types,
};

/// Whether somebody on the list can have a visit that begins at `start_at`: it is free, and suits them.
pub(crate) fn fits(diary: &Diary, entry: &WaitEntry, start_at: Timestamp, now: Timestamp) -> bool {
    offered_with(diary, entry, start_at, now).is_some()
}

/// Who would lead the visit of somebody on the list that begins at `start_at`, as things stand; `None` if it is not free or
/// does not suit them.
pub fn offered_with(
    diary: &Diary,
    entry: &WaitEntry,
    start_at: Timestamp,
    now: Timestamp,
) -> Option<ResourceId> {
    let visit = diary.rules.visits.get(&entry.visit_type)?;
    let local = start_at.to_zoned(diary.rules.zone.clone());
    let weekday = local.date().weekday().to_monday_one_offset().unsigned_abs();
    let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap_or(0);
    let suits = entry.weekdays.contains(&weekday)
        && entry.parts.iter().any(|part| (part.minutes().0..part.minutes().1).contains(&minute));
    let lead = entry.practitioner_id.map(visit_types::key_of);
    let query = Query { lead: lead.as_ref(), now: Some(now), ..Query::all(local.date(), local.date()) };
    let decision = diary.calendar.decide(visit, &query, start_at).ok().filter(|_| suits)?;
    visit_types::stored_seat(&decision.lead, 0).map(|(resource, _)| resource)
}

/// Whether the self-check of somebody on the list allows the visit at that time, by the rules of today.
pub(crate) fn screened(
    tx: &mut Tx<'_>,
    env: &Env,
    rules: &Rules,
    entry: &WaitEntry,
    start_at: Timestamp,
) -> Result<bool, Failure> {
    match screening::permits_entry(tx, env, rules, entry.response_id, &entry.visit_type, start_at) {
        Ok(_) => Ok(true),
        Err(Failure::Refused(_)) => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// Whether somebody on the list has to answer the self-check again: the protocol has other questions since, or their answers are
/// forgotten. Nothing is offered to them before.
pub(super) fn must_answer_again(
    tx: &mut Tx<'_>,
    env: &Env,
    rules: &Rules,
    entry: &WaitEntry,
) -> Result<bool, Failure> {
    let now = env.clock.now();
    match screening::permits_entry(tx, env, rules, entry.response_id, &entry.visit_type, now) {
        Err(Failure::Refused(Refusal::SelfCheckOutdated | Refusal::SelfCheckMissing)) => Ok(true),
        Ok(_) | Err(Failure::Refused(_)) => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// Takes an offered time by the secret link: books the visit at once, because a link that came by mail proves the address.
/// Taken already by the same: the booking there is.
pub fn take(env: &Env, acting: &Acting, secret: &Secret, offer: WaitOfferId) -> Result<Booked, Failure> {
    acting.require(Action::UsePublicPages)?;
    let (hash, inside) = (secret.hash(), acting.clone());
    let taken = diary::change(env, move |tx, env, book| {
        let entry = store::wait_list::by_link(tx, env.clinic_id, &hash)?.ok_or(Failure::NotFound)?;
        let entry =
            store::wait_list::load_to_change(tx, env.clinic_id, entry.id)?.ok_or(Failure::NotFound)?;
        let offer = store::wait_list::load_offer(tx, env.clinic_id, offer)?
            .filter(|offer| offer.entry_id == entry.id)
            .ok_or(Failure::NotFound)?;
        let command = booking(&entry, offer.start_at, true)?;
        if let Some(appointment) =
            store::appointments::by_idempotency_key(tx, env.clinic_id, &command.idempotency_key)?
        {
            let link = env.link_key.secret(appointment.id);
            return Ok(Booked { appointment, link, is_repeat: true });
        }
        let now = env.clock.now();
        if entry.state != WaitState::Waiting || !offer.is_open(now) {
            return Err(Refusal::OfferGone.into());
        }
        let rules = book.rules()?;
        protocols::require_open(tx, env, &rules)?;
        let response =
            screening::permits_entry(tx, env, &rules, entry.response_id, &entry.visit_type, offer.start_at)?;
        let birth_on = response.as_ref().and_then(|response| response.birth_on);
        let patient = appointments::whose(tx, env, &command, birth_on, now)?;
        let elsewhere = patient.elsewhere(tx, env)?;
        let lead = appointments::key(entry.practitioner_id);
        let asked = appointments::query(&rules, &inside, offer.start_at, lead.as_ref(), now, &elsewhere);
        let planned = book.plan(&entry.visit_type, &asked, offer.start_at);
        let planned = appointments::told(planned, &inside, book.diary()?, &entry.visit_type, offer.start_at)?;
        let command = appointments::remark(tx, env, &patient, &command)?;
        let new = New { patient, response, planned, must_confirm: false, overbooked_for: "" };
        let booked = appointments::write(tx, env, &inside, book, &command, new)?;
        store::wait_list::booked(tx, env.clinic_id, entry.id, booked.appointment.id)?;
        store::wait_list::settle(tx, env.clinic_id, offer.id, WaitOfferState::Taken)?;
        close_others(tx, env, book.diary()?, &booked)?;
        Ok(booked)
    });
    match taken {
        // Whoever has another visit then is told so, and the time stays on offer.
        Err(Failure::Refused(Refusal::TimeTaken | Refusal::NoSuchTime(_) | Refusal::NotOpen(_))) => {
            gone(env, offer)?;
            Err(Refusal::OfferGone.into())
        }
        taken => taken,
    }
}

/// Notes for those who were offered a time that overlaps this booking, and cannot be had any more, that it is gone.
fn close_others(tx: &mut Tx<'_>, env: &Env, diary: &Diary, booked: &Booked) -> Result<(), Failure> {
    let visit = &booked.appointment;
    let now = env.clock.now();
    let reach = visit.start_at.saturating_sub(Span::new().hours(12)).unwrap_or(Timestamp::MIN);
    for offer in store::wait_list::offers_between(tx, env.clinic_id, reach, visit.end_at)? {
        if !offer.is_open(now) || offer.end_at <= visit.start_at {
            continue;
        }
        let entry = store::wait_list::load(tx, env.clinic_id, offer.entry_id)?;
        if entry.is_some_and(|entry| !fits(diary, &entry, offer.start_at, now)) {
            store::wait_list::settle(tx, env.clinic_id, offer.id, WaitOfferState::Gone)?;
        }
    }
    Ok(())
}

/// Notes that an offer cannot be had any more.
fn gone(env: &Env, offer: WaitOfferId) -> Result<(), Failure> {
    let clinic = env.clinic_id;
    env.store.write(move |tx| {
        store::wait_list::settle(tx, clinic, offer, WaitOfferState::Gone)?;
        Ok::<_, Failure>(())
    })
}
