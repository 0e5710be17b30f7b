//! When something is not as hoped: what happened, in plain words, and what to do now. Never a technical detail; a
//! fault shows its operation id and nothing else.

use crate::frame::{Frame, Site};
use crate::pages::desk::DeskFrame;
use crate::shell::{self, ProblemPages, Resend};
use askama::Template;
use std::sync::Arc;

/// The page, with the frame of the public site.
#[derive(Debug, Template)]
#[template(path = "pages/problems/show.html")]
pub struct ProblemPage<'a> {
    /// What surrounds it.
    pub frame: &'a Frame,
    /// What happened.
    pub headline: &'a str,
    /// What to do now.
    pub words: &'a str,
    /// Where it goes on: label and address; none where only the front page helps.
    pub next: Option<(&'static str, &'static str)>,
    /// A form to send once more after signing in.
    pub resend: Option<&'a Resend>,
    /// The number to tell the clinic; empty where telling it would help nobody.
    pub operation: &'a str,
}

/// The same for a member of staff: the desk stays around it.
#[derive(Debug, Template)]
#[template(path = "pages/problems/desk.html")]
pub struct DeskProblemPage<'a> {
    /// What surrounds it.
    pub desk: &'a DeskFrame,
    /// What happened.
    pub headline: &'a str,
    /// What to do now.
    pub words: &'a str,
    /// The number to tell whoever runs the server; empty where telling it would help nobody.
    pub operation: &'a str,
}

/// What to do about a page of the desk that is not there: whoever works here need not ring the clinic.
const NOT_FOUND_AT_DESK: &str = "The address may be mistyped, what it led to may have been taken away, or it is not for \
                                 your role to see. Go on from today's page.";

/// Where somebody who met this refusal goes on.
fn next(code: &str) -> Option<(&'static str, &'static str)> {
    match code {
        "hold-over" | "confirmation-over" => Some(("See free times", "/appointments/new")),
        "self-check-missing" | "self-check-outdated" => Some(("Take the self-check", "/self-check")),
        "self-check-says-no" => Some(("See my answer", "/self-check/answer")),
        "other-visit" => Some(("See the visit you opened last", "/visit")),
        "other-place" => Some(("See the place you opened last", "/wait-list")),
        _ => None,
    }
}

/// Problems in the look of the public site.
#[derive(Debug)]
pub struct SiteProblems(pub Arc<Site>);

impl ProblemPages for SiteProblems {
    fn page(&self, page: shell::ProblemPage<'_>) -> String {
        let frame = Frame::new(self.0.clone(), "");
        let problem = page.problem;
        let operation = if problem.status().is_server_error() { page.operation_id } else { "" };
        if let Some(desk) = page.staff.and_then(|context| DeskFrame::beside_problem(&self.0, context)) {
            let headline = problem.title();
            let words = if problem.code() == "not-found" { NOT_FOUND_AT_DESK } else { problem.advice() };
            let shown = DeskProblemPage { desk: &desk, headline, words, operation };
            return shown.render().unwrap_or_else(|_| shell::PlainPages.page(page));
        }
        let shown = ProblemPage {
            frame: &frame,
            headline: problem.title(),
            words: problem.advice(),
            next: next(problem.code()),
            resend: problem.resend(),
            operation,
        };
        // A template that cannot be written must not hide the problem.
        shown.render().unwrap_or_else(|_| shell::PlainPages.page(page))
    }
}
