//! Counts until refusal, and what moves them.

use std::{net::SocketAddr, time::Duration};

use axum::body::Body;
use axum::http::Response;
use web::shell::{Peer, ShellConfig};

use super::{OURS, Site, request, text};

async fn book(site: &Site, peer: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let mut headers = headers.to_vec();
    headers.push(OURS);
    let mut asked = request("POST", "/book", &headers, "");
    asked.extensions_mut().insert(Peer(SocketAddr::new(peer.parse().unwrap(), 4_000)));
    site.ask(asked).await
}

#[tokio::test]
async fn the_eleventh_booking_waits_and_a_second_visitor_does_not() {
    let site = Site::demo();
    for n in 0..10 {
        assert_eq!(book(&site, "192.0.2.1", &[]).await.status(), 200, "{n}");
    }
    let refused = book(&site, "192.0.2.1", &[]).await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "60");
    let page = text(refused).await;
    assert!(page.contains("in 60 seconds") && page.contains("<time>08:01:00 UTC</time>"), "{page}");
    assert_eq!(book(&site, "192.0.2.2", &[]).await.status(), 200);
    assert_eq!(site.writes(), 11);
    site.clock.advance(Duration::from_secs(60));
    assert_eq!(book(&site, "192.0.2.1", &[]).await.status(), 200, "the stated wait was honest");
    assert_eq!(book(&site, "192.0.2.1", &[]).await.status(), 429);
}

#[tokio::test]
async fn what_a_client_says_of_its_address_counts_for_nothing() {
    let site = Site::demo();
    let mut passed = 0;
    for n in 0..50 {
        let forged = format!("198.51.100.{n}");
        let headers =
            [("x-forwarded-for", forged.as_str()), ("x-real-ip", &forged), ("forwarded", "for=1.2.3.4")];
        passed += usize::from(book(&site, "192.0.2.1", &headers).await.status() == 200);
    }
    assert_eq!(passed, 10);
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_last_foreign_hop_counts() {
    let trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let site = Site::new(ShellConfig { trusted_proxies, ..ShellConfig::demo() });
    let mut passed = [0, 0];
    for n in 0..30 {
        let one = format!("203.0.113.{n}, 198.51.100.1");
        passed[0] += usize::from(book(&site, "10.0.0.1", &[("x-forwarded-for", &one)]).await.status() == 200);
        let two = ("x-forwarded-for", "198.51.100.2");
        passed[1] += usize::from(book(&site, "10.0.0.1", &[two]).await.status() == 200);
    }
    assert_eq!(passed, [10, 10]);
}

#[tokio::test]
async fn foreign_pages_do_not_use_up_a_visitors_tries() {
    let site = Site::demo();
    for _ in 0..50 {
        let asked = request("POST", "/book", &[("sec-fetch-site", "cross-site")], "");
        assert_eq!(site.ask(asked).await.status(), 403);
    }
    assert_eq!(site.ask(request("POST", "/book", &[OURS], "")).await.status(), 200);
}

#[tokio::test]
async fn pages_are_counted_too() {
    let site = Site::demo();
    let mut statuses = Vec::new();
    for _ in 0..242 {
        statuses.push(site.get("/", &[]).await.status().as_u16());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 240);
    assert_eq!(statuses.last(), Some(&429));
    site.clock.advance(Duration::from_secs(1));
    assert_eq!(site.get("/", &[]).await.status(), 200);
}
