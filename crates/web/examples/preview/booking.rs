//! Self-check and booking with sample data.

use crate::sample;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use std::sync::Arc;
use web::frame::{Frame, Site};
use web::pages::appointments::VisitView;
use web::pages::appointments::booked::BookedPage;
use web::pages::appointments::cancel::CancelPage;
use web::pages::appointments::choose::{
    ChoosePage, DayCellView, DayTimesView, FilterView, MonthView, PartOfDayView, TimeView,
};
use web::pages::appointments::confirm::{ConfirmPage, ContactValues};
use web::pages::appointments::move_to::MovePage;
use web::pages::appointments::show::{ChangeView, PlanStepView, VisitPage, VisitState};
use web::pages::enquiries::ask::{EnquiryPage, EnquiryValues};
use web::pages::problems::show::ProblemPage;
use web::pages::self_check::answer::{AnswerPage, FindingView, NextStepView, OutcomeView};
use web::pages::self_check::ask::{AskPage, ScreenBody};
use web::pages::self_check::lists::{FollowUpView, TickListView, TickView};
use web::prices::Cost;
use web::shell::Problem;
use web::view::{ChoiceView, FieldErrorView, FormErrorsView, HiddenView, SourceView};

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
        .route("/appointments/choose", get(|frame| choose(frame, false)))
        .route("/appointments/choose-other", get(|frame| choose(frame, true)))
        .route("/appointments/confirm", get(|frame| confirm(frame, false)))
        .route("/appointments/confirm-error", get(|frame| confirm(frame, true)))
        .route("/appointments/check-mail", get(|frame| booked(frame, 30)))
        .route("/appointments/booked", get(|frame| booked(frame, 0)))
        .route("/visit", get(|frame| visit(frame, VisitState::Booked)))
        .route(
            "/visit/unconfirmed",
            get(|frame| {
                visit(frame, VisitState::Unconfirmed { action: "/visit".into(), until: "10:52".into() })
            }),
        )
        .route("/visit/cancelled", get(|frame| visit(frame, VisitState::Cancelled)))
        .route("/visit/move", get(move_to))
        .route("/visit/cancel", get(cancel))
        .route("/contact", get(|frame| enquiry(frame, false)))
        .route("/contact/sent", get(|frame| enquiry(frame, true)))
        .route("/problems/404", get(|frame| trouble(frame, Problem::not_found())))
        .route(
            "/problems/409",
            get(|frame| {
                trouble(
                    frame,
                    Problem::refused("time-taken", "This time has just been taken", "Choose another."),
                )
            }),
        )
        .route(
            "/problems/422",
            get(|frame| trouble(frame, Problem::malformed("The form did not arrive whole."))),
        )
        .route("/problems/429", get(|frame| trouble(frame, Problem::too_often(120))))
        .route(
            "/problems/500",
            get(|frame| trouble(frame, Problem::fault(std::sync::Arc::new(std::io::Error::other("sample"))))),
        )
        .route("/problems/503", get(|frame| trouble(frame, Problem::away(60))))
        .fallback(|frame| trouble(frame, Problem::not_found()))
}

fn shown(template: &impl askama::Template) -> Response {
    web::pages::page(axum::http::StatusCode::OK, template)
}

