//! Members of staff and their sessions.

use crate::{Row, StoreError, Tx};
use jiff::Timestamp;
use record::{Session, Staff};
use vocab::{ClinicId, SessionId, StaffId};

/// Writes a member of staff, or everything about them anew. `Duplicate` if another has the sign-in name.
pub fn save(tx: &mut Tx<'_>, clinic: ClinicId, staff: &Staff) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO staff (clinic_id, staff_id, sign_in_name, name, role, state, password_hash, resource_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (clinic_id, staff_id) DO UPDATE SET sign_in_name = excluded.sign_in_name,
           name = excluded.name, role = excluded.role, state = excluded.state,
           password_hash = excluded.password_hash, resource_id = excluded.resource_id",
        &[
            clinic.into(),
            staff.id.into(),
            (&staff.sign_in_name).into(),
            (&staff.name).into(),
            staff.role.as_str().into(),
            staff.state.as_str().into(),
            (&staff.password_hash).into(),
            staff.resource_id.into(),
        ],
    )?;
    Ok(())
}

/// All members of staff (2,000 at most), by sign-in name.
pub fn list(tx: &mut Tx<'_>, clinic: ClinicId) -> Result<Vec<Staff>, StoreError> {
    tx.query(
        "SELECT staff_id, sign_in_name, name, role, state, password_hash, resource_id FROM staff
         WHERE clinic_id = $1 ORDER BY sign_in_name LIMIT 2000",
        &[clinic.into()],
        read,
    )
}

/// One member of staff.
pub fn load(tx: &mut Tx<'_>, clinic: ClinicId, id: StaffId) -> Result<Option<Staff>, StoreError> {
    tx.query_one(
        "SELECT staff_id, sign_in_name, name, role, state, password_hash, resource_id FROM staff
         WHERE clinic_id = $1 AND staff_id = $2",
        &[clinic.into(), id.into()],
        read,
    )
}

/// Who signs in by this name, whatever their state.
pub fn by_sign_in_name(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    sign_in_name: &str,
) -> Result<Option<Staff>, StoreError> {
    tx.query_one(
        "SELECT staff_id, sign_in_name, name, role, state, password_hash, resource_id FROM staff
         WHERE clinic_id = $1 AND sign_in_name = $2",
        &[clinic.into(), sign_in_name.into()],
        read,
    )
}

fn read(row: &Row<'_>) -> Result<Staff, StoreError> {
    read_from(row, 0)
}

fn read_from(row: &Row<'_>, first: usize) -> Result<Staff, StoreError> {
    Ok(Staff {
        id: row.read(first, "staff.staff_id")?,
        sign_in_name: row.text(first + 1)?,
        name: row.text(first + 2)?,
        role: row.read(first + 3, "staff.role")?,
        state: row.read(first + 4, "staff.state")?,
        password_hash: row.text(first + 5)?,
        resource_id: row.read_or_null(first + 6, "staff.resource_id")?,
    })
}

/// Writes a new session; `token_hash` is the SHA-256 of its secret.
pub fn insert_session(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    session: &Session,
    token_hash: &[u8; 32],
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO session (clinic_id, session_id, token_hash, staff_id, created_at, seen_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            clinic.into(),
            session.id.into(),
            token_hash.into(),
            session.staff_id.into(),
            session.created_at.into(),
            session.seen_at.into(),
            session.expires_at.into(),
        ],
    )?;
    Ok(())
}

/// The session with this secret that has not ended at `now`, and whose it is: active members of staff only.
pub fn session(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    token_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<(Session, Staff)>, StoreError> {
    tx.query_one(
        "SELECT session.session_id, session.created_at, session.seen_at, session.expires_at,
           staff.staff_id, staff.sign_in_name, staff.name, staff.role, staff.state, staff.password_hash,
           staff.resource_id
         FROM session
         JOIN staff ON staff.clinic_id = session.clinic_id AND staff.staff_id = session.staff_id
         WHERE session.clinic_id = $1 AND session.token_hash = $2 AND session.expires_at > $3
           AND staff.state = 'active'",
        &[clinic.into(), token_hash.into(), now.into()],
        |row| {
            let staff = read_from(row, 4)?;
            let session = Session {
                id: row.read(0, "session.session_id")?,
                staff_id: staff.id,
                created_at: row.instant(1, "session.created_at")?,
                seen_at: row.instant(2, "session.seen_at")?,
                expires_at: row.instant(3, "session.expires_at")?,
            };
            Ok((session, staff))
        },
    )
}

/// Notes that the session was used.
pub fn touch_session(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    id: SessionId,
    seen_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE session SET seen_at = $3 WHERE clinic_id = $1 AND session_id = $2",
        &[clinic.into(), id.into(), seen_at.into()],
    )?;
    Ok(())
}

/// Ends a session.
pub fn end_session(tx: &mut Tx<'_>, clinic: ClinicId, id: SessionId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM session WHERE clinic_id = $1 AND session_id = $2", &[clinic.into(), id.into()])?;
    Ok(())
}

/// Ends every session of one member of staff; how many there were.
pub fn end_sessions_of(tx: &mut Tx<'_>, clinic: ClinicId, staff: StaffId) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM session WHERE clinic_id = $1 AND staff_id = $2", &[clinic.into(), staff.into()])
}

/// Forgets sessions that have ended; how many.
pub fn forget_sessions(tx: &mut Tx<'_>, clinic: ClinicId, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM session WHERE clinic_id = $1 AND expires_at <= $2", &[clinic.into(), now.into()])
}
