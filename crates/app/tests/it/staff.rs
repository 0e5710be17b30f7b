//! Members of staff: their passwords are kept at the cost of today, and an owner stays.

use app::{
    Acting, Actor, Failure, Refusal,
    staff::{accounts, list, sign_in},
};
use record::{Role, Staff, StaffState};
use vocab::{OperationId, StaffId};

use crate::house::houses;

/// "even small dots", as it was hashed at a third of today's cost.
const EARLIER: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$PM8exZ5FCOURQRbdLMstRNKqnVPzvsL+o7N2ktiOQ7g";

#[test]
fn an_earlier_password_hash_is_made_anew_at_the_next_sign_in() {
    for house in houses() {
        let staff = Staff {
            id: StaffId::from_bits(4_711),
            sign_in_name: "early".into(),
            name: "Early Bird".into(),
            role: Role::FrontDesk,
            state: StaffState::Active,
            password_hash: EARLIER.into(),
            resource_id: None,
        };
        let (clinic, written) = (house.env.clinic_id, staff.clone());
        house.env.store.write(move |tx| store::staff::save(tx, clinic, &written)).unwrap();
        let kept = || house.env.store.read(|tx| store::staff::load(tx, clinic, staff.id)).unwrap().unwrap();
        let wrong = sign_in(&house.env, &house.visitor(), "early", "even small dot");
        assert!(matches!(wrong, Err(Failure::Refused(Refusal::SignInFailed))), "{}", house.engine);
        assert_eq!(kept().password_hash, EARLIER, "only whoever knows the password changes its hash");
        sign_in(&house.env, &house.visitor(), "early", "even small dots").unwrap();
        let renewed = kept();
        assert!(renewed.password_hash.starts_with("$argon2id$v=19$m=65536,t=3,p=1$"));
        assert_eq!(Staff { password_hash: EARLIER.into(), ..renewed.clone() }, staff, "nothing else changed");
        sign_in(&house.env, &house.visitor(), "early", "even small dots").unwrap();
        assert_eq!(kept().password_hash, renewed.password_hash, "once");
    }
}

#[test]
fn the_last_owner_stays_and_only_a_shell_changes_accounts() {
    for house in houses() {
        let env = &house.env;
        let operator = Acting { actor: Actor::Operator, operation_id: OperationId::from_bits(4) };
        let owner = list(env).unwrap().into_iter().find(|one| one.role == Role::Owner).unwrap();
        let lead = list(env).unwrap().into_iter().find(|one| one.role == Role::ClinicalLead).unwrap();
        let is_last = |done: Result<(), Failure>| matches!(done, Err(Failure::Refused(Refusal::LastOwner)));
        assert!(is_last(accounts::disable(env, &operator, owner.id)), "{}", house.engine);
        assert!(is_last(accounts::set_role(env, &operator, owner.id, Role::FrontDesk)), "{}", house.engine);
        let by_staff = accounts::set_role(env, &crate::booking::staff(Role::Owner), lead.id, Role::Owner);
        assert!(matches!(by_staff, Err(Failure::NotFound)));
        accounts::set_role(env, &operator, lead.id, Role::Owner).unwrap();
        let secret = sign_in(env, &house.visitor(), &owner.sign_in_name, "even small dots").unwrap();
        accounts::disable(env, &operator, owner.id).unwrap();
        let session = app::staff::by_session(env, &secret.hash()).unwrap();
        assert!(session.is_none(), "{}: signed out at once", house.engine);
        assert!(is_last(accounts::disable(env, &operator, lead.id)), "one who is shut out does not count");
    }
}
