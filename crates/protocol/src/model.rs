//! What a protocol holds once it is read: plain values, all cross-references already checked.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use vocab::{ConcernId, Jurisdiction, PriorTreatmentId, ProductId, RuleId, VisitTypeId, ZoneId};

use crate::{
    cases::Case,
    condition::Condition,
    outcome::{Outcome, Tag},
};

/// A treatment protocol: concerns, zones, rules, preparation and visits, each value with its source and tag.
#[derive(Debug, Clone)]
pub struct Protocol {
    /// Short and stable: `micro-needling`.
    pub id: String,
    /// Of the content, `2026.1`; kept with every answer given under it.
    pub version: String,
    /// For people.
    pub title: String,
    /// Shown with every finding that comes from a "not sure".
    pub unsure_reason: String,
    /// Why people come, in the order of the file.
    pub concerns: Vec<Concern>,
    /// Parts of the body, in the order of the file.
    pub zones: Vec<Zone>,
    /// Places whose rules are known.
    pub jurisdictions: Vec<JurisdictionRules>,
    /// Active substances of numbing products that rules can bar.
    pub substances: Vec<Substance>,
    /// The screens of the self-check that follow the questions why, where and when born, in the order they are shown;
    /// at most eight, so that there are ten in all.
    pub screens: Vec<Screen>,
    /// What people may have tried before they come: asked, kept and shown to who treats them. No rule looks at it, so it
    /// makes no answer milder or stricter.
    pub prior_treatments: Vec<PriorTreatment>,
    /// Screening rules, in the order of the file.
    pub rules: Vec<Rule>,
    /// What to do before a visit.
    pub preparation: Vec<PreparationItem>,
    /// Kinds of visit with their phases.
    pub visits: Vec<VisitType>,
    /// Bibliography: key to reference.
    pub sources: BTreeMap<String, Reference>,
    /// Cases over several rules at once; each rule has its own besides.
    pub cases: Vec<Case>,
    /// Markdown beside the protocol, by file name.
    pub prose: BTreeMap<String, String>,
}

/// A bibliography entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// What it is called.
    pub title: String,
    /// Where it was read.
    pub reference: String,
}

/// A least, a most and what is usual, in a unit its field names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The usual value when nothing speaks for another; the lower one of two.
    pub usual: u32,
    /// The least in use.
    pub least: u32,
    /// The most in use.
    pub most: u32,
}

/// Where a value comes from and how far it can be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Keys into [`Protocol::sources`]; never empty.
    pub sources: Vec<String>,
    /// The least trusted tag of the value.
    pub tag: Tag,
}

/// Why somebody comes.
#[derive(Debug, Clone)]
pub struct Concern {
    /// `acne-scars`.
    pub id: ConcernId,
    /// Indications of the reference it covers: `IND-ACNE-SCAR`.
    pub indications: Vec<String>,
    /// For people: "Acne scars".
    pub label: String,
    /// One or two honest sentences.
    pub summary: String,
    /// Evidence grade A to D of the reference, as written there (`B-C` where studies differ).
    pub grade: String,
    /// The grade in plain words. Never "proven".
    pub evidence_words: String,
    /// Number of sessions.
    pub sessions: Range,
    /// Weeks between sessions.
    pub interval_weeks: Range,
    /// When results are seen, in plain words.
    pub results_seen: String,
    /// When the result is judged, in plain words.
    pub results_judged: String,
    /// Days after the last session on which the result is judged.
    pub judged_after_days: u32,
    /// Zones where this is treated.
    pub zones: Vec<ZoneId>,
    /// Whether the clinic treats it with this protocol; false for what is only explained.
    pub is_offered: bool,
    /// A Markdown file with more, a key into [`Protocol::prose`].
    pub prose: Option<String>,
    /// Where this comes from.
    pub evidence: Evidence,
}

/// A part of the body. Left and right are the patient's.
#[derive(Debug, Clone)]
pub struct Zone {
    /// `cheek`.
    pub id: ZoneId,
    /// Other names that mean the same, for reading input.
    pub aliases: Vec<String>,
    /// For people.
    pub label: String,
    /// The region of the body, `face` or `abdomen`: shares one name space with zones in rules.
    pub region: ZoneId,
    /// Whether there is a left and a right one, the patient's.
    pub is_paired: bool,
    /// A word of care for the therapist, if there is one.
    pub note: Option<String>,
    /// Set if nobody is ever needled here.
    pub never: Option<FixedExclusion>,
}

/// Why a zone is never treated.
#[derive(Debug, Clone)]
pub struct FixedExclusion {
    /// The id its finding carries.
    pub rule: RuleId,
    /// In plain words.
    pub reason: String,
    /// Where this comes from.
    pub evidence: Evidence,
}

