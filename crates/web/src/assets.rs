//! Styles, scripts and fonts: bundled by `assets/build.mjs`, named by their content, kept by browsers for a year.

use crate::frame::Frame;
use crate::shell::squeeze::takes;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/assets.rs"));
}

/// One file in the forms it is served in; a form that does not exist is empty.
#[derive(Debug)]
struct Asset {
    served: Cow<'static, str>,
    plain: Cow<'static, [u8]>,
    gzip: Cow<'static, [u8]>,
    brotli: Cow<'static, [u8]>,
}

static ASSETS: LazyLock<BTreeMap<String, Asset>> = LazyLock::new(load);

fn load() -> BTreeMap<String, Asset> {
    if cfg!(debug_assertions) && embedded::EMBEDDED.is_empty() { from_disk() } else { from_binary() }
}

fn from_binary() -> BTreeMap<String, Asset> {
    embedded::EMBEDDED
        .iter()
        .map(|&(name, served, plain, gzip, brotli)| {
            let asset = Asset {
                served: served.into(),
                plain: plain.into(),
                gzip: gzip.into(),
                brotli: brotli.into(),
            };
            (name.to_owned(), asset)
        })
        .collect()
}

/// Reads what the last bundling left. Nothing there means pages without style: they stay usable.
fn from_disk() -> BTreeMap<String, Asset> {
    let dist = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/dist");
    let manifest = std::fs::read_to_string(dist.join("manifest.txt")).unwrap_or_default();
    let read = |name: String| Cow::Owned(std::fs::read(dist.join(name)).unwrap_or_default());
    manifest
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, served)| {
            let asset = Asset {
                plain: read(served.to_owned()),
                gzip: read(format!("{served}.gz")),
                brotli: read(format!("{served}.br")),
                served: served.to_owned().into(),
            };
            (name.to_owned(), asset)
        })
        .collect()
}

/// The address of an asset by its plain name: `site.css` gives `/assets/site.0a1b2c3d4e.css`.
pub fn address(name: &str) -> String {
    let served = ASSETS.get(name).map_or(name, |asset| &asset.served);
    format!("/assets/{served}")
}

/// Whether the bundle is there at all; a server may want to say so when it starts.
pub fn are_built() -> bool {
    !ASSETS.is_empty()
}

/// `GET /clinic.css`: the clinic's own accent colour, if it has one.
pub async fn clinic_style(frame: Frame) -> Response {
    let Some(accent) = &frame.clinic().accent else { return StatusCode::NOT_FOUND.into_response() };
    let fields =
        [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=300, must-revalidate")];
    (fields, accent.style_sheet()).into_response()
}

/// `GET /robots.txt`: machines may read what is written for everybody, and nothing that belongs to one person.
pub async fn robots() -> Response {
    let rules =
        "User-agent: *\nDisallow: /appointments\nDisallow: /desk\nDisallow: /self-check/\nDisallow: /visit\n";
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], rules).into_response()
}

/// `GET /assets/{name}`: the file, in the smallest form the browser takes.
pub async fn show(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = LazyLock::force(&ASSETS).values().find(|asset| asset.served == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (encoding, bytes) = choose(asset, &headers);
    let mut fields: Vec<(HeaderName, HeaderValue)> = vec![
        (CONTENT_TYPE, HeaderValue::from_static(content_type(&name))),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        (VARY, HeaderValue::from_static("accept-encoding")),
    ];
    if let Some(encoding) = encoding {
        fields.push((CONTENT_ENCODING, HeaderValue::from_static(encoding)));
    }
    let mut response = Bytes::from_static(bytes).into_response();
    for (name, value) in fields {
        response.headers_mut().insert(name, value);
    }
    response
}

fn choose<'a>(asset: &'a Asset, headers: &HeaderMap) -> (Option<&'static str>, &'a [u8]) {
    if !asset.brotli.is_empty() && takes(headers, "br") {
        (Some("br"), &asset.brotli)
    } else if !asset.gzip.is_empty() && takes(headers, "gzip") {
        (Some("gzip"), &asset.gzip)
    } else {
        (None, &asset.plain)
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, suffix)| suffix) {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(accepted: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(axum::http::header::ACCEPT_ENCODING, accepted.parse().unwrap());
        headers
    }

    #[test]
    fn smallest_accepted_form_is_chosen() {
        let asset = Asset {
            served: "a.css".into(),
            plain: b"plain"[..].into(),
            gzip: b"gz"[..].into(),
            brotli: b"b"[..].into(),
        };
        for (accepted, expected) in [
            ("gzip, deflate, br, zstd", Some("br")),
            ("gzip", Some("gzip")),
            ("br;q=0, gzip;q=0.5", Some("gzip")),
            ("identity", None),
            ("brotli", None),
            ("", None),
        ] {
            assert_eq!(choose(&asset, &asking(accepted)).0, expected, "{accepted}");
        }
        let bare = Asset { gzip: Cow::default(), brotli: Cow::default(), ..asset };
        assert_eq!(choose(&bare, &asking("br, gzip")), (None, &b"plain"[..]));
    }
}
