//! The staff side: an instrument. Dense, quiet, keyboard first; state by colour and icon and word.

pub mod absence;
pub mod appointment;
pub mod audit;
pub mod book;
pub mod cancel;
pub mod capacity;
pub mod day;
pub mod enquiries;
pub mod fill;
pub mod move_to;
pub mod needling;
pub mod offers;
pub mod plan;
pub mod sign_in;
pub mod wait_list;

mod clock;
mod draw;
mod standing;

use crate::fields::hidden;
use crate::frame::{Frame, Site};
use crate::shell::{Context, csrf::FORM_TOKEN_FIELD};
use crate::state::Web;
use crate::view::HiddenView;
use app::diary::Rules;
use app::{Acting, Action, Actor};
use jiff::Timestamp;
use record::{Appointment, AppointmentStatus};

/// What surrounds every staff page.
#[derive(Clone, Debug)]
pub struct DeskFrame {
    /// Over the door.
    pub clinic: String,
    /// Who is signed in.
    pub user: String,
    /// As what.
    pub role: String,
    /// `light` or `dark` when chosen, else empty.
    pub theme: &'static str,
    /// The section this page belongs to: `day`, `audit`.
    pub section: &'static str,
    /// Tokens for the sign-out button.
    pub hidden: Vec<HiddenView>,
    /// What has just happened; may be empty.
    pub news: String,
    /// Whether the menu leads to the enquiries.
    pub sees_enquiries: bool,
    /// Whether the menu leads to the audit trail.
    pub sees_audit: bool,
    /// Whether the menu leads to the what-if of rooms and therapists.
    pub sees_capacity: bool,
    /// An invented clinic.
    pub is_demo: bool,
}

impl DeskFrame {
    /// Before anybody has signed in.
    fn nobody(web: &Web, frame: &Frame) -> Self {
        Self {
            clinic: web.site.clinic.name.clone(),
            user: String::new(),
            role: String::new(),
            theme: frame.theme,
            section: "",
            hidden: Vec::new(),
            news: String::new(),
            sees_enquiries: false,
            sees_audit: false,
            sees_capacity: false,
            is_demo: web.site.clinic.is_demo,
        }
    }

    /// Around a page of this member of staff.
    fn new(
        web: &Web,
        context: &Context,
        frame: &Frame,
        acting: &Acting,
        section: &'static str,
        news: &str,
    ) -> Self {
        let (user, role) = match &acting.actor {
            Actor::Staff(staff) => (staff.name.clone(), role_word(staff.role)),
            _ => Default::default(),
        };
        let news = match news {
            "booked" => "Booked.",
            "booked-unwritten" => "Booked. No letter is sent: there is no e-mail address.",
            "moved" => "Moved.",
            "cancelled" => "Cancelled.",
            "planned" => "The changes were carried out.",
            "offered" => "Asked. The letters leave in two minutes; the first to answer has the time.",
            "filled" => "Booked from the wait list.",
            "squeezed" => "Booked beside another visit. The reason is kept in the audit trail.",
            "removed" => "Off the list, and forgotten.",
            "enquiry-answered" => "Answered. It stands below, with the others that were.",
            "enquiry-open" => "It waits again.",
            "costs" => "Saved. The next plan counts with it.",
            _ => "",
        };
        Self {
            sees_enquiries: app::may(&acting.actor, Action::SeeEnquiries),
            sees_audit: app::may(&acting.actor, Action::SeeAudit),
            sees_capacity: app::may(&acting.actor, Action::PlanClinic),
            user,
            role,
            section,
            hidden: vec![hidden(FORM_TOKEN_FIELD, context.form_token())],
            news: news.into(),
            ..Self::nobody(web, frame)
        }
    }

