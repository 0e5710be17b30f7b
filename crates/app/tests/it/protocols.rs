//! Without a clinician's signature nothing is booked outside a demo.

use app::{Acting, Actor, Failure, Refusal, appointments::book, protocols, staff};
use record::Role;
use vocab::OperationId;

use crate::house::houses;

#[test]
fn a_real_clinic_books_only_by_a_signed_protocol() {
    for house in houses() {
        let env = &house.env;
        let clinic_id = env.clinic_id;
        env.store
            .write(move |tx| {
                let mut clinic = store::clinics::load(tx, clinic_id)?.expect("the clinic is there");
                clinic.is_demo = false;
                store::clinics::update(tx, &clinic)
            })
            .unwrap();
        let time = &house.times("consultation")[0];
        let command = || house.command("consultation", time, "key");
        let refused = book(env, &house.visitor(), command());
        assert!(matches!(refused, Err(Failure::Refused(Refusal::ProtocolNotSigned))), "{}", house.engine);
        let operator = Acting { actor: Actor::Operator, operation_id: OperationId::from_bits(4) };
        let members = staff::list(env).unwrap();
        for member in &members {
            let signed = protocols::sign_off(env, &operator, member.clone());
            assert_eq!(signed.is_ok(), member.role == Role::ClinicalLead, "{}", member.role);
        }
        assert!(book(env, &house.visitor(), command()).is_ok());
    }
}
