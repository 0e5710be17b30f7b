//! What is to be done later, and what leaves for a person.

use crate::words::words;
use jiff::Timestamp;
use vocab::MessageId;

/// Something to be done later. Doing it twice does no harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// What is to be done: `send-message`.
    pub kind: String,
    /// To which thing: its id as text. One job of a kind for each subject.
    pub subject_id: String,
    /// Not before.
    pub run_at: Timestamp,
}

/// A job that was leased to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedJob {
    /// What is to be done.
    pub kind: String,
    /// To which thing.
    pub subject_id: String,
    /// How many times it was begun, this time included.
    pub attempts: u32,
    /// Until when nobody else takes it; also the proof of who has it.
    pub leased_until: Timestamp,
}

words! {
    /// What has become of a message.
    MessageState {
        /// Waits to be sent.
        Queued = "queued",
        /// Handed over.
        Sent = "sent",
        /// Tried too often; a person must look.
        Failed = "failed",
    }

    /// What kind of message.
    MessageKind {
        /// Please confirm your address.
        Confirm = "confirm",
        /// Your visit is booked.
        Booked = "booked",
        /// Your visit has moved.
        Moved = "moved",
        /// Your visit is called off.
        Cancelled = "cancelled",
        /// Your visit is near.
        Reminder = "reminder",
        /// Somebody asks the clinic.
        Enquiry = "enquiry",
        /// You are on the wait list, or a time is free.
        WaitList = "wait-list",
    }
}

/// A message that leaves, or has left, for a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// What kind.
    pub kind: MessageKind,
    /// What caused it: the same event twice is the same message. Unique in the clinic.
    pub event_key: String,
    /// Mail address.
    pub to: String,
    /// Subject, without health data.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML, if there is one.
    pub html: Option<String>,
    /// A calendar file to attach (iCalendar).
    pub calendar: Option<String>,
    /// What has become of it.
    pub state: MessageState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub next_attempt_at: Timestamp,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was handed over.
    pub sent_at: Option<Timestamp>,
}

/// Tells neither address nor text.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Message({}, {}, {})", self.id, self.kind, self.state)
    }
}
