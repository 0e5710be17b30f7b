//! What must hold on every content page: it is there, it is whole, it keeps the strict policy, it promises nothing.

use crate::sample;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use std::sync::Arc;
use tower::ServiceExt as _;
use web::art::colour::Accent;
use web::frame::Site;

const PAGES: [&str; 8] = [
    "/",
    "/treatments/micro-needling",
    "/pen-or-roller",
    "/why-even-matters",
    "/honest-answers",
    "/prices",
    "/team",
    "/privacy",
];

/// Addresses that pages link to and that somebody else serves.
const ELSEWHERE: [&str; 3] = ["/self-check", "/contact", "/assets/"];

fn router(site: Site) -> Router {
    crate::content::routes().with_state(Arc::new(site))
}

async fn load(site: Site, path: &str, cookie: &str) -> (StatusCode, String) {
    let request = Request::get(path).header("cookie", cookie).body(Body::empty()).expect("a request");
    let answer = router(site).oneshot(request).await.expect("the router does not fail");
    let status = answer.status();
    let body = to_bytes(answer.into_body(), 1 << 20).await.expect("a short body");
    (status, String::from_utf8(body.into()).expect("text"))
}

#[tokio::test]
async fn every_page_is_whole() {
    for path in PAGES {
        let (status, html) = load(sample::site(), path, "").await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert_eq!(html.matches("<h1").count(), 1, "{path}: one headline");
        assert_eq!(html.matches("<main").count(), 1, "{path}");
        assert!(html.contains("Demo clinic"), "{path}: an invented clinic says so");
        assert!(html.len() < 70_000, "{path}: {} bytes before squeezing", html.len());
    }
}

#[tokio::test]
async fn no_page_needs_inline_style_or_script() {
    for path in PAGES {
        let (_, html) = load(sample::site(), path, "").await;
        for forbidden in [" style=", "<style", "onclick=", "onload=", "javascript:", "<script>"] {
            assert!(!html.contains(forbidden), "{path}: {forbidden}");
        }
        assert!(
            !html.contains("src=\"http") && !html.contains("href=\"http"),
            "{path}: nothing from elsewhere"
        );
    }
}

#[tokio::test]
async fn links_lead_somewhere() {
    for path in PAGES {
        let (_, html) = load(sample::site(), path, "").await;
        for link in html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
            let inside = target.is_empty() || PAGES.contains(&target) || target.starts_with("/assets/");
            let known = inside
                || ELSEWHERE.iter().any(|known| target.starts_with(known))
                || target.starts_with("tel:")
                || target.starts_with("mailto:");
            assert!(known, "{path}: {link}");
            if !anchor.is_empty() {
                let there =
                    if target.is_empty() { html.clone() } else { load(sample::site(), target, "").await.1 };
                assert!(there.contains(&format!("id=\"{anchor}\"")), "{path}: nothing is called {link}");
            }
        }
    }
}

#[tokio::test]
async fn nothing_is_called_proven_and_no_medicine_is_named() {
    for path in PAGES {
        let (_, html) = load(sample::site(), path, "").await;
        let text = html.to_lowercase();
        for medicine in
            ["lidocain", "prilocain", "tetracain", "emla", "minoxidil", "hydroquinone", "tretinoin"]
        {
            assert!(!text.contains(medicine), "{path}: {medicine}");
        }
        let allowed =
            ["“it is proven.”", "is it proven?", "is micro-needling proven?", "never call it proven"];
        let rest = allowed.iter().fold(text, |text, words| text.replace(words, ""));
        assert!(!rest.contains("proven"), "{path}");
    }
}

#[tokio::test]
async fn clinic_texts_are_escaped() {
    let mut site = sample::site();
    site.clinic.name = "<b>&\"'".into();
    site.treatments[0].concerns[0].words = "<script>alert(1)</script>".into();
    for path in PAGES {
        let (_, html) = load(site.clone(), path, "").await;
        assert!(!html.contains("<b>&") && !html.contains("<script>alert"), "{path}");
    }
}

#[tokio::test]
async fn chosen_colours_stand_in_the_page() {
    for (cookie, expected) in
        [("theme=dark", Some("data-theme=\"dark\"")), ("theme=evil\"", None), ("", None)]
    {
        let (_, html) = load(sample::site(), "/", cookie).await;
        let head = html.split("<head>").next().unwrap_or_default();
        assert_eq!(
            expected.is_some_and(|words| head.contains(words)),
            head.contains("data-theme"),
            "{cookie}"
        );
    }
}

#[tokio::test]
async fn unknown_treatment_is_not_found() {
    assert_eq!(load(sample::site(), "/treatments/none", "").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn accent_is_served_only_when_the_clinic_has_one() {
    assert_eq!(load(sample::site(), "/clinic.css", "").await.0, StatusCode::NOT_FOUND);
    let mut site = sample::site();
    site.clinic.accent = Accent::new("#8a3b5c").ok();
    let (status, sheet) = load(site.clone(), "/clinic.css", "").await;
    assert_eq!(status, StatusCode::OK);
    assert!(sheet.contains("--accent:#8a3b5c"), "{sheet}");
    assert!(load(site, "/", "").await.1.contains("/clinic.css"));
}

#[tokio::test]
async fn assets_outside_the_bundle_do_not_exist() {
    for path in ["/assets/none.css", "/assets/..%2FCargo.toml", "/assets/manifest.txt"] {
        assert_eq!(load(sample::site(), path, "").await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn every_risk_says_what_it_rests_on_and_the_cream_has_its_own() {
    let clinic = crate::clinic::clinic();
    let risks = &clinic.web.site.treatments[0].risks;
    for risk in risks {
        assert!(!risk.sources.is_empty(), "{}", risk.title);
        for source in &risk.sources {
            assert_ne!(
                source.title, source.key,
                "{} names a source that the protocol does not have",
                risk.title
            );
        }
    }
    assert!(risks.iter().any(|risk| risk.title.contains("numbing medicine")));
    let (_, page) = clinic.page("/treatments/micro-needling", "").await;
    let (_, section) = page.split_once("id=\"risks\"").unwrap();
    let (section, _) = section.split_once("</section>").unwrap();
    assert_eq!(section.matches("class=\"tag tag-").count(), risks.len(), "{section}");
    assert!(section.contains("Where this comes from"));
    // What booking does not do is not promised.
    assert!(!page.contains("Smaller areas are shorter"));
}
