//! Who saw which patient's data. It only grows.

use crate::{StoreError, Tx};
use record::{Access, Actor};
use vocab::{ClinicId, PatientId};

/// Notes that patients' data were seen. The same page of the same request is noted once for each patient.
pub fn append(tx: &mut Tx<'_>, clinic: ClinicId, accesses: &[Access]) -> Result<(), StoreError> {
    for access in accesses {
        tx.execute(
            "INSERT INTO access_log (clinic_id, patient_id, at, operation_id, page, actor_kind, actor_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
            &[
                clinic.into(),
                access.patient_id.into(),
                access.at.into(),
                access.operation_id.into(),
                (&access.page).into(),
                access.actor.kind.as_str().into(),
                (&access.actor.id).into(),
            ],
        )?;
    }
    Ok(())
}

/// Who saw this patient's data, latest first; 1,000 at most.
pub fn of_patient(tx: &mut Tx<'_>, clinic: ClinicId, patient: PatientId) -> Result<Vec<Access>, StoreError> {
    tx.query(
        "SELECT at, operation_id, page, actor_kind, actor_id FROM access_log
         WHERE clinic_id = $1 AND patient_id = $2 ORDER BY at DESC, operation_id, page LIMIT 1000",
        &[clinic.into(), patient.into()],
        |row| {
            Ok(Access {
                at: row.instant(0, "access_log.at")?,
                actor: Actor { kind: row.read(3, "access_log.actor_kind")?, id: row.text(4)? },
                operation_id: row.read(1, "access_log.operation_id")?,
                patient_id: patient,
                page: row.text(2)?,
            })
        },
    )
}
