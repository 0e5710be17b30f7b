//! Needling plans: which pen over which outline how fast, what comes of it, and keeping it with an appointment.
//!
//! The mathematics are in `coverage`; here its facts are put together from what staff choose. Knows no HTTP and draws
//! nothing.

mod outlines;
mod pens;
mod plans;
mod settings;

pub use outlines::{BODY_HEIGHT, BodyMap, FACE_HEIGHT, OUTLINES, Outline, outline};
pub use pens::{EnterPen, PenChoice, enter_pen, pens};
pub use plans::{PlanOfVisit, plans_of, save, show};
pub use settings::{Assessed, CV_MAX, DENSITY_PER_CM2, LIMITS, Settings, Steadiness, Typed, assess, propose};
