//! Occupations and the claims that guard them.
//!
//! An occupation is an interval of one seat, with whose it is; a claim is one row for each five minutes of it, and the
//! claims' primary key is what makes a double booking impossible. Both are written and deleted together, only here.

use crate::{Row, StoreError, Tx};
use jiff::Timestamp;
use record::{Occupation, Owner, OwnerKind};
use vocab::{ClinicId, HoldId, ResourceId};

/// A part of the diary that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Occupations from `from_at` until just before `to_at`, whichever the resource.
    Window {
        /// The first moment.
        from_at: Timestamp,
        /// The first moment no longer touched.
        to_at: Timestamp,
    },
    /// Hours, resources, sites or settings: everything may be different.
    Rules,
}

/// So many changes are kept for caches that lag behind; who lags further loads everything.
const CHANGES_KEPT: i64 = 4_096;

fn owner_text(owner: Owner) -> String {
    match owner {
        Owner::Hold(id) => id.to_string(),
        Owner::Appointment(id) => id.to_string(),
    }
}

/// Occupies all of `occupations` for `owner`, who occupies nothing yet, or fails with `Taken` if any of it is
/// occupied: by somebody else, or twice by itself. Expired holds still occupy; see [`crate::holds::free_expired`].
pub fn take(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    owner: Owner,
    occupations: &[Occupation],
) -> Result<(), StoreError> {
    let Some((from_at, to_at)) = window(occupations) else { return Ok(()) };
    // First, for on PostgreSQL this is also the lock that puts those who take time in one clinic in a row: no two of
    // them can wait for each other's claims.
    changed(tx, clinic, Change::Window { from_at, to_at })?;
    let clinic_text = clinic.to_string();
    let owner_id = owner_text(owner);
    for occupation in occupations {
        occupation.quanta().map_err(StoreError::BadOccupation)?;
        let inserted = tx.execute(
            "INSERT INTO occupation (clinic_id, from_at, resource_id, seat, to_at, owner_kind, owner_id, phase,
               phase_name)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &[
                clinic_text.as_str().into(),
                occupation.from_at.into(),
                occupation.resource_id.into(),
                occupation.seat.into(),
                occupation.to_at.into(),
                owner.kind().as_str().into(),
                owner_id.as_str().into(),
                occupation.phase.into(),
                (&occupation.phase_name).into(),
            ],
        );
        inserted.map_err(|error| match error {
            StoreError::Duplicate => StoreError::Taken,
            other => other,
        })?;
    }
    // The claims are made from the occupations in the database, so that the two cannot differ. CROSS tells SQLite to
    // begin with the few occupations, not with the numbers.
    let claimed = tx.execute(
        "INSERT INTO claim (clinic_no, resource_no, seat, quantum)
         SELECT clinic_no, resource_no, seat, from_at / 300000000 + n
         FROM occupation
         JOIN clinic ON clinic.clinic_id = occupation.clinic_id
         JOIN resource ON resource.clinic_id = occupation.clinic_id
           AND resource.resource_id = occupation.resource_id
         CROSS JOIN numeral
         WHERE occupation.clinic_id = $1 AND owner_id = $2 AND n < (to_at - from_at) / 300000000",
        &[clinic_text.as_str().into(), owner_id.as_str().into()],
    );
    claimed.map(drop).map_err(|error| match error {
        StoreError::Duplicate => StoreError::Taken,
        other => other,
    })
}

/// Frees everything `owner` occupies; what it was.
pub fn release(tx: &mut Tx<'_>, clinic: ClinicId, owner: Owner) -> Result<Vec<Occupation>, StoreError> {
    // The lock first, as in `take`: who frees and who takes never wait for each other in a circle.
    let Some((from_at, to_at)) = window(&occupations_of(tx, clinic, owner)?) else { return Ok(Vec::new()) };
    changed(tx, clinic, Change::Window { from_at, to_at })?;
    let clinic_text = clinic.to_string();
    // Somebody else may have freed it before we had the lock: only what this statement deletes is ours to free.
    let occupations = tx.query(
        "DELETE FROM occupation WHERE clinic_id = $1 AND owner_id = $2
         RETURNING resource_id, seat, from_at, to_at, phase, phase_name",
        &[clinic_text.as_str().into(), owner_text(owner).into()],
        read_occupation,
    )?;
    for occupation in &occupations {
        let quanta = occupation.quanta().map_err(|_| StoreError::Corrupt("occupation.to_at"))?;
        tx.execute(
            "DELETE FROM claim WHERE clinic_no = (SELECT clinic_no FROM clinic WHERE clinic_id = $1)
               AND resource_no = (SELECT resource_no FROM resource WHERE clinic_id = $1 AND resource_id = $2)
               AND seat = $3 AND quantum >= $4 AND quantum < $5",
            &[
                clinic_text.as_str().into(),
                occupation.resource_id.into(),
                occupation.seat.into(),
                quanta.start.into(),
                quanta.end.into(),
            ],
        )?;
    }
    Ok(occupations)
}

