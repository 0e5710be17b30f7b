//! Clinics, their settings and their sites.

use crate::{Row, StoreError, Tx, Value};
use record::{Clinic, ClinicSettings, PlanCosts, Site};
use vocab::{ClinicId, Currency, Jurisdiction, SiteId};

/// All clinics, by id: the one list without a scope, for the program's own jobs and for choosing the scope.
pub fn ids(tx: &mut Tx<'_>) -> Result<Vec<ClinicId>, StoreError> {
    tx.query("SELECT clinic_id FROM clinic ORDER BY clinic_id LIMIT 10000", &[], |row| {
        row.read(0, "clinic.clinic_id")
    })
}

/// Writes a new clinic, with an empty diary and an empty audit trail.
pub fn insert(tx: &mut Tx<'_>, clinic: &Clinic) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO clinic (clinic_id, name, jurisdiction, currency, is_demo, contact_email, contact_phone,
           min_notice_minutes, offer_step_minutes, horizon_days, cut_off_hours, hold_minutes, confirm_minutes,
           on_call_limit, needling_counts_as_on_call, plan_drop_cost, plan_change_lead_cost, plan_move_cost,
           plan_move_minutes_max, wait_offer_minutes, clinic_no)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
           (SELECT COALESCE(MAX(clinic_no), 0) + 1 FROM clinic))",
        &values(clinic.id, clinic),
    )?;
    tx.execute("INSERT INTO diary_version (clinic_id, version) VALUES ($1, 0)", &[clinic.id.into()])?;
    tx.execute(
        "INSERT INTO audit_head (clinic_id, seq, hash) VALUES ($1, 0, $2)",
        &[clinic.id.into(), [0u8; 32].into()],
    )?;
    Ok(())
}

/// Writes everything about the clinic anew, settings included; `false` if there is no such clinic.
/// Caches of the diary become stale, because some settings are rules of it.
pub fn update(tx: &mut Tx<'_>, clinic: &Clinic) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "UPDATE clinic SET name = $2, jurisdiction = $3, currency = $4, is_demo = $5, contact_email = $6,
           contact_phone = $7, min_notice_minutes = $8, offer_step_minutes = $9, horizon_days = $10,
           cut_off_hours = $11, hold_minutes = $12, confirm_minutes = $13, on_call_limit = $14,
           needling_counts_as_on_call = $15, plan_drop_cost = $16, plan_change_lead_cost = $17,
           plan_move_cost = $18, plan_move_minutes_max = $19, wait_offer_minutes = $20
         WHERE clinic_id = $1",
        &values(clinic.id, clinic),
    )?;
    crate::diary::rules_changed(tx, clinic.id)?;
    Ok(rows == 1)
}

fn values(id: ClinicId, clinic: &Clinic) -> [Value<'_>; 20] {
    let settings = &clinic.settings;
    [
        id.into(),
        (&clinic.name).into(),
        clinic.jurisdiction.as_str().into(),
        Value::from(clinic.currency.code().to_owned()),
        clinic.is_demo.into(),
        (&settings.contact_email).into(),
        (&settings.contact_phone).into(),
        settings.min_notice_minutes.into(),
        settings.offer_step_minutes.into(),
        settings.horizon_days.into(),
        settings.cut_off_hours.into(),
        settings.hold_minutes.into(),
        settings.confirm_minutes.into(),
        settings.on_call_limit.into(),
        settings.needling_counts_as_on_call.into(),
        settings.plan_costs.drop.into(),
        settings.plan_costs.change_lead.into(),
        settings.plan_costs.move_minute.into(),
        settings.plan_costs.move_minutes_max.into(),
        settings.wait_offer_minutes.into(),
    ]
}

