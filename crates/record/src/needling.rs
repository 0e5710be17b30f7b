//! Pens as the clinic entered them, and how a zone is to be needled.

use jiff::Timestamp;
use vocab::{AppointmentId, NeedlingPlanId, PenId, StaffId, ZoneId};

/// A pen with a cartridge (FHIR R4 `DeviceDefinition`), from the maker's manual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pen {
    /// Its id.
    pub id: PenId,
    /// Model and cartridge, as the clinic calls them.
    pub name: String,
    /// Where the needles stand from the tip's centre: x and y in micrometres.
    pub needles_um: Vec<[i32; 2]>,
    /// Strokes a minute.
    pub strokes_per_min: u32,
    /// The deepest setting, in micrometres.
    pub depth_um_max: u32,
    /// Where the numbers were read: manual and page.
    pub source: String,
    /// Who entered it.
    pub created_by: StaffId,
    /// When.
    pub created_at: Timestamp,
}

/// How a zone is to be needled at an appointment. Never changed: a later plan of the same zone takes its place, and both
/// are kept.
#[derive(Clone, PartialEq, Eq)]
pub struct NeedlingPlan {
    /// Its id.
    pub id: NeedlingPlanId,
    /// At which appointment.
    pub appointment_id: AppointmentId,
    /// Where, as the protocol names it.
    pub zone: ZoneId,
    /// The same for people: the outline's own name, "Left cheek".
    pub zone_label: String,
    /// The pen's name when the plan was made.
    pub pen_name: String,
    /// The whole course as TOML, as `stipple coverage` reads it: what was true when the plan was made.
    pub course: String,
    /// What was found for it, as JSON, as `stipple coverage simulate --json` tells it.
    pub figures: String,
    /// Who made it.
    pub created_by: StaffId,
    /// When.
    pub created_at: Timestamp,
}

/// Tells no treatment.
impl std::fmt::Debug for NeedlingPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NeedlingPlan({})", self.id)
    }
}
