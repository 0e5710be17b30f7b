//! The real table of routes over a real demo clinic: every route, asked by every kind of actor.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use app::{
    Acting, Env,
    appointments::{BookAppointment, TimesAsked, book, day_times},
    demo::{SeededChance, SignIn, fill},
    diary::DiaryCache,
    env::LinkKey,
    people::Contact,
    protocols::ProtocolInForce,
};
use jiff::{Span, Timestamp, civil::Date};
use record::Role;
use testkit::TestPlace;
use tower::ServiceExt;
use vocab::{ClinicId, OperationId, VisitTypeId};
use web::{
    pages::problems::show::SiteProblems,
    routes,
    shell::{Access, Actor, Limits, Ports, Shell, ShellConfig, access::Row},
    site::{ClinicWords, DEMO_WORDS, site},
    state::{StoredSessions, Web},
};

use crate::shell::{Counted, Lines, OURS, TestClock, access::wrong_cells, request, text};

/// The clock of the use cases; it stands on a Monday morning until it is moved.
#[derive(Default)]
pub(crate) struct Monday(AtomicI64);

impl Monday {
    pub(crate) fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl app::Clock for Monday {
    fn now(&self) -> Timestamp {
        let morning: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
        morning.checked_add(Span::new().seconds(self.0.load(Ordering::Relaxed))).unwrap()
    }
}

pub(crate) struct Clinic {
    pub(crate) web: Web,
    rows: Vec<Row>,
    pub(crate) router: axum::Router,
    pub(crate) log: Arc<Lines>,
    /// The shell's clock: ages of forms and sessions.
    pub(crate) clock: Arc<TestClock>,
    sign_ins: Vec<SignIn>,
    /// The use cases' clock.
    pub(crate) monday: Arc<Monday>,
    pub(crate) place: TestPlace,
}

const PASSWORD: &str = "even small dots";

fn protocol() -> ProtocolInForce {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../protocols/micro-needling"));
    let read = |path: std::path::PathBuf| {
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
    };
    let files: Vec<(String, String)> =
        fs::read_dir(folder).unwrap().map(|entry| read(entry.unwrap().path())).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    ProtocolInForce::parse(&files).unwrap()
}

pub(crate) fn clinic() -> Clinic {
    clinic_limited(Limits::free())
}

/// The same clinic, which counts how often somebody does something.
pub(crate) fn clinic_limited(limits: Limits) -> Clinic {
    let monday = Arc::<Monday>::default();
    let place = testkit::sqlite_place();
    let env = Env {
        store: Arc::new(place.open_store()),
        clock: monday.clone(),
        chance: Arc::new(SeededChance::new(3)),
        clinic_id: ClinicId::from_bits(1),
        protocol: Arc::new(protocol()),
        diary: Arc::new(DiaryCache::new()),
        link_key: LinkKey::new([3; 32]),
        public_url: "http://127.0.0.1:8080".into(),
    };
    let system = Acting { actor: app::Actor::System, operation_id: OperationId::from_bits(0) };
    let sign_ins = fill(&env, &system, 1, || PASSWORD.into()).unwrap();
    let diary = app::diary::current(&env).unwrap();
    let words = ClinicWords::parse(DEMO_WORDS).unwrap();
    let site = Arc::new(site(&words, &diary.rules, &env.protocol.protocol).unwrap());
    let (log, clock) = (Arc::<Lines>::default(), Arc::<TestClock>::default());
    let ports = Ports {
        clock: clock.clone(),
        random: Arc::<Counted>::default(),
        log: log.clone(),
        sessions: Arc::new(StoredSessions(env.clone())),
        pages: Arc::new(SiteProblems(site.clone())),
        secret: [9; 32],
    };
    let shell = Shell::new(
        // Forms are sent back at once here; that this is refused elsewhere is the shell's own test.
        ShellConfig { limits, form_age: (Duration::ZERO, Duration::from_secs(3_600)), ..ShellConfig::demo() },
        ports,
    );
    let web = Web { env, shell: shell.clone(), site };
    let routes = routes::all(shell, true);
    let rows = routes.table().to_vec();
    let router = routes.into_router(web.clone());
    Clinic { web, rows, router, log, sign_ins, clock, monday, place }
}

impl Clinic {
    pub(crate) fn visitor(&self) -> Acting {
        Acting { actor: app::Actor::Visitor, operation_id: OperationId::from_bits(1) }
    }

