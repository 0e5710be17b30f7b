//! Pens and needling plans are read back as written, each clinic its own, on both engines.

use record::{NeedlingPlan, Pen, Role, Staff, StaffState};
use store::{appointments, needling, staff};
use testkit::{SmallClinic, at, id};
use vocab::ZoneId;

fn pen(number: u128, name: &str) -> Pen {
    Pen {
        id: id(number),
        name: name.into(),
        needles_um: vec![[800, -400], [0, 0], [-20_000, 20_000]],
        strokes_per_min: 7_000,
        depth_um_max: 2_500,
        source: "Manual A, page 20".into(),
        created_by: id(7000),
        created_at: at(3),
    }
}

fn plan(number: u128, zone: &str, minute: i64) -> NeedlingPlan {
    NeedlingPlan {
        id: id(number),
        appointment_id: id(61),
        zone: ZoneId::new(zone).unwrap(),
        zone_label: format!("Left {zone}"),
        pen_name: "pen \"A\"".into(),
        course: "seed = 1\n".repeat(2_000),
        figures: r#"{"zones": []}"#.into(),
        created_by: id(7000),
        created_at: at(minute),
    }
}

#[test]
fn pens_and_plans_are_read_back() {
    for test in testkit::stores() {
        let small = SmallClinic::write(&test);
        let member = Staff {
            id: id(7000),
            sign_in_name: "nele".into(),
            name: "Nele".into(),
            role: Role::Practitioner,
            state: StaffState::Active,
            password_hash: "x".into(),
            resource_id: None,
        };
        test.write(move |tx| staff::save(tx, small.clinic, &member)).unwrap();
        let visit = small.appointment(61, 600);
        test.write(move |tx| appointments::insert(tx, small.clinic, &visit, &[])).unwrap();
        let (later, earlier) = (plan(2, "cheek", 9), plan(1, "chin", 4));
        let both = (later.clone(), earlier.clone());
        test.write(move |tx| {
            needling::insert_pen(tx, small.clinic, &pen(8002, "b"))?;
            needling::insert_pen(tx, small.clinic, &pen(8001, "a"))?;
            needling::insert_plan(tx, small.clinic, &both.0)?;
            needling::insert_plan(tx, small.clinic, &both.1)
        })
        .unwrap();
        let pens = test.read(|tx| needling::pens(tx, small.clinic)).unwrap();
        assert_eq!(pens, [pen(8001, "a"), pen(8002, "b")], "{}", test.engine);
        let found = test.read(|tx| needling::plans_of(tx, small.clinic, id(61))).unwrap();
        assert_eq!(found, [earlier, later.clone()], "{}", test.engine);
        assert_eq!(test.read(|tx| needling::load_plan(tx, small.clinic, id(2))).unwrap(), Some(later));
        assert_eq!(test.read(|tx| needling::plans_of(tx, small.clinic, id(62))).unwrap(), []);
        let elsewhere = SmallClinic::numbered(9).clinic;
        assert_eq!(test.read(|tx| needling::load_plan(tx, elsewhere, id(2))).unwrap(), None);
        assert_eq!(test.read(|tx| needling::pens(tx, elsewhere)).unwrap(), []);
        // A plan of a visit that is not there, and one with a number twice.
        let lost = NeedlingPlan { appointment_id: id(999), ..plan(3, "cheek", 1) };
        test.write(move |tx| needling::insert_plan(tx, small.clinic, &lost)).unwrap_err();
        test.write(move |tx| needling::insert_plan(tx, small.clinic, &plan(2, "cheek", 1))).unwrap_err();
    }
}
