//! What somebody with a shell changes in the accounts of staff: a new password, shut out and let in again, another role.

use record::{Role, Staff, StaffState};
use store::Tx;
use vocab::StaffId;

use crate::{Acting, Actor, Env, Failure, Refusal, audit, password};

/// Gives an active member of staff another password. Whoever is signed in with the old one is signed out.
pub fn set_password(env: &Env, acting: &Acting, id: StaffId, password: &str) -> Result<(), Failure> {
    let hash = password::hash(password, &*env.chance);
    change(env, acting, id, "staff.password", "password_hash", move |_, _, staff| {
        match staff.state {
            StaffState::Active => staff.password_hash.clone_from(&hash),
            StaffState::Pending | StaffState::Disabled => return Err(Refusal::WrongAccountState.into()),
        }
        Ok(())
    })
}

/// Shuts a member of staff out, at once. The record stays, because the audit trail names it. The last owner is not shut out.
pub fn disable(env: &Env, acting: &Acting, id: StaffId) -> Result<(), Failure> {
    change(env, acting, id, "staff.disable", "state", |tx, env, staff| {
        if !staff.state.may_become(StaffState::Disabled) {
            return Err(Refusal::WrongAccountState.into());
        }
        keep_an_owner(tx, env, staff)?;
        staff.state = StaffState::Disabled;
        Ok(())
    })
}

/// Lets somebody in again who was shut out, with a new password.
pub fn enable(env: &Env, acting: &Acting, id: StaffId, password: &str) -> Result<(), Failure> {
    let hash = password::hash(password, &*env.chance);
    change(env, acting, id, "staff.enable", "state password_hash", move |_, _, staff| {
        // Whoever comes back sets a new password first, which is done here for them.
        let is_back = staff.state == StaffState::Pending || staff.state.may_become(StaffState::Pending);
        if !is_back {
            return Err(Refusal::WrongAccountState.into());
        }
        staff.state = StaffState::Active;
        staff.password_hash.clone_from(&hash);
        Ok(())
    })
}

/// Gives a member of staff another role. The last owner stays one.
pub fn set_role(env: &Env, acting: &Acting, id: StaffId, role: Role) -> Result<(), Failure> {
    change(env, acting, id, "staff.role", "role", move |tx, env, staff| {
        if role != Role::Owner {
            keep_an_owner(tx, env, staff)?;
        }
        staff.role = role;
        Ok(())
    })
}

/// Refuses to take an owner's place from the last one who can sign in.
fn keep_an_owner(tx: &mut Tx<'_>, env: &Env, staff: &Staff) -> Result<(), Failure> {
    let is_owner = |one: &Staff| one.role == Role::Owner && one.state == StaffState::Active;
    let all = store::staff::list(tx, env.clinic_id)?;
    match is_owner(staff) && !all.iter().any(|one| one.id != staff.id && is_owner(one)) {
        true => Err(Refusal::LastOwner.into()),
        false => Ok(()),
    }
}

/// Changes one account, ends its sessions, and notes what was changed.
fn change(
    env: &Env,
    acting: &Acting,
    id: StaffId,
    action: &'static str,
    detail: &'static str,
    with: impl Fn(&mut Tx<'_>, &Env, &mut Staff) -> Result<(), Failure> + Send + 'static,
) -> Result<(), Failure> {
    if !matches!(acting.actor, Actor::System | Actor::Operator) {
        return Err(Failure::NotFound);
    }
    let (inside, acting) = (env.clone(), acting.clone());
    env.store.write(move |tx| {
        let env = &inside;
        let mut staff = store::staff::load(tx, env.clinic_id, id)?.ok_or(Failure::NotFound)?;
        with(tx, env, &mut staff)?;
        store::staff::save(tx, env.clinic_id, &staff)?;
        store::staff::end_sessions_of(tx, env.clinic_id, id)?;
        audit::note(tx, env, &acting, action, "staff", &id.to_string(), detail)
    })
}
