//! Appointments and preparation plans as iCalendar files (RFC 5545), ready to be sent by mail (RFC 5546).
//!
//! Two doors: [`to_ical`] writes one appointment, [`plan_to_ical`] the dated steps of a preparation plan. Both
//! take small structs of their own and return the whole file as text, or say why there cannot be one.
//!
//! What this crate promises:
//! - A time means the same instant in every calendar program. The file carries its own time zone, taken from
//!   the transitions that `jiff` knows, and a moment that local time cannot name is written in UTC.
//! - No input can add a line: text is escaped, control characters are dropped, lines are folded.
//! - The same appointment keeps its UID; a higher SEQUENCE replaces what was sent before.
//!
//! What it cannot know: whether a title says something about somebody's health. **Titles, places and
//! descriptions must not.** Calendars are shared with families and employers and shown on lock screens, so
//! the caller writes "Appointment at …" and leaves the rest, secret links too, to the message around the file.

mod error;
mod event;
mod line;
mod plan;
mod time;
mod uid;
mod zone;

pub use error::CalendarError;
pub use event::{CalendarEvent, Method, Party, to_ical};
pub use plan::{PlanItem, PreparationPlan, When, plan_to_ical};
pub use uid::Uid;
