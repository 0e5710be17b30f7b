//! A visit booked by its patient: choose a time, confirm, see it, move it, cancel it.

pub mod booked;
pub mod cancel;
pub mod choose;
pub mod closed;
pub mod confirm;
pub mod held;
pub mod hold;
pub mod kept;
pub mod move_to;
mod refused;
pub mod show;
pub mod times;

use crate::fields::{Fields, hidden};
use crate::prices::Cost;
use crate::shell::{LinkHolder, Problem};
use crate::view::HiddenView;
use vocab::AppointmentId;

/// The field in which a form of the link's pages says which visit it is about.
const VISIT_FIELD: &str = "appointment";

/// The hidden field that says so.
fn about(id: AppointmentId) -> HiddenView {
    hidden(VISIT_FIELD, id.to_string())
}

/// Refuses a form that is about another visit than the one whose link this browser opened last. Whose link counts is
/// told by a cookie, and all tabs share it: without this, a button in one tab would act on the visit of another.
fn is_about(fields: &Fields, link: &LinkHolder) -> Result<(), Problem> {
    match fields.one(VISIT_FIELD).parse::<AppointmentId>() {
        Ok(id) if id == link.appointment_id => Ok(()),
        _ => Err(Problem::refused(
            "other-visit",
            "You have opened another visit meanwhile",
            "Nothing has been changed. Open the link in your e-mail about the visit you mean again, then decide there.",
        )),
    }
}

/// A visit in words, as every page of the booking shows it.
#[derive(Clone, Debug, Default)]
pub struct VisitView {
    /// "Micro-needling, full face".
    pub title: String,
    /// "Tuesday 8 December 2026".
    pub day: String,
    /// `2026-12-08`.
    pub date: String,
    /// "10:00–12:05".
    pub times: String,
    /// "of which 40 minutes of rest with numbing cream"; empty when there is none.
    pub rest: String,
    /// Who treats.
    pub practitioner: String,
    /// "Cheeks, forehead"; empty for a consultation.
    pub zones: String,
    /// Street and town, a line each.
    pub address: Vec<String>,
    /// What it costs.
    pub cost: Cost,
}
