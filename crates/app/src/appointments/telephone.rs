//! The telephone number that the desk typed for somebody the clinic knows: kept where there was none, shown with the visit
//! where there was another. A record is not written over by the way, for a number typed for a daughter or at work is not
//! the patient's new one; and it is not lost, for it was given for this visit.

use store::Tx;

use super::book::{BookAppointment, Whose};
use crate::{Acting, Env, Failure, audit};

/// The command as it is written down: with the number in the remark if the record has another.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    env: &Env,
    acting: &Acting,
    patient: &Whose,
    command: &BookAppointment,
) -> Result<BookAppointment, Failure> {
    let mut command = command.clone();
    let Whose::Known(id) = patient else { return Ok(command) };
    let phone = command.contact.phone.clone();
    let Some(mut known) = store::patients::load(tx, env.clinic_id, *id)? else { return Ok(command) };
    if digits(&phone).is_empty() || digits(&phone) == digits(&known.phone) {
        return Ok(command);
    }
    if known.phone.is_empty() {
        known.phone = phone;
        store::patients::save(tx, env.clinic_id, &known)?;
        audit::note(tx, env, acting, "patient.add-telephone", "patient", &id.to_string(), "phone")?;
        return Ok(command);
    }
    let given = format!("Telephone given for this visit: {phone}");
    command.note =
        if command.note.is_empty() { given } else { format!("{} ({given})", command.note.trim_end()) };
    Ok(command)
}

/// Two ways to write a number are one number.
fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}
