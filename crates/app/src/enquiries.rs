//! Enquiries: a question sent by the contact form, and whether somebody has answered it.

use jiff::Timestamp;
use record::{Enquiry, EnquiryState, NewJob};
use sha2::{Digest, Sha256};
use store::Tx;
use vocab::EnquiryId;

use crate::{Acting, Action, Env, Failure, audit, jobs, people::Contact};

/// Sends a question to the clinic. Both sides get a message; neither has the question in it. The same question with the
/// same key is the same one sent twice: nothing new is written. Another one with that key, as when somebody goes back and
/// asks something else, is one more.
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
        let Some(enquiry) = written(tx, env, enquiry)? else { return Ok(()) };
        for letter in ["enquiry-received", "enquiry-new"] {
            let subject_id = format!("{letter}:{}", enquiry.id);
            let job = NewJob { kind: jobs::WRITE_LETTER.into(), subject_id, run_at: now };
            store::jobs::enqueue(tx, env.clinic_id, &job)?;
        }
        audit::note(tx, env, &acting, "enquiry.send", "enquiry", &enquiry.id.to_string(), "")
    })
}

/// Writes a question, under an id of its own if another stands under its; nothing if it is there already.
fn written(tx: &mut Tx<'_>, env: &Env, enquiry: Enquiry) -> Result<Option<Enquiry>, Failure> {
    if store::enquiries::insert(tx, env.clinic_id, &enquiry)? {
        return Ok(Some(enquiry));
    }
    let said = |one: &Enquiry| [&one.name, &one.email, &one.phone, &one.text].map(Clone::clone);
    let known = store::enquiries::load(tx, env.clinic_id, enquiry.id)?;
    if known.is_some_and(|known| said(&known) == said(&enquiry)) {
        return Ok(None);
    }
    // Made of the key and the words, so that this one sent twice is found again too.
    let mut digest = Sha256::new_with_prefix(enquiry.id.to_string());
    for part in said(&enquiry) {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    }
    let digest: [u8; 32] = digest.finalize().into();
    let bits = digest.iter().take(16).fold(0, |bits, byte| bits << 8 | u128::from(*byte));
    let enquiry = Enquiry { id: EnquiryId::from_bits(bits), ..enquiry };
    Ok(store::enquiries::insert(tx, env.clinic_id, &enquiry)?.then_some(enquiry))
}

/// Of so many of the newest enquiries those are shown that nobody has answered: years of a clinic that presses the button.
const LOOKED_AT: usize = 1_000;

/// The enquiries nobody has answered, longest wait first, and those that were, newest first and `answered_max` at most. The
/// look is recorded in the audit trail, since nobody is a patient yet.
pub fn list(
    env: &Env,
    acting: &Acting,
    answered_max: usize,
) -> Result<(Vec<Enquiry>, Vec<Enquiry>), Failure> {
    acting.require(Action::SeeEnquiries)?;
    let (inside, acting) = (env.clone(), acting.clone());
    env.store.write(move |tx| {
        let found = store::enquiries::newest(tx, inside.clinic_id, LOOKED_AT)?;
        let (mut open, mut answered): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|enquiry| enquiry.state == EnquiryState::Open);
        open.reverse();
        answered.truncate(answered_max);
        let count = open.len() + answered.len();
        audit::note(tx, &inside, &acting, "enquiry.read", "enquiry", "", &count.to_string())?;
        Ok((open, answered))
    })
}

/// Notes that an enquiry was answered, or that it was not after all. In that state already: nothing happens.
pub fn set_state(env: &Env, acting: &Acting, id: EnquiryId, state: EnquiryState) -> Result<(), Failure> {
    acting.require(Action::SeeEnquiries)?;
    let (inside, acting) = (env.clone(), acting.clone());
    env.store.write(move |tx| {
        let enquiry = store::enquiries::load(tx, inside.clinic_id, id)?.ok_or(Failure::NotFound)?;
        if enquiry.state == state {
            return Ok(());
        }
        store::enquiries::set_state(tx, inside.clinic_id, id, state)?;
        let action = match state {
            EnquiryState::Answered => "enquiry.answer",
            EnquiryState::Open => "enquiry.reopen",
        };
        audit::note(tx, &inside, &acting, action, "enquiry", &id.to_string(), "state")
    })
}
