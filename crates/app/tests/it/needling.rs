//! Planning the needling of a zone and keeping the plan, on both engines.

use app::{
    Acting, Actor, Failure,
    needling::{EnterPen, Settings, Typed, assess, enter_pen, pens, plans_of, save, show},
};
use coverage::{Course, Purpose};
use record::Role;
use vocab::OperationId;

use crate::house::{House, houses};

impl House {
    fn staff(&self, role: Role) -> Acting {
        let all = app::staff::list(&self.env).unwrap();
        let member = all.iter().find(|member| member.role == role).unwrap();
        let staff = app::staff::acting_as(&self.env, member.id).unwrap();
        Acting { actor: Actor::Staff(staff), operation_id: OperationId::from_bits(5) }
    }
}

fn pen() -> EnterPen {
    EnterPen {
        name: "Pen A, 2 needles".into(),
        needles: "0.8 0\n-0.8 0".into(),
        strokes_per_s: "100".into(),
        depth_mm_max: "2.5".into(),
        source: "Manual A, page 20".into(),
    }
}

#[test]
fn a_plan_is_kept_with_its_course_and_a_later_one_takes_its_place() {
    for house in houses() {
        let (env, desk) = (&house.env, house.staff(Role::FrontDesk));
        let visit = house.booked().appointment;
        enter_pen(env, &house.staff(Role::ClinicalLead), &pen()).unwrap();
        let known = pens(env, &desk).unwrap();
        assert!(known[0].name.starts_with("Pen A") && !known[0].is_example() && known[1].is_example());
        let keep = |typed: &Typed| {
            let settings = Settings::parse(typed, &known).unwrap();
            save(env, &desk, visit.id, &settings, &assess(&settings).unwrap()).unwrap()
        };
        let first = keep(&Typed { speed_mm_per_s: "20".into(), ..Typed::default() });
        house.pass(jiff::Span::new().minutes(1));
        let chin = keep(&Typed { zone: "chin".into(), ..Typed::default() });
        house.pass(jiff::Span::new().minutes(1));
        let second = keep(&Typed { speed_mm_per_s: "30".into(), ..Typed::default() });
        let stand = plans_of(env, &desk, visit.id).unwrap();
        assert_eq!(stand.iter().map(|plan| plan.id).collect::<Vec<_>>(), [chin, second], "{}", house.engine);

        // Both are kept, and asking the kept course again gives the kept figures.
        let kept = show(env, &desk, first).unwrap();
        assert_eq!(kept.patient.name, "Ada Example");
        assert!(!kept.made_by.is_empty());
        let course = Course::parse(&kept.plan.course, Purpose::Check).unwrap();
        let figures = coverage::simulate(&course, std::num::NonZeroUsize::MIN);
        assert_eq!(coverage::report::simulation(&course, &figures).to_string(), kept.plan.figures);
        assert_eq!(course.zones()[0].passes[0].speed_mm_per_s, 20.0);

        let history = app::appointments::show(env, &desk, visit.id).unwrap().history;
        let planned = history.iter().filter(|event| event.event.action == "appointment.plan-needling");
        assert_eq!(planned.count(), 3);
    }
}

#[test]
fn who_may_not_gets_nothing_and_changes_nothing() {
    let house = houses().remove(0);
    let (env, visit) = (&house.env, house.booked().appointment);
    let desk = house.staff(Role::FrontDesk);
    let settings = Settings::parse(&Typed::default(), &pens(env, &desk).unwrap()).unwrap();
    let assessed = assess(&settings).unwrap();
    for nobody in [house.visitor(), house.holder(visit.id)] {
        assert!(matches!(pens(env, &nobody), Err(Failure::NotFound)));
        assert!(matches!(save(env, &nobody, visit.id, &settings, &assessed), Err(Failure::NotFound)));
        assert!(matches!(plans_of(env, &nobody, visit.id), Err(Failure::NotFound)));
    }
    assert!(matches!(enter_pen(env, &desk, &pen()), Err(Failure::NotFound)));
    let lost = vocab::AppointmentId::from_bits(404);
    assert!(matches!(save(env, &desk, lost, &settings, &assessed), Err(Failure::NotFound)));
    app::appointments::cancel(env, &desk, visit.id, visit.sequence, false, "patient").unwrap();
    assert!(matches!(save(env, &desk, visit.id, &settings, &assessed), Err(Failure::Refused(_))));
    assert_eq!(plans_of(env, &desk, visit.id).unwrap(), []);
}