/// The clinic with its settings.
pub fn load(tx: &mut Tx<'_>, clinic: ClinicId) -> Result<Option<Clinic>, StoreError> {
    tx.query_one(
        "SELECT name, jurisdiction, currency, is_demo, contact_email, contact_phone, min_notice_minutes,
           offer_step_minutes, horizon_days, cut_off_hours, hold_minutes, confirm_minutes, on_call_limit,
           needling_counts_as_on_call, plan_drop_cost, plan_change_lead_cost, plan_move_cost, plan_move_minutes_max,
           wait_offer_minutes
         FROM clinic WHERE clinic_id = $1",
        &[clinic.into()],
        |row| {
            Ok(Clinic {
                id: clinic,
                name: row.text(0)?,
                jurisdiction: row.named(1, "clinic.jurisdiction", Jurisdiction::new)?,
                currency: Currency::new(row.str(2)?).ok_or(StoreError::Corrupt("clinic.currency"))?,
                is_demo: row.bool(3)?,
                settings: ClinicSettings {
                    contact_email: row.text(4)?,
                    contact_phone: row.text(5)?,
                    min_notice_minutes: row.small(6, "clinic.min_notice_minutes")?,
                    offer_step_minutes: row.small(7, "clinic.offer_step_minutes")?,
                    horizon_days: row.small(8, "clinic.horizon_days")?,
                    cut_off_hours: row.small(9, "clinic.cut_off_hours")?,
                    hold_minutes: row.small(10, "clinic.hold_minutes")?,
                    confirm_minutes: row.small(11, "clinic.confirm_minutes")?,
                    on_call_limit: row.small(12, "clinic.on_call_limit")?,
                    needling_counts_as_on_call: row.bool(13)?,
                    plan_costs: PlanCosts {
                        drop: row.small(14, "clinic.plan_drop_cost")?,
                        change_lead: row.small(15, "clinic.plan_change_lead_cost")?,
                        move_minute: row.small(16, "clinic.plan_move_cost")?,
                        move_minutes_max: row.small(17, "clinic.plan_move_minutes_max")?,
                    },
                    wait_offer_minutes: row.small(18, "clinic.wait_offer_minutes")?,
                },
            })
        },
    )
}

/// Writes a site, or everything about it anew.
pub fn save_site(tx: &mut Tx<'_>, clinic: ClinicId, site: &Site) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO site (clinic_id, site_id, name, zone, address, phone) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (clinic_id, site_id) DO UPDATE SET name = excluded.name, zone = excluded.zone,
           address = excluded.address, phone = excluded.phone",
        &[
            clinic.into(),
            site.id.into(),
            (&site.name).into(),
            (&site.zone).into(),
            (&site.address).into(),
            site.phone.as_deref().into(),
        ],
    )?;
    crate::diary::rules_changed(tx, clinic)
}

/// All sites of the clinic (100 at most), by id.
pub fn sites(tx: &mut Tx<'_>, clinic: ClinicId) -> Result<Vec<Site>, StoreError> {
    tx.query(
        "SELECT site_id, name, zone, address, phone FROM site WHERE clinic_id = $1 ORDER BY site_id LIMIT 100",
        &[clinic.into()],
        read_site,
    )
}

/// One site.
pub fn site(tx: &mut Tx<'_>, clinic: ClinicId, id: SiteId) -> Result<Option<Site>, StoreError> {
    tx.query_one(
        "SELECT site_id, name, zone, address, phone FROM site WHERE clinic_id = $1 AND site_id = $2",
        &[clinic.into(), id.into()],
        read_site,
    )
}

fn read_site(row: &Row<'_>) -> Result<Site, StoreError> {
    Ok(Site {
        id: row.read(0, "site.site_id")?,
        name: row.text(1)?,
        zone: row.text(2)?,
        address: row.text(3)?,
        phone: row.text_or_null(4)?,
    })
}

/// The print of the server secret that the clinic's links are made with; this one if there was none.
pub fn secret_print(tx: &mut Tx<'_>, clinic: ClinicId, print: &str) -> Result<String, StoreError> {
    tx.execute(
        "UPDATE clinic SET secret_print = $2 WHERE clinic_id = $1 AND secret_print = ''",
        &[clinic.into(), print.into()],
    )?;
    let kept =
        tx.query_one("SELECT secret_print FROM clinic WHERE clinic_id = $1", &[clinic.into()], |row| {
            row.text(0)
        })?;
    kept.ok_or(StoreError::Corrupt("clinic.secret_print"))
}

/// Puts another print in its place: links that were sent until now lead nowhere.
pub fn replace_secret_print(tx: &mut Tx<'_>, clinic: ClinicId, print: &str) -> Result<(), StoreError> {
    tx.execute("UPDATE clinic SET secret_print = $2 WHERE clinic_id = $1", &[clinic.into(), print.into()])?;
    Ok(())
}
