//! A plan that was kept: to look at, and to print for the treatment room.

use app::needling;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use coverage::{Course, Purpose};
use record::NeedlingPlan;
use vocab::{NeedlingPlanId, ZoneId};

use super::drawing::DrawingView;
use crate::fields::Segment;
use crate::frame::Frame;
use crate::pages::desk::DeskFrame;
use crate::pages::page;
use crate::shell::{ConfirmedStaff, Context, Problem, guard::AnyStaff};
use crate::state::{Web, problem};
use crate::words;

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/desk/needling_plan_show.html")]
pub struct NeedlingPlanShowPage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// Back to the appointment.
    pub back_href: String,
    /// Whose.
    pub patient: String,
    /// The zone.
    pub zone: String,
    /// Pen, depth and the rest, name and value.
    pub facts: Vec<(&'static str, String)>,
    /// Direction, spacing and speed of each pass.
    pub passes: Vec<PassView>,
    /// Who made it and when.
    pub made: String,
    /// The drawing.
    pub drawing: DrawingView,
}

/// A pass in words.
#[derive(Debug)]
pub struct PassView {
    /// "45°".
    pub direction: String,
    /// "2 mm".
    pub spacing: String,
    /// "109 mm/s".
    pub speed: String,
}

/// A kept plan in a line, for the page of its appointment.
#[derive(Debug)]
pub struct PlanLineView {
    /// The zone.
    pub zone: String,
    /// "2 passes, 275 per cm² in 21 s".
    pub words: String,
    /// The plan's own page.
    pub href: String,
    /// That the visit is not for this place; empty if it is.
    pub warning: &'static str,
}

/// Whether a plan is for a place that its visit is not for, for instance one that the self-check leaves out.
fn is_elsewhere(plan: &NeedlingPlan, visit_zones: &[ZoneId]) -> bool {
    !visit_zones.is_empty() && !visit_zones.contains(&plan.zone)
}

/// A kept plan of a visit for these zones, in a line.
pub(in crate::pages::desk) fn line(plan: &NeedlingPlan, visit_zones: &[ZoneId]) -> PlanLineView {
    let figures: serde_json::Value = serde_json::from_str(&plan.figures).unwrap_or_default();
    let mean = |field: &str| figures["zones"][0][field]["mean"].as_f64().unwrap_or_default();
    let course = Course::parse(&plan.course, Purpose::Simulate);
    let passes = course.map_or(0, |course| course.zones().iter().map(|zone| zone.passes.len()).sum());
    PlanLineView {
        zone: plan.zone_label.clone(),
        words: format!(
            "{passes} {}, {:.0} per cm² in {:.0} s",
            if passes == 1 { "pass" } else { "passes" },
            mean("density_per_cm2"),
            mean("seconds")
        ),
        href: format!("/desk/needling-plans/{}", plan.id),
        warning: if is_elsewhere(plan, visit_zones) { "not a place of this visit" } else { "" },
    }
}

/// `GET /desk/needling-plans/{id}`: the plan as it was kept, drawn again from the course that was kept with it.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<AnyStaff>,
    Segment(id): Segment<NeedlingPlanId>,
) -> Result<Response, Problem> {
    let (found, drawing, course, acting) = web
        .run_as_staff(&context, &staff, move |env, acting| {
            let found = needling::show(env, acting, id)?;
            let course = Course::parse(&found.plan.course, Purpose::Check).map_err(|_| unreadable())?;
            let figures = coverage::simulate(&course, std::num::NonZeroUsize::MIN).pop();
            let figures = figures.ok_or_else(unreadable)?;
            let mut drawing = DrawingView::new(&course, &figures, &coverage::check(&course));
            if is_elsewhere(&found.plan, &found.visit_zones) {
                drawing.warning =
                    "The visit is not for this place: ask whoever answers for it before you needle here."
                        .into();
            }
            Ok((found, drawing, course, acting.clone()))
        })
        .await?
        .map_err(problem)?;
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let desk = DeskFrame::new(&web, &context, &frame, &acting, "plans", "");
    let at = words::local(found.plan.created_at, &diary.rules).strftime("%-d %B %Y, %H:%M");
    let zone = course.zones().first();
    let show = NeedlingPlanShowPage {
        desk: &desk,
        back_href: format!("/desk/appointments/{}", found.plan.appointment_id),
        patient: found.patient.name,
        zone: found.plan.zone_label,
        facts: vec![
            ("Pen", found.plan.pen_name),
            ("Depth set", zone.map(|zone| format!("{} mm", zone.depth_mm)).unwrap_or_default()),
            ("Aim", course.target().map(|t| format!("{} per cm²", t.density_per_cm2)).unwrap_or_default()),
        ],
        passes: zone.into_iter().flat_map(|zone| &zone.passes).map(pass).collect(),
        made: format!("{}, {at}", found.made_by),
        drawing,
    };
    Ok(page(StatusCode::OK, &show))
}

fn pass(pass: &coverage::Pass) -> PassView {
    PassView {
        direction: format!("{}°", (pass.direction_deg * 10.0).round() / 10.0),
        spacing: format!("{} mm", pass.spacing_mm),
        speed: format!("{} mm/s", pass.speed_mm_per_s),
    }
}

/// A kept course that cannot be read is a fault of ours, not of who looks.
fn unreadable() -> app::Failure {
    app::Failure::Fault(app::failure::Fault::BadData("a kept needling plan cannot be read".into()))
}
