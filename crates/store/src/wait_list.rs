//! The wait list and what it was offered.

use crate::{Row, StoreError, Tx, join};
use jiff::Timestamp;
use record::{DayPart, WaitEntry, WaitOffer, WaitOfferState, WaitState};
use vocab::{AppointmentId, ClinicId, ResponseId, VisitTypeId, WaitEntryId, WaitOfferId};

/// Writes a new entry.
pub fn insert(tx: &mut Tx<'_>, clinic: ClinicId, entry: &WaitEntry) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO wait_entry (clinic_id, entry_id, visit_type, practitioner_id, weekdays, parts, name, email,
           phone, response_id, state, appointment_id, link_hash, idempotency_key, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        &[
            clinic.into(),
            entry.id.into(),
            entry.visit_type.as_str().into(),
            entry.practitioner_id.into(),
            join(entry.weekdays.iter().map(ToString::to_string)).into(),
            join(entry.parts.iter().map(|part| part.as_str())).into(),
            (&entry.name).into(),
            (&entry.email).into(),
            (&entry.phone).into(),
            entry.response_id.into(),
            entry.state.as_str().into(),
            entry.appointment_id.into(),
            (&entry.link_hash).into(),
            (&entry.idempotency_key).into(),
            entry.created_at.into(),
            entry.expires_at.into(),
        ],
    )?;
    Ok(())
}

/// One entry.
pub fn load(tx: &mut Tx<'_>, clinic: ClinicId, id: WaitEntryId) -> Result<Option<WaitEntry>, StoreError> {
    tx.query_one(
        "SELECT entry_id, visit_type, practitioner_id, weekdays, parts, name, email, phone, response_id, state,
           appointment_id, link_hash, idempotency_key, created_at, expires_at
         FROM wait_entry WHERE clinic_id = $1 AND entry_id = $2",
        &[clinic.into(), id.into()],
        read,
    )
}

/// One entry that is about to be changed: nobody else changes it until this transaction ends.
pub fn load_to_change(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    id: WaitEntryId,
) -> Result<Option<WaitEntry>, StoreError> {
    tx.query_one(
        "SELECT entry_id, visit_type, practitioner_id, weekdays, parts, name, email, phone, response_id, state,
           appointment_id, link_hash, idempotency_key, created_at, expires_at
         FROM wait_entry WHERE clinic_id = $1 AND entry_id = $2 FOR UPDATE",
        &[clinic.into(), id.into()],
        read,
    )
}

/// The entry of a secret link.
pub fn by_link(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    link_hash: &[u8; 32],
) -> Result<Option<WaitEntry>, StoreError> {
    tx.query_one(
        "SELECT entry_id, visit_type, practitioner_id, weekdays, parts, name, email, phone, response_id, state,
           appointment_id, link_hash, idempotency_key, created_at, expires_at
         FROM wait_entry WHERE clinic_id = $1 AND link_hash = $2",
        &[clinic.into(), link_hash.into()],
        read,
    )
}

/// The entry that was made with this key.
pub fn by_idempotency_key(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    key: &str,
) -> Result<Option<WaitEntry>, StoreError> {
    tx.query_one(
        "SELECT entry_id, visit_type, practitioner_id, weekdays, parts, name, email, phone, response_id, state,
           appointment_id, link_hash, idempotency_key, created_at, expires_at
         FROM wait_entry WHERE clinic_id = $1 AND idempotency_key = $2",
        &[clinic.into(), key.into()],
        read,
    )
}

/// Who waits at `now`, longest first; 500 at most.
pub fn waiting(tx: &mut Tx<'_>, clinic: ClinicId, now: Timestamp) -> Result<Vec<WaitEntry>, StoreError> {
    tx.query(
        "SELECT entry_id, visit_type, practitioner_id, weekdays, parts, name, email, phone, response_id, state,
           appointment_id, link_hash, idempotency_key, created_at, expires_at
         FROM wait_entry WHERE clinic_id = $1 AND state = 'waiting' AND expires_at > $2
         ORDER BY created_at, entry_id LIMIT 500",
        &[clinic.into(), now.into()],
        read,
    )
}

