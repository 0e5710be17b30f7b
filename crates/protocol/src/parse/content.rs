//! Reads what is not a rule: concerns, zones, substances, jurisdictions, preparation and visits.

use vocab::{ConcernId, Jurisdiction, ProductId, RuleId, VisitTypeId, ZoneId};

use crate::{
    model::{
        Concern, FixedExclusion, JurisdictionRules, LegalKind, LegalRule, Phase, PhaseKind, PreparationItem,
        PreparationKind, Protocol, StaffNeed, Substance, VisitType, WhoAgrees, Zone,
    },
    parse::{Kind, Reading},
    tree::Fields,
};

/// The most days before or after a visit that a preparation item may reach.
const PREPARATION_DAYS_MAX: u32 = 366;
/// The most minutes of a phase.
const PHASE_MINUTES_MAX: u32 = 600;

const GRADES: [(&str, &str); 5] = [("A", "A"), ("B", "B"), ("B-C", "B-C"), ("C", "C"), ("D", "D")];
const LEGAL_KINDS: [(&str, LegalKind); 5] = [
    ("minimum_age", LegalKind::MinimumAge),
    ("label_age", LegalKind::LabelAge),
    ("restricted", LegalKind::Restricted),
    ("operator", LegalKind::Operator),
    ("device", LegalKind::Device),
];
const PREPARATION_KINDS: [(&str, PreparationKind); 5] = [
    ("pause", PreparationKind::Pause),
    ("ask_prescriber", PreparationKind::AskPrescriber),
    ("keep_taking", PreparationKind::KeepTaking),
    ("do", PreparationKind::Do),
    ("never", PreparationKind::Never),
];
const WHO_AGREES: [(&str, WhoAgrees); 3] =
    [("nobody", WhoAgrees::Nobody), ("patient", WhoAgrees::Patient), ("prescriber", WhoAgrees::Prescriber)];
const PHASE_KINDS: [(&str, PhaseKind); 11] = [
    ("consultation", PhaseKind::Consultation),
    ("recheck", PhaseKind::Recheck),
    ("photos", PhaseKind::Photos),
    ("cleanse", PhaseKind::Cleanse),
    ("numbing_apply", PhaseKind::NumbingApply),
    ("numbing_wait", PhaseKind::NumbingWait),
    ("prepare_skin", PhaseKind::PrepareSkin),
    ("needling", PhaseKind::Needling),
    ("calming", PhaseKind::Calming),
    ("discharge", PhaseKind::Discharge),
    ("turnover", PhaseKind::Turnover),
];
const STAFF_NEEDS: [(&str, StaffNeed); 4] = [
    ("hands_on", StaffNeed::HandsOn),
    ("in_room", StaffNeed::InRoom),
    ("on_call", StaffNeed::OnCall),
    ("none", StaffNeed::None),
];

pub(super) fn read<'a>(reading: &mut Reading<'a>, root: &mut Fields<'a>, protocol: &mut Protocol) {
    for fields in root.tables(&mut reading.problems, "zone") {
        protocol.zones.extend(read_zone(reading, fields));
    }
    for mut fields in root.tables(&mut reading.problems, "substance") {
        let id = reading.id(&mut fields, Kind::Substance, ProductId::new);
        let label = fields.text(&mut reading.problems, "label");
        fields.finish(&mut reading.problems);
        protocol.substances.extend(id.map(|id| Substance { id, label }));
    }
    for fields in root.tables(&mut reading.problems, "concern") {
        protocol.concerns.extend(read_concern(reading, fields));
    }
    for fields in root.tables(&mut reading.problems, "jurisdiction") {
        protocol.jurisdictions.extend(read_jurisdiction(reading, fields));
    }
    for fields in root.tables(&mut reading.problems, "preparation") {
        protocol.preparation.extend(read_preparation(reading, fields));
    }
    for fields in root.tables(&mut reading.problems, "visit") {
        protocol.visits.extend(read_visit(reading, fields));
    }
}