/// An active substance of numbing products.
#[derive(Debug, Clone)]
pub struct Substance {
    /// `lidocaine`.
    pub id: ProductId,
    /// For people.
    pub label: String,
}

/// A place with its own rules.
#[derive(Debug, Clone)]
pub struct JurisdictionRules {
    /// `GB-SCT`.
    pub id: Jurisdiction,
    /// For people.
    pub label: String,
    /// The place it is part of: `US` for `US-CA`.
    pub part_of: Option<Jurisdiction>,
    /// What to dial in an emergency.
    pub emergency_number: String,
    /// Where the number comes from.
    pub emergency_evidence: Evidence,
    /// Legal rules, those of the wider place not repeated.
    pub legal_rules: Vec<LegalRule>,
}

/// What a legal rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegalKind {
    /// The youngest age the law allows.
    MinimumAge,
    /// The youngest age on device labels: younger is off-label.
    LabelAge,
    /// From some depth, or with some numbing, only certain people or premises may.
    Restricted,
    /// Who may do it.
    Operator,
    /// Which devices may be sold or used.
    Device,
}

/// One rule of law or of a regulator.
#[derive(Debug, Clone)]
pub struct LegalRule {
    /// `US-LABEL-AGE`.
    pub id: RuleId,
    /// What it is about.
    pub kind: LegalKind,
    /// In plain words.
    pub text: String,
    /// Years, for the two age kinds.
    pub age_years: Option<u32>,
    /// Needle depth in tenths of a millimetre from which it holds, for [`LegalKind::Restricted`].
    pub depth_tenths_mm: Option<u32>,
    /// The first day it is in force.
    pub in_force_from: Date,
    /// Where this comes from.
    pub evidence: Evidence,
}

/// One screen of the self-check: tick-lists that are answered together.
#[derive(Debug, Clone)]
pub struct Screen {
    /// What its lists have in common; shown if there are several.
    pub title: String,
    /// In the order they are shown; at least one.
    pub lists: Vec<TickList>,
}

/// Statements to tick, with "none of these" and "not sure" at the end.
#[derive(Debug, Clone)]
pub struct TickList {
    /// `now`.
    pub id: String,
    /// The question above the list.
    pub title: String,
    /// A line of help.
    pub hint: String,
}

/// Something people have tried before they come.
#[derive(Debug, Clone)]
pub struct PriorTreatment {
    /// `home-roller`.
    pub id: PriorTreatmentId,
    /// The line of the tick-list: "A roller with needles at home".
    pub label: String,
    /// Where this comes from.
    pub evidence: Evidence,
}

/// Who or what answers a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedBy {
    /// The person, in a list of the self-check.
    SelfCheck,
    /// The person, on the longer health form before the visit.
    HealthForm,
    /// The therapist, by looking at the skin.
    TherapistLooks,
    /// Nobody: the birth date answers it.
    BirthDate,
    /// Nobody: it is not asked, and the file says why.
    NotAsked,
}

/// What an answer looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerKind {
    /// Yes, no, not sure.
    YesNo,
    /// Yes, no, not sure; a yes is asked for its date.
    Dated,
}

/// How a clause's end is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UntilMode {
    /// From the date told; a yes without a date counts as on the day of the answer.
    Date,
    /// From the date told; a yes without a date goes on, so its end is open.
    DateIfTold,
    /// Never a date: the condition in words says when.
    Open,
}

/// Which zones a clause holds back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZonesHeld {
    /// None.
    None,
    /// The zones the answer names; without names all that were asked for.
    Asked,
    /// Only the zones the answer names.
    Named,
}

/// A screening rule: a question, and clauses that say what follows from its answer.
#[derive(Debug, Clone)]
pub struct Rule {
    /// `SCR-PREG`.
    pub id: RuleId,
    /// For staff: "pregnancy".
    pub condition: String,
    /// Who answers.
    pub asked_by: AskedBy,
    /// The list it stands in, a [`TickList::id`]; only for [`AskedBy::SelfCheck`].
    pub list: Option<String>,
    /// The line of the tick-list, in the first person: "I am pregnant, or might be".
    pub label: String,
    /// The whole question.
    pub question: String,
    /// A line of help.
    pub hint: Option<String>,
    /// What the date is asked with, for [`AnswerKind::Dated`].
    pub date_question: Option<String>,
    /// Whether that asks since when it is over, not when it was: what goes on has no date.
    pub asks_since_when: bool,
    /// What an answer looks like.
    pub answer_kind: AnswerKind,
    /// Whether it speaks of the area to be treated: an answer that names other zones is then a no.
    pub is_about_area: bool,
    /// Where sources disagree or are silent, for the clinician who signs.
    pub note: Option<String>,
    /// What follows; every clause that holds gives a finding.
    pub clauses: Vec<Clause>,
    /// Its cases, on both sides of each limit.
    pub cases: Vec<Case>,
}

