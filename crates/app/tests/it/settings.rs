//! What a clinic chooses in its own file is taken over once, noted, and holds.

use app::{
    Acting, Actor,
    appointments::{TimesAsked, day_times},
    capacity::set_costs,
    settings::follow_file,
};
use jiff::civil::date;
use record::{ClinicSettings, Closure, PlanCosts, Role};
use vocab::OperationId;

use crate::{
    booking::{code, desk, staff},
    house::{House, houses, name},
};

fn operator() -> Acting {
    Acting { actor: Actor::Operator, operation_id: OperationId::from_bits(5) }
}

fn free(house: &House, day: jiff::civil::Date) -> usize {
    let asked = TimesAsked { visit_type: name("consultation"), practitioner: None, not_before: None };
    day_times(&house.env, &house.visitor(), &asked, day).unwrap().len()
}

fn events(house: &House) -> usize {
    let asked = app::audit::Asked { action: Some("clinic.follow-file".into()), ..Default::default() };
    app::audit::find(&house.env, &operator(), &asked, 100).unwrap().events.len()
}

#[test]
fn a_closure_closes_the_days_and_leaves_with_its_entry() {
    for house in houses() {
        let (closed, open) = (date(2026, 12, 1), date(2026, 12, 2));
        let before = (free(&house, closed), free(&house, open));
        assert!(before.0 > 0 && before.1 > 0);
        let rules = app::diary::current(&house.env).unwrap().rules.clone();
        let closure = Closure {
            site_id: rules.site.id,
            from_local: closed.at(0, 0, 0, 0),
            to_local: open.at(0, 0, 0, 0),
            reason: "stocktaking".into(),
        };
        let closures = [closure];
        assert!(follow_file(&house.env, &operator(), None, Some(&closures)).unwrap());
        assert_eq!((free(&house, closed), free(&house, open)), (0, before.1), "{}", house.engine);
        assert!(!follow_file(&house.env, &operator(), None, Some(&closures)).unwrap(), "nothing new");
        assert_eq!(events(&house), 1);
        assert!(!follow_file(&house.env, &operator(), None, None).unwrap(), "a file that says nothing");
        assert!(follow_file(&house.env, &operator(), None, Some(&[])).unwrap());
        assert_eq!(free(&house, closed), before.0, "{}", house.engine);
    }
}

#[test]
fn settings_hold_and_what_the_desk_chose_stays() {
    for house in houses() {
        let costs = PlanCosts { drop: 7, ..PlanCosts::default() };
        set_costs(&house.env, &staff(Role::Owner), costs, 45).unwrap();
        let wanted = ClinicSettings { horizon_days: 5, cut_off_hours: 12, ..ClinicSettings::default() };
        assert!(free(&house, date(2026, 12, 1)) > 0);
        assert!(follow_file(&house.env, &operator(), Some(&wanted), None).unwrap());
        assert_eq!(free(&house, date(2026, 12, 1)), 0, "{}: too far ahead now", house.engine);
        let kept = app::diary::current(&house.env).unwrap().rules.clinic.settings.clone();
        assert_eq!((kept.cut_off_hours, kept.plan_costs, kept.wait_offer_minutes), (12, costs, 45));
        assert_eq!(kept.contact_email, "hello@dot-and-meadow.example");
        assert!(!follow_file(&house.env, &operator(), Some(&wanted), None).unwrap(), "{}", house.engine);
        assert_eq!(code(follow_file(&house.env, &desk(), Some(&wanted), None)), "not-found");
    }
}

#[test]
fn links_are_made_with_one_secret_until_it_is_replaced_on_purpose() {
    for house in houses() {
        let mut other = house.env.clone();
        other.link_key = app::env::LinkKey::new([0x5e; 32]);
        let keep = |env: &app::Env, replaces| app::settings::keep_secret(env, &operator(), replaces).unwrap();
        assert!(keep(&house.env, false) && keep(&house.env, false), "{}: the first counts", house.engine);
        assert!(!keep(&other, false) && keep(&house.env, false), "{}: another does not", house.engine);
        assert!(keep(&other, true) && keep(&other, false) && !keep(&house.env, false), "{}", house.engine);
        assert_eq!(code(app::settings::keep_secret(&other, &desk(), true)), "not-found");
    }
}
