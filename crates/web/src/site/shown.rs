//! Whether the pages can show a protocol: they know two kinds of visit by name, and what a treatment is made of. Asked once,
//! before anything is served, so that no page has to meet a protocol it cannot show.

use protocol::{Protocol, StaffNeed, VisitType};

/// The most minutes of a visit: what is longer fits into no day.
const VISIT_MINUTES_MAX: u32 = 720;

/// Refuses a protocol that the pages cannot show, with everything that is missing, a line each, and what to write.
pub fn check(protocol: &Protocol) -> Result<(), String> {
    let mut missing = Vec::new();
    if protocol.id != "micro-needling" {
        missing.push(format!(
            "there are no page words for the protocol {:?}: keep `id = \"micro-needling\"` under `[protocol]`",
            protocol.id
        ));
    }
    let visit = |id: &str| protocol.visits.iter().find(|visit| visit.id.as_str() == id);
    let needs_device = |visit: &VisitType| visit.phases.iter().any(|phase| phase.needs_device);
    for id in ["treatment", "consultation"] {
        if visit(id).is_none() {
            missing.push(format!("there is no visit `{id}`: add a `[[visit]]` with `id = \"{id}\"`"));
        }
    }
    if visit("treatment").is_some_and(|visit| !needs_device(visit)) {
        missing.push(
            "the visit `treatment` has no phase with `device = true`: mark the one that needles".into(),
        );
    }
    if visit("consultation").is_some_and(needs_device) {
        missing.push(
            "the visit `consultation` has a phase with `device = true`: nothing is treated on that day, so write false"
                .into(),
        );
    }
    for visit in &protocol.visits {
        check_phases(visit, needs_device(visit), &mut missing);
    }
    let is_treatable = |concern: &protocol::Concern| {
        concern.is_offered && protocol.treatable_zones().any(|zone| concern.zones.contains(&zone.id))
    };
    if !protocol.concerns.iter().any(is_treatable) {
        missing.push(
            "no concern is offered in a zone that can be treated: the self-check would have nothing to begin with".into(),
        );
    }
    if missing.is_empty() { Ok(()) } else { Err(missing.join("\n")) }
}

fn check_phases(visit: &VisitType, needs_device: bool, missing: &mut Vec<String>) {
    let id = &visit.id;
    for phase in visit.phases.iter().filter(|phase| phase.minutes.usual == 0) {
        missing.push(format!(
            "the phase `{}` of the visit `{id}` usually takes no time: write at least one minute, or leave it out",
            phase.id
        ));
    }
    let minutes: u32 = visit.phases.iter().map(|phase| phase.minutes.usual).sum();
    if minutes > VISIT_MINUTES_MAX {
        missing.push(format!(
            "the visit `{id}` usually takes {minutes} minutes: at most {VISIT_MINUTES_MAX} fit into a day"
        ));
    }
    let is_led = |phase: &protocol::Phase| phase.patient_present && phase.staff == StaffNeed::HandsOn;
    if !visit.phases.iter().any(is_led) {
        missing.push(format!(
            "nobody leads the visit `{id}`: one of its phases needs `staff = \"hands_on\"` with the patient there"
        ));
    }
    let rest = visit.phases.iter().position(|phase| phase.staff == StaffNeed::OnCall);
    let needling = visit.phases.iter().position(|phase| phase.id == "needling");
    if needs_device && rest.zip(needling).is_none_or(|(rest, needling)| rest >= needling) {
        missing.push(format!(
            "the visit `{id}` needs a phase with `staff = \"on_call\"`, the rest with cream, and after it the phase \
             `needling`: pages tell what happens by them"
        ));
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn spoilt(spoil: impl FnOnce(&mut Protocol)) -> Result<(), String> {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../protocols/micro-needling"));
        let mut protocol = protocol::load_dir(folder).unwrap();
        spoil(&mut protocol);
        check(&protocol)
    }

    fn visit<'a>(protocol: &'a mut Protocol, id: &str) -> &'a mut VisitType {
        protocol.visits.iter_mut().find(|visit| visit.id.as_str() == id).unwrap()
    }

    #[test]
    fn what_pages_cannot_show_is_told_all_at_once() {
        assert_eq!(spoilt(|_| ()), Ok(()));
        let told = spoilt(|protocol| {
            protocol.id = "peels".into();
            protocol.visits.retain(|visit| visit.id.as_str() != "consultation");
            protocol.concerns.iter_mut().for_each(|concern| concern.is_offered = false);
        });
        let told = told.unwrap_err();
        for part in ["\"peels\"", "no visit `consultation`", "no concern is offered"] {
            assert!(told.contains(part), "{part}\n{told}");
        }
        assert_eq!(told.lines().count(), 3, "{told}");
    }

    #[test]
    fn phases_out_of_order_are_refused_before_a_page_meets_them() {
        let treatment = |change: fn(&mut VisitType)| spoilt(|protocol| change(visit(protocol, "treatment")));
        let no_rest = "needs a phase with `staff = \"on_call\"`";
        for (told, part) in [
            (treatment(|visit| visit.phases.reverse()), no_rest),
            (treatment(|visit| visit.phases.retain(|phase| phase.id != "needling")), no_rest),
            (treatment(|visit| visit.phases.retain(|phase| phase.staff != StaffNeed::OnCall)), no_rest),
            (treatment(|visit| visit.phases[3].minutes.usual = 0), "usually takes no time"),
            (treatment(|visit| visit.phases[3].minutes.usual = 600), "at most 720 fit"),
            (
                treatment(|visit| visit.phases.retain(|phase| phase.staff != StaffNeed::HandsOn)),
                "nobody leads",
            ),
            (
                treatment(|visit| visit.phases.iter_mut().for_each(|phase| phase.needs_device = false)),
                "mark the one that needles",
            ),
            (
                spoilt(|protocol| visit(protocol, "consultation").phases[0].needs_device = true),
                "nothing is treated on that day",
            ),
        ] {
            assert!(told.clone().is_err_and(|told| told.contains(part)), "{part}: {told:?}");
        }
    }
}
