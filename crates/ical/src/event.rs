//! One appointment as a calendar file.

use jiff::{Timestamp, tz::TimeZone};
use vocab::Interval;

use crate::{
    CalendarError, Uid,
    line::{Lines, quoted},
    time::{Clock, in_range, interval_in_range, utc},
};

/// An appointment as a calendar shows it. `summary`, `location` and `description` say nothing about health.
#[derive(Debug, Clone, PartialEq)]
pub struct CalendarEvent {
    /// The same for the appointment's whole life.
    pub uid: Uid,
    /// 0 for the first file; one more with every move, and with the cancellation.
    pub sequence: u32,
    /// What the file asks of the calendar program. [`Method::Cancel`] settles the event's status as well.
    pub method: Method,
    /// Whether it takes place only if the person says one more word. A cancellation is never tentative.
    pub is_tentative: bool,
    /// When this state of the event was decided.
    pub stamp: Timestamp,
    /// The whole visit, half-open. Fractions of a second are dropped.
    pub when: Interval<Timestamp>,
    /// The site's zone. Its IANA name is written; a zone without one gives times in UTC.
    pub zone: TimeZone,
    /// The title, for example "Appointment at Harbour Clinic".
    pub summary: String,
    /// The postal address; empty for none.
    pub location: String,
    /// Neutral words; empty for none.
    pub description: String,
    /// The clinic.
    pub organizer: Party,
    /// The person who is asked to come. [`Method::Request`] needs one, [`Method::Publish`] never names it.
    pub attendee: Option<Party>,
    /// A public page of the clinic, never a secret link: calendars are shared.
    pub url: Option<String>,
}

/// What a calendar file is for (RFC 5546, section 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// A new or moved appointment, sent to its attendee.
    Request,
    /// The appointment will not take place.
    Cancel,
    /// For a download or a feed: nobody is asked.
    Publish,
}

impl Method {
    /// The word of the standard, as in `METHOD:` and in the media type of the file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Request => "REQUEST",
            Self::Cancel => "CANCEL",
            Self::Publish => "PUBLISH",
        }
    }

    /// The method of this word of the standard.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Request, Self::Cancel, Self::Publish].into_iter().find(|method| method.word() == word)
    }
}

/// Who organises an event, or is asked to come.
#[derive(Clone, PartialEq, Eq)]
pub struct Party {
    /// The name to show; empty for none.
    pub name: String,
    /// A mail address, `name@example.org`.
    pub address: String,
}

impl std::fmt::Debug for Party {
    /// Says nothing about who it is, since debug output ends in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Party(…)")
    }
}

/// The calendar file of one appointment, with CR LF line ends and lines of at most 75 octets.
pub fn to_ical(event: &CalendarEvent) -> Result<String, CalendarError> {
    let when = interval_in_range(event.when)?;
    let clock = Clock::new(&event.zone);
    let mut lines = Lines::default();
    begin_calendar(&mut lines, event.method);
    clock.write_zone(&mut lines, when);
    lines.push("BEGIN", "VEVENT");
    write_identity(&mut lines, &event.uid, event.sequence, event.stamp)?;
    clock.write_interval(&mut lines, when);
    lines.push_text("SUMMARY", &event.summary)?;
    for (property, text) in [("LOCATION", &event.location), ("DESCRIPTION", &event.description)] {
        if !text.is_empty() {
            lines.push_text(property, text)?;
        }
    }
    if let Some(url) = &event.url {
        lines.push("URL", checked_link(url)?);
    }
    write_party(&mut lines, "ORGANIZER", &event.organizer)?;
    write_attendee(&mut lines, event)?;
    let status = match (event.method, event.is_tentative) {
        (Method::Cancel, _) => "CANCELLED",
        (_, true) => "TENTATIVE",
        (_, false) => "CONFIRMED",
    };
    lines.push("STATUS", status);
    lines.push("TRANSP", if event.method == Method::Cancel { "TRANSPARENT" } else { "OPAQUE" });
    // Where a calendar is shared, the others see "busy" and no more.
    lines.push("CLASS", "PRIVATE");
    lines.push("END", "VEVENT");
    lines.push("END", "VCALENDAR");
    Ok(lines.finish())
}

/// The head of every file.
pub(crate) fn begin_calendar(lines: &mut Lines, method: Method) {
    lines.push("BEGIN", "VCALENDAR");
    lines.push("VERSION", "2.0");
    lines.push("PRODID", "-//Stipple//Stipple//EN");
    lines.push("CALSCALE", "GREGORIAN");
    lines.push("METHOD", method.word());
}

