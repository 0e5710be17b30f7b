//! Why a use case did not do what it was asked: mistyped, refused, not there, or broken. Never mixed.

use std::fmt;

use jiff::{
    Timestamp,
    civil::{Date, Time, Weekday},
};
use record::IllegalStep;
use store::StoreError;

/// Everything that is wrong with a form, field by field, all at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormErrors(Vec<(&'static str, String)>);

impl FormErrors {
    /// Notes what is wrong with a field and what is expected. The text does not repeat what was typed.
    pub fn add(&mut self, field: &'static str, message: impl Into<String>) {
        self.0.push((field, message.into()));
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Field and message, in the order of the form.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(field, message)| (*field, message.as_str()))
    }

    /// `Ok` if nothing is wrong.
    pub fn into_result(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }
}

/// The domain says no; with a stable code, and what to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// Somebody else has the time meanwhile.
    TimeTaken,
    /// The time cannot be booked for another reason, as the engine puts it.
    NoSuchTime(schedule::Refusal),
    /// The time is over.
    Over,
    /// The clinic is not open then.
    NotOpen(NotOpen),
    /// The therapist who was asked for is away or off duty then; said to staff alone.
    OffDuty,
    /// The visit cannot be at this time for a reason that only staff may hear: it is about a person.
    NotWithThese,
    /// A treatment is booked on a self-check, and there is none, or it is not complete.
    SelfCheckMissing,
    /// The self-check was answered on an older protocol and must be gone through again.
    SelfCheckOutdated,
    /// The self-check's answer does not allow this visit.
    SelfCheckSays(protocol::Offer),
    /// The self-check allows the visit from this day on.
    NotBefore(Date),
    /// No clinician has signed the protocol off.
    ProtocolNotSigned,
    /// The visit is at this time already.
    AlreadyThere,
    /// A visitor holds as many times as one visitor can.
    TooManyHolds,
    /// The hold has run out and somebody else may have the time.
    HoldOver,
    /// Too late to change it by link.
    PastCutOff {
        /// Until when it could be changed.
        change_until: Timestamp,
        /// Whom to ring.
        phone: String,
    },
    /// The appointment is not in a state that allows this.
    WrongState(IllegalStep),
    /// Somebody else changed it since the page was shown.
    ChangedMeanwhile,
    /// The address was not confirmed in time and the time is free again.
    ConfirmationOver,
    /// Name and password do not belong together.
    SignInFailed,
    /// The form has booked a visit already, for somebody else or at another time.
    FormUsed,
    /// The time that was offered to the wait list is somebody else's, or the offer has run out.
    OfferGone,
    /// The chosen changes of a day do not go together, or the day has changed since they were proposed.
    PlanApart,
    /// Nobody else is an owner who can sign in.
    LastOwner,
    /// The account of a member of staff is not in a state that allows this.
    WrongAccountState,
}

/// Why nobody is there at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotOpen {
    /// Never on this day of the week.
    On(Weekday),
    /// Not on that one day.
    ThatDay,
    /// Not before this time on this day of the week.
    Before(Time, Weekday),
    /// The visit would not be over by this time on this day of the week.
    Beyond(Time, Weekday),
}

impl NotOpen {
    fn words(self) -> String {
        let day = |weekday: Weekday| match weekday {
            Weekday::Monday => "Mondays",
            Weekday::Tuesday => "Tuesdays",
            Weekday::Wednesday => "Wednesdays",
            Weekday::Thursday => "Thursdays",
            Weekday::Friday => "Fridays",
            Weekday::Saturday => "Saturdays",
            Weekday::Sunday => "Sundays",
        };
        match self {
            Self::On(weekday) => format!("The clinic is closed on {}. Choose another day.", day(weekday)),
            Self::ThatDay => "The clinic is closed on that day. Choose another day.".into(),
            Self::Before(opens, weekday) => {
                let opens = opens.strftime("%H:%M");
                format!("On {} the clinic opens at {opens}. Choose a later time.", day(weekday))
            }
            Self::Beyond(closes, weekday) => {
                let closes = closes.strftime("%H:%M");
                format!(
                    "On {} the clinic closes at {closes}, and the visit would not be over by then. Choose an earlier time.",
                    day(weekday)
                )
            }
        }
    }
}

