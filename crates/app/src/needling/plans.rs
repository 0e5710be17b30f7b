//! Keeping plans with an appointment, and showing them again.

use record::{AppointmentStatus, NeedlingPlan, Patient};
use vocab::{AppointmentId, NeedlingPlanId, ZoneId};

use super::settings::{Assessed, Settings};
use crate::{Acting, Action, Actor, Env, Failure, Refusal, audit, failure::bad_data};

/// A plan with whose it is and who made it.
#[derive(Debug, Clone)]
pub struct PlanOfVisit {
    /// The plan.
    pub plan: NeedlingPlan,
    /// Whose.
    pub patient: Patient,
    /// Who made it, by name.
    pub made_by: String,
    /// Where its visit is to be needled; empty if the visit does not say.
    pub visit_zones: Vec<ZoneId>,
}

/// Keeps what was assessed with an appointment. Plans are added, never changed: a later one of the same zone takes the
/// place of an earlier one.
pub fn save(
    env: &Env,
    acting: &Acting,
    appointment_id: AppointmentId,
    settings: &Settings,
    assessed: &Assessed,
) -> Result<NeedlingPlanId, Failure> {
    acting.require(Action::PlanNeedling)?;
    let Actor::Staff(staff) = &acting.actor else { return Err(Failure::NotFound) };
    let figures = coverage::report::simulation(&assessed.course, std::slice::from_ref(&assessed.figures));
    let plan = NeedlingPlan {
        id: env.new_id(),
        appointment_id,
        zone: ZoneId::new(settings.outline.zone).map_err(|_| bad_data("an outline's zone is no name"))?,
        zone_label: settings.outline.label.to_owned(),
        pen_name: settings.pen.name.clone(),
        course: assessed.course.to_toml(),
        figures: figures.to_string(),
        created_by: staff.id,
        created_at: env.clock.now(),
    };
    let (inside, acting) = (env.clone(), acting.clone());
    env.store.write(move |tx| {
        let env = &inside;
        let appointment =
            store::appointments::load(tx, env.clinic_id, appointment_id)?.ok_or(Failure::NotFound)?;
        if matches!(appointment.status, AppointmentStatus::Cancelled | AppointmentStatus::EnteredInError) {
            return Err(Refusal::ChangedMeanwhile.into());
        }
        store::needling::insert_plan(tx, env.clinic_id, &plan)?;
        let (object, detail) = (appointment_id.to_string(), format!("needling-plan {}", plan.id));
        audit::note(tx, env, &acting, "appointment.plan-needling", "appointment", &object, &detail)?;
        Ok(plan.id)
    })
}

/// The plans of an appointment that stand, in the order they were made: of each outline the newest. For a page whose
/// look at the patient is recorded already.
pub fn plans_of(env: &Env, acting: &Acting, id: AppointmentId) -> Result<Vec<NeedlingPlan>, Failure> {
    acting.require(Action::PlanNeedling)?;
    let all = env.store.read(|tx| store::needling::plans_of(tx, env.clinic_id, id))?;
    let is_newest =
        |index: usize| all[index + 1..].iter().all(|later| later.zone_label != all[index].zone_label);
    Ok((0..all.len()).filter(|&index| is_newest(index)).map(|index| all[index].clone()).collect())
}

/// One plan. The look at its patient is recorded.
pub fn show(env: &Env, acting: &Acting, id: NeedlingPlanId) -> Result<PlanOfVisit, Failure> {
    acting.require(Action::PlanNeedling)?;
    let (inside, acting) = (env.clone(), acting.clone());
    env.store.write(move |tx| {
        let env = &inside;
        let clinic = env.clinic_id;
        let plan = store::needling::load_plan(tx, clinic, id)?.ok_or(Failure::NotFound)?;
        let appointment =
            store::appointments::load(tx, clinic, plan.appointment_id)?.ok_or(Failure::NotFound)?;
        let patient = store::patients::load(tx, clinic, appointment.patient_id)?.ok_or(Failure::NotFound)?;
        audit::seen(tx, env, &acting, "needling-plan", [patient.id])?;
        let made_by = store::staff::load(tx, clinic, plan.created_by)?.map(|staff| staff.name);
        let (made_by, visit_zones) = (made_by.unwrap_or_default(), appointment.zones);
        Ok(PlanOfVisit { plan, patient, made_by, visit_zones })
    })
}
