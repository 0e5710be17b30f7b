//! Without a clinician's signature nothing is booked outside a demo.

use std::sync::Arc;

use app::{
    Acting, Actor, Env, Failure, Refusal, Secret,
    appointments::{BookAppointment, HoldTime, book, hold},
    day_plan::{AcceptFill, HowToFill, accept_fill},
    diary::DiaryCache,
    protocols, staff,
    wait_list::{join, list},
};
use record::Role;
use vocab::{OperationId, VisitTypeId};

use crate::{
    booking::{code, desk},
    house::houses,
    wait_list::wanted,
};

#[test]
fn a_real_clinic_books_only_by_a_signed_protocol() {
    for house in houses() {
        let env = &house.env;
        join(env, &house.visitor(), wanted("ann", "consultation", None)).unwrap();
        let waits = list(env, &desk()).unwrap().into_iter().find(|place| place.entry.name == "ann Example");
        let waits = waits.expect("ann has joined").entry.id;
        let clinic_id = env.clinic_id;
        env.store
            .write(move |tx| {
                let mut clinic = store::clinics::load(tx, clinic_id)?.expect("the clinic is there");
                clinic.is_demo = false;
                store::clinics::update(tx, &clinic)
            })
            .unwrap();
        // The rules are read anew, as after the restart that a change of the clinic's kind would take.
        let env = &Env { diary: Arc::new(DiaryCache::new()), ..env.clone() };
        let time = &house.times("consultation")[0];
        let command = || house.command("consultation", time, "key");
        let refused = book(env, &house.visitor(), command());
        assert!(matches!(refused, Err(Failure::Refused(Refusal::ProtocolNotSigned))), "{}", house.engine);
        let to_hold = || HoldTime {
            visit_type: VisitTypeId::new("consultation").unwrap(),
            start_at: time.start_at,
            practitioner: None,
            visitor: Secret::from_bits(1),
            response: None,
        };
        let kept = hold(env, &house.visitor(), to_hold());
        assert!(
            matches!(kept, Err(Failure::Refused(Refusal::ProtocolNotSigned))),
            "nothing is kept that nobody can book: {}",
            house.engine
        );
        let fill = AcceptFill {
            date: app::diary::current(env).unwrap().rules.date_at(time.start_at),
            chosen: vec![(waits, time.start_at, time.practitioners[0])],
            how: HowToFill::Book { tell_patients: false },
        };
        assert_eq!(code(accept_fill(env, &desk(), fill)), "protocol-not-signed", "{}", house.engine);
        assert!(!protocols::is_open(env).unwrap());
        let operator = Acting { actor: Actor::Operator, operation_id: OperationId::from_bits(4) };
        let members = staff::list(env).unwrap();
        for member in &members {
            let signed = protocols::sign_off(env, &operator, member.clone());
            assert_eq!(signed.is_ok(), member.role == Role::ClinicalLead, "{}", member.role);
        }
        assert!(protocols::is_open(env).unwrap());
        assert!(hold(env, &house.visitor(), to_hold()).is_ok());
        assert!(
            book(
                env,
                &house.visitor(),
                BookAppointment {
                    hold: Some((hold(env, &house.visitor(), to_hold()).unwrap().id, Secret::from_bits(1))),
                    ..command()
                }
            )
            .is_ok()
        );
    }
}
