//! The staff side with sample data.

use crate::sample;
use app::jobs::Unsent;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use std::sync::Arc;
use web::frame::Site;
use web::pages::appointments::VisitView;
use web::pages::desk::appointment::{AppointmentPage, AppointmentView, CautionView, StepButtonView};
use web::pages::desk::audit::{AuditPage, AuditRowView, ChainView, FilterView};
use web::pages::desk::book::{DeskBookPage, DeskBookValues};
use web::pages::desk::cancel::DeskCancelPage;
use web::pages::desk::day::{
    BlockPhaseView, BlockView, ColumnView, DayPage, FlagView, ShadeView, SlotView, lay_out,
};
use web::pages::desk::move_to::DeskMovePage;
use web::pages::desk::needling::show::PlanLineView;
use web::pages::desk::offers::OfferView;
use web::pages::desk::sign_in::SignInPage;
use web::pages::desk::{DeskFrame, StateView};
use web::view::{ChoiceView, FieldErrorView, FormErrorsView, HiddenView, PhaseView};

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/desk", get(|| day(false)))
        .route("/desk/open", get(|| day(true)))
        .route("/desk/sign-in", get(sign_in))
        .route("/desk/appointment", get(appointment))
        .route("/desk/book", get(|| book(false)))
        .route("/desk/book-refused", get(|| book(true)))
        .route("/desk/move", get(move_to))
        .route("/desk/cancel", get(cancel))
        .route("/desk/audit", get(audit))
}

fn shown(template: &impl askama::Template) -> Response {
    web::pages::page(axum::http::StatusCode::OK, template)
}

fn desk(section: &'static str) -> DeskFrame {
    DeskFrame {
        clinic: "Atelier Lindenhof".into(),
        user: "Nele Faber".into(),
        role: "front desk".into(),
        theme: "",
        section,
        hidden: hidden(),
        news: String::new(),
        sees_enquiries: true,
        sees_audit: true,
        sees_capacity: true,
        is_demo: true,
    }
}

fn hidden() -> Vec<HiddenView> {
    vec![HiddenView { name: "token".into(), value: "sample".into() }]
}

fn clock(minute: u32) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn treatment(from: u32, patient: &str, title: &str, room: &str, state: StateView) -> BlockView {
    let phases: Vec<BlockPhaseView> = sample::phases()
        .into_iter()
        .map(|phase| BlockPhaseView { minutes: phase.minutes, presence: phase.presence, word: phase.title })
        .collect();
    block(from, patient, title, room, state, phases)
}

fn block(
    from: u32,
    patient: &str,
    title: &str,
    room: &str,
    state: StateView,
    phases: Vec<BlockPhaseView>,
) -> BlockView {
    let to = from + phases.iter().map(|phase| phase.minutes).sum::<u32>();
    BlockView {
        href: "/desk/open".into(),
        from,
        to,
        lane: None,
        times: format!("{}–{}", clock(from), clock(to)),
        patient: patient.into(),
        title: title.into(),
        room: room.into(),
        state,
        phases,
        flags: vec![],
        is_selected: false,
    }
}

fn talk(from: u32, patient: &str, state: StateView) -> BlockView {
    let phases =
        vec![BlockPhaseView { minutes: 30, presence: web::view::Presence::HandsOn, word: "talk".into() }];
    block(from, patient, "Consultation", "Room 1", state, phases)
}

fn column(name: &str, shift: &str, shades: &[(u32, u32, &str)], mut blocks: Vec<BlockView>) -> ColumnView {
    let lanes = lay_out(&mut blocks);
    let busy = |from: u32, to: u32| {
        blocks.iter().any(|block| block.from < to && from < block.to)
            || shades.iter().any(|&(a, b, _)| a < to && from < b)
    };
    let slots = (480..1140)
        .step_by(30)
        .filter(|&from| !busy(from, from + 30))
        .map(|from| SlotView {
            from,
            to: from + 30,
            words: format!("Book {} with {name}", clock(from)),
            href: "/desk/book".into(),
        })
        .collect();
    ColumnView {
        name: name.into(),
        shift: shift.into(),
        lanes,
        shades: shades.iter().map(|&(from, to, word)| ShadeView { from, to, word: word.into() }).collect(),
        calls: Vec::new(),
        slots,
        blocks,
    }
}

