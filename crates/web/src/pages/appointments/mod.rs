//! A visit booked by its patient: choose a time, confirm, see it, move it, cancel it.

pub mod booked;
pub mod cancel;
pub mod choose;
pub mod confirm;
pub mod hold;
pub mod move_to;
pub mod show;
pub mod times;

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
    /// What it costs, with the currency sign; may be empty.
    pub price: String,
}
