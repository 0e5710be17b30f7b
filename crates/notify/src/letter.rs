//! What there is to tell somebody: the input of [`compose`](crate::compose).

use jiff::{Timestamp, tz::TimeZone};
use vocab::{AppointmentId, Interval, MessageId};

use crate::{EmailAddress, Link};

/// One message before it has words.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Of this message. A repeated delivery carries the same, so mail programs show it once.
    pub id: MessageId,
    /// When the message was caused.
    pub at: Timestamp,
    /// Who gets it.
    pub to: EmailAddress,
    /// Who writes.
    pub clinic: Clinic,
    /// What is to be said.
    pub occasion: Occasion,
}

/// The clinic as its messages show it.
#[derive(Debug, Clone)]
pub struct Clinic {
    /// The name, which patients see in subjects and calendars.
    pub name: String,
    /// The telephone number as people write it.
    pub telephone: String,
    /// The postal address of the site of the visit, on one line.
    pub address: String,
    /// Where answers go.
    pub email: EmailAddress,
    /// The domain in the UIDs of calendar events. It stays for ever, even when the web address changes.
    pub uid_domain: String,
}

/// An appointment as far as a message needs it.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Makes the UID of the calendar event.
    pub appointment: AppointmentId,
    /// The revision of the appointment: 0 when booked, one more with each move and with the cancellation.
    pub sequence: u32,
    /// The whole visit, half-open.
    pub when: Interval<Timestamp>,
    /// The zone of the site: times are written as its clocks show them.
    pub zone: TimeZone,
    /// Whether its own page has a plan of what to do beforehand.
    pub has_plan: bool,
}

/// What happened, and what the message about it needs.
#[derive(Debug, Clone)]
pub enum Occasion {
    /// A visit was asked for and waits until the address is confirmed.
    ConfirmAddress {
        /// The time that is kept.
        visit: Visit,
        /// Leads to the page with the button that confirms.
        link: Link,
        /// Until when the time is kept. The message says how long that is from [`Letter::at`].
        confirm_by: Timestamp,
    },
    /// A visit is booked.
    Booked {
        /// The visit.
        visit: Visit,
        /// Leads to the plan, and to move and cancel.
        link: Link,
        /// Until when the patient can move or cancel by the link; `None` where that is by telephone only.
        change_until: Option<Timestamp>,
    },
    /// A visit has another time.
    Moved {
        /// The visit at its new time, with its new sequence number.
        visit: Visit,
        /// The time it had before.
        was: Interval<Timestamp>,
        /// Leads to the plan, and to move and cancel.
        link: Link,
        /// As in [`Occasion::Booked`].
        change_until: Option<Timestamp>,
    },
    /// A visit will not take place.
    Cancelled {
        /// The visit at the time it had, with its new sequence number.
        visit: Visit,
        /// Leads to the public page for booking.
        book_again: Link,
    },
    /// A visit comes near.
    Reminder {
        /// The visit.
        visit: Visit,
        /// Leads to the plan and to the question whether anything changed.
        link: Link,
        /// As in [`Occasion::Booked`].
        change_until: Option<Timestamp>,
    },
    /// To somebody who has joined the wait list.
    Waiting {
        /// Leads to their place on the list, where they can also leave it.
        link: Link,
    },
    /// To somebody on the wait list: a time is free. Nothing is kept for them.
    Offered {
        /// The whole visit, half-open.
        when: Interval<Timestamp>,
        /// The zone of the site.
        zone: TimeZone,
        /// Who would treat them, as things stand; left out if empty.
        practitioner: String,
        /// Leads to the page with the button that takes the time.
        link: Link,
        /// Until when it can be taken.
        answer_by: Timestamp,
    },
    /// To the person who sent an enquiry.
    EnquiryReceived,
    /// To the clinic: an enquiry waits. The message has nothing of what was asked, and by whom.
    NewEnquiry {
        /// Leads to the enquiry, behind the staff's sign-in.
        link: Link,
    },
}