fn hidden() -> Vec<HiddenView> {
    vec![HiddenView { name: "token".into(), value: "sample".into() }]
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
        back: (number > 1).then(|| "/self-check".into()),
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
                "Tick everything that is true today.",
                vec![
                    tick("SCR-WOUND", "A cut, sore or irritated skin", ""),
                    tick("SCR-ACNE", "Inflamed spots", ""),
                    tick("SCR-HSV-NOW", "A cold sore, or the tingling before one", ""),
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

async fn answer(frame: Frame, outcome: OutcomeView) -> Response {
    let finding = |rule: &str, outcome, until: &str, title: &str, reason: &str, source: &str| FindingView {
        rules: rule.into(),
        unsure_of: Vec::new(),
        title: title.into(),
        reason: reason.into(),
        outcome,
        until: until.into(),
        sources: vec![SourceView { key: source.into(), title: source.into() }],
    };
    let all = vec![
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
    ];
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
        OutcomeView::NotSuitable => (
            "We will not needle your skin, to keep you safe. Write to us: other treatments may suit you.",
            "",
            ("Write to us", "/contact"),
            &[],
        ),
    };
    shown(&AnswerPage {
        frame: &frame,
        outcome,
        headline: outcome.headline(app::screening::Cream::Chosen),
        words: words.into(),
        until: until.into(),
        findings: all.into_iter().filter(|finding| finding.outcome <= outcome).collect(),
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

fn sample_visit() -> VisitView {
    VisitView {
        title: "Micro-needling, session 1".into(),
        day: "Tuesday 8 December".into(),
        date: "2026-12-08".into(),
        times: "10:00–12:05".into(),
        rest: "of which 40 minutes of rest with numbing cream".into(),
        practitioner: "Jonas Weidt".into(),
        zones: "Cheeks, forehead".into(),
        address: vec!["Lindenhof 4".into(), "10999 Berlin".into()],
        cost: Cost::Exactly("€240".into()),
    }
}

/// December 2026 begins on a Tuesday.
fn month() -> MonthView {
    let counts =
        [0, 0, 0, 0, 0, 0, 4, 9, 2, 0, 5, 0, 0, 7, 1, 3, 0, 6, 0, 0, 8, 2, 0, 0, 0, 0, 0, 5, 3, 1, 0];
    let names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let cell = |index: usize| {
        let number = (index as u32).checked_sub(1)? + 1;
        let count = *counts.get(number as usize - 1)?;
        Some(DayCellView {
            number,
            words: format!("{} {number} December", names[index % 7]),
            count,
            href: (count > 0).then(|| "/appointments/choose".into()),
            is_chosen: number == 8,
            is_today: number == 2,
        })
    };
    MonthView {
        title: "December 2026".into(),
        previous: Some("/appointments/choose".into()),
        next: Some("/appointments/choose".into()),
        weekdays: names.map(|name| (name[..2].to_owned(), name.to_owned())).into(),
        weeks: (0..5).map(|week| (0..7).map(|day| cell(week * 7 + day)).collect()).collect(),
    }
}

async fn choose(frame: Frame, again: bool) -> Response {
    let time = |starts: &str, ends: &str, who: &str| TimeView {
        value: format!("{starts}-{who}"),
        starts: starts.into(),
        ends: ends.into(),
        rest: "of which 40 min rest with cream".into(),
        practitioner: who.into(),
    };
    let part = |title: &str, times| PartOfDayView { title: title.into(), times };
    shown(&ChoosePage {
        frame: &frame,
        title: if again { "Choose another time".into() } else { "Choose a time".into() },
        subject: "Micro-needling: cheeks and forehead".into(),
        length: "About two hours, of which 40 minutes are rest with numbing cream".into(),
        moving: again.then(sample_visit),
        refusal: if again {
            "Somebody was faster: 09:00 with Jonas is taken. These times are free.".into()
        } else {
            String::new()
        },
        holds: Vec::new(),
        practitioners: [
            ("Anybody", true),
            ("Jonas Weidt", false),
            ("Amara Osei", false),
            ("Lea Brandt", false),
        ]
        .map(|(label, is_current)| FilterView {
            label: label.into(),
            href: "/appointments/choose".into(),
            is_current,
        })
        .into(),
        month: month(),
        day: Some(DayTimesView {
            title: "Tuesday 8 December".into(),
            parts: vec![
                part(
                    "Morning",
                    vec![
                        time("09:00", "11:05", "Amara Osei"),
                        time("10:00", "12:05", "Jonas Weidt"),
                        time("10:30", "12:35", "Lea Brandt"),
                    ],
                ),
                part(
                    "Afternoon",
                    vec![
                        time("13:00", "15:05", "Jonas Weidt"),
                        time("14:15", "16:20", "Lea Brandt"),
                        time("15:30", "17:35", "Jonas Weidt"),
                    ],
                ),
                part("Evening", vec![time("17:00", "19:05", "Amara Osei")]),
            ],
            more: None,
            nearest: None,
        }),
        action: "/appointments/hold".into(),
        hidden: hidden(),
        wait_list: "/wait-list".into(),
    })
}

async fn confirm(frame: Frame, wrong: bool) -> Response {
    let error = |field: &str, message: &str| FieldErrorView { field: field.into(), message: message.into() };
    shown(&ConfirmPage {
        frame: &frame,
        visit: sample_visit(),
        seconds_left: 541,
        held_until: "10:42".into(),
        action: "/appointments".into(),
        release_action: "/appointments/release".into(),
        hidden: hidden(),
        values: if wrong { ContactValues { name: "Ada Beispiel".into(), email: "ada.example.org".into(), ..ContactValues::default() } } else { ContactValues::default() },
        errors: if wrong { FormErrorsView(vec![error("email", "An e-mail address has an @ in the middle, like ada@example.org"), error("phone", "Please give a telephone number"), error("agree", "Please tick that you agree, or call us")]) } else { FormErrorsView::default() },
        policy: vec![
            "You can move or cancel free of charge until 48 hours before. Later, please call.".into(),
            "We ask the health questions again on the day. If your skin is not ready we find another date, without cost.".into(),
            "We keep your details for this visit. How, is on the privacy page.".into(),
        ],
    })
}

async fn booked(frame: Frame, confirm_within_minutes: u32) -> Response {
    shown(&BookedPage {
        frame: &frame,
        visit: sample_visit(),
        email_masked: "a•••@example.org".into(),
        confirm_within_minutes,
        calendar: "/visit/calendar.ics".into(),
        visit_href: "/visit".into(),
    })
}

async fn visit(frame: Frame, state: VisitState) -> Response {
    let step =
        |id: &str, date: &str, day: &str, distance: &str, title: &str, words: &str, is_done, is_due| {
            PlanStepView {
                id: id.into(),
                date: date.into(),
                day: day.into(),
                distance: distance.into(),
                title: title.into(),
                words: words.into(),
                is_done,
                is_due,
                is_conditional: false,
            }
        };
    let change = match state {
        VisitState::Booked | VisitState::Unconfirmed { .. } => ChangeView::Open {
            until: "Sunday 6 December, 10:00".into(),
            move_href: "/appointments/choose-other".into(),
            cancel_href: "/visit/cancel".into(),
        },
        _ => ChangeView::Closed,
    };
    shown(&VisitPage {
        frame: &frame,
        visit: sample_visit(),
        news: if state == VisitState::Booked { "Your visit was moved.".into() } else { String::new() },
        again_href: "/appointments/choose".into(),
        plan: if state == VisitState::Cancelled {
            vec![]
        } else {
            vec![
                step(
                    "PREP-SUN",
                    "2026-11-24",
                    "Tuesday 24 November",
                    "today",
                    "Stay out of strong sun",
                    "Sunbeds too. Cover up, use sun cream.",
                    true,
                    true,
                ),
                step(
                    "PREP-RETINOL",
                    "2026-12-05",
                    "Saturday 5 December",
                    "in 11 days",
                    "Pause strong skin care",
                    "Retinol, acids and scrubs you bought yourself. Prescribed? Ask the doctor who prescribed it.",
                    false,
                    false,
                ),
                step(
                    "PREP-DAY",
                    "2026-12-08",
                    "Tuesday 8 December",
                    "in 14 days",
                    "Come with bare skin, and eat something",
                    "No make-up, no cream, no numbing cream from home.",
                    false,
                    false,
                ),
            ]
        },
        plan_action: "/visit/plan".into(),
        phases: if state == VisitState::Cancelled { vec![] } else { sample::phases() },
        state,
        calendar: "/visit/calendar.ics".into(),
        change,
        hidden: hidden(),
        link: "https://lindenhof.example/visit/…".into(),
    })
}

async fn move_to(frame: Frame) -> Response {
    let to = VisitView {
        day: "Friday 11 December".into(),
        date: "2026-12-11".into(),
        times: "13:30–15:35".into(),
        practitioner: "Amara Osei".into(),
        ..sample_visit()
    };
    shown(&MovePage {
        frame: &frame,
        from: sample_visit(),
        to,
        seconds_left: 600,
        held_until: "10:42".into(),
        action: "/visit/move".into(),
        release_action: "/visit/release".into(),
        hidden: hidden(),
    })
}

async fn cancel(frame: Frame) -> Response {
    shown(&CancelPage {
        frame: &frame,
        visit: sample_visit(),
        action: "/visit/cancel".into(),
        keep_href: "/visit".into(),
        move_href: "/appointments/choose-other".into(),
        cost: "It is free until Sunday 6 December, 10:00.".into(),
        hidden: hidden(),
    })
}

async fn enquiry(frame: Frame, is_sent: bool) -> Response {
    shown(&EnquiryPage {
        frame: &frame,
        action: "/contact".into(),
        hidden: hidden(),
        topics: vec![
            ChoiceView::new("treatment", "The treatment"),
            ChoiceView::new("self-check", "My answer in the self-check"),
            ChoiceView::new("prices", "Prices"),
            ChoiceView::new("other", "Something else"),
        ],
        values: EnquiryValues::default(),
        errors: FormErrorsView::default(),
        is_sent,
        answered_within: "one working day".into(),
    })
}

async fn trouble(frame: Frame, what: Problem) -> Response {
    let page = ProblemPage {
        frame: &frame,
        headline: what.title(),
        words: what.advice(),
        next: None,
        resend: None,
        operation: "0000000000000000000000000a",
    };
    web::pages::page(what.status(), &page)
}
