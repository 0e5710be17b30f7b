//! The words of every message. Short sentences, common words, and never a treatment or a concern.

use ical::{CalendarError, CalendarEvent, Method, Party, Uid, to_ical};
use jiff::{Timestamp, tz::TimeZone};
use vocab::Interval;

use crate::{
    CalendarFile, Clinic, EmailAddress, Letter, Link, Loss, Message, Occasion, Visit,
    body::{Body, one_line},
    clock::{interval_words, moment_words},
};

/// What every page behind a secret link keeps, and every message with one says.
const NOTHING_CHANGES: &str = "Opening the link changes nothing.";

/// Finds the words for `letter`, and the calendar file if the occasion has one. What the message has to go without
/// comes back beside it; the message itself never fails.
pub fn compose(letter: &Letter) -> (Message, Vec<Loss>) {
    let (calendar, losses) = match calendar_file(letter) {
        None => (None, Vec::new()),
        Some(Ok(file)) => (Some(file), Vec::new()),
        Some(Err(error)) => (None, vec![Loss::CalendarFile(error)]),
    };
    let subject = subject(letter);
    let body = body(letter, calendar.is_some());
    let clinic = &letter.clinic;
    let body = body.footer(&[&clinic.name, &clinic.address, &clinic.telephone]);
    let message = Message {
        id: letter.id,
        at: letter.at,
        to: letter.to.clone(),
        reply_to: clinic.email.clone(),
        text: body.to_text(),
        html: body.to_html(&subject),
        subject,
        calendar,
    };
    (message, losses)
}

fn subject(letter: &Letter) -> String {
    let clinic = one_line(&letter.clinic.name);
    match &letter.occasion {
        Occasion::ConfirmAddress { .. } => format!("Please confirm your visit at {clinic}"),
        Occasion::Booked { .. } => format!("Your visit at {clinic} is booked"),
        Occasion::Moved { visit, was, .. } if visit.when == *was => {
            format!("Your visit at {clinic} has changed")
        }
        Occasion::Moved { .. } => format!("Your visit at {clinic} has moved"),
        Occasion::Cancelled { .. } => format!("Your visit at {clinic} is cancelled"),
        Occasion::Reminder { .. } => format!("Your visit at {clinic} is coming up"),
        Occasion::Waiting { .. } => format!("You are on the wait list at {clinic}"),
        Occasion::Offered { .. } => format!("A time is free at {clinic}"),
        Occasion::EnquiryReceived => format!("{clinic} has your question"),
        Occasion::NewEnquiry { .. } => "A new enquiry is waiting".to_owned(),
    }
}

fn body(letter: &Letter, has_file: bool) -> Body {
    let clinic = &letter.clinic;
    // A term that has run out when the message is written is none.
    let in_time = |until: &Option<Timestamp>| until.filter(|until| *until > letter.at);
    let label = |visit: &Visit, until| match (visit.has_plan, in_time(until).is_some()) {
        (true, true) => "See your plan, move or cancel",
        (true, false) => "See your plan",
        (false, true) => "See your visit, move or cancel",
        (false, false) => "See your visit",
    };
    match &letter.occasion {
        Occasion::ConfirmAddress { visit, link, confirm_by } => {
            confirm_address(clinic, visit, link, *confirm_by)
        }
        Occasion::Booked { visit, link, change_until } => {
            let body = booked(clinic, visit).button(label(visit, change_until), link);
            let body = own_page(body, clinic, visit, in_time(change_until));
            note_on_file(body, has_file, "The attached file puts the visit into your calendar.")
        }
        Occasion::Moved { visit, was, link, change_until } if visit.when == *was => {
            let body = other_person(clinic, visit).button(label(visit, change_until), link);
            let body = own_page(body, clinic, visit, in_time(change_until));
            note_on_file(body, has_file, "The attached file has the visit for your calendar once more.")
        }
        Occasion::Moved { visit, was, link, change_until } => {
            let body = moved(clinic, visit, *was).button(label(visit, change_until), link);
            let body = own_page(body, clinic, visit, in_time(change_until));
            note_on_file(body, has_file, "The attached file moves the visit in your calendar.")
        }
        Occasion::Cancelled { visit, book_again } => {
            let body = Body::new("Your visit is cancelled")
                .facts([("It was on", words(visit)), ("Where", clinic.address.clone())])
                .paragraph("You need not do anything else.")
                .paragraph(&format!("If this is a surprise to you, please call us: {}.", clinic.telephone))
                .button("Find another time", book_again);
            note_on_file(body, has_file, "The attached file takes the visit out of your calendar.")
        }
        Occasion::Reminder { visit, link, change_until } => {
            let body = Body::new("Your visit is coming up")
                .facts([("When", words(visit)), ("Where", clinic.address.clone())])
                .paragraph(
                    "Has anything changed since you answered our questions? Think of your health, your medicines \
                     and time in the sun.",
                )
                .paragraph("Please answer even if nothing has changed. It takes a minute and keeps you safe.")
                .button(
                    if visit.has_plan { "Answer, and see your plan" } else { "Answer, and see your visit" },
                    link,
                );
            own_page(body, clinic, visit, in_time(change_until))
        }
        Occasion::Waiting { link } => waiting(link),
        Occasion::Offered { when, zone, practitioner, link, answer_by } => {
            offered(clinic, *when, zone, practitioner, link, *answer_by)
        }
        Occasion::EnquiryReceived => enquiry_received(clinic),
        Occasion::NewEnquiry { link } => Body::new("A new enquiry is waiting")
            .paragraph("Somebody sent a question through the website.")
            .paragraph(
                "To keep it private, this message does not repeat it. Please sign in to read and answer it.",
            )
            .button("Open the enquiry", link),
    }
}

