//! Staff: signing in and out, and who holds a session.

pub mod accounts;

use jiff::{SignedDuration, Span, Timestamp};
use record::{Role, Session, Staff, StaffState};
use store::Tx;
use vocab::{ResourceId, SessionId, StaffId};

use crate::{Acting, Actor, Env, Failure, Refusal, Secret, StaffActor, audit, password};

/// A session that is not used for so long is over.
const IDLE: SignedDuration = SignedDuration::from_hours(2);
/// A session is over after so long, whatever happens.
const SESSION_HOURS: i64 = 12;
/// A session's last use is written down when it is older than this.
const TOUCH: SignedDuration = SignedDuration::from_mins(5);

/// A new member of staff.
#[derive(Debug, Clone)]
pub struct NewStaff {
    /// What they type to sign in.
    pub sign_in_name: String,
    /// As colleagues know them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The resource they are when they treat.
    pub resource_id: Option<ResourceId>,
}

/// Signs in. Unknown names, wrong passwords and accounts that are not active look and take the same.
pub fn sign_in(env: &Env, acting: &Acting, name: &str, password: &str) -> Result<Secret, Failure> {
    let name = name.trim().to_lowercase();
    let known = env.store.read(|tx| store::staff::by_sign_in_name(tx, env.clinic_id, &name))?;
    let active = known.filter(|staff| staff.state == StaffState::Active);
    let stored = active.as_ref().map_or(NOBODYS_HASH, |staff| &staff.password_hash);
    let matches = password::matches(password, stored);
    // At an earlier cost the answer came sooner than for an unknown name: the difference is made up for, if not by a new
    // hash then by one that is thrown away.
    let renewed = password::is_outdated(stored).then(|| password::hash(password, &*env.chance));
    let Some(mut staff) = active.filter(|_| matches) else {
        let (inside, acting) = (env.clone(), acting.clone());
        env.store
            .write(move |tx| audit::note(tx, &inside, &acting, "staff.sign-in-failed", "staff", "", ""))?;
        return Err(Refusal::SignInFailed.into());
    };
    let secret = Secret::new(&*env.chance);
    let hash = secret.hash();
    let (inside, operation_id) = (env.clone(), acting.operation_id);
    let changed = if renewed.is_some() { "password_hash" } else { "" };
    staff.password_hash = renewed.unwrap_or(staff.password_hash);
    env.store.write(move |tx| {
        let env = &inside;
        if !changed.is_empty() {
            store::staff::save(tx, env.clinic_id, &staff)?;
        }
        let now = env.clock.now();
        let expires_at = now.saturating_add(Span::new().hours(SESSION_HOURS)).unwrap_or(Timestamp::MAX);
        let session =
            Session { id: env.new_id(), staff_id: staff.id, created_at: now, seen_at: now, expires_at };
        store::staff::insert_session(tx, env.clinic_id, &session, &hash)?;
        let acting = Acting { actor: Actor::Staff(actor(&staff)), operation_id };
        audit::note(tx, env, &acting, "staff.sign-in", "staff", &staff.id.to_string(), changed)
    })?;
    Ok(secret)
}

/// A hash that no password matches, of the same cost as a real one.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=65536,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Whose session this is, if it is anybody's; asked at every request, so that a change of role acts on the next one.
pub fn by_session(env: &Env, secret_hash: &[u8; 32]) -> Result<Option<(SessionId, StaffActor)>, Failure> {
    let now = env.clock.now();
    let found = env.store.read(|tx| store::staff::session(tx, env.clinic_id, secret_hash, now))?;
    let Some((session, staff)) = found else { return Ok(None) };
    let unused = now.duration_since(session.seen_at);
    if unused >= IDLE {
        return Ok(None);
    }
    if unused >= TOUCH {
        let inside = env.clone();
        env.store.write(move |tx| store::staff::touch_session(tx, inside.clinic_id, session.id, now))?;
    }
    Ok(Some((session.id, actor(&staff))))
}

/// The active member of staff with this id, as they may act now.
pub fn acting_as(env: &Env, id: StaffId) -> Result<StaffActor, Failure> {
    let staff = env.store.read(|tx| store::staff::load(tx, env.clinic_id, id))?;
    let active = staff.filter(|staff| staff.state == StaffState::Active).ok_or(Failure::NotFound)?;
    Ok(actor(&active))
}

/// Ends the session, in the name of whose it is. One that is over already is left as it is.
pub fn sign_out(env: &Env, acting: &Acting, secret: &Secret) -> Result<(), Failure> {
    let (inside, operation_id, hash) = (env.clone(), acting.operation_id, secret.hash());
    env.store.write(move |tx| {
        let env = &inside;
        let now = env.clock.now();
        if let Some((session, staff)) = store::staff::session(tx, env.clinic_id, &hash, now)? {
            store::staff::end_session(tx, env.clinic_id, session.id)?;
            let acting = Acting { actor: Actor::Staff(actor(&staff)), operation_id };
            audit::note(tx, env, &acting, "staff.sign-out", "staff", &staff.id.to_string(), "")?;
        }
        Ok(())
    })
}

/// A new active member of staff with this password, who is not written yet. It takes as long as a sign-in.
pub fn with_password(env: &Env, new: NewStaff, password: &str) -> Staff {
    Staff {
        id: env.new_id(),
        sign_in_name: new.sign_in_name.trim().to_lowercase(),
        name: new.name,
        role: new.role,
        state: StaffState::Active,
        password_hash: password::hash(password, &*env.chance),
        resource_id: new.resource_id,
    }
}

/// Writes a new member of staff, together with what else is written. For the command line and the demo.
pub fn write(tx: &mut Tx<'_>, env: &Env, acting: &Acting, staff: &Staff) -> Result<(), Failure> {
    if !matches!(acting.actor, Actor::System | Actor::Operator) {
        return Err(Failure::NotFound);
    }
    store::staff::save(tx, env.clinic_id, staff)?;
    audit::note(tx, env, acting, "staff.add", "staff", &staff.id.to_string(), "role state")
}

/// Writes a new active member of staff with this password. For the command line and the demo.
pub fn add(env: &Env, acting: &Acting, new: NewStaff, password: &str) -> Result<Staff, Failure> {
    let staff = with_password(env, new, password);
    let (inside, acting, written) = (env.clone(), acting.clone(), staff.clone());
    env.store.write(move |tx| write(tx, &inside, &acting, &written))?;
    Ok(staff)
}

/// All members of staff.
pub fn list(env: &Env) -> Result<Vec<Staff>, Failure> {
    env.store.read(|tx| Ok(store::staff::list(tx, env.clinic_id)?))
}

fn actor(staff: &Staff) -> StaffActor {
    StaffActor { id: staff.id, name: staff.name.clone(), role: staff.role, resource_id: staff.resource_id }
}
