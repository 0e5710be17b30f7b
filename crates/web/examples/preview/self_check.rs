//! The self-check with sample data.

use crate::booking::{hidden, shown};
use crate::sample;
use app::screening::Cream;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use std::sync::Arc;
use web::frame::{Frame, Site};
use web::pages::self_check::answer::{AnswerPage, FindingView, NextStepView, OutcomeView};
use web::pages::self_check::ask::{AskPage, ScreenBody};
use web::pages::self_check::lists::{FollowUpView, TickListView, TickView};
use web::view::{ChoiceView, FieldErrorView, FormErrorsView, SourceView};

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/self-check", get(concern))
        .route("/self-check/zones", get(zones))
        .route("/self-check/ticks", get(ticks))
        .route("/self-check/ticks-error", get(ticks_error))
        .route("/self-check/answer/wait", get(|frame| answer(frame, OutcomeView::Wait)))
        .route("/self-check/answer/proceed", get(|frame| answer(frame, OutcomeView::Proceed)))
        .route("/self-check/answer/zones", get(|frame| answer(frame, OutcomeView::ZonesExcluded)))
        .route("/self-check/answer/clinician", get(|frame| answer(frame, OutcomeView::ClinicianDecides)))
        .route("/self-check/answer/not-suitable", get(|frame| answer(frame, OutcomeView::NotSuitable)))
}

fn ask(frame: &Frame, number: u32, title: &str, hint: &str, body: ScreenBody) -> Response {
    ask_with(frame, number, title, hint, body, FormErrorsView::default())
}

fn ask_with(
    frame: &Frame,
    number: u32,
    title: &str,
    hint: &str,
    body: ScreenBody,
    errors: FormErrorsView,
) -> Response {
    shown(&AskPage {
        frame,
        action: "/self-check".into(),
        number,
        of: 8,
        title: title.into(),
        hint: hint.into(),
        body,
        has_previous: number > 1,
        hidden: hidden(),
        errors,
    })
}

fn you() -> ScreenBody {
    let concerns = [
        ("acne-scars", "Acne scars", ""),
        ("scars", "Another scar", "from surgery, an injury, chickenpox or a burn"),
        ("stretch-marks", "Stretch marks", ""),
        ("wrinkles", "Fine lines", ""),
        ("pigmentation", "Dark patches", ""),
    ]
    .map(|(value, label, hint)| ChoiceView::new(value, label).with_hint(hint))
    .into();
    ScreenBody::You { concerns, day: "31".into(), month: "6".into(), year: "1994".into() }
}

async fn concern(frame: Frame) -> Response {
    ask(&frame, 1, "What would you like to change?", "Pick the one that matters most.", you())
}

async fn zones(frame: Frame) -> Response {
    let zones = sample::site().treatments.remove(0).zones.into_iter().map(|zone| {
        let is_chosen = zone.id == "cheek" || zone.id == "forehead";
        (zone, is_chosen)
    });
    let zones: Vec<_> = zones.collect();
    let maps = web::art::face::maps_of(&zones.iter().map(|(zone, _)| zone.id.as_str()).collect::<Vec<_>>());
    ask(&frame, 2, "Where?", "Tick every part you would like treated.", ScreenBody::Zones { zones, maps })
}

fn tick_body() -> ScreenBody {
    let tick = |value: &str, label: &str, hint: &str| TickView {
        choice: ChoiceView::new(value, label).with_hint(hint),
        follow_up: None,
        places: None,
    };
    let mut tan = tick("SCR-TAN", "I have tanned in the last two weeks", "in the sun or on a sunbed");
    tan.choice.is_chosen = true;
    tan.follow_up = Some(FollowUpView {
        name: "SCR-TAN-when".into(),
        label: "When was the last time?".into(),
        choices: vec![
            ChoiceView::new("", "Please choose"),
            ChoiceView::new("1", "Today or yesterday"),
            ChoiceView::new("5", "2 to 7 days ago"),
            ChoiceView::new("10", "8 to 14 days ago"),
            ChoiceView::new("unsure", "Not sure"),
        ],
    });
    let list = |name: &str, title: &str, hint: &str, ticks| TickListView {
        name: name.into(),
        title: title.into(),
        hint: hint.into(),
        ticks,
        none: ChoiceView::new("none", "None of these"),
        unsure: ChoiceView::new("unsure", "I am not sure about one of these"),
    };
    ScreenBody::Ticks {
        lists: vec![
            list(
                "list-sun",
                "Has your skin seen sun?",
                "Sunbeds and fake tan count too.",
                vec![
                    tan,
                    tick("SCR-SUNBURN", "I have been sunburnt there", ""),
                    tick("SCR-FAKETAN", "I have used fake tan there", ""),
                ],
            ),
            list(
                "list-now",
                "How are you right now?",
                "Tick everything that is true of you now.",
                vec![
                    tick("SCR-WOUND", "A cut, sore or irritated skin", ""),
                    tick("SCR-ACNE", "Inflamed spots", ""),
                    tick(
                        "SCR-HSV-NOW",
                        "A cold sore, or the tingling before one, now or in the last two weeks",
                        "",
                    ),
                ],
            ),
        ],
    }
}

