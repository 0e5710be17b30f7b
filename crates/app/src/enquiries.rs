//! Enquiries: a question sent by the contact form.

use jiff::Timestamp;
use record::{Enquiry, EnquiryState, NewJob};
use vocab::EnquiryId;

use crate::{Acting, Action, Env, Failure, audit, jobs, people::Contact};

/// Sends a question to the clinic. Both sides get a message; neither has the question in it. The same key twice is the
/// same question: nothing new is written.
pub fn send(env: &Env, acting: &Acting, key: u128, contact: Contact, text: String) -> Result<(), Failure> {
    acting.require(Action::UsePublicPages)?;
    let email = contact.address()?.to_string();
    let (inside, acting) = (env.clone(), acting.clone());
    env.store.write(move |tx| {
        let env = &inside;
        let now: Timestamp = env.clock.now();
        let enquiry = Enquiry {
            id: EnquiryId::from_bits(key),
            name: contact.name.clone(),
            email: email.clone(),
            phone: contact.phone.clone(),
            text: text.clone(),
            state: EnquiryState::Open,
            created_at: now,
        };
        if !store::enquiries::insert(tx, env.clinic_id, &enquiry)? {
            return Ok(());
        }
        for letter in ["enquiry-received", "enquiry-new"] {
            let subject_id = format!("{letter}:{}", enquiry.id);
            let job = NewJob { kind: jobs::WRITE_LETTER.into(), subject_id, run_at: now };
            store::jobs::enqueue(tx, env.clinic_id, &job)?;
        }
        audit::note(tx, env, &acting, "enquiry.send", "enquiry", &enquiry.id.to_string(), "")
    })
}

/// The newest enquiries, newest first. The look is recorded in the audit trail, since nobody is a patient yet.
pub fn newest(env: &Env, acting: &Acting, limit: usize) -> Result<Vec<Enquiry>, Failure> {
    acting.require(Action::SeeEnquiries)?;
    let (inside, acting) = (env.clone(), acting.clone());
    env.store.write(move |tx| {
        let found = store::enquiries::newest(tx, inside.clinic_id, limit)?;
        audit::note(tx, &inside, &acting, "enquiry.read", "enquiry", "", &found.len().to_string())?;
        Ok(found)
    })
}
