//! A finished message, ready to be kept in an outbox, shown on a screen, or sent.

use std::fmt;

use ical::{CalendarError, Method};
use jiff::Timestamp;
use vocab::MessageId;

use crate::EmailAddress;

/// A message with all its words. Debug output shows none of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Of this message, in every attempt to deliver it.
    pub id: MessageId,
    /// When it was caused; becomes its date.
    pub at: Timestamp,
    /// Its only recipient.
    pub to: EmailAddress,
    /// Where answers go.
    pub reply_to: EmailAddress,
    /// One line without control characters and without health data.
    pub subject: String,
    /// The body as plain text, lines ended by `\n`.
    pub text: String,
    /// The same words as an HTML page.
    pub html: String,
    /// The calendar file, if one belongs to it.
    pub calendar: Option<CalendarFile>,
}

/// An iCalendar file that goes with a message.
#[derive(Clone, PartialEq, Eq)]
pub struct CalendarFile {
    /// What the file asks for; part of its media type.
    pub method: Method,
    /// The file, with CR LF line ends.
    pub ics: String,
}

/// What a message had to go without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The calendar file could not be made. The message does not speak of one then.
    CalendarFile(CalendarError),
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("id", &self.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for CalendarFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CalendarFile").field("method", &self.method).finish_non_exhaustive()
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CalendarFile(error) => write!(f, "the message went without its calendar file: {error}"),
        }
    }
}
