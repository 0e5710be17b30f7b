//! Weekly hours and breaks, special days, absences and closures.

use crate::{StoreError, Tx, diary::rules_changed};
use jiff::civil::{Date, DateTime};
use record::{Absence, Closure, MinuteOfDay, SpecialDay, WeeklyRule};
use std::fmt::Write;
use vocab::{ClinicId, ResourceId, SiteId};

/// Puts these rules in the place of all weekly rules of the resource. All must be the resource's own.
pub fn replace_weekly(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    resource: ResourceId,
    rules: &[WeeklyRule],
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM weekly_rule WHERE clinic_id = $1 AND resource_id = $2",
        &[clinic.into(), resource.into()],
    )?;
    for rule in rules {
        tx.execute(
            "INSERT INTO weekly_rule (clinic_id, resource_id, weekday, kind, from_local, to_local)
             VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                clinic.into(),
                resource.into(),
                rule.weekday.into(),
                rule.kind.as_str().into(),
                rule.from_local.into(),
                rule.to_local.into(),
            ],
        )?;
    }
    rules_changed(tx, clinic)
}

/// All weekly rules of the clinic (100,000 at most), by resource, weekday, kind and beginning.
pub fn weekly(tx: &mut Tx<'_>, clinic: ClinicId) -> Result<Vec<WeeklyRule>, StoreError> {
    tx.query(
        "SELECT resource_id, weekday, kind, from_local, to_local FROM weekly_rule WHERE clinic_id = $1
         ORDER BY resource_id, weekday, kind, from_local LIMIT 100000",
        &[clinic.into()],
        |row| {
            Ok(WeeklyRule {
                resource_id: row.read(0, "weekly_rule.resource_id")?,
                weekday: row.small(1, "weekly_rule.weekday")?,
                kind: row.read(2, "weekly_rule.kind")?,
                from_local: row.small(3, "weekly_rule.from_local")?,
                to_local: row.small(4, "weekly_rule.to_local")?,
            })
        },
    )
}

/// Writes the hours of one date, or writes them anew.
pub fn save_special_day(tx: &mut Tx<'_>, clinic: ClinicId, day: &SpecialDay) -> Result<(), StoreError> {
    let mut hours = String::new();
    for (from, to) in &day.hours {
        let blank = if hours.is_empty() { "" } else { " " };
        write!(hours, "{blank}{from}-{to}").expect("a String takes what is written");
    }
    tx.execute(
        "INSERT INTO special_day (clinic_id, resource_id, special_on, hours) VALUES ($1, $2, $3, $4)
         ON CONFLICT (clinic_id, resource_id, special_on) DO UPDATE SET hours = excluded.hours",
        &[clinic.into(), day.resource_id.into(), day.on.into(), hours.into()],
    )?;
    rules_changed(tx, clinic)
}

/// Special days from `from` until just before `to` (100,000 at most), by resource and date.
pub fn special_days(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    from: Date,
    to: Date,
) -> Result<Vec<SpecialDay>, StoreError> {
    tx.query(
        "SELECT resource_id, special_on, hours FROM special_day
         WHERE clinic_id = $1 AND special_on >= $2 AND special_on < $3
         ORDER BY resource_id, special_on LIMIT 100000",
        &[clinic.into(), from.into(), to.into()],
        |row| {
            Ok(SpecialDay {
                resource_id: row.read(0, "special_day.resource_id")?,
                on: row.read(1, "special_day.special_on")?,
                hours: row.names(2, "special_day.hours", parse_hours)?,
            })
        },
    )
}

fn parse_hours(text: &str) -> Result<(MinuteOfDay, MinuteOfDay), StoreError> {
    let pair = text.split_once('-').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    pair.ok_or(StoreError::Corrupt("special_day.hours"))
}

/// A date's first moment as wall times are kept, so that the two compare as text.
fn midnight(on: Date) -> String {
    on.at(0, 0, 0, 0).to_string()
}