/// What follows from an answer.
#[derive(Debug, Clone)]
pub struct Clause {
    /// When it holds.
    pub when: Condition,
    /// What follows.
    pub outcome: Outcome,
    /// How its end is told.
    pub until_mode: UntilMode,
    /// When it ends, in words, where there is no date.
    pub until_words: Option<String>,
    /// The shortest and longest wait in the sources, in days, where the clause waits.
    pub range_days: Option<(u32, u32)>,
    /// Zones held back.
    pub zones: ZonesHeld,
    /// Substances that must not be used.
    pub bars: BTreeSet<ProductId>,
    /// In plain words, for the person.
    pub reason: String,
    /// What the person should do before anything else, where there is such a thing: it is said before all reasons.
    pub first_step: Option<String>,
    /// Where this comes from; the tag is the lesser of the rule's and the number's.
    pub evidence: Evidence,
}

/// Who must agree before something is left out or started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhoAgrees {
    /// Nobody.
    Nobody,
    /// The person decides.
    Patient,
    /// Only the doctor who prescribed it.
    Prescriber,
}

/// What kind of thing to do before a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreparationKind {
    /// Leave a self-bought product or habit out for a while.
    Pause,
    /// Ask the prescriber; nothing changes until they answer.
    AskPrescriber,
    /// Go on exactly as before.
    KeepTaking,
    /// Do this.
    Do,
    /// Do not do this at all.
    Never,
}

/// One item of the preparation.
#[derive(Debug, Clone)]
pub struct PreparationItem {
    /// `PREP-RETINOL`.
    pub id: RuleId,
    /// For staff.
    pub item: String,
    /// What kind of thing it is.
    pub kind: PreparationKind,
    /// What to do, for the person.
    pub text: String,
    /// The same for somebody at whose visit no numbing cream is used, where the text speaks of it.
    pub text_without_cream: Option<String>,
    /// Days before the visit on which it starts.
    pub days_before: Range,
    /// Days after the visit from which it ends (start again), where it does.
    pub restart_days: Option<Range>,
    /// What to do then, for the person.
    pub restart_text: Option<String>,
    /// Who must agree.
    pub who_agrees: WhoAgrees,
    /// Rules whose yes makes this item matter; empty means it is for everybody.
    pub only_if: Vec<RuleId>,
    /// Where sources disagree, for the clinician who signs.
    pub note: Option<String>,
    /// Where this comes from.
    pub evidence: Evidence,
}

/// A kind of visit.
#[derive(Debug, Clone)]
pub struct VisitType {
    /// `treatment` or `consultation`.
    pub id: VisitTypeId,
    /// For people.
    pub title: String,
    /// In the order they happen.
    pub phases: Vec<Phase>,
}

/// What happens in a phase; the loader checks by it that photographs come before numbing cream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhaseKind {
    /// Talk, examine, decide.
    Consultation,
    /// What has changed since last time.
    Recheck,
    /// Photographs of clean bare skin.
    Photos,
    /// Cleanse.
    Cleanse,
    /// Apply the numbing cream.
    NumbingApply,
    /// Wait for it.
    NumbingWait,
    /// Take it off, antiseptic, mark zones.
    PrepareSkin,
    /// The treatment itself.
    Needling,
    /// Cool and calm.
    Calming,
    /// Photograph, advice, next date.
    Discharge,
    /// Ready the room for the next patient.
    Turnover,
}

/// What a phase needs of a therapist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaffNeed {
    /// Working on this patient.
    HandsOn,
    /// In the same room.
    InRoom,
    /// On site and within call, trained for numbing reactions.
    OnCall,
    /// Nobody.
    None,
}

/// One phase of a visit.
#[derive(Debug, Clone)]
pub struct Phase {
    /// `photos`.
    pub id: String,
    /// What happens in it.
    pub kind: PhaseKind,
    /// For people.
    pub title: String,
    /// What the person notices, in plain words.
    pub text: String,
    /// The title for somebody at whose visit no numbing cream is used, where it speaks of it.
    pub title_without_cream: Option<String>,
    /// The text for them, where it speaks of it; never missing where cream is put on or waited for.
    pub text_without_cream: Option<String>,
    /// Minutes.
    pub minutes: Range,
    /// What it needs of a therapist.
    pub staff: StaffNeed,
    /// Whether it needs a treatment room.
    pub needs_room: bool,
    /// Whether it needs the needling device.
    pub needs_device: bool,
    /// Whether the patient is there.
    pub patient_present: bool,
    /// For the clinician who signs.
    pub note: Option<String>,
    /// Where this comes from.
    pub evidence: Evidence,
}