impl Refusal {
    /// A short word that stays the same, for programs and tests.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TimeTaken => "time-taken",
            Self::NoSuchTime(refusal) => refusal.code(),
            Self::Over => "over",
            Self::NotOpen(_) => "not-open",
            Self::OffDuty => "off-duty",
            Self::NotWithThese => "not-with-these",
            Self::SelfCheckMissing => "self-check-missing",
            Self::SelfCheckOutdated => "self-check-outdated",
            Self::SelfCheckSays(_) => "self-check-says-no",
            Self::NotBefore(_) => "not-before",
            Self::ProtocolNotSigned => "protocol-not-signed",
            Self::AlreadyThere => "already-there",
            Self::TooManyHolds => "too-many-holds",
            Self::HoldOver => "hold-over",
            Self::PastCutOff { .. } => "past-cut-off",
            Self::WrongState(_) => "wrong-state",
            Self::ChangedMeanwhile => "changed-meanwhile",
            Self::ConfirmationOver => "confirmation-over",
            Self::SignInFailed => "sign-in-failed",
            Self::FormUsed => "form-used",
            Self::OfferGone => "offer-gone",
            Self::PlanApart => "plan-apart",
            Self::LastOwner => "last-owner",
            Self::WrongAccountState => "wrong-account-state",
        }
    }

    /// The same for staff, who may know about whom and what it is.
    pub fn words_at_desk(&self) -> (String, String) {
        use schedule::Refusal as Why;
        let advice = match self {
            Self::ProtocolNotSigned => {
                return (
                    "Nothing can be booked yet".into(),
                    "The clinical lead has to sign the treatment protocol first. It is signed on the clinic's server, with \
                     `stipple sign-off`. What you typed stays here until then."
                        .into(),
                );
            }
            Self::NoSuchTime(Why::LeadBusy { .. }) => {
                "The therapist has another visit, or goes off duty, during part of it. Choose another time, or another \
                 therapist."
            }
            Self::OffDuty => {
                "The therapist is away or off duty at that time. Choose another time, or another therapist."
            }
            Self::NoSuchTime(Why::NothingFree { kind, .. }) => match &**kind {
                "room" => "No room is free for the whole visit. Choose another time.",
                "device" => "No device is free for the needling. Choose another time.",
                crate::visit_types::WATCH => {
                    "Nobody is free to be on call while the numbing cream works. Choose another time."
                }
                "practitioner" => {
                    "No therapist is free for all of their part of the visit. Choose another time."
                }
                _ => "Something the visit needs is taken for part of it. Choose another time.",
            },
            Self::NoSuchTime(Why::ClientBusy) => {
                "The patient has another visit at that time. Choose another time."
            }
            Self::NotBefore(day) => {
                let day = day.strftime("%-d %B %Y");
                return (
                    format!("The self-check says: wait until {day}"),
                    format!(
                        "Choose a time on {day} or later. If a clinician has decided that it may be earlier, book the visit anew \
                         and say in its note who decided it and why."
                    ),
                );
            }
            _ => return self.words(),
        };
        ("This time cannot be booked".into(), advice.into())
    }

    /// What happened, and what to do next, for the person.
    pub fn words(&self) -> (String, String) {
        let (title, advice) = match self {
            Self::TimeTaken => ("This time has just been taken", "Choose one of the other times below."),
            Self::NoSuchTime(refusal) => no_such_time(refusal),
            Self::NotOpen(why) => return ("This time cannot be booked".into(), why.words()),
            Self::Over => ("This time is over", "Choose a later one."),
            Self::OffDuty => ("This time is not free", "Choose another time."),
            Self::NotWithThese => {
                ("This time cannot be booked with these details", "Choose another, or ring us.")
            }
            Self::AlreadyThere => {
                ("Your visit is at this time already", "Choose another one, or keep it as it is.")
            }
            Self::SelfCheckMissing => (
                "Please take the self-check first",
                "It has a few short screens and tells you at once whether this treatment is for you.",
            ),
            Self::SelfCheckOutdated => (
                "Our questions have changed since you answered",
                "Please go through the self-check once more; your earlier answers are not used.",
            ),
            Self::SelfCheckSays(offer) => says(offer),
            Self::NotBefore(day) => {
                let day = day.strftime("%-d %B %Y");
                return (
                    format!("This can be booked from {day} on"),
                    format!("Your answers ask for a little patience. Choose a time on {day} or later."),
                );
            }
            Self::ProtocolNotSigned => (
                "Online booking is not open yet",
                "The clinical lead has to sign the treatment protocol first. Please ring the clinic.",
            ),
            Self::TooManyHolds => (
                "You are already holding two times",
                "Finish one of them, let one go, or wait until they have run out.",
            ),
            Self::HoldOver => (
                "This time is no longer held for you",
                "If you have just booked it, the e-mail is in your mailbox. If not, choose the time again while it is still \
                 on the list.",
            ),
            Self::PastCutOff { phone, .. } => {
                return (
                    "It is too close to the visit to change it here".into(),
                    format!("Please ring us: {phone}. We will find a way together."),
                );
            }
            Self::WrongState(_) | Self::ChangedMeanwhile => (
                "This has changed meanwhile",
                "Reload the page to see how things stand now, then decide again.",
            ),
            Self::ConfirmationOver => (
                "The time is no longer kept",
                "Your address was not confirmed in time, so the time was given free. Please choose a time again.",
            ),
            Self::FormUsed
            | Self::OfferGone
            | Self::PlanApart
            | Self::LastOwner
            | Self::WrongAccountState
            | Self::SignInFailed => self.short_words(),
        };
        (title.into(), advice.into())
    }

    /// The words of those that need none of their parts.
    const fn short_words(&self) -> (&'static str, &'static str) {
        match self {
            Self::FormUsed => (
                "A visit was booked with this form already",
                "It was for another name, address or time, so nothing new was booked. Its e-mail is in the mailbox that was \
                 named then. For one more visit, choose a time again.",
            ),
            Self::OfferGone => (
                "This time is gone",
                "Somebody was quicker, or the time to answer was over. You stay on the list, at the same place.",
            ),
            Self::PlanApart => (
                "These changes do not go together now",
                "The day has changed meanwhile, or one change needs another that was not chosen. Look at the new plan.",
            ),
            Self::LastOwner => {
                ("Nobody else is an owner who can sign in", "Make somebody else an owner first.")
            }
            Self::WrongAccountState => (
                "The account is not in a state for that",
                "Only who can sign in gets another password or is shut out, and only who was shut out is let in again.",
            ),
            _ => (
                "Name and password do not belong together",
                "Check both and try again. If you have forgotten your password, ask the owner: whoever runs the program for \
                 the clinic can make a new one.",
            ),
        }
    }
}

