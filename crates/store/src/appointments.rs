//! Appointments: the promises of visits, found by id, time, secret link or patient.

use crate::{Row, StoreError, Tx, Value, diary, holds, join};
use jiff::Timestamp;
use record::{Appointment, Occupation, Owner, Patient};
use vocab::{AppointmentId, ClinicId, ConcernId, HoldId, PatientId, VisitTypeId, ZoneId};

/// Writes a new appointment and occupies its time, or fails with `Taken`.
///
/// If another transaction wrote one with the same idempotency key in the meantime, the whole closure is run again, so
/// a closure that asks [`by_idempotency_key`] first then finds it.
pub fn insert(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    appointment: &Appointment,
    occupations: &[Occupation],
) -> Result<(), StoreError> {
    insert_row(tx, clinic, appointment)?;
    diary::take(tx, clinic, Owner::Appointment(appointment.id), occupations)
}

/// Writes a new appointment that takes over the time of a hold; `false`, and nothing is written, if the hold is gone.
pub fn insert_from_hold(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    appointment: &Appointment,
    hold: HoldId,
) -> Result<bool, StoreError> {
    if !holds::become_appointment(tx, clinic, hold, appointment.id)? {
        return Ok(false);
    }
    insert_row(tx, clinic, appointment)?;
    Ok(true)
}

fn insert_row(tx: &mut Tx<'_>, clinic: ClinicId, appointment: &Appointment) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO appointment (clinic_id, appointment_id, site_id, patient_id, visit_type, status, concern, zones,
           start_at, end_at, lead_id, sequence, link_hash, link_expires_at, confirm_by_at, told_local, note,
           response_id, phases, idempotency_key, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
        &values(clinic, appointment),
    )?;
    Ok(())
}

/// Writes everything about an appointment anew but its idempotency key and its age; `false` if there is none. Its
/// occupations are not touched: see [`replace_occupations`] and [`release`].
pub fn update(tx: &mut Tx<'_>, clinic: ClinicId, appointment: &Appointment) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "UPDATE appointment SET site_id = $3, patient_id = $4, visit_type = $5, status = $6, concern = $7,
           zones = $8, start_at = $9, end_at = $10, lead_id = $11, sequence = $12, link_hash = $13,
           link_expires_at = $14, confirm_by_at = $15, told_local = $16, note = $17, response_id = $18,
           phases = $19
         WHERE clinic_id = $1 AND appointment_id = $2",
        &values(clinic, appointment)[..19],
    )?;
    Ok(rows == 1)
}

fn values(clinic: ClinicId, appointment: &Appointment) -> [Value<'_>; 21] {
    [
        clinic.into(),
        appointment.id.into(),
        appointment.site_id.into(),
        appointment.patient_id.into(),
        appointment.visit_type.as_str().into(),
        appointment.status.as_str().into(),
        appointment.concern.as_ref().map(ConcernId::as_str).into(),
        join(appointment.zones.iter().map(ZoneId::as_str)).into(),
        appointment.start_at.into(),
        appointment.end_at.into(),
        appointment.lead_id.into(),
        appointment.sequence.into(),
        (&appointment.link_hash).into(),
        appointment.link_expires_at.into(),
        appointment.confirm_by_at.into(),
        (&appointment.told_local).into(),
        (&appointment.note).into(),
        appointment.response_id.into(),
        join(appointment.phases.iter().map(ToString::to_string)).into(),
        (&appointment.idempotency_key).into(),
        appointment.created_at.into(),
    ]
}

/// Frees the appointment's time and occupies another, or fails with `Taken`.
pub fn replace_occupations(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    id: AppointmentId,
    occupations: &[Occupation],
) -> Result<(), StoreError> {
    diary::release(tx, clinic, Owner::Appointment(id))?;
    diary::take(tx, clinic, Owner::Appointment(id), occupations)
}

/// Frees the appointment's time.
pub fn release(tx: &mut Tx<'_>, clinic: ClinicId, id: AppointmentId) -> Result<(), StoreError> {
    diary::release(tx, clinic, Owner::Appointment(id)).map(drop)
}

/// Cancels appointments whose time to confirm has run out at `now`, 100 at most, and tells which.
pub(crate) fn cancel_unconfirmed(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    now: Timestamp,
) -> Result<Vec<AppointmentId>, StoreError> {
    let late: Vec<AppointmentId> = tx.query(
        "SELECT appointment_id FROM appointment WHERE clinic_id = $1 AND status = 'pending' AND confirm_by_at <= $2
         ORDER BY confirm_by_at LIMIT 100",
        &[clinic.into(), now.into()],
        |row| row.read(0, "appointment.appointment_id"),
    )?;
    let mut cancelled = Vec::new();
    for id in late {
        // It may have been confirmed, cancelled by somebody else, or given more time, just now.
        let rows = tx.execute(
            "UPDATE appointment SET status = 'cancelled', sequence = sequence + 1
             WHERE clinic_id = $1 AND appointment_id = $2 AND status = 'pending' AND confirm_by_at <= $3",
            &[clinic.into(), id.into(), now.into()],
        )?;
        if rows == 1 {
            cancelled.push(id);
        }
    }
    Ok(cancelled)
}

/// One appointment.
pub fn load(tx: &mut Tx<'_>, clinic: ClinicId, id: AppointmentId) -> Result<Option<Appointment>, StoreError> {
    tx.query_one(
        "SELECT appointment_id, site_id, patient_id, visit_type, status, concern, zones, start_at, end_at, lead_id,
           sequence, idempotency_key, link_hash, link_expires_at, confirm_by_at, told_local, note, response_id,
           created_at, phases
         FROM appointment WHERE clinic_id = $1 AND appointment_id = $2",
        &[clinic.into(), id.into()],
        read,
    )
}

