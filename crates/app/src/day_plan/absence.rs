//! Somebody cannot come: from when until when, and back again. Why is nobody's business but theirs, and is not kept.

use jiff::civil::{Date, DateTime};
use record::Absence;
use store::Tx;
use vocab::ResourceId;

use crate::{Acting, Action, Env, Failure, FormErrors, audit, diary};

/// Who is away, from when until when by the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AwayFrom {
    /// Who.
    pub resource_id: ResourceId,
    /// The first moment away.
    pub from_local: DateTime,
    /// The first moment back.
    pub to_local: DateTime,
}

/// Notes that somebody is away: no time with them is offered from now on. What is booked stays until a plan is accepted.
///
/// # Errors
/// Also if the same absence is noted already and lasts longer: whoever is ill for the day is not back on offer because part of
/// the day is noted once more. It has to be taken back first.
pub fn note_absence(env: &Env, acting: &Acting, away: AwayFrom) -> Result<(), Failure> {
    acting.require(Action::ChangeDiary)?;
    if away.from_local >= away.to_local {
        let mut errors = FormErrors::default();
        errors.add("to", "Give a time after the beginning.");
        return Err(errors.into());
    }
    known(env, away.resource_id)?;
    let (inside, acting) = (env.clone(), acting.clone());
    env.store.write(move |tx| {
        let noted = store::hours::absence_end(tx, inside.clinic_id, away.resource_id, away.from_local)?;
        if let Some(until) = noted.filter(|until| *until > away.to_local) {
            return Err(lasts_longer(away.from_local, until).into());
        }
        let absence = Absence {
            resource_id: away.resource_id,
            from_local: away.from_local,
            to_local: away.to_local,
            reason: "away".into(),
        };
        store::hours::save_absence(tx, inside.clinic_id, &absence)?;
        let detail = format!("from_local {} to_local {}", away.from_local, away.to_local);
        let id = away.resource_id.to_string();
        audit::note(tx, &inside, &acting, "absence.note", "resource", &id, &detail)
    })?;
    diary::refresh(env)?;
    Ok(())
}

fn lasts_longer(from: DateTime, until: DateTime) -> FormErrors {
    let until = if until.date() == from.date() {
        until.strftime("%H:%M").to_string()
    } else if from.date().tomorrow().is_ok_and(|next| until == next.at(0, 0, 0, 0)) {
        "the end of the day".into()
    } else {
        until.strftime("%H:%M on %-d %B %Y").to_string()
    };
    let mut errors = FormErrors::default();
    errors.add(
        "to",
        format!(
            "It is noted already that they are away until {until}. If they are back sooner, press “Comes after all” above and \
             note the new times then."
        ),
    );
    errors
}

/// Takes an absence back. Not there any more: nothing happens.
pub fn take_absence_back(
    env: &Env,
    acting: &Acting,
    resource_id: ResourceId,
    from_local: DateTime,
) -> Result<(), Failure> {
    acting.require(Action::ChangeDiary)?;
    known(env, resource_id)?;
    let (inside, acting) = (env.clone(), acting.clone());
    env.store.write(move |tx| {
        if store::hours::delete_absence(tx, inside.clinic_id, resource_id, from_local)? {
            let id = resource_id.to_string();
            let detail = format!("from_local {from_local}");
            audit::note(tx, &inside, &acting, "absence.take-back", "resource", &id, &detail)?;
        }
        Ok::<_, Failure>(())
    })?;
    diary::refresh(env)?;
    Ok(())
}

fn known(env: &Env, resource: ResourceId) -> Result<(), Failure> {
    let diary = diary::current(env)?;
    diary.rules.resource(resource).map(drop).ok_or(Failure::NotFound)
}

/// Who is away for any of a day.
pub(super) fn of_day(tx: &mut Tx<'_>, env: &Env, date: Date) -> Result<Vec<Absence>, Failure> {
    let next = date.tomorrow().map_err(|_| Failure::NotFound)?;
    Ok(store::hours::absences(tx, env.clinic_id, date, next)?)
}