/// Gives everything the hold occupies to `owner` without freeing it in between; whether there was anything.
pub fn pass(tx: &mut Tx<'_>, clinic: ClinicId, from: HoldId, to: Owner) -> Result<bool, StoreError> {
    let Some((from_at, to_at)) = window(&occupations_of(tx, clinic, Owner::Hold(from))?) else {
        return Ok(false);
    };
    changed(tx, clinic, Change::Window { from_at, to_at })?;
    let rows = tx.execute(
        "UPDATE occupation SET owner_kind = $3, owner_id = $4 WHERE clinic_id = $1 AND owner_id = $2",
        &[clinic.into(), from.into(), to.kind().as_str().into(), owner_text(to).into()],
    )?;
    Ok(rows > 0)
}

/// What `owner` occupies, by beginning, resource and seat.
pub fn occupations_of(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    owner: Owner,
) -> Result<Vec<Occupation>, StoreError> {
    tx.query(
        "SELECT resource_id, seat, from_at, to_at, phase, phase_name FROM occupation
         WHERE clinic_id = $1 AND owner_id = $2 ORDER BY from_at, resource_id, seat",
        &[clinic.into(), owner_text(owner).into()],
        read_occupation,
    )
}

/// Everything that is occupied at some moment from `from` until just before `to`, with its owner, by beginning,
/// resource and seat. Two million at most: far more than a year of a large clinic.
pub fn occupations_between(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(Owner, Occupation)>, StoreError> {
    tx.query(
        "SELECT resource_id, seat, from_at, to_at, phase, phase_name, owner_kind, owner_id FROM occupation
         WHERE clinic_id = $1 AND from_at > $2 - 86400000000 AND from_at < $3 AND to_at > $2
         ORDER BY from_at, resource_id, seat LIMIT 2000000",
        &[clinic.into(), from.into(), to.into()],
        |row| {
            let owner = match row.read(6, "occupation.owner_kind")? {
                OwnerKind::Hold => Owner::Hold(row.read(7, "occupation.owner_id")?),
                OwnerKind::Appointment => Owner::Appointment(row.read(7, "occupation.owner_id")?),
            };
            Ok((owner, read_occupation(row)?))
        },
    )
}

/// The number of the last change to the clinic's diary or its rules: caches of it with this number are fresh.
pub fn version(tx: &mut Tx<'_>, clinic: ClinicId) -> Result<i64, StoreError> {
    let version =
        tx.query_one("SELECT version FROM diary_version WHERE clinic_id = $1", &[clinic.into()], |row| {
            row.int(0)
        })?;
    version.ok_or(StoreError::Corrupt("diary_version.version"))
}

/// Nobody else changes the clinic's diary until this transaction ends: what is decided now is decided on its last
/// state, whose number this is.
pub fn lock(tx: &mut Tx<'_>, clinic: ClinicId) -> Result<i64, StoreError> {
    let version = tx.query_one(
        "SELECT version FROM diary_version WHERE clinic_id = $1 FOR UPDATE",
        &[clinic.into()],
        |row| row.int(0),
    )?;
    version.ok_or(StoreError::Corrupt("diary_version.version"))
}

/// What changed after `version`, in order; `None` if that is too long ago to tell, and everything must be loaded.
pub fn changes_since(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    version: i64,
) -> Result<Option<Vec<Change>>, StoreError> {
    let current = self::version(tx, clinic)?;
    let changes = tx.query(
        "SELECT from_at, to_at FROM diary_change WHERE clinic_id = $1 AND version > $2 ORDER BY version",
        &[clinic.into(), version.into()],
        |row| {
            let from_at = row.instant_or_null(0, "diary_change.from_at")?;
            let to_at = row.instant_or_null(1, "diary_change.to_at")?;
            Ok(match (from_at, to_at) {
                (Some(from_at), Some(to_at)) => Change::Window { from_at, to_at },
                _ => Change::Rules,
            })
        },
    )?;
    let told = i64::try_from(changes.len()).unwrap_or(i64::MAX);
    Ok((version <= current && told == current - version).then_some(changes))
}

/// Notes that hours, resources, sites or settings have changed.
pub(crate) fn rules_changed(tx: &mut Tx<'_>, clinic: ClinicId) -> Result<(), StoreError> {
    changed(tx, clinic, Change::Rules)
}

fn changed(tx: &mut Tx<'_>, clinic: ClinicId, change: Change) -> Result<(), StoreError> {
    let (from_at, to_at) = match change {
        Change::Window { from_at, to_at } => (Some(from_at), Some(to_at)),
        Change::Rules => (None, None),
    };
    tx.execute("UPDATE diary_version SET version = version + 1 WHERE clinic_id = $1", &[clinic.into()])?;
    // No such clinic, no row: whatever made the change fails by its foreign key, or changed nothing.
    tx.execute(
        "INSERT INTO diary_change (clinic_id, version, from_at, to_at)
         SELECT clinic_id, version, CAST($2 AS BIGINT), CAST($3 AS BIGINT) FROM diary_version WHERE clinic_id = $1",
        &[clinic.into(), from_at.into(), to_at.into()],
    )?;
    Ok(())
}

/// Deletes claims of what ended before `before`: nobody can book the past, and the guard stays small. Occupations
/// stay for the diary. How many went; 10,000 at most at a time. Changes that no cache is expected to lag behind are
/// forgotten too.
pub fn forget_past_claims(tx: &mut Tx<'_>, clinic: ClinicId, before: Timestamp) -> Result<u64, StoreError> {
    let quantum = before.as_second().div_euclid(record::QUANTUM_SECONDS);
    let kept_after = version(tx, clinic)? - CHANGES_KEPT;
    tx.execute(
        "DELETE FROM diary_change WHERE clinic_id = $1 AND version <= $2",
        &[clinic.into(), kept_after.into()],
    )?;
    tx.execute(
        "DELETE FROM claim WHERE quantum < $2 AND (clinic_no, resource_no, seat, quantum) IN (
           SELECT claim.clinic_no, resource_no, seat, quantum FROM clinic
           JOIN claim ON claim.clinic_no = clinic.clinic_no WHERE clinic_id = $1 AND quantum < $2 LIMIT 10000)",
        &[clinic.into(), quantum.into()],
    )
}

