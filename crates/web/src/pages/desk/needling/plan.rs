//! Choosing: the form with the map and the sliders, the answer that redraws it, and keeping a plan.

use app::FormErrors;
use app::needling::{self, Assessed, BodyMap, LIMITS, Outline, PenChoice, Settings, Steadiness, Typed};
use askama::Template;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use protocol::Protocol;
use serde_json::json;
use vocab::{AppointmentId, ZoneId};

use super::drawing::DrawingView;
use super::map::{MapView, maps};
use crate::fields::{Fields, hidden, shown};
use crate::frame::Frame;
use crate::pages::desk::DeskFrame;
use crate::pages::page;
use crate::shell::{ConfirmedStaff, Context, Problem, csrf::FORM_TOKEN_FIELD, guard::AnyStaff};
use crate::state::{Web, problem};
use crate::view::{ChoiceView, FormErrorsView, HiddenView};

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/desk/needling_plan.html")]
pub struct NeedlingPlanPage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// Back to the appointment, or to the day.
    pub back_href: String,
    /// Whose plan it will be; empty without an appointment.
    pub patient: String,
    /// The appointment, if there is one: sent along with every change.
    pub appointment: String,
    /// Its zones as the protocol names them, with blanks between: sent along too.
    pub visit_zones: String,
    /// What is wrong with what was chosen.
    pub errors: FormErrorsView,
    /// Why nothing could be proposed; may be empty.
    pub refusal: String,
    /// The maps.
    pub maps: [MapView; 2],
    /// Field `zone`: on the face, and on the body.
    pub face_zones: Vec<ChoiceView>,
    /// See `face_zones`.
    pub body_zones: Vec<ChoiceView>,
    /// Field `pen`.
    pub pens: Vec<ChoiceView>,
    /// Whether the chosen pen is an example.
    pub is_example: bool,
    /// Field `hand`.
    pub hands: Vec<ChoiceView>,
    /// The sliders.
    pub sliders: Vec<SliderView>,
    /// The other numbers.
    pub typed: Typed,
    /// What came of it, if it could be understood.
    pub drawing: Option<DrawingView>,
}

/// A slider.
#[derive(Debug)]
pub struct SliderView {
    /// The field.
    pub name: &'static str,
    /// What it sets.
    pub label: &'static str,
    /// Behind the number.
    pub unit: &'static str,
    /// Least, most and step.
    pub range: [f64; 3],
    /// As chosen.
    pub value: String,
}

/// The fields of the form.
const FIELDS: [&str; 12] = [
    "appointment",
    "visit_zones",
    "zone",
    "pen",
    "density_per_cm2",
    "depth_mm",
    "depth_mm_max",
    "passes",
    "spacing_mm",
    "speed_mm_per_s",
    "hand",
    "propose",
];

/// What an address or a form asks.
struct Asked {
    typed: Typed,
    appointment: Option<AppointmentId>,
    /// Where the visit is to be needled, as the protocol names it; the page's script sends it back for the warning.
    visit_zones: Vec<String>,
    /// Whether a zone was chosen.
    has_zone: bool,
    proposes: bool,
}

impl Asked {
    /// A field that is not there keeps what the page opens with.
    fn read(fields: &Fields) -> Result<Self, Problem> {
        fields.only(&FIELDS)?;
        let mut typed = Typed::default();
        let into = [
            (&mut typed.zone, "zone"),
            (&mut typed.pen, "pen"),
            (&mut typed.density_per_cm2, "density_per_cm2"),
            (&mut typed.depth_mm, "depth_mm"),
            (&mut typed.depth_mm_max, "depth_mm_max"),
            (&mut typed.passes, "passes"),
            (&mut typed.spacing_mm, "spacing_mm"),
            (&mut typed.speed_mm_per_s, "speed_mm_per_s"),
            (&mut typed.hand, "hand"),
        ];
        for (field, name) in into {
            if let Some(text) = fields.all(name).next() {
                *field = text.chars().filter(|letter| !letter.is_control()).take(60).collect();
            }
        }
        let appointment = match fields.one("appointment") {
            "" => None,
            id => Some(id.parse().map_err(|_| Problem::not_found())?),
        };
        Ok(Self {
            typed,
            appointment,
            visit_zones: fields.one("visit_zones").split(' ').take(60).map(str::to_owned).collect(),
            has_zone: !fields.one("zone").is_empty(),
            proposes: !fields.one("propose").is_empty(),
        })
    }

    /// For a visit in these zones: the first of them that is on a map is chosen, unless one was.
    fn is_for(&mut self, zones: &[ZoneId]) {
        self.visit_zones = zones.iter().map(|zone| zone.as_str().to_owned()).collect();
        let own = needling::OUTLINES.iter().find(|outline| self.is_of_visit(outline));
        if let Some(own) = own.filter(|_| !self.has_zone) {
            own.id.clone_into(&mut self.typed.zone);
        }
    }