/// Writes an absence. Of two that begin at the same moment the one that lasts longer stays: nobody is back sooner for being
/// said to be away.
pub fn save_absence(tx: &mut Tx<'_>, clinic: ClinicId, absence: &Absence) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO absence (clinic_id, resource_id, from_local, to_local, reason) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (clinic_id, resource_id, from_local) DO UPDATE SET to_local = excluded.to_local,
           reason = excluded.reason
         WHERE excluded.to_local >= absence.to_local",
        &[
            clinic.into(),
            absence.resource_id.into(),
            absence.from_local.to_string().into(),
            absence.to_local.to_string().into(),
            (&absence.reason).into(),
        ],
    )?;
    rules_changed(tx, clinic)
}

/// Until when the resource is said to be away from that moment on; `None` if nothing is said.
pub fn absence_end(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    resource: ResourceId,
    from_local: DateTime,
) -> Result<Option<DateTime>, StoreError> {
    tx.query_one(
        "SELECT to_local FROM absence WHERE clinic_id = $1 AND resource_id = $2 AND from_local = $3",
        &[clinic.into(), resource.into(), from_local.to_string().into()],
        |row| row.read(0, "absence.to_local"),
    )
}

/// Takes an absence back: who was said to be away from that moment is not; `false` if nothing was said.
pub fn delete_absence(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    resource: ResourceId,
    from_local: DateTime,
) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "DELETE FROM absence WHERE clinic_id = $1 AND resource_id = $2 AND from_local = $3",
        &[clinic.into(), resource.into(), from_local.to_string().into()],
    )?;
    rules_changed(tx, clinic)?;
    Ok(rows == 1)
}

/// Absences that touch the dates from `from` until just before `to` (100,000 at most), by resource and beginning.
pub fn absences(tx: &mut Tx<'_>, clinic: ClinicId, from: Date, to: Date) -> Result<Vec<Absence>, StoreError> {
    tx.query(
        "SELECT resource_id, from_local, to_local, reason FROM absence
         WHERE clinic_id = $1 AND to_local > $2 AND from_local < $3
         ORDER BY resource_id, from_local LIMIT 100000",
        &[clinic.into(), midnight(from).into(), midnight(to).into()],
        |row| {
            Ok(Absence {
                resource_id: row.read(0, "absence.resource_id")?,
                from_local: row.read(1, "absence.from_local")?,
                to_local: row.read(2, "absence.to_local")?,
                reason: row.text(3)?,
            })
        },
    )
}

/// Writes a closure, or writes the one that begins at the same moment anew.
pub fn save_closure(tx: &mut Tx<'_>, clinic: ClinicId, closure: &Closure) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO closure (clinic_id, site_id, from_local, to_local, reason) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (clinic_id, site_id, from_local) DO UPDATE SET to_local = excluded.to_local,
           reason = excluded.reason",
        &[
            clinic.into(),
            closure.site_id.into(),
            closure.from_local.to_string().into(),
            closure.to_local.to_string().into(),
            (&closure.reason).into(),
        ],
    )?;
    rules_changed(tx, clinic)
}

/// Puts these closures in the place of all closures of the site. All must be the site's own, each with a beginning of its own.
pub fn replace_closures(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    site: SiteId,
    closures: &[Closure],
) -> Result<(), StoreError> {
    tx.execute("DELETE FROM closure WHERE clinic_id = $1 AND site_id = $2", &[clinic.into(), site.into()])?;
    for closure in closures {
        save_closure(tx, clinic, closure)?;
    }
    rules_changed(tx, clinic)
}

/// Closures of the site that touch the dates from `from` until just before `to` (10,000 at most), by beginning.
pub fn closures(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    site: SiteId,
    from: Date,
    to: Date,
) -> Result<Vec<Closure>, StoreError> {
    tx.query(
        "SELECT from_local, to_local, reason FROM closure
         WHERE clinic_id = $1 AND site_id = $2 AND to_local > $3 AND from_local < $4
         ORDER BY from_local LIMIT 10000",
        &[clinic.into(), site.into(), midnight(from).into(), midnight(to).into()],
        |row| {
            Ok(Closure {
                site_id: site,
                from_local: row.read(0, "closure.from_local")?,
                to_local: row.read(1, "closure.to_local")?,
                reason: row.text(2)?,
            })
        },
    )
}
