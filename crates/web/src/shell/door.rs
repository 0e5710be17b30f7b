//! The first look at a request: framing, host, target. What is odd here is refused before any route sees it,
//! because two programs that read a request differently are how requests are smuggled.

use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header, uri::Authority};

use super::problem::Problem;

/// The longest path taken, in bytes.
const PATH_MAX: usize = 2_048;
/// The longest query taken, in bytes.
const QUERY_MAX: usize = 4_096;

/// The host names this site answers to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hosts {
    /// Names, with the port where it is not the usual one: `clinic.example`, `clinic.example:8443`.
    pub names: Vec<String>,
    /// Whether any loopback name with any port is taken as well: for the demo and for health checks.
    pub loopback: bool,
}

impl Hosts {
    fn admits(&self, host: &str) -> bool {
        self.names.iter().any(|name| name.eq_ignore_ascii_case(host)) || self.loopback && is_loopback(host)
    }
}

/// Whether a host names this very machine. Port and letter case do not matter.
fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    if host.contains('@') {
        return false;
    }
    let name = authority.host();
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Checks a request's head. Answers the host the client named.
pub(super) fn check<'r, B>(request: &'r Request<B>, hosts: &Hosts) -> Result<&'r str, Problem> {
    check_framing(request.method(), request.headers())?;
    let uri = request.uri();
    check_target(uri.path(), uri.query())?;
    let host = sole(request.headers(), header::HOST)
        .and_then(|host| host.to_str().ok())
        .ok_or_else(|| Problem::malformed("It must name one host."))?;
    // In absolute form the target names the host again; two different ones are somebody's trick.
    if uri.authority().is_some_and(|authority| !authority.as_str().eq_ignore_ascii_case(host)) {
        return Err(Problem::malformed("It named two different hosts."));
    }
    if !hosts.admits(host) {
        let advice = "Use the address the clinic gave you.";
        let title = "This clinic is not found under that name";
        return Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "host", title, advice).closing());
    }
    Ok(host)
}

/// The value of a header that must be there exactly once.
fn sole(headers: &HeaderMap, name: header::HeaderName) -> Option<&HeaderValue> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    values.next().is_none().then_some(first)
}

/// Bodies come with one stated length or not at all. `Transfer-Encoding` is refused altogether: browsers never send
/// it, and together with a length (which the layer below drops before we see it) it is the classic smuggling trick.
fn check_framing(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(Problem::malformed("Send it with one Content-Length and without Transfer-Encoding."));
    }
    if !headers.contains_key(header::CONTENT_LENGTH) {
        return Ok(());
    }
    let length =
        content_length(headers).ok_or_else(|| Problem::malformed("Its length was not understood."))?;
    if length > 0 && (method == Method::GET || method == Method::HEAD) {
        return Err(Problem::malformed("A page is asked for without content."));
    }
    Ok(())
}

/// The stated length of a body: digits only, once.
pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    let text = sole(headers, header::CONTENT_LENGTH)?.to_str().ok()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// One path has one spelling. What another program might read as a different path is refused, not repaired.
fn check_target(path: &str, query: Option<&str>) -> Result<(), Problem> {
    if path.len() > PATH_MAX || query.is_some_and(|query| query.len() > QUERY_MAX) {
        let advice = "Start again from the first page.";
        let problem = Problem::new(StatusCode::URI_TOO_LONG, "too-long", "The address is too long", advice);
        return Err(problem.closing());
    }
    let bad = || Problem::malformed("Its address is written in an unusual way.");
    if !path.starts_with('/') {
        return Err(bad());
    }
    if path.contains("//") || path.split('/').any(|part| part == "." || part == "..") {
        return Err(bad());
    }
    let unusual = |byte: u8| byte < b' ' || byte == 0x7f || b"/\\.%".contains(&byte);
    if path.contains('\\') || !decodes(path, unusual) || !query.is_none_or(|q| decodes(q, |byte| byte == 0)) {
        return Err(bad());
    }
    Ok(())
}

/// Whether each `%` is followed by two hexadecimal digits, no decoded byte is `refused`, and all of it is UTF-8.
fn decodes(text: &str, refused: impl Fn(u8) -> bool) -> bool {
    if text.is_ascii() && !text.contains('%') {
        return true;
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(bytes.next()), digit(bytes.next())) else { return false };
        let byte = (high << 4 | low) as u8;
        if refused(byte) {
            return false;
        }
        decoded.push(byte);
    }
    std::str::from_utf8(&decoded).is_ok()
}

