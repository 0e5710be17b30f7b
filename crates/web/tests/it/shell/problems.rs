//! Headers on everything, pages for every failure, and a log that tells nothing about anybody.

use std::time::Duration;

use web::shell::{Hosts, Limits, ShellConfig};

use super::{OURS, Site, request, text};

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; form-action 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; \
    object-src 'none'";

fn config() -> ShellConfig {
    ShellConfig { limits: Limits::free(), handler_time: Duration::from_millis(1), ..ShellConfig::demo() }
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let site = Site::new(config());
    let mut seen = std::collections::BTreeSet::new();
    let mut asked: Vec<_> = site
        .rows
        .iter()
        .map(|row| request(row.method.as_str(), &row.path.replace("{name}", "x"), &[OURS], ""))
        .collect();
    asked.push(request("GET", "/nowhere", &[], ""));
    asked.push(request("GET", "/%2e%2e/", &[], ""));
    asked.push(request("TRACE", "/", &[], ""));
    asked.push(request("POST", "/book", &[], ""));
    asked.push(request("GET", &format!("/{}", "a".repeat(3_000)), &[], ""));
    asked.push(request("POST", "/book", &[OURS, ("content-length", "999999999")], ""));
    asked.push(request("GET", "/", &[("host", "evil.example")], ""));
    asked.push(request("GET", "/nowhere/", &[], ""));
    for request in asked {
        let what = format!("{} {}", request.method(), request.uri().path());
        let response = site.ask(request).await;
        seen.insert(response.status().as_u16());
        let value = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(value("content-security-policy"), Some(CSP), "{what}");
        assert_eq!(value("x-content-type-options"), Some("nosniff"), "{what}");
        assert_eq!(value("referrer-policy"), Some("no-referrer"), "{what}");
        assert_eq!(value("cross-origin-opener-policy"), Some("same-origin"), "{what}");
        assert_eq!(value("cross-origin-resource-policy"), Some("same-origin"), "{what}");
        assert_eq!(value("cache-control"), Some("no-store"), "{what}");
        assert!(
            value("permissions-policy").is_some_and(|policy| policy.contains("geolocation=()")),
            "{what}"
        );
        assert_eq!(value("x-operation-id").map(str::len), Some(26), "{what}");
        assert_eq!(value("strict-transport-security"), None, "{what}");
    }
    let all = [200, 303, 308, 400, 401, 403, 404, 405, 409, 413, 414, 500, 503];
    assert!(all.iter().all(|status| seen.contains(status)), "{seen:?}");
}

#[tokio::test]
async fn over_https_the_browser_is_told_to_stay_there() {
    let site = Site::new(ShellConfig {
        limits: Limits::free(),
        ..ShellConfig::public(vec!["clinic.example".into()])
    });
    for (path, status) in [("/", 200), ("/nowhere", 404)] {
        assert_eq!(site.get(path, &[]).await.status(), 421, "loopback names are for the demo");
        let mut asked = request("GET", path, &[], "");
        asked.headers_mut().insert("host", "clinic.example".parse().unwrap());
        let response = site.ask(asked).await;
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["strict-transport-security"], "max-age=63072000; includeSubDomains");
    }
}

#[tokio::test]
async fn in_a_clinics_own_network_forms_still_name_their_origin() {
    let hosts = Hosts { names: vec!["127.0.0.1:8080".into()], loopback: false };
    let site = Site::new(ShellConfig { hosts, ..config() });
    assert_eq!(site.get("/", &[]).await.headers()["referrer-policy"], "same-origin");
}

#[tokio::test]
async fn a_panic_is_a_page_with_a_number_and_nothing_more() {
    let site = Site::new(config());
    let response = site.get("/panic", &[]).await;
    assert_eq!(response.status(), 500);
    let operation = response.headers()["x-operation-id"].to_str().unwrap().to_owned();
    let page = text(response).await;
    assert!(page.contains(&operation) && !page.contains("marker"), "{page}");
    assert_eq!(site.get("/", &[]).await.status(), 200);
    let told: Vec<_> = site.log().into_iter().filter(|line| line.contains(&operation)).collect();
    assert_eq!(told.len(), 2, "the fault once, the request once: {told:?}");
}

#[tokio::test]
async fn a_fault_is_logged_once_and_never_shown() {
    let site = Site::new(config());
    for (accept, kind) in
        [("text/html", "text/html; charset=utf-8"), ("application/json", "application/problem+json")]
    {
        let response = site.get("/fault", &[("accept", accept)]).await;
        assert_eq!(
            (response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()),
            (500, kind)
        );
        assert!(!text(response).await.contains("patient_marker"));
    }
    assert_eq!(site.log().iter().filter(|line| line.contains("patient_marker")).count(), 2);
}