/// What tells a calendar program which event this is, and whether it is newer than the one it has.
pub(crate) fn write_identity(
    lines: &mut Lines,
    uid: &Uid,
    sequence: u32,
    stamp: Timestamp,
) -> Result<(), CalendarError> {
    let stamp = utc(in_range(stamp)?);
    lines.push("UID", &uid.to_string());
    // The standard's integers end at 2³¹ − 1.
    lines.push("SEQUENCE", &sequence.min(i32::MAX as u32).to_string());
    lines.push("DTSTAMP", &stamp);
    lines.push("LAST-MODIFIED", &stamp);
    Ok(())
}

/// `ORGANIZER` or `ATTENDEE` with further parameters, as a `mailto:` address.
pub(crate) fn write_party(lines: &mut Lines, property: &str, party: &Party) -> Result<(), CalendarError> {
    let name = match party.name.as_str() {
        "" => String::new(),
        name => format!(";CN={}", quoted(name)),
    };
    lines.push(&format!("{property}{name}"), &mailto(&party.address)?);
    Ok(())
}

/// The person asked, who has already said yes by booking: no answer is wanted, so none is mailed to the clinic.
fn write_attendee(lines: &mut Lines, event: &CalendarEvent) -> Result<(), CalendarError> {
    match (event.method, &event.attendee) {
        (Method::Publish, _) | (Method::Cancel, None) => Ok(()),
        (Method::Request, None) => Err(CalendarError::NobodyAsked),
        (Method::Request | Method::Cancel, Some(attendee)) => {
            write_party(lines, "ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE", attendee)
        }
    }
}

/// `mailto:` and the address, with everything percent-encoded that means something in a URI (RFC 6068).
fn mailto(address: &str) -> Result<String, CalendarError> {
    let (local, domain) = address.rsplit_once('@').ok_or(CalendarError::NotAnAddress)?;
    let is_plain = |c: char| !c.is_control() && !c.is_whitespace() && !"@<>\"(),:;[]\\".contains(c);
    if local.is_empty() || domain.is_empty() || address.len() > 254 || !(local.chars().all(is_plain)) {
        return Err(CalendarError::NotAnAddress);
    }
    if !domain.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '.') {
        return Err(CalendarError::NotAnAddress);
    }
    let mut out = String::from("mailto:");
    for byte in address.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@+!$'*=".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(out)
}

/// `url`, if it is a web address in visible ASCII.
fn checked_link(url: &str) -> Result<&str, CalendarError> {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    let is_visible = url.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b));
    if is_web && is_visible && url.len() <= 2_000 { Ok(url) } else { Err(CalendarError::NotALink) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_people() {
        for (address, expected) in [
            ("anna@clinic.example", Some("mailto:anna@clinic.example")),
            ("anna+visit@clinic.example", Some("mailto:anna+visit@clinic.example")),
            ("o'neil/x@clinic.example", Some("mailto:o'neil%2Fx@clinic.example")),
            ("josé@clinic.example", Some("mailto:jos%C3%A9@clinic.example")),
            ("anna", None),
            ("@clinic.example", None),
            ("anna@", None),
            ("anna@b@clinic.example", None),
            ("anna b@clinic.example", None),
            ("anna@clinic.example\r\nATTENDEE:mailto:x@y.example", None),
            ("anna@clinic.example,x@y.example", None),
            ("anna@clinic.example?cc=x", None),
        ] {
            assert_eq!(mailto(address).ok().as_deref(), expected, "{address:?}");
        }
    }

    #[test]
    fn addresses_of_pages() {
        for (url, accepted) in [
            ("https://clinic.example/a?b=c&d=%20#e", true),
            ("http://127.0.0.1:8080/", true),
            ("javascript:alert(1)", false),
            ("https://clinic.example/a b", false),
            ("https://clinic.example/\r\nX:1", false),
            ("https://clinic.example/\u{e9}", false),
            ("", false),
        ] {
            assert_eq!(checked_link(url).is_ok(), accepted, "{url:?}");
        }
    }

    #[test]
    fn methods_have_the_words_of_the_standard() {
        for method in [Method::Request, Method::Cancel, Method::Publish] {
            assert_eq!(Method::parse(method.word()), Some(method));
        }
        assert_eq!(Method::parse("request"), None);
    }
}
