//! What goes wrong, as pages: a plain sentence, what to do next, and an id by which the log can be searched.
//!
//! A handler returns a [`Problem`]; the shell writes the page or the JSON, because only it knows the operation id
//! and how the clinic's pages look. No problem tells a path, a query, a version or what somebody typed.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;

use super::{Context, ports::Fault};

/// What somebody mistyped in one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name in the form.
    pub field: &'static str,
    /// What is wrong and what is expected, as a sentence. It does not repeat what was typed.
    pub message: String,
}

/// Everything that is wrong with a form, all at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormErrors(pub Vec<FieldError>);

impl FormErrors {
    /// Nothing is wrong yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes that `field` is wrong.
    pub fn add(&mut self, field: &'static str, message: impl Into<String>) {
        self.0.push(FieldError { field, message: message.into() });
    }

    /// Whether the form is good.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with `field`, the first remark only.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|error| error.field == field).map(|error| error.message.as_str())
    }
}

/// The answer to a request that cannot be carried out. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Problem(Arc<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    title: String,
    advice: String,
    fields: FormErrors,
    retry_after: Option<u64>,
    allow: Option<String>,
    fault: Option<Fault>,
    resend: Option<Resend>,
    close: bool,
}

/// A form that was sent without a session: what was typed, to be sent once more after signing in.
#[derive(Clone)]
pub struct Resend {
    /// Where it was sent.
    pub action: String,
    /// Its fields, in the order they came.
    pub fields: Vec<(String, String)>,
}

/// Tells nothing of what was typed.
impl std::fmt::Debug for Resend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Resend({} fields)", self.fields.len())
    }
}

