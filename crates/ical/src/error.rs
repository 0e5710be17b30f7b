//! Why a calendar file could not be made. None of these repeats the text that was given: it may be personal.

use std::fmt;

/// Why a calendar file could not be made, and what would help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalendarError {
    /// The suffix of a UID is not a domain name.
    NotADomain,
    /// The mail address of an organizer or attendee has not the form `name@example.org`.
    NotAnAddress,
    /// The address of a page is not `http://…` or `https://…` in visible ASCII.
    NotALink,
    /// A text is longer than this property may be.
    TooLong {
        /// The iCalendar name of the property.
        property: &'static str,
        /// How many bytes it may have.
        limit: usize,
    },
    /// A moment lies before 1970 or after 9998, where calendar programs stop to agree.
    OutOfRange,
    /// The end is in the same second as the start, and a calendar knows nothing finer.
    TooShort,
    /// A request needs somebody who is asked.
    NobodyAsked,
    /// A plan without any item would be an empty file, which the standard does not allow.
    EmptyPlan,
}

impl fmt::Display for CalendarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotADomain => {
                f.write_str("the suffix of a calendar UID must be a domain, such as clinic.example")
            }
            Self::NotAnAddress => {
                f.write_str("an organizer or attendee needs a mail address such as name@clinic.example")
            }
            Self::NotALink => {
                f.write_str("a link in a calendar must start with http:// or https:// and hold no spaces")
            }
            Self::TooLong { property, limit } => {
                write!(f, "{property} is too long for a calendar: shorten it to {limit} bytes")
            }
            Self::OutOfRange => {
                f.write_str("a calendar can hold times from 1970 to 9998 only: check the date")
            }
            Self::TooShort => f.write_str("a calendar event must last a second or more: check its end"),
            Self::NobodyAsked => {
                f.write_str("a calendar request needs an attendee: name one, or use the method Publish")
            }
            Self::EmptyPlan => f.write_str("the plan has no items: leave the calendar file out"),
        }
    }
}

impl std::error::Error for CalendarError {}