    /// The cookie of somebody signed in with this role.
    pub(crate) fn signed_in(&self, role: Role) -> String {
        let one = self.sign_ins.iter().find(|one| one.role == role).unwrap();
        let secret =
            app::staff::sign_in(&self.web.env, &self.visitor(), &one.sign_in_name, PASSWORD).unwrap();
        format!("stipple-staff={}", secret.reveal())
    }

    /// How somebody with this role signs in: name and password.
    pub(crate) fn sign_in_of(&self, role: Role) -> (String, String) {
        let one = self.sign_ins.iter().find(|one| one.role == role).unwrap();
        (one.sign_in_name.clone(), PASSWORD.to_owned())
    }

    /// From now on this is a real clinic, whose protocol nobody has signed.
    pub(crate) fn unsign(&mut self) {
        self.place.raw().execute("UPDATE clinic SET is_demo = 0").unwrap();
        // The rules are read anew.
        let env = &self.web.env;
        let env = Env { diary: Arc::new(DiaryCache::new()), ..env.clone() };
        let web = Web { env, ..self.web.clone() };
        self.router = routes::all(web.shell.clone(), false).into_router(web.clone());
        self.web = web;
    }

    /// A booked consultation: its id and the secret of its link.
    pub(crate) fn booked(&self, name: &str) -> (String, String) {
        let asked = TimesAsked {
            visit_type: VisitTypeId::new("consultation").unwrap(),
            practitioner: None,
            not_before: None,
        };
        let first: Date = "2026-11-26".parse().unwrap();
        let mut days = first.series(Span::new().days(1)).take(30);
        let times = days.find_map(|day| {
            let times = day_times(&self.web.env, &self.visitor(), &asked, day).unwrap();
            times.into_iter().next()
        });
        let command = BookAppointment {
            visit_type: asked.visit_type,
            start_at: times.unwrap().start_at,
            practitioner: None,
            contact: Contact {
                name: name.into(),
                email: Some("ada@example.org".parse().unwrap()),
                phone: String::new(),
            },
            birth_on: None,
            hold: None,
            response: None,
            zones: Vec::new(),
            idempotency_key: name.replace(' ', "-"),
            note: String::new(),
            tell_patient: true,
        };
        let booked = book(&self.web.env, &self.visitor(), command).unwrap();
        (booked.appointment.id.to_string(), booked.link.reveal())
    }

    /// Sends a form as a browser with these cookies would; status, where it leads, cookies that are set, and the page.
    pub(crate) async fn send(
        &self,
        path: &str,
        cookie: &str,
        fields: &[(&str, &str)],
    ) -> (u16, String, String, String) {
        let pair = |(name, value): &(&str, &str)| format!("{}={}", encoded(name), encoded(value));
        let body = fields.iter().map(pair).collect::<Vec<_>>().join("&");
        let form = ("content-type", "application/x-www-form-urlencoded");
        let asked = request("POST", path, &[OURS, form, ("cookie", cookie)], &body);
        let response = self.router.clone().oneshot(asked).await.unwrap();
        let status = response.status().as_u16();
        let header = |name: &str| {
            let values = response.headers().get_all(name).iter().filter_map(|value| value.to_str().ok());
            values.filter_map(|value| value.split(';').next()).collect::<Vec<_>>().join("; ")
        };
        let (location, cookies) = (header("location"), header("set-cookie"));
        (status, location, cookies, text(response).await)
    }

    /// A page and the cookies that came with it.
    pub(crate) async fn open(&self, path: &str, cookie: &str) -> (u16, String, String) {
        let asked = request("GET", path, &[OURS, ("cookie", cookie)], "");
        let response = self.router.clone().oneshot(asked).await.unwrap();
        let cookies = response.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let cookies: Vec<String> =
            cookies.filter_map(|value| value.split(';').next()).map(str::to_owned).collect();
        (response.status().as_u16(), cookies.join("; "), text(response).await)
    }

