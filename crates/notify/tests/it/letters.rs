//! One letter for each occasion, all about the same visit.

use jiff::{Timestamp, Zoned};
use notify::{Clinic, Letter, Link, Message, Occasion, Visit, compose};
use vocab::{AppointmentId, Interval, MessageId};

/// The link that only the patient may know.
pub(crate) const SECRET: &str = "https://clinic.example/my-visit/0123456789abcdefghjkmnpqrs";

pub(crate) fn clinic() -> Clinic {
    Clinic {
        name: "Harbour Clinic".to_owned(),
        telephone: "0131 496 0000".to_owned(),
        address: "5 Quay Street, Leith EH6 6AA".to_owned(),
        email: "desk@clinic.example".parse().unwrap(),
        uid_domain: "clinic.example".to_owned(),
    }
}

pub(crate) fn letter(occasion: Occasion) -> Letter {
    Letter {
        id: MessageId::from_bits(77),
        at: "2026-11-02T14:05:00Z".parse().unwrap(),
        to: "robin@patient.example".parse().unwrap(),
        clinic: clinic(),
        occasion,
    }
}

/// Every occasion with the name of its golden files.
pub(crate) fn occasions() -> Vec<(&'static str, Occasion)> {
    let change_until = Some(instant("2026-11-22T10:00[Europe/London]"));
    vec![
        (
            "confirm-address",
            Occasion::ConfirmAddress {
                visit: visit(0),
                link: secret(),
                confirm_by: instant("2026-11-02T14:35[Europe/London]"),
            },
        ),
        ("booked", booked()),
        ("booked-by-telephone", Occasion::Booked { visit: visit(0), link: secret(), change_until: None }),
        (
            "moved",
            Occasion::Moved {
                visit: visit(1),
                was: between("2026-11-23T15:00[Europe/London]", "2026-11-23T17:05[Europe/London]"),
                link: secret(),
                change_until,
            },
        ),
        (
            "cancelled",
            Occasion::Cancelled {
                visit: visit(2),
                book_again: "https://clinic.example/book".parse().unwrap(),
            },
        ),
        ("reminder", Occasion::Reminder { visit: visit(1), link: secret(), change_until }),
        ("enquiry-received", Occasion::EnquiryReceived),
        (
            "new-enquiry",
            Occasion::NewEnquiry { link: "https://clinic.example/desk/enquiries/7".parse().unwrap() },
        ),
    ]
}

pub(crate) fn booked() -> Occasion {
    Occasion::Booked {
        visit: visit(0),
        link: secret(),
        change_until: Some(instant("2026-11-22T10:00[Europe/London]")),
    }
}

/// Every message, composed without a loss.
pub(crate) fn messages() -> Vec<(&'static str, Message)> {
    let composed = |(name, occasion)| {
        let (message, losses) = compose(&letter(occasion));
        assert_eq!(losses, [], "{name}");
        (name, message)
    };
    occasions().into_iter().map(composed).collect()
}

pub(crate) fn message(name: &str) -> Message {
    messages().into_iter().find(|(known, _)| *known == name).expect("a known occasion").1
}

fn visit(sequence: u32) -> Visit {
    let when = between("2026-11-24T10:00[Europe/London]", "2026-11-24T12:05[Europe/London]");
    let zone = jiff::tz::TimeZone::get("Europe/London").unwrap();
    Visit { appointment: AppointmentId::from_bits(1), sequence, when, zone, has_plan: true }
}

fn secret() -> Link {
    SECRET.parse().unwrap()
}

fn instant(zoned: &str) -> Timestamp {
    zoned.parse::<Zoned>().unwrap().timestamp()
}

fn between(start: &str, end: &str) -> Interval<Timestamp> {
    Interval::new(instant(start), instant(end)).unwrap()
}