/// Whether anybody waits at `now`.
pub fn has_any(tx: &mut Tx<'_>, clinic: ClinicId, now: Timestamp) -> Result<bool, StoreError> {
    let found = tx.query_one(
        "SELECT 1 FROM wait_entry WHERE clinic_id = $1 AND state = 'waiting' AND expires_at > $2 LIMIT 1",
        &[clinic.into(), now.into()],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// How many entries of this address wait.
pub fn count_of(tx: &mut Tx<'_>, clinic: ClinicId, email: &str) -> Result<usize, StoreError> {
    let found = tx.query_one(
        "SELECT count(*) FROM wait_entry WHERE clinic_id = $1 AND email = $2 AND state = 'waiting'",
        &[clinic.into(), email.into()],
        |row| row.int(0),
    )?;
    Ok(found.and_then(|count| usize::try_from(count).ok()).unwrap_or(0))
}

/// The entry has its visit; `false` if it waits no longer.
pub fn booked(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    id: WaitEntryId,
    appointment: AppointmentId,
) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "UPDATE wait_entry SET state = 'booked', appointment_id = $3
         WHERE clinic_id = $1 AND entry_id = $2 AND state = 'waiting'",
        &[clinic.into(), id.into(), appointment.into()],
    )?;
    Ok(rows == 1)
}

/// The entry rests on this self-check from now on; `false` if it was not waiting.
pub fn answered_again(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    id: WaitEntryId,
    response: ResponseId,
) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "UPDATE wait_entry SET response_id = $3
         WHERE clinic_id = $1 AND entry_id = $2 AND state = 'waiting'",
        &[clinic.into(), id.into(), response.into()],
    )?;
    Ok(rows == 1)
}

/// The entry is off the list and says no longer whose it was; `false` if it was not waiting.
pub fn left(tx: &mut Tx<'_>, clinic: ClinicId, id: WaitEntryId) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "UPDATE wait_entry SET state = 'left', name = '', email = '', phone = ''
         WHERE clinic_id = $1 AND entry_id = $2 AND state = 'waiting'",
        &[clinic.into(), id.into()],
    )?;
    Ok(rows == 1)
}

/// Takes those off the list whose time to wait is over, and forgets entries that ended before `before`, with what they
/// were offered; how many were touched (1,000 of each at most).
pub fn forget_expired(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    now: Timestamp,
    before: Timestamp,
) -> Result<u64, StoreError> {
    let left = tx.execute(
        "UPDATE wait_entry SET state = 'left', name = '', email = '', phone = ''
         WHERE clinic_id = $1 AND state = 'waiting' AND expires_at <= $2",
        &[clinic.into(), now.into()],
    )?;
    tx.execute(
        "DELETE FROM wait_offer WHERE clinic_id = $1 AND entry_id IN (
           SELECT entry_id FROM wait_entry WHERE clinic_id = $1 AND state <> 'waiting' AND expires_at <= $2
           ORDER BY expires_at LIMIT 1000)",
        &[clinic.into(), before.into()],
    )?;
    let forgotten = tx.execute(
        "DELETE FROM wait_entry WHERE clinic_id = $1 AND entry_id IN (
           SELECT entry_id FROM wait_entry WHERE clinic_id = $1 AND state <> 'waiting' AND expires_at <= $2
           ORDER BY expires_at LIMIT 1000)",
        &[clinic.into(), before.into()],
    )?;
    Ok(left + forgotten)
}

