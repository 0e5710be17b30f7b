//! Joining the wait list: when somebody could come, and where to write to them.

use crate::fields::{Fields, about_form, form_refusal, hidden, practitioner, practitioners, shown};
use crate::frame::Frame;
use crate::pages::appointments::closed::closed;
use crate::pages::appointments::confirm::ContactValues;
use crate::pages::page;
use crate::shell::{Context, Problem, Purpose, csrf::FORM_TOKEN_FIELD};
use crate::state::{Web, limited, passing, problem, visitor_secret};
use crate::view::{ChoiceView, FormErrorsView, HiddenView};
use crate::words;
use app::people::Contact;
use app::wait_list::{ENTRIES_PER_ADDRESS, JoinWaitList};
use app::{Failure, FormErrors, Refusal};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use protocol::Offer;
use record::DayPart;
use serde::Deserialize;
use vocab::VisitTypeId;

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/wait_list/join.html")]
pub struct JoinPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// "Micro-needling", "Consultation".
    pub subject: String,
    /// Back to the times.
    pub back: String,
    /// Where the form is sent.
    pub action: String,
    /// Tokens, and the kind of visit.
    pub hidden: Vec<HiddenView>,
    /// Field `practitioner`.
    pub practitioners: Vec<ChoiceView>,
    /// Field `weekday`, several.
    pub weekdays: Vec<ChoiceView>,
    /// Field `part`, several.
    pub parts: Vec<ChoiceView>,
    /// Fields `name`, `email` and `phone`, as typed.
    pub values: ContactValues,
    /// What is wrong with it.
    pub errors: FormErrorsView,
    /// The form has been taken.
    pub is_done: bool,
    /// So many places on the list one address can have.
    pub places_max: usize,
}

/// What the address asks.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    visit: Option<String>,
    joined: Option<String>,
}

const WEEKDAYS: [(&str, &str); 7] = [
    ("1", "Monday"),
    ("2", "Tuesday"),
    ("3", "Wednesday"),
    ("4", "Thursday"),
    ("5", "Friday"),
    ("6", "Saturday"),
    ("7", "Sunday"),
];

const PARTS: [(DayPart, &str, &str); 3] = [
    (DayPart::Morning, "Morning", "begins before 12:00"),
    (DayPart::Afternoon, "Afternoon", "begins 12:00 to 17:00"),
    (DayPart::Evening, "Evening", "begins 17:00 or later"),
];

/// `GET /wait-list/new?visit=…`: the form, or that it is done.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let visit = visit_type(&web, asked.visit.as_deref().unwrap_or("treatment"))?;
    let is_done = asked.joined.is_some();
    if !is_done && let Some(closed) = closed(&web, &context, &frame, StatusCode::OK).await? {
        return Ok(closed);
    }
    if !is_done && let Some(elsewhere) = elsewhere(&web, &context, &visit).await? {
        return Ok(elsewhere);
    }
    let form = Form { is_done, ..Form::empty(visit) };
    form.page(&web, &frame, context.form_token(), StatusCode::OK)
}

fn visit_type(web: &Web, visit: &str) -> Result<VisitTypeId, Problem> {
    let visit = VisitTypeId::new(visit).map_err(|_| Problem::not_found())?;
    let known = web.env.protocol.protocol.visit(&visit).is_some();
    if known { Ok(visit) } else { Err(Problem::not_found()) }
}

/// A treatment needs the self-check first, as it does for a booking.
async fn elsewhere(web: &Web, context: &Context, visit: &VisitTypeId) -> Result<Option<Response>, Problem> {
    if visit.as_str() != "treatment" {
        return Ok(None);
    }
    let check = crate::pages::self_check::ask::known(web, context).await?;
    if !check.is_complete {
        let open = crate::pages::self_check::ask::first_open(web, &check);
        return Ok(Some(Redirect::to(&open).into_response()));
    }
    let assessment = app::screening::assess(&web.env, &check).map_err(problem)?;
    let may = matches!(assessment.offer(), Offer::Treatment | Offer::TreatmentFrom(_));
    Ok((!may).then(|| Redirect::to("/self-check/answer").into_response()))
}

