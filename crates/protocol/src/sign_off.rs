//! What a clinician must still sign: every value that is habit or proposal, and every one read at second hand.

use crate::{
    model::{Evidence, Protocol},
    outcome::Tag,
};

/// One value waiting for a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignOffItem {
    /// Which value: a rule's, a zone's, a phase's id.
    pub id: String,
    /// What is signed, in words.
    pub what: String,
    /// How far the value can be trusted.
    pub tag: Tag,
    /// Keys into the bibliography.
    pub sources: Vec<String>,
    /// Where sources disagree or are silent.
    pub note: Option<String>,
}

/// Everything a clinician must still sign, in the order of the protocol: values tagged C, K and E ship
/// unconfirmed, S asks to be confirmed against the source. Values tagged V are not listed.
pub fn sign_off_list(protocol: &Protocol) -> Vec<SignOffItem> {
    let mut list = Vec::new();
    let mut add = |id: &str, what: String, evidence: &Evidence, note: &Option<String>| {
        if evidence.tag != Tag::V {
            let (tag, sources) = (evidence.tag, evidence.sources.clone());
            list.push(SignOffItem { id: id.to_owned(), what, tag, sources, note: note.clone() });
        }
    };
    for rule in &protocol.rules {
        for clause in &rule.clauses {
            let mut what = format!("{}: {}", rule.condition, clause.outcome);
            if let Some(days) = clause.when.days() {
                what.push_str(&format!(" inside {days} days"));
            }
            if let Some((least, most)) = clause.range_days {
                what.push_str(&format!(" (sources: {least} to {most})"));
            }
            add(rule.id.as_str(), what, &clause.evidence, &rule.note);
        }
    }
    for zone in &protocol.zones {
        if let Some(never) = &zone.never {
            add(never.rule.as_str(), format!("never treated: {}", zone.label), &never.evidence, &None);
        }
    }
    for concern in &protocol.concerns {
        let (sessions, weeks) = (concern.sessions, concern.interval_weeks);
        let what = format!(
            "{}: usually {} sessions ({} to {}), {} weeks apart ({} to {}), judged after {} days",
            concern.label,
            sessions.usual,
            sessions.least,
            sessions.most,
            weeks.usual,
            weeks.least,
            weeks.most,
            concern.judged_after_days
        );
        add(concern.id.as_str(), what, &concern.evidence, &None);
    }
    for one in &protocol.prior_treatments {
        add(one.id.as_str(), format!("asked what was tried before: {}", one.label), &one.evidence, &None);
    }
    for item in &protocol.preparation {
        let days = item.days_before;
        let what = format!("{}: {} days before ({} to {})", item.item, days.usual, days.least, days.most);
        add(item.id.as_str(), what, &item.evidence, &item.note);
    }
    for visit in &protocol.visits {
        for phase in &visit.phases {
            let minutes = phase.minutes;
            let what =
                format!("{}: {} minutes ({} to {})", phase.title, minutes.usual, minutes.least, minutes.most);
            add(&format!("{}/{}", visit.id, phase.id), what, &phase.evidence, &phase.note);
        }
    }
    for place in &protocol.jurisdictions {
        let what = format!("{}: emergency number {}", place.label, place.emergency_number);
        add(place.id.as_str(), what, &place.emergency_evidence, &None);
        for rule in &place.legal_rules {
            add(
                rule.id.as_str(),
                format!("{} (from {})", rule.text, rule.in_force_from),
                &rule.evidence,
                &None,
            );
        }
    }
    list
}