fn read_zone<'a>(reading: &mut Reading<'a>, mut fields: Fields<'a>) -> Option<Zone> {
    let id = reading.id(&mut fields, Kind::Zone, ZoneId::new)?;
    let region = fields
        .required(&mut reading.problems, "region")
        .and_then(|node| node.name(&mut reading.problems, ZoneId::new))?;
    // Several zones share a region, and a zone may share its region's name, so neither is "defined twice".
    for name in [&id, &region] {
        reading.defined.insert((Kind::ZoneOrRegion, name.to_string()), fields.place.clone());
    }
    let aliases = fields.list(&mut reading.problems, "aliases");
    let aliases = aliases.iter().map(|alias| alias.text(&mut reading.problems)).collect();
    let label = fields.text(&mut reading.problems, "label");
    let is_paired = fields.flag(&mut reading.problems, "paired", false);
    let note = fields.optional_text(&mut reading.problems, "note");
    let never = fields.optional("never").and_then(|node| {
        let mut never = node.fields(&mut reading.problems)?;
        let rule = never.required(&mut reading.problems, "rule")?;
        let id = rule.name(&mut reading.problems, RuleId::new)?;
        reading.define(Kind::Rule, id.as_str(), &rule.place);
        let reason = never.text(&mut reading.problems, "reason");
        let evidence = reading.evidence(&mut never, None);
        never.finish(&mut reading.problems);
        Some(FixedExclusion { rule: id, reason, evidence })
    });
    fields.finish(&mut reading.problems);
    Some(Zone { id, aliases, label, region, is_paired, note, never })
}

fn read_concern<'a>(reading: &mut Reading<'a>, mut fields: Fields<'a>) -> Option<Concern> {
    let id = reading.id(&mut fields, Kind::Concern, ConcernId::new)?;
    let problems = &mut reading.problems;
    let indications = fields.list(problems, "indications");
    let indications = indications.iter().map(|indication| indication.text(problems)).collect();
    let label = fields.text(problems, "label");
    let summary = fields.text(problems, "summary");
    let grade = fields.choice(problems, "grade", &GRADES).to_owned();
    let evidence_words = fields.text(problems, "evidence_words");
    let results_seen = fields.text(problems, "results_seen");
    let results_judged = fields.text(problems, "results_judged");
    let judged_after_days = fields.integer(problems, "judged_after_days", 1..=730);
    let is_offered = fields.flag(problems, "offered", true);
    let prose = fields.optional("prose").map(|node| {
        let name = node.text(&mut reading.problems);
        reading.point(Kind::Prose, &name, &node.place);
        name
    });
    let sessions = reading.required_range(&mut fields, "sessions", 50);
    let interval_weeks = reading.required_range(&mut fields, "interval_weeks", 104);
    let zones = reading.pointers(&mut fields, "zones", Kind::Zone, ZoneId::new);
    let evidence = reading.evidence(&mut fields, None);
    fields.finish(&mut reading.problems);
    Some(Concern {
        id,
        indications,
        label,
        summary,
        grade,
        evidence_words,
        sessions,
        interval_weeks,
        results_seen,
        results_judged,
        judged_after_days,
        zones,
        is_offered,
        prose,
        evidence,
    })
}

fn read_jurisdiction<'a>(reading: &mut Reading<'a>, mut fields: Fields<'a>) -> Option<JurisdictionRules> {
    let id = reading.id(&mut fields, Kind::Jurisdiction, Jurisdiction::new)?;
    let label = fields.text(&mut reading.problems, "label");
    let part_of = fields
        .optional("part_of")
        .and_then(|node| reading.pointer(&node, Kind::Jurisdiction, Jurisdiction::new));
    let emergency = fields.required(&mut reading.problems, "emergency")?;
    let mut emergency = emergency.fields(&mut reading.problems)?;
    let emergency_number = emergency.text(&mut reading.problems, "number");
    let emergency_evidence = reading.evidence(&mut emergency, None);
    emergency.finish(&mut reading.problems);
    let legal_rules = fields.tables(&mut reading.problems, "rules");
    let legal_rules = legal_rules.into_iter().filter_map(|rule| read_legal_rule(reading, rule)).collect();
    fields.finish(&mut reading.problems);
    Some(JurisdictionRules { id, label, part_of, emergency_number, emergency_evidence, legal_rules })
}

fn read_legal_rule<'a>(reading: &mut Reading<'a>, mut fields: Fields<'a>) -> Option<LegalRule> {
    let id = reading.id(&mut fields, Kind::LegalRule, RuleId::new)?;
    let kind = fields.choice(&mut reading.problems, "kind", &LEGAL_KINDS);
    let text = fields.text(&mut reading.problems, "text");
    let age_years = fields.optional("age_years").map(|node| node.integer(&mut reading.problems, &(1..=120)));
    let depth_tenths_mm =
        fields.optional("depth_tenths_mm").map(|node| node.integer(&mut reading.problems, &(1..=100)));
    let in_force_from = fields
        .required(&mut reading.problems, "in_force_from")
        .map(|node| node.date(&mut reading.problems))?;
    if matches!(kind, LegalKind::MinimumAge | LegalKind::LabelAge) && age_years.is_none() {
        reading.problems.add(&fields.place, "a rule about age says no age", "add `age_years = …`");
    }
    let evidence = reading.evidence(&mut fields, None);
    fields.finish(&mut reading.problems);
    Some(LegalRule { id, kind, text, age_years, depth_tenths_mm, in_force_from, evidence })
}