#[tokio::test]
async fn programs_get_json() {
    let site = Site::new(config());
    let response = site.get("/refused", &[("accept", "application/json, */*")]).await;
    assert_eq!(response.status(), 409);
    let operation = response.headers()["x-operation-id"].to_str().unwrap().to_owned();
    let found: serde_json::Value = serde_json::from_str(&text(response).await).unwrap();
    let expected = serde_json::json!({
        "status": 409, "code": "room-busy", "title": "Taken", "detail": "Choose another time.",
        "operation_id": operation,
    });
    assert_eq!(found, expected);
    let browser = ("accept", "text/html,application/json;q=0.9");
    assert_eq!(site.get("/refused", &[browser]).await.headers()["content-type"], "text/html; charset=utf-8");
}

#[tokio::test]
async fn what_a_library_says_about_bad_input_is_not_repeated() {
    let site = Site::new(config());
    let json = ("content-type", "application/json");
    for (kind, body, status) in [
        (json, "\"typed_marker\"", 422),
        (json, "12 typed_marker", 400),
        (("content-type", "text/plain"), "typed_marker", 415),
    ] {
        let response = site.ask(request("POST", "/json", &[OURS, kind], body)).await;
        assert_eq!(response.status(), status, "{body}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let page = text(response).await;
        assert!(!page.contains("typed_marker") && !page.contains("line 1"), "{page}");
    }
}

#[tokio::test]
async fn a_log_line_tells_the_route_and_nobodys_business() {
    let site = Site::new(config());
    let cookie = ("cookie", "stipple-staff=owner; other=cookie_marker");
    let asked = [
        request("GET", "/named/path_marker?q=query_marker", &[("user-agent", "agent_marker")], ""),
        request("GET", "/unknown_marker", &[("x-forwarded-for", "192.0.2.99")], ""),
        request("METHODMARKER", "/", &[], ""),
        request("GET", "/desk", &[cookie], ""),
        request("GET", "/desk", &[("cookie", "stipple-staff=token_marker")], ""),
        request("POST", "/book", &[OURS], "name=body_marker"),
        request("GET", "/x%0aevil_marker", &[], ""),
        request("GET", "/", &[("host", "host_marker")], ""),
    ];
    for request in asked {
        site.ask(request).await;
    }
    let lines = site.log();
    assert_eq!(lines.len(), 8);
    for line in &lines {
        assert!(
            !line.to_lowercase().contains("marker") && !line.contains("192.0.2") && !line.contains('\n'),
            "{line}"
        );
    }
    let told = |n: usize, part: &str| assert!(lines[n].contains(part), "{part} in {}", lines[n]);
    told(0, "method=GET route=/named/{name} status=200 us=0 op=");
    told(0, "actor=nobody");
    told(1, "route=(none) status=404");
    told(2, "method=other route=/ status=405");
    told(3, "route=/desk status=200");
    told(3, "actor=owner");
    told(4, "route=/desk status=303");
    told(6, "status=400");
    assert!(lines[0].starts_with("time=2027-01-15T08:00:00Z "), "{}", lines[0]);
}

#[tokio::test]
async fn a_handler_that_never_answers_is_given_up() {
    let site = Site::new(config());
    let response = site.get("/stuck", &[]).await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "5");
}

#[tokio::test]
async fn more_requests_than_places_are_told_to_come_back() {
    let site = Site::new(ShellConfig {
        handlers_max: 2,
        handler_time: Duration::from_secs(60),
        limits: Limits::free(),
        ..ShellConfig::demo()
    });
    let stuck: Vec<_> = (0..2)
        .map(|_| {
            let router = site.router.clone();
            tokio::spawn(async move {
                tower::ServiceExt::oneshot(router, request("GET", "/stuck", &[], "")).await.unwrap()
            })
        })
        .collect();
    tokio::task::yield_now().await;
    let response = site.get("/", &[]).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (503, &"1".parse().unwrap())
    );
    for task in stuck {
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    }
    assert_eq!(site.get("/", &[]).await.status(), 200, "a client that leaves gives its place back");
}

#[tokio::test]
async fn head_is_a_page_without_its_text() {
    let site = Site::new(config());
    let response = site.ask(request("HEAD", "/", &[], "")).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-length"]),
        (200, &"13".parse().unwrap())
    );
    assert_eq!(text(response).await, "");
}