/// `POST /wait-list`: joins.
pub async fn join(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&["visit", "practitioner", "weekday", "part", "name", "email", "phone"])?;
    let visit = visit_type(&web, fields.one("visit"))?;
    let with = practitioner(&fields, "practitioner")?;
    let mut errors = FormErrors::default();
    let mut weekdays: Vec<u8> = fields.all("weekday").filter_map(|day| day.parse().ok()).collect();
    let worked = app::wait_list::weekdays(&web.env).map_err(problem)?;
    weekdays.retain(|day| worked.contains(day));
    weekdays.sort_unstable();
    weekdays.dedup();
    if weekdays.is_empty() {
        errors.add("weekday", "Tick at least one day.");
    }
    let sent: Vec<&str> = fields.all("part").collect();
    let parts: Vec<DayPart> =
        DayPart::ALL.iter().copied().filter(|part| sent.contains(&part.as_str())).collect();
    if parts.is_empty() {
        errors.add("part", "Tick at least one part of the day.");
    }
    let contact = Contact::parse(fields.one("name"), fields.one("email"), fields.one("phone"), &mut errors);
    let token = context.check_form(fields.token(), fields.trap());
    if let Err(refusal) = &token {
        errors.add("name", form_refusal(*refusal));
    }
    let again = |errors: FormErrorsView, status, token: String| {
        let form = Form { errors, ..Form::typed(visit.clone(), &fields) };
        form.page(&web, &frame, token, status)
    };
    let (Some(contact), Ok(token), true) = (contact, token, errors.is_empty()) else {
        return again(
            shown(&errors),
            StatusCode::UNPROCESSABLE_ENTITY,
            context.form_token_again(fields.token()),
        );
    };
    if let Err((problem, words)) = limited(&context, Purpose::Enquiry) {
        let form = again(about_form("name", words), problem.status(), fields.token().to_owned())?;
        return Ok(problem.told_by(form));
    }
    let command = JoinWaitList {
        visit_type: visit.clone(),
        practitioner: with,
        weekdays,
        parts,
        contact,
        response: Some(visitor_secret(&context)),
        idempotency_key: token.idempotency_key(),
    };
    let acting = web.visitor(&context);
    match web.run(&context, move |env| app::wait_list::join(env, &acting, command)).await? {
        Ok(()) => Ok(Redirect::to(&format!("/wait-list/new?visit={visit}&joined=yes")).into_response()),
        Err(Failure::Refused(Refusal::SelfCheckMissing)) => Ok(Redirect::to("/self-check/1").into_response()),
        Err(Failure::Refused(Refusal::FormUsed)) => {
            again(about_form("name", SENT_BEFORE), StatusCode::CONFLICT, context.form_token())
        }
        Err(failure) => {
            let (problem, words) = passing(&context, failure)?;
            // With the same token: should they be on the list after all, sending it again finds it.
            let form = again(about_form("name", words), problem.status(), fields.token().to_owned())?;
            Ok(problem.told_by(form))
        }
    }
}

/// For whoever went back, changed something and sent the form once more.
const SENT_BEFORE: &str = "This form was sent before with something else in it, and that is what is on the list. To be on \
                           it with what stands here now as well, send it again.";

/// The form as it stands.
struct Form {
    visit: VisitTypeId,
    with: String,
    weekdays: Vec<String>,
    parts: Vec<String>,
    values: ContactValues,
    errors: FormErrorsView,
    is_done: bool,
}

impl Form {
    /// Any day and any time, until somebody narrows it down.
    fn empty(visit: VisitTypeId) -> Self {
        Self {
            visit,
            with: String::new(),
            weekdays: WEEKDAYS[..5].iter().map(|(value, _)| (*value).to_owned()).collect(),
            parts: PARTS.iter().map(|(part, ..)| part.to_string()).collect(),
            values: ContactValues::default(),
            errors: FormErrorsView::default(),
            is_done: false,
        }
    }

    fn typed(visit: VisitTypeId, fields: &Fields) -> Self {
        Self {
            with: fields.typed("practitioner"),
            weekdays: fields.all("weekday").map(str::to_owned).collect(),
            parts: fields.all("part").map(str::to_owned).collect(),
            values: ContactValues {
                name: fields.typed("name"),
                email: fields.typed("email"),
                phone: fields.typed("phone"),
                ..ContactValues::default()
            },
            ..Self::empty(visit)
        }
    }

    fn page(self, web: &Web, frame: &Frame, token: String, status: StatusCode) -> Result<Response, Problem> {
        let diary = app::diary::current(&web.env).map_err(problem)?;
        let is_on = |list: &[String], value: &str| list.iter().any(|one| one == value);
        let worked = app::wait_list::weekdays(&web.env).map_err(problem)?;
        let weekdays = WEEKDAYS
            .iter()
            .filter(|(value, _)| worked.iter().any(|day| day.to_string() == *value))
            .map(|(value, label)| ChoiceView::new(value, label).chosen(is_on(&self.weekdays, value)));
        let parts = PARTS.iter().map(|(part, label, hint)| {
            ChoiceView::new(part.as_str(), label).with_hint(hint).chosen(is_on(&self.parts, part.as_str()))
        });
        let join = JoinPage {
            frame,
            subject: words::visit_title(&web.env.protocol.protocol, &self.visit, &web.site),
            back: format!("/appointments/new?visit={}", self.visit),
            action: "/wait-list".into(),
            hidden: vec![hidden(FORM_TOKEN_FIELD, token), hidden("visit", self.visit.as_str())],
            practitioners: practitioners(&diary.rules, &self.with),
            weekdays: weekdays.collect(),
            parts: parts.collect(),
            values: self.values,
            errors: self.errors,
            is_done: self.is_done,
            places_max: ENTRIES_PER_ADDRESS,
        };
        Ok(page(status, &join))
    }
}
