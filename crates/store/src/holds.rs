//! Times kept for somebody who is still typing, and what has run out.

use crate::{Row, StoreError, Tx, appointments, diary};
use jiff::Timestamp;
use record::{Hold, Occupation, Owner};
use vocab::{AppointmentId, ClinicId, HoldId, VisitTypeId};

/// What [`free_expired`] freed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Freed {
    /// Holds that had run out and are gone.
    pub holds: Vec<HoldId>,
    /// Appointments that were not confirmed in time and are now cancelled.
    pub appointments: Vec<AppointmentId>,
    /// From when until when each of them occupied anything; half-open, in no order.
    pub windows: Vec<(Timestamp, Timestamp)>,
}

/// Writes a new hold and occupies its time, or fails with `Taken`.
pub fn insert(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    hold: &Hold,
    occupations: &[Occupation],
) -> Result<(), StoreError> {
    diary::take(tx, clinic, Owner::Hold(hold.id), occupations)?;
    tx.execute(
        "INSERT INTO hold (clinic_id, hold_id, visitor_hash, site_id, visit_type, lead_id, start_at, end_at,
           expires_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &[
            clinic.into(),
            hold.id.into(),
            (&hold.visitor_hash).into(),
            hold.site_id.into(),
            hold.visit_type.as_str().into(),
            hold.lead_id.into(),
            hold.start_at.into(),
            hold.end_at.into(),
            hold.expires_at.into(),
            hold.created_at.into(),
        ],
    )?;
    Ok(())
}

/// One hold, expired or not.
pub fn load(tx: &mut Tx<'_>, clinic: ClinicId, id: HoldId) -> Result<Option<Hold>, StoreError> {
    tx.query_one(
        "SELECT hold_id, visitor_hash, site_id, visit_type, lead_id, start_at, end_at, expires_at, created_at
         FROM hold WHERE clinic_id = $1 AND hold_id = $2",
        &[clinic.into(), id.into()],
        read,
    )
}

/// The visitor's holds that have not run out at `now` (100 at most), oldest first.
pub fn of_visitor(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    visitor_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Vec<Hold>, StoreError> {
    tx.query(
        "SELECT hold_id, visitor_hash, site_id, visit_type, lead_id, start_at, end_at, expires_at, created_at
         FROM hold WHERE clinic_id = $1 AND visitor_hash = $2 AND expires_at > $3
         ORDER BY created_at, hold_id LIMIT 100",
        &[clinic.into(), visitor_hash.into(), now.into()],
        read,
    )
}

/// Gives a hold another end; nothing is done if it is gone.
pub fn set_expiry(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    id: HoldId,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE hold SET expires_at = $3 WHERE clinic_id = $1 AND hold_id = $2",
        &[clinic.into(), id.into(), expires_at.into()],
    )?;
    Ok(())
}

/// Ends a hold and frees its time; `false` if it is gone already.
pub fn delete(tx: &mut Tx<'_>, clinic: ClinicId, id: HoldId) -> Result<bool, StoreError> {
    let rows =
        tx.execute("DELETE FROM hold WHERE clinic_id = $1 AND hold_id = $2", &[clinic.into(), id.into()])?;
    if rows == 1 {
        diary::release(tx, clinic, Owner::Hold(id))?;
    }
    Ok(rows == 1)
}

/// Ends a hold and gives its time to the appointment without freeing it in between; `false`, and nothing is done,
/// if the hold is gone.
pub fn become_appointment(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    id: HoldId,
    appointment: AppointmentId,
) -> Result<bool, StoreError> {
    let rows =
        tx.execute("DELETE FROM hold WHERE clinic_id = $1 AND hold_id = $2", &[clinic.into(), id.into()])?;
    Ok(rows == 1 && diary::pass(tx, clinic, id, Owner::Appointment(appointment))?)
}

/// Frees the time of holds that have run out and of appointments that were not confirmed, at `now`: 100 of each at
/// most. To be called before taking time; costs two looks at an index if there is nothing.
pub fn free_expired(tx: &mut Tx<'_>, clinic: ClinicId, now: Timestamp) -> Result<Freed, StoreError> {
    let expired = tx.query(
        "SELECT hold_id FROM hold WHERE clinic_id = $1 AND expires_at <= $2 ORDER BY expires_at LIMIT 100",
        &[clinic.into(), now.into()],
        |row| row.read(0, "hold.hold_id"),
    )?;
    let mut freed = Freed::default();
    for hold in expired {
        let window = diary::window(&diary::occupations_of(tx, clinic, Owner::Hold(hold))?);
        // Somebody else may have freed it, made it an appointment or given it a later end just now.
        let rows = tx.execute(
            "DELETE FROM hold WHERE clinic_id = $1 AND hold_id = $2 AND expires_at <= $3",
            &[clinic.into(), hold.into(), now.into()],
        )?;
        if rows == 1 {
            diary::release(tx, clinic, Owner::Hold(hold))?;
            freed.holds.push(hold);
            freed.windows.extend(window);
        }
    }
    freed.appointments = appointments::cancel_unconfirmed(tx, clinic, now)?;
    for &appointment in &freed.appointments {
        let occupied = diary::release(tx, clinic, Owner::Appointment(appointment))?;
        freed.windows.extend(diary::window(&occupied));
    }
    Ok(freed)
}

fn read(row: &Row<'_>) -> Result<Hold, StoreError> {
    Ok(Hold {
        id: row.read(0, "hold.hold_id")?,
        visitor_hash: row.hash(1, "hold.visitor_hash")?,
        site_id: row.read(2, "hold.site_id")?,
        visit_type: row.named(3, "hold.visit_type", VisitTypeId::new)?,
        lead_id: row.read(4, "hold.lead_id")?,
        start_at: row.instant(5, "hold.start_at")?,
        end_at: row.instant(6, "hold.end_at")?,
        expires_at: row.instant(7, "hold.expires_at")?,
        created_at: row.instant(8, "hold.created_at")?,
    })
}
