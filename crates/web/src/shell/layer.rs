//! The one layer around every route: checks before the handler, headers and a log line after it.
//!
//! The order matters. What costs nothing is checked first, a body is read only for a caller who may send it, and a
//! place among the running handlers is taken only once the body is there, so that slow senders hold no places.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{Arc, atomic::AtomicBool},
    task::Poll,
    time::Duration,
};

use axum::{
    Form,
    body::{Body, Bytes},
    extract::{FromRequest, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http_body_util::BodyExt;
use jiff::SignedDuration;
use tokio::{sync::SemaphorePermit, time::Instant};
use vocab::OperationId;

use super::{
    Shell, ShellConfig,
    access::{Access, Actor, Admission, Route, decide},
    address,
    context::{Context, Inner},
    cookie::CookieName,
    csrf::{self, Provenance},
    door, headers,
    limit::{AddressKey, Purpose},
    log,
    peers::Connection,
    ports::{Fault, TokenHash},
    problem::{self, Problem, ProblemPage, Resend, Told},
    squeeze,
    token::{TokenPurpose, push_hex},
};

/// The peer of a connection, put into each request by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// The connection of a request, told when the request is here whole.
#[derive(Debug, Clone)]
pub(super) struct Wired(pub(super) Arc<Connection>);

/// What is found out on the way in and needed on the way out.
#[derive(Default)]
struct Trail<'s> {
    context: Option<Context>,
    admission: Option<Admission>,
    /// The body's share of the memory for bodies, held until the answer is made.
    share: Option<SemaphorePermit<'s>>,
}

/// The layer around `route`.
pub(super) async fn run(
    State((shell, route)): State<(Arc<Shell>, Arc<Route>)>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = shell.clock().monotonic();
    let operation_id = OperationId::from_bits(shell.random_bits());
    let method = request.method().clone();
    let json = route.terms.json || prefers_json(request.headers());
    let may_squeeze = squeeze::may(route.terms.access, &method, request.headers());
    let mut trail = Trail::default();
    let answer = match admit(&shell, &route, operation_id, &mut request, &mut trail).await {
        Ok(()) => call(&shell, request, next).await,
        Err(problem) => match sign_in_instead(&shell, &request, &problem, json) {
            Some(redirect) => redirect,
            None => problem.into_response(),
        },
    };
    let operation = operation_id.to_string();
    let staff = trail.context.as_ref().filter(|context| context.staff().is_some());
    let mut response = write_problem(&shell, answer, &operation, json, staff);
    if may_squeeze {
        response = squeeze::squeeze(response).await;
    }
    finish(&shell, &mut response, &operation, &trail);
    let line = log::RequestLine {
        at: shell.clock().now(),
        method: logged_method(&method),
        route: &route.template,
        status: response.status().as_u16(),
        took: shell.clock().monotonic().saturating_sub(started),
        operation: &operation,
        actor: trail.context.as_ref().map_or("unknown", actor_word),
    };
    shell.log().line(line.text());
    response
}

/// A method is a word of the client's; only the usual ones are repeated in the log.
fn logged_method(method: &Method) -> &str {
    let usual = [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS, Method::PUT, Method::DELETE];
    if usual.contains(method) { method.as_str() } else { "other" }
}

/// The most a caller was found to be.
fn actor_word(context: &Context) -> &'static str {
    context.roles().actors().last().unwrap_or(Actor::Nobody).word()
}

/// Everything that must hold before the handler runs.
async fn admit<'s>(
    shell: &'s Arc<Shell>,
    route: &Route,
    operation_id: OperationId,
    request: &mut Request,
    trail: &mut Trail<'s>,
) -> Result<(), Problem> {
    let config = shell.config();
    let host = door::check(request, &config.hosts)?;
    let peer = request.extensions().get::<Peer>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    let client = address::client(peer, request.headers(), &config.trusted_proxies);
    let key = AddressKey::from(client);
    take(shell, Purpose::Pages, key)?;

    let writes = route.acts && !matches!(*request.method(), Method::GET | Method::HEAD);
    let provenance = csrf::provenance(request.headers(), config.https, host);
    if writes && provenance == Provenance::Foreign {
        return Err(Problem::foreign());
    }
    let context = identify(shell, route, operation_id, client, request.headers(), writes).await?;
    trail.context = Some(context.clone());
    let admission = decide(route.terms.access, context.roles());
    trail.admission = Some(admission);
    match admission {
        Admission::Passed => {}
        Admission::SignIn if writes && provenance == Provenance::Ours => {
            return Err(keep_typed(shell, request).await);
        }
        Admission::SignIn => return Err(Problem::sign_in()),
        Admission::Hidden => return Err(Problem::not_found()),
    }
    if writes {
        let (body, share) = read_body(shell, request).await?;
        trail.share = share;
        if provenance == Provenance::Unsaid && !token_is_ours(shell, &context, request.headers(), &body) {
            return Err(Problem::foreign());
        }
        if let Some(purpose) = route.terms.purpose {
            take(shell, purpose, key)?;
        }
        *request.body_mut() = Body::from(body);
    } else if let Some(purpose) = route.terms.purpose {
        take(shell, purpose, key)?;
    }
    if let Some(Wired(connection)) = request.extensions_mut().remove() {
        connection.begin();
    }
    request.extensions_mut().insert(context);
    Ok(())
}

