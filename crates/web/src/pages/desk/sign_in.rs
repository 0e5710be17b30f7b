//! Sign-in of staff.

use super::DeskFrame;
use crate::fields::{Fields, hidden};
use crate::frame::Frame;
use crate::pages::appointments::hold::about_form;
use crate::pages::page;
use crate::shell::{Context, CookieName, Problem, Purpose, csrf::FORM_TOKEN_FIELD};
use crate::state::{Web, problem};
use crate::view::{FormErrorsView, HiddenView};
use app::people::parse_line;
use app::{Failure, Refusal};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};

/// The form.
#[derive(Debug, Template)]
#[template(path = "pages/desk/sign_in.html")]
pub struct SignInPage<'a> {
    /// Clinic and colours; nobody is signed in yet.
    pub desk: &'a DeskFrame,
    /// Where the form is sent.
    pub action: String,
    /// Tokens and where to go afterwards.
    pub hidden: Vec<HiddenView>,
    /// The name as typed; the password is never sent back.
    pub name: String,
    /// What is wrong: one message for name and password alike, so that it tells nobody which names exist.
    pub errors: FormErrorsView,
}

/// `GET /sign-in`: the form.
pub async fn show(State(web): State<Web>, context: Context, frame: Frame) -> Response {
    form(&web, &context, &frame, "", FormErrorsView::default(), StatusCode::OK)
}

/// `POST /sign-in`: signs in, or says that name and password do not belong together.
pub async fn sign_in(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&["name", "password"])?;
    let name = parse_line(fields.one("name"), 100).unwrap_or_default();
    let password = fields.one("password").to_owned();
    let account = name.to_lowercase();
    context.limit_account(Purpose::SignIn, &account)?;
    let acting = web.visitor(&context);
    let typed = name.clone();
    match web.run(&context, move |env| app::staff::sign_in(env, &acting, &name, &password)).await? {
        Ok(secret) => {
            context.know_account(Purpose::SignIn, &account);
            let cookie = context.shell().cookies().set(CookieName::Staff, &secret.reveal(), None);
            let cookie = cookie.ok_or_else(Problem::not_found)?;
            Ok(([(SET_COOKIE, cookie)], Redirect::to("/desk")).into_response())
        }
        Err(Failure::Refused(refusal @ Refusal::SignInFailed)) => {
            let (title, advice) = refusal.words();
            let errors = about_form("name", format!("{title}. {advice}"));
            Ok(form(&web, &context, &frame, &typed, errors, StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(failure) => Err(problem(failure)),
    }
}

/// `POST /desk/sign-out`: ends the session on the server and in the browser.
pub async fn sign_out(
    State(web): State<Web>,
    context: Context,
    headers: axum::http::HeaderMap,
) -> Result<Response, Problem> {
    let cookies = context.shell().cookies();
    let secret =
        cookies.read(&headers, CookieName::Staff).and_then(|value| value.parse::<app::Secret>().ok());
    if let Some(secret) = secret {
        let acting = web.visitor(&context);
        web.run(&context, move |env| app::staff::sign_out(env, &acting, &secret)).await?.map_err(problem)?;
    }
    let clear = (
        "clear-site-data".parse().map_err(|_| Problem::not_found())?,
        "\"cache\"".parse().map_err(|_| Problem::not_found())?,
    );
    let fields: [(axum::http::HeaderName, axum::http::HeaderValue); 2] =
        [(SET_COOKIE, cookies.clear(CookieName::Staff)), clear];
    let mut response = Redirect::to("/sign-in").into_response();
    response.headers_mut().extend(fields);
    Ok(response)
}

fn form(
    web: &Web,
    context: &Context,
    frame: &Frame,
    name: &str,
    errors: FormErrorsView,
    status: StatusCode,
) -> Response {
    let desk = DeskFrame::nobody(web, frame);
    let sign_in = SignInPage {
        desk: &desk,
        action: "/sign-in".into(),
        hidden: vec![hidden(FORM_TOKEN_FIELD, context.form_token())],
        name: name.to_owned(),
        errors,
    };
    page(status, &sign_in)
}
