//! Messages to people: their words, their calendar files, and the way out by SMTP.
//!
//! [`compose`] turns a [`Letter`] into a [`Message`] and never fails: a calendar file that cannot be made is left out
//! and reported as a [`Loss`]. [`calendar_download`] makes the same file for a page. [`SmtpSender::send`] delivers a message or says whether trying again may help, and
//! [`retry_after`] says when.
//!
//! Knows nothing about storage, jobs or who may be written to; the times, ids and links are all given. What it keeps:
//! - **No health data** in subjects, calendar files, or the message that tells the clinic of an enquiry. No treatment
//!   and no concern is named in any message.
//! - **No names of patients.** Anybody can type any name and any address into a form, and a greeting with that name
//!   would let strangers send words of their own through the clinic's server.
//! - **No second recipient and no further header**, whatever the input: addresses and links are parsed, subjects with
//!   control characters are refused.
//! - **Nothing personal in errors and debug output**: not the address, not the link, not what the server answered.

mod address;
mod body;
mod clock;
mod compose;
mod letter;
mod link;
mod message;
mod mime;
mod retry;
mod smtp;

pub use address::{EmailAddress, NotAnAddress};
pub use ical::Method;

pub use compose::{Standing, calendar_download, compose};
pub use letter::{Clinic, Letter, Occasion, Visit};
pub use link::{Link, NotALink};
pub use message::{CalendarFile, Loss, Message};
pub use retry::retry_after;
pub use smtp::{ConfigError, Credentials, Reason, Security, SendError, SmtpConfig, SmtpSender};
