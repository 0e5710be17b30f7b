//! The answer of the self-check: one of six outcomes, in words that do not close what only waits, every finding with its
//! reason and source, and what to do next.

use crate::frame::Frame;
use crate::pages::page;
use crate::shell::{Context, Problem};
use crate::state::{Web, problem};
use crate::view::SourceView;
use crate::words;
use app::screening::{Cream, Given, cream_left};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use protocol::{Assessment, Finding, Offer, Protocol};
use vocab::RuleId;

/// The six outcomes, mildest first, and that which is not suitable for a time only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutcomeView {
    /// Nothing speaks against booking.
    Proceed,
    /// Fine, with some numbing creams left out.
    NotThisProduct,
    /// Fine, except for some zones.
    ZonesExcluded,
    /// Later.
    Wait,
    /// A clinician decides at a consultation.
    ClinicianDecides,
    /// Not suitable as things stand, and each reason says when it ends.
    NotNow,
    /// Not suitable.
    NotSuitable,
}

impl OutcomeView {
    /// The class of colour.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Proceed | Self::NotThisProduct => "good",
            Self::ZonesExcluded => "note",
            Self::Wait | Self::ClinicianDecides => "warn",
            Self::NotNow | Self::NotSuitable => "bad",
        }
    }

    /// The sign beside the word.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Proceed => "tick",
            Self::NotThisProduct => "alert",
            Self::ZonesExcluded => "info",
            Self::Wait => "clock",
            Self::ClinicianDecides => "person",
            Self::NotNow | Self::NotSuitable => "stop",
        }
    }

    /// One or two words, for a finding that leaves this numbing cream.
    pub fn word(self, cream: Cream) -> &'static str {
        match self {
            Self::Proceed => "go ahead",
            Self::NotThisProduct => cream_word(cream),
            Self::ZonesExcluded => "leave out a zone",
            Self::Wait => "wait",
            Self::ClinicianDecides => "a clinician decides",
            Self::NotNow => "not suitable now",
            Self::NotSuitable => "not suitable",
        }
    }

    /// The headline, for whom this numbing cream is left.
    pub fn headline(self, cream: Cream) -> &'static str {
        match self {
            Self::Proceed => "Nothing you answered speaks against booking",
            Self::NotThisProduct if cream == Cream::None => "You can book. We work without numbing cream",
            Self::NotThisProduct => "You can book. We choose the numbing cream with care",
            Self::ZonesExcluded => "You can book, but not for every zone",
            Self::Wait => "Not yet",
            Self::ClinicianDecides => "A clinician should decide with you",
            Self::NotNow => "Not now",
            Self::NotSuitable => "This treatment is not for you",
        }
    }
}

/// In a few words, that not every numbing cream can be used, or none.
pub(crate) fn cream_word(cream: Cream) -> &'static str {
    if cream == Cream::None { "no numbing cream" } else { "cream with care" }
}

/// The answer.
#[derive(Debug, Template)]
#[template(path = "pages/self_check/answer.html")]
pub struct AnswerPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// The strictest outcome leads.
    pub outcome: OutcomeView,
    /// The same in one or two words.
    pub word: &'static str,
    /// The headline.
    pub headline: &'static str,
    /// What to do before anything else; empty for most.
    pub first_step: String,
    /// What it means, in two or three sentences.
    pub words: String,
    /// Until when to wait, in words: "from 8 December 2026", or "until after the pregnancy"; empty when nothing is to be
    /// waited for.
    pub until: String,
    /// Every finding, strictest first.
    pub findings: Vec<FindingView>,
    /// The main button.
    pub next: NextStepView,
    /// Other ways on.
    pub others: Vec<NextStepView>,
    /// Where the answers can be changed.
    pub change: String,
    /// Which version of the protocol answered, and when.
    pub protocol_version: String,
    /// Values in it that no clinician has confirmed yet are marked.
    pub is_unconfirmed: bool,
}

/// One finding.
#[derive(Debug)]
pub struct FindingView {
    /// The rules' ids, for talking to the clinic.
    pub rules: String,
    /// What was answered: "I have been tanning in the last two weeks".
    pub title: String,
    /// The statements somebody was not sure about; empty when the title says what was answered.
    pub unsure_of: Vec<String>,
    /// Why it matters and what to do.
    pub reason: String,
    /// What this one alone would mean.
    pub outcome: OutcomeView,
    /// The same in one or two words.
    pub word: &'static str,
    /// How long that holds, as it is read after the outcome: "until 8 December 2026", "while you breastfeed"; may be empty.
    pub until: String,
    /// Where the rule comes from.
    pub sources: Vec<SourceView>,
}