/// One appointment that is about to be changed: nobody else changes it until this transaction ends.
pub fn load_to_change(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    id: AppointmentId,
) -> Result<Option<Appointment>, StoreError> {
    tx.query_one(
        "SELECT appointment_id, site_id, patient_id, visit_type, status, concern, zones, start_at, end_at, lead_id,
           sequence, idempotency_key, link_hash, link_expires_at, confirm_by_at, told_local, note, response_id,
           created_at, phases
         FROM appointment WHERE clinic_id = $1 AND appointment_id = $2 FOR UPDATE",
        &[clinic.into(), id.into()],
        read,
    )
}

/// The appointment that was booked with this key.
pub fn by_idempotency_key(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    key: &str,
) -> Result<Option<Appointment>, StoreError> {
    tx.query_one(
        "SELECT appointment_id, site_id, patient_id, visit_type, status, concern, zones, start_at, end_at, lead_id,
           sequence, idempotency_key, link_hash, link_expires_at, confirm_by_at, told_local, note, response_id,
           created_at, phases
         FROM appointment WHERE clinic_id = $1 AND idempotency_key = $2",
        &[clinic.into(), key.into()],
        read,
    )
}

/// The appointment of a secret link that still works at `now`.
pub fn by_link(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    link_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<Appointment>, StoreError> {
    tx.query_one(
        "SELECT appointment_id, site_id, patient_id, visit_type, status, concern, zones, start_at, end_at, lead_id,
           sequence, idempotency_key, link_hash, link_expires_at, confirm_by_at, told_local, note, response_id,
           created_at, phases
         FROM appointment WHERE clinic_id = $1 AND link_hash = $2 AND link_expires_at > $3",
        &[clinic.into(), link_hash.into(), now.into()],
        read,
    )
}

/// Appointments of any status that touch the time from `from` until just before `to`, with whose they are, by
/// beginning and id; 20,000 at most. Visits longer than a day are not found.
pub fn between(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(Appointment, Patient)>, StoreError> {
    tx.query(
        "SELECT appointment_id, site_id, appointment.patient_id, visit_type, status, concern, zones, start_at, end_at,
           lead_id, sequence, idempotency_key, link_hash, link_expires_at, confirm_by_at, told_local, note,
           response_id, appointment.created_at, phases,
           patient.name, patient.email, patient.phone, patient.birth_on, patient.created_at
         FROM appointment
         JOIN patient ON patient.clinic_id = appointment.clinic_id
           AND patient.patient_id = appointment.patient_id
         WHERE appointment.clinic_id = $1 AND start_at > $2 - 86400000000 AND start_at < $3 AND end_at > $2
         ORDER BY start_at, appointment_id LIMIT 20000",
        &[clinic.into(), from.into(), to.into()],
        |row| {
            let appointment = read(row)?;
            let patient = Patient {
                id: appointment.patient_id,
                name: row.text(20)?,
                email: row.text(21)?,
                phone: row.text(22)?,
                birth_on: row.read_or_null(23, "patient.birth_on")?,
                created_at: row.instant(24, "patient.created_at")?,
            };
            Ok((appointment, patient))
        },
    )
}

/// The patient's appointments of any status, latest first; 500 at most.
pub fn of_patient(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    patient: PatientId,
) -> Result<Vec<Appointment>, StoreError> {
    tx.query(
        "SELECT appointment_id, site_id, patient_id, visit_type, status, concern, zones, start_at, end_at, lead_id,
           sequence, idempotency_key, link_hash, link_expires_at, confirm_by_at, told_local, note, response_id,
           created_at, phases
         FROM appointment WHERE clinic_id = $1 AND patient_id = $2
         ORDER BY start_at DESC, appointment_id LIMIT 500",
        &[clinic.into(), patient.into()],
        read,
    )
}

fn read(row: &Row<'_>) -> Result<Appointment, StoreError> {
    Ok(Appointment {
        id: row.read(0, "appointment.appointment_id")?,
        site_id: row.read(1, "appointment.site_id")?,
        patient_id: row.read(2, "appointment.patient_id")?,
        visit_type: row.named(3, "appointment.visit_type", VisitTypeId::new)?,
        status: row.read(4, "appointment.status")?,
        concern: row
            .str_or_null(5)?
            .map(|name| ConcernId::new(name).map_err(|_| StoreError::Corrupt("appointment.concern")))
            .transpose()?,
        zones: row.names(6, "appointment.zones", ZoneId::new)?,
        start_at: row.instant(7, "appointment.start_at")?,
        end_at: row.instant(8, "appointment.end_at")?,
        lead_id: row.read(9, "appointment.lead_id")?,
        sequence: row.small(10, "appointment.sequence")?,
        idempotency_key: row.text(11)?,
        link_hash: row.hash(12, "appointment.link_hash")?,
        link_expires_at: row.instant(13, "appointment.link_expires_at")?,
        confirm_by_at: row.instant_or_null(14, "appointment.confirm_by_at")?,
        told_local: row.text(15)?,
        note: row.text(16)?,
        response_id: row.read_or_null(17, "appointment.response_id")?,
        created_at: row.instant(18, "appointment.created_at")?,
        phases: row.names(19, "appointment.phases", str::parse)?,
    })
}
