//! When something is not as hoped: what happened, in plain words, and what to do now. Never a technical detail; a
//! fault shows its operation id and nothing else.

use crate::frame::Frame;
use crate::pages::page;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

/// The page, with the frame of the public site.
#[derive(Debug, Template)]
#[template(path = "pages/problems/show.html")]
pub struct ProblemPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// What happened.
    pub problem: Problem,
}

/// The kinds of trouble a page can tell of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// 404: no such page, or not yours to know.
    NotFound,
    /// 403: the form came from elsewhere or its token is old.
    StaleForm,
    /// 409: somebody else was faster, or it was changed meanwhile.
    Conflict,
    /// 422: what was sent makes no sense as a form of ours.
    Unreadable,
    /// 413: too large.
    TooLarge,
    /// 429: too often; how long to wait, in words: "2 minutes".
    TooOften(String),
    /// 500: a fault of ours, with its operation id.
    Fault(String),
    /// 503: the database or the disk is away, with the operation id.
    Away(String),
}

impl Problem {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::StaleForm => StatusCode::FORBIDDEN,
            Self::Conflict => StatusCode::CONFLICT,
            Self::Unreadable => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooOften(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Away(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn headline(&self) -> &'static str {
        match self {
            Self::NotFound => "This page is not here",
            Self::StaleForm => "The form was open too long",
            Self::Conflict => "Somebody was faster",
            Self::Unreadable => "We could not read that",
            Self::TooLarge => "That was too large",
            Self::TooOften(_) => "A little slower, please",
            Self::Fault(_) => "Something broke on our side",
            Self::Away(_) => "We are away for a moment",
        }
    }

    fn words(&self) -> String {
        match self {
            Self::NotFound => "The address may be mistyped, or the link is old. Links to a visit end after the visit.".into(),
            Self::StaleForm => "To keep you safe a form works for some hours only. Go back, load the page again, and send it once more.".into(),
            Self::Conflict => "What you saw has changed meanwhile. Nothing was booked or changed. Have a look at how it is now.".into(),
            Self::Unreadable => "Something was missing in what your browser sent. Go back and try the form once more.".into(),
            Self::TooLarge => "Please send less at once.".into(),
            Self::TooOften(wait) => format!("Too many requests came from your connection. Please try again in {wait}. Nothing you did was lost, and nothing was booked twice."),
            Self::Fault(_) => "It is not your doing, and it has been noted. Please try again; if it happens again, call us and read us the number below.".into(),
            Self::Away(_) => "Please try again in a minute. If it is about a visit today, call us.".into(),
        }
    }

    /// The operation id, for the two kinds that have one.
    fn operation(&self) -> &str {
        match self {
            Self::Fault(id) | Self::Away(id) => id,
            _ => "",
        }
    }
}

/// The answer to a request that went wrong. `Retry-After` is set by whoever knows the seconds.
pub fn problem(frame: &Frame, problem: Problem) -> Response {
    page(problem.status(), &ProblemPage { frame, problem })
}

/// The last stop of the router: no such page.
pub async fn not_found(frame: Frame) -> Response {
    problem(&frame, Problem::NotFound)
}
