//! The outbox: what leaves, or has left, for a person.

use crate::{Row, StoreError, Tx};
use jiff::Timestamp;
use record::Message;
use vocab::{ClinicId, MessageId};

/// Puts a message into the outbox; `false`, and nothing is written, if the same event has one already.
pub fn enqueue(tx: &mut Tx<'_>, clinic: ClinicId, message: &Message) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "INSERT INTO message (clinic_id, message_id, kind, event_key, recipient, subject, body_text, body_html,
           calendar, state, attempts, next_attempt_at, created_at, sent_at, last_error)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '')
         ON CONFLICT (clinic_id, event_key) DO NOTHING",
        &[
            clinic.into(),
            message.id.into(),
            message.kind.as_str().into(),
            (&message.event_key).into(),
            (&message.to).into(),
            (&message.subject).into(),
            (&message.text).into(),
            message.html.as_deref().into(),
            message.calendar.as_deref().into(),
            message.state.as_str().into(),
            message.attempts.into(),
            message.next_attempt_at.into(),
            message.created_at.into(),
            message.sent_at.into(),
        ],
    )?;
    Ok(rows == 1)
}

/// Whether any message is due at `now`: a look that writes nothing, for workers that ask often.
pub fn has_due(tx: &mut Tx<'_>, clinic: ClinicId, now: Timestamp) -> Result<bool, StoreError> {
    let found = tx.query_one(
        "SELECT 1 FROM message WHERE clinic_id = $1 AND state = 'queued' AND next_attempt_at <= $2 LIMIT 1",
        &[clinic.into(), now.into()],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Takes queued messages that are due at `now`, `limit` at most; nobody else takes them until `leased_until`, when
/// they are due again unless [`sent`] or [`failed`] was called.
pub fn lease(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    now: Timestamp,
    leased_until: Timestamp,
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut messages = tx.query(
        "UPDATE message SET next_attempt_at = $3, attempts = attempts + 1
         WHERE clinic_id = $1 AND state = 'queued' AND next_attempt_at <= $2 AND message_id IN (
           SELECT message_id FROM message WHERE clinic_id = $1 AND state = 'queued' AND next_attempt_at <= $2
           ORDER BY next_attempt_at, message_id LIMIT $4)
         RETURNING message_id, kind, event_key, recipient, subject, body_text, body_html, calendar, state, attempts,
           next_attempt_at, created_at, sent_at",
        &[clinic.into(), now.into(), leased_until.into(), limit.into()],
        read,
    )?;
    messages.sort_by_key(|message| (message.created_at, message.id));
    Ok(messages)
}

/// Gives back a message that was taken and not tried: it is due at `next_at`, and the attempt does not count.
pub fn put_back(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    id: MessageId,
    next_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE message SET attempts = attempts - 1, next_attempt_at = $3
         WHERE clinic_id = $1 AND message_id = $2 AND state = 'queued'",
        &[clinic.into(), id.into(), next_at.into()],
    )?;
    Ok(())
}

/// Messages that were given up and whose text is still kept, oldest first; 1,000 at most.
pub fn given_up(tx: &mut Tx<'_>, clinic: ClinicId) -> Result<Vec<Message>, StoreError> {
    tx.query(
        "SELECT message_id, kind, event_key, recipient, subject, body_text, body_html, calendar, state, attempts,
           next_attempt_at, created_at, sent_at
         FROM message WHERE clinic_id = $1 AND state = 'failed' AND body_text <> ''
         ORDER BY created_at, message_id LIMIT 1000",
        &[clinic.into()],
        read,
    )
}

/// Messages whose event key begins with `prefix`, which ends in a colon and is followed by a number, each with why it could not
/// be handed over the last time; that is empty if it was not tried, or was sent. 1,000 at most.
pub fn with_errors(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    prefix: &str,
) -> Result<Vec<(Message, String)>, StoreError> {
    // Digits are before letters in the order of every language.
    let after = format!("{prefix}z");
    let mut found = tx.query(
        "SELECT message_id, kind, event_key, recipient, subject, body_text, body_html, calendar, state, attempts,
           next_attempt_at, created_at, sent_at, last_error
         FROM message WHERE clinic_id = $1 AND event_key >= $2 AND event_key < $3 ORDER BY event_key LIMIT 1000",
        &[clinic.into(), prefix.into(), after.into()],
        |row| Ok((read(row)?, row.text(13)?)),
    )?;
    found.retain(|(message, _)| message.event_key.starts_with(prefix));
    Ok(found)
}

/// Forgets what a message says, and keeps that there was one: its text can hold a secret link.
pub fn forget_text(tx: &mut Tx<'_>, clinic: ClinicId, id: MessageId) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE message SET body_text = '', body_html = NULL, calendar = NULL
         WHERE clinic_id = $1 AND message_id = $2 AND state <> 'queued'",
        &[clinic.into(), id.into()],
    )?;
    Ok(())
}

