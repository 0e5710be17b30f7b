//! What the forms that move or cancel a visit say when it is not as it was when they were opened, or cannot be changed any
//! more.

use app::appointments::VisitDetails;
use app::diary::Rules;
use record::{AppointmentStatus, AppointmentStep};

use crate::fields::Fields;

/// Why this step cannot be taken any more; empty if it can.
pub(super) fn over(details: &VisitDetails, step: AppointmentStep) -> String {
    let status = details.appointment.status;
    if status.apply(step).is_ok() {
        return String::new();
    }
    let words = match status {
        AppointmentStatus::Cancelled => "This visit is cancelled, so there is nothing to change.",
        AppointmentStatus::Arrived => {
            "The patient has arrived. If that was pressed by mistake, undo it on the page of the visit first."
        }
        AppointmentStatus::Noshow => {
            "The patient did not come. If that was pressed by mistake, undo it on the page of the visit first."
        }
        _ => "This visit is over, so there is nothing to change.",
    };
    words.into()
}

/// What has changed since the form was opened, which says so by the sequence it was sent with; empty if nothing has.
pub(super) fn changed(rules: &Rules, details: &VisitDetails, sent: &Fields) -> String {
    if sent.one("sequence") == details.appointment.sequence.to_string() {
        return String::new();
    }
    let last = details.history.last().map(|event| super::audit::row(rules, &details.staff, &[], event));
    let last = last.map(|row| format!(" ({}: {}, {})", row.who, row.what, row.when)).unwrap_or_default();
    format!(
        "This visit has changed since you opened the form{last}. How it stands now is shown above. What you typed is \
         still here: look at it again, then send it."
    )
}
