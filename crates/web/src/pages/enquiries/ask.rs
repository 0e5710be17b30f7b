//! The contact page: telephone, place, hours, and a form for a question. Sent by POST elsewhere; here it is shown,
//! empty, filled in again with what is wrong, or thanked for.

use crate::fields::{Fields, about_form, form_refusal, hidden, shown};
use crate::frame::Frame;
use crate::pages::page;
use crate::shell::{Context, Problem, Purpose, csrf::FORM_TOKEN_FIELD};
use crate::state::{Web, limited, passing};
use crate::view::{ChoiceView, FormErrorsView, HiddenView};
use app::FormErrors;
use app::people::{Contact, parse_text};
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
    /// Field `topic`.
    pub topic: String,
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
    let form = Form {
        values: EnquiryValues::default(),
        errors: FormErrorsView::default(),
        token: context.form_token(),
    };
    form.page(&frame, sent == "yes", StatusCode::OK)
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
    let token = context.check_form(fields.token(), fields.trap());
    if let Err(refusal) = &token {
        errors.add("question", form_refusal(*refusal));
    }
    let again = |errors: FormErrorsView, status, token: String| {
        Form { values: typed(&fields), errors, token }.page(&frame, false, status)
    };
    let (Some(contact), Some(question), Ok(token), true) = (contact, question, token, errors.is_empty())
    else {
        return Ok(again(
            shown(&errors),
            StatusCode::UNPROCESSABLE_ENTITY,
            context.form_token_again(fields.token()),
        ));
    };
    if let Err((problem, words)) = limited(&context, Purpose::Enquiry) {
        let form = again(about_form("question", words), problem.status(), fields.token().to_owned());
        return Ok(problem.told_by(form));
    }
    let topic =
        TOPICS.iter().find(|(value, _)| *value == fields.one("topic")).map_or("", |(_, label)| *label);
    let text = if topic.is_empty() { question } else { format!("{topic}\n\n{question}") };
    let acting = web.visitor(&context);
    let sent =
        web.run(&context, move |env| app::enquiries::send(env, &acting, token.nonce, contact, text)).await?;
    match sent {
        Ok(()) => Ok(Redirect::to("/contact?sent=yes").into_response()),
        Err(failure) => {
            let (problem, words) = passing(&context, failure)?;
            // With the same token: should the question have been kept after all, sending it again finds it.
            let form = again(about_form("question", words), problem.status(), fields.token().to_owned());
            Ok(problem.told_by(form))
        }
    }
}

fn typed(fields: &Fields) -> EnquiryValues {
    EnquiryValues {
        topic: fields.typed("topic"),
        name: fields.typed("name"),
        email: fields.typed("email"),
        phone: fields.typed("phone"),
        question: fields.one("question").to_owned(),
    }
}

const TOPICS: [(&str, &str); 3] =
    [("treatment", "A question about the treatment"), ("visit", "My visit"), ("other", "Something else")];

struct Form {
    values: EnquiryValues,
    errors: FormErrorsView,
    token: String,
}

impl Form {
    fn page(self, frame: &Frame, is_sent: bool, status: StatusCode) -> Response {
        let topic =
            |(value, label): &(&str, &str)| ChoiceView::new(value, label).chosen(*value == self.values.topic);
        let enquiry = EnquiryPage {
            frame,
            action: "/enquiries".into(),
            hidden: vec![hidden(FORM_TOKEN_FIELD, self.token)],
            topics: TOPICS.iter().map(topic).collect(),
            values: self.values,
            errors: self.errors,
            is_sent,
            answered_within: "one working day".into(),
        };
        page(status, &enquiry)
    }
}