/// A way on.
#[derive(Debug)]
pub struct NextStepView {
    /// On the button.
    pub label: String,
    /// Where it leads.
    pub href: String,
}

/// `GET /self-check/answer`: what a complete self-check says today.
pub async fn show(State(web): State<Web>, context: Context, frame: Frame) -> Result<Response, Problem> {
    let check = super::ask::known(&web, &context).await?;
    if !check.is_complete {
        return Ok(Redirect::to(&super::ask::first_open(&web, &check)).into_response());
    }
    let assessment = app::screening::assess(&web.env, &check).map_err(problem)?;
    let protocol = &web.env.protocol.protocol;
    let is_unsure = |rule: &RuleId| check.answers.get(rule) == Some(&Given::Unsure);
    let findings = grouped(protocol, &assessment.findings, is_unsure);
    let findings =
        findings.iter().map(|(is_unsure, group)| finding_view(protocol, *is_unsure, group)).collect();
    let offer = assessment.offer();
    let (next, others) = next_steps(&offer);
    let outcome = outcome_shown(&assessment);
    let cream = cream_left(protocol, &assessment.not_products);
    let answer = AnswerPage {
        frame: &frame,
        outcome,
        word: outcome.word(cream),
        headline: outcome.headline(cream),
        first_step: assessment.leading().find_map(|finding| finding.first_step.clone()).unwrap_or_default(),
        words: outcome_words(&assessment, protocol),
        until: until_shown(outcome, &assessment),
        findings,
        next,
        others,
        change: "/self-check/1".into(),
        protocol_version: format!("{} {}", protocol.id, protocol.version),
        is_unconfirmed: assessment.findings.iter().any(|finding| !finding.tag.is_confirmed()),
    };
    Ok(page(StatusCode::OK, &answer))
}

/// Whether the visit could take place, if only there were a place left to treat.
fn is_nothing_left(assessment: &Assessment) -> bool {
    assessment.outcome <= protocol::Outcome::Wait && assessment.zones_left.is_empty()
}

/// The outcome in the words of the page. The protocol's own says what may be booked; these say what to make of it.
fn outcome_shown(assessment: &Assessment) -> OutcomeView {
    match outcome_view(assessment.outcome) {
        _ if is_nothing_left(assessment) => OutcomeView::ClinicianDecides,
        OutcomeView::NotSuitable if assessment.leading().all(Finding::has_end) => OutcomeView::NotNow,
        outcome => outcome,
    }
}

/// Until when that holds: the day, or each condition once, as they are read after one another.
fn until_shown(outcome: OutcomeView, assessment: &Assessment) -> String {
    match (outcome, assessment.until) {
        (OutcomeView::Wait, Some(day)) => format!("from {}", words::day_long(day)),
        (OutcomeView::Wait | OutcomeView::NotNow, _) => {
            let mut ends: Vec<String> = assessment.leading().map(end).collect();
            ends.sort_unstable();
            ends.dedup();
            ends.join(", and ")
        }
        _ => String::new(),
    }
}

/// When a finding ends: "until 8 December 2026", "while you breastfeed"; empty if it does not say.
fn end(finding: &Finding) -> String {
    match (&finding.until, &finding.until_words) {
        (Some(day), _) => format!("until {}", words::day_long(*day)),
        (None, Some(words)) => words.clone(),
        (None, None) => String::new(),
    }
}

pub(crate) fn outcome_view(outcome: protocol::Outcome) -> OutcomeView {
    match outcome {
        protocol::Outcome::Proceed => OutcomeView::Proceed,
        protocol::Outcome::ZonesExcluded => OutcomeView::ZonesExcluded,
        protocol::Outcome::NotThisProduct => OutcomeView::NotThisProduct,
        protocol::Outcome::Wait => OutcomeView::Wait,
        protocol::Outcome::ClinicianDecides => OutcomeView::ClinicianDecides,
        protocol::Outcome::NotSuitable => OutcomeView::NotSuitable,
    }
}

