//! Raw bytes as clients (and attackers) send them, over an in-memory stream.

use std::{net::SocketAddr, sync::Arc};

use axum::Router;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use web::shell::{Shell, serve_io};

use super::Site;

const PEER: &str = "192.0.2.1:5000";

/// Sends `bytes`, ends the sending side, and answers everything that came back.
async fn send(router: Router, shell: Arc<Shell>, bytes: &[u8]) -> String {
    let (mut client, server) = tokio::io::duplex(1 << 16);
    let serving = tokio::spawn(serve_io(server, PEER.parse::<SocketAddr>().unwrap(), router, shell));
    let mut answer = Vec::new();
    let (mut reader, mut writer) = tokio::io::split(&mut client);
    let writing = async {
        // The server may stop reading at any point; that is its right.
        let _ = writer.write_all(bytes).await;
        let _ = writer.shutdown().await;
    };
    let (_, read) = tokio::join!(writing, reader.read_to_end(&mut answer));
    read.unwrap();
    serving.await.unwrap();
    String::from_utf8(answer).unwrap()
}

pub(crate) async fn send_to(site: &Site, bytes: impl AsRef<[u8]>) -> String {
    send(site.router.clone(), site.shell.clone(), bytes.as_ref()).await
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or("")
}

const HOST: &str = "Host: 127.0.0.1:8080\r\n";
const OURS: &str = "Sec-Fetch-Site: same-origin\r\n";

