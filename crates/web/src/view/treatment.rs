//! A treatment as its page tells it. Numbers come from the protocol, words with them.

/// What a statement rests on. Shown beside it as a tag, never left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Trials, reviews, guidelines.
    Evidence,
    /// The maker's label or the law.
    Label,
    /// What clinics do; no trial settles it.
    Habit,
}

impl Basis {
    /// The word on the tag.
    pub fn word(self) -> &'static str {
        match self {
            Self::Evidence => "evidence",
            Self::Label => "label",
            Self::Habit => "habit",
        }
    }
}

/// How good the evidence is, A best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// Controlled trials pooled, pointing the same way.
    A,
    /// Small or mixed controlled trials.
    B,
    /// Case series without a comparison.
    C,
    /// Opinion or makers' material.
    D,
}

impl Grade {
    /// The grade in words for a reader; "proven" is never among them.
    pub fn words(self) -> &'static str {
        match self {
            Self::A => "Several trials agree, though small ones",
            Self::B => "A few small or mixed trials",
            Self::C => "Reports without a comparison group",
            Self::D => "Opinion only",
        }
    }

    /// How many of four dots are filled.
    pub fn dots(self) -> u8 {
        match self {
            Self::A => 3,
            Self::B => 2,
            Self::C => 1,
            Self::D => 0,
        }
    }
}

/// A source the reader can look up.
#[derive(Clone, Debug)]
pub struct SourceView {
    /// The key of the protocol, as in `ALAM`.
    pub key: String,
    /// Author, journal, year.
    pub title: String,
}

/// Why people come.
#[derive(Clone, Debug)]
pub struct ConcernView {
    /// The protocol's id.
    pub id: String,
    /// "Acne scars".
    pub name: String,
    /// What the reader may expect, in two sentences.
    pub words: String,
    /// How good the evidence is.
    pub grade: Grade,
    /// What the evidence is, in one sentence of the protocol; may be empty.
    pub evidence: String,
    /// "3–4".
    pub sessions: String,
    /// "4 weeks apart".
    pub interval: String,
    /// When something shows, in words.
    pub seen: String,
    /// When the result is judged, in words.
    pub judged: String,
    /// Asked about but not offered: the page says so.
    pub is_offered: bool,
    /// What the above rests on.
    pub sources: Vec<SourceView>,
}

/// What the therapist does in a phase of the visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Works with both hands on the patient.
    HandsOn,
    /// Is in the room.
    InRoom,
    /// Somebody trained is within call; the patient rests.
    OnCall,
}

impl Presence {
    /// The class and key word of the phase.
    pub fn class(self) -> &'static str {
        match self {
            Self::HandsOn => "hands",
            Self::InRoom => "room",
            Self::OnCall => "rest",
        }
    }

    /// The word in the legend.
    pub fn word(self) -> &'static str {
        match self {
            Self::HandsOn => "someone works with you",
            Self::InRoom => "someone is with you",
            Self::OnCall => "you rest, help is within call",
        }
    }
}

/// One phase of the visit, minutes counted from arrival.
#[derive(Clone, Debug)]
pub struct PhaseView {
    /// "Photographs".
    pub title: String,
    /// What happens, in a sentence or two.
    pub words: String,
    /// First minute.
    pub from_minute: u32,
    /// The wall time of that minute, "10:25"; empty as long as no hour is known.
    pub clock: String,
    /// Usual length.
    pub minutes: u32,
    /// What the therapist does meanwhile.
    pub presence: Presence,
    /// What the length rests on.
    pub basis: Basis,
}

impl PhaseView {
    /// The wall time, or hours and minutes since arrival: `1:05`.
    pub fn at(&self) -> String {
        match self.clock.as_str() {
            "" => format!("{}:{:02}", self.from_minute / 60, self.from_minute % 60),
            clock => clock.to_owned(),
        }
    }
}

/// One thing to do or leave before the visit.
#[derive(Clone, Debug)]
pub struct PreparationView {
    /// "2 weeks before".
    pub when: String,
    /// What to do.
    pub title: String,
    /// Why, and who must agree.
    pub words: String,
    /// What it rests on.
    pub basis: Basis,
}

/// One stretch of the days afterwards.
#[derive(Clone, Debug)]
pub struct RecoveryView {
    /// "Day 1 to 2".
    pub when: String,
    /// What is normal.
    pub expect: String,
    /// What helps.
    pub advice: String,
    /// What it rests on.
    pub basis: Basis,
}

/// What can go wrong.
#[derive(Clone, Debug)]
pub struct RiskView {
    /// "Dark marks".
    pub title: String,
    /// How often and what then.
    pub words: String,
    /// "Most people", "Some", "Rare".
    pub how_often: String,
    /// What the statement rests on.
    pub basis: Basis,
    /// Where it can be looked up.
    pub sources: Vec<SourceView>,
}

/// A part of the body that is treated.
#[derive(Clone, Debug)]
pub struct ZoneView {
    /// The protocol's id, which is also its name on the drawn map.
    pub id: String,
    /// "Cheeks".
    pub name: String,
    /// A remark, as in "outside the bony rim only"; may be empty.
    pub hint: String,
}

/// A whole treatment.
#[derive(Clone, Debug)]
pub struct TreatmentView {
    /// Its id in addresses: `micro-needling`.
    pub id: String,
    /// "Micro-needling".
    pub name: String,
    /// "about two hours".
    pub visit_length: String,
    /// "an hour": the wait while numbing cream works.
    pub rest_length: String,
    /// "about half an hour".
    pub active_length: String,
    /// "3–4".
    pub sessions: String,
    /// "4 weeks".
    pub interval: String,
    /// "1–3 days".
    pub redness: String,
    /// Weeks between sessions and how many, for the drawing of results.
    pub plan: PlanView,
    /// Why people come.
    pub concerns: Vec<ConcernView>,
    /// Where it is done.
    pub zones: Vec<ZoneView>,
    /// Minute by minute.
    pub phases: Vec<PhaseView>,
    /// Before.
    pub preparation: Vec<PreparationView>,
    /// After.
    pub recovery: Vec<RecoveryView>,
    /// What can go wrong.
    pub risks: Vec<RiskView>,
    /// What the regulator allows, in the clinic's country.
    pub label_words: String,
    /// Version of the protocol the page was written from.
    pub protocol_version: String,
}

impl TreatmentView {
    /// Where its page lives.
    pub fn path(&self) -> String {
        format!("/treatments/{}", self.id)
    }
}

/// The course as the drawing of results needs it.
#[derive(Clone, Copy, Debug)]
pub struct PlanView {
    /// How many sessions.
    pub sessions: u32,
    /// Weeks between two of them.
    pub interval_weeks: u32,
    /// Weeks after the last session when something usually shows.
    pub seen_weeks: u32,
    /// Weeks after the last session when the result is judged.
    pub judged_weeks: u32,
}
