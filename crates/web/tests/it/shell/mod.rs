//! A shell with a clock that the test moves, chance from a counter and a log in memory; a few routes of each kind.

pub(crate) mod access;
pub(crate) mod framing;
mod limits;
mod origin;
mod problems;
mod slow;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, Query, State},
    http::{Request, Response, header},
    response::Html,
};
use http_body_util::BodyExt;
use jiff::Timestamp;
use tower::ServiceExt;
use vocab::{AppointmentId, ClinicId, SessionId, StaffId};
use web::shell::{
    Access, Actor, Clock, ConfirmedStaff, Context, Fault, LinkHolder, Log, PlainPages, Ports, Problem,
    Purpose, Random, Routes, Sessions, Shell, ShellConfig, StaffActor, TokenHash, access::Row, guard::Role,
};

/// The clinical lead alone.
pub(crate) enum Lead {}
impl Role for Lead {
    const ACCESS: Access = Access::of(&[Actor::ClinicalLead]);
}

/// A clock that stands until it is moved.
#[derive(Default)]
pub(crate) struct TestClock(AtomicU64);

impl TestClock {
    pub(crate) fn advance(&self, time: Duration) {
        self.0.fetch_add(time.as_micros() as u64, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(1_800_000_000_000_000 + self.0.load(Ordering::Relaxed) as i64).unwrap()
    }
    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed))
    }
}

/// Different bytes at each call, the same in each run.
#[derive(Default)]
pub(crate) struct Counted(AtomicU64);

impl Random for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let mut x = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(x ^ (x >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}

/// The lines in memory.
#[derive(Default)]
pub(crate) struct Lines(Mutex<Vec<String>>);

impl Lines {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Log for Lines {
    fn line(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
}

/// Who is signed in, by the text of the token; a test may change it between two requests.
#[derive(Default)]
pub(crate) struct Known {
    staff: Mutex<HashMap<TokenHash, StaffActor>>,
}

impl Sessions for Known {
    fn staff(&self, token: &TokenHash) -> Result<Option<StaffActor>, Fault> {
        if *token == TokenHash::of("broken") {
            return Err(Arc::new(std::io::Error::other("the database is away")));
        }
        Ok(self.staff.lock().unwrap().get(token).cloned())
    }
    fn link(&self, token: &TokenHash) -> Result<Option<LinkHolder>, Fault> {
        let known = *token == TokenHash::of("link");
        Ok(known.then(|| LinkHolder {
            appointment_id: AppointmentId::from_bits(7),
            clinic_id: ClinicId::from_bits(1),
        }))
    }
}

/// A router with its shell and everything a test wants to look at.
pub(crate) struct Site {
    pub(crate) shell: Arc<Shell>,
    pub(crate) router: Router,
    pub(crate) rows: Vec<Row>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) log: Arc<Lines>,
    pub(crate) known: Arc<Known>,
    pub(crate) writes: Arc<AtomicUsize>,
}

impl Site {
    pub(crate) fn demo() -> Self {
        Self::new(ShellConfig::demo())
    }

    pub(crate) fn new(config: ShellConfig) -> Self {
        let (clock, log, known) =
            (Arc::<TestClock>::default(), Arc::<Lines>::default(), Arc::<Known>::default());
        for (actor, token) in [
            (Actor::FrontDesk, "front_desk"),
            (Actor::Therapist, "therapist"),
            (Actor::ClinicalLead, "clinical_lead"),
            (Actor::Owner, "owner"),
        ] {
            known.staff.lock().unwrap().insert(TokenHash::of(token), staff(Access::of(&[actor])));
        }
        let ports = Ports {
            clock: clock.clone(),
            random: Arc::<Counted>::default(),
            log: log.clone(),
            sessions: known.clone(),
            pages: Arc::new(PlainPages),
            secret: [9; 32],
        };
        let shell = Shell::new(config, ports);
        let writes = Arc::<AtomicUsize>::default();
        let routes = routes(shell.clone());
        let rows = routes.table().to_vec();
        let router = routes.into_router(writes.clone());
        Self { shell, router, rows, clock, log, known, writes }
    }

    pub(crate) fn writes(&self) -> usize {
        self.writes.load(Ordering::Relaxed)
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.log.0.lock().unwrap().clone()
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Asks for a page with these headers beside `Host`.
    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
        self.ask(request("GET", path, headers, "")).await
    }
}

pub(crate) fn staff(roles: Access) -> StaffActor {
    StaffActor {
        staff_id: StaffId::from_bits(3),
        clinic_id: ClinicId::from_bits(1),
        session_id: SessionId::from_bits(5),
        roles,
    }
}

pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, "127.0.0.1:8080");
    if !body.is_empty() {
        request = request.header(header::CONTENT_LENGTH, body.len());
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

pub(crate) async fn text(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What a form token is posted with when the browser vouches for us.
pub(crate) const OURS: (&str, &str) = ("sec-fetch-site", "same-origin");

type Writes = Arc<AtomicUsize>;

const DESK: Access = Access::of(&[Actor::FrontDesk, Actor::Owner]);

fn routes(shell: Arc<Shell>) -> Routes<Writes> {
    Routes::new(shell)
        .get("/", Access::ANYONE, || async { Html("<h1>Home</h1>") })
        .get("/named/{name}", Access::ANYONE, |_: Path<String>| async { "named" })
        .get("/search", Access::ANYONE, |_: Query<HashMap<String, String>>| async { "found" })
        .get("/form", Access::ANYONE, |context: Context| async move { context.form_token() })
        .post("/book", Access::ANYONE.limited(Purpose::Booking), write)
        .post("/json", Access::ANYONE.json(), |_: Json<u32>| async { "number" })
        .get("/desk", Access::STAFF, |staff: ConfirmedStaff<web::shell::guard::AnyStaff>| async move {
            staff.staff_id.to_string()
        })
        .post("/desk/act", DESK, write)
        .get("/owner", Access::of(&[Actor::Owner]), || async { "money" })
        // The table lets every member of staff in by mistake; the handler's own guard still does not.
        .get("/lead", Access::STAFF, |_: ConfirmedStaff<Lead>| async { "lead" })
        .get("/visit", Access::LINK_HOLDER, |link: LinkHolder| async move { link.appointment_id.to_string() })
        .get("/closed", Access::NONE, || async { "never" })
        .get("/panic", Access::ANYONE, panics)
        .get("/fault", Access::ANYONE, || async {
            let fault: Fault = Arc::new(std::io::Error::other("table patient_marker is missing"));
            Problem::fault(fault)
        })
        .get("/stuck", Access::ANYONE, std::future::pending::<()>)
        .get("/large", Access::ANYONE, || async { vec![b'x'; 4 << 20] })
        .get("/refused", Access::ANYONE, || async {
            Problem::refused("room-busy", "Taken", "Choose another time.")
        })
}

async fn write(State(writes): State<Writes>) -> &'static str {
    writes.fetch_add(1, Ordering::Relaxed);
    "written"
}

async fn panics() -> &'static str {
    panic!("panic_marker")
}