/// Writes an offer; the same time offered to the same entry before is offered anew, under its old id.
pub fn offer(tx: &mut Tx<'_>, clinic: ClinicId, offer: &WaitOffer) -> Result<WaitOfferId, StoreError> {
    let id = tx.query_one(
        "INSERT INTO wait_offer (clinic_id, offer_id, entry_id, start_at, end_at, state, offered_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (clinic_id, entry_id, start_at) DO UPDATE SET end_at = excluded.end_at,
           state = excluded.state, offered_at = excluded.offered_at, expires_at = excluded.expires_at
         RETURNING offer_id",
        &[
            clinic.into(),
            offer.id.into(),
            offer.entry_id.into(),
            offer.start_at.into(),
            offer.end_at.into(),
            offer.state.as_str().into(),
            offer.offered_at.into(),
            offer.expires_at.into(),
        ],
        |row| row.read(0, "wait_offer.offer_id"),
    )?;
    id.ok_or(StoreError::Corrupt("wait_offer.offer_id"))
}

/// One offer.
pub fn load_offer(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    id: WaitOfferId,
) -> Result<Option<WaitOffer>, StoreError> {
    tx.query_one(
        "SELECT offer_id, entry_id, start_at, end_at, state, offered_at, expires_at FROM wait_offer
         WHERE clinic_id = $1 AND offer_id = $2",
        &[clinic.into(), id.into()],
        read_offer,
    )
}

/// What an entry was offered, latest visit first; 50 at most.
pub fn offers_to(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    entry: WaitEntryId,
) -> Result<Vec<WaitOffer>, StoreError> {
    tx.query(
        "SELECT offer_id, entry_id, start_at, end_at, state, offered_at, expires_at FROM wait_offer
         WHERE clinic_id = $1 AND entry_id = $2 ORDER BY start_at DESC, offer_id LIMIT 50",
        &[clinic.into(), entry.into()],
        read_offer,
    )
}

/// Offers of visits that begin from `from` until just before `to`, to whomever, by beginning; 2,000 at most.
pub fn offers_between(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<WaitOffer>, StoreError> {
    tx.query(
        "SELECT offer_id, entry_id, start_at, end_at, state, offered_at, expires_at FROM wait_offer
         WHERE clinic_id = $1 AND start_at >= $2 AND start_at < $3 ORDER BY start_at, offer_id LIMIT 2000",
        &[clinic.into(), from.into(), to.into()],
        read_offer,
    )
}

/// Writes what has become of an open offer; `false` if it is open no longer.
pub fn settle(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    id: WaitOfferId,
    state: WaitOfferState,
) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "UPDATE wait_offer SET state = $3 WHERE clinic_id = $1 AND offer_id = $2 AND state = 'open'",
        &[clinic.into(), id.into(), state.as_str().into()],
    )?;
    Ok(rows == 1)
}

fn read(row: &Row<'_>) -> Result<WaitEntry, StoreError> {
    Ok(WaitEntry {
        id: row.read(0, "wait_entry.entry_id")?,
        visit_type: row.named(1, "wait_entry.visit_type", VisitTypeId::new)?,
        practitioner_id: row.read_or_null(2, "wait_entry.practitioner_id")?,
        weekdays: row.names(3, "wait_entry.weekdays", str::parse)?,
        parts: row.names(4, "wait_entry.parts", str::parse::<DayPart>)?,
        name: row.text(5)?,
        email: row.text(6)?,
        phone: row.text(7)?,
        response_id: row.read_or_null(8, "wait_entry.response_id")?,
        state: row.read::<WaitState>(9, "wait_entry.state")?,
        appointment_id: row.read_or_null(10, "wait_entry.appointment_id")?,
        link_hash: row.hash(11, "wait_entry.link_hash")?,
        idempotency_key: row.text(12)?,
        created_at: row.instant(13, "wait_entry.created_at")?,
        expires_at: row.instant(14, "wait_entry.expires_at")?,
    })
}

fn read_offer(row: &Row<'_>) -> Result<WaitOffer, StoreError> {
    Ok(WaitOffer {
        id: row.read(0, "wait_offer.offer_id")?,
        entry_id: row.read(1, "wait_offer.entry_id")?,
        start_at: row.instant(2, "wait_offer.start_at")?,
        end_at: row.instant(3, "wait_offer.end_at")?,
        state: row.read(4, "wait_offer.state")?,
        offered_at: row.instant(5, "wait_offer.offered_at")?,
        expires_at: row.instant(6, "wait_offer.expires_at")?,
    })
}