async fn ticks(frame: Frame) -> Response {
    ask(
        &frame,
        5,
        "What has your skin been through lately?",
        "Tick everything that is true of the skin you want treated.",
        tick_body(),
    )
}

async fn ticks_error(frame: Frame) -> Response {
    let errors = FormErrorsView(vec![FieldErrorView {
        field: "list-sun".into(),
        message: "Tick what is true, or “none of these”, or “not sure”.".into(),
    }]);
    ask_with(
        &frame,
        5,
        "What has your skin been through lately?",
        "Tick everything that is true of the skin you want treated.",
        tick_body(),
        errors,
    )
}

/// One finding of each outcome but the best, strictest first.
fn findings() -> Vec<FindingView> {
    let finding = |rule: &str, outcome: OutcomeView, until: &str, title: &str, reason: &str, source: &str| {
        FindingView {
            rules: rule.into(),
            unsure_of: Vec::new(),
            title: title.into(),
            reason: reason.into(),
            outcome,
            word: outcome.word(Cream::Chosen),
            until: until.into(),
            sources: vec![SourceView { key: source.into(), title: source.into() }],
        }
    };
    vec![
        finding(
            "SCR-BLEED",
            OutcomeView::NotSuitable,
            "",
            "You have a clotting problem",
            "Needling makes many tiny bleeds. With this illness they may not stop well, so the makers of the pens rule it out.",
            "Label of the pen, as clinics print it",
        ),
        finding(
            "SCR-ANTICOAG",
            OutcomeView::ClinicianDecides,
            "",
            "You take a blood thinner",
            "Keep taking it. Our doctor looks at your skin and your medicine with you, then decides.",
            "Guideline for small skin procedures, UC San Diego",
        ),
        finding(
            "SCR-TAN",
            OutcomeView::Wait,
            "until 8 December",
            "You have tanned in the last two weeks",
            "Fresh tan makes dark marks more likely. We wait 14 days after strong sun.",
            "Habit of clinics: 1 to 14 days",
        ),
        finding(
            "SCR-TATTOO",
            OutcomeView::ZonesExcluded,
            "",
            "You have permanent make-up on your brows",
            "We leave it out: its colour may fade or spread.",
            "Depth of pigment: Karger, chapter on cosmetic tattoos",
        ),
        finding(
            "SCR-ALL-ESTER",
            OutcomeView::NotThisProduct,
            "",
            "You react to hair dye or PABA",
            "One kind of numbing cream is not for you. We use another, or none.",
            "Label of a numbing product",
        ),
    ]
}

async fn answer(frame: Frame, outcome: OutcomeView) -> Response {
    let (words, until, next, others): (_, _, _, &[_]) = match outcome {
        OutcomeView::Proceed => (
            "A clinician looks at your skin again before anything is done.",
            "",
            ("See free times", "/appointments/choose"),
            &[],
        ),
        OutcomeView::NotThisProduct | OutcomeView::ZonesExcluded => (
            "Your brows stay out. You can book your cheeks and forehead.",
            "",
            ("See free times", "/appointments/choose"),
            &[],
        ),
        OutcomeView::Wait => (
            "Your skin needs a little time. You can book now for a day after that.",
            "From Tuesday 8 December 2026",
            ("See times from 8 December", "/appointments/choose"),
            &[("Ask a person", "/contact")],
        ),
        OutcomeView::ClinicianDecides => (
            "One of your answers needs a doctor’s eye. Book a consultation; nothing is treated on that day.",
            "",
            ("See consultation times", "/appointments/choose"),
            &[("Ask first", "/contact")],
        ),
        OutcomeView::NotNow | OutcomeView::NotSuitable => (
            "We will not needle your skin, to keep you safe. Write to us: other treatments may suit you.",
            "",
            ("Write to us", "/contact"),
            &[],
        ),
    };
    shown(&AnswerPage {
        frame: &frame,
        outcome,
        word: outcome.word(Cream::Chosen),
        headline: outcome.headline(Cream::Chosen),
        first_step: String::new(),
        words: words.into(),
        until: until.into(),
        findings: findings().into_iter().filter(|finding| finding.outcome <= outcome).collect(),
        next: step(next),
        others: others.iter().copied().map(step).collect(),
        change: "/self-check".into(),
        protocol_version: "2026.1".into(),
        is_unconfirmed: true,
    })
}

fn step((label, href): (&str, &str)) -> NextStepView {
    NextStepView { label: label.into(), href: href.into() }
}