/// A target within this site, for a redirect: it begins with one slash and cannot be read as another host.
/// Anything else is `None`; the caller then goes to a page of its own choice.
pub fn local_target(target: &str) -> Option<&str> {
    let rest = target.strip_prefix('/')?;
    let plain = |byte: u8| (b'!'..=b'~').contains(&byte) && byte != b'\\';
    (!rest.starts_with('/') && target.len() <= PATH_MAX && target.bytes().all(plain)).then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(path: &str, query: Option<&str>) -> Option<u16> {
        check_target(path, query).err().map(|problem| problem.status().as_u16())
    }

    #[test]
    fn a_path_has_one_spelling() {
        for good in ["/", "/book", "/a/b/", "/a/.hidden", "/a/b.css", "/caf%C3%A9", "/a%20b", "/a..b", "/~x"]
        {
            assert_eq!(status(good, None), None, "{good}");
        }
        let bad = [
            "",
            "*",
            "a",
            "//",
            "//evil.example",
            "/a//b",
            "/a/../b",
            "/..",
            "/.",
            "/a/./b",
            "/%2e%2e/etc",
            "/a%2Fb",
            "/a%5cb",
            "/a\\b",
            "/%00",
            "/a%0d%0ab",
            "/%7f",
            "/%",
            "/%4",
            "/%zz",
            "/%C3",
            "/%FF",
            "/a%252fb",
        ];
        for path in bad {
            assert_eq!(status(path, None), Some(400), "{path}");
        }
        assert_eq!(status(&format!("/{}", "a".repeat(2_047)), None), None);
        assert_eq!(status(&format!("/{}", "a".repeat(2_048)), None), Some(414));
    }

    #[test]
    fn a_query_decodes_to_text() {
        for good in ["", "q=a+b%2Fc&d", "q=%E2%82%AC", "x=../..", "q=100%25"] {
            assert_eq!(status("/", Some(good)), None, "{good}");
        }
        for bad in ["q=%", "q=%0", "q=%00", "q=%zz", "q=%ff"] {
            assert_eq!(status("/", Some(bad)), Some(400), "{bad}");
        }
        assert_eq!(status("/", Some(&"a".repeat(4_096))), None);
        assert_eq!(status("/", Some(&"a".repeat(4_097))), Some(414));
    }

    #[test]
    fn hosts_are_those_configured() {
        let hosts =
            Hosts { names: vec!["clinic.example".into(), "clinic.example:8443".into()], loopback: false };
        for (host, expected) in [
            ("clinic.example", true),
            ("CLINIC.example", true),
            ("clinic.example:8443", true),
            ("clinic.example:1", false),
            ("evil.example", false),
            ("clinic.example.evil.example", false),
            ("localhost", false),
            ("127.0.0.1:8080", false),
            ("", false),
        ] {
            assert_eq!(hosts.admits(host), expected, "{host}");
        }
        let demo = Hosts { names: Vec::new(), loopback: true };
        for (host, expected) in [
            ("localhost", true),
            ("localhost:8080", true),
            ("127.0.0.1:8080", true),
            ("127.0.0.77", true),
            ("[::1]:8080", true),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("evil@localhost", false),
            ("10.0.0.1", false),
            ("clinic.example", false),
        ] {
            assert_eq!(demo.admits(host), expected, "{host}");
        }
    }

    #[test]
    fn bodies_have_one_length() {
        type Lines = &'static [(&'static str, &'static str)];
        let check = |method: Method, lines: Lines| {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(*name, HeaderValue::from_static(value));
            }
            check_framing(&method, &headers).is_ok()
        };
        let cases: [(Method, Lines, bool); 11] = [
            (Method::GET, &[], true),
            (Method::GET, &[("content-length", "0")], true),
            (Method::GET, &[("content-length", "1")], false),
            (Method::HEAD, &[("content-length", "1")], false),
            (Method::POST, &[("content-length", "5")], true),
            (Method::POST, &[("content-length", "5"), ("content-length", "5")], false),
            (Method::POST, &[("content-length", "+5")], false),
            (Method::POST, &[("content-length", "5, 5")], false),
            (Method::POST, &[("content-length", "99999999999999999999999")], false),
            (Method::POST, &[("transfer-encoding", "chunked")], false),
            (Method::POST, &[("content-length", "5"), ("transfer-encoding", "chunked")], false),
        ];
        for (method, lines, expected) in cases {
            assert_eq!(check(method.clone(), lines), expected, "{method} {lines:?}");
        }
    }

    #[test]
    fn redirects_stay_here() {
        for good in ["/", "/desk", "/desk?day=2026-11-23", "/a/b#c"] {
            assert_eq!(local_target(good), Some(good));
        }
        for bad in [
            "",
            "desk",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nb",
            "/ä",
            "/a b",
            "\t/",
        ] {
            assert_eq!(local_target(bad), None, "{bad}");
        }
    }
}