impl Problem {
    /// A problem with a stable `code` for programs, a `title` that says what happened and `advice` that says what
    /// to do.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        title: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self(Arc::new(Parts {
            status,
            code,
            title: title.into(),
            advice: advice.into(),
            fields: FormErrors::new(),
            retry_after: None,
            allow: None,
            fault: None,
            resend: None,
            close: false,
        }))
    }

    fn with(mut self, change: impl FnOnce(&mut Parts)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// 422: fields are mistyped. Pages show their own form again instead; this is for programs.
    pub fn form(errors: FormErrors) -> Self {
        let title = "Some entries are missing or not understood";
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "form",
            title,
            "Correct the entries named and send it again.",
        )
        .with(|parts| parts.fields = errors)
    }

    /// 409: the clinic's rules or somebody quicker say no.
    pub fn refused(code: &'static str, title: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, title, advice)
    }

    /// 404: not here, or not for this caller to know. Both look the same.
    pub fn not_found() -> Self {
        let advice = "The address may be mistyped, or a link may have run out. Start again from the first page, \
                      or ring the clinic.";
        Self::new(StatusCode::NOT_FOUND, "not-found", "This page is not here", advice)
    }

    /// 401: a sign-in is needed.
    pub fn sign_in() -> Self {
        let advice = "Sign in, then do it once more. Nothing has been changed.";
        Self::new(StatusCode::UNAUTHORIZED, "sign-in", "Please sign in first", advice)
    }

    /// The same, with the form that was sent: it is shown again, to be sent once more after signing in.
    pub(super) fn resending(self, resend: Resend) -> Self {
        let advice = "Your session has ended. Nothing has been changed, and nothing you typed is lost: sign in in a new \
                      tab, come back here and send it again.";
        self.with(|parts| {
            parts.advice = advice.into();
            parts.resend = Some(resend);
        })
    }

    /// 403: the request does not prove that it comes from our own page.
    pub fn foreign() -> Self {
        let advice = "Nothing has been changed. Open this site directly, not inside another one, reload the page so \
                      that the form is fresh, and send it again. Cookies must be allowed for this site.";
        let title = "We could not be sure that this came from our own page";
        Self::new(StatusCode::FORBIDDEN, "foreign-origin", title, advice)
    }

    /// 413: more than the route takes.
    pub fn too_large(max: usize) -> Self {
        let size = if max >= 1 << 20 { format!("{} MB", max >> 20) } else { format!("{} kB", max >> 10) };
        let advice = format!("At most {size} are taken at once. Send less, or a smaller file.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "That is too much at once", advice).closing()
    }

    /// 429: too often; passes again after `seconds`.
    pub fn too_often(seconds: u64) -> Self {
        let wait = match seconds {
            0..=1 => "a second".to_owned(),
            2..=119 => format!("{seconds} seconds"),
            _ => format!("{} minutes", seconds.div_ceil(60)),
        };
        let advice = format!("Please try again in {wait}. If it is urgent, ring the clinic.");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too-often", "That was a little too often", advice)
            .with(|parts| parts.retry_after = Some(seconds.max(1)))
    }

    /// 503: busy, or the database is away; worth a new try after `seconds`.
    pub fn away(seconds: u64) -> Self {
        let advice = "Please try again in a moment. Reload the page first to see whether your last step was kept. \
                      If it is urgent, ring the clinic.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "away", "We are busy for a moment", advice)
            .with(|parts| parts.retry_after = Some(seconds.max(1)))
    }

    /// 507: the disk is full. Reading goes on; the cause is logged, for whoever can make space.
    pub fn full(fault: Fault) -> Self {
        let advice = "Nothing was changed. Please try again in a few minutes; it goes on by itself as soon as there is \
                      space again. If it is urgent, ring the clinic.";
        let title = "We cannot keep anything at the moment, because our disk is full";
        Self::new(StatusCode::INSUFFICIENT_STORAGE, "disk-full", title, advice)
            .because(fault)
            .with(|parts| parts.retry_after = Some(60))
    }

    /// The same problem, with the failure behind it for the log.
    pub fn because(self, fault: Fault) -> Self {
        self.with(|parts| parts.fault = Some(fault))
    }

    /// 500: a fault of ours. The page shows the operation id only; the chain of causes is logged once.
    pub fn fault(fault: Fault) -> Self {
        let advice = "It is our fault, not yours. Please try again; if it happens once more, tell the clinic the \
                      number below.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", "Something went wrong here", advice)
            .with(|parts| parts.fault = Some(fault))
    }

    /// 400: not a request we understand. The connection is closed, because what follows cannot be trusted either.
    pub fn malformed(what: &'static str) -> Self {
        let advice = format!("{what} Go back, or start again from the first page.");
        Self::new(StatusCode::BAD_REQUEST, "malformed", "The request was not understood", advice).closing()
    }

    /// 408: the body took too long to arrive.
    pub fn too_slow() -> Self {
        let advice = "The connection was too slow or broke off. Check it and send again.";
        Self::new(StatusCode::REQUEST_TIMEOUT, "too-slow", "Not everything arrived in time", advice).closing()
    }

    /// 405: this path knows other methods; `allow` lists them.
    pub fn method(allow: String) -> Self {
        let advice = "Use the buttons and links of the page instead.";
        let title = "This address cannot be used that way";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method", title, advice)
            .with(|parts| parts.allow = Some(allow))
    }

    /// The problem for a status that a library answered with by itself; its own text is never shown.
    pub(super) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::UNPROCESSABLE_ENTITY => {
                let title = "Some entries are missing or not understood";
                Self::new(status, "form", title, "Reload the page, fill it in again and send it.")
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                let advice = "Send a form from our pages, or JSON where the interface asks for it.";
                Self::new(status, "media-type", "This kind of content is not taken here", advice)
            }
            status if status.is_client_error() => {
                let advice = "Go back, or start again from the first page.";
                Self::new(status, "malformed", "The request was not understood", advice)
            }
            StatusCode::SERVICE_UNAVAILABLE => Self::away(5),
            status => {
                let said = format!("a handler answered {} without saying why", status.as_u16());
                Self::fault(Arc::new(std::io::Error::other(said)))
            }
        }
    }

    /// The connection is closed after this answer.
    pub(super) fn closing(self) -> Self {
        self.with(|parts| parts.close = true)
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The stable word for programs.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// What happened, as a sentence without a full stop.
    pub fn title(&self) -> &str {
        &self.0.title
    }

    /// What to do now.
    pub fn advice(&self) -> &str {
        &self.0.advice
    }

    /// The fields that are mistyped.
    pub fn fields(&self) -> &FormErrors {
        &self.0.fields
    }

    /// A form to send once more after signing in.
    pub fn resend(&self) -> Option<&Resend> {
        self.0.resend.as_ref()
    }

    /// Seconds after which a new try makes sense.
    pub fn retry_after(&self) -> Option<u64> {
        self.0.retry_after
    }

    /// A page that a handler wrote itself to tell of this problem, for instance the form that was sent with everything
    /// typed still in it. It keeps its text; status, waiting time and the line in the log are the problem's.
    pub fn told_by(self, mut page: Response) -> Response {
        *page.status_mut() = self.0.status;
        page.extensions_mut().insert(Told(self));
        page
    }

    /// The failure behind a 500, for the log.
    pub(super) fn cause(&self) -> Option<&Fault> {
        self.0.fault.as_ref()
    }
}

/// A busy disk, a lost database: anything unexpected is a fault of ours.
impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::fault(fault)
    }
}