fn columns() -> Vec<ColumnView> {
    let mut done =
        treatment(540, "Ada Beispiel", "Needling 2 of 4, cheeks", "Room 2, pen 1", StateView::Treating);
    done.flags = vec![FlagView { icon: "alert", word: "cold sores before".into() }];
    done.is_selected = true;
    let mut fresh =
        treatment(780, "Emil Probe", "Needling 1 of 3, forehead", "Room 2, pen 1", StateView::Unconfirmed);
    fresh.flags = vec![
        FlagView { icon: "person", word: "new".into() },
        FlagView { icon: "list", word: "consent open".into() },
    ];
    vec![
        column(
            "Jonas Weidt",
            "09:00–18:00",
            &[(480, 540, "Not here"), (690, 720, "Break"), (1080, 1140, "Not here")],
            vec![done, fresh, talk(930, "Greta Muster", StateView::Booked)],
        ),
        column(
            "Amara Osei",
            "08:30–17:00",
            &[(480, 510, "Not here"), (1020, 1140, "Not here")],
            vec![
                talk(510, "Bo Vorlage", StateView::Done),
                treatment(
                    570,
                    "Cleo Schablone",
                    "Needling 3 of 4, scar on the shin",
                    "Room 3, pen 2",
                    StateView::Numbing,
                ),
                talk(600, "Dana Entwurf", StateView::Arrived),
                treatment(750, "Finn Skizze", "Needling 1 of 4, abdomen", "Room 3, pen 2", StateView::Booked),
            ],
        ),
        column(
            "Lea Brandt",
            "10:00–19:00",
            &[(480, 600, "Not here"), (840, 870, "Break")],
            vec![
                treatment(
                    630,
                    "Hugo Strich",
                    "Needling 4 of 4, upper lip",
                    "Room 4, pen 1",
                    StateView::NoShow,
                ),
                treatment(885, "Ida Punkt", "Needling 2 of 3, face", "Room 4, pen 1", StateView::Held),
            ],
        ),
        column(
            "Tomás Rivero",
            "assistant, 08:30–17:00",
            &[(480, 510, ""), (720, 750, "Break"), (1020, 1140, "")],
            vec![talk(540, "Jon Linie", StateView::Cancelled)],
        ),
    ]
}

async fn day(open: bool) -> Response {
    let desk = desk("day");
    let mut columns = columns();
    columns[0].blocks[0].is_selected = open;
    shown(&DayPage {
        desk: &desk,
        title: "Tuesday 8 December 2026".into(),
        date: "2026-12-08".into(),
        previous: "/desk".into(),
        next: "/desk".into(),
        today: "/desk".into(),
        book: "/desk/book".into(),
        plan: "/desk/plan".into(),
        counts: "11 visits, 1 unconfirmed".into(),
        from_minute: 480,
        to_minute: 1140,
        now: Some(653),
        columns,
        selected: open.then(appointment_view),
    })
}

fn history() -> Vec<AuditRowView> {
    let row = |when: &str, who: &str, what: &str| AuditRowView {
        instant: "2026-12-08T09:58:12+01:00".into(),
        when: when.into(),
        who: who.into(),
        what: what.into(),
        subject: "visit of A. B., last set for 8 Dec 09:00".into(),
        href: "/desk/appointment".into(),
        about_href: "/desk/audit".into(),
        hash: "9f3c21d0".into(),
    };
    vec![
        row("8 Dec, 08:58", "Nele Faber", "marked arrived"),
        row("1 Dec, 10:12", "a patient by link", "moved from 7 Dec 10:00"),
        row("24 Nov, 19:40", "a patient by link", "confirmed the address"),
        row("24 Nov, 19:37", "patient", "booked"),
    ]
}

fn appointment_view() -> AppointmentView {
    let mut minute = 540;
    let phases = sample::phases().into_iter().map(|phase| {
        let clock = clock(minute);
        minute += phase.minutes;
        PhaseView { clock, ..phase }
    });
    AppointmentView {
        visit: VisitView {
            title: "Micro-needling, session 2 of 4".into(),
            day: "Tuesday 8 December".into(),
            date: "2026-12-08".into(),
            times: "09:00–11:05".into(),
            practitioner: "Jonas Weidt".into(),
            zones: "Cheeks".into(),
            ..VisitView::default()
        },
        patient: "Ada Beispiel".into(),
        born: "27 March 1994".into(),
        phone: "030 555 01 77".into(),
        email: "ada@example.org".into(),
        state: StateView::Treating,
        place: "Room 2, pen 1".into(),
        screening: "a clinician decided: go ahead, 25 November, protocol 2026.1".into(),
        flags: vec![
            CautionView {
                kind: "bad",
                icon: "stop",
                word: "cream",
                title: "No numbing cream".into(),
                detail: "Barred: lidocaine, prilocaine, tetracaine (amethocaine), benzocaine.".into(),
            },
            CautionView {
                kind: "warn",
                icon: "person",
                word: "a clinician decides",
                title: "Not sure: epilepsy; diabetes".into(),
                detail: "You were not sure. Not sure is never a no, so a clinician decides with you.".into(),
            },
        ],
        prior: "a roller or pen with needles at home".into(),
        note: "Comes straight from work.".into(),
        unsent: Some(Unsent {
            why: "the mail server refuses this address or this message (550)".into(),
            is_given_up: true,
            text: "Your visit is booked.\n\nTuesday 8 December, 09:00".into(),
        }),
        phases: phases.collect(),
        day_href: "/desk".into(),
        move_href: "/desk/move".into(),
        cancel_href: "/desk/cancel".into(),
        steps: vec![StepButtonView { label: "Done".into(), icon: "tick", action: "/desk".into() }],
        hidden: hidden(),
        plans: vec![PlanLineView {
            zone: "Left cheek".into(),
            words: "2 passes, 275 per cm² in 21 s".into(),
            warning: "",
            href: "/desk".into(),
        }],
        plan_href: "/desk".into(),
        history: history(),
    }
}

