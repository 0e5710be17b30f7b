//! Anything that can be booked: practitioners, rooms, devices, lounges.

use crate::{Row, StoreError, Tx, Value, join};
use record::Resource;
use vocab::{ClinicId, ResourceId, Skill};

/// Writes a resource, or everything about it anew.
pub fn save(tx: &mut Tx<'_>, clinic: ClinicId, resource: &Resource) -> Result<(), StoreError> {
    // First, for it is also the lock that keeps two new resources from having one number.
    crate::diary::rules_changed(tx, clinic)?;
    tx.execute(
        "INSERT INTO resource (clinic_id, resource_id, site_id, kind, name, skills, seats, gap_minutes, daily_cap,
           active, position, resource_no)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
           (SELECT COALESCE(MAX(resource_no), 0) + 1 FROM resource WHERE clinic_id = $1))
         ON CONFLICT (clinic_id, resource_id) DO UPDATE SET site_id = excluded.site_id, kind = excluded.kind,
           name = excluded.name, skills = excluded.skills, seats = excluded.seats,
           gap_minutes = excluded.gap_minutes, daily_cap = excluded.daily_cap, active = excluded.active,
           position = excluded.position",
        &[
            clinic.into(),
            resource.id.into(),
            resource.site_id.into(),
            resource.kind.as_str().into(),
            (&resource.name).into(),
            join(resource.skills.iter().map(Skill::as_str)).into(),
            resource.seats.into(),
            resource.gap_minutes.into(),
            resource.daily_cap.map_or(Value::Null, Value::from),
            resource.active.into(),
            resource.position.into(),
        ],
    )?;
    Ok(())
}

/// All resources of the clinic (2,000 at most), retired ones included, by position and then id.
pub fn list(tx: &mut Tx<'_>, clinic: ClinicId) -> Result<Vec<Resource>, StoreError> {
    tx.query(
        "SELECT resource_id, site_id, kind, name, skills, seats, gap_minutes, daily_cap, active, position
         FROM resource WHERE clinic_id = $1 ORDER BY position, resource_id LIMIT 2000",
        &[clinic.into()],
        read,
    )
}

/// One resource.
pub fn load(tx: &mut Tx<'_>, clinic: ClinicId, id: ResourceId) -> Result<Option<Resource>, StoreError> {
    tx.query_one(
        "SELECT resource_id, site_id, kind, name, skills, seats, gap_minutes, daily_cap, active, position
         FROM resource WHERE clinic_id = $1 AND resource_id = $2",
        &[clinic.into(), id.into()],
        read,
    )
}

fn read(row: &Row<'_>) -> Result<Resource, StoreError> {
    Ok(Resource {
        id: row.read(0, "resource.resource_id")?,
        site_id: row.read(1, "resource.site_id")?,
        kind: row.read(2, "resource.kind")?,
        name: row.text(3)?,
        skills: row.names(4, "resource.skills", Skill::new)?,
        seats: row.small(5, "resource.seats")?,
        gap_minutes: row.small(6, "resource.gap_minutes")?,
        daily_cap: row
            .int_or_null(7)?
            .map(|cap| u16::try_from(cap).map_err(|_| StoreError::Corrupt("resource.daily_cap")))
            .transpose()?,
        active: row.bool(8)?,
        position: row.small(9, "resource.position")?,
    })
}
