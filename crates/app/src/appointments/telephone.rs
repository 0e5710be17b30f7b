//! The telephone number that was typed for somebody the clinic knows. A record is not written over by the way, for a number
//! typed for a daughter or at work is not the patient's new one; and the number is not lost, for it was given for this visit.

use record::Patient;
use store::Tx;

use super::book::{BookAppointment, Whose};
use crate::{Acting, Env, Failure, audit};

/// The command as it is written down for somebody who typed the number themselves: with the number in the remark unless it
/// stands in the record. Nothing that anybody can fill in changes the record of somebody known.
pub(crate) fn remark(
    tx: &mut Tx<'_>,
    env: &Env,
    patient: &Whose,
    command: &BookAppointment,
) -> Result<BookAppointment, Failure> {
    let other = other_than_known(tx, env, patient, command)?;
    Ok(other.map_or_else(|| command.clone(), |_| remarked(command)))
}

/// The same for a number that the desk typed: it is kept in a record that had none.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    env: &Env,
    acting: &Acting,
    patient: &Whose,
    command: &BookAppointment,
) -> Result<BookAppointment, Failure> {
    let Some(mut known) = other_than_known(tx, env, patient, command)? else { return Ok(command.clone()) };
    if !known.phone.is_empty() {
        return Ok(remarked(command));
    }
    known.phone = command.contact.phone.clone();
    store::patients::save(tx, env.clinic_id, &known)?;
    audit::note(tx, env, acting, "patient.add-telephone", "patient", &known.id.to_string(), "phone")?;
    Ok(command.clone())
}

/// The record of somebody known, if a number was typed that is not in it.
fn other_than_known(
    tx: &mut Tx<'_>,
    env: &Env,
    patient: &Whose,
    command: &BookAppointment,
) -> Result<Option<Patient>, Failure> {
    let Whose::Known(id) = patient else { return Ok(None) };
    let typed = &command.contact.phone;
    let known = store::patients::load(tx, env.clinic_id, *id)?;
    let is_number = typed.chars().any(|letter| letter.is_ascii_digit());
    Ok(known.filter(|known| is_number && !store::patients::is_same_number(typed, &known.phone)))
}

fn remarked(command: &BookAppointment) -> BookAppointment {
    let given = format!("Telephone given for this visit: {}", command.contact.phone);
    let note = command.note.trim_end();
    let note = if note.is_empty() { given } else { format!("{note} ({given})") };
    BookAppointment { note, ..command.clone() }
}