    fn is_of_visit(&self, outline: &Outline) -> bool {
        self.visit_zones.iter().any(|zone| zone == outline.zone)
    }

    /// That the plan is for another place than the visit; empty if it is not, or if the visit names none.
    fn warning(&self, protocol: &Protocol) -> String {
        let zones = self.visit_zones.iter().filter_map(|id| protocol.zone(&ZoneId::new(id).ok()?));
        let zones: Vec<String> = zones.map(|zone| zone.label.to_lowercase()).collect();
        let chosen = needling::OUTLINES.iter().find(|outline| outline.id == self.typed.zone);
        let Some(chosen) = chosen.filter(|chosen| !zones.is_empty() && !self.is_of_visit(chosen)) else {
            return String::new();
        };
        let (zones, other) = (zones.join(", "), chosen.label.to_lowercase());
        match needling::OUTLINES.iter().any(|outline| self.is_of_visit(outline)) {
            true => format!("The visit is for another place: {zones}. This plan is for: {other}."),
            false => {
                format!("The visit is for a place that is on no map: {zones}. This plan is for: {other}.")
            }
        }
    }

    /// The fields of what is drawn, so that what is kept is what was seen.
    fn hidden(&self, context: &Context) -> Vec<HiddenView> {
        let typed = &self.typed;
        let mut fields = vec![hidden(FORM_TOKEN_FIELD, context.form_token())];
        fields.extend(self.appointment.map(|id| hidden("appointment", id.to_string())));
        let pairs = [
            ("zone", &typed.zone),
            ("pen", &typed.pen),
            ("density_per_cm2", &typed.density_per_cm2),
            ("depth_mm", &typed.depth_mm),
            ("depth_mm_max", &typed.depth_mm_max),
            ("passes", &typed.passes),
            ("spacing_mm", &typed.spacing_mm),
            ("speed_mm_per_s", &typed.speed_mm_per_s),
            ("hand", &typed.hand),
        ];
        fields.extend(pairs.map(|(name, value)| hidden(name, value.as_str())));
        fields
    }

    fn drawing(&self, context: &Context, protocol: &Protocol, assessed: &Assessed) -> DrawingView {
        let mut drawing = DrawingView::new(&assessed.course, &assessed.figures, &assessed.breaches);
        drawing.warning = self.warning(protocol);
        if self.appointment.is_some() {
            drawing.action = "/desk/needling-plans".into();
            drawing.hidden = self.hidden(context);
        }
        drawing
    }
}

/// What was found for one request, all of it on a thread that may block.
struct Found {
    pens: Vec<PenChoice>,
    patient: String,
    acting: app::Acting,
    /// The settings after a proposal.
    asked: Asked,
    refusal: String,
    assessed: Result<Assessed, FormErrors>,
}

/// `GET /desk/needling-plans/new`: the form, filled as the address says, with what comes of it.
pub async fn new(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    staff: ConfirmedStaff<AnyStaff>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let mut asked = Asked::read(&Fields::of_query(query))?;
    let found = web
        .run_as_staff(&context, &staff, move |env, acting| {
            let pens = needling::pens(env, acting)?;
            let visit = asked.appointment.map(|id| app::appointments::show(env, acting, id)).transpose()?;
            asked.is_for(visit.as_ref().map_or(&[][..], |visit| &visit.appointment.zones));
            let patient = visit.map(|visit| visit.patient.name).unwrap_or_default();
            Ok(found(asked, pens, patient, acting.clone()))
        })
        .await?
        .map_err(problem)?;
    let desk = DeskFrame::new(&web, &context, &frame, &found.acting, "plans", "");
    let (drawing, errors) = match &found.assessed {
        Ok(assessed) => {
            let drawing = found.asked.drawing(&context, &web.env.protocol.protocol, assessed);
            (Some(drawing), FormErrorsView::default())
        }
        Err(errors) => (None, shown(errors)),
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(page(status, &view(&desk, found, drawing, errors)))
}

/// Proposes if that was asked, then assesses.
fn found(mut asked: Asked, pens: Vec<PenChoice>, patient: String, acting: app::Acting) -> Found {
    let mut refusal = String::new();
    let assessed = Settings::parse(&asked.typed, &pens).and_then(|mut settings| {
        if asked.proposes {
            match needling::propose(&settings)? {
                Ok(proposed) => settings = proposed,
                Err(message) => refusal = message,
            }
        }
        asked.typed.pen = settings.pen.id.clone();
        asked.typed.passes = settings.passes.to_string();
        asked.typed.spacing_mm = settings.spacing_mm.to_string();
        asked.typed.speed_mm_per_s = settings.speed_mm_per_s.to_string();
        needling::assess(&settings)
    });
    Found { pens, patient, acting, asked, refusal, assessed }
}

fn view<'a>(
    desk: &'a DeskFrame,
    found: Found,
    drawing: Option<DrawingView>,
    errors: FormErrorsView,
) -> NeedlingPlanPage<'a> {
    let Found { pens, patient, asked, refusal, .. } = found;
    let (typed, visit_zones) = (asked.typed, asked.visit_zones.join(" "));
    let appointment = asked.appointment.map(|id| id.to_string()).unwrap_or_default();
    let zones = |map: BodyMap| {
        let on_map = needling::OUTLINES.iter().filter(|outline| outline.map == map);
        on_map
            .map(|outline| ChoiceView::new(outline.id, outline.label).chosen(outline.id == typed.zone))
            .collect()
    };
    let chosen = pens.iter().find(|pen| pen.id == typed.pen).or(pens.first());
    NeedlingPlanPage {
        desk,
        back_href: match appointment.as_str() {
            "" => "/desk".into(),
            id => format!("/desk/appointments/{id}"),
        },
        patient,
        appointment,
        visit_zones,
        errors,
        refusal,
        maps: maps(),
        face_zones: zones(BodyMap::Face),
        body_zones: zones(BodyMap::Body),
        is_example: chosen.is_some_and(PenChoice::is_example),
        pens: pens
            .iter()
            .map(|pen| {
                ChoiceView::new(&pen.id, &pen.name).chosen(chosen.is_some_and(|chosen| chosen.id == pen.id))
            })
            .collect(),
        hands: hands(&typed.hand),
        sliders: sliders(&typed),
        typed,
        drawing,
    }
}

