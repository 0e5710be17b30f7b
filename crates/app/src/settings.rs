//! What a clinic has chosen in its own file: what visitors may book, and the days it is closed.

mod on_call;

use jiff::civil::Date;
use record::{ClinicSettings, Closure};

use crate::{
    Acting, Action, Env, Failure, audit,
    diary::{self, book::site},
};

/// Puts the choices of a clinic's file in the place of those that are kept, if they differ; whether they did. What the desk
/// chooses for itself (costs of a plan, answers to offers) and the ways to reach the clinic stay as they are. `None` leaves
/// what it stands for alone. Booked visits follow a new rule about being on call; if they cannot, nothing is changed.
pub fn follow_file(
    env: &Env,
    acting: &Acting,
    settings: Option<&ClinicSettings>,
    closures: Option<&[Closure]>,
) -> Result<bool, Failure> {
    acting.require(Action::PlanClinic)?;
    let (inside, acting) = (env.clone(), acting.clone());
    let (settings, closures) = (settings.cloned(), closures.map(<[Closure]>::to_vec));
    let has_changed = env.store.write(move |tx| {
        let env = &inside;
        let mut changed = Vec::new();
        let mut clinic = store::clinics::load(tx, env.clinic_id)?.ok_or(Failure::NotFound)?;
        if let Some(wanted) = settings.clone() {
            let wanted = ClinicSettings {
                contact_email: clinic.settings.contact_email.clone(),
                contact_phone: clinic.settings.contact_phone.clone(),
                plan_costs: clinic.settings.plan_costs,
                wait_offer_minutes: clinic.settings.wait_offer_minutes,
                ..wanted
            };
            if wanted != clinic.settings {
                if on_call::reseat(tx, env, &clinic.settings, &wanted)? {
                    changed.push("occupations");
                }
                clinic.settings = wanted;
                store::clinics::update(tx, &clinic)?;
                changed.push("settings");
            }
        }
        if let Some(mut wanted) = closures.clone() {
            let site = site(tx, env.clinic_id)?.0.id;
            wanted.sort_by_key(|closure| closure.from_local);
            for closure in &mut wanted {
                closure.site_id = site;
            }
            let kept = store::hours::closures(tx, env.clinic_id, site, Date::ZERO, Date::MAX)?;
            if kept != wanted {
                store::hours::replace_closures(tx, env.clinic_id, site, &wanted)?;
                changed.push("closures");
            }
        }
        if changed.is_empty() {
            return Ok::<_, Failure>(false);
        }
        let detail = changed.join(" ");
        audit::note(tx, env, &acting, "clinic.follow-file", "clinic", &env.clinic_id.to_string(), &detail)?;
        Ok(true)
    })?;
    if has_changed {
        diary::refresh(env)?;
    }
    Ok(has_changed)
}

/// Makes sure that links are made with the secret that those before were made with: two servers on one database, or one
/// whose secret was lost, would send links that lead nowhere. With `replaces` this secret counts from now on. Whether it
/// does count.
pub fn keep_secret(env: &Env, acting: &Acting, replaces: bool) -> Result<bool, Failure> {
    acting.require(Action::PlanClinic)?;
    let (inside, acting) = (env.clone(), acting.clone());
    env.store.write(move |tx| {
        let (env, print) = (&inside, inside.link_key.print());
        let is_same = store::clinics::secret_print(tx, env.clinic_id, &print)? == print;
        if !is_same && replaces {
            store::clinics::replace_secret_print(tx, env.clinic_id, &print)?;
            audit::note(tx, env, &acting, "secret.replace", "clinic", &env.clinic_id.to_string(), "")?;
        }
        Ok(is_same || replaces)
    })
}
