//! Booking, my visit and enquiries with sample data.

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
use web::prices::Cost;
use web::shell::Problem;
use web::view::{ChoiceView, FieldErrorView, FormErrorsView, HiddenView};

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/appointments/choose", get(|frame| choose(frame, false)))
        .route("/appointments/choose-other", get(|frame| choose(frame, true)))
        .route("/appointments/confirm", get(|frame| confirm(frame, false)))
        .route("/appointments/confirm-error", get(|frame| confirm(frame, true)))
        .route("/appointments/check-mail", get(|frame| booked(frame, unconfirmed())))
        .route("/appointments/booked", get(|frame| booked(frame, VisitState::Booked)))
        .route("/visit", get(|frame| visit(frame, VisitState::Booked)))
        .route("/visit/unconfirmed", get(|frame| visit(frame, unconfirmed())))
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

pub(crate) fn shown(template: &impl askama::Template) -> Response {
    web::pages::page(axum::http::StatusCode::OK, template)
}

pub(crate) fn hidden() -> Vec<HiddenView> {
    vec![HiddenView { name: "token".into(), value: "sample".into() }]
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
        last_day: "Thursday 31 December".into(),
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
        keeps_typed: again,
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
        hold_minutes: 10,
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
        hold_path: "/holds/1".into(),
        action: "/appointments".into(),
        release_action: "/appointments/release".into(),
        hidden: hidden(),
        needs_self_check: false,
        values: if wrong { ContactValues { name: "Ada Beispiel".into(), email: "ada.example.org".into(), ..ContactValues::default() } } else { ContactValues::default() },
        errors: if wrong { FormErrorsView(vec![error("email", "An e-mail address has an @ in the middle, like ada@example.org"), error("phone", "Please give a telephone number"), error("agree", "Please tick that you agree, or call us")]) } else { FormErrorsView::default() },
        policy: vec![
            "You can move or cancel free of charge until Sunday 6 December, 10:00.".into(),
            "We ask the health questions again on the day. If your skin is not ready we find another date, without cost.".into(),
        ],
    })
}

fn unconfirmed() -> VisitState {
    VisitState::Unconfirmed { action: "/visit".into(), until: "10:52".into() }
}

async fn booked(frame: Frame, state: VisitState) -> Response {
    shown(&BookedPage {
        frame: &frame,
        visit: sample_visit(),
        email_masked: "a•••@example.org".into(),
        state,
        again_href: "/appointments/new?visit=treatment".into(),
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
        hold_path: "/holds/1".into(),
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