    /// Around a page that says what went wrong: then nobody is looked up any more, and the role alone is known. `None`
    /// unless a member of staff asked for one of their own pages.
    pub(crate) fn beside_problem(site: &Site, context: &Context) -> Option<Self> {
        use record::Role::{ClinicalLead, FrontDesk, Owner, Practitioner};
        let staff = context.staff()?;
        let is_theirs = |role: &record::Role| crate::state::roles(*role) == staff.roles;
        let role = [FrontDesk, Practitioner, ClinicalLead, Owner].into_iter().find(is_theirs)?;
        let actor = app::StaffActor { id: staff.staff_id, name: String::new(), role, resource_id: None };
        let sees = |action| app::may(&Actor::Staff(actor.clone()), action);
        Some(Self {
            clinic: site.clinic.name.clone(),
            user: "Signed in".into(),
            role: if role == Practitioner { String::new() } else { role_word(role) },
            theme: "",
            section: "",
            hidden: vec![hidden(FORM_TOKEN_FIELD, context.form_token())],
            news: String::new(),
            sees_enquiries: sees(Action::SeeEnquiries),
            sees_audit: sees(Action::SeeAudit),
            sees_capacity: sees(Action::PlanClinic),
            is_demo: site.clinic.is_demo,
        })
    }

    /// The address under which an asset is served now.
    pub fn asset(&self, name: &str) -> String {
        crate::assets::address(name)
    }
}

/// A role as the desk calls it.
fn role_word(role: record::Role) -> String {
    match role {
        record::Role::Practitioner => "therapist".into(),
        role => role.as_str().replace('-', " "),
    }
}

/// Where an appointment stands, as staff see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateView {
    /// Somebody is filling in the form.
    Held,
    /// The address is not confirmed yet.
    Unconfirmed,
    /// It stands.
    Booked,
    /// The patient is here.
    Arrived,
    /// Cream is on.
    Numbing,
    /// Being treated.
    Treating,
    /// Over.
    Done,
    /// Nobody came.
    NoShow,
    /// Cancelled.
    Cancelled,
}

impl StateView {
    /// All of them, in the order of the legend.
    pub const ALL: [Self; 9] = [
        Self::Held,
        Self::Unconfirmed,
        Self::Booked,
        Self::Arrived,
        Self::Numbing,
        Self::Treating,
        Self::Done,
        Self::NoShow,
        Self::Cancelled,
    ];

    /// The class of colour.
    pub fn class(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Unconfirmed => "unconfirmed",
            Self::Booked => "booked",
            Self::Arrived => "arrived",
            Self::Numbing => "numbing",
            Self::Treating => "treating",
            Self::Done => "done",
            Self::NoShow => "no-show",
            Self::Cancelled => "cancelled",
        }
    }

    /// The sign.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Held => "clock",
            Self::Unconfirmed => "mail",
            Self::Booked => "calendar",
            Self::Arrived => "door",
            Self::Numbing => "rest",
            Self::Treating => "spark",
            Self::Done => "tick",
            Self::NoShow => "alert",
            Self::Cancelled => "cross",
        }
    }

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Unconfirmed => "unconfirmed",
            Self::Booked => "booked",
            Self::Arrived => "arrived",
            Self::Numbing => "numbing",
            Self::Treating => "treating",
            Self::Done => "done",
            Self::NoShow => "no-show",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Where an appointment stands now.
fn state_of(appointment: &Appointment, now: Timestamp) -> StateView {
    match appointment.status {
        AppointmentStatus::Pending => StateView::Unconfirmed,
        AppointmentStatus::Booked => StateView::Booked,
        AppointmentStatus::Fulfilled => StateView::Done,
        AppointmentStatus::Noshow => StateView::NoShow,
        AppointmentStatus::Cancelled | AppointmentStatus::EnteredInError => StateView::Cancelled,
        AppointmentStatus::Arrived => {
            let phase = app::diary::phase_times(appointment)
                .into_iter()
                .find(|(_, from, to)| *from <= now && now < *to);
            match phase.map(|(phase, _, _)| phase.name.as_str()) {
                Some(name) if name.starts_with("numbing") => StateView::Numbing,
                Some("needling") => StateView::Treating,
                _ => StateView::Arrived,
            }
        }
    }
}

/// The names of the rooms and devices among these resources.
fn places(rules: &Rules, ids: impl Iterator<Item = vocab::ResourceId>) -> Vec<&str> {
    let mut names: Vec<&str> = ids
        .filter_map(|id| rules.resource(id))
        .filter(|one| matches!(one.kind, record::ResourceKind::Room | record::ResourceKind::Device))
        .map(|one| one.name.as_str())
        .collect();
    names.sort_unstable_by_key(|name| std::cmp::Reverse(*name));
    names.dedup();
    names
}