    pub(crate) async fn page(&self, path: &str, cookie: &str) -> (u16, String) {
        let asked = request("GET", path, &[OURS, ("cookie", cookie)], "");
        let response = self.router.clone().oneshot(asked).await.unwrap();
        (response.status().as_u16(), text(response).await)
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[tokio::test]
async fn every_route_answers_every_actor_as_the_table_states() {
    let clinic = clinic();
    let (id, link) = clinic.booked("Ada Example");
    let cookies = [Role::FrontDesk, Role::Practitioner, Role::ClinicalLead, Role::Owner]
        .map(|role| clinic.signed_in(role));
    let cookie_of = |actor| match actor {
        Actor::Nobody => None,
        Actor::LinkHolder => Some(format!("stipple-visit={link}")),
        Actor::FrontDesk => Some(cookies[0].clone()),
        Actor::Therapist => Some(cookies[1].clone()),
        Actor::ClinicalLead => Some(cookies[2].clone()),
        Actor::Owner => Some(cookies[3].clone()),
    };
    let path_of = |template: &str| {
        let date = template.replace("{date}", "2026-11-26").replace("{number}", "1");
        date.replace("{id}", &id)
            .replace("{hold}", &id)
            .replace("{secret}", &link)
            .replace("{name}", "none.css")
    };
    // Signing out ends the session that the other cells need.
    let mut rows = clinic.rows.clone();
    rows.sort_by_key(|row| row.path == "/desk/sign-out");
    assert_eq!(wrong_cells(&clinic.router, &rows, cookie_of, path_of).await, [""; 0]);
    let (status, _) = clinic.page("/desk", &cookies[0]).await;
    assert_eq!(status, 303, "the session was ended on the server");
}

#[tokio::test]
async fn what_is_public_is_one_short_list() {
    let clinic = clinic();
    let mut open: Vec<&str> =
        clinic.rows.iter().filter(|row| row.access == Access::ANYONE).map(|row| row.path.as_str()).collect();
    open.sort_unstable();
    open.dedup();
    let stated = [
        "/",
        "/api/days",
        "/api/times",
        "/appointments",
        "/appointments/new",
        "/appointments/{id}/booked",
        "/assets/{name}",
        "/clinic.css",
        "/contact",
        "/demo/mail",
        "/enquiries",
        "/healthz",
        "/holds",
        "/holds/{id}",
        "/holds/{id}/leave",
        "/holds/{id}/release",
        "/holds/{id}/return",
        "/honest-answers",
        "/pen-or-roller",
        "/prices",
        "/privacy",
        "/robots.txt",
        "/self-check",
        "/self-check/answer",
        "/self-check/{number}",
        "/sign-in",
        "/team",
        "/treatments/{id}",
        "/visit/open/{secret}",
        "/wait-list",
        "/wait-list/answers",
        "/wait-list/leave",
        "/wait-list/new",
        "/wait-list/open/{secret}",
        "/wait-list/take",
        "/why-even-matters",
    ];
    assert_eq!(open, stated);
}

#[tokio::test]
async fn a_mail_scanner_changes_nothing() {
    let clinic = clinic();
    let (_, link) = clinic.booked("Ada Example");
    for _ in 0..3 {
        let (status, _) = clinic.page(&format!("/visit/open/{link}"), "").await;
        assert_eq!(status, 303);
        let (status, page) = clinic.page("/visit", &format!("stipple-visit={link}")).await;
        assert_eq!(status, 200);
        assert!(page.contains("confirm my visit"), "still waits for the button");
    }
}

#[tokio::test]
async fn no_log_line_holds_a_patient_or_a_secret() {
    let clinic = clinic();
    let (id, link) = clinic.booked("Marker Person");
    let desk = clinic.signed_in(Role::FrontDesk);
    clinic.page(&format!("/visit/open/{link}"), "").await;
    clinic.page("/visit", &format!("stipple-visit={link}")).await;
    let (status, page) = clinic.page(&format!("/desk/appointments/{id}"), &desk).await;
    assert!(status == 200 && page.contains("Marker Person"));
    clinic.page(&format!("/desk/appointments/{id}?q=marker"), &desk).await;
    let lines = clinic.log.all();
    assert!(lines.len() >= 4);
    for line in &lines {
        for marker in ["Marker", "marker", "ada@example.org", link.as_str(), desk.split_once('=').unwrap().1]
        {
            assert!(!line.contains(marker), "{line}");
        }
    }
}
