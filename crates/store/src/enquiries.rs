//! Questions sent to the clinic.

use crate::{Row, StoreError, Tx};
use jiff::Timestamp;
use record::{Enquiry, EnquiryState};
use vocab::{ClinicId, EnquiryId};

/// Writes a new enquiry; `false`, and nothing is written, if one with its id is there already.
pub fn insert(tx: &mut Tx<'_>, clinic: ClinicId, enquiry: &Enquiry) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "INSERT INTO enquiry (clinic_id, enquiry_id, name, email, phone, body, state, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        &[
            clinic.into(),
            enquiry.id.into(),
            (&enquiry.name).into(),
            (&enquiry.email).into(),
            (&enquiry.phone).into(),
            (&enquiry.text).into(),
            enquiry.state.as_str().into(),
            enquiry.created_at.into(),
        ],
    )?;
    Ok(rows == 1)
}

/// Writes what has become of an enquiry; `false` if there is none.
pub fn set_state(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    id: EnquiryId,
    state: EnquiryState,
) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "UPDATE enquiry SET state = $3 WHERE clinic_id = $1 AND enquiry_id = $2",
        &[clinic.into(), id.into(), state.as_str().into()],
    )?;
    Ok(rows == 1)
}

/// Forgets enquiries that were sent before `before`; how many (1,000 at most at a time).
pub fn forget(tx: &mut Tx<'_>, clinic: ClinicId, before: Timestamp) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM enquiry WHERE clinic_id = $1 AND enquiry_id IN (
           SELECT enquiry_id FROM enquiry WHERE clinic_id = $1 AND created_at < $2 LIMIT 1000)",
        &[clinic.into(), before.into()],
    )
}

/// The newest enquiries, newest first; `limit` at most, and never more than 1,000.
pub fn newest(tx: &mut Tx<'_>, clinic: ClinicId, limit: usize) -> Result<Vec<Enquiry>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(1_000).min(1_000);
    tx.query(
        "SELECT enquiry_id, name, email, phone, body, state, created_at FROM enquiry
         WHERE clinic_id = $1 ORDER BY created_at DESC, enquiry_id LIMIT $2",
        &[clinic.into(), limit.into()],
        read,
    )
}

/// One enquiry.
pub fn load(tx: &mut Tx<'_>, clinic: ClinicId, id: EnquiryId) -> Result<Option<Enquiry>, StoreError> {
    tx.query_one(
        "SELECT enquiry_id, name, email, phone, body, state, created_at FROM enquiry
         WHERE clinic_id = $1 AND enquiry_id = $2",
        &[clinic.into(), id.into()],
        read,
    )
}

fn read(row: &Row<'_>) -> Result<Enquiry, StoreError> {
    Ok(Enquiry {
        id: row.read(0, "enquiry.enquiry_id")?,
        name: row.text(1)?,
        email: row.text(2)?,
        phone: row.text(3)?,
        text: row.text(4)?,
        state: row.read(5, "enquiry.state")?,
        created_at: row.instant(6, "enquiry.created_at")?,
    })
}
