//! Where a change may come from.

use std::time::Duration;

use web::shell::{Context, FormRefusal, Limits, ShellConfig};

use super::{OURS, Site, request, text};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Opens the form: its token and the cookie it is bound to.
async fn open_form(site: &Site) -> (String, String) {
    let response = site.get("/form", &[]).await;
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    (text(response).await, cookie)
}

#[tokio::test]
async fn only_our_own_pages_change_anything() {
    let site = Site::new(ShellConfig { limits: Limits::free(), ..ShellConfig::demo() });
    let here = ("origin", "http://127.0.0.1:8080");
    let cases: [(&[(&str, &str)], u16); 9] = [
        (&[OURS], 200),
        (&[OURS, ("origin", "null")], 200),
        (&[here], 200),
        (&[], 403),
        (&[("origin", "null")], 403),
        (&[("origin", "http://evil.example")], 403),
        (&[("origin", "http://127.0.0.1:8081")], 403),
        (&[("sec-fetch-site", "cross-site"), here], 403),
        (&[("sec-fetch-site", "same-site")], 403),
    ];
    let mut expected = 0;
    for (headers, status) in cases {
        let response = site.ask(request("POST", "/book", headers, "")).await;
        assert_eq!(response.status(), status, "{headers:?}");
        expected += usize::from(status == 200);
        assert_eq!(site.writes(), expected, "{headers:?}");
        if status == 403 {
            assert!(text(response).await.contains("reload the page"), "says what to do");
        }
    }
}

#[tokio::test]
async fn a_page_is_never_a_change() {
    let site = Site::demo();
    for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"] {
        let response = site.ask(request(method, "/book", &[OURS], "")).await;
        assert_eq!(response.status(), 405, "{method}");
        assert_eq!(response.headers()["allow"], "POST", "{method}");
    }
    for method in ["TRACE", "OPTIONS", "PROPFIND"] {
        let response = site.ask(request(method, "/nowhere", &[OURS], "")).await;
        assert_eq!(response.status(), 405, "{method}");
        assert_eq!(response.headers()["allow"], "GET, HEAD, POST");
    }
    let response = site.ask(request("POST", "/form", &[OURS], "")).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["allow"]),
        (405, &"GET, HEAD".parse().unwrap())
    );
    assert_eq!(site.writes(), 0);
}

#[tokio::test]
async fn an_old_browser_proves_itself_by_the_form() {
    let site = Site::demo();
    let (token, cookie) = open_form(&site).await;
    let (other_token, _) = open_form(&site).await;
    let body = |token: &str| format!("name=A&form_token={token}");
    type Headers<'h> = &'h [(&'h str, &'h str)];
    let null = ("origin", "null");
    let cases: [(Headers<'_>, String, u16); 10] = [
        (&[FORM, ("cookie", &cookie)], body(&token), 200),
        // What an old browser says of a page that is not to be referred to.
        (&[FORM, ("cookie", &cookie), null], body(&token), 200),
        // A sandboxed frame or a data: page of somebody else says the same; it has no token, or one of its own.
        (&[FORM, ("cookie", &cookie), null], body(""), 403),
        (&[FORM, ("cookie", &cookie), null], body(&other_token), 403),
        (&[FORM, null], body(&other_token), 403),
        (&[("x-form-token", &token), ("cookie", &cookie)], String::new(), 200),
        (&[FORM], body(&token), 403),
        (&[FORM, ("cookie", &cookie)], body(&other_token), 403),
        (&[FORM, ("cookie", &cookie)], body(""), 403),
        (&[FORM, ("cookie", &cookie), ("origin", "http://evil.example")], body(&token), 403),
    ];
    for (headers, body, status) in cases {
        assert_eq!(site.ask(request("POST", "/book", headers, &body)).await.status(), status, "{headers:?}");
    }
    assert_eq!(site.writes(), 3);
    site.clock.advance(Duration::from_secs(12 * 3_600 + 1));
    let late = request("POST", "/book", &[FORM, ("cookie", &cookie)], &body(&token));
    assert_eq!(site.ask(late).await.status(), 403, "the form was open for too long");
}

#[tokio::test]
async fn a_visitor_gets_one_cookie_and_only_with_a_form() {
    let site = Site::demo();
    assert!(!site.get("/", &[]).await.headers().contains_key("set-cookie"));
    let (_, cookie) = open_form(&site).await;
    let value = cookie.strip_prefix("stipple-visitor=").unwrap();
    assert!(value.len() == 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert!(!site.get("/form", &[("cookie", &cookie)]).await.headers().contains_key("set-cookie"));
    let planted = site.get("/form", &[("cookie", "stipple-visitor=planted")]).await;
    assert!(planted.headers().contains_key("set-cookie"), "a value that is not ours is replaced");
}

/// The bot guard, asked inside a handler's context.
#[tokio::test]
async fn a_machine_is_too_quick_or_falls_into_the_trap() {
    use axum::extract::{Form, State};
    use std::collections::HashMap;
    use std::sync::{Arc, Mutex};
    use tower::ServiceExt;
    use web::shell::{Access, Routes};

    type Seen = Arc<Mutex<Vec<Result<u128, FormRefusal>>>>;
    async fn check(
        State(seen): State<Seen>,
        context: Context,
        Form(form): Form<HashMap<String, String>>,
    ) -> String {
        let checked = context.check_form(&form["form_token"], &form["website"]);
        seen.lock().unwrap().push(checked.map(|token| token.nonce));
        context.form_token_again(&form["form_token"])
    }
    let site = Site::demo();
    let seen = Seen::default();
    let router =
        Routes::new(site.shell.clone()).post("/enquiry", Access::ANYONE, check).into_router(seen.clone());
    let (token, cookie) = open_form(&site).await;
    let send = async |token: &str, trap: &str| {
        let body = format!("form_token={token}&website={trap}");
        let asked = request("POST", "/enquiry", &[OURS, FORM, ("cookie", &cookie)], &body);
        let answer = router.clone().oneshot(asked).await.unwrap();
        assert_eq!(answer.status(), 200);
        let checked = seen.lock().unwrap().pop().unwrap();
        (checked, text(answer).await)
    };
    site.clock.advance(Duration::from_millis(500));
    let wait = Duration::from_millis(1_500);
    let quick = send(&token, "").await;
    assert_eq!(
        quick,
        (Err(FormRefusal::TooQuick { wait }), token.clone()),
        "the form that comes back is as old"
    );
    site.clock.advance(wait);
    assert_eq!(send(&token, "http://spam.example").await.0, Err(FormRefusal::Trap));
    let (forged, fresh) = send("forged", "").await;
    assert_eq!(forged, Err(FormRefusal::Stale));
    assert!(
        matches!(send(&fresh, "").await.0, Err(FormRefusal::TooQuick { .. })),
        "no page of ours was open"
    );
    let (nonce, again) = send(&token, "").await;
    assert!(nonce.is_ok() && again == token);
    assert_eq!(send(&token, "").await.0, nonce, "the same form again has the same key");
    site.clock.advance(Duration::from_secs(12 * 3_600));
    let (stale, ripe) = send(&token, "").await;
    assert_eq!(stale, Err(FormRefusal::Stale));
    let (sent_at_once, _) = send(&ripe, "").await;
    assert!(sent_at_once.is_ok() && sent_at_once != nonce, "it may be sent at once, and is another form");
}