/// So many fields of a form without a session are shown again.
const RESENT_FIELDS_MAX: usize = 64;

/// A form of our own page, sent when the session had ended: it is asked to be sent again, and nothing typed is lost.
async fn keep_typed(shell: &Shell, request: &mut Request) -> Problem {
    let problem = Problem::sign_in();
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        return problem;
    }
    let action = request.uri().path().to_owned();
    let Ok((body, _share)) = read_body(shell, request).await else { return problem };
    let mut again = Request::new(Body::from(body));
    *again.method_mut() = Method::POST;
    again.headers_mut().clone_from(request.headers());
    match Form::<Vec<(String, String)>>::from_request(again, &()).await {
        Ok(Form(fields)) if fields.len() <= RESENT_FIELDS_MAX => problem.resending(Resend { action, fields }),
        _ => problem,
    }
}

fn take(shell: &Shell, purpose: Purpose, key: AddressKey) -> Result<(), Problem> {
    let taken = shell.limiter().take(purpose, key, shell.clock().monotonic());
    taken.map_err(|often| Problem::too_often(often.seconds))
}

/// For a browser too old to say where a request comes from: the token of our form, bound to the visitor's cookie.
fn token_is_ours(shell: &Shell, context: &Context, headers: &HeaderMap, body: &[u8]) -> bool {
    let Some(visitor) = shell.cookies().read(headers, CookieName::Visitor) else { return false };
    let Some(token) = csrf::token(headers, body) else { return false };
    let ages = (Duration::ZERO, shell.config().form_age.1);
    shell.signer().check(TokenPurpose::Form, visitor, token, context.received_at(), ages).is_ok()
}

/// Finds out who asks. On a route open to everybody nobody is looked up.
async fn identify(
    shell: &Arc<Shell>,
    route: &Route,
    operation_id: OperationId,
    client: IpAddr,
    headers: &HeaderMap,
    writes: bool,
) -> Result<Context, Problem> {
    let access = route.terms.access;
    let hash = |wanted: bool, name| {
        let secret = wanted.then(|| shell.cookies().read(headers, name)).flatten();
        secret.map(TokenHash::of)
    };
    let not_open = access != Access::ANYONE;
    let staff = hash(not_open, CookieName::Staff);
    let link = hash(not_open && access.admits(Actor::LinkHolder), CookieName::Link);
    let (staff, link) = if staff.is_some() || link.is_some() {
        let sessions = shell.sessions();
        let found = shell.blocking().run(move || {
            let staff = staff.map(|hash| sessions.staff(&hash)).transpose()?.flatten();
            let link = link.map(|hash| sessions.link(&hash)).transpose()?.flatten();
            Ok::<_, Fault>((staff, link))
        });
        found.await??
    } else {
        (None, None)
    };
    let known = shell.cookies().read(headers, CookieName::Visitor);
    let known = known.filter(|value| value.len() == 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let visitor = known.map_or_else(|| shell.new_secret(), str::to_owned);
    Ok(Context::new(Inner {
        shell: shell.clone(),
        operation_id,
        received_at: shell.clock().now(),
        client,
        staff,
        link,
        visitor,
        visitor_is_new: known.is_none(),
        writes,
        visitor_used: AtomicBool::new(false),
    }))
}

/// Reads the whole body: no more than the route takes, no slower than the stated rate, and no more in memory for all
/// requests together than the stated budget.
async fn read_body<'s>(
    shell: &'s Shell,
    request: &mut Request,
) -> Result<(Bytes, Option<SemaphorePermit<'s>>), Problem> {
    let config = shell.config();
    let max = config.body_max;
    let stated = door::content_length(request.headers()).unwrap_or(0);
    if stated > max as u64 {
        return Err(Problem::too_large(max));
    }
    let mut body = std::mem::take(request.body_mut());
    // Room is taken for what has come, not for what was promised: promises cost the sender nothing.
    let mut read = Vec::with_capacity((stated as usize).min(1 << 12));
    let mut share: Option<SemaphorePermit<'s>> = None;
    let began = Instant::now();
    loop {
        let earned = Duration::from_secs_f64(read.len() as f64 / f64::from(config.body_rate.max(1)));
        let frame = tokio::time::timeout_at(began + config.body_grace + earned, body.frame()).await;
        match frame.map_err(|_| Problem::too_slow())? {
            None => return Ok((read.into(), share)),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    if read.len() + data.len() > max {
                        return Err(Problem::too_large(max));
                    }
                    let size = u32::try_from(data.len()).map_err(|_| Problem::too_large(max))?;
                    let more = shell.body_budget().try_acquire_many(size);
                    let more = more.map_err(|_| Problem::away(5).closing())?;
                    match &mut share {
                        Some(share) => share.merge(more),
                        None => share = Some(more),
                    }
                    read.extend_from_slice(&data);
                }
            }
            Some(Err(_)) => return Err(Problem::malformed("It broke off half-way.")),
        }
    }
}

