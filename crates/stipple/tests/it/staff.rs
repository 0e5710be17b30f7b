//! `stipple staff`: people come, go, forget their passwords and change their roles, and an owner stays.

use app::{Acting, Actor, Env};
use vocab::OperationId;

use crate::real::Real;

/// The password in what a command printed.
fn password(told: &str, name: &str) -> String {
    let line = told.lines().find(|line| line.starts_with("staff: ") && line.contains(&format!(" {name} ")));
    line.and_then(|line| line.rsplit(' ').next()).unwrap_or_else(|| panic!("{told}")).to_owned()
}

fn visitor() -> Acting {
    Acting { actor: Actor::Visitor, operation_id: OperationId::from_bits(1) }
}

fn signs_in(env: &Env, name: &str, password: &str) -> bool {
    app::staff::sign_in(env, &visitor(), name, password).is_ok()
}

#[test]
fn people_are_added_shut_out_and_let_in_again() {
    let real = Real::new("");
    real.run("init clinic.toml").unwrap();
    assert_eq!(
        real.run("staff list").unwrap(),
        "clinical-lead ada Ada Example\nfront-desk desk Front desk\n"
    );
    let told = real.run("staff add Olga --name Olga --role owner").unwrap();
    let first = password(&told, "olga");
    assert!(told.contains("This password is shown once."), "{told}");
    let again = real.run("staff add olga --name Olga --role owner").unwrap_err();
    assert!(again.contains("somebody signs in as \"olga\" already"), "{again}");
    let wrong = real.run("staff add paul --name Paul --role practitioner --resource Pau").unwrap_err();
    assert!(wrong.contains("no resource is called \"Pau\"; there are Ada Example, Room 1"), "{wrong}");
    let wrong = real.run("staff add paul --name Paul --role boss").unwrap_err();
    assert!(wrong.contains("choose one of owner, clinical-lead"), "{wrong}");

    for line in ["staff disable olga", "staff role olga front-desk"] {
        let told = real.run(line).unwrap_err();
        assert!(told.contains("Nobody else is an owner") && told.contains("first"), "{told}");
    }
    let secret = {
        let (env, _) = real.serve(&[]).unwrap();
        assert!(signs_in(&env, "olga", &first));
        let told = real.run("staff password olga").unwrap_err();
        assert!(told.contains("stop it first"), "beside a running server: {told}");
        assert!(real.run("staff list").unwrap().contains("owner olga Olga"), "that only looks");
        app::staff::sign_in(&env, &visitor(), "olga", &first).unwrap()
    };
    let second = password(&real.run("staff password olga").unwrap(), "olga");
    {
        let (env, _) = real.serve(&[]).unwrap();
        assert!(app::staff::by_session(&env, &secret.hash()).unwrap().is_none(), "signed out everywhere");
        assert!(!signs_in(&env, "olga", &first) && signs_in(&env, "olga", &second));
    }

    real.run("staff role ada owner").unwrap();
    real.run("staff disable olga").unwrap();
    let told = real.run("staff password olga").unwrap_err();
    assert!(told.contains("not in a state for that"), "{told}");
    let listed = real.run("staff list").unwrap();
    assert!(
        listed.contains("owner ada Ada Example\n") && listed.contains("olga Olga (cannot sign in)"),
        "{listed}"
    );
    assert!(real.run("staff disable ada").unwrap_err().contains("Nobody else is an owner"));
    let third = password(&real.run("staff enable olga").unwrap(), "olga");
    let (env, _) = real.serve(&[]).unwrap();
    assert!(!signs_in(&env, "olga", &second) && signs_in(&env, "olga", &third));
    let asked = app::audit::Asked::default();
    let operator = Acting { actor: Actor::Operator, ..visitor() };
    let events = app::audit::find(&env, &operator, &asked, 1_000).unwrap().events;
    let mut actions: Vec<&str> = events
        .iter()
        .filter(|event| event.event.actor.kind == record::ActorKind::Operator)
        .map(|event| event.event.action.as_str())
        .filter(|action| action.starts_with("staff."))
        .collect();
    actions.sort_unstable();
    actions.dedup();
    assert_eq!(actions, ["staff.add", "staff.disable", "staff.enable", "staff.password", "staff.role"]);
}
