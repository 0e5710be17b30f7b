//! The contact page: telephone, place, hours, and a form for a question. Sent by POST elsewhere; here it is shown,
//! empty, filled in again with what is wrong, or thanked for.

use crate::fields::{Fields, hidden, shown};
use crate::frame::Frame;
use crate::pages::appointments::hold::form_refusal;
use crate::pages::page;
use crate::shell::{Context, Problem, csrf::FORM_TOKEN_FIELD};
use crate::state::{Web, problem};
use crate::view::{ChoiceView, FormErrorsView, HiddenView};
use app::FormErrors;
use app::people::{Contact, parse_line, parse_text};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/enquiries/ask.html")]
pub struct EnquiryPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// Where the form is sent.
    pub action: String,
    /// Tokens.
    pub hidden: Vec<HiddenView>,
    /// What it is about. Field `topic`.
    pub topics: Vec<ChoiceView>,
    /// What was typed.
    pub values: EnquiryValues,
    /// What is wrong with it.
    pub errors: FormErrorsView,
    /// The question has been taken.
    pub is_sent: bool,
    /// "one working day".
    pub answered_within: String,
}

/// What was typed.
#[derive(Clone, Debug, Default)]
pub struct EnquiryValues {
    /// Field `name`.
    pub name: String,
    /// Field `email`.
    pub email: String,
    /// Field `phone`.
    pub phone: String,
    /// Field `question`.
    pub question: String,
}

/// What the page says has just happened.
#[derive(Debug, Default, Deserialize)]
pub struct Sent {
    #[serde(default)]
    sent: String,
}

/// `GET /contact`: the form, or thanks.
pub async fn show(context: Context, frame: Frame, Query(Sent { sent }): Query<Sent>) -> Response {
    form(&context, &frame, EnquiryValues::default(), FormErrorsView::default(), sent == "yes", StatusCode::OK)
}

/// `POST /enquiries`: takes the question.
pub async fn send(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&["topic", "name", "email", "phone", "question"])?;
    let mut errors = FormErrors::default();
    let contact = Contact::parse(fields.one("name"), fields.one("email"), fields.one("phone"), &mut errors);
    let question = parse_text(fields.one("question")).filter(|question| !question.is_empty());
    if question.is_none() {
        errors.add("question", "Write your question, in at most 4,000 letters.");
    }
    if let Err(refusal) = context.check_form(fields.token(), fields.trap()) {
        errors.add("question", form_refusal(refusal));
    }
    let (Some(contact), Some(question), true) = (contact, question, errors.is_empty()) else {
        let line = |name: &str| parse_line(fields.one(name), 400).unwrap_or_default();
        let values = EnquiryValues {
            name: line("name"),
            email: line("email"),
            phone: line("phone"),
            question: fields.one("question").to_owned(),
        };
        return Ok(form(&context, &frame, values, shown(&errors), false, StatusCode::UNPROCESSABLE_ENTITY));
    };
    let topic = TOPICS.iter().find(|(value, _)| *value == fields.one("topic")).map_or("", |(_, label)| *label);
    let text = if topic.is_empty() { question } else { format!("{topic}\n\n{question}") };
    let acting = web.visitor(&context);
    web.run(&context, move |env| app::enquiries::send(env, &acting, contact, text)).await?.map_err(problem)?;
    Ok(Redirect::to("/contact?sent=yes").into_response())
}

const TOPICS: [(&str, &str); 3] =
    [("treatment", "A question about the treatment"), ("visit", "My visit"), ("other", "Something else")];

fn form(
    context: &Context,
    frame: &Frame,
    values: EnquiryValues,
    errors: FormErrorsView,
    is_sent: bool,
    status: StatusCode,
) -> Response {
    let enquiry = EnquiryPage {
        frame,
        action: "/enquiries".into(),
        hidden: vec![hidden(FORM_TOKEN_FIELD, context.form_token())],
        topics: TOPICS.iter().map(|(value, label)| ChoiceView::new(value, label)).collect(),
        values,
        errors,
        is_sent,
        answered_within: "one working day".into(),
    };
    page(status, &enquiry)
}
