//! The clinic, its settings and its sites.

use vocab::{ClinicId, Currency, Jurisdiction, SiteId};

/// A clinic: the scope of every record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clinic {
    /// Its id.
    pub id: ClinicId,
    /// As patients know it.
    pub name: String,
    /// Whose rules hold.
    pub jurisdiction: Jurisdiction,
    /// Prices are in this currency.
    pub currency: Currency,
    /// Invented people and bookings only: pages say so and a protocol need not be signed off.
    pub is_demo: bool,
    /// What the clinic has chosen.
    pub settings: ClinicSettings,
}

/// What a clinic chooses. Lengths are in the unit of their name and elapsed, not wall-clock, time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClinicSettings {
    /// Where questions by mail go; also the sender's reply address.
    pub contact_email: String,
    /// Shown wherever something can no longer be done by link.
    pub contact_phone: String,
    /// The earliest a visitor can book lies this many minutes ahead.
    pub min_notice_minutes: u32,
    /// Offered times are multiples of this many wall-clock minutes since midnight.
    pub offer_step_minutes: u32,
    /// The latest a visitor can book lies this many days ahead.
    pub horizon_days: u32,
    /// Until this many hours before the visit it can be moved or cancelled by link.
    pub cut_off_hours: u32,
    /// A hold lasts this many minutes.
    pub hold_minutes: u32,
    /// An unconfirmed mail address frees the time after this many minutes.
    pub confirm_minutes: u32,
    /// For at most this many patients in numbing may one person be on call.
    pub on_call_limit: u32,
    /// Whether somebody who is needling another patient counts as on call.
    pub needling_counts_as_on_call: bool,
    /// What the changes of a day that is planned anew cost.
    pub plan_costs: PlanCosts,
    /// A freed time is offered to somebody on the wait list for this many minutes.
    pub wait_offer_minutes: u32,
}

/// What each change of a planned day costs. There is no unit: only their proportions count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanCosts {
    /// A visit that cannot be kept.
    pub drop: u32,
    /// A visit that another therapist leads.
    pub change_lead: u32,
    /// Each minute by which a visit begins earlier or later.
    pub move_minute: u32,
    /// No visit is moved by more minutes than this.
    pub move_minutes_max: u32,
}

impl Default for PlanCosts {
    /// To lose a visit is as bad as ten changes of therapist, and one of those as bad as a hundred minutes.
    fn default() -> Self {
        Self { drop: 1000, change_lead: 100, move_minute: 1, move_minutes_max: 60 }
    }
}

impl Default for ClinicSettings {
    /// The defaults of the product: 48 hours of cut-off, ten minutes of hold, 30 minutes to confirm,
    /// two patients on call, needling does not count as on call.
    fn default() -> Self {
        Self {
            contact_email: String::new(),
            contact_phone: String::new(),
            min_notice_minutes: 24 * 60,
            offer_step_minutes: 15,
            horizon_days: 90,
            cut_off_hours: 48,
            hold_minutes: 10,
            confirm_minutes: 30,
            on_call_limit: 2,
            needling_counts_as_on_call: false,
            plan_costs: PlanCosts::default(),
            wait_offer_minutes: 120,
        }
    }
}

/// A place of a clinic with its own rooms, hours and time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its id.
    pub id: SiteId,
    /// As patients know it.
    pub name: String,
    /// An IANA zone: `Europe/Berlin`.
    pub zone: String,
    /// Where patients find it, one line a row.
    pub address: String,
    /// Its telephone number, if it has one of its own.
    pub phone: Option<String>,
}
