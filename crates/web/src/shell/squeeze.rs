//! Answers that everybody may read go out compressed, if the browser takes it and it is worth it.
//!
//! Only those: what a compressed answer weighs tells something about what is in it, so a page that holds a person's
//! data beside anything a stranger can choose is sent as it is. See adr/0006-server-shell.md. Styles and scripts are
//! compressed once, when they are bundled.

use std::io::Write;

use axum::{
    body::{Body, HttpBody},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use flate2::{Compression, write::GzEncoder};
use http_body_util::BodyExt;

use super::access::Access;

/// Below this many bytes an answer fits into one packet anyway.
const SIZE_MIN: u64 = 1_400;
/// Above this many bytes it would keep a thread too long; no page of ours is so large.
const SIZE_MAX: u64 = 1 << 20;
/// How hard to try, from 1 to 9. Measured on the home page (46.9 kB): 2 gives 15.0 kB for 0.35 ms of processor time, 6
/// gives 13.9 kB for 1.2 ms.
const LEVEL: u32 = 2;

/// Whether an `Accept-Encoding` takes this coding.
pub(crate) fn takes(headers: &HeaderMap, coding: &str) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    accepted.split(',').any(|part| {
        let mut words = part.split(';').map(str::trim);
        words.next().is_some_and(|name| name.eq_ignore_ascii_case(coding))
            && !words.any(|word| matches!(word, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

/// Whether answers to this request may be compressed at all: everybody may send it, it changes nothing, and the
/// browser takes gzip.
pub(super) fn may(access: Access, method: &Method, headers: &HeaderMap) -> bool {
    access == Access::ANYONE && *method == Method::GET && takes(headers, "gzip")
}

/// Compresses the answer if it is a text for people, whole in memory, and of a size that is worth it. JSON for programs
/// is short, and asked for so often that its processor time counts.
pub(super) async fn squeeze(response: Response) -> Response {
    let size = response.body().size_hint().exact().unwrap_or(0);
    let is_worth_it = (SIZE_MIN..=SIZE_MAX).contains(&size)
        && response.status() == StatusCode::OK
        && is_text(response.headers())
        && !response.headers().contains_key(header::CONTENT_ENCODING);
    if !is_worth_it {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(plain) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        parts.status = StatusCode::INTERNAL_SERVER_ERROR;
        return Response::from_parts(parts, Body::empty());
    };
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 3), Compression::new(LEVEL));
    // Writing into memory does not fail; if it did, the plain bytes are as good.
    let Ok(small) = encoder.write_all(&plain).and_then(|()| encoder.finish()) else {
        return Response::from_parts(parts, Body::from(plain));
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    Response::from_parts(parts, Body::from(small))
}

fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    kind.starts_with("text/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_is_taken_when_it_is_named_and_not_refused() {
        for (accepted, expected) in [
            ("gzip, deflate, br, zstd", true),
            ("GZIP", true),
            ("br;q=1.0, gzip;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0, br", false),
            ("x-gzip", false),
            ("identity", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, accepted.parse().unwrap());
            assert_eq!(takes(&headers, "gzip"), expected, "{accepted}");
        }
        assert!(!takes(&HeaderMap::new(), "gzip"));
    }

    #[test]
    fn only_what_everybody_may_read_is_compressed() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        assert!(may(Access::ANYONE, &Method::GET, &headers));
        assert!(!may(Access::ANYONE, &Method::POST, &headers));
        assert!(!may(Access::LINK_HOLDER, &Method::GET, &headers));
        assert!(!may(Access::STAFF, &Method::GET, &headers));
        assert!(!may(Access::ANYONE, &Method::GET, &HeaderMap::new()));
    }
}