fn hands(chosen: &str) -> Vec<ChoiceView> {
    let label = |hand| match hand {
        Steadiness::Exact => "never errs",
        Steadiness::Steady => "steady",
        Steadiness::Usual => "usual",
        Steadiness::Unsteady => "unsteady",
    };
    let choice = |hand: Steadiness| ChoiceView::new(hand.word(), label(hand)).chosen(hand.word() == chosen);
    Steadiness::ALL.map(choice).into()
}

fn sliders(typed: &Typed) -> Vec<SliderView> {
    let [slow, fast] = LIMITS.speed_mm_per_s;
    let [close, wide] = LIMITS.spacing_mm;
    let slider = |name, label, unit, range, value: &String| SliderView {
        name,
        label,
        unit,
        range,
        value: value.clone(),
    };
    vec![
        slider("speed_mm_per_s", "Speed of the glide", "mm/s", [slow, fast, 0.5], &typed.speed_mm_per_s),
        slider("spacing_mm", "Spacing of lines", "mm", [close, wide, 0.05], &typed.spacing_mm),
        slider("passes", "Passes", "", [1.0, LIMITS.passes_max as f64, 1.0], &typed.passes),
    ]
}

/// `GET /desk/needling-plans/drawing`: the same fields, answered as JSON for the page's script.
///
/// `{"html", "speed_mm_per_s", "spacing_mm", "passes", "refusal", "zones": [figures]}`: the part of the page that is
/// drawn again, the settings (which a proposal changes), and the figures as `stipple coverage simulate --json` tells them.
pub async fn drawing(
    State(web): State<Web>,
    context: Context,
    staff: ConfirmedStaff<AnyStaff>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let asked = Asked::read(&Fields::of_query(query))?;
    let found = web
        .run_as_staff(&context, &staff, move |env, acting| {
            let pens = needling::pens(env, acting)?;
            Ok(found(asked, pens, String::new(), acting.clone()))
        })
        .await?
        .map_err(problem)?;
    let assessed = found.assessed.map_err(|errors| problem(errors.into()))?;
    let html = found.asked.drawing(&context, &web.env.protocol.protocol, &assessed).render();
    let html = html.map_err(|error| Problem::fault(std::sync::Arc::new(error)))?;
    let figures = coverage::report::simulation(&assessed.course, std::slice::from_ref(&assessed.figures));
    Ok(Json(json!({
        "html": html,
        "speed_mm_per_s": found.asked.typed.speed_mm_per_s,
        "spacing_mm": found.asked.typed.spacing_mm,
        "passes": found.asked.typed.passes,
        "refusal": found.refusal,
        "zones": figures["zones"],
    }))
    .into_response())
}

/// `POST /desk/needling-plans`: keeps what was drawn with the appointment.
pub async fn save(
    State(web): State<Web>,
    context: Context,
    staff: ConfirmedStaff<AnyStaff>,
    fields: Fields,
) -> Result<Response, Problem> {
    let asked = Asked::read(&fields)?;
    let id = asked.appointment.ok_or_else(Problem::not_found)?;
    web.run_as_staff(&context, &staff, move |env, acting| {
        let settings = Settings::parse(&asked.typed, &needling::pens(env, acting)?)?;
        let assessed = needling::assess(&settings)?;
        needling::save(env, acting, id, &settings, &assessed)
    })
    .await?
    .map_err(problem)?;
    Ok(Redirect::to(&format!("/desk/appointments/{id}#needling")).into_response())
}
