//! Proof that a change of state comes from one of our own pages.
//!
//! Every browser of the last years says where a request comes from (`Sec-Fetch-Site`), older ones name the origin
//! (`Origin`). For those that do neither, a form carries a signed token bound to the visitor's cookie: another site
//! can neither read the cookie nor make the token. A browser that names the origin as `null` and says nothing else does
//! neither: it is what older ones write for the forms of a page with our referrer policy, and for sandboxed frames and
//! `data:` pages of anybody, who have no token.

use axum::http::{HeaderMap, header};

/// The field (and, for scripts, the header) in which a form token travels.
pub const FORM_TOKEN_FIELD: &str = "form_token";
const FORM_TOKEN_HEADER: &str = "x-form-token";

/// What the headers prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Provenance {
    /// The browser vouches for our own page.
    Ours,
    /// The browser names somebody else, or nobody.
    Foreign,
    /// The browser says nothing; only a form token can help.
    Unsaid,
}

/// Reads where a request comes from. `host` is the checked host it was sent to.
pub(super) fn provenance(headers: &HeaderMap, https: bool, host: &str) -> Provenance {
    let origin = match headers.get(header::ORIGIN).map(|origin| origin.to_str()) {
        None => None,
        Some(Ok(origin)) => Some(origin),
        Some(Err(_)) => return Provenance::Foreign,
    };
    let ours = |origin: &str| {
        let scheme = if https { "https://" } else { "http://" };
        origin.strip_prefix(scheme).is_some_and(|rest| rest.eq_ignore_ascii_case(host))
    };
    // No page can forge Sec-Fetch-Site. Under our no-referrer policy browsers write "null" as the origin of our
    // own forms, so beside "same-origin" a null origin is no contradiction; another site's name is one.
    match headers.get("sec-fetch-site").map(|site| site.as_bytes()) {
        Some(b"same-origin") if origin.is_none_or(|origin| origin == "null" || ours(origin)) => {
            Provenance::Ours
        }
        // Typed or reloaded by the person; the browser vouches for no page.
        Some(b"none") if origin.is_none() => Provenance::Unsaid,
        Some(_) => Provenance::Foreign,
        None => match origin {
            None | Some("null") => Provenance::Unsaid,
            Some(origin) if ours(origin) => Provenance::Ours,
            Some(_) => Provenance::Foreign,
        },
    }
}

/// The form token in a request: from its header, or from a body that is a form of either kind.
pub(super) fn token<'r>(headers: &'r HeaderMap, body: &'r [u8]) -> Option<&'r str> {
    if let Some(value) = headers.get(FORM_TOKEN_HEADER) {
        return value.to_str().ok();
    }
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let value = if kind.starts_with("application/x-www-form-urlencoded") {
        // A token is made of letters and digits, so it arrives without any escapes.
        let key = FORM_TOKEN_FIELD.as_bytes();
        let pair = body
            .split(|byte| *byte == b'&')
            .find(|pair| pair.starts_with(key) && pair.get(key.len()) == Some(&b'='))?;
        &pair[key.len() + 1..]
    } else if kind.starts_with("multipart/form-data") {
        let key = b"name=\"form_token\"\r\n\r\n";
        let start = body.windows(key.len()).position(|part| part == key)? + key.len();
        body[start..].split(|byte| *byte == b'\r').next()?
    } else {
        return None;
    };
    std::str::from_utf8(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn every_mix_of_site_and_origin() {
        use Provenance::{Foreign, Ours, Unsaid};
        let origins = [None, Some("https://clinic.example"), Some("null"), Some("https://evil.example")];
        let expected = [
            (None, [Unsaid, Ours, Unsaid, Foreign]),
            (Some("same-origin"), [Ours, Ours, Ours, Foreign]),
            (Some("same-site"), [Foreign; 4]),
            (Some("cross-site"), [Foreign; 4]),
            (Some("none"), [Unsaid, Foreign, Foreign, Foreign]),
            (Some("nonsense"), [Foreign; 4]),
        ];
        for (site, answers) in expected {
            for (origin, answer) in origins.iter().zip(answers) {
                let lines: Vec<_> = [site.map(|v| ("sec-fetch-site", v)), origin.map(|v| ("origin", v))]
                    .into_iter()
                    .flatten()
                    .collect();
                assert_eq!(
                    provenance(&headers(&lines), true, "clinic.example"),
                    answer,
                    "{site:?} {origin:?}"
                );
            }
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (origin, https, expected) in [
            ("https://clinic.example:8443", true, Provenance::Ours),
            ("https://CLINIC.example:8443", true, Provenance::Ours),
            ("https://clinic.example", true, Provenance::Foreign),
            ("http://clinic.example:8443", true, Provenance::Foreign),
            ("http://clinic.example:8443", false, Provenance::Ours),
            ("https://clinic.example:8443.evil.example", true, Provenance::Foreign),
            ("https://clinic.example:8443/", true, Provenance::Foreign),
        ] {
            let found = provenance(&headers(&[("origin", origin)]), https, "clinic.example:8443");
            assert_eq!(found, expected, "{origin}");
        }
    }

    #[test]
    fn a_token_is_found_in_header_and_forms() {
        let form = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        let parts = [("content-type", "multipart/form-data; boundary=x")];
        let multipart = b"--x\r\nContent-Disposition: form-data; name=\"form_token\"\r\n\r\nabc\r\n--x--\r\n";
        assert_eq!(token(&headers(&[("x-form-token", "abc")]), b""), Some("abc"));
        assert_eq!(token(&headers(&form), b"a=1&form_token=abc&b=2"), Some("abc"));
        assert_eq!(token(&headers(&form), b"xform_token=abc&form_tokens=d"), None);
        assert_eq!(token(&headers(&parts), multipart), Some("abc"));
        assert_eq!(token(&headers(&[("content-type", "text/plain")]), b"form_token=abc"), None);
        assert_eq!(token(&headers(&form), b"form_token=\xff"), None);
        assert_eq!(token(&headers(&[]), b"form_token=abc"), None);
    }
}
