//! Cookies: four of them, all out of reach of scripts and of other sites.

use axum::http::{HeaderMap, HeaderValue, header};

/// The cookies we set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieName {
    /// The session of a member of staff; never sent along from another site.
    Staff,
    /// The secret of an appointment's link. Sent when a link in a mail is followed, hence `Lax`.
    Link,
    /// The secret of somebody's place on the wait list; sent as that of an appointment is.
    WaitList,
    /// Tells one visitor's forms and holds from another's. Says nothing about the person.
    Visitor,
}

/// How cookies are written on this site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cookies {
    https: bool,
}

impl Cookies {
    /// With `https` the names carry `__Host-` and the cookies are `Secure`; a browser then takes them from nobody
    /// else. Plain names are for a demo over HTTP.
    pub const fn new(https: bool) -> Self {
        Self { https }
    }

    /// The name as it is sent.
    pub const fn name(self, name: CookieName) -> &'static str {
        match (name, self.https) {
            (CookieName::Staff, true) => "__Host-stipple-staff",
            (CookieName::Staff, false) => "stipple-staff",
            (CookieName::Link, true) => "__Host-stipple-visit",
            (CookieName::Link, false) => "stipple-visit",
            (CookieName::WaitList, true) => "__Host-stipple-wait",
            (CookieName::WaitList, false) => "stipple-wait",
            (CookieName::Visitor, true) => "__Host-stipple-visitor",
            (CookieName::Visitor, false) => "stipple-visitor",
        }
    }

    /// The header that sets a cookie. Without `max_age_s` it ends with the browser. `value` is one of our secrets:
    /// letters, digits, `-`, `_` and `.` only; anything else is refused.
    pub fn set(self, name: CookieName, value: &str, max_age_s: Option<u64>) -> Option<HeaderValue> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if value.is_empty() || !value.bytes().all(plain) {
            return None;
        }
        self.write(name, value, max_age_s)
    }

    /// The header that takes a cookie away.
    pub fn clear(self, name: CookieName) -> HeaderValue {
        self.write(name, "", Some(0)).expect("a name and a number make a header")
    }

    fn write(self, name: CookieName, value: &str, max_age_s: Option<u64>) -> Option<HeaderValue> {
        let same_site = if name == CookieName::Staff { "Strict" } else { "Lax" };
        let mut text = format!("{}={value}; Path=/; HttpOnly; SameSite={same_site}", self.name(name));
        if self.https {
            text.push_str("; Secure");
        }
        if let Some(seconds) = max_age_s {
            text.push_str(&format!("; Max-Age={seconds}"));
        }
        HeaderValue::from_str(&text).ok()
    }

    /// The value of a cookie. A name sent twice with different values is nobody's: somebody planted one of them.
    pub fn read(self, headers: &HeaderMap, name: CookieName) -> Option<&str> {
        let wanted = self.name(name);
        let mut found = None;
        for line in headers.get_all(header::COOKIE) {
            for pair in line.to_str().ok()?.split(';') {
                let Some((name, value)) = pair.trim().split_once('=') else { continue };
                if name == wanted {
                    match found {
                        None => found = Some(value),
                        Some(first) if first == value => {}
                        Some(_) => return None,
                    }
                }
            }
        }
        found.filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_str(line).unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_is_read_by_its_whole_name() {
        let cases: [(&[&str], Option<&str>); 8] = [
            (&["stipple-staff=abc"], Some("abc")),
            (&["x=1; stipple-staff=abc; y=2"], Some("abc")),
            (&["x=1", "stipple-staff=abc"], Some("abc")),
            (&["xstipple-staff=abc"], None),
            (&["stipple-staff="], None),
            (&["stipple-staff=abc; stipple-staff=abc"], Some("abc")),
            (&["stipple-staff=abc; stipple-staff=evil"], None),
            (&["__Host-stipple-staff=abc"], None),
        ];
        for (lines, expected) in cases {
            assert_eq!(Cookies::new(false).read(&headers(lines), CookieName::Staff), expected, "{lines:?}");
        }
    }

    #[test]
    fn over_https_a_cookie_is_bound_to_the_host() {
        let cookies = Cookies::new(true);
        assert_eq!(
            cookies.set(CookieName::Staff, "abc", Some(60)).unwrap(),
            "__Host-stipple-staff=abc; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=60"
        );
        assert_eq!(
            cookies.clear(CookieName::Link),
            "__Host-stipple-visit=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0"
        );
        assert_eq!(cookies.read(&headers(&["stipple-staff=abc"]), CookieName::Staff), None);
    }

    #[test]
    fn a_value_cannot_add_attributes() {
        for value in ["", "a;Domain=x", "a b", "a\r\nx: y", "ä", "a,b", "a\"b"] {
            assert_eq!(Cookies::new(false).set(CookieName::Link, value, None), None, "{value}");
        }
    }
}
