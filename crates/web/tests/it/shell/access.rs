//! Every route for every actor, asked for in fact.

use axum::{Router, body::Body, http::Response};
use tower::ServiceExt;
use web::shell::{Access, Actor, Admission, Limits, ShellConfig, TokenHash, access::Row};

use super::{OURS, Site, request, staff, text};

/// Asks for every cell of the table and names those whose answer is not the stated one. `cookie_of` signs an actor
/// in; `path_of` fills a path template.
pub(crate) async fn wrong_cells(
    router: &Router,
    rows: &[Row],
    cookie_of: impl Fn(Actor) -> Option<String>,
    path_of: impl Fn(&str) -> String,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for row in rows {
        for actor in Actor::ALL {
            let cookie = cookie_of(actor).unwrap_or_default();
            let asked = request(row.method.as_str(), &path_of(&row.path), &[OURS, ("cookie", &cookie)], "");
            let response = router.clone().oneshot(asked).await.unwrap();
            let found = response.extensions().get::<Admission>().copied();
            if found != Some(row.answer(actor)) || !fits(row.answer(actor), &response) {
                let status = response.status();
                wrong.push(format!("{} {} {}: {found:?} {status}", row.method, row.path, actor.word()));
            }
        }
    }
    wrong
}

/// Whether the status is one the answer allows.
fn fits(answer: Admission, response: &Response<Body>) -> bool {
    match (answer, response.status().as_u16()) {
        (Admission::Passed, status) => status != 401,
        (Admission::SignIn, status) => matches!(status, 303 | 401),
        (Admission::Hidden, status) => status == 404,
    }
}

fn cookie(actor: Actor) -> Option<String> {
    match actor {
        Actor::Nobody => None,
        Actor::LinkHolder => Some("stipple-visit=link".into()),
        staff => Some(format!("stipple-staff={}", staff.word())),
    }
}

fn unlimited() -> ShellConfig {
    ShellConfig { limits: Limits::free(), ..ShellConfig::demo() }
}

#[tokio::test]
async fn every_cell_answers_as_stated() {
    let site = Site::new(ShellConfig { handler_time: std::time::Duration::from_millis(1), ..unlimited() });
    let path_of = |path: &str| path.replace("{name}", "x");
    let wrong = wrong_cells(&site.router, &site.rows, cookie, path_of).await;
    assert_eq!(wrong, [""; 0]);
    assert!(site.rows.len() >= 17);
    // Pretending to be somebody else makes the very same check fail.
    let shifted = |actor| cookie(if actor == Actor::Nobody { Actor::Owner } else { actor });
    assert!(!wrong_cells(&site.router, &site.rows, shifted, path_of).await.is_empty());
}

#[tokio::test]
async fn the_public_routes_are_this_list() {
    let site = Site::demo();
    let public = site.rows.iter().filter(|row| row.access == Access::ANYONE);
    let public: Vec<_> = public.map(|row| format!("{} {}", row.method, row.path)).collect();
    assert_eq!(
        public,
        [
            "GET /",
            "GET /named/{name}",
            "GET /search",
            "GET /form",
            "POST /book",
            "POST /json",
            "GET /panic",
            "GET /fault",
            "GET /stuck",
            "GET /large",
            "GET /refused",
        ]
    );
}

#[tokio::test]
async fn a_guard_holds_where_the_table_is_wrong() {
    let site = Site::demo();
    for (actor, status) in [("therapist", 404), ("owner", 404), ("clinical_lead", 200)] {
        let response = site.get("/lead", &[("cookie", &format!("stipple-staff={actor}"))]).await;
        assert_eq!(response.status(), status, "{actor}");
    }
}

#[tokio::test]
async fn a_hidden_page_looks_like_an_absent_one() {
    let site = Site::demo();
    let therapist = ("cookie", "stipple-staff=therapist");
    let mut looks = Vec::new();
    for path in ["/owner", "/closed", "/visit", "/nowhere", "/nowhere/at/all"] {
        let response = site.get(path, &[therapist]).await;
        assert_eq!(response.status(), 404, "{path}");
        let operation = response.headers()["x-operation-id"].to_str().unwrap().to_owned();
        let names: Vec<_> = response.headers().keys().map(ToString::to_string).collect();
        looks.push((names, text(response).await.replace(&operation, "")));
    }
    assert!(looks.windows(2).all(|two| two[0] == two[1]), "{looks:#?}");
}

#[tokio::test]
async fn people_are_sent_to_the_sign_in_and_programs_told() {
    let site = Site::demo();
    let response = site.get("/desk?day=2027-01-15&x=a%20b", &[]).await;
    assert_eq!(response.status(), 303);
    assert_eq!(response.headers()["location"], "/sign-in?next=/desk%3fday%3d2027-01-15%26x%3da%2520b");
    let response = site.get("/desk", &[("accept", "application/json")]).await;
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let response = site.ask(request("POST", "/desk/act", &[OURS], "")).await;
    assert_eq!(response.status(), 401);
    assert_eq!(site.writes(), 0);
}

#[tokio::test]
async fn a_changed_role_acts_on_the_very_next_request() {
    let site = Site::demo();
    let post = || request("POST", "/desk/act", &[OURS, ("cookie", "stipple-staff=front_desk")], "");
    assert_eq!(site.ask(post()).await.status(), 200);
    let token = TokenHash::of("front_desk");
    site.known.staff.lock().unwrap().insert(token, staff(Access::of(&[Actor::Therapist])));
    assert_eq!(site.ask(post()).await.status(), 404, "another role");
    site.known.staff.lock().unwrap().insert(token, staff(Access::NONE));
    assert_eq!(site.ask(post()).await.status(), 401, "an account without any role");
    site.known.staff.lock().unwrap().remove(&token);
    assert_eq!(site.ask(post()).await.status(), 401, "disabled");
    assert_eq!(site.writes(), 1);
}

#[tokio::test]
async fn a_role_of_staff_never_makes_a_link_holder() {
    let site = Site::demo();
    let everything = staff(Access::ANYONE);
    site.known.staff.lock().unwrap().insert(TokenHash::of("odd"), everything);
    assert_eq!(site.get("/visit", &[("cookie", "stipple-staff=odd")]).await.status(), 404);
    let both = ("cookie", "stipple-staff=owner; stipple-visit=link");
    assert_eq!(site.get("/visit", &[both]).await.status(), 200, "an owner may open a patient's link");
}

#[tokio::test]
async fn a_session_store_that_is_away_lets_nobody_in() {
    let site = Site::demo();
    let response = site.get("/desk", &[("cookie", "stipple-staff=broken")]).await;
    assert_eq!(response.status(), 500);
    assert!(site.log().iter().any(|line| line.contains("the database is away")));
    assert_eq!(
        site.get("/", &[("cookie", "stipple-staff=broken")]).await.status(),
        200,
        "public pages go on"
    );
}