async fn appointment() -> Response {
    let desk = desk("day");
    shown(&AppointmentPage { desk: &desk, appointment: appointment_view() })
}

async fn sign_in() -> Response {
    let desk = DeskFrame { user: String::new(), ..desk("") };
    let errors = FormErrorsView(vec![FieldErrorView {
        field: "name".into(),
        message: "Name and password do not belong together".into(),
    }]);
    shown(&SignInPage {
        desk: &desk,
        action: "/desk/sign-in".into(),
        hidden: hidden(),
        name: "nele".into(),
        errors,
    })
}

fn people() -> Vec<ChoiceView> {
    vec![
        ChoiceView::new("1", "Jonas Weidt").chosen(true),
        ChoiceView::new("2", "Amara Osei"),
        ChoiceView::new("3", "Lea Brandt"),
    ]
}

async fn book(refused: bool) -> Response {
    let mut desk = desk("day");
    if !refused {
        desk.news = "Ada Beispiel is booked for 09:00.".into();
    }
    let error = |field: &str, message: &str| FieldErrorView { field: field.into(), message: message.into() };
    shown(&DeskBookPage {
        desk: &desk,
        action: "/desk/book".into(),
        day_href: "/desk".into(),
        hidden: hidden(),
        visit_types: vec![
            ChoiceView::new("treatment", "Micro-needling, 2 h 05").chosen(true),
            ChoiceView::new("consultation", "Consultation, 30 min"),
        ],
        practitioners: people(),
        zones: sample::site()
            .treatments
            .remove(0)
            .zones
            .into_iter()
            .map(|zone| ChoiceView::new(&zone.id, &zone.name))
            .collect(),
        values: DeskBookValues {
            date: "2026-12-08".into(),
            time: "10:30".into(),
            tell_patient: true,
            ..DeskBookValues::default()
        },
        errors: if refused {
            FormErrorsView(vec![
                error("phone", "Please give a telephone number"),
                error("zones", "Pick at least one zone"),
            ])
        } else {
            FormErrorsView::default()
        },
        refusal: if refused { "Pen 1 is busy until 11:05.".into() } else { String::new() },
        offers: if refused {
            vec![
                OfferView { value: "a".into(), label: "11:10–13:15, Jonas Weidt".into() },
                OfferView { value: "b".into(), label: "10:30–12:35, Lea Brandt".into() },
            ]
        } else {
            vec![]
        },
        may_overbook: refused,
    })
}

fn tell() -> Vec<ChoiceView> {
    vec![ChoiceView::new("yes", "Yes, by e-mail"), ChoiceView::new("no", "No, we have spoken")]
}

async fn move_to() -> Response {
    let desk = desk("day");
    shown(&DeskMovePage {
        desk: &desk,
        patient: "Ada Beispiel".into(),
        from: appointment_view().visit,
        action: "/desk/move".into(),
        back_href: "/desk/appointment".into(),
        hidden: hidden(),
        practitioners: people(),
        date: "2026-12-09".into(),
        time: "10:00".into(),
        tell_patient: tell(),
        errors: FormErrorsView(vec![FieldErrorView {
            field: "tell_patient".into(),
            message: "Please say if the patient is told".into(),
        }]),
        refusal: String::new(),
        offers: vec![],
        over: String::new(),
    })
}

async fn cancel() -> Response {
    let desk = desk("day");
    shown(&DeskCancelPage {
        desk: &desk,
        patient: "Ada Beispiel".into(),
        visit: appointment_view().visit,
        action: "/desk/cancel".into(),
        back_href: "/desk/appointment".into(),
        hidden: hidden(),
        reasons: vec![
            ChoiceView::new("patient", "The patient asked"),
            ChoiceView::new("ill", "Ill or skin not ready"),
            ChoiceView::new("clinic", "The clinic cancels"),
        ],
        note: String::new(),
        tell_patient: tell(),
        errors: FormErrorsView::default(),
        changed: String::new(),
        over: String::new(),
    })
}

async fn audit() -> Response {
    let desk = desk("audit");
    shown(&AuditPage {
        desk: &desk,
        chain: Some(ChainView::Whole("1,284 events, checked at 10:53.".into())),
        filter: FilterView {
            actors: vec![ChoiceView::new("", "Everybody").chosen(true), ChoiceView::new("1", "Nele Faber")],
            actions: vec![ChoiceView::new("", "Anything").chosen(true)],
            about: String::new(),
            from: String::new(),
            to: String::new(),
            is_set: false,
        },
        errors: FormErrorsView::default(),
        newest: String::new(),
        patient_href: String::new(),
        looks: Vec::new(),
        rows: (0..6).flat_map(|_| history()).collect(),
        older: "/desk/audit".into(),
    })
}
