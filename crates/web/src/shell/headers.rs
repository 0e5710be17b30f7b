//! The headers every answer carries, pages and errors alike.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// No inline script or style, nothing from elsewhere, no frames. `data:` is for the small drawn images of our CSS.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; form-action 'self'; connect-src 'self'; base-uri 'none'; \
    frame-ancestors 'none'; object-src 'none'";

/// The camera is for our own pages (photographs, cartridge codes); the rest is refused to everybody.
const PERMISSIONS_POLICY: &str = "camera=(self), display-capture=(), fullscreen=(self), geolocation=(), \
    microphone=(), payment=(), usb=(), browsing-topics=()";

/// The name under which the operation id travels.
pub(super) const OPERATION_ID: HeaderName = HeaderName::from_static("x-operation-id");

/// The headers of an answer, made once at start.
#[derive(Debug)]
pub(super) struct SecurityHeaders {
    always: Vec<(HeaderName, HeaderValue)>,
}

impl SecurityHeaders {
    /// For a site reached by `https` (or not), by loopback names only (or not).
    pub(super) fn new(https: bool, loopback_only: bool) -> Self {
        // Under no-referrer a browser names the origin of a form as "null". Over plain HTTP in a clinic's own network
        // it sends no Sec-Fetch-Site either, and only the form's token would be left to prove where a form came from.
        let referrer = if https || loopback_only { "no-referrer" } else { "same-origin" };
        let mut always = vec![
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::REFERRER_POLICY, HeaderValue::from_static(referrer)),
            (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                HeaderValue::from_static("same-origin"),
            ),
            (HeaderName::from_static("permissions-policy"), HeaderValue::from_static(PERMISSIONS_POLICY)),
        ];
        if https {
            let two_years = HeaderValue::from_static("max-age=63072000; includeSubDomains");
            always.push((header::STRICT_TRANSPORT_SECURITY, two_years));
        }
        Self { always }
    }

    /// Sets them; a handler cannot loosen them. Only caching is a handler's choice, and nothing is kept unless it
    /// says so.
    pub(super) fn apply(&self, headers: &mut HeaderMap) {
        headers.reserve(self.always.len() + 2);
        for (name, value) in &self.always {
            headers.insert(name, value.clone());
        }
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }

    /// The same as lines of text, for an answer written without the router.
    pub(super) fn text(&self) -> String {
        let mut map = HeaderMap::new();
        self.apply(&mut map);
        let mut text = String::new();
        for (name, value) in &map {
            text.push_str(name.as_str());
            text.push_str(": ");
            text.push_str(value.to_str().unwrap_or_default());
            text.push_str("\r\n");
        }
        text
    }
}