/// Forgets messages that were made before `before` and are not to be sent any more; how many (1,000 at most at a time).
pub fn forget(tx: &mut Tx<'_>, clinic: ClinicId, before: Timestamp) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM message WHERE clinic_id = $1 AND message_id IN (
           SELECT message_id FROM message WHERE clinic_id = $1 AND created_at < $2 AND state <> 'queued' LIMIT 1000)",
        &[clinic.into(), before.into()],
    )
}

/// The message was handed over.
pub fn sent(tx: &mut Tx<'_>, clinic: ClinicId, id: MessageId, sent_at: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE message SET state = 'sent', sent_at = $3, last_error = ''
         WHERE clinic_id = $1 AND message_id = $2",
        &[clinic.into(), id.into(), sent_at.into()],
    )?;
    Ok(())
}

/// The message could not be handed over: it is tried again at `next_at`, or failed for good if that is `None`.
/// `error` says why, without an address.
pub fn failed(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    id: MessageId,
    error: &str,
    next_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE message SET last_error = $3, next_attempt_at = COALESCE($4, next_attempt_at),
           state = CASE WHEN $5 THEN 'failed' ELSE state END
         WHERE clinic_id = $1 AND message_id = $2 AND state = 'queued'",
        &[clinic.into(), id.into(), error.into(), next_at.into(), next_at.is_none().into()],
    )?;
    Ok(())
}

/// One message.
pub fn load(tx: &mut Tx<'_>, clinic: ClinicId, id: MessageId) -> Result<Option<Message>, StoreError> {
    tx.query_one(
        "SELECT message_id, kind, event_key, recipient, subject, body_text, body_html, calendar, state, attempts,
           next_attempt_at, created_at, sent_at
         FROM message WHERE clinic_id = $1 AND message_id = $2",
        &[clinic.into(), id.into()],
        read,
    )
}

/// The keys of the events that begin with `prefix`, which ends in a colon and is followed by a number, and have a message, sent
/// or not; 1,000 at most.
pub fn event_keys(tx: &mut Tx<'_>, clinic: ClinicId, prefix: &str) -> Result<Vec<String>, StoreError> {
    let mut keys = tx.query(
        "SELECT event_key FROM message WHERE clinic_id = $1 AND event_key >= $2 AND event_key < $3
         ORDER BY event_key LIMIT 1000",
        &[clinic.into(), prefix.into(), after_numbers(prefix).into()],
        |row| row.text(0),
    )?;
    keys.retain(|key| key.starts_with(prefix));
    Ok(keys)
}

/// What comes after all texts that go on with a number: digits are before letters in the order of every language.
pub(crate) fn after_numbers(prefix: &str) -> String {
    format!("{prefix}z")
}

/// The newest messages, newest first; `limit` at most, and never more than 1,000.
pub fn newest(tx: &mut Tx<'_>, clinic: ClinicId, limit: usize) -> Result<Vec<Message>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(1_000).min(1_000);
    tx.query(
        "SELECT message_id, kind, event_key, recipient, subject, body_text, body_html, calendar, state, attempts,
           next_attempt_at, created_at, sent_at
         FROM message WHERE clinic_id = $1 ORDER BY created_at DESC, message_id LIMIT $2",
        &[clinic.into(), limit.into()],
        read,
    )
}

fn read(row: &Row<'_>) -> Result<Message, StoreError> {
    Ok(Message {
        id: row.read(0, "message.message_id")?,
        kind: row.read(1, "message.kind")?,
        event_key: row.text(2)?,
        to: row.text(3)?,
        subject: row.text(4)?,
        text: row.text(5)?,
        html: row.text_or_null(6)?,
        calendar: row.text_or_null(7)?,
        state: row.read(8, "message.state")?,
        attempts: row.small(9, "message.attempts")?,
        next_attempt_at: row.instant(10, "message.next_attempt_at")?,
        created_at: row.instant(11, "message.created_at")?,
        sent_at: row.instant_or_null(12, "message.sent_at")?,
    })
}