fn outcome_words(assessment: &Assessment, protocol: &Protocol) -> String {
    let held: Vec<String> = assessment
        .zones_excluded
        .iter()
        .filter_map(|id| protocol.zone(id))
        .map(|zone| zone.label.to_lowercase())
        .collect();
    if is_nothing_left(assessment) {
        return format!(
            "Every place you chose has something on it that we would leave out: {}. That is not a no. At a consultation a \
             clinician looks at it with you and tells you what can be treated.",
            held.join(", ")
        );
    }
    let left_out = match held.as_slice() {
        [] => String::new(),
        held => format!(" We leave out: {}.", held.join(", ")),
    };
    match assessment.outcome {
        protocol::Outcome::Proceed => "A clinician checks again at your visit before anything is done.".into(),
        protocol::Outcome::ZonesExcluded => {
            format!("{} The rest can be treated, and a clinician checks again at your visit.", left_out.trim_start())
        }
        protocol::Outcome::NotThisProduct => {
            match cream_left(protocol, &assessment.not_products) {
                Cream::None => format!(
                    "No numbing cream is used for you. Your therapist talks with you about comfort.{left_out}"
                ),
                _ => format!(
                    "Some numbing creams are not for you. Tell us again at the visit; a clinician chooses with you.{left_out}"
                ),
            }
        }
        protocol::Outcome::Wait => {
            format!("Nothing is lost: what you told us needs a little time first.{left_out}")
        }
        protocol::Outcome::ClinicianDecides => {
            "That is not a no. Something you answered, or were not sure about, is for a clinician to weigh with you.".into()
        }
        protocol::Outcome::NotSuitable => {
            "As things stand we would not treat you with this. Below is why, and what may change it.".into()
        }
    }
}

/// The findings, strictest first, with those together that one "not sure" gave: who ticks it under a list says nothing
/// about any one of its statements. Whether a group is of that kind stands before it.
pub(crate) fn grouped<'f>(
    protocol: &Protocol,
    findings: &'f [Finding],
    is_unsure: impl Fn(&RuleId) -> bool,
) -> Vec<(bool, Vec<&'f Finding>)> {
    let kind = |finding: &Finding| {
        let list = protocol.rule(&finding.rule).and_then(|rule| rule.list.as_deref());
        (list, finding.outcome)
    };
    let mut groups: Vec<(bool, Vec<&Finding>)> = Vec::new();
    for finding in findings {
        let is_unsure = is_unsure(&finding.rule);
        let same = |(is_group, group): &&mut (bool, Vec<&Finding>)| {
            *is_group && is_unsure && group.iter().all(|one| kind(one) == kind(finding))
        };
        match groups.iter_mut().find(same) {
            Some((_, group)) => group.push(finding),
            None => groups.push((is_unsure, vec![finding])),
        }
    }
    groups
}

fn finding_view(protocol: &Protocol, is_unsure: bool, group: &[&Finding]) -> FindingView {
    let label = |finding: &&Finding| {
        protocol.rule(&finding.rule).map_or_else(|| finding.rule.to_string(), |rule| rule.label.clone())
    };
    let rules: Vec<&str> = group.iter().map(|finding| finding.rule.as_str()).collect();
    let mut sources: Vec<&String> = group.iter().flat_map(|finding| &finding.sources).collect();
    sources.sort_unstable();
    sources.dedup();
    let first = group[0];
    let until = end(first);
    let (title, unsure_of, reason) = match (is_unsure, group) {
        (false, _) => (label(&first), Vec::new(), first.reason.clone()),
        (true, [_]) => ("You were not sure about this".into(), vec![label(&first)], first.reason.clone()),
        (true, several) => (
            "You were not sure about one of these".into(),
            several.iter().map(label).collect(),
            protocol.unsure_reason.clone(),
        ),
    };
    let outcome = outcome_view(first.outcome);
    FindingView {
        rules: rules.join(", "),
        title,
        unsure_of,
        reason,
        outcome,
        word: outcome.word(cream_left(protocol, &first.not_products)),
        until,
        sources: sources.into_iter().map(|key| crate::site::source(protocol, key)).collect(),
    }
}

fn next_steps(offer: &Offer) -> (NextStepView, Vec<NextStepView>) {
    let step = |label: &str, href: &str| NextStepView { label: label.into(), href: href.into() };
    let treatment = step("See free times", "/appointments/new?visit=treatment");
    let consultation = step("Book a consultation", "/appointments/new?visit=consultation");
    let ask = step("Ask us a question", "/contact");
    match offer {
        Offer::Treatment => {
            (treatment, vec![step("Talk it through first", "/appointments/new?visit=consultation"), ask])
        }
        Offer::TreatmentFrom(day) => (
            step(&format!("See times from {}", words::day(*day)), "/appointments/new?visit=treatment"),
            vec![consultation, ask],
        ),
        // The questions are asked again by the small link below the findings, once what was told is over.
        Offer::AskAgain | Offer::Consultation => (consultation, vec![ask]),
        Offer::Enquiry => (ask, vec![step("Read about the treatment", "/treatments/micro-needling")]),
    }
}
