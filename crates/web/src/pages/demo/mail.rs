//! `GET /demo/mail`: the mail that the demo clinic would have sent, newest first. In a demo nothing leaves the machine.

use crate::frame::Frame;
use crate::pages::page;
use crate::shell::{Context, Problem};
use crate::state::{Web, problem};
use crate::words;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// So many letters are shown.
const LETTERS: usize = 30;

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/demo/mail.html")]
pub struct MailPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// The letters, newest first.
    pub letters: Vec<LetterView>,
}

/// One letter.
#[derive(Debug)]
pub struct LetterView {
    /// "23 November, 10:04".
    pub when: String,
    /// Who would get it.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its text, cut into what is a link on this site and what is not.
    pub parts: Vec<PartView>,
    /// Whether a calendar file goes with it.
    pub has_calendar: bool,
}

/// A piece of a letter.
#[derive(Debug)]
pub enum PartView {
    /// Plain words.
    Words(String),
    /// A link of ours.
    Link(String),
}

/// Shows the letters of the demo clinic.
pub async fn show(State(web): State<Web>, context: Context, frame: Frame) -> Result<Response, Problem> {
    let acting = web.visitor(&context);
    let found = web.run(&context, move |env| app::jobs::newest_messages(env, &acting, LETTERS)).await?.map_err(problem)?;
    let diary = app::diary::current(&web.env).map_err(problem)?;
    let letters = found.iter().map(|message| LetterView {
        when: words::local(message.created_at, &diary.rules).strftime("%-d %B, %H:%M").to_string(),
        to: message.to.clone(),
        subject: message.subject.clone(),
        parts: parts(&message.text, &web.env.public_url),
        has_calendar: message.calendar.is_some(),
    });
    Ok(page(StatusCode::OK, &MailPage { frame: &frame, letters: letters.collect() }))
}

fn parts(text: &str, public_url: &str) -> Vec<PartView> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(public_url) {
        let link = &rest[start..];
        let end = link.find(|letter: char| letter.is_whitespace() || letter == '>').unwrap_or(link.len());
        parts.push(PartView::Words(rest[..start].to_owned()));
        parts.push(PartView::Link(link[..end].to_owned()));
        rest = &link[end..];
    }
    parts.push(PartView::Words(rest.to_owned()));
    parts
}