#[tokio::test(start_paused = true)]
async fn a_plain_request_is_answered_and_the_next_one_too() {
    let site = Site::demo();
    let two = format!("GET / HTTP/1.1\r\n{HOST}\r\nGET /nowhere HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n");
    let answer = send_to(&site, two).await;
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 2, "{answer}");
    assert!(answer.contains("<h1>Home</h1>") && answer.contains("HTTP/1.1 404"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn odd_framing_is_refused_and_nothing_behind_it_is_run() {
    let site = Site::demo();
    let smuggled = format!("POST /book HTTP/1.1\r\n{HOST}{OURS}Content-Length: 0\r\n\r\n");
    let with =
        |lines: &str, body: &str| format!("POST /book HTTP/1.1\r\n{HOST}{OURS}{lines}\r\n{body}{smuggled}");
    let cases = [
        ("CL.TE", with("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
        ("TE.CL", with("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n")),
        ("TE", with("Transfer-Encoding: chunked\r\n", "0\r\n\r\n")),
        ("TE twice", with("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
        ("TE odd", with("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")),
        ("TE tab", with("Transfer-Encoding:\tchunked\r\n", "0\r\n\r\n")),
        ("TE space before colon", with("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")),
        ("CL differs", with("Content-Length: 0\r\nContent-Length: 5\r\n", "")),
        ("CL negative", with("Content-Length: -1\r\n", "")),
        ("CL plus", with("Content-Length: +1\r\n", "a")),
        ("CL hex", with("Content-Length: 0x1\r\n", "a")),
        ("CL list", with("Content-Length: 1, 1\r\n", "a")),
        ("CL empty", with("Content-Length:\r\n", "")),
        ("CL huge", with("Content-Length: 99999999999999999999999999\r\n", "")),
        ("CL letters", with("Content-Length: abc\r\n", "")),
        ("folded", with("X: a\r\n b\r\n", "")),
        ("name with space", with("X Y: a\r\n", "")),
        ("NUL in header", with("X: a\0b\r\n", "")),
        ("CR in header", with("X: a\rb\r\n", "")),
        ("no colon", with("nonsense\r\n", "")),
        ("GET with content", format!("GET / HTTP/1.1\r\n{HOST}Content-Length: 1\r\n\r\na{smuggled}")),
        ("no host", format!("GET / HTTP/1.1\r\n\r\n{smuggled}")),
        ("two hosts", format!("GET / HTTP/1.1\r\n{HOST}Host: 127.0.0.2\r\n\r\n{smuggled}")),
        ("same host twice", format!("GET / HTTP/1.1\r\n{HOST}{HOST}\r\n{smuggled}")),
        ("other absolute host", format!("GET http://evil.example/ HTTP/1.1\r\n{HOST}\r\n{smuggled}")),
        ("no version", format!("GET /\r\n{HOST}\r\n{smuggled}")),
        ("odd version", format!("GET / HTTP/9.9\r\n{HOST}\r\n{smuggled}")),
        ("two spaces", format!("GET  / HTTP/1.1\r\n{HOST}\r\n{smuggled}")),
        ("NUL in path", format!("GET /a\0b HTTP/1.1\r\n{HOST}\r\n{smuggled}")),
        ("bad escape", format!("GET /%zz HTTP/1.1\r\n{HOST}\r\n{smuggled}")),
        ("dots", format!("GET /../etc/passwd HTTP/1.1\r\n{HOST}\r\n{smuggled}")),
        ("two slashes", format!("GET //evil.example HTTP/1.1\r\n{HOST}\r\n{smuggled}")),
        ("backslash", format!("GET /a\\b HTTP/1.1\r\n{HOST}\r\n{smuggled}")),
        (
            "host form",
            format!("CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n{smuggled}"),
        ),
        ("star", format!("OPTIONS * HTTP/1.1\r\n{HOST}\r\n{smuggled}")),
        ("nonsense", format!("\u{1}\u{2}\u{3}\r\n\r\n{smuggled}")),
    ];
    for (name, bytes) in cases {
        let answer = send_to(&site, bytes).await;
        assert_eq!(status(&answer), "400", "{name}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{name}: the connection must close: {answer}");
        assert!(
            answer.contains("content-security-policy: ") && answer.contains("x-operation-id: "),
            "{name}: {answer}"
        );
        assert_eq!(site.writes(), 0, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_too_long_is_said_to_be() {
    let site = Site::demo();
    let long = |n: usize| "a".repeat(n);
    let many: String = (0..200).map(|n| format!("X-{n}: a\r\n")).collect();
    for (name, expected, bytes) in [
        ("path", "414", format!("GET /{} HTTP/1.1\r\n{HOST}\r\n", long(3_000))),
        ("query", "414", format!("GET /?{} HTTP/1.1\r\n{HOST}\r\n", long(5_000))),
        ("target of 70,000", "431", format!("GET /{} HTTP/1.1\r\n{HOST}\r\n", long(70_000))),
        ("header of 100,000", "431", format!("GET / HTTP/1.1\r\n{HOST}X: {}\r\n\r\n", long(100_000))),
        ("header name", "431", format!("GET / HTTP/1.1\r\n{HOST}{}: a\r\n\r\n", long(100_000))),
        ("header of 20,000", "431", format!("GET / HTTP/1.1\r\n{HOST}X: {}\r\n\r\n", long(20_000))),
        ("200 headers", "431", format!("GET / HTTP/1.1\r\n{HOST}{many}\r\n")),
        ("method", "431", format!("{} / HTTP/1.1\r\n{HOST}\r\n", long(40_000))),
        (
            "body",
            "413",
            format!("POST /book HTTP/1.1\r\n{HOST}{OURS}Content-Length: 300000\r\n\r\n{}", long(300_000)),
        ),
        (
            "stated body",
            "413",
            format!("POST /book HTTP/1.1\r\n{HOST}{OURS}Content-Length: 99999999999\r\n\r\n"),
        ),
    ] {
        let answer = send_to(&site, bytes).await;
        assert_eq!(status(&answer), expected, "{name}: {}", &answer[..answer.len().min(200)]);
        assert!(answer.contains("nosniff") && answer.contains("<h1>"), "{name}");
    }
    assert_eq!(site.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_unread_request_is_logged_and_its_bytes_are_not() {
    let site = Site::demo();
    send_to(&site, "GET /log_marker\0 HTTP/1.1\r\n\r\n").await;
    let lines = site.log();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("route=(unread) status=400") && !lines[0].contains("marker"), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn absolute_form_and_the_old_version_are_fine_when_they_name_us() {
    let site = Site::demo();
    let absolute = format!("GET http://127.0.0.1:8080/ HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n");
    assert_eq!(status(&send_to(&site, absolute).await), "200");
    assert_eq!(status(&send_to(&site, format!("GET / HTTP/1.0\r\n{HOST}\r\n")).await), "200");
    let other = "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n";
    assert_eq!(status(&send_to(&site, other).await), "421");
}

#[tokio::test(start_paused = true)]
async fn newer_protocols_and_other_languages_get_nothing_done() {
    let site = Site::demo();
    for bytes in [
        &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"",
        b"\r\n",
    ] {
        let answer = send_to(&site, bytes).await;
        assert!(answer.is_empty() || status(&answer) == "400", "{bytes:?}: {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_leaves_the_connection_alive() {
    let site = Site::demo();
    let two = format!("GET /panic HTTP/1.1\r\n{HOST}\r\nGET / HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n");
    let answer = send_to(&site, two).await;
    assert!(answer.starts_with("HTTP/1.1 500") && answer.contains("<h1>Home</h1>"), "{answer}");
}