/// Runs the handler: a bounded number at once, for a bounded time, and a panic in it ends nothing but itself.
async fn call(shell: &Shell, request: Request, next: Next) -> Response {
    let Ok(_place) = shell.places().try_acquire() else { return Problem::away(1).into_response() };
    let time = shell.config().handler_time;
    let mut handler = pin!(next.run(request));
    let caught = std::future::poll_fn(move |cx| {
        match std::panic::catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(response)) => Poll::Ready(Ok(response)),
            Err(_) => Poll::Ready(Err(())),
        }
    });
    match tokio::time::timeout(time, caught).await {
        Ok(Ok(response)) => response,
        Ok(Err(())) => {
            let said: Fault = Arc::new(std::io::Error::other("a handler panicked"));
            Problem::fault(said).into_response()
        }
        Err(_) => Problem::away(5).into_response(),
    }
}

/// A person who opens a page without a session is sent to the sign-in and comes back afterwards.
fn sign_in_instead(shell: &Shell, request: &Request, problem: &Problem, json: bool) -> Option<Response> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if problem.status() != StatusCode::UNAUTHORIZED || json || !reads {
        return None;
    }
    Some(Redirect::to(&sign_in_path(shell.config(), request.uri())).into_response())
}

fn sign_in_path(config: &ShellConfig, uri: &Uri) -> String {
    let mut path = format!("{}?next=", config.sign_in_path);
    for byte in uri.path_and_query().map_or("/", |target| target.as_str()).bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push('%');
            push_hex(&mut path, &[byte]);
        }
    }
    path
}

/// Whether the client is a program: it names JSON and not HTML.
fn prefers_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or("");
    (accept.contains("application/json") || accept.contains("+json")) && !accept.contains("text/html")
}

/// Puts the page (or the JSON) into a response that carries a problem. An error that a library wrote by itself is
/// replaced too: its text was not written for people and may repeat what they typed.
fn write_problem(
    shell: &Shell,
    mut response: Response,
    operation: &str,
    json: bool,
    staff: Option<&Context>,
) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    if let Some(Told(problem)) = response.extensions_mut().remove::<Told>() {
        if let Some(fault) = problem.cause() {
            shell.log().line(log::fault_line(shell.clock().now(), operation, fault));
        }
        if let Some(seconds) = problem.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        return response;
    }
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if is_page(response.headers()) => return response,
        None => {
            let problem = Problem::of_status(status);
            response.extensions_mut().insert(problem.clone());
            problem
        }
    };
    let now = shell.clock().now();
    if let Some(fault) = problem.cause() {
        shell.log().line(log::fault_line(now, operation, fault));
    }
    let wait = problem.retry_after().and_then(|seconds| i64::try_from(seconds).ok());
    let try_again_at = wait.and_then(|seconds| now.checked_add(SignedDuration::from_secs(seconds)).ok());
    let page = ProblemPage { problem: &problem, operation_id: operation, try_again_at, staff };
    let (kind, text) = if json {
        ("application/problem+json", problem::json(page))
    } else {
        ("text/html; charset=utf-8", shell.pages().page(page))
    };
    *response.status_mut() = problem.status();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(text);
    response
}

/// Whether a handler wrote this error page itself, for instance a form with its errors.
fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    kind.starts_with("text/html") || kind.contains("json")
}

/// The headers of every answer.
fn finish(shell: &Shell, response: &mut Response, operation: &str, trail: &Trail<'_>) {
    if let Some(admission) = trail.admission {
        response.extensions_mut().insert(admission);
    }
    let headers = response.headers_mut();
    shell.security_headers().apply(headers);
    if let Ok(value) = HeaderValue::from_str(operation) {
        headers.insert(headers::OPERATION_ID, value);
    }
    if let Some(cookie) = trail.context.as_ref().and_then(Context::new_visitor_cookie) {
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// The answer to a method a path does not know.
pub(super) async fn refuse_method(allow: String) -> Problem {
    Problem::method(allow)
}

/// The answer to a path that does not exist. A slash too many at the end is forgiven.
pub async fn refuse_path(method: Method, uri: Uri) -> Response {
    if !matches!(method, Method::GET | Method::HEAD | Method::POST) {
        return Problem::method("GET, HEAD, POST".into()).into_response();
    }
    match uri.path().strip_suffix('/') {
        Some(path) if !path.is_empty() && method != Method::POST => {
            let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
            Redirect::permanent(&format!("{path}{query}")).into_response()
        }
        _ => Problem::not_found().into_response(),
    }
}
