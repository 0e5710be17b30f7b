//! Pens, and needling plans of appointments.

use crate::{Row, StoreError, Tx};
use record::{NeedlingPlan, Pen};
use vocab::{AppointmentId, ClinicId, NeedlingPlanId, ZoneId};

/// The most pens that are listed.
const PENS_MAX: i64 = 200;

/// Writes a new pen.
pub fn insert_pen(tx: &mut Tx<'_>, clinic: ClinicId, pen: &Pen) -> Result<(), StoreError> {
    let needles: Vec<String> = pen.needles_um.iter().map(|[x, y]| format!("{x},{y}")).collect();
    tx.execute(
        "INSERT INTO pen (clinic_id, pen_id, name, needles_um, strokes_per_min, depth_um_max, source, created_by,
           created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            clinic.into(),
            pen.id.into(),
            (&pen.name).into(),
            needles.join(" ").as_str().into(),
            i64::from(pen.strokes_per_min).into(),
            i64::from(pen.depth_um_max).into(),
            (&pen.source).into(),
            pen.created_by.into(),
            pen.created_at.into(),
        ],
    )?;
    Ok(())
}

/// The clinic's pens by name; at most 200.
pub fn pens(tx: &mut Tx<'_>, clinic: ClinicId) -> Result<Vec<Pen>, StoreError> {
    tx.query(
        "SELECT pen_id, name, needles_um, strokes_per_min, depth_um_max, source, created_by, created_at FROM pen
         WHERE clinic_id = $1 ORDER BY name, pen_id LIMIT $2",
        &[clinic.into(), PENS_MAX.into()],
        read_pen,
    )
}

fn read_pen(row: &Row<'_>) -> Result<Pen, StoreError> {
    let corrupt = || StoreError::Corrupt("pen.needles_um");
    let pair = |text: &str| -> Option<[i32; 2]> {
        let (x, y) = text.split_once(',')?;
        Some([x.parse().ok()?, y.parse().ok()?])
    };
    let needles_um = row.str(2)?.split(' ').map(pair).collect::<Option<Vec<_>>>().ok_or_else(corrupt)?;
    Ok(Pen {
        id: row.read(0, "pen.pen_id")?,
        name: row.text(1)?,
        needles_um,
        strokes_per_min: row.small(3, "pen.strokes_per_min")?,
        depth_um_max: row.small(4, "pen.depth_um_max")?,
        source: row.text(5)?,
        created_by: row.read(6, "pen.created_by")?,
        created_at: row.instant(7, "pen.created_at")?,
    })
}

/// Writes a new plan.
pub fn insert_plan(tx: &mut Tx<'_>, clinic: ClinicId, plan: &NeedlingPlan) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO needling_plan (clinic_id, needling_plan_id, appointment_id, zone, zone_label, pen_name, course,
           figures, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &[
            clinic.into(),
            plan.id.into(),
            plan.appointment_id.into(),
            plan.zone.as_str().into(),
            (&plan.zone_label).into(),
            (&plan.pen_name).into(),
            (&plan.course).into(),
            (&plan.figures).into(),
            plan.created_by.into(),
            plan.created_at.into(),
        ],
    )?;
    Ok(())
}

/// The plans of an appointment, oldest first; at most 200.
pub fn plans_of(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    appointment: AppointmentId,
) -> Result<Vec<NeedlingPlan>, StoreError> {
    tx.query(
        "SELECT needling_plan_id, appointment_id, zone, zone_label, pen_name, course, figures, created_by, created_at
         FROM needling_plan WHERE clinic_id = $1 AND appointment_id = $2 ORDER BY created_at, needling_plan_id LIMIT 200",
        &[clinic.into(), appointment.into()],
        read_plan,
    )
}

/// One plan.
pub fn load_plan(
    tx: &mut Tx<'_>,
    clinic: ClinicId,
    id: NeedlingPlanId,
) -> Result<Option<NeedlingPlan>, StoreError> {
    tx.query_one(
        "SELECT needling_plan_id, appointment_id, zone, zone_label, pen_name, course, figures, created_by, created_at
         FROM needling_plan WHERE clinic_id = $1 AND needling_plan_id = $2",
        &[clinic.into(), id.into()],
        read_plan,
    )
}

fn read_plan(row: &Row<'_>) -> Result<NeedlingPlan, StoreError> {
    Ok(NeedlingPlan {
        id: row.read(0, "needling_plan.needling_plan_id")?,
        appointment_id: row.read(1, "needling_plan.appointment_id")?,
        zone: row.named(2, "needling_plan.zone", ZoneId::new)?,
        zone_label: row.text(3)?,
        pen_name: row.text(4)?,
        course: row.text(5)?,
        figures: row.text(6)?,
        created_by: row.read(7, "needling_plan.created_by")?,
        created_at: row.instant(8, "needling_plan.created_at")?,
    })
}