/// Compares claims and occupations from `from` on; how many five-minute pieces stand in one and not in the other.
/// Anything but 0 means that somebody wrote past this module.
pub fn count_unguarded(tx: &mut Tx<'_>, clinic: ClinicId, from: Timestamp) -> Result<u64, StoreError> {
    let quantum = from.as_second().div_euclid(record::QUANTUM_SECONDS);
    let claims: Vec<(ResourceId, u16, i64)> = tx.query(
        "SELECT resource_id, seat, quantum FROM clinic
         JOIN claim ON claim.clinic_no = clinic.clinic_no
         JOIN resource ON resource.clinic_id = clinic.clinic_id AND resource.resource_no = claim.resource_no
         WHERE clinic.clinic_id = $1 AND quantum >= $2",
        &[clinic.into(), quantum.into()],
        |row| {
            let resource_id = row.read(0, "resource.resource_id")?;
            Ok((resource_id, row.small(1, "claim.seat")?, row.int(2)?))
        },
    )?;
    let mut claims: std::collections::HashSet<_> = claims.into_iter().collect();
    let mut unguarded = 0;
    for (_, occupation) in occupations_between(tx, clinic, from, Timestamp::MAX)? {
        let quanta = occupation.quanta().map_err(|_| StoreError::Corrupt("occupation.to_at"))?;
        for quantum in quanta.start.max(quantum)..quanta.end {
            let claim = (occupation.resource_id, occupation.seat, quantum);
            unguarded += u64::from(!claims.remove(&claim));
        }
    }
    Ok(unguarded + claims.len() as u64)
}

/// From the first moment of these occupations until just after the last.
pub fn window(occupations: &[Occupation]) -> Option<(Timestamp, Timestamp)> {
    let from = occupations.iter().map(|occupation| occupation.from_at).min()?;
    let to = occupations.iter().map(|occupation| occupation.to_at).max()?;
    Some((from, to))
}

fn read_occupation(row: &Row<'_>) -> Result<Occupation, StoreError> {
    Ok(Occupation {
        resource_id: row.read(0, "occupation.resource_id")?,
        seat: row.small(1, "occupation.seat")?,
        from_at: row.instant(2, "occupation.from_at")?,
        to_at: row.instant(3, "occupation.to_at")?,
        phase: row.small(4, "occupation.phase")?,
        phase_name: row.text(5)?,
    })
}