/// A problem that the page it comes with tells itself.
#[derive(Debug, Clone)]
pub(super) struct Told(pub(super) Problem);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.0.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(allow) = self.0.allow.as_deref().and_then(|allow| HeaderValue::from_str(allow).ok()) {
            headers.insert(header::ALLOW, allow);
        }
        if self.0.close {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// A problem about to become a page.
#[derive(Debug, Clone, Copy)]
pub struct ProblemPage<'a> {
    /// What happened and what to do.
    pub problem: &'a Problem,
    /// The number to tell the clinic: 26 letters and digits.
    pub operation_id: &'a str,
    /// When to try again, where that is known.
    pub try_again_at: Option<Timestamp>,
    /// Who asked for one of the staff's own pages, signed in; `None` for anybody else.
    pub staff: Option<&'a Context>,
}

/// Writes problem pages. The clinic's templates implement it.
pub trait ProblemPages: Send + Sync + 'static {
    /// A whole HTML document.
    fn page(&self, page: ProblemPage<'_>) -> String;
}

/// Pages without any look, for when there are no templates.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainPages;

impl ProblemPages for PlainPages {
    fn page(&self, page: ProblemPage<'_>) -> String {
        let problem = page.problem;
        let title = escape(problem.title());
        let mut text = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title></head>\n\
             <body>\n<main>\n<h1>{title}</h1>\n<p>{}</p>\n",
            escape(problem.advice())
        );
        if !problem.fields().is_empty() {
            text.push_str("<ul>\n");
            for error in &problem.fields().0 {
                let _ = writeln!(text, "<li>{}: {}</li>", escape(error.field), escape(&error.message));
            }
            text.push_str("</ul>\n");
        }
        if let Some(at) = page.try_again_at {
            let _ =
                writeln!(text, "<p>From <time>{}</time> it works again.</p>", at.strftime("%H:%M:%S UTC"));
        }
        let _ = write!(
            text,
            "<p><a href=\"/\">To the first page</a></p>\n<p><small>Number: {}</small></p>\n</main>\n</body>\n</html>\n",
            page.operation_id
        );
        text
    }
}

/// The problem as `application/problem+json` (RFC 9457).
pub(super) fn json(page: ProblemPage<'_>) -> String {
    let problem = page.problem;
    let mut body = serde_json::json!({
        "status": problem.status().as_u16(),
        "code": problem.code(),
        "title": problem.title(),
        "detail": problem.advice(),
        "operation_id": page.operation_id,
    });
    if !problem.fields().is_empty() {
        let errors = problem.fields().0.iter();
        let errors: Vec<_> =
            errors.map(|e| serde_json::json!({"field": e.field, "message": e.message})).collect();
        body["errors"] = errors.into();
    }
    if let Some(seconds) = problem.retry_after() {
        body["retry_after"] = seconds.into();
    }
    body.to_string()
}

fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_status() {
        let fault: Fault = Arc::new(std::io::Error::other("disk"));
        let cases = [
            (Problem::form(FormErrors::new()), 422),
            (Problem::refused("room-busy", "Taken", "Choose another time."), 409),
            (Problem::not_found(), 404),
            (Problem::too_large(1 << 20), 413),
            (Problem::too_often(3), 429),
            (Problem::away(3), 503),
            (Problem::fault(fault), 500),
            (Problem::foreign(), 403),
            (Problem::sign_in(), 401),
            (Problem::malformed("No."), 400),
            (Problem::too_slow(), 408),
            (Problem::method("GET".into()), 405),
        ];
        for (problem, status) in cases {
            assert_eq!(problem.status().as_u16(), status);
            let response = problem.into_response();
            assert_eq!(response.status().as_u16(), status);
            let retry = response.headers().get(header::RETRY_AFTER).map(|value| value.to_str().unwrap());
            assert_eq!(retry, matches!(status, 429 | 503).then_some("3"));
        }
    }

    #[test]
    fn a_page_escapes_and_keeps_the_cause_to_itself() {
        let mut errors = FormErrors::new();
        errors.add("name", "<b>\"&' is not a name");
        let problem = Problem::form(errors);
        let page = ProblemPage { problem: &problem, operation_id: "0op", try_again_at: None, staff: None };
        let html = PlainPages.page(page);
        assert!(html.contains("name: &lt;b&gt;&quot;&amp;&#39; is not a name"), "{html}");
        assert!(html.contains("0op"));
        let fault: Fault = Arc::new(std::io::Error::other("marker-of-the-disk"));
        let problem = Problem::fault(fault);
        let page = ProblemPage { problem: &problem, operation_id: "0op", try_again_at: None, staff: None };
        assert!(!PlainPages.page(page).contains("marker"));
        assert!(!json(page).contains("marker"));
    }
}