/// What a self-check leads to instead of a treatment.
fn says(offer: &protocol::Offer) -> (&'static str, &'static str) {
    match offer {
        protocol::Offer::Consultation => (
            "A clinician needs to decide first",
            "Book a consultation: we talk it through and nothing is treated on that day.",
        ),
        protocol::Offer::AskAgain => (
            "Not just yet",
            "Take the self-check again once what you told us about is over. Until then, ask us anything.",
        ),
        _ => (
            "This treatment is not suitable as things stand",
            "Send us an enquiry or ring us; there may be another way.",
        ),
    }
}

/// Why a time cannot be booked, without the names that the engine has for things, and without saying what others do.
fn no_such_time(refusal: &schedule::Refusal) -> (&'static str, &'static str) {
    use schedule::Refusal as Why;
    let advice = match refusal {
        Why::OffGrid | Why::OutsideWindow => {
            "Visits do not start at this minute. Choose one of the times shown."
        }
        Why::TooSoon { .. } => "It is too soon for us to prepare. Choose a later time, or ring us.",
        Why::OutsideHorizon => "We do not plan that far yet, or the day is over. Choose another day.",
        Why::Closed => "The clinic is closed then. Choose another time.",
        Why::LeadFull { .. } | Why::AllLeadsFull => {
            "Nobody can take one more visit on that day. Choose another day."
        }
        Why::NotThisLead => "This therapist does not lead such visits. Choose another therapist.",
        Why::Unsupervised => "Nobody is there who could supervise. Choose another time.",
        Why::LeadBusy { .. } | Why::NothingFree { .. } | Why::ClientBusy => {
            return ("This time is not free", "Somebody may just have taken it. Choose another time.");
        }
    };
    ("This time cannot be booked", advice)
}

/// Why a use case did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// Mistyped.
    Form(FormErrors),
    /// The domain says no.
    Refused(Refusal),
    /// Not there, or not this actor's to know: the two look the same.
    NotFound,
    /// The database is away, busy or broken, or a bug was found.
    Fault(Fault),
}

/// Something is broken.
#[derive(Debug)]
pub enum Fault {
    /// The store says.
    Store(StoreError),
    /// A decision did not pass its independent check: a bug in the planner, and nothing was written.
    CheckFailed(String),
    /// The clinic's data contradict each other.
    BadData(String),
}

impl Fault {
    /// Whether trying again in a moment may help: the database is busy or away, or did not say how it went.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Store(StoreError::Busy | StoreError::Away | StoreError::OutcomeUnknown))
    }
}

impl Fault {
    /// Whether the disk is full: nothing was changed, reading goes on, and writing goes on once there is space again.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Store(StoreError::DiskFull))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::CheckFailed(what) => write!(f, "a decision did not pass its check: {what}"),
            Self::BadData(what) => write!(f, "the clinic's data contradict each other: {what}"),
        }
    }
}

impl std::error::Error for Fault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            Self::CheckFailed(_) | Self::BadData(_) => None,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken => Self::Refused(Refusal::TimeTaken),
            other => Self::Fault(Fault::Store(other)),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<FormErrors> for Failure {
    fn from(errors: FormErrors) -> Self {
        Self::Form(errors)
    }
}

impl From<IllegalStep> for Failure {
    fn from(step: IllegalStep) -> Self {
        Self::Refused(Refusal::WrongState(step))
    }
}

/// A bug or a contradiction found on the way.
pub(crate) fn bad_data(what: impl Into<String>) -> Failure {
    Failure::Fault(Fault::BadData(what.into()))
}
