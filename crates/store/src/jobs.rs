//! Things to be done later. A job is leased for a while, done, and then deleted; whoever dies while doing it lets the
//! lease run out, and it is done again.

use crate::{StoreError, Tx, messages::after_numbers};
use jiff::Timestamp;
use record::{LeasedJob, NewJob};
use vocab::ClinicId;

/// Enqueues a job. One of that kind for that subject that waits already is put off or brought forward to the new
/// time and counts as new; one that is being done now is left, and runs again after its lease.
pub fn enqueue(tx: &mut Tx<'_>, clinic: ClinicId, job: &NewJob) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO job (clinic_id, kind, subject_id, run_at, attempts, leased_until, last_error, set_aside)
         VALUES ($1, $2, $3, $4, 0, 0, '', FALSE)
         ON CONFLICT (clinic_id, kind, subject_id) DO UPDATE SET run_at = excluded.run_at, attempts = 0,
           last_error = '', set_aside = FALSE",
        &[clinic.into(), (&job.kind).into(), (&job.subject_id).into(), job.run_at.into()],
    )?;
    Ok(())
}

/// Whether any job is due at `now`: a look that writes nothing, for workers that ask often.
pub fn has_due(tx: &mut Tx<'_>, clinic: ClinicId, now: Timestamp) -> Result<bool, StoreError> {
    let found = tx.query_one(
        "SELECT 1 FROM job WHERE clinic_id = $1 AND NOT set_aside AND run_at <= $2 AND leased_until <= $2 LIMIT 1",
        &[clinic.into(), now.into()],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Takes jobs that are due at `now`, earliest first, `limit` at most; nobody else takes them until `leased_until`.
pub fn lease(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    now: Timestamp,
    leased_until: Timestamp,
    limit: usize,
) -> Result<Vec<LeasedJob>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut jobs = tx.query(
        "UPDATE job SET leased_until = $3, attempts = attempts + 1
         WHERE clinic_id = $1 AND leased_until <= $2 AND (kind, subject_id) IN (
           SELECT kind, subject_id FROM job
           WHERE clinic_id = $1 AND NOT set_aside AND run_at <= $2 AND leased_until <= $2
           ORDER BY run_at, kind, subject_id LIMIT $4)
         RETURNING kind, subject_id, attempts, run_at",
        &[clinic.into(), now.into(), leased_until.into(), limit.into()],
        |row| {
            let job = LeasedJob {
                kind: row.text(0)?,
                subject_id: row.text(1)?,
                attempts: row.small(2, "job.attempts")?,
                leased_until,
            };
            Ok((row.int(3)?, job))
        },
    )?;
    jobs.sort_by(|a, b| (a.0, &a.1.kind, &a.1.subject_id).cmp(&(b.0, &b.1.kind, &b.1.subject_id)));
    Ok(jobs.into_iter().map(|(_, job)| job).collect())
}

/// The job is done; `false` if it was enqueued again or leased by another meanwhile.
pub fn finish(tx: &mut Tx<'_>, clinic: ClinicId, job: &LeasedJob) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "DELETE FROM job WHERE clinic_id = $1 AND kind = $2 AND subject_id = $3 AND leased_until = $4
           AND attempts = $5",
        &[
            clinic.into(),
            (&job.kind).into(),
            (&job.subject_id).into(),
            job.leased_until.into(),
            job.attempts.into(),
        ],
    )?;
    Ok(rows == 1)
}

/// The job failed: it is tried again at `next_at`, or set aside for a person to look at if that is `None`.
/// `error` says why, without a patient's data. `false` as for [`finish`].
pub fn fail(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    job: &LeasedJob,
    error: &str,
    next_at: Option<Timestamp>,
) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "UPDATE job SET leased_until = 0, last_error = $6, run_at = COALESCE($7, run_at), set_aside = $8
         WHERE clinic_id = $1 AND kind = $2 AND subject_id = $3 AND leased_until = $4 AND attempts = $5",
        &[
            clinic.into(),
            (&job.kind).into(),
            (&job.subject_id).into(),
            job.leased_until.into(),
            job.attempts.into(),
            error.into(),
            next_at.into(),
            next_at.is_none().into(),
        ],
    )?;
    Ok(rows == 1)
}

/// Takes a job out of the queue, whatever becomes of it; `false` if there is none.
pub fn cancel(tx: &mut Tx<'_>, clinic: ClinicId, kind: &str, subject_id: &str) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "DELETE FROM job WHERE clinic_id = $1 AND kind = $2 AND subject_id = $3",
        &[clinic.into(), kind.into(), subject_id.into()],
    )?;
    Ok(rows == 1)
}

/// Subjects of jobs of this kind that begin with `prefix`, as [`crate::messages::event_keys`]; 1,000 at most.
pub fn subjects(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    kind: &str,
    prefix: &str,
) -> Result<Vec<String>, StoreError> {
    let mut subjects = tx.query(
        "SELECT subject_id FROM job WHERE clinic_id = $1 AND kind = $2 AND subject_id >= $3 AND subject_id < $4
         ORDER BY subject_id LIMIT 1000",
        &[clinic.into(), kind.into(), prefix.into(), after_numbers(prefix).into()],
        |row| row.text(0),
    )?;
    subjects.retain(|subject| subject.starts_with(prefix));
    Ok(subjects)
}

/// Jobs that were set aside: kind, subject and last error; 1,000 at most.
pub fn set_aside(tx: &mut Tx<'_>, clinic: ClinicId) -> Result<Vec<(String, String, String)>, StoreError> {
    tx.query(
        "SELECT kind, subject_id, last_error FROM job WHERE clinic_id = $1 AND set_aside
         ORDER BY kind, subject_id LIMIT 1000",
        &[clinic.into()],
        |row| Ok((row.text(0)?, row.text(1)?, row.text(2)?)),
    )
}
