//! Sign-in of staff.

use super::DeskFrame;
use crate::fields::{Fields, about_form, hidden};
use crate::frame::Frame;
use crate::pages::page;
use crate::shell::{Context, CookieName, Problem, Purpose, csrf::FORM_TOKEN_FIELD, local_target};
use crate::state::{Web, problem};
use crate::view::{FormErrorsView, HiddenView};
use app::people::parse_line;
use app::{Failure, Refusal};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

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

/// What the address asks.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    /// Where to go afterwards.
    #[serde(default)]
    next: String,
}

/// `GET /sign-in?next=…`: the form.
pub async fn show(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    Query(Asked { next }): Query<Asked>,
) -> Response {
    form(&web, &context, &frame, Typed { name: "", next: &next }, FormErrorsView::default(), StatusCode::OK)
}

/// Where somebody goes who has signed in: the page they were sent here from, if it is one of this site; else today.
fn onward(next: &str) -> &str {
    local_target(next).unwrap_or("/desk")
}

/// What a form that comes back is filled with.
struct Typed<'a> {
    name: &'a str,
    next: &'a str,
}

/// `POST /sign-in`: signs in, or says that name and password do not belong together.
pub async fn sign_in(
    State(web): State<Web>,
    context: Context,
    frame: Frame,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.only(&["name", "password", "next"])?;
    let name = parse_line(fields.one("name"), 100).unwrap_or_default();
    let password = fields.one("password").to_owned();
    let account = name.to_lowercase();
    let typed = fields.typed("name");
    let missing = missing(&fields);
    if !missing.is_empty() {
        let typed = Typed { name: &typed, next: fields.one("next") };
        return Ok(form(&web, &context, &frame, typed, missing, StatusCode::UNPROCESSABLE_ENTITY));
    }
    let tried = context.limit(Purpose::SignIn);
    if let Err(often) = tried.and_then(|()| context.limit_account(Purpose::SignIn, &account)) {
        let errors = about_form("name", format!("{}. {}", often.title(), often.advice()));
        let typed = Typed { name: &typed, next: fields.one("next") };
        return Ok(often.told_by(form(&web, &context, &frame, typed, errors, StatusCode::OK)));
    }
    let acting = web.visitor(&context);
    match web.run(&context, move |env| app::staff::sign_in(env, &acting, &name, &password)).await? {
        Ok(secret) => {
            context.know_account(Purpose::SignIn, &account);
            let cookie = context.shell().cookies().set(CookieName::Staff, &secret.reveal(), None);
            let cookie = cookie.ok_or_else(Problem::not_found)?;
            Ok(([(SET_COOKIE, cookie)], Redirect::to(onward(fields.one("next")))).into_response())
        }
        Err(Failure::Refused(refusal @ Refusal::SignInFailed)) => {
            let (title, advice) = refusal.words();
            let errors = about_form("name", format!("{title}. {advice}"));
            let typed = Typed { name: &typed, next: fields.one("next") };
            Ok(form(&web, &context, &frame, typed, errors, StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(failure) => Err(problem(failure)),
    }
}

/// What was left empty: nothing is tried with it, and no try is counted.
fn missing(fields: &Fields) -> FormErrorsView {
    let mut errors = FormErrorsView::default();
    if fields.one("name").trim().is_empty() {
        errors.add("name", "Write the name you sign in with.");
    }
    if fields.one("password").is_empty() {
        errors.add("password", "Write your password.");
    }
    errors
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
    typed: Typed<'_>,
    errors: FormErrorsView,
    status: StatusCode,
) -> Response {
    let desk = DeskFrame::nobody(web, frame);
    let sign_in = SignInPage {
        desk: &desk,
        action: "/sign-in".into(),
        hidden: vec![hidden(FORM_TOKEN_FIELD, context.form_token()), hidden("next", onward(typed.next))],
        name: typed.name.to_owned(),
        errors,
    };
    page(status, &sign_in)
}