/// A visit that stands, and what its own page is for.
fn booked(clinic: &Clinic, visit: &Visit) -> Body {
    Body::new("Your visit is booked")
        .facts([("When", words(visit)), ("Where", clinic.address.clone())])
        .paragraph(if visit.has_plan {
            "Your own page tells you how to prepare, day by day."
        } else {
            "Your own page has the time and the way to us."
        })
}

/// Another time, beside the old one.
fn moved(clinic: &Clinic, visit: &Visit, was: Interval<Timestamp>) -> Body {
    Body::new("Your visit has moved")
        .facts([
            ("New time", words(visit)),
            ("Old time", interval_words(was, &visit.zone)),
            ("Where", clinic.address.clone()),
        ])
        .paragraph(if visit.has_plan {
            "The old time is no longer kept for you. The days in your plan have moved too."
        } else {
            "The old time is no longer kept for you."
        })
}

/// To whoever sent a question.
fn enquiry_received(clinic: &Clinic) -> Body {
    Body::new("Thank you, we have your question")
        .paragraph("Somebody at the clinic will read it and write back to this address.")
        .paragraph("Please do not send details of your health by e-mail. You can tell us by telephone.")
        .paragraph(&format!("Is it urgent? Please call us: {}.", clinic.telephone))
        .paragraph("In an emergency call your local emergency number.")
}

/// The same time with somebody else.
fn other_person(clinic: &Clinic, visit: &Visit) -> Body {
    Body::new("Your visit has changed")
        .facts([("When", words(visit)), ("Where", clinic.address.clone())])
        .paragraph("The time stays as it was. Another member of our team looks after you.")
}

fn waiting(link: &Link) -> Body {
    Body::new("You are on the list")
        .paragraph("When a time that suits you becomes free, we write to you and to at most two others.")
        .paragraph("Whoever takes it first has it. If you are not the first, you stay on the list.")
        .button("See your place, or leave the list", link)
        .paragraph(NOTHING_CHANGES)
        .paragraph("Was it not you? Then leave the list with the button on that page.")
}

fn offered(
    clinic: &Clinic,
    when: Interval<Timestamp>,
    zone: &TimeZone,
    practitioner: &str,
    link: &Link,
    answer_by: Timestamp,
) -> Body {
    Body::new("A time is free")
        .facts([
            ("When", interval_words(when, zone)),
            ("With", practitioner.to_owned()),
            ("Where", clinic.address.clone()),
        ])
        .paragraph(&format!(
            "We offer it to at most three people. Whoever takes it first has it. You can answer until {}.",
            moment_words(answer_by, zone)
        ))
        .button("Look at this time", link)
        .paragraph(NOTHING_CHANGES)
        .paragraph("If you do not want it, you need not do anything. You stay on the list.")
}