fn read_preparation<'a>(reading: &mut Reading<'a>, mut fields: Fields<'a>) -> Option<PreparationItem> {
    let id = reading.id(&mut fields, Kind::Preparation, RuleId::new)?;
    let problems = &mut reading.problems;
    let item = fields.text(problems, "item");
    let kind = fields.choice(problems, "kind", &PREPARATION_KINDS);
    let text = fields.text(problems, "text");
    let text_without_cream = fields.optional_text(problems, "text_without_cream");
    let restart_text = fields.optional_text(problems, "restart_text");
    let who_agrees = fields.choice(problems, "who_agrees", &WHO_AGREES);
    let note = fields.optional_text(problems, "note");
    let days_before = reading.required_range(&mut fields, "days_before", PREPARATION_DAYS_MAX);
    let restart_days = fields.optional("restart_days").map(|node| reading.range(&node, PREPARATION_DAYS_MAX));
    let only_if = reading.pointers(&mut fields, "only_if", Kind::Rule, RuleId::new);
    if kind == PreparationKind::Pause && who_agrees == WhoAgrees::Prescriber {
        let hint = "write `kind = \"ask_prescriber\"`: only the prescriber says what is left out";
        reading.problems.add(&fields.place, "what a prescriber must agree to is not ours to pause", hint);
    }
    let evidence = reading.evidence(&mut fields, None);
    fields.finish(&mut reading.problems);
    Some(PreparationItem {
        id,
        item,
        kind,
        text,
        text_without_cream,
        days_before,
        restart_days,
        restart_text,
        who_agrees,
        only_if,
        note,
        evidence,
    })
}

fn read_visit<'a>(reading: &mut Reading<'a>, mut fields: Fields<'a>) -> Option<VisitType> {
    let id = reading.id(&mut fields, Kind::Visit, VisitTypeId::new)?;
    let title = fields.text(&mut reading.problems, "title");
    let mut phases: Vec<Phase> = Vec::new();
    for fields in fields.tables(&mut reading.problems, "phases") {
        let place = fields.place.clone();
        let Some(phase) = read_phase(reading, fields) else { continue };
        if phases.iter().any(|earlier| earlier.id == phase.id) {
            let message = format!("the phase `{}` stands twice in this visit", phase.id);
            reading.problems.add(&place, message, "give it another id");
        }
        let numbed = phases.iter().any(|earlier| earlier.kind == PhaseKind::NumbingApply);
        if phase.kind == PhaseKind::Photos && numbed {
            let hint = "move the photographs before the cream: it reddens or blanches the skin";
            reading.problems.add(&place, "photographs come after numbing cream", hint);
        }
        phases.push(phase);
    }
    if phases.is_empty() {
        reading.problems.add(&fields.place, "a visit has no phase", "add `[[visit.phases]]`");
    }
    fields.finish(&mut reading.problems);
    Some(VisitType { id, title, phases })
}

fn read_phase<'a>(reading: &mut Reading<'a>, mut fields: Fields<'a>) -> Option<Phase> {
    let id = fields
        .required(&mut reading.problems, "id")
        .and_then(|node| node.name(&mut reading.problems, VisitTypeId::new))?
        .to_string();
    let problems = &mut reading.problems;
    let kind = fields.choice(problems, "kind", &PHASE_KINDS);
    let title = fields.text(problems, "title");
    let text = fields.text(problems, "text");
    let title_without_cream = fields.optional_text(problems, "title_without_cream");
    let text_without_cream = fields.optional_text(problems, "text_without_cream");
    if matches!(kind, PhaseKind::NumbingApply | PhaseKind::NumbingWait) && text_without_cream.is_none() {
        let hint = "add `text_without_cream = …`: what happens then, for whom every numbing cream is barred";
        problems.add(&fields.place, "this phase has no words for a visit without cream", hint);
    }
    let staff = fields.choice(problems, "staff", &STAFF_NEEDS);
    let needs_room = fields.flag(problems, "room", false);
    let needs_device = fields.flag(problems, "device", false);
    let patient_present = fields.flag(problems, "patient", true);
    let note = fields.optional_text(problems, "note");
    let minutes = reading.required_range(&mut fields, "minutes", PHASE_MINUTES_MAX);
    let evidence = reading.evidence(&mut fields, None);
    fields.finish(&mut reading.problems);
    Some(Phase {
        id,
        kind,
        title,
        text,
        title_without_cream,
        text_without_cream,
        minutes,
        staff,
        needs_room,
        needs_device,
        patient_present,
        note,
        evidence,
    })
}
