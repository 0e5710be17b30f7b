//! Answers given to self-checks.

use crate::{Row, StoreError, Tx, join};
use jiff::Timestamp;
use record::QuestionnaireResponse;
use vocab::{AppointmentId, ClinicId, ConcernId, ResponseId, ZoneId};

/// Writes a new response; `token_hash` is the SHA-256 of the secret in the visitor's cookie.
pub fn insert(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    response: &QuestionnaireResponse,
    token_hash: &[u8; 32],
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO questionnaire_response (clinic_id, response_id, token_hash, protocol_sha256, state, concern,
           zones, birth_on, answers, outcome, until_on, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        &[
            clinic.into(),
            response.id.into(),
            token_hash.into(),
            (&response.protocol_sha256).into(),
            response.state.as_str().into(),
            response.concern.as_ref().map(ConcernId::as_str).into(),
            join(response.zones.iter().map(ZoneId::as_str)).into(),
            response.birth_on.into(),
            (&response.answers).into(),
            response.outcome.as_deref().into(),
            response.until_on.into(),
            response.created_at.into(),
            response.expires_at.into(),
        ],
    )?;
    Ok(())
}

/// Writes the answers, the outcome and all else anew, but not the secret; `false` if there is no such response.
pub fn update(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    response: &QuestionnaireResponse,
) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "UPDATE questionnaire_response SET protocol_sha256 = $3, state = $4, concern = $5, zones = $6,
           birth_on = $7, answers = $8, outcome = $9, until_on = $10, expires_at = $11
         WHERE clinic_id = $1 AND response_id = $2",
        &[
            clinic.into(),
            response.id.into(),
            (&response.protocol_sha256).into(),
            response.state.as_str().into(),
            response.concern.as_ref().map(ConcernId::as_str).into(),
            join(response.zones.iter().map(ZoneId::as_str)).into(),
            response.birth_on.into(),
            (&response.answers).into(),
            response.outcome.as_deref().into(),
            response.until_on.into(),
            response.expires_at.into(),
        ],
    )?;
    Ok(rows == 1)
}

/// One response.
pub fn load(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    id: ResponseId,
) -> Result<Option<QuestionnaireResponse>, StoreError> {
    tx.query_one(
        "SELECT response_id, protocol_sha256, state, concern, zones, birth_on, answers, outcome, until_on,
           created_at, expires_at
         FROM questionnaire_response WHERE clinic_id = $1 AND response_id = $2",
        &[clinic.into(), id.into()],
        read,
    )
}

/// The response with this secret that is not forgotten at `now`.
pub fn by_token(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    token_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<QuestionnaireResponse>, StoreError> {
    tx.query_one(
        "SELECT response_id, protocol_sha256, state, concern, zones, birth_on, answers, outcome, until_on,
           created_at, expires_at
         FROM questionnaire_response WHERE clinic_id = $1 AND token_hash = $2 AND expires_at > $3",
        &[clinic.into(), token_hash.into(), now.into()],
        read,
    )
}

/// The same, and nobody else changes or relies on it until this transaction ends.
pub fn by_token_to_change(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    token_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<QuestionnaireResponse>, StoreError> {
    tx.query_one(
        "SELECT response_id, protocol_sha256, state, concern, zones, birth_on, answers, outcome, until_on,
           created_at, expires_at
         FROM questionnaire_response WHERE clinic_id = $1 AND token_hash = $2 AND expires_at > $3 FOR UPDATE",
        &[clinic.into(), token_hash.into(), now.into()],
        read,
    )
}

/// Whether a visit that was not called off rests on this response.
pub fn is_booked_on(tx: &mut Tx<'_>, clinic: ClinicId, id: ResponseId) -> Result<bool, StoreError> {
    let found = tx.query_one(
        "SELECT 1 FROM appointment WHERE clinic_id = $1 AND response_id = $2 AND status <> 'cancelled' LIMIT 1",
        &[clinic.into(), id.into()],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Whether a visit in any state rests on this response.
pub fn is_referred_to(tx: &mut Tx<'_>, clinic: ClinicId, id: ResponseId) -> Result<bool, StoreError> {
    let found = tx.query_one(
        "SELECT 1 FROM appointment WHERE clinic_id = $1 AND response_id = $2 LIMIT 1",
        &[clinic.into(), id.into()],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// The responses with an outcome that visits rest on which overlap `from` to `to`, half-open, in no order; 20,000 at most.
pub fn finished_between(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(AppointmentId, QuestionnaireResponse)>, StoreError> {
    tx.query(
        "SELECT response.response_id, protocol_sha256, state, response.concern, response.zones, response.birth_on,
           answers, outcome, until_on, response.created_at, response.expires_at, appointment_id
         FROM appointment
         JOIN questionnaire_response response ON response.clinic_id = appointment.clinic_id
           AND response.response_id = appointment.response_id
         WHERE appointment.clinic_id = $1 AND start_at > $2 - 86400000000 AND start_at < $3 AND end_at > $2
           AND outcome IS NOT NULL
         LIMIT 20000",
        &[clinic.into(), from.into(), to.into()],
        |row| Ok((row.read(11, "appointment.appointment_id")?, read(row)?)),
    )
}

/// Gives a response the hash of another secret, so that the old one opens it no more. What was answered stays.
pub fn unlink(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    id: ResponseId,
    token_hash: &[u8; 32],
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE questionnaire_response SET token_hash = $3 WHERE clinic_id = $1 AND response_id = $2",
        &[clinic.into(), id.into(), token_hash.into()],
    )?;
    Ok(())
}

/// Does the same to what has expired under this secret: a visit may rest on it, and whoever has the secret begins anew.
pub fn unlink_expired(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    old_hash: &[u8; 32],
    new_hash: &[u8; 32],
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE questionnaire_response SET token_hash = $3
         WHERE clinic_id = $1 AND token_hash = $2 AND expires_at <= $4",
        &[clinic.into(), old_hash.into(), new_hash.into(), now.into()],
    )?;
    Ok(())
}

/// Forgets responses that have expired and that no appointment refers to; how many (1,000 at most at a time).
pub fn forget_expired(tx: &mut Tx<'_>, clinic: ClinicId, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM questionnaire_response WHERE clinic_id = $1 AND response_id IN (
           SELECT response_id FROM questionnaire_response old
           WHERE old.clinic_id = $1 AND old.expires_at <= $2 AND NOT EXISTS (
             SELECT 1 FROM appointment
             WHERE appointment.clinic_id = $1 AND appointment.response_id = old.response_id)
           LIMIT 1000)",
        &[clinic.into(), now.into()],
    )
}

fn read(row: &Row<'_>) -> Result<QuestionnaireResponse, StoreError> {
    Ok(QuestionnaireResponse {
        id: row.read(0, "questionnaire_response.response_id")?,
        protocol_sha256: row.text(1)?,
        state: row.read(2, "questionnaire_response.state")?,
        concern: row
            .str_or_null(3)?
            .map(|name| {
                ConcernId::new(name).map_err(|_| StoreError::Corrupt("questionnaire_response.concern"))
            })
            .transpose()?,
        zones: row.names(4, "questionnaire_response.zones", ZoneId::new)?,
        birth_on: row.read_or_null(5, "questionnaire_response.birth_on")?,
        answers: row.text(6)?,
        outcome: row.text_or_null(7)?,
        until_on: row.read_or_null(8, "questionnaire_response.until_on")?,
        created_at: row.instant(9, "questionnaire_response.created_at")?,
        expires_at: row.instant(10, "questionnaire_response.expires_at")?,
    })
}