fn confirm_address(clinic: &Clinic, visit: &Visit, link: &Link, confirm_by: Timestamp) -> Body {
    Body::new("Please confirm your visit")
        .paragraph("Somebody asked for this time with your e-mail address:")
        .facts([("When", words(visit)), ("Where", clinic.address.clone())])
        // The clock time is what counts: the message may lie in the outbox, or unread, for a while.
        .paragraph(&format!(
            "We keep it for you until {}. After that, others can book it.",
            moment_words(confirm_by, &visit.zone)
        ))
        .button("See the visit and confirm it", link)
        .paragraph(&format!("{NOTHING_CHANGES} To book the visit, press “Yes, confirm my visit” there."))
        .paragraph("Was it not you? Then you need not do anything. The time becomes free by itself.")
}

/// What to know about the page behind the secret link: what can be done there, and until when.
fn own_page(body: Body, clinic: &Clinic, visit: &Visit, change_until: Option<Timestamp>) -> Body {
    let telephone = &clinic.telephone;
    let change = match change_until {
        Some(until) => format!(
            "You can move or cancel there until {}. After that, please call us: {telephone}.",
            moment_words(until, &visit.zone)
        ),
        None => format!("To move or cancel, please call us: {telephone}."),
    };
    body.paragraph(NOTHING_CHANGES)
        .paragraph(&change)
        .paragraph("The link is for you alone. Please do not pass it on.")
}

fn note_on_file(body: Body, has_file: bool, note: &str) -> Body {
    if has_file { body.paragraph(note) } else { body }
}

fn words(visit: &Visit) -> String {
    interval_words(visit.when, &visit.zone)
}

/// The calendar file of the occasions that have one.
fn calendar_file(letter: &Letter) -> Option<Result<CalendarFile, CalendarError>> {
    let (visit, method) = match &letter.occasion {
        Occasion::Booked { visit, .. } | Occasion::Moved { visit, .. } => (visit, Method::Request),
        Occasion::Cancelled { visit, .. } => (visit, Method::Cancel),
        Occasion::ConfirmAddress { .. }
        | Occasion::Reminder { .. }
        | Occasion::Waiting { .. }
        | Occasion::Offered { .. }
        | Occasion::EnquiryReceived
        | Occasion::NewEnquiry { .. } => return None,
    };
    let event = event(&letter.clinic, visit, method, letter.at, Some(&letter.to));
    Some(event.and_then(|event| Ok(CalendarFile { method, ics: to_ical(&event)? })))
}

/// How far a visit that is downloaded can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Its patient has not confirmed it yet.
    Unconfirmed,
    /// It takes place.
    Booked,
    /// It does not: it was called off, or never confirmed.
    Off,
}

/// The calendar file of a visit for a download, the same event as in the messages about it. `stamp` is when the
/// appointment took its present form.
pub fn calendar_download(
    clinic: &Clinic,
    visit: &Visit,
    standing: Standing,
    stamp: Timestamp,
) -> Result<CalendarFile, CalendarError> {
    let method = if standing == Standing::Off { Method::Cancel } else { Method::Publish };
    let event = event(clinic, visit, method, stamp, None)?;
    let event = CalendarEvent { is_tentative: standing == Standing::Unconfirmed, ..event };
    Ok(CalendarFile { method, ics: to_ical(&event)? })
}

/// The visit as calendars show it. The secret link stays out: calendars are shared and copied to many places.
fn event(
    clinic: &Clinic,
    visit: &Visit,
    method: Method,
    stamp: Timestamp,
    attendee: Option<&EmailAddress>,
) -> Result<CalendarEvent, CalendarError> {
    let telephone = one_line(&clinic.telephone);
    let what = if visit.has_plan {
        "Your plan, and how to move or cancel, are in our message."
    } else {
        "How to move or cancel is in our message."
    };
    Ok(CalendarEvent {
        uid: Uid::new(visit.appointment, &clinic.uid_domain)?,
        sequence: visit.sequence,
        method,
        is_tentative: false,
        stamp,
        when: visit.when,
        zone: visit.zone.clone(),
        summary: format!("Visit at {}", one_line(&clinic.name)),
        location: one_line(&clinic.address),
        description: format!("{what} Telephone: {telephone}"),
        organizer: Party { name: one_line(&clinic.name), address: clinic.email.to_string() },
        attendee: attendee.map(|to| Party { name: String::new(), address: to.to_string() }),
        url: None,
    })
}
