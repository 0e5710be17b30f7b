//! Dates and times as people say them, in the clinic's zone.

use app::{appointments::VisitDetails, diary::Rules, screening::Cream};
use jiff::{
    Timestamp, Zoned,
    civil::{Date, Time},
};
use record::{Appointment, AppointmentPhase};
use vocab::VisitTypeId;

use crate::{frame::Site, pages::appointments::VisitView};

/// "Tuesday 8 December 2026".
pub(crate) fn day_long(date: Date) -> String {
    date.strftime("%A %-d %B %Y").to_string()
}

/// "Tuesday 8 December".
pub(crate) fn day(date: Date) -> String {
    date.strftime("%A %-d %B").to_string()
}

/// "December 2026".
pub(crate) fn month(date: Date) -> String {
    date.strftime("%B %Y").to_string()
}

/// "10:00".
pub(crate) fn clock(at: Timestamp, rules: &Rules) -> String {
    local(at, rules).strftime("%H:%M").to_string()
}

/// "10:00".
pub(crate) fn time(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}

/// "Sunday 6 December, 10:00".
pub(crate) fn moment(at: Timestamp, rules: &Rules) -> String {
    local(at, rules).strftime("%A %-d %B, %H:%M").to_string()
}

/// The wall clock of the site at this instant.
pub(crate) fn local(at: Timestamp, rules: &Rules) -> Zoned {
    at.to_zoned(rules.zone.clone())
}

/// "a peel at home, laser or strong light; not sure about the rest".
pub(crate) fn prior_treatments(
    protocol: &protocol::Protocol,
    prior: &app::screening::PriorTreatments,
) -> String {
    let label = |id: &vocab::PriorTreatmentId| {
        // What an older protocol asked is shown by its name.
        let known = protocol.prior_treatments.iter().find(|one| one.id == *id);
        known.map_or_else(|| id.to_string(), |one| uncapitalised(&one.label))
    };
    let tried = prior.tried.iter().map(label).collect::<Vec<_>>().join(", ");
    match (tried.is_empty(), prior.is_unsure) {
        (true, false) => "nothing of what we ask about".into(),
        (true, true) => "does not remember".into(),
        (false, false) => tried,
        (false, true) => format!("{tried}; does not remember the rest"),
    }
}

/// The same words inside a sentence.
fn uncapitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The same words at the beginning of a sentence.
pub(crate) fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// For whom no numbing cream can be used.
pub(crate) const NO_CREAM: &str =
    "No numbing cream is used for you; your therapist talks with you about comfort.";

/// "of which 60 minutes of rest", or nothing.
pub(crate) fn rest(
    protocol: &protocol::Protocol,
    visit: &VisitTypeId,
    phases: &[AppointmentPhase],
    cream: Cream,
) -> String {
    let Some(visit) = protocol.visit(visit) else { return String::new() };
    let rests = |name: &str| {
        visit.phases.iter().any(|phase| phase.id == name && phase.staff == protocol::StaffNeed::OnCall)
    };
    match phases.iter().filter(|phase| rests(&phase.name)).map(|phase| u32::from(phase.minutes)).sum() {
        0 => String::new(),
        minutes => match cream {
            Cream::Any => format!("of which {minutes} minutes of rest with numbing cream"),
            Cream::Chosen => {
                format!(
                    "of which {minutes} minutes of rest with a numbing cream that a clinician chooses for you"
                )
            }
            Cream::None => format!("of which {minutes} minutes of rest. {NO_CREAM}"),
        },
    }
}

/// What numbing cream a visit can have, as far as its self-check says: everybody who reads of the visit must know.
pub(crate) fn cream(details: &VisitDetails) -> Cream {
    details.screened.as_ref().map_or(Cream::Any, |screened| screened.cream)
}

/// A visit in words, as every page of the booking shows it.
pub(crate) struct VisitWords<'a> {
    /// What kind of visit.
    pub(crate) visit_type: &'a VisitTypeId,
    /// When the patient comes.
    pub(crate) start_at: Timestamp,
    /// When the patient leaves.
    pub(crate) end_at: Timestamp,
    /// Who treats.
    pub(crate) lead_id: vocab::ResourceId,
    /// The parts of the visit.
    pub(crate) phases: &'a [AppointmentPhase],
    /// Where on the body.
    pub(crate) zones: &'a [vocab::ZoneId],
    /// What numbing cream it can have.
    pub(crate) cream: Cream,
}

impl<'a> VisitWords<'a> {
    /// The words of an appointment.
    pub(crate) fn of(appointment: &'a Appointment) -> Self {
        Self {
            visit_type: &appointment.visit_type,
            start_at: appointment.start_at,
            end_at: appointment.end_at,
            lead_id: appointment.lead_id,
            phases: &appointment.phases,
            zones: &appointment.zones,
            cream: Cream::Any,
        }
    }

    /// The words of an appointment whose self-check is known.
    pub(crate) fn of_details(details: &'a VisitDetails) -> Self {
        Self { cream: cream(details), ..Self::of(&details.appointment) }
    }

    /// The view.
    pub(crate) fn view(&self, protocol: &protocol::Protocol, rules: &Rules, site: &Site) -> VisitView {
        let date = local(self.start_at, rules).date();
        let zones: Vec<&str> =
            self.zones.iter().filter_map(|id| protocol.zone(id)).map(|zone| zone.label.as_str()).collect();
        VisitView {
            title: visit_title(protocol, self.visit_type, site),
            day: day_long(date),
            date: date.to_string(),
            times: format!("{}–{}", clock(self.start_at, rules), clock(self.end_at, rules)),
            rest: rest(protocol, self.visit_type, self.phases, self.cream),
            practitioner: rules.resource(self.lead_id).map(|one| one.name.clone()).unwrap_or_default(),
            zones: zones.join(", "),
            address: rules.site.address.lines().map(str::to_owned).collect(),
            cost: crate::prices::cost(
                site.prices_of_visits.get(self.visit_type.as_str()).map_or(&[], Vec::as_slice),
                self.zones,
            ),
        }
    }
}

/// "Micro-needling", "Consultation".
pub(crate) fn visit_title(protocol: &protocol::Protocol, visit: &VisitTypeId, site: &Site) -> String {
    let treats =
        protocol.visit(visit).is_some_and(|visit| visit.phases.iter().any(|phase| phase.needs_device));
    match site.treatments.first() {
        Some(treatment) if treats => treatment.name.clone(),
        _ => protocol.visit(visit).map(|visit| visit.title.clone()).unwrap_or_default(),
    }
}
