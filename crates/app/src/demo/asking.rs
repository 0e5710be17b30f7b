//! Questions to the demo clinic: one that waits for an answer and one that has it.

use jiff::Span;
use record::{Enquiry, EnquiryState};
use store::Tx;

use super::{Dice, PATIENTS, people};
use crate::{Env, Failure};

/// Hours before now, what was asked, and whether somebody has answered.
const QUESTIONS: [(i64, &str, EnquiryState); 2] = [
    (
        3,
        "Hello, I have never had this done. Can I go back to work the next day, or will people see it?",
        EnquiryState::Open,
    ),
    (28, "Is there a place to leave a pram while I am with you?", EnquiryState::Answered),
];

/// Writes the questions; how many. With chance of its own, so that the rest of the demo stays as it is.
pub(super) fn write(tx: &mut Tx<'_>, env: &Env, seed: u64) -> Result<usize, Failure> {
    let mut dice = Dice::new(!seed);
    let now = env.clock.now();
    for (place, (hours, text, state)) in QUESTIONS.into_iter().enumerate() {
        let person = people::person(&mut dice, PATIENTS + 100 + place);
        let enquiry = Enquiry {
            id: env.new_id(),
            name: person.name,
            email: person.email,
            phone: person.phone,
            text: text.to_owned(),
            state,
            created_at: now.saturating_sub(Span::new().hours(hours)).unwrap_or(now),
        };
        store::enquiries::insert(tx, env.clinic_id, &enquiry)?;
    }
    Ok(QUESTIONS.len())
}
