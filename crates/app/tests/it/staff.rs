//! Members of staff: their passwords are kept at the cost of today, and an owner stays.

use app::{
    Acting, Actor, Failure, Refusal,
    audit::Asked,
    staff::{accounts, list, sign_in, sign_out},
};
use record::{ActorKind, Role, Staff, StaffState};
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
fn nobody_of_the_demo_s_patients_is_called_like_somebody_who_works_there() {
    for house in houses() {
        let clinic = house.env.clinic_id;
        let (from, to) = (jiff::Timestamp::UNIX_EPOCH, jiff::Timestamp::MAX);
        let (staff, visits) = house
            .env
            .store
            .read(|tx| {
                let visits = store::appointments::between(tx, clinic, from, to)?;
                Ok::<_, Failure>((store::staff::list(tx, clinic)?, visits))
            })
            .unwrap();
        let names: Vec<&str> = staff.iter().flat_map(|one| one.name.split(' ')).collect();
        assert!(names.len() >= 12 && !visits.is_empty(), "{names:?}");
        for (_, patient) in visits {
            let shared = patient.name.split(' ').find(|part| names.contains(part));
            assert_eq!(shared, None, "{}", patient.name);
        }
    }
}

#[test]
fn whoever_signs_out_stands_in_the_trail_as_themselves() {
    for house in houses() {
        let member = list(&house.env).unwrap().remove(0);
        let secret = sign_in(&house.env, &house.visitor(), &member.sign_in_name, "even small dots").unwrap();
        sign_out(&house.env, &house.visitor(), &secret).unwrap();
        sign_out(&house.env, &house.visitor(), &secret).expect("pressed twice");
        let asked = Asked { action: Some("staff.sign-out".into()), ..Asked::default() };
        let found = app::audit::find(&house.env, &crate::booking::staff(Role::Owner), &asked, 10).unwrap();
        let by: Vec<_> =
            found.events.iter().map(|one| (one.event.actor.kind, one.event.actor.id.clone())).collect();
        assert_eq!(by, [(ActorKind::Staff, member.id.to_string())], "{}", house.engine);
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
