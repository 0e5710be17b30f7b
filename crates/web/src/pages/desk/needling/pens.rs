//! The clinic's pens, as entered from their manuals.

use app::needling::{self, EnterPen, PenChoice};
use app::{Action, FormErrors};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::fields::{Fields, hidden, shown};
use crate::frame::Frame;
use crate::pages::desk::DeskFrame;
use crate::pages::page;
use crate::shell::{
    Access, Actor, ConfirmedStaff, Context, Problem,
    csrf::FORM_TOKEN_FIELD,
    guard::{AnyStaff, Role},
};
use crate::state::{Web, problem};
use crate::view::{FormErrorsView, HiddenView};

/// Whoever may enter pens.
#[derive(Debug)]
pub enum PenKeeper {}
impl Role for PenKeeper {
    const ACCESS: Access = Access::of(&[Actor::Therapist, Actor::ClinicalLead, Actor::Owner]);
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/desk/pens.html")]
pub struct PensPage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// The clinic's own, then the examples.
    pub pens: Vec<PenView>,
    /// Whether this member of staff may enter one.
    pub may_enter: bool,
    /// Tokens.
    pub hidden: Vec<HiddenView>,
    /// As typed.
    pub typed: EnterPen,
    /// What is wrong with it.
    pub errors: FormErrorsView,
}

/// A pen as a card.
#[derive(Debug)]
pub struct PenView {
    /// Its name.
    pub name: String,
    /// "12 needles, 90 strokes a second, to 2.5 mm".
    pub words: String,
    /// Manual and page; empty for an example.
    pub source: String,
    /// View box in millimetres.
    pub view_box: String,
    /// The needles as path data, in millimetres, y down.
    pub path: String,
}

fn view(pen: &PenChoice) -> PenView {
    let device = &pen.device;
    let needles = device.needles_mm.iter().map(|[x, y]| format!("M{x:.3} {:.3}h0", -y));
    let count = device.needles_mm.len();
    let reach = device.reach_mm().max(0.5) + 0.4;
    PenView {
        name: pen.name.clone(),
        words: format!(
            "{count} {}, {} strokes a second, to {} mm",
            if count == 1 { "needle" } else { "needles" },
            (device.strokes_per_s * 10.0).round() / 10.0,
            device.depth_mm_max
        ),
        source: pen.source.clone(),
        view_box: format!("-{reach:.3} -{reach:.3} {0:.3} {0:.3}", 2.0 * reach),
        path: needles.collect(),
    }
}

/// `GET /desk/pens`: the pens, and the form for another.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<AnyStaff>,
) -> Result<Response, Problem> {
    let (pens, acting) = web
        .run_as_staff(&context, &staff, |env, acting| Ok((needling::pens(env, acting)?, acting.clone())))
        .await?
        .map_err(problem)?;
    let typed = EnterPen::default();
    let errors = FormErrorsView::default();
    Ok(answer(&web, &context, &frame, (pens, acting), typed, errors))
}

fn answer(
    web: &Web,
    context: &Context,
    frame: &Frame,
    (pens, acting): (Vec<PenChoice>, app::Acting),
    typed: EnterPen,
    errors: FormErrorsView,
) -> Response {
    let desk = DeskFrame::new(web, context, frame, &acting, "plans", "");
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let pens = PensPage {
        desk: &desk,
        pens: pens.iter().map(view).collect(),
        may_enter: app::may(&acting.actor, Action::EnterPens),
        hidden: vec![hidden(FORM_TOKEN_FIELD, context.form_token())],
        typed,
        errors,
    };
    page(status, &pens)
}

/// `POST /desk/pens`: enters a pen.
pub async fn enter(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<PenKeeper>,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&["name", "needles", "strokes_per_s", "depth_mm_max", "source"])?;
    let text = |name: &str| fields.one(name).chars().take(8_000).collect::<String>();
    let typed = EnterPen {
        name: text("name"),
        needles: text("needles"),
        strokes_per_s: text("strokes_per_s"),
        depth_mm_max: text("depth_mm_max"),
        source: text("source"),
    };
    let entered = typed.clone();
    let outcome: Result<(), (FormErrors, _)> = web
        .run_as_staff(&context, &staff, move |env, acting| match needling::enter_pen(env, acting, &entered) {
            Ok(()) => Ok(Ok(())),
            Err(app::Failure::Form(errors)) => {
                Ok(Err((errors, (needling::pens(env, acting)?, acting.clone()))))
            }
            Err(other) => Err(other),
        })
        .await?
        .map_err(problem)?;
    Ok(match outcome {
        Ok(()) => Redirect::to("/desk/pens").into_response(),
        Err((errors, known)) => answer(&web, &context, &frame, known, typed, shown(&errors)),
    })
}
